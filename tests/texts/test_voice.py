"""Voices: which language answers, and what happens to what a language lacks."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.texts.sentences import HOST, LANGUAGES, Sentence, printable, voice_for

GERMAN: Mapping[str, str] = {
    "command.no_right": "Dafür brauchst du hier das Recht {right}.",
    "right.manage_channels": "Kanäle verwalten",
}


@pytest.fixture(autouse=True)
def languages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LANGUAGES, "de", GERMAN)
    monkeypatch.setitem(LANGUAGES, "es-ES", {"button.undo": "Deshacer"})
    monkeypatch.setitem(LANGUAGES, "es", {"button.undo": "Desandar"})


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        (("de",), "de"),
        (("de-AT",), "de"),
        (("es-ES",), "es-ES"),  # exactly, before the language alone
        (("es-419",), "es"),
        (("fr", "de"), "de"),  # the first that is known
        ((None, "de"), "de"),
        (("en-GB", "de"), "en"),
        (("fr", None), "en"),
        (("", "xx-XX"), "en"),
        ((), "en"),
    ],
)
def test_the_first_known_of_several_locales_answers(wanted: tuple[str | None, ...], language: str) -> None:
    assert voice_for(*wanted).language == language


def test_what_a_language_lacks_is_said_in_english_key_by_key() -> None:
    assert voice_for("de").say("command.no_right", right="X") == "Dafür brauchst du hier das Recht X."
    assert voice_for("de").say("button.undo") == "Undo, back into the story"


def test_a_fact_that_is_a_sentence_is_said_in_the_same_language() -> None:
    sentence = Sentence("command.no_right", right=Sentence("right.manage_channels"))
    assert voice_for("de").render(sentence) == "Dafür brauchst du hier das Recht Kanäle verwalten."
    assert voice_for("fr").render(sentence) == "You need the Manage Channels permission here to do that."


def test_lines_are_sentences_and_texts_below_each_other() -> None:
    lines = voice_for("es-ES").lines([Sentence("button.undo"), "", "Marlow"])
    assert lines == "Deshacer\n\nMarlow"


def test_the_voice_for_the_host_knows_no_sentence_of_players() -> None:
    assert HOST.say("host.stopped")
    with pytest.raises(KeyError, match=r"button\.undo"):
        HOST.say("button.undo")
    with pytest.raises(KeyError, match=r"host\.stopped"):
        voice_for("de").say("host.stopped")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("marlow.yaml", "marlow.yaml"),
        ("诸葛亮 é 😀.yaml", "诸葛亮 é 😀.yaml"),
        ("a\nb", r"a\nb"),
        ("a\rb\tc", r"a\rb\tc"),
        ("\x1b[2Jx", r"\x1b[2Jx"),
        ("\x9b2Jx", r"\x9b2Jx"),
        ("\u202elmay.x", r"\u202elmay.x"),
        ("x\u200b\u2066y\ufeff", r"x\u200b\u2066y\ufeff"),
        ("a\u2028b\u2029c", r"a\u2028b\u2029c"),
        ("\xa0x", r"\xa0x"),
        ("\udcff.yaml", r"\udcff.yaml"),  # a byte that is no UTF-8
        ("\U000e0041", r"\U000e0041"),
        ("\0", r"\x00"),
    ],
)
def test_what_cannot_be_seen_in_a_file_s_name_is_an_escape(name: str, shown: str) -> None:
    assert printable(name) == shown
    assert HOST.say("host.file_gone", file=Path(name)) == f"{shown} is gone, and its mistakes with it."
