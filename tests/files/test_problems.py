"""Problems are sentences: each reader is told of a mistake in their language, and the log in English."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bot.files.problems import KeyPath, Problem, Spot, lookalike, problem, subject_of
from bot.personas.lorebooks import BookReading, read_book
from bot.personas.reading import Reading, read_persona, read_text
from bot.texts.sentences import voice_for

PERSONA = """\
name: Ann
nam: Ann
nsfw: ja
samples:
  - user: hi
    repply: ho
user_macro: speakr
hunter2.hunter3.hunter4: x
"""

TOLD = {
    "en": [
        "a.yaml:2:1: unknown key `nam`, did you mean `name`?",
        "a.yaml:3:1: `nsfw` must be true or false, but found text, write true or false, without quotes",
        "a.yaml:5:5: `reply` in item 1 of `samples` is missing, add a line `reply: …`",
        "a.yaml:6:5: unknown key `repply` in item 1 of `samples`, did you mean `reply`?",
        "a.yaml:7:1: `user_macro` is speakr, choose speaker, party or fixed; did you mean `speaker`?",
    ],
    "de": [
        "a.yaml:2:1: Unbekannter Schlüssel `nam` – meintest du `name`?",
        "a.yaml:3:1: `nsfw` muss true oder false sein, aber da steht Text – schreib true oder false, ohne Anführungszeichen",
        "a.yaml:5:5: `reply` in Eintrag 1 von `samples` fehlt – füge eine Zeile `reply: …` hinzu",
        "a.yaml:6:5: Unbekannter Schlüssel `repply` in Eintrag 1 von `samples` – meintest du `reply`?",
        "a.yaml:7:1: `user_macro` ist speakr – möglich: speaker, party oder fixed; meintest du `speaker`?",
    ],
    "es-419": [
        "a.yaml:2:1: clave desconocida: `nam`; ¿querías decir `name`?",
        "a.yaml:3:1: `nsfw` debe ser true o false, pero hay texto; escribe true o false, sin comillas",
        "a.yaml:5:5: falta `reply` en `samples` n.º 1; añade una línea `reply: …`",
        "a.yaml:6:5: clave desconocida: `repply` en `samples` n.º 1; ¿querías decir `reply`?",
        "a.yaml:7:1: `user_macro` es speakr; elige speaker, party o fixed; ¿querías decir `speaker`?",
    ],
    "ja": [
        "a.yaml:2:1：`nam`というキーはありません。`name`のことですか？",
        "a.yaml:3:1：`nsfw`にはtrueかfalseを書きますが、文字列になっています。trueかfalseを、引用符なしで書いてください。",
        "a.yaml:5:5：`samples`の1番目の`reply`がありません。`reply: …`の行を追加してください。",
        "a.yaml:6:5：`samples`の1番目の`repply`というキーはありません。`reply`のことですか？",
        "a.yaml:7:1：`user_macro`がspeakrになっています。次から選んでください：speaker、party、fixed。`speaker`のことですか？",
    ],
    "zh-CN": [
        "a.yaml:2:1：未知的键：`nam`。你是想写 `name` 吗？",
        "a.yaml:3:1：`nsfw` 必须是 true 或 false，但写的是：文本。请写 true 或 false，不加引号。",
        "a.yaml:5:5：缺少：第 1 个 `samples` 里的 `reply`。请添加一行 `reply: …`。",
        "a.yaml:6:5：未知的键：第 1 个 `samples` 里的 `repply`。你是想写 `reply` 吗？",
        "a.yaml:7:1：`user_macro` 的值是 speakr。可以选择：speaker、party 或 fixed。你是想写 `speaker` 吗？",
    ],
}


@pytest.mark.parametrize("locale", TOLD)
def test_each_reader_is_told_in_their_language(locale: str) -> None:
    found = read_text(PERSONA.encode(), "a").problems
    told = [voice_for(locale).render(each.placed) for each in found]
    assert told[:-1] == TOLD[locale]
    assert "hunter" not in told[-1]


def test_as_text_a_problem_is_english_for_the_log() -> None:
    found = read_text(PERSONA.encode(), "a").problems
    assert [str(each) for each in found] == [voice_for("en-GB").render(each.placed) for each in found]


@pytest.mark.parametrize(
    ("path", "english", "german", "japanese"),
    [
        ((), "the file", "die Datei", "ファイル"),
        ((1,), "item 2 of the file", "Eintrag 2 der Datei", "ファイルの2番目"),
        (("a", "b"), "`a.b`", "`a.b`", "`a.b`"),
        (
            ("a", 0, 1, "b", "c"),
            "`b.c` in item 2 of item 1 of `a`",
            "`b.c` in Eintrag 2 von Eintrag 1 von `a`",
            "`a`の1番目の2番目の`b.c`",
        ),
        (
            ("model", "sk-1", "x"),
            "`model.(hidden, it may be a secret).x`",
            "`model.(verborgen, könnte geheim sein).x`",
            "`model.（秘密かもしれないため非表示）.x`",
        ),
        (
            ("a", 0, "b", 1, "c", 2, "d"),
            "`d` in item 3 of `c` in item 2 of `b` in item 1 of …",
            "`d` in Eintrag 3 von `c` in Eintrag 2 von `b` in Eintrag 1 von …",
            "…の1番目の`b`の2番目の`c`の3番目の`d`",
        ),
    ],
)
def test_a_key_is_named_in_the_order_of_the_language(
    path: KeyPath, english: str, german: str, japanese: str
) -> None:
    named = subject_of(path)
    assert [voice_for(each).render(named) for each in ("en-US", "de", "ja")] == [english, german, japanese]


def test_a_look_alike_is_told_with_what_to_write_instead() -> None:
    found = lookalike("\N{EN DASH}", Spot("x.yaml", 1, 3))
    assert voice_for("de").render(found.sentence) == (
        "Hier steht U+2013 EN DASH – ersetze es durch ein gewöhnliches `-` und ein Leerzeichen"
    )
    assert str(found) == (
        "x.yaml:1:3: there is U+2013 EN DASH here, replace it with an ordinary `-` and a space"
    )


def test_what_the_settings_lack_is_told_in_english_alone() -> None:
    found = problem("config.needs_restart", Spot("config.yaml", 1, 1), ("model",))
    assert str(found) == "config.yaml:1:1: `model` has changed, restart the bot to use it"
    with pytest.raises(KeyError, match=r"config\.needs_restart"):
        voice_for("de").render(found.placed)


def test_the_same_mistake_is_the_same_problem() -> None:
    """Who watches files tells of what is new."""

    def found(key: str) -> Problem:
        return problem("yaml.second_key", Spot("x.yaml", 2, 1), (key,), first=1)

    assert found("a") == found("a")
    assert {found("a"), found("b"), found("a")} == {found("a"), found("b")}


@pytest.mark.parametrize("read", [read_persona, read_book])
def test_a_file_that_stays_unreadable_is_the_same_problem(
    tmp_path: Path, read: Callable[[Path, Sequence[Path]], Reading | BookReading]
) -> None:
    """Else the admins would be told of it each time that the folder is read."""
    (tmp_path / "ann.yaml").mkdir()
    first, again = (read(tmp_path / "ann.yaml", [tmp_path]).problems for _ in range(2))
    assert first == again
    assert [str(each) for each in first] == [
        f"{tmp_path}/ann.yaml: this is a folder, not a file, put a file in its place"
    ]
