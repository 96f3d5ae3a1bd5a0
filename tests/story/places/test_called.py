"""Who answers in a channel when a message has a name in it that two personas have."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.composition.story import story_on
from bot.core.completion import Sampling
from bot.core.routing import Respond
from bot.core.scene import IncomingMessage, Participant, Place
from bot.core.settings import Settings
from bot.endpoint.meter import TokenMeter
from bot.personas.library import PersonaLibrary
from bot.storage.calibrations import Calibrations
from bot.story.places.rules import ChannelRule, Rules
from bot.story.story import Story
from tests.databases import open_database
from tests.story.scripted import Scripted

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HARBOUR, UNBOUND = Place(7, guild_id=5), Place(8, guild_id=5)
CAST = {"vale": "Mira Vale", "stone": "Dr. Mira Stone", "isolde": "Isolde"}
RULES = Rules(Sampling(1.0, 0.95, 64), context_window=65_536, default_persona="vale")


@dataclass
class Stage:
    """A channel of Mira Vale's, in which others can be asked by command."""

    story: Story
    model: Scripted
    said: int = 0

    async def answered_by(
        self, text: str, asked: str | None = None, place: Place = HARBOUR, *, mention: bool = False
    ) -> str | None:
        """Let Alice write, or ask a persona by command; return the key of the one that answers."""
        self.said += 1
        message = IncomingMessage(
            self.said,
            place,
            Participant(1, "Alice"),
            text,
            NOON,
            mentions_bot=mention,
            by_command=bool(asked),
        )
        heard = await self.story.hearing.hear(message, asked)
        for reply in heard.replies:
            self.model.say("Aye.")
            async with reply:
                _ = [_ async for _ in reply.texts()]
            return reply.persona.key
        return None


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    for key, name in CAST.items():
        (tmp_path / f"{key}.yaml").write_text(f"name: {name}\ninstructions: x\n", encoding="utf-8")
    model, database = Scripted(), await open_database(tmp_path / "story.sqlite3")
    meter = await TokenMeter.open(Calibrations(database), model)
    story = story_on(database, PersonaLibrary.load(tmp_path), model, RULES, meter)
    await story.choices.bind("channel", HARBOUR.channel_id, "vale", 1)
    yield Stage(story, model)
    await database.close()


async def test_a_first_name_wakes_in_a_bound_channel_and_nowhere_else(stage: Stage) -> None:
    assert await stage.answered_by("What a night.") is None
    assert await stage.answered_by("Is Mira here?") == "vale"
    assert await stage.answered_by("Is Mira Vale here?") == "vale"
    assert await stage.answered_by("Miranda?") is None
    assert await stage.answered_by("Is Mira here?", place=UNBOUND) is None
    assert await stage.answered_by("Is Mira Vale here?", place=UNBOUND) is None
    assert await stage.answered_by("<:mira:123456789012345678> nice") is None


@pytest.mark.parametrize("respond", [Respond.MENTION, Respond.NEVER])
async def test_where_names_do_not_wake_first_names_do_not_either(stage: Stage, respond: Respond) -> None:
    stage.story.casting.rules = replace(RULES, defaults=Settings(respond=respond))
    assert await stage.answered_by("Mira, are you here?") is None


async def test_of_two_the_one_that_spoke_last_answers(stage: Stage) -> None:
    assert await stage.answered_by("Mira?") == "vale"  # nobody has spoken yet
    assert await stage.answered_by("Doctor?", "stone") == "stone"
    assert await stage.answered_by("Mira?") == "stone"
    assert await stage.answered_by("And you, Mira Vale?") == "vale"  # the whole name
    assert await stage.answered_by("Mira, go on.") == "vale"
    assert await stage.answered_by("Dr. Mira Stone?") == "stone"
    assert await stage.answered_by("Mira!") == "stone"
    assert await stage.answered_by("Map?", "isolde") == "isolde"  # another name changes nothing
    assert await stage.answered_by("Mira!") == "stone"
    assert await stage.answered_by("Mira, you here?", mention=True) == "vale"  # a mention is the channel's
    # In a new scene nobody has spoken.
    who = stage.story.casting.library.at(5).get("vale")
    assert who is not None
    await stage.story.scenes.begin(HARBOUR, who, greeting="")
    assert await stage.answered_by("Mira!") == "vale"


async def test_one_who_is_not_there_is_not_called_and_neither_is_her_namesake(stage: Stage) -> None:
    assert await stage.answered_by("What would Dr. Mira Stone say?") is None
    assert await stage.answered_by("What would Dr. Mira Stone say, Mira?") == "vale"


async def test_where_the_host_has_set_the_persona_it_answers(stage: Stage) -> None:
    assert await stage.answered_by("Doctor?", "stone") == "stone"
    rule = ChannelRule(("vale",))
    stage.story.casting.rules = replace(RULES, channels={HARBOUR.channel_id: rule})
    assert await stage.answered_by("Mira?") == "vale"


async def test_one_whose_file_is_gone_is_not_asked(stage: Stage, tmp_path: Path) -> None:
    assert await stage.answered_by("Doctor?", "stone") == "stone"
    (tmp_path / "stone.yaml").unlink()
    library = stage.story.casting.library
    library.settle(library.reread([tmp_path / "stone.yaml"]).gone)
    assert await stage.answered_by("Mira?") == "vale"
