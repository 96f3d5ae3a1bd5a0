"""The first sentence of a text: whole, and in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.first_sentence import first_sentence

FOUND = [
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


@pytest.mark.parametrize(("text", "sentence"), FOUND)
def test_the_first_sentence(text: str, sentence: str) -> None:
    assert first_sentence(text) == sentence


@given(st.text(max_size=80))
def test_it_is_the_beginning_in_one_line(text: str) -> None:
    found = first_sentence(text)
    assert len(found.splitlines()) <= 1
    whole = " ".join(text.split())
    assert whole.startswith(found)
    assert bool(found) == bool(whole)
