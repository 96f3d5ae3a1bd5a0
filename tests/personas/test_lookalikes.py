"""Characters that look like those of YAML: each named at its own place, and none of them where it belongs."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.files.reading import read_regular
from bot.personas.reading import read_persona

FINE = "name: X\ndescription: y\n"

BLANK = "replace it with an ordinary space"
GONE = "delete it"
COLON = "replace it with an ordinary `:` and a space"
DASH = "replace it with an ordinary `-` and a space"
NO_BREAK = f"there is U+00A0 NO-BREAK SPACE here, {BLANK}"
WIDE_COLON = f"there is U+FF1A FULLWIDTH COLON here, {COLON}"
FENCE = (
    "this line is a code fence of Markdown ({}), which doesn't belong in the file, delete it, and the line that "
    "closes the fence"
)
TICKS, TILDES = FENCE.format("U+0060 GRAVE ACCENT"), FENCE.format("U+007E TILDE")


def ordinary(character: str) -> str:
    return f"replace it with an ordinary `{character}`"


def told(folder: Path, text: str) -> list[str]:
    path = folder / "x.yaml"
    path.write_text(text, encoding="utf-8")
    found = read_persona(path, [folder])
    return [str(each).removeprefix(f"{path}:") for each in (*found.problems, *found.warnings)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # blanks
        (FINE + "user:\n\xa0\xa0name: a\n\xa0\xa0description: b", [f"4:1: {NO_BREAK}", f"5:1: {NO_BREAK}"]),
        (FINE + "user:\n \xa0description: b", [f"4:2: {NO_BREAK}"]),
        ("name:\xa0Marlow\ndescription: y", [f"1:6: {NO_BREAK}"]),
        ("name:\xa0Marlow", [f"1:6: {NO_BREAK}"]),
        ("name\xa0: Marlow\ndescription: y", [f"1:5: {NO_BREAK}"]),
        (FINE + "samples:\n-\xa0user: hi\n  reply: ho", [f"4:2: {NO_BREAK}"]),
        ("name: X\ndescription: >\n\xa0\xa0A text,\n\xa0\xa0and more.", [f"3:1: {NO_BREAK}"]),
        (FINE + "greeting: |\xa0\n  Hello.", [f"3:12: {NO_BREAK}"]),
        (FINE + "nsfw: true\xa0# always", [f"3:11: {NO_BREAK}"]),
        (FINE + "\xa0\n", [f"3:1: {NO_BREAK}"]),
        ("name:\u3000阿渡\ndescription:\u3000摆渡人", [f"1:6: there is U+3000 IDEOGRAPHIC SPACE here, {BLANK}"]),
        (FINE + "user:\u3000{description: b}", [f"3:6: there is U+3000 IDEOGRAPHIC SPACE here, {BLANK}"]),
        (FINE + "user:\n\u2003description: b", [f"4:1: there is U+2003 EM SPACE here, {BLANK}"]),
        ("name:\u202fX\ndescription: y", [f"1:6: there is U+202F NARROW NO-BREAK SPACE here, {BLANK}"]),
        # what has no width
        ("\u200bname: X\ndescription: y", [f"1:1: there is U+200B ZERO WIDTH SPACE here, {GONE}"]),
        ("na\u200bme: X\ndescription: y", [f"1:3: there is U+200B ZERO WIDTH SPACE here, {GONE}"]),
        ("name: X\n\ufeffdescription: y", [f"2:1: there is U+FEFF ZERO WIDTH NO-BREAK SPACE here, {GONE}"]),
        ("name\u200d: X\ndescription: y", [f"1:5: there is U+200D ZERO WIDTH JOINER here, {GONE}"]),
        ("name:\u2060X\ndescription: y", [f"1:6: there is U+2060 WORD JOINER here, {GONE}"]),
        ("des\xadcription: y\nname: X", [f"1:4: there is U+00AD SOFT HYPHEN here, {GONE}"]),
        ("\u200ename: X\ndescription: y", [f"1:1: there is U+200E LEFT-TO-RIGHT MARK here, {GONE}"]),
        (FINE + "nsfw: true\u200b", [f"3:11: there is U+200B ZERO WIDTH SPACE here, {GONE}"]),
        ('"na\u200bme": X\ndescription: y', [f"1:4: there is U+200B ZERO WIDTH SPACE here, {GONE}"]),
        # letters and digits
        ("n\u0430me: X\ndescription: y", [f"1:2: there is U+0430 CYRILLIC SMALL LETTER A here, {ordinary('a')}"]),
        ("nam\u0435: X\ndescription: y", [f"1:4: there is U+0435 CYRILLIC SMALL LETTER IE here, {ordinary('e')}"]),
        (FINE + "user:\n  n\u0430me: a\n  description: b", [f"4:4: there is U+0430 CYRILLIC SMALL LETTER A here, {ordinary('a')}"]),
        (FINE + "samples:\n- us\u0435r: a\n  reply: b", [f"4:5: there is U+0435 CYRILLIC SMALL LETTER IE here, {ordinary('e')}"]),
        (FINE + "pers\u03bfnality: a", [f"3:5: there is U+03BF GREEK SMALL LETTER OMICRON here, {ordinary('o')}"]),
        (FINE + "tag\uff53: [a]", [f"3:4: there is U+FF53 FULLWIDTH LATIN SMALL LETTER S here, {ordinary('s')}"]),
        (FINE + "greet\u0131ng: a", [f"3:6: there is U+0131 LATIN SMALL LETTER DOTLESS I here, {ordinary('i')}"]),
        ("\U0001d427ame: X\ndescription: y", [f"1:1: there is U+1D427 MATHEMATICAL BOLD SMALL N here, {ordinary('n')}"]),
        (FINE + "sampling: {temperature: ０.９}", [f"3:25: there is U+FF10 FULLWIDTH DIGIT ZERO here, {ordinary('0')}"]),
        (FINE + "sampling:\n  max_completion_tokens: ５００", [f"4:26: there is U+FF15 FULLWIDTH DIGIT FIVE here, {ordinary('5')}"]),
        (FINE + "nsfw: tru\u0435", [f"3:10: there is U+0435 CYRILLIC SMALL LETTER IE here, {ordinary('e')}"]),
        # colons, dashes, brackets
        ("name：Marlow\ndescription：y", [f"1:5: {WIDE_COLON}"]),
        ("name：Marlow", [f"1:5: {WIDE_COLON}"]),
        ("name： Marlow\ndescription: y", [f"1:5: {WIDE_COLON}"]),
        (FINE + "user:\n  name：a\n  description：b", [f"4:7: {WIDE_COLON}"]),
        (FINE + "user：\n  description: b", [f"3:5: {WIDE_COLON}"]),
        (FINE + "scenario\u2236 a", [f"3:9: there is U+2236 RATIO here, {COLON}"]),
        (FINE + "scenario\ufe55 a", [f"3:9: there is U+FE55 SMALL COLON here, {COLON}"]),
        (FINE + "samples:\n  – user: hi\n    reply: ho", [f"4:3: there is U+2013 EN DASH here, {DASH}"]),
        (FINE + "samples:\n– user: hi", [f"4:1: there is U+2013 EN DASH here, {DASH}"]),
        (FINE + "tags:\n  • a\n  • b", [f"4:3: there is U+2022 BULLET here, {DASH}"]),
        (FINE + "tags: ［a，b］", [f"3:7: there is U+FF3B FULLWIDTH LEFT SQUARE BRACKET here, {ordinary('[')}"]),
        (FINE + "user: ｛description: b｝", [f"3:7: there is U+FF5B FULLWIDTH LEFT CURLY BRACKET here, {ordinary('{')}"]),
        (FINE + "greeting: ｜\n  Hello: you", [f"3:11: there is U+FF5C FULLWIDTH VERTICAL LINE here, {ordinary('|')}"]),
        ("＃ mine\n" + FINE, [f"1:1: there is U+FF03 FULLWIDTH NUMBER SIGN here, {ordinary('#')}"]),
        # quotation marks
        ("name: X\ndescription: “She said: hi”", [f"2:14: there is U+201C LEFT DOUBLE QUOTATION MARK here, {ordinary(chr(34))}"]),
        ("name: X\ndescription: „Er sagt: hallo“", [f"2:14: there is U+201E DOUBLE LOW-9 QUOTATION MARK here, {ordinary(chr(34))}"]),
        ("name: X\ndescription: ‘She: hi’", [f"2:14: there is U+2018 LEFT SINGLE QUOTATION MARK here, {ordinary(chr(39))}"]),
        ("name: X\ndescription: ＂She: hi＂", [f"2:14: there is U+FF02 FULLWIDTH QUOTATION MARK here, {ordinary(chr(34))}"]),
        ("“name”: X\ndescription: y", [f"1:1: there is U+201C LEFT DOUBLE QUOTATION MARK here, {ordinary(chr(34))}"]),
        ("{“name”: “X”, “description”: “y”}", [f"1:2: there is U+201C LEFT DOUBLE QUOTATION MARK here, {ordinary(chr(34))}", f"1:15: there is U+201C LEFT DOUBLE QUOTATION MARK here, {ordinary(chr(34))}"]),
        (FINE + "nsfw: “true”", [f"3:7: there is U+201C LEFT DOUBLE QUOTATION MARK here, {GONE}"]),
        (FINE + "avatar: “https://example.com/x.png”", [f"3:9: there is U+201C LEFT DOUBLE QUOTATION MARK here, {ordinary(chr(34))}"]),
        (FINE + "avatar: https：//example.com/x.png", [f"3:14: there is U+FF1A FULLWIDTH COLON here, {ordinary(':')}"]),
        # fences
        ("```yaml\n" + FINE + "```\n", [f"1:1: {TICKS}"]),
        ("```\n" + FINE + "```\n", [f"1:1: {TICKS}"]),
        (FINE + "```\n", [f"3:1: {TICKS}"]),
        ("Here it is:\n\n  ```yaml\n  name: X\n  ```\n", [f"3:3: {TICKS}"]),
        ("~~~\n" + FINE + "~~~\n", [f"1:1: {TILDES}"]),
        ("\u200b```\n" + FINE + "```", [f"1:2: {TICKS}"]),
        ("````yml\n" + FINE + "````", [f"1:1: {TICKS}"]),
    ],
)  # fmt: skip
def test_a_look_alike_is_named_at_its_place_with_what_to_write(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    assert told(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("name", "warning"),
    [
        ("name: “Marlow”\ndescription: y", "1:7: the quotation marks around `name` (U+201C LEFT DOUBLE QUOTATION MARK)"),
        ("name: «Marlow»\ndescription: y", "1:7: the quotation marks around `name` (U+00AB LEFT-POINTING DOUBLE ANGLE QUOTATION MARK)"),
        (FINE + "user: {name: ‘the guest’, description: z}", "3:14: the quotation marks around `user.name` (U+2018 LEFT SINGLE QUOTATION MARK)"),
    ],
)  # fmt: skip
def test_quotation_marks_that_became_a_part_of_a_name_are_doubted(
    tmp_path: Path, name: str, warning: str
) -> None:
    assert told(tmp_path, name) == [
        f"{warning} are a part of the name, delete them, unless the name has them"
    ]


PROSE = (
    "他说：“你好”，然后走了。 ＂x＂ ｛a｝ ［b］ – c — d • e ‘f’ «g» a\xa0b\u200d\u200b\ufeff "
    "n\u0430me： z Ѕоме words ｎａｍｅ：x － y ∶"
)


@pytest.mark.parametrize(
    "text",
    [
        f"name: X\ndescription: {PROSE}",
        f"name: X\ndescription: >\n  {PROSE}\n  name：{PROSE}\n  – {PROSE}\n\n  {PROSE}",
        f"name: X\ndescription: |\n  ```yaml\n  name：{PROSE}\n  ```\n  ~~~\n",
        f"name: X\ndescription: '{PROSE}'",
        f'name: X\ndescription: "{PROSE}"',
        f"{FINE}samples:\n- user: “{PROSE}”\n  reply: “Yes.”",
        f"{FINE}tags: [“quoted”, 冒险：奇幻, a\xa0b]\nuser: {{name: 旅人, description: 一个过路的人：很累}}",
        f"{FINE}# n\u0430me：x – “\xa0\n# ```\nscenario: a # ：“\n",
        "name: Łukasz “L.” O’Neill\ndescription: y",
        "name: 旅人：阿渡\ndescription: “You,” she says, “are late.”",
    ],
)
def test_where_such_characters_belong_nothing_is_said(tmp_path: Path, text: str) -> None:
    assert told(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (f"name: X\ndescription: {PROSE}\nhello\n", "3:1: this line isn't `key: value`"),
        (f"name: 'X\ndescription: {PROSE}\n", "1:7: a quotation mark is opened here and never closed"),
        (
            f"name: X\ndescription: |\n  ```\n  {PROSE}\n  ```\n x",
            "6:2: this line doesn't fit the lines above it",
        ),
        (f"{FINE}scenario: “{PROSE}” she\ntags: [a\n", "4:7: a bracket or a comma is missing"),
        (FINE + "n\u0430mes: x", "3:1: unknown key `n\u0430mes`"),
        (FINE + "nsfw: “maybe”", "3:1: `nsfw` must be true or false, but found text"),
    ],
)
def test_no_look_alike_is_blamed_for_another_mistake(tmp_path: Path, text: str, what: str) -> None:
    (found,) = told(tmp_path, text)
    assert found.startswith(what)


@pytest.mark.parametrize(
    "text",
    [
        "name: X\nuser: " + "a" * 200_000,
        "name: X\nuser: a" + "\u200b" * 80_000,
        "name: X\na" + "\u200b" * 80_000 + "\n",
        "name: X\nnsfw: " + "：他" * 40_000,
        "name: X\n" + "\xa0" * 100_000 + "x",
        "name: X\n" + "“" * 80_000,
        "~" * 200_000,
    ],
)
def test_a_long_line_is_judged_like_a_short_one(tmp_path: Path, text: str) -> None:
    """A search that looks at every pair of characters would take minutes."""
    assert 1 <= len(told(tmp_path, text)) <= 2


def test_a_persona_that_comes_along_is_found_fault_with_only_where_it_was_changed(tmp_path: Path) -> None:
    folder = Path(__file__).parents[2] / "personas"
    for path in sorted(folder.glob("*.yaml")):
        text = read_regular(path, limit=10**6).decode("utf-8")
        number = text[: text.index("description:")].count("\n") + 1
        changed = text.replace("description:", "description：", 1)
        assert told(tmp_path, changed)[0] == f"{number}:12: {WIDE_COLON}", path.name


@pytest.mark.parametrize("row", ["\n", " ", " \n", "\r\n", "\xa0", "\u2000", "\u200b", "- ", "– ", '"', "“", "`", "~", "#", "k: ", "：", "\t"])  # fmt: skip
@pytest.mark.parametrize(
    "text", ["a: b: c\n{}x", "k: y{}x\na: b: c", "k: “{}x\na: b: c", "{}x\na: b: c: d\n"]
)
def test_a_long_row_of_one_character_is_read_once(tmp_path: Path, row: str, text: str) -> None:
    """Else the largest of these files would take minutes."""
    rows = 250_000 // len(row.encode())
    assert told(tmp_path, text.format(row * rows))


STRUCTURE = [
    *"ab:- \n[]{},#|>'\"`~",
    "name: ",
    "\n  ",
    "user:\n",
    *"\xa0\u3000\u200b\ufeff：∶–•“”„＂［｛｜＃\u0430\uff4e",
    "```",
    "ｎ",
]


@given(st.lists(st.sampled_from(STRUCTURE), max_size=20).map("".join))
def test_whatever_is_read_a_look_alike_that_is_named_stands_where_it_is_said_to(text: str) -> None:
    with TemporaryDirectory() as folder:
        for found in told(Path(folder), text):
            place = re.match(r"(\d+):(\d+): .*U\+([0-9A-F]{4,6}) ", found)
            if place and "invisible" not in found:
                line, column, number = int(place[1]), int(place[2]), int(place[3], 16)
                assert text.removeprefix("\ufeff").split("\n")[line - 1][column - 1] == chr(number), found
