"""What a change of the configuration does to a running bot."""

import base64
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.live import AT_RESTART, ConfigFile, Reread, differing, live, restart_needed
from bot.config.loading import ConfigError, load
from bot.config.schema import Channel, Config
from bot.config.variables import VARIABLES
from bot.core.routing import Respond

TOKEN = base64.urlsafe_b64encode(b"1144556677889900112").decode().rstrip("=") + ".GhIjKl.secret-part"
OTHER_TOKEN = TOKEN.replace("GhIjKl", "MnOpQr")
SECRET, OTHER_SECRET = "hunter2-hunter2", "rosebud3-rosebud3"

KEYS = {
    "discord.token": ("restart", TOKEN),
    "discord.api_base": ("restart", "https://proxy.test/api/v10"),
    "discord.gateway": ("restart", "wss://proxy.test"),
    "discord.servers": ("live", "[7, 8]"),
    "discord.shards": ("restart", "4"),
    "discord.webhooks_share_limit": ("restart", "false"),
    "model.preset": ("restart", "minimax-cn"),
    "model.api_key": ("restart", SECRET),
    "model.base_url": ("restart", "https://model.test/v1"),
    "model.dialect": ("restart", "openai"),
    "model.name": ("restart", "llama"),
    "model.naming": ("restart", "folded"),
    "model.max_completion_tokens": ("live", "7"),
    "model.context_window": ("live", "7777"),
    "model.temperature": ("live", "0.7"),
    "model.top_p": ("live", "0.7"),
    "model.end_note": ("live", "false"),
    "model.first_token_timeout": ("restart", "7"),
    "model.max_streams": ("restart", "7"),
    "model.requests_per_minute": ("restart", "7"),
    "model.log_messages": ("restart", "true"),
    "memory.look_back": ("live", "false"),
    "memory.recap.enabled": ("live", "false"),
    "memory.recap.endpoint": ("restart", "https://other.test"),
    "memory.recap.model": ("restart", "llama"),
    "memory.recap.api_key": ("restart", SECRET),
    "memory.recap.tokens": ("live", "777"),
    "storage.path": ("restart", "other.sqlite3"),
    "storage.url": ("restart", "postgresql://bot@there/stories"),
    "storage.password": ("restart", "swordfish"),
    "storage.processes": ("restart", "several"),
    "storage.retention_days": ("live", "7"),
    "storage.leave_grace_days": ("live", "7"),
    "ops.listen": ("restart", "127.0.0.1:9108"),
    "ops.log": ("restart", "json"),
    "personas.folder": ("restart", "cast"),
    "personas.lore": ("restart", "worlds"),
    "personas.roots": ("restart", "[shared]"),
    "personas.readable_by": ("live", "all"),
    "default_persona": ("live", "marlow"),
    "defaults.respond": ("live", "always"),
    "defaults.language": ("live", "Deutsch"),
    "defaults.story_rights": ("live", "mods"),
    "defaults.face": ("live", "bot"),
    "defaults.stream": ("live", "calm"),
    "defaults.persona_talk": ("live", "off"),
    "defaults.table_rules": ("live", "No spiders."),
    "defaults.ooc": ("live", "answer"),
    "defaults.mentions": ("live", "on"),
    "defaults.person_cooldown": ("live", "30"),
    "defaults.channel_cooldown": ("live", "60"),
    "defaults.quiet_hours": ("live", "23-7"),
    "limits.replies_per_minute": ("live", "0"),
    "limits.bot": ("live", "$7 a month"),
    "limits.server": ("live", "$7 a month"),
    "limits.channel": ("live", "$7 a month"),
    "limits.person": ("live", "none"),
    "limits.own_keys": ("live", "true"),
    "prices": ("live", "{llama: {input: 7, output: 7}}"),
    "catch_up.hours": ("live", "7"),
    "catch_up.messages": ("live", "7"),
    "catch_up.answer_minutes": ("live", "7"),
    "catch_up.settle": ("live", "0"),
    "proxies.settle": ("live", "0"),
    "proxies.applications": ("live", "[7]"),
    "proxies.ignored_prefixes": ("live", '["!"]'),
    "blocked": ("live", "[7]"),
    "channels": ("live", "{7: {persona: marlow, respond: never}}"),
    "admin_channel": ("live", "7"),
    "dm": ("restart", "true"),
    "user_install": ("restart", "true"),
    "secret_key": ("restart", "k" * 32),
}
"""Every key, whether a change of it counts at once, and a value that is not its default."""


def written(key: str, value: str) -> str:
    section, _, inner = key.partition(".")
    return f"{section}: {{{written(inner, value)}}}" if inner else f"{key}: {value}"


def value_of(config: Config, key: str) -> object:
    found: object = config
    for step in key.split("."):
        found = getattr(found, step)
    return found


class Host:
    """Somebody with a config.yaml in a folder, while the bot runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, text: str) -> None:
        (self.folder / "config.yaml").write_text(text, encoding="utf-8")

    def starts(self, text: str, env: Mapping[str, str] | None = None) -> ConfigFile:
        self.write(text)
        return ConfigFile(None, env or {}, self.folder)

    def told(self, reread: Reread) -> list[str]:
        return [line.replace(f"{self.folder}/", "") for line in reread.lines]


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


# Which keys count at once -------------------------------------------------------------------------


def test_every_key_is_either_live_or_waits_for_a_restart() -> None:
    # A new key must be put into one of the two on purpose.
    assert list(KEYS) == [".".join(map(str, path)) for path in VARIABLES.values()]
    assert {".".join(map(str, path)) for path in AT_RESTART} == {
        key for key, (when, _) in KEYS.items() if when == "restart"
    }


@pytest.mark.parametrize("key", [key for key, (when, _) in KEYS.items() if when == "live"])
def test_a_live_key_counts_at_once(host: Host, key: str) -> None:
    file = host.starts("")
    before = file.current
    host.write(written(key, KEYS[key][1]))
    found = file.reread()
    assert (found.changed, found.problems, found.restart) == (True, (), ())
    assert host.told(found) == [f"the new configuration is in use: {key}"]
    assert file.current == load(None, {}, host.folder) != before
    assert value_of(file.current, key) != value_of(before, key)


@pytest.mark.parametrize("key", [key for key, (when, _) in KEYS.items() if when == "restart"])
def test_a_key_that_waits_for_a_restart_keeps_its_value_and_is_named(host: Host, key: str) -> None:
    file = host.starts("")
    host.write(f"# mine\n{written(key, KEYS[key][1])}")
    found = file.reread()
    column = written(key, "").rfind("{") + 2 or 1
    assert (found.changed, found.problems) == (False, ())
    # A preset brings other values along.
    keys = [key, *(["model.base_url"] if key == "model.preset" else [])]
    assert [each.path for each in found.restart] == [tuple(each.split(".")) for each in keys]
    assert host.told(found)[0] == (f"config.yaml:2:{column}: `{key}` has changed, restart the bot to use it")
    assert len(host.told(found)) == len(keys)
    assert file.current == Config()
    assert value_of(load(None, {}, host.folder), key) != value_of(file.current, key)


def test_both_kinds_in_one_change(host: Host) -> None:
    file = host.starts("model: {name: one, temperature: 0.1}")
    host.write("model:\n  name: two\n  temperature: 0.2\nadmin_channel: 5\n")
    found = file.reread()
    assert found.changed
    assert host.told(found) == [
        "the new configuration is in use: model.temperature, admin_channel",
        "config.yaml:2:3: `model.name` has changed, restart the bot to use it",
    ]
    assert (file.current.model.name, file.current.model.temperature) == ("one", 0.2)
    assert file.current.admin_channel == 5


def test_a_key_that_waits_is_named_once_until_it_changes_again(host: Host) -> None:
    file = host.starts("model: {name: one}")
    host.write("model: {name: two}")
    assert len(file.reread().restart) == 1
    assert file.reread() == Reread()
    host.write("model: {name: two, temperature: 0.5}")
    assert host.told(file.reread()) == ["the new configuration is in use: model.temperature"]
    host.write("model: {name: three, temperature: 0.5}")
    assert len(file.reread().restart) == 1
    assert file.current.model.name == "one"
    host.write("model: {name: one, temperature: 0.5}")  # as it runs
    assert file.reread() == Reread()


def test_a_file_that_says_the_same_in_other_words_changes_nothing(host: Host) -> None:
    file = host.starts("channels: {1: {respond: always}}\nmodel: {temperature: 0.5}")
    host.write("# reordered\nmodel:\n  temperature: 0.5\nchannels:\n  '1':\n    respond: always\n")
    assert file.reread() == Reread()


def test_the_places_are_those_of_the_new_file(host: Host) -> None:
    file = host.starts("default_persona: marlow")
    host.write("# one\n# two\ndefault_persona: cassida")
    file.reread()
    assert str(file.current.spot(("default_persona",))) == f"{host.folder}/config.yaml:3:1"


def test_settings_are_put_together_from_the_old_and_the_new(tmp_path: Path) -> None:
    old, new = (
        load(None, {"DISCORD_TOKEN": token, "DRAMATIS_MODEL__TOP_P": top_p}, tmp_path)
        for token, top_p in ((TOKEN, "0.1"), (OTHER_TOKEN, "0.2"))
    )
    assert differing(old, new) == (("discord", "token"), ("model", "top_p"))
    assert [str(each) for each in restart_needed(old, new)] == [
        "DISCORD_TOKEN: `discord.token` has changed, restart the bot to use it"
    ]
    both = live(old, new)
    assert (both.discord.token, both.model.top_p) == (old.discord.token, 0.2)
    assert (new.discord.token, old.model.top_p) != (both.discord.token, both.model.top_p)


@given(st.dictionaries(st.sampled_from(list(KEYS)), st.booleans()))
def test_the_settings_to_go_on_with_take_each_key_from_where_it_counts(
    tmp_path_factory: pytest.TempPathFactory, keys: dict[str, bool]
) -> None:
    folder = tmp_path_factory.getbasetemp()  # with nothing in it that would be read
    variables = {".".join(map(str, path)): name for name, path in VARIABLES.items()}
    old, new = (
        load(None, {variables[key]: json_of(key) for key in keys if keys[key] is first}, folder)
        for first in (True, False)
    )
    both = live(old, new)
    for key, (when, _) in KEYS.items():
        assert value_of(both, key) == value_of(new if when == "live" else old, key)
    assert restart_needed(both, new) == restart_needed(old, new)
    assert live(both, new) == both
    assert (restart_needed(new, new), differing(new, new)) == ((), ())


def json_of(key: str) -> str:
    return '{"7": {"persona": "marlow"}}' if key == "channels" else KEYS[key][1]


# What cannot be used ------------------------------------------------------------------------------


def test_a_mistake_leaves_the_settings_of_before_in_force_until_it_is_mended(host: Host) -> None:
    file = host.starts("default_persona: marlow\nmodel: {temperature: 0.5}")
    before = file.current
    host.write("default_persona: cassida\nmodel: {temprature: 0.6}")
    found = file.reread()
    assert (found.changed, found.restart) == (False, ())
    assert host.told(found) == [
        "config.yaml:2:9: unknown key `model.temprature`, did you mean `temperature`?",
        "config.yaml has mistakes; the previous settings stay in use",
    ]
    assert [each.line for each in found.problems] == [2]
    assert file.current is before
    host.write("default_persona: cassida\nmodel: {temperature: 0.6}")
    found = file.reread()
    assert found.changed
    assert host.told(found) == [
        "the configuration is fixed",
        "the new configuration is in use: model.temperature, default_persona",
    ]
    assert (file.current.default_persona, file.current.model.temperature) == ("cassida", 0.6)


def test_a_mistake_that_is_taken_back_is_mended_too(host: Host) -> None:
    file = host.starts("default_persona: marlow")
    host.write("default_persona: [")
    file.reread()
    host.write("default_persona: marlow")
    found = file.reread()
    assert (found.changed, found.problems) == (False, ())
    assert host.told(found) == ["the configuration is fixed"]
    assert file.reread() == Reread()


def test_a_restart_that_is_needed_is_named_when_the_mistake_beside_it_is_mended(host: Host) -> None:
    file = host.starts("")
    host.write("model: {name: llama, top_p: 5}")
    assert file.reread().restart == ()
    host.write("model: {name: llama, top_p: 0.95}")
    assert host.told(file.reread()) == [
        "the configuration is fixed",
        "config.yaml:1:9: `model.name` has changed, restart the bot to use it",
    ]


def test_the_same_mistake_is_told_once_and_another_again(host: Host) -> None:
    file = host.starts("")
    host.write("modle: {}")
    assert len(file.reread().lines) == 2
    again = file.reread()
    assert (again.lines, len(again.problems)) == ((), 1)
    host.write("\nmodle: {}")
    assert host.told(file.reread())[0] == "config.yaml:2:1: unknown key `modle`, did you mean `model`?"


def test_what_a_bot_cannot_start_with_it_does_not_start_with(host: Host) -> None:
    with pytest.raises(ConfigError, match=r"config\.yaml:1:1: unknown key `modle`"):
        host.starts("modle: {}")


# Which files --------------------------------------------------------------------------------------


def test_a_file_that_nobody_named_may_be_deleted_and_come_back(host: Host) -> None:
    file = host.starts("default_persona: marlow")
    (host.folder / "config.yaml").unlink()
    found = file.reread()
    assert host.told(found) == ["the new configuration is in use: default_persona"]
    assert file.current == Config()
    host.write("default_persona: cassida")
    assert file.reread().changed
    assert file.current.default_persona == "cassida"


def test_a_file_that_somebody_named_must_stay(host: Host) -> None:
    path = host.folder / "mine.yaml"
    path.write_text("default_persona: marlow")
    file = ConfigFile(path, {}, host.folder)
    path.unlink()
    found = file.reread()
    assert host.told(found) == [
        "mine.yaml: there is no such file, check the path",
        "mine.yaml has mistakes; the previous settings stay in use",
    ]
    assert file.current.default_persona == "marlow"


def test_the_files_to_look_at_are_those_that_are_read(host: Host) -> None:
    file = host.starts("model: {top_p: 0.1}")
    assert file.files == (host.folder / "config.yaml", host.folder / ".env")
    for path, text in zip(file.files, ("model: {top_p: 0.2}", "DRAMATIS_MODEL__TOP_P=0.3"), strict=True):
        path.write_text(text)
        assert file.reread().changed
    assert file.current.model.top_p == 0.3
    file.files[1].unlink()
    assert file.reread().changed
    assert file.current.model.top_p == 0.2
    named = host.folder / "mine.yaml"
    named.write_text("")
    assert ConfigFile(named, {}, host.folder).files == (named, host.folder / ".env")


def test_in_a_volume_are_the_file_and_the_folders_that_are_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "data" / "personas").mkdir(parents=True)
    (tmp_path / "data" / "lore").mkdir()
    (tmp_path / "data" / "config.yaml").write_text("default_persona: rufus")
    file = ConfigFile(None, {}, tmp_path)
    assert file.files[0] == tmp_path / "data" / "config.yaml"
    assert file.current.default_persona == "rufus"
    assert (file.current.personas.folder, file.current.personas.lore) == (
        Path("data/personas"),
        Path("data/lore"),
    )
    (tmp_path / "data" / "config.yaml").write_text("defualts: {}")
    with pytest.raises(ConfigError, match=r"data/config\.yaml:1:1: unknown key `defualts`") as caught:
        ConfigFile(None, {}, tmp_path)
    assert caught.value.personas == Path("data/personas")
    # What is set, or lies beside the volume, goes first.
    (tmp_path / "personas").mkdir()
    (tmp_path / "config.yaml").write_text("personas: {lore: worlds}")
    file = ConfigFile(None, {}, tmp_path)
    assert file.files[0] == tmp_path / "config.yaml"
    assert (file.current.personas.folder, file.current.personas.lore) == (Path("personas"), Path("worlds"))


def test_the_environment_is_that_of_the_start_and_wins(host: Host) -> None:
    env = {"DRAMATIS_MODEL__TOP_P": "0.5"}
    file = host.starts("", env)
    env["DRAMATIS_MODEL__TOP_P"] = "0.6"
    host.write("model: {top_p: 0.7}")
    assert file.reread() == Reread()
    assert file.current.model.top_p == 0.5


# Secrets ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "after",
    [
        f"discord: {{token: {OTHER_TOKEN}}}\nmodel: {{api_key: {OTHER_SECRET}}}",
        "",
        f"discord: {{token: {OTHER_TOKEN} x}}\nmodel: {{api_key: [{OTHER_SECRET}]}}",
        f"discord: {OTHER_TOKEN}\nmodel: {OTHER_SECRET}",
        f"{OTHER_TOKEN}: {OTHER_SECRET}",
        f"discord: {{token: '{OTHER_TOKEN}\nmodel: {{api_key: {OTHER_SECRET}}}",
        f"discord:\n  {OTHER_TOKEN}\n  {OTHER_SECRET}\nmodel: x",
        f"default_persona: {OTHER_TOKEN}\ndefaults: {{language: {OTHER_TOKEN}}}",
    ],
)
def test_a_change_gives_no_secret_away(host: Host, after: str) -> None:
    file = host.starts(f"discord: {{token: {TOKEN}}}\nmodel: {{api_key: {SECRET}}}")
    host.write(after)
    found = file.reread()
    assert found.lines
    told = f"{found} {found.lines} {file} {file.current!r} {vars(file)}"
    for secret in (TOKEN, OTHER_TOKEN, SECRET, OTHER_SECRET):
        assert secret not in told
        assert secret.rpartition(".")[2] not in told
    assert file.current.discord.token
    assert file.current.discord.token.get_secret_value() == TOKEN


def test_secrets_that_change_are_named_without_their_values(host: Host) -> None:
    file = host.starts(f"discord: {{token: {TOKEN}}}\nmodel: {{api_key: {SECRET}}}")
    host.write(f"discord: {{token: {OTHER_TOKEN}}}\nmodel: {{api_key: {OTHER_SECRET}}}")
    assert host.told(file.reread()) == [
        "config.yaml:1:11: `discord.token` has changed, restart the bot to use it",
        "config.yaml:2:9: `model.api_key` has changed, restart the bot to use it",
    ]


# The channels of the file -------------------------------------------------------------------------


def test_a_channel_can_be_bound_and_freed_while_the_bot_runs(host: Host) -> None:
    file = host.starts("channels: {1: {persona: marlow, respond: always}, 2: {}}")
    host.write("channels: {1: {persona: marlow}, 3: {respond: mention}}")
    assert host.told(file.reread()) == ["the new configuration is in use: channels"]
    assert file.current.channels == {
        1: Channel(persona="marlow", respond=None),
        3: Channel(persona=None, respond=Respond.MENTION),
    }
