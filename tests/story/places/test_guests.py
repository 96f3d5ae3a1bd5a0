"""A persona in another one's scene, the notes at a prompt's end, and both in a prompt that is built again."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.composition.story import story_on
from bot.core.completion import Sampling
from bot.core.prompting.inspection import Inspection
from bot.core.scene import IncomingMessage, Participant, Place, Slice
from bot.endpoint.meter import TokenMeter
from bot.personas.library import PersonaLibrary
from bot.storage.calibrations import Calibrations
from bot.story.places.rules import ChannelRule, Rules
from bot.story.story import Story
from tests.databases import open_database
from tests.story.scripted import Scripted

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TAVERN = Place(7, guild_id=5)
SHEETS = {
    "marlow": "name: Marlow\ndescription: Marlow keeps the Drowned Bell. He limps.\nscenario: A storm.\nvoice: salty\n",
    "sabine": "name: Sabine\ndescription: Sabine robs only thieves.\nscenario: A ball.\n",
}


@dataclass
class Stage:
    """A channel of Marlow's, without a frontend."""

    story: Story
    model: Scripted
    said: int = 0

    async def ask(self, text: str, answer: str, persona: str | None = None) -> Inspection:
        """Let Alice ask; return what is known of the reply's prompt afterwards."""
        self.said += 1
        message = IncomingMessage(
            self.said, TAVERN, Participant(1, "Alice"), text, NOON, mentions_bot=persona is None, by_command=bool(persona)
        )  # fmt: skip
        self.model.say(answer)
        (reply,) = (await self.story.hearing.hear(message, persona)).replies
        async with reply:
            _ = [_ async for _ in reply.texts()]
        assert reply.record is not None
        await reply.record.plan([Slice(0, 0, 1, "n")])
        await reply.record.note(0, 1000 + self.said)
        return await self.inspected()

    async def inspected(self) -> Inspection:
        found = await self.story.inspector.sent(TAVERN, 1000 + self.said)
        assert isinstance(found, Inspection)
        return found

    def change(self, **rules: object) -> None:
        casting = self.story.casting
        casting.rules = replace(casting.rules, **rules)  # type: ignore[arg-type]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    for key, sheet in SHEETS.items():
        (tmp_path / f"{key}.yaml").write_text(sheet, encoding="utf-8")
    model, database = Scripted(), await open_database(tmp_path / "story.sqlite3")
    rules = Rules(Sampling(1.0, 0.95, 64), context_window=4096, default_persona="marlow")
    meter = await TokenMeter.open(Calibrations(database), model)
    yield Stage(story_on(database, PersonaLibrary.load(tmp_path), model, rules, meter), model)
    await database.close()


async def test_a_guest_is_told_of_the_host_and_the_prompt_can_be_built_again(stage: Stage) -> None:
    await stage.ask("Evening.", "In or out?")
    found = await stage.ask("And you?", "Out.", "sabine")
    system = found.messages[0].content
    assert "Scenario: A storm." in system
    assert "Marlow is played by somebody else: Marlow keeps the Drowned Bell." in system
    assert "A ball" not in system
    assert found.unchanged
    # Whose scene it was is a stored fact: it does not matter who plays here now.
    stage.change(default_persona="sabine", channels={7: ChannelRule(("sabine",))})
    assert (await stage.inspected()).unchanged


async def test_the_end_note_comes_with_the_eighth_turn_and_is_a_stored_fact(stage: Stage) -> None:
    for number in range(7):
        found = await stage.ask(f"{number}?", f"{number} bells and {number} ropes.")
        assert found.messages[-1].content == f"{number}?"
    found = await stage.ask("And now?", "[Marlow's turn: salty.]\nSeven.")
    assert found.messages[-1].content == "And now?\n[Marlow's turn: salty.]"
    assert found.unchanged
    stage.change(end_note=False)
    assert (await stage.inspected()).unchanged
    found = await stage.ask("Well?", "Eight.")
    assert found.messages[-1].content == "Well?"
    # The model's echo of the note is no part of what it said.
    assert [message.content for message in found.messages if message.role == "assistant"][-1] == "Seven."
    assert found.unchanged
