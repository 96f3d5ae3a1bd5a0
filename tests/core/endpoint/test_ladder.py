from datetime import UTC, datetime, timedelta

import pytest

from bot.core.completion import ErrorKind, ModelError, Naming
from bot.core.endpoint.ladder import Step, below, choose, explained, remember

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("kind", "code", "detail", "may_be_the_form"),
    [
        (ErrorKind.BAD_REQUEST, 2013, "invalid params, user name must be consistent (2013)", True),
        (ErrorKind.BAD_REQUEST, 2013, "bad_request_error: invalid params, invalid chat setting (2013)", True),
        (ErrorKind.BAD_REQUEST, 2013, "chat content has invalid message role: user_system (2013)", True),
        (ErrorKind.BAD_REQUEST, 2013, "invalid params, 400 (2013)", True),
        (ErrorKind.BAD_REQUEST, 2013, "invalid params", True),
        (
            ErrorKind.BAD_REQUEST,
            None,
            "Input should be 'system', 'user' or 'assistant': messages.1.role",
            True,
        ),
        (ErrorKind.BAD_REQUEST, None, "unknown role: sample_message_ai", True),
        (ErrorKind.OVERLOADED, 1000, "unknown error, 999 (1000)", True),
        (ErrorKind.UNKNOWN_MODEL, 2013, "invalid params, unknown model 'm2-her' (2013)", False),
        (ErrorKind.UNKNOWN_MODEL, None, "No available channel for model M2-her under group default", False),
        (ErrorKind.BAD_REQUEST, 2013, "invalid params, chat content is empty (2013)", False),
        (ErrorKind.BAD_REQUEST, 2013, "invalid params, temperature must be in (0, 1] (2013)", False),
        (ErrorKind.BAD_REQUEST, 1042, "over 10 % invisible characters", False),
        (ErrorKind.OVERLOADED, 1013, "service internal error, invalid role of a shard", False),
        (ErrorKind.OVERFLOW, 2013, "invalid params, context window exceeds limit (2013)", False),
        (ErrorKind.BAD_KEY, 1004, "login fail: name or key", False),
        (ErrorKind.INPUT_REFUSED, 1026, "input new_sensitive", False),
    ],
)
def test_which_refusals_a_plainer_form_may_cure(
    kind: ErrorKind, code: int | None, detail: str, may_be_the_form: bool
) -> None:
    assert explained(ModelError(kind, detail, code=code)) is may_be_the_form


@pytest.mark.parametrize("may_be_the_form", [False, True])
def test_where_the_form_may_be_why_the_next_plainer_one_is_tried(may_be_the_form: bool) -> None:
    error = ModelError(ErrorKind.BAD_REQUEST, "invalid params", code=2013, of_form=may_be_the_form)
    assert below(Naming.NAMED, error) == (Naming.PREFIXED if may_be_the_form else None)
    assert below(Naming.PREFIXED, error) == (Naming.FOLDED if may_be_the_form else None)
    assert below(Naming.FOLDED, error) is None


def test_without_a_memory_it_begins_at_the_top() -> None:
    assert choose(None, Naming.NAMED, NOON) == (Naming.NAMED, None)
    assert choose(None, Naming.FOLDED, NOON) == (Naming.FOLDED, None)


def test_a_lower_step_that_worked_counts_for_a_day_and_the_highest_needs_no_memory() -> None:
    step = remember(Naming.PREFIXED, Naming.NAMED, NOON)
    assert step == Step(Naming.PREFIXED, NOON + 24 * HOUR)
    assert remember(Naming.NAMED, Naming.NAMED, NOON) is None
    assert remember(Naming.FOLDED, Naming.FOLDED, NOON) is None
    assert choose(step, Naming.NAMED, NOON + 23 * HOUR) == (Naming.PREFIXED, step)


def test_after_a_day_one_request_tries_the_top_and_those_beside_it_do_not() -> None:
    later = NOON + 24 * HOUR
    naming, meanwhile = choose(Step(Naming.FOLDED, later), Naming.NAMED, later)
    assert naming is Naming.NAMED
    assert choose(meanwhile, Naming.NAMED, later + timedelta(minutes=9)) == (Naming.FOLDED, meanwhile)
    assert choose(meanwhile, Naming.NAMED, later + timedelta(minutes=10))[0] is Naming.NAMED


def test_a_memory_of_what_is_no_longer_lower_is_none() -> None:
    assert choose(Step(Naming.FOLDED, NOON + HOUR), Naming.FOLDED, NOON) == (Naming.FOLDED, None)
