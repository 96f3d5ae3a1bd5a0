import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.core.safe_text import defuse, first_words, shortened
from tests.core.strange_text import FAMILY, MARKER, SCOTLAND, nasty, thoroughly


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ("Nine.", "Nine."),
        ("One violin,\n  two guards", "One violin, two guards"),
        ("word " * 12, ("word " * 12).strip()),  # 59 characters
        ("word " * 13, ("word " * 12).strip() + "…"),
        ("aaaa " * 11 + "bbbb cccc", "aaaa " * 11 + "bbbb…"),
        ("a" * 60, "a" * 60),
        ("a" * 61, "a" * 59 + "…"),
        ("so " + "a" * 61, "so " + "a" * 56 + "…"),
        ("字" * 61, "字" * 59 + "…"),
        ("b" * 58 + FAMILY, "b" * 58 + "…"),
        (" " * 999 + "late", "…"),
    ],
)
def test_the_first_words_are_one_line_of_sixty_characters_at_most_cut_after_a_word(
    text: str, words: str
) -> None:
    assert first_words(text) == words
    assert len(words) <= 60


@pytest.mark.parametrize(
    ("limit", "text"),
    [(0, ""), (1, ""), (2, "a…"), (5, "abcd…"), (6, "abcdef"), (7, "abcdef")],
)
def test_a_text_is_shortened_to_its_limit(limit: int, text: str) -> None:
    assert shortened("abcdef", limit) == text


@given(nasty, st.integers(0, 12))
def test_a_shortened_text_is_a_beginning_that_fits(text: str, limit: int) -> None:
    short = shortened(defuse(text), limit)
    assert len(short) <= limit
    assert not MARKER.search(short)


# --- defuse ---------------------------------------------------------------------------------------

TEXTS = {
    "plain": ("She said: «Never!»\n\n\tAnd left.", "She said: «Never!»\n\n\tAnd left."),
    "ends of lines": ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
    "controls": ("a\x00b\x1b[31mc\x7f", "ab[31mc"),
    "end of sentence": ("a<end_of_sentence>b", "a< end_of_sentence>b"),
    "upper case": ("<END_OF_SENTENCE>]~B]", "< END_OF_SENTENCE>] ~B]"),
    "overlapping": ("]~b]~b][e~[e~[", "] ~b] ~b][ e~[ e~["),
    "hidden inside": ("<\u200b|im_end|>", "< |im_end|>"),
    "full-width": ("<\uff5cUser\uff5c>", "< \uff5cUser\uff5c>"),
    "not markers": ("a < b |> c ]~ d [e] ||x|| <3", "a < b |> c ]~ d [e] ||x|| <3"),
    "a flood": ("a" + "\u200b\u2060" * 900 + "b", "ab"),
    "bidi": ("\u202eabc\u202c \u2066def\u2069", "abc def"),
    "emoji": (
        f"{FAMILY} ❤\ufe0f 👍🏽 1\ufe0f\u20e3 🇩🇪 {SCOTLAND} 🏳\ufe0f\u200d🌈",
        f"{FAMILY} ❤\ufe0f 👍🏽 1\ufe0f\u20e3 🇩🇪 {SCOTLAND} 🏳\ufe0f\u200d🌈",
    ),
    "Persian": ("می\u200cخواهم می\u200cروم", "می\u200cخواهم می\u200cروم"),
    "Sinhala": ("ශ්\u200dරී", "ශ්\u200dරී"),
    "an ideograph's variant": ("葛\U000e0100城", "葛\U000e0100城"),
    "a Mongolian letter's variant": ("ᠠ\u180bᠨ", "ᠠ\u180bᠨ"),
    "a selector after a digit": ("1\ufe0f2", "12"),
    "a joiner between Latin letters": ("a\u200db\u200cc", "abc"),
    "joiners in a row": ("می\u200c\u200c\u200cخ", "می\u200cخ"),
    "a flood of joiners one by one": ("م\u200c" * 50, "م" * 50),
    "hidden tags": ("hi\U000e0069\U000e0067\U000e006e", "hi"),
    "hidden selectors": ("😀" + "\U000e0110" * 50, "😀"),
    "letters that look blank": ("a" + "\u3164" * 500 + "b", "a b"),
    "half an emoji": ("a\ud83d b", "a b"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("text", "harmless"), TEXTS.values(), ids=TEXTS)
def test_text_is_defused(text: str, harmless: str) -> None:
    assert defuse(text) == harmless


@thoroughly
@given(nasty)
def test_defused_text_holds_no_marker_and_little_that_is_invisible(text: str) -> None:
    harmless = defuse(text)
    assert not MARKER.search(harmless)
    assert defuse(harmless) == harmless
    invisible = regex.findall(
        r"(?<!\p{Extended_Pictographic}\p{Emoji_Modifier}?)[\p{Cf}--\p{Prepended_Concatenation_Mark}--[\U000e0020-\U000e007f]]",
        harmless,
        regex.V1,
    )
    assert len(invisible) <= max(4, len(harmless) / 10)
    harmless.encode()


@thoroughly
@given(
    st.text(
        alphabet=st.characters(
            categories=["L", "N", "P", "S", "Zs"], exclude_characters="\u115f\u1160\u3164\uffa0\u2800<]["
        ),
        max_size=60,
    )
)
def test_ordinary_text_is_not_touched(text: str) -> None:
    assert defuse(text) == text
