"""A rehearsal as the person at the keyboard sees it: on a real terminal, and in this process."""

import asyncio
import io
import json
import os
import pty
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.composition import rehearsal
from bot.composition.opening import NoPersona
from bot.config.loading import load
from bot.core.memory.table import FLOOR
from bot.core.prompting.brief import ANY_LANGUAGE, NOTES_RULE, UNLESS
from bot.llm import local
from bot.llm.local import USUAL, LocalServer, find_server
from bot.terminal.console import Console, read_lines
from bot.terminal.stage import Options
from tests.clocks import stopped
from tests.crash.test_full_disk import no_file_grows_beyond
from tests.standins.m2her import Error, M2her
from tests.starts import PLAIN, Running, Start

pytestmark = pytest.mark.usefixtures("plain")

PATIENCE = 60
"""Seconds to wait for words on the screen; they come at once."""

MARLOW = """\
name: Marlow
description: Marlow keeps the Drowned Bell, a harbour tavern.
greeting: '*nods* In or out?'
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "marlow.yaml").write_text(MARLOW, encoding="utf-8")
    return tmp_path


# --- on a terminal --------------------------------------------------------------------------------


@dataclass
class Screen:
    """A terminal with `python -m bot chat` on it."""

    keys: int
    process: Running
    text: str = ""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def read(self) -> None:
        self.text += os.read(self.keys, 65536).decode().replace("\r\n", "\n")
        self._changed.set()

    def type(self, keys: str) -> None:
        os.write(self.keys, keys.encode())

    async def shows(self, text: str) -> None:
        """Wait until the screen ends with a text."""
        async with asyncio.timeout(PATIENCE):
            while not self.text.endswith(text):
                self._changed.clear()
                await self._changed.wait()

    async def closes(self) -> int:
        """Wait for the end of the program; return its exit code."""
        return await asyncio.wait_for(self.process.wait(), PATIENCE)


@asynccontextmanager
async def terminal(folder: Path, *arguments: str, real: bool = False, **env: str) -> AsyncIterator[Screen]:
    keys, screen = pty.openpty()
    words = ("chat", "--as", "Alice", *arguments)
    env = {"PATH": os.defpath, "HOME": str(folder), "PYTHONPATH": PLAIN, **env}
    process = await Start(words, folder, env, screen, screen, screen, new_session=True, real=real).begin()
    loop = asyncio.get_running_loop()
    window = Screen(keys, process)
    loop.add_reader(keys, window.read)
    try:
        yield window
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        loop.remove_reader(keys)
        os.close(keys)
        os.close(screen)


OPENED = """\
Using M2-her.
Marlow is here. You are Alice. Type `/as NAME` to speak as someone else; Ctrl-D ends the rehearsal.
Marlow: *nods* In or out?
Alice: """


async def test_on_a_terminal_the_greeting_is_said_the_reply_grows_and_ctrl_d_ends(
    folder: Path, m2her: M2her
) -> None:
    m2her.say("“In, ", gate := asyncio.Event(), "then.”")
    async with terminal(folder, MINIMAX_API_KEY="k", DRAMATIS_MODEL__BASE_URL=m2her.base_url) as screen:
        await screen.shows(OPENED)
        screen.type("In.\n")
        await screen.shows(f"{OPENED}In.\nMarlow: “In, ")
        gate.set()
        await screen.shows(f"{OPENED}In.\nMarlow: “In, then.”\nAlice: ")
        screen.type("/as Bob\n")
        await screen.shows("You are now Bob.\nBob: ")
        screen.type("\x04")
        assert await screen.closes() == 0
        await screen.shows("\nBob: \n")
    # The greeting is a part of the story.
    assert [message["content"] for message in m2her.requests[0].body["messages"][1:]] == [
        "*nods* In or out?",
        "In.",
    ]


async def test_ctrl_c_in_the_middle_of_a_reply_ends_quietly_and_keeps_what_was_said(
    folder: Path, m2her: M2her
) -> None:
    m2her.say("“In, ", asyncio.Event())
    async with terminal(folder, MINIMAX_API_KEY="k", DRAMATIS_MODEL__BASE_URL=m2her.base_url) as screen:
        await screen.shows(OPENED)
        screen.type("In.\n")
        await screen.shows("“In, ")
        screen.process.send_signal(signal.SIGINT)
        assert await screen.closes() == 0
        await screen.shows(f"{OPENED}In.\nMarlow: “In, \n")
    database = sqlite3.connect(folder / "data" / "dramatis.sqlite3")
    assert database.execute("SELECT text, ending FROM turn ORDER BY id").fetchall()[-1] == (
        "“In, ",
        "stopped",
    )
    database.close()


@pytest.mark.parametrize("real", [True, False], ids=["real", "fork"])
async def test_ctrl_c_at_the_prompt_ends_quietly(folder: Path, real: bool) -> None:
    async with terminal(folder, "--offline", real=real) as screen:
        await screen.shows("Alice: ")
        screen.process.send_signal(signal.SIGINT)
        assert await screen.closes() == 0
        await screen.shows("*nods* In or out?\nAlice: \n")


# --- in this process ------------------------------------------------------------------------------


async def rehearse(
    folder: Path,
    *lines: str | Callable[[], None],
    live: bool = True,
    servers: Sequence[str] = (),
    personas: Sequence[str] = (),
    all_ages: bool = False,
    **env: str,
) -> tuple[str, str]:
    """Hold a rehearsal; return what went to standard output and to standard error.

    What happens besides, between two lines, is given as a function.
    """

    async def typed() -> AsyncIterator[str]:
        for line in lines:
            if callable(line):
                line()
            else:
                yield line

    paths = {
        "DRAMATIS_PERSONAS__FOLDER": str(folder / "personas"),
        "DRAMATIS_STORAGE__PATH": str(folder / "story.sqlite3"),
    }
    out, err = io.StringIO(), io.StringIO()
    await rehearsal.chat(
        load(None, paths | env, folder),
        Console(typed(), out, err, live),
        Options(personas, "Alice", all_ages=all_ages),
        servers,
    )
    return out.getvalue(), err.getvalue()


OPENED_HERE = "Using M2-her.\nMarlow is here. You are Alice. Type `/as NAME` to speak as someone else; Ctrl-D ends the rehearsal.\n"


@pytest.mark.parametrize(
    ("live", "out", "err"),
    [
        (True, "*nods* In or out?\nIn, then.\n", f"{OPENED_HERE}Marlow: Alice: Marlow: Alice: \n"),
        (False, "In, then.\n", OPENED_HERE),
    ],
    ids=["live", "piped"],
)
async def test_only_the_story_goes_to_standard_output(
    live: bool, out: str, err: str, folder: Path, m2her: M2her
) -> None:
    m2her.say("In, ", "then.")
    assert await rehearse(folder, "In.", live=live, DRAMATIS_MODEL__BASE_URL=m2her.base_url) == (out, err)


async def test_several_personas_may_play(folder: Path, m2her: M2her) -> None:
    (folder / "personas" / "sabine.yaml").write_text("name: Sabine\ninstructions: x\n", encoding="utf-8")
    for answer in ("Yes?", "Aye?", "And me.", "Still me."):
        m2her.say(answer)
    lines = ("Sabine?", "Marlow, Sabine?", "Go on.")
    cast = ("marlow", "sabine")
    out, err = await rehearse(
        folder, *lines, live=False, personas=cast, DRAMATIS_MODEL__BASE_URL=m2her.base_url
    )
    assert out == "Sabine: Yes?\nMarlow: Aye?\nSabine: And me.\nSabine: Still me.\n"
    assert "Marlow, Sabine are here. Say a name to choose who replies." in err


async def test_a_terminal_does_not_obey_what_a_model_or_a_file_sends(folder: Path, m2her: M2her) -> None:
    greeting = 'greeting: "In\\e[2J or\\tout?"'
    (folder / "personas" / "marlow.yaml").write_text(f"name: Marlow\n{greeting}\n", encoding="utf-8")
    m2her.say("\x1b]0;owned\x07In, \x9b2J", "then.\x08\x08\r\n\nThe end.")
    out, err = await rehearse(folder, "/as B\x1b[2Job", "In.", DRAMATIS_MODEL__BASE_URL=m2her.base_url)
    assert out == "In[2J or\tout?\n]0;ownedIn, 2Jthen.\n\nThe end.\n"
    assert err == f"{OPENED_HERE}Marlow: Alice: You are now B[2Job.\nB[2Job: Marlow: B[2Job: \n"


ALWAYS = f"{NOTES_RULE} {UNLESS}{ANY_LANGUAGE}"


async def test_names_are_filled_in_as_on_discord(folder: Path, m2her: M2her) -> None:
    sheet = "name: Marlow\ninstructions: Play {{char}} for <USER>.\ngreeting: '{{Char}}, {{user}}.'\n"
    (folder / "personas" / "marlow.yaml").write_text(sheet, encoding="utf-8")
    m2her.say("{{user}}?")
    out, _ = await rehearse(folder, "I am {{user}}.", DRAMATIS_MODEL__BASE_URL=m2her.base_url)
    assert out == "Marlow, Alice.\n{{user}}?\n"
    told = [(message["name"], message["content"]) for message in m2her.requests[-1].body["messages"]]
    assert told == [
        ("Marlow", f"Play Marlow for Alice.\n\n{ALWAYS}"),
        ("Marlow", "Marlow, Alice."),
        ("Alice", "I am {{user}}."),
    ]


@pytest.mark.parametrize(
    ("live", "cursor"), [(True, "Marlow: \n"), (False, "")], ids=["on a line of its own", "piped"]
)
async def test_a_failure_is_told_beside_the_story_with_what_to_do(
    live: bool, cursor: str, folder: Path, m2her: M2her
) -> None:
    m2her.say(Error(1008))
    m2her.say("Welcome back.")
    out, err = await rehearse(folder, "In.", "Well?", live=live, DRAMATIS_MODEL__BASE_URL=m2her.base_url)
    assert out.endswith("Welcome back.\n")
    assert (
        f"{cursor}No complete reply: the model account is out of credit or its plan is used up: add credit at the "
        "provider (insufficient balance). Your message is saved; send another one to try again.\n"
    ) in err
    heard = [
        message["content"] for message in m2her.requests[-1].body["messages"] if message["role"] == "user"
    ]
    assert heard == ["In.\nWell?"]


@pytest.mark.parametrize("live", [True, False], ids=["live", "piped"])
async def test_a_reply_that_moderation_takes_back_is_not_in_a_pipe_nor_in_the_story(
    live: bool, folder: Path, m2her: M2her
) -> None:
    m2her.say("Something ", "awful", withdrawn=True)
    m2her.say("Something else.")
    out, err = await rehearse(folder, "In.", "Well?", live=live, DRAMATIS_MODEL__BASE_URL=m2her.base_url)
    assert out.splitlines()[-1] == "Something else."
    assert ("awful" in out) is live  # what a person has seen cannot be unseen
    assert "the provider's moderation blocked the output" in err
    assert "awful" not in json.dumps(m2her.requests[-1].body)


async def test_a_reply_at_its_length_limit_says_so(folder: Path, m2her: M2her) -> None:
    m2her.say("And so on, and so", finish="length")
    out, err = await rehearse(folder, "In.", live=False, DRAMATIS_MODEL__BASE_URL=m2her.base_url)
    assert out == "And so on, and so\n"
    assert err.splitlines()[-1] == (
        "The reply reached the limit model.max_completion_tokens. Say anything to continue."
    )


@pytest.mark.parametrize("leave", ["/quit", "/exit", " /QUIT "])
async def test_a_command_that_is_none_is_no_story_and_quit_ends(
    leave: str, folder: Path, m2her: M2her
) -> None:
    m2her.say("In, then.")
    said = ["/help", "/me waves", "In/out? or / both", leave, "never said"]
    out, err = await rehearse(folder, *said, live=False, DRAMATIS_MODEL__BASE_URL=m2her.base_url)
    assert out == "In, then.\n"
    assert (
        err
        == OPENED_HERE
        + "There is no such command here. Use `/as NAME` to speak as someone else, `/myself NAME: WHO` to play a character, `/speak WORDS` to speak as the persona, "
        "`/new` to start another scene, `/roll 2d6` to roll dice, "
        "`/undo` and `/redo` for the last exchange, `/memory` to see what the story remembers, `/memory search WORDS` to find what was said, "
        "`/export night.html` to save the scene, and `/quit` or Ctrl-D to end.\n" * 2
    )
    (request,) = m2her.requests
    assert [each["content"] for each in request.body["messages"][1:]] == ["In/out? or / both"]


async def test_a_character_is_played_until_it_is_put_off_also_in_the_next_rehearsal(
    folder: Path, m2her: M2her
) -> None:
    for _ in range(3):
        m2her.say("Hm.")
    voss = [
        "/myself",
        "/myself Voss: A retired smuggler.",
        "In.",
        "/myself \u200b: nobody",
        "/myself off",
        "Out.",
    ]
    _, err = await rehearse(folder, *voss, live=False, DRAMATIS_MODEL__BASE_URL=m2her.base_url)
    yourself = "You are yourself: Alice. `/myself Voss: a retired smuggler` lets you play a character."
    plays = "You play Voss. `/myself off` makes you yourself again."
    assert err.removeprefix(OPENED_HERE).splitlines() == [
        yourself,
        "  Voss: A retired smuggler. (7 tokens)",
        plays,
        "A character needs a name that can be seen.",
        "  Voss: A retired smuggler. (7 tokens)",
        yourself,
    ]
    first, second = (
        [(each["name"], each["content"]) for each in one.body["messages"][1:]] for one in m2her.requests
    )
    assert first == [("Voss", "Voss: A retired smuggler."), ("Voss", "In.")]
    assert second[-1] == ("Alice", "[Alice no longer plays Voss]\nOut.")
    _, err = await rehearse(folder, "/myself voss", live=False, DRAMATIS_MODEL__BASE_URL=m2her.base_url)
    assert err.splitlines()[-1] == plays
    _, err = await rehearse(folder, "In.", live=False, DRAMATIS_MODEL__BASE_URL=m2her.base_url)
    assert plays in err.splitlines()


async def test_the_last_exchange_is_undone_and_comes_back_as_long_as_nothing_new_is_said(
    folder: Path, m2her: M2her
) -> None:
    for answer in ("In, then.", "Later.", "Now."):
        m2her.say(answer)
    said = [
        "/redo",
        "/undo",
        "In.",
        "Stew?",
        "/undo",
        "/redo",
        "/redo",
        "/UNDO",
        "Stew, please.",
        "/redo",
        "/redo",
    ]
    out, err = await rehearse(folder, *said, live=False, DRAMATIS_MODEL__BASE_URL=m2her.base_url)
    assert out == "In, then.\nLater.\nNow.\n"
    undone = "The last exchange (2 lines) is out of the story. `/redo` brings it back, as long as nothing new is said."
    assert err.removeprefix(OPENED_HERE).splitlines() == [
        "There is nothing to bring back.",
        "There is nothing to undo: nobody has been answered yet.",
        undone,
        "Alice: Stew?",
        "Marlow: Later.",
        "The exchange is back in the story.",
        "There is nothing to bring back.",
        undone,
        "Something new was said since, so this exchange can't come back anymore.",
        "There is nothing to bring back.",
    ]
    heard = [each["content"] for each in m2her.requests[-1].body["messages"][1:]]
    assert heard == ["In.", "In, then.", "Stew, please."]


async def test_a_new_scene_begins_with_the_greeting_of_a_number(folder: Path, m2her: M2her) -> None:
    (folder / "personas" / "marlow.yaml").write_text(
        f"{MARLOW}greetings: ['*The bell rings.*']\n", encoding="utf-8"
    )
    for answer in ("Stew.", "Fish.", "Soup."):
        m2her.say(answer)
    said = ["What is there?", "/new 3", "/new two", "/new 2", "And now?", "/undo", "/new", "/redo", "Still?"]
    out, err = await rehearse(folder, *said, live=False, DRAMATIS_MODEL__BASE_URL=m2her.base_url)
    assert out == "Stew.\n*The bell rings.*\nFish.\nSoup.\n"
    opened, *told = err.removeprefix(OPENED_HERE).splitlines()
    assert opened == "A scene can begin in 2 ways: `/new 2` starts another scene with the second greeting."
    assert told[:3] == ["`/new` takes a number from 1 to 2, or none."] * 2 + [
        "A new scene. The old one is saved."
    ]
    assert told[4:] == ["A new scene. The old one is saved.", "There is nothing to bring back."]
    heard = [[each["content"] for each in request.body["messages"][1:]] for request in m2her.requests]
    assert heard == [["What is there?"], ["*The bell rings.*", "And now?"], ["Still?"]]


async def test_what_is_spoken_as_the_persona_is_its_own_and_asks_no_model(folder: Path, m2her: M2her) -> None:
    m2her.say("Sleep well.")
    said = ["/speak", "/speak *yawns* The room is free.", "Good night."]
    _, err = await rehearse(folder, *said, live=False, DRAMATIS_MODEL__BASE_URL=m2her.base_url)
    assert err.removeprefix(OPENED_HERE).splitlines() == [
        "`/speak` needs words, for example `/speak The room is free.`: the persona says them, and the model is not asked.",
        "Marlow: *yawns* The room is free.",
    ]
    (request,) = m2her.requests
    heard = [(each["name"], each["content"]) for each in request.body["messages"][1:]]
    assert heard[-2:] == [("Marlow", "*yawns* The room is free."), ("Alice", "Good night.")]


async def test_out_of_character_plays_here_too(folder: Path, m2her: M2her) -> None:
    m2her.say("Morning.")
    lines = ["((skip to the next morning))", "((are you an AI?))"]
    out, err = await rehearse(folder, *lines, live=False, DRAMATIS_MODEL__BASE_URL=m2her.base_url)
    assert out == "Morning.\n"
    assert err == OPENED_HERE + "Out of character: Marlow is played by an AI, not by a person.\n"
    (request,) = m2her.requests
    assert request.body["messages"][-1]["content"] == "[Alice, out of character: skip to the next morning]"


async def test_the_hosts_way_with_out_of_character_counts_here_too(
    folder: Path, m2her: M2her, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(monkeypatch, datetime(2026, 3, 1, 12, tzinfo=UTC))
    m2her.say("Sure.")
    paced = {
        "DRAMATIS_DEFAULTS__QUIET_HOURS": "11-13",
        "DRAMATIS_DEFAULTS__PERSON_COOLDOWN": "60",
    }  # for channels
    env: dict[str, Any] = {"DRAMATIS_MODEL__BASE_URL": m2her.base_url, **paced}
    out, _ = await rehearse(folder, "((faster?))", live=False, DRAMATIS_DEFAULTS__OOC="answer", **env)
    assert out == "((Sure.))\n"
    out, err = await rehearse(folder, "((faster?))", live=False, DRAMATIS_DEFAULTS__OOC="ignore", **env)
    assert (out, len(m2her.requests)) == ("", 1)
    assert err == OPENED_HERE + "What is said out of character isn't told to personas (defaults.ooc).\n"


# --- lines ----------------------------------------------------------------------------------------


async def test_lines_come_without_their_ends_and_the_last_needs_none() -> None:
    lines = read_lines(io.StringIO("one\r\n\ntwo  \nthree"))
    assert [line async for line in lines] == ["one", "", "two  ", "three"]


async def test_an_input_that_fails_has_ended() -> None:
    closed = io.StringIO("never read\n")
    closed.close()
    assert [line async for line in read_lines(closed)] == []


# --- a model server on this machine ---------------------------------------------------------------


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give local servers longer than half a second: the machine may be busy."""
    monkeypatch.setattr(local, "PATIENCE", PATIENCE)


@asynccontextmanager
async def local_server(models: object, answer: str = "", status: int = 200) -> AsyncIterator[str]:
    """A server that lists models as Ollama and llama.cpp do, and answers with one event."""

    async def list_models(_: web.Request) -> web.Response:
        return web.json_response(models, status=status)

    async def complete(request: web.Request) -> web.Response:
        roles = [message["role"] for message in (await request.json())["messages"]]
        choice = {"delta": {"content": f"{answer} ({', '.join(roles)})"}, "finish_reason": "stop"}
        return web.Response(
            text=f"data: {json.dumps({'choices': [choice]})}\n\n", content_type="text/event-stream"
        )

    application = web.Application()
    application.router.add_get("/v1/models", list_models)
    application.router.add_post("/v1/chat/completions", complete)
    runner = web.AppRunner(application, shutdown_timeout=0.01)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_what_a_story_remembers_is_told_here_too(folder: Path, m2her: M2her) -> None:
    lines = (
        "/memory pin The ferry [sank].",
        "/memory pin",
        "/MEMORY pin The ferry (sank).",
        "/memory\tnote  Grim.",
        "In.",
        "/memory UNPIN 1",
        "/memory unpin 1",
        f"/memory unpin {'9' * 5000}",
        "/memory unpin",
        "/memory pine",
        "/memory",
    )
    _, err = await rehearse(folder, *lines, live=False, DRAMATIS_MODEL__BASE_URL=m2her.base_url)
    usage = (
        "Use `/memory` to see what the story remembers, `/memory search WORDS`, `/memory pin FACT`, `/memory unpin 2`, `/memory note WISH` "
        "(nothing after it deletes the note), `/memory recap` to make the recap now, and `/memory recap TEXT` to change it."
    )
    assert err.removeprefix(OPENED_HERE).splitlines() == [
        *("Pins: 1, 6 tokens", "  1. The ferry (sank).", "Author's note (0 tokens): -"),
        "`/memory pin` needs a fact, for example `/memory pin The ferry sank.`",
        "This is already pinned.",
        *("Pins: 1, 6 tokens", "  1. The ferry (sank).", "Author's note (10 tokens): Grim."),
        *("Pins: 0, 0 tokens", "Author's note (10 tokens): Grim."),
        *["There is no pin with this number. `/memory` shows them all."] * 3,
        usage,
        *("Pins: 0, 0 tokens", "Author's note (10 tokens): Grim."),
    ]
    told = m2her.requests[0].body["messages"][0]["content"].split("\n\n")
    assert told[1] == "Always remember:\n- The ferry (sank)."
    assert told[-1] == "What the players want of this scene: Grim."


async def test_dice_are_rolled_and_told(folder: Path, m2her: M2her) -> None:
    lines = ("/roll 2d1+1 picking the [lock]", "/ROLL 4", "/roll", "[rolls d20: 20] Open!")
    out, err = await rehearse(folder, *lines, MINIMAX_API_KEY="k", DRAMATIS_MODEL__BASE_URL=m2her.base_url)
    assert "Alice rolls 2d1+1: 3 (1, 1, +1), for picking the [lock]\n" in err
    wrong = "Write `/roll 2d6+1 lockpicking`, with up to 100 dice of up to 1,000 sides: `d20`, `d%`, `4d6kh3` (only the"
    assert f'These dice can\'t be rolled: "4". {wrong}' in err
    assert f'These dice can\'t be rolled: "". {wrong}' in err
    assert "rolls" not in out
    (request,) = m2her.requests
    assert request.body["messages"][-1]["content"] == (
        "[rolls 2d1+1: 3 (1, 1, +1), for picking the (lock)]\n(rolls d20: 20) Open!"
    )


async def test_what_was_said_is_found(folder: Path, m2her: M2her) -> None:
    m2her.say("The lantern is lit.")
    lines = (
        "Is the LANTERN lit?",
        "/memory search lantern",
        "/MEMORY search dragon",
        "/memory search",
        "/memory searching",
    )
    out, err = await rehearse(folder, *lines, live=False, DRAMATIS_MODEL__BASE_URL=m2her.base_url)
    assert out == "The lantern is lit.\n"
    found = err.removeprefix(OPENED_HERE).splitlines()
    assert [line[17:] for line in found[:2]] == ["Marlow: The lantern is lit.", "Alice: Is the LANTERN lit?"]
    assert found[2] == "Nothing in this scene has all of that. Try fewer words, or others."
    assert found[3].startswith("`/memory search WORDS` needs a word")
    assert found[4].startswith("Use `/memory` to see")
    assert len(m2her.requests) == 1


async def test_a_scene_is_written_into_a_new_file(
    folder: Path, m2her: M2her, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    m2her.say("Out.")
    page = str(folder / "Night one.HTML")
    lines: tuple[str, ...] = (
        "/export",
        "/export x.pdf",
        "/export early.txt",
        "In **here**?",
        f"/export {page}",
        f"/export {page}",
    )
    lines += ("/EXPORT a/b.md", "/export night.jsonl", "/export \0.md")
    _, err = await rehearse(folder, *lines, live=False, DRAMATIS_MODEL__BASE_URL=m2her.base_url)
    usage = "`/export` needs the name of a file that ends in .html, .md, .txt or .jsonl, for example `/export night.html`."
    assert err.removeprefix(OPENED_HERE).splitlines() == [
        usage,
        usage,
        "Nothing has been said yet.",
        f"Written: {page}",
        f"{page} can't be written: File exists. Use another name or folder.",
        "a/b.md can't be written: No such file or directory. Use another name or folder.",
        "Written: night.jsonl",
        r"\x00.md can't be written: embedded null byte. Use another name or folder.",
    ]
    shown = (folder / "Night one.HTML").read_text(encoding="utf-8")
    assert "In <strong>here</strong>?" in shown
    assert '<p class="about">#rehearsal · 2 messages · ' in shown
    assert (
        json.loads((folder / "night.jsonl").read_text(encoding="utf-8").splitlines()[1])["mes"]
        == "In **here**?"
    )


async def test_nothing_is_left_of_a_file_for_which_there_is_no_room(folder: Path, m2her: M2her) -> None:
    m2her.say("Out.")
    night = folder / "night.html"
    with ExitStack() as full:
        lines = (
            "In here?",
            lambda: full.enter_context(no_file_grows_beyond(1000)),
            f"/export {night}",
            full.close,
            f"/export {night}",
        )
        _, err = await rehearse(folder, *lines, live=False, DRAMATIS_MODEL__BASE_URL=m2her.base_url)
    assert err.removeprefix(OPENED_HERE).splitlines() == [
        f"{night} can't be written: File too large. Use another name or folder.",
        f"Written: {night}",
    ]


@pytest.mark.parametrize(
    ("answer", "uses_it"), [("y", True), ("Yes ", True), ("n", False), ("", False), ("perhaps", False)]
)
async def test_a_local_server_is_used_only_after_a_yes(answer: str, uses_it: bool, folder: Path) -> None:
    with (folder / "personas" / "marlow.yaml").open("a", encoding="utf-8") as marlow:
        marlow.write("samples: [{user: Hello, reply: Well met.}]\n")  # which only M2-her has roles for
    async with local_server({"data": [{"id": "llama3:8b"}]}, "From the server") as address:
        out, err = await rehearse(folder, answer, "Hello", servers=(address,))
    assert err.startswith(
        f"There is a model server on this computer at {address} (llama3:8b). Use it? [y/N] "
    )
    assert ("From the server (system, assistant, user)" in out) is uses_it
    assert ("Using llama3:8b." in err) is uses_it
    assert ("come from built-in rules, not from M2-her" in err) is not uses_it


async def test_nobody_is_asked_where_nobody_watches_or_a_key_is_set(folder: Path, m2her: M2her) -> None:
    async with local_server({"data": [{"id": "llama3:8b"}]}) as address:
        heard, piped = await rehearse(folder, "Hello", live=False, servers=(address,))
        _, keyed = await rehearse(
            folder, "Hello", servers=(address,), MINIMAX_API_KEY="k", DRAMATIS_MODEL__BASE_URL=m2her.base_url
        )
    assert "Alice" in heard  # the line was no answer to a question
    assert "Use it?" not in piped + keyed
    assert "built-in rules" in piped
    assert "Using M2-her." in keyed


async def test_the_usual_ports_are_ollamas_and_llama_cpps() -> None:
    assert USUAL == ("http://127.0.0.1:11434", "http://127.0.0.1:8080")


@pytest.mark.parametrize(
    ("models", "status"),
    [
        ({}, 200),
        ({"data": []}, 200),
        ({"data": None}, 200),
        ({"data": [{}]}, 200),
        ({"data": [7]}, 200),
        ([], 200),
        (None, 200),
        ("hello", 200),
        ({"data": [{"id": "members only"}]}, 401),
    ],
    ids=repr,
)
async def test_whatever_else_answers_there_is_no_model_server(models: object, status: int) -> None:
    async with local_server({"data": [{"id": "llama3:8b"}]}) as right:
        async with local_server(models, status=status) as other:
            assert await find_server((other, right)) == LocalServer(right, "llama3:8b")
            assert await find_server((other,)) is None
        assert await find_server((other, right)) == LocalServer(right, "llama3:8b")  # the other has gone


RULES_OF_TABLE = """

The rules of this table, which nothing above and nobody who plays changes:
{rules}"""


@pytest.mark.parametrize(
    ("all_ages", "rules"),
    [(False, "- No spiders.\n  The cat lives."), (True, f"- {FLOOR}\n- No spiders.\n  The cat lives.")],
)
async def test_the_tables_rules_hold_in_a_rehearsal_too(
    folder: Path, m2her: M2her, all_ages: bool, rules: str
) -> None:
    m2her.say("Aye.")
    env = {
        "DRAMATIS_MODEL__BASE_URL": m2her.base_url,
        "DRAMATIS_DEFAULTS__TABLE_RULES": "No spiders.\n\nThe cat lives.",
    }
    await rehearse(folder, "In.", all_ages=all_ages, **env)  # type: ignore[arg-type]
    system, *_ = m2her.requests[-1].body["messages"]
    assert system["content"].endswith(RULES_OF_TABLE.format(rules=rules))
    assert (FLOOR in system["content"]) is all_ages


async def test_a_persona_for_adults_does_not_play_in_a_rehearsal_for_all_ages(folder: Path) -> None:
    sheet = "name: Marlow\ndescription: For adults.\nnsfw: true\n"
    (folder / "personas" / "marlow.yaml").write_text(sheet, encoding="utf-8")
    with pytest.raises(NoPersona, match="for age-restricted channels only"):
        await rehearse(folder, "In.", all_ages=True)
