"""What the clients of a process share: what they depend on, and what outlives each of them.

Law: one for the whole process, made before the first client; it keeps no client itself, but for `shards`.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import discord

from bot.core.posts.pace import Tempo
from bot.core.scene import Unfinished
from bot.core.sharding import Shard
from bot.discord_ui.gateway.identifying import Identifying
from bot.discord_ui.gateway.reports import Reports
from bot.discord_ui.gateway.shards import Shards
from bot.discord_ui.gateway.startup_log import StartupLog
from bot.discord_ui.posting.discord_state import DiscordState
from bot.discord_ui.posting.rate_limits import RateLimits
from bot.storage.cluster import NOBODY, Alone, Cluster
from bot.storage.errors import StorageError
from bot.story.personal_data.retention import Duty
from bot.story.story import Story
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Timing:
    """The passing of time; tests pass their own.

    Attributes:
        sleep: waits.
        random: returns jitter, from 0 to 1.
        clock: returns seconds that never go back.
        tempo: times between posts and edits.
    """

    sleep: Callable[[float], Coroutine[None, None, None]] = asyncio.sleep
    random: Callable[[], float] = random.random
    clock: Callable[[], float] = time.monotonic
    tempo: Tempo = field(default_factory=Tempo)


@dataclass(frozen=True, slots=True)
class Setup:
    """What a host has set of the connection.

    Attributes:
        shards: how many shards there are; None for as many as Discord says.
        webhooks_share_limit: whether webhooks' requests count against the same 50 a second as all others.
    """

    shards: int | None = None
    webhooks_share_limit: bool = True


@dataclass(slots=True)
class Service:
    """What the clients of a process share.

    Attributes:
        story: the story.
        token: Discord's secret; it goes to the library and nowhere else.
        heartbeat: the file touched while all connections are alive.
        startup_log: the start-up lines.
        unfinished: the replies that a crash cut off, for the client of their shard to repair.
        admin_channel: returns the channel for reports to admins; None for none.
        timing: the passing of time.
        setup: what the host has set.
        cluster: the processes, of which this is one.
        discord_state: what all clients have learnt of Discord.
        shards: the clients.
        identifying: the gate for new sessions.
        reports: what is said to admins and channels.
        beat_at: the event loop's time of the last heartbeat, at first that of the start.
    """

    story: Story
    token: str = field(repr=False)
    heartbeat: Path
    startup_log: StartupLog
    unfinished: list[Unfinished] = field(default_factory=list)
    admin_channel: Callable[[], int | None] = lambda: None
    timing: Timing = field(default_factory=Timing)
    setup: Setup = field(default_factory=Setup)
    cluster: Cluster = field(default_factory=Alone)
    discord_state: DiscordState = field(init=False)
    shards: Shards = field(default_factory=Shards, init=False)
    identifying: Identifying = field(init=False)
    reports: Reports = field(init=False)
    beat_at: float = field(init=False)
    _has_counted: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        """Start without clients and without facts about Discord."""
        clock, shares = asyncio.get_running_loop().time, self.setup.webhooks_share_limit
        self.beat_at = clock()
        limits = RateLimits(clock, self.timing.tempo, webhooks_share_limit=shares, cluster=self.cluster)
        self.discord_state = DiscordState(limits)
        gate = (self.timing.sleep, clock, limits.trace.config)
        self.identifying = Identifying(self.token, *gate, self.cluster)
        self.reports = Reports(self.shards, self.admin_channel, self.cluster)
        self.story.casting.is_age_restricted = self.shards.is_age_restricted
        self.story.casting.reads_hosts = self.shards.reads_hosts

    @property
    def duty(self) -> Duty:
        """What of the work that comes round by round falls to this process."""
        return Duty(lambda: self.cluster.is_leader, self.shards.has)

    async def take_up(self, shard: Shard) -> None:
        """Take up the replies of a shard that were cut off with processes that are gone.

        Raises:
            StorageError: they could not be read.
        """
        await self.story.records.look_again(shard.holds)
        known = {each.turn.id for each in self.unfinished}
        left = await self.story.recovery.interrupted(terminal=False, shard=shard)
        self.unfinished.extend(each for each in left if each.turn.id not in known)
        await self._count_others_posts()

    async def _count_others_posts(self) -> None:
        """Count what others, or this bot before its start, have used of the limits on channels' webhooks."""
        if self._has_counted and self.cluster.me == NOBODY:
            return  # what came since the start is its own
        limits, now = self.discord_state.limits, discord.utils.utcnow()
        since = discord.utils.time_snowflake(now - timedelta(seconds=limits.tempo.minute))
        limits.counts.posted_by_others(
            (message, hook, max(0.0, (now - discord.utils.snowflake_time(message)).total_seconds()))
            for message, hook in await self.story.recovery.others_posts(since)
        )
        self._has_counted = True

    async def hand_on(self, shard: Shard, *, unfinished: bool = False) -> None:
        """Leave what is owed in a shard that was given up to the process that has it now.

        With what is `unfinished` too, once nothing is being written there. What could not be stored goes to
        the others when this process ends.
        """
        self.unfinished[:] = [each for each in self.unfinished if not shard.holds(each.place.guild_id)]
        try:
            if await self.story.recovery.hand_on(shard, unfinished=unfinished):
                self.cluster.left()
        except StorageError as error:
            log.warning(HOST.say("host.not_handed_on", shard=shard.number, reason=error))
