"""Ages under 18 in the texts of a persona: one for adults (`nsfw`) that gives such an age is refused.

Law: it errs on the side of refusing. An age passes only where it is clear that something or somebody else is
as old (“her 12-year-old whisky”, “his daughter was 9”), that the persona was as old once (“when she was 9”),
or that a time is meant (“17 years ago”). Markup, quotes and invisible characters hide none, tables and macros
neither. Words without an age, such as “student”, are not judged. How it is said: `words.py`.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

import regex

from bot.core.ages import macros
from bot.core.ages.words import AGE_HEADS, TONGUES, compiled
from bot.core.persona import PersonaSheet

CONTEXT: Final = 60
"""Characters before and after an age in which it is looked for whose it is."""

Path = tuple[str | int, ...]

_HIDDEN: Final = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cf}]")
_MARKUP: Final = re.compile(
    r"</?(?:[biuspq]|em|strong|code|span|mark|small|br|li|t[dhr]|h[1-6])>|\|\||[*_`~\"“”„«»\\]", re.IGNORECASE
)
_BRACKETS: Final = str.maketrans("[]", "()")


def minor_age(text: str) -> str | None:
    """Return the words of a text that give an age under 18; None if there are none, or of others only."""
    places = [place for place, sign in enumerate(text) if sign.isascii() or not _HIDDEN.match(sign)]
    plain = _plain("".join(text[place] for place in places))
    for tongue in TONGUES:
        for found, passing in ((tongue.given, tongue.elsewhere), (tongue.minor, tongue.denied)):
            for match in compiled(found).finditer(plain):
                now = match.groupdict().get("now") is not None
                if not _passes(plain, match, passing if now else (*passing, *tongue.once)):
                    return " ".join(text[places[match.start()] : places[match.end() - 1] + 1].split())
    return _in_column(text)


def _in_column(text: str) -> str | None:
    """Return the row of a table whose column of ages has one under 18."""
    column = None
    for line in text.splitlines() if "|" in text else ():
        cells = [cell.strip(" \t*_`") for cell in line.strip().strip("|").split("|")]
        if len(cells) == 1:
            column = None
        elif column is None:
            column = next((number for number, cell in enumerate(cells) if cell.casefold() in AGE_HEADS), None)
        elif column < len(cells) and minor_age(f"Age: {cells[column]}") is not None:
            return " ".join(line.split())
    return None


def _plain(text: str) -> str:
    """Return a text, as long as before, with ordinary letters, digits and brackets, and blanks for markup."""
    if not text.isascii():
        forms = ((sign, unicodedata.normalize("NFKC", sign)) for sign in text)
        text = "".join(form if len(form) == 1 else sign for sign, form in forms)
    return _MARKUP.sub(lambda match: " " * len(match.group()), text).translate(_BRACKETS)


def minor_ages(sheet: PersonaSheet) -> Iterator[tuple[Path, str]]:
    """Yield where the texts of a persona give an age under 18: the key's path, and the words."""
    texts = list(_texts(sheet))
    variables = macros.variables_of(text for _, text in texts)
    for path, text in texts:
        words = minor_age(text) or macros.minor_choice(text, variables, minor_age)
        if words is not None:
            yield path, words


def _texts(sheet: PersonaSheet) -> Iterator[tuple[Path, str]]:
    """Yield all that says who the persona and its people are, but for others in its lore."""
    for key in (*_KEYS, "greeting"):
        yield (key,), getattr(sheet, key) or ""
    for key in ("called", "greetings", "group_greetings", "tags"):
        for number, text in enumerate(getattr(sheet, key) or ()):
            yield (key, number), text
    for number, sample in enumerate(sheet.samples):
        yield ("samples", number, "user"), sample.user
        yield ("samples", number, "reply"), sample.reply
    for number, each in enumerate(sheet.substitutions):
        yield ("substitutions", number, "replace"), each.replace
    if sheet.user is not None:
        yield ("user", "name"), sheet.user.name or ""
        yield ("user", "description"), sheet.user.description
    names = {name.casefold() for name in (sheet.name, sheet.nickname, *(sheet.called or ())) if name}
    for number, entry in enumerate(sheet.lorebook.entries if sheet.lorebook is not None else ()):
        told = entry.content.casefold()
        if entry.constant or "{{char}}" in told or any(name in told for name in names):
            yield ("lorebook", "entries", number, "content"), entry.content


_KEYS: Final = (
    *("name", "nickname", "description", "personality", "voice", "style", "scenario", "title"),
    *("instructions", "reminders"),
)


def _passes(text: str, match: "re.Match[str]", passing: tuple[tuple[str, str], ...]) -> bool:
    before = re.split(r"[.!?;\n。！？；]", text[max(0, match.start() - CONTEXT) : match.start()])[-1]
    after = re.split(r"[.!?;\n。！？；]", text[match.end() : match.end() + CONTEXT])[0]
    return any(compiled(first).search(before) and compiled(then).match(after) for first, then in passing)
