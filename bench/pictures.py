"""Pictures for the README and the pages, of the real bot on a simulated Discord.

    python -m bench.pictures [--out docs/pictures] [NAME ...]    # `make pictures` installs what it needs

Each picture is what one member sees in Chromium of simcord's preview while the bot, with the personas that
are shipped with it, plays a scene. M2-her's stand-in says the persona's lines, which are written here.
Beside each picture goes its words as text, for people who cannot see it; `tests/test_pictures.py` plays
every scene again, without Chromium, and compares the words.

To add one, write a function here: its name in `@picture` is the file's. It drives the tavern
(`tests/tavern.py`) and returns what is to be seen:

    @picture("help-member.png")
    async def help_for_a_member(stage: Stage) -> Picture:
        answer = await stage.tavern.people["Bob"].slash(stage.tavern.bound, "help")
        return await stage.still("Bob", answer)

`slash`, `click`, `select` and `context_menu` of simcord's members return such an answer; a
`discord.Message` can be shown as well. The member who looks must be able to see it: an answer for one
person's eyes is shown to that person. `stage.talk(name)` shows all that was said in a channel.
`stage.admin()` is the name of somebody with Manage Server and Manage Channels.

Law: a picture shows what the bot and the members sent, and nothing else. What is seen of it, and how, is
`bench.camera`'s.
"""

import argparse
import asyncio
import math
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import unescape
from itertools import chain
from pathlib import Path
from typing import Any, Final, Protocol

import discord
import pytest
from simcord import interactions

from bench.shipped import picture as picture_of
from bench.shipped import texts
from bench.translations import FOLDER
from bot.composition.story import now
from bot.core.budgets.charges import Charge, Purpose
from bot.core.budgets.rule import Limit, Payer, Span, Unit
from bot.core.completion import Usage
from bot.core.memory.memory import MOST_PINS
from bot.core.memory.recap import RecapRules
from bot.core.profiles import ProfileWords
from bot.core.scene import START, Place
from bot.core.settings import PROPOSERS, Settings
from bot.core.tokens import BY_SCRIPT
from bot.personas.archives import Archive, PlaceSheet, packed
from bot.storage.columns import from_ms
from bot.storage.costs import Costs, Spent
from bot.storage.history import History
from bot.storage.pins import Made, Pins
from bot.storage.recaps import Recaps, Step
from bot.storage.scenes import Scenes
from bot.storage.settings import SettingsStore
from bot.storage.stores import Stores
from bot.story.budgets.spending import Spending
from bot.story.places.rules import HostLimits
from bot.texts.catalogue.players import PLAYERS
from bot.texts.sentences import LANGUAGES
from tests.standins.m2her import Error, M2her
from tests.tavern import AT_ONCE, RULES, Tavern, open_tavern

ROOT: Final = Path(__file__).parent.parent
PLACE: Final = ROOT / "docs" / "pictures"
SHIPPED: Final = texts()

PORTRAITS: Final = {key: f"https://example.com/{key}.png" for key in SHIPPED}
"""The addresses at which the camera shows the personas' own pictures."""

PERSONAS: Final = {key: f"{text}avatar: {PORTRAITS[key]}\n" for key, text in SHIPPED.items()}

TEMPO: Final = replace(AT_ONCE, hour=math.inf)
"""simcord's clock stands at another day than ours: by it no post is too old to be edited."""

READING: Final = 2.5
"""Seconds in which somebody's line, or a whole answer, can be read before it goes on."""

SHOOTING: Final = 120.0
"""Seconds that filming one answer may take; each frame takes about one."""

GROWING: Final = 1.25
"""Seconds between two edits, as on Discord."""

RESTING: Final = 6.0
"""Seconds in which the end of a moving picture stays."""

_EMBED: Final = ("author", "title", "description", "fields", "name", "value", "footer", "text")
_COMPONENT: Final = ("content", "label", "placeholder", "description", "options", "components", "accessory")
"""What can be read of an embed and of a component, by JSON's keys."""

_FORM: Final = ("title", "label", "description", "value", "components", "component")
"""The same of a form."""

_NINE_IN_THE_EVENING: Final = 1_773_522_000_000
"""14 March 2026, 21:00 UTC, as the database has it."""

_LAST_OF_THE_YEAR: Final = 1_767_214_800_000
"""31 December 2025, 21:00 UTC, as the camera dates its stills."""

Frames = list[tuple[bytes, float]]
"""Stills as PNG, each with the seconds it stays."""


class View(Protocol):
    """Somebody's look at a channel."""

    async def still(self) -> bytes:
        """Return what is there now with fewer colours, for a picture that doesn't move."""

    async def shot(self) -> bytes:
        """Return what is there now, as PNG."""


class Camera(Protocol):
    """What takes pictures: `bench.camera`'s, which needs Chromium."""

    def look(
        self,
        env: Any,  # noqa: ANN401 - simcord's
        channel: Any,  # noqa: ANN401 - simcord's
        viewer: Any,  # noqa: ANN401 - simcord's
        shown: Any = None,  # noqa: ANN401 - simcord's
        at: datetime | None = None,
    ) -> Any:  # noqa: ANN401 - simcord's
        """Look at a channel as `viewer` sees it; with `shown`, at that one message or answer alone.

        `at` is the time from which others are told; now, unless told otherwise.
        """

    async def page(self, html: str) -> bytes:
        """Return an exported page as its reader's browser shows it, as PNG."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What a file will hold: one frame or several, and the words that can be read in the last of them."""

    frames: Frames
    words: str


class Film:
    """A channel, looked at while people and personas speak there."""

    def __init__(self, tavern: Tavern, channel: Any, view: View | None) -> None:  # noqa: ANN401 - simcord's
        """Film with `view`; without one only the words come about."""
        self._tavern = tavern
        self._channel = channel
        self._view = view
        self.frames: Frames = []

    async def shoot(self) -> None:
        """Take what is there now."""
        if self._view is not None:
            self.frames.append((await self._view.shot(), RESTING))

    async def exchange(self, who: str, line: str, *answer: str) -> None:
        """Let somebody speak and the persona answer; each part of the answer is a post or an edit."""
        if self._view is None:
            self._tavern.m2her.say(*answer)
            await self._tavern.say(who, line, self._channel)
            return
        env, m2her, changed = self._tavern.env, self._tavern.m2her, asyncio.Event()
        gates = [asyncio.Event() for _ in answer]
        m2her.say(*(each for pair in zip(gates, answer, strict=True) for each in pair))
        env.backend.subscribers.append(lambda *_: changed.set())
        env.settle_timeout, patience = SHOOTING, env.settle_timeout
        async with asyncio.timeout(SHOOTING), asyncio.TaskGroup() as group:
            # simcord waits in it for the whole answer, then for all that the bot has planned meanwhile.
            saying = group.create_task(self._tavern.say(who, line, self._channel))
            await m2her.received(len(m2her.requests) + 1)
            self.frames.append((await self._view.shot(), READING))
            for number, gate in enumerate(gates, 1):
                gate.set()
                while not self._stands("".join(answer[:number]), whole=number == len(gates)):
                    changed.clear()
                    await changed.wait()
                self.frames.append((await self._view.shot(), GROWING))
            saying.cancel()
        self.frames[-1] = self.frames[-1][0], READING
        env.settle_timeout = patience
        await self._tavern.quiet()

    def _stands(self, text: str, *, whole: bool) -> bool:
        """Tell whether the newest message shows a text; with `whole`, and the buttons of a finished reply."""
        newest = next(reversed(self._tavern.env.backend.messages[self._channel.id].values()))
        buttons = [one.get("label") for row in newest.components for one in row["components"]]
        return text.strip() in (newest.content or "") and (not whole or PLAYERS["button.more"] in buttons)


@dataclass
class Stage:
    """A tavern with the personas that are shipped, Marlow in #tavern, and perhaps a camera."""

    tavern: Tavern
    camera: Camera | None

    def admin(self) -> str:
        """Let somebody with Manage Server and Manage Channels come in; return the name."""
        tavern = self.tavern
        if "Dana" not in tavern.people:
            rights = discord.Permissions(manage_guild=True, manage_channels=True, manage_messages=True)
            role = tavern.guild.create_role("Keepers", permissions=rights)
            tavern.people["Dana"] = tavern.guild.add_member(
                tavern.env.create_user("dana", global_name="Dana"), roles=[role]
            )
        return "Dana"

    async def still(
        self,
        who: str,
        shown: Any,  # noqa: ANN401 - simcord's
        channel: Any = None,  # noqa: ANN401 - simcord's
        at: datetime | None = None,
    ) -> Picture:
        """Return one message or answer as somebody sees it, now and in the tavern unless told otherwise."""
        frames = []
        if self.camera is not None:
            place = channel or self.tavern.bound
            person = self.tavern.people[who]
            async with self.camera.look(self.tavern.env, place, person, shown, at) as view:
                frames.append((await view.still(), RESTING))
        form = getattr(shown, "modal", None)
        if form is not None:
            return Picture(frames, "\n".join(_texts(form, _FORM)))
        response = getattr(shown, "response", shown)
        return Picture(frames, words(getattr(response, "message", response)))

    @asynccontextmanager
    async def film(self, who: str, channel: Any = None) -> AsyncIterator[Film]:  # noqa: ANN401 - simcord's
        """Film a channel as somebody sees it; the tavern unless told otherwise."""
        channel = channel or self.tavern.bound
        if self.camera is None:
            yield Film(self.tavern, channel, None)
            return
        # The tavern's bot waits for no limits. Its pace comes back as the time each frame stays.
        person = self.tavern.people[who]
        async with self.camera.look(self.tavern.env, channel, person) as view:
            yield Film(self.tavern, channel, view)

    async def talk(self, who: str, channel: Any = None) -> Picture:  # noqa: ANN401 - simcord's
        """Return all that was said in a channel as somebody sees it; the tavern unless told otherwise."""
        async with self.film(who, channel) as film:
            await film.shoot()
        return Picture(film.frames, self.conversation(channel))

    def conversation(self, channel: Any = None) -> str:  # noqa: ANN401 - simcord's
        """Return all that has been said in a channel, as text; in the tavern unless told otherwise."""
        return "\n\n".join(map(words, (channel or self.tavern.bound).history()))


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
    """Two people and Marlow with his own face; the answers grow by edits, and have their buttons."""
    async with stage.film("Alice") as film:
        await film.exchange(
            "Alice",
            "*shakes off the rain* Evening, Marlow. Is anybody sitting by the fire?",
            "*He lifts an accordion off the good chair. It complains all the way to the logs.* ",
            '"Not any more, Alice. ',
            "The ale's wet, the bread's Tuesday's, and the roof has promised me till morning.\" ",
            "*A gust leans on the door, and every candle in the house leans with it.* ",
            '"That\'s the third time it has knocked. Let it learn to ask."',
        )
        await film.exchange(
            "Bob",
            "I need a boat before morning, Marlow.",
            "*Marlow weighs the mug in his left hand against the one in his right. ",
            "Both stay empty.* \"In this sea? There's one boat would go out, Bob. ",
            "Her owner's the reason I wouldn't.\" ",
            "*He tips his head at the table under the stairs, where one candle burns and nobody talks.* ",
            '"Ask her the price first. Then ask who paid it last."',
        )
    if film.frames:
        film.frames[-1] = film.frames[-1][0], RESTING
    return Picture(film.frames, stage.conversation())


@picture("opener.png")
async def opener(stage: Stage) -> Picture:
    """A persona's card, its greeting, and the first exchange."""
    tavern, market, who = stage.tavern, stage.tavern.elsewhere, stage.admin()
    await tavern.people[who].slash(market, "persona use", persona="marlow")
    tavern.m2her.say('*He nods at the hook by the door.* "Then hang that up and drip over there, Alice."')
    await tavern.say("Alice", "Only the rain, Marlow. *shakes out her cloak*", market)
    return await stage.talk("Alice", market)


async def _evening(stage: Stage) -> None:
    """Let some talk go before."""
    tavern = stage.tavern
    tavern.m2her.say(
        '*lifts an accordion off the good chair* "Nobody now, Alice. Mind the left arm, it bites."'
    )
    await tavern.say("Alice", "*shakes off the rain* Evening, Marlow. Is anybody sitting by the fire?")
    tavern.m2her.say("\"There's one boat would go out, Bob. Her owner's the reason I wouldn't.\"")
    await tavern.say("Bob", "I need a boat before morning, Marlow.")


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
    await stage.tavern.people["Alice"].slash(stage.tavern.bound, "scene new", title="The night of the ferry")
    await _evening(stage)
    return await stage.still("Bob", await stage.tavern.people["Bob"].slash(stage.tavern.bound, "scene info"))


@picture("privacy.png")
async def privacy(stage: Stage) -> Picture:
    """What is saved about Alice, and what she can do about it."""
    await _evening(stage)
    return await stage.still("Alice", await stage.tavern.people["Alice"].slash(stage.tavern.bound, "privacy"))


@picture("myself.png")
async def myself(stage: Stage) -> Picture:
    """Who Alice plays, and what else she can set for herself."""
    tavern, alice = stage.tavern, stage.tavern.people["Alice"]
    place = Place(tavern.bound.id, None, tavern.guild.id)
    for words in (
        ProfileWords("Voss", "she/her", "A smuggler who retired too early, and owes Marlow for a boat."),
        ProfileWords(
            "Brother Kess", "he/him", "A lay brother on his way to the lighthouse. He tells no lies."
        ),
    ):
        await tavern.story.myself.profiles.save(place, alice.id, words)
    return await stage.still("Alice", await alice.slash(tavern.bound, "myself"))


@picture("usage.png")
async def usage(stage: Stage) -> Picture:
    """What was used this month, as an admin sees it."""
    tavern, who = stage.tavern, stage.admin()
    limits = (
        Limit(Payer.PERSON, Span.DAY, Unit.MONEY, 500_000),
        Limit(Payer.BOT, Span.MONTH, Unit.MONEY, 20_000_000),
    )
    casting, evening = tavern.story.casting, from_ms(_LAST_OF_THE_YEAR)
    casting.rules = replace(casting.rules, limits=HostLimits(budgets=limits))
    spending = tavern.story.records.spending
    spending.reports = Spending(casting, Stores.on(tavern.database), lambda: evening).reports
    costs, place = Costs(tavern.database), Place(tavern.bound.id, None, tavern.guild.id)
    people = [tavern.people[name].id for name in (who, "Alice", "Bob")]
    for days in range(evening.day):
        for number, account in enumerate(people):
            cents = (days * 7 + number * 5 + 3) % (23 + number)
            purpose = (Purpose.REPLY, Purpose.REPLY, Purpose.AGAIN, Purpose.CONTINUE)[(days + number) % 4]
            usage = Usage(cents * 25_000, cents * 1_000, cents * 26_000)
            charge = Charge.at(place, account, purpose)
            at = evening - timedelta(days=days)
            spent = Spent(usage, "M2-her", at, microdollars=cents * 10_000, charge=charge)
            await costs.spend_apart(spent)
    return await stage.still(who, await tavern.people[who].slash(tavern.bound, "usage"), at=evening)


@picture("buttons.png")
async def buttons(stage: Stage) -> Picture:
    """A second variant that met the length limit: as many buttons as a reply ever has."""
    tavern = stage.tavern
    tavern.m2her.say(
        '"She came in with the tide and paid for a week." *He polishes a spoon.* "I didn\'t count."'
    )
    await tavern.say("Alice", "Marlow, who is that woman at the window?")
    tavern.m2her.say(
        '*Marlow looks at the spoon, not at the window.* "She asks every night whether a letter has come.'
        " Tonight one has, Alice, and the name on it is",
        finish="length",
    )
    await tavern.people["Alice"].click(tavern.bound.history()[-1], label=PLAYERS["button.again"])
    return await stage.talk("Alice")


@picture("faces.png")
async def faces(stage: Stage) -> Picture:
    """Two personas in one channel: the one that answers there, and one that was asked for."""
    tavern, market = stage.tavern, stage.tavern.elsewhere
    tavern.m2her.say(
        '*wipes the bar, slowly* "A violin? Behind glass? '
        "Then it isn't music he keeps, Alice, it's a grudge.\""
    )
    await tavern.say("Alice", f"{tavern.mention} The Marquis has a violin that nobody may play. Why?", market)
    tavern.m2her.say(
        '*from the darkest table* "Three locks, one dog, and Thursdays he\'s at the opera." '
        '*Sabine lifts her cup to Bob.* "Ask me how I know."'
    )
    await tavern.people["Bob"].slash(
        market, "talk", text="And what would it take to borrow it?", persona="sabine"
    )
    return await stage.talk("Alice", market)


@picture("roll.png")
async def roll(stage: Stage) -> Picture:
    """A roll, and a reply that goes by it."""
    tavern = stage.tavern
    tavern.faces += [4, 4]
    tavern.join("Ana")
    await tavern.people["Ana"].slash(tavern.bound, "roll", dice="2d6+1", reason="lockpicking")
    tavern.m2her.say(
        "*Something inside the lock gives, with a click that the whole room must have heard.* "
        '"Nine," *says Marlow, without looking up from his glass.* "My lock takes a ten, as a rule. '
        'It must be fond of you."'
    )
    await tavern.say("Ana", f"{tavern.mention} *holds her breath* Is it open?")
    return await stage.talk("Ana")


@picture("aside.png")
async def aside(stage: Stage) -> Picture:
    """A question about the bot out of character, and a wish for the story."""
    tavern = stage.tavern
    tavern.m2her.say("\"There's one boat would go out, Bob. Her owner's the reason I wouldn't.\"")
    await tavern.say("Bob", "I need a boat before morning, Marlow.")
    await tavern.say("Alice", "((Marlow, is this an AI?))")
    tavern.m2her.say(
        '*Grey light in the window, and the rain has gone to trouble someone else.* "Boat\'s below, Bob."'
    )
    await tavern.say("Bob", "((Marlow: skip to the next morning))")
    return await stage.talk("Alice")


@picture("failure.png")
async def failure(stage: Stage) -> Picture:
    """There was no reply, and what to do about it."""
    tavern = stage.tavern
    tavern.m2her.say(
        '*lifts an accordion off the good chair* "Nobody now, Alice. Mind the left arm, it bites."'
    )
    await tavern.say("Alice", "*shakes off the rain* Evening, Marlow. Is anybody sitting by the fire?")
    for _ in range(3):
        tavern.m2her.say(Error(1013))
    await tavern.say("Bob", "I need a boat before morning, Marlow.")
    return await stage.talk("Bob")


@picture("settings.png")
async def settings(stage: Stage) -> Picture:
    """The panel of a channel that an admin has given a language."""
    return await _settings(stage, "Français")


async def _settings(stage: Stage, language: str) -> Picture:
    who = stage.admin()
    admin = stage.tavern.people[who]
    await admin.slash(stage.tavern.elsewhere, "persona use", persona="cassida")
    panel = await admin.slash(stage.tavern.elsewhere, "dramatis settings")
    chosen = await admin.select(panel.response, [language], custom_id="rp:set:channel:language")
    return await stage.still(who, chosen, stage.tavern.elsewhere)


@contextmanager
def _discord_in(locale: str) -> Iterator[None]:
    """Let everybody's Discord be in a language; simcord's is in English."""
    payload = interactions.base_payload

    def spoken(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - simcord's
        record, found = payload(*args, **options)
        return record, found | {"locale": locale}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(interactions, "base_payload", spoken)
        for path in FOLDER.glob("*.po"):  # tests have English alone
            patch.setitem(LANGUAGES, path.stem, path)
        yield


def _settings_in(locale: str, language: str) -> Maker:
    async def panel(stage: Stage) -> Picture:
        with _discord_in(locale):
            return await _settings(stage, language)

    return panel


for locale, language in {"de": "Deutsch", "es-ES": "Español", "ja": "日本語", "zh-CN": "中文"}.items():
    picture(f"settings-{locale.partition('-')[0]}.png")(_settings_in(locale, language))


@picture("persona-list.png")
async def persona_list(stage: Stage) -> Picture:
    """The cards of the personas that are shipped."""
    who = stage.admin()
    place = stage.tavern.elsewhere
    return await stage.still(who, await stage.tavern.people[who].slash(place, "persona list"), place)


@picture("persona-show.png")
async def persona_show(stage: Stage) -> Picture:
    """One card, with what can be done with it."""
    who = stage.admin()
    place = stage.tavern.elsewhere
    shown = await stage.tavern.people[who].slash(place, "persona show", persona="cassida")
    return await stage.still(who, shown, place)


ODILE: Final = """\
# Our table's librarian. Ask Robin before you change her past.
name: Odile Marchand
avatar: https://example.com/thistle.png
description: >
  Odile Marchand has kept the night desk of the city library for forty years. She knows every reader by
  their step, and lends the books that are not in the catalogue.
personality: Odile is dry, patient and impossible to hurry.
tags: [library, mystery]
"""
"""A persona as an admin has uploaded it."""

_TOWER: Final = (
    b"personas: [odile]\nentries:\n  - keys: [tower]\n    content: The tower drowned in a night.\n"
)


async def _odile(stage: Stage, who: str, text: str, name: str = "odile.yaml") -> Any:  # noqa: ANN401 - simcord's
    admin = stage.tavern.people[who]
    return await admin.slash(stage.tavern.elsewhere, "persona upload", file=(name, text.encode()))


@picture("persona-form.png")
async def persona_form(stage: Stage) -> Picture:
    """The form for a new persona, with the sample in it."""
    who = stage.admin()
    opened = await stage.tavern.people[who].slash(stage.tavern.elsewhere, "persona new")
    return await stage.still(who, opened, stage.tavern.elsewhere)


@picture("persona-draft.png")
async def persona_draft(stage: Stage) -> Picture:
    """An upload with what it would change."""
    who = stage.admin()
    admin = stage.tavern.people[who]
    await admin.click((await _odile(stage, who, ODILE)).response, label=PLAYERS["button.save"])
    changed = ODILE.replace("forty years", "fifty years").replace(
        "tags:", "voice: dry, patient, never in a hurry\ntags:"
    )
    return await stage.still(who, await _odile(stage, who, changed), stage.tavern.elsewhere)


@picture("persona-mistakes.png")
async def persona_mistakes(stage: Stage) -> Picture:
    """An upload with mistakes."""
    who = stage.admin()
    broken = ODILE.replace("personality:", "persnality:").replace("[library, mystery]", "library")
    return await stage.still(who, await _odile(stage, who, broken), stage.tavern.elsewhere)


@picture("persona-try.png")
async def persona_try(stage: Stage) -> Picture:
    """A draft is tried."""
    who = stage.admin()
    admin = stage.tavern.people[who]
    draft = await _odile(stage, who, f"{ODILE}greeting: '*a lamp is turned up* \"We close at dawn.\"'\n")
    (panel,) = (await admin.click(draft.response, label=PLAYERS["button.try"])).followups
    stage.tavern.m2her.say(
        '*Odile does not look up from the ledger.* "It is not in the catalogue. '
        'That was not your question, was it?"'
    )
    opened = await admin.click(panel, label=PLAYERS["button.say"])
    await admin.submit_modal(opened, {"text": "Do you have the book on the drowned tower?"})
    return await stage.still(who, panel, stage.tavern.elsewhere)


async def _writers(stage: Stage) -> None:
    """Let Pen have the role that may propose personas, and Mod decide."""
    tavern = stage.tavern
    role = tavern.guild.create_role("Writers")
    pen = tavern.env.create_user("pen", global_name="Pen")
    tavern.people |= {"Pen": tavern.guild.add_member(pen, roles=[role]), "Mod": tavern.moderator}
    await SettingsStore(tavern.database).put(
        "server", tavern.guild.id, PROPOSERS, str(role.id), by_user=1, at=now()
    )


async def _help(stage: Stage, who: str, label: str) -> Any:  # noqa: ANN401 - simcord's
    person, place = stage.tavern.people[who], stage.tavern.elsewhere
    return await person.click((await person.slash(place, "help")).response, label=label)


@picture("proposal.png")
async def proposal(stage: Stage) -> Picture:
    """A proposal, as a moderator reads it."""
    await _writers(stage)
    pen, moderator = stage.tavern.people["Pen"], stage.tavern.people["Mod"]
    listed = await _help(stage, "Pen", PLAYERS["button.proposals.mine"])
    form = await pen.click(listed.response, label=PLAYERS["button.propose.form"])
    wren = {
        "name": "Wren",
        "description": "Wren keeps the lighthouse, and the ledger of the ships that never answered it.",
        "personality": "Dry and exact, and kind when nobody looks.",
        "scenario": "The lamp room, at dusk.",
        "greeting": '*lifts the lamp, then an eyebrow* "You\'re late. So is the fog."',
    }
    await pen.submit_modal(form, wren)
    listed = await _help(stage, "Mod", PLAYERS["button.proposals.all"].format(count=1))
    shown = await moderator.select(listed.response, ["1"], custom_id="rp:proposals:one")
    return await stage.still("Mod", shown, stage.tavern.elsewhere)


@picture("archive.png")
async def archive(stage: Stage) -> Picture:
    """What an archive of another server would change here."""
    who = stage.admin()
    admin, place = stage.tavern.people[who], stage.tavern.elsewhere
    await admin.click((await _odile(stage, who, ODILE)).response, label=PLAYERS["button.save"])
    places = (
        PlaceSheet(kind="server", id=1, settings={"language": "Français", PROPOSERS: "2"}),
        PlaceSheet(kind="channel", id=3, name=place.name, plays=True, persona="odile"),
        PlaceSheet(kind="channel", id=4, name="attic", settings={"respond": "never"}),
    )
    changed = ODILE.replace("forty years", "fifty years")
    content = packed(Archive({"odile": changed.encode()}, {}, {"tower": _TOWER}, places))
    opened = await admin.slash(place, "dramatis settings")
    panel = await admin.click(opened.response, custom_id="rp:panel:server")
    form = await admin.click(panel.response, label=PLAYERS["button.archive.bring"])
    shown = await admin.submit_modal(form, {"file": ("dramatis.zip", content)})
    return await stage.still(who, shown, place)


@picture("memory.png")
async def memory(stage: Stage) -> Picture:
    """What a story remembers, for the person who started it."""
    tavern, alice = stage.tavern, stage.tavern.people["Alice"]
    await alice.slash(tavern.bound, "scene new", title="The night of the ferry")
    await _evening(stage)
    owed = await tavern.say("Bob", "I owe you for the last boat, and I don't forget it.")
    await alice.context_menu(tavern.bound, "Remember this", owed)
    scene = await Scenes(tavern.database).active(Place(tavern.bound.id), now())
    pins = Pins(tavern.database)
    await pins.add(scene.id, Made("The ferry sank on the night of the storm.", 1, now(), START, 1), MOST_PINS)
    first, second, *_ = await tavern.turns(tavern.bound)
    recaps, history = Recaps(tavern.database), History(tavern.database)
    told = (
        "Alice came in from the rain and took the chair by Marlow's fire, where a stranger with a violin "
        "case had been sitting. She swore to Bob that she would find out who had sold the ferry's lamps. "
        "Marlow knows it; the stranger doesn't."
    )
    await recaps.add(scene.id, Step(None, [first], 0, told, BY_SCRIPT.count(told), now()))
    await history.move_window(scene.id, second.position, second.position)
    await pins.put_note(scene.id, "Slow and uneasy. Nobody goes out before dawn.", 1, now())
    return await stage.still("Alice", await alice.slash(tavern.bound, "memory"))


@picture("inspect.png")
async def inspect(stage: Stage) -> Picture:
    """What Marlow would be told."""
    await _evening(stage)
    who = stage.admin()
    return await stage.still(
        who, await stage.tavern.people[who].slash(stage.tavern.bound, "dramatis inspect")
    )


@picture("export.png")
async def export(stage: Stage) -> Picture:
    """A scene as a page, whose persona has a picture of its own."""
    tavern = stage.tavern
    (tavern.personas / "marlow.yaml").write_text(f"{SHIPPED['marlow']}avatar: marlow.png\n", encoding="utf-8")
    (tavern.personas / "marlow.png").write_bytes(picture_of("marlow"))
    await tavern.restart()
    await tavern.people["Alice"].slash(tavern.bound, "scene new", title="The bell below the harbour")
    tavern.m2her.say(
        '*sets down the glass he was not really polishing* "Under the __water__, Alice. It went in with the '
        'tower, the year the pier moved."\n\n> RING ME AND I COME UP\n\n'
        '*He nods at the words above the door.* "People read that as a joke."'
    )
    await tavern.say(
        "Alice", "*leans in* Marlow, where does that **bell** hang? I heard it twice on the stairs."
    )
    tavern.faces += [4, 4]
    await tavern.people["Bob"].slash(tavern.bound, "roll", dice="2d6+1", reason="staying calm")
    tavern.m2her.say(
        '"Three." *The towel stops.* "Then somebody is on the stair below the last one, and you have '
        "until the tide turns.\"\n1. Bolt the cellar.\n2. Wake nobody.\n3. Don't answer it.\n"
        "-# Far down, something bronze hums."
    )
    await tavern.say("Bob", "Marlow, I heard it as well. ||Three times, if we count the cellar.||")
    # simcord's clock and this machine's are years apart.
    for minute, turn in enumerate(await tavern.turns(tavern.bound)):
        sql = "UPDATE turn SET created_at = ? WHERE id = ?"
        await tavern.database.write(sql, (_NINE_IN_THE_EVENING + minute * 60_000, turn.id))
    used = await tavern.people["Alice"].slash(tavern.bound, "scene export")
    (file,) = used.response.attachments
    page = (await file.read()).decode()
    frames = [] if stage.camera is None else [(await stage.camera.page(page), RESTING)]
    body = re.sub(r"<span[^>]*aria-hidden.*?</span>", "", page.partition("<body>")[2])
    said = unescape(re.sub(r"<[^>]*>", "", body.replace("</li>", "\n")))
    return Picture(frames, re.sub(r"\n\s*\n+", "\n", said).strip())


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
    """Put names where Discord shows them, and leave out what the clock says, in ids too."""
    people = {person.id: person.display_name for person in (message.author, *message.mentions)}
    channels = {channel.id: channel.name for channel in message.guild.channels} if message.guild else {}
    text = re.sub(r"<@!?(\d+)>", lambda found: f"@{people.get(int(found[1]), 'somebody')}", text)
    text = re.sub(r"<#(\d+)>", lambda found: f"#{channels.get(int(found[1]), 'unknown')}", text)
    text = re.sub(r"</([^:>]+):\d+>", r"/\1", text)
    text = re.sub(r"<t:-?\d+(?::\w)?>", "(a time)", text)
    # A persona's tokens follow the words of the prompts.
    text = re.sub(r"(-# `[^\n]*· )\d+ tokens", r"\1(some) tokens", text)
    return re.sub(r"\b\d{17,20}\b", "(an id)", text)


@asynccontextmanager
async def open_stage(folder: Path, camera: Camera | None) -> AsyncIterator[Stage]:
    """Start the bot in a fresh tavern, with the personas that are shipped."""
    rules = replace(RULES, defaults=Settings(), recap=RecapRules())
    async with (
        M2her() as m2her,
        open_tavern(m2her, folder, rules=rules, personas=PERSONAS, tempo=TEMPO) as tavern,
    ):
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
    async with open_camera(PORTRAITS) as camera:
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
