"""Pictures for the README and the pages, of the real bot on a simulated Discord.

    python -m bench.pictures [--out docs/pictures] [NAME ...]    # `make pictures` installs what it needs

Each picture is what one member sees in Chromium of simcord's preview while the bot, with the personas that
are shipped with it, plays a scene. M2-her's stand-in says the persona's lines, which are written here.
Beside each picture goes its words as text, for who cannot see it; `tests/test_pictures.py` plays
every scene again, without Chromium, and compares the words.

To add one, write a function here: its name in `@picture` is the file's. It drives the tavern
(`tests/tavern.py`) and returns what is to be seen:

    @picture("help-member.png")
    async def help_for_a_member(stage: Stage) -> Picture:
        answer = await stage.tavern.people["Bob"].slash(stage.tavern.bound, "help")
        return await stage.still("Bob", answer)

`slash`, `click`, `select` and `context_menu` of simcord's members return such an answer; a
`discord.Message` can be shown as well. Whoever looks must be able to see it: an answer for one person's eyes
is shown to that person. `stage.admin()` is the name of somebody with Manage Server and Manage Channels.

Law: a picture shows what the bot and the members sent, and nothing else. What is seen of it, and how, is
`bench.camera`'s.
"""

import argparse
import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final, Protocol

import discord

from tests.standins.m2her import M2her
from tests.tavern import Tavern, open_tavern

ROOT: Final = Path(__file__).parent.parent
PLACE: Final = ROOT / "docs" / "pictures"
PERSONAS: Final = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "personas").glob("*.yaml")}

READING: Final = 2.5
"""Seconds in which somebody's line, or a whole answer, can be read before it goes on."""

SHOOTING: Final = 120.0
"""Seconds that filming one answer may take; each frame takes about one."""

GROWING: Final = 1.25
"""Seconds between two edits, as on Discord."""

RESTING: Final = 6.0
"""Seconds in which the end of a moving picture stays."""

_SHOWING: Final = {"MESSAGE_CREATE", "MESSAGE_UPDATE"}

_EMBED: Final = ("author", "title", "description", "fields", "name", "value", "footer", "text")
_COMPONENT: Final = ("content", "label", "placeholder", "description", "options", "components", "accessory")
"""What can be read of an embed and of a component, by JSON's keys."""

Frames = list[tuple[bytes, float]]
"""Stills as PNG, each with the seconds it stays."""


class View(Protocol):
    """Somebody's look at a channel."""

    async def shot(self) -> bytes:
        """Return what is there now, as PNG."""


class Camera(Protocol):
    """What takes pictures: `bench.camera`'s, which needs Chromium."""

    def look(self, env: Any, channel: Any, viewer: Any, shown: Any = None) -> Any:  # noqa: ANN401 - simcord's
        """Look at a channel as `viewer` sees it; with `shown`, at that one message or answer alone."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What a file will hold: one frame or several, and the words that can be read in the last of them."""

    frames: Frames
    words: str


class Film:
    """#tavern, looked at while people and the persona speak there."""

    def __init__(self, tavern: Tavern, view: View | None) -> None:
        """Film with `view`; without one only the words come about."""
        self._tavern = tavern
        self._view = view
        self.frames: Frames = []

    async def exchange(self, who: str, line: str, *answer: str) -> None:
        """Let somebody speak and the persona answer; each part of the answer is a post or an edit."""
        if self._view is None:
            self._tavern.m2her.say(*answer)
            await self._tavern.say(who, line)
            return
        env, m2her, shown = self._tavern.env, self._tavern.m2her, asyncio.Event()
        gates = [asyncio.Event() for _ in answer]
        m2her.say(*(each for pair in zip(gates, answer, strict=True) for each in pair))
        env.backend.subscribers.append(lambda event, _: shown.set() if event in _SHOWING else None)
        env.settle_timeout, patience = SHOOTING, env.settle_timeout
        async with asyncio.timeout(SHOOTING), asyncio.TaskGroup() as group:
            # simcord waits in it for the whole answer, then for all that the bot has planned meanwhile.
            saying = group.create_task(self._tavern.say(who, line))
            await m2her.received(len(m2her.requests) + 1)
            self.frames.append((await self._view.shot(), READING))
            for gate in gates:
                shown.clear()
                gate.set()
                await shown.wait()
                self.frames.append((await self._view.shot(), GROWING))
            saying.cancel()
        self.frames[-1] = self.frames[-1][0], READING
        env.settle_timeout = patience
        await self._tavern.quiet()


@dataclass
class Stage:
    """A tavern with the personas that are shipped, Marlow in #tavern, and perhaps a camera."""

    tavern: Tavern
    camera: Camera | None

    def admin(self) -> str:
        """Let somebody with Manage Server and Manage Channels come in; return the name."""
        tavern = self.tavern
        if "Dana" not in tavern.people:
            rights = discord.Permissions(manage_guild=True, manage_channels=True)
            role = tavern.guild.create_role("Keepers", permissions=rights)
            tavern.people["Dana"] = tavern.guild.add_member(
                tavern.env.create_user("dana", global_name="Dana"), roles=[role]
            )
        return "Dana"

    async def still(self, who: str, shown: Any, channel: Any = None) -> Picture:  # noqa: ANN401 - simcord's
        """Return one message or answer as somebody sees it; it stands in the tavern unless told otherwise."""
        frames = []
        if self.camera is not None:
            place = channel or self.tavern.bound
            async with self.camera.look(self.tavern.env, place, self.tavern.people[who], shown) as view:
                frames.append((await view.shot(), RESTING))
        response = getattr(shown, "response", shown)
        return Picture(frames, words(getattr(response, "message", response)))

    @asynccontextmanager
    async def film(self, who: str) -> AsyncIterator[Film]:
        """Film the tavern as somebody sees it."""
        if self.camera is None:
            yield Film(self.tavern, None)
            return
        # The tavern's bot waits for no limits. Its pace comes back as the time each frame stays.
        person = self.tavern.people[who]
        async with self.camera.look(self.tavern.env, self.tavern.bound, person) as view:
            yield Film(self.tavern, view)

    def conversation(self) -> str:
        """Return all that has been said in the tavern, as text."""
        return "\n\n".join(map(words, self.tavern.bound.history()))


Maker = Callable[[Stage], Awaitable[Picture]]
PICTURES: Final[dict[str, Maker]] = {}
"""File name → what makes it."""


def picture(name: str) -> Callable[[Maker], Maker]:
    """Enter a function under the name of its file, which ends in .png or, if it moves, in .gif."""

    def enter(maker: Maker) -> Maker:
        PICTURES[name] = maker
        return maker

    return enter


@picture("scene.gif")
async def scene(stage: Stage) -> Picture:
    """Two people and Marlow; the answers grow by edits."""
    mention = stage.tavern.mention
    async with stage.film("Alice") as film:
        await film.exchange(
            "Alice",
            f"{mention} *shakes off the rain* Have you a room, and something hot?",
            "*The bowl is on the bar before she has her hood down.* ",
            '"Fish stew, Alice, and number four, up the stair that groans. ',
            'The room has a draught and a view: people complain about the one and stay for the other." ',
            "*He slides the key across, its tag worn smooth.* ",
            '"Pay tomorrow. Nobody is going anywhere tonight."',
        )
        await film.exchange(
            "Bob",
            "I need a boat before morning, Marlow.",
            "*The cloth stops on the rim of a glass, ",
            'then goes on.* "In this sea? Then you don\'t need a boat, Bob, you need a reason to wait." ',
            "*Far out a bell rings, where there is no church, and Marlow talks a little louder.* ",
            '"Sit down by Alice. She has the stew, you have the story, ',
            'and I have all night."',
        )
    if film.frames:
        film.frames[-1] = film.frames[-1][0], RESTING
    return Picture(film.frames, stage.conversation())


async def _evening(stage: Stage) -> None:
    """Let some talk go before."""
    tavern = stage.tavern
    tavern.m2her.say('*slides a key over* "Number four, Alice. Mind the third stair."')
    await tavern.say("Alice", f"{tavern.mention} *shakes off the rain* Have you a room?")
    tavern.m2her.say('"Sit down by Alice, Bob. No boat sails before the bell does."')
    await tavern.say("Bob", f"{tavern.mention} I need a boat before morning.")


@picture("help-member.png")
async def help_for_a_member(stage: Stage) -> Picture:
    """What /help says to somebody without further rights."""
    await _evening(stage)
    return await stage.still("Bob", await stage.tavern.people["Bob"].slash(stage.tavern.bound, "help"))


@picture("help-admin.png")
async def help_for_an_admin(stage: Stage) -> Picture:
    """What it says to an admin."""
    who = stage.admin()
    return await stage.still(who, await stage.tavern.people[who].slash(stage.tavern.bound, "help"))


@picture("scene-info.png")
async def scene_info(stage: Stage) -> Picture:
    """A story from outside."""
    await stage.tavern.people["Alice"].slash(stage.tavern.bound, "scene new", title="The night of the bell")
    await _evening(stage)
    return await stage.still("Bob", await stage.tavern.people["Bob"].slash(stage.tavern.bound, "scene info"))


@picture("settings.png")
async def settings(stage: Stage) -> Picture:
    """The panel of a channel that an admin has given a language."""
    who = stage.admin()
    admin = stage.tavern.people[who]
    await admin.slash(stage.tavern.elsewhere, "persona use", persona="cassida")
    panel = await admin.slash(stage.tavern.elsewhere, "dramatis settings")
    chosen = await admin.select(panel.response, ["Français"], custom_id="rp:set:channel:language")
    return await stage.still(who, chosen, stage.tavern.elsewhere)


@picture("inspect.png")
async def inspect(stage: Stage) -> Picture:
    """What Marlow would be told."""
    await _evening(stage)
    who = stage.admin()
    return await stage.still(
        who, await stage.tavern.people[who].slash(stage.tavern.bound, "dramatis inspect")
    )


def words(message: discord.Message) -> str:
    """Return what can be read of a message: who wrote it, its text and embeds, what its controls say."""
    parts = [message.content]
    for embed in message.embeds:
        parts += _texts(embed.to_dict(), _EMBED)
    for component in message.components:
        parts += _texts(component.to_dict(), _COMPONENT)
    return f"{message.author.display_name}: " + _readable("\n".join(filter(None, parts)), message)


def _texts(found: Any, keys: Sequence[str]) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield the texts under some keys, as deep as they stand."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, Mapping):
        yield from chain.from_iterable(_texts(found.get(key), keys) for key in keys)
    elif isinstance(found, list):
        yield from chain.from_iterable(_texts(each, keys) for each in found)


def _readable(text: str, message: discord.Message) -> str:
    """Put names where Discord shows them, and leave out what the clock says."""
    people = {person.id: person.display_name for person in (message.author, *message.mentions)}
    channels = {channel.id: channel.name for channel in message.guild.channels} if message.guild else {}
    text = re.sub(r"<@!?(\d+)>", lambda found: f"@{people.get(int(found[1]), 'somebody')}", text)
    text = re.sub(r"<#(\d+)>", lambda found: f"#{channels.get(int(found[1]), 'unknown')}", text)
    text = re.sub(r"</([^:>]+):\d+>", r"/\1", text)
    return re.sub(r"<t:-?\d+(?::\w)?>", "(a time)", text)


@asynccontextmanager
async def open_stage(folder: Path, camera: Camera | None) -> AsyncIterator[Stage]:
    """Start the bot in a fresh tavern, with the personas that are shipped."""
    async with M2her() as m2her, open_tavern(m2her, folder, personas=PERSONAS) as tavern:
        assert tavern.bot.user is not None
        await tavern.bot.user.edit(username="Dramatis")
        await tavern.restart()  # the library goes on calling it by its first name
        yield Stage(tavern, camera)


def words_of(name: str, place: Path = PLACE) -> Path:
    """Return the file with a picture's words, beside it."""
    return (place / name).with_suffix(".txt")


async def main(names: Sequence[str], place: Path) -> None:
    """Make the named pictures."""
    try:
        from bench.camera import moving, open_camera  # noqa: PLC0415 - words can be had without it
    except ModuleNotFoundError as error:
        raise SystemExit(
            f"Pictures need {error.name}, which is not installed. `make pictures` installs it."
        ) from error
    async with open_camera() as camera:
        for name in names:
            with tempfile.TemporaryDirectory() as folder:
                async with open_stage(Path(folder), camera) as stage:
                    made = await PICTURES[name](stage)
            image = moving(made.frames) if name.endswith(".gif") else made.frames[-1][0]
            save(name, image, made.words, place)
            print(f"{name}: {len(made.frames)} frames, {len(image):,} bytes")


def save(name: str, image: bytes, said: str, place: Path) -> None:
    """Write a picture and its words."""
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_bytes(image)
    words_of(name, place).write_text(f"{said}\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m bench.pictures", description="Make pictures for the README."
    )
    parser.add_argument("--out", type=Path, default=PLACE, help="the folder they go to")
    parser.add_argument("name", nargs="*", help=f"which, of {', '.join(PICTURES)}; all unless told otherwise")
    chosen = parser.parse_args()
    unknown = set(chosen.name) - set(PICTURES)
    if unknown:
        parser.error(f"there is no picture {', '.join(sorted(unknown))}; there is {', '.join(PICTURES)}")
    asyncio.run(main(chosen.name or list(PICTURES), chosen.out))
