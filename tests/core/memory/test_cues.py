"""What recalls old turns: rare words close together, and never common ones, one alone, or a few of many."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.memory.cues import CANDIDATES, MOST, RARE, UNITS, Recalled, candidates, recall, units_to_look_up

KEY = "My brother keeps the silver key under the third beehive."
ASKED = "Where did your brother keep the silver key?"


def recalls(said: str, text: str, **counts: int) -> bool:
    """Whether words recall a text; all their units are rare, 1 or as given, or common if 0."""
    found = {unit: counts.get(unit, 1) for unit in units_to_look_up(said)}
    return bool(recall(said, {unit: count for unit, count in found.items() if count}, [text]))


def test_a_question_recalls_what_it_is_about() -> None:
    counts = {"silve": 2, "key": 9, "broth": 40, "keep": 55}  # the others are common
    (found,) = recall(ASKED, counts, [KEY])
    assert (found.number, found.start) == (0, KEY.index("brother"))
    assert recall(ASKED, counts, ["", "Nothing.", KEY])[0].number == 2


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("Wo ist der silberne Schlüssel?", "Der silberne Schlüssel liegt unter dem Bienenkorb."),
        ("Где лежит серебряный ключ?", "Серебряный ключ лежит под ульем."),
        ("银钥匙藏在哪个蜂箱？", "我哥哥把银钥匙藏在第三个蜂箱下面。"),
        ("銀の鍵はどの巣箱にある？", "兄は銀の鍵を三番目の巣箱の下に隠した。"),
        ("은열쇠는 어느 벌통에 있어?", "형은 은열쇠를 세 번째 벌통 밑에 둔다."),
        ("กุญแจเงินอยู่ใต้รังผึ้งไหน", "พี่ชายซ่อนกุญแจเงินไว้ใต้รังผึ้งที่สาม"),
    ],
)
def test_it_does_in_every_script(said: str, text: str) -> None:
    common = {"wo": 0, "ist": 0, "der": 0, "где": 0, "лежит": 0, "어느": 0, "있어": 0}
    assert recalls(said, text, **common)


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        (KEY, {"silve": 0, "key": 0, "broth": 0, "keep": 0}),  # common
        ("A silver spoon.", {}),  # one alone
        ("A brother, " + "and so on, " * 40 + "and a silver key.", {"key": 60, "silve": 60}),  # far apart
        (KEY, {"silve": 50, "key": 50, "broth": 50, "keep": 50}),  # rare by a hair each
    ],
)
def test_less_than_that_recalls_nothing(text: str, counts: dict[str, int]) -> None:
    assert not recalls(ASKED, text, where=0, did=0, your=0, the=0, **counts)


def test_talk_that_shares_a_word_or_two_of_many_recalls_nothing() -> None:
    talk = "I put the silver spoon beside the plates, lit both candles, drew the curtain and sat with my brother."
    assert not recalls(talk, "The silver brother.")


def test_the_heaviest_come_first_and_few_of_them() -> None:
    texts = ["silver", *["silver key"] * 3, "silver key beehive", "beehive key"]
    found = recall("silver key beehive", {"silve": 4, "key": 5, "beehi": 2}, texts)
    assert found[0].number == 4
    assert len(found) == MOST
    assert all(isinstance(each, Recalled) for each in found)


def test_the_turns_with_the_rarest_units_are_candidates() -> None:
    turns = {"a": [1, 2, 3], "b": [3], "c": list(range(100, 100 + RARE))}
    assert candidates(turns)[:3] == [3, 2, 1]
    assert len(candidates(turns)) == CANDIDATES
    assert candidates({}) == []


def test_short_words_and_the_beginning_of_a_long_text_are_no_cues() -> None:
    assert units_to_look_up("It is an ox") == ()
    units = units_to_look_up(" ".join(f"w{number:04}" for number in range(500)))
    assert (len(units), units[0]) == (UNITS, "w0499")


@given(st.text(max_size=200), st.text(max_size=200), st.integers(0, 100))
def test_whatever_was_said_recall_is_bounded(said: str, text: str, count: int) -> None:
    counts = dict.fromkeys(units_to_look_up(said), count)
    found = recall(said, counts, [text] * 9)
    assert len(found) <= MOST
    assert all(0 <= each.start <= len(text) for each in found)
