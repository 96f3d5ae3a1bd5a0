"""Whether a text repeats a person: their names and their words, and nothing that only looks like them."""

import pytest

from bot.core.recognition import Traces

OWN = "I hid the silver key under the third stair of the mill."


def traces(*names: str, text: str = "") -> Traces:
    found = Traces(names)
    found.add(text)
    return found


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["Alice"], "Good evening, Alice."),
        (["Alice"], "ALICE! Come in."),
        (["Alice"], "alice's cup"),
        (["Alice Smith"], "Miss Alice, a word."),  # by the first name
        (["Dr. Mira Vale"], "*nods to Mira*"),
        (["Will"], "I will wait."),  # rather one too many
        (["ＡＬＩＣＥ"], "Alice sits down."),
        (["小林"], "小林さん、どうぞ。"),
        (["张三"], "他看着张三。"),
        (["Zoë"], "Zoe\u0308 laughs."),  # composed otherwise
        (["Bob", "Alice"], "Bob and the cat"),
        (["🔥Fox🔥"], "🔥Fox🔥 came back."),
        (["Al"], "Al is here."),
    ],
)
def test_a_name_is_recognized_as_a_whole_word(names: list[str], text: str) -> None:
    assert traces(*names).in_text(text)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["Alice"], "Malice is a strong word."),
        (["Rose"], "The sun rosette"),
        (["Al"], "All of it"),
        (["A"], "A cup of tea, and a biscuit."),  # one letter is a word of every text
        (["7"], "7 cups"),
        ([""], "Anything"),
        (["\u200b"], "Anything"),
        ([], "Good evening."),
        (["Alice"], ""),
    ],
)
def test_what_only_looks_like_a_name_is_none(names: list[str], text: str) -> None:
    assert not traces(*names).in_text(text)


@pytest.mark.parametrize(
    "text",
    [
        OWN,
        "You hid the silver key under the third stair, then?",  # eight: hid … stair
        "*HID THE SILVER KEY -- UNDER THE THIRD STAIR*",
        "the silver key\nunder the *third* stair of it",
        "key under the third stair of the mill",
    ],
)
def test_eight_words_in_a_row_are_recognized(text: str) -> None:
    assert traces(text=OWN).in_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "hid the silver key under the third",  # seven
        "hid the silver key, beneath the third stair of the mill",  # parted by another
        "stair third the under key silver the hid",
        "",
    ],
)
def test_fewer_words_or_others_between_are_everybodys(text: str) -> None:
    assert not traces(text=OWN).in_text(text)


def test_without_blanks_characters_count() -> None:
    found = traces(text="我把银钥匙藏在磨坊的楼梯下面。")
    assert found.in_text("她说：银钥匙藏在磨坊的楼梯")
    assert not found.in_text("银钥匙藏在")


def test_texts_may_be_added_after_a_question() -> None:
    found = traces(text="one two three")
    assert not found.in_text(OWN)
    found.add(OWN)
    assert found.in_text(OWN)
