"""The waits for Discord's rate limits.

Law: the rules are in `core.posts.pace`, the facts in `request_counts` and `request_trace`. Here are the
replies that ask, and the clock.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Generator
from contextlib import contextmanager

from bot.core.posts import pace
from bot.core.posts.pace import PaceFacts, Tempo, Urgency
from bot.core.telemetry import Timed, telemetry
from bot.discord_ui.posting.lanes import ANYWHERE, Key, Lane, Payer
from bot.discord_ui.posting.request_counts import MANY, RequestCounts
from bot.discord_ui.posting.request_trace import RequestTrace
from bot.discord_ui.posting.shared_windows import SharedWindows
from bot.storage.cluster import Alone, Cluster


class RateLimits:
    """Discord's limits for one process, and the gate before each request of a reply.

    Attributes:
        tempo: The lengths of time.
        counts: The requests that count against the limits.
        trace: What aiohttp reports of them.

    Args:
        clock: Returns seconds that never go backwards.
        tempo: The lengths of time.
        webhooks_share_limit: Whether webhooks' requests count against the same 50 a second as all others.
            Discord's page "Rate Limits" says that requests without a token count by their address; nobody has
            measured it.
        cluster: The processes, of which this is one; alone by default.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        tempo: Tempo | None = None,
        *,
        webhooks_share_limit: bool = True,
        cluster: Cluster | None = None,
    ) -> None:
        """Start without facts."""
        self.tempo = tempo or Tempo()
        self.counts = RequestCounts(clock, self.tempo, webhooks_share_limit=webhooks_share_limit)
        self._shared = SharedWindows(cluster or Alone(), self.tempo.second)
        self.trace = RequestTrace(clock, self.counts, self._shared)
        self._clock = clock
        self._streams: defaultdict[Key, int] = defaultdict(int)
        self._previews: dict[Key, float] = {}
        self._all_previews: dict[Payer, deque[float]] = {payer: deque(maxlen=60) for payer in Payer}
        self._urgent: dict[Key, list[Urgency]] = {}

    @property
    def cluster(self) -> Cluster:
        """The processes, of which this is one."""
        return self._shared.cluster

    @contextmanager
    def streaming(self, lane: Lane) -> Generator[None, None, None]:
        """Count a reply that streams through a lane."""
        self._streams[lane.edits] += 1
        self._shared.streams_elsewhere(self.streams)
        try:
            yield
        finally:
            self._streams[lane.edits] -= 1
            if not self._streams[lane.edits]:
                del self._streams[lane.edits]
            self._shared.streams_elsewhere(self.streams)

    @property
    def streams(self) -> int:
        """The number of replies that stream."""
        return sum(self._streams.values())

    @property
    def used(self) -> dict[str, float]:
        """The part that this process has used lately of the requests that all may send, by who pays."""
        return self.counts.used(self._shared.second)

    @property
    def rest(self) -> float:
        """The seconds for which a model's stream is left alone while as many replies stream as now."""
        return pace.rest(max(map(self._streaming, Payer)), self.tempo)

    def seconds(self, kind: Urgency, lane: Lane, *, post: bool = False, age: float = 0.0) -> float:
        """Return the seconds that a request has to wait, by what is known now; infinity: never send it.

        `post` is for a new post; otherwise it is an edit of a post made `age` seconds ago.
        """
        return pace.seconds_until(
            kind, self._facts(kind, lane, post=post, age=age), self._clock(), self.tempo
        )

    async def wait_until_clear(self, kind: Urgency, lane: Lane, *, post: bool = False) -> None:
        """Wait until a request may go; less urgent ones wait behind it."""
        went = await self.reserve(kind, lane, post=post)
        await self.enter(went, lane, post=post)

    async def enter(self, kind: Urgency, lane: Lane, *, post: bool = False) -> bool:
        """Wait until a request whose place is reserved here may go by what all processes send together.

        A preview does not wait: it is to be left out if False is returned, and its place is free again.
        """
        key, goes = self._granting(kind, lane, post=post), lane.exempt
        try:
            if kind is Urgency.PREVIEW:
                goes = goes or await self._shared.admits(kind, self.counts.payer_of(key).value)
            elif not goes:
                await self._wait(kind, self.counts.payer_of(key).value)
                goes = True
        finally:
            if not goes:
                self.counts.withdraw(key)
        if self._shared.are_shared:
            self.counts.delay(key)
        return goes

    async def _wait(self, kind: Urgency, payer: str) -> None:
        """Wait for a place among all processes' requests."""
        patience, since = self.tempo.patience if kind > Urgency.TYPING else None, self._clock()
        try:
            async with asyncio.timeout(patience):
                await self._shared.wait(kind, payer)
        except TimeoutError:
            await self._shared.wait(pace.aged(kind, self.tempo.patience, self.tempo), payer)
        if self._shared.are_shared:
            telemetry.time(Timed.DISCORD_WAIT, self._clock() - since, kind.name.lower())

    async def reserve(self, kind: Urgency, lane: Lane, *, post: bool = False) -> Urgency:
        """Wait until a request may go by what this process sends; it counts as sent from then on.

        Return how urgent it had become by then.
        """
        key = lane.posts if post else lane.edits
        self._urgent.setdefault(key, []).append(kind)
        since = self._clock()
        try:
            went = kind
            while seconds := self.seconds(went, lane, post=post):
                await asyncio.sleep(seconds)
                went = pace.aged(kind, self._clock() - since, self.tempo)
        finally:
            self._urgent[key].remove(kind)
            if not self._urgent[key]:
                del self._urgent[key]
        telemetry.time(Timed.DISCORD_WAIT, self._clock() - since, kind.name.lower())
        self.counts.grant(self._granting(kind, lane, post=post), exempt=lane.exempt)
        return went

    @staticmethod
    def _granting(kind: Urgency, lane: Lane, *, post: bool) -> Key | None:
        """Return the bucket whose grants a request uses."""
        if kind is Urgency.TYPING or lane is ANYWHERE:
            return None
        return lane.posts if post else lane.edits

    async def admit(self, kind: Urgency) -> None:
        """Wait until a request without a lane may go: only the global limit counts it."""
        await self.wait_until_clear(kind, ANYWHERE)

    def claim(self, kind: Urgency, lane: Lane, *, post: bool = False, age: float = 0.0) -> float:
        """Return the seconds that a request has to wait; with none, it counts as sent from now on.

        Something is stored between this question and the request, and other replies ask meanwhile: without a
        claim, all of them would go at once.
        """
        seconds = self.seconds(kind, lane, post=post, age=age)
        if not seconds:
            self._note(kind, lane)
            self.counts.grant(lane.posts if post else lane.edits, exempt=lane.exempt)
        return seconds

    def note_preview(self, lane: Lane) -> None:
        """Count a preview that goes now, claimed or not."""
        self._note(Urgency.PREVIEW, lane)
        self.counts.grant(lane.edits, exempt=lane.exempt)

    def release(self, lane: Lane, *, post: bool = False) -> None:
        """Release a claim that was not used; it still counts for a second."""
        self.counts.use_grant(lane.posts if post else lane.edits)

    def _note(self, kind: Urgency, lane: Lane) -> None:
        now = self._clock()
        if kind is Urgency.PREVIEW and not lane.exempt:
            self._all_previews[self.counts.payer_of(lane.edits)].append(now)
        if kind in {Urgency.FIRST, Urgency.PREVIEW}:  # a new post need not be edited at once
            if lane.edits not in self._previews and len(self._previews) >= MANY:
                young = now - self.tempo.minute  # longer than any pause between two
                self._previews = {key: at for key, at in self._previews.items() if at > young}
            self._previews[lane.edits] = now

    def has_room(self, lane: Lane) -> bool:
        """Return whether a webhook's reply could post its first and last words without a wait."""
        return pace.has_room(self._facts(Urgency.FIRST, lane, post=True), self._clock(), self.tempo)

    def _facts(self, kind: Urgency, lane: Lane, *, post: bool, age: float = 0.0) -> PaceFacts:
        key = lane.posts if post else lane.edits
        webhooks = None if lane.webhooks_of is None else self.counts.by_webhooks(lane.webhooks_of)
        payer = self.counts.payer_of(key)
        return PaceFacts(
            bucket=self.counts.bucket(key),
            streams=self._streams.get(lane.edits, 0),
            last_preview=self._previews.get(lane.edits),
            everywhere=self._streaming(payer),
            previews=None if lane.exempt else tuple(self._all_previews[payer]),
            lately=() if lane.exempt else self.counts.lately(payer),
            of_webhooks=webhooks,
            urgent=sum(each < kind for each in self._urgent.get(key, ())),
            age=age,
            quiet_until=self.trace.quiet_until,
        )

    def _streaming(self, payer: Payer) -> int:
        """Return how many replies stream through lanes that one limit over all requests counts.

        Those of other processes are counted for each.
        """
        here = sum(number for key, number in self._streams.items() if self.counts.payer_of(key) is payer)
        return here + self._shared.streams_elsewhere(self.streams)
