"""The keys of config.yaml and of the environment; docs/configuration.md explains each key.

Law: these models say what a setting may be; `config.loading` reads the settings, and `config.doubts` judges
those that are allowed. What a value may be, whatever its key, is in `config.values`. A mistake never
repeats a secret.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bot.config.values import (
    Accounts,
    ApiAddress,
    Applications,
    CapsText,
    ChannelId,
    CooldownChoice,
    DatabaseUrl,
    Dollars,
    FaceChoice,
    FilePath,
    FolderPath,
    Folders,
    GatewayAddress,
    HttpAddress,
    LanguageChoice,
    ListenAddress,
    LongSecret,
    MentionsChoice,
    OocChoice,
    PersonaKeys,
    Prefixes,
    QuietText,
    RespondChoice,
    RightsChoice,
    RulesText,
    Secret,
    ServerChoice,
    StreamChoice,
    TalkChoice,
)
from bot.core.asides import OutOfCharacter
from bot.core.memory.recap import TOKENS
from bot.core.persona import CompletionTokens, UnitInterval
from bot.core.proxies import KNOWN, PREFIXES, SETTLE, ProxyRules
from bot.core.quiet import NO_QUIET, NONE, read_quiet
from bot.core.routing import Respond
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
from bot.core.sheet import FilledText
from bot.files.problems import KeyPath, Locate, Problem, Spot
from bot.files.shapes import wrong

FILE: Final = "config.yaml"

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
    api_base: ApiAddress | None = None
    gateway: GatewayAddress | None = None
    servers: ServerChoice = "owner"
    # The range is of the whole union: a variable out of the range of a part of it would stay a text.
    shards: Annotated[int | None, Field(ge=1, le=10_000)] = None
    webhooks_share_limit: bool = True


class Model(Section):
    """The model and how to reach it; keys that are not set have the preset's values."""

    preset: Literal["minimax", "minimax-cn", "302ai", "openrouter", "local"] = "minimax"
    api_key: Secret = None
    base_url: HttpAddress = "https://api.minimax.io"
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
    endpoint: HttpAddress | None = None
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
    roots: Folders = None
    readable_by: Literal["owner", "all"] = "owner"


class Ops(Section):
    """How the bot is seen from outside."""

    listen: ListenAddress | None = None
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
    applications: Applications = ()
    ignored_prefixes: Prefixes = PREFIXES

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
    blocked: Accounts = ()
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
