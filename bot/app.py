"""The bot from its start to its end, and what is done with its stories while it is stopped.

Law: it says what runs, and in which order that begins and ends; `composition` makes what runs.
"""

import asyncio
import logging
import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from bot import __version__
from bot.composition.background import in_background
from bot.composition.diagnostics import startup
from bot.composition.models import configured_model
from bot.composition.opening import NoPersona, Use, library_of, open_story
from bot.composition.reloading import follow_files, watch_files
from bot.composition.rules import rules_of
from bot.config.live import ConfigFile
from bot.config.schema import Config
from bot.core.routing import NoReply
from bot.discord_ui.gateway.liveness import STALE, heartbeat_file
from bot.llm.connection import trusted
from bot.ops.facts import Facts, Seat
from bot.ops.opening import seen
from bot.story.memory import storage_watch
from bot.story.story import Story
from bot.texts.inspection import rows_of, summary
from bot.texts.sentences import HOST, voice_for

if TYPE_CHECKING:
    from bot.discord_ui.gateway.service import Service

log = logging.getLogger(__name__)


async def run(settings: ConfigFile) -> None:
    """Run the bot on Discord until SIGTERM, SIGINT or SIGHUP, while settings and personas may change.

    Raises:
        WrongToken, PersonasError, StorageError, WrongVariableError, CannotBeSeen: it cannot start.
    """
    # The library takes as long to import as all else: only Discord needs it.
    from bot.discord_ui.gateway import client, startup_log, supervisor  # noqa: PLC0415
    from bot.discord_ui.gateway.service import Service, Setup  # noqa: PLC0415

    config = settings.current
    assert config.discord.token is not None
    trusted(os.environ)  # OpenSSL lets them count for Discord too, and says nothing if they are not there
    client.point_at(config.discord.api_base, config.discord.gateway)
    stop = _stop_on_signals()
    watch = watch_files(settings)  # before the files are read, so that no change is missed
    personas = library_of(config)
    chosen = configured_model(config)
    words = startup(config, personas)
    async with open_story(config, personas, chosen, rules_of(config), Use.RUN) as (story, database):
        await story.records.privacy.resume()
        service = Service(
            story=story,
            token=config.discord.token.get_secret_value(),
            heartbeat=heartbeat_file(config.storage.path),
            startup_log=startup_log.StartupLog(words.listens, words.lacks),
            admin_channel=lambda: settings.current.admin_channel,
            setup=Setup(config.discord.shards, config.discord.webhooks_share_limit),
            cluster=database.cluster,
        )
        retention, spending = story.records.retention, story.records.spending
        await spending.open()
        reports, sleep = service.reports, service.timing.sleep
        insisting = (reports.has_told_admins, sleep)
        watched = (settings, story.casting, watch, reports.tell_admins)
        ageing = (reports.tell_ageing, reports.tell_admins)
        async with (
            seen(config.ops.address, facts_of(service, story, stop), stop, stale=STALE),
            in_background(spending.keep_host_informed(*insisting), "inform the host"),
            in_background(follow_files(*watched), "keep up with files"),
            in_background(storage_watch.watch(database, *insisting), "watch over the database"),
            in_background(retention.keep(*ageing, sleep, service.duty), "what is old"),
        ):
            try:
                await supervisor.serve(service, stop)
            finally:
                with suppress(OSError):  # `health` need not wait until it is too old
                    service.heartbeat.unlink(missing_ok=True)
    log.info(HOST.say("host.stopped"))


def _stop_on_signals() -> asyncio.Event:
    """Return what is set when the process is told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def facts_of(service: "Service", story: Story, stop: asyncio.Event) -> Facts:
    """Return what is asked of the running bot by those who look at it from outside."""
    clock, cluster = asyncio.get_running_loop().time, service.cluster

    def shards() -> dict[int, float | None] | None:
        if service.shards.count != cluster.holding.count:  # not divided so yet
            return None
        return {each.number: each.latency if each.is_ready else None for each in service.shards.states()}

    def seat() -> Seat:
        holding = cluster.holding
        return Seat(len(holding.held), holding.count, cluster.living, cluster.is_leader)

    return Facts(
        version=__version__,
        shards=shards,
        seat=seat,
        beat_age=lambda: clock() - service.beat_at,
        is_draining=stop.is_set,
        is_deaf=lambda: not cluster.may_send,
        owed=story.recovery.waiting,
        streams=lambda: service.discord_state.limits.streams,
        windows=lambda: service.discord_state.limits.used,
    )


async def prompt(config: Config, channel_id: int, *, age_restricted: bool = False) -> list[str]:
    """Return the lines of the prompt for a channel now, as `/dramatis inspect` shows them.

    Only Discord knows whether it restricts the age there: without `age_restricted`, the floor is told.

    Raises:
        NoPersona: the channel has no persona, or nothing was said yet; the text says which.
        PersonasError, StorageError: it cannot be read.
    """
    personas, chosen = library_of(config), configured_model(config)
    async with open_story(config, personas, chosen, rules_of(config), Use.LOOK) as (story, _):
        story.casting.is_age_restricted = lambda _: age_restricted
        place = await story.scenes.place_of(channel_id)
        found = await story.inspector.next(place) if place else None
    voice = voice_for()
    if found is None:
        raise NoPersona(voice.say("inspect.nothing"))
    if isinstance(found, NoReply):
        raise NoPersona(voice.say(f"player.{found.reason}", about=found.about))
    return [*summary(found, found.persona, voice), "", *rows_of(found, voice)]


async def forget(config: Config, user_id: int) -> list[str]:
    """Delete what is stored about a person, while the bot is stopped; return the lines that say what went.

    Raises:
        PersonasError, StorageError: it cannot be done.
    """
    personas, chosen = library_of(config), configured_model(config)
    async with open_story(config, personas, chosen, rules_of(config), Use.ALONE) as (story, _):
        await story.records.privacy.resume()
        gone = await story.records.privacy.forget(user_id)
    posts = [
        HOST.say("cli.forget.post", server=where, channel=each.channel_id, message=each.message_id)
        for each in gone.posts
        for where in (each.server_id or "@me",)
    ]
    lines = [HOST.say("cli.forgotten", messages=gone.messages, replies=gone.replies)]
    return [*lines, HOST.say("cli.forget.posts"), *posts] if posts else lines
