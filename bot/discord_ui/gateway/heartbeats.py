"""The signs that a process gives while it is connected: its heartbeat, and a warning before a ban."""

import asyncio
import logging

from bot.core.posts.invalid_requests import MOST
from bot.discord_ui.gateway.service import Service
from bot.discord_ui.gateway.signs import BEAT
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)


class Heartbeat:
    """The signs of one process."""

    def __init__(self, service: Service) -> None:
        """Give them for all clients of `service`."""
        self._service = service
        self._is_warned = False

    async def go_on(self) -> None:
        """Give them every `BEAT` seconds, without end."""
        while True:
            await self.beat()
            await asyncio.sleep(BEAT)

    async def beat(self) -> None:
        """Touch the heartbeat file if the gateway answers the heartbeats of every shard.

        If Discord refuses too many requests, the log and the admins are told, once until it refuses few.
        """
        if self._service.shards.are_alive:
            try:  # where a server keeps the stories, nobody else makes the folder
                self._service.heartbeat.parent.mkdir(parents=True, exist_ok=True)
                self._service.heartbeat.touch()
            except OSError as error:
                log.warning(HOST.say("host.no_heartbeat", reason=error.strerror))
        refused = self._service.learnt.limits.refused
        if refused >= MOST and not self._is_warned:
            self._is_warned = True
            text = HOST.say("host.many_refused", number=refused)
            log.warning(text)
            await self._service.reports.tell_admins(text)
        self._is_warned = self._is_warned and refused >= MOST // 2
