"""The keys of config.yaml and of the environment; docs/configuration.md explains each key.

Law: these models say what a setting may be; `config.loading` reads the settings, and `config.doubts` judges
those that are allowed. A mistake never repeats a secret.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Literal, NoReturn, Self
from unicodedata import category, normalize
from urllib.parse import SplitResult, parse_qs, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bot.core.asides import OutOfCharacter
from bot.core.budgets.caps import is_ambiguous, is_foreign, read_caps
from bot.core.budgets.rule import Payer
from bot.core.casts import MOST
from bot.core.memory.recap import TOKENS
from bot.core.memory.table import RULES_LENGTH
from bot.core.persona import CompletionTokens, UnitInterval
from bot.core.proxies import KNOWN, PREFIXES, SETTLE, ProxyRules
from bot.core.quiet import NO_QUIET, NONE, read_quiet
from bot.core.routing import Respond
from bot.core.servers import Audience
from bot.core.settings import (
    Cooldown,
    Face,
    Language,
    Mentions,
    PersonaTalk,
    Settings,
    StoryRights,
    Stream,
)
from bot.core.sheet import FilledText, Text
from bot.files import lookalikes
from bot.files.problems import KeyPath, Locate, Problem, Spot, kind_of, shown
from bot.files.shapes import wrong
from bot.texts.sentences import Sentence

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

SECRET_LENGTH: Final = 32
"""The fewest characters of `secret_key`."""

NAME_BYTES: Final = 255
"""Maximum bytes in one name of a path on most file systems."""

BESIDE: Final = 32
"""Bytes reserved for the endings of files next to the database, such as `.before-NNNN.bak`."""

PATH_BYTES: Final = 4000
"""Maximum bytes in a path; Linux allows 4,095."""

HOST_LENGTH: Final = 253
"""Maximum characters in a host's name; 255 bytes in DNS."""

_SSL_MODES: Final = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})
"""What libpq's `sslmode` can be."""

_IN_NAMES: Final = frozenset({"Ll", "Lo", "Lm", "Mn", "Mc", "Nd"})
"""The categories of characters that a host's name may have."""

# What a value may be ----------------------------------------------------------------------------


def _secret(value: SecretStr | None) -> SecretStr | None:
    """Return a key or token that fits in an HTTP header; an empty one becomes None.

    Quotation marks around it, which no secret has, were meant for a shell or for YAML.
    """
    text = lookalikes.unwrapped(value.get_secret_value()) if value else ""
    if not re.fullmatch(r"[!-~]*", text):
        raise wrong("config.bad_secret")
    return SecretStr(text) if text else None


def _long(value: SecretStr | None) -> SecretStr | None:
    """Return a secret by which others are encrypted, if nobody can guess it."""
    if value is not None and len(value.get_secret_value()) < SECRET_LENGTH:
        raise wrong("config.short_secret", least=SECRET_LENGTH)
    return value


def _address(text: str, schemes: Iterable[str]) -> SplitResult:
    example = Sentence("yaml.or", words=f"{next(iter(schemes))}://…", last=f"{list(schemes)[-1]}://…")
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


def _postgres(value: SecretStr | None) -> SecretStr | None:
    """Return the address of a database on a server, which may hold a password.

    A password with a bare `/`, `?` or `#` would be read as a host, a database or nothing, and shown as such.
    """
    if value is None:
        return None
    text = value.get_secret_value()
    try:
        parts = urlsplit(text)
        *_, hosts = parts.netloc.rpartition("@")
        _ = [urlsplit(f"//{host}").port for host in hosts.split(",")]  # raises if one is invalid
    except ValueError:
        raise wrong("config.no_postgres") from None
    misread = (parts.path, parts.query.partition("=")[0])
    if not re.match(r"postgres(?:ql)?://", text) or parts.fragment or any("@" in part for part in misread):
        raise wrong("config.no_postgres")
    if not _SSL_MODES.issuperset(parse_qs(parts.query).get("sslmode", [])):
        raise wrong("config.no_sslmode")
    return value


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


def _personas(value: object) -> object:
    if value is not None and (not isinstance(value, list | tuple) or len(value) > MOST):
        found = (
            kind_of(value)
            if not isinstance(value, list | tuple)
            else Sentence("config.count", count=len(value))
        )
        raise wrong("config.bad_personas", found=found, most=MOST)
    return value


def _each_once(keys: tuple[str, ...]) -> tuple[str, ...]:
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise wrong("config.persona_twice", key=shown(twice))
    return keys


def _ids(value: object, mistake: str) -> object:
    if not isinstance(value, list | tuple) or not all(map(_is_id, value)):
        found = next((each for each in value if not _is_id(each)), "") if isinstance(value, list) else value
        is_one = isinstance(found, str | int)
        raise wrong(mistake, found=shown(str(found)) if is_one else kind_of(found))
    return tuple(int(str(each)) for each in value)


def _applications(value: object) -> object:
    return _ids(value, "config.bad_applications")


def _accounts(value: object) -> object:
    return _ids(value, "config.bad_blocked")


def _prefixes(value: object) -> object:
    if not isinstance(value, list | tuple):
        raise wrong("config.bad_prefixes", found=kind_of(value))
    return value


def _quiet(text: str) -> str:
    if read_quiet(text) is None:
        raise wrong("config.bad_quiet")
    return text


def _as_text(value: object) -> object:
    """Return a whole number as text, like the choices."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


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


def _listen(text: str) -> str:
    try:
        parts = urlsplit(f"//{text}")
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        raise wrong("config.bad_listen") from None
    if port is None or not _is_host(host) or parts.netloc != text or "@" in text:
        raise wrong("config.bad_listen")
    return text


def _caps(text: str) -> str:
    if read_caps(Payer.BOT, text) is None:
        if is_foreign(text):
            raise wrong("config.foreign_caps")
        raise wrong("config.ambiguous_caps" if is_ambiguous(text) else "config.bad_caps")
    return text.strip()


def _composed(value: object) -> object:
    """Return text with composed accents, like the choices; some keyboards and file systems split them."""
    return normalize("NFC", value) if isinstance(value, str) else value


Secret = Annotated[SecretStr | None, AfterValidator(_secret)]
DatabaseUrl = Annotated[SecretStr | None, AfterValidator(_secret), AfterValidator(_postgres)]
LongSecret = Annotated[SecretStr | None, AfterValidator(_secret), AfterValidator(_long)]
FolderPath = Annotated[Path, Field(strict=False), BeforeValidator(_path)]
FilePath = Annotated[FolderPath, AfterValidator(_file)]
ChannelId = Annotated[int, BeforeValidator(_channel_id)]
ServerChoice = Annotated[Literal["owner", "all"] | tuple[int, ...], BeforeValidator(_servers)]
PersonaKeys = Annotated[
    tuple[FilledText, ...], Field(strict=False), BeforeValidator(_personas), AfterValidator(_each_once)
]
# Choices are written as text, which strict models would not accept as an enum.
RespondChoice = Annotated[Respond, Field(strict=False)]
LanguageChoice = Annotated[Language, Field(strict=False), BeforeValidator(_composed)]
RightsChoice = Annotated[StoryRights, Field(strict=False)]
FaceChoice = Annotated[Face, Field(strict=False)]
StreamChoice = Annotated[Stream, Field(strict=False)]
TalkChoice = Annotated[PersonaTalk, Field(strict=False)]
RulesText = Annotated[Text, Field(max_length=RULES_LENGTH)]
CapsText = Annotated[FilledText, AfterValidator(_caps)]
Dollars = Annotated[float, Field(ge=0, le=100_000)]
OocChoice = Annotated[OutOfCharacter, Field(strict=False)]
MentionsChoice = Annotated[Mentions, Field(strict=False)]
CooldownChoice = Annotated[Cooldown, Field(strict=False), BeforeValidator(_as_text)]
QuietText = Annotated[FilledText, AfterValidator(_quiet)]


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
    # The range is of the whole union: a variable out of the range of a part of it would stay a text.
    shards: Annotated[int | None, Field(ge=1, le=10_000)] = None
    webhooks_share_limit: bool = True


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


class RecapSection(Section):
    """How recaps are made; without an address and a name, by MiniMax's text model or the model of replies."""

    enabled: bool = True
    endpoint: Annotated[FilledText, AfterValidator(_http)] | None = None
    model: FilledText | None = None
    api_key: Secret = None
    tokens: Annotated[int, Field(ge=200, le=4000)] = TOKENS


class MemorySection(Section):
    """What stories remember besides their latest messages."""

    look_back: bool = True
    recap: RecapSection = RecapSection()


class Storage(Section):
    """Where stories are saved."""

    path: FilePath = Path("data/dramatis.sqlite3")
    url: DatabaseUrl = None
    password: Secret = None
    processes: Literal["one", "several"] = "one"
    retention_days: Annotated[int, Field(ge=0, le=36_500)] = 365
    leave_grace_days: Annotated[int, Field(ge=0, le=36_500)] = 30


class PersonaFolder(Section):
    """Where the personas and their lorebooks are."""

    folder: FolderPath = Path("personas")
    lore: FolderPath = Path("lore")
    roots: Annotated[
        Annotated[tuple[FolderPath, ...], Field(strict=False)] | None, BeforeValidator(_folders)
    ] = None
    readable_by: Literal["owner", "all"] = "owner"


class Ops(Section):
    """How the bot is seen from outside."""

    listen: Annotated[FilledText, AfterValidator(_listen)] | None = None
    log: Literal["text", "json"] = "text"

    @property
    def address(self) -> tuple[str, int] | None:
        """The host and the port at which metrics and health are answered; None if they aren't."""
        if self.listen is None:
            return None
        parts = urlsplit(f"//{self.listen}")
        return parts.hostname or "", parts.port or 0


class Defaults(Section):
    """Defaults of the settings that servers and channels can change on Discord."""

    respond: RespondChoice = Respond.NAME
    language: LanguageChoice = Language.AUTO
    story_rights: RightsChoice = StoryRights.STARTER
    face: FaceChoice = Face.WEBHOOK
    stream: StreamChoice = Stream.LIVE
    persona_talk: TalkChoice = PersonaTalk.ON
    table_rules: RulesText | None = None
    ooc: OocChoice = OutOfCharacter.STEER
    mentions: MentionsChoice = Mentions.OFF
    person_cooldown: CooldownChoice = Cooldown.NONE
    channel_cooldown: CooldownChoice = Cooldown.NONE
    quiet_hours: QuietText = NONE

    def settings(self) -> Settings:
        """The same values as a plain record, for `bot.core.settings.effective`."""
        chosen = {key: getattr(self, key) for key in type(self).model_fields if key != "table_rules"}
        return Settings(**chosen | {"quiet_hours": read_quiet(self.quiet_hours) or NO_QUIET})


class Limits(Section):
    """What people may ask for, and what may be spent on it."""

    replies_per_minute: Annotated[int, Field(ge=0, le=1000)] = 6
    bot: CapsText = "$20 a month"
    server: CapsText = "none"
    channel: CapsText = "none"
    person: CapsText = "$0.50 a day"
    own_keys: bool = False


class ModelPrice(Section):
    """What a million tokens of a model cost in US dollars: those that it reads, and those that it writes."""

    input: Dollars
    output: Dollars


class CatchUp(Section):
    """How the bot keeps up with what people write, and what is caught up of the time in which it was off."""

    hours: Annotated[int, Field(ge=0, le=720)] = 24
    messages: Annotated[int, Field(ge=0, le=1000)] = 200
    answer_minutes: Annotated[int, Field(ge=0, le=1440)] = 10
    settle: Annotated[float, Field(ge=0, le=10)] = 1.5


class Proxies(Section):
    """How the bot lives with bots that post what people write again, such as PluralKit and Tupperbox."""

    settle: Annotated[float, Field(ge=0, le=5)] = SETTLE
    applications: Annotated[tuple[int, ...], Field(strict=False), BeforeValidator(_applications)] = ()
    ignored_prefixes: Annotated[tuple[FilledText, ...], Field(strict=False), BeforeValidator(_prefixes)] = (
        PREFIXES
    )

    def rules(self) -> ProxyRules:
        """The same values as a plain record, with the proxies that are known anyway."""
        return ProxyRules(self.settle, KNOWN.union(self.applications), self.ignored_prefixes)


class Channel(Section):
    """A bound channel: its personas, what they answer, how their replies appear, and what they leave out.

    These values can't be changed on Discord. None leaves the choice to Discord and the defaults.
    """

    persona: FilledText | None = None  # before personas, whose validator reads it
    personas: PersonaKeys | None = None
    respond: RespondChoice | None = None
    face: FaceChoice | None = None
    stream: StreamChoice | None = None
    table_rules: RulesText | None = None

    @property
    def cast(self) -> tuple[str, ...] | None:
        """The keys of the personas that play there, the lead first; None if that is chosen on Discord."""
        return self.personas if self.persona is None else (self.persona,)

    @field_validator("personas")
    @classmethod
    def _is_the_only_one(cls, keys: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        if keys is not None and info.data.get("persona") is not None:
            raise wrong("config.both_personas")
        return keys


@dataclass(frozen=True, slots=True)
class _Places:
    """The places where keys were set; all instances are equal, so that settings differ only by values.

    `misspelt` are variables that look like a misspelled secret, if that secret is not set.
    """

    spot: Locate = field(compare=False)
    misspelt: tuple[Problem, ...] = field(default=(), compare=False)


class Foundations(Section):
    """What the bot is built on: Discord, the model, and its files."""

    discord: Discord = Discord()
    model: Model = Model()
    memory: MemorySection = MemorySection()
    storage: Storage = Storage()
    ops: Ops = Ops()
    personas: PersonaFolder = PersonaFolder()


class Config(Foundations):
    """All settings; relative paths start in the folder the bot is started in."""

    default_persona: FilledText | None = None
    defaults: Defaults = Defaults()
    limits: Limits = Limits()
    prices: dict[FilledText, ModelPrice] = {}
    catch_up: CatchUp = CatchUp()
    proxies: Proxies = Proxies()
    blocked: Annotated[tuple[int, ...], Field(strict=False), BeforeValidator(_accounts)] = ()
    channels: dict[ChannelId, Channel] = {}
    admin_channel: ChannelId | None = None
    dm: bool = False
    user_install: bool = False
    secret_key: LongSecret = None

    _places: _Places = PrivateAttr(default=_Places(lambda path, character="": Spot(FILE)))  # noqa: ARG005

    def spot(self, path: KeyPath, character: str = "") -> Spot:
        """Return where a key was set, for mistakes that are found by checks against other files."""
        return self._places.spot(path, character)

    @property
    def misspelt(self) -> tuple[Problem, ...]:
        """Variables that look like a misspelled secret, if that secret is not set."""
        return self._places.misspelt

    def with_spots(self, spot: Locate, misspelt: Iterable[Problem]) -> Self:
        """Store where the keys were set, and variables that may be misspelled, and return self."""
        self._places = _Places(spot, tuple(misspelt))
        return self

    @field_validator("channels", "prices", mode="before")
    @classmethod
    def _none_is_empty(cls, data: object) -> object:
        return {} if data is None else data


def _variables(section: type[Section] = Config, above: tuple[str, ...] = ()) -> Iterator[tuple[str, KeyPath]]:
    for name, info in section.model_fields.items():
        path = (*above, name)
        if isinstance(info.annotation, type) and issubclass(info.annotation, Section):
            yield from _variables(info.annotation, path)
        else:
            yield f"{PREFIX}{'__'.join(path)}".upper(), path


VARIABLES: Final[Mapping[str, KeyPath]] = dict(_variables())
"""All variables by their long names, each with the key it sets."""

EXAMPLES: Final[Mapping[KeyPath, str]] = {
    ("discord", "servers"): "[123456789012345678]",
    ("personas", "roots"): '["cast", "/srv/cast"]',
    ("prices",): '{"llama-3": {"input": 0.1, "output": 0.4}}',
    ("proxies", "applications"): "[123456789012345678]",
    ("proxies", "ignored_prefixes"): '["pk;", "tul!"]',
    ("blocked",): "[123456789012345678]",
    ("channels",): '{"123": {"persona": "marlow"}}',
}
"""The keys whose variables are JSON, each with an example."""
