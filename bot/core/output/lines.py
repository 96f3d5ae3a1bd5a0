"""Lines of a growing reply: the beginning of each decides whether it is the persona's.

Law: what a line is depends only on the text shown before, on the line's own beginning and at most on the
beginning of the next, so that it does not matter in what pieces it came. A beginning (`_head`) is held until
it is clear what it is; then the rest of the line flows. Line ends, and text that may belong to a status block
or to another person's name, wait in `_gap` for the text after them.

Another person's name and a colon at a line's beginning end the reply if speech or an action follows. They
stay, because in doubt the text is the persona's,
- in a quotation, in a list below a line that ends with a colon, and in verses;
- before a figure, `Alice: 3`, and if another name is in the same line, `Alice: the key. Bob: the lamp.`;
- before a few words without a sentence, if a similar line is next to it: a list;
- alone on a line, as letters begin, unless speech or an action is below it or the persona's own name was
  alone too, as in a play.
The persona's own name is removed before each line of its speech. It stays where other voices have labels, in
scores, and in the middle of a sentence or a title.

Of several names, the first alone is as good as all: another's before speech in quotation marks or after a
dash, an action in asterisks or a note of the prompt's, the persona's own at the reply's beginning, and then
before further lines.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final, NamedTuple

import regex

from bot.core.output import stat_block
from bot.core.output.above import Above
from bot.core.output.labelled import Said, begins_small, is_figure, is_item, is_played, performs, what_is_said
from bot.core.output.speakers import BLANK, COLONS, UNDECIDED, Label, Names, Whose


class _Do(Enum):
    """The decisions about a line's beginning."""

    HOLD = auto()  # wait for more of it
    STRIP = auto()  # remove some characters, and look again
    CUT = auto()  # the model speaks for somebody else from here on
    PUT_BY = auto()  # a whole line that is removed unless other text follows
    FLOW = auto()  # the persona's text, to the end of the line


class _Kind(StrEnum):
    """The kinds of text that wait for what follows; as texts, because those are looked up quickest."""

    BLANK = auto()  # line ends and drawn rules
    STATUS = auto()  # a status block: removed if it stays the last
    TAGGED = auto()  # a status block in tags: removed unless it stays alone
    SIGN = auto()  # a status block of a state in words: removed if another's line is beside it
    NAME = auto()  # another's name alone on its line: the reply ends there if they speak beneath it
    ITEM = auto()  # another's line of a few words: the reply ends there unless it is an item of a list


_STATUS: Final = frozenset({_Kind.STATUS, _Kind.TAGGED})
_OTHERS: Final = frozenset({_Kind.NAME, _Kind.ITEM})


class _Verdict(NamedTuple):
    """The decision about a line's beginning, with the characters to remove or the kind of waiting text."""

    do: _Do
    length: int = 0
    kind: _Kind = _Kind.BLANK


_HOLD: Final = _Verdict(_Do.HOLD)
_CUT: Final = _Verdict(_Do.CUT)
_FLOW: Final = _Verdict(_Do.FLOW)


def _strip(length: int) -> _Verdict:
    return _Verdict(_Do.STRIP, length)


def _put_by(kind: _Kind) -> _Verdict:
    return _Verdict(_Do.PUT_BY, kind=kind)


@dataclass(frozen=True, slots=True)
class _Head:
    """The beginning of a line, and whether no more of it comes."""

    text: str
    complete: bool

    @property
    def line(self) -> str:
        """The text for a pattern: a newline at the end marks a complete line."""
        return f"{self.text}\n" if self.complete else self.text


# --- whose turn it is -----------------------------------------------------------------------------

_OWN_ROLES: Final = frozenset({"ai", "assistant", "bot", "model", "sample_message_ai"})
_OTHER_ROLES: Final = frozenset(
    {
        "user",
        "human",
        "system",
        "user_system",
        "group",
        "sample_message_user",
        "tool",
        "function",
        "developer",
    }
)
_HEADER: Final = regex.compile(
    rf"""[{BLANK}]{{0,3}}(?:
    (?P<role> ai | assistant | user | system | user_system | group | sample_message_(?:user|ai) )
        [ ](?:name|ai_setting)[ ]?=
  | (?P<told> user[ ]name[ ]?: )
  | \#{{2,4}}[ ](?P<heading> response | instruction )[ ]?:[{BLANK}]*\n
    )""",
    regex.VERBOSE | regex.IGNORECASE,
)
"""The headers of templates: M1's `user name=Alice`, which M2-her has written, and Alpaca's."""
_ROLE: Final = regex.compile(rf"[{BLANK}]*(?P<role>\w{{1,24}})[{COLONS}]?")
_NAME_ALONE: Final = regex.compile(rf"[{BLANK}]*[\p{{L}}\p{{M}}\p{{N}} ._'()-]{{0,32}}")
_ONE_WORD: Final = regex.compile(rf"[{BLANK}]*\S{{0,32}}")
_AFTER_NAME: Final = regex.compile(rf"[{BLANK}]*[{COLONS}]?")

# --- what waits ----------------------------------------------------------------------------------


class _Gap:
    """The text that waits for what follows.

    Attributes:
        parts: its parts, each with its kind.
        plain: it without the lines on which another's name is alone.
        has_status: whether a status block waits; a sign alone does not count.
        above: what that and the shown text say of the next line, if that was asked for.
    """

    def __init__(self) -> None:
        self.parts: list[tuple[str, _Kind]] = []
        self.plain = ""
        self.has_status = False
        self.above: Above | None = None
        self._kinds: set[_Kind] = set()

    def has(self, *kinds: _Kind) -> bool:
        return not self._kinds.isdisjoint(kinds)

    def add(self, part: str, kind: _Kind) -> None:
        if kind is not _Kind.NAME and not self._ends_in_name:
            self.plain += part
        self.parts.append((part, kind))
        self.has_status |= kind in _STATUS or (kind is _Kind.SIGN and kind in self._kinds)
        self._kinds.add(kind)

    def without_names(self) -> "_Gap":
        """Return the gap without the lines on which another's name is alone, and without their ends."""
        if not self.has(_Kind.NAME):
            return self
        gap = _Gap()
        gap.above = self.above
        names = {number for number, (_, kind) in enumerate(self.parts) if kind is _Kind.NAME}
        for number, (part, kind) in enumerate(self.parts):
            if not names & {number, number - 1}:
                gap.add(part, kind)
        return gap

    @property
    def _ends_in_name(self) -> bool:
        return bool(self.parts) and self.parts[-1][1] is _Kind.NAME


class Lines:
    """The filter that shows a reply's text line by line.

    Attributes:
        text: the shown text, which only grows.
        cut: whether the model spoke for somebody else; nothing is added after that.
        broken: whether a line was broken after the first word.
    """

    def __init__(self, names: Names, *, keep_status: bool) -> None:
        """Begin with an empty text; `keep_status` keeps status blocks."""
        self.text = ""
        self.cut = False
        self.broken = False
        self._names = names
        self._keep_status = keep_status
        self._gap = _Gap()
        self._above = Above()  # of the shown text
        self._head: str | None = ""  # None while the line flows
        self._expects_role = False
        self._seam = False  # text was removed just here
        self._stripped = False  # and it was the line's beginning
        self._labelled = False  # the persona's own name
        self._own_lines: set[int] = set()  # the lines that began with that
        self._as_in_a_play = False  # it was alone above one of them

    # -- input ----------------------------------------------------------------------------------

    def take(self, text: str) -> None:
        """Add ordinary text."""
        *whole, begun = text.split("\n")
        for line in whole:
            self._put(line, complete=True)
            self._close_line()
        self._put(begun, complete=False)

    def take_literally(self, text: str) -> None:
        """Add code, to which no rule applies."""
        text = self._sewn(text)
        self._judge(complete=True)
        if self._gap.has(_Kind.ITEM) and not self.cut:
            self._end_here()
        if not self.cut:
            self._show((self._head or "") + text)
            self._head = None
            self.broken |= "\n" in text

    def take_status(self, text: str, *, tagged: bool) -> None:
        """Add a status block that begins a line; one in tags (`tagged`) is removed anywhere."""
        self._judge(complete=True)
        self._gap.add((self._head or "") + text, _Kind.TAGGED if tagged else _Kind.STATUS)
        self._head, self._stripped = "", False

    def leave_out(self) -> None:
        """Note that text was removed here; after a marker for a new turn, the role ends here."""
        if self._expects_role and self.begins_line:
            self._judge(complete=True)
        if self.begins_line:
            self._stripped = True
        else:
            self._seam = True

    def turn(self, *, other: bool) -> None:
        """Note a template's marker for a new turn; `other` if it is certainly not the persona's."""
        if not self.begins_line:
            self._close_line()
        if other and self.text:
            self._end_here()
        if not self.cut:
            self._head, self._stripped, self._expects_role = "", True, not other

    def take_note(self) -> bool:
        """Note that a note of the prompt's stands here; return whether it ends the reply.

        It does behind another's name and a colon, even the first name alone: that is a line of the prompt's.
        """
        head = self._head or ""
        found = self._names.label(head, complete=True)
        if isinstance(found, Label) and found.whose is Whose.OTHER and not head[found.end :].strip(BLANK):
            above = self._before()
            if not (above.opened or above.introduced):
                self._end_here()
        return self.cut

    def end(self) -> None:
        """Note the end: nothing is held back any longer."""
        self._judge(complete=True)
        if not self.cut and self._gap.has(*_OTHERS):
            self._end_here()
        if self.cut:
            return
        if (
            not self._gap.has_status
            or not self.text
            or self._above.before(self.text, self._own_lines).introduced
        ):
            self.text += "".join(part for part, _ in self._gap.parts) + (self._head or "")
        self._gap = _Gap()
        self._head = None

    # -- state ----------------------------------------------------------------------------------

    @property
    def begins_line(self) -> bool:
        """Whether the line has no text to show so far."""
        head = self._head
        while head is not None and head.strip():
            verdict = self._verdict(_Head(head, complete=True))
            if verdict.do is not _Do.STRIP:
                return False
            head = head[verdict.length :]
        return head is not None

    @property
    def is_fresh(self) -> bool:
        """Whether a line begins here, or text was removed just here."""
        return self._seam or self.begins_line

    @property
    def line(self) -> str:
        """The text of the line so far."""
        return self.text[self.text.rfind("\n") + 1 :] if self._head is None else self._head

    def _before(self) -> Above:
        """Return what the shown and the waiting text say of the next line."""
        self._above = self._above.grown(self.text, self._own_lines)
        text = self.text + self._gap.plain
        self._gap.above = (self._gap.above or self._above).grown(text, self._own_lines)
        return self._gap.above.before(text, self._own_lines)

    # -- output ---------------------------------------------------------------------------------

    def _put(self, text: str, *, complete: bool) -> None:
        if not text or self.cut:
            return
        text = self._sewn(text)
        if self._head is None:
            self._show(text)
        else:
            self._head += text
            self._judge(complete=complete)

    def _sewn(self, text: str) -> str:
        """Return the text, with a blank before it if text was removed between two words."""
        last = (self._head or self.text)[-1:] if self._seam else ""
        self._seam = False
        return f" {text}" if last.strip() and text[0].strip() else text

    def _show(self, text: str) -> None:
        self.text += "".join(part for part, kind in self._gap.parts if kind is not _Kind.TAGGED)
        self._gap = _Gap()
        if self._labelled:
            self._own_lines.add(self.text.count("\n"))
            self._labelled = False
        self.text += text

    def _close_line(self) -> None:
        """End the line; if all of it was removed, it leaves no line end."""
        self._seam = False
        self._judge(complete=True)
        if self.cut:
            return
        if not (self._stripped and self._head == ""):
            self._gap.add((self._head or "") + "\n", _Kind.BLANK)
            self.broken |= bool(self.text)
            self._stripped = self._expects_role = False
        else:
            self._as_in_a_play = self._as_in_a_play or self._labelled
        self._head = ""

    def _end_here(self) -> None:
        """Cut the reply before the waiting text, except for a sign that turned out to be no status block."""
        if self.text and not self._gap.has_status:
            ends = [number for number, (_, kind) in enumerate(self._gap.parts, 1) if kind is _Kind.SIGN]
            self.text += "".join(part for part, _ in self._gap.parts[: ends[0] if ends else 0])
        self.cut = True
        self._gap = _Gap()
        self._head = None

    # -- rules for a line's beginning -----------------------------------------------------------

    def _judge(self, *, complete: bool) -> None:
        """Decide about the line's beginning as far as possible; `complete` if no more of it comes."""
        while self._head is not None:
            if self._stripped:
                self._head = self._head.lstrip(BLANK)
            verdict = self._verdict(_Head(self._head, complete))
            match verdict.do:
                case _Do.HOLD:
                    return
                case _Do.CUT:
                    self._end_here()
                case _Do.STRIP:
                    self._head = self._head[verdict.length :]
                    self._stripped, self._labelled, self._expects_role = True, True, False
                    self._gap = self._gap.without_names()
                case _Do.PUT_BY:
                    self._gap.add(self._head, verdict.kind)
                    self._head, self._stripped, self._labelled = None, False, False
                case _Do.FLOW:
                    self._show(self._head)
                    self._head, self._stripped = None, False

    def _verdict(self, head: _Head) -> _Verdict:
        if not head.text.strip():
            return _HOLD
        if self._gap.has(_Kind.ITEM):
            return self._beneath_item(head)
        for rule in (self._header, self._role, self._label, self._beneath_name, self._status):
            verdict = rule(head)
            if verdict is not None:
                return verdict
        return _FLOW

    # Each rule returns None if it does not apply to the line, whatever follows.

    def _header(self, head: _Head) -> _Verdict | None:
        """Judge `user name=Alice`: another's ends the reply unless it begins so; the persona's is removed."""
        found = _HEADER.match(head.line, partial=True)
        if found is None or found.partial:
            return _HOLD if found and not head.complete else None
        if found["heading"]:
            other = found["heading"].lower() == "instruction"
            return _CUT if other and self.text else _strip(len(head.text))
        return self._named_header(head, found)

    def _named_header(self, head: _Head, found: "regex.Match[str]") -> _Verdict | None:
        rest = head.text[found.end() :]
        is_short = len(rest) <= self._names.reach
        if is_short and not head.complete:
            return _HOLD
        whose, length = self._names.leading(rest, or_first=True)
        if whose is Whose.OTHER:
            return _CUT
        if whose is None and found["told"]:
            return None  # a form to be filled in may ask for a user name
        if whose is None and self.text and found["role"].lower() in _OTHER_ROLES:
            return _CUT
        window = rest[: self._names.reach + 1]  # as much as there is if it comes letter by letter
        return _strip(found.end() + _end_of_name(window, length, whole=whose is None and is_short))

    def _role(self, head: _Head) -> _Verdict | None:
        """Judge the text after a marker for a new turn: `assistant`, or a name on a line of its own."""
        if not self._expects_role:
            return None
        found = _ROLE.match(head.text)
        is_word = found is not None and found.end() == len(head.text)
        if is_word and not head.complete:
            return _HOLD
        role = found["role"].lower() if found else ""
        if found is not None and role in _OWN_ROLES | _OTHER_ROLES:
            return _CUT if role in _OTHER_ROLES and self.text else _strip(found.end())
        is_short = is_word or len(head.text) <= self._names.reach
        if not head.complete:
            return _HOLD if is_short and self._names.may_begin(head.text) else None
        whose = self._names.whose(head.text) if is_short else None
        return {Whose.OWN: _strip(len(head.text)), Whose.OTHER: _CUT}.get(whose) if whose else None

    def _status(self, head: _Head) -> _Verdict | None:
        """Judge a status block's line, or a rule above it: removed if only such lines follow."""
        if self._keep_status:
            return None
        is_status = stat_block.is_block(head.line)
        if is_status and stat_block.is_sign(head.line):
            return _put_by(_Kind.SIGN)
        if is_status is False and self._gap.has_status:
            is_status = stat_block.is_pair(head.line)
        elif is_status is False and self._gap.has(_Kind.SIGN):
            is_status = stat_block.is_figure(head.line)
        is_rule = stat_block.is_rule(head.line)
        if is_status or is_rule:
            return _put_by(_Kind.STATUS if is_status else _Kind.BLANK)
        return _HOLD if None in (is_status, is_rule) and not head.complete else None

    def _label(self, head: _Head) -> _Verdict | None:
        """Judge `Alice: ` at a line's beginning, by the rules in the module's docstring."""
        found = self._names.label(head.text, complete=head.complete)
        if not isinstance(found, tuple):
            return _HOLD if found == UNDECIDED else None
        above = self._before()
        is_own = found.whose is Whose.OWN
        is_label = is_own and self._own_lines  # even where a quotation was never closed
        if (above.opened and not is_label) or above.introduced:
            return None
        rest = head.text[found.end :].lstrip(BLANK)
        if not rest and not head.complete:
            return _HOLD
        if found.is_first:
            plays = (
                is_label or not above.last if is_own else not rest or is_played(rest, complete=head.complete)
            )
            if not plays:
                return _HOLD if plays is None else None
        if not is_own:
            return self._others(head, rest, above)
        stays = self._own_stays(rest, above, complete=head.complete)
        return _HOLD if stays is None else None if stays else _strip(found.end)

    def _others(self, head: _Head, rest: str, above: Above) -> _Verdict | None:
        if rest and begins_small(rest) and above.runs_on:
            return None
        match what_is_said(rest, self._names, complete=head.complete):
            case None:
                return _HOLD
            case Said.FIGURE | Said.SHARED:
                return None
            case Said.NOTHING:
                return _CUT if self._as_in_a_play else _put_by(_Kind.NAME)
            case Said.ITEM:
                return None if is_item(f"{above.last}\n") else _put_by(_Kind.ITEM)
            case Said.SPEECH:
                return _CUT

    def _own_stays(self, rest: str, above: Above, *, complete: bool) -> bool | None:
        if self._gap.has_status or above.labelled:
            return True
        if not above.last:
            return False
        if begins_small(rest) and not self._own_lines:
            return True
        return is_figure(rest, complete=complete)

    def _beneath_name(self, head: _Head) -> _Verdict | None:
        """Judge the line after another's name alone on a line."""
        return _CUT if self._gap.has(_Kind.NAME) and performs(head.text) else None

    def _beneath_item(self, head: _Head) -> _Verdict:
        """Judge the line after another's few words: a further item of a list, or the reply ended there."""
        header = self._header(head)
        if header is not None:
            return _HOLD if header.do is _Do.HOLD else _CUT
        above = next(part for part, kind in self._gap.parts if kind is _Kind.ITEM)
        is_more = is_item(head.line, besides=above)
        if is_more is None and not head.complete:
            return _HOLD
        return _FLOW if is_more else _CUT


def _end_of_name(rest: str, length: int, *, whole: bool) -> int:
    """Return where a header's name ends: a known name's end, else a name-like line's, else a word's."""
    if whole and _NAME_ALONE.fullmatch(rest):
        return len(rest)
    found = _AFTER_NAME.match(rest, length) if length else _ONE_WORD.match(rest)
    return found.end() if found else length
