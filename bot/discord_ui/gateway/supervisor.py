"""The supervision of clients: one for each shard that this process has, and all again with more shards.

Law: what is wrong with one shard costs the others nothing. Only where there is another number of them, or
other processes take this one for dead, do all begin again.
"""

import asyncio
import logging
import math

import discord

from bot.core.sharding import count_after
from bot.discord_ui.gateway.heartbeats import Heartbeat
from bot.discord_ui.gateway.identifying import Advice
from bot.discord_ui.gateway.liveness import BEAT, WrongToken
from bot.discord_ui.gateway.reconnecting import Backoff, Divided, unless
from bot.discord_ui.gateway.service import Service
from bot.discord_ui.gateway.shard_set import ShardSet
from bot.discord_ui.replies.moderation_log import tell_lost
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)


async def serve(service: Service, stop: asyncio.Event) -> None:
    """Stay connected to Discord with the shards that this process has until `stop` is set.

    Raises:
        WrongToken: Discord rejects the token.
    """
    beside: set[asyncio.Task[None]] = {
        asyncio.create_task(Heartbeat(service).go_on(), name="sign of life"),
        asyncio.create_task(service.cluster.keep(), name="leases"),
    }
    backoff, lost_at = Backoff(service, stop), -math.inf
    divided: Divided | None = None
    is_joined = False
    try:
        while not stop.is_set():
            began = asyncio.get_running_loop().time()
            try:
                if not is_joined or service.cluster.holding.is_out:
                    await service.cluster.join()
                    is_joined = True
                advice = await unless(stop, service.identifying.advice(service.setup.shards, lost_at))
                if advice is not None:
                    held = service.shards.count
                    count = await _agree(service, advice, divided)
                    if divided is not None and count != held:
                        telling = _tell_division(service, held, count)
                        beside.add(asyncio.create_task(telling, name="tell of shards"))
                    divided = None
                    await ShardSet(service, count, stop).run()
            except discord.LoginFailure as error:
                raise WrongToken from error
            except WrongToken:
                raise
            except Exception as error:  # noqa: BLE001 - it is logged
                divided = error if isinstance(error, Divided) else divided
                lost_at = asyncio.get_running_loop().time()
                await backoff.after(error, began)
        for server_id, lines in service.discord_state.servers.log_lines.items():
            tell_lost(server_id, len(lines))
    finally:
        for task in beside:
            task.cancel()
        await asyncio.wait(beside)


async def _agree(service: Service, advice: Advice, divided: Divided | None) -> int:
    """Return how many shards there are, after what Discord and other processes say."""
    wanted, held = service.setup.shards, service.shards.count
    if divided is None:
        count = await service.cluster.agree(wanted or advice.shards)
        if wanted not in {None, count}:
            log.warning(HOST.say("host.shards_unlike_set", wanted=wanted, count=count))
        return count
    return await service.cluster.agree(count_after(divided.closing, held, advice.shards), instead_of=held)


async def _tell_division(service: Service, held: int, count: int) -> None:
    """Tell the host that there is another number of shards, as soon as the admins can be told."""
    key = "host.divided" if service.setup.shards is None else "host.divided_unlike_set"
    text = HOST.say(key, before=held, count=count)
    log.warning(text)
    while not await service.reports.has_told_admins(text):
        await service.timing.sleep(BEAT)
