"""What a turn refers to in another scene: counted as it is read, however it was changed since."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.composition.story import story_on
from bot.core.completion import Sampling
from bot.core.message_text import QUOTE_LIMIT
from bot.core.prompting.inspection import Inspection
from bot.core.safe_text import shortened
from bot.core.scene import IncomingMessage, Participant, Place, Referenced, Slice
from bot.core.tokens import BY_SCRIPT
from bot.endpoint.meter import TokenMeter
from bot.personas.library import PersonaLibrary
from bot.storage.calibrations import Calibrations
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.swipes import Swipes
from bot.story.places.rules import Rules
from bot.story.story import Story
from tests.databases import open_database
from tests.story.scripted import Scripted

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HARBOUR, MARKET = Place(7, guild_id=5), Place(8, guild_id=5)
ALICE, BOB, BOT = Participant(1, "Alice"), Participant(2, "Bob"), Participant(9, "Mira")
RULES = Rules(Sampling(1.0, 0.95, 64), context_window=4096, default_persona="mira")
LONG = "word " * 500


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await open_database(tmp_path / "story.sqlite3")
    yield database
    await database.close()


@pytest.fixture
def model() -> Scripted:
    return Scripted()


@pytest.fixture
async def story(tmp_path: Path, database: Database, model: Scripted) -> Story:
    (tmp_path / "mira.yaml").write_text("name: Mira\ninstructions: Play.\n", encoding="utf-8")
    meter = await TokenMeter.open(Calibrations(database), model)
    return story_on(database, PersonaLibrary.load(tmp_path), model, RULES, meter)


async def ask(story: Story, model: Scripted, message: IncomingMessage, answer: str) -> int:
    """Let a persona answer in a post; return the id of its turn."""
    model.say(answer)
    (reply,) = (await story.hearing.hear(message)).replies
    async with reply:
        _ = [_ async for _ in reply.texts()]
        assert reply.opened is not None
        assert reply.record is not None
        await reply.record.plan([Slice(0, 0, len(answer), "n")])
        await reply.record.note(0, 1000 + message.id)
        return reply.opened.turn.id


def said(number: int, place: Place, text: str, about: Referenced | None = None) -> IncomingMessage:
    """A message of Alice's to the bot, which may be about another."""
    reply_to = about.id if about else None
    return IncomingMessage(
        number, place, ALICE, text, NOON, mentions_bot=True, reply_to=reply_to, replied=about
    )


async def history(story: Story) -> int:
    """The tokens of the story in the next prompt in the harbour."""
    found = await story.inspector.next(HARBOUR)
    assert isinstance(found, Inspection)
    return found.parts["history"]


@pytest.mark.parametrize("whose", ["a person's", "a persona's"])
async def test_the_words_of_a_turn_elsewhere_count_as_they_are_read(
    story: Story, model: Scripted, database: Database, whose: str
) -> None:
    turn_id = await ask(story, model, said(1, MARKET, "Hm."), "Hm.")
    number, author = (1, ALICE) if whose == "a person's" else (1001, BOT)
    about = Referenced(number, author, "Hm.", by_us=author is BOT)
    await ask(story, model, said(2, HARBOUR, "What?", about), "Aye.")
    before = await history(story)
    if author is ALICE:
        await story.hearing.amend(replace(said(1, MARKET, LONG), edited_at=NOON))
    else:
        edited = await Swipes(database).rewrite(turn_id, LONG, 500, BOB)
        assert edited is not None
        await History(database).posts.set_slices(turn_id, [(0, 0, len(LONG))])
    grown = await history(story) - before
    # What is shown is what the model is expected to count, as far as its reports have told.
    assert grown == pytest.approx(
        BY_SCRIPT.count(shortened(LONG.strip(), QUOTE_LIMIT)) - BY_SCRIPT.count("Hm."), abs=4
    )
