"""Discord's markup in a growing text: which of it is open at a point, and where no page may end.

Law: nothing is known of pages or of their length. What is read depends on the text up to a point only, and on
the markup that was open where the reading began.
"""

from dataclasses import dataclass
from typing import Final

import regex

FULL_STOPS: Final = "。！？｡"  # noqa: RUF001 - full-width is what is meant, here and below
"""What ends a sentence in scripts without blanks; `PAUSES` stand within one."""

PAUSES: Final = "，、；：…—"  # noqa: RUF001
_OPENERS: Final = "\"'([{“‘«「『（【《"  # noqa: RUF001
CLOSERS: Final = "\"'”’»)\\]}」』】》〉）］｣"  # noqa: RUF001
MARKERS: Final = "*_~|"
"""What opens and closes emphasis and spoilers; `CLOSERS` are quotation marks and brackets."""

_LEADS: Final = _OPENERS + MARKERS

_ATOM: Final = rf"""
    <(?: a?:\w{{2,32}}:\d{{1,21}} | @[!&]?\d{{1,21}} | \#\d{{1,21}} | id:\w{{1,32}}
      | t:-?\d{{1,14}}(?::[a-zA-Z])? | /[^\n<>:]{{1,110}}:\d{{1,21}} )>
  | \[[^\[\]\n]{{1,256}}\]\(<?https?://[^\n()]{{1,1000}}(?:\([^\n()]{{0,200}}\)[^\n()]{{0,200}})*\)
  | https?://[^\s<>*|{FULL_STOPS}{PAUSES}]*[^\s<>{MARKERS}.,:;!?{FULL_STOPS}{PAUSES}{CLOSERS}]
"""
_QUOTED: Final = r"[ ]*>(?:>>)?[ ]"
_ITEM: Final = r"[ \t]*(?:[-*+]|\d{1,9}[.)]|\#{1,3}|-\#)[ \t]+"
_TOKENS: Final = {
    in_quote: regex.compile(
        rf"""(?=[\\`<\[h*_~|\n])(?:
    (?P<mark> \*+ | _+ | ~~+ | \|\| )
  | (?P<escape> \\[^\s\p{{L}}\p{{N}}] )
  | (?P<fence> ```(?:(?P<language>[\w+.\#-]{{1,16}})?\n)? )
  | (?P<code> `{{1,2}} )
  | (?P<atom> {_ATOM} )
  | (?P<line> \n {"" if in_quote else f"(?={_QUOTED}|{_ITEM})"} (?P<quote>{_QUOTED})? (?:{_ITEM})? )
    )""",
        regex.VERBOSE,
    )
    for in_quote in (True, False)
}
"""What may be markup; a line's end alone is, if it ends a quote."""
UNFINISHED: Final = regex.compile(
    r"""(?:
    <(?: a?(?::(?:\w{0,32}(?::\d{0,21})?)?)? | @[!&]?\d{0,21} | \#\d{0,21} | i(?:d(?::\w{0,32})?)?
      | t(?::-?\d{0,14}(?::[a-zA-Z]?)?)? | /[^\n<>:]{0,110}(?::\d{0,21})? )
  | \[[^\[\]\n]{0,256}(?:\](?:\([^\n()]{0,256})?)?
  | h(?:t(?:t(?:p(?:s?(?::/{0,2})?)?)?)?)?
    )\Z""",
    regex.VERBOSE,
)
"""The beginning of an atom that may go on past the text read."""

_CODE_END: Final = {run: regex.compile(rf"(?<!`){run}(?!`)") for run in ("`", "``")}
QUOTE: Final = regex.compile(r"(>(?:>>)?)[ ]")
"""The beginning of a line that quotes."""

_UNQUOTED_LINE: Final = regex.compile(r"\n(?![ ]*>[ ])")
_SPACED_WORD: Final = regex.compile(
    r"(?!\p{Han}|\p{Hiragana}|\p{Katakana}|\p{Hangul}|\p{Thai}|\p{Lao}|\p{Khmer}|\p{Myanmar})[\p{L}\p{N}]"
)
"""A letter or digit of a script with blanks between words; `f*ck` and `5*3` open nothing."""
_ASCII_WORD: Final = regex.compile(r"[A-Za-z0-9_]")
_KINDS: Final = {
    mark: kinds
    for char in "*_"
    for mark, kinds in (
        (char, (char,)),
        (char * 2, (char * 2,)),
        (char * 3, (char * 2, char)),
    )
} | {"~~": ("~~",), "||": ("||",)}
"""What a run of marker characters may open or close, outermost first. Longer runs are decoration."""


@dataclass(frozen=True, slots=True)
class Markup:
    """The open markup at a point of the text."""

    marks: tuple[str, ...] = ()  # outermost first, each kind once; inline code can only be the last
    fence: str | None = None  # an open code block's language
    quote: str = ""  # "> " up to the end of the line, ">>> " to the end of everything

    def opening(self) -> str:
        """Return what opens it again where a text goes on."""
        head = self.quote + "".join(self.marks)
        if self.fence is None:
            return head
        return f"{head}```{self.fence}\n" + (self.quote if self.quote == "> " else "")

    def closing(self) -> str:
        """Return what closes it where a text breaks off."""
        tail = "".join(reversed(self.marks))
        if self.fence is None:
            return tail
        return "\n" + (self.quote if self.quote == "> " else "") + "```" + tail


class Walk:
    """A parser of Discord's markup in a stretch of text, as far as it can be known so far.

    Discord looks for the end of a marker before it accepts its beginning; this accepts beginnings, and takes
    one back when the text shows that Discord would not.

    Attributes:
        literal: marks open at the beginning that turned out to be plain characters.
        joints: places where no page may end: inside a token, after an opening, before a closing.
    """

    def __init__(self, text: str, start: int, end: int, markup: Markup) -> None:
        self._text = text
        self._start = self._at = start
        self._end = end
        self._marks = list(markup.marks)
        self._fence = markup.fence
        self._quote = markup.quote
        self._carried = set(markup.marks)
        self.literal: set[str] = set()
        self.joints: set[int] = set()
        self._read()

    @property
    def markup(self) -> Markup:
        """The open markup at the end."""
        return Markup(tuple(self._marks), self._fence, self._quote)

    def _read(self) -> None:
        if self._marks and self._marks[-1] in _CODE_END:
            self._read_code(self._marks[-1])
        while self._at < self._end:
            if self._fence is not None:
                self._read_fence()
            else:
                self._read_tokens()

    def _read_tokens(self) -> None:
        """Read tokens to the end, or until the text has to be read otherwise."""
        is_quote = self._quote == "> "
        for token in _TOKENS[is_quote].finditer(self._text, self._at, self._end):
            start, self._at = token.span()
            if self._at - start > 1:
                self.joints.update(range(start + 1, self._at))
            match token.lastgroup:
                case "mark":
                    self._read_mark(start, token[0])
                case "fence":
                    self._fence = token["language"] or ""
                    self.joints.add(self._at)
                    return
                case "code":
                    self._open(token[0])
                    self._read_code(token[0])
                    return
                case "line":
                    self._read_line(token)
                    if is_quote != (self._quote == "> "):
                        return
        self._at = self._end

    def _read_fence(self) -> None:
        close = self._text.find("```", self._at, self._end)
        stop = self._end if close < 0 else close
        if self._quote == "> " and (line := _UNQUOTED_LINE.search(self._text, self._at, stop)):
            self._fence, self._at = None, line.start()  # the quote ends, with all in it
        elif close < 0:
            self._at = self._end
        else:
            self._hold(close)
            self.joints.update(range(close + 1, close + 3))
            self._fence, self._at = None, close + 3

    def _read_code(self, run: str) -> None:
        # Discord lets code run over lines; this does not, so that a stray backtick affects one line only.
        newline = self._text.find("\n", self._at, self._end)
        stop = self._end if newline < 0 else newline
        if close := _CODE_END[run].search(self._text, self._at, stop):
            self._hold(close.start())
            self._close(run)
            self._at = close.end()
        elif newline < 0:
            self._at = self._end
        else:
            self._take_back(run)

    def _read_line(self, token: "regex.Match[str]") -> None:
        following = self._text[self._at : min(self._at + 1, self._end)]
        if token[0] != "\n" and not following.isspace():
            self.joints.add(self._at)  # a quote or list item with text begins here
        if self._quote != ">>> ":
            self._quote = f"{quote.strip()} " if (quote := token["quote"]) else ""

    def _read_mark(self, start: int, run: str) -> None:
        kinds, end = _KINDS.get(run, ()), self._at
        before = self._text[start - 1 : start]
        after = self._text[end : end + 1] if end < self._end else ""
        closing: list[str] = []
        if self._marks:
            if run in ("*", "~~") and before.isspace():
                self._take_back(run)  # Discord does not close it after a blank, nor reads on past such a one
            closing = [kind for kind in self._marks if kind in kinds and _closes(kind, after)]
            for kind in reversed(closing):
                self._close(kind)
            if closing:
                self._hold(start)
        if _opens(run[0], before, after):
            for kind in kinds:
                if kind not in closing and kind not in self._marks:
                    self._open(kind)

    def _open(self, kind: str) -> None:
        self._marks.append(kind)
        self.joints.add(self._at)

    def _close(self, kind: str) -> None:
        if kind not in self._marks:
            return
        for inner in self._marks[self._marks.index(kind) + 1 :]:
            self._take_back(inner)
        self._marks.remove(kind)
        self._carried.discard(kind)

    def _take_back(self, kind: str) -> None:
        if kind not in self._marks:
            return
        self._marks.remove(kind)
        if kind in self._carried:
            self._carried.remove(kind)
            self.literal.add(kind)

    def _hold(self, close: int) -> None:
        """Forbid page ends between a closing mark and the text before it, with the blanks between them."""
        first = close
        while first > self._start and self._text[first - 1].isspace():
            first -= 1
        self.joints.update(range(first, close + 1))


def _opens(char: str, before: str, after: str) -> bool:
    if not after or after.isspace():
        return False
    if char in "_~":  # ^_^ and 好的~~ are faces and tones
        return not before or before.isspace() or before in _LEADS
    return char == "|" or _SPACED_WORD.match(before) is None


def _closes(kind: str, after: str) -> bool:
    return kind != "_" or _ASCII_WORD.match(after) is None  # _the file_name_
