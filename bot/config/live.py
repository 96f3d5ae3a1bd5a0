"""The configuration while the bot runs: what counts at once, what waits for a restart.

Law: read again, it either counts whole or not at all. What cannot be used leaves the settings of before
in force; what the running bot was built with keeps its value until a restart. When to look is the
caller's to know.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.config.shape import FILE, VARIABLES, Config, ConfigError, load
from bot.files.yamlfile import KeyPath, Problem, problem
from bot.texts.sentences import say

AT_RESTART: Final[frozenset[KeyPath]] = frozenset(
    {
        ("discord", "token"),
        ("discord", "api_base"),
        ("discord", "gateway"),
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
        ("storage", "path"),
        ("personas", "folder"),
    }
)
"""What connections, the database and the cast are opened with; every other key counts at once."""


@dataclass(frozen=True, slots=True)
class Reread:
    """What came of reading the configuration again, as far as it is news.

    Attributes:
        changed: Whether `ConfigFile.current` is another one now.
        problems: Why it cannot be used; none if it can.
        restart: The keys that changed and wait for a restart, each with its place.
        lines: The same for people, for the log and the admins' channel; none if nothing is new.
    """

    changed: bool = False
    problems: tuple[Problem, ...] = ()
    restart: tuple[Problem, ...] = ()
    lines: tuple[str, ...] = ()


class ConfigFile:
    """The configuration's sources, and what of them is in force."""

    def __init__(self, path: Path | None, env: Mapping[str, str], folder: Path = Path()) -> None:
        """Read it for the first time; the arguments are `bot.config.shape.load`'s.

        Raises:
            ConfigError: with everything that is wrong.
        """
        self._path = path
        self._env = dict(env)
        self._folder = folder
        self._latest = self._current = load(path, self._env, folder)
        self._problems: tuple[Problem, ...] = ()

    @property
    def current(self) -> Config:
        """What is in force."""
        return self._current

    @property
    def files(self) -> tuple[Path, Path]:
        """The files whose changes are worth a look: config.yaml, or what stands in for it, and .env."""
        return self._path or self._folder / FILE, self._folder / ".env"

    def reread(self) -> Reread:
        """Look again, and put in force what can be.

        A config.yaml that nobody named and that is gone counts as an empty one, as it does at the start.
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
        # An editor that saves in two steps, or a second look at the same mistakes, is no news.
        if problems == self._problems:
            return Reread(problems=problems)
        self._problems = problems
        end = say("host.config_broken", file=self.files[0])
        return Reread(problems=problems, lines=(*map(str, problems), end))


def live(old: Config, new: Config) -> Config:
    """Return the settings to go on with: the new ones, except where only a restart can bring them in."""
    kept: dict[str, dict[str, Any]] = {}
    for section, key in sorted(AT_RESTART):
        kept.setdefault(str(section), {})[str(key)] = _value(old, (section, key))
    sections = {name: getattr(new, name).model_copy(update=values) for name, values in kept.items()}
    return new.model_copy(update=sections)


def restart_needed(old: Config, new: Config) -> tuple[Problem, ...]:
    """Return the keys that differ and wait for a restart, each with its place and never with its value."""
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
        yield say("host.config_mended")
    if changed:
        yield say("host.config_applied", keys=", ".join(".".join(map(str, path)) for path in changed))
    yield from map(str, restart)
