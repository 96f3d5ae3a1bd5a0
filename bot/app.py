"""The composition root: builds everything from the configuration, opens it and closes it.

Law: the one place, with the command line, that knows the configuration. Everything else gets plain
values. Whatever is opened here is closed here, in the reverse order, however it ends.
"""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.budget import Budget
from bot.check import Findings, check
from bot.config import Config, Model, is_here, unknown_personas, unplayed, warnings
from bot.core.completion import ChatModel, Sampling
from bot.core.persona import Persona
from bot.core.prompt import Naming
from bot.core.routing import Respond
from bot.discord_ui.client import Service, point_at, serve
from bot.exact import Chosen as Counting
from bot.exact import choose_counter
from bot.llm.client import HttpModel
from bot.llm.dialects import Dialect
from bot.llm.local import USUAL, find_server
from bot.llm.offline import OfflineModel
from bot.personas import Personas
from bot.roleplay import ChannelRule, Roleplay, Rules
from bot.storage.calibrations import Calibrations
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.people import People
from bot.storage.scenes import Scenes
from bot.terminal import TERMINAL, Console, Rehearsal
from bot.texts import say

log = logging.getLogger(__name__)


SAMPLE = "sample"
"""The tag of the personas that come with the bot."""

WELCOME = "marlow"
"""The sample that answers while there are only samples; config.example.yaml names it too."""


class NoPersona(Exception):  # noqa: N818 - it says what is wrong
    """There is nobody to talk to; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Startup:
    """What the log says of the settings once the bot is on Discord: where it answers, and what is missing."""

    listens: str
    lacks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A model to speak with, the form of prompt it reads, and how to announce it."""

    model: ChatModel
    naming: Naming
    announcement: str


async def run(config: Config) -> None:
    """Be on Discord until SIGTERM or SIGINT.

    Raises:
        WrongToken, PersonasError, StorageError: it cannot start.
    """
    assert config.discord.token is not None
    point_at(config.discord.api_base, config.discord.gateway)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    personas = Personas.load(config.personas.folder)
    default = default_persona(config, personas)
    channels = {
        id_: ChannelRule(
            channel.persona, Respond(channel.respond) if "respond" in channel.model_fields_set else None
        )
        for id_, channel in config.channels.items()
    }
    chosen = configured_model(config)
    rules = _rules(config, chosen.naming, default, channels)
    words = startup(config, personas)
    async with _story(config, personas, chosen.model, rules, exclusive=True) as roleplay:
        service = Service(
            roleplay=roleplay,
            token=config.discord.token.get_secret_value(),
            heartbeat=heartbeat_file(config.storage.path),
            listens=words.listens,
            lacks=words.lacks,
            unfinished=await roleplay.interrupted(terminal=False),
        )
        try:
            await serve(service, stop)
        finally:
            with suppress(OSError):  # `health` need not wait for it to grow old
                service.heartbeat.unlink(missing_ok=True)
    log.info(say("host.stopped"))


async def chat(
    config: Config,
    console: Console,
    *,
    persona_key: str | None,
    speaker: str,
    offline: bool,
    servers: Sequence[str] = USUAL,
) -> None:
    """Hold a rehearsal on the terminal until the input ends; `servers` is where a local model may answer.

    Raises:
        NoPersona, PersonasError, StorageError: it cannot start.
    """
    personas = Personas.load(config.personas.folder)
    for problem in (*config.misspelt, *(personas.problems if len(personas) else ())):
        console.tell(str(problem))
    persona = choose_persona(config, personas, persona_key)
    chosen = await choose_model(config, console, offline=offline, servers=servers)
    console.tell(chosen.announcement)
    others = [each.key for each in personas if each.key != persona.key]
    if others and persona_key is None:
        console.tell(say("chat.others", others=", ".join(others)))
    rules = _rules(
        config, chosen.naming, persona.key, {TERMINAL.channel_id: ChannelRule(persona.key, Respond.ALWAYS)}
    )
    async with _story(config, personas, chosen.model, rules, exclusive=False) as roleplay:
        await roleplay.interrupted(terminal=True)
        await Rehearsal(roleplay, persona, console, speaker=speaker, clock=now).run()


def check_all(config: Config, counting: Counting | None = None) -> Findings:
    """Judge configuration and cast without network; `counting` is how, the best there is if it is not given.

    Raises:
        PersonasError: there is no folder of personas.
    """
    personas = Personas.load(config.personas.folder)
    counting = counting or choose_counter()
    found = check(personas, _sampling(config), config.model.context_window, counting.counter)
    doubts = [*map(str, warnings(config)), *_nobody(config, personas, default_persona(config, personas))]
    if config.discord.token is None:
        doubts.append(say("host.no_token"))
    if not reaches_a_model(config):
        doubts.append(say("host.no_key"))
    errors = _unknown(config, personas)
    return Findings((*found.facts, counting.sentence), (*found.warnings, *doubts), (*found.errors, *errors))


def startup(config: Config, personas: Personas) -> Startup:
    """Return what the log should say at the start."""
    default = default_persona(config, personas)
    keys = ", ".join(persona.key for persona in personas)
    listens = say("host.listens", channels=_played(config, personas, default), personas=keys)
    return Startup(listens, tuple(_lacks(config, personas, default)))


def now() -> datetime:
    """Return the time, aware and in UTC."""
    return datetime.now(UTC)


def heartbeat_file(storage: Path) -> Path:
    """Return the file whose age tells `health` whether the bot is alive; it lies beside the database."""
    return storage.with_name(f"{storage.name}.heartbeat")


def default_persona(config: Config, personas: Personas) -> str | None:
    """Return who answers where nobody is bound: the configured persona, else the only one there is.

    The samples that come along make way: one file without their tag, and none of them is a default.
    """
    if config.default_persona is not None:
        return config.default_persona
    own = [persona.key for persona in personas if SAMPLE not in persona.tags]
    if not own and personas.get(WELCOME) is not None:
        return WELCOME
    keys = own or [persona.key for persona in personas]
    return keys[0] if len(keys) == 1 else None


def choose_persona(config: Config, personas: Personas, key: str | None) -> Persona:
    """Return whom a rehearsal is with: the one asked for, the default, else the first by file name.

    Raises:
        NoPersona: it is not there, or nobody is.
    """
    known = [persona.key for persona in sorted(personas, key=lambda persona: SAMPLE in persona.tags)]
    if not known:
        # An empty folder is a problem too.
        raise NoPersona("\n".join(map(str, personas.problems)))
    key = key or default_persona(config, personas) or known[0]
    persona = personas.get(key)
    if persona is None:
        folder = config.personas.folder
        raise NoPersona(say("chat.unknown_persona", key=key, folder=folder, known=", ".join(known)))
    return persona


def configured_model(config: Config) -> Chosen:
    """Return the model that the configuration names."""
    model = config.model
    http = HttpModel(
        base_url=model.base_url,
        dialect=Dialect(model.dialect),
        model_name=model.name,
        api_key=model.api_key.get_secret_value() if model.api_key else None,
        needs_key=_needs_key(config),
    )
    # Servers for models in general know system, user and assistant; M2-her is M2-her on any endpoint.
    native = model.dialect == "minimax" or "m2-her" in model.name.lower()
    return Chosen(http, Naming.NAMED if native else Naming.FOLDED, say("chat.model", model=model.name))


async def choose_model(config: Config, console: Console, *, offline: bool, servers: Sequence[str]) -> Chosen:
    """Return a rehearsal's model: the configured one, a local server if the person agrees, or rules."""
    if not offline and reaches_a_model(config):
        return configured_model(config)
    # Without a person at the keyboard there is nobody to ask.
    server = await find_server(servers) if console.live and not offline else None
    if server is not None:
        question = say("chat.local_found", address=server.address, model=server.model)
        if await console.ask(question):
            http = HttpModel(
                base_url=server.address, dialect=Dialect.OPENAI, model_name=server.model, needs_key=False
            )
            return Chosen(http, Naming.FOLDED, say("chat.model", model=server.model))

    async def pause() -> None:
        await asyncio.sleep(0.03 if console.live else 0)

    return Chosen(OfflineModel(pause=pause), Naming.NAMED, say("chat.offline"))


def reaches_a_model(config: Config) -> bool:
    """Return whether the configuration is enough to ask a model."""
    return config.model.api_key is not None or not _needs_key(config)


def _needs_key(config: Config) -> bool:
    """Return whether asking without a key is pointless; a server of one's own may want none."""
    model = config.model
    if is_here(model.base_url):
        return False
    return model.dialect == "minimax" or model.base_url == Model().base_url


def _rules(config: Config, naming: Naming, default: str | None, channels: Mapping[int, ChannelRule]) -> Rules:
    return Rules(
        sampling=_sampling(config),
        context_window=config.model.context_window,
        naming=naming,
        default_persona=default,
        channels=channels,
    )


def _sampling(config: Config) -> Sampling:
    model = config.model
    return Sampling(model.temperature, model.top_p, model.max_completion_tokens)


def _unknown(config: Config, personas: Personas) -> list[str]:
    """Return what to say of personas that the configuration names and no file has."""
    return [str(problem) for problem in unknown_personas(config, [persona.key for persona in personas])]


def _nobody(config: Config, personas: Personas, default: str | None) -> list[str]:
    """Return what to say of channels in which nobody plays, and of a missing default.

    That there is no persona at all is said elsewhere.
    """
    if not len(personas):
        return []
    nobody = [str(problem) for problem in unplayed(config, default)]
    if default is None and not config.channels:
        nobody.append(say("host.nobody_default"))
    return nobody


def _played(config: Config, personas: Personas, default: str | None) -> int:
    """Return in how many bound channels somebody can answer."""
    keys = [channel.persona or default for channel in config.channels.values() if channel.respond != "never"]
    return sum(key is not None and personas.get(key) is not None for key in keys)


def _lacks(config: Config, personas: Personas, default: str | None) -> list[str]:
    """Return what a host should know is missing before somebody misses it."""
    lacks = [str(problem) for problem in (*personas.problems, *warnings(config))]
    lacks += _nobody(config, personas, default)
    lacks += _unknown(config, personas)
    if not reaches_a_model(config):
        lacks.append(say("host.no_key"))
    return lacks


@asynccontextmanager
async def _story(
    config: Config, personas: Personas, model: ChatModel, rules: Rules, *, exclusive: bool
) -> AsyncIterator[Roleplay]:
    """Open the storage, and build the story on it."""
    try:
        counting = await asyncio.to_thread(choose_counter)
        database = await Database.open(config.storage.path, exclusive=exclusive)
        try:
            yield Roleplay(
                model=model,
                personas=personas,
                history=History(database),
                scenes=Scenes(database),
                people=People(database),
                budget=await Budget.open(Calibrations(database), model, counting.counter),
                rules=rules,
                clock=now,
            )
        finally:
            await database.close()
    finally:
        await model.aclose()
