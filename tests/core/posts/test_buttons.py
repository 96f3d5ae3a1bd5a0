"""Which buttons stand under a turn."""

import pytest

from bot.core.posts.buttons import WRITING, Action, Control, TurnStatus, row_under, way_on
from bot.core.scene import Ending

SIGNS = {
    Action.STOP: "Stop",
    Action.AGAIN: "↻",
    Action.BACK: "◀",
    Action.NEXT: "▶",
    Action.CONTINUE: "Continue",
    Action.RETRY: "Retry",
    Action.MORE: "⋯",
}


def drawn(row: tuple[Control, ...]) -> str:
    """A row as people see it; what cannot be pressed in brackets."""
    signs = [
        "/".join(map(str, control.which)) if control.action is None else SIGNS[control.action]
        for control in row
    ]
    return " ".join(
        sign if control.enabled else f"({sign})" for sign, control in zip(signs, row, strict=True)
    )


@pytest.mark.parametrize(
    ("showing", "row"),
    [
        (TurnStatus(None), "Stop"),
        (TurnStatus(None, words=False), "Stop"),
        (TurnStatus(None, number=2, count=3), "Stop"),
        (TurnStatus(Ending.DONE), "↻ ⋯"),
        (TurnStatus(Ending.DONE, number=1, count=2), "(◀) (1/2) ▶ ⋯"),
        (TurnStatus(Ending.DONE, number=2, count=2), "◀ (2/2) ↻ ⋯"),
        (TurnStatus(Ending.DONE, number=2, count=3), "◀ (2/3) ▶ ⋯"),
        (TurnStatus(Ending.LENGTH, number=3, count=3), "◀ (3/3) ↻ Continue ⋯"),
        (TurnStatus(Ending.LENGTH), "↻ Continue ⋯"),
        (TurnStatus(Ending.STOPPED), "↻ Continue ⋯"),
        (TurnStatus(Ending.CUT_SHORT), "↻ Continue ⋯"),
        (TurnStatus(Ending.INTERRUPTED), "↻ Continue ⋯"),
        (TurnStatus(Ending.CRASHED), "↻ Continue ⋯"),
        (TurnStatus(Ending.LENGTH, number=2, count=3), "◀ (2/3) ▶ Continue ⋯"),
        (TurnStatus(Ending.FAILED, words=False), "Retry"),
        (TurnStatus(Ending.WITHDRAWN, words=False), "Retry"),
        (TurnStatus(Ending.STOPPED, words=False), "Retry"),
        (TurnStatus(Ending.INTERRUPTED, words=False), "Retry"),
    ],
)
def test_the_row_under_a_turn(showing: TurnStatus, row: str) -> None:
    assert drawn(row_under(showing)) == row


def test_between_the_arrows_stands_which_variant_it_is() -> None:
    row = row_under(TurnStatus(Ending.DONE, number=2, count=3))
    assert row[1] == Control(None, enabled=False, which=(2, 3))


@pytest.mark.parametrize("ending", [None, *Ending])
@pytest.mark.parametrize("words", [True, False])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_there_is_always_something_to_press_and_room_for_it(
    ending: Ending | None, words: bool, count: int
) -> None:
    row = row_under(TurnStatus(ending, words, count, count))
    assert 1 <= len(row) <= 5
    assert any(control.enabled for control in row)


@pytest.mark.parametrize(
    ("showing", "action"),
    [
        (TurnStatus(None), None),
        (TurnStatus(Ending.FAILED, words=False), Action.RETRY),
        (TurnStatus(Ending.CUT_SHORT), Action.CONTINUE),
        (TurnStatus(Ending.CUT_SHORT, number=1, count=2), Action.CONTINUE),
        (TurnStatus(Ending.DONE), Action.AGAIN),
        (TurnStatus(Ending.DONE, number=2, count=2), Action.AGAIN),
        (TurnStatus(Ending.DONE, number=1, count=2), None),
    ],
)
def test_what_leads_on(showing: TurnStatus, action: Action | None) -> None:
    assert way_on(showing) is action


def test_a_button_names_its_action_for_good() -> None:
    """The names stand in the ids of buttons that were posted long ago."""
    assert [action.value for action in Action] == [
        "stop",
        "again",
        "back",
        "next",
        "continue",
        "retry",
        "more",
        "edit",
        "remove",
        "restore",
        "from_here",
        "not_this",
        "why_input",
        "why_output",
        "report",
        "advance",
    ]


def test_a_turn_without_more_said_has_words_and_one_variant() -> None:
    assert TurnStatus(Ending.DONE) == TurnStatus(Ending.DONE, words=True, number=1, count=1)
    assert TurnStatus(None, words=True, number=1, count=1) == WRITING
    assert Control(Action.MORE) == Control(Action.MORE, enabled=True, which=(1, 1))
