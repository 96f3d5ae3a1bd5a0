"""Where a text goes on: a blank between words, and nothing else changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.output.continuation import joined


@pytest.mark.parametrize(
    ("text", "more", "whole"),
    [
        ("The rain", "goes on.", "The rain goes on."),
        ("The rain ", "goes on.", "The rain goes on."),
        ("The rain", " goes on.", "The rain goes on."),
        ("It ends.", "Then it begins.", "It ends. Then it begins."),
        ("It ends.\n", "Then.", "It ends.\nThen."),
        ("It ends", ", he says.", "It ends, he says."),
        ("It ends", "…", "It ends…"),
        ("well", "-known", "well-known"),
        ("well-", "known", "well-known"),
        ("no—", "not that", "no—not that"),
        ("So…", "you came", "So… you came"),
        ("He said (", "softly)", "He said (softly)"),
        ("(softly)", "and left", "(softly) and left"),
        ("“Come", "in”", "“Come in”"),
        ("“", "Come in”", "“Come in”"),
        ("*walks to the", "door*", "*walks to the door*"),
        ("*walks*", "And then", "*walks* And then"),
        ("*walks*", "*sits*", "*walks* *sits*"),
        ("*", "walks*", "*walks*"),
        ("*walks", "* and sits", "*walks* and sits"),
        ('He said "', 'come"', 'He said "come"'),
        ('"Come', '" he said', '"Come" he said'),
        ("He said", '"come"', 'He said "come"'),
        ("He *nods* and *", "smiles*", "He *nods* and *smiles*"),
        ("He *nods* and *smiles", "* at her", "He *nods* and *smiles* at her"),
        ("Hm.\n2 * 2.\n*Well*", "then", "Hm.\n2 * 2.\n*Well* then"),
        ("*A\n*walks*", "on", "*A\n*walks* on"),
        ("她走到", "门口。", "她走到门口。"),
        ("她走了。", "Then", "她走了。Then"),
        ("Then", "她走了", "Then她走了"),
        ("走了", "。", "走了。"),
        ("彼は", "カナ", "彼はカナ"),
        ("그는 문을", "열었다", "그는 문을 열었다"),
        ("เขา", "เดิน", "เขาเดิน"),
        ("I met", "Xavier", "I met Xavier"),
        ("", "All of it", "All of it"),
        ("All of it", "", "All of it"),
    ],
)
def test_it_reads_as_though_it_had_been_written_at_once(text: str, more: str, whole: str) -> None:
    assert joined(text, more) == whole


@given(text=st.text(), more=st.text(), later=st.text())
def test_nothing_is_changed_and_it_grows_as_what_comes_grows(text: str, more: str, later: str) -> None:
    whole = joined(text, more)
    assert whole in (text + more, f"{text} {more}")
    if more:
        assert joined(text, more + later) == whole + later


@pytest.mark.parametrize("begun", ["plan X", "X", "planX"])
def test_a_letter_is_no_mark_that_a_word_follows_at_once(begun: str) -> None:
    assert joined(begun, "marks") == f"{begun} marks"
