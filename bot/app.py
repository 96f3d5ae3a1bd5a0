"""The composition root: builds everything from the configuration, opens it and closes it.

Law: besides the command line, the only module that knows the configuration. Everything else gets plain
values. Whatever is opened here is closed here, in the reverse order, however it ends.
"""

import asyncio
import logging
import os
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum, auto
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot import __version__
from bot.check import Findings, check
from bot.config.doubts import starving, unknown_personas, unplayed, warnings
from bot.config.live import ConfigFile
from bot.config.shape import Config, Model
from bot.core.budgets.caps import read_caps
from bot.core.budgets.rule import Payer
from bot.core.casts import MOST
from bot.core.catching_up import Bounds
from bot.core.completion import ChatModel, Naming, Sampling
from bot.core.endpoint.address import is_here
from bot.core.persona import Persona
from bot.core.reach import Reach
from bot.core.retention import Keeping
from bot.core.routing import NoReply, Respond
from bot.core.servers import Audience, ServerRule
from bot.discord_ui.gateway.signs import STALE, heartbeat_file
from bot.endpoint.exact_counter import Chosen as Counting
from bot.endpoint.exact_counter import choose_counter
from bot.endpoint.ladder import Ladder
from bot.endpoint.meter import TokenMeter
from bot.files.watching import Wanted, Watch
from bot.llm.client import HttpModel, Server
from bot.llm.connection import WrongVariableError, connection_to, trusted
from bot.llm.dialects import Dialect
from bot.llm.local import USUAL, find_server
from bot.llm.offline import OfflineModel
from bot.llm.tries import Policy, Timeouts
from bot.models import (
    Chosen,
    configured_model,
    configured_naming,
    prices_of,
    reaches_a_model,
    recap_rules,
    unpriced,
)
from bot.ops.facts import Facts, Seat
from bot.ops.opening import missing, seen
from bot.personas.library import PersonaLibrary, concerns_personas
from bot.personas.lorebooks import LoreLibrary, is_lore_file
from bot.personas.reloading import keep_up
from bot.storage.calibrations import Calibrations
from bot.storage.database import Database
from bot.storage.places import Place as StoragePlace
from bot.storage.places import place_of
from bot.storage.steps import Steps
from bot.storage.stores import Stores
from bot.story import custody
from bot.story.access import Access
from bot.story.acting import Acting
from bot.story.admin_choices import AdminChoices
from bot.story.archiving import Archiving
from bot.story.branching import Branching
from bot.story.casting import OWN, SAMPLE, Casting, ChannelRule, Forms, HostLimits, Rules, default_among
from bot.story.catching_up import CatchingUp
from bot.story.covering import Covering
from bot.story.departures import Departures
from bot.story.elsewhere import Elsewhere
from bot.story.floor import Floor
from bot.story.hearing import Hearing
from bot.story.inspector import Inspector
from bot.story.locales import Locales
from bot.story.looking_back import LookingBack
from bot.story.lore import Lore
from bot.story.lorebooks import Lorebooks
from bot.story.memory import MemoryControl
from bot.story.mentions import Mentions
from bot.story.notices import Notices
from bot.story.pictures import Pictures
from bot.story.privacy import Privacy
from bot.story.profiles import Profiles
from bot.story.prompter import Prompter
from bot.story.proposing import Proposing
from bot.story.recaps import RecapWriter
from bot.story.recovery import Recovery
from bot.story.reply import ReplyServices
from bot.story.reply_limit import ReplyLimit
from bot.story.retention import Retention
from bot.story.revision import Revision
from bot.story.rolls import Rolls
from bot.story.scenes import SceneControl
from bot.story.speaking import Speaking
from bot.story.spending import Spending
from bot.story.story import ByHand, Myself, Records, Story
from bot.story.transfer import Transfer
from bot.story.trying import Tryouts
from bot.story.undoing import Undoing
from bot.story.wishes import Wishes
from bot.story.workshop import Workshop
from bot.terminal.console import Console
from bot.terminal.rehearsal import Rehearsal
from bot.terminal.stage import TERMINAL, Options, Stage
from bot.texts.inspection import rows_of, summary
from bot.texts.sentences import HOST, Sentence, voice_for

if TYPE_CHECKING:
    from bot.discord_ui.gateway.reports import Reports
    from bot.discord_ui.gateway.service import Service

log = logging.getLogger(__name__)


class NoPersona(Exception):  # noqa: N818 - it says what is wrong
    """There is no persona to talk to; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Startup:
    """The start-up lines of the log: where the bot answers, and what is missing."""

    listens: str
    lacks: tuple[str, ...]


async def run(settings: ConfigFile) -> None:
    """Run the bot on Discord until SIGTERM, SIGINT or SIGHUP, while settings and personas may change.

    Raises:
        WrongToken, PersonasError, StorageError, WrongVariableError, CannotBeSeen: it cannot start.
    """
    # The library takes as long to import as all else: only Discord needs it.
    from bot.discord_ui.gateway import client, hello, supervising  # noqa: PLC0415
    from bot.discord_ui.gateway.service import Service, Setup  # noqa: PLC0415

    config = settings.current
    assert config.discord.token is not None
    trusted(os.environ)  # OpenSSL lets them count for Discord too, and says nothing if they are not there
    client.point_at(config.discord.api_base, config.discord.gateway)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    watch = _watch(settings)  # before the files are read, so that no change is missed
    personas = _library(config)
    chosen = configured_model(config)
    words = startup(config, personas)
    async with _story(config, personas, chosen, rules_of(config), _Use.RUN) as (story, database):
        await story.records.privacy.resume()
        service = Service(
            story=story,
            token=config.discord.token.get_secret_value(),
            heartbeat=heartbeat_file(config.storage.path),
            hello=hello.Hello(words.listens, words.lacks),
            admin_channel=lambda: settings.current.admin_channel,
            setup=Setup(config.discord.shards, config.discord.webhooks_share_limit),
            cluster=database.cluster,
        )
        retention, spending = story.records.retention, story.records.spending
        await spending.open()
        reports, sleep = service.reports, service.timing.sleep
        insisting = (reports.has_told_admins, sleep)
        ageing = (reports.tell_ageing, reports.tell_admins)
        async with (
            seen(config.ops.address, facts_of(service, story, stop), stop, stale=STALE),
            _meanwhile(spending.keep_host_informed(*insisting), "inform the host"),
            _meanwhile(_keep_up(settings, story.casting, watch, reports), "keep up with files"),
            _meanwhile(custody.watch(database, *insisting), "watch over the database"),
            _meanwhile(retention.keep(*ageing, sleep, service.duty), "what is old"),
        ):
            try:
                await supervising.serve(service, stop)
            finally:
                with suppress(OSError):  # `health` need not wait until it is too old
                    service.heartbeat.unlink(missing_ok=True)
    log.info(HOST.say("host.stopped"))


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
        streams=lambda: service.learnt.limits.streams,
        windows=lambda: service.learnt.limits.used,
    )


async def chat(config: Config, console: Console, options: Options, servers: Sequence[str] = USUAL) -> None:
    """Run a rehearsal on the terminal until the input ends; local models are looked for at `servers`.

    Raises:
        NoPersona, PersonasError, StorageError, WrongVariableError: it cannot start.
    """
    personas = _library(config)
    for problem in (*config.misspelt, *(personas.problems if len(personas.at(None)) else ())):
        console.tell(str(problem))
    cast = [choose_persona(config, personas, key) for key in dict.fromkeys(options.personas)]
    cast = cast[:MOST] or [choose_persona(config, personas, None)]
    if options.all_ages and (adult := next((each for each in cast if each.nsfw), None)) is not None:
        raise NoPersona(HOST.say("chat.for_adults", persona=adult.name))
    chosen = await choose_model(config, console, offline=options.offline, servers=servers)
    console.tell(chosen.announcement)
    others = [each.key for each in personas.at(None) if each != cast[0]]
    if others and not options.personas:
        console.tell(HOST.say("chat.others", others=", ".join(others)))
    alone = {TERMINAL.channel_id: ChannelRule(tuple(each.key for each in cast), Respond.ALWAYS)}
    rules = rules_of(config)
    unlimited = HostLimits(prices=rules.limits.prices)
    rules = replace(rules, channels=alone, limits=unlimited)
    rules = replace(rules, defaults=rules.defaults.unpaced)  # only one person is there
    rules = replace(rules, forms=replace(rules.forms, richest=chosen.naming))
    if isinstance(chosen.model, OfflineModel):
        rules = replace(rules, recap=None)
    async with _story(config, personas, chosen, rules, _Use.REHEARSE) as (story, _):
        story.casting.is_age_restricted = lambda _: not options.all_ages
        await story.recovery.interrupted(terminal=True)
        await Rehearsal(Stage(story, cast, console, options.speaker, now)).run()


def check_all(
    config: Config, counting: Counting | None = None, environ: Mapping[str, str] = os.environ
) -> Findings:
    """Check configuration, personas and environment without network; `counting` is the best counter if None.

    Raises:
        PersonasError: there is no folder of personas.
    """
    personas = _library(config)
    counting = counting or choose_counter()
    found = check(personas, _sampling(config), config.model.context_window, counting.counter)
    doubts = [
        *map(str, warnings(config)),
        *_nobody(config, personas, default_among(personas.at(None), config.default_persona)),
        *_of_money(config),
    ]
    if config.discord.token is None:
        doubts.append(HOST.say("host.no_token"))
    if not reaches_a_model(config):
        doubts.append(HOST.say("host.no_key"))
    errors = [*_unknown(config, personas), *_no_way_out(config, environ)]
    if config.ops.address and (lack := missing()):
        errors.append(lack)
    if config.storage.url is not None and find_spec("asyncpg") is None:
        errors.append(HOST.say("postgres.no_driver"))
    return Findings((*found.facts, counting.sentence), (*found.warnings, *doubts), (*found.errors, *errors))


async def prompt(config: Config, channel_id: int, *, age_restricted: bool = False) -> list[str]:
    """Return the lines of the prompt for a channel now, as `/dramatis inspect` shows them.

    Only Discord knows whether it restricts the age there: without `age_restricted`, the floor is told.

    Raises:
        NoPersona: the channel has no persona, or nothing was said yet; the text says which.
        PersonasError, StorageError: it cannot be read.
    """
    personas, chosen = _library(config), configured_model(config)
    async with _story(config, personas, chosen, rules_of(config), _Use.LOOK) as (story, _):
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
    personas, chosen = _library(config), configured_model(config)
    async with _story(config, personas, chosen, rules_of(config), _Use.ALONE) as (story, _):
        await story.records.privacy.resume()
        gone = await story.records.privacy.forget(user_id)
    posts = [
        HOST.say("cli.forget.post", server=where, channel=each.channel_id, message=each.message_id)
        for each in gone.posts
        for where in (each.server_id or "@me",)
    ]
    lines = [HOST.say("cli.forgotten", messages=gone.messages, replies=gone.replies)]
    return [*lines, HOST.say("cli.forget.posts"), *posts] if posts else lines


def unusable(error: WrongVariableError) -> str:
    """Return what is wrong with a variable of the environment, and what to do."""
    return HOST.say(f"environment.{error.fault}", variable=error.variable)


def _no_way_out(config: Config, environ: Mapping[str, str]) -> list[str]:
    """Return the variable of the environment that keeps the bot from the model or from Discord."""
    try:
        if config.discord.token is not None:
            trusted(environ)
        if reaches_a_model(config):
            connection_to(config.model.base_url, environ)
    except WrongVariableError as error:
        return [unusable(error)]
    return []


def _library(config: Config) -> PersonaLibrary:
    """Return the personas.

    Raises:
        PersonasError: there is no folder of personas.
    """
    roots = config.personas.roots or ()
    personas = PersonaLibrary.load(config.personas.folder, roots)
    personas.lore = LoreLibrary.load(config.personas.lore, roots)
    return personas


def startup(config: Config, personas: PersonaLibrary) -> Startup:
    """Return the start-up lines."""
    default = default_among(personas.at(None), config.default_persona)
    keys = ", ".join(persona.key for persona in personas.at(None))
    listens = HOST.say("host.listens", channels=_played(config, personas, default), personas=keys)
    return Startup(listens, tuple(_lacks(config, personas, default)))


def now() -> datetime:
    """Return the current time, aware and in UTC."""
    return datetime.now(UTC)


def choose_persona(config: Config, personas: PersonaLibrary, key: str | None) -> Persona:
    """Return a rehearsal's persona: the requested one, the default, else the first by file name.

    Raises:
        NoPersona: the requested one does not exist, or there is none.
    """
    known = [persona.key for persona in sorted(personas.at(None), key=lambda persona: SAMPLE in persona.tags)]
    if not known:
        # An empty folder is a problem too.
        raise NoPersona("\n".join(map(str, personas.problems)))
    key = key or default_among(personas.at(None), config.default_persona) or known[0]
    persona = personas.at(None).get(key)
    if persona is None:
        folder = config.personas.folder
        raise NoPersona(HOST.say("chat.unknown_persona", key=key, folder=folder, known=", ".join(known)))
    return persona


async def choose_model(config: Config, console: Console, *, offline: bool, servers: Sequence[str]) -> Chosen:
    """Return a rehearsal's model: the configured one, a local server if the person agrees, or rules."""
    if not offline and reaches_a_model(config):
        return configured_model(config)
    # Without a person at the keyboard the question would not be answered.
    server = await find_server(servers) if console.live and not offline else None
    if server is not None:
        question = HOST.say("chat.local_found", address=server.address, model=server.model)
        if await console.ask(question):
            http = HttpModel(
                Server(server.address, Dialect.OPENAI, server.model, needs_key=False),
                policy=Policy(timeouts=Timeouts(first_token=Model(preset="local").first_token_timeout)),
            )
            return Chosen(http, Naming.FOLDED, HOST.say("chat.model", model=server.model))

    async def pause() -> None:
        await asyncio.sleep(0.03 if console.live else 0)

    return Chosen(OfflineModel(pause=pause), Naming.NAMED, HOST.say("chat.offline"))


def rules_of(config: Config) -> Rules:
    """Return the configuration's part in the story."""
    late = config.catch_up
    return Rules(
        sampling=_sampling(config),
        context_window=config.model.context_window,
        forms=Forms(configured_naming(config), is_pinned=config.model.naming != "auto"),
        end_note=config.model.end_note,
        look_back=config.memory.look_back,
        default_persona=config.default_persona,
        channels={
            id_: ChannelRule(channel.cast, **{key: getattr(channel, key) for key in OWN})
            for id_, channel in config.channels.items()
        },
        defaults=config.defaults.settings(),
        provider=_provider(config),
        servers=_servers(config),
        limits=_limits(config),
        proxies=config.proxies.rules(),
        keeping=Keeping(config.storage.retention_days, config.storage.leave_grace_days),
        recap=recap_rules(config),
        catch_up=Bounds(late.hours, late.messages, late.answer_minutes, late.settle),
        table_rules=config.defaults.table_rules or "",
    )


def _limits(config: Config) -> HostLimits:
    section = config.limits
    texts = {payer: getattr(section, payer) for payer in Payer}
    budgets = {payer: read_caps(payer, text) or () for payer, text in texts.items()}
    return HostLimits(
        section.replies_per_minute,
        tuple(limit for limits in budgets.values() for limit in limits),
        tuple(
            limit
            for payer, limits in budgets.items()
            if payer in section.model_fields_set
            for limit in limits
        ),
        prices_of(config),
        section.own_keys,
    )


def _servers(config: Config) -> ServerRule:
    chosen, by_all = config.discord.servers, config.personas.readable_by == "all"
    found = {Reach.DIRECT: config.dm, Reach.PERSONAL: config.user_install}
    audience = Audience(chosen) if isinstance(chosen, str) else Audience.LISTED
    return ServerRule(
        audience,
        frozenset[int]() if isinstance(chosen, str) else frozenset(chosen),
        readable_by_all=by_all,
        outside=frozenset(reach for reach, is_on in found.items() if is_on),
        blocked=frozenset(config.blocked),
    )


def _provider(config: Config) -> Sentence | str:
    """Return the name of the service that gets the prompts, as players know it, and of one for recaps."""
    replies, elsewhere = _service(config.model.base_url), config.memory.recap.endpoint
    recaps = replies if elsewhere is None or recap_rules(config) is None else _service(elsewhere)
    return replies if recaps == replies else Sentence("provider.two", replies=replies, recaps=recaps)


def _service(address: str) -> Sentence | str:
    """Return the name of the service at an address, as players know it."""
    host = urlsplit(address).hostname or ""
    if is_here(host):
        return Sentence("provider.here")
    return Sentence("provider.minimax") if "minimax" in host else host


def _sampling(config: Config) -> Sampling:
    model = config.model
    return Sampling(model.temperature, model.top_p, model.max_completion_tokens)


def _unknown(config: Config, personas: PersonaLibrary) -> list[str]:
    """Return the problems of personas that the configuration names and no file has."""
    return [
        str(problem) for problem in unknown_personas(config, [persona.key for persona in personas.at(None)])
    ]


def _nobody(config: Config, personas: PersonaLibrary, default: str | None) -> list[str]:
    """Return the problems of channels without a persona, and of a missing default.

    A folder without any persona is reported elsewhere.
    """
    if not len(personas.at(None)):
        return []
    nobody = [str(problem) for problem in unplayed(config, default)]
    if default is None and not config.channels:
        nobody.append(HOST.say("host.nobody_default"))
    return nobody


def _played(config: Config, personas: PersonaLibrary, default: str | None) -> int:
    """Return the number of configured channels whose persona can answer."""
    usual = () if default is None else (default,)
    casts = [
        usual if channel.cast is None else channel.cast
        for channel in config.channels.values()
        if (channel.respond or config.defaults.respond) is not Respond.NEVER
    ]
    shelf = personas.at(None)
    return sum(any(shelf.get(key) is not None for key in cast) for cast in casts)


def _of_money(config: Config) -> list[str]:
    """Return what is doubtful about limits and prices."""
    reply = _sampling(config).max_completion_tokens
    return [*map(str, starving(config, prices_of(config), reply)), *unpriced(config)]


def _lacks(config: Config, personas: PersonaLibrary, default: str | None) -> list[str]:
    """Return what a host should know is missing."""
    lore = personas.lore
    found = (*personas.problems, *personas.warnings, *lore.problems, *lore.warnings, *warnings(config))
    lacks = [str(problem) for problem in found]
    lacks += _nobody(config, personas, default)
    lacks += [*_unknown(config, personas), *_of_money(config)]
    if not reaches_a_model(config):
        lacks.append(HOST.say("host.no_key"))
    return lacks


def _watch(settings: ConfigFile) -> Watch:
    """Watch the folders of personas and lorebooks, and the configuration's files, which may be in one."""
    folder, files = settings.current.personas.folder, {file.parent: set[str]() for file in settings.files}
    for file in settings.files:
        files[file.parent].add(file.name)
    wanted: dict[Path, Wanted] = {parent: names.__contains__ for parent, names in files.items()}
    names = files.get(folder, set())
    wanted[folder] = lambda name: concerns_personas(name) or name in names
    lore = settings.current.personas.lore
    if lore.is_dir() and lore not in wanted:  # a folder that may come would be looked for each second
        wanted[lore] = is_lore_file
    return Watch(wanted)


@asynccontextmanager
async def _meanwhile(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Do a piece of work beside everything else, until the end."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _keep_up(settings: ConfigFile, casting: Casting, watch: Watch, reports: "Reports") -> None:
    """Keep personas and settings up to date with their files, and report problems."""

    async def reread() -> list[str]:
        lines = await asyncio.to_thread(_reread, settings, casting)
        for line in lines:
            log.warning(line)
        return lines

    async def read_lore() -> list[str]:
        lines = [str(found) for found in await asyncio.to_thread(casting.library.lore.reread)]
        for line in lines:
            log.warning(line)
        return lines

    others = {settings.current.personas.lore: read_lore, **dict.fromkeys(settings.files, reread)}
    await keep_up(casting.library, watch, reports.tell_admins, others=others)


def _reread(settings: ConfigFile, casting: Casting) -> list[str]:
    """Read the configuration again, apply it to the story, and return the lines to report."""
    found = settings.reread()
    lines = list(found.lines)
    if found.changed:
        config, personas = settings.current, casting.library
        casting.rules = rules_of(config)
        default = default_among(personas.at(None), config.default_persona)
        lines += [
            *map(str, warnings(config)),
            *_nobody(config, personas, default),
            *_unknown(config, personas),
            *_of_money(config),
        ]
    return lines


def place_in(config: Config) -> StoragePlace:
    """Return where the stories are."""
    url, password = (
        each and each.get_secret_value() for each in (config.storage.url, config.storage.password)
    )
    return place_of(config.storage.path, url or None, password or None)


class _Use(Enum):
    """What a story is opened for."""

    RUN = auto()  # where the configuration lets others be beside
    ALONE = auto()
    REHEARSE = auto()  # beside a bot that runs
    LOOK = auto()  # so that nothing changes


async def _database(config: Config, use: _Use) -> Database:
    place = place_in(config)
    if use is _Use.LOOK:
        return await Database.look(place)
    joins = use is _Use.RUN and config.storage.processes == "several"
    return await Database.open(place, exclusive=use is not _Use.REHEARSE, joins=joins)


@asynccontextmanager
async def _story(
    config: Config, personas: PersonaLibrary, chosen: Chosen, rules: Rules, use: _Use
) -> AsyncIterator[tuple[Story, Database]]:
    """Open the storage, and build the story on it."""
    model, chronicler = chosen.model, chosen.chronicler or chosen.model
    try:
        counting = await asyncio.to_thread(choose_counter)
        database = await _database(config, use)
        chosen.together.processes = database.cluster
        if database.backup is not None:
            log.info(HOST.say("host.backed_up", file=database.backup))
        try:
            meter = await TokenMeter.open(Calibrations(database), model, counting.counter)
            story = story_on(database, personas, model, rules, meter)
            story.memory.recaps.model = chronicler
            story.records.spending.keys.equipment = chosen.equipment
            await story.records.spending.keys.check()
            await story.records.workshop.open()
            await story.records.pictures.open()
            try:
                async with AsyncExitStack() as beside:
                    if use is not _Use.LOOK:
                        indexing = story.records.looking_back.keep_index(asyncio.sleep)
                        await beside.enter_async_context(_meanwhile(indexing, "keep up the index"))
                    reading = story.records.workshop.read_ahead()
                    await beside.enter_async_context(_meanwhile(reading, "read servers' personas"))
                    yield story, database
            finally:
                await story.memory.recaps.close()
                await story.records.spending.keys.close()
        finally:
            await database.close()
    finally:
        if chronicler is not model:
            await chronicler.aclose()
        await model.aclose()


def face_of_die(sides: int) -> int:
    """Return the face on which a fair die lands."""
    return secrets.randbelow(sides) + 1


def story_on(
    database: Database,
    personas: PersonaLibrary,
    model: ChatModel,
    rules: Rules,
    meter: TokenMeter,
    chance: Callable[[int], int] = face_of_die,
) -> Story:
    """Build the story on an open database; `meter` is the model's, `chance` rolls a die of so many sides."""
    stores = Stores.on(database)
    casting = Casting(personas, stores.settings, stores.scenes, rules)
    ladder = Ladder(
        Steps(database),
        endpoint=model.endpoint,
        model=model.name,
        highest=rules.forms.richest,
        pinned=rules.forms.is_pinned,
        clock=now,
    )
    spending = Spending(casting, stores, now)
    recaps = RecapWriter(model, stores, casting, meter.counter, spending, now)
    database.overtaken.append(recaps.overtaken)
    prompter = Prompter(stores, casting, ladder, meter, recaps)
    replies = ReplyServices(model, stores.history, stores.swipes, meter, stores.preferences, spending, now)
    floor = recaps.floor = Floor(replies, ReplyLimit(casting, now), Elsewhere(database.cluster))
    tryouts = Tryouts(replies, casting, prompter, floor.limit)
    notices = Notices(stores.scenes, stores.history, now)
    revision = Revision(floor, casting, prompter, stores, now)
    hearing = Hearing(floor, casting, prompter, notices, stores, now)
    return Story(
        hearing=hearing,
        revision=revision,
        covering=Covering(revision, now),
        scenes=SceneControl(floor, casting, stores, now),
        casting=casting,
        choices=AdminChoices(casting, stores, now),
        notices=notices,
        myself=_myself(floor, casting, stores),
        recovery=Recovery(floor, casting, stores, now),
        catching_up=CatchingUp(hearing, casting, stores, now),
        inspector=Inspector(casting, prompter, stores, spending),
        by_hand=ByHand(Rolls(chance, now), Speaking(floor, stores, now)),
        memory=MemoryControl(floor, casting, stores, recaps, now),
        undoing=Undoing(floor, hearing, revision, stores, now),
        branching=Branching(floor, casting, stores, now),
        records=_records(floor, casting, stores, tryouts, prompter.lore),
    )


def _myself(floor: Floor, casting: Casting, stores: Stores) -> Myself:
    store, preferences = stores.people.profiles, stores.preferences
    profiles = Profiles(store, floor, casting, now)
    mentions = Mentions(preferences, Access(casting, stores.records.blocks), now)
    return Myself(Wishes(preferences), Acting(store), profiles, mentions, Locales(preferences))


def _records(floor: Floor, casting: Casting, stores: Stores, tryouts: Tryouts, lore: Lore) -> Records:
    library = casting.library
    departures = Departures(floor, library, stores.records.departures, now)
    workshop = Workshop(library, stores.personas, now)
    lorebooks = Lorebooks(stores.personas.lore, lore, now)
    return Records(
        looking_back=LookingBack(stores),
        transfer=Transfer(floor, casting, stores, now),
        privacy=Privacy(floor, stores, now),
        departures=departures,
        retention=Retention(floor, casting, stores.records.retention, departures, now),
        workshop=workshop,
        pictures=Pictures(library, stores.personas.pictures),
        archiving=Archiving(library, workshop, lorebooks, stores, now),
        proposing=Proposing(library, workshop, stores.personas.proposals, now),
        tryouts=tryouts,
        lorebooks=lorebooks,
        spending=floor.spending,
    )
