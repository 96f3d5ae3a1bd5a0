"""Proxies: bots such as PluralKit and Tupperbox, which post what people write again, as members of a system.

Law: pure. A person writes the original, the proxy's webhook posts one copy of it or several, and the original
is deleted; which copy is whose is read from the words, because Discord does not say. docs/proxies.md explains
it to players and admins.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from bot.core.names import key_of
from bot.core.scene import MEMBER, IncomingMessage, Participant

PLURALKIT: Final = 466378653216014359
TUPPERBOX: Final = 431544605209788416
"""The applications of both proxies; their bots' accounts have the same ids."""

KNOWN: Final = frozenset({PLURALKIT, TUPPERBOX})
"""The applications that are proxies wherever they are."""

PREFIXES: Final = ("pk;", "pk!", "tul!")
"""How commands for both begin, unless a server has changed that."""

SETTLE: Final = 2.5
"""Seconds for which an original is held: PluralKit takes some hundred milliseconds, on bad days longer."""

FURTHER: Final = 0.7
"""Seconds after a copy in which another copy of the same original may follow."""

TAG: Final = 100
"""The most characters that a proxy removes before a member's words, and after them."""

ALIKE: Final = 0.85
"""The share of their letters in which a copy and its original agree at least: proxies rewrite emoji."""

LONG_ENOUGH: Final = 12
"""The fewest characters of words that only need to be alike: among fewer, everything is."""

_INSERTED: Final = re.compile(r"[\u200a\u17b5\u200b\u2060\ufeff]")
"""Signs that proxies put into names, so that Discord takes them and does not join messages."""

_REPLY_AUTHOR: Final = re.compile(r"\u2004\u21a9\ufe0f?\s*\Z")
"""With what the author of PluralKit's embed for a reply ends."""

_LINK: Final = (
    r"<?https://(?:\w+\.)?discord(?:app)?\.com/channels/(?:[0-9]{1,20}|@me)/[0-9]{1,20}/([0-9]{1,20})>?"
)
"""A link to a message."""

_JUMP: Final = re.compile(rf"\A[*_\s]*\[Reply to:?\]\({_LINK}\)")
"""With what its description begins: a link to the message."""

_LINKED: Final = re.compile(_LINK)

_ONLY_LINKED: Final = re.compile(rf"(?:\[[^\]\n]{{0,100}}\]\({_LINK}\)|{_LINK}|<@!?[0-9]{{1,20}}>|[\W_])++")
"""A line of nothing but links to messages and mentions."""


@dataclass(frozen=True, slots=True)
class ProxyRules:
    """How the bot lives with proxies, as the host sets it.

    Attributes:
        settle: for how many seconds an original is held; 0 for not at all.
        applications: the applications whose webhooks post for people.
        prefixes: how messages begin that are commands for other bots.
    """

    settle: float = SETTLE
    applications: frozenset[int] = KNOWN
    prefixes: tuple[str, ...] = PREFIXES

    def is_command(self, text: str) -> bool:
        """Return whether a text is a command for another bot."""
        return begins_with(text, self.prefixes)


@dataclass(frozen=True, slots=True)
class Words:
    """What a copy and its original have in common: the text, and how many files came with it."""

    text: str
    files: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """That a message is a copy of another.

    Attributes:
        whole: whether it has all of it, so that no other copy follows.
        closeness: how sure that is, from 0 to 4: words that are alike, or beside others, the same words, and
            words beside what can only be a member's sign.
    """

    whole: bool
    closeness: float


def begins_with(text: str, prefixes: Iterable[str]) -> bool:
    """Return whether a text begins with one of these, in whatever case."""
    said = text.lstrip().casefold()
    return any(said.startswith(prefix.casefold()) for prefix in prefixes)


def member_name(posted: str) -> str:
    """Return a member's name as people know it: without the signs that proxies put into it."""
    return " ".join(_INSERTED.sub("", posted).split())


def character_of(application_id: int, posted: str) -> str:
    """Return the character of a member of this name: there is no other key that stays and that is told."""
    return f"{MEMBER}{application_id}:{key_of(member_name(posted))}"


def is_member(character: str) -> bool:
    """Return whether a character is a member of a system."""
    return character.startswith(MEMBER)


def application_in(character: str) -> int:
    """Return the application that posts for a member.

    Raises:
        ValueError: the character is no member.
    """
    number, _, _ = character.removeprefix(MEMBER).partition(":")
    return int(number)


def is_unknown(person: Participant) -> bool:
    """Return whether it is not known whose member somebody is: then the account is the proxy's own."""
    return is_member(person.character) and application_in(person.character) == person.id


def stand_in(server_id: int, character: str) -> int:
    """Return a number for a member without a known account on a server; negative, as no account's is."""
    return ~int.from_bytes(blake2b(f"{server_id}:{character}".encode(), digest_size=7).digest())


def counts_for(message: IncomingMessage) -> int:
    """Return for which account it counts what a message asks for, or for which member's stand-in."""
    author, server_id = message.author, message.place.guild_id
    return author.id if server_id is None or not is_unknown(author) else stand_in(server_id, author.character)


def replied_to(author: str, description: str) -> int | None:
    """Return the message that a copy replies to, by the author and the description of its embed.

    A webhook cannot reply, so PluralKit shows an embed. None if this is another embed.
    """
    jump = _JUMP.match(description)
    return int(jump[1]) if jump and _REPLY_AUTHOR.search(author) else None


@dataclass(frozen=True, slots=True)
class Headed:
    """The words of a copy, and the quote above them.

    Attributes:
        replied_to: the message to which the quote links; None if there is no such quote.
        words: the text without it.
    """

    replied_to: int | None
    words: str


def headed(text: str) -> Headed:
    """Return the words of a copy and what they reply to: Tupperbox quotes the message with a link above them.

    The first lines count that are quotes, and after them one of nothing but the link and mentions.
    """
    written = text.split("\n")
    count = next((at for at, line in enumerate(written) if not line.startswith("> ")), len(written))
    is_link = 0 < count < len(written) and _ONLY_LINKED.fullmatch(written[count])
    count += 1 if is_link and linked(written[count]) is not None else 0
    found = linked("\n".join(written[:count]))
    return Headed(found, text if found is None else "\n".join(written[count:]))


def linked(text: str) -> int | None:
    """Return the message to which the first link to one in a text leads; None without any."""
    found = _LINKED.search(text)
    return int(found[1]) if found else None


def unescaped(text: str) -> str:
    """Return a text without the one backslash before it that keeps a proxy from posting it."""
    return text.removeprefix("\\")


def is_escaped(text: str) -> bool:
    """Return whether a proxy leaves a text alone, because a backslash stands before it."""
    return text.startswith("\\")


def match(copy: Words, original: Words, *, trusted: bool = False) -> Match | None:
    """Return whether a message is a copy of another, and of all of it; None if it is none.

    A copy is the original, or a part of it in whole lines, without what stands before and after as a sign for
    the member; or nearly the same, because proxies change emoji and links. A copy of all of it has its files.
    `trusted` is whether the author of the original is known to be the member: then anything may be a sign.
    """
    said, written = _plain(copy.text), _plain(original.text)
    if not said and not copy.files:
        return None
    found = _compared(said, written, trusted=trusted)
    if found is None or copy.files > original.files or (found.whole and copy.files != original.files):
        return None
    return found


SIGNED, SAME, BESIDE = 4.0, 3.0, 2.0
"""The closeness of words beside a sign at most, of the same words, and of words beside others at most.

The same words may be somebody else's by chance, and brackets around them are nobody's.
"""

_SIGN: Final = 12
"""The most characters around words that are a sign without doubt, if there are as many words."""


def _compared(said: str, written: str, *, trusted: bool) -> Match | None:
    """Return how a copy stands to what is written; None if it is none."""
    if said == written:
        return Match(whole=True, closeness=SAME)
    places = [each for each in _places(said, written) if each.is_of_member(said, trusted=trusted)]
    if places:
        around = min(len(each.before) + len(each.after) for each in places)
        is_sign = 0 < around <= min(_SIGN, len(said))
        return Match(
            not any(each.has_more for each in places),
            (SIGNED if is_sign else BESIDE) - around / (2 * TAG + 1),
        )
    short, long = sorted([len(said), len(written)])
    if short < LONG_ENOUGH or 2 * short < ALIKE * (short + long):
        return None
    alike = alikeness(said, written)
    return Match(whole=True, closeness=alike) if alike >= ALIKE else None


@dataclass(frozen=True, slots=True)
class _Place:
    """A place where words stand in a text.

    Attributes:
        before: what stands before them in their line.
        after: what stands after them in theirs.
        has_more: whether the text has further lines.
    """

    before: str
    after: str
    has_more: bool

    def is_of_member(self, said: str, *, trusted: bool) -> bool:
        """Return whether what stands around the words may be a member's sign, and not more of a sentence."""
        if max(len(self.before), len(self.after)) > TAG:
            return False
        before, after = self.before.rstrip(), self.after.lstrip()
        is_marked = bool(before + after) and not (before[-1:].isalnum() or after[:1].isalnum())
        is_word = not after and not before[:-1].count(" ") and len(said) >= _ENOUGH_FOR_A_WORD
        return trusted or not said or not before + after or is_marked or is_word


_ENOUGH_FOR_A_WORD: Final = 8
"""The fewest characters of words before which another word may be a sign."""

_PLACES: Final = 50
"""In how many places of a text words are looked for: a letter stands in thousands."""


def _places(said: str, written: str) -> Iterator[_Place]:
    at = written.find(said) if said else 0
    for _ in range(_PLACES):
        if at < 0:
            return
        end = at + len(said)
        head, _, before = written[:at].rpartition("\n")
        after, _, tail = written[end:].partition("\n")
        yield _Place(before, after, bool(head.strip() or tail.strip()))
        at = written.find(said, at + 1) if said else -1


def alikeness(one: str, other: str) -> float:
    """Return how much two texts agree, from 0 to 1: the share of their pairs of letters that both have."""
    ours, theirs = Counter(_pairs(one)), Counter(_pairs(other))
    total = ours.total() + theirs.total()
    return 2 * (ours & theirs).total() / total if total else float(one == other)


def _pairs(text: str) -> Iterator[str]:
    return (text[at : at + 2] for at in range(len(text) - 1))


def lines(text: str) -> int:
    """Return how many lines of a text have words."""
    return len(_plain(text).splitlines())


def _plain(text: str) -> str:
    """Return a text with blanks and line ends in one form, which proxies and Discord trim."""
    found = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in found if line)
