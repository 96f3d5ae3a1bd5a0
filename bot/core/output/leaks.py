r"""Leaks: text that a model writes beside the persona's words, removed while the text still grows.

Law: shown text is never taken back. `Sieve.text` only grows, and is the same however the stream is cut into
pieces. Text that may yet turn out to be a leak is held back until that is certain, and text that is none is
shown to the letter: in doubt it is the persona's.

These are removed, each with its reason beside its code:
- thoughts in <think> tags, markers of chat templates and `\n` written out (here);
- headers such as `user name=Alice`, and the persona's own name before a line (`core.output.lines`);
- a status block at the end, unless the persona is meant to write them (`core.output.stat_block`).
A line spoken for another participant, by `Alice: ` or a header, ends the reply: it is *cut* there.

Code, inline or in a fence, is always text. Where something is removed within a word, a blank replaces it, so
that no two halves make a new marker. Blanks at the text's ends are not handled here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

import regex

from bot.core.output.lines import Lines
from bot.core.output.speakers import Names, Speakers, speakers_of
from bot.core.output.stat_block import writes_status
from bot.core.persona import Persona


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A text that may be shown, and whether it was cut because the model spoke for somebody else."""

    text: str
    cut: bool


def clean(raw: str, *, speakers: Speakers, ended: bool, keep_status: bool = False) -> Cleaned:
    """Return what may be shown of a model's whole text.

    Args:
        raw: the text so far.
        speakers: the names that matter.
        ended: whether nothing comes after it; then nothing is held back.
        keep_status: whether status blocks stay.
    """
    sieve = Sieve(speakers, keep_status=keep_status)
    sieve.take(raw)
    if ended:
        sieve.end()
    return Cleaned(sieve.text, sieve.cut)


def sieve_for(persona: Persona, others: Iterable[str], begun: str = "") -> "Sieve":
    """Return the sieve for a persona's next reply.

    `others` are the participants in its prompt, `begun` is the text that it continues.
    """
    in_fence = begun.count(_FENCE) % 2 == 1
    return Sieve(speakers_of(persona, others), keep_status=writes_status(persona), in_fence=in_fence)


# --- what stands out in a text --------------------------------------------------------------------

_TRIGGER: Final = regex.compile(r"[`\\<\[\]]")
_TOKEN: Final = regex.compile(
    r"""
    (?P<thought> <(?P<closing>/?)(?P<tag>think|thinking|reasoning)(?![\w-])[^>\n]{0,80}> )
  | (?P<status> <(?P<block>status|stats|statusblock|status_block|状态|状态栏)> )
  | (?P<special> <[|｜](?P<word>[\w▁]{1,40})[|｜]> )
  | (?P<turn> <(?:begin|beginning|start)_of_(?:sentence|turn)> | \]~b\] )
  | (?P<gone> <end_of_(?:sentence|turn|text)> | <[be]os> | \]~!b\[ | \[e~\[ )
  | (?P<strike> <(?P<ends>/?)s> )
  | (?P<inst> \[(?P<answer>/?)INST\] )
    """,  # noqa: RUF001 - DeepSeek's markers have full-width bars
    regex.VERBOSE | regex.IGNORECASE,
)
"""Markers that no persona says: of MiniMax's templates (M1's and M2's), and of models for local servers."""

_TURN_OF_OTHER: Final = {
    **dict.fromkeys(("user", "human", "system", "tool"), True),
    **dict.fromkeys(("assistant", "model", "bot", "ai", "im_start", "start_header_id", "start"), False),
}
"""Special tokens that begin a turn, as in `<|user|>`, and whether it is certainly not the persona's."""

_THOUGHT_TAGS: Final = {
    tag: regex.compile(rf"<(?P<closing>/?){tag}(?![\w-])[^>\n]{{0,80}}>", regex.IGNORECASE)
    for tag in ("think", "thinking", "reasoning")
}
_TAG_LIMIT: Final = 100
"""The length in characters that no tag reaches."""
_STATUS_FENCE: Final = regex.compile(r"```[ ]?(?:status|stats|状态|状态栏)[^\S\n]*\n", regex.IGNORECASE)
_FENCE: Final = "```"
_CODE_END: Final = {run: regex.compile(rf"(?<!`){run}(?!`)") for run in ("`", "``")}


class _Thought:
    """A thought that is read to its end, with nested thoughts counted."""

    def __init__(self, opening: "regex.Match[str]") -> None:
        self._tags = _THOUGHT_TAGS[opening["tag"].lower()]
        self._depth = 1
        self._read = len(opening[0])
        self._last: int | None = None

    def end(self, text: str, start: int, *, ended: bool) -> int | None:
        """Return where it ends in a text that has it at `start`; None while that is open.

        If tags are missing at the end of the text, it ends at the last closing one.
        """
        for tag in self._tags.finditer(text, start + self._read):
            self._read = tag.end() - start
            if tag["closing"]:
                self._depth, self._last = self._depth - 1, tag.end() - start
            elif not tag[0].endswith("/>"):
                self._depth += 1
            if self._depth == 0:
                break
        self._read = max(self._read, len(text) - start - _TAG_LIMIT)  # so that no call reads everything again
        done = self._last is not None and (ended or self._depth == 0)
        return start + self._last if done and self._last is not None else None


# --- line ends written out ------------------------------------------------------------------------

_ESCAPE: Final = regex.compile(r"(?P<escape>(?:\\r)?\\n)[ \t]*")
_FOLLOWING: Final = 2
"""Characters after a written-out line end that decide what it is."""

_ENDS_SENTENCE: Final = regex.compile(r"[\p{L}\p{N}…—][.!?…—。！？*_~\"'”’»)\]」』]+\Z")  # noqa: RUF001
_OPENS_QUOTE: Final = regex.compile(r"(?:\A|[\s(\[])[\"'“‘«„]\Z")  # noqa: RUF001
_GOES_ON: Final = regex.compile(r"[a-z.,;:!?)]|\Z")
_STRING_ENDS: Final = regex.compile(r"[\"'][);,+}\]]")


def _breaks_line(before: str, following: str) -> bool:
    r"""Return whether `\n` means a line's end here; not in `C:\new`, in LaTeX's `\nu` or for itself.

    Args:
        before: the line before it.
        following: two characters after it and any blanks, fewer at the end.
    """
    stem = before.rstrip()
    if not stem:
        return True
    if _OPENS_QUOTE.search(before) or _STRING_ENDS.match(following):
        return False
    next_word = following.strip()
    if next_word or before != stem:
        return _GOES_ON.match(next_word) is None or _ENDS_SENTENCE.search(stem) is not None
    return True


# --- the text as it comes -------------------------------------------------------------------------


class Sieve:
    """A filter that receives a reply in pieces and holds the text that may be shown."""

    def __init__(self, speakers: Speakers, *, keep_status: bool = False, in_fence: bool = False) -> None:
        """Begin a reply in which these could be heard; `keep_status` keeps status blocks.

        `in_fence` says that it begins within an open code fence.
        """
        self._lines = Lines(Names(speakers), keep_status=keep_status)
        self._keep_status = keep_status
        self._rest = ""  # text that cannot be judged yet
        self._ended = False
        self._in_fence = in_fence
        self._thinks: _Thought | None = None  # the thought at the beginning of `_rest`
        self._struck = 0
        self._escapes = False  # whether `\n` written out has broken a line here

    @property
    def text(self) -> str:
        """The text that may be shown so far."""
        return self._lines.text

    @property
    def cut(self) -> bool:
        """Whether the reply was cut because the model spoke for somebody else: nothing after it is shown."""
        return self._lines.cut

    def take(self, text: str) -> None:
        """Add the next piece of the model's text."""
        self._rest += text
        self._read()

    def end(self) -> None:
        """Note that nothing follows, and judge the text that was held back."""
        self._ended = True
        self._read()
        self._lines.end()

    def _read(self) -> None:
        at = 0
        while at < len(self._rest) and not self.cut:
            if self._in_fence:
                step = self._fenced(at)
            else:
                found = _TRIGGER.search(self._rest, at)
                start = found.start() if found else len(self._rest)
                self._lines.take(self._rest[at:start])
                at = start
                if found is None or self.cut:
                    break
                step = self._READERS[found[0]](self, at)
            if step is None:
                break
            at = step
        self._rest = self._rest[at:]

    # Each of these returns where to read on, or None to wait for more.

    def _fenced(self, at: int) -> int | None:
        close = self._rest.find(_FENCE, at)
        if close >= 0:
            end = close + len(_FENCE)
            self._in_fence = False
        else:  # two backticks at the end may become three
            end = len(self._rest) if self._ended else len(self._rest.rstrip("`"))
        if end <= at:
            return None
        self._lines.take_literally(self._rest[at:end])
        return end

    def _code(self, at: int) -> int | None:
        rest = self._rest
        if rest.startswith(_FENCE, at):
            return self._fence(at)
        run = "``" if rest.startswith("``", at) else "`"
        newline = rest.find("\n", at)
        close = _CODE_END[run].search(rest, at + len(run), newline if newline >= 0 else len(rest))
        # Another backtick may come, another line's end, or the end of the code.
        settled = close.end() < len(rest) if close else newline >= 0
        if not settled and not self._ended:
            return None
        if close is None:
            self._lines.take(run)
            return at + len(run)
        self._lines.take_literally(rest[at : close.end()])
        return close.end()

    def _fence(self, at: int) -> int | None:
        if not self._keep_status and self._lines.begins_line:
            found = _STATUS_FENCE.match(self._rest, at, partial=not self._ended)
            if found is not None:
                close = self._rest.find(_FENCE, found.end())
                if close < 0 and not self._ended:
                    return None
                end = close + len(_FENCE) if close >= 0 else len(self._rest)
                self._lines.take_status(self._rest[at:end], tagged=False)
                return end
        self._in_fence = True
        self._lines.take_literally(_FENCE)
        return at + len(_FENCE)

    def _backslash(self, at: int) -> int | None:
        rest = self._rest
        if rest[at + 1 : at + 2] in ("\\", "`", "<", "[", "]"):  # an escaped character is meant to be read
            self._lines.take(rest[at : at + 2])
            return at + 2
        found = _ESCAPE.match(rest, at, partial=not self._ended)
        if found is None:
            self._lines.take("\\")
            return at + 1
        following = rest[found.end() : found.end() + _FOLLOWING]
        if found.partial or (len(following) < _FOLLOWING and not self._ended):
            return None
        # Where real line ends came before it, a written-out one is meant to be read.
        if (self._escapes or not self._lines.broken) and _breaks_line(self._lines.line, following):
            self._escapes = True
            self._lines.take("\n")
        else:
            self._lines.take(found["escape"])
        return found.end("escape")

    def _bracket(self, at: int) -> int | None:
        found = _TOKEN.match(self._rest, at, partial=not self._ended)
        if found is None:
            self._lines.take(self._rest[at])
            return at + 1
        return None if found.partial else self._TOKENS[found.lastgroup or ""](self, found)

    def _thought(self, found: "regex.Match[str]") -> int | None:
        """Remove a thought with its tags; one that never ends is a thought only at a line's beginning."""
        end: int | None = found.end()
        begins_line = self._lines.begins_line
        if not found["closing"] and not found[0].endswith("/>"):
            end = self._end_of_thought(found)
            if end is None and not self._ended:
                return None
        if end is None and not begins_line:
            self._lines.take(found[0])
            return found.end()
        end = len(self._rest) if end is None else end
        if not begins_line and "\n" in self._rest[found.start() : end]:
            self._lines.take("\n")
        self._lines.leave_out()
        return end

    def _end_of_thought(self, opening: "regex.Match[str]") -> int | None:
        if self._thinks is None:
            if self._ended and "</" not in self._rest[opening.end() :]:
                return None
            self._thinks = _Thought(opening)
        end = self._thinks.end(self._rest, opening.start(), ended=self._ended)
        if end is not None or self._ended:
            self._thinks = None
        return end

    def _status(self, found: "regex.Match[str]") -> int | None:
        if not self._keep_status and self._lines.begins_line:
            closing = f"</{found['block']}>"
            close = self._rest.find(closing, found.end())
            if close < 0 and not self._ended:
                return None
            if close >= 0 or self._rest.startswith("\n", found.end()):
                end = close + len(closing) if close >= 0 else len(self._rest)
                self._lines.take_status(self._rest[found.start() : end], tagged=True)
                return end
        self._lines.take(found[0])
        return found.end()

    def _special(self, found: "regex.Match[str]") -> int:
        other = _TURN_OF_OTHER.get(found["word"].lower())
        if other is None:
            self._lines.leave_out()
        else:
            self._lines.turn(other=other)
        return found.end()

    def _turn(self, found: "regex.Match[str]") -> int:
        self._lines.turn(other=found.lastgroup == "inst" and not found["answer"])
        return found.end()

    def _strike(self, found: "regex.Match[str]") -> int:
        """Handle `</s>`, which ends a reply in Llama's template, unless `<s>` has opened a strike-through."""
        if found["ends"] and not self._struck:
            self._lines.leave_out()
        else:
            self._struck += -1 if found["ends"] else 1
            self._lines.take(found[0])
        return found.end()

    def _gone(self, found: "regex.Match[str]") -> int:
        self._lines.leave_out()
        return found.end()

    _READERS: ClassVar = {"`": _code, "\\": _backslash, "<": _bracket, "[": _bracket, "]": _bracket}
    _TOKENS: ClassVar = {
        "thought": _thought,
        "status": _status,
        "special": _special,
        "turn": _turn,
        "gone": _gone,
        "strike": _strike,
        "inst": _turn,
    }
