"""Voices: which language answers, and what happens to what a language lacks."""

from collections.abc import Mapping

import pytest

from bot.texts.sentences import HOST, LANGUAGES, Sentence, voice_for

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
    assert voice_for("de").say("button.undo") == "Undo"


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
