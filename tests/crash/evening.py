"""An evening without Discord, for a process that is killed in the middle of it.

The story is the real one, on the real `Database`; only the model and the frontend are played. Everything that people
could rely on is reported, once they could: a message when it was heard, a text when it may be shown.

Law: what is said is made of numbers that are never used twice, so that a text tells where it comes from.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bot.composition.story import story_on
from bot.core.completion import NO_QUEUE, Delta, Finish, Question, Queue, Sampling, Usage
from bot.core.routing import Respond
from bot.core.scene import IncomingMessage, Participant, Place, Slice
from bot.endpoint.meter import TokenMeter
from bot.personas.library import PersonaLibrary
from bot.storage.calibrations import Calibrations
from bot.storage.database import Database
from bot.story.places.rules import ChannelRule, Rules
from bot.story.replies.reply import Reply
from bot.story.story import Story

PERSONA = "name: Marlow\ndescription: Marlow keeps the Drowned Bell, a harbour tavern.\n"
PEOPLE: Final = tuple(
    Participant(1000 + number, name) for number, name in enumerate(("Alice", "Bob", "Carol"))
)
PLACES: Final = (Place(71, guild_id=5), Place(72, guild_id=5))
FIRST: Final = datetime(2026, 3, 14, 20, 0, tzinfo=UTC)
LIFE: Final = 1_000_000
"""Numbers for one life of the process; the next one begins with the next million."""

RULES: Final = Rules(
    sampling=Sampling(1.0, 0.95, 1024),
    context_window=65_536,
    default_persona="marlow",
    channels={place.channel_id: ChannelRule(("marlow",), Respond.MENTION) for place in PLACES},
)

Report = Callable[..., None]


def words_of(number: int) -> str:
    """What the model says in the answer of this number; its beginning tells the number."""
    dice = random.Random(number)
    return " ".join(
        [f"Answer {number}:", *(f"word{dice.randrange(1000)}" for _ in range(dice.randrange(3, 9)))]
    )


class Model:
    """Answers each request with the words of the next number, in one to three pieces."""

    name = "model"
    endpoint = "endpoint"

    def __init__(self, first: int) -> None:
        self._next = first

    async def stream(self, question: Question, *, queue: Queue = NO_QUEUE) -> AsyncGenerator[Delta, None]:
        del question, queue
        number, self._next = self._next, self._next + 1
        words, pieces = words_of(number), 1 + number % 3
        for piece in range(pieces):
            yield Delta(text=words[len(words) * piece // pieces : len(words) * (piece + 1) // pieces])
            await asyncio.sleep(0)
        yield Delta(finish=Finish.STOP, usage=Usage(100, 10, 110))

    async def aclose(self) -> None:
        pass


class Evening:
    """One life of the process; `report` takes what has happened, as words and numbers."""

    def __init__(self, story: Story, life: int, report: Report) -> None:
        self._story = story
        self._dice = random.Random(life)
        self._numbers = iter(range(life * LIFE, (life + 1) * LIFE))
        self._report = report
        self._said: dict[Place, list[IncomingMessage]] = {place: [] for place in PLACES}
        self._turns: dict[Place, list[int]] = {place: [] for place in PLACES}

    async def after_a_kill(self) -> None:
        """Tell people of what a kill cut off, as the frontend does at a start."""
        for left in await self._story.recovery.interrupted(terminal=False):
            if left.asked is not None and not left.posts:
                record = self._story.recovery.record(left.turn, ())
                await record.plan([Slice(0, 0, len(left.turn.text), f"told-{left.turn.id}")])
                await record.note(0, next(self._numbers))
                self._report("answered", left.asked.message_id)
            await self._story.recovery.told(left.turn)
            self._report("told", left.turn.id)
        assert await self._story.recovery.interrupted(terminal=False) == []

    async def run(self) -> None:
        playing = [asyncio.create_task(self._play(place)) for place in PLACES]
        try:
            await asyncio.gather(*playing)
        finally:
            for each in playing:
                each.cancel()
            await asyncio.wait(playing)

    async def _play(self, place: Place) -> None:
        acts = {self._say: 10, self._edit: 2, self._delete: 1, self._again: 2}
        while True:
            (act,) = self._dice.choices(list(acts), list(acts.values()))
            await act(place)

    async def _say(self, place: Place) -> None:
        number = next(self._numbers)
        asks = self._dice.random() < 0.5
        message = IncomingMessage(
            id=number,
            place=place,
            author=self._dice.choice(PEOPLE),
            content=f"Words {number}.",
            created_at=FIRST + timedelta(seconds=number),
            mentions_bot=asks,
        )
        heard = await self._story.hearing.hear(message)
        self._report("said", number, message.content)
        self._said[place].append(message)
        if heard.replies:
            self._report("asked", number)
        for reply in heard.replies:
            await self._show(reply)

    async def _show(self, reply: Reply, *, new: bool = True) -> None:
        posted = not new
        async with reply:
            async for text in reply.texts():
                assert reply.opened is not None
                assert reply.record is not None
                turn = reply.opened.turn.id
                await reply.record.plan([Slice(0, 0, len(text), f"page-{turn}")])
                if not posted:
                    await reply.record.note(0, next(self._numbers))
                    posted = True
                    self._report("answered", *(trigger.id for trigger in reply.triggers))
                if new:
                    self._report("shown", turn, text)
        if reply.opened is not None:
            self._turns[reply.trigger.place].append(reply.opened.turn.id)
            self._report("ended", reply.opened.turn.id, reply.text)

    async def _edit(self, place: Place) -> None:
        if not self._said[place]:
            return
        message = self._dice.choice(self._said[place])
        edited = IncomingMessage(
            id=message.id,
            place=place,
            author=message.author,
            content=f"Words {next(self._numbers)}, edited.",
            created_at=message.created_at,
            edited_at=message.created_at + timedelta(seconds=1),
        )
        self._report("editing", message.id, edited.content)
        await self._story.hearing.amend(edited)
        self._report("edited", message.id, edited.content)

    async def _delete(self, place: Place) -> None:
        if not self._said[place]:
            return
        message = self._said[place].pop(self._dice.randrange(len(self._said[place])))
        self._report("deleting", message.id)
        await self._story.hearing.retract(place, [message.id])
        self._report("deleted", message.id)

    async def _again(self, place: Place) -> None:
        """Ask for another variant of the newest reply."""
        if not self._turns[place] or not self._said[place]:
            return
        turn, trigger = self._turns[place][-1], self._said[place][-1]
        reply = await self._story.revision.regeneration.regenerate(turn, trigger)
        if isinstance(reply, Reply):
            await self._show(reply, new=False)


async def play(path: Path, life: int, personas: PersonaLibrary, report: Report) -> None:
    """Begin on the database as it was left, and go on until the process is killed."""
    database = await Database.open(path, exclusive=True)
    try:
        model = Model(life * LIFE)
        meter = await TokenMeter.open(Calibrations(database), model)
        evening = Evening(story_on(database, personas, model, RULES, meter), life, report)
        await evening.after_a_kill()
        await evening.run()
    finally:
        await database.close()


def cast(folder: Path) -> PersonaLibrary:
    """The personas of the evening, whose file is put into a folder."""
    (folder / "marlow.yaml").write_text(PERSONA, encoding="utf-8")
    return PersonaLibrary.load(folder)
