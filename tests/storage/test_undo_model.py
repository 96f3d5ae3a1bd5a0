"""Whatever is said, answered, undone, redone, removed, deleted and branched: prompts hold what a simple model says."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.scene import END, START, Ending, Place, Scene
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.removals import Obstacle, Removals, Removed
from bot.storage.scenes import Scenes
from tests.databases import open_database
from tests.storage.cast import ALICE, EVENING, record

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
    "branch",
)


@dataclass(eq=False)
class Line:
    """Something said, in the order of all that was said anywhere; `out` is the removal that took it out."""

    order: int
    turn: int
    message: int | None
    text: str
    out: "Out | None" = None


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

    def told(self) -> list[str]:
        return [line.text for line in self.lines() if line.out is None and line.text]


class Model:
    """All tales of one example, and the database beside them."""

    def __init__(self, db: Database, channel: int) -> None:
        self.db, self.history, self.removals = db, History(db), Removals(db)
        self.channel, self.order = channel, 0
        self.tales: list[Tale] = []
        self.outs: list[Out] = []

    async def open(self) -> Place:
        self.channel += 1
        return Place(self.channel, guild_id=5)

    def add(self, tale: Tale, turn: int, message: int | None, text: str) -> None:
        tale.own.append(Line(self.order, turn, message, text))

    async def do(self, way: str, tale: Tale, which: int) -> None:
        self.order += 1
        await getattr(self, way)(tale, which)

    async def say(self, tale: Tale, _: int) -> None:
        message = self.channel * 10_000_000 + self.order * 1000
        turn = await record(self.db, tale.scene, f"U{self.order}", message_id=message)
        assert turn is not None
        self.add(tale, turn.id, message, turn.text)

    async def reply(self, tale: Tale, which: int, text: str | None = None) -> None:
        key = ("marlow", "isolde")[which % 2]
        turn = await self.history.begin_reply(tale.scene.id, persona_key=key, name=key, at=EVENING)
        said = f"M{self.order}" if text is None else text
        ending = Ending.DONE if said else Ending.FAILED
        await self.history.finish(turn.id, text=said, tokens=1, ending=ending)
        self.add(tale, turn.id, None, said)

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
            assert [turn.text for turn in found] == tale.told()
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


CHANNELS = iter(range(1_000, 10_000_000, 10))

STEPS = st.lists(
    st.tuples(st.sampled_from(WAYS), st.integers(0, 3), st.integers(0, 20)), min_size=4, max_size=30
)


@settings(max_examples=60, deadline=None)
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

    runner.run(play())
