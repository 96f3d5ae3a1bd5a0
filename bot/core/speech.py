"""Speech: what of a person's message is said aloud, what is narration, and what is out of character.

People write as on Discord: `*narration*`, `> quotation`, `||spoiler||`, code and links, and as at a table:
`((out of character))`, `// …`, `OOC: …`, `[OOC …]`.

Law: nothing raises, and the parts of a text put together are the text. What begins first wins: narration,
quotations, code and words in speech marks are never out of character, whatever they hold. Where a text has
words in speech marks, only they are said aloud, else all that is neither marked nor a link is. The time to
read a text grows with its length, whatever marks it holds.
"""

from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

import regex


class Kind(StrEnum):
    """What a part of a message is."""

    SAID = "said"  # plain words; narration too, where others stand in speech marks
    SPEECH = "speech"  # words in speech marks, with the marks
    NARRATION = "narration"
    QUOTATION = "quotation"
    SPOILER = "spoiler"
    CODE = "code"
    LINK = "link"
    OOC = "ooc"


class Part(NamedTuple):
    """A part of a message, with its marks."""

    kind: Kind
    text: str


@lru_cache(64)  # a message is asked for what it says aloud, out of character and in the story
def parts_of(text: str) -> tuple[Part, ...]:
    """Return the parts of a text, in their order; put together they are the text."""
    return tuple(_joined(_parts(text)))


def aloud(text: str) -> str:
    """Return what is said aloud in a text, where a name calls somebody."""
    parts = parts_of(text)
    spoken = [part.text[1:-1] for part in parts if part.kind is Kind.SPEECH]
    if not spoken:
        return "\n".join(part.text for part in parts if part.kind is Kind.SAID)
    within = (part for each in spoken for part in parts_of(each))
    return "\n".join(part.text for part in within if part.kind in {Kind.SAID, Kind.SPEECH, Kind.OOC})


def in_story(text: str) -> str:
    """Return a text without what is out of character; the very text where nothing is."""
    if _MAY_BE_OOC.search(text) is None:
        return text
    parts = parts_of(text)
    if all(part.kind is not Kind.OOC for part in parts):
        return text
    kept, seam = "", False
    for part in parts:
        if part.kind is Kind.OOC:
            seam = True
            continue
        if seam and part.text.startswith(_AFTER_WORDS):
            kept = kept.rstrip(" ")
        kept += part.text.lstrip(" ") if seam and kept.endswith((" ", "\n")) else part.text
        seam = False
    story = _GAPS.sub("\n\n", _TRAILING.sub("", _BARE.sub("", _HOLLOW.sub("", kept)))).strip()
    return "" if _NO_WORDS.fullmatch(story) else story


def out_of_character(text: str) -> str:
    """Return what a text says out of character, without the marks; "" for nothing."""
    if _MAY_BE_OOC.search(text) is None:
        return ""
    said = (_unmarked(part.text) for part in parts_of(text) if part.kind is Kind.OOC)
    return "\n".join(filter(None, said))


_MAY_BE_OOC: Final = regex.compile(r"[(（]{2}|//|ooc", regex.IGNORECASE)  # noqa: RUF001 - full-width
_HOLLOW: Final = regex.compile(r"(\*\*|__|~~)\s*\1")
_BARE: Final = regex.compile(r"^[ \t]*(?:-#|\#{1,3}|[-*+•])[ \t]*$", regex.MULTILINE)
"""A line of which only the mark is left that makes it small, a heading or an item."""
_AFTER_WORDS: Final = (".", ",", "!", "?", ";", "…")
_NO_WORDS: Final = regex.compile(r"[\s.!,;:)\]}*_~-]{0,2}")
"""What is left of a message that ends its aside with a full stop, or begins it as an item of a list."""
_TRAILING: Final = regex.compile(r"(?<![ \t])[ \t]+$", regex.MULTILINE)
_GAPS: Final = regex.compile(r"\n{3,}")

# Narration is Discord's italics; a bold text, an underlined one and a struck one are said like any other.
_SIGN: Final = regex.compile(
    r"""
    \\(?:[^\w\s]|_)
  | (?P<code>(?<!`)(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))
  | (?P<quotation>^\ *>>>\ .*|^\ *>\ [^\n]*(?:\n\ *>\ [^\n]*)*)
  | (?P<spoiler>\|\|(?:(?!\|\|).)+\|\|)
  | (?P<link><?(?<!\w)[a-z][a-z0-9+.-]{1,15}+://[^\s<>]++>?)
  | (?P<narration>
        \*\*\*(?![\s*])[^*]++(?<!\s)\*\*\*
      | (?<!\*)\*(?![\s*])(?:[^*\\]|\\.|\*\*)++(?<![\s\\])\*(?!\*)
      | (?<!\w)_(?![\s_])(?:[^_\\]|\\.|__)++(?<![\s\\])_(?!\w)
    )
  | (?P<brackets>[(（]{2})
  | (?P<tagged>[(（\[［{【<]{1,2}\s*+(?:\*\*|__)?ooc\b)
  | (?P<labelled>
        (?:\*\*|__)?+(?<![\p{L}\p{N}])ooc(?:\*\*|__)?+\s*+[:：]
      | ^[ \t*_]*+(?:/ooc\b|ooc(?:\*\*|__)?+\s++[-–—>|](?!\w))
    )
  | \*+
  | (?P<slashes>(?<![/:])//(?!/))
  | (?P<mark>["＂“„”«»「『])
    """,  # noqa: RUF001 - full-width characters and dashes are meant
    regex.VERBOSE | regex.DOTALL | regex.MULTILINE | regex.IGNORECASE,
)
_WHOLE: Final = {
    "code": Kind.CODE,
    "quotation": Kind.QUOTATION,
    "spoiler": Kind.SPOILER,
    "link": Kind.LINK,
    "narration": Kind.NARRATION,
}


def _joined(parts: Iterator[Part]) -> Iterator[Part]:
    """Yield parts that are not empty, with plain words that follow each other as one."""
    said = ""
    for part in parts:
        if part.kind is Kind.SAID:
            said += part.text
        elif part.text:
            if said:
                yield Part(Kind.SAID, said)
            said = ""
            yield part
    if said:
        yield Part(Kind.SAID, said)


def _parts(text: str) -> Iterator[Part]:
    asides = _Asides(text)
    plain = at = 0
    while (found := _SIGN.search(text, at)) is not None:
        kind, end = _meant(text, found, asides, edge=plain == found.start())
        if kind is None:
            at = max(end, found.start() + 1)
            continue
        yield Part(Kind.SAID, text[plain : found.start()])
        if kind is Kind.NARRATION:
            yield from _with_speech(text, found.start(), end)
        else:
            yield Part(kind, text[found.start() : end])
        plain = at = end
    yield Part(Kind.SAID, text[plain:])


def _meant(text: str, found: "regex.Match[str]", asides: "_Asides", *, edge: bool) -> tuple[Kind | None, int]:
    """Return what begins with a sign, and where it ends; None and where to go on if the sign means nothing.

    `edge` says that another part, or nothing, stands directly before it.
    """
    start, group = found.start(), found.lastgroup
    if group in _WHOLE or found["code"] is not None:
        return _WHOLE.get(group or "", Kind.CODE), found.end()
    if group == "mark":
        end = _speech_end(text, start, len(text))
        return (None, start + 1) if end is None else (Kind.SPEECH, end)
    end = asides.end(found, edge=edge)
    if end is not None:
        return Kind.OOC, end
    # Of a run of brackets, the inner ones mean no more than the outer ones.
    run = _RUN.match(text, start) if group == "brackets" else None
    return None, run.end() if run else found.end()


# --- out of character -------------------------------------------------------------------------------

_RUN: Final = regex.compile(r"[(（]+")  # noqa: RUF001 - full-width
_BEFORE_ASIDE: Final = regex.compile(
    r"[\s\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}.,!?…~\"'”’»“„」』。！？、，)）\]>|—–-]"  # noqa: RUF001
    r"|\p{So}|(?<=\w):|(?<=\*)\*|(?<![\p{L}\p{N}])\*"
)
"""What may stand before `((`: no letter, number or operator, as in `f((x))`, and no eyes, as in `:((`."""
_AFTER_SENTENCE: Final = regex.compile(r"[.!?…*_~\"”’»“」』。！？>)）]\s+\Z")  # noqa: RUF001
_ATTACHED: Final = regex.compile(r"\s[(（]{2}\p{L}")  # noqa: RUF001
_LINE_BEGINS: Final = regex.compile(r"^[ \t*_~#>-]*+", regex.MULTILINE)
_LINE_ENDS: Final = regex.compile(r"[ \t]*+$", regex.MULTILINE)
_NO_FORMULA: Final = regex.compile(r"(?!\s*[=^])")
_SHOWS: Final = regex.compile(r"[\p{L}\p{N}\p{S}!?…]")
_EMOTICON: Final = regex.compile(r"(?<![\p{L}\p{N}])[>]?(?:[:;=]['’]?-?|[xX8][-']?)[()]+|\^[_.]?\^;*")  # noqa: RUF001
_END_OF_ASIDE: Final = regex.compile(r"\n\s*\n|\n(?=\s*(?:\(?ic\b|[*_\"“„«»「『]))", regex.IGNORECASE)
"""Where what has no closing mark ends: at a blank line, or before a line that is plainly of the story."""
_BRACKETS: Final = (("(（", ")）"), ("[［", "]］"), ("{｛", "}｝"), ("【", "】"), ("<", ">"))  # noqa: RUF001
_LOOK_BACK: Final = 16
_ACTION: Final = regex.compile(r"//(?=\S)(?:(?!//)[^\n])+(?<=\S)//(?!/)")
_END_TAG: Final = regex.compile(r"[(\[{<]\s*/\s*ooc\s*[)\]}>]", regex.IGNORECASE)


class _Asides:
    """Where the asides of a text end; asked from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._round: list[tuple[dict[int, int], set[int]]] | None = None
        self._closed_by: dict[str, dict[int, int]] = {}
        self._next: dict[regex.Pattern[str], tuple[int, regex.Match[str] | None]] = {}

    def end(self, found: "regex.Match[str]", *, edge: bool) -> int | None:
        """Return where what begins with a sign ends; None if the sign means nothing.

        `edge` says that another part, or nothing, stands directly before it.
        """
        ends = {
            "brackets": self._end_of_bracketed,
            "tagged": self._end_of_tagged,
            "labelled": self._end_of_labelled,
            "slashes": self._end_of_slashed,
        }
        of_group = ends.get(found.lastgroup or "")
        return None if of_group is None else of_group(found, edge or found.start() == 0)

    def _end_of_bracketed(self, found: "regex.Match[str]", edge: bool) -> int | None:  # noqa: FBT001
        """Return where `((…))` ends; None if these brackets are others.

        The two at its ends stand together. Without an end it has to begin a line or follow a sentence.
        """
        text, start = self._text, found.start()
        if not (edge or _BEFORE_ASIDE.match(text, start - 1)):
            return None
        if self._round is None:  # an emoticon's bracket is none; where that leads to nothing, it may be one
            self._round = [_pairs(_EMOTICON.sub(_blank, text), "(（", ")）"), _pairs(text, "(（", ")）")]  # noqa: RUF001
        for closed_by, strays in self._round:
            end = closed_by.get(start)
            if end is None or (closed_by.get(start + 1) != end - 1 and end + 1 not in strays):
                continue
            end += 1
            while end in strays:
                end += 1
            return end if _NO_FORMULA.match(text, end) and self._shows(start, end) else None
        closed_by, _ = self._round[1]
        if start in closed_by or not (
            _begins_line(text, start)
            or _ATTACHED.match(text, start - 1)
            or _AFTER_SENTENCE.search(_just_before(text, start))
        ):
            return None
        inner = closed_by.get(start + 1)  # one of two is forgotten
        whole = inner is not None and _LINE_ENDS.match(text, inner + 1)
        end = inner + 1 if inner is not None and whole else self._end_without_mark(start)
        return end if self._shows(start, end) else None

    def _end_of_tagged(self, found: "regex.Match[str]", edge: bool) -> int | None:  # noqa: FBT001
        """Return where `[OOC …]` ends; with its paragraph where they hold no more, as in `[OOC] …`."""
        text, start, within = self._text, found.start(), found.end()
        if not edge and regex.match(r"[\p{L}\p{N}_]", text[start - 1]):
            return None
        openers, closers = next(kind for kind in _BRACKETS if text[start] in kind[0])
        if openers not in self._closed_by:
            self._closed_by[openers], _ = _pairs(text, openers, closers)
        end = self._closed_by[openers].get(start)
        if end is None or not self._shows(within, end):
            end_tag = self._ahead(_END_TAG, within)
            if end_tag is not None:
                return end_tag.end()
            end = self._end_without_mark(start)
            return end if self._shows(within, end) else None
        while end < len(text) and text[end] in closers:
            end += 1
        return end

    def _end_of_labelled(self, found: "regex.Match[str]", edge: bool) -> int | None:  # noqa: FBT001
        """Return where `OOC: …` ends."""
        text, start = self._text, found.start()
        if not (edge or text[start - 1].isspace() or text[start].isspace()):
            return None
        return self._end_without_mark(found.end())

    def _end_of_slashed(self, found: "regex.Match[str]", edge: bool) -> int | None:  # noqa: FBT001
        """Return where `// …` ends, with its line; within a line, slashes at both ends mark an action."""
        text, start = self._text, found.start()
        line_end = text.find("\n", start)
        line_end = len(text) if line_end < 0 else line_end
        if not (edge or text[start - 1].isspace()) or not self._shows(start + 2, line_end):
            return None
        if not _begins_line(text, start) and _ACTION.match(text, start):
            return None
        return line_end

    def _end_without_mark(self, start: int) -> int:
        found = self._ahead(_END_OF_ASIDE, start)
        return len(self._text) if found is None else found.start()

    def _shows(self, start: int, end: int) -> bool:
        """Return whether anything is said between two positions."""
        found = self._ahead(_SHOWS, start)
        return found is not None and found.start() < end

    def _ahead(self, pattern: "regex.Pattern[str]", start: int) -> "regex.Match[str] | None":
        """Return what a pattern finds from a position on; the same for all positions before it."""
        since, found = self._next.get(pattern, (len(self._text) + 1, None))
        if start < since or (found is not None and found.start() < start):
            found = pattern.search(self._text, start)
            self._next[pattern] = start, found
        return found


def _begins_line(text: str, start: int) -> bool:
    """Return whether nothing but marks stands before a position in its line."""
    line = text.rfind("\n", 0, start) + 1
    found = _LINE_BEGINS.match(text, line)
    return found is not None and found.end() >= start


def _just_before(text: str, start: int) -> str:
    """Return the last characters of the line before a position; more of it matters nowhere."""
    return text[max(text.rfind("\n", 0, start) + 1, start - _LOOK_BACK) : start]


def _blank(found: "regex.Match[str]") -> str:
    return " " * len(found[0])


def _pairs(text: str, openers: str, closers: str) -> tuple[dict[int, int], set[int]]:
    """Return which closing bracket belongs to which opening one, and the closing ones that belong to none."""
    closed_by: dict[int, int] = {}
    strays: set[int] = set()
    opened: list[int] = []
    for at, each in enumerate(text):
        if each in openers:
            opened.append(at)
        elif each in closers:
            if opened:
                closed_by[opened.pop()] = at
            else:
                strays.add(at)
    return closed_by, strays


_OPENING: Final = regex.compile(
    r"""
    [\s*_]*+
    (?P<brackets>(?:[(（]++|[\[［]++|[{｛]++|【++)?+)
    [\s*_]*+
    (?:[\[［{｛【<]?/?ooc(?![\p{L}\p{N}])[\s*_]*+[)）\]］}｝】>]*+[\s*_]*+[:：|>–—-]*+|//)?+
    [\s*_]*+
    """,  # noqa: RUF001
    regex.IGNORECASE | regex.VERBOSE,
)
_CLOSING: Final = regex.compile(r"[)）\]］}】>]")  # noqa: RUF001


def _unmarked(ooc: str) -> str:
    """Return what is said out of character without the marks at its ends."""
    ooc = _END_TAG.sub("", ooc)
    found = _OPENING.match(ooc)
    assert found is not None  # it may be empty
    said = ooc[found.end() :].rstrip()
    for _ in found["brackets"]:
        said = said[:-1].rstrip() if said and _CLOSING.match(said[-1]) else said
    return said.removesuffix("//").strip() if ooc.lstrip().startswith("//") else said.strip()


# --- speech marks -----------------------------------------------------------------------------------

_MARKS: Final = {
    '"': '"',
    "＂": "＂",  # noqa: RUF001
    "“": '”"',
    "„": '“”"',
    "”": "”",
    "«": "»",
    "»": "«»",
    "「": "」",
    "『": "』",
}
"""The closing marks of each opening one: English, German, French, Danish, Swedish, Chinese and Japanese."""
_STRAIGHT: Final = '"＂'  # noqa: RUF001
_EITHER: Final = frozenset('"＂”»')  # noqa: RUF001
"""Marks that also close: they open where a word begins."""
_ENDS_SPEECH: Final = regex.compile(r"[.!?…,;:—–~♪。！？、，-]\W*\Z")  # noqa: RUF001
_OPENS: Final = regex.compile("[" + "".join(_MARKS) + "]")
_ANY_MARK: Final = regex.compile("[" + "".join({*_MARKS, *"".join(_MARKS.values())}) + "]")
_NO_BLANK: Final = regex.compile(r"\S")
_MARKS_READ: Final = 16
"""Marks that are looked at for the one that closes another; a text may hold nothing else."""
_IN_SENTENCE: Final = regex.compile(r"[\p{L}\p{N}]\s+\Z")
_AFTER_ARTICLE: Final = regex.compile(
    r"(?<![\p{L}\p{N}'’])(?:the|an?|der|die|das|de[mn]|eine?[mnr]?|les?|une?|des|du|el|los|las|una)\s+\Z",  # noqa: RUF001
    regex.IGNORECASE,
)
_WORD: Final = regex.compile(r"\p{L}[\p{L}\p{M}'’]*")  # noqa: RUF001
_SHORT_WORD: Final = 3
"""Letters of words that titles write small."""


def _with_speech(text: str, start: int, end: int) -> Iterator[Part]:
    """Yield narration, and the words in speech marks within it."""
    at = plain = start
    while (found := _OPENS.search(text, at, end)) is not None:
        until = _speech_end(text, found.start(), end - 1, begins=found.start() == start + 1)
        if until is None:
            at = found.end()
            continue
        yield Part(Kind.NARRATION, text[plain : found.start()])
        yield Part(Kind.SPEECH, text[found.start() : until])
        plain = at = until
    yield Part(Kind.NARRATION, text[plain:end])


def _speech_end(text: str, start: int, limit: int, *, begins: bool = False) -> int | None:
    """Return where the words in speech marks end that begin here; None if the mark is no such.

    `begins` says that the text before the mark is none. The marks belong together within a line (straight
    ones) or a paragraph. An inch, as in `6"`, opens nothing, and closes only if nothing else does. A title in
    a sentence (`the "Drowned Bell"`) and a term (`a "special" drink`) are no speech.
    """
    mark = text[start]
    before = "" if begins or start == 0 else text[start - 1]
    if mark in _EITHER and (before.isalnum() or text[start + 1 : start + 2].isspace()):
        return None
    line_end = text.find("\n", start, limit) if mark in _STRAIGHT else -1
    end = _closing(text, start, limit if line_end < 0 else line_end)
    if end is None or text.find("\n\n", start, end) >= 0:
        return None
    if _is_named(text[start + 1 : end], _just_before(text, start)):
        return None
    return end + 1


def _closing(text: str, start: int, limit: int) -> int | None:
    """Return where the mark stands that closes the one at `start`."""
    mark, inch = text[start], None
    words = _NO_BLANK.search(text, start + 1, limit)
    if words is None:
        return None
    for found in islice(_ANY_MARK.finditer(text, start + 1, limit), _MARKS_READ):
        at, each = found.start(), found[0]
        if each == mark and mark not in _MARKS[mark]:
            return inch  # another opens before it is closed
        if each not in _MARKS[mark] or at <= words.start():
            continue
        if mark not in _STRAIGHT:
            return at
        if text[at - 1].isspace() and not text[at + 1 : at + 2].isspace() and at + 1 < limit:
            return inch  # it opens another
        if text[at + 1 : at + 2].isalnum():
            continue
        if not text[at - 1].isdigit():
            return at
        inch = inch or at
    return inch


def _is_named(quoted: str, before: str) -> bool:
    """Return whether words in marks are a title or a term within a sentence, and not speech.

    They have no end, and a title is written large; a term stands after an article.
    """
    if not _IN_SENTENCE.search(before) or _ENDS_SPEECH.search(quoted[-_LOOK_BACK:]):
        return False
    if _AFTER_ARTICLE.search(before):
        return True
    words = _WORD.findall(quoted)
    large = [word[0].isupper() for word in words if len(word) > _SHORT_WORD or word in {words[0], words[-1]}]
    return bool(large) and all(large)
