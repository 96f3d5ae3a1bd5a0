"""The keys of config.yaml and of the environment; docs/configuration.md explains each key.

Law: settings come from three layers, environment over `.env` over file, and all three are parameters; nothing
else is read. A mistake names its place in the file, or its variable, and never repeats a secret. Only
`app`, `__main__` and `config.live` import this module.
"""

import base64
import io
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NoReturn, Self
from unicodedata import category, normalize
from urllib.parse import SplitResult, urlsplit

from dotenv.parser import Binding, parse_stream
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    SettingsConfigDict,
)

from bot.core.endpoint.address import is_here
from bot.core.persona import CompletionTokens, FilledText, UnitInterval
from bot.core.routing import Respond
from bot.core.servers import Audience
from bot.core.settings import Face, Language, Settings, StoryRights, Stream
from bot.files import lookalikes
from bot.files.yamlfile import (
    Document,
    KeyPath,
    Locate,
    Problem,
    Spot,
    YamlError,
    decoded,
    kind_of,
    lookalike,
    nearest,
    problem,
    problems_of,
    read,
    read_bytes,
    read_file,
    short,
    shown,
    wrong,
)
from bot.texts.sentences import HOST

FILE: Final = "config.yaml"
PREFIX: Final = "DRAMATIS_"

ROOM: Final = 512
"""Tokens of the window reserved for a persona and a line of talk next to the longest reply."""

WINDOW_LIMIT: Final = 10_000_000
"""Maximum tokens of a window, more than any model has."""

PRESETS: Final[Mapping[str, Mapping[str, object]]] = {
    "minimax": {},
    "minimax-cn": {"base_url": "https://api.minimaxi.com"},
    "302ai": {"base_url": "https://api.302.ai/minimaxi"},
    "openrouter": {
        "base_url": "https://openrouter.ai/api",
        "dialect": "openai",
        "name": "minimax/minimax-m2-her",
    },
    "local": {
        "base_url": "http://127.0.0.1:8080",
        "dialect": "openai",
        "name": "local",  # llama.cpp's server has one model and accepts any name
        "context_window": 4096,  # Ollama's default
        "first_token_timeout": 300,  # a CPU reads about 150 prompt tokens a second
        "max_streams": 1,  # some servers cut a running stream when another request comes
        "requests_per_minute": 600,
    },
}
"""The presets: for each provider, the defaults it changes."""

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

NAME_BYTES: Final = 255
"""Maximum bytes in one name of a path on most file systems."""

BESIDE: Final = 32
"""Bytes reserved for the endings of files next to the database, such as `.before-NNNN.bak`."""

PATH_BYTES: Final = 4000
"""Maximum bytes in a path; Linux allows 4,095."""

HOST_LENGTH: Final = 253
"""Maximum characters in a host's name; 255 bytes in DNS."""

_IN_NAMES: Final = frozenset({"Ll", "Lo", "Lm", "Mn", "Mc", "Nd"})
"""The categories of characters that a host's name may have."""

KEY_LENGTH: Final = 64
"""Maximum characters in a persona's key; see `bot.personas.library`."""


class ConfigError(YamlError):
    """Settings with mistakes, with which the bot can't start."""

    personas: Path = Path("personas")
    """The personas folder, if it could be read from the settings."""
    roots: tuple[Path, ...] = ()
    """The other folders of personas, likewise."""


# What a value may be ----------------------------------------------------------------------------


def _secret(value: SecretStr | None) -> SecretStr | None:
    """Return a key or token that fits in an HTTP header; an empty one becomes None.

    Quotation marks around it, which no secret has, were meant for a shell or for YAML.
    """
    text = lookalikes.unwrapped(value.get_secret_value()) if value else ""
    if not re.fullmatch(r"[!-~]*", text):
        raise wrong("config.bad_secret")
    return SecretStr(text) if text else None


def _address(text: str, schemes: Iterable[str]) -> SplitResult:
    example = HOST.say("yaml.or", words=f"{next(iter(schemes))}://…", last=f"{list(schemes)[-1]}://…")
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises if it is invalid
    except ValueError:
        raise wrong("config.bad_address", example=example) from None
    if parts.scheme not in schemes or not _is_host(parts.hostname or "") or re.search(r"\s", text):
        raise wrong("config.bad_address", example=example)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise wrong("config.address_extras")
    return parts


def _is_host(host: str) -> bool:
    """Return whether a text is an IP address or a host's name, by the rules of DNS (RFC 1035) and IDNA."""
    try:
        return bool(ip_address(host.partition("%")[0]))
    except ValueError:
        labels = host.removesuffix(".").split(".")
    is_number = re.fullmatch(r"[0-9]+", labels[-1]) is not None
    return len(host) <= HOST_LENGTH and not is_number and all(map(_is_label, labels))


def _is_label(label: str) -> bool:
    try:
        coded = label.encode("idna")  # raises if it is empty or too long
        plain = coded[4:].decode("punycode") if coded.startswith(b"xn--") else coded.decode("ascii")
    except UnicodeError:
        return False
    is_coded = coded.startswith(b"xn--") == (not plain.isascii())
    return is_coded and _is_written(plain) and _is_written(label.lower())


def _is_written(label: str) -> bool:
    if label.isascii():
        return re.fullmatch(r"[a-zA-Z0-9_-]+", label) is not None
    in_names = all(each == "-" or category(each) in _IN_NAMES for each in label)
    return in_names and normalize("NFKC", label) == label == label.strip("-")


def _http(text: str) -> str:
    path = _address(text, ("https", "http")).path
    if endpoint := re.search(r"(/v1)?/(text/chatcompletion\w*|chat/completions)/*$", path):
        raise wrong("config.endpoint", path=endpoint[0])
    return text.rstrip("/")


def _api_base(text: str) -> str:
    if not re.search(r"/v\d+/?$", _address(text, ("https", "http")).path):
        raise wrong("config.no_version")
    return text.rstrip("/")


def _gateway(text: str) -> str:
    _address(text, ("wss", "ws"))
    return text


def _is_id(value: object) -> bool:
    # Ids are 64-bit counters, and SQLite's integers have a sign.
    text = str(value)
    return re.fullmatch(r"[1-9][0-9]{0,18}", text) is not None and int(text) < 2**63


def _channel_id(key: object) -> int:
    if not _is_id(key):
        raise wrong(
            "config.bad_channel", found=shown(str(key)) if isinstance(key, str | int) else kind_of(key)
        )
    return int(str(key))


def _servers(value: object) -> object:
    """Return `owner`, `all`, or the ids of a list."""
    if value in tuple(Audience):
        return value if value != Audience.LISTED else _no_servers(value)
    if not isinstance(value, list | tuple):
        return _no_servers(value)
    return tuple(int(str(each)) if _is_id(each) else _no_servers(each) for each in value)


def _no_servers(value: object) -> NoReturn:
    raise wrong(
        "config.bad_servers", found=shown(str(value)) if isinstance(value, str | int) else kind_of(value)
    )


def _folders(value: object) -> object:
    if not isinstance(value, list | tuple | None):
        raise wrong("config.bad_folders", found=kind_of(value))
    return value


def _path(value: object) -> object:
    if not isinstance(value, str | Path):  # pydantic-settings turns a variable's value into a Path
        return value
    text = os.fspath(value)
    if not text.strip():
        raise wrong("config.empty_path")
    if text.startswith("~"):
        raise wrong("config.home_path")
    if len(os.fsencode(text)) > PATH_BYTES or any(
        len(os.fsencode(name)) > NAME_BYTES for name in Path(text).parts
    ):
        raise wrong("config.long_path", name=NAME_BYTES, whole=PATH_BYTES)
    return value


def _file(path: Path) -> Path:
    if path.name in {"", ".."}:
        raise wrong("config.no_file_name")
    if len(os.fsencode(path.name)) > NAME_BYTES - BESIDE:
        raise wrong("config.long_path", name=NAME_BYTES - BESIDE, whole=PATH_BYTES)
    return path


def _composed(value: object) -> object:
    """Return text with composed accents, like the choices; some keyboards and file systems split them."""
    return normalize("NFC", value) if isinstance(value, str) else value


Secret = Annotated[SecretStr | None, AfterValidator(_secret)]
FolderPath = Annotated[Path, Field(strict=False), BeforeValidator(_path)]
FilePath = Annotated[FolderPath, AfterValidator(_file)]
ChannelId = Annotated[int, BeforeValidator(_channel_id)]
ServerChoice = Annotated[Literal["owner", "all"] | tuple[int, ...], BeforeValidator(_servers)]
# Choices are written as text, which strict models would not accept as an enum.
RespondChoice = Annotated[Respond, Field(strict=False)]
LanguageChoice = Annotated[Language, Field(strict=False), BeforeValidator(_composed)]
RightsChoice = Annotated[StoryRights, Field(strict=False)]
FaceChoice = Annotated[Face, Field(strict=False)]
StreamChoice = Annotated[Stream, Field(strict=False)]


# The keys ---------------------------------------------------------------------------------------


class Section(BaseModel):
    """Base of all sections of the file: strict types, no unknown keys. An empty section has all defaults."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_defaults(cls, data: object) -> object:
        return {} if data is None else data


class Discord(Section):
    """How to connect to Discord."""

    token: Secret = None
    api_base: Annotated[FilledText, AfterValidator(_api_base)] | None = None
    gateway: Annotated[FilledText, AfterValidator(_gateway)] | None = None
    servers: ServerChoice = "owner"


class Model(Section):
    """The model and how to reach it; keys that are not set have the preset's values."""

    preset: Literal["minimax", "minimax-cn", "302ai", "openrouter", "local"] = "minimax"
    api_key: Secret = None
    base_url: Annotated[FilledText, AfterValidator(_http)] = "https://api.minimax.io"
    dialect: Literal["minimax", "openai"] = "minimax"
    name: FilledText = "M2-her"
    naming: Literal["auto", "named", "prefixed", "folded"] = "auto"
    max_completion_tokens: CompletionTokens = 500
    context_window: int = 65536  # after max_completion_tokens, which its validator reads
    temperature: UnitInterval = 1.0
    top_p: UnitInterval = 0.95
    end_note: bool = True
    first_token_timeout: Annotated[int, Field(ge=1, le=3600)] = 18
    max_streams: Annotated[int, Field(ge=1, le=1000)] = 64
    # MiniMax publishes no limit for M2-her; 200 is the lowest limit of its other models.
    requests_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 200
    log_messages: bool = False

    @model_validator(mode="before")
    @classmethod
    def _preset_fills_in(cls, data: object) -> object:
        if not isinstance(data, dict) or not isinstance(data.get("preset"), str):
            return data
        return {**PRESETS.get(data["preset"], {}), **data}

    @field_validator("context_window")
    @classmethod
    def _holds_a_reply(cls, window: int, info: ValidationInfo) -> int:
        least = info.data.get("max_completion_tokens", 1) + ROOM
        if not least < window <= WINDOW_LIMIT:
            raise wrong("config.small_window", window=window, least=least, most=WINDOW_LIMIT)
        return window


class Storage(Section):
    """Where stories are saved."""

    path: FilePath = Path("data/dramatis.sqlite3")


class PersonaFolder(Section):
    """Where the personas are."""

    folder: FolderPath = Path("personas")
    roots: Annotated[
        Annotated[tuple[FolderPath, ...], Field(strict=False)] | None, BeforeValidator(_folders)
    ] = None


class Defaults(Section):
    """Defaults of the settings that servers and channels can change on Discord."""

    respond: RespondChoice = Respond.NAME
    language: LanguageChoice = Language.AUTO
    story_rights: RightsChoice = StoryRights.STARTER
    face: FaceChoice = Face.WEBHOOK
    stream: StreamChoice = Stream.LIVE

    def settings(self) -> Settings:
        """The same values as a plain record, for `bot.core.settings.effective`."""
        return Settings(self.respond, self.language, self.story_rights, self.face, self.stream)


class Limits(Section):
    """What one person may ask for."""

    replies_per_minute: Annotated[int, Field(ge=0, le=1000)] = 6


class Channel(Section):
    """A bound channel: its persona, what the persona answers, and how its replies appear.

    These values can't be changed on Discord. None leaves the choice to Discord and the defaults.
    """

    persona: FilledText | None = None
    respond: RespondChoice | None = None
    face: FaceChoice | None = None
    stream: StreamChoice | None = None


@dataclass(frozen=True, slots=True)
class _Places:
    """The places where keys were set; all instances are equal, so that settings differ only by values."""

    spot: Locate = field(compare=False)


class Config(Section):
    """All settings; relative paths start in the folder the bot is started in."""

    discord: Discord = Discord()
    model: Model = Model()
    storage: Storage = Storage()
    personas: PersonaFolder = PersonaFolder()
    default_persona: FilledText | None = None
    defaults: Defaults = Defaults()
    limits: Limits = Limits()
    channels: dict[ChannelId, Channel] = {}
    admin_channel: ChannelId | None = None

    _places: _Places = PrivateAttr(default=_Places(lambda path, character="": Spot(FILE)))  # noqa: ARG005
    _misspelt: tuple[Problem, ...] = PrivateAttr(default=())

    def spot(self, path: KeyPath, character: str = "") -> Spot:
        """Return where a key was set, for mistakes that are found by checks against other files."""
        return self._places.spot(path, character)

    @property
    def misspelt(self) -> tuple[Problem, ...]:
        """Variables that look like a misspelled secret, if that secret is not set."""
        return self._misspelt

    def with_spots(self, spot: Locate, misspelt: Iterable[Problem]) -> Self:
        """Store where the keys were set, and variables that may be misspelled, and return self."""
        self._places = _Places(spot)
        self._misspelt = tuple(misspelt)
        return self

    @field_validator("channels", mode="before")
    @classmethod
    def _none_is_no_channels(cls, data: object) -> object:
        return {} if data is None else data


def _variables() -> Iterator[tuple[str, KeyPath]]:
    for name, info in Config.model_fields.items():
        if isinstance(info.annotation, type) and issubclass(info.annotation, Section):
            for key in info.annotation.model_fields:
                yield f"{PREFIX}{name}__{key}".upper(), (name, key)
        else:
            yield f"{PREFIX}{name}".upper(), (name,)


VARIABLES: Final[Mapping[str, KeyPath]] = dict(_variables())
"""All variables by their long names, each with the key it sets."""

EXAMPLES: Final[Mapping[KeyPath, str]] = {
    ("discord", "servers"): "[123456789012345678]",
    ("personas", "roots"): '["cast", "/srv/cast"]',
    ("channels",): '{"123": {"persona": "marlow"}}',
}
"""The keys whose variables are JSON, each with an example."""


# Reading ----------------------------------------------------------------------------------------


def load(path: Path | None, env: Mapping[str, str], folder: Path = Path()) -> Config:
    """Load the settings: `env` over `folder`/.env over the file, over the defaults.

    Args:
        path: The file given with --config; None means `folder`/config.yaml, which may be missing.
        env: The environment, such as `os.environ`. An empty value counts as not set.
        folder: The folder of config.yaml and .env.

    Raises:
        ConfigError: with all mistakes that could be found.
    """
    problems: list[Problem] = []
    file = _file_layer(path, folder, problems)
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
        found = _persona_folder(merged)
        stopped.personas, stopped.roots = found.folder, found.roots or ()
        raise stopped
    return config.with_spots(
        lambda path, character="": _spot(layers, path, character),
        [*_misspelt(config, dotenv, in_dotenv=True), *_misspelt(config, env)],
    )


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


def _file_layer(path: Path | None, folder: Path, problems: list[Problem]) -> _Layer:
    document = Document(FILE, {}, {(): (1, 1)})
    try:
        if path or _is_there(folder / FILE):
            document = read_file(path or folder / FILE)
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
        self.refused: list[tuple[KeyPath, str]] = []
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


# Questions about settings -----------------------------------------------------------------------


def application_id(token: str) -> int | None:
    """Return the application's ID, the base64 text before a token's first dot; None if it is invalid."""
    part = token.partition(".")[0]
    try:
        text = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True).decode("ascii")
    except ValueError:
        return None
    return int(text) if re.fullmatch(r"[0-9]{1,19}", text) else None


def warnings(config: Config) -> tuple[Problem, ...]:
    """Return warnings about settings that work but are probably mistakes, except a missing token or key."""
    found = list(config.misspelt)
    token, path = config.discord.token, ("discord", "token")
    if token and not _looks_like_a_token(token.get_secret_value()):
        found.append(problem("config.odd_token", config.spot(path), path))
    address, path = urlsplit(config.model.base_url), ("model", "base_url")
    if config.model.api_key and address.scheme == "http" and not is_here(address.hostname or ""):
        found.append(problem("config.open_key", config.spot(path), path))
    others = [_preset_host(preset) for preset in PRESETS if preset not in {config.model.preset, "local"}]
    # MiniMax is also the preset where none was chosen; then an address is the user's choice.
    if config.model.preset != "minimax" and address.hostname in others:
        found.append(problem("config.outvoted", config.spot(path), path, preset=config.model.preset))
    return tuple(found)


def _preset_host(preset: str) -> str | None:
    return urlsplit(str(PRESETS[preset].get("base_url", Model().base_url))).hostname


def unplayed(config: Config, default: str | None) -> tuple[Problem, ...]:
    """Return the bound channels without a persona; `default` is the persona where none is named."""
    paths: list[KeyPath] = [
        ("channels", str(id_))
        for id_, channel in config.channels.items()
        if (channel.persona or default) is None
        and (channel.respond or config.defaults.respond) is not Respond.NEVER
    ]
    return tuple(problem("config.nobody_plays", config.spot(path), path) for path in paths)


def unknown_personas(config: Config, known: Collection[str]) -> tuple[Problem, ...]:
    """Return the personas that settings name and that don't exist; `known` are the existing keys.

    If there are no personas at all, the settings aren't to blame and nothing is returned.
    """
    named: dict[KeyPath, str | None] = {("default_persona",): config.default_persona}
    named |= {("channels", str(id_), "persona"): each.persona for id_, each in config.channels.items()}
    return tuple(
        _unknown_persona(config, path, key, known)
        for path, key in named.items()
        if known and key is not None and normalize("NFC", key) not in known
    )


def _unknown_persona(config: Config, path: KeyPath, key: str, known: Collection[str]) -> Problem:
    if character := lookalikes.at_fault_in_value(key, known.__contains__):
        instead = lookalikes.ordinary(character)
        return lookalike(character, config.spot(path, character), path, instead=instead)
    close = nearest(key, known)
    return problem(
        "config.unknown_persona", config.spot(path), path, key=shown(key, KEY_LENGTH), nearest=close
    )


def wants_key(model: Model) -> bool:
    """Return whether the model needs a key; a server of one's own may not."""
    if is_here(urlsplit(model.base_url).hostname or ""):
        return False
    known = {Model().base_url, *(preset.get("base_url") for preset in PRESETS.values())}
    return model.dialect == "minimax" or model.base_url in known


def _looks_like_a_token(token: str) -> bool:
    return re.fullmatch(r"[^.]+\.[^.]+\.[^.]+", token) is not None and application_id(token) is not None
