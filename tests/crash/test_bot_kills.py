"""The whole bot, killed at random moments between both stand-ins; `make crash` does it more often."""

from pathlib import Path

from tests.crash.whole import besiege

KILLS, SEED = 8, 7


async def test_a_whole_bot_that_is_killed_again_and_again_loses_nothing_and_answers_everybody(
    tmp_path: Path,
) -> None:
    counts = await besiege(tmp_path, KILLS, SEED)
    assert counts.faults == []
    assert (counts.kills, counts.lost) == (KILLS, 0)
    assert counts.accepted > KILLS
