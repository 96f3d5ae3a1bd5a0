"""Reloading of the configuration while the bot runs: what applies at once and what needs a restart.

Law: a changed configuration is applied completely or not at all. If it has mistakes, the previous settings
stay in use. Keys that the running bot was built with keep their values until a restart. The caller decides
when to reload.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from bot.config.loading import ConfigError, config_file, load
from bot.config.schema import Config, Section
from bot.config.variables import VARIABLES
from bot.files.problems import KeyPath, Problem, problem
from bot.texts.sentences import HOST

SectionT = TypeVar("SectionT", bound=Section)

AT_RESTART: Final[frozenset[KeyPath]] = frozenset(
    {
        ("discord", "token"),
        ("discord", "api_base"),
        ("discord", "gateway"),
        ("discord", "shards"),
        ("discord", "webhooks_share_limit"),
        ("model", "api_key"),
        ("model", "base_url"),
        ("model", "dialect"),
        ("model", "name"),
        ("model", "preset"),
        ("model", "naming"),
        ("model", "first_token_timeout"),
        ("model", "max_streams"),
        ("model", "requests_per_minute"),
        ("model", "log_messages"),
        ("memory", "recap", "endpoint"),
        ("memory", "recap", "model"),
        ("memory", "recap", "api_key"),
        ("storage", "path"),
        ("storage", "url"),
        ("storage", "password"),
        ("storage", "processes"),
        ("ops", "listen"),
        ("ops", "log"),
        ("dm",),
        ("user_install",),
        ("personas", "folder"),
        ("personas", "lore"),
        ("personas", "roots"),
        ("secret_key",),
    }
)
"""Keys that need a restart: the bot's connections, commands, database and personas are created from them."""


@dataclass(frozen=True, slots=True)
class Reread:
    """The result of reloading the configuration.

    Attributes:
        changed: Whether `ConfigFile.current` is a new configuration.
        problems: The mistakes in it; empty if it can be used.
        restart: The changed keys that need a restart, each with its place.
        lines: Sentences for the log and the admin channel; empty if there is nothing new to report.
    """

    changed: bool = False
    problems: tuple[Problem, ...] = ()
    restart: tuple[Problem, ...] = ()
    lines: tuple[str, ...] = ()


class ConfigFile:
    """The sources of the configuration, and the settings in use."""

    def __init__(self, path: Path | None, env: Mapping[str, str], folder: Path = Path()) -> None:
        """Load the configuration; the arguments are those of `bot.config.loading.load`.

        Raises:
            ConfigError: with all mistakes.
        """
        self._path = path
        self._env = dict(env)
        self._folder = folder
        self._latest = self._current = load(path, self._env, folder)
        self._problems: tuple[Problem, ...] = ()

    @property
    def current(self) -> Config:
        """The settings in use."""
        return self._current

    @property
    def files(self) -> tuple[Path, Path]:
        """The files to watch: config.yaml or the file given instead, and .env."""
        return self._path or config_file(self._folder), self._folder / ".env"

    def reread(self) -> Reread:
        """Reload the sources and apply what can be applied.

        A missing config.yaml counts as empty, as at the start, unless its path was given explicitly.
        """
        try:
            found = load(self._path, self._env, self._folder)
        except ConfigError as error:
            return self._refused(error.problems)
        before, latest, was_broken = self._current, self._latest, bool(self._problems)
        self._current, self._latest, self._problems = live(before, found), found, ()
        changed = differing(before, self._current)
        edited = differing(latest, found)
        restart = tuple(each for each in restart_needed(before, found) if each.path in edited)
        return Reread(bool(changed), (), restart, tuple(_told(changed, restart, was_broken=was_broken)))

    def _refused(self, problems: tuple[Problem, ...]) -> Reread:
        # Nothing new: an editor saved in two steps, or the same mistakes were found again.
        if problems == self._problems:
            return Reread(problems=problems)
        self._problems = problems
        end = HOST.say("host.config_broken", file=self.files[0])
        return Reread(problems=problems, lines=(*map(str, problems), end))


def live(old: Config, new: Config) -> Config:
    """Return the new settings, with the old values of all keys that need a restart."""
    for path in AT_RESTART:
        new = _with(new, [str(step) for step in path], _value(old, path))
    return new


def _with(section: SectionT, path: Sequence[str], value: object) -> SectionT:
    """Return a section with another value at a path."""
    name, *rest = path
    if rest:
        value = _with(getattr(section, name), rest, value)
    return section.model_copy(update={name: value})


def restart_needed(old: Config, new: Config) -> tuple[Problem, ...]:
    """Return the changed keys that need a restart, each with its place and never with its value."""
    return tuple(
        problem("config.needs_restart", new.spot(path), path)
        for path in differing(old, new)
        if path in AT_RESTART
    )


def differing(old: Config, new: Config) -> tuple[KeyPath, ...]:
    """Return the keys whose values differ, in the order of docs/configuration.md."""
    return tuple(path for path in VARIABLES.values() if _value(old, path) != _value(new, path))


def _value(config: Config, path: KeyPath) -> object:
    found: object = config
    for step in path:
        found = getattr(found, str(step))
    return found


def _told(changed: Iterable[KeyPath], restart: Iterable[Problem], *, was_broken: bool) -> Iterator[str]:
    if was_broken:
        yield HOST.say("host.config_mended")
    if changed:
        yield HOST.say("host.config_applied", keys=", ".join(".".join(map(str, path)) for path in changed))
    yield from map(str, restart)
