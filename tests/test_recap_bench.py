"""How the bench of recaps counts what a model has kept of a story."""

import re
from pathlib import Path

import pytest

from bench.planted import Fact, story
from bench.real_recap import Evening, Overheard, Share, rules_for, share_of
from bot.core.completion import ErrorKind, ModelError
from tests.plays import library
from tests.story.chronicling import Chronicler, open_play

needs_plays = pytest.mark.skipif(library() is None, reason="the plays are not installed")

RING = Fact(1)
"""Bob swears to find the ring of room 1."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Night fell. Bob swears to find the ring of room 1. Dawn.", Share(1, 1, 1, 1)),
        ("Bob promised that he would find\nthe crown. In room 1, bob sought the Ring!", Share(1, 0, 1, 1)),
        ("Somebody seeks the ring in room 1.", Share(1, 0, 0, 1)),
        ("Bob seeks the ring. Carol is in room 1.", Share(1, 0, 0, 0)),
        ("Bob seeks the ring of room 11.", Share(1, 0, 0, 0)),
        ("Bob, bring the lamp to room 1.", Share(1, 0, 0, 0)),
        ("", Share(1, 0, 0, 0)),
    ],
)
def test_a_fact_counts_in_other_words_only_with_all_that_it_says(text: str, expected: Share) -> None:
    assert str(RING) == "Bob swears to find the ring of room 1."
    assert share_of([RING], [text]) == expected


def test_a_fact_of_several_recaps_counts_once() -> None:
    recaps = [f"{RING}", f"{RING} Alice came.", "Alice swore to find the bell of room 0."]
    share = share_of([Fact(0), RING, Fact(2)], recaps)
    assert share == Share(3, 1, 2, 2)
    assert str(share) == (
        "of 3 facts: 1 word for word, 2 with who, what and which room in a sentence, 2 with what and which room"
    )


@needs_plays
def test_the_facts_are_spread_evenly_and_each_is_said_once() -> None:
    lines = [line.fact for line in story(610)]
    assert len(lines) == 610
    assert [at for at, fact in enumerate(lines) if fact] == list(range(0, 600, 15))
    assert {str(fact) for fact in lines if fact} == {str(Fact(number)) for number in range(40)}


@needs_plays
async def test_what_has_left_the_window_is_looked_for_in_the_recap(tmp_path: Path) -> None:
    async with open_play(tmp_path, rules_for("M3", 4096)) as play:
        evening = Evening(play, Overheard(Chronicler()))
        await evening.run(160, asked_each=4)
        report = await evening.report()
    found = re.search(r"in the window of the last prompt: (\d+) of 40", report)
    assert found
    left = 40 - int(found[1])
    assert 0 < left < 40
    assert f"in the recap of the last prompt, of {left} facts: {left} word for word" in report
    assert "failures: none" in report


@needs_plays
async def test_a_model_that_writes_no_recap_is_asked_again_when_the_bot_would_ask(tmp_path: Path) -> None:
    model = Chronicler()
    model.fails = [ModelError(ErrorKind.OVERLOADED) for _ in range(100)]
    async with open_play(tmp_path) as play:
        evening = Evening(play, Overheard(model))
        await evening.run(80, asked_each=4)
        report = await evening.report()
    tries = len(model.recaps)
    assert 2 <= tries <= 5  # after 1, 2, 4 and 8 minutes of an evening of 20
    assert f"{tries} requests; failures: {tries} times overloaded\n0 recaps, of no tokens" in report
    assert "facts: 0 word for word, 0 with who, what and which room in a sentence, 0 with" in report
