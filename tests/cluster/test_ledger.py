"""The ledger of the cluster's proof, held against made-up evenings: it must see each fault that it is to count."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cluster.ledger import (
    End,
    Ledger,
    Mention,
    Post,
    answer,
    answered_in,
    most_in_a_second,
    question,
    waiting_in,
)

NOTICE = "-# The bot restarted during this reply. Try again."


def ledger(*mentions: tuple[int, float], shard: int = 0) -> Ledger:
    """Return a ledger of mentions as (number, time), each of message 1000 and its number, in channel 7."""
    made = Ledger()
    for number, at in mentions:
        made.ask(Mention(number, 1000 + number, 7, shard, at))
    return made


def say(
    at: Ledger, post: int, content: str, when: float, *, nonce: str | None = None, to: int | None = None
) -> None:
    at.see(Post(post, 7, when, content, to, nonce))


def test_an_answer_names_whom_it_answers_and_that_it_ends() -> None:
    text = answer((12, 13), 2)
    assert text == "Of 12, 13: word0 word1 That is all of 12, 13."
    assert answered_in(text) == (12, 13)
    assert answered_in("Of 12, 1") == ()
    assert Post(1, 7, 0.0, text).is_whole
    assert not Post(1, 7, 0.0, text[:-1]).is_whole


@given(st.lists(st.integers(1, 99), min_size=1, unique=True), st.integers(0, 30), st.data())
def test_a_beginning_of_an_answer_never_names_anybody_else(
    numbers: list[int], words: int, data: st.DataObject
) -> None:
    text = answer(numbers, words)
    half = text[: data.draw(st.integers(0, len(text)))]
    assert answered_in(half) in {(), tuple(numbers)}
    assert Post(1, 7, 0.0, half).is_whole == (half == text)


def test_the_model_answers_whom_nothing_in_its_prompt_answers() -> None:
    prompt = [
        {"role": "user", "content": question(1)},
        {"role": "assistant", "content": answer((1,), 1)},
        {"role": "user", "content": f"Alice: {question(2)}\nBob: {question(3)}"},
    ]
    assert waiting_in(prompt) == (2, 3)
    assert waiting_in(prompt[:2]) == (1,)  # asked once more for an answer that is there: seen as twice
    assert waiting_in([]) == ()


def test_each_end_is_told_apart() -> None:
    found = ledger((1, 0.0), (2, 1.0), (3, 2.0), (4, 3.0), (5, 4.0))
    say(found, 1, answer((1,), 3), 0.5)
    say(found, 2, f"Of 2: word0\n{NOTICE}", 1.5)
    say(found, 3, "Of 3: word0", 2.5)
    say(found, 4, NOTICE, 3.5)
    assert found.ends() == {1: End.WHOLE, 2: End.CUT, 3: End.HALF, 4: End.TOLD, 5: End.NOTHING}
    assert found.unanswered() == [3, 5]
    assert found.twice() == []
    assert [line.split(" in ")[0] for line in found.wrong()] == [
        "cut short without a word: number 3 of 2.00",
        "unanswered: number 5 of 4.00",
    ]


def test_a_notice_is_for_all_who_wait_in_its_channel_until_whom_it_replies_to() -> None:
    found = ledger((1, 0.0), (2, 1.0), (3, 2.0), (4, 9.0))
    say(found, 1, NOTICE, 6.0, to=1002)
    assert found.ends() == {1: End.TOLD, 2: End.TOLD, 3: End.NOTHING, 4: End.NOTHING}
    say(found, 2, NOTICE, 7.0)
    assert found.ends() == {1: End.TOLD, 2: End.TOLD, 3: End.TOLD, 4: End.NOTHING}


def test_that_nothing_could_be_saved_is_told_to_one_alone() -> None:
    found = ledger((1, 0.0), (2, 1.0), (3, 2.0))
    say(found, 1, "Of 2: word0", 3.0)
    unsaved = "The bot couldn't save what was written here, so it can't reply."
    say(found, 2, unsaved, 4.0, to=1002)
    say(found, 3, unsaved, 5.0, to=1003)
    assert found.ends() == {1: End.NOTHING, 2: End.CUT, 3: End.TOLD}


def test_only_what_was_stored_had_been_accepted() -> None:
    found = ledger((1, 0.0), (2, 1.0))
    found.stored = {1002}
    assert found.unanswered() == [1, 2]
    assert found.accepted_unanswered() == [2]


def test_two_posts_of_one_answer_are_seen_by_what_they_say_and_by_their_nonce() -> None:
    found = ledger((1, 0.0), (2, 1.0), (3, 2.0))
    say(found, 1, answer((1,), 3), 0.5)
    say(found, 1, f"{answer((1,), 3)}\n", 0.7)  # an edit
    assert found.twice() == []
    say(found, 2, "Of 1: word0", 0.9)
    assert found.twice() == [1]
    say(found, 3, answer((2,), 1), 1.5, nonce="n")
    say(found, 4, answer((3,), 1), 2.5, nonce="n")
    assert found.twice() == [1, 2, 3]


def test_a_takeover_lasts_until_all_shards_answer_who_asked_since() -> None:
    found = ledger((1, 0.0), (2, 5.5))
    found.ask(Mention(3, 1003, 8, 2, 6.0))
    say(found, 1, answer((1,), 1), 6.0)  # asked before
    say(found, 2, answer((2,), 1), 8.0)
    assert found.takeover(5.0, [0]) == pytest.approx(3.0)
    assert found.takeover(5.0, [0, 2]) == math.inf
    say(found, 3, answer((3,), 1), 9.5)
    assert found.takeover(5.0, [0, 2]) == pytest.approx(4.5)
    assert found.takeover(5.0, []) == 0.0


def test_a_wait_is_over_when_the_model_is_asked() -> None:
    found = ledger((1, 0.0), (2, 1.0), (3, 2.0))
    found.begin([1], 0.25)
    found.begin([1, 2], 1.5)
    assert found.waits(0.0, 2.0) == [0.25, 0.5]
    assert found.waits(0.0, 9.0) == [0.25, 0.5, math.inf]


@pytest.mark.parametrize(
    ("times", "most"),
    [
        ([], 0),
        ([3.0], 1),
        ([0.0, 0.5, 1.0, 1.5], 2),
        ([0.9, 1.1, 1.2, 2.05], 4 - 1),
        ([2.0, 0.1, 1.05, 1.9], 3),
    ],
)
def test_the_fullest_second_may_begin_anywhere(times: list[float], most: int) -> None:
    assert most_in_a_second(times)[0] == most
