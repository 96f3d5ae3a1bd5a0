"""Voices: which language answers, and what happens to what a language lacks."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.budgets.caps import read_caps
from bot.core.budgets.rule import Payer
from bot.texts.money import limits_text
from bot.texts.sentences import HOST, LANGUAGES, Sentence, printable, voice_for
from tests.texts.translated import po_file

GERMAN: Mapping[str, str | tuple[str, ...]] = {
    "command.no_right": "Dafür brauchst du hier das Recht {right}.",
    "right.manage_channels": "Kanäle verwalten",
    "scene.turns": ("eine Nachricht", "{turns} Nachrichten"),
    "memory.recap": "**Rückblick** · {tokens:,} von {most:,} Token",
    "memory.recap.cost": "{dollars:.2f} $",
}


@pytest.fixture(autouse=True)
def languages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    polish = ("{turns} wiadomość", "{turns} wiadomości", "{turns} wiadomości (5)")
    catalogues: Mapping[str, Mapping[str, str | tuple[str, ...]]] = {
        "de": GERMAN,
        "es-ES": {"button.undo": "Deshacer"},
        "es": {"button.undo": "Desandar"},
        "ja": {"scene.people": "{people}"},
        "pl": {"scene.turns": polish},
    }
    for language, sentences in catalogues.items():
        monkeypatch.setitem(LANGUAGES, language, po_file(tmp_path / f"{language}.po", sentences))


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        (("de",), "de"),
        (("de-AT",), "de"),
        (("es-ES",), "es-ES"),  # exactly, before the language alone
        (("es-419",), "es"),
        (("fr", "de"), "en"),  # known is not wanted: who reads French may not read German
        (("ko", "de"), "en"),
        ((None, "de"), "de"),
        (("en-GB", "de"), "en"),
        (("fr", None), "en"),
        (("", "de"), "de"),
        (("xx-XX",), "en"),
        ((), "en"),
    ],
)
def test_the_first_of_several_locales_answers_and_english_for_one_without_a_file(
    wanted: tuple[str | None, ...], language: str
) -> None:
    assert voice_for(*wanted).language == language


def test_what_a_language_lacks_is_said_in_english_key_by_key() -> None:
    assert voice_for("de").say("command.no_right", right="X") == "Dafür brauchst du hier das Recht X."
    assert voice_for("de").say("button.undo") == "Undo, back into the story"


def test_a_fact_that_is_a_sentence_is_said_in_the_same_language() -> None:
    sentence = Sentence("command.no_right", right=Sentence("right.manage_channels"))
    assert voice_for("de").render(sentence) == "Dafür brauchst du hier das Recht Kanäle verwalten."
    assert voice_for("fr").render(sentence) == "You need the Manage Channels permission here to do that."


@pytest.mark.parametrize(
    ("language", "turns", "said"),
    [
        ("en", 0, "0 messages"),
        ("en", 1, "1 message"),
        ("en", 2, "2 messages"),
        ("de", 1, "eine Nachricht"),
        ("de", 5, "5 Nachrichten"),
        ("pl", 1, "1 wiadomość"),
        ("pl", 3, "3 wiadomości"),
        ("pl", 5, "5 wiadomości (5)"),
        ("pl", 22, "22 wiadomości"),
        ("es", 1, "1 message"),  # not translated there
    ],
)
def test_a_number_has_the_form_that_the_language_asks_for(language: str, turns: int, said: str) -> None:
    assert voice_for(language).say("scene.turns", turns=turns) == said


def test_numbers_lists_and_days_are_written_as_the_language_does() -> None:
    facts = {"tokens": 1234, "most": 16384}
    assert voice_for("en").say("memory.recap", **facts) == "**Recap** · 1,234 of up to 16,384 tokens"
    assert voice_for("de").say("memory.recap", **facts) == "**Rückblick** · 1.234 von 16.384 Token"
    assert voice_for("de").say("memory.recap.cost", dollars=1234.5) == "1.234,50 $"
    people = ["Ana", Sentence("button.undo")]
    assert voice_for("ja").say("scene.people", people=people) == "Ana、Undo, back into the story"
    assert voice_for("en").listed(["Ana", "Bob"]) == "Ana, Bob"
    limits = read_caps(Payer.SERVER, "$1 a day, $2 a month") or ()
    assert limits_text(limits, voice_for("ja")) == "$1 a day、$2 a month"
    assert limits_text(limits, voice_for("en")) == "$1 a day, $2 a month"
    assert limits_text((), voice_for("ja")) == "no limit"
    at = datetime(2026, 11, 30, 18, tzinfo=UTC)
    assert voice_for("en").day(at) == "30 November 2026"
    assert voice_for("de").day(at) == "30. November 2026"
    assert voice_for("ja").day(at) == "2026年11月30日"


def test_words_whose_english_has_changed_since_are_english(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = po_file(tmp_path / "fr.po", {"button.undo": "Annuler", "scene.turns": ("un", "{turns}")})
    old = (
        path.read_text(encoding="utf-8").replace("Undo, back into", "Undo, into").replace("1 message", "One")
    )
    path.write_text(old, encoding="utf-8")
    monkeypatch.setitem(LANGUAGES, "fr", path)
    assert voice_for("fr").say("button.undo") == "Undo, back into the story"
    assert voice_for("fr").say("scene.turns", turns=1) == "1 message"


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
