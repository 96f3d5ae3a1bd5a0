"""Loading of the settings from their three layers: the environment over `.env` over config.yaml.

Law: all three layers are parameters; nothing else is read. A mistake names its place in the file, or its
variable, and never repeats a secret.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dotenv.parser import Binding, parse_stream
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from bot.config.schema import FILE, Config, PersonaFolder
from bot.config.variables import EXAMPLES, PREFIX, VARIABLES
from bot.files import lookalikes
from bot.files.problems import (
    KeyPath,
    Problem,
    Spot,
    YamlError,
    kind_of,
    lookalike,
    nearest,
    problem,
    short,
    shown,
)
from bot.files.shapes import problems_of
from bot.files.yamlfile import Document, decoded, read, read_bytes, read_file
from bot.texts.sentences import HOST, Sentence

SHORT_NAMES: Final[Mapping[str, str]] = {
    "DISCORD_TOKEN": "DRAMATIS_DISCORD__TOKEN",
    "MINIMAX_API_KEY": "DRAMATIS_MODEL__API_KEY",
}
"""Names that other tools use for the same variables; within one layer the long name takes precedence."""

NEAR_MISSES: Final[Mapping[str, str]] = {
    "DISCORD_TOKE": "DISCORD_TOKEN",
    "DISCORD_KEY": "DISCORD_TOKEN",
    "DISCORD_BOT_TOKEN": "DISCORD_TOKEN",
    "DISCORD_API_KEY": "DISCORD_TOKEN",
    "DISCORDTOKEN": "DISCORD_TOKEN",
    "BOT_TOKEN": "DISCORD_TOKEN",
    "MINIMAX_KEY": "MINIMAX_API_KEY",
    "MINIMAX_APIKEY": "MINIMAX_API_KEY",
    "MINIMAX_TOKEN": "MINIMAX_API_KEY",
    "MINIMAX_API_TOKEN": "MINIMAX_API_KEY",
    "MINIMAX_API_KE": "MINIMAX_API_KEY",
}
"""Common misspellings of the two secrets; only a warning, because other programs use some of these names."""


VOLUME: Final = Path("data")
"""The folder beside which everything else may be missing: a container keeps all that is its host's there."""


class ConfigError(YamlError):
    """Settings with mistakes, with which the bot can't start."""

    personas: Path = Path("personas")
    """The personas folder, if it could be read from the settings."""
    roots: tuple[Path, ...] = ()
    """The other folders of personas, in the same way."""


def load(path: Path | None, env: Mapping[str, str], folder: Path = Path()) -> Config:
    """Load the settings: `env` over `folder`/.env over the file, over the defaults.

    Args:
        path: The file given with --config; None means the one of `config_file`, which may be missing.
        env: The environment, such as `os.environ`. An empty value counts as not set.
        folder: The folder of config.yaml and .env.

    Raises:
        ConfigError: with all mistakes that could be found.
    """
    problems: list[Problem] = []
    file = _file_layer(path or config_file(folder), problems, must_exist=path is not None)
    dotenv = _dotenv(folder / ".env", problems)
    layers = (
        file,
        _variable_layer(dotenv, problems, in_dotenv=True),
        _variable_layer(env, problems),
    )
    merged = _merged(layer.data for layer in layers)
    config = None
    try:
        config = Config(**merged)
    except ValidationError as error:
        problems += problems_of(error, Config, lambda path, character="": _spot(layers, path, character))
    if config is None or problems:
        # Outside the handler: Pydantic's error in the context would contain the values.
        stopped = ConfigError(problems)
        found = _at_home(_persona_folder(merged), folder)
        stopped.personas, stopped.roots = found.folder, found.roots or ()
        raise stopped
    config = config.model_copy(update={"personas": _at_home(config.personas, folder)})
    return config.with_spots(
        lambda path, character="": _spot(layers, path, character),
        [*_misspelt(config, dotenv, in_dotenv=True), *_misspelt(config, env)],
    )


def config_file(folder: Path) -> Path:
    """Return the configuration's file if none is named: `folder`/config.yaml, else the one in its `data`."""
    own, in_volume = folder / FILE, folder / VOLUME / FILE
    return in_volume if not _is_there(own) and _is_there(in_volume) else own


def _at_home(personas: PersonaFolder, folder: Path) -> PersonaFolder:
    """Return the folders of personas and lore: those that nobody set are in `data` if they are only there."""
    unset = {"folder", "lore"} - personas.model_fields_set
    usual = {name: getattr(personas, name) for name in unset}
    moved = {
        name: VOLUME / path
        for name, path in usual.items()
        if not _is_there(folder / path) and _is_there(folder / VOLUME / path)
    }
    return personas.model_copy(update=moved)


def _persona_folder(data: Mapping[str, Any]) -> PersonaFolder:
    """Return where personas are, from settings with other mistakes; the default if that is invalid too."""
    try:
        return PersonaFolder.model_validate(data.get("personas"))
    except ValidationError:
        return PersonaFolder()


@dataclass(frozen=True)
class _Layer:
    """The values of one source, and how its mistakes are located."""

    data: Mapping[str, Any]
    document: Document | None = None
    names: Mapping[KeyPath, str] = field(default_factory=dict)

    def holds(self, path: KeyPath) -> bool:
        """Return whether this source sets something at that path."""
        found: Any = self.data
        for step in path:
            if not isinstance(found, Mapping):
                return isinstance(found, list)  # a list is of one source
            if step not in found:
                return False
            found = found[step]
        return True

    def spot(self, path: KeyPath, character: str = "") -> Spot:
        """Return the place of a key in the file, or the variable that sets it."""
        if self.document:
            return self.document.spot(path, character)
        return next(Spot(name) for key, name in self.names.items() if path[: len(key)] == key)


def _file_layer(path: Path, problems: list[Problem], *, must_exist: bool) -> _Layer:
    document = Document(FILE, {}, {(): (1, 1)})
    try:
        if must_exist or _is_there(path):
            document = read_file(path)
    except YamlError as error:
        problems += error.problems
    if not isinstance(document.data, dict | None):
        text = document.data if isinstance(document.data, str) else ""
        character = lookalikes.at_fault_in_place_of_keys(text, Config.model_fields)
        problems.append(
            lookalike(character, document.spot((), character))
            if character
            else problem("config.no_keys", document.spot(()), found=kind_of(document.data))
        )
    return _Layer(document.data if isinstance(document.data, dict) else {}, document)


def _called(name: str, *, in_dotenv: bool) -> str:
    """Return a variable's name for a problem, marked if it is in .env."""
    return HOST.say("config.in_dotenv", name=name) if in_dotenv else name


def _shown_variable(name: str) -> str:
    """Return a variable's name, or a placeholder if a part of it may be a secret."""
    parts = name.split("_")
    return short(name) if all(shown(part) == part for part in parts if part) else HOST.say("yaml.withheld")


def _misspelt(config: Config, given: Mapping[str, str], *, in_dotenv: bool = False) -> Iterator[Problem]:
    lacks = {"DISCORD_TOKEN": config.discord.token is None, "MINIMAX_API_KEY": config.model.api_key is None}
    for name in sorted(given):
        known = NEAR_MISSES.get(name.upper())
        if known is not None and lacks[known] and given[name].strip():
            yield problem("config.misspelt", Spot(_called(name, in_dotenv=in_dotenv)), known=known)


def _variable_layer(given: Mapping[str, str], problems: list[Problem], *, in_dotenv: bool = False) -> _Layer:
    """Return the layer of values that variables set."""

    def called(name: str) -> str:
        return _called(name, in_dotenv=in_dotenv)

    used = {name.upper(): text for name, value in given.items() if (text := _unquoted(value)).strip()}
    for name in sorted(used):
        if name.startswith(PREFIX) and name not in VARIABLES:
            spot = Spot(called(_shown_variable(name)))
            problems.append(
                problem("config.unknown_variable", spot, nearest=nearest(name, VARIABLES, PREFIX))
            )
    values, names = {}, {}
    for name in [*SHORT_NAMES, *VARIABLES]:  # long names come later and take precedence
        if name in used:
            long = SHORT_NAMES.get(name, name)
            values[long], names[VARIABLES[long]] = used[name], called(name)
    if not values:
        return _Layer({}, names={})
    source = _Variables(values)
    data = source()
    problems += [
        problem("config.bad_json", Spot(names[path]), path, reason=reason, example=EXAMPLES[path])
        for path, reason in source.refused
    ]
    if source.refused:
        refused = {path for path, _ in source.refused}
        data = _Variables({long: text for long, text in values.items() if VARIABLES[long] not in refused})()
    return _Layer(data, names=names)


def _unquoted(value: str) -> str:
    """Return a variable's value without quotation marks around it, as some programs pass them on.

    `docker run --env-file` does, and editors that make curly ones.
    """
    text = value.strip()
    return lookalikes.unwrapped(text) if lookalikes.is_wrapped(text) else value


class _Environment(Config, BaseSettings):
    """Config's keys for pydantic-settings, which reads the variables.

    It is never instantiated: a key such as `_env_file` would be taken for one of its own arguments.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__")


class _Variables(EnvSettingsSource):
    """A settings source of the variables that were passed in, not those of this process."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self.refused: list[tuple[KeyPath, Sentence]] = []
        super().__init__(_Environment)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): text for name, text in self._given.items()}

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: str) -> object:
        """Decode a JSON value as YAML, which refuses duplicate keys; JSON has tabs only between tokens.

        What can't be read is noted in `refused` with its key.
        """
        del field
        try:
            return read(value.replace("\t", " "), field_name).data
        except YamlError as error:
            # Only the last part of the key is passed.
            path = next(path for path in EXAMPLES if path[-1] == field_name)
            self.refused += [(path, found.message) for found in error.problems]
            return None


def _dotenv(path: Path, problems: list[Problem]) -> dict[str, str]:
    """Return what .env sets; a `$` is not expanded, because that would read this process's environment."""
    try:
        text = decoded(read_bytes(path), str(path)) if _is_there(path) else ""
    except YamlError as error:
        problems += error.problems
        return {}
    bindings = list(parse_stream(io.StringIO(text)))
    problems += [found for binding in bindings if (found := _dotenv_problem(binding, str(path)))]
    return {binding.key: binding.value or "" for binding in bindings if binding.key}


def _dotenv_problem(binding: Binding, file: str) -> Problem | None:
    """Return what is wrong with a line of .env."""
    whole = binding.original.string
    text = whole.lstrip("\r\n\t ")

    def spot(within: int = 0) -> Spot:
        before = whole[: len(whole) - len(text) + within]
        return Spot(file, binding.original.line + before.count("\n"), len(before) - before.rfind("\n"))

    name = re.match(r"(?:export )?([^=]*)=", lookalikes.ordinary(text))
    known = name and name[1].strip(" '\"").upper() in {*SHORT_NAMES, *VARIABLES}
    if known and (character := lookalikes.first(text[: len(name[0])] if name else "")):
        instead = lookalikes.ordinary(character).strip(" '\"")
        return lookalike(character, spot(text.index(character)), instead=instead)
    # A name without a value may be a token that was pasted alone.
    if not binding.error and not (binding.key and binding.value is None):
        return None
    if lookalikes.is_fence(text.splitlines()[0] if text else ""):
        return problem("yaml.fence", spot(), character=lookalikes.described(text[0]))
    return problem("config.bad_dotenv", spot())


def _is_there(path: Path) -> bool:
    """Return False only if the path certainly doesn't exist; other errors are reported by the reader."""
    try:
        return path.exists()
    except OSError:
        return True


def _merged(layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return maps merged key by key, later layers over earlier ones."""
    result: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            below = result.get(key)
            both = isinstance(below, Mapping) and isinstance(value, Mapping)
            result[key] = _merged((result[key], value)) if both else value
    return result


def _spot(layers: Iterable[_Layer], path: KeyPath, character: str = "") -> Spot:
    """Return the place of the value at a path: that of the topmost layer that sets it."""
    file, *above = layers
    return next((layer for layer in reversed(above) if layer.holds(path)), file).spot(path, character)
