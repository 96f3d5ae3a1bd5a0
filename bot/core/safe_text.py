"""Text that is safe to send: nothing in it breaks a chat template or hides, and cuts split no character.

Law: pure, for text of any script; what is removed or broken stays readable for people.
"""

from typing import Final

import regex

from bot.core.markers import broken

FIRST_WORDS_LIMIT: Final = 60
"""Maximum characters by which a message is recognized that another one replies to."""

_EMOJI: Final = r"\p{Extended_Pictographic}"

_JOINING: Final = r"""
    (?!\p{Latin}|\p{Greek}|\p{Cyrillic}|\p{Han}|\p{Hiragana}|\p{Katakana}|\p{Hangul}|\p{Inherited})[\p{L}\p{M}]
"""

_NEEDED: Final = rf"""
    (?<={_EMOJI}[\uFE0F\p{{Emoji_Modifier}}]?)\u200D(?={_EMOJI})
  | (?<={_EMOJI})[\uFE0E\uFE0F]
  | (?<=[0-9\#*])\uFE0F(?=\u20E3)
  | (?<=\U0001F3F4)[\U000E0030-\U000E0039\U000E0061-\U000E007A]{{2,6}}\U000E007F
"""
"""Invisible parts of emoji: joiners, variation selectors, keycaps, the flags of regions."""

_SPELLING: Final = rf"""
    (?<={_JOINING})[\u200C\u200D]
  | (?<=\p{{Han}})[\uFE00-\uFE02\U000E0100-\U000E01EF]
  | (?<=\p{{Mongolian}})[\u180B-\u180D\u180F]
"""
"""Joiners and variation selectors that belong to a script's spelling."""

_HIDDEN_CHARACTER: Final = r"""
    [\p{Default_Ignorable_Code_Point}[\p{Cf}--\p{Prepended_Concatenation_Mark}][\p{Cc}--[\t\n]]\p{Cs}]
"""

_HIDDEN: Final = regex.compile(
    rf"(?V1)(?P<needed>{_NEEDED})|(?P<spelling>{_SPELLING})|(?P<hidden>{_HIDDEN_CHARACTER})", regex.VERBOSE
)

_BLANK_LETTERS: Final = regex.compile(r"[\u115F\u1160\u17B4\u17B5\u3164\uFFA0\u2800]+")
"""Letters and symbols that render as blanks."""

_LINE_ENDS: Final = regex.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")

_SPELLING_FLOOD: Final = 4
"""Joiners that are allowed even in a very short text."""

_SPELLING_SHARE: Final = 0.1
"""Maximum share of invisible characters: MiniMax refuses requests with more than about this (code 1042)."""

_GRAPHEME: Final = regex.compile(r"\X")


def defuse(text: str) -> str:
    """Return a text without chat-template markers and hidden characters.

    Markers are broken by a blank, so that they stay readable: `<|im_end|>` → `< |im_end|>`. Control
    characters, bidirectional overrides, zero-width characters and tags are removed, except those that an
    emoji or a script's spelling needs; lines end with a newline.
    """
    text = _BLANK_LETTERS.sub(" ", _LINE_ENDS.sub("\n", text))
    text = _HIDDEN.sub(_keep_needed, text)
    spelling = sum(found["spelling"] is not None for found in _HIDDEN.finditer(text))
    if spelling > max(_SPELLING_FLOOD, _SPELLING_SHARE * len(text)):
        text = _HIDDEN.sub(lambda found: found["needed"] or "", text)
    return broken(text)


def _keep_needed(found: "regex.Match[str]") -> str:
    return "" if found["hidden"] else found[0]


def visible(text: str) -> str:
    """Return a text without characters that do not show; letters that render as blanks are blanks."""
    return _HIDDEN.sub("", _BLANK_LETTERS.sub(" ", text))


def clusters_within(text: str, limit: int) -> int:
    """Return how many code points a text's first grapheme clusters have, `limit` at most; 0 if none fits."""
    end = 0
    for cluster in _GRAPHEME.finditer(text, 0, limit + 1):
        if cluster.end() > limit:
            break
        end = cluster.end()
    return end


def clip(text: str, limit: int) -> str:
    """Return the text's first grapheme clusters, defused, at most `limit` code points."""
    return defuse(text[: clusters_within(text, limit) or limit]).strip()


def shortened(text: str, limit: int) -> str:
    """Return a text of at most `limit` code points: the text, or its beginning with an ellipsis."""
    if len(text) <= limit:
        return text
    return clip(text, limit - 1) + "…" if limit > 1 else ""


def first_words(text: str, limit: int = FIRST_WORDS_LIMIT) -> str:
    """Return the beginning of a text in one line of at most `limit` code points, cut after a word."""
    head = text[: limit * 8]  # reading all of a long text would take long
    line = " ".join(head.split())
    if len(line) <= limit and len(head) == len(text):
        return line
    begun = clip(line, limit - 1)
    whole, blank, _ = begun.rpartition(" ")
    # In scripts without blanks, and in a very long word, it is cut after a character.
    parted = line[len(begun) : len(begun) + 1].isspace() or not blank or len(whole) < limit // 2
    return (begun if parted else whole) + "…"
