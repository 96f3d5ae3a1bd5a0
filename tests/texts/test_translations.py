"""The translations: complete, of the English of today, with the same facts, commands and markup, and within Discord's limits."""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import Final

import pytest
from babel.messages.catalog import Message

from bench.translations import FOLDER, english, forms_of, left, read, updated, write
from bot.core.completion import ErrorKind, ModelError, Objection
from bot.texts.catalogue.players import PLAYERS
from bot.texts.failures import to_players
from bot.texts.grammar import Percent
from bot.texts.sentences import LANGUAGES, Sentence, voice_for
from tests.texts.test_sentences import FAMILIES, nodes
from tests.texts.translated import po_file

READ: Final[Mapping[str, Mapping[str, Message]]] = {
    language: {str(message.context): message for message in read(path) if message.id}
    for language, path in LANGUAGES.items()
}
"""The entries of each language by key."""


def facts_of(text: str) -> Counter[tuple[str, str]]:
    return Counter((name, spec or "") for _, name, spec, _ in Formatter().parse(text) if name is not None)


def kept(text: str) -> Counter[str]:
    """What stands in a sentence in every language: code, mentions, times and addresses; not examples of how to write."""
    found = re.findall(r"`[^`]+`|<[@#t:/][^>]*>|https?://[!-+\--~…]+", text)
    return Counter(each for each in found if not each.startswith(("`*", "`((")))


def test_there_are_four_languages_besides_english() -> None:
    assert sorted(LANGUAGES) == ["de", "es", "ja", "zh"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_all_that_english_says_today(language: str) -> None:
    catalog = read(LANGUAGES[language])
    assert list(left(catalog)) == []
    assert [each.context for each in catalog if each.id] == [*PLAYERS]
    strange = [key for key, message in READ[language].items() if message.id != english_id(key)]
    assert strange == []


def english_id(key: str) -> str | tuple[str, ...]:
    words = english(key)
    return words if len(words) > 1 else words[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_facts_and_the_code_of_the_english_sentence(language: str) -> None:
    facts, code = [], []
    for key, message in READ[language].items():
        ours = english(key)
        for form in forms_of(message):
            few = facts_of(ours[0]) if len(ours) > 1 else facts_of(ours[-1])
            many = facts_of(ours[-1])
            # A form for one need not name the number.
            if not (few <= facts_of(form) <= many or few == many == facts_of(form)):
                facts.append((key, form))
            if kept(form) != kept(ours[-1]) and kept(form) != kept(ours[0]):
                code.append((key, form))
    assert (facts, code) == ([], [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_markup_of_the_english_sentence(language: str) -> None:
    """Bold and headings where English has them, and a blank at an end where what follows needs one."""
    marks = [
        (key, form)
        for key, message in READ[language].items()
        for form in forms_of(message)
        if form.count("**") != english(key)[-1].count("**")
        or form.startswith(("## ", "-# ", "- ")) != english(key)[-1].startswith(("## ", "-# ", "- "))
        or form.count("\n") != english(key)[-1].count("\n")
        or form != form.strip(" ") != english(key)[-1].strip(" ") == english(key)[-1]
    ]
    assert marks == []


LABEL, ABOUT, BUTTON, OPTION, PLACEHOLDER, DESCRIPTION, MENU = 45, 100, 80, 100, 150, 100, 32
"""The most characters of Discord's controls (its page "Component Reference") and of commands' texts ("Application Commands")."""

CONTROLS: Final[Mapping[tuple[str, str], int]] = {
    ("Label", "text"): LABEL,
    ("Label", "description"): ABOUT,
    ("Modal", "title"): LABEL,
    ("Button", "label"): BUTTON,
    ("SelectOption", "label"): OPTION,
    ("SelectOption", "description"): OPTION,
    ("Select", "placeholder"): PLACEHOLDER,
    ("UserSelect", "placeholder"): PLACEHOLDER,
    ("TextInput", "placeholder"): ABOUT,
}


def limits() -> Iterator[tuple[str, int]]:
    """Yield each key that is said on a control or in a command's description, with its most characters."""
    for _, node in nodes():
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).rpartition(".")[2]
        if name == "label" and node.args:
            yield from ((key, DESCRIPTION) for key in keys_of(node.args[0]))
        if name == "ContextMenu":
            said = next(keyword.value for keyword in node.keywords if keyword.arg == "name")
            assert isinstance(said, ast.Call)
            yield from ((key, MENU) for key in keys_of(said.args[0]))
        for keyword in node.keywords:
            most = CONTROLS.get((name, keyword.arg or ""))
            said = keyword.value
            if most and isinstance(said, ast.Call) and ast.unparse(said.func).endswith(".say"):
                yield from ((key, most) for key in keys_of(said.args[0]))


def keys_of(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    if isinstance(node, ast.JoinedStr):
        return FAMILIES.get(ast.unparse(node)[2:-1], set())
    return set()


def test_what_stands_on_controls_and_in_commands_fits_discord_in_every_language() -> None:
    found: dict[str, int] = {}
    for key, most in limits():
        found[key] = min(most, found.get(key, most))
    assert len(found) > 60
    assert found["menu.from_here"] == MENU
    long = [
        (language, key, len(form), most)
        for language in READ
        for key, most in found.items()
        for form in forms_of(READ[language][key])
        if key in PLAYERS and len(form) > most
    ]
    assert long == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_can_be_said(language: str) -> None:
    """A format that a language can't fill in would only be noticed by the person who reads it."""
    voice = voice_for(language)
    for key in PLAYERS:
        numbers = {name: 2 for name, _ in facts_of(english(key)[-1])}
        assert voice.say(key, **numbers)
    assert voice.day(datetime(2026, 11, 30, tzinfo=UTC))


WHOLE: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "en": (
        "Marlow remembers the last message.",
        "One message before that is still saved.",
        "**Players:** Ana, Ben and 1 more",
        "The AI provider blocked the reply (reason: violence). Mention the bot.",
    ),
    "de": (
        "Marlow erinnert sich an die letzte Nachricht.",
        "Eine Nachricht davor ist noch gespeichert.",
        "**Mitspielende:** Ana, Ben und 1 weitere",
        "Der KI-Anbieter hat die Antwort blockiert (Grund: Gewalt). Erwähne den Bot.",
    ),
    "es": (
        "Marlow recuerda el último mensaje.",
        "Un mensaje anterior sigue guardado.",
        "**Participantes:** Ana, Ben y 1 más",
        "El proveedor de IA bloqueó la respuesta (motivo: violencia). Menciona al bot.",
    ),
    "ja": (
        "Marlowが覚えているのは、最近のメッセージ1件です。",
        "それより前のメッセージ1件も保存されています。",
        "**プレイヤー：** Ana、Benほか1人",
        "返信がAIプロバイダーにブロックされました（理由：暴力）。ボットをメンションしてください。",
    ),
    "zh": (
        "Marlow 记得最近 1 条消息。",
        "更早的 1 条消息仍然保存着。",
        "**玩家：** Ana、Ben和另外 1 人",
        "AI 服务商拦截了这条回复（原因：暴力）。请提及机器人。",
    ),
}


@pytest.mark.parametrize("language", WHOLE)
def test_what_depends_on_a_number_or_a_reason_is_a_whole_sentence_in_each_language(language: str) -> None:
    voice = voice_for(language)
    people = Sentence("names.more", names=["Ana", "Ben"], count=1)
    refused = ModelError(ErrorKind.OUTPUT_REFUSED, objection=Objection.VIOLENCE)
    assert WHOLE[language] == (
        voice.say("scene.info.latest", persona="Marlow", count=1),
        voice.say("scene.info.older", count=1),
        voice.say("scene.people", people=people),
        voice.render(to_players(refused, None)),
    )


def test_a_share_has_the_sign_for_decimals_of_the_language() -> None:
    found = {
        language: voice_for(language).say("memory.all", tokens=8192, share=Percent(12.5, 1))
        for language in ("en", "de", "es", "ja", "zh")
    }
    shares = {"en": " 12.5% ", "de": "12,5\xa0%", "es": "12,5\xa0%", "ja": "12.5%", "zh": "12.5%"}
    assert [each for each in found if shares[each] not in found[each]] == []


# --- the tool ----------------------------------------------------------------------------------------


def test_the_tool_keeps_what_was_translated_and_marks_what_has_changed(tmp_path: Path) -> None:
    path = po_file(tmp_path / "de.po", {"button.undo": "Zurück", "scene.untitled": "Ohne Titel"})
    changed = path.read_text(encoding="utf-8").replace('msgid "untitled"', 'msgid "Some old words"')
    path.write_text(changed, encoding="utf-8")
    catalog = updated(read(path))
    write(catalog, path)
    again = {message.context: message for message in read(path) if message.id}
    assert [*again] == [*PLAYERS]
    assert (again["button.undo"].string, again["button.undo"].fuzzy) == ("Zurück", False)
    assert (again["scene.untitled"].string, again["scene.untitled"].fuzzy) == ("Ohne Titel", True)
    assert len(list(left(read(path)))) == len(PLAYERS) - 1
    before = path.read_bytes()
    write(updated(read(path)), path)
    assert path.read_bytes() == before


def test_a_new_language_begins_empty(tmp_path: Path) -> None:
    path = tmp_path / "pt-BR.po"
    write(updated(read(path)), path)
    assert "# What Dramatis says in Portuguese (Brazil)" in path.read_text(encoding="utf-8")
    assert [*left(read(path))] == [*PLAYERS]


def test_the_files_are_where_the_bot_reads_them() -> None:
    assert {path.parent for path in LANGUAGES.values()} == {FOLDER}
    assert voice_for("de-AT").say("button.undo") != PLAYERS["button.undo"]
