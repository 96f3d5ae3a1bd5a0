"""The floor of each channel: the lock for the one reply that streams, and the lock for the order of events.

Law: one reply streams in a channel at a time, and a channel's events are handled in the order they came. What
a reply says is decided when its turn is opened, with the floor held.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary, WeakSet, WeakValueDictionary

from bot.core.budgets.charges import Charge
from bot.core.budgets.rule import Refused
from bot.core.output.answer import LEFT
from bot.core.persona import Persona
from bot.core.proxies import counts_for
from bot.core.routing import PACED, Denial
from bot.core.scene import IncomingMessage, Place
from bot.core.settings import Wish
from bot.storage.columns import to_ms
from bot.story.budgets.reply_limit import ReplyLimit
from bot.story.budgets.spending import Reservation
from bot.story.places.casting import ChannelCast
from bot.story.places.latest import keep_latest
from bot.story.places.pacing import Pacing
from bot.story.prompts.prompt_fallbacks import PromptFallbacks
from bot.story.replies.other_processes import OtherProcesses, Stop
from bot.story.replies.reply import OpenTurn, Reply
from bot.story.replies.reply_services import ReplyServices

ANSWERED = 200
"""Of how many of the latest turns it is remembered what they answer: a proxy may yet take that back."""

KNOWN_TURNS = 10_000
"""Of how many of the latest turns it is remembered who they answer: more than are read within a minute."""

CLOSED = 10_000
"""Of how many of the latest deleted channels it is remembered that nothing is said there anymore."""


@dataclass(frozen=True, slots=True)
class AnsweredBy:
    """A turn with the messages that it answers, and whether people asked for it."""

    turn_id: int
    triggers: tuple[IncomingMessage, ...]
    is_asked: bool


class Floor:
    """The floors of all channels. One instance serves all use cases."""

    def __init__(self, services: ReplyServices, limit: ReplyLimit, others: OtherProcesses) -> None:
        """Write replies with `services`; each counts for `limit`. What stops is told the `others` too."""
        self.limit = limit
        self.others = others
        self.spending = services.spending
        self.pacing = Pacing(services.clock)
        self._services = services
        # A lock lives while a task holds it or waits for it.
        self._ears: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._floors: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._live: WeakValueDictionary[int, Reply] = WeakValueDictionary()
        self._replies: WeakSet[Reply] = WeakSet()
        self._counted: WeakKeyDictionary[Reply, tuple[int, float]] = WeakKeyDictionary()
        self._cooled: WeakKeyDictionary[Reply, tuple[int, float]] = WeakKeyDictionary()
        self._askers: dict[int, frozenset[int]] = {}
        self._addressees: dict[int, frozenset[int]] = {}
        self._answered: dict[int, AnsweredBy] = {}
        self._closed: dict[int, None] = {}
        self._newest: dict[int, int] = {}
        self._listen_elsewhere()

    def ears(self, channel_id: int) -> asyncio.Lock:
        """Return the lock that keeps a channel's events in order."""
        return _lock(self._ears, channel_id)

    def note_heard(self, message: IncomingMessage) -> None:
        """Note that a message came, whatever becomes of it; call it with the ears of its channel."""
        channel_id = message.place.channel_id
        self._newest[channel_id] = max(message.id, self._newest.pop(channel_id, 0))
        keep_latest(self._newest)

    def newest(self, channel_id: int) -> int:
        """Return the newest message that came in a channel; 0 if none is known."""
        return self._newest.get(channel_id, 0)

    def is_held(self, channel_id: int) -> bool:
        """Return whether a reply streams in a channel, or waits to."""
        floor = self._floors.get(channel_id)
        return floor is not None and floor.locked()

    def floor(self, channel_id: int) -> asyncio.Lock:
        """Return the lock that the reply which streams in a channel holds."""
        return _lock(self._floors, channel_id)

    def reply(
        self, persona: Persona, trigger: IncomingMessage, cast: ChannelCast, open_turn: OpenTurn
    ) -> Reply:
        """Return a reply that waits for the floor of its trigger's channel when it is entered.

        It counts for the person that it answers; what joins it later does not.
        """
        reply = self._reply(persona, trigger, cast, open_turn)
        user_id = counts_for(trigger)
        self._counted[reply] = user_id, self.limit.take(user_id)
        return reply

    def cool(self, reply: Reply) -> None:
        """Let the cooldowns begin of a reply's place, and of the person who asked for it."""
        place, user_id = reply.trigger.place, counts_for(reply.trigger)
        self._cooled[reply] = user_id, self.pacing.take(place, user_id)

    def tells(self, denial: Denial, message: IncomingMessage) -> bool:
        """Return whether somebody is to be told why there is no reply: after a command always, else once."""
        user_id = counts_for(message)
        if denial.reason in PACED:
            tells = self.pacing.tells(denial, message.place, user_id)
        else:
            tells = self.spending.tells(message.place, user_id, denial)
        return message.by_command or tells

    def give_back(self, reply: Reply) -> None:
        """Let a reply that was refused count for nothing, if it has counted."""
        counted, cooled = self._counted.pop(reply, None), self._cooled.pop(reply, None)
        if counted is not None:
            self.limit.give_back(*counted)
        if cooled is not None:
            self.pacing.give_back(reply.trigger.place, *cooled)

    def again(
        self,
        persona: Persona,
        triggers: Sequence[IncomingMessage],
        cast: ChannelCast,
        open_turn: OpenTurn,
        former: Reply | None = None,
    ) -> Reply:
        """Return a reply to these messages that does not count by itself.

        It counts as the one does in whose place it is, `former`, which is given back with it. None if that is
        not known anymore, and for what personas say to each other.
        """
        new = self._reply(persona, triggers[0], cast, open_turn)
        for each in triggers[1:]:
            new.join(each)
        for counts in (self._counted, self._cooled):
            taken = None if former is None else counts.pop(former, None)
            if taken is not None:
                counts[new] = taken
        return new

    def _reply(
        self, persona: Persona, trigger: IncomingMessage, cast: ChannelCast, open_turn: OpenTurn
    ) -> Reply:
        floor = self.floor(trigger.place.channel_id)
        services = self._services
        reply = Reply(persona, trigger, cast, floor=floor, open_turn=open_turn, services=services)
        self._replies.add(reply)
        if self.is_closed(trigger.place):  # since its message was looked into
            reply.page_deleted()
        return reply

    def begun(
        self, turn_id: int, reply: Reply, askers: frozenset[int] = frozenset(), *, is_asked: bool = True
    ) -> None:
        """Note that a reply now writes a turn, which answered these people before.

        `is_asked` is whether people asked for it, and not a persona called another.
        """
        self._live[turn_id] = reply
        asking = frozenset(each.author.id for each in reply.triggers)
        self._askers[turn_id] = askers | asking
        self._addressees.setdefault(turn_id, askers or asking)
        for known in (self._askers, self._addressees):
            while len(known) > KNOWN_TURNS:
                del known[next(iter(known))]
        self._answered.setdefault(turn_id, AnsweredBy(turn_id, reply.triggers, is_asked=is_asked))
        while len(self._answered) > ANSWERED:
            del self._answered[next(iter(self._answered))]

    def answers_to(self, message_id: int) -> list[AnsweredBy]:
        """Return the turns that answer a message, the first first, as far as they are known."""
        known = self._answered.values()
        return [each for each in known if any(one.id == message_id for one in each.triggers)]

    def askers(self, turn_id: int) -> frozenset[int] | None:
        """Return who asked for a turn, or for another variant; None if not known, as after a restart."""
        return self._askers.get(turn_id)

    def addressees(self, turn_id: int) -> frozenset[int] | None:
        """Return the people that a turn answers; None if that is not known, as after a restart."""
        return self._addressees.get(turn_id)

    async def reserve(self, charge: Charge, question: PromptFallbacks) -> Reservation | Refused:
        """Reserve what a reply costs at most, about; before that is refused, its prompt grows cheaper."""
        return await self._services.reserve(charge, question)

    async def is_wanted_whole(self, askers: Collection[int]) -> bool:
        """Return whether any of the people that a reply answers wishes to get it whole."""
        return await self._services.preferences.any_has(askers, Wish.WHOLE_REPLIES)

    def writing(self, turn_id: int) -> Reply | None:
        """Return the reply that writes a turn now, or is shown to its end; None if there is none."""
        reply = self._live.get(turn_id)
        return reply if reply is not None and reply.phase not in LEFT else None

    def hush(self, asked: IncomingMessage) -> bool:
        """Stop what is written where a message asks for that, and what other personas would add.

        What answers a newer message goes on: a process that has got a shard hears of the last minute again.
        Return whether any of it was for others than the person who asks.
        """
        before = to_ms(asked.created_at)
        stopped = self._hush(*asked.place.key, before)
        self.others.tell(Stop.PLACE, *asked.place.key, before)
        who = asked.author.id
        return any(who not in {message.author.id for message in each.triggers} for each in stopped)

    def _hush(self, channel_id: int, owner: int, before: int) -> list[Reply]:
        there = [
            each
            for each in tuple(self._replies)
            if each.trigger.place.key == (channel_id, owner) and to_ms(each.trigger.created_at) <= before
        ]
        stopped = [each for each in there if each.opened is not None and each.phase not in LEFT]
        answered = {message.id for each in stopped for message in each.triggers}
        for reply in there:
            if reply in stopped or answered.issuperset(message.id for message in reply.triggers):
                reply.stop()
        return stopped

    def close(self, channel_id: int) -> None:
        """End all replies of a channel and its threads, or of a thread, whose posts are deleted with it."""
        self._close(channel_id)
        self.others.tell(Stop.GONE, channel_id)

    def _close(self, channel_id: int) -> None:
        self._closed[channel_id] = None
        while len(self._closed) > CLOSED:
            del self._closed[next(iter(self._closed))]
        for reply in tuple(self._replies):
            if reply.phase not in LEFT and self.is_closed(reply.trigger.place):
                reply.page_deleted()

    def is_closed(self, place: Place) -> bool:
        """Return whether a channel or thread was deleted, or the channel of a thread."""
        return place.channel_id in self._closed or place.parent_id in self._closed

    async def heard(self) -> None:
        """Return when all events that are being handled now have been."""
        for ears in tuple(self._ears.values()):
            async with ears:
                pass

    @property
    def busy(self) -> bool:
        """Whether any reply is being written, or shown to its end."""
        return any(reply.phase not in LEFT for reply in tuple(self._live.values()))

    def left(self, turn_id: int) -> bool:
        """Return True once no reply writes, shows or closes a turn."""
        reply = self._live.get(turn_id)
        return reply is None or reply.phase in LEFT

    def page_deleted(self, turn_id: int) -> None:
        """Stop the reply that writes a turn, because one of its posts was deleted."""
        if turn_id in self._live:
            self._page_deleted(turn_id)
        else:
            self.others.tell(Stop.PAGE, turn_id)

    def _page_deleted(self, turn_id: int) -> None:
        reply = self._live.get(turn_id)
        if reply is not None:
            reply.page_deleted()

    def _listen_elsewhere(self) -> None:
        """Stop what other processes tell of."""

        def stop(is_meant: Callable[[IncomingMessage], bool]) -> None:
            for reply in tuple(self._replies):
                if reply.phase not in LEFT and is_meant(reply.trigger):
                    reply.stop()

        def person(server_id: int, user_id: int) -> None:
            stop(lambda asked: (asked.place.guild_id, asked.author.id) == (server_id, user_id))

        def channel(id_: int) -> None:
            stop(lambda asked: id_ in {asked.place.channel_id, asked.place.parent_id})

        hear = self.others.hear
        hear(Stop.PAGE, self._page_deleted)
        hear(Stop.PLACE, self._hush)
        hear(Stop.GONE, self._close)
        hear(Stop.SERVER, lambda id_: stop(lambda asked: asked.place.guild_id == id_))
        hear(
            Stop.CHANNEL,
            lambda id_: stop(lambda asked: id_ in {asked.place.channel_id, asked.place.parent_id}),
        )
        hear(Stop.PERSON, person)

    def cost(self, text: str) -> int:
        """Return the tokens of a turn's text."""
        return self._services.meter.counter.count(text)


def _lock(locks: WeakValueDictionary[int, asyncio.Lock], channel_id: int) -> asyncio.Lock:
    lock = locks.get(channel_id)
    if lock is None:
        lock = locks[channel_id] = asyncio.Lock()
    return lock
