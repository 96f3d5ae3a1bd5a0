"""Mistakes of a file as people see them on Discord, in their language."""

from pathlib import Path

import pytest

from bench.translations import FOLDER
from bot.discord_ui.interactions.common.mistakes import in_short, listed
from bot.personas.cards import CardError, read_card
from bot.personas.reading import read_text
from bot.texts.sentences import LANGUAGES, Voice, voice_for

ANN = "name: Ann\ndescription: Ann keeps bees.\n"


@pytest.fixture
def german(monkeypatch: pytest.MonkeyPatch, english_alone: None) -> Voice:
    monkeypatch.setitem(LANGUAGES, "de", FOLDER / "de.po")
    return voice_for("de")


def test_a_file_of_mistakes_has_their_lines(german: Voice) -> None:
    text = f"{ANN}tgas: [bees]\n"
    problems = read_text(text.encode(), "ann", "personas/ann.yaml").problems
    assert listed(text, problems, german) == [
        "personas/ann.yaml:3:1: Unbekannter Schlüssel `tgas` – meintest du `tags`?",
        "    tgas: [bees]",
        "    ^",
    ]


def test_in_short_it_is_the_name_of_the_file_without_its_folders(german: Voice) -> None:
    file = f"{Path('/srv/cast')}/a`n: n.yaml"
    (doubt,) = read_text(f"{ANN}greeting: '{{{{foo}}}}'\n".encode(), "ann", file).warnings
    assert in_short(doubt, german).startswith(
        "`a'n: n.yaml:3:12`: `{{foo}}` in `greeting` bleibt, wie es ist – schreib es aus: docs/style.md nennt"
    )
    assert in_short(doubt, voice_for()).startswith(
        "`a'n: n.yaml:3:12`: `{{foo}}` in `greeting` stays as it is, write it out: docs/style.md lists"
    )
    assert len(in_short(doubt, german).partition(": `")[2]) <= 160


def test_a_card_that_is_no_yaml_says_why_in_the_readers_language(german: Voice) -> None:
    with pytest.raises(CardError) as caught:
        read_card(b"char_name: Ann\n\tx: y\n", "ann.yaml")
    assert german.render(caught.value.sentence) == (
        "Dieses YAML ist nicht lesbar: ann.yaml:2:1: Hier steht ein Tabulator, wo YAML Leerzeichen braucht "
        "(bei `char_name`) – rücke mit Leerzeichen ein"
    )
