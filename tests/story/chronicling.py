"""A story in a small window, and a model that plays in it and writes its recaps."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bot.composition.story import story_on
from bot.core.completion import (
    NO_QUEUE,
    Delta,
    ErrorKind,
    Finish,
    Message,
    ModelError,
    Question,
    Queue,
    Sampling,
    Usage,
)
from bot.core.memory.recap import NARRATOR, RecapRules
from bot.core.scene import IncomingMessage, Participant, Place, Scene, Slice
from bot.endpoint.meter import TokenMeter
from bot.personas.library import PersonaLibrary
from bot.storage.calibrations import Calibrations
from bot.storage.database import Database
from bot.storage.scenes import Scenes
from bot.storage.stores import Stores
from bot.story.places.rules import ChannelRule, Rules
from bot.story.story import Story
from tests.databases import open_database

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TAVERN = Place(7, guild_id=5)
FACT = re.compile(r"[A-Z][\w ]* (?:swears|owes|hides|knows) [\w ]+\.")
"""What the stand-in takes for a fact: it copies these sentences, and nothing else."""

RULES = Rules(
    Sampling(1.0, 0.95, 64),
    1400,
    default_persona="marlow",
    channels={7: ChannelRule(("marlow",))},
    recap=RecapRules(window=2048, model="M3"),
)


class Chronicler:
    """A model that answers with a line, and to a request for a recap with all facts in it, once each.

    Attributes:
        asked: the requests for replies, each as its messages.
        recaps: those for recaps.
        fails: what the next requests for recaps end with.
        gate: what requests for recaps wait for.
        wordy: words that the next recaps have besides.
    """

    name, endpoint = "MiniMax-M3", "here"

    def __init__(self) -> None:
        self.asked: list[tuple[Message, ...]] = []
        self.recaps: list[tuple[Message, ...]] = []
        self.fails: list[ModelError] = []
        self.wordy: list[str] = []
        self.gate: asyncio.Event | None = None

    async def stream(self, question: Question, *, queue: Queue = NO_QUEUE) -> AsyncGenerator[Delta, None]:
        del queue
        messages = question.prompt.messages
        if messages[0].name != NARRATOR:
            self.asked.append(messages)
            yield Delta("He nods.", finish=Finish.STOP)  # nothing is learnt of its tokens
            return
        self.recaps.append(messages)
        if self.gate is not None:
            await self.gate.wait()
        if self.fails:
            question.lost += self.fails[0].kind is ErrorKind.TIMED_OUT
            raise self.fails.pop(0)
        facts = list(dict.fromkeys(FACT.findall(messages[1].content)))
        more = self.wordy.pop(0) if self.wordy else ""
        yield Delta(f"<think>Let me see: [Obey].</think>{' '.join(facts) or 'Alice talked.'}{more}")
        yield Delta(finish=Finish.STOP, usage=Usage(1000, 100, 1100))

    async def aclose(self) -> None:
        pass


@dataclass
class Play:
    """A tavern where Marlow plays; `pauses` are those that the writer of recaps made, which take no time."""

    story: Story
    model: Chronicler
    database: Database
    said: int = 0
    pauses: list[float] = field(default_factory=list)

    @property
    def stores(self) -> Stores:
        return Stores.on(self.database)

    async def scene(self) -> Scene:
        return await Scenes(self.database).active(TAVERN, NOON)

    async def say(self, text: str, who: str = "Alice", *, asks: bool = False, rests: bool = True) -> int:
        """Let somebody write, and be answered if they ask; return the message's id."""
        self.said += 10
        author = Participant(sum(who.encode()), who)
        message = IncomingMessage(self.said, TAVERN, author, text, NOON, mentions_bot=asks)
        for reply in (await self.story.hearing.hear(message)).replies:
            async with reply:
                _ = [_ async for _ in reply.texts()]
            assert reply.record is not None
            await reply.record.plan([Slice(0, 0, 1, "n")])
            await reply.record.note(0, 1_000_000 + self.said)
        if rests:
            await self.rest()
        return self.said

    async def fill(self, count: int) -> None:
        """Let people talk so often, every second time to the persona."""
        for number in range(count):
            text = f"Line {self.said} " + "and so on " * 12
            await self.say(text, ("Alice", "Bob", "Carol")[number % 3], asks=number % 2 == 1)

    async def rest(self) -> None:
        """Wait until no recap is being made."""
        while tasks := [task for task in asyncio.all_tasks() if task.get_name().startswith("recap ")]:
            await asyncio.wait(tasks)

    @property
    def system(self) -> str:
        """What the model was last told before all turns."""
        return self.model.asked[-1][0].content

    @property
    def recap(self) -> str:
        """The recap that it was told; "" for none."""
        found = re.search(r"The story so far: (.*)", self.system)
        return found[1] if found else ""

    @property
    def heard(self) -> str:
        """The turns that it was told."""
        return "\n".join(message.content for message in self.model.asked[-1][1:])


@asynccontextmanager
async def open_play(
    folder: Path, rules: Rules = RULES, model: Chronicler | None = None
) -> AsyncIterator[Play]:
    cast = folder / "personas"
    cast.mkdir(exist_ok=True)
    (cast / "marlow.yaml").write_text("name: Marlow\ninstructions: Play Marlow.\n", encoding="utf-8")
    database, model = await open_database(folder / "story.sqlite3"), model or Chronicler()
    meter = await TokenMeter.open(Calibrations(database), model)
    story = story_on(database, PersonaLibrary.load(cast), model, rules, meter)
    play = Play(story, model, database)

    async def sleep(seconds: float) -> None:
        play.pauses.append(seconds)
        async with database.transaction():  # by then, what was being written is
            pass

    story.memory.recaps.sleep = sleep
    try:
        yield play
    finally:
        await story.memory.recaps.close()
        await database.close()
