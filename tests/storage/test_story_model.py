"""Whatever is said and done: prompts hold what a simple model says.

It is what people see who read a channel: who is told from Discord's own words is `tests/discord_ui/test_what_is_remembered.py`.
"""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.scene import END, START, Ending, Participant, Place, Scene, Slice
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.opting_out import OptOuts
from bot.storage.removals import Obstacle, Removals, Removed
from bot.storage.scenes import Scenes
from bot.storage.swipes import Swipes
from tests.databases import open_database
from tests.storage.cast import ADA, ALICE, EVENING, record

WAYS = (
    "say",
    "say",
    "reply",
    "reply",
    "fail",
    "undo",
    "undo",
    "redo",
    "remove",
    "restore",
    "delete",
    "delete_many",
    "delete_page",
    "branch",
    "edit",
    "make_aside",
    "vary",
    "turn_over",
    "go_on",
    "rewrite",
    "opt",
)

FOLKS = Participant(ALICE, "Alice"), ADA


@dataclass(eq=False)
class Line:
    """Something said, in the order of all that was said anywhere; `out` is the removal that took it out.

    What a persona said stands on pages, and may have other variants.
    """

    order: int
    turn: int
    message: int | None
    text: str
    who: int | None = None
    out: "Out | None" = None
    pages: list[tuple[int, str]] = field(default_factory=list)
    variants: list[str] = field(default_factory=list)
    shown: int = 0


@dataclass(eq=False)
class Out:
    """A removal; an undo has kept lines up to `kept`, and in a branch may have `hidden` its parent's."""

    id: int
    tale: "Tale"
    undone: bool = False
    kept: int = 0
    at: int = 0
    hidden: int | None = None
    hides: bool = False

    @property
    def is_out(self) -> bool:
        return self.hides or any(line.out is self for line in self.tale.own)


@dataclass(eq=False)
class Tale:
    """A scene: its own lines, after those of its parent up to `cut`."""

    scene: Scene
    parent: "Tale | None" = None
    cut: int = 0
    own: list[Line] = field(default_factory=list)

    def lines(self) -> list[Line]:
        above = self.parent.lines() if self.parent else []
        return [*(line for line in above if line.order <= self.cut), *self.own]

    def told(self, away: set[int]) -> list[str]:
        return [line.text for line in self.lines() if line.out is None and line.text and line.who not in away]


class Model:
    """All tales of one example, and the database beside them."""

    def __init__(self, db: Database, channel: int) -> None:
        self.db, self.history, self.removals = db, History(db), Removals(db)
        self.channel, self.order = channel, 0
        self.swipes, self.people = Swipes(db), OptOuts(db)
        self.tales: list[Tale] = []
        self.outs: list[Out] = []
        self.away: set[int] = set()

    async def open(self) -> Place:
        self.channel += 1
        return Place(self.channel, guild_id=5)

    def add(self, tale: Tale, turn: int, message: int | None, text: str, who: int | None = None) -> Line:
        tale.own.append(Line(self.order, turn, message, text, who))
        return tale.own[-1]

    @property
    def number(self) -> int:
        """A number of a message that no other has."""
        return self.channel * 10_000_000 + self.order * 1000

    async def do(self, way: str, tale: Tale, which: int) -> None:
        self.order += 1
        await getattr(self, way)(tale, which)

    async def say(self, tale: Tale, which: int) -> None:
        who = FOLKS[which % len(FOLKS)]
        if who.id not in self.away:
            turn = await record(self.db, tale.scene, f"U{self.order}", who, message_id=self.number)
            assert turn is not None
            self.add(tale, turn.id, self.number, turn.text, who.id)

    async def reply(self, tale: Tale, which: int, text: str | None = None) -> None:
        key = ("marlow", "isolde")[which % 2]
        turn = await self.history.begin_reply(tale.scene.id, persona_key=key, name=key, at=EVENING)
        said = f"M{self.order}" if text is None else text
        ending = Ending.DONE if said else Ending.FAILED
        line = self.add(tale, turn.id, None, said)
        await self.show(line, said)
        await self.history.finish(turn.id, text=said, tokens=1, ending=ending)
        line.variants = [said] * bool(said)

    async def show(self, line: Line, text: str) -> None:
        """Let posts show a reply: two, if it has two words."""
        line.text = text
        parts = [part for part in text.partition(" / ") if part != " / "]
        parts = [parts[0], f" / {parts[1]}"] if len(parts) > 1 and parts[1] else [text]
        known = [message for message, _ in line.pages]
        line.pages, start = [], 0
        for page in range(max(len(parts), len(known))):
            part = parts[page] if page < len(parts) else ""
            message = known[page] if page < len(known) else self.number + 10 + page
            await self.history.posts.plan(line.turn, Slice(page, start, start + len(part), "n"))
            await self.history.posts.posted(line.turn, page, message)
            line.pages.append((message, part))
            start += len(part)

    async def fail(self, tale: Tale, which: int) -> None:
        await self.reply(tale, which, "")

    async def undo(self, tale: Tale, _: int) -> None:
        lines = tale.lines()
        newest = max(
            (each.order for each in lines if each.message is None and each.out is None), default=None
        )
        found = await self.removals.undo(tale.scene.id, ALICE, EVENING)
        if newest is None:
            assert found is None
            return
        assert found is not None
        asked = max((each.order for each in lines if each.message and each.order < newest), default=0)
        kept = max(
            (
                each.order
                for each in lines
                if each.message is None and each.text and each.out is None and each.order < asked
            ),
            default=0,
        )
        out = Out(found.id, tale, undone=True, kept=kept, at=self.order)
        for each in tale.own:
            if each.order > kept and each.out is None:
                each.out = out
        if tale.parent and tale.cut > kept:
            out.hidden, out.hides, tale.cut = tale.cut, True, kept
        self.outs.append(out)

    async def redo(self, _: Tale, which: int) -> None:
        outs = [each for each in self.outs if each.undone and each.is_out]
        if not outs:
            return
        out = outs[which % len(outs)]
        later = [each for each in outs if each.tale is out.tale and each.id > out.id]
        obstacle = None
        if any(
            each.order > out.at and (each.out is None or (each.out.undone and each.out.id > out.id))
            for each in out.tale.own
            if each.order > out.kept
        ):
            obstacle = Obstacle.FOLLOWED
        elif later:
            obstacle = Obstacle.UNDONE_SINCE
        assert await self.removals.obstacle(out.id) is obstacle
        if obstacle is None:
            await self.removals.put_back(out.id)
            for each in out.tale.own:
                each.out = None if each.out is out else each.out
            if out.hidden is not None:
                out.tale.cut, out.hides = out.hidden, False

    async def remove(self, tale: Tale, which: int) -> None:
        lines = [each for each in tale.own if each.out is None]
        if lines:
            line = lines[which % len(lines)]
            found = await self.removals.remove(line.turn, Removed.TURN, ALICE, EVENING)
            assert found is not None
            line.out = Out(found.id, tale)
            self.outs.append(line.out)

    async def restore(self, _: Tale, which: int) -> None:
        outs = [each for each in self.outs if not each.undone]
        if outs:
            out = outs[which % len(outs)]
            await self.removals.put_back(out.id)
            for each in out.tale.own:
                each.out = None if each.out is out else each.out

    async def delete(self, tale: Tale, which: int) -> None:
        lines = [each for each in tale.own if each.message]
        if lines:
            line = lines[which % len(lines)]
            assert line.message is not None
            await self.history.retract([line.message])
            tale.own.remove(line)

    async def delete_many(self, tale: Tale, which: int) -> None:
        gone = [each for each in tale.own if each.message][which % 3 :: 2][:3]
        await self.history.retract([each.message for each in gone if each.message])
        for line in gone:
            tale.own.remove(line)

    async def delete_page(self, tale: Tale, which: int) -> None:
        pages = [(line, page) for line in tale.own for page in line.pages if page[1]]
        if pages:
            line, page = pages[which % len(pages)]
            await self.history.retract([page[0]])
            line.pages.remove(page)
            line.text = line.text.replace(page[1], "", 1)
            line.variants[line.shown] = line.text
            if not any(part for _, part in line.pages):
                tale.own.remove(line)

    async def edit(self, tale: Tale, which: int) -> None:
        lines = [each for each in tale.own if each.message]
        if lines:
            line = lines[which % len(lines)]
            assert line.message is not None
            line.text = f"E{self.order}"
            assert await self.history.amend(line.message, line.text, (), 1)

    async def make_aside(self, tale: Tale, which: int) -> None:
        """Somebody edits a message so that all of it is out of character."""
        lines = [each for each in tale.own if each.message]
        if lines:
            line = lines[which % len(lines)]
            assert line.message is not None
            await self.history.take_out(line.message)
            tale.own.remove(line)

    def replies(self, tale: Tale) -> list[Line]:
        """What may be revised."""
        return [each for each in tale.own if each.message is None and each.out is None and each.text]

    async def vary(self, tale: Tale, which: int) -> None:
        replies = self.replies(tale)
        if replies:
            line = replies[which % len(replies)]
            assert await self.swipes.regenerate(line.turn)
            text = f"V{self.order} / and" if which % 2 else f"V{self.order}"
            await self.show(line, text)
            await self.history.finish(line.turn, text=text, tokens=1, ending=Ending.DONE)
            line.shown = len(line.variants)
            line.variants.append(text)

    async def turn_over(self, tale: Tale, which: int) -> None:
        replies = [each for each in self.replies(tale) if len(each.variants) > 1]
        if replies:
            line = replies[which % len(replies)]
            line.shown = (line.shown + 1) % len(line.variants)
            turn = await self.swipes.choose(line.turn, line.shown + 1)
            assert turn is not None
            await self.show(line, line.variants[line.shown])
            await self.swipes.settle(turn)

    async def go_on(self, tale: Tale, which: int) -> None:
        replies = self.replies(tale)
        if replies:
            line = replies[which % len(replies)]
            assert await self.swipes.proceed(line.turn)
            await self.show(line, f"{line.text}C{self.order}")
            await self.history.finish(line.turn, text=line.text, tokens=1, ending=Ending.DONE)
            line.variants[line.shown] = line.text

    async def rewrite(self, tale: Tale, which: int) -> None:
        replies = self.replies(tale)
        if replies:
            line = replies[which % len(replies)]
            turn = await self.swipes.rewrite(line.turn, f"W{self.order} / x", 1, ADA)
            assert turn is not None
            await self.show(line, turn.text)
            await self.swipes.settle(turn)
            line.variants[line.shown] = line.text

    async def opt(self, _: Tale, which: int) -> None:
        who = FOLKS[which % len(FOLKS)].id
        if who in self.away:
            await self.people.opt_in(who, 1)
        else:
            await self.people.opt_out(who)
        self.away ^= {who}

    async def branch(self, tale: Tale, which: int) -> None:
        lines = [each for each in tale.own if each.out is None]
        if lines and len(self.tales) < 4:
            line = lines[which % len(lines)]
            turn = await self.history.turn(line.turn)
            assert turn is not None
            scene = await Scenes(self.db).branch(await self.open(), turn, EVENING, starter_id=ALICE)
            self.tales.append(Tale(scene, tale, line.order))

    async def check(self) -> None:
        for tale in self.tales:
            found = await self.history.recent(tale.scene.id, START, END)
            assert [turn.text for turn in found] == tale.told(self.away)
            for turn in found:
                assert await self.history.tells(tale.scene.id, turn)


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def open_db(runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    path: Path = tmp_path_factory.mktemp("model") / "story.sqlite3"
    db = runner.run(open_database(path))
    yield db
    runner.run(db.close())


EXAMPLES = int(os.environ.get("DRAMATIS_STORIES", "200"))

CHANNELS = iter(range(1_000, 10_000_000, 10))

STEPS = st.lists(
    st.tuples(st.sampled_from(WAYS), st.integers(0, 3), st.integers(0, 20)), min_size=4, max_size=30
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(steps=STEPS)
def test_prompts_hold_what_a_simple_model_says(
    runner: asyncio.Runner, open_db: Database, steps: list[tuple[str, int, int]]
) -> None:
    async def play() -> None:
        model = Model(open_db, next(CHANNELS))
        model.tales.append(Tale(await Scenes(open_db).active(await model.open(), EVENING)))
        for way, tale, which in steps:
            await model.do(way, model.tales[tale % len(model.tales)], which)
        await model.check()
        for who in tuple(model.away):
            await model.people.opt_in(who, 1)

    runner.run(play())
