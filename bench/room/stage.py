"""The stage of an evening: the real bot on a simulated Discord, whose clock the script moves.

Law: the bot is that of the checkout on `sys.path`, which may be another one than this; what is used of it and
of its tests was there before this bench. What comes of it is plain data.
"""

import asyncio
import re
import shutil
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any, Final, cast

import discord
import pytest
from simcord import SetupError
from simcord.actors import MemberActor
from simcord.results import to_discord_message

import tests.tavern
from bench.room.script import (
    ANSWER,
    Delete,
    Edit,
    Evening,
    Link,
    NotThis,
    Picture,
    Rename,
    Roll,
    Say,
    Step,
    Talk,
    Wait,
    asking_in,
)
from bot.core.completion import Naming
from bot.storage.settings import SettingsStore
from tests.standins.m2her import M2her
from tests.tavern import RULES, Tavern, open_tavern

CAST: Final = Path(tests.tavern.__file__).parents[1] / "personas"
"""The personas of the checkout that is played."""

BEGINS: Final = 20.25 * 3600
"""Seconds after midnight when an evening begins."""

BETWEEN: Final = 40.0
"""Seconds between two steps, unless somebody waits."""

UNASKED: Final = (
    "*looks up, and lets the others talk.*",
    '"Hm." *That seems to be all.*',
    "*listens with half an ear, and goes on with the work at hand.*",
    '"If you say so."',
    "*turns to the noise, decides that it is nothing, turns back.*",
    '"Later, perhaps." *A shrug.*',
    "*raises an eyebrow at nobody in particular.*",
    '"I heard that." *But no more than that.*',
    "*waits until the talk has found its own way again.*",
)
"""What the model answers in turn where nobody should have asked it."""

EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)

_MENTION: Final = re.compile(r"@([\w.]+)")


@dataclass(frozen=True, slots=True)
class Request:
    """A request to the model.

    Attributes:
        step: the number of the step that led to it, from 0.
        messages: what was sent, in wire order.
        names: the name of everyone who has spoken, by handle, as of their newest message.
    """

    step: int
    messages: Sequence[Mapping[str, str]]
    names: Mapping[str, str]


@dataclass(slots=True)
class Played:
    """What came of an evening: the requests, and by step what the bot's new posts showed at its end."""

    evening: str
    naming: str
    requests: list[Request] = field(default_factory=list)
    posts: dict[int, list[str]] = field(default_factory=dict)


async def play(
    evening: Evening,
    naming: Naming,
    folder: Path,
    answered: Callable[[int, int], str | None] = lambda _step, _nth: None,
) -> Played:
    """Play an evening in one form; `answered` may give other words for a step's answer, by their numbers."""
    tavern: Tavern | None = None

    def clock() -> datetime:
        now: datetime = EPOCH if tavern is None else tavern.env.now()
        return now

    files = {key: (CAST / f"{key}.yaml").read_text("utf-8") for key in (evening.persona, *evening.others)}
    # Beside the files are the pictures that they name.
    shutil.copytree(CAST, folder / "personas", ignore=shutil.ignore_patterns("*.yaml"))
    rules = replace(
        RULES, context_window=evening.window, default_persona=evening.persona, **_pinned_to(naming)
    )
    patch = pytest.MonkeyPatch()
    patch.setattr("bot.composition.story.now", clock)  # as simcord does to the library
    try:
        async with M2her() as m2her, open_tavern(m2her, folder, rules=rules, personas=files) as opened:
            tavern = opened
            return await Performance(evening, naming, opened, answered).run()
    finally:
        patch.undo()


def _pinned_to(naming: Naming) -> dict[str, Any]:
    """Return the rules for one form of prompt, as this version of the bot or an earlier one has them."""
    forms = getattr(RULES, "forms", None)
    if forms is None:  # before the version with profiles
        return {"naming": naming, "naming_pinned": True}
    return {"forms": replace(forms, richest=naming, is_pinned=True)}


class Performance:
    """One evening as it goes on."""

    def __init__(
        self, evening: Evening, naming: Naming, tavern: Tavern, answered: Callable[[int, int], str | None]
    ) -> None:
        """Seat the people."""
        self._evening = evening
        self._tavern = tavern
        self._answered = answered
        self._played = Played(evening.key, str(naming))
        self._messages: dict[str, Any] = {}
        self._names: dict[str, str] = {}
        self._displayed = dict(evening.people)
        self._lines: deque[str] = deque()
        self._unasked = cycle(UNASKED)
        self._step = 0
        for handle, name in evening.people.items():
            user = tavern.env.create_user(handle, global_name=name)
            tavern.people[handle] = tavern.guild.add_member(user)
        tavern.m2her.reply = self._reply

    async def run(self) -> Played:
        """Play all steps."""
        self._pass(BEGINS)
        await self._bind()
        for number, step in enumerate(self._evening.steps):
            self._step = number
            self._pass(BETWEEN)
            before, posted = len(self._tavern.m2her.requests), len(self._posts())
            for nth, asking in enumerate(asking_in(step)):
                self._lines.append(self._answered(number, nth) or asking.answer)
            await self._do(step)
            self._note(before, posted, step)
        return self._played

    async def _bind(self) -> None:
        """Give the channel its persona as an admin does, so that others may be asked there too."""
        tavern = self._tavern
        tavern.channels.clear()
        settings = SettingsStore(tavern.database)
        await settings.bind("channel", tavern.bound.id, self._evening.persona, by_user=0, at=EPOCH)

    # --- what people do -------------------------------------------------------------------------

    async def _do(self, step: Step) -> None:
        match step:
            case Say():
                await (self._say_at_once(step) if step.meanwhile else self._say(step))
            case Talk():
                await self._talk(step)
            case Roll():
                await self._command(step.who, "roll", dice=step.dice, reason=step.reason)
            case Edit():
                author = self._author(step.key)
                await author.edit(self._messages[step.key], self._worded(step.text))
            case Delete():
                if step.key in self._messages:
                    await self._author(step.key).delete(self._messages[step.key])
            case NotThis():
                await self._cover(step)
            case Rename():
                self._rename(step)
                await self._tavern.quiet()
            case Wait():
                self._pass(step.hours * 3600)

    async def _say(self, step: Say) -> None:
        self._names[step.who] = self._displayed[step.who]
        if step.shows is None:
            target = self._messages.get(step.to)
            message = await self._tavern.say(step.who, self._worded(step.text), reply_to=target)
        else:
            fields = _shown(step.shows)
            number = await self._tavern.show(step.who, None, self._worded(step.text), **fields)
            stored = self._tavern.env.backend.get_message(self._tavern.bound.id, number)
            message = to_discord_message(self._tavern.env, stored)
        self._keep(step.key, message)

    async def _say_at_once(self, step: Say) -> None:
        """Say several messages while the answer to the first is being written."""
        tavern, begun = self._tavern, asyncio.Event()
        first, rest = self._next().split(" ", 1)
        asked = len(tavern.m2her.requests)
        tavern.m2her.say(f"{first} ", begun, rest)
        self._send(step)
        await tavern.m2her.received(asked + 1)
        for each in step.meanwhile:
            self._send(each)
            await self._is_stored(each)
        begun.set()
        await tavern.quiet()

    def _send(self, step: Say) -> None:
        """Send a message, and do not wait for what the bot does about it."""
        tavern = self._tavern
        self._names[step.who] = self._displayed[step.who]
        member = tavern.people[step.who]
        stored = tavern.env.backend.create_message(tavern.bound.id, member.id, self._worded(step.text))
        self._keep(step.key, to_discord_message(tavern.env, stored))

    async def _is_stored(self, step: Say) -> None:
        for _ in range(400):
            rows = await self._tavern.database.read(
                "SELECT 1 FROM turn WHERE message_id = ?", (self._messages[step.key].id,)
            )
            if rows:
                return
            await asyncio.sleep(0.005)
        raise TimeoutError(f"The bot did not hear {step.who}: {step.text}")

    async def _talk(self, step: Talk) -> None:
        options = {"text": self._worded(step.text), "persona": step.persona}
        await self._command(step.who, "talk", **{name: each for name, each in options.items() if each})

    async def _command(self, who: str, name: str, **options: str) -> None:
        """Use a command; one that this version does not have is left out."""
        self._names[who] = self._displayed[who]
        person, channel = self._tavern.people[who], self._tavern.bound
        if name in person.available_commands(channel):
            await person.slash(channel, name, **options)

    async def _cover(self, step: NotThis) -> None:
        """Press the button; a version that does not have it is left alone."""
        person = self._tavern.people[step.who]
        with suppress(SetupError):
            opened = await person.click(self._messages[step.key], label="⋯ More")
            await person.click(opened.response, label="Not this")

    def _rename(self, step: Rename) -> None:
        self._displayed[step.who] = step.name
        member = self._tavern.people[step.who]
        self._tavern.env.backend.edit_member(self._tavern.guild.id, member.id, {"nick": step.name})

    def _author(self, key: str) -> MemberActor:
        if key.endswith(ANSWER):
            return cast(MemberActor, self._tavern.moderator)
        author = self._messages[key].author.id
        return cast(MemberActor, next(each for each in self._tavern.people.values() if each.id == author))

    def _worded(self, text: str) -> str:
        """Return a text with mentions as Discord has them; an `@` that names nobody stays."""

        def mention(found: re.Match[str]) -> str:
            if found[1] == "bot":
                return self._tavern.mention
            return str(self._tavern.people[found[1]].mention) if found[1] in self._displayed else found[0]

        return _MENTION.sub(mention, text)

    # --- what comes of it -----------------------------------------------------------------------

    def _next(self) -> str:
        return self._lines.popleft() if self._lines else next(self._unasked)

    def _reply(self, _: Mapping[str, Any]) -> str:
        return self._next()

    def _note(self, before: int, posted: int, step: Step) -> None:
        """Keep what was asked and shown in a step."""
        self._lines.clear()
        for request in self._tavern.m2her.requests[before:]:
            messages = [dict(message) for message in request.body["messages"]]
            self._played.requests.append(Request(self._step, messages, dict(self._names)))
        posts = self._posts()[posted:]
        if posts:
            self._played.posts[self._step] = [post.content or "" for post in posts]
        asking = asking_in(step)
        # A command's words are a post of the bot's too, and come first.
        for each, post in zip(asking, posts[-len(asking) :] if asking else (), strict=False):
            if key := getattr(each, "key", ""):
                self._messages[key + ANSWER] = to_discord_message(self._tavern.env, post)

    def _posts(self) -> list[Any]:
        tavern = self._tavern
        assert tavern.bot.user is not None
        stored = tavern.env.backend.messages[tavern.bound.id].values()
        return [each for each in stored if each.author_id == tavern.bot.user.id]

    def _keep(self, key: str, message: discord.Message) -> None:
        if key:
            self._messages[key] = message

    def _pass(self, seconds: float) -> None:
        """Let time pass for Discord and the bot, whose timers it does not wake one by one."""
        self._tavern.env.backend.advance_clock(seconds)


def _shown(shows: Picture | Link) -> dict[str, Any]:
    """Return the fields of a message that shows something, as Discord's API has them."""
    if isinstance(shows, Picture):
        url = f"https://cdn.example/{shows.file}"
        file = {"id": "1", "filename": shows.file, "size": 3, "url": url, "proxy_url": url}
        described = {"description": shows.description} if shows.description else {}
        return {"attachments": [{**file, "content_type": "image/png", **described}]}
    return {"embeds": [{"type": "video", "url": shows.address, "title": shows.title}]}
