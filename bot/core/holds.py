"""Holds: which of a person's latest messages a proxy copies, and what is heard of them when.

Law: pure; times are seconds of one clock. One `Room` is for one channel. Each message is taken once, by the
handler of its own event: an original when its hold is over, unless it was copied or deleted before; copies
when no other copy of the same original can follow, together, by the handler of the newest. Nobody loses an
answer or a word to a copy that may be another person's: where the words alone do not tell, the deletion of
one message is waited for, by which a proxy ends its work; without any, the copy is of nothing known.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from bot.core.proxies import FURTHER, Match, Words, application_in, is_unknown, lines, match
from bot.core.scene import IncomingMessage

KEPT: Final = 15.0
"""Seconds for which it is remembered what a person wrote: a copy that comes later is another message."""

DELETED: Final = 5.0
"""Seconds after a copy in which its original is deleted: PluralKit waits for one, Tupperbox for none."""

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


@dataclass(slots=True, eq=False)
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

    def note_copy(self, copy: IncomingMessage, found: Match) -> None:
        """Note that a message is a copy of this one."""
        self.copied += max(lines(copy.content), 1)
        self.is_whole = found.whole or self.copied >= lines(self.message.content)
        if self.is_whole:  # its text is needed no more, and its author expects that it is gone
            self.message = replace(self.message, content="", attached=())


@dataclass(slots=True, eq=False)
class _Copied:
    """A copy, for a while, and what it may be a copy of, until that is known."""

    message: IncomingMessage
    came: float
    fits: tuple["_Fit", ...] = ()
    is_gone: bool = False
    is_whole: bool = False  # it was replaced by one of another name
    source: int | None = None  # the message in whose place it is


@dataclass(frozen=True, slots=True)
class _Fit:
    """A message of which another one may be a copy: a person's, or an earlier copy under another name."""

    of: _Original | _Copied
    match: Match

    @property
    def account(self) -> int:
        return self.of.message.author.id

    @property
    def order(self) -> tuple[bool, bool, float, int]:
        """How likely it is among those of one account; the greatest is the likeliest."""
        is_held = isinstance(self.of, _Original) and not self.of.is_taken
        return isinstance(self.of, _Original), is_held, self.match.closeness, self.of.message.id


@dataclass(slots=True)
class _Copies:
    """Copies that are taken together."""

    original: _Original | None
    latest: float
    copies: list[_Copied] = field(default_factory=list)
    reproxied: int | None = None

    @property
    def is_complete(self) -> bool:
        """Whether no further copy follows."""
        return self.original is None or self.original.is_whole


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

    def copied(self, copy: IncomingMessage, now: float) -> None:
        """Note a copy; its author is the account that is known for the member, else the proxy's own."""
        self._forget(now)
        if copy.id not in self._copied:
            told = _Copied(copy, now)
            told.fits = tuple(self._fits(copy, now))
            self._copied[copy.id] = told
            self._consider(told)

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
        return bool(copied.fits) or message.id in self._waiting

    def deleted(self, message_id: int) -> None:
        """Note a deletion: what was not taken yet never is, and a copy that waited for it is of this one."""
        gone = self._originals.get(message_id) or self._copied.get(message_id)
        if gone is not None:
            gone.is_gone = True
        if isinstance(gone, _Copied):
            gone.fits, gone.source = (), None
            waiting = self._waiting.pop(message_id, None)
            if waiting is not None:
                waiting.copies.remove(gone)
        for told in tuple(self._undecided()):
            found = next((fit for fit in told.fits if fit.of.message.id == message_id), None)
            if found is not None and not found.of.is_whole:
                found.of.is_gone = True
                self._decide(told, found)

    def answered(self, original_id: int) -> None:
        """Note that a copy of a message is answered, and no other one is."""
        original = self._originals.get(original_id)
        if original is not None:
            original.is_answered = True

    # --- what follows -----------------------------------------------------------------------------

    def wait(self, message_id: int, now: float) -> float:
        """Return the seconds until it is known whether a message is to be taken; 0 if it is known now."""
        original, told = self._originals.get(message_id), self._copied.get(message_id)
        waiting = self._waiting.get(message_id)
        until = now
        if original is not None and not (original.is_gone or original.copied):
            claims = (each for each in self._undecided() if any(fit.of is original for fit in each.fits))
            until = max([original.until, *(each.came + DELETED for each in claims)])
        elif told is not None and told.fits:
            until = told.came + DELETED
        elif waiting is not None and not waiting.is_complete:
            until = waiting.latest + FURTHER
        return max(until - now, 0.0)

    def take(self, message: IncomingMessage) -> Due | None:
        """Return what the handler of a message is to have heard now; None for nothing."""
        original = self._originals.get(message.id)
        if original is not None:
            if original.is_taken or original.is_gone or original.copied:
                return None
            original.is_taken = True
            return Due((original.message,))
        told = self._copied.get(message.id)
        if told is None:  # one that is unknown by now must not be lost
            return Due((message,))
        if told.fits:
            self._give_up(told)
        waiting = self._waiting.get(message.id)
        if waiting is None or waiting.copies[-1] is not told:
            return None
        for each in waiting.copies:
            del self._waiting[each.message.id]
        messages = tuple(sorted((each.message for each in waiting.copies), key=lambda each: each.id))
        first = waiting.original
        if first is None:
            return Due(messages, reproxied=waiting.reproxied)
        return Due(messages, first.message, first.is_taken, first.is_answered)

    def is_replaced(self, message_id: int) -> bool:
        """Return whether a message is a copy in the place of which another one is, under another name."""
        return message_id in self._copied and bool(self.copies_of(message_id))

    def oldest_held(self) -> int | None:
        """Return the oldest message that is held, or waits for what follows; None if none is."""
        held = (
            key
            for key, each in self._originals.items()
            if each.until > each.came and not (each.is_taken or each.is_gone or each.copied)
        )
        pending = (key for key, each in self._copied.items() if self._is_pending(each))
        return min([*held, *pending], default=None)

    def is_copied(self, message_id: int) -> bool:
        """Return whether a message is not to be heard anymore, because there is a copy of it."""
        original = self._originals.get(message_id)
        return original is not None and original.copied > 0

    def is_proven(self, copy_id: int) -> bool:
        """Return whether the deletion of its original has proved whose a copy is."""
        told = self._copied.get(copy_id)
        original = None if told is None or told.source is None else self._originals.get(told.source)
        return original is not None and original.is_gone

    def copies_of(self, message_id: int) -> tuple[IncomingMessage, ...]:
        """Return the copies in the place of a message, as far as they are remembered."""
        return tuple(each.message for each in self._copied.values() if each.source == message_id)

    # --- which copy is whose ----------------------------------------------------------------------

    def _fits(self, copy: IncomingMessage, now: float) -> Iterator[_Fit]:
        """Yield what a message may be a copy of: the account that is known for the member goes before all."""
        fitting = [
            _Fit(each, found)
            for each in self._originals.values()
            if each.is_open(now) and (found := _match(copy, each.message)) is not None
        ]
        same = Match(whole=True, closeness=0.0)
        fitting += (_Fit(each, same) for each in self._copied.values() if _is_again(copy, each))
        is_known = not is_unknown(copy.author) and any(each.account == copy.author.id for each in fitting)
        yield from (each for each in fitting if not is_known or each.account == copy.author.id)

    def _undecided(self) -> Iterator[_Copied]:
        return (each for each in self._copied.values() if each.fits)

    def _consider(self, told: _Copied) -> None:
        """Decide what a copy is of, unless its deletion is to be waited for."""
        if not told.fits:
            self._decide(told, None)
            return
        found = _only(told.fits)
        if found is None:
            return
        known = told.message.author
        loses_nothing = not isinstance(found.of, _Original) or found.of.is_gone or not found.of.is_taken
        if found.account == known.id or (is_unknown(known) and loses_nothing):
            self._decide(told, found)

    def _give_up(self, told: _Copied) -> None:
        """Decide what a copy is of when nothing was deleted: of what was gone before, or of nothing known."""
        self._decide(told, _only(tuple(fit for fit in told.fits if fit.of.is_gone)))

    def _decide(self, told: _Copied, found: _Fit | None) -> None:
        """Let a copy be of a message, or of nothing known, and wait for further ones of the same."""
        told.fits = ()
        original = reproxied = None
        if found is not None:
            source = found.of.message
            told.source = source.id
            author = replace(told.message.author, id=source.author.id)
            told.message = replace(told.message, author=author, member=source.member)
            if told.message.reply_to is None:  # the copy is no reply for Discord, whatever the proxy shows
                told.message = replace(told.message, reply_to=source.reply_to, replied=source.replied)
            if isinstance(found.of, _Original):
                original = found.of
                original.note_copy(told.message, found.match)
            else:
                found.of.is_whole, reproxied = True, source.id
        group = self._group(original, told.came)
        group.copies.append(told)
        group.latest, group.reproxied = max(group.latest, told.came), reproxied
        self._waiting[told.message.id] = group
        if found is not None and found.of.is_whole:
            self._leave_out(found.of)

    def _leave_out(self, source: _Original | _Copied) -> None:
        """Let what has its copy be no other one's."""
        for each in tuple(self._undecided()):
            left = tuple(fit for fit in each.fits if fit.of is not source)
            if each.fits and len(left) < len(each.fits):
                each.fits = left
                self._consider(each)

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
            if now - copied.came > REPROXIED and not self._is_pending(copied):
                del self._copied[message_id]
        taken = [message_id for message_id, each in self._originals.items() if each.is_taken]
        for message_id in taken[: max(0, len(self._originals) - LATEST)]:
            del self._originals[message_id]
        done = [message_id for message_id, each in self._copied.items() if not self._is_pending(each)]
        for message_id in done[: max(0, len(self._copied) - LATEST)]:
            del self._copied[message_id]

    def _is_pending(self, copied: _Copied) -> bool:
        """Return whether a copy is yet to be taken."""
        return bool(copied.fits) or copied.message.id in self._waiting


def _only(fits: tuple[_Fit, ...]) -> _Fit | None:
    """Return the likeliest of what a message may be a copy of; None if that is of several accounts."""
    return max(fits, key=lambda each: each.order) if len({each.account for each in fits}) == 1 else None


def _is_again(copy: IncomingMessage, earlier: _Copied) -> bool:
    """Return whether a copy may be an earlier one again, under the name of another member of the proxy's."""
    before, after = earlier.message.author.character, copy.author.character
    return (
        not (earlier.fits or earlier.is_whole)
        and earlier.message.id < copy.id
        and before != after
        and application_in(before) == application_in(after)
        and _words(earlier.message) == _words(copy)
    )


def _words(message: IncomingMessage) -> Words:
    return Words(message.content, sum(each.kind in FILES for each in message.attached))


def _match(copy: IncomingMessage, original: IncomingMessage) -> Match | None:
    trusted = copy.author.id == original.author.id
    return match(_words(copy), _words(original), trusted=trusted)
