"""Excerpts and measures of prose, as prompts and cards use them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.prose import SENTENCE_LIMIT, beginning, first_sentence, title_of, usual_length, words_in

TEXT = st.text(max_size=300) | st.text(alphabet="ab .!?。，、船[]\"'*_\n…1M", max_size=300)


SENTENCES = [
    # Where a sentence ends.
    ("Marlow keeps the Bell. He is fifty-odd.", "Marlow keeps the Bell."),
    ("Marlow keeps the Bell", "Marlow keeps the Bell"),
    ("  Marlow\nkeeps   the\tBell.\nHe is old. ", "Marlow keeps the Bell."),
    ("Who is she? Nobody knows.", "Who is she?"),
    ("Run! The tide is coming.", "Run!"),
    ("Is it so?! Yes.", "Is it so?!"),
    ("She waits… Then she sings.", "She waits…"),
    ('He says "Come in." Nobody does.', 'He says "Come in."'),
    ("Sie sagt: „Komm.“ Niemand kommt.", "Sie sagt: „Komm.“"),
    ("Il dit « Entrez. » Personne n'entre.", "Il dit « Entrez. »"),
    ("A keeper (of sorts.) He knows.", "A keeper (of sorts.)"),
    ("**A keeper.** He knows.", "**A keeper.**"),
    ("阿渡是青石镇夜航船的船娘。话少，嘴硬。", "阿渡是青石镇夜航船的船娘。"),
    ("彼女は言う「来い。」誰も来ない。", "彼女は言う「来い。」"),
    ("वह एक रानी है। वह अकेली है।", "वह एक रानी है।"),
    ("من هي؟ لا أحد يعرف.", "من هي؟"),
    # Where a full stop ends none.
    ("Mr. Thistle was librarian until 1911. He stayed.", "Mr. Thistle was librarian until 1911."),
    ("Mr Ambrose Thistle was librarian. He stayed.", "Mr Ambrose Thistle was librarian."),
    ("The ship of Capt. Ada Vale is fast. It flies.", "The ship of Capt. Ada Vale is fast."),
    ("(Dr. Vale, that is.) She heals.", "(Dr. Vale, that is.)"),
    ("J. R. Hart writes. He drinks.", "J. R. Hart writes."),
    ("Room No. 4 is hers. It groans.", "Room No. 4 is hers."),
    ("She never says no. Guests know.", "She never says no."),
    ("It is 3.5 metres tall. It walks.", "It is 3.5 metres tall."),
    ("She waits... and sings. Then sleeps.", "She waits... and sings."),
    ("She has e.g. a lamp. It glows.", "She has e.g. a lamp."),
    ("Hr. Graf wohnt hier. Allein.", "Hr. Graf wohnt hier."),
    ("A site, example.org, speaks. Really.", "A site, example.org, speaks."),
    # A paragraph ends one, whatever stands at its end.
    ("The Bell\n\nMarlow keeps it.", "The Bell"),
    ("The Bell,\n \t\nand Marlow.", "The Bell,"),
    ("# Marlow\nkeeps the Bell.", "# Marlow keeps the Bell."),
    # Nothing, and only signs.
    ("", ""),
    (" \n ", ""),
    ("...", "..."),
    ("。", "。"),
    (". Marlow keeps it.", "."),
]


@pytest.mark.parametrize(("text", "sentence"), SENTENCES)
def test_where_a_first_sentence_ends(text: str, sentence: str) -> None:
    assert first_sentence(text) == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Marlow keeps a tavern. He is fifty.", "Marlow keeps a tavern."),
        ("Mr. Thistle was head librarian. He fell.", "Mr. Thistle was head librarian."),
        ("Mr Thistle served until 1911. A ladder fell.", "Mr Thistle served until 1911."),
        ("J. R. Voss, b. 1890, sails. Alone.", "J. R. Voss, b. 1890, sails."),
        ("She lives at No. 4 Quay Row. Nobody knows.", "She lives at No. 4 Quay Row."),
        ("No. She won't.", "No."),
        ("Er kam am 3. Mai zur Welt. Im Regen.", "Er kam am 3. Mai zur Welt."),
        ("Sie sammelt z.B. Uhren. Und Zeit.", "Sie sammelt z.B. Uhren."),
        ('"Who?" asks the owl. It knows.', '"Who?" asks the owl.'),
        ('She says "Go." He goes.', 'She says "Go."'),
        ("Well... perhaps. Or not.", "Well... perhaps."),
        ("Wait! It moves.", "Wait!"),
        ("阿渡是船娘，二十六岁。她不收铜钱。", "阿渡是船娘，二十六岁。"),
        ("「待て。」と彼は言った。", "「待て。」"),
        ("A ghost\nof a library.\n\nPompous.", "A ghost of a library."),
        ("No end at all", "No end at all"),
        ("Version 2.0 of a robot. Kind.", "Version 2.0 of a robot."),
        ("", ""),
        ("   ", ""),
    ],
)
def test_the_first_sentence_of_a_text(text: str, sentence: str) -> None:
    assert first_sentence(text) == sentence


def test_a_sentence_without_an_end_is_cut_at_a_word_and_says_so() -> None:
    assert first_sentence("one two three four", 12) == "one two…"
    assert first_sentence("one two three", 13) == "one two three"
    assert first_sentence("雾夜的船离了岸", 4) == "雾夜的…"
    assert len(first_sentence("word " * 100)) <= SENTENCE_LIMIT


@given(TEXT, st.integers(2, 60))
def test_a_first_sentence_is_a_bounded_beginning_on_one_line(text: str, limit: int) -> None:
    sentence, line = first_sentence(text, limit), " ".join(text.split())
    assert len(sentence) <= limit
    assert "\n" not in sentence
    assert line.startswith(sentence) or (sentence.endswith("…") and line.startswith(sentence[:-1]))
    assert bool(sentence) == bool(line)


@pytest.mark.parametrize(
    ("text", "limit", "title"),
    [
        ("A storm has closed the harbour.", 60, "A storm has closed the harbour"),
        ("A storm has closed the harbour of Saltmere, and all share a fire.", 60, "A storm has closed the harbour of Saltmere"),
        ("A storm has closed the harbour of Saltmere", 32, "A storm has closed the harbour"),
        ("Kestrel Hall, a university library, after closing time", 32, "Kestrel Hall"),
        ("Midnight at the Marquis's masked ball. The violin waits.", 60, "Midnight at the Marquis's masked ball"),
        ("雾夜，青石镇的末班夜航船离了岸，船上的客人要在天亮以前各自下船。", 20, "雾夜，青石镇的末班夜航船离了岸"),
        ("雾夜青石镇的末班夜航船离了岸", 6, "雾夜青石镇的"),
        ("Donaudampfschifffahrtsgesellschaft", 10, "Donaudampf"),
        ("the of to", 5, "the"),
        ("", 32, ""),
        ("...", 32, ""),
    ],
)  # fmt: skip
def test_a_title_is_a_sentence_a_clause_or_the_first_words(text: str, limit: int, title: str) -> None:
    assert title_of(text, limit) == title


@given(TEXT, st.integers(1, 60))
def test_a_title_is_a_beginning_within_its_limit(text: str, limit: int) -> None:
    title = title_of(text, limit)
    assert len(title) <= limit
    assert " ".join(text.split()).startswith(title)


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("one two", 7, "one two"),
        ("one two", 6, "one"),
        ("one two", 4, "one"),
        ("one two", 3, "one"),
        ("one two", 2, "on"),
        ("don't go", 5, "don't"),
        ("I don't", 5, "I"),
        ("well-known fact", 7, "well-kn"),
        ("a well-known fact", 7, "a"),
        ("船到了", 2, "船到"),
        ("船abc", 2, "船"),
        ("👨‍👩‍👧x", 2, "👨‍"),
        ("a👨‍👩‍👧", 3, "a"),
    ],
)
def test_a_beginning_ends_where_a_word_does(text: str, limit: int, kept: str) -> None:
    assert beginning(text, limit) == kept


@pytest.mark.parametrize(
    ("replies", "length"),
    [
        ([], ""),
        (["…", "!"], ""),
        (["Aye."], "5 words"),
        (["one two three four five six seven eight"], "5 words"),
        (['*slides a key over* "Number four."'] * 3, "5 words"),
        (["w " * 37], "35 words"),
        (["w " * 38], "35 words"),
        (["w " * 40, "w " * 62, "w " * 200], "60 words"),
        (["w " * 67], "60 words"),
        (["w " * 40, "w " * 60], "50 words"),
        (["don't well-known"], "5 words"),
        (["船" * 84], "80 characters"),
        (["船。" * 30], "30 characters"),
        (["안녕하세요 여러분 " * 10], "20 words"),
        (["เรือ" * 10], "40 characters"),
        (["船" * 80, "船" * 80, "w " * 40], "80 characters"),
    ],
)
def test_the_usual_length_is_the_median_rounded_down(replies: list[str], length: str) -> None:
    assert usual_length(replies) == length


def test_words_are_folded_without_marks_and_characters_count_half() -> None:
    words = words_in('*Marlow* "Don\'t, he said."')
    assert list(words.units) == ["marlow", "don't", "he", "said"]
    assert words.units_of(5) == 5
    assert words_in("船到了 ok").units_of(5) == 10
    assert list(words_in("船到了").units) == ["船", "到", "了"]
    assert not words_in("船 one two").in_characters
