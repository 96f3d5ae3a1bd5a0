"""What a text under a persona's face may not do: pass for the bot's own notices, or hide what it shows.

Law: pure. Each character is replaced by at most one, of the same length in UTF-16, so that pages keep their
places and sizes. The story keeps the text as it was said or written. Code stays as it is, but for marks of
direction, where it is certain that Discord shows it as code; in doubt it counts as text.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final

import regex

_RISKY: Final = regex.compile(r"\]\(|-#|↪|:arrow_right_hook:|[\u202a-\u202e\u2066-\u2069]")
_SMALL: Final = regex.compile(r"-(?=#(?:[\s\ufeff]|\Z))")
"""The mark of small print (Discord's page "Markdown Text 101", Subtext), anywhere in a line."""

_ARROW: Final = ":arrow_right_hook:"
"""Discord's name for ↪, which its apps show as the arrow."""

_PLAIN: Final = {"-": "\u2010", "↪": "→", ":": "\ua789"}
"""A hyphen that marks nothing, an arrow that the bot does not use, and a colon that names no emoji."""

_NOTHING: Final = "\u2060"  # a word joiner, which is invisible and breaks no line

_OVERRIDES: Final = "\u202d\u202e"
_OPENED_BY: Final = {"\u202c": "\u202a\u202b", "\u2069": "\u2066\u2067\u2068"}
"""The marks that end a turn of direction, with those that begin one (Unicode's annex 9, tables 1 and 2)."""
_CLOSED_BY: Final = "".join(_OPENED_BY.values())

Spans = list[tuple[int, int]]


@lru_cache(maxsize=64)  # the pages of a reply that grows, but for the last, are asked for again and again
def disarmed(content: str) -> str:
    """Return the content of a post that imitates no notice and hides nothing.

    A masked link loses its mask, and shows its address: `[a door](https://…)` becomes `(a door)(https://…)`.
    Small print (`-#`) and the arrow above replies (`↪`) become ordinary characters. Marks that turn the
    direction of text stay only as pairs in one line; overrides never do.
    """
    if not _RISKY.search(content):
        return content
    inside = {at for first, last in _code_in(content) for at in range(first, last)}
    every = list(enumerate([*content, "\n"]))
    live = [(at, char) for at, char in every if at not in inside]
    chars = list(content)
    for at, char in chain(_small(content, live), _unmasked(content, live), _balanced(content, every)):
        chars[at] = char
    return "".join(chars)


Live = Sequence[tuple[int, str]]
"""Characters, all or those outside of code, with their places, and a newline at the end."""

Changed = Iterator[tuple[int, str]]
"""The places that change, with their new character."""


def _small(content: str, live: Live) -> Changed:
    """Make small print and its arrow ordinary characters."""
    for at, char in live:
        is_small = char == "-" and _SMALL.match(content, at)
        if char == "↪" or is_small or (char == ":" and content.startswith(_ARROW, at)):
            yield at, _PLAIN[char]


def _unmasked(content: str, live: Live) -> Changed:
    """Give every bracket that may hide an address the shape of one that does not."""
    brackets: list[int] = []
    for at, char in live:
        if char == "\n":
            brackets = []
        elif char == "[":
            brackets.append(at)
        elif char == "]":
            opened = brackets.pop() if brackets else None
            if content[at + 1 : at + 2] != "(":
                continue
            yield at, ")"
            if opened is not None and content[opened - 1 : opened] != "]":  # which would mask again
                yield opened, "("


def _balanced(content: str, every: Live) -> Changed:
    """Hide the marks of direction that do not come as pairs in a line; also in code, which they leave."""
    opened: list[int] = []
    for at, char in every:
        if char == "\n":
            yield from ((each, _NOTHING) for each in opened)
            opened = []
        elif char in _CLOSED_BY:
            opened.append(at)
        elif char in _OPENED_BY and opened and content[opened[-1]] in _OPENED_BY[char]:
            opened.pop()
        elif char in _OPENED_BY or char in _OVERRIDES:
            yield at, _NOTHING


# --- code -----------------------------------------------------------------------------------------

_FENCE: Final = regex.compile(r"```[\w+.#-]{0,16}")
_TICKS: Final = regex.compile(r"`+")
_LAST_WORD: Final = regex.compile(r"(?r)\S+\Z")
_ADDRESS: Final = regex.compile(r"<[^\s<>]*:/")

_LONGEST_RUN: Final = 2  # backticks of code within a line
_MARKERS: Final = "*_~|"


def _code_in(content: str) -> Spans:
    """Return the places of code, in their order; none if any of it may not be code for Discord.

    Discord looks for links, quotes, and the ends of bold and the like before it looks for code. Rather than
    its parser, this knows what is beyond doubt: fences on lines of their own, and pairs within a line.
    """
    found = _fences_and_pairs(content) if "`" in content else None
    if not found:
        return []
    code = [content[first:last] for first, last in found]
    edges = [0, *(edge for span in found for edge in span), len(content)]
    text = [content[first:last] for first, last in zip(edges[::2], edges[1::2], strict=True)]
    is_plain = (
        all(map(_has_own_brackets, code))
        and not any(map(_leads_in, text[:-1]))
        and not any(map(_ADDRESS.search, text))
        and not any(mark in "".join(code) and mark in "".join(text) for mark in _MARKERS)
    )
    return found if is_plain else []


def _leads_in(text: str) -> bool:
    """Return whether Discord takes a backtick behind a text for something else than the beginning of code.

    An escape makes it do so, or an address that goes on.
    """
    word = _LAST_WORD.search(text)
    return word is not None and (word[0].endswith("\\") or ":/" in word[0])


def _fences_and_pairs(content: str) -> Spans | None:
    found: Spans = []
    fence: int | None = None
    start = 0
    for line in content.split("\n"):
        end = start + len(line)
        if fence is not None:
            if line.rstrip() == "```" and content[content.index("\n", fence) : start].strip():
                found.append((fence, end))
                fence = None
            elif "```" in line:
                return None
        elif "```" in line:
            if not _FENCE.fullmatch(line):
                return None
            fence = start
        elif (pairs := _pairs(line)) is not None:
            found += [(start + first, start + last) for first, last in pairs]
        else:
            return None
        start = end + 1
    return found if fence is None else None


def _pairs(line: str) -> Spans | None:
    runs = [run.span() for run in _TICKS.finditer(line)]
    lengths = [last - first for first, last in runs]
    if lengths[::2] != lengths[1::2] or any(length > _LONGEST_RUN for length in lengths):
        return None
    return [(opened[0], closed[1]) for opened, closed in zip(runs[::2], runs[1::2], strict=True)]


def _has_own_brackets(code: str) -> bool:
    """Return whether no bracket in code can close one before it: Discord would see a link there."""
    at = code.find("](")
    while at >= 0:
        before = max(code.rfind(bracket, 0, at) for bracket in "[]")
        if before < 0 or code[before] != "[":
            return False
        at = code.find("](", at + 1)
    return True
