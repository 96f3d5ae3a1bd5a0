"""Pages of a growing text: what each Discord message of a reply shows.

Law: a page is a slice of the text plus added markup, and the slices put together are the text. The end of a
page depends only on the text up to a few characters past a full page, and `pages` never cuts before those are
there. So while a text grows by appending, every page but the last is settled: pass the ends of settled pages
as `cuts`, and their contents stay to the letter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Optional

import regex

from bot.core.posts.markup import CLOSERS, FULL_STOPS, MARKERS, PAUSES, QUOTE, UNFINISHED, Markup, Walk

CONTENT_LIMIT: Final = 2000
"""UTF-16 units in one message's content: Discord's limit for bots (its page "Message", Create Message)."""

SMALLEST_LIMIT: Final = 64
"""UTF-16 units below which the added markup alone could fill a page."""

_LOOKAHEAD: Final = 4  # code points past a full page that decide its cut
_CLOSING: Final = 16  # units of all marks closed at once, with a quoted fence's
_RESERVE: Final = _CLOSING + 2 * _LOOKAHEAD  # a text too long for one page reaches past any cut's look-ahead

_INDENT_SHARE: Final = 16  # a line of code keeps its indentation up to this part of a page
_UNFINISHED_REACH: Final = 400  # the longest beginning of an unfinished mention or link, in code points

_SHARES: Final = (("paragraph", 1 / 2), ("line", 2 / 3), ("sentence", 3 / 4), ("word", 1 / 2))
"""The kinds of breaks from the best, and how full a page must be to end there; below that: graphemes."""

_VISIBLE: Final = regex.compile(
    r"(?V1)[^\s\p{Cc}\p{Default_Ignorable_Code_Point}[\p{Cf}--\p{Prepended_Concatenation_Mark}]\u2800]"
)
"""A visible character: no blank, control or ignorable one. Discord refuses a message without any."""


@dataclass(frozen=True, slots=True)
class Page:
    """One post's share of a text.

    Attributes:
        start: the start of its slice, in code points of the source text.
        end: the end of its slice.
        content: the content of the post: the slice without blanks at its ends, between the markup that
            continues from the page before and the markup that closes what is still open. At most the limit in
            UTF-16 units, never blank.
        onward: the place and state in which the text goes on after a settled page; None for the last page.
    """

    start: int
    end: int
    content: str
    onward: Optional["_Onward"] = field(default=None, compare=False, repr=False)


def pages(
    text: str, cuts: Sequence[int] = (), *, limit: int = CONTENT_LIMIT, laid_out: Sequence[Page] = ()
) -> tuple[Page, ...]:
    """Lay out a text in posts; a blank text has none.

    A page ends at the last paragraph, else line, sentence, word or grapheme cluster that leaves it reasonably
    full, and never inside a mention, custom emoji, timestamp, link or marker unless one of these is longer
    than a page.

    Args:
        text: the text so far.
        cuts: the ends of pages settled before (`settled`). They are kept up to the first that no longer suits
            this text: past its end, more than a page, inside something indivisible.
        limit: UTF-16 units in a page's content.
        laid_out: the pages of an earlier text. Its settled pages, whose ends are the first of `cuts`, are
            taken over without reading them again while the text has only grown.

    Raises:
        ValueError: the limit is below `SMALLEST_LIMIT`.
    """
    if limit < SMALLEST_LIMIT:
        raise ValueError(f"a page of {limit} units is below {SMALLEST_LIMIT}")
    return tuple(_Layout(text, limit).pages(cuts, laid_out))


def settled(laid_out: Sequence[Page]) -> tuple[int, ...]:
    """Return the ends of the pages that stay as they are while the text grows: all but the last."""
    return tuple(page.end for page in laid_out[:-1])


def shows(text: str) -> bool:
    """Return whether a text has a visible character; Discord refuses a message without one."""
    return _VISIBLE.search(text) is not None


def clipped(text: str, limit: int) -> str:
    """Return a text's first grapheme clusters, at most `limit` UTF-16 units.

    A single cluster that is longer is cut.
    """
    shown, room = "", limit
    for found in regex.finditer(r"\X", text):
        cluster = found[0]
        room -= utf16_length(cluster)
        if room < 0:
            break
        shown += cluster
    if not shown:
        while utf16_length(text) > limit:
            text = text[:-1]
        return text
    return shown


def excerpt(text: str, limit: int) -> str:
    """Return a text, or its first words and `…` if it has more than `limit` UTF-16 units.

    A word that is half of that or more, and a script without blanks, is cut where the room ends.
    """
    if utf16_length(text) <= limit:
        return text
    shown = clipped(text, limit - 1)
    before, _, word = shown.rpartition(" ")
    kept = before if len(word) * 2 < len(shown) else shown
    return f"{kept.rstrip(' ,;:-')}…"


def utf16_length(text: str) -> int:
    """Return a text's length as Discord counts it, in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


# --- breaks ---------------------------------------------------------------------------------------

_BREAK: Final = regex.compile(
    rf"""
    (?P<paragraph> \s*?\n\s*?\n )
  | (?P<line> \s*?\n )
  | (?P<sentence> (?<=[.!?…\u061f\u06d4।॥။።\u0589{FULL_STOPS}][{CLOSERS}{MARKERS}]{{0,6}})\s )
  | (?P<word> \s )
  | (?P<full_stop> [{FULL_STOPS}]+[{CLOSERS}]* )(?P<full_stop_marks> [{MARKERS}]+[{CLOSERS}]* )?
  | (?P<comma> [{PAUSES}]+[{CLOSERS}]* )
    """,
    regex.VERBOSE,
)
"""The places where a page may end: before a blank, or after the punctuation of scripts without blanks."""

_LOOKS_LIKE_BLOCK: Final = regex.compile(
    r"(?<=\S)[^\S\n]+(?=(?:>{1,3}|\#{1,3}|-\#|[-*+]|\d{1,9}[.)])(?:[^\S\n]|\Z))"
)
"""Text in a line that would become a quote, heading or list at the beginning of a post."""

_GRAPHEME: Final = regex.compile(r"\X")


def _break_places(text: str, begin: int, end: int) -> Iterator[tuple[str, int]]:
    at = begin
    while found := _BREAK.search(text, at, end):
        at = found.end()
        kind = found.lastgroup
        if kind in ("paragraph", "line", "sentence", "word"):
            yield kind, found.start()
            while at < end and text[at].isspace():
                at += 1
        elif kind == "comma":
            yield "word", at
        else:
            yield "sentence", found.end("full_stop")
            yield "sentence", at


def _best_break(places: Sequence[tuple[str, int]], begin: int, far: int, stops: set[int]) -> int | None:
    """Return the best break among `stops`, which are all between `begin` and `far`; None if there is none."""
    latest = {kind: place for kind, place in places if place in stops}
    for kind, share in _SHARES:
        if latest.get(kind, begin) - begin >= share * (far - begin):
            return latest[kind]
    return max(stops, default=None)


# --- pages ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Onward:
    """The place and state in which a text goes on after a page, and the text in which that was settled."""

    source: str
    stop: int
    after: Markup


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A page's content, and the place and state in which the text goes on after it."""

    content: str
    stop: int
    after: Markup


class _Layout:
    """The layout of one text in pages."""

    def __init__(self, text: str, limit: int) -> None:
        self._text = text
        self._limit = limit
        self._length = len(text.rstrip())
        self._read: dict[tuple[int, int, Markup], _Sheet] = {}

    def pages(self, cuts: Sequence[int], laid_out: Sequence[Page]) -> list[Page]:
        made = self._still_settled(cuts, laid_out)
        kept = list(cuts[len(made) :])
        stop, after = 0, Markup()
        if made and made[-1].onward is not None:
            stop, after = made[-1].onward.stop, made[-1].onward.after
        start = made[-1].end if made else 0
        begin, markup = self._enter(stop, after)
        while begin < len(self._text):
            end = self._kept_end(begin, markup, kept) or self._end(begin, markup)
            sheet = self._sheet(begin, end, markup)
            made.append(Page(start, end, sheet.content, _Onward(self._text, sheet.stop, sheet.after)))
            start = end
            begin, markup = self._enter(sheet.stop, sheet.after)
        if made:  # the rest is blank and would be no message
            made[-1] = replace(made[-1], end=len(self._text), onward=None)
        return made

    def _still_settled(self, cuts: Sequence[int], laid_out: Sequence[Page]) -> list[Page]:
        """Return the first pages of an earlier layout that hold for this text, without reading it again."""
        made: list[Page] = []
        for page, cut in zip(laid_out, cuts, strict=False):
            if page.end != cut or page.onward is None or not self._text.startswith(page.onward.source):
                break
            made.append(page)
        return made

    def _enter(self, at: int, markup: Markup) -> tuple[int, Markup]:
        """Skip what a page cannot show at its beginning; return that place and the markup there."""
        begin = self._visible(at)
        newline = self._text.rfind("\n", at, begin)
        if at > 0 and newline < 0:
            return begin, markup
        if markup.quote == ">>> " or (markup.fence is not None and not markup.quote):
            indented = markup.fence is not None and begin - newline - 1 <= self._limit // _INDENT_SHARE
            return (newline + 1 if indented and begin < len(self._text) else begin), markup
        if prefix := QUOTE.match(self._text, begin):
            said = self._visible(prefix.end())
            if said < len(self._text) and "\n" not in self._text[prefix.end() : said]:
                begin = said if markup.fence is None else prefix.end()
                return begin, replace(markup, quote=prefix[1] + " ")
        return begin, replace(markup, quote="", fence=None)

    def _visible(self, at: int) -> int:
        found = _VISIBLE.search(self._text, at)
        return found.start() if found else len(self._text)

    def _sheet(self, begin: int, end: int, markup: Markup) -> _Sheet:
        """Return a stretch of the text as a page, cached because a page that fits is requested twice."""
        sheet = self._read.get((begin, end, markup))
        if sheet is None:
            sheet = self._read[begin, end, markup] = self._made(begin, end, markup)
        return sheet

    def _made(self, begin: int, end: int, markup: Markup) -> _Sheet:
        stop = begin + len(self._text[begin:end].rstrip())
        walk = Walk(self._text, begin, stop, markup)
        marks = tuple(mark for mark in markup.marks if mark not in walk.literal)
        opening = replace(markup, marks=marks).opening()
        after = walk.markup
        return _Sheet(opening + self._text[begin:stop] + after.closing(), stop, after)

    def _fits(self, begin: int, end: int, markup: Markup) -> bool:
        return utf16_length(self._sheet(begin, end, markup).content) <= self._limit

    def _kept_end(self, begin: int, markup: Markup, kept: list[int]) -> int | None:
        """Return the next settled cut if it still suits; if not, forget it and all after it."""
        if not kept:
            return None
        end = kept.pop(0)
        if (
            begin < end <= len(self._text)
            and self._fits(begin, end, markup)
            and (self._is_whole(begin, end, markup) or end == self._cut(begin, markup))
        ):
            return end
        kept.clear()
        return None

    def _is_whole(self, begin: int, end: int, markup: Markup) -> bool:
        seen = min(end + _UNFINISHED_REACH, len(self._text))
        return end in self._graphemes(begin, end) - Walk(self._text, begin, seen, markup).joints

    def _end(self, begin: int, markup: Markup) -> int:
        if self._length - begin <= self._limit and self._fits(begin, len(self._text), markup):
            return len(self._text)
        return self._cut(begin, markup)

    def _cut(self, begin: int, markup: Markup) -> int:
        far = self._reach(begin, self._limit - _RESERVE - utf16_length(markup.opening()))
        graphemes = self._graphemes(begin, far)
        whole = graphemes - Walk(self._text, begin, self._window(far), markup).joints
        places = list(_break_places(self._text, begin, self._window(far)))
        for stops in (whole - self._doubtful(begin, far), whole, graphemes):
            if (end := _best_break(places, begin, far, stops)) is not None:
                return end
        return far  # one grapheme longer than a page

    def _reach(self, begin: int, room: int) -> int:
        """Return the index that `room` UTF-16 units reach from `begin`, in code points."""
        far = begin
        for char in self._text[begin : begin + room]:
            room -= 2 if char > "\uffff" else 1
            if room < 0:
                break
            far += 1
        return far

    def _window(self, far: int) -> int:
        return min(far + _LOOKAHEAD, len(self._text))

    def _graphemes(self, begin: int, far: int) -> set[int]:
        """Return the ends of grapheme clusters, past the first visible character."""
        first, window = self._visible(begin), self._text[begin : self._window(far)]
        if window.isascii() and "\r" not in window:  # each character is a cluster
            return set(range(first + 1, far + 1))
        ends = (cluster.end() for cluster in _GRAPHEME.finditer(self._text, begin, self._window(far)))
        return {end for end in ends if first < end <= far}

    def _doubtful(self, begin: int, far: int) -> set[int]:
        """Return the places inside a possible atom, or before text that would become a block."""
        window = self._window(far)
        places: set[int] = set()
        if unfinished := UNFINISHED.search(self._text, max(begin, far - _UNFINISHED_REACH), window):
            places.update(range(unfinished.start() + 1, window + 1))
        for block in _LOOKS_LIKE_BLOCK.finditer(self._text, begin, window):
            places.update(range(block.start(), block.end() + 1))
        return places
