"""When the next preview may go."""

import pytest

from bot.core.pace import until_next_preview


@pytest.mark.parametrize(
    ("now", "last_sent", "wait"),
    [
        (100.0, None, 0.0),  # the first post never waits
        (100.0, 100.0, 1.25),
        (100.5, 100.0, 0.75),
        (101.25, 100.0, 0.0),
        (160.0, 100.0, 0.0),
    ],
)
def test_previews_keep_their_distance(now: float, last_sent: float | None, wait: float) -> None:
    assert until_next_preview(now, last_sent) == pytest.approx(wait)


def test_four_previews_in_five_seconds_leave_one_edit_of_five_for_the_end() -> None:
    assert 4 * until_next_preview(0.0, 0.0) >= 5.0
