"""Status blocks: figures that a role-play model appends to its text, `[HP: 10/10 | Mood: calm]`.

Law: a line counts as one only if it can be nothing else: one bracket that names a well-known figure. `[The
door creaks.]`, `[Note: it is locked.]`, `[Alice: gone | Bob: gone]` are the persona's words. `[STATUS:
CLOSED]` may be a sign on a door: a state in words is a block only with another figure beside it.
"""

from typing import Final

import regex

from bot.core.greetings import Company, greetings_of
from bot.core.names import key_of
from bot.core.output.speakers import BLANK
from bot.core.persona import Persona

_HEADS: Final = regex.compile(
    r"""
    status|state|stats|statusblock|hp|mp|reputation|affection|itemstate
    |状态|狀態|状态栏|狀態欄|当前状态|好感度|ステータス|状態|상태|호감도|статус|состояние|zustand|estado|état
    """,
    regex.VERBOSE,
)
"""Keys that make a bracket a status block by themselves."""
_STATES: Final = regex.compile(
    r"status|state|状态|狀態|当前状态|ステータス|状態|상태|статус|состояние|zustand|estado|état"
)
"""Those of `_HEADS` that signs have too."""
_FIGURES: Final = regex.compile(
    rf"""{_HEADS.pattern}
    |health|energy|stamina|mana|sp|xp|exp|level|lv|gold|money|inventory|items|mood|hunger|trust|relationship
    |location|place|time|date|weather|class
    |心情|情绪|好感|体力|生命|生命值|血量|魔力|等级|金钱|物品|地点|位置|时间|日期|天气|関係|気分|場所|時間
    |기분|장소|시간|체력|настроение|здоровье|место|время|stimmung|ort|zeit|ánimo|lugar|hora|humeur|lieu|heure
    """,
    regex.VERBOSE,
)
"""Keys of which one must be among a bracket's pairs."""

_KEY: Final = r"\p{L}[\p{L}\p{M}\p{N}_'/ -]{0,23}"
_IS: Final = r"[=:\uff1a]"
_BRACKET: Final = regex.compile(
    rf"""[{BLANK}]*[\[【][{BLANK}]*(?P<key>{_KEY})(?:
    [\]】](?P<pairs>[{BLANK}]*(?:{_KEY}{_IS}[^\n\[\]【】]{{0,300}})?)
  | {_IS}(?P<value>[^\n\[\]【】]{{0,300}})[\]】][{BLANK}]*
    )\n""",
    regex.VERBOSE,
)
"""`[Status]`, `【状态】体力：80`, `[HP: 10/10 | Mood: calm]`, on a line of its own."""  # noqa: RUF001
_PAIR: Final = regex.compile(
    rf"[{BLANK}]*(?:[-*•][{BLANK}]+)?\*{{0,2}}(?P<key>{_KEY})\*{{0,2}}[{BLANK}]*{_IS}[^\n\[\]【】]{{0,80}}\n"
)
_WITHIN: Final = regex.compile(rf"[{BLANK}]*(?P<key>{_KEY})[{BLANK}]*{_IS}.*")
_BARS: Final = regex.compile(r"[|｜;；·•]")  # noqa: RUF001
_COMMAS: Final = regex.compile(r"[,，、]")  # noqa: RUF001
_DRAWN: Final = "-–—_=~*•·"  # noqa: RUF001
_RULE: Final = regex.compile(rf"(?:[{BLANK}]*[{_DRAWN}]){{3}}[{_DRAWN}{BLANK}]*\n")
_DIGIT: Final = regex.compile(r"\p{N}")


def is_block(line: str) -> bool | None:
    """Return whether a line is a status block.

    Args:
        line: a line with its newline, or the beginning of one.

    Returns:
        None if that depends on the missing rest of the line.
    """
    found = _BRACKET.match(line, partial=True)
    if found is None:
        return False
    return None if found.partial else _names_figures(found)


def is_sign(line: str) -> bool:
    """Return whether a status block is a single state in words, which may be a sign on a door."""
    found = _BRACKET.fullmatch(line)
    if found is None or found["value"] is None or _DIGIT.search(found["value"]):
        return False
    pairs = [_pairs(found, between) for between in (_BARS, _COMMAS)]
    return not any(pairs) and _STATES.fullmatch(key_of(found["key"])) is not None


def is_figure(line: str) -> bool | None:
    """Return whether a line is `HP: 10` or `[HP: 10]`, which turn a sign into a block; None as above."""
    is_block_too, found = is_block(line), _PAIR.match(line, partial=True)
    if found is None or is_block_too:
        return is_block_too
    return None if found.partial else _FIGURES.fullmatch(key_of(found["key"])) is not None


def is_pair(line: str) -> bool | None:
    """Return whether a line is `Mood: calm`, as below a status block's first line; None as above."""
    found = _PAIR.match(line, partial=True)
    return None if found and found.partial else found is not None


def is_rule(line: str) -> bool | None:
    """Return whether a line is a drawn rule, as above a status block; None as above."""
    found = _RULE.match(line, partial=True)
    return None if found and found.partial else found is not None


def _names_figures(bracket: "regex.Match[str]") -> bool:
    key = key_of(bracket["key"])
    if bracket["value"] is None:
        figure = _FIGURES if bracket["pairs"].strip() else _HEADS
        return figure.fullmatch(key) is not None
    for between in (_BARS, _COMMAS):
        if keys := _pairs(bracket, between):
            return any(map(_FIGURES.fullmatch, keys))
    return _HEADS.fullmatch(key) is not None


def _pairs(bracket: "regex.Match[str]", between: "regex.Pattern[str]") -> list[str]:
    """Return the keys of a bracket's pairs; none if it does not consist of pairs."""
    body = f"{bracket['key']}:{bracket['value']}"
    pairs = [pair for part in between.split(body) if (pair := _WITHIN.fullmatch(part))]
    several = len(pairs) > 1 and len(pairs) == len(between.split(body))
    return [key_of(pair["key"]) for pair in pairs] if several else []


# --- who is meant to write them -------------------------------------------------------------------

_WORD: Final = regex.compile(
    r"\b(?:status|stats?|HP)\b|状态|狀態|好感度|ステータス|状態|상태|호감도|\bстатус",  # noqa: RUF001
    regex.IGNORECASE,
)
_SENTENCE: Final = regex.compile(r"[^.!?。！？\n]+")  # noqa: RUF001
_DENIES: Final = regex.compile(
    r"\b(?:no|not|never|without|don't|nie|nicht|kein\w*|ohne|sin|sans|pas|без|нет|не)\b|[不别別没沒無无]|ない|없",
    regex.IGNORECASE,
)


def writes_status(persona: Persona) -> bool:
    """Return whether a persona is meant to write status blocks.

    It is if a greeting or a sample reply has one, or if a sentence of its instructions or reminders
    mentions them without a word like "no".
    """
    shown = (*greetings_of(persona, Company.VISITOR), *(sample.reply for sample in persona.samples))
    if any(is_block(f"{line}\n") for text in shown for line in text.splitlines()):
        return True
    sentences = _SENTENCE.findall(f"{persona.instructions}\n{persona.reminders}")
    return any(_WORD.search(each) and not _DENIES.search(each) for each in sentences)
