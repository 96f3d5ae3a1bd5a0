"""Holds: which of a person's latest messages a proxy copies, and what is heard of them when.

Law: pure; times are seconds of one clock. One `Room` is for one channel. Each message is taken once, by the
handler of its own event: an original when its hold is over, unless it was copied or deleted before; copies
when no other copy of the same original can follow, together, by the handler of the newest.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from bot.core.proxies import FURTHER, Match, Words, application_in, lines, match
from bot.core.scene import IncomingMessage

KEPT: Final = 15.0
"""Seconds for which it is remembered what a person wrote: a copy that comes later is another message."""

REPROXIED: Final = 90.0
"""Seconds after a copy in which the same words under another name are the copy again: PluralKit lets people
choose another member for their last message for a minute."""

LATEST: Final = 100
"""How many messages of a channel are remembered at most."""

FILES: Final = frozenset({"image", "video", "audio", "voice message", "file"})
"""The kinds of what is attached that proxies upload again."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be heard now.

    Attributes:
        messages: the messages, in the order in which they came.
        original: what they are copies of; None if they are copies of nothing known.
        was_heard: whether the original was heard before, so that its answer is theirs.
        is_answered: whether another copy of the same original was answered before.
        reproxied: the copy that this one replaces, under another name; None if it replaces none.
    """

    messages: tuple[IncomingMessage, ...]
    original: IncomingMessage | None = None
    was_heard: bool = False
    is_answered: bool = False
    reproxied: int | None = None


@dataclass(slots=True)
class _Original:
    """A person's message, as it is now."""

    message: IncomingMessage
    came: float
    until: float
    is_taken: bool = False
    is_gone: bool = False
    is_whole: bool = False  # no further copy follows
    is_answered: bool = False
    copied: int = 0  # lines

    def is_open(self, now: float) -> bool:
        """Return whether a copy may still come."""
        return not self.is_whole and now - self.until <= KEPT


@dataclass(slots=True)
class _Copies:
    """Copies that are taken together."""

    original: _Original | None
    latest: float
    messages: list[IncomingMessage] = field(default_factory=list)
    reproxied: int | None = None

    @property
    def is_complete(self) -> bool:
        """Whether no further copy follows."""
        return self.original is None or self.original.is_whole


@dataclass(slots=True)
class _Copied:
    """A copy that was told, for a while."""

    message: IncomingMessage
    came: float


class Room:
    """The latest messages of people in a channel, and the copies of them."""

    def __init__(self) -> None:
        self._originals: dict[int, _Original] = {}
        self._waiting: dict[int, _Copies] = {}  # by each of their messages
        self._copied: dict[int, _Copied] = {}

    def is_empty(self, now: float) -> bool:
        """Return whether nothing needs to be remembered anymore."""
        self._forget(now)
        return not (self._originals or self._waiting or self._copied)

    # --- what happens -----------------------------------------------------------------------------

    def came(self, message: IncomingMessage, now: float) -> None:
        """Note a person's message."""
        self._forget(now)
        self._originals.setdefault(message.id, _Original(message, now, now))

    def hold(self, message_id: int, seconds: float) -> None:
        """Let a message be held for so long from when it came."""
        held = self._originals.get(message_id)
        if held is not None:
            held.until = held.came + seconds

    def copied(self, copy: IncomingMessage, now: float) -> IncomingMessage:
        """Note a copy; return it as a message of who wrote its words, as far as that is known.

        The author of `copy` is the account that is known for the member, else the proxy's own.
        """
        self._forget(now)
        if copy.id in self._copied:
            return self._copied[copy.id].message
        original = self._original_of(copy, now)
        found = self._reproxied(copy) if original is None else None
        source = original.message if original is not None else found
        if source is not None:
            copy = replace(copy, author=replace(copy.author, id=source.author.id), member=source.member)
        self._copied[copy.id] = _Copied(copy, now)
        group = self._group(original, now)
        group.messages.append(copy)
        group.latest, group.reproxied = now, found.id if found else None
        self._waiting[copy.id] = group
        return copy

    def whose(self, message: IncomingMessage) -> IncomingMessage:
        """Return an edit of a copy as its author's, which no event says; any other message as it is."""
        copied = self._copied.get(message.id)
        if copied is None:
            return message
        return replace(message, author=copied.message.author, member=copied.message.member)

    def edited(self, message: IncomingMessage) -> bool:
        """Note an edit; return whether its message has yet to be taken, or never is: nobody follows then."""
        original = self._originals.get(message.id)
        if original is not None:
            original.message = original.message if original.is_whole else message
            return not original.is_taken
        copied = self._copied.get(message.id)
        if copied is None:
            return False
        copied.message = self.whose(message)
        waiting = self._waiting.get(message.id)
        if waiting is not None:
            now = (copied.message if each.id == message.id else each for each in waiting.messages)
            waiting.messages = list(now)
        return waiting is not None

    def deleted(self, message_id: int) -> None:
        """Note a deletion: what was not taken yet never is."""
        original = self._originals.get(message_id)
        if original is not None:
            original.is_gone = True
        waiting = self._waiting.pop(message_id, None)
        if waiting is not None:
            waiting.messages = [each for each in waiting.messages if each.id != message_id]

    def answered(self, original_id: int) -> None:
        """Note that a copy of a message is answered, and no other one is."""
        original = self._originals.get(original_id)
        if original is not None:
            original.is_answered = True

    # --- what follows -----------------------------------------------------------------------------

    def wait(self, message_id: int, now: float) -> float:
        """Return the seconds until it is known whether a message is to be taken; 0 if it is known now."""
        original, waiting = self._originals.get(message_id), self._waiting.get(message_id)
        if original is not None and not (original.is_gone or original.copied):
            return max(original.until - now, 0.0)
        if waiting is not None and not waiting.is_complete:
            return max(waiting.latest + FURTHER - now, 0.0)
        return 0.0

    def take(self, message: IncomingMessage) -> Due | None:
        """Return what the handler of a message is to have heard now; None for nothing."""
        original = self._originals.get(message.id)
        if original is not None:
            if original.is_taken or original.is_gone or original.copied:
                return None
            original.is_taken = True
            return Due((original.message,))
        waiting = self._waiting.get(message.id)
        if waiting is None:
            # One that is unknown by now must not be lost.
            return None if message.id in self._copied else Due((message,))
        if waiting.messages[-1].id != message.id:
            return None
        for each in waiting.messages:
            del self._waiting[each.id]
        first = waiting.original
        if first is None:
            return Due(tuple(waiting.messages), reproxied=waiting.reproxied)
        return Due(tuple(waiting.messages), first.message, first.is_taken, first.is_answered)

    # --- which copy is whose ----------------------------------------------------------------------

    def _original_of(self, copy: IncomingMessage, now: float) -> _Original | None:
        """Return what a message is a copy of, and note that it was copied; None if that is not known."""
        fitting = [
            (found, each)
            for each in self._originals.values()
            if each.is_open(now) and (found := _match(copy, each.message)) is not None
        ]
        if not fitting:
            return None
        # The account that is known for the member, then somebody who is known to use a proxy, then the
        # closest words, then what has waited longest.
        found, original = max(
            fitting,
            key=lambda each: (
                each[1].message.author.id == copy.author.id,
                each[1].until > each[1].came,
                each[0].closeness,
                -each[1].message.id,
            ),
        )
        original.copied += max(lines(copy.content), 1)
        original.is_whole = found.whole or original.copied >= lines(original.message.content)
        if original.is_whole:  # its text is needed no more, and its author expects that it is gone
            original.message = replace(original.message, content="", attached=())
        return original

    def _reproxied(self, copy: IncomingMessage) -> IncomingMessage | None:
        """Return the latest copy with the same words of another member of the same proxy; None if none is."""
        return next(
            (
                each.message
                for each in reversed(self._copied.values())
                if _words(each.message) == _words(copy)
                and each.message.id < copy.id
                and application_in(each.message.author.character) == application_in(copy.author.character)
                and each.message.author.character != copy.author.character
            ),
            None,
        )

    def _group(self, original: _Original | None, now: float) -> _Copies:
        """Return the copies of a message that wait for further ones, or new ones."""
        known = (each for each in self._waiting.values() if each.original is original is not None)
        return next(known, _Copies(original, now))

    def _forget(self, now: float) -> None:
        """Forget what is too old, and the oldest where there is too much."""
        for message_id, original in tuple(self._originals.items()):
            if now - original.until > KEPT:
                del self._originals[message_id]
        for message_id, copied in tuple(self._copied.items()):
            if now - copied.came > REPROXIED and message_id not in self._waiting:
                del self._copied[message_id]
        taken = [message_id for message_id, each in self._originals.items() if each.is_taken]
        for message_id in taken[: max(0, len(self._originals) - LATEST)]:
            del self._originals[message_id]
        while len(self._copied) > LATEST:
            del self._copied[next(iter(self._copied))]


def _words(message: IncomingMessage) -> Words:
    return Words(message.content, sum(each.kind in FILES for each in message.attached))


def _match(copy: IncomingMessage, original: IncomingMessage) -> Match | None:
    trusted = copy.author.id == original.author.id
    return match(_words(copy), _words(original), trusted=trusted)
