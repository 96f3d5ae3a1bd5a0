"""How the bench of live replies counts: each figure on a reply written out by hand."""

import math

import pytest

from bench.live.counts import (
    Seen,
    Shown,
    begins_with_a_phrase,
    edits,
    final_after,
    finished_at,
    first_text_after,
    freeze,
    median,
    percentile,
    previews_ahead,
    typing_after,
)
from bench.live.stage import Script
from bench.live.table import Row, markdown

TEXT = "The tide came in. Nobody spoke of it."


def reply(*seen: Seen, text: str = TEXT) -> Shown:
    """Asked at 100; the model speaks from 101 to 104."""
    return Shown(
        text,
        asked=[100.0],
        typing=[90.0, 100.05],
        began=100.1,
        tokens=[101.0, 102.0, 103.0, 104.0],
        seen=list(seen),
    )


POST = Seen(101.2, 1, "The tide came", new=True)
PREVIEW = Seen(102.5, 1, "The tide came in. Nobody", new=False)
LAST = Seen(104.1, 1, TEXT, new=False)


def test_a_reply_that_flows() -> None:
    shown = reply(POST, PREVIEW, LAST)
    assert typing_after(shown) == pytest.approx(0.05)  # typing before the mention is none
    assert first_text_after(shown) == pytest.approx(0.2)
    assert begins_with_a_phrase(shown)
    assert edits(shown) == 2
    assert freeze(shown) == pytest.approx(1.5)  # from 102.5 to the last token
    assert final_after(shown) == pytest.approx(0.1)
    assert shown.model_time == pytest.approx(3.9)
    assert previews_ahead(shown, way=0.04) == 0


def test_text_that_is_the_same_is_nothing_new() -> None:
    assert freeze(reply(POST, Seen(102.5, 1, POST.content, new=False), LAST)) == pytest.approx(2.8)


def test_a_reply_that_never_stands_there_whole_is_never_finished() -> None:
    assert finished_at(reply(POST, PREVIEW)) == math.inf
    assert freeze(reply()) == 0
    assert first_text_after(reply()) == math.inf


def test_pages_are_read_one_behind_the_other_without_what_is_no_story() -> None:
    shown = reply(
        Seen(102.0, 1, "**Marlow**\n-# ↪ Alice\nThe tide came in.", new=True),
        Seen(104.2, 2, "Nobody spoke of it.\n-# (cut)", new=True),
    )
    assert finished_at(shown) == 104.2
    assert edits(shown) == 0


@pytest.mark.parametrize(
    ("first", "is_one"),
    [("The", False), ("The tide", False), ("The tide came", True), ("Hm.", True), ("-# ↪ Alice\nThe", False)],
)
def test_a_word_or_two_are_no_phrase(first: str, is_one: bool) -> None:
    assert begins_with_a_phrase(reply(Seen(101.2, 1, first, new=True))) is is_one


def test_a_whole_answer_of_one_word_is_one() -> None:
    assert begins_with_a_phrase(reply(Seen(101.2, 1, "Yes", new=True), text="Yes"))


@pytest.mark.parametrize(
    ("at", "ahead"),
    [
        (104.08, 0),  # it was on its way when the last token came
        (104.30, 1),
        (104.60, 0),  # the last words stand there already
    ],
)
def test_a_preview_between_the_last_token_and_the_last_words_was_sent_ahead(at: float, ahead: int) -> None:
    late = Seen(104.5, 1, TEXT, new=False)
    assert (
        previews_ahead(reply(POST, Seen(at, 1, "The tide came in. Nobody", new=False), late), way=0.04)
        == ahead
    )
    other = [Seen(at, 7, "Another's.", new=True)]
    assert previews_ahead(reply(POST, late), other, way=0.04) == ahead


def test_last_words_of_several_posts_are_not_ahead_of_each_other() -> None:
    shown = reply(
        POST, Seen(104.2, 1, "The tide came in.", new=False), Seen(104.4, 2, "Nobody spoke of it.", new=True)
    )
    assert previews_ahead(shown, way=0.04) == 0


def test_shares_of_few_values() -> None:
    assert median([3.0, 1.0, 2.0]) == 2.0
    assert median([1.0, 2.0]) == 1.0
    assert percentile([float(n) for n in range(1, 101)], 0.99) == 99.0
    assert math.isnan(percentile([], 0.99))


def test_what_is_not_reached_is_missed_and_so_is_what_cannot_be_told() -> None:
    rows = [
        Row("one", "final", 0.2, reach=0.25, peers="llmcord 1.1 s"),
        Row("one", "429s", 2, "", 0),
        Row("one", "late", math.inf, reach=1),
        Row("one", "lag", math.nan, "ms", 20),
        Row("one", "edits", 4, ""),
    ]
    assert [row.missed for row in rows] == [False, True, True, True, False]
    assert markdown(rows).splitlines()[2:5] == [
        "| one | final | 0.20 s | ≤ 0.25 s | llmcord 1.1 s | ok |",
        "| one | 429s | 2 | ≤ 0 |  | missed |",
        "| one | late | never | ≤ 1.00 s |  | missed |",
    ]


def test_a_script_takes_as_long_as_its_tokens_do() -> None:
    fine, coarse = Script("T100", 60, 60.0, first=0.5), Script("T101", 200, 100.0, first=0.0, deltas=5)
    assert len(fine.shown.text) == pytest.approx(300, abs=3)
    assert [fine.moments[0], fine.moments[-1]] == pytest.approx([0.5, 0.5 + 59 / 60], abs=0.02)
    assert coarse.moments == pytest.approx([0.4, 0.8, 1.2, 1.6, 2.0], abs=0.02)
    assert "".join(coarse.pieces) == coarse.shown.text
