"""`python -m bot` as somebody starts it, in a folder and an environment of its own.

As a process of its own (`Host.bot`) where the process matters: its start, its pipes, a server beside it. Where
only what is read and said does, in this one (`Here.bot`): a start takes half a second.
"""

import asyncio
import logging
import os
import re
import shutil
import socket
import sqlite3
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import PIPE

import pytest
from click.testing import CliRunner

from bot.__main__ import main
from bot.composition.log import secrets_of
from bot.config.schema import Config
from bot.ops.logs import TextFormatter, without
from bot.storage.database import Database
from tests.standins.m2her import M2her
from tests.starts import PLAIN, ROOT, Start

PATIENCE = 60
"""Seconds a start may take on a busy machine; it takes below one."""

# Before the first dot stands the application's id, 1199999999999999999, in base64.
TOKEN = "MTE5OTk5OTk5OTk5OTk5OTk5OQ.GsEcRe.dOnOtPrInTtHiSaNyWhErEaTaLl00000000"

MARLOW = """\
name: Marlow
description: Marlow keeps the Drowned Bell, a harbour tavern.
greeting: '*nods* "In or out?"'
"""
ISOLDE = "name: Isolde\ndescription: Isolde draws maps of places that are not there yet.\n"

NO_NETWORK = """\
import os, sys
def refuse(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        os._exit(99)
sys.addaudithook(refuse)
"""
"""A `sitecustomize` under which reaching for the network ends the process."""


@dataclass(frozen=True)
class Ran:
    """How a command went."""

    code: int
    out: str
    err: str

    @property
    def complaints(self) -> list[str]:
        """What it said beside its results, line by line."""
        return self.err.splitlines()


@dataclass(frozen=True)
class Host:
    """Somebody's folder with personas, where they start the bot."""

    folder: Path

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def start(self, *arguments: str, **env: str) -> Start:
        env = {"PATH": os.defpath, "HOME": str(self.folder), "PYTHONPATH": PLAIN, **env}
        return Start(arguments, self.folder, env, stdin=PIPE)

    async def bot(self, *arguments: str, said: str | bytes = "", **env: str) -> Ran:
        """Run `python -m bot` to its end, with `said` piped in."""
        return await ran(self.start(*arguments, **env), said)

    def stories(self) -> list[list[tuple[str, str]]]:
        """What is stored: (name, text) of each turn, by scene."""
        database = sqlite3.connect(self.folder / "data" / "dramatis.sqlite3")
        rows = database.execute("SELECT scene_id, name, text FROM turn_with_speaker ORDER BY id").fetchall()
        database.close()
        return [[row[1:] for row in rows if row[0] == scene] for scene in sorted({row[0] for row in rows})]


async def ran(start: Start, said: str | bytes = "") -> Ran:
    """Let a start go to its end, with `said` piped in."""
    process = await start.begin()
    try:
        out, err = await asyncio.wait_for(
            process.communicate(said.encode() if isinstance(said, str) else said), PATIENCE
        )
    except TimeoutError:
        process.kill()
        raise
    assert process.returncode is not None
    return Ran(process.returncode, (out or b"").decode(), err.decode())


@pytest.fixture
def host(tmp_path: Path) -> Host:
    host = Host(tmp_path)
    host.write("personas/marlow.yaml", MARLOW)
    return host


class Here(CliRunner):
    """Runs commands in this process."""

    def bot(self, *arguments: str, said: str = "", **env: str) -> Ran:
        """Run a command to its end, with `said` piped in."""
        ran = self.invoke(main, arguments, input=said, env=env, catch_exceptions=False)
        return Ran(ran.exit_code, ran.stdout, ran.stderr)


@pytest.fixture
def here(host: Host, plain: None, monkeypatch: pytest.MonkeyPatch) -> Here:
    monkeypatch.chdir(host.folder)
    for name in set(os.environ) - {"PATH"}:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(host.folder))
    return Here()


# --- arguments ------------------------------------------------------------------------------------


async def test_help_lists_every_command_and_the_version_is_told(host: Host) -> None:
    version, help_ = await asyncio.gather(
        *(ran(replace(host.start(word), real=True)) for word in ("--version", "--help"))
    )
    assert version == Ran(0, "dramatis, version 0.1.0\n", "")
    assert help_.code == 0
    listed = re.findall(r"^  ([\w-]+)  +[A-Z].*\.$", help_.out.partition("Commands:")[2], re.MULTILINE)
    assert listed == [
        "backup",
        "chat",
        "check",
        "doctor",
        "export-card",
        "forget",
        "health",
        "import-card",
        "invite",
        "move",
        "prompt",
        "restore",
        "run",
        "usage",
        "vacuum",
    ]


def test_the_configuration_file_may_be_named_before_and_after_the_command(here: Here, host: Host) -> None:
    host.write("other.yaml", "personas: {folder: cast}\n")
    host.write("cast/isolde.yaml", ISOLDE)
    before, after, missing = (
        here.bot("--config", "other.yaml", "check"),
        here.bot("--config", "nowhere.yaml", "check", "--config", "other.yaml"),
        here.bot("check", "--config", "nowhere.yaml"),
    )
    for ran in (before, after):
        assert ran.code == 0
        assert ran.out.startswith("isolde: Isolde, about ")
    assert (missing.code, missing.out) == (1, "")
    assert missing.complaints == [
        "nowhere.yaml: there is no such file, check the path",
        "1 error(s), 0 warning(s)",
    ]


# --- chat -----------------------------------------------------------------------------------------


async def test_a_line_piped_in_gets_the_finished_reply_and_nothing_else_on_stdout(host: Host) -> None:
    ran = await host.bot("chat", "--offline", "--as", "Alice", said="Hello\n\n  \nI am tired of the sea")
    assert ran.code == 0
    first, second = ran.out.splitlines()  # blank lines say nothing, the last line needs no end
    assert re.fullmatch(r"\*.+\* .*\bAlice\b.*", first)
    assert re.fullmatch(r"\*.+\* .*you are tired of the sea.*", second, re.IGNORECASE)
    assert ran.complaints == [
        "No model is connected: these lines come from built-in rules, not from M2-her. Set MINIMAX_API_KEY to talk to M2-her.",
        "Marlow is here. You are Alice. Type `/as NAME` to speak as someone else; Ctrl-D ends the rehearsal.",
    ]


def test_every_rehearsal_is_a_scene_of_its_own_in_the_same_storage(here: Here, host: Host) -> None:
    hello = here.bot("chat", "--offline", "--as", "Alice", said="Hello\n")
    again = here.bot("chat", "--offline", USER="bob", said="Hello again\n")
    assert "bob" in again.out
    assert host.stories() == [
        [("Alice", "Hello"), ("Marlow", hello.out.strip())],
        [("bob", "Hello again"), ("Marlow", again.out.strip())],
    ]


def test_without_input_there_is_nothing_said(here: Here, host: Host) -> None:
    ran = here.bot("chat", "--offline")
    assert (ran.code, ran.out) == (0, "")
    assert "You are Player." in ran.err  # nobody is logged in here
    assert host.stories() == []


def test_one_person_may_speak_as_several(here: Here, host: Host) -> None:
    said = "/as Alice\nHello\n/as  Bob the Bold \nHello\n/as\nHello\n"
    ran = here.bot("chat", "--offline", "--as", "  ", said=said)
    assert ran.code == 0
    assert ["Alice" in line for line in ran.out.splitlines()] == [True, False, False]
    assert ["Bob the Bold" in line for line in ran.out.splitlines()] == [False, True, True]
    assert ran.complaints[1:] == [
        "Marlow is here. You are Player. Type `/as NAME` to speak as someone else; Ctrl-D ends the rehearsal.",
        "You are now Alice.",
        "You are now Bob the Bold.",
        "`/as NAME` needs a name, for example `/as Alice`.",
    ]
    assert [name for name, _ in host.stories()[0]] == [
        "Alice", "Marlow", "Bob the Bold", "Marlow", "Bob the Bold", "Marlow",
    ]  # fmt: skip


@pytest.mark.parametrize(("arguments", "user"), [(["--as", "B\udcffb"], "root"), ([], "B\udcffb")])
def test_a_name_that_is_no_text_breaks_nothing(
    arguments: list[str], user: str, here: Here, host: Host
) -> None:
    ran = here.invoke(main, ["chat", "--offline", *arguments], input="Hello\n", env={"USER": user})
    assert (ran.exit_code, len(ran.stdout.splitlines())) == (0, 1)
    assert ran.stderr.splitlines()[-1].startswith("Marlow is here. You are B\ufffdb. ")
    assert host.stories()[0][0] == ("B\ufffdb", "Hello")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
@pytest.mark.parametrize(
    ("arguments", "real"), [(["--help"], True), (["check"], False), (["chat", "--offline"], False)]
)
async def test_output_that_takes_no_more_ends_it_with_a_line(
    host: Host, arguments: list[str], real: bool
) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    told = await ran(replace(host.start(*arguments), stdout=full, real=real), "Hello\n")
    os.close(full)
    assert told.code == 1
    assert told.complaints[-1] == "can't write to standard output (No space left on device)"
    assert "Traceback" not in told.err
    assert "Exception" not in told.err


async def test_bytes_that_are_no_text_break_nothing(host: Host) -> None:
    ran = await host.bot("chat", "--offline", said=b"my b\xff\xfeat\n")
    assert (ran.code, len(ran.out.splitlines())) == (0, 1)
    assert host.stories()[0][0] == ("Player", "my b\ufffd\ufffdat")


def test_the_first_persona_by_file_name_plays_unless_another_is_named(here: Here, host: Host) -> None:
    host.write("personas/isolde.yaml", ISOLDE)
    first, named, unknown = (
        here.bot("chat", "--offline"),
        here.bot("chat", "--offline", "--persona", "marlow"),
        here.bot("chat", "--offline", "--persona", "nobody"),
    )
    assert first.complaints[-2:] == [
        "Other personas: marlow. Choose one with `.venv/bin/python -m bot chat --persona KEY`, or set default_persona in config.yaml.",
        "Isolde is here. You are Player. Type `/as NAME` to speak as someone else; Ctrl-D ends the rehearsal.",
    ]
    assert [line.partition(".")[0] for line in named.complaints] == [
        "No model is connected: these lines come from built-in rules, not from M2-her",
        "Marlow is here",
    ]
    assert unknown == Ran(
        1, "", "There is no persona `nobody` in personas. Choose one of these: isolde, marlow.\n"
    )


def test_a_broken_persona_is_told_and_takes_no_other_down(here: Here, host: Host) -> None:
    host.write("personas/broken.yaml", "name: Broken\nnme: typo\n")
    ran = here.bot("chat", "--offline", said="Hello\n")
    assert (ran.code, len(ran.out.splitlines())) == (0, 1)
    assert ran.complaints[0] == "personas/broken.yaml:2:1: unknown key `nme`, did you mean `name`?"


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        (
            (),
            "{folder}/personas: there is no such folder, start the bot in the folder that contains it, or set personas.folder",
        ),
        (
            ("personas/notes.txt",),
            "personas: there is no persona here, put a file such as marlow.yaml into this folder",
        ),
    ],
)
def test_without_anybody_to_talk_to_one_line_says_what_to_do(
    here: Here, host: Host, files: tuple[str, ...], complaint: str
) -> None:
    shutil.rmtree(host.folder / "personas")
    for file in files:
        host.write(file, "")
    ran = here.bot("chat", "--offline", said="Hello\n")
    assert (ran.code, ran.out, len(ran.complaints)) == (1, "", 1)
    assert ran.err.startswith(complaint.replace("{folder}", str(host.folder)))


async def test_with_a_key_it_is_m2_her_who_answers_and_she_hears_every_name(host: Host, m2her: M2her) -> None:
    m2her.say("*looks up* ", "And who are you?")
    m2her.say("“Bob, ", "then.”\n\n", "*pours*")
    ran = await host.bot(
        "chat", "--as", "Alice", said="Hello\n/as Bob\nHello too\n",
        MINIMAX_API_KEY="a-key-for-tests", DRAMATIS_MODEL__BASE_URL=f"{m2her.base_url}/v1",
    )  # fmt: skip
    assert ran.code == 0
    assert ran.out == "*looks up* And who are you?\n“Bob, then.”\n\n*pours*\n"
    assert ran.complaints == [
        "Using M2-her.",
        "Marlow is here. You are Alice. Type `/as NAME` to speak as someone else; Ctrl-D ends the rehearsal.",
        "You are now Bob.",
    ]
    assert [(message["name"], message["content"]) for message in m2her.requests[-1].body["messages"][1:]] == [
        ("Alice", "Hello"),
        ("Marlow", "*looks up* And who are you?"),
        ("Bob", "Hello too"),
    ]


async def test_a_wrong_key_is_named_beside_the_story_and_the_rest_goes_on(host: Host) -> None:
    async with M2her(key="the-right-key") as m2her:
        ran = await host.bot(
            "chat", said="Hello\n/as Bob\n",
            MINIMAX_API_KEY="some-wrong-key", DRAMATIS_MODEL__BASE_URL=m2her.base_url,
        )  # fmt: skip
    assert (ran.code, ran.out) == (0, "")
    assert ran.complaints[2:] == [
        (
            "No complete reply: the model didn't accept the key: check model.api_key (MINIMAX_API_KEY). Keys "
            "belong to a region: one from minimax.io works only at api.minimax.io, one from minimaxi.com "
            "only at api.minimaxi.com (invalid api key). Your message is saved; send another one to try again."
        ),
        "You are now Bob.",
    ]
    assert "some-wrong-key" not in ran.err


SURROUNDINGS = {
    "ALL_PROXY=socks4://me:secret@127.0.0.1:9": "ALL_PROXY names a SOCKS 4 proxy, which the bot can't use. Write "
    "socks5:// if the proxy also speaks SOCKS 5, name an HTTP proxy, or unset it",
    "https_proxy=http://me:secret@proxy.test:port": "https_proxy isn't the address of a proxy. Write it as "
    "http://host:port or socks5://host:port, or unset it",
    "SSL_CERT_FILE=/nowhere.pem": "SSL_CERT_FILE doesn't name a file that the bot can read. Correct the path, or unset it",
    "SSL_CERT_DIR=/nowhere": "SSL_CERT_DIR doesn't name a folder that the bot can read. Correct the path, or unset it",
}


@pytest.mark.parametrize("value", ["/nowhere/x", "/", "x" * 300])
async def test_a_file_for_keys_that_cannot_be_written_is_one_line(host: Host, value: str) -> None:
    for command in ("run", "chat", "check"):
        ran = await host.bot(command, SSLKEYLOGFILE=value)
        line = "SSLKEYLOGFILE doesn't name a file that the bot can write. Correct the path, or unset it"
        assert (ran.code, ran.complaints) == (1, [line])


@pytest.mark.parametrize("variable", SURROUNDINGS)
def test_surroundings_it_cannot_use_are_one_line_in_run_chat_and_check(here: Here, variable: str) -> None:
    name, _, value = variable.partition("=")
    settings = {"MINIMAX_API_KEY": "a-key-for-tests", "DISCORD_TOKEN": TOKEN, name: value}
    told = [here.bot(command, **settings) for command in ("run", "chat", "check")]
    assert [ran.code for ran in told] == [78, 1, 1]
    assert {ran.complaints[0] for ran in told} == {SURROUNDINGS[variable]}
    assert told[2].complaints[1:] == ["1 error(s), 0 warning(s)"]
    assert here.bot("chat", "--offline", said="Hello\n", **settings).code == 0


async def test_the_surroundings_are_those_of_the_process(host: Host) -> None:
    variable = "ALL_PROXY=socks4://me:secret@127.0.0.1:9"
    ran = await host.bot(
        "run", DISCORD_TOKEN=TOKEN, MINIMAX_API_KEY="k", ALL_PROXY=variable.partition("=")[2]
    )
    assert (ran.code, ran.out, ran.complaints) == (78, "", [SURROUNDINGS[variable]])


@pytest.mark.parametrize(
    "variable", ["ALL_PROXY=socks://127.0.0.1:9/", "NO_PROXY=[::1],10.0.0.0/8", "all_proxy=x:1"]
)
def test_surroundings_it_can_use_are_no_mistake(here: Here, variable: str) -> None:
    name, _, value = variable.partition("=")
    settings = {"MINIMAX_API_KEY": "a-key-for-tests", "DISCORD_TOKEN": TOKEN, name: value}
    ran = here.bot("check", **settings)
    assert (ran.code, ran.complaints) == (0, [])


async def test_a_model_that_is_down_is_named_beside_the_story(host: Host) -> None:
    with socket.socket() as taken:  # nobody else gets its port meanwhile, and nobody listens there
        taken.bind(("127.0.0.1", 0))
        nobody_there = f"http://127.0.0.1:{taken.getsockname()[1]}"
        ran = await host.bot(
            "chat", said="Hello\n", MINIMAX_API_KEY="k", DRAMATIS_MODEL__BASE_URL=nobody_there
        )
    assert (ran.code, ran.out, len(ran.complaints)) == (0, "", 3)
    assert "can't be reached: check model.base_url and the network" in ran.complaints[-1]
    assert host.stories()[0][0] == ("Player", "Hello")


# --- check and invite -----------------------------------------------------------------------------


async def test_check_and_invite_need_no_network_and_print_no_secret(host: Host) -> None:
    host.write("offline/sitecustomize.py", NO_NETWORK)
    host.write(".env", f"DISCORD_TOKEN={TOKEN}\nMINIMAX_API_KEY=key-in-dotenv\n")
    host.write("config.yaml", "model:\n  api_key: key-in-file\n")
    without = {"PYTHONPATH": f"{host.folder / 'offline'}:{ROOT}"}
    check, invite, proof = await asyncio.gather(
        host.bot("check", MINIMAX_API_KEY="key-in-environment", **without),
        host.bot("invite", MINIMAX_API_KEY="key-in-environment", **without),
        host.bot("chat", MINIMAX_API_KEY="key-in-environment", said="Hello\n", **without),
    )
    assert (check.code, check.err) == (0, "")
    assert check.out.splitlines()[-2:] == [
        "tokens are counted with MiniMax's own table",
        "0 error(s), 0 warning(s)",
    ]
    assert invite.code == 0
    assert proof.code == 99  # the network really was out of reach
    for ran in (check, invite):
        for secret in (TOKEN, TOKEN.rpartition(".")[2], "key-in-dotenv", "key-in-file", "key-in-environment"):
            assert secret not in ran.out + ran.err


async def test_what_a_command_does_not_need_is_not_loaded(host: Host) -> None:
    host.write("data/dramatis.sqlite3.heartbeat", "")
    told = {"PYTHONPROFILEIMPORTTIME": "1"}
    health, backup, check, chat = await asyncio.gather(
        host.bot("health", **told),
        host.bot("backup", "x", **told),
        host.bot("check", **told),
        host.bot("chat", "--offline", said="Hello\n", **told),
    )
    assert [ran.code for ran in (health, check, chat)] == [0, 0, 0]
    for ran, unneeded in (
        (health, {"rich", "pygments", "httpx", "discord", "aiohttp"}),
        (backup, {"rich", "pygments", "httpx", "discord", "aiohttp"}),
        (check, {"rich", "pygments", "discord", "aiohttp"}),
        (chat, {"rich", "pygments", "discord", "aiohttp"}),
    ):
        loaded = {line.rpartition("|")[2].strip() for line in ran.complaints}
        assert {"bot.config.schema", "pydantic"} <= loaded
        assert unneeded & loaded == set()


def test_check_tells_each_mistake_with_its_place_and_exits_1(here: Here, host: Host) -> None:
    host.write(
        "config.yaml", "default_persona: marlow\nchannels:\n  123456789012345678:\n    persona: marlo\n"
    )
    host.write("personas/broken.yaml", 'name: Broken\ngreeting: ["a", "list"]\n')
    ran = here.bot("check")
    assert ran.code == 1
    assert ran.out.startswith("marlow: Marlow, about ")
    assert [re.sub(r", .*", "", line) for line in ran.complaints] == [
        "personas/broken.yaml:2:1: `greeting` must be text",
        "config.yaml:4:5: `channels.123456789012345678.persona` is `marlo`",
        "2 error(s)",
    ]


def test_a_mistake_in_the_settings_hides_none_in_the_personas(here: Here, host: Host) -> None:
    host.write("config.yaml", "modle: {}\npersonas: {folder: cast}\n")
    host.write("cast/broken.yaml", "name: Broken\nnme: typo\n")
    ran = here.invoke(main, ["check"])
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert ran.stderr.splitlines() == [
        "config.yaml:1:1: unknown key `modle`, did you mean `model`?",
        "cast/broken.yaml:2:1: unknown key `nme`, did you mean `name`?",
        "2 error(s), 0 warning(s)",
    ]


def test_a_terminal_does_not_obey_what_check_prints(here: Here, host: Host) -> None:
    host.write("personas/bad\x1b[2Jname.yaml", "name: Fine\n")
    host.write("personas/\x9b2J.yaml", "name: Fine\n")
    ran = here.invoke(main, ["check"])
    assert ran.exit_code == 1
    assert r"personas/bad\x1b[2Jname.yaml: the file's name" in ran.stderr
    assert "\x1b" not in ran.output
    assert "\x9b" not in ran.output


def test_a_log_can_neither_be_forged_nor_obeyed() -> None:
    """What libraries log may hold names that strangers chose; lines of a traceback stay lines."""
    record = logging.LogRecord("lib", logging.INFO, "", 0, "a \x1b[2J %s\u202e\n\tkey", ("hunter2",), None)
    first, second = TextFormatter(without(["hunter2"])).format(record).split("\n")
    assert first.endswith(r"lib: a \x1b[2J [secret]\u202e")
    assert second == r"\tkey"


def test_the_databases_password_stays_out_of_the_log() -> None:
    url = "postgresql://ann:swordfish@db/stories"
    secrets = secrets_of(Config.model_validate({"storage": {"url": url, "password": "hunter2-hunter2"}}))
    assert without(secrets)(f"{url} with hunter2-hunter2") == "[secret] with [secret]"
    short = secrets_of(Config.model_validate({"storage": {"password": "bot"}}))
    assert without(short)("bot.app: it runs") == "bot.app: it runs"


def test_a_near_miss_of_a_secrets_name_is_told_wherever_the_secret_is_missed(here: Here, host: Host) -> None:
    host.write(".env", f"DISCORD_TOKE={TOKEN}\n")
    near = "DISCORD_TOKE (in .env): this variable isn't used, did you mean `DISCORD_TOKEN`?"
    assert f"warning: {near}" in here.invoke(main, ["check"]).stdout.splitlines()
    for command in ("run", "invite", "chat"):
        assert near in here.invoke(main, [command], input="").stderr.splitlines()


PERMISSIONS = (
    1 << 6  # Add Reactions
    | 1 << 10  # View Channels
    | 1 << 11  # Send Messages
    | 1 << 14  # Embed Links
    | 1 << 15  # Attach Files
    | 1 << 16  # Read Message History
    | 1 << 29  # Manage Webhooks
    | 1 << 35  # Create Public Threads
    | 1 << 38  # Send Messages in Threads
)
"""Bits of Discord's permissions that the features need. Not Administrator (3), not Manage Messages (13)."""


@pytest.mark.parametrize(
    ("token", "link", "complaint"),
    [
        (
            TOKEN,
            "https://discord.com/oauth2/authorize?client_id=1199999999999999999&scope=bot+applications.commands&permissions=309774634048\n",
            "",
        ),
        (
            "not-a-token",
            "",
            "the token doesn't contain an application ID: copy it again from the Developer Portal, page Bot\n",
        ),
        ("", "", "no Discord token: set DISCORD_TOKEN in the environment or in .env\n"),
    ],
    ids=["good", "bad", "none"],
)
def test_invite_prints_the_link_with_the_least_permissions(
    token: str, link: str, complaint: str, here: Here
) -> None:
    assert PERMISSIONS == 309774634048
    ran = here.invoke(main, ["invite"], env={"DISCORD_TOKEN": token})
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0 if link else 1, link, complaint)


# --- health ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "code", "words"),
    [
        (30, 0, r"alive: last heartbeat 3\d s ago"),
        (300, 1, r"not alive: last heartbeat 3\d\d s ago"),
        (-5, 0, r"alive: last heartbeat 0 s ago"),
        (-300, 1, r"not alive: the last heartbeat is (300|29\d) s in the future; was the clock set back\?"),
        (None, 1, r"not alive: no heartbeat file at story\.sqlite3\.heartbeat; is the bot running\?"),
    ],
    ids=["fresh", "stale", "a little ahead", "from the future", "never"],
)
def test_health_goes_by_the_age_of_the_last_heartbeat(
    age: int | None, code: int, words: str, here: Here, host: Host
) -> None:
    if age is not None:
        host.write("story.sqlite3.heartbeat", "")
        os.utime(host.folder / "story.sqlite3.heartbeat", (then := time.time() - age, then))
    ran = here.invoke(main, ["health"], env={"DRAMATIS_STORAGE__PATH": "story.sqlite3"})
    assert ran.exit_code == code
    assert re.fullmatch(words, ran.output.strip())


@pytest.mark.parametrize("path", [".", "/", "~/story.sqlite3", "x" * 240])
def test_health_and_check_name_a_path_that_is_no_files(path: str, here: Here) -> None:
    for command in ("health", "check"):
        ran = here.invoke(main, [command], env={"DRAMATIS_STORAGE__PATH": path})
        assert (ran.exit_code, ran.stdout) == (1, "")
        assert ran.stderr.startswith("DRAMATIS_STORAGE__PATH: ")


# --- run ------------------------------------------------------------------------------------------


def test_without_a_token_run_says_so_in_a_line(here: Here) -> None:
    ran = here.bot("run", DISCORD_TOKEN="  ")
    assert ran == Ran(78, "", "no Discord token: set DISCORD_TOKEN in the environment or in .env\n")


def test_the_journal_has_the_level_of_each_line_that_says_why_a_start_fails(
    here: Here, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.write("config.yaml", "modle: {}\nlimts: {}\n")
    with (host.folder / "journal").open("w+") as journal:
        opened = os.fstat(journal.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{opened.st_dev}:{opened.st_ino}")
        monkeypatch.setattr(sys, "stderr", journal)
        with pytest.raises(SystemExit) as ended:
            main(["run"])
        journal.seek(0)
        lines = journal.read().splitlines()
    assert (ended.value.code, len(lines)) == (78, 2)
    assert all(line.startswith("<3>config.yaml:") for line in lines)


def test_what_stays_wrong_has_a_code_of_its_own_and_what_may_pass_has_not(here: Here, host: Host) -> None:
    several = here.bot("run", DISCORD_TOKEN=TOKEN, DRAMATIS_STORAGE__PROCESSES="several")
    alone = (
        "data/dramatis.sqlite3 is a file, which several processes can't share: each would have its own and answer everybody. "
        "Set storage.url to a PostgreSQL database, or delete storage.processes."
    )
    assert several == Ran(78, "", f"{alone}\n")
    assert not (host.folder / "data").exists()
    checked = here.bot("check", DISCORD_TOKEN=TOKEN, DRAMATIS_STORAGE__PROCESSES="several")
    assert (checked.code, checked.complaints[0]) == (1, alone)
    with socket.socket() as taken:  # nobody else gets its port meanwhile, and nobody listens there
        taken.bind(("127.0.0.1", 0))
        url = f"postgresql://dramatis@127.0.0.1:{taken.getsockname()[1]}/dramatis"
        away = here.bot("run", DISCORD_TOKEN=TOKEN, DRAMATIS_STORAGE__URL=url)
    assert (away.code, away.out, len(away.complaints)) == (1, "", 1)
    assert "doesn't answer" in away.err
    host.write("config.yaml", "modle: {}\n")
    assert here.bot("run").code == 78


async def test_a_port_that_is_taken_is_one_line(host: Host) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        ran = await host.bot("run", DISCORD_TOKEN=TOKEN, DRAMATIS_OPS__LISTEN=where)
    assert (ran.code, ran.out) == (1, "")
    reason = "because another program uses that port: choose another one, or stop the program"
    assert ran.complaints == [f"ops.listen can't be opened at {where}, {reason}"]


def test_or_rehearses_after_naming_the_three_steps(here: Here) -> None:
    ran = here.bot("run", "--or-rehearse", said="Hello\n")
    assert (ran.code, len(ran.out.splitlines())) == (0, 1)
    assert ran.complaints[0] == (
        "There is no Discord token, so this is a rehearsal on this computer. Three steps put the bot on Discord:"
    )
    assert [line[:4] for line in ran.complaints[1:4]] == ["  1.", "  2.", "  3."]
    assert ran.complaints[4] == (
        "Next to the token, write MINIMAX_API_KEY=… with the key from your MiniMax account. Without it the "
        "bot can't answer on Discord."
    )
    assert "come from built-in rules, not from M2-her" in ran.complaints[5]
    assert ran.complaints[6].startswith("Marlow is here.")


def test_the_steps_name_no_key_where_there_is_one(here: Here) -> None:
    ran = here.bot("run", "--or-rehearse", MINIMAX_API_KEY="k")
    assert (ran.code, ran.complaints[4]) == (0, "Using M2-her.")


def _newer(path: Path) -> None:
    database = sqlite3.connect(path)
    database.executescript(
        "CREATE TABLE future (x); PRAGMA application_id = 0x4472616D; PRAGMA user_version = 99"
    )
    database.close()


def _no_database(path: Path) -> None:
    path.write_text("My diary. " * 200, encoding="utf-8")


def _read_only(path: Path) -> None:
    path.touch()
    path.chmod(0o400)


def _folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_newer, "newer"),
        (_no_database, "not a database"),
        (_folder, "folder"),
        pytest.param(
            _read_only,
            "written",
            marks=pytest.mark.skipif(os.geteuid() == 0, reason="root may write to what is read-only"),
        ),
    ],
)
def test_a_database_it_cannot_use_is_one_line_and_stays_as_it_is(
    here: Here, host: Host, spoil: Callable[[Path], None], words: str
) -> None:
    path = host.folder / "story.sqlite3"
    spoil(path)
    before = path.read_bytes() if path.is_file() else b""
    ran = here.bot("run", DRAMATIS_STORAGE__PATH="story.sqlite3", DISCORD_TOKEN=TOKEN)
    assert (ran.code, ran.out, len(ran.complaints)) == (78, "", 1)
    assert "story.sqlite3" in ran.err
    assert words in ran.err
    assert (path.read_bytes() if path.is_file() else b"") == before


async def test_a_second_bot_on_the_same_story_is_refused_and_a_rehearsal_beside_it_is_not(host: Host) -> None:
    held = await Database.open(host.folder / "data" / "dramatis.sqlite3", exclusive=True)
    try:
        second, rehearsal = await asyncio.gather(
            host.bot("run", DISCORD_TOKEN=TOKEN), host.bot("chat", "--offline", said="Hello\n")
        )
    finally:
        await held.close()
    assert (second.code, second.out, len(second.complaints)) == (1, "", 1)
    assert "dramatis.sqlite3" in second.err
    assert "another" in second.err
    assert (rehearsal.code, len(rehearsal.out.splitlines())) == (0, 1)
