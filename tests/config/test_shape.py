import base64
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.doubts import application_id, unknown_personas, unplayed, wants_key, warnings
from bot.config.loading import NEAR_MISSES, SHORT_NAMES, ConfigError, load
from bot.config.shape import EXAMPLES, PRESETS, VARIABLES, Channel, Config, ModelPrice, Section
from bot.core.asides import OutOfCharacter
from bot.core.proxies import PLURALKIT, TUPPERBOX, ProxyRules
from bot.core.quiet import QuietHours
from bot.core.routing import Respond
from bot.core.settings import Cooldown, Face, Language, Mentions, PersonaTalk, Settings, StoryRights, Stream
from bot.texts.sentences import HOST
from tests.files.junk import JUNK

TOKEN = base64.urlsafe_b64encode(b"1144556677889900112").decode().rstrip("=") + ".GhIjKl.secret-part"
SECRET = "hunter2-hunter2"


def configured(
    folder: Path, file: str | None = None, env: Mapping[str, str] | None = None, dotenv: str | None = None
) -> Config:
    if file is not None:
        (folder / "config.yaml").write_text(file, encoding="utf-8")
    if dotenv is not None:
        (folder / ".env").write_text(dotenv, encoding="utf-8")
    return load(None, env or {}, folder)


def complaints(
    folder: Path, file: str | None = None, env: Mapping[str, str] | None = None, dotenv: str | None = None
) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        configured(folder, file, env, dotenv)
    return [str(found).removeprefix(f"{folder}/") for found in caught.value.problems]


# Where settings come from -----------------------------------------------------------------------


def test_nothing_at_all_is_enough(tmp_path: Path) -> None:
    config = configured(tmp_path)
    assert config.model_dump(mode="json") == {
        "discord": {
            "token": None,
            "api_base": None,
            "gateway": None,
            "servers": "owner",
            "shards": None,
            "webhooks_share_limit": True,
        },
        "model": {
            "preset": "minimax",
            "api_key": None,
            "base_url": "https://api.minimax.io",
            "dialect": "minimax",
            "name": "M2-her",
            "naming": "auto",
            "max_completion_tokens": 500,
            "context_window": 65536,
            "temperature": 1.0,
            "top_p": 0.95,
            "end_note": True,
            "first_token_timeout": 18,
            "max_streams": 64,
            "requests_per_minute": 200,
            "log_messages": False,
        },
        "memory": {
            "look_back": True,
            "recap": {"enabled": True, "endpoint": None, "model": None, "api_key": None, "tokens": 1500},
        },
        "storage": {
            "path": "data/dramatis.sqlite3",
            "url": None,
            "password": None,
            "processes": "one",
            "retention_days": 365,
            "leave_grace_days": 30,
        },
        "ops": {"listen": None, "log": "text"},
        "personas": {"folder": "personas", "lore": "lore", "roots": None, "readable_by": "owner"},
        "default_persona": None,
        "defaults": {
            "respond": "name",
            "language": "auto",
            "story_rights": "starter",
            "face": "webhook",
            "stream": "live",
            "persona_talk": "on",
            "table_rules": None,
            "ooc": "steer",
            "mentions": "off",
            "person_cooldown": "0",
            "channel_cooldown": "0",
            "quiet_hours": "none",
        },
        "limits": {
            "replies_per_minute": 6,
            "bot": "$20 a month",
            "server": "none",
            "channel": "none",
            "person": "$0.50 a day",
            "own_keys": False,
        },
        "prices": {},
        "catch_up": {"hours": 24, "messages": 200, "answer_minutes": 10, "settle": 1.5},
        "proxies": {"settle": 2.5, "applications": [], "ignored_prefixes": ["pk;", "pk!", "tul!"]},
        "blocked": [],
        "channels": {},
        "admin_channel": None,
        "dm": False,
        "user_install": False,
        "secret_key": None,
    }


@pytest.mark.parametrize(
    ("preset", "base_url", "dialect", "name", "needs_key"),
    [
        ("minimax", "https://api.minimax.io", "minimax", "M2-her", True),
        ("minimax-cn", "https://api.minimaxi.com", "minimax", "M2-her", True),
        ("302ai", "https://api.302.ai/minimaxi", "minimax", "M2-her", True),
        ("openrouter", "https://openrouter.ai/api", "openai", "minimax/minimax-m2-her", True),
        ("local", "http://127.0.0.1:8080", "openai", "local", False),
    ],
)
def test_a_preset_is_a_way_to_the_model(
    tmp_path: Path, preset: str, base_url: str, dialect: str, name: str, needs_key: bool
) -> None:
    model = configured(tmp_path, f"model: {{preset: {preset}}}").model
    assert (model.preset, model.base_url, model.dialect, model.name) == (preset, base_url, dialect, name)
    assert wants_key(model) is needs_key
    assert (model.temperature, model.max_completion_tokens) == (1.0, 500)


@pytest.mark.parametrize(
    ("written", "servers"),
    [
        ("owner", "owner"),
        ("all", "all"),
        ("'all'", "all"),
        ("[7]", (7,)),
        ("[7, '9223372036854775807']", (7, 2**63 - 1)),
        ("[]", ()),
    ],
)
def test_servers_are_the_owners_all_or_those_of_a_list(
    tmp_path: Path, written: str, servers: str | tuple[int, ...]
) -> None:
    assert configured(tmp_path, f"discord: {{servers: {written}}}").discord.servers == servers
    by_variable = configured(tmp_path, "", {"DRAMATIS_DISCORD__SERVERS": written})
    assert by_variable.discord.servers == servers


def test_a_wrong_choice_of_servers_in_a_variable_is_named_by_it(tmp_path: Path) -> None:
    for wrong in ("7", "owners", "7, 8"):
        (line,) = complaints(tmp_path, "", {"DRAMATIS_DISCORD__SERVERS": wrong})
        assert line.startswith(
            "DRAMATIS_DISCORD__SERVERS: `discord.servers` must be `owner`, `all` or a list of "
        )


@pytest.mark.parametrize("wrong", ["-1", "1001", "many", "1.5", "[6]", ""])
def test_the_limit_of_one_person_is_a_number_of_replies(tmp_path: Path, wrong: str) -> None:
    (line,) = complaints(tmp_path, f"limits: {{replies_per_minute: {wrong}}}")
    assert line.startswith("config.yaml:1:10: `limits.replies_per_minute` ")


@pytest.mark.parametrize(("written", "seconds"), [("0", 0.0), ("2", 2.0), ("0.5", 0.5), ("10", 10.0)])
def test_how_long_an_answer_waits_is_a_number_of_seconds(
    tmp_path: Path, written: str, seconds: float
) -> None:
    assert configured(tmp_path, f"catch_up: {{settle: {written}}}").catch_up.settle == seconds
    by_variable = configured(tmp_path, "", {"DRAMATIS_CATCH_UP__SETTLE": written})
    assert by_variable.catch_up.settle == seconds


@pytest.mark.parametrize("wrong", ["-1", "10.1", "soon", "[1]", "true", ".inf", ".nan", ""])
def test_an_answer_waits_for_no_other_time(tmp_path: Path, wrong: str) -> None:
    (line,) = complaints(tmp_path, f"catch_up: {{settle: {wrong}}}")
    assert line.startswith("config.yaml:1:12: `catch_up.settle` ")


def test_proxies_are_those_that_are_known_and_those_that_the_host_names(tmp_path: Path) -> None:
    written = 'proxies: {settle: 0, applications: [7, "8"], ignored_prefixes: ["!"]}'
    found = configured(tmp_path, written).proxies
    assert (found.settle, found.applications, found.ignored_prefixes) == (0, (7, 8), ("!",))
    assert found.rules() == ProxyRules(0, frozenset({PLURALKIT, TUPPERBOX, 7, 8}), ("!",))
    by_variable = configured(tmp_path, "", {"DRAMATIS_PROXIES__APPLICATIONS": "[7]"})
    assert by_variable.proxies.applications == (7,)
    assert configured(tmp_path, "proxies: {ignored_prefixes: []}").proxies.ignored_prefixes == ()


def test_the_host_blocks_accounts_by_their_ids(tmp_path: Path) -> None:
    assert configured(tmp_path, 'blocked: [7, "8"]').blocked == (7, 8)
    assert configured(tmp_path, "", {"DRAMATIS_BLOCKED": "[7]"}).blocked == (7,)
    (line,) = complaints(tmp_path, "blocked: [bob]")
    assert line.startswith("config.yaml:1:1: `blocked` must be a list of the IDs of accounts, but found bob")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("settle: 5.1", "1:11: `proxies.settle` is 5.1"),
        ("settle: soon", "1:11: `proxies.settle` "),
        (
            "applications: 7",
            "1:11: `proxies.applications` must be a list of the IDs of applications, but found 7",
        ),
        (
            "applications: [pk]",
            "1:11: `proxies.applications` must be a list of the IDs of applications, but found pk",
        ),
        (
            "applications: [0]",
            "1:11: `proxies.applications` must be a list of the IDs of applications, but found 0",
        ),
        ("ignored_prefixes: pk;", "1:11: `proxies.ignored_prefixes` must be a list of texts, but found text"),
        ('ignored_prefixes: [" "]', "1:30: item 1 of `proxies.ignored_prefixes` is empty"),
    ],
)
def test_mistakes_about_proxies_are_told(tmp_path: Path, wrong: str, says: str) -> None:
    (line,) = complaints(tmp_path, f"proxies: {{{wrong}}}")
    assert line.startswith(f"config.yaml:{says}")


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        (key, wrong)
        for key in ("hours", "messages", "answer_minutes")
        for wrong in ("-1", "1441", "1.5", "all")
    ],
)
def test_what_is_caught_up_is_told_in_whole_numbers(tmp_path: Path, key: str, wrong: str) -> None:
    (line,) = complaints(tmp_path, f"catch_up: {{{key}: {wrong}}}")
    assert line.startswith(f"config.yaml:1:12: `catch_up.{key}` ")


def test_there_are_these_presets_and_no_others(tmp_path: Path) -> None:
    assert list(PRESETS) == ["minimax", "minimax-cn", "302ai", "openrouter", "local"]
    for name in PRESETS:
        assert configured(tmp_path, f"model: {{preset: {name}}}").model.preset == name


def test_what_is_set_goes_before_the_preset_wherever_it_is_set(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        "model: {base_url: 'http://127.0.0.1:11434', name: llama, context_window: 8192}",
        {"DRAMATIS_MODEL__PRESET": "local", "DRAMATIS_MODEL__MAX_STREAMS": "4"},
    )
    model = config.model
    assert (model.base_url, model.name, model.dialect) == ("http://127.0.0.1:11434", "llama", "openai")
    assert (model.context_window, model.max_streams, model.first_token_timeout) == (8192, 4, 300)


@pytest.mark.parametrize(
    "model",
    [
        "{preset: minmax}",
        "{preset: }",
        "{preset: [local]}",
        "{max_streams: 0}",
        "{max_streams: 1001}",
        "{requests_per_minute: 0}",
        "{requests_per_minute: 100001}",
        "{first_token_timeout: 0}",
        "{first_token_timeout: 3601}",
        "{log_messages: 1}",
    ],
)
def test_a_way_to_the_model_that_cannot_be_is_told_of(tmp_path: Path, model: str) -> None:
    key = model.strip("{").partition(":")[0]
    (told,) = complaints(tmp_path, f"model: {model}")
    assert f"`model.{key}`" in told


def test_a_server_of_ones_own_may_want_no_key(tmp_path: Path) -> None:
    for model in (
        "{dialect: openai, base_url: 'https://x.test'}",
        "{base_url: 'http://localhost:8080'}",
        "{base_url: 'http://llama.localhost:8080'}",
    ):
        assert not wants_key(configured(tmp_path, f"model: {model}").model)
    assert wants_key(configured(tmp_path, "model: {base_url: 'https://x.test'}").model)


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        f"""
discord:
  token: {TOKEN}
  api_base: http://127.0.0.1:8080/api/v10/
  gateway: ws://127.0.0.1:8081
model:
  api_key: {SECRET}
  base_url: http://localhost:11434/v1/
  dialect: openai
  name: llama
  max_completion_tokens: 2048
  context_window: 8192
  temperature: 1
  top_p: 0.5
  first_token_timeout: 90
  max_streams: 2
  requests_per_minute: 500
  log_messages: true
storage:
  path: stories.db
personas:
  folder: cast
default_persona: marlow
defaults: {{respond: mention, language: 日本語, story_rights: mods, face: bot, stream: off, channel_cooldown: 30, quiet_hours: 23-7}}
admin_channel: 126
channels:
  123: {{persona: cassida, respond: always, face: webhook, stream: calm}}
  "9223372036854775807": {{respond: never}}
  125:
""",
    )
    assert config.discord.token
    assert config.discord.token.get_secret_value() == TOKEN
    assert config.discord.api_base == "http://127.0.0.1:8080/api/v10"
    assert config.discord.gateway == "ws://127.0.0.1:8081"
    assert config.model.api_key
    assert config.model.api_key.get_secret_value() == SECRET
    assert config.model.base_url == "http://localhost:11434/v1"
    assert (config.model.dialect, config.model.name) == ("openai", "llama")
    assert (config.model.max_completion_tokens, config.model.context_window) == (2048, 8192)
    assert (config.model.temperature, config.model.top_p) == (1.0, 0.5)
    assert (config.model.first_token_timeout, config.model.log_messages) == (90, True)
    assert (config.model.max_streams, config.model.requests_per_minute) == (2, 500)
    assert (config.storage.path, config.personas.folder) == (Path("stories.db"), Path("cast"))
    assert config.default_persona == "marlow"
    assert config.defaults.settings() == Settings(
        Respond.MENTION,
        Language.JAPANESE,
        StoryRights.MODS,
        Face.BOT,
        Stream.OFF,
        channel_cooldown=Cooldown.HALF_A_MINUTE,
        quiet_hours=QuietHours(((23 * 60, 7 * 60),)),
    )
    assert config.admin_channel == 126
    assert config.channels == {
        123: Channel(persona="cassida", respond=Respond.ALWAYS, face=Face.WEBHOOK, stream=Stream.CALM),
        2**63 - 1: Channel(persona=None, respond=Respond.NEVER),
        125: Channel(persona=None, respond=None),
    }


def test_the_environment_is_over_dotenv_is_over_the_file_is_over_defaults(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        "model: {name: file, dialect: openai, temperature: 0.1, top_p: 0.1}",
        env={"DRAMATIS_MODEL__NAME": "environment"},
        dotenv="DRAMATIS_MODEL__NAME=dotenv\nDRAMATIS_MODEL__TEMPERATURE=0.2\n",
    )
    assert (config.model.name, config.model.temperature, config.model.top_p) == ("environment", 0.2, 0.1)
    assert (config.model.dialect, config.model.context_window) == ("openai", 65536)


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("DRAMATIS_DISCORD__TOKEN", TOKEN, TOKEN),
        ("DISCORD_TOKEN", f"  {TOKEN}\n", TOKEN),
        ("DRAMATIS_DISCORD__API_BASE", "https://proxy.test/api/v10", "https://proxy.test/api/v10"),
        ("DRAMATIS_DISCORD__GATEWAY", "wss://proxy.test/", "wss://proxy.test/"),
        ("DRAMATIS_DISCORD__SERVERS", "[123, 124]", (123, 124)),
        ("DRAMATIS_DISCORD__SHARDS", "4", 4),
        ("DRAMATIS_DISCORD__WEBHOOKS_SHARE_LIMIT", "false", False),
        ("DRAMATIS_MODEL__API_KEY", "1234", "1234"),
        ("MINIMAX_API_KEY", "1234", "1234"),
        ("DRAMATIS_MODEL__BASE_URL", "https://api.minimaxi.com/v1", "https://api.minimaxi.com/v1"),
        ("DRAMATIS_MODEL__DIALECT", "openai", "openai"),
        ("DRAMATIS_MODEL__NAME", "7", "7"),
        ("DRAMATIS_MODEL__NAMING", "folded", "folded"),
        ("DRAMATIS_MODEL__MAX_COMPLETION_TOKENS", "2048", 2048),
        ("DRAMATIS_MODEL__CONTEXT_WINDOW", "16384", 16384),
        ("DRAMATIS_MODEL__TEMPERATURE", "0.25", 0.25),
        ("DRAMATIS_MODEL__TOP_P", "1", 1.0),
        ("DRAMATIS_MODEL__END_NOTE", "false", False),
        ("DRAMATIS_MODEL__PRESET", "minimax-cn", "minimax-cn"),
        ("DRAMATIS_MODEL__FIRST_TOKEN_TIMEOUT", "60", 60),
        ("DRAMATIS_MODEL__MAX_STREAMS", "2", 2),
        ("DRAMATIS_MODEL__REQUESTS_PER_MINUTE", "500", 500),
        ("DRAMATIS_MODEL__LOG_MESSAGES", "true", True),
        ("DRAMATIS_MEMORY__RECAP__ENABLED", "false", False),
        ("DRAMATIS_MEMORY__RECAP__ENDPOINT", "https://x.test/v1", "https://x.test/v1"),
        ("DRAMATIS_MEMORY__RECAP__MODEL", "7", "7"),
        ("DRAMATIS_MEMORY__RECAP__API_KEY", "1234", "1234"),
        ("DRAMATIS_MEMORY__RECAP__TOKENS", "200", 200),
        ("DRAMATIS_STORAGE__PATH", "x.db", Path("x.db")),
        ("DRAMATIS_STORAGE__URL", "postgresql://bot@db/d", "postgresql://bot@db/d"),
        ("DRAMATIS_STORAGE__PASSWORD", "1234", "1234"),
        ("DRAMATIS_STORAGE__PROCESSES", "several", "several"),
        ("DRAMATIS_STORAGE__RETENTION_DAYS", "0", 0),
        ("DRAMATIS_STORAGE__LEAVE_GRACE_DAYS", "7", 7),
        ("DRAMATIS_OPS__LISTEN", "[::1]:9108", "[::1]:9108"),
        ("DRAMATIS_OPS__LOG", "json", "json"),
        ("DRAMATIS_PERSONAS__FOLDER", "cast", Path("cast")),
        ("DRAMATIS_PERSONAS__LORE", "worlds", Path("worlds")),
        ("DRAMATIS_PERSONAS__ROOTS", '["cast", "/srv"]', (Path("cast"), Path("/srv"))),
        ("DRAMATIS_PERSONAS__READABLE_BY", "all", "all"),
        ("DRAMATIS_DEFAULT_PERSONA", "marlow", "marlow"),
        ("DRAMATIS_DEFAULTS__RESPOND", "never", Respond.NEVER),
        ("DRAMATIS_DEFAULTS__LANGUAGE", "Tiếng Việt", Language.VIETNAMESE),
        ("DRAMATIS_DEFAULTS__STORY_RIGHTS", "all", StoryRights.ALL),
        ("DRAMATIS_DEFAULTS__FACE", "bot", Face.BOT),
        ("DRAMATIS_DEFAULTS__STREAM", "off", Stream.OFF),
        ("DRAMATIS_DEFAULTS__PERSONA_TALK", "off", PersonaTalk.OFF),
        ("DRAMATIS_DEFAULTS__TABLE_RULES", "No spiders.", "No spiders."),
        ("DRAMATIS_DEFAULTS__OOC", "answer", OutOfCharacter.ANSWER),
        ("DRAMATIS_DEFAULTS__MENTIONS", "on", Mentions.ON),
        ("DRAMATIS_DEFAULTS__PERSON_COOLDOWN", "30", Cooldown.HALF_A_MINUTE),
        ("DRAMATIS_DEFAULTS__CHANNEL_COOLDOWN", "300", Cooldown.FIVE_MINUTES),
        ("DRAMATIS_DEFAULTS__QUIET_HOURS", "23-7", "23-7"),
        ("DRAMATIS_MEMORY__LOOK_BACK", "false", False),
        ("DRAMATIS_LIMITS__REPLIES_PER_MINUTE", "0", 0),
        ("DRAMATIS_LIMITS__BOT", "$5 a day, 2M tokens a month", "$5 a day, 2M tokens a month"),
        ("DRAMATIS_LIMITS__SERVER", "5/month", "5/month"),
        ("DRAMATIS_LIMITS__CHANNEL", "200,000 tokens per day", "200,000 tokens per day"),
        ("DRAMATIS_LIMITS__PERSON", "none", "none"),
        ("DRAMATIS_LIMITS__OWN_KEYS", "true", True),
        ("DRAMATIS_PRICES", '{"m": {"input": 0.1, "output": 2}}', {"m": ModelPrice(input=0.1, output=2.0)}),
        ("DRAMATIS_SECRET_KEY", "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"),
        ("DRAMATIS_CATCH_UP__HOURS", "0", 0),
        ("DRAMATIS_CATCH_UP__MESSAGES", "500", 500),
        ("DRAMATIS_CATCH_UP__ANSWER_MINUTES", "30", 30),
        ("DRAMATIS_CATCH_UP__SETTLE", "0.5", 0.5),
        ("DRAMATIS_BLOCKED", "[7]", (7,)),
        ("DRAMATIS_PROXIES__SETTLE", "1", 1.0),
        ("DRAMATIS_PROXIES__APPLICATIONS", '[7, "8"]', (7, 8)),
        ("DRAMATIS_PROXIES__IGNORED_PREFIXES", '["!"]', ("!",)),
        ("DRAMATIS_ADMIN_CHANNEL", "123", 123),
        ("DRAMATIS_DM", "true", True),
        ("DRAMATIS_USER_INSTALL", "true", True),
        ("DRAMATIS_CHANNELS", '{"123":{"persona":"x"}}', {123: Channel(persona="x")}),
        ("DRAMATIS_CHANNELS", '{\n\t"123": {\n\t\t"persona": "x"\n\t}\n}', {123: Channel(persona="x")}),
        ("DRAMATIS_CHANNELS", '{"123":\t{"persona": "a\\tb"}}', {123: Channel(persona="a\tb")}),
    ],
)
@pytest.mark.parametrize("where", ["environment", ".env"])
def test_every_key_has_its_variable(
    tmp_path: Path, variable: str, text: str, value: object, where: str
) -> None:
    if where == "environment":
        config = configured(tmp_path, env={variable: text})
    else:
        config = configured(tmp_path, dotenv=f"export {variable}='{text.strip()}'  # a comment\n")
    found: object = config
    for step in VARIABLES[SHORT_NAMES.get(variable, variable)]:
        found = getattr(found, str(step))
    if step in {"token", "api_key", "url", "password", "secret_key"}:
        found = found.get_secret_value()  # type: ignore[attr-defined]  # a SecretStr, by its name
    assert (found, type(found)) == (value, type(value))


def test_the_table_of_variables_above_is_whole() -> None:
    parameters = test_every_key_has_its_variable.pytestmark[1].args[1]  # type: ignore[attr-defined]  # pytest puts it there
    assert {row[0] for row in parameters} == {*VARIABLES, *SHORT_NAMES}


@pytest.mark.parametrize(
    ("env", "dotenv", "token"),
    [
        ({"DISCORD_TOKEN": "short.in.env"}, "", "short.in.env"),
        ({"DISCORD_TOKEN": "short.in.env", "DRAMATIS_DISCORD__TOKEN": "long.in.env"}, "", "long.in.env"),
        ({"DISCORD_TOKEN": "short.in.env"}, "DRAMATIS_DISCORD__TOKEN=long.in.dotenv", "short.in.env"),
        ({}, "DISCORD_TOKEN=short.in.dotenv", "short.in.dotenv"),
        ({"DISCORD_TOKEN": ""}, "DISCORD_TOKEN=short.in.dotenv", "short.in.dotenv"),
        ({"DISCORD_TOKEN": "  "}, "DISCORD_TOKEN=", "in.the.file"),
        ({"DRAMATIS_DISCORD__TOKEN": "", "DISCORD_TOKEN": "short.in.env"}, "", "short.in.env"),
    ],
)
def test_which_of_two_names_and_places_counts(
    tmp_path: Path, env: dict[str, str], dotenv: str, token: str
) -> None:
    config = configured(tmp_path, "discord: {token: in.the.file}", env, dotenv)
    assert config.discord.token
    assert config.discord.token.get_secret_value() == token


@pytest.mark.parametrize(
    "file", ["discord: {token: ''}", "discord: {token: '  '}", "discord: {token: }", "discord:", ""]
)
def test_an_empty_secret_or_section_is_as_good_as_none(tmp_path: Path, file: str) -> None:
    assert configured(tmp_path, file).discord.token is None


@pytest.mark.parametrize(
    "kept",
    [
        '"{}"',
        "'{}'",
        "“{}”",
        "‘{}’",
        "„{}“",
        "«{}»",
        "＂{}＂",
        "`{}`",
        "'\"{}\"'",
        '\\"{}\\"',
        '  "{}"  ',
        '" {} "',
        "\n{}\r\n",
        "\xa0{}\u200b",
        "\ufeff{}",
        '"{}',
        "{}”",
    ],
)
@pytest.mark.parametrize("where", ["file", ".env", "environment"])
def test_quotation_marks_kept_around_a_secret_are_taken_off(tmp_path: Path, kept: str, where: str) -> None:
    token, key = kept.format(TOKEN), kept.format(SECRET)
    for names in (SHORT_NAMES, SHORT_NAMES.values()):
        env = dict(zip(names, (token, key), strict=True))
        if where == "file":
            config = configured(
                tmp_path, json.dumps({"discord": {"token": token}, "model": {"api_key": key}})
            )
        elif where == ".env":
            config = configured(
                tmp_path, dotenv="".join(f"{name}={in_dotenv(text)}\n" for name, text in env.items())
            )
        else:
            config = configured(tmp_path, env=env)
        assert config.discord.token
        assert config.discord.token.get_secret_value() == TOKEN
        assert config.model.api_key
        assert config.model.api_key.get_secret_value() == SECRET
        assert warnings(config) == ()


def in_dotenv(text: str) -> str:
    """A value as .env has it, so that exactly this text is read."""
    if "\n" in text or "'" not in text:
        return f"'{text}'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def test_every_secret_is_one_of_those() -> None:
    def secrets_of(section: type[Section], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        for name, field in section.model_fields.items():
            if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
                yield from secrets_of(field.annotation, (*above, name))
            elif "SecretStr" in str(field.annotation):
                yield (*above, name)

    known = {VARIABLES[long] for long in SHORT_NAMES.values()}
    others = {("memory", "recap", "api_key"), ("storage", "url"), ("storage", "password"), ("secret_key",)}
    assert set(secrets_of(Config)) == known | others


@pytest.mark.parametrize("wrong", ["mysql://bot:swordfish@db/d", "data/swordfish.sqlite3", "swordfish"])
def test_an_address_of_another_database_is_refused_and_not_repeated(tmp_path: Path, wrong: str) -> None:
    (line,) = complaints(tmp_path, f"storage: {{url: '{wrong}'}}")
    assert line.startswith("config.yaml:1:11: `storage.url` isn't the address of a PostgreSQL database")
    assert "swordfish" not in line


@pytest.mark.parametrize("wrong", ["199", "4001", "many", "1.5"])
def test_a_recap_has_some_hundred_to_some_thousand_tokens(tmp_path: Path, wrong: str) -> None:
    (line,) = complaints(tmp_path, f"memory: {{recap: {{tokens: {wrong}}}}}")
    assert line.startswith("config.yaml:1:18: `memory.recap.tokens` ")


def test_a_recaps_key_is_not_sent_in_the_open(tmp_path: Path) -> None:
    for address, told in (("http://x.test", 1), ("https://x.test", 0), ("http://localhost:8080", 0)):
        config = configured(tmp_path, f"memory: {{recap: {{endpoint: '{address}', api_key: abcd}}}}")
        assert len(warnings(config)) == told


@pytest.mark.parametrize("kept", ['"{}"', "'{}'", "“{}”", "\n'{}'"])
def test_quotation_marks_kept_around_any_variable_are_taken_off(tmp_path: Path, kept: str) -> None:
    env = {
        "DRAMATIS_MODEL__TEMPERATURE": "0.5",
        "DRAMATIS_MODEL__BASE_URL": "https://api.minimaxi.com",
        "DRAMATIS_DEFAULTS__RESPOND": "never",
        "DRAMATIS_STORAGE__PATH": "my stories.db",
        "DRAMATIS_CHANNELS": '{"1": {"persona": "a"}}',
    }
    config = configured(tmp_path, env={name: kept.format(text) for name, text in env.items()})
    assert (config.model.temperature, config.model.base_url) == (0.5, "https://api.minimaxi.com")
    assert (config.defaults.respond, config.storage.path) == (Respond.NEVER, Path("my stories.db"))
    assert config.channels == {1: Channel(persona="a")}


@pytest.mark.parametrize("nothing", ['""', "''", "“”", '" "', "\u200b", '"'])
def test_a_secret_of_quotation_marks_alone_is_none(tmp_path: Path, nothing: str) -> None:
    config = configured(tmp_path, env={"DISCORD_TOKEN": nothing, "MINIMAX_API_KEY": nothing})
    assert (config.discord.token, config.model.api_key) == (None, None)


def test_quotation_marks_within_a_value_stay(tmp_path: Path) -> None:
    config = configured(tmp_path, env={"MINIMAX_API_KEY": "a\"b'c", "DRAMATIS_MODEL__NAME": "x'y"})
    assert config.model.api_key
    assert (config.model.api_key.get_secret_value(), config.model.name) == ("a\"b'c", "x'y")


def test_this_process_s_environment_and_folder_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / ".env").write_text("DRAMATIS_MODEL__NAME=stray")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRAMATIS_MODEL__NAME", "stray")
    monkeypatch.setenv("NAME", "stray")
    assert configured(elsewhere).model.name == "M2-her"
    assert configured(elsewhere, dotenv="DRAMATIS_MODEL__NAME=${NAME}$NAME").model.name == "${NAME}$NAME"


def test_channels_of_the_variable_join_those_of_the_file(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        "channels: {1: {persona: a, respond: never}, 2: {persona: b}}",
        {"DRAMATIS_CHANNELS": '{"1": {"respond": "always"}, "3": {"persona": "c"}}'},
    )
    assert config.channels == {
        1: Channel(persona="a", respond=Respond.ALWAYS),
        2: Channel(persona="b"),
        3: Channel(persona="c"),
    }


def test_a_language_may_be_written_with_its_accents_split_off(tmp_path: Path) -> None:
    for language in ("Tiếng Việt", "Español"):
        split = unicodedata.normalize("NFD", language)
        assert split != language
        assert configured(tmp_path, f"defaults: {{language: {split}}}").defaults.language == language


def test_a_persona_that_nobody_has_is_named_unless_it_may_be_a_secret(tmp_path: Path) -> None:
    long = "the-keeper-of-the-old-lighthouse"
    config = configured(tmp_path, f"default_persona: {long}\nchannels:\n  1: {{persona: {TOKEN}}}")
    told = [str(found).removeprefix(f"{tmp_path}/") for found in unknown_personas(config, ["marlow"])]
    assert told == [
        f"config.yaml:1:1: `default_persona` is `{long}`, but no such persona can be loaded, choose one of these: marlow",
        "config.yaml:3:7: `channels.1.persona` is `(hidden, it may be a secret)`, but no such persona can be loaded, choose one of these: marlow",
    ]


def test_of_those_that_are_to_play_together_each_must_be_there(tmp_path: Path) -> None:
    config = configured(tmp_path, "channels:\n  1:\n    personas: [marlow, isolda]\n  2: {personas: []}")
    assert config.channels == {1: Channel(personas=("marlow", "isolda")), 2: Channel(personas=())}
    assert [channel.cast for channel in config.channels.values()] == [("marlow", "isolda"), ()]
    told = [str(found) for found in unknown_personas(config, ["marlow", "isolde"])]
    assert [each.removeprefix(f"{tmp_path}/") for each in told] == [
        "config.yaml:3:24: item 2 of `channels.1.personas` is `isolda`, but no such persona can be loaded, did you mean `isolde`?"
    ]
    assert unplayed(config, None) == ()


def test_a_file_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    with pytest.raises(ConfigError, match=r"mine\.yaml: there is no such file, check the path"):
        load(path, {}, tmp_path)
    path.write_text("model: {name: mine}")
    (tmp_path / "config.yaml").write_text("model: {name: other}")
    assert load(path, {}, tmp_path).model.name == "mine"


# What is wrong ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("model:\n  temprature: 1", "2:3: unknown key `model.temprature`, did you mean `temperature`?"),
        ("modle: {}", "1:1: unknown key `modle`, did you mean `model`?"),
        ("_env_file: x", "1:1: unknown key `_env_file`, choose one of these: admin_channel, blocked, catch_up, channels, default_persona, defaults, discord, dm, limits, memory, model, ops, personas, prices, proxies, secret_key, storage, user_install"),
        ("model:\n  name: a\n  name: b", "3:3: `model.name` is here a second time (first in line 2), keep only one of them"),
        ("channels:\n  1: {}\n  '1': {}", "3:3: `channels.1` is here a second time (first in line 2), keep only one of them"),
        ("limits: {bot: 20}", "1:10: `limits.bot` must be text, but found a whole number, if it is text, put it in quotes"),
        ("limits: {bot: a lot}", "1:10: `limits.bot` isn't a limit the bot can read, write it like `$20 a month`, `$0.50 a day, 200k tokens a day`, or `none`"),
        ("limits: {bot: 1.000 $ a month}", "1:10: `limits.bot` has an amount that some read as thousands and others as thousandths, write it like `$1000 a month` or `$1.00 a month`"),
        ("limits: {person: $1 a week}", "1:10: `limits.person` isn't a limit the bot can read, write it like `$20 a month`, `$0.50 a day, 200k tokens a day`, or `none`"),
        ("prices: {llama: {input: 1}}", "1:10: `prices.llama.output` is missing, add a line `output: …`"),
        ("prices: {llama: {input: -1, output: 2}}", "1:18: `prices.llama.input` is -1, it must be at least 0 and at most 100000"),
        ("prices: [llama]", "1:1: `prices` must contain keys with values, but found a list, write each as `key: value`, indented below"),
        ("secret_key: short", "1:1: `secret_key` has fewer than 32 characters, write another one, for example the output of `openssl rand -base64 32`"),
        ("model: {temperature: 0}", "1:9: `model.temperature` is 0, it must be above 0 and at most 1"),
        ("model: {temperature: 1.5}", "1:9: `model.temperature` is 1.5, it must be above 0 and at most 1"),
        ("model: {top_p: true}", "1:9: `model.top_p` must be a number, but found true, write it like 0.9, without quotes"),
        ("model: {top_p: '0.5'}", "1:9: `model.top_p` must be a number, but found text, write it like 0.9, without quotes"),
        ("model: {max_completion_tokens: 2049}", "1:9: `model.max_completion_tokens` is 2049, it must be at least 1 and at most 2048"),
        ("model: {max_completion_tokens: 0}", "1:9: `model.max_completion_tokens` is 0, it must be at least 1 and at most 2048"),
        ("model: {max_completion_tokens: yes}", "1:9: `model.max_completion_tokens` must be a whole number, but found text, write only digits, without quotes"),
        ("model:\n  context_window: 1012", "2:3: `model.context_window` is 1012, it must be above 1012 (model.max_completion_tokens + 512, so that a persona fits next to the longest reply) and at most 10000000"),
        ("model:\n  context_window: 612\n  max_completion_tokens: 100", "2:3: `model.context_window` is 612, it must be above 612 (model.max_completion_tokens + 512, so that a persona fits next to the longest reply) and at most 10000000"),
        ("model: {context_window: 10000001}", "1:9: `model.context_window` is 10000001, it must be above 1012 (model.max_completion_tokens + 512, so that a persona fits next to the longest reply) and at most 10000000"),
        ("model: {context_window: 99999999999999999999}", "1:9: `model.context_window` is 99999999999999999999, it must be above 1012 (model.max_completion_tokens + 512, so that a persona fits next to the longest reply) and at most 10000000"),
        ("model: {base_url: 'https://x.test/v1/text/chatcompletion_v2'}", "1:9: `model.base_url` contains the endpoint's own path `/v1/text/chatcompletion_v2`, delete it; model.dialect chooses the endpoint"),
        ("model: {base_url: 'https://x.test/api/v1/chat/completions/'}", "1:9: `model.base_url` contains the endpoint's own path `/v1/chat/completions/`, delete it; model.dialect chooses the endpoint"),
        ("storage: {path: .}", "1:11: `storage.path` is a folder, not a file, add the file's name, for example data/dramatis.sqlite3"),
        ("storage: {path: /}", "1:11: `storage.path` is a folder, not a file, add the file's name, for example data/dramatis.sqlite3"),
        ("storage: {path: data/..}", "1:11: `storage.path` is a folder, not a file, add the file's name, for example data/dramatis.sqlite3"),
        ("storage: {path: ~/stories.sqlite3}", "1:11: `storage.path` begins with `~`, which only a shell understands, write the whole path"),
        ("personas: {folder: ~/cast}", "1:12: `personas.folder` begins with `~`, which only a shell understands, write the whole path"),
        (f"storage: {{path: {'x' * 224}}}", "1:11: `storage.path` is too long, either as a whole or in one name, use at most 223 bytes for a name and 4000 in total"),
        (f"storage: {{path: {'ä' * 112}}}", "1:11: `storage.path` is too long, either as a whole or in one name, use at most 223 bytes for a name and 4000 in total"),
        (f"storage: {{path: {'x' * 256}/y}}", "1:11: `storage.path` is too long, either as a whole or in one name, use at most 255 bytes for a name and 4000 in total"),
        (f"personas: {{folder: {'xx/' * 1400}}}", "1:12: `personas.folder` is too long, either as a whole or in one name, use at most 255 bytes for a name and 4000 in total"),
        ("model: {dialect: maximin}", "1:9: `model.dialect` is maximin, choose minimax or openai"),
        ("model: {name: }", "1:9: `model.name` must be text, but found nothing, add its value, or delete the line"),
        ("model: {base_url: ftp://x.test}", "1:9: `model.base_url` isn't an address the bot can use, write it as https://… or http://…"),
        ("model: {base_url: api.minimax.io}", "1:9: `model.base_url` isn't an address the bot can use, write it as https://… or http://…"),
        ("model: {base_url: 'https://'}", "1:9: `model.base_url` isn't an address the bot can use, write it as https://… or http://…"),
        ("model: {base_url: 'https://x.test:port'}", "1:9: `model.base_url` isn't an address the bot can use, write it as https://… or http://…"),
        ("model: {base_url: 'https://[x'}", "1:9: `model.base_url` isn't an address the bot can use, write it as https://… or http://…"),
        ("model: {base_url: 'https://x.test/a b'}", "1:9: `model.base_url` isn't an address the bot can use, write it as https://… or http://…"),
        (f"model: {{base_url: 'https://me:{SECRET}@x.test'}}", "1:9: `model.base_url` contains a user, a query or a fragment, write only the address; put a model's key into model.api_key"),
        (f"model: {{base_url: 'http://:{SECRET}@x.test'}}", "1:9: `model.base_url` contains a user, a query or a fragment, write only the address; put a model's key into model.api_key"),
        ("model: {base_url: 'http://@x.test'}", "1:9: `model.base_url` contains a user, a query or a fragment, write only the address; put a model's key into model.api_key"),
        (f"discord: {{gateway: 'wss://:{SECRET}@x.test'}}", "1:11: `discord.gateway` contains a user, a query or a fragment, write only the address; put a model's key into model.api_key"),
        (f"model: {{base_url: 'https://x.test?key={SECRET}'}}", "1:9: `model.base_url` contains a user, a query or a fragment, write only the address; put a model's key into model.api_key"),
        ("discord: {api_base: 'https://discord.com/api'}", "1:11: `discord.api_base` ends without Discord's API version, write it as https://discord.com/api/v10"),
        ("discord: {gateway: 'https://gateway.discord.gg'}", "1:11: `discord.gateway` isn't an address the bot can use, write it as wss://… or ws://…"),
        ("discord: {servers: owners}", "1:11: `discord.servers` must be `owner`, `all` or a list of server IDs, but found owners, write IDs like [123456789012345678] (Developer Mode on, right-click the server, Copy Server ID)"),
        ("discord: {servers: listed}", "1:11: `discord.servers` must be `owner`, `all` or a list of server IDs, but found listed, write IDs like [123456789012345678] (Developer Mode on, right-click the server, Copy Server ID)"),
        ("discord: {servers: }", "1:11: `discord.servers` must be `owner`, `all` or a list of server IDs, but found nothing, write IDs like [123456789012345678] (Developer Mode on, right-click the server, Copy Server ID)"),
        ("discord: {servers: 123456789012345678}", "1:11: `discord.servers` must be `owner`, `all` or a list of server IDs, but found 123456789012345678, write IDs like [123456789012345678] (Developer Mode on, right-click the server, Copy Server ID)"),
        ("discord: {servers: [7, home]}", "1:11: `discord.servers` must be `owner`, `all` or a list of server IDs, but found home, write IDs like [123456789012345678] (Developer Mode on, right-click the server, Copy Server ID)"),
        ("discord: {servers: [[7]]}", "1:11: `discord.servers` must be `owner`, `all` or a list of server IDs, but found a list, write IDs like [123456789012345678] (Developer Mode on, right-click the server, Copy Server ID)"),
        ("discord: {servers: [9223372036854775808]}", "1:11: `discord.servers` must be `owner`, `all` or a list of server IDs, but found 9223372036854775808, write IDs like [123456789012345678] (Developer Mode on, right-click the server, Copy Server ID)"),
        (f"discord: {{token: Bot {SECRET}}}", "1:11: `discord.token` contains a space or a character outside ASCII, copy it again from its source, without anything else"),
        (f"model: {{api_key: '{SECRET}…'}}", "1:9: `model.api_key` contains a space or a character outside ASCII, copy it again from its source, without anything else"),
        ("discord: {token: 5551234}", "1:11: `discord.token` must be text, but found a whole number, if it is text, put it in quotes"),
        (f"discord: {SECRET}", "1:1: `discord` must contain keys with values, but found text, write each as `key: value`, indented below"),
        ("storage: {path: ''}", "1:11: `storage.path` is empty, write a path, or delete the line"),
        ("default_persona: ''", "1:1: `default_persona` is empty, give it a value"),
        ("channels:\n  tavern: {}", "2:3: `channels.tavern` must be the ID of a channel, but found tavern, copy the number in Discord (Developer Mode on, right-click the channel, Copy Channel ID)"),
        ("channels:\n  012: {}", ("2:3: `channels.012` must be the ID of a channel, but found 012, copy the "
                                 "number in Discord (Developer Mode on, right-click the channel, Copy "
                                 "Channel ID)")),
        ("channels:\n  9223372036854775808: {}", "2:3: `channels.9223372036854775808` must be the ID of a channel, but found 9223372036854775808, copy the number in Discord (Developer Mode on, right-click the channel, Copy Channel ID)"),
        ("channels:\n  1:\n    respond: allways", "3:5: `channels.1.respond` is allways, choose mention, name, always or never; did you mean `always`?"),
        ("channels:\n  1:\n    persna: x", "3:5: unknown key `channels.1.persna`, did you mean `persona`?"),
        ("defaults: {respond: NEVER}", "1:12: `defaults.respond` is NEVER, choose mention, name, always or never; did you mean `never`?"),
        ("defaults: {respond: [always]}", "1:12: `defaults.respond` is a list, choose mention, name, always or never"),
        ("defaults: {respond: true}", "1:12: `defaults.respond` is true, choose mention, name, always or never"),
        ("defaults:\n  language: deutch", "2:3: `defaults.language` is deutch, choose auto, English, 中文, 日本語, 한국어, Deutsch, Español, Français, Português, Русский, Italiano, Polski, Türkçe, Українська or Tiếng Việt; did you mean `Deutsch`?"),
        ("defaults: {story_rights: mod}", "1:12: `defaults.story_rights` is mod, choose starter, all or mods; did you mean `mods`?"),
        ("defaults: {story_rights: }", "1:12: `defaults.story_rights` is nothing, choose starter, all or mods"),
        ("defaults: {paused: true}", "1:12: unknown key `defaults.paused`, choose one of these: channel_cooldown, face, language, mentions, ooc, person_cooldown, persona_talk, quiet_hours, respond, story_rights, stream, table_rules"),
        ("defaults: {face: webhok}", "1:12: `defaults.face` is webhok, choose webhook or bot; did you mean `webhook`?"),
        ("defaults: {person_cooldown: 7}", "1:12: `defaults.person_cooldown` is 7, choose 0, 5, 10, 30, 60, 120, 300, 900 or 3600"),
        ("defaults: {ooc: answers}", "1:12: `defaults.ooc` is answers, choose ignore, steer or answer; did you mean `answer`?"),
        ("defaults: {quiet_hours: at night}", '1:12: `defaults.quiet_hours` doesn\'t name times of a day, write it like "23:00-07:00", up to four parted by commas and not the whole day, or none'),
        ("defaults: {stream: false}", "1:12: `defaults.stream` is false, choose live, calm or off"),
        ("channels:\n  1: {persona: a, personas: [b]}", "2:19: `channels.1.personas` is set, and `persona` beside it, keep `personas`, with the one that leads first"),
        ("channels:\n  1: {personas: a}", "2:7: `channels.1.personas` must be a list of up to 8 personas, but found text, write it like [marlow, sabine]; [] means that there is no persona"),
        ("channels:\n  1: {personas: [a, b, a]}", "2:7: `channels.1.personas` has `a` twice, keep only one of them"),
        ("channels:\n  1: {personas: [a, b, c, d, e, f, g, h, i]}", "2:7: `channels.1.personas` must be a list of up to 8 personas, but found 9 of them, write it like [marlow, sabine]; [] means that there is no persona"),
        ("channels:\n  1: {personas: [a, 5]}", "2:21: item 2 of `channels.1.personas` must be text, but found a whole number, if it is text, put it in quotes"),
        ("channels:\n  1:\n    stream: clam", "3:5: `channels.1.stream` is clam, choose live, calm or off; did you mean `calm`?"),
        ("admin_channel: '#tavern'", "1:1: `admin_channel` must be the ID of a channel, but found #tavern, copy the number in Discord (Developer Mode on, right-click the channel, Copy Channel ID)"),
        ("admin_channel: [1]", ("1:1: `admin_channel` must be the ID of a channel, but found a list, copy the "
                               "number in Discord (Developer Mode on, right-click the channel, Copy Channel "
                               "ID)")),
        ("channels: [1]", "1:1: `channels` must contain keys with values, but found a list, write each as `key: value`, indented below"),
        ("- model", "1:1: the file must contain keys with values, but found a list, write it like config.example.yaml"),
        ("model: [", "1:8: a bracket or a comma is missing in the list or map that begins here (near `model`), put text in quotes"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_is_told_with_its_line(tmp_path: Path, file: str, told: str) -> None:
    assert complaints(tmp_path, file) == [f"config.yaml:{told}"]


FENCE = (
    "this line is a code fence of Markdown (U+0060 GRAVE ACCENT), which doesn't belong in the file, delete it, "
    "and the line that closes the fence"
)


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("model:\n  n\u0430me: x", "2:4: there is U+0430 CYRILLIC SMALL LETTER A here, replace it with an ordinary `a`"),
        ("model：\n  name: x", "1:6: there is U+FF1A FULLWIDTH COLON here, replace it with an ordinary `:` and a space"),
        ("default_persona：marlow", "1:16: there is U+FF1A FULLWIDTH COLON here, replace it with an ordinary `:` and a space"),
        ("storage:\n  path：x", "2:7: there is U+FF1A FULLWIDTH COLON here, replace it with an ordinary `:` and a space"),
        ("model:\n\xa0\xa0name: x", "2:1: there is U+00A0 NO-BREAK SPACE here, replace it with an ordinary space"),
        ("model: {context_window: 8192\xa0}", "1:29: there is U+00A0 NO-BREAK SPACE here, replace it with an ordinary space"),
        ("model: {max_streams: “4”}", "1:22: there is U+201C LEFT DOUBLE QUOTATION MARK here, delete it"),
        ("defaults: {respond: \u0430lways}", "1:21: there is U+0430 CYRILLIC SMALL LETTER A here, replace it with an ordinary `a`"),
        ("defaults:\n  respond: “always”", '2:12: there is U+201C LEFT DOUBLE QUOTATION MARK here, replace it with an ordinary `"`'),
        ("channels:\n  １２: {}", "2:3: there is U+FF11 FULLWIDTH DIGIT ONE here, replace it with an ordinary `1`"),
        ("channels:\n  12\u200b: {}", "2:5: there is U+200B ZERO WIDTH SPACE here, delete it"),
        ("admin_channel: 12\u200b", "1:18: there is U+200B ZERO WIDTH SPACE here, delete it"),
        ("```yaml\nmodel: {name: x}\n```", f"1:1: {FENCE}"),
    ],
)  # fmt: skip
def test_a_look_alike_in_the_file_is_named_at_its_place(tmp_path: Path, file: str, told: str) -> None:
    assert complaints(tmp_path, file) == [f"config.yaml:{told}"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("DISCORD_TOKEN＝a.b.c", "2:14: there is U+FF1D FULLWIDTH EQUALS SIGN here, replace it with an ordinary `=`"),
        ("\u200bDISCORD_TOKEN=a.b.c", "2:1: there is U+200B ZERO WIDTH SPACE here, delete it"),
        ("\xa0DISCORD_TOKEN=a.b.c", "2:1: there is U+00A0 NO-BREAK SPACE here, delete it"),
        ("MINIM\u0410X_API_KEY=k", "2:6: there is U+0410 CYRILLIC CAPITAL LETTER A here, replace it with an ordinary `A`"),
        ("export ＤISCORD_TOKEN=a.b.c", "2:8: there is U+FF24 FULLWIDTH LATIN CAPITAL LETTER D here, replace it with an ordinary `D`"),
        ("“DISCORD_TOKEN”=a.b.c", "2:1: there is U+201C LEFT DOUBLE QUOTATION MARK here, delete it"),
        ("```", f"2:1: {FENCE}"),
        ("OTHER＝x", "2:1: this line can't be read, write it as NAME=value"),
    ],
)  # fmt: skip
def test_a_look_alike_in_dotenv_is_named_at_its_place(tmp_path: Path, text: str, told: str) -> None:
    assert complaints(tmp_path, dotenv=f"# mine\n{text}\n") == [f".env:{told}"]


def test_a_look_alike_in_the_key_of_a_persona_is_named_at_its_place(tmp_path: Path) -> None:
    config = configured(
        tmp_path, "default_persona: m\u0430rlow\nchannels:\n  1: {persona: “isolde”}\n  2: {persona: ад}"
    )
    told = [
        str(found).removeprefix(f"{tmp_path}/") for found in unknown_personas(config, ["marlow", "isolde"])
    ]
    assert told == [
        "config.yaml:1:19: there is U+0430 CYRILLIC SMALL LETTER A here, replace it with an ordinary `a`",
        'config.yaml:3:16: there is U+201C LEFT DOUBLE QUOTATION MARK here, replace it with an ordinary `"`',
        "config.yaml:4:7: `channels.2.persona` is `ад`, but no such persona can be loaded, choose one of these: isolde, marlow",
    ]


@pytest.mark.parametrize("path", [*VARIABLES.values(), *((name,) for name in Config.model_fields)])
def test_whatever_a_key_holds_a_mistake_names_the_place_the_key_and_what_to_do(
    tmp_path: Path, path: tuple[str, ...]
) -> None:
    key = ".".join(path)
    for junk in JUNK:
        lines = [f"{'  ' * depth}{name}:" for depth, name in enumerate(path)]
        text = "\n".join(["# one", *lines]) + f" {junk}"
        try:
            configured(tmp_path, text)
        except ConfigError as error:
            for found in error.problems:
                place, _, told = str(found).removeprefix(f"{tmp_path}/").partition(": ")
                assert place.startswith(f"config.yaml:{1 + len(path)}:"), text
                assert re.search(rf"`{key}[`.]", told), text
                assert HOST.render(found.hint)
                assert tuple(map(str, found.path[: len(path)])) == path


@pytest.mark.parametrize(
    ("variable", "text", "told"),
    [
        ("DRAMATIS_MODEL__TEMPRATURE", "1", "there is no such setting, did you mean `DRAMATIS_MODEL__TEMPERATURE`?"),
        ("DRAMATIS_CHANEL", "1", "there is no such setting, did you mean `DRAMATIS_CHANNELS`?"),
        ("DRAMATIS_MODEL", "{}", "there is no such setting, did you mean `DRAMATIS_MODEL__NAME`?"),
        ("DRAMATIS_CHANNELS__1__PERSONA", "x", "there is no such setting, choose one of these: DRAMATIS_ADMIN_CHANNEL, DRAMATIS_BLOCKED, DRAMATIS_CATCH_UP__ANSWER_MINUTES, DRAMATIS_CATCH_UP__HOURS, "),
        ("DRAMATIS_MODEL__TEMPERATURE", "7", "`model.temperature` is 7.0, it must be above 0 and at most 1"),
        ("DRAMATIS_MODEL__TEMPERATURE", "nan", "`model.temperature` is nan, it must be above 0 and at most 1"),
        ("DRAMATIS_MODEL__TEMPERATURE", "warm", "`model.temperature` must be a number, but found text, write it like 0.9, without quotes"),
        ("DRAMATIS_MODEL__CONTEXT_WINDOW", "64k", "`model.context_window` must be a whole number, but found text, write only digits, without quotes"),
        ("DRAMATIS_MODEL__CONTEXT_WINDOW", "100", "`model.context_window` is 100, it must be above 1012 (model.max_completion_tokens + 512, "),
        ("DRAMATIS_MODEL__DIALECT", "x", "`model.dialect` is x, choose minimax or openai"),
        ("DISCORD_TOKEN", f"Bot {SECRET}", "`discord.token` contains a space or a character outside ASCII"),
        ("MINIMAX_API_KEY", f"{SECRET} x", "`model.api_key` contains a space or a character outside ASCII"),
        ("DRAMATIS_CHANNELS", "{", ("`channels` can't be read as JSON (a bracket or a comma is missing in the "
                                   "list or map that begins here), write it like {")),
        ("DRAMATIS_CHANNELS", '{"1": {}, "1": {}}', "`channels` can't be read as JSON (`1` is here a second time (first in line 1)), write it like {"),
        ("DRAMATIS_CHANNELS", "[" * 5000, "`channels` can't be read as JSON (this is nested more than 20 levels deep (near item 1 of item 1 of item 1 of item 1 of item 1 of item 1 of …)), write it"),
        ("DRAMATIS_CHANNELS", "{", ("`channels` can't be read as JSON (a bracket or a comma is missing in the list or map that "
                                   'begins here), write it like {"123": {"persona": "marlow"}}')),
        ("DRAMATIS_DISCORD__SERVERS", "[123", ("`discord.servers` can't be read as JSON (a bracket or a comma is missing in the list or map that "
                                              "begins here (near item 1 of the file)), write it like [123456789012345678]")),
        ("DRAMATIS_DISCORD__SERVERS", "[1, 2]]", "`discord.servers` can't be read as JSON ("),
        ("DRAMATIS_DISCORD__SERVERS", "owner: all: x", "`discord.servers` can't be read as JSON ("),
        ("DRAMATIS_DISCORD__SERVERS", '["x"]', "`discord.servers` must be `owner`, `all` or a list of server IDs, but found x"),
        ("DRAMATIS_PERSONAS__ROOTS", "[a", ("`personas.roots` can't be read as JSON (a bracket or a comma is missing in the list or map that "
                                           'begins here (near item 1 of the file)), write it like ["cast", "/srv/cast"]')),
        ("DRAMATIS_PERSONAS__ROOTS", '["a" "b"]', "`personas.roots` can't be read as JSON ("),
        ("DRAMATIS_PERSONAS__ROOTS", "/x", '`personas.roots` must be a list of folders, but found text, write it like ["cast", "/srv/cast"]'),
        ("DRAMATIS_PERSONAS__ROOTS", "/x:/y", "`personas.roots` must be a list of folders, but found text"),
        ("DRAMATIS_PERSONAS__ROOTS", "{}", "`personas.roots` must be a list of folders, but found keys with values"),
        ("DRAMATIS_PERSONAS__ROOTS", "[1]", "item 1 of `personas.roots` must be text, but found a whole number"),
        ("DRAMATIS_PERSONAS__ROOTS", '["~/x"]', "item 1 of `personas.roots` "),
        ("DRAMATIS_CHANNELS", "5", "`channels` must contain keys with values, but found a whole number"),
        ("DRAMATIS_CHANNELS", '{"x": {}}', "`channels.x` must be the ID of a channel, but found x"),
        ("DRAMATIS_CHANNELS", '{"1": {"respond": "x"}}', "`channels.1.respond` is x, choose mention, name, always or never"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_variable_is_told_with_its_name(
    tmp_path: Path, variable: str, text: str, told: str
) -> None:
    (found,) = complaints(tmp_path, env={variable: text})
    assert found.startswith(f"{variable}: {told}")
    (found,) = complaints(tmp_path, dotenv=f"{variable}='{text}'")
    assert found.startswith(f"{variable} (in .env): {told}")


@pytest.mark.parametrize(
    "host",
    ["☃.net", "xn--zz.net", "api..minimax.io", ".io", "a" * 64 + ".io", ".".join(["a" * 60] * 5), "1.2.3.400", "a%20b.io", "a,b.io", "ａ.io", "xn--.io", "xn--a.io", "ü-.io", "\u200d.io", "..", "a.io.."],
)  # fmt: skip
def test_an_address_that_nothing_can_be_sent_to_is_told(tmp_path: Path, host: str) -> None:
    for key in ("model.base_url", "discord.api_base"):
        (found,) = complaints(
            tmp_path, json.dumps({key.split(".")[0]: {key.split(".")[1]: f"https://{host}/v1"}})
        )
        assert f"`{key}` isn't an address the bot can use" in found


@pytest.mark.parametrize(
    "host",
    ["api.minimax.io", "localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080", "my_model", "llama-1", "bücher.test", "中文.cn", "xn--bcher-kva.test", "a.test.", "ß.de", "a--b.io", "모델.test", "мой.test", "3.test", "BÜCHER.test"],
)  # fmt: skip
def test_an_address_of_any_script_is_an_address(tmp_path: Path, host: str) -> None:
    assert configured(tmp_path, f"model: {{base_url: 'https://{host}'}}").model.base_url == f"https://{host}"


def test_a_variable_that_cannot_be_read_hides_nothing_else(tmp_path: Path) -> None:
    found = complaints(
        tmp_path,
        "channels: {1: {respond: x}}\npersonas: {roots: [7]}",
        {"DRAMATIS_CHANNELS": "{", "DRAMATIS_PERSONAS__ROOTS": "[", "DRAMATIS_DISCORD__SERVERS": "["},
    )
    assert [line.partition(",")[0].partition(" (")[0] for line in found] == [
        "DRAMATIS_DISCORD__SERVERS: `discord.servers` can't be read as JSON",
        "DRAMATIS_PERSONAS__ROOTS: `personas.roots` can't be read as JSON",
        "DRAMATIS_CHANNELS: `channels` can't be read as JSON",
        "config.yaml:1:16: `channels.1.respond` is x",
        "config.yaml:2:20: item 1 of `personas.roots` must be text",
    ]


def test_each_key_whose_variable_is_json_has_an_example(tmp_path: Path) -> None:
    for path in VARIABLES.values():
        name = next(variable for variable, each in VARIABLES.items() if each == path)
        with suppress(ConfigError):
            configured(tmp_path, env={name: "[{"})
    for path, example in EXAMPLES.items():
        name = next(variable for variable, each in VARIABLES.items() if each == path)
        assert configured(tmp_path, env={name: example}).spot(path).file == name


@pytest.mark.parametrize(
    "file",
    [
        "discord:\n  %s:",
        "discord:\n  '%s': x",
        "%s: x",
        "channels: {%s: {respond: x}}",
        "model: {dialect: %s}",
        "defaults: {language: %s}",
        "admin_channel: %s",
        "model:\n  name: {%s: [{%s: }",
        "discord: {x: 1}\n%s: 1\n%s: 2",
    ],
)
@pytest.mark.parametrize(
    "secret",
    ["MTIz.x.y", TOKEN, "sk-api-abc", "eyJhbGciOi", "a1b2c3d4e5f6a7b8", "abcdefghijklmnopqrstuvwxyz"],
)
def test_a_secret_in_the_place_of_a_key_or_a_choice_is_not_repeated(
    tmp_path: Path, file: str, secret: str
) -> None:
    found = complaints(tmp_path, file.replace("%s", secret))
    assert found
    assert secret[:8] not in "\n".join(found)


@pytest.mark.parametrize("name", ["DRAMATIS_MTIz.x.y", "DRAMATIS_DISCORD__TOKEN_MTE5OTk5OTk5OTk5OTk5OTk5OQ"])
def test_a_secret_in_the_name_of_a_variable_is_not_repeated(tmp_path: Path, name: str) -> None:
    for found in (complaints(tmp_path, env={name: "x"}), complaints(tmp_path, dotenv=f"{name}=x")):
        (told,) = found
        assert told.startswith("(hidden, it may be a secret)")
        assert name.rpartition("_")[2].upper() not in told.upper()


@pytest.mark.parametrize("line", ["MTIz.x.y", TOKEN, "DISCORD_TOKEN", "export DISCORD_TOKEN"])
def test_a_line_of_dotenv_without_a_sign_is_a_mistake_that_is_not_repeated(tmp_path: Path, line: str) -> None:
    assert complaints(tmp_path, dotenv=f"# mine\nMINIMAX_API_KEY=k\n\n{line}\n") == [
        ".env:4:1: this line can't be read, write it as NAME=value"
    ]
    assert complaints(tmp_path, dotenv=f"\n  {line}\n") == [
        ".env:2:3: this line can't be read, write it as NAME=value"
    ]


def test_a_near_miss_of_a_secrets_name_is_a_doubt_while_the_secret_is_missing(tmp_path: Path) -> None:
    env = {"BOT_TOKEN": "some-other-bots", "minimax_key": SECRET, "DISCORD_TOKE": "  "}
    config = configured(tmp_path, env=env, dotenv=f"DISCORD_TOKE={SECRET}\nMINIMAX_APIKEY=")
    assert [str(each) for each in warnings(config)] == [
        "DISCORD_TOKE (in .env): this variable isn't used, did you mean `DISCORD_TOKEN`?",
        "BOT_TOKEN: this variable isn't used, did you mean `DISCORD_TOKEN`?",
        "minimax_key: this variable isn't used, did you mean `MINIMAX_API_KEY`?",
    ]
    assert warnings(configured(tmp_path, env={**env, "DISCORD_TOKEN": TOKEN, "MINIMAX_API_KEY": "k"})) == ()
    assert not NEAR_MISSES.keys() & SHORT_NAMES.keys()


def test_a_long_name_has_room_for_what_lies_beside_the_database(tmp_path: Path) -> None:
    config = configured(tmp_path, f"storage: {{path: {'x' * 223}}}")
    beside = config.storage.path.name + ".before-0001.bak"
    (tmp_path / beside).touch()
    assert [each.name for each in tmp_path.glob("*.bak")] == ["x" * 223 + ".before-0001.bak"]


@pytest.mark.parametrize(
    ("personas", "folder"), [("cast", "cast"), ("''", "personas"), ("[x]", "personas"), ("~", "personas")]
)
def test_a_mistake_elsewhere_hides_no_folder_of_personas(tmp_path: Path, personas: str, folder: str) -> None:
    (tmp_path / "config.yaml").write_text(f"modle: x\npersonas: {{folder: {personas}}}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(None, {}, tmp_path)
    assert caught.value.personas == Path(folder)


def test_nor_does_it_hide_the_other_folders_of_personas(tmp_path: Path) -> None:
    """Else `check` would call their personas links to somewhere outside."""
    (tmp_path / "config.yaml").write_text("modle: x\npersonas: {roots: [shared, /srv]}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(None, {}, tmp_path)
    assert caught.value.roots == (Path("shared"), Path("/srv"))


def test_the_source_that_made_a_mistake_is_the_one_that_is_named(tmp_path: Path) -> None:
    found = complaints(
        tmp_path,
        "model: {top_p: 5}\nchannels:\n  1: {respond: x}\n  2: {}",
        {"DRAMATIS_MODEL__TEMPERATURE": "6", "DRAMATIS_CHANNELS": '{"2": {"respond": "y"}}'},
        "DRAMATIS_MODEL__TEMPERATURE=0.5\nDRAMATIS_MODEL__DIALECT=z",
    )
    assert sorted(found) == [
        "DRAMATIS_CHANNELS: `channels.2.respond` is y, choose mention, name, always or never",
        "DRAMATIS_MODEL__DIALECT (in .env): `model.dialect` is z, choose minimax or openai",
        "DRAMATIS_MODEL__TEMPERATURE: `model.temperature` is 6.0, it must be above 0 and at most 1",
        "config.yaml:1:9: `model.top_p` is 5, it must be above 0 and at most 1",
        "config.yaml:3:7: `channels.1.respond` is x, choose mention, name, always or never",
    ]


def test_mistakes_of_all_sources_are_told_together(tmp_path: Path) -> None:
    assert complaints(tmp_path, "model: [", {"DRAMATIS_X_Y_Z": "1"}, "a line without sense\nDRAMATIS_MODEL__TOP_P=2") == [
        "config.yaml:1:8: a bracket or a comma is missing in the list or map that begins here (near `model`), put text in quotes",
        ".env:1:1: this line can't be read, write it as NAME=value",
        "DRAMATIS_X_Y_Z: there is no such setting, choose one of these: " + ", ".join(sorted(VARIABLES)),
        "DRAMATIS_MODEL__TOP_P (in .env): `model.top_p` is 2.0, it must be above 0 and at most 1",
    ]  # fmt: skip


def test_an_empty_unknown_variable_and_those_of_others_are_left_alone(tmp_path: Path) -> None:
    assert (
        configured(tmp_path, env={"DRAMATIS_OLD": "", "MODEL__NAME": "x", "OLD_DRAMATIS_X": "y"}) == Config()
    )


def test_a_dotenv_from_a_windows_shell_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("DISCORD_TOKEN=x".encode("utf-16"))
    assert complaints(tmp_path) == [".env:1:1: this isn't UTF-8 text, save the file as UTF-8"]


def test_a_folder_where_a_file_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").mkdir()
    (tmp_path / ".env").mkdir()
    assert complaints(tmp_path) == [
        "config.yaml: this is a folder, not a file, put a file in its place",
        ".env: this is a folder, not a file, put a file in its place",
    ]


def test_a_place_that_cannot_be_looked_at_is_told(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 300)
    assert [told.partition(": ")[2] for told in complaints(folder)] == [
        "can't be read (File name too long), check the permissions of the file and its folder"
    ] * 2


@pytest.mark.parametrize(
    "file",
    [
        "discord: {token: %s, tokn: %s}",
        "discord: %s",
        "discord: [%s, %s]",
        "model: {api_key: [%s]}",
        "model: {api_key: '%s x', name: 5}",
        "model: {api_key: %s\n  name: x}",
        "%s",
        "model: {name: x}\n%s",
        "model: !%s x",
        "model: *%s",
    ],
)
def test_no_mistake_gives_a_secret_away(tmp_path: Path, file: str) -> None:
    file = file.replace("%s", SECRET)
    with pytest.raises(ConfigError) as caught:
        configured(tmp_path, file, {"DISCORD_TOKEN": f"{SECRET} x", "DRAMATIS_CHANNELS": SECRET})
    assert SECRET not in f"{caught.value!r} {caught.value} {caught.value.__cause__}"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_config_shows_no_secret(tmp_path: Path) -> None:
    config = configured(tmp_path, env={"DISCORD_TOKEN": SECRET, "MINIMAX_API_KEY": SECRET})
    assert SECRET not in f"{config!r} {config} {config.model_dump_json()} {warnings(config)}"


# Questions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "application"),
    [
        (TOKEN, 1144556677889900112),
        ("MTIz.x.y", 123),
        ("MTIz", 123),
        ("", None),
        (".x.y", None),
        ("YWJj.x.y", None),  # "abc"
        ("wrong", None),
        ("MTI*z.x.y", None),
        ("Ä.x.y", None),
        ("77yR.x.y", None),  # a digit, but of another script
        (base64.b64encode(b"1" * 20).decode() + ".x.y", None),
    ],
)
def test_a_token_begins_with_its_application(token: str, application: int | None) -> None:
    assert application_id(token) == application


@given(st.text())
def test_no_token_breaks_the_question(token: str) -> None:
    assert (application_id(token) or 0) >= 0


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({}, []),
        ({"DISCORD_TOKEN": TOKEN}, []),
        ({"DISCORD_TOKEN": "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"}, ["DISCORD_TOKEN: `discord.token` doesn't look like a bot token"]),
        ({"DISCORD_TOKEN": "YWJj.x.y"}, ["DISCORD_TOKEN: `discord.token` doesn't look like a bot token"]),
        ({"DRAMATIS_OPS__LISTEN": "127.0.0.1:9108"}, []),
        ({"DRAMATIS_OPS__LISTEN": "[::1]:9108"}, []),
        ({"DRAMATIS_OPS__LISTEN": "0.0.0.0:9108"}, ["DRAMATIS_OPS__LISTEN: `ops.listen` isn't an address of this computer alone: everyone who reaches it can read the metrics, use 127.0.0.1, unless a firewall or a network of containers keeps others out"]),
        ({"DRAMATIS_MODEL__BASE_URL": "http://ai.example.com"}, []),
        ({"DRAMATIS_MODEL__BASE_URL": "http://ai.example.com", "MINIMAX_API_KEY": "k"}, ["DRAMATIS_MODEL__BASE_URL: `model.base_url` sends the key unencrypted"]),
        ({"DRAMATIS_MODEL__BASE_URL": "https://ai.example.com", "MINIMAX_API_KEY": "k"}, []),
        ({"DRAMATIS_MODEL__BASE_URL": "http://localhost:8080", "MINIMAX_API_KEY": "k"}, []),
        ({"DRAMATIS_MODEL__BASE_URL": "http://127.0.0.1:8080/v1", "MINIMAX_API_KEY": "k"}, []),
        ({"DRAMATIS_MODEL__BASE_URL": "http://[::1]:8080", "MINIMAX_API_KEY": "k"}, []),
        ({"DRAMATIS_MODEL__BASE_URL": "http://llama.localhost:8080", "MINIMAX_API_KEY": "k"}, []),
        ({"DRAMATIS_MODEL__BASE_URL": "http://localhost.example.com", "MINIMAX_API_KEY": "k"}, ["DRAMATIS_MODEL__BASE_URL: `model.base_url` sends the key unencrypted"]),
    ],
)  # fmt: skip
def test_what_works_and_is_probably_not_meant_is_warned_about(
    tmp_path: Path, env: dict[str, str], told: list[str]
) -> None:
    found = warnings(configured(tmp_path, env=env))
    assert [str(each).partition(" (")[0].partition(" to another")[0] for each in found] == told


@pytest.mark.parametrize(
    "wrong",
    [
        "9108",
        ":9108",
        "127.0.0.1",
        "http://127.0.0.1:9108",
        "me@127.0.0.1:9108",
        "::1:9108",
        "127.0.0.1:99999",
        "127.0.0.1:9108/metrics",
    ],
)
def test_metrics_need_an_address_and_a_port(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(
        ConfigError, match=r"`ops\.listen` isn't an address and a port, write it like 127\.0\.0\.1:9108"
    ):
        configured(tmp_path, json.dumps({"ops": {"listen": wrong}}))


@pytest.mark.parametrize(
    "wrong",
    [
        "postgresql://ann:1/hunter2-hunter2@db:5432/stories",
        "postgresql://ann:1234#hunter2-hunter2@db:5432/stories",
        "postgresql://ann:1234?hunter2-hunter2@db:5432/stories",
        "postgresql://ann:hunter2-hunter2@[::1/stories",
        "postgresql://ann:hunter2-hunter2@db:99999/stories",
        "postgresql://ann:hunter2-hunter2@db:1:2/stories",
        "mysql://ann:hunter2-hunter2@db/stories",
    ],
)
def test_an_address_whose_password_would_be_read_as_something_else_is_refused(
    tmp_path: Path, wrong: str
) -> None:
    (told,) = complaints(tmp_path, env={"DRAMATIS_STORAGE__URL": wrong})
    assert told == (
        "DRAMATIS_STORAGE__URL: `storage.url` isn't the address of a PostgreSQL database, write it as "
        "postgresql://name@host:5432/database, and the password in DRAMATIS_STORAGE__PASSWORD"
    )


@pytest.mark.parametrize(
    "right",
    [
        "postgresql://",
        "postgres://ann:hunter2-hunter2@db/stories?sslmode=require",
        "postgresql://ann:hunter2%2Fhunter2%40@[::1]:5432/stories",
        "postgresql://ann@one:5432,two:5433/stories",
        "postgresql://ann@/stories?host=/run/postgresql&password=a@b",
    ],
)
def test_every_form_of_a_servers_address_is_taken(tmp_path: Path, right: str) -> None:
    url = configured(tmp_path, env={"DRAMATIS_STORAGE__URL": right}).storage.url
    assert url is not None
    assert url.get_secret_value() == right


def test_a_way_of_tls_that_does_not_exist_is_told(tmp_path: Path) -> None:
    (told,) = complaints(
        tmp_path, env={"DRAMATIS_STORAGE__URL": "postgresql://ann:hunter2@db/d?sslmode=full"}
    )
    assert told == (
        "DRAMATIS_STORAGE__URL: `storage.url` has an sslmode that doesn't exist, it can be disable, allow, prefer, "
        "require, verify-ca or verify-full"
    )


def test_every_number_in_a_variable_that_is_out_of_its_range_is_told_the_range(tmp_path: Path) -> None:
    """Also where it may be left out, which makes its type a union."""
    whole = Config.model_json_schema()
    ranged = 0
    for variable, path in VARIABLES.items():
        nodes = [whole]
        for key in path:
            nodes = [node.get("properties", {}).get(key, {}) for node in nodes]
            nodes = [
                whole["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node for node in nodes
            ]
        for each in (inner for node in nodes for inner in node.get("anyOf", [node])):
            if "minimum" in each and each.get("type") in {"integer", "number"}:
                ranged += 1
                (told,) = complaints(tmp_path, env={variable: str(each["minimum"] - 1)})
                assert re.fullmatch(rf"{variable}: `[\w.]+` is -?[\d.]+, it must be .*", told), told
    assert ranged > 10
