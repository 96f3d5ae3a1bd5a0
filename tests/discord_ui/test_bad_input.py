"""What goes wrong in a channel is said in plain words, and nothing is lost."""

import logging
import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.completion import ErrorKind
from bot.story.places.rules import ChannelRule
from tests.standins.m2her import End, Error, M2her, tokens
from tests.tavern import MARLOW, RULES, Tavern, open_tavern


@pytest.mark.parametrize(
    ("part", "kind", "said"),
    [
        (Error(1002), ErrorKind.RATE_LIMIT, "The AI model has too many requests right now. Try again in a minute. Press Retry or mention the bot."),
        (Error(1008), ErrorKind.BALANCE, "The bot's AI account is out of credit. The bot's owner can add more."),
        (Error(1004), ErrorKind.BAD_KEY, "The AI model didn't accept the bot's key. The bot's owner can set a new one."),
        (Error(1026), ErrorKind.INPUT_REFUSED, "The AI provider's filter let no reply through. Press Retry or mention the bot."),
        (Error(1027), ErrorKind.OUTPUT_REFUSED, "The AI provider's filter let no reply through. Press Retry or mention the bot."),
        (Error(1013), ErrorKind.OVERLOADED, "The AI model is having trouble. Try again in a minute. Press Retry or mention the bot."),
    ],
)  # fmt: skip
async def test_a_model_that_fails_is_told_in_plain_words_and_the_question_kept(
    tavern: Tavern, m2her: M2her, caplog: pytest.LogCaptureFixture, part: Error, kind: ErrorKind, said: str
) -> None:
    for _ in range(3):  # as often as it may be tried
        m2her.say(part)
    await tavern.say("Alice", f"{tavern.mention} hello")
    assert tavern.posts(tavern.bound) == [said]
    assert await tavern.remembered(tavern.bound) == [("Alice", "hello")]
    assert f"reply in channel {tavern.bound.id}: " in caplog.text
    assert "hello" not in caplog.text


async def test_a_model_that_keeps_failing_is_left_alone_and_the_channel_told_how_long(
    tavern: Tavern, m2her: M2her
) -> None:
    for _ in range(5):
        m2her.say("The light went ", End.CUT)
        await tavern.say("Alice", f"{tavern.mention} and then?")
    await tavern.say("Alice", f"{tavern.mention} and now?")
    said = r"The AI model isn't responding\. Try again in \d+ s\. Press Retry or mention the bot\."
    assert re.fullmatch(said, tavern.posts(tavern.bound)[-1])
    assert len(m2her.requests) == 5


async def test_what_moderation_withdraws_is_gone_and_the_reason_is_said_in_words(
    tavern: Tavern, m2her: M2her
) -> None:
    m2her.say("Once ", "upon", withdrawn=True, sensitive_type=6)
    await tavern.say("Alice", f"{tavern.mention} tell me")
    (post,) = tavern.posts(tavern.bound)
    assert post == "The AI provider's filter let no reply through. Press Retry or mention the bot."
    assert await tavern.remembered(tavern.bound) == [("Alice", "tell me")]


async def test_after_a_failure_a_mention_goes_on(tavern: Tavern, m2her: M2her) -> None:
    m2her.say(Error(1008))
    m2her.say("Here I am.")
    await tavern.say("Alice", f"{tavern.mention} hello")
    await tavern.say("Alice", f"{tavern.mention} and now?")
    assert tavern.posts(tavern.bound)[-1] == "Here I am."
    assert tavern.heard == [("Alice", "hello\nand now?")]


async def test_a_reply_that_breaks_off_keeps_what_came_and_says_so(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("The light went ", End.CUT)
    await tavern.say("Alice", f"{tavern.mention} and then?")
    assert tavern.posts(tavern.bound) == [
        "The light went\n-# The reply was cut off. Press Continue or mention the bot."
    ]
    assert await tavern.remembered(tavern.bound) == [("Alice", "and then?"), ("Marlow", "The light went ")]


async def test_a_reply_at_the_length_limit_says_how_to_go_on(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("And so on", finish="length")
    await tavern.say("Alice", f"{tavern.mention} tell me all")
    assert tavern.posts(tavern.bound) == [
        "And so on\n-# The reply reached the length limit. Press Continue or mention the bot."
    ]


async def test_an_empty_answer_is_no_silence(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("  \n ")
    await tavern.say("Alice", f"{tavern.mention} hello?")
    assert tavern.posts(tavern.bound) == ["The reply was cut off. Press Retry or mention the bot."]


async def test_a_bound_persona_without_its_file_tells_everyone_who_mentions_it(
    tavern: Tavern, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    (tavern.personas / "marlow.yaml").unlink()
    await tavern.restart()
    await tavern.say("Alice", f"{tavern.mention} hello")
    await tavern.say("Bob", "marlow, are you there?")  # no mention, no line
    await tavern.say("Bob", f"{tavern.mention} hello?")
    first, second = tavern.posts(tavern.bound)
    assert first == second
    assert first == (
        "This channel's persona, `marlow`, can't be loaded: its file is missing or broken. The bot's owner "
        "can fix `marlow.yaml`, and then it answers again."
    )
    assert m2her.requests == []
    # Nothing said meanwhile is lost.
    assert await tavern.remembered(tavern.bound) == [
        ("Alice", "hello"),
        ("Bob", "marlow, are you there?"),
        ("Bob", "hello?"),
    ]
    (tavern.personas / "marlow.yaml").write_text(MARLOW, encoding="utf-8")
    await tavern.restart()
    await tavern.say("Alice", f"{tavern.mention} back?")
    assert tavern.heard == [
        ("Alice", "hello"),
        ("Bob", "marlow, are you there?\nhello?"),
        ("Alice", "back?"),
    ]


async def test_where_no_persona_is_set_a_mention_is_told_who_can_change_that(
    m2her: M2her, tmp_path: Path
) -> None:
    async with open_tavern(m2her, tmp_path, rules=replace(RULES, default_persona=None)) as tavern:
        await tavern.say("Alice", f"{tavern.mention} hello", tavern.elsewhere)
        (post,) = tavern.posts(tavern.elsewhere)
        assert post == (
            "No persona is set for this channel. Someone with Manage Channels can choose one with `/persona use`."
        )
        assert await tavern.remembered(tavern.elsewhere) == []


async def test_a_channel_where_it_may_not_send_is_logged_once_and_costs_nothing(
    tavern: Tavern, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    silent = tavern.silent_channel("library")
    tavern.channels[silent.id] = ChannelRule(("marlow",))
    await tavern.say("Alice", f"{tavern.mention} psst", silent)
    await tavern.say("Alice", f"{tavern.mention} psst!", silent)
    assert tavern.posts(silent) == []
    assert m2her.requests == []
    warnings = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == 1
    assert warnings[0].startswith(
        f"can't post in channel {silent.id}: the bot doesn't have permission to post."
    )
    # It still listens.
    assert [text for _, text in await tavern.remembered(silent)] == ["psst", "psst!"]


async def test_the_oldest_whole_turns_leave_a_full_window_and_the_rest_stays(
    m2her: M2her, tmp_path: Path
) -> None:
    rules = replace(RULES, context_window=4_096, end_note=False)
    async with open_tavern(m2her, tmp_path, rules=rules) as tavern:
        m2her.reply = lambda _: "Go on."
        sayings = [f"Story number {number}: " + "the sea rose and fell again. " * 12 for number in range(40)]
        for saying in sayings:
            await tavern.say("Alice", f"{tavern.mention} {saying}")
        said = [saying.strip() for saying in sayings]
        told = [content for name, content in tavern.heard if name == "Alice"]
        assert told == said[-len(told) :]
        assert 10 < len(told) < 40
        assert [role for role, _, _ in tavern.prompt[:5]] == [
            "system", "user_system", "group", "sample_message_user", "sample_message_ai",
        ]  # fmt: skip
        assert sum(tokens(name) + tokens(content) for _, name, content in tavern.prompt) < 4_096 - 1_024
        # The start moves in steps: most prompts begin with the whole one before.
        kept = sum(
            later[: len(earlier)] == earlier
            for earlier, later in zip(tavern.prompts, tavern.prompts[1:], strict=False)
        )
        assert kept >= 0.8 * 39
