"""`/lore`: which lorebooks there are, what they would tell and why; and the same in `/dramatis inspect`."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.personas.lorebooks import LoreLibrary
from tests.standins.m2her import M2her
from tests.tavern import MARLOW, Tavern, open_tavern

LORE = """
lorebook:
  entries:
    - name: The bell
      keys: [bell]
      content: The bell rings by itself before a drowning.
    - constant: true
      content: The town is called Gull's End.
"""
HARBOUR = """\
name: The *harbour*
personas: all
entries:
  - name: The light
    keys: [lighthouse, '/(?=x)y/']
    content: The lighthouse is dark.
  - keys: [storm]
    probability: 0
    content: There is a storm.
"""


@pytest.fixture
async def tavern(m2her: M2her, tmp_path: Path) -> AsyncIterator[Tavern]:
    (tmp_path / "lore").mkdir()
    (tmp_path / "lore" / "harbour.yaml").write_text(HARBOUR, encoding="utf-8")
    async with open_tavern(m2her, tmp_path, personas={"marlow": MARLOW + LORE}) as tavern:
        tavern.bot.services.story.casting.library.lore = LoreLibrary.load(tmp_path / "lore")  # type: ignore[attr-defined]
        yield tavern


@pytest.fixture
def ada(tavern: Tavern) -> Any:
    return tavern.staff("Ada", manage_guild=True)


async def test_the_books_of_a_server(tavern: Tavern, ada: Any) -> None:
    used = await ada.slash(tavern.bound, "lore list")
    assert used.ephemeral
    assert used.response.content == (
        "- **The \\*harbour\\*** (`harbour`): 2 entries, known to all\n"
        "  - ⚠ 1 patterns never match, because they aren't RE2 patterns.\n"
        "- In Marlow's file: 2 entries, known to Marlow"
    )


async def test_what_a_text_brings_up_and_why(tavern: Tavern, ada: Any) -> None:
    used = await ada.slash(tavern.bound, "lore test", text="A storm at the lighthouse?")
    assert used.ephemeral
    assert used.response.content == (
        "**Lore for Marlow**: 2 of 4 entries, 14 tokens\n"
        "- The town is called Gull's End. (Marlow): always, 7 tokens\n"
        "- The light (The \\*harbour\\*): “lighthouse”, 7 tokens\n"
        "- storm (The \\*harbour\\*) isn't told: its probability"
    )


async def test_what_the_channel_as_it_is_brings_up(tavern: Tavern, ada: Any) -> None:
    await tavern.say("Alice", "Who rang the bell?")
    used = await ada.slash(tavern.bound, "lore test", persona="marlow")
    assert "- The bell (Marlow): “bell” in what Alice said, 10 tokens" in used.response.content
    used = await ada.slash(tavern.elsewhere, "lore test")
    assert used.response.content == (
        "**Lore for Marlow**: 1 of 4 entries, 7 tokens\n"
        "- The town is called Gull's End. (Marlow): always, 7 tokens"
    )


async def test_a_look_at_the_prompt_says_what_fired_and_why(tavern: Tavern, ada: Any) -> None:
    await tavern.say("Alice", "Who rang the bell?")
    used = await ada.slash(tavern.bound, "dramatis inspect")
    assert used.response.content.endswith(
        "\n\nLore:\n"
        "The bell (Marlow): “bell” in what Alice said, 10 tokens\n"
        "The town is called Gull's End. (Marlow): always, 7 tokens\n```"
    )
