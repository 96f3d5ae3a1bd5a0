"""Characters that look like those of YAML: which they are, and which ordinary ones were meant.

Law: a character is never judged by its looks alone. It is at fault only if the ordinary character in its
place makes sense where it does not: the file can be read further, the key is known, the value fits. Prose in
any script stays as it is.
"""
# ruff: noqa: RUF001, RUF003 (this file is about such characters)

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from itertools import islice
from typing import Final

# Letters of Unicode's list of confusable characters (UTS 39, confusables.txt of version 15) that look like
# one ASCII letter: Cyrillic, Greek, Armenian, Latin. What NFKC maps to ASCII, such as `ａ`, isn't listed.
_LETTERS: Final = str.maketrans(
    "ЅІЈАВЕКМНОРСТУХЬагеорсухѕіјѡѴѵҮүһҽӀӏԁԌԛԜԝꙇ"
    "ͺͿΑΒΕΖΗΙΚΜΝΟΡΤΥΧαγινορσυϒϜϱϲϳϹϺᴦι"
    "ՍՏՕագզհոռսցքօ"
    "ıƄƍƖƦƽǀɑɡɣɩɪɯʋʏᴄᴏᴑᴜᴠᴡᴢᶃᶌẝỿꜱꞘꞙꞟꞲꞳꞴꬲꬵꬽꭇꭈꭎꭒꭚ",
    "SIJABEKMHOPCTYXbareopcyxsijwVvYyheIidGqWwi"
    "iJABEZHIKMNOPTYXayivopouYFpcjCMri"
    "USOwqqhnnugfo"
    "ibgIRslagyiiwuycoouvwzgyfysFfuJXBeforruuy",
)

_COLONS: Final = "ː˸։׃܃܄᠃᠉⁚∶ꓽ꞉︰︓﹕："
"""Signs of the same list that look like a colon."""

_DASHES: Final = "˗‐‑‒–—―⁃−➖﹘﹣－•◦‣·▪●"
"""Signs that look like the dash of a list: those of the same list, longer dashes, and bullets."""

_DOUBLE: Final = "“”„‟″‶〝〞＂«»"
_SINGLE: Final = "‘’‚‛′‵＇´｀‹›"
_QUOTES: Final = _DOUBLE + _SINGLE
"""Quotation marks of other languages, and signs that look like quotation marks."""

_BLANKS: Final = "\xa0\u1680\u2000-\u200a\u202f\u205f\u3000\u2800\u115f\u1160\u3164\uffa0"
"""The blanks of Unicode but the ordinary one, and signs that are drawn as blanks."""

_INVISIBLE: Final = (
    "\xad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
)
"""Characters without a width: joiners, marks of direction, variation selectors, a byte-order mark."""

_SIGNS: Final = str.maketrans(
    dict.fromkeys(_COLONS, ":")
    | dict.fromkeys(_DASHES, "-")
    | dict.fromkeys(_DOUBLE, '"')
    | dict.fromkeys(_SINGLE, "'")
)
_BLANK: Final = re.compile(f"[{_BLANKS}]")
_GONE: Final = re.compile(f"[{_INVISIBLE}]")

LONGEST_KEY: Final = 80
"""Maximum characters of a key that are looked at; the longest of ours have 24."""

_WRAPPING: Final = re.compile(rf"\A[\s\\\"'`{_BLANKS}{_INVISIBLE}{_QUOTES}]*")

_SPACE: Final = rf"[ {_BLANKS}{_INVISIBLE}]"
_LINE: Final = re.compile(
    rf"(?P<indent>{_SPACE}*)"
    rf"(?P<items>(?:[-{_DASHES}]{_SPACE}+)*)"
    rf"(?:(?P<key>[\"'{_QUOTES}]?[\w.<{_INVISIBLE}-]{{1,{LONGEST_KEY}}}[\"'{_QUOTES}]?)(?P<before>{_SPACE}{{0,8}})"
    rf"(?::(?={_SPACE}|$)|[{_COLONS}])(?P<gap>{_SPACE}*))?"
    r"(?P<rest>.*)",
    re.DOTALL,
)
"""A line of YAML: its indentation, the dashes of lists, a key with its colon, and what follows."""

_NO_COLON: Final = re.compile(rf"([{_COLONS}])|:([{_BLANKS}{_INVISIBLE}])")
"""What looks like a colon with a blank behind it."""

_FENCE: Final = re.compile(rf"{_SPACE}*(?:`{{3,}}|~{{3,}}).*", re.DOTALL)
"""A line that opens or closes a block of code in Markdown, as which people show YAML to each other."""

SUSPICIOUS: Final = re.compile(r"[^\x00-\x7f]|^ *+(?:`{3,}|~{3,})", re.MULTILINE)
"""What every text with a look-alike or a fence contains."""

_LOOSE: Final = re.compile(rf"(?<![{_BLANKS}{_INVISIBLE}])[{_BLANKS}{_INVISIBLE}]++(?=#|$)")
"""What looks like the blanks before a comment or the line's end; each row of them is tried once."""

_WIDE: Final = str.maketrans("［］｛｝｜＞＃，", "[]{}|>#,")

MOST: Final = 64
"""Maximum suspicious places that are tried for one mistake: the first of a value, the nearest above it."""

REACH: Final = 2000
"""Maximum lines above a mistake in which its cause is looked for."""


def described(character: str) -> str:
    """Return a character's number and name, for example `U+00A0 NO-BREAK SPACE`."""
    return " ".join(filter(None, [f"U+{ord(character):04X}", unicodedata.name(character, "")]))


def ordinary(text: str) -> str:
    """Return a text in which each look-alike is the character it looks like; invisible ones are left out."""
    text = _BLANK.sub(" ", _GONE.sub("", text)).translate(_SIGNS).translate(_LETTERS)
    return "".join(map(_narrow, text))


def _narrow(character: str) -> str:
    """Return the ASCII character that a wide or styled one stands for, or the character itself."""
    folded = character if character.isascii() else unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 and folded.isascii() else character


def first(text: str) -> str:
    """Return the first look-alike of a text; "" if there is none."""
    return next((character for character in text if ordinary(character) != character), "")


def bare(text: str) -> str:
    """Return a text with ordinary characters, without blanks and quotation marks around it."""
    return ordinary(text).strip(" '\"")


# Keys and values --------------------------------------------------------------------------------


def at_fault_in_key(key: str, known: Collection[str]) -> str:
    """Return the look-alike that makes a known key unknown; "" if there is none."""
    return first(key) if bare(key) in known else at_fault_in_place_of_keys(key, known)


def at_fault_around_key(key: str) -> str:
    """Return the look-alike at an end of a key, or within it, that no key without quotes can have."""
    if key.isascii():
        return ""
    ends = re.match(rf"[{_BLANKS}{_INVISIBLE}]|[{_DASHES}](?={_SPACE})", key)
    found = ends or _GONE.search(key) or re.search(rf"[{_BLANKS}]$", key)
    return found[0] if found else ""


def at_fault_in_place_of_keys(text: str, known: Collection[str]) -> str:
    """Return the look-alike that makes a text of what should be keys with values; "" if there is none."""
    for found in islice(_NO_COLON.finditer(text), MOST):
        before = text[max(found.start() - LONGEST_KEY, 0) : found.start()]
        word = re.split(rf"[\s:{_COLONS}]", ordinary(before).rstrip())[-1]
        if bare(word) in known:
            return found[1] or found[2]
    return "｛" if text.startswith("｛") else ""


def at_fault_in_place_of_list(text: str) -> str:
    """Return the look-alike that makes a text of what should be a list; "" if there is none."""
    found = re.match(rf"［|[{_DASHES}](?={_SPACE})", text)
    return found[0] if found else ""


def at_fault_in_value(text: str, fits: Callable[[str], bool]) -> str:
    """Return the first look-alike of a value that would fit with ordinary characters; "" if there is none."""
    # After a look-alike of a blank no comment begins, so it became a part of the value.
    plain = re.sub(r"\s#.*", "", bare(text), flags=re.DOTALL)
    return first(text) if fits(plain.strip(" '\"")) else ""


def unwrapped(text: str) -> str:
    """Return a text without blanks, invisible characters and (escaped) quotation marks at its ends."""
    kept = _WRAPPING.sub("", text, 1)
    return _WRAPPING.sub("", kept[::-1], 1)[::-1]


def is_wrapped(text: str) -> bool:
    """Return whether a text begins and ends with quotation marks of any kind."""
    return re.fullmatch(rf"[\"'`{_QUOTES}].*[\"'`{_QUOTES}]", text, re.DOTALL) is not None


def is_quoted(text: str) -> bool:
    """Return whether a whole text is within quotation marks that aren't YAML's."""
    return re.fullmatch(rf"[{_QUOTES}][^{_QUOTES}]*[{_QUOTES}]", text) is not None


# Lines ------------------------------------------------------------------------------------------


def mend(line: str) -> str:
    """Return a line of YAML with ordinary characters where its structure is; its texts stay as they are."""
    if _FENCE.fullmatch(line):
        return ""
    found = _LINE.fullmatch(line)
    assert found  # every line has this form
    start = ordinary(found["indent"] + found["items"])
    rest = _mended_value(found["rest"])
    if found["key"] is None:
        return start + rest
    key = _GONE.sub("", found["key"]).translate(_SIGNS) + ordinary(found["before"])
    gap = ordinary(found["gap"]) or (" " if rest else "")
    return f"{start}{key}:{gap}{rest}"


def _mended_value(rest: str) -> str:
    rest = _LOOSE.sub(" ", rest)
    if re.match(r"[［｛]|[｜＞][-+0-9]*$", rest) or rest.startswith("＃"):
        return rest.translate(_WIDE).translate(_SIGNS)
    quoted = re.fullmatch(rf"[{_QUOTES}](.*)[\"'{_QUOTES}]( #.*| *)", rest)
    if quoted:
        return "'" + quoted[1].replace("'", "''") + "'" + quoted[2]
    return rest


def is_fence(line: str) -> bool:
    """Return whether a line opens or closes a block of code in Markdown."""
    return _FENCE.fullmatch(line) is not None


def at_fault_in_lines(lines: Sequence[str], reads: Callable[[Sequence[str]], bool]) -> tuple[int, int] | None:
    """Return the first place, line and column from 0, that hinders reading; None if no look-alike does.

    Args:
        lines: the lines up to the mistake.
        reads: says whether lines can be read without that mistake.
    """
    first_line = max(len(lines) - REACH, 0)
    mended = [*lines[:first_line], *map(mend, lines[first_line:])]
    suspects = [number for number, line in enumerate(lines) if line != mended[number]][-MOST:]

    def reads_with(count: int) -> bool:
        """Return whether the lines can be read if only the last `count` suspects are mended."""
        chosen = set(suspects[len(suspects) - count :])
        return reads([mended[number] if number in chosen else line for number, line in enumerate(lines)])

    if not suspects or not reads_with(len(suspects)):
        return None
    low, high = 1, len(suspects)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if reads_with(middle) else (middle + 1, high)
    number = suspects[-low]
    return number, _difference(lines[number], mended[number])


def _difference(line: str, mended: str) -> int:
    """Return the column of the first character that was mended; for a fence, of the fence."""
    if is_fence(line):
        return min(line.find(character) for character in "`~" if character in line)
    pairs = zip(line, f"{mended}\n", strict=False)
    return next((column for column, (old, new) in enumerate(pairs) if old != new), len(line) - 1)
