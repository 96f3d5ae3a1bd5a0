"""What people see while a reply is under way: it grows, it is held up, it fails, its ground is taken away."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from bot.core.posts.pace import Urgency
from bot.core.scene import Ending
from bot.discord_ui.posting.sender import EFFORTS
from bot.llm.tries import Timeouts
from bot.storage.history import History
from tests.databases import sqlite_of
from tests.standins.discord_wire import Permission, Request
from tests.standins.discord_wire.gateway import IDENTIFY, MESSAGE_CONTENT
from tests.standins.discord_wire.shapes import message_event
from tests.standins.m2her import End, Error, M2her, Part
from tests.wired import SCALE, Wired, until, wire

POST, PATCH = "/channels/*/messages", "/channels/*/messages/*"

FULL, OVER = "a" * 1900 + ".", "b" * 200
"""Two paragraphs that do not fit into one post."""


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        await wired.start()
        yield wired


async def begin(wired: Wired, *first: str) -> asyncio.Event:
    """Let a reply show its first words, and go on when the gate that is returned opens."""
    gate = asyncio.Event()
    wired.m2her.say(*first, gate, "more.")
    wired.ask()
    await wired.shows("".join(first).strip())
    return gate


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]


# --- growing ------------------------------------------------------------------------------------


async def test_the_reply_grows_by_edits_of_one_post(wired: Wired, m2her: M2her) -> None:
    gate = asyncio.Event()
    m2her.say("The storm ", gate, "will pass.")
    wired.ask("will it pass?")
    await wired.shows("The storm")
    gate.set()
    await wired.quiet()
    assert wired.sent() == [("POST", "The storm"), ("PATCH", "The storm will pass.")]
    assert wired.posts() == ["The storm will pass."]


async def test_typing_shows_before_the_model_has_said_anything_and_stops_with_the_first_words(
    wired: Wired, m2her: M2her
) -> None:
    before, within = asyncio.Event(), asyncio.Event()
    m2her.say(before, "Hm.", within, " Well.")
    wired.ask()
    await m2her.received(1)
    assert wired.world.typing_count(wired.bound) == 1
    assert typists() == 1  # the library shows it again every five seconds until it is told to stop
    assert wired.posts() == []
    before.set()
    await wired.shows("Hm.")
    await until(nobody_types)
    within.set()
    await wired.shows("Hm. Well.")


async def nobody_types() -> bool:
    return typists() == 0


def typists() -> int:
    coroutines = (task.get_coro() for task in asyncio.all_tasks())
    return sum(getattr(each, "__qualname__", "") == "Typing.do_typing" for each in coroutines)


@pytest.mark.parametrize("finish", ["stop", "length"])
async def test_a_reply_that_is_whole_when_it_is_first_shown_is_one_post(
    wired: Wired, m2her: M2her, finish: str
) -> None:
    hold = wired.world.faults.hang("POST", "/channels/*/typing")
    m2her.say("The storm will pass.", finish=finish)
    m2her.say("Quick.")
    wired.ask()
    wired.ask(channel=wired.elsewhere)
    hold.release()
    await wired.shows("Quick.", channel=wired.elsewhere)
    await wired.quiet()
    assert [method for method, _ in wired.sent()] == ["POST", "POST"]


async def test_a_long_stream_keeps_to_the_bucket_and_its_last_words_do_not_wait(
    wired: Wired, m2her: M2her
) -> None:
    words = [f"word {number}, " for number in range(30)]
    gates = [asyncio.Event() for _ in words]
    # Two deltas a gate: the newest text goes, and what it overtook does not.
    m2her.say(
        *(part for word, gate in zip(words, gates, strict=True) for part in (word, "and ", gate)), "end."
    )
    wired.ask()
    text = ""
    for word, gate in zip(words, gates, strict=True):
        text += word + "and "
        await wired.shows(text.strip())
        gate.set()
    await wired.shows(text + "end.")
    await wired.quiet()
    assert wired.world.limits.given == 0
    assert 30 <= len(wired.sent("PATCH")) <= 60
    for window in edit_windows(wired):
        last_words = text + "end."
        assert (
            len([each for each in window if each.json["content"] != last_words]) <= 4
        )  # one is kept for the end
        assert len(window) <= 5


def edit_windows(wired: Wired) -> list[list[Request]]:
    """The edits, by the windows of Discord's bucket they fell into."""
    windows: list[list[Request]] = []
    for request in wired.world.requests:
        if request.method == "PATCH":
            if not windows or request.at >= windows[-1][0].at + 5 * SCALE:
                windows.append([])
            windows[-1].append(request)
    return windows


async def test_nothing_is_sent_that_people_would_not_see(wired: Wired, m2her: M2her) -> None:
    space, word = asyncio.Event(), asyncio.Event()
    m2her.say("Hush.", space, " \n\n", word, "There.")
    wired.ask()
    await wired.shows("Hush.")
    space.set()
    await m2her.received(1)
    word.set()
    await wired.shows("Hush. \n\nThere.")
    await wired.quiet()
    history = wired.world.history_of(wired.last_post())
    assert all(one != other for one, other in pairwise(history))


async def test_six_thousand_characters_grow_over_posts_and_full_ones_are_left_alone(
    wired: Wired, m2her: M2her
) -> None:
    paragraphs = [f"*Paragraph {number}.* " + "The tide comes in and goes out. " * 14 for number in range(13)]
    text = "\n\n".join(paragraph.rstrip() for paragraph in paragraphs)
    parts = text.splitlines(keepends=True)
    assert 6_000 < len(text) < 6_500
    gates = [asyncio.Event() for _ in parts]
    m2her.say(*(part for line, gate in zip(parts, gates, strict=True) for part in (line, gate)))
    wired.ask("tell me everything")
    for line, gate in zip(parts, gates, strict=True):
        await wired.world.wait_for(partial(ends_with, wired, line.strip()))
        gate.set()
    await wired.quiet()
    posts = wired.posts()
    assert len(posts) == 4
    assert "\n\n".join(posts) == text
    assert all(len(post) <= 2000 for post in posts)
    assert await wired.remembered() == [("Alice", "tell me everything"), ("Marlow", text)]
    touched = [which_post(wired, request) for request in wired.world.requests if is_message(request)]
    assert touched == sorted(touched)  # never back to an earlier one
    replies_to = [post.reply_to for post in wired.world.posts(wired.bound)]
    assert [target is not None for target in replies_to] == [True, False, False, False]


def ends_with(wired: Wired, line: str) -> bool:
    return bool(wired.posts()) and wired.posts()[-1].endswith(line)


def is_message(request: Request) -> bool:
    return request.method in {"POST", "PATCH"} and "/messages" in request.path


def which_post(wired: Wired, request: Request) -> int:
    """The number of the post that a request made or changed."""
    posts = wired.world.posts(wired.bound)
    if request.method == "PATCH":
        return [str(post.id) for post in posts].index(request.path.rpartition("/")[2])
    return [post.nonce for post in posts].index(request.json["nonce"])


# --- several at once ----------------------------------------------------------------------------


async def test_all_who_ask_meanwhile_get_the_one_next_reply(wired: Wired, m2her: M2her) -> None:
    gate = await begin(wired, "One moment, ")
    m2her.say("Now, all of you.")
    bob, last = wired.ask("second", "Bob"), wired.ask("third", "Carol")
    gate.set()
    where = f"https://discord.com/channels/{last.channel.guild.id}/{last.channel.id}"
    names = f"[Bob]({where}/{bob.id}), [Carol]({where}/{last.id})"
    await wired.shows("One moment, more.", f"-# ↪ {names}\nNow, all of you.")
    assert wired.heard == [
        ("Alice", "well?"),
        ("Marlow", "One moment, more."),
        ("Bob", "second"),
        ("Carol", "third"),
    ]
    assert wired.last_post().reply_to is last


async def test_channels_do_not_wait_for_each_other(wired: Wired, m2her: M2her) -> None:
    gate = await begin(wired, "Slow, ")
    m2her.say("Quick.")
    wired.ask(channel=wired.elsewhere)
    await wired.shows("Quick.", channel=wired.elsewhere)
    assert wired.posts() == ["Slow,"]
    gate.set()
    await wired.shows("Slow, more.")


async def test_a_question_deleted_while_it_waits_is_not_answered(wired: Wired, m2her: M2her) -> None:
    gate = await begin(wired, "One moment, ")
    asked = wired.ask("second", "Bob")
    wired.world.delete(asked)
    gate.set()
    await wired.quiet()
    assert wired.posts() == ["One moment, more."]
    assert len(m2her.requests) == 1


async def test_a_message_that_is_told_twice_is_answered_once(wired: Wired, m2her: M2her) -> None:
    m2her.say("Once.")
    asked = wired.ask()
    await wired.shows("Once.")
    wired.say("Bob", "Hm.")  # something stands there now that could be answered
    wired.world.sockets.dispatch("MESSAGE_CREATE", message_event(asked))
    await wired.quiet()
    assert wired.posts() == ["Once."]
    assert len(m2her.requests) == 1


# --- people change their minds ------------------------------------------------------------------


async def test_an_edit_while_the_reply_grows_counts_from_the_next_prompt(wired: Wired, m2her: M2her) -> None:
    gate = asyncio.Event()
    m2her.say("Red, ", gate, "then.")
    m2her.say("Ah, green.")
    said = wired.ask("it is red")
    await wired.shows("Red,")
    wired.world.edit(said, f"{wired.mention} it is green")
    gate.set()
    await wired.shows("Red, then.")
    wired.ask("well?", "Bob")
    await wired.shows("Red, then.", "Ah, green.")
    assert wired.heard == [("Alice", "it is green"), ("Marlow", "Red, then."), ("Bob", "well?")]


async def test_a_reply_deleted_while_it_grows_stops_at_once_and_leaves_the_story(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    await begin(wired, "I should not ")
    wired.world.delete(wired.last_post())
    await wired.quiet()  # although the model has not ended
    await m2her.requests[0].hung_up.wait()
    assert wired.posts() == []
    assert await wired.remembered() == [("Alice", "well?")]
    assert errors(caplog) == []


async def test_a_page_deleted_while_the_next_one_grows_stops_the_reply_and_leaves_the_rest(
    wired: Wired, m2her: M2her
) -> None:
    m2her.say(FULL + "\n\n", OVER, asyncio.Event())
    wired.ask()
    await wired.shows(FULL, OVER)
    wired.world.delete(wired.world.posts(wired.bound)[0])
    await wired.quiet()
    assert wired.posts() == [OVER]
    assert [(name, text.strip()) for name, text in await wired.remembered()] == [
        ("Alice", "well?"),
        ("Marlow", OVER),
    ]


async def test_the_question_deleted_before_the_first_words_leaves_a_reply_that_points_at_nothing(
    wired: Wired, m2her: M2her
) -> None:
    gate = asyncio.Event()
    m2her.say(gate, "Who asked?")
    asked = wired.ask()
    await m2her.received(1)
    wired.world.delete(asked)
    gate.set()
    await wired.shows("Who asked?")
    await wired.quiet()
    assert wired.last_post().reply_to is None
    assert await wired.remembered() == [("Marlow", "Who asked?")]


async def test_the_question_deleted_while_the_answer_grows_changes_nothing_of_the_answer(
    wired: Wired,
) -> None:
    gate = asyncio.Event()
    wired.m2her.say("You ", gate, "asked.")
    asked = wired.ask()
    await wired.shows("You")
    wired.world.delete(asked)
    gate.set()
    await wired.shows("You asked.")
    await wired.quiet()
    assert await wired.remembered() == [("Marlow", "You asked.")]


# --- the model fails ----------------------------------------------------------------------------

BUSY = "The AI model has too many requests right now. Try again in a minute. Press Retry or mention the bot."
TROUBLE = "The AI model is having trouble. Try again in a minute. Press Retry or mention the bot."
SILENT = "The AI model took too long. Press Retry or mention the bot."
BROKEN = "The reply was cut off. Press Retry or mention the bot."
PUZZLED = (
    "The AI model didn't understand the request. The bot's owner can find the reason in the log. Press Retry "
    "or mention the bot."
)
REFUSED = "The AI provider's filter let no reply through. Press Retry or mention the bot."


@pytest.mark.parametrize(
    ("answer", "tries", "sentence"),
    [
        (Error(1002), 3, BUSY),
        (Error(1008), 1, "The bot's AI account is out of credit. The bot's owner can add more."),
        (Error(2049), 1, "The AI model didn't accept the bot's key. The bot's owner can set a new one."),
        (
            Error(1026),
            1,
            "The AI provider's filter let no reply through. Press Retry or mention the bot.",
        ),
        (Error(1027), 1, REFUSED),
        (
            Error(2013, "invalid params, context window exceeds limit"),
            1,
            "This is too long for the AI model, even without the earlier story. Send a shorter message, or ask the bot's owner to check the log.",
        ),
        (
            Error(2013, "invalid params, temperature must be in (0, 1]"),
            1,
            PUZZLED,
        ),
        (Error(1013), 3, TROUBLE),
        (
            End.RESET,
            3,
            "The AI model can't be reached. Try again in a minute. Press Retry or mention the bot.",
        ),
        (Error(1001), 3, SILENT),
        (End.CUT, 3, BROKEN),
    ],
)
async def test_a_reply_that_cannot_be_had_is_answered_in_plain_words(
    wired: Wired, m2her: M2her, answer: Part, tries: int, sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(tries):
        m2her.say(answer)
    asked = wired.ask()
    await wired.shows(sentence)
    await wired.quiet()
    assert len(m2her.requests) == tries
    (request,) = [each for each in wired.world.requests if is_message(each)]
    assert request.json["message_reference"]["message_id"] == asked.id
    assert request.json["allowed_mentions"] == {"parse": []}
    assert await wired.remembered() == [("Alice", "well?")]
    assert errors(caplog) == []

    m2her.say("Better now.")  # and the story goes on
    wired.ask("again", "Bob")
    await wired.shows(sentence, "Better now.")
    assert wired.heard == [("Alice", "well?"), ("Bob", "again")]


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        (
            Error(1013),
            "The AI model is having trouble. Try again in a minute. Press Continue or mention the bot.",
        ),
        (
            Error(1002),
            "The AI model has too many requests right now. Try again in a minute. Press Continue or mention the bot.",
        ),
        (End.CUT, "The reply was cut off. Press Continue or mention the bot."),
        (End.RESET, "The reply was cut off. Press Continue or mention the bot."),
        (End.STALL, "The AI model took too long. Press Continue or mention the bot."),
    ],
)
async def test_a_reply_that_breaks_off_stays_with_a_small_line_under_it(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: Part, sentence: str
) -> None:
    timeouts = Timeouts(between_tokens=0.1) if end is End.STALL else None
    async with wire(m2her, tmp_path, monkeypatch, timeouts=timeouts) as wired:
        await wired.start()
        m2her.say("The bell rings and", end)
        wired.ask()
        await wired.shows(f"The bell rings and\n-# {sentence}")
        await wired.quiet()
        assert len(m2her.requests) == 1  # what was shown is not started again
        turns = await wired.turns()
        assert (turns[-1].text, turns[-1].ending) == ("The bell rings and", Ending.CUT_SHORT)

        m2her.say("rings.")
        wired.ask("go on", "Bob")
        await wired.shows(f"The bell rings and\n-# {sentence}", "rings.")
        assert wired.heard == [("Alice", "well?"), ("Marlow", "The bell rings and"), ("Bob", "go on")]


@pytest.mark.parametrize("by_code", [True, False])
async def test_what_moderation_takes_back_goes_from_the_channel_and_from_the_story(
    wired: Wired, m2her: M2her, by_code: bool
) -> None:
    gate = asyncio.Event()
    words = (FULL + "\n\n", OVER, gate)
    if by_code:
        m2her.say(*words, Error(1027))
    else:
        m2her.say(*words, "!", withdrawn=True)
    wired.ask()
    await wired.shows(FULL, OVER)
    gate.set()
    await wired.shows(REFUSED)
    await wired.quiet()
    assert await wired.remembered() == [("Alice", "well?")]
    wired.ask("again", "Bob")
    await wired.world.wait_for(lambda: len(wired.posts()) == 2)
    assert wired.heard == [("Alice", "well?"), ("Bob", "again")]


async def test_a_reply_cut_at_its_length_says_so_in_the_same_edit(wired: Wired, m2her: M2her) -> None:
    gate = asyncio.Event()
    m2her.say("Once upon ", gate, "a", finish="length")
    wired.ask()
    await wired.shows("Once upon")
    gate.set()
    await wired.shows(
        "Once upon a\n-# The reply reached the length limit. Press Continue or mention the bot."
    )
    await wired.quiet()
    assert len(wired.sent()) == 2
    assert await wired.remembered() == [("Alice", "well?"), ("Marlow", "Once upon a")]


async def test_a_notice_that_does_not_fit_under_a_full_post_gets_its_own(wired: Wired, m2her: M2her) -> None:
    m2her.say("a" * 1990, finish="length")
    wired.ask()
    await wired.shows("a" * 1990, "-# The reply reached the length limit. Press Continue or mention the bot.")
    await wired.quiet()
    assert await wired.remembered() == [("Alice", "well?"), ("Marlow", "a" * 1990)]


# --- Discord fails ------------------------------------------------------------------------------


async def test_a_channel_deleted_while_the_reply_grows_ends_it_quietly(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    gate = await begin(wired, "Behind you! ")
    wired.world.delete_channel(wired.bound)
    gate.set()
    await wired.quiet()
    assert errors(caplog) == []
    m2her.say("Here.")
    wired.ask(channel=wired.elsewhere)
    await wired.shows("Here.", channel=wired.elsewhere)


async def test_a_lost_permission_ends_the_reply_and_is_logged_once(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    gate = await begin(wired, "Before they ")
    wired.world.deny(wired.bound, Permission.VIEW_CHANNEL)
    gate.set()
    await wired.quiet()
    assert wired.posts() == ["Before they"]
    assert wired.sent("PATCH") == [("PATCH", "Before they more.")]  # and not again
    assert "can't post in channel" in caplog.text
    assert caplog.text.count("can't post in channel") == 1
    assert errors(caplog) == []

    wired.world.allow(wired.bound, Permission.VIEW_CHANNEL)
    m2her.say("Back again.")
    wired.ask("well?", "Bob")
    await wired.shows("Before they", "Back again.")
    assert wired.heard[1][0] == "Marlow"  # people saw it, so it was said


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("mishap", ["503", "reset"])
async def test_a_request_that_fails_in_passing_is_made_again_and_nothing_stands_twice(
    wired: Wired, method: str, mishap: str, done: bool
) -> None:
    faults = wired.world.faults
    if mishap == "503":
        fault = faults.answer(method, POST if method == "POST" else PATCH, 503, applied=done)
    else:
        fault = faults.reset(method, POST if method == "POST" else PATCH, applied=done)
    gate = asyncio.Event()
    wired.m2her.say("The storm ", gate, "will pass.")
    wired.ask()
    await wired.shows("The storm")
    gate.set()
    await wired.shows("The storm will pass.")
    await wired.quiet()
    assert fault.caught == 1
    assert len(wired.pauses.taken) == 1  # not in the same instant
    assert await wired.remembered() == [("Alice", "well?"), ("Marlow", "The storm will pass.")]

    wired.m2her.say("I said so.")  # the post is known: a reply to it reaches the persona
    wired.say("Bob", "Sure?", reply_to=wired.last_post(), ping=False)
    await wired.shows("The storm will pass.", "I said so.")


@pytest.mark.parametrize(("method", "stands"), [("POST", []), ("PATCH", ["The storm"])])
async def test_nothing_is_tried_for_ever(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture, method: str, stands: list[str]
) -> None:
    fault = wired.world.faults.answer(method, POST if method == "POST" else PATCH, 503, times=1000)
    gate = asyncio.Event()
    m2her.say("The storm ", gate, "will pass.")
    wired.ask()
    if method == "PATCH":
        await wired.shows("The storm")
    gate.set()
    await wired.quiet()
    assert 8 <= fault.caught <= 12
    assert wired.posts() == stands
    # The story keeps what people saw, and nothing they did not.
    seen = [("Marlow", "The storm ")] if stands else []
    assert await wired.remembered() == [("Alice", "well?"), *seen]
    assert "Discord didn't accept a post in channel" in caplog.text
    assert errors(caplog) == []


async def test_a_lost_preview_is_made_up_for_by_the_next(wired: Wired, m2her: M2her) -> None:
    fault = wired.world.faults.answer("PATCH", PATCH, 503, times=2)
    first, second = asyncio.Event(), asyncio.Event()
    m2her.say("The ", first, "storm ", second, "will pass.")
    wired.ask()
    await wired.shows("The")
    first.set()
    await wired.world.wait_for(lambda: fault.caught == 2, 10)
    second.set()
    await wired.shows("The storm will pass.")
    await wired.quiet()
    assert await wired.remembered() == [("Alice", "well?"), ("Marlow", "The storm will pass.")]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_last_words_whose_preview_was_lost_are_shown_all_the_same(
    wired: Wired, m2her: M2her, method: str
) -> None:
    """The model's end may come later than its last word."""
    first, end = asyncio.Event(), asyncio.Event()
    fault = wired.world.faults.answer(method, POST if method == "POST" else PATCH, 503, times=2)
    m2her.say("The storm ", first, "will pass.", end)
    wired.ask()
    if method == "PATCH":
        await wired.shows("The storm")
    first.set()
    await wired.world.wait_for(lambda: fault.caught == 2, 10)
    end.set()
    await wired.shows("The storm will pass.")
    await wired.quiet()
    assert await wired.remembered() == [("Alice", "well?"), ("Marlow", "The storm will pass.")]


async def test_a_post_that_was_taken_though_discord_said_no_is_brought_up_to_date(
    wired: Wired, m2her: M2her
) -> None:
    fault = wired.world.faults.answer("POST", POST, 503, times=2, applied=True)
    gate = asyncio.Event()
    m2her.say("The storm ", gate, "will pass.")
    wired.ask()
    await wired.world.wait_for(lambda: fault.caught == 2, 10)
    gate.set()
    await wired.shows("The storm will pass.")


async def test_a_preview_refused_as_one_too_many_is_no_lack_of_permission(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    """A 429 without `Via` is Cloudflare's; discord.py raises it at once."""
    fault = wired.world.faults.answer("PATCH", PATCH, 429, {"message": "slow down", "retry_after": 0.0})
    first, second = asyncio.Event(), asyncio.Event()
    m2her.say("The ", first, "storm ", second, "will pass.")
    wired.ask()
    await wired.shows("The")
    first.set()
    await wired.world.wait_for(lambda: fault.caught == 1, 10)
    second.set()
    await wired.shows("The storm will pass.")
    await wired.quiet()
    assert "can't post in channel" not in caplog.text


async def test_a_stop_while_the_turn_is_opened_costs_no_request(wired: Wired, m2her: M2her) -> None:
    wired.world.faults.answer(
        "POST", "/channels/*/typing", 403, {"code": 50013, "message": "Missing Permissions"}
    )
    wired.world.faults.answer("POST", POST, 403, {"code": 50013, "message": "Missing Permissions"})
    m2her.say(asyncio.Event())
    wired.ask()
    await wired.quiet()
    assert wired.posts() == []
    assert await wired.remembered() == [("Alice", "well?")]


async def test_where_it_may_not_read_back_a_reply_comes_without_its_arrow(wired: Wired, m2her: M2her) -> None:
    wired.world.deny(wired.world.channel, Permission.READ_MESSAGE_HISTORY)
    m2her.say("The storm will pass.")
    wired.ask()
    await wired.shows("The storm will pass.")
    assert wired.last_post().reply_to is None


@pytest.mark.parametrize("part", [(), ("More",)])
async def test_withdrawn_words_are_off_the_disk_before_they_are_off_the_screen(
    wired: Wired, m2her: M2her, part: tuple[str, ...]
) -> None:
    gate = asyncio.Event()
    m2her.say("Forbidden words. " * 150, gate, *part, Error(1027))
    wired.ask()
    await wired.world.wait_for(lambda: len(wired.posts()) == 2, 10)
    hanging = wired.world.faults.hang("PATCH", PATCH, applied=True)
    gate.set()
    await wired.world.wait_for(lambda: hanging.caught == 1, 10)
    (left,) = await History(wired.database).unfinished.all()
    assert left.turn.text == ""
    hanging.release()
    await wired.quiet()
    assert wired.posts() == ["The AI provider's filter let no reply through. Press Retry or mention the bot."]
    assert await wired.remembered() == [("Alice", "well?")]


async def test_an_answer_of_nothing_visible_is_no_silence(wired: Wired, m2her: M2her) -> None:
    m2her.say("\u200b\u200b")
    m2her.say("Here I am.")
    wired.ask()
    await wired.shows("The reply was cut off. Press Retry or mention the bot.")
    await wired.quiet()
    wired.ask("and now?")
    await wired.shows("The reply was cut off. Press Retry or mention the bot.", "Here I am.")
    assert wired.heard == [("Alice", "well?\nand now?")]


async def test_a_preview_that_hangs_is_not_tried_again_before_the_last_words(
    wired: Wired, m2her: M2her, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(EFFORTS, Urgency.PREVIEW, replace(EFFORTS[Urgency.PREVIEW], within=0.2))
    more, end = asyncio.Event(), asyncio.Event()
    m2her.say("One moment, ", more, "please", end, ", sir.")
    wired.ask()
    await wired.shows("One moment,")
    hanging = wired.world.faults.hang("PATCH", PATCH)
    more.set()
    await wired.world.wait_for(lambda: hanging.caught == 1, 10)
    end.set()
    await wired.shows("One moment, please, sir.")
    assert wired.sent("PATCH") == [("PATCH", "One moment, please"), ("PATCH", "One moment, please, sir.")]


async def test_typing_that_hangs_holds_up_nothing(wired: Wired, m2her: M2her) -> None:
    hanging = wired.world.faults.hang("POST", "/channels/*/typing")
    m2her.say("The storm will pass.")
    wired.ask()
    await wired.shows("The storm will pass.")
    hanging.release()


async def test_who_waits_for_the_floor_when_it_stops_is_told_that_the_answer_comes_later(
    wired: Wired, m2her: M2her, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.discord_ui.gateway.client.DRAIN", 0.1)
    m2her.say("One moment", asyncio.Event())
    wired.ask("first")
    await wired.shows("One moment")
    wired.say("Bob", f"{wired.world.bot.mention} second")
    await wired.world.wait_for(lambda: wired.world.typing_count(wired.world.channel) == 2, 10)
    wired.stop.set()
    await wired.shows(
        "One moment\n-# The reply was stopped. Press Continue or mention the bot.",
        "The bot is restarting. It replies when it's back.",
    )


async def test_a_full_disk_is_told_in_the_channel_and_logged_in_a_line(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    writer = sqlite_of(wired.database)._writer
    await writer.execute_fetchall("VACUUM")  # migrations leave pages to be filled
    await writer.execute_fetchall("PRAGMA max_page_count = 1")  # as large as it is now, and no larger
    wired.ask("浪" * 1900)
    await wired.shows(
        "The bot couldn't save what was written here, so it can't reply. The bot's owner can find the reason "
        "in the log. Mention the bot to try again."
    )
    wired.say("Bob", "\u6d6a" * 1900)  # he asked nothing, and hears nothing
    await wired.quiet()
    assert len(wired.posts()) == 1
    assert caplog.text.count(f"in channel {wired.world.channel.id}: ") == 1
    assert "Traceback" not in caplog.text
    assert m2her.requests == []
    await writer.execute_fetchall("PRAGMA max_page_count = 1000000")
    m2her.say("Here I am.")
    wired.ask("and now?")
    await wired.world.wait_for(lambda: wired.posts()[-1:] == ["Here I am."], 10)


@pytest.mark.parametrize("mishap", ["503", "reset"])
async def test_typing_that_fails_costs_nothing_but_the_typing(wired: Wired, mishap: str) -> None:
    if mishap == "503":
        wired.world.faults.answer("POST", "/channels/*/typing", 503)
    else:
        wired.world.faults.reset("POST", "/channels/*/typing")
    wired.m2her.say("The storm will pass.")
    wired.ask()
    await wired.shows("The storm will pass.")


# --- without the message-content intent ---------------------------------------------------------


@pytest.fixture
async def deaf(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    """A bot whose application was not granted the Message Content Intent."""
    async with wire(m2her, tmp_path, monkeypatch, message_content=False) as wired:
        await wired.start()
        yield wired


async def test_without_the_intent_it_does_not_ask_for_it_and_says_what_is_lost(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with wire(m2her, tmp_path, monkeypatch, message_content=False) as wired:
        await wired.start()
        await until_logged(
            caplog, "without the Message Content Intent the bot only sees mentions and replies"
        )
        (frame,) = [frame for frame in wired.world.sockets.frames if frame.op == IDENTIFY]
        assert not frame.data["intents"] & MESSAGE_CONTENT


async def until_logged(caplog: pytest.LogCaptureFixture, words: str) -> None:
    async def is_logged() -> bool:
        return words in caplog.text

    await until(is_logged)


async def test_without_the_intent_a_mention_and_a_reply_to_its_post_are_answered(
    deaf: Wired, m2her: M2her
) -> None:
    m2her.say("First.")
    m2her.say("Second.")
    deaf.say("Bob", "Marlow, are you there?")  # unreadable: nothing to store, nothing to answer
    deaf.ask("hello")
    await deaf.shows("First.")
    await deaf.quiet()
    deaf.say("Bob", "And then?", reply_to=deaf.last_post())
    await deaf.shows("First.", "Second.")
    await deaf.quiet()
    assert deaf.heard == [("Alice", "hello"), ("Marlow", "First."), ("Bob", "And then?")]
    deaf.say("Carol", "And then?", reply_to=deaf.last_post(), ping=False)  # its text is not ours to read
    notice = "The bot can't read this message. Mention the bot itself (not its role), or turn on the mention (@) of your reply."
    await deaf.shows("First.", "Second.", notice)


async def test_without_the_intent_an_edit_we_may_not_read_erases_nothing(
    deaf: Wired, caplog: pytest.LogCaptureFixture
) -> None:
    deaf.m2her.say("First.")
    said = deaf.ask("the key is red")
    await deaf.shows("First.")
    deaf.world.edit(said, "the key is green")  # the mention is gone, and with it the text
    await deaf.quiet()
    assert await deaf.remembered() == [("Alice", "the key is red"), ("Marlow", "First.")]
    deaf.world.edit(said, f"{deaf.mention} the key is blue")
    await deaf.quiet()
    assert await deaf.remembered() == [("Alice", "the key is blue"), ("Marlow", "First.")]
    assert errors(caplog) == []


async def test_nobody_is_pinged_by_an_answer(wired: Wired, m2her: M2her) -> None:
    gate = asyncio.Event()
    for who in ("Alice", "Bob"):
        m2her.say("Well, ", gate, "well.")
        wired.ask(who=who)
        await wired.world.wait_for(lambda: wired.posts() and wired.posts()[-1].startswith("Well,"))
        gate.set()
        await wired.quiet()
    sent = [request for request in wired.world.requests if is_message(request) and request.method == "POST"]
    posts = [request.json["allowed_mentions"] for request in sent]
    assert posts == [{"parse": []}, {"parse": []}]
