"""The requests that count against Discord's limits, and what its answers said of each bucket.

Law: a request counts from when it is granted, because others may pass before it has begun; once it has begun,
it counts for the second in which it may arrive at Discord.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Final

from bot.core.posts.pace import Bucket, Tempo, Urgency, most_in_a_second
from bot.discord_ui.posting.lanes import OF_WEBHOOKS, Key, Payer

MANY: Final = 1000
"""Buckets, previews and claims that are kept before those without effect are dropped."""

USES_OF_A_POST: Final = 3
"""Uses of a channel's webhooks for which another process's post counts: itself, a preview, its last words.

How many edits there were is not known. With two, rooms with eleven replies a minute waited for 37 s at an
update, with three for 1.1 s (`make cluster`). Rooms with eight or more go without previews for some seconds.
"""


class RequestCounts:
    """The counted requests of one process, by buckets, by who pays, and by channels' webhooks.

    Args:
        clock: Returns seconds that never go backwards.
        tempo: The lengths of time.
        webhooks_share_limit: Whether webhooks' requests count against the same 50 a second as all others.
    """

    def __init__(self, clock: Callable[[], float], tempo: Tempo, *, webhooks_share_limit: bool) -> None:
        """Start without requests."""
        self._shares = webhooks_share_limit
        self._clock = clock
        self._tempo = tempo
        self._buckets: dict[Key, Bucket] = {}
        self._lately: dict[Payer, deque[float]] = {payer: deque(maxlen=200) for payer in Payer}
        self._of_webhooks: defaultdict[int, deque[float]] = defaultdict(lambda: deque(maxlen=60))
        self._ours: dict[str, int] = {}
        self._others: dict[int, tuple[str, float]] = {}  # posts of other processes: their webhook, and when
        self._granted: dict[Key | None, deque[float]] = {}

    def used(self, second: float) -> dict[str, float]:
        """Return which part of what Discord allows in a `second` the last one had, by who pays."""
        since = self._clock() - second
        payers = (Payer.BOT,) if self._shares else Payer
        most = most_in_a_second(Urgency.FINAL)
        return {payer.value: sum(at > since for at in self._lately[payer]) / most for payer in payers}

    def lately(self, payer: Payer) -> tuple[float, ...]:
        """Return when the requests that one limit over all counts were made, or may be any moment."""
        return (*sorted(self._lately[payer]), *self._overdue(payer))

    def by_webhooks(self, channel_id: int) -> tuple[float, ...]:
        """Return when webhooks posted in a channel."""
        return tuple(self._of_webhooks.get(channel_id, ()))

    def payer_of(self, key: Key | None) -> Payer:
        """Return among whose requests the limit over all requests counts those of a bucket."""
        is_apart = key is not None and key[0] == OF_WEBHOOKS and not self._shares
        return Payer.ADDRESS if is_apart else Payer.BOT

    def bucket(self, key: Key) -> Bucket:
        """Return what is known of a bucket; a full one before Discord has told."""
        return self._buckets.get(key, Bucket())

    def keep(self, key: Key, bucket: Bucket) -> None:
        """Store what is known of a bucket now."""
        now = self._clock()
        if key not in self._buckets and len(self._buckets) >= MANY:
            stale = [each for each, kept in self._buckets.items() if kept.left(now) >= kept.limit]
            for each in stale:
                del self._buckets[each]
        self._buckets[key] = bucket

    def grant(self, key: Key | None, *, exempt: bool) -> None:
        """Count a request before it is sent, because others may pass meanwhile."""
        now = self._clock()
        never = now - self._tempo.window  # what was not sent since then never will be
        if key not in self._granted and len(self._granted) >= MANY:
            self._granted = {each: times for each, times in self._granted.items() if times[-1] > never}
        times = self._granted.setdefault(key, deque())
        while times and times[0] <= never:
            times.popleft()
        times.append(now)  # the time by which `use_grant` finds it
        self.count(key, now, exempt=exempt)

    def withdraw(self, key: Key | None) -> None:
        """Count a request that was granted, and does not go, as if it had never been."""
        granted, webhooks = self.use_grant(key), self._counting(key)
        for times in (self._lately[self.payer_of(key)], webhooks):
            if granted is not None and times is not None and granted in times:
                times.remove(granted)

    def delay(self, key: Key | None) -> None:
        """Count a request that was granted, and could not go until now, as granted now."""
        granted, now = self.use_grant(key), self._clock()
        if granted is not None:
            self._granted.setdefault(key, deque()).append(now)
            self.recount(key, granted, now)

    def use_grant(self, key: Key | None) -> float | None:
        """Remove the oldest grant of a bucket that was not used yet, and return its time."""
        times = self._granted.get(key)
        if not times:
            return None
        granted = times.popleft()
        if not times:
            del self._granted[key]
        return granted

    def count(self, key: Key | None, at: float, *, exempt: bool) -> None:
        """Count a request; `exempt` is one that the limit over all requests ignores."""
        if not exempt:
            self._lately[self.payer_of(key)].append(at)
        if (webhooks := self._counting(key)) is not None:
            webhooks.append(at)

    def adopt(self, webhook_id: int, channel_id: int) -> None:
        """Register a webhook of the bot, and the channel whose limit counts it."""
        hook = str(webhook_id)
        if self._ours.get(hook) != channel_id:
            self._ours[hook] = channel_id
            self._count_others(channel_id, [at for made_by, at in self._others.values() if made_by == hook])

    def posted_by_others(self, posts: Iterable[tuple[int, int, float]]) -> None:
        """Count posts that others have made by the bot's webhooks, each once, however often it is told.

        Each is its id, its webhook and the seconds since.
        """
        now = self._clock()
        since = now - self._tempo.minute
        self._others = {key: kept for key, kept in self._others.items() if kept[1] > since}
        for message_id, webhook_id, age in posts:
            hook, at = str(webhook_id), now - age
            if at > since and message_id not in self._others:
                self._others[message_id] = hook, at
                if (channel_id := self._ours.get(hook)) is not None:
                    self._count_others(channel_id, [at])

    def webhook_posted(self, webhook_id: int, channel_id: int) -> None:
        """Note that a webhook posted in a channel; the bot's own were counted when they were sent."""
        if str(webhook_id) not in self._ours:
            self._of_webhooks[channel_id].append(self._clock())

    def recount(self, key: Key | None, counted: float, at: float) -> None:
        """Move a counted request to the second that begins `at`."""
        lately = self._lately[self.payer_of(key)]
        if counted in lately:
            lately.remove(counted)
            lately.append(at)

    def _count_others(self, channel_id: int, times: Iterable[float]) -> None:
        uses = self._of_webhooks[channel_id]
        in_order = sorted([*uses, *(at for at in times for _ in range(USES_OF_A_POST))])
        uses.clear()
        uses.extend(in_order)

    def _counting(self, key: Key | None) -> deque[float] | None:
        """Return the uses of the channel's webhooks that a bucket's requests count among, if any."""
        is_ours = key is not None and key[0] == OF_WEBHOOKS and key[1] in self._ours
        return self._of_webhooks[self._ours[key[1]]] if is_ours and key is not None else None

    def _overdue(self, payer: Payer) -> list[float]:
        """Return the current time for each request that was granted over a second ago and not sent yet."""
        now, tempo = self._clock(), self._tempo
        waiting = (
            time
            for key, times in self._granted.items()
            if self.payer_of(key) is payer and (not key or key[0] != "answer")
            for time in times
        )
        return [now for time in waiting if tempo.second <= now - time < tempo.window]
