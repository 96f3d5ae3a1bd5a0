"""The heartbeat of a process while it is connected to Discord, and the warning before a ban.

Law: nothing that may fail or be slow ends or delays it: neither the disk nor a report.
"""

import asyncio
import logging

from bot.discord_ui.gateway.liveness import BEAT
from bot.discord_ui.gateway.service import Service
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)


class Heartbeat:
    """The heartbeat of one process."""

    def __init__(self, service: Service) -> None:
        """Beat for all clients of `service`."""
        self._service = service
        self._is_warned = False
        self._telling: set[asyncio.Task[None]] = set()

    async def go_on(self) -> None:
        """Beat every `BEAT` seconds, without end."""
        while True:
            self.beat()
            await asyncio.sleep(BEAT)

    def beat(self) -> None:
        """Touch the heartbeat file if the gateway answers the heartbeats of every shard.

        If Discord refuses too many requests, the log and the admins are told, once until it refuses few.
        """
        if self._service.shards.are_alive:
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
