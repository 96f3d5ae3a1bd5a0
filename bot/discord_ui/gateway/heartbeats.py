"""The heartbeat of a process while it is connected to Discord, and the warning before a ban.

Law: nothing that may fail or be slow ends or delays it: neither the disk nor a report.
"""

import asyncio
import logging
from typing import Final

from bot.discord_ui.gateway.liveness import BEAT
from bot.discord_ui.gateway.service import Service
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)


SOON: Final = 1.0
"""Seconds between two looks for the first heartbeat: `health` may be asked as soon as the bot has started."""


class Heartbeat:
    """The heartbeat of one process."""

    def __init__(self, service: Service) -> None:
        """Beat for all clients of `service`."""
        self._service = service
        self._has_beaten = False
        self._is_warned = False
        self._telling: set[asyncio.Task[None]] = set()

    async def go_on(self) -> None:
        """Beat as soon as the bot is connected, and then every `BEAT` seconds, without end."""
        while True:
            self.beat()
            await asyncio.sleep(BEAT if self._has_beaten else SOON)

    def beat(self) -> None:
        """Touch the heartbeat file if the gateway answers the heartbeats of every shard.

        If Discord refuses too many requests, the log and the admins are told, once until it refuses few.
        """
        if self._service.shards.are_alive:
            self._has_beaten = True
            self._service.beat_at = asyncio.get_running_loop().time()
            try:  # where a server keeps the stories, nobody else makes the folder
                self._service.heartbeat.parent.mkdir(parents=True, exist_ok=True)
                self._service.heartbeat.touch()
            except OSError as error:
                log.warning(HOST.say("host.no_heartbeat", reason=error.strerror))
        trace = self._service.discord_state.limits.trace
        refused, most = trace.refused, trace.most_refused
        if refused >= most and not self._is_warned:
            self._is_warned = True
            text = HOST.say("host.many_refused", number=refused)
            log.warning(text)
            telling = asyncio.create_task(self._service.reports.tell_admins(text), name="tell of refusals")
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)
        self._is_warned = self._is_warned and refused >= most // 2
