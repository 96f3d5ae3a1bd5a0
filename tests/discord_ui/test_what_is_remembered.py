"""Whatever happens in a channel: the persona is told what somebody who reads the channel knows.

People do whatever they can: they write, edit and delete, press buttons that they see, use commands, opt out, and the
bot is stopped and started. The reader is `tests/reader.py`. `DRAMATIS_EVENINGS` sets the number of evenings.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.composition.story import now
from bot.core.catching_up import Bounds
from bot.core.scene import END, START, Place, Turn
from bot.storage.history import History
from bot.storage.scenes import Scenes
from bot.story.places.notices import RECORDING
from bot.story.places.rules import ChannelRule
from tests.reader import (
    FIRST,
    MARK,
    PROXIED,
    Line,
    Seen,
    begun_by,
    in_story,
    joined,
    line_of,
    scene_at,
    scene_of,
    told,
)
from tests.standins.discord_wire import Channel, Message, User
from tests.standins.discord_wire.components import BUTTON, walk
from tests.standins.m2her import Error, M2her
from tests.tavern import RULES
from tests.wired import Wired, until, wire
from tests.wired import words as read

EVENINGS = int(os.environ.get("DRAMATIS_EVENINGS", "14"))
FIRST_EVENING = int(os.environ.get("DRAMATIS_FIRST_EVENING", "0"))
STEPS = int(os.environ.get("DRAMATIS_EVENING_STEPS", "14"))
PEOPLE = ("Alice", "Bob")

WAYS = {
    "say": 5,
    "ask": 7,
    "reply": 2,
    "aside": 2,
    "talk": 1,
    "edit": 3,
    "delete": 2,
    "delete_post": 2,
    "delete_many": 1,
    "press": 6,
    "more": 3,
    "rewrite": 1,
    "remove": 2,
    "undo": 2,
    "scene": 1,
    "resume": 1,
    "branch": 1,
    "opt": 1,
    "restart": 1,
    "downtime": 2,
}


@dataclass
class Evening:
    """What happens in one channel and its threads, drawn from one seed."""

    wired: Wired
    m2her: M2her
    seed: int
    channel: Channel
    dice: random.Random = field(init=False)
    number: int = 0
    log: list[str] = field(default_factory=list)
    out: set[int] = field(default_factory=set)
    ignored: set[int] = field(default_factory=set)  # said while their authors had opted out
    unsaved: set[int] = field(default_factory=set)  # asides from before a restart
    branched: dict[int, tuple[Channel, int]] = field(default_factory=dict)
    first: dict[int, int] = field(default_factory=dict)  # of each post the first of its reply
    about: dict[int, int] = field(default_factory=dict)  # of questions what they are about
    titles: list[str] = field(default_factory=lambda: [FIRST])

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    # -- what people see ---------------------------------------------------------------------

    def rooms(self) -> list[Channel]:
        return [
            self.channel,
            *(each for each in self.wired.world.channels.values() if each.parent is self.channel),
        ]

    def room(self) -> Channel:
        return self.dice.choice(self.rooms())

    def messages(self, room: Channel, *, persons: bool | None = None) -> list[Message]:
        bot = self.wired.world.bot
        every = sorted(room.messages.values(), key=lambda each: each.id)
        return [each for each in every if persons is None or (each.author is not bot) == persons]

    def seen(self, room: Channel) -> list[Seen]:
        bot = self.wired.world.bot
        return [
            Seen(
                each.id,
                None if each.author is bot else each.author.name,
                read(each),
                card=not each.content and bool(each.components),
                undone=MARK in each.marks,
                ignored=each.id in self.ignored or self.author(each).id in self.out,
                at=self.first.get(each.id),
                about=self.about.get(each.id),
            )
            for each in self.messages(room)
        ]

    def author(self, message: Message) -> User:
        """Who said it: also by `/talk`."""
        proxied = PROXIED.match(message.content) if message.author is self.wired.world.bot else None
        return self.wired.person(proxied["who"]) if proxied else message.author

    def view(self, room: Channel, *, before: int | None = None, with_parent: bool = True) -> list[Line]:
        """What a reader knows of the scene that plays in a room."""
        here = [each for each in self.seen(room) if before is None or each.id < before]
        own = scene_of(here)
        if not with_parent or room.id not in self.branched:
            return own
        parent, last = self.branched[room.id]
        above = self.seen(parent)
        return joined([*scene_of(above, scene_at(above, last), last), *own])

    # -- what people do ----------------------------------------------------------------------

    def words(self) -> str:
        self.number += 1
        return f"w{self.seed}x{self.number} {self.dice.choice(('so it goes', 'look there', 'nobody knows', 'hm'))}"

    async def step(self) -> None:
        way = self.dice.choices(list(WAYS), list(WAYS.values()))[0]
        did = await getattr(self, way)()
        if did is None:
            return
        self.log.append(f"{way}: {did}")
        await self.settle()
        await self.check()

    async def settle(self) -> None:
        await self.wired.quiet()
        await until(self._marked)
        await self.wired.quiet()
        turns: dict[int, list[int]] = {}
        for turn, post in await self.wired.database.read(
            "SELECT turn_id, message_id FROM post WHERE message_id > 0"
        ):
            turns.setdefault(turn, []).append(post)
        for posts in turns.values():
            known = [self.first[post] for post in posts if post in self.first]
            self.first |= dict.fromkeys(posts, min(known or posts))

    async def _marked(self) -> bool:
        busy = {"catching up", "settle", "late answer", "marking", "sweeping", "typing"}
        if any(task.get_name() in busy for task in asyncio.all_tasks()):
            return False
        return not await self.wired.database.read("SELECT 1 FROM mark")

    async def check(self) -> None:
        for room in self.rooms():
            said = [
                (speaker, text)
                for turn in await self.turns(room)
                for speaker, text in (
                    *((about.speaker, about.text) for about in turn.references),
                    (turn.speaker, turn.text),
                )
            ]
            lines = [(who.name, text if who.persona_key else in_story(text)) for who, text in said]
            found = told(lines)
            assert found == self.view(room), self.story(room)

    async def turns(self, room: Channel) -> list[Turn]:
        """What is stored of the scene that plays in a room."""
        scene = await Scenes(self.wired.database).playing(Place(room.id))
        return await History(self.wired.database).recent(scene.id, START, END) if scene else []

    def story(self, room: Channel) -> str:
        lines = "\n".join(
            f"{e.id} {e.who}: {e.text[:90]!r}{' UNDONE' * e.undone}{' IGNORED' * e.ignored}"
            for e in self.seen(room)
        )
        return f"evening {self.seed}, #{room.name}\n" + "\n".join(self.log) + "\n" + lines

    def who(self) -> str:
        return self.dice.choice(PEOPLE)

    def answer(self) -> None:
        self.number += 1
        text = f"R{self.seed}x{self.number} aye"
        kind = self.dice.choices(("short", "long", "cut", "error"), (8, 2, 2, 1))[0]
        if kind == "long":
            self.m2her.say(f"{text} {' '.join(f'long{n}' for n in range(320))}")
        elif kind == "cut":
            self.m2her.say(f"{text} and", finish="length")
        elif kind == "error":
            self.m2her.say(Error(1008))
        else:
            self.m2her.say(text)

    def note(self, message: Message) -> None:
        if message.author.id in self.out:
            self.ignored.add(message.id)

    async def say(self) -> str:
        said = self.wired.say(self.who(), self.words(), self.room())
        self.note(said)
        return f"{said.author.name} {said.content!r} in {said.channel.name}"

    async def ask(self, ooc: str = "", room: Channel | None = None, about: Message | None = None) -> str:
        room, who = room or self.room(), self.who()
        self.answer()
        asked = len(self.m2her.requests)
        said = self.wired.say(who, f"{self.wired.mention} {self.words()}{ooc}", room, reply_to=about)
        self.note(said)
        if about is not None and any(each.id == about.id and line_of(each) for each in self.seen(room)):
            self.about[said.id] = about.id
        expected = self.view(room)
        await self.settle()
        if len(self.m2her.requests) > asked:
            assert told(self.wired.heard) == expected, self.story(room)
        else:
            self.m2her.forget()
        return f"{who} {said.content!r} in {room.name}"

    async def probe(self, room: Channel) -> None:
        """Ask in a room, so that what is known is told."""
        asked = len(self.m2her.requests)
        self.m2her.say("R0 the end")
        said = self.wired.ask("and so?", "Alice", room)
        self.note(said)
        expected = self.view(room)
        await self.settle()
        assert len(self.m2her.requests) == asked + 1, self.story(room)
        assert told(self.wired.heard) == expected, self.story(room)

    async def reply(self) -> str | None:
        room = self.room()
        found = [each for each in self.messages(room) if each.content and len(each.content) < 500]
        return await self.ask(room=room, about=self.dice.choice(found)) if found else None

    async def aside(self) -> str:
        kind = self.dice.choice(("whole", "line", "tail", "asked"))
        if kind == "asked":
            return await self.ask(" ((quickly please))")
        text = {"whole": "((brb in a minute))", "line": "// phone", "tail": f"{self.words()} ((sorry))"}[kind]
        said = self.wired.say(self.who(), text, self.room())
        self.note(said)
        return f"{said.author.name} {said.content!r} in {said.channel.name}"

    async def talk(self) -> str:
        room, who = self.room(), self.who()
        self.answer()
        text = self.words()
        self.wired.world.interactions.command(self.wired.person(who), room, "talk", text=text)
        await self.settle()
        self.m2her.forget()
        return f"{who} {text!r} in {room.name}"

    async def edit(self) -> str | None:
        found = self.messages(self.room(), persons=True)
        if not found:
            return None
        self.m2her.say("R0 edited")
        did = self.change(self.dice.choice(found))
        await self.settle()
        self.m2her.forget()
        return did

    def change(self, message: Message) -> str:
        start = self.wired.mention + " " if message.content.startswith("<@") else ""
        seen = self.seen(message.channel)
        rests = scene_at(seen, message.id) != scene_at(seen, seen[-1].id + 1)
        is_aside = line_of(Seen(message.id, "x", message.content)) is None
        stays = message.id in self.unsaved or (rests and is_aside)
        kinds = ("plain", "tail", "whole") if not stays else ("whole",)
        kind = self.dice.choice(kinds)
        text = {"plain": self.words(), "tail": f"{self.words()} ((typo))", "whole": "((never mind that))"}
        if kind == "whole":
            self._forget(message.id)
            self.unsaved |= {message.id} if rests else set()
        self.wired.world.edit(message, start + text[kind])
        if message.author.id in self.out:
            self.ignored.add(message.id)
        return f"{message.id} to {start + text[kind]!r}"

    async def delete(self) -> str | None:
        found = self.messages(self.room(), persons=True)
        if not found:
            return None
        message = self.dice.choice(found)
        self.wired.world.delete(message)
        return f"{message.id} {message.content!r}"

    async def delete_post(self) -> str | None:
        found = [
            each
            for each in self.messages(self.room(), persons=False)
            if each.content and not self.is_marker(each)
        ]
        if not found:
            return None
        message = self.dice.choice(found)
        self.wired.world.delete(message)
        return f"{message.id} {message.content[:40]!r}"

    def is_marker(self, message: Message) -> bool:
        """Whether the reader needs it: what begins a scene or a branch."""
        return (
            not message.content
            or begun_by(Seen(message.id, None, message.content)) is not None
            or "↪ <@" in message.content
        )

    async def delete_many(self) -> str | None:
        found = [each for each in self.messages(self.room()) if not self.is_marker(each)]
        if len(found) < 2:
            return None
        gone = self.dice.sample(found, self.dice.randint(2, min(4, len(found))))
        self.wired.world.bulk_delete(gone)
        return str([each.id for each in gone])

    def buttons(self, message: Message) -> list[str]:
        able = [
            c
            for c in walk(message.components)
            if c["type"] == BUTTON and not c.get("disabled") and "custom_id" in c
        ]
        return [c.get("label") or "" for c in able]

    async def press(self) -> str | None:
        room = self.room()
        found = [
            (each, label)
            for each in self.messages(room, persons=False)
            for label in self.buttons(each)
            if label != "⋯ More" and not label.startswith("Undo, back to")
        ]
        if not found:
            return None
        message, label = self.dice.choice(found)
        who = self.who()
        self.answer()
        self.wired.press(label, message, who=who)
        await self.settle()
        self.m2her.forget()
        return f"{who} {label!r} on {message.id}"

    async def more(self) -> str | None:
        room = self.room()
        found = [each for each in self.messages(room, persons=False) if "⋯ More" in self.buttons(each)]
        if not found:
            return None
        who = self.who()
        opened = await self.wired.answers(self.wired.press("⋯ More", found[-1], who=who))
        labels = [each for each in self.buttons(opened) if each in {"Not this", "Remove", "▷ Go on"}]
        if not labels:
            return f"{who} nothing on {found[-1].id}"
        label = self.dice.choice(labels)
        self.answer()
        self.wired.press(label, opened, who=who)
        await self.settle()
        self.m2her.forget()
        return f"{who} {label!r} on {found[-1].id}"

    def replies(self, room: Channel) -> list[Message]:
        found = self.messages(room, persons=False)
        return [
            each
            for each in found
            if (line := line_of(Seen(each.id, None, each.content, card=not each.content)))
            and line[0] == "Marlow"
            and not self.is_marker(each)
        ]

    async def rewrite(self) -> str | None:
        found = self.replies(self.room())
        if not found:
            return None
        post = self.dice.choice(found)
        used = self.wired.menu("Edit reply", post, who="Alice")
        await self.wired.quiet()
        if used.modal is None:
            return f"{post.id} refused"
        text = f"E{self.words()}"
        (part,) = [c for c in walk(used.modal["components"]) if c["type"] == 4]
        self.wired.submit(used, {part["custom_id"]: text})
        return f"{post.id} to {text!r}"

    async def remove(self) -> str | None:
        found = self.replies(self.room())
        if not found:
            return None
        post = self.dice.choice(found)
        used = self.wired.menu("Remove from story", post, who="Alice")
        answer = await self.wired.answers(used)
        labels = [each for each in self.buttons(answer) if each in {"Not this", "Remove"}]
        if labels:
            self.wired.press(self.dice.choice(labels), answer, who="Alice")
        return f"{post.id}: {labels}"

    async def undo(self) -> str | None:
        room = self.room()
        if room.id in self.branched:  # what it takes of the parent is marked nowhere
            own, whole = self.view(room, with_parent=False), self.view(room)
            above = whole[: len(whole) - len(own)]
            if (
                not any(who == "Marlow" for who, _ in own)
                or (above and above[-1][0] != "Marlow")
                or not above
            ):
                return None
        self.wired.world.interactions.command(self.wired.person("Alice"), room, "undo")
        return f"in {room.name}"

    async def scene(self) -> str | None:
        if not self.channel.messages:
            return None
        title = f"T{self.seed}x{len(self.titles)}"
        used = self.wired.world.interactions.command(
            self.wired.person("Alice"), self.channel, "scene new", title=title
        )
        answer = await self.wired.answers(used)
        if "Start here anyway" in self.buttons(answer):
            self.wired.press("Start here anyway", answer, who="Alice")
        self.titles.append(title)
        return title

    async def resume(self) -> str | None:
        rows = await self.wired.database.read(
            "SELECT id, title FROM scene WHERE channel_id = ? ORDER BY id", (self.channel.id,)
        )
        if len(rows) < 2:
            return None
        row = self.dice.choice(rows)
        used = self.wired.world.interactions.command(
            self.wired.person("Alice"), self.channel, "scene resume", scene=row["id"]
        )
        await self.wired.quiet()
        return f"{row['title']!r}: {read(used.message)[:60] if used.message else None}"

    async def branch(self) -> str | None:
        found = self.replies(self.channel)
        if not found or len(self.branched) > 1:
            return None
        post = self.dice.choice(found)
        if post.id in self.wired.world.channels:
            return None
        self.wired.menu("Branch from here", post, who="Alice")
        await self.settle()
        if post.id in self.wired.world.channels:
            self.branched[post.id] = self.channel, self.first[post.id]
        return f"at {post.id}: {post.id in self.branched}"

    async def opt(self) -> str | None:
        who = self.wired.person("Bob")
        label = "Opt in" if who.id in self.out else "Opt out"
        used = self.wired.world.interactions.command(who, self.channel, "privacy")
        answer = await self.wired.answers(used)
        self.wired.press(label, answer, who="Bob")
        await self.wired.quiet()
        self.out ^= {who.id}
        for room in self.rooms():
            for message in self.messages(room):
                if self.author(message).id in self.out:
                    self._forget(message.id)
        return label

    def _forget(self, message_id: int) -> None:
        """Let nothing be about a message anymore: its words are out of the story."""
        self.about = {asked: about for asked, about in self.about.items() if about != message_id}

    async def restart(self) -> str:
        await self.end()
        await self.wired.start()
        return ""

    async def downtime(self) -> str | None:
        """People write, edit and delete while the bot is off, which has been here before."""
        if not await self.turns(self.channel):
            return None
        await self.end()
        did = []
        for _ in range(self.dice.randint(1, 5)):
            room = self.room()
            said = self.messages(room, persons=True)
            others = [each for each in self.messages(room) if not self.is_marker(each)]
            way = self.dice.choice(("say", "ask", "aside", "edit", "delete"))
            if way == "delete" and len(others) > 2:  # a room without any message says nothing
                gone = self.dice.choice(others)
                self.wired.world.delete(gone)
                did.append(f"delete {gone.id}")
            elif way == "edit" and said:
                changed = self.dice.choice(said)
                did.append(f"edit {self.change(changed)}")
                if line_of(Seen(changed.id, "x", changed.content)) is None:
                    self.unsaved.add(changed.id)
            else:
                start = f"{self.wired.mention} " if way == "ask" else ""
                text = "((a moment))" if way == "aside" else self.words()
                new = self.wired.say(self.who(), start + text, room)
                self.note(new)
                did.append(f"{new.author.name} says {new.content!r} in {room.name}")
        for _ in range(5):
            self.answer()
        await self.wired.start()
        await self.settle()
        self.m2her.forget()
        return "; ".join(did)

    async def end(self) -> None:
        await self.wired.end()
        self.unsaved |= {
            each.id
            for room in self.rooms()
            for each in self.messages(room, persons=True)
            if not line_of(Seen(each.id, "x", each.content))
        }


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    rules = replace(RULES, catch_up=Bounds(hours=24, messages=200, answer_minutes=10))
    async with wire(m2her, tmp_path, monkeypatch, rules=rules) as wired:
        await wired.start()
        yield wired


async def test_the_persona_is_told_what_a_reader_of_the_channel_knows(wired: Wired, m2her: M2her) -> None:
    failed = []
    for seed in range(FIRST_EVENING, FIRST_EVENING + EVENINGS):
        channel = wired.world.add_channel(f"room-{seed}")
        wired.channels[channel.id] = ChannelRule(("marlow",))
        await Scenes(wired.database).told(channel.id, RECORDING, "", now())
        await wired.quiet()
        evening = Evening(wired, m2her, seed, channel)
        try:
            for _ in range(STEPS):
                await evening.step()
            for room in evening.rooms():
                await evening.probe(room)
        except AssertionError as error:
            failed.append(str(error))
        except Exception as error:  # noqa: BLE001 - with what was done
            failed.append(f"{error!r} in {evening.story(channel)}")
        m2her.forget()
        if evening.out:
            await evening.opt()
    assert not failed, "\n\n".join(failed)
