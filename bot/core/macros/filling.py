"""What the macros in a persona's texts stand for: `{{user}}`, `{{random:a,b}}`, `{{date}}`.

Law: only what admins write is filled in, and in one pass: what a macro stands for is never read again, so
that a name which looks like a macro stays a name. What people write here never comes here; of a chat that is
imported, only the names are filled in, for its program put them there. An unknown macro stays as it is.

Chance is pure: what a macro chooses follows from the story, the window and its place in the file, so that a
retry is told the same, and a prompt begins with the one before it. `pick` stays for the whole story;
`random`, `roll`, dates and times may change when the window moves.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, ClassVar, Final

import regex

from bot.core import dice
from bot.core.macros.reading import Macro, Parts, Unknown, formula_of, read, with_names
from bot.core.macros.times import TIMES
from bot.core.name_list import listed
from bot.core.names import NOBODY
from bot.core.persona import Persona, PersonaSheet, UserMacro
from bot.core.sheet import Sheet

FILLED: Final = frozenset(
    {
        *("description", "personality", "style", "voice", "scenario", "title", "instructions", "reminders"),
        *("greeting", "greetings", "group_greetings", "samples", "user", "lore"),
    }
)
"""The keys of a persona's file in which macros are filled in, and what is told of its lorebooks."""

_AS_WRITTEN: Final = frozenset(
    {"name", "called", "nickname", "avatar", "language", "substitutions", "tags", "keys"}
)
"""The keys in which a macro is a mistake: these are no texts, and nothing is filled in there."""

_APART: Final = frozenset({"lorebook", "lorebooks"})
"""What is filled in only as far as it is told (`lore`): a book may have thousands of texts."""

_ONE_LINE: Final = frozenset({"voice", "title"})

_REPLACING: Final = frozenset({"instructions", "reminders"})
"""The keys that replace a text of the bot's, for which `{{original}}` stands."""

_SPOKEN: Final = frozenset({"char", "user"})
_CHANCE: Final = frozenset({"random", "pick", "roll"})
_CLUSTER: Final = regex.compile(r"\X")

Path = tuple[str | int, ...]
"""A path of keys, and of list indices from 0, from the top of a persona's file."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What macros stand for in one prompt or greeting.

    Attributes:
        people: those who play, in the order they came.
        speaker: the one of them who spoke last.
        story: what is the same in all prompts of a story, and in no other story.
        window: what is the same until the window moves.
        at: the time, aware; None if there is none, then dates and times stay as they are written.
        widest: whether each choice is its longest, so that the result bounds all others.
    """

    people: Sequence[str] = ()
    speaker: str = ""
    story: int | str = ""
    window: int | str = ""
    at: datetime | None = None
    widest: bool = False


NO_MOMENT: Final = Moment()


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the macros of one persona's texts stand for.

    Attributes:
        char: the persona's name.
        user: what `{{user}}` stands for.
        moment: everything else.
        key: the persona's key.
        original: the text of the bot's that `instructions` replace.
    """

    char: str
    user: str
    moment: Moment = NO_MOMENT
    key: str = ""
    original: str = ""

    def of(self, text: str, path: Path) -> str:
        """Return a text of an admin's with its macros filled in; `path` says where it stands."""
        template = read(text)
        if not template.macros:
            return text
        line = self._joined(template.parts, path)
        if path[0] in _ONE_LINE:
            return " ".join(line.split())
        # What was beside a macro that leaves nothing must not open or end the text.
        return line if all(each.name in _SPOKEN for _, each in template.macros) else line.strip()

    def _joined(self, parts: Parts, path: Path) -> str:
        found: list[str] = []
        trims = False
        for part in parts:
            if isinstance(part, Macro) and part.name == "trim":
                found, trims = ["".join(found).rstrip("\r\n")], True
                continue
            text = part if isinstance(part, str) else self._of(part, path)
            text = text.lstrip("\r\n") if trims else text
            trims = trims and not text
            found += [text] if text else []
        return "".join(found)

    def _of(self, macro: Macro, path: Path) -> str:
        if macro.name in TIMES:
            at = self.moment.at
            return macro.written if at is None else TIMES[macro.name](at, macro.argument)
        return self._MEANINGS[macro.name](self, macro, path)

    def _reverse(self, macro: Macro, path: Path) -> str:
        return "".join(reversed(_CLUSTER.findall(self._joined(macro.options[0], path))))

    def _original(self, macro: Macro, path: Path) -> str:
        if path[0] not in _REPLACING:
            return macro.written
        return self.original if path[0] == "instructions" else ""

    def _choice(self, macro: Macro, path: Path) -> str:
        if self.moment.widest:
            return max((self._joined(option, path) for option in macro.options), key=len)
        chosen = self._number(macro, path, len(macro.options))
        return self._joined(macro.options[chosen], path)

    def _roll(self, macro: Macro, path: Path) -> str:
        formula = formula_of(macro.argument)
        assert formula is not None
        rolled = 0

        def chance(sides: int) -> int:
            nonlocal rolled
            rolled += 1
            return sides if self.moment.widest else self._number(macro, path, sides, rolled) + 1

        return str(dice.roll(formula, chance).total)

    def _number(self, macro: Macro, path: Path, below: int, rolled: int = 0) -> int:
        """Return a number from 0 on, the same whenever this macro is asked in this story, or window."""
        moment = self.moment
        window = "" if macro.name == "pick" else moment.window
        place = "\0".join(map(str, (moment.story, window, self.key, *path, macro.number, rolled)))
        return int.from_bytes(sha256(place.encode("utf-8", "surrogatepass")).digest()) % below

    _MEANINGS: ClassVar[Mapping[str, Callable[["Meaning", Macro, Path], str]]] = {
        "char": lambda self, _, __: self.char,
        "user": lambda self, _, __: self.user,
        "newline": lambda _, __, ___: "\n",
        **dict.fromkeys(("noop", "//", "comment", "hidden_key"), lambda _, __, ___: ""),
        **dict.fromkeys(("random", "pick"), _choice),
        "roll": _roll,
        "reverse": _reverse,
        "original": _original,
    }


def filled(persona: Persona, moment: Moment = NO_MOMENT, original: str = "") -> Persona:
    """Return the persona with the macros in its texts filled in.

    `original` is the text of the bot's that `instructions` replace. A sample of which nothing is left is
    left out.
    """
    texts = [text for _, text in _texts_at(persona, FILLED)]
    if not any(read(text).macros for text in texts):
        return persona
    of_party = Meaning(persona.known_as, _party(persona, moment), moment, persona.key, original)
    meaning = replace(of_party, user=_user(persona, of_party))
    parts = {name: _mapped(getattr(persona, name), meaning.of, (name,)) for name in _filled_keys(persona)}
    # A piece of lore is the same wherever it stands among those that are told.
    parts["lore"] = _mapped(persona.lore, lambda text, _: meaning.of(text, ("lore", text)), ("lore",))
    parts["samples"] = tuple(each for each in parts["samples"] if each.user and each.reply)
    if persona.user is not None and persona.user.name is not None:
        # Its own macro must not stand for itself.
        parts["user"] = parts["user"].model_copy(update={"name": _named(persona, of_party)})
    return persona.model_copy(update=parts)


def _party(persona: Persona, moment: Moment) -> str:
    """Return all who play, listed in the language of the persona's texts."""
    texts = "\n".join(text for _, text in _texts_at(persona, FILLED))
    return listed(moment.people, with_names(texts, "", "")) or NOBODY


def _filled_keys(persona: Persona) -> Iterator[str]:
    return (name for name in type(persona).model_fields if name in FILLED)


def _user(persona: Persona, meaning: Meaning) -> str:
    """Return what `{{user}}` stands for in all texts; no other place decides that."""
    own = _named(persona, meaning)
    match persona.user_macro:
        case UserMacro.SPEAKER:
            return meaning.moment.speaker or meaning.user
        case UserMacro.PARTY:
            return meaning.user
        case UserMacro.FIXED:
            return own or NOBODY
        case None:
            return own or meaning.user


def _named(persona: Persona, meaning: Meaning) -> str:
    """Return the name in the profile of a persona's file; empty without one."""
    name = persona.user.name if persona.user is not None else None
    return "" if name is None else " ".join(meaning.of(name, ("user", "name")).split())


def draws(persona: Persona) -> bool:
    """Return whether anything in a persona's texts is left to chance."""
    texts = (text for _, text in _texts_at(persona, FILLED))
    return any(macro.name in _CHANCE for text in texts for _, macro in read(text).macros)


def unfilled(sheet: PersonaSheet) -> Iterator[tuple[Path, str]]:
    """Yield the macros that stay as they are, as they are written, each with the path of its text."""
    for path, text in _texts_at(sheet, FILLED | _AS_WRITTEN):
        for written in unfilled_in(text, path):
            yield path, written


def unfilled_in(text: str, path: Path) -> Iterator[str]:
    """Yield the macros of a text that stay as they are, as they are written.

    `path` says where it stands: a piece of lore in `lore`, the words by which it is found in `keys`.
    """
    template = read(text)
    stay = (Unknown(start, each.written) for start, each in template.macros if _stays(each, path))
    for _, written in sorted([*stay, *template.unknown]):
        yield written


def _stays(macro: Macro, path: Path) -> bool:
    return path[0] in _AS_WRITTEN or (macro.name == "original" and path[0] not in _REPLACING)


def _texts_at(sheet: PersonaSheet, keys: Collection[str]) -> Iterator[tuple[Path, str]]:
    """Yield the texts of some keys, each with its path; a lorebook's thousands are not read for these."""
    for name in type(sheet).model_fields:
        if name in keys:
            yield from _texts(getattr(sheet, name), (name,))


def _texts(part: object, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(part, str):
        yield path, part
    elif isinstance(part, tuple):
        for number, item in enumerate(part):
            yield from _texts(item, (*path, number))
    elif isinstance(part, Sheet):
        for name in type(part).model_fields:
            if name not in _APART:
                yield from _texts(getattr(part, name), (*path, name))


def _mapped(part: Any, change: Callable[[str, Path], str], path: Path) -> Any:  # noqa: ANN401 (any part of a persona)
    """Return a part of a persona with all its texts changed."""
    if isinstance(part, str):
        return change(part, path)
    if isinstance(part, tuple):
        return tuple(_mapped(item, change, (*path, number)) for number, item in enumerate(part))
    if isinstance(part, Sheet):
        fields = type(part).model_fields
        parts = {name: _mapped(getattr(part, name), change, (*path, name)) for name in fields}
        return part.model_copy(update=parts)
    return part
