"""Fault by fault: what the channel shows, what the story keeps, what a button then does. docs/replies.md tells it.

Each fault has an entry in FAULTS; those that another test covers whole are named in ELSEWHERE.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.completion import ErrorKind, Message, ModelError, Prompt, Sampling
from bot.core.scene import Ending
from bot.core.settings import Face, Settings
from bot.core.tokens import Size
from bot.discord_ui.posting.sender import EFFORTS
from bot.llm.gate import Way
from bot.llm.tries import RETRIED, Policy, Timeouts, Tries
from bot.storage.history import History
from tests.databases import sqlite_of
from tests.llm.question import PlainQuestion
from tests.standins.discord_wire import Permission
from tests.standins.m2her import End, Error, M2her, Part
from tests.tavern import RULES
from tests.wired import Wired, until, wire

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "replies.md").read_text(encoding="utf-8")

DONE, CUT, NONE = ("↻ Again", "⋯ More"), ("↻ Again", "Continue", "⋯ More"), ("Retry",)
JUDGED = ("Retry", "Why?")
WITHDRAWN = "The AI provider's filter let no reply through. Press Retry or mention the bot."
"""The buttons under a reply that is whole, one that was cut, and one that never came."""

NO_FIRST_WORD = Timeouts(first_token=0.3)
NO_NEXT_WORD = Timeouts(between_tokens=0.1)

VARIANTS = ("◀", "↻ Again", "⋯ More")

NOTHING, CAME, ALL, SEEN = "nothing", "what arrived", "all of it", "what people saw"


@dataclass(frozen=True, slots=True)
class Fault:
    """A failure of the model.

    Attributes:
        what: how the page calls it.
        parts: what the model sends, each time it is asked.
        sentence: what the channel is told.
        times: how often the model is asked.
        begun: whether words came before.
    """

    what: str
    parts: tuple[Part, ...]
    sentence: str
    times: int = 1
    begun: bool = False
    finish: str = "stop"
    timeouts: Timeouts | None = None

    @property
    def keeps(self) -> str:
        return CAME if self.begun else NOTHING

    @property
    def buttons(self) -> tuple[str, ...]:
        return JUDGED if self.sentence == WITHDRAWN else CUT if self.begun else NONE


FAULTS = (
    Fault(
        "Too many requests",
        (Error(1002),),
        "The AI model has too many requests right now. Try again in a minute. Press Retry or mention the bot.",
        times=3,
    ),
    Fault(
        "The account is out of credit",
        (Error(1008),),
        "The bot's AI account is out of credit. The bot's owner can add more.",
    ),
    Fault(
        "The key is refused",
        (Error(2049),),
        "The AI model didn't accept the bot's key. The bot's owner can set a new one.",
    ),
    Fault(
        "The input is blocked",
        (Error(1026),),
        WITHDRAWN,
    ),
    Fault(
        "The output is blocked",
        (Error(1027),),
        WITHDRAWN,
    ),
    Fault(
        "Too long, even without the earlier story",
        (Error(2013, "invalid params, context window exceeds limit"),),
        "This is too long for the AI model, even without the earlier story. Send a shorter message, or ask "
        "the bot's owner to check the log.",
    ),
    Fault(
        "The request is not understood",
        (Error(2013, "invalid params, temperature must be in (0, 1]"),),
        "The AI model didn't understand the request. The bot's owner can find the reason in the log. Press "
        "Retry or mention the bot.",
    ),
    Fault(
        "The model is overloaded",
        (Error(1013),),
        "The AI model is having trouble. Try again in a minute. Press Retry or mention the bot.",
        times=3,
    ),
    Fault(
        "The model can't be reached",
        (End.RESET,),
        "The AI model can't be reached. Try again in a minute. Press Retry or mention the bot.",
        times=3,
    ),
    Fault(
        "The model doesn't answer",
        (End.STALL,),
        "The AI model took too long. Press Retry or mention the bot.",
        times=3,
        timeouts=NO_FIRST_WORD,
    ),
    Fault(
        "The stream ends before the first word",
        (End.CUT,),
        "The reply was cut off. Press Retry or mention the bot.",
        times=3,
    ),
    Fault(
        "The reply has no visible text",
        ("\u200b\u200b",),
        "The reply was cut off. Press Retry or mention the bot.",
    ),
    Fault(
        "Too many requests, in mid-reply",
        (Error(1002),),
        "The AI model has too many requests right now. Try again in a minute. Press Continue or mention the bot.",
        begun=True,
    ),
    Fault(
        "Overloaded, in mid-reply",
        (Error(1013),),
        "The AI model is having trouble. Try again in a minute. Press Continue or mention the bot.",
        begun=True,
    ),
    Fault(
        "The stream breaks off",
        (End.CUT,),
        "The reply was cut off. Press Continue or mention the bot.",
        begun=True,
    ),
    Fault(
        "The connection breaks",
        (End.RESET,),
        "The reply was cut off. Press Continue or mention the bot.",
        begun=True,
    ),
    Fault(
        "The stream stalls",
        (End.STALL,),
        "The AI model took too long. Press Continue or mention the bot.",
        begun=True,
        timeouts=NO_NEXT_WORD,
    ),
    Fault(
        "The reply reaches its length limit",
        (),
        "The reply reached the length limit. Press Continue or mention the bot.",
        begun=True,
        finish="length",
    ),
)


BROKE_OFF = "The reply was cut off. Press Continue or mention the bot."
STOPPED = "The reply was stopped. Press Continue or mention the bot."
INTERRUPTED = "The bot restarted during this reply. Press Continue or mention the bot."
UNSAID = "There was no reply. Press Retry or mention the bot."
RESTING = "The AI model isn't responding. Try again in {} s. Press Retry or mention the bot."
UNKEPT = (
    "The bot couldn't save what was written here, so it can't reply. The bot's owner can find the reason in "
    "the log. Mention the bot to try again."
)
UNTAKEN = "Discord didn't accept that. Check that the bot can post here, then try again."


@dataclass(frozen=True, slots=True)
class Row:
    """What the page says of a fault; `test` holds it."""

    keeps: str
    buttons: tuple[str, ...]
    test: str
    sentence: str = ""


HERE, LIVE = "discord_ui/replies/test_faults.py", "discord_ui/replies/test_live.py"
REFUSED, ENDLESS = "discord_ui/replies/test_refused_words.py", "discord_ui/replies/test_endless.py"

TABLE = {
    fault.what: Row(fault.keeps, fault.buttons, f"{HERE}::test_a_fault_of_the_model", fault.sentence)
    for fault in FAULTS
} | {
    "It failed five times in a row": Row(
        NOTHING, NONE, f"{HERE}::test_the_model_is_left_alone", RESTING.format(15)
    ),
    "Stop is pressed between two tries": Row(NOTHING, NONE, f"{HERE}::test_stop_before_a_word", UNSAID),
    "The bot is killed before the first word": Row(
        NOTHING,
        NONE,
        "test_life.py::test_kill_9_before_the_first_word_is_told_once_to_all_who_wait",
        "The bot restarted during this reply. Press Retry or mention the bot.",
    ),
    "Another variant fails": Row(
        "the previous variant",
        ("↻ Again",),
        "discord_ui/interactions/revisions/test_controls.py::test_the_reason_names_the_button_that_tries_again",
    ),
    "The model doesn't stop": Row(
        SEEN,
        CUT,
        f"{ENDLESS}::test_no_more_than_eight_characters_a_token_are_taken",
        "The reply reached the length limit. Press Continue or mention the bot.",
    ),
    "Stop is pressed, or the bot paused, while posts are still being made": Row(
        SEEN, CUT, f"{ENDLESS}::test_posts_not_yet_made_are_not_made", STOPPED
    ),
    "Discord's filters block the first words": Row(
        NOTHING,
        NONE,
        f"{REFUSED}::test_the_first_post",
        "Discord blocked words in this reply. Press Retry or mention the bot.",
    ),
    "Discord's filters block words in mid-reply": Row(
        SEEN,
        CUT,
        f"{REFUSED}::test_the_last_edit",
        "Discord blocked words in this reply. Press Continue or mention the bot.",
    ),
    "Discord's filters block what you write in `/talk` or in *Edit reply*": Row(
        SEEN,
        DONE,
        f"{REFUSED}::test_an_edit_of_a_reply_that_is_refused_changes_nothing",
        "Discord blocked those words. Try again with other words.",
    ),
    "Discord's filters block what a button brings back": Row(
        SEEN,
        VARIANTS,
        f"{REFUSED}::test_a_variant_that_is_refused_when_it_is_shown_again",
        "Discord blocked words in that reply, so what was there before stays.",
    ),
    "Somebody presses Stop": Row(CAME, CUT, f"{HERE}::test_stop", STOPPED),
    "The provider takes the words back": Row(
        NOTHING, JUDGED, f"{HERE}::test_the_words_are_withdrawn", WITHDRAWN
    ),
    "The bot is restarted": Row(CAME, CUT, f"{HERE}::test_the_bot_is_restarted", STOPPED),
    "The bot is killed": Row(
        CAME, CUT, "test_life.py::test_kill_9_loses_nothing_people_saw_and_says_nothing_twice", INTERRUPTED
    ),
    "Its only post is deleted while it is being written": Row(
        NOTHING, (), f"{LIVE}::test_a_reply_deleted_while_it_grows_stops_at_once_and_leaves_the_story"
    ),
    "One of its posts is deleted while it is being written": Row(
        SEEN,
        CUT,
        "discord_ui/interactions/common/test_pressing.py::test_what_is_left_of_a_reply_whose_page_was_deleted_does_not_say_stop",
    ),
    "The channel or thread is deleted": Row(NOTHING, (), f"{HERE}::test_a_channel_is_deleted"),
    "The webhook is deleted": Row(ALL, DONE, f"{HERE}::test_the_webhook_is_deleted"),
    "Manage Webhooks is taken away": Row(ALL, DONE, f"{HERE}::test_manage_webhooks_is_lost"),
    "Send Messages is taken away": Row(SEEN, CUT, f"{HERE}::test_send_messages_is_lost", BROKE_OFF),
    "The bot can't see the channel anymore": Row(
        SEEN, ("Stop",), f"{HERE}::test_the_channel_is_out_of_sight"
    ),
    "A request to Discord fails, is lost or hangs": Row(
        ALL, DONE, f"{LIVE}::test_a_request_that_fails_in_passing_is_made_again_and_nothing_stands_twice"
    ),
    "Discord doesn't accept the first post for half a minute": Row(
        NOTHING, (), f"{HERE}::test_discord_takes_no_first_post"
    ),
    "Discord doesn't accept the last edit for half a minute": Row(
        SEEN, ("Stop",), f"{HERE}::test_discord_takes_no_last_words"
    ),
    "The connection to Discord drops": Row(
        ALL, DONE, "test_life.py::test_an_invalid_session_leaves_the_running_reply_alone"
    ),
    "The disk is full": Row(SEEN, CUT, f"{HERE}::test_the_disk_is_full", UNKEPT),
    "The database can't be written": Row(SEEN, ("Stop",), f"{HERE}::test_the_database_takes_nothing", UNKEPT),
    "A button press can't be saved": Row(
        NOTHING,
        NONE,
        f"{HERE}::test_a_retry_that_cannot_be_kept",
        "The bot couldn't save this. The bot's owner can find the reason in the log. Try again later.",
    ),
    "A variant can't be shown": Row(
        "the previous variant",
        VARIANTS,
        "discord_ui/interactions/common/test_pressing.py::test_a_variant_that_discord_does_not_show_is_not_remembered",
        UNTAKEN,
    ),
}


def test_the_page_has_every_fault() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.splitlines()
        if line.startswith("| ") and not line.startswith(("| ---", "| what happens"))
    ]
    assert [row[0] for row in rows] == sorted(TABLE, key=[row[0] for row in rows].index)
    for what, shows, keeps, buttons in rows:
        row = TABLE[what]
        assert (keeps, buttons) == (row.keeps, " ".join(f"*{each}*" for each in row.buttons) or "none"), what
        assert f'"{row.sentence}"' in shows if row.sentence else '"' not in shows, what


@pytest.mark.parametrize("test", sorted({row.test for row in TABLE.values()}))
def test_a_test_that_the_table_names_exists(test: str) -> None:
    path, _, name = test.partition("::")
    assert f"def {name}(" in (ROOT / "tests" / path).read_text(encoding="utf-8")


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        await wired.start()
        yield wired


async def stands(wired: Wired, *posts: tuple[str, tuple[str, ...]], name: str = "Dramatis") -> None:
    """Wait until the bot's posts are these, each with its buttons, and nothing is left to do."""

    def now() -> list[tuple[str, str, tuple[str, ...]]]:
        return [(each.name, each.text, each.buttons) for each in wired.shown()]

    async def there() -> bool:
        return now() == [(name, *post) for post in posts]

    try:
        await until(there)
        await wired.quiet()
    except TimeoutError:
        pass
    assert now() == [(name, *post) for post in posts]


async def restart(wired: Wired) -> None:
    await wired.end()
    await wired.start()


def tracebacks(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage() for record in caplog.records if record.exc_info or record.levelname == "ERROR"
    ]


# --- the model ------------------------------------------------------------------------------------


@pytest.mark.parametrize("face", [Face.BOT, Face.WEBHOOK])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
async def test_a_fault_of_the_model(
    m2her: M2her,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
    face: Face,
) -> None:
    rules = replace(RULES, defaults=Settings(face=face))
    async with wire(m2her, tmp_path, monkeypatch, timeouts=fault.timeouts, rules=rules) as wired:
        await wired.start()
        name = "Marlow" if face is Face.WEBHOOK else "Dramatis"
        words = ("The storm ",) if fault.begun else ()
        for _ in range(fault.times):
            m2her.say(*words, *(fault.parts or ("will",)), finish=fault.finish)
        wired.ask()
        came = "".join((*words, "" if fault.parts else "will")).rstrip()
        # Small beneath the persona's words, and under its name, where it would look like some of them.
        small = "-# " if fault.begun or face is Face.WEBHOOK else ""
        told = "\n".join(each for each in (came, f"{small}{fault.sentence}") if each)
        await stands(wired, (told, fault.buttons), name=name)
        assert len(m2her.requests) == fault.times
        persona = [("Marlow", came)] if fault.begun else []
        assert [(who, text.rstrip()) for who, text in await wired.remembered()] == [
            ("Alice", "well?"),
            *persona,
        ]

        if face is Face.WEBHOOK:
            await restart(wired)
        m2her.say("and then some." if fault.begun else "Here I am.")
        wired.press("Continue" if fault.begun else "Retry")
        whole = f"{came} and then some." if fault.begun else "Here I am."
        await stands(wired, (whole, DONE), name=name)
        assert await wired.remembered() == [("Alice", "well?"), ("Marlow", whole)]
        assert tracebacks(caplog) == []


async def begin(wired: Wired, *rest: Part) -> asyncio.Event:
    """Let a reply show its first words, and go on with the rest when the gate that is returned opens."""
    gate = asyncio.Event()
    wired.m2her.say("The storm ", gate, *(rest or ("will pass.",)))
    wired.ask()
    await stood(wired, "The storm")
    post = wired.bound.messages[max(wired.bound.messages)]

    async def noted() -> bool:
        return await History(wired.database).turn_of(int(post.id)) is not None

    await until(noted)
    return gate


async def stood(wired: Wired, *texts: str) -> None:
    """Wait until the bot's posts say this, whatever it is still at."""
    await wired.world.wait_for(lambda: [each.text for each in wired.shown()] == list(texts), 10)


async def persona_words(wired: Wired) -> list[str]:
    return [turn.text.rstrip() for turn in await wired.turns() if turn.persona_key]


async def test_the_words_are_withdrawn(wired: Wired, m2her: M2her) -> None:
    gate = await begin(wired, Error(1027))
    gate.set()
    await stands(wired, (WITHDRAWN, JUDGED))
    assert await wired.remembered() == [("Alice", "well?")]
    await restart(wired)
    m2her.say("Here I am.")
    wired.press("Retry")
    await stands(wired, ("Here I am.", DONE))
    assert await wired.remembered() == [("Alice", "well?"), ("Marlow", "Here I am.")]


async def test_the_model_is_left_alone(wired: Wired, m2her: M2her, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(wired.model._gate, "_clock", lambda: clock[0])
    for _ in range(15):
        m2her.say(Error(1013))
    trouble = "The AI model is having trouble. Try again in a minute. Press Retry or mention the bot."
    for number in range(5):
        wired.ask(channel=wired.elsewhere)
        await wired.shows(*[trouble] * (number + 1), channel=wired.elsewhere)
        await wired.quiet()
    wired.ask()
    await stands(wired, (RESTING.format(15), NONE))
    clock[0] = 5.0
    wired.press("Retry")
    await stands(wired, (RESTING.format(10), NONE))
    assert len(m2her.requests) == 15
    assert await wired.remembered() == [("Alice", "well?")]
    clock[0] = 15.0
    m2her.say("Here I am.")
    wired.press("Retry")
    await stands(wired, ("Here I am.", DONE))
    assert await wired.remembered() == [("Alice", "well?"), ("Marlow", "Here I am.")]


async def test_stop(wired: Wired, m2her: M2her) -> None:
    await begin(wired)
    wired.press("Stop")
    await stands(wired, (f"The storm\n-# {STOPPED}", CUT))
    assert await persona_words(wired) == ["The storm"]
    await restart(wired)
    m2her.say("will pass.")
    wired.press("Continue")
    await stands(wired, ("The storm will pass.", DONE))
    assert await persona_words(wired) == ["The storm will pass."]


async def test_stop_while_the_last_words_are_on_their_way_takes_none_of_them(wired: Wired) -> None:
    gate = await begin(wired)
    hanging = wired.world.faults.hang("PATCH", "/channels/*/messages/*")
    gate.set()
    await wired.world.wait_for(lambda: hanging.caught, 10)
    used = wired.press("Stop")
    await wired.world.wait_for(lambda: used.answer, 10)
    hanging.release()
    await stands(wired, ("The storm will pass.", DONE))
    assert (await wired.turns())[-1].ending is Ending.DONE


async def test_stop_before_a_word(wired: Wired, m2her: M2her) -> None:
    m2her.say(Error(1008))
    wired.ask()
    await stands(wired, ("The bot's AI account is out of credit. The bot's owner can add more.", NONE))
    m2her.say(asyncio.Event(), "Never said.")
    wired.press("Retry")
    await m2her.received(2)
    await wired.world.wait_for(lambda: [each.buttons for each in wired.shown()] == [("Stop",)], 10)
    wired.press("Stop")
    await stands(wired, (UNSAID, NONE))
    assert await wired.remembered() == [("Alice", "well?")]
    m2her.say("Here I am.")
    wired.press("Retry")
    await stands(wired, ("Here I am.", DONE))


async def test_the_bot_is_restarted(wired: Wired, m2her: M2her, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.discord_ui.gateway.client.DRAIN", 0.05)
    await begin(wired)
    await restart(wired)
    await stands(wired, (f"The storm\n-# {STOPPED}", CUT))
    assert await persona_words(wired) == ["The storm"]
    m2her.say("will pass.")
    wired.press("Continue")
    await stands(wired, ("The storm will pass.", DONE))


@pytest.mark.parametrize("thread", [True, False])
async def test_a_channel_is_deleted(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture, *, thread: bool
) -> None:
    where, gate = wired.world.create_thread("cellar") if thread else wired.elsewhere, asyncio.Event()
    m2her.say("The storm ", gate, "will pass.")
    wired.ask(channel=where)
    await wired.shows("The storm", channel=where)
    wired.world.delete_channel(where)
    gate.set()
    await wired.quiet()
    assert await wired.database.read("SELECT * FROM turn") == []
    assert len(wired.sent("PATCH")) <= 1
    m2her.say("Here I am.")
    wired.ask()
    await stands(wired, ("Here I am.", DONE))
    assert tracebacks(caplog) == []


async def test_the_webhook_is_deleted(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rules = replace(RULES, defaults=Settings(face=Face.WEBHOOK))
    async with wire(m2her, tmp_path, monkeypatch, rules=rules) as wired:
        await wired.start()
        gate = await begin(wired)
        wired.world.delete_webhook(wired.world.webhooks.own(wired.bound)[0])
        gate.set()
        await wired.world.wait_for(lambda: "Marlow: will pass." in wired.transcript(), 10)
        await wired.quiet()
        left = ("The storm", ("Stop",))  # nobody can edit what a deleted webhook has posted
        await stands(wired, left, ("will pass.", DONE), name="Marlow")
        assert await persona_words(wired) == ["The storm will pass."]
        await restart(wired)
        m2her.say("It still blows.")
        wired.press("↻ Again")
        await stands(wired, left, ("It still blows.", VARIANTS), name="Marlow")
        assert await persona_words(wired) == ["It still blows."]
        assert tracebacks(caplog) == []


async def test_the_channel_is_out_of_sight(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    gate = await begin(wired)
    wired.world.deny(wired.bound, Permission.VIEW_CHANNEL)
    gate.set()
    await stands(wired, ("The storm", ("Stop",)))
    assert caplog.text.count("can't post in channel") == 1
    assert await persona_words(wired) == ["The storm"]
    wired.world.allow(wired.bound, Permission.VIEW_CHANNEL)
    await restart(wired)
    wired.press("Stop")
    await stands(wired, ("The storm", CUT))
    m2her.say("will pass.")
    wired.press("Continue")
    await stands(wired, ("The storm will pass.", DONE))
    assert await persona_words(wired) == ["The storm will pass."]
    assert tracebacks(caplog) == []


STANDS_IN = "-# Under the bot's own name and picture: Discord doesn't allow the persona's here right now."


async def test_manage_webhooks_is_lost(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rules = replace(RULES, defaults=Settings(face=Face.WEBHOOK))
    async with wire(m2her, tmp_path, monkeypatch, rules=rules) as wired:
        await wired.start()
        gate = await begin(wired)
        wired.world.deny(wired.bound, Permission.MANAGE_WEBHOOKS)
        gate.set()
        await stands(wired, ("The storm will pass.", DONE), name="Marlow")
        await restart(wired)
        m2her.say("It still blows.")
        wired.press("↻ Again")
        await stands(wired, ("It still blows.", VARIANTS), name="Marlow")
        m2her.say("Good night.")
        wired.ask("and now?")
        await wired.world.wait_for(lambda: wired.posts() == [f"**Marlow**\n{STANDS_IN}\nGood night."], 10)
        await wired.quiet()
        assert [each.buttons for each in wired.shown()][-1] == DONE
        assert await persona_words(wired) == ["It still blows.", "Good night."]
        assert tracebacks(caplog) == []


FULL, OVER = "a" * 1900 + ".", "b" * 200


@pytest.mark.parametrize(
    ("first", "notice"), [(FULL, f"\n-# {BROKE_OFF}"), ("a" * 1945 + ".", "")], ids=["room", "no room"]
)
async def test_send_messages_is_lost(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture, first: str, notice: str
) -> None:
    gate = asyncio.Event()
    m2her.say(first, gate, f"\n\n{OVER}")
    wired.ask()
    await stood(wired, first)
    wired.world.deny(wired.bound, Permission.SEND_MESSAGES)
    gate.set()
    await wired.quiet()
    await stands(wired, (f"{first}{notice}", CUT))
    assert await persona_words(wired) == [first]
    wired.world.allow(wired.bound, Permission.SEND_MESSAGES)
    await restart(wired)
    m2her.say(OVER)
    wired.press("Continue")
    await stands(wired, (first, ()), (OVER, DONE))
    assert await persona_words(wired) == [f"{first} {OVER}"]
    assert tracebacks(caplog) == []


async def test_discord_takes_no_first_post(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    fault = wired.world.faults.answer("POST", "/channels/*/messages", 503, times=1000)
    m2her.say("The storm will pass.")
    wired.ask()
    await m2her.received(1)
    await wired.quiet()
    await stands(wired)
    assert await wired.remembered() == [("Alice", "well?")]
    fault.release()
    m2her.say("Here I am.")
    wired.ask("again")
    await stands(wired, ("Here I am.", DONE))
    assert await persona_words(wired) == ["Here I am."]
    assert tracebacks(caplog) == []


async def test_discord_takes_no_last_words(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    gate = await begin(wired)
    fault = wired.world.faults.answer("PATCH", "/channels/*/messages/*", 503, times=1000)
    gate.set()
    await wired.quiet()
    await stands(wired, ("The storm", ("Stop",)))
    assert await persona_words(wired) == ["The storm"]
    fault.release()
    await restart(wired)
    wired.press("Stop")
    await stands(wired, ("The storm", CUT))
    m2her.say("will pass.")
    wired.press("Continue")
    await stands(wired, ("The storm will pass.", DONE))
    assert await persona_words(wired) == ["The storm will pass."]
    assert tracebacks(caplog) == []


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/channels/*/messages"), ("PATCH", "/channels/*/messages/*")]
)
@pytest.mark.parametrize("applied", [True, False])
async def test_discord_hangs(
    wired: Wired, m2her: M2her, monkeypatch: pytest.MonkeyPatch, method: str, path: str, applied: bool
) -> None:
    for kind, effort in EFFORTS.items():
        monkeypatch.setitem(EFFORTS, kind, replace(effort, within=0.5))
    fault = wired.world.faults.hang(method, path, applied=applied, times=2)
    gate = asyncio.Event()
    m2her.say("The storm ", gate, "will pass.")
    wired.ask()
    if method == "PATCH":
        await stood(wired, "The storm")
        gate.set()
    else:
        await wired.world.wait_for(lambda: fault.caught == 1, 10)
        gate.set()
    await stands(wired, ("The storm will pass.", DONE))
    assert fault.caught == 2
    assert await persona_words(wired) == ["The storm will pass."]


@pytest.mark.parametrize("tomorrow", [True, False])
async def test_the_disk_is_full(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture, *, tomorrow: bool
) -> None:
    gate = await begin(wired, "\u6d6a" * 1800)
    await sqlite_of(wired.database)._writer.execute_fetchall("PRAGMA max_page_count = 1")
    gate.set()
    broken = f"The storm\n-# {BROKE_OFF}"
    await stands(wired, (broken, CUT), (UNKEPT, ()))
    wired.ask("\u6d6a" * 1900)  # who asks is told each time, the log once
    await stands(wired, (broken, CUT), (UNKEPT, ()), (UNKEPT, ()))
    assert caplog.text.count("the disk is full") == 1
    assert await wired.remembered() == [("Alice", "well?"), ("Marlow", "The storm ")]
    await sqlite_of(wired.database)._writer.execute_fetchall("PRAGMA max_page_count = 1000000")
    if tomorrow:
        await restart(wired)
    m2her.say("will pass.")
    wired.press("Continue")
    await stands(wired, ("The storm will pass.", DONE), (UNKEPT, ()), (UNKEPT, ()))
    assert await persona_words(wired) == ["The storm will pass."]
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("text", ["{mention} well?", "Marlow, are you there?"])
async def test_who_asks_is_told_that_nothing_can_be_kept(wired: Wired, m2her: M2her, text: str) -> None:
    await sqlite_of(wired.database)._writer.execute_fetchall("PRAGMA query_only = 1")
    wired.say("Alice", text.format(mention=wired.mention))
    await stands(wired, (UNKEPT, ()))
    wired.say("Bob", "Hm.")  # he asks nothing
    await stands(wired, (UNKEPT, ()))
    assert m2her.requests == []


async def test_a_retry_that_cannot_be_kept(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    m2her.say(Error(1008))
    wired.ask()
    told = "The bot's AI account is out of credit. The bot's owner can add more."
    await stands(wired, (told, NONE))
    await sqlite_of(wired.database)._writer.execute_fetchall("PRAGMA query_only = 1")
    used = wired.press("Retry")
    await wired.world.wait_for(lambda: used.further or None, 10)
    await wired.quiet()
    assert used.further[-1].content == (
        "The bot couldn't save this. The bot's owner can find the reason in the log. Try again later."
    )
    await stands(wired, (told, NONE))
    await sqlite_of(wired.database)._writer.execute_fetchall("PRAGMA query_only = 0")
    m2her.say("Here I am.")
    wired.press("Retry")
    await stands(wired, ("Here I am.", DONE))
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("way", ["press", "restart", "ask"])
async def test_the_database_takes_nothing(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture, way: str
) -> None:
    gate = await begin(wired)
    await sqlite_of(wired.database)._writer.execute_fetchall("PRAGMA query_only = 1")
    gate.set()
    await stands(wired, ("The storm", ("Stop",)), (UNKEPT, ()))
    used = wired.press("Stop")
    told = await wired.answers(used)
    assert (
        told.content
        == "The bot couldn't save this. The bot's owner can find the reason in the log. Try again later."
    )
    await sqlite_of(wired.database)._writer.execute_fetchall("PRAGMA query_only = 0")
    if way == "ask":
        m2her.say("Here I am.")
        wired.ask("again")
        await stands(wired, ("The storm", ()), (UNKEPT, ()), ("Here I am.", DONE))
        assert await persona_words(wired) == ["The storm", "Here I am."]
        return
    cut = "The storm"
    if way == "press":
        wired.press("Stop")
    else:
        await restart(wired)
        cut += f"\n-# {INTERRUPTED}"
    await stands(wired, (cut, CUT), (UNKEPT, ()))
    m2her.say("will pass.")
    wired.press("Continue")
    await stands(wired, ("The storm will pass.", DONE), (UNKEPT, ()))
    assert await persona_words(wired) == ["The storm will pass."]
    assert "Traceback" not in caplog.text


# --- how soon -------------------------------------------------------------------------------------

WITHIN = 20.0
"""Seconds after which the person who asked knows that the model is dead."""


@given(
    st.lists(
        st.tuples(
            st.floats(0, 30),
            st.sampled_from(sorted(RETRIED)),
            st.one_of(st.none(), st.floats(0, 30)),
        ),
        min_size=1,
    )
)
def test_a_dead_model_is_told_of_in_time(failures: list[tuple[float, ErrorKind, float | None]]) -> None:
    """Each try takes some time, at most what it is given, and fails, perhaps asking us to wait."""
    clock, ended = [0.0], [0.0]

    async def sleep(seconds: float) -> None:
        clock[0] += seconds

    tries = Tries(Policy(clock=lambda: clock[0], sleep=sleep), Way((0, 0), looks=False))

    async def ask(_: Prompt) -> None:
        seconds, kind, wait = failures[min(tries.retried, len(failures) - 1)]
        clock[0] += min(seconds, tries.left)
        ended[0] = clock[0]
        raise ModelError(kind, retry_after=wait)

    prompt = Prompt((Message("user", "Alice", "well?"),), Sampling(1.0, 0.95, 512), Size(10, 1))
    with pytest.raises(ModelError):
        asyncio.run(tries.asked(PlainQuestion(prompt), ask))
    assert clock[0] <= WITHIN - 2  # what is left is for Discord
    assert clock[0] == ended[0]  # nothing is waited for after the last try


async def test_after_the_last_try_nothing_is_waited_for(wired: Wired, m2her: M2her) -> None:
    for _ in range(3):
        m2her.say(Error(1013))
    wired.ask()
    await stands(
        wired,
        ("The AI model is having trouble. Try again in a minute. Press Retry or mention the bot.", NONE),
    )
    first, second = wired.pauses.taken  # those between the tries, and none before the post
    assert 0.5 <= first < 1.0 <= second < 1.5
