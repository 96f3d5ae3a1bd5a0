r"""Leaks: text that a model writes beside the persona's words, removed while the text still grows.

Law: shown text is never taken back, but for a thought that turns out to be one only at its end, because its
beginning was in the prompt. Else `Sieve.text` only grows; and it is the same however the stream is cut into
pieces. Text that may yet turn out to be a leak is held back until that is certain, and text that is none is
shown to the letter: in doubt it is the persona's.

These are removed, each with its reason beside its code:
- the markers of chat templates (`core.markers`) with the thoughts, tool calls and channels that they enclose,
  even if the text ends within a marker, and `\n` written out (here);
- headers such as `user name=Alice`, and the persona's own name before a line (`core.output.lines`);
- a status block at the end, unless the persona is meant to write them (`core.output.stat_block`);
- notes of the prompt's in square brackets that the model repeats, at the reply's beginning and end, and whose
  turn it is anywhere (`core.output.echoes`).
A line spoken for another participant, by `Alice: ` or a header, ends the reply: it is *cut* there.

Code, inline or in a fence, is always text. Where something is removed within a word, a blank replaces it, so
that no two halves make a new marker. Blanks at the text's ends are not handled here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Final

import regex

from bot.core.markers import FLAGS, MARKERS, Kind, Marker, any_of
from bot.core.output.echoes import Echoes, Run, writes_brackets
from bot.core.output.lines import Lines
from bot.core.output.speakers import Names, Speakers, speakers_of
from bot.core.output.stat_block import writes_status
from bot.core.persona import Persona
from bot.core.posts.pages import shows


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


def sieve_for(persona: Persona, others: Iterable[str], begun: str = "", notes: Iterable[str] = ()) -> "Sieve":
    """Return the sieve for a persona's next reply.

    `others` are the participants in its prompt, `begun` is the text that it continues, `notes` are the
    prompt's.
    """
    in_fence = begun.count(_FENCE) % 2 == 1
    speakers, keep_status = speakers_of(persona, others), writes_status(persona)
    echoes = Echoes([*speakers.own, *speakers.others], notes, with_forms=not writes_brackets(persona))
    return Sieve(speakers, keep_status=keep_status, in_fence=in_fence, echoes=echoes)


# --- what stands out in a text --------------------------------------------------------------------

_TRIGGER: Final = regex.compile(r"[`\\<\[\]\u25c1]")
_STATUS_TAG: Final = r"<(?:status|stats|statusblock|status_block|状态|状态栏)>"
_OPENING, _CLOSING, _STATUS = "o", "c", "s"
"""Group names of a pattern: `o3` is the table's fourth row, `c3` the marker that closes what it opens."""


def _groups(*, certain: bool) -> Iterator[tuple[str, str]]:
    """Return the patterns that stand out, each in its group; `certain` leaves out what may be a word."""
    for number, row in enumerate(MARKERS):
        for name, pattern in zip((_OPENING, _CLOSING), row.patterns, strict=False):
            if not (certain and name == _OPENING and row.kind in (Kind.WORD, Kind.STRIKE)):
                yield pattern, rf"(?P<{name}{number}>{pattern})"
    if not certain:
        yield _STATUS_TAG, rf"(?P<{_STATUS}>{_STATUS_TAG})"


@cache
def _tokens(*, certain: bool) -> Mapping[str, "regex.Pattern[str]"]:
    """Return what stands out by its first character."""
    found: dict[str, list[str]] = {character: [] for character in "<[]\u25c1"}
    for pattern, group in _groups(certain=certain):
        for character, groups in found.items():
            if regex.match(pattern, character, FLAGS, partial=True):
                groups.append(group)
    return {character: regex.compile(any_of(groups), FLAGS) for character, groups in found.items()}


@cache
def _longer() -> "regex.Pattern[str]":
    """Return a pattern for the markers that begin with a shorter one: `<|channel|>final<|message|>`."""
    return regex.compile(
        any_of(pattern for row in MARKERS for pattern in row.patterns if pattern.count(r"\|>") > 1), FLAGS
    )


@cache
def _ends(row: int) -> "regex.Pattern[str]":
    """Return a pattern for the markers that count within what a row encloses."""
    return regex.compile(rf"(?P<end>{MARKERS[row].closes or '(?!)'})|{MARKERS[row].opens}", FLAGS)


_TURN_OF_OTHER: Final = {
    **dict.fromkeys(("user", "human", "system", "tool", "observation", "im_user", "im_system"), True),
    **dict.fromkeys(("user_token", "system_token"), True),
    **dict.fromkeys(("assistant", "model", "bot", "ai", "chatbot_token", "im_assistant"), False),
    **dict.fromkeys(("im_start", "start_header_id", "header_start", "start_of_role", "start"), False),
}
"""Words between bars that begin a turn, as in `<|user|>`, and whether it is certainly not the persona's."""

_TAG_LIMIT: Final = 200
"""The length in characters that no marker reaches."""
_TORN: Final = {"<": 2, "[": 2, "\u25c1": 2, "]": 3}
"""The length from which on a torn marker at the end is no text: `>.<` and `[laughs]~` are."""
_AMID: Final = regex.compile(r"[ \t]\p{Ll}|[.,;:!?)]")
_STATUS_FENCE: Final = regex.compile(r"```[ ]?(?:status|stats|状态|状态栏)[^\S\n]*\n", regex.IGNORECASE)
_FENCE: Final = "```"
_CODE_END: Final = {run: regex.compile(rf"(?<!`){run}(?!`)") for run in ("`", "``")}


class _Enclosed:
    """A thought, a call or a channel that is read to its end, with those of its kind within it counted."""

    def __init__(self, opening: "regex.Match[str]", row: int) -> None:
        self._ends = _ends(row)
        self._depth = 1
        self._read = len(opening[0])
        self._last: int | None = None

    def end(self, text: str, start: int, *, ended: bool) -> int | None:
        """Return where it ends in a text that has it at `start`; None while that is open.

        If markers are missing at the end of the text, it ends at the last closing one.
        """
        for marker in self._ends.finditer(text, start + self._read):
            self._read = marker.end() - start
            if marker["end"] is not None:
                self._depth, self._last = self._depth - 1, marker.end() - start
            elif not marker[0].endswith("/>"):
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

_ENDING: Final = ".!?…—。！？*_~\"'”’»)]」』"  # noqa: RUF001 - full-width is meant
_SENTENCE_END: Final = regex.compile(rf"[\p{{L}}\p{{N}}…—][{regex.escape(_ENDING)}]+\Z")
_OPENS_QUOTE: Final = regex.compile(r"(?:\A|[\s(\[])[\"'“‘«„]\Z")  # noqa: RUF001
_GOES_ON: Final = regex.compile(r"[a-z.,;:!?)]|\Z")
_STRING_ENDS: Final = regex.compile(r"[\"'][);,+}\]]")


def _ends_sentence(text: str) -> bool:
    """Return whether a text ends with a sentence's end, which alone is read of a line however long."""
    at = len(text.rstrip(_ENDING))
    return _SENTENCE_END.search(text, max(at - 1, 0)) is not None


def _breaks_line(before: str, following: str) -> bool:
    r"""Return whether `\n` means a line's end here; not in `C:\new`, in LaTeX's `\nu` or for itself.

    Args:
        before: the line before it.
        following: two characters after it and any blanks, fewer at the end.
    """
    stem = before.rstrip()
    if not stem:
        return True
    if _OPENS_QUOTE.search(before[-2:]) or _STRING_ENDS.match(following):
        return False
    next_word = following.strip()
    if next_word or before != stem:
        return _GOES_ON.match(next_word) is None or _ends_sentence(stem)
    return True


# --- the text as it comes -------------------------------------------------------------------------


class Sieve:
    """A filter that receives a reply in pieces and holds the text that may be shown."""

    def __init__(
        self,
        speakers: Speakers,
        *,
        keep_status: bool = False,
        in_fence: bool = False,
        echoes: Echoes | None = None,
    ) -> None:
        """Begin a reply in which these could be heard; `keep_status` keeps status blocks.

        `in_fence` says that it begins within an open code fence, `echoes` are the notes that it may echo.
        """
        self._names = Names(speakers)
        self._echoes = echoes or Echoes([*speakers.own, *speakers.others], ())
        self._lines = Lines(self._names, keep_status=keep_status)
        self._taken_back: Lines | None = None  # what seems to be a thought, if words follow it
        self._keep_status = keep_status
        self._rest = ""  # text that cannot be judged yet
        self._ended = False
        self._in_fence = in_fence
        self._enclosed: _Enclosed | None = None  # the one at the beginning of `_rest`
        self._run = Run(0, is_followed=False)  # the echoed notes that were read last
        self._never_end: set[int] = set()  # rows of which nothing ends anymore
        self._thought = False  # whether a thought has ended
        self._struck = 0
        self._escapes = False  # whether `\n` written out has broken a line here

    @property
    def text(self) -> str:
        """The text that may be shown so far."""
        return (self._lines if self._taken_back is None or self._speaks else self._taken_back).text

    @property
    def _speaks(self) -> bool:
        """Whether words have come since a thought was taken back."""
        return self.cut or shows(self._lines.text)

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
        if self._taken_back is not None and not self._speaks:
            self._taken_back.end()

    def _read(self) -> None:
        at = 0
        while at < len(self._rest) and not self.cut:
            if self._in_fence:
                step = self._fenced(at)
            else:
                start = self._next(at)
                self._lines.take(self._rest[at:start])
                at = start
                if at == len(self._rest) or self.cut:
                    break
                step = self._READERS[self._rest[at]](self, at)
            if step is None:
                break
            at = step
        self._rest = self._rest[at:]
        self._run = self._run.moved(at)

    def _next(self, at: int) -> int:
        """Return where the next text begins that is no ordinary text, or may turn out to be none."""
        rest = self._rest
        for found in _TRIGGER.finditer(rest, at):
            tokens, start = _tokens(certain=False).get(found[0]), found.start()
            may_be_torn = self._ended and len(rest) - start <= _TAG_LIMIT
            if tokens is None or may_be_torn or tokens.match(rest, start, partial=not self._ended):
                return start
            if found[0] == "[" and self._echoes.at(rest, start) is not None:
                return start
        return len(rest)

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

    def _square(self, at: int) -> int | None:
        """Remove an echoed note; any other bracket is a marker's or text."""
        found = self._echoes.at(self._rest, at)
        if found is None:
            return self._bracket(at)
        if found.is_open:
            if not self._ended:
                return None
            if not found.is_certain:
                return self._bracket(at)
        if self._lines.take_note():
            return found.end
        if not found.is_turn and (shows(self._lines.text) or not self._lines.begins_line):
            return self._square_within(at)
        self._lines.leave_out()
        return found.end

    def _square_within(self, at: int) -> int | None:
        """Remove the notes from `at` on if nothing else follows: within a reply they are its own words."""
        if at >= self._run.end or not self._run.is_followed:
            # Of a run without an end, most was read when the piece before came.
            start = at if self._run.is_followed else max(at, self._run.end)
            self._run = self._echoes.run(self._rest, start, ended=self._ended)
        if self._run.is_followed:
            return self._bracket(at)
        if not self._ended:
            return None
        self._lines.leave_out()
        return len(self._rest)

    def _bracket(self, at: int) -> int | None:
        rest = self._rest
        found = _tokens(certain=False)[rest[at]].match(rest, at, partial=not self._ended)
        if found is None:
            torn = self._is_torn(at)
            self._lines.leave_out() if torn else self._lines.take(rest[at])
            return len(rest) if torn else at + 1
        if found.partial:
            return None
        longer = _longer().match(rest, at, partial=True)
        if longer is not None and longer.partial:
            return len(rest) if self._ended else None
        group = found.lastgroup or ""
        if group == _STATUS:
            return self._status(found)
        row = int(group[1:])
        marker = MARKERS[row]
        if group[0] == _CLOSING:
            return self._stray_end(found, marker)
        return self._KINDS[marker.kind](self, found, row)

    def _is_torn(self, at: int) -> bool:
        """Return whether the text ends within a marker; in a sentence, words in brackets are text."""
        rest, first = self._rest, self._rest[at]
        least = _TORN[first] - (first != "]" and self._lines.is_fresh)
        tokens = _tokens(certain=not self._begins_sentence)
        return len(rest) - at >= least and tokens[first].match(rest, at, partial=True) is not None

    @property
    def _begins_sentence(self) -> bool:
        return self._lines.begins_line or _ends_sentence(self._lines.line.rstrip())

    def _hide(self, found: "regex.Match[str]", row: int) -> int | None:
        """Remove what a marker encloses; a word in brackets that never ends is text within a sentence."""
        end: int | None = found.end()
        begins_line, kind = self._lines.begins_line, MARKERS[row].kind
        if not found[0].endswith("/>"):
            end = self._end_of_enclosed(found, row)
            if end is None and not self._ended:
                return None
        if end is None and kind is Kind.WORD and not self._begins_sentence:
            self._lines.take(found[0])
            return found.end()
        end = len(self._rest) if end is None else end
        if not begins_line and "\n" in self._rest[found.start() : end]:
            self._lines.take("\n")
        self._lines.leave_out()
        self._thought = self._thought or kind is not Kind.HIDDEN
        return end

    def _end_of_enclosed(self, opening: "regex.Match[str]", row: int) -> int | None:
        if row in self._never_end:
            return None
        self._enclosed = self._enclosed or _Enclosed(opening, row)
        end = self._enclosed.end(self._rest, opening.start(), ended=self._ended)
        if end is not None or self._ended:
            self._enclosed = None
        if end is None and self._ended:
            self._never_end.add(row)
        return end

    def _stray_end(self, found: "regex.Match[str]", marker: Marker) -> int | None:
        """Remove a closing marker; if it is a thought's that never began, all before it was that thought.

        M2's and R1's templates put the opening marker into the prompt. A word of a sentence ends nothing.
        """
        following = self._rest[found.end() : found.end() + _FOLLOWING]
        if len(following) < _FOLLOWING and not self._ended:
            return None
        line = "" if self._lines.begins_line else self._lines.line
        is_word = marker.kind is Kind.WORD and line[-1:].isspace() and _AMID.match(following)
        if not (is_word or self._thought or marker.kind is Kind.HIDDEN):
            self._taken_back = self._lines
            self._lines = Lines(self._names, keep_status=self._keep_status)
            self._thought, self._escapes, self._struck = True, False, 0
        self._lines.leave_out()
        return found.end()

    def _status(self, found: "regex.Match[str]") -> int | None:
        if not self._keep_status and self._lines.begins_line:
            closing = f"</{found[0][1:]}"
            close = self._rest.find(closing, found.end())
            if close < 0 and not self._ended:
                return None
            if close >= 0 or self._rest.startswith("\n", found.end()):
                end = close + len(closing) if close >= 0 else len(self._rest)
                self._lines.take_status(self._rest[found.start() : end], tagged=True)
                return end
        self._lines.take(found[0])
        return found.end()

    def _barred(self, found: "regex.Match[str]", _row: int) -> int:
        other = _TURN_OF_OTHER.get(found[0][2:-2].lower())
        if other is None:
            self._lines.leave_out()
        else:
            self._lines.turn(other=other)
        return found.end()

    def _turn(self, found: "regex.Match[str]", row: int) -> int:
        self._lines.turn(other=MARKERS[row].kind is Kind.OTHER)
        return found.end()

    def _strike(self, found: "regex.Match[str]", _row: int) -> int:
        """Handle `</s>`, which ends a reply in Llama's template, unless `<s>` has opened a strike-through."""
        ends = found[0].startswith("</")
        if ends and not self._struck:
            self._lines.leave_out()
        else:
            self._struck += -1 if ends else 1
            self._lines.take(found[0])
        return found.end()

    def _gone(self, found: "regex.Match[str]", _row: int) -> int:
        self._lines.leave_out()
        return found.end()

    _READERS: ClassVar = {
        "`": _code,
        "\\": _backslash,
        "[": _square,
        **dict.fromkeys("<]\u25c1", _bracket),
    }
    _KINDS: ClassVar = {
        **dict.fromkeys((Kind.WORD, Kind.THOUGHT, Kind.HIDDEN, Kind.CHANNEL), _hide),
        **dict.fromkeys((Kind.TURN, Kind.OTHER), _turn),
        Kind.BARRED: _barred,
        Kind.GONE: _gone,
        Kind.STRIKE: _strike,
    }
