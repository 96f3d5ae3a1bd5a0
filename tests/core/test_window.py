"""Which turns a prompt holds."""

from bot.core import window


def test_the_budget_is_what_persona_reply_and_spare_leave() -> None:
    # 65,536 - 1,024 for the reply - 2 % (1,311) - 2,000 for the persona
    assert window.history_budget(65_536, 1_024, 2_000) == 61_201


def test_a_step_leaves_a_fifth_of_the_budget_free() -> None:
    assert window.after_step(10_000) == 8_000


def test_the_start_stays_while_everything_from_it_fits() -> None:
    assert window.start(current=40, first_that_fits=40) == 40
    assert window.start(current=40, first_that_fits=12) == 40


def test_a_step_is_due_when_the_oldest_turns_no_longer_fit() -> None:
    assert window.start(current=40, first_that_fits=41) is None
