"""What a prompt may hold and what a reply has cost, from Discord to the books: the whole bot, M2-her's stand-in."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bench.story import story
from bot.composition.story import now
from bot.core.completion import Message, Prompt, Sampling, Usage
from bot.core.endpoint.calibration import Calibration
from bot.core.endpoint.price import FREE, LIST_PRICES, Bill, Price, Prices, bill
from bot.core.scene import Ending, IncomingMessage, Participant, Place
from bot.core.tokens import BY_SCRIPT, Size
from bot.endpoint.meter import TokenMeter
from bot.llm.client import HttpModel, Server
from bot.llm.dialects import Dialect
from bot.llm.gate import Gate
from bot.storage.calibrations import Calibrations
from tests.databases import sqlite_of
from tests.llm.clock import settle
from tests.llm.models import http_model
from tests.standins.m2her import End, Error, M2her, tokens
from tests.tavern import ISOLDE, RULES, Tavern, at_once, open_tavern

TOO_LONG = Error(2013, "invalid params, context window exceeds limit")
NO_NAMES = Error(2013, "invalid params, user name must be consistent")
NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight"]


async def told(tavern: Tavern) -> None:
    """Eight turns of one length, by two people in turn."""
    for number, word in enumerate(NUMBERS):
        await tavern.people["Alice" if number % 2 else "Bob"].send(tavern.bound, f"Number {word}.")


def histories(m2her: M2her) -> list[list[str]]:
    """What each request held of the story."""
    return [
        [m["content"] for m in request.body["messages"] if m["role"] in {"user", "assistant"}]
        for request in m2her.requests
    ]


async def books(tavern: Tavern) -> list[tuple[Any, ...]]:
    columns = "prompt_tokens, completion_tokens, total_tokens, model, reported, price_microdollars"
    ended = f"SELECT {columns} FROM usage WHERE completion_tokens IS NOT NULL ORDER BY id"
    return [tuple(row) for row in await tavern.database.read(ended)]


def truth(m2her: M2her, number: int = -1) -> int:
    """The prompt tokens that the stand-in counted for a request."""
    messages = m2her.requests[number].body["messages"]
    return m2her.overhead + sum(tokens(m["content"]) + tokens(m["name"]) + 4 for m in messages)


def call(number: int, channel: int) -> IncomingMessage:
    return IncomingMessage(
        number, Place(channel), Participant(1, "Bob"), "And then?", now(), mentions_bot=True
    )


# --- too long after all ---------------------------------------------------------------------------


async def test_a_prompt_that_is_too_long_after_all_is_asked_again_with_half_of_the_story_and_half_of_that(
    tavern: Tavern, m2her: M2her
) -> None:
    await told(tavern)
    for _ in range(3):
        m2her.say(TOO_LONG)
    m2her.say("Nine, I say.")
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and then?")
    numbers = [f"Number {word}." for word in NUMBERS]
    assert histories(m2her) == [
        [*numbers, "and then?"],
        [*numbers[5:], "and then?"],
        [numbers[7], "and then?"],
        ["and then?"],
    ]
    # The persona stays whole, and people see no more than the answer.
    assert [
        [role for role, _, _ in prompt if role.startswith(("system", "group", "sample"))]
        for prompt in tavern.prompts
    ] == [["system", "group", "sample_message_user", "sample_message_ai"]] * 4
    assert tavern.posts(tavern.bound) == ["Nine, I say."]
    # Two turns were too much; so the next prompt does not try three.
    await tavern.people["Alice"].send(tavern.bound, f"{tavern.mention} go on")
    assert histories(m2her)[4:] == [["go on"]]


async def test_a_limit_of_tokens_that_comes_back_at_once_is_met_with_less_of_the_story(
    tavern: Tavern, m2her: M2her
) -> None:
    await told(tavern)
    for _ in range(2):
        m2her.say(Error(1039))
    m2her.say("Nine, I say.")
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and then?")
    assert [len(history) for history in histories(m2her)] == [9, 9, 4]
    assert tavern.posts(tavern.bound) == ["Nine, I say."]


async def test_a_minute_s_limit_of_tokens_leaves_nothing_of_the_story_out_afterwards(
    tavern: Tavern, m2her: M2her
) -> None:
    await told(tavern)
    for _ in range(4):
        m2her.say(Error(1039))
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and then, I ask?")
    assert [len(history) for history in histories(m2her)] == [9, 9, 4, 1]
    (post,) = tavern.posts(tavern.bound)
    assert post.startswith("The AI model has too many requests right now. ")
    m2her.say("Nine, I say.")
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} so?")
    numbers = [f"Number {word}." for word in NUMBERS]
    assert histories(m2her)[4] == [*numbers, "and then, I ask?\nso?"]


async def test_what_does_not_fit_even_by_itself_is_told_after_three_more_tries(
    tavern: Tavern, m2her: M2her
) -> None:
    casting = tavern.bot.services.story.casting  # type: ignore[attr-defined]
    casting.rules = replace(casting.rules, look_back=False)
    await told(tavern)
    for _ in range(4):
        m2her.say(TOO_LONG)
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and then?")
    assert len(m2her.requests) == 4
    (post,) = tavern.posts(tavern.bound)
    assert post.startswith("This is too long for the AI model, even without the earlier story. ")
    # The next ones do not try again what is known not to fit.
    m2her.say(TOO_LONG)
    await tavern.people["Alice"].send(tavern.bound, f"{tavern.mention} and then?")
    assert histories(m2her)[4:] == [["and then?"]]
    # As soon as as much is taken after all, nothing is given up any more.
    for text in ("what, now?", "go on"):
        await tavern.people["Alice"].send(tavern.bound, f"{tavern.mention} {text}")
    numbers = [f"Number {word}." for word in NUMBERS]
    assert histories(m2her)[5] == ["what, now?"]
    assert histories(m2her)[6][:9] == [*numbers, "and then?"]


async def test_what_was_too_long_is_known_also_where_something_else_ended_the_reply(
    tavern: Tavern, m2her: M2her
) -> None:
    await told(tavern)
    m2her.say(TOO_LONG)
    m2her.say(Error(1008))
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and then?")
    assert [len(held) for held in histories(m2her)] == [9, 4]
    (post,) = tavern.posts(tavern.bound)
    assert post.startswith("The bot's AI account is out of credit. ")
    await tavern.people["Alice"].send(tavern.bound, f"{tavern.mention} go on")
    assert histories(m2her)[2:] == [["go on"]]


async def test_a_first_message_has_nothing_to_leave_out(tavern: Tavern, m2her: M2her) -> None:
    m2her.say(TOO_LONG)
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} hello")
    assert len(m2her.requests) == 1


async def test_after_a_word_was_said_nothing_is_asked_again(tavern: Tavern, m2her: M2her) -> None:
    await told(tavern)
    m2her.say("Nine, ", TOO_LONG)
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and then?")
    assert len(m2her.requests) == 1


async def test_other_refusals_are_not_asked_again(tavern: Tavern, m2her: M2her) -> None:
    await told(tavern)
    m2her.say(Error(2013, "invalid params, something else"))
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and then?")
    assert len(m2her.requests) == 1


@pytest.mark.parametrize(
    "first", [TOO_LONG, NO_NAMES], ids=["too long, then the names", "the names, then too long"]
)
async def test_a_prompt_may_be_too_long_and_in_a_form_that_is_refused(
    tavern: Tavern, m2her: M2her, first: Error
) -> None:
    await told(tavern)
    m2her.say(first)
    m2her.say(NO_NAMES if first is TOO_LONG else TOO_LONG)
    m2her.say("Nine, I say.")
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and then?")
    assert histories(m2her)[2] == [
        "Alice: Number six.\nBob: Number seven.\nAlice: Number eight.\nBob: and then?"
    ]
    assert len(m2her.requests) == 3
    assert tavern.posts(tavern.bound) == ["Nine, I say."]
    # Both lessons are learnt: at once in the plainer form, and no longer than what is left of a window so small.
    await tavern.people["Alice"].send(tavern.bound, f"{tavern.mention} go on")
    assert histories(m2her)[3:] == [["Alice: go on"]]


async def test_what_was_sent_at_last_can_be_looked_at(tavern: Tavern, m2her: M2her) -> None:
    await told(tavern)
    m2her.say(TOO_LONG)
    m2her.say("Nine, I say.")
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and then?")
    ada = tavern.staff("Ada", manage_guild=True)
    post = tavern.last_post(tavern.bound)
    used = await ada.slash(tavern.bound, "dramatis inspect", reply=str(post.id))
    lines = used.response.content.splitlines()
    assert lines[0] == "**What the AI model got for that reply by Marlow**, word for word"
    assert (
        "Left out: 5 older turns, because the model refused a longer prompt; the window is set to 65,536 tokens"
        in lines
    )
    assert not any("Number five" in line for line in lines)


async def test_the_lesson_is_kept_also_over_a_restart(m2her: M2her, tmp_path: Path) -> None:
    """A server with a window of 4,096 that the configuration takes for 65,536."""
    m2her.rules.context_window = 4_096
    async with open_tavern(m2her, tmp_path) as tavern:
        for number in range(60):
            await tavern.people["Alice" if number % 2 else "Bob"].send(tavern.bound, "word " * 60)
        await tavern.people["Carol"].send(tavern.bound, f"{tavern.mention} what did they say?")
        first = len(m2her.requests)
        assert first == 3  # a quarter of it fits
        for _ in range(6):
            await tavern.people["Carol"].send(tavern.bound, f"{tavern.mention} and now?")
        # Not every reply runs into it again: the window is found and stays found.
        assert len(m2her.requests) - first == 6
        lesson = tavern.meter.known.overflow
        assert lesson is not None
        later = await TokenMeter.open(Calibrations(tavern.database), tavern.model)
        assert later.known == tavern.meter.known
        assert later.known.room(65_536, 1_024) < 10_000


# --- room again -----------------------------------------------------------------------------------


async def test_turns_left_out_for_one_report_that_was_far_too_high_come_back(
    m2her: M2her, tmp_path: Path
) -> None:
    rules = replace(RULES, context_window=4_096, end_note=False)
    async with open_tavern(m2her, tmp_path, rules=rules) as tavern:
        for number in range(22):
            m2her.say("Aye.")
            await tavern.people["Alice"].send(tavern.bound, f"{tavern.mention} {number:02} " + "word " * 60)
        usual, m2her.overhead = m2her.overhead, m2her.overhead + round(1.5 * truth(m2her))
        await tavern.people["Alice"].send(tavern.bound, f"{tavern.mention} 22")
        m2her.overhead = usual
        for number in range(23, 40):
            await tavern.people["Alice"].send(tavern.bound, f"{tavern.mention} {number}")
        first = [next(text for text in held if text[0].isdigit())[:2] for held in histories(m2her)[22:]]
        # Four prompts hold what the report left room for; then so many come back that a fifth stays free.
        assert first == ["05", *["21"] * 4, *["09"] * 13]
        assert [new[: len(old)] == old for old, new in pairwise(tavern.prompts[-13:])] == [True] * 12


async def test_turns_left_out_while_a_smaller_window_was_configured_come_back_with_the_larger_one(
    m2her: M2her, tmp_path: Path
) -> None:
    model = http_model(m2her.base_url, needs_key=False, sleep=at_once)
    first = []
    messages = 0
    for context_window in (16_384, 2_048, 16_384):
        async with story(tmp_path, ISOLDE, model, context_window=context_window, cap=512) as told:
            told.messages = messages
            for number in range(messages, messages + 20):
                await told.say("Alice", f"{number:02} " + "word " * 50)
            for _ in range(3):
                await told.ask("Bob", "And then?")
                first.append(histories(m2her)[-1][0].split()[0])
            messages = told.messages
    await model.aclose()
    assert first == ["00", "00", "00", "36", "36", "36", "00", "00", "00"]


# --- learning -------------------------------------------------------------------------------------


async def test_what_the_model_counts_is_learnt_reply_by_reply(tavern: Tavern, m2her: M2her) -> None:
    for _ in range(12):
        await tavern.people["Alice"].send(tavern.bound, f"{tavern.mention} " + "tell me more of it " * 12)
    known = tavern.meter.known
    assert [row.truth for row in known.observed] == [truth(m2her, number) for number in range(12)]
    prompt = known.observed[-1]
    assert (
        abs(known.rates[0] * prompt.text + known.rates[1] * prompt.messages + known.rates[2] - prompt.truth)
        < 20
    )


async def test_where_only_the_total_is_reported_the_reply_s_own_tokens_are_taken_off(
    tavern: Tavern, m2her: M2her
) -> None:
    m2her.shape.usage = "total"
    m2her.say("Nine, I say.")
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and then?")
    (row,) = tavern.meter.known.observed
    # The stand-in counts 5 tokens of reply, and the bot 5.
    assert row.truth == truth(m2her) == 741


@pytest.mark.parametrize("usage", ["zero", "null", "none"])
async def test_without_a_report_nothing_is_learnt(tavern: Tavern, m2her: M2her, usage: str) -> None:
    m2her.say("Nine, I say.", usage=usage)
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and then?")
    assert tavern.meter.known.observed == ()


async def test_a_reply_that_broke_off_without_a_report_teaches_nothing(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("Nine, ", End.CUT)
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and then?")
    assert tavern.meter.known.observed == ()


async def test_what_cannot_be_written_is_known_all_the_same_and_written_with_the_next(tavern: Tavern) -> None:
    prompt = Prompt((Message("user", "Bob", "And then?"),), Sampling(1.0, 0.95, 512), Size(100, 1))
    await sqlite_of(tavern.database)._writer.execute_fetchall("PRAGMA query_only = ON")
    await tavern.meter.learn(prompt, "Nine.", Usage(300, 2, 302), now())
    assert [row.truth for row in tavern.meter.known.observed] == [300]
    await sqlite_of(tavern.database)._writer.execute_fetchall("PRAGMA query_only = OFF")
    await tavern.meter.learn(prompt, "Nine.", Usage(310, 2, 312), now())
    later = await TokenMeter.open(Calibrations(tavern.database), tavern.model)
    assert [row.truth for row in later.known.observed] == [300, 310]


async def test_models_endpoints_and_counters_learn_apart(tavern: Tavern, m2her: M2her) -> None:
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and then?")
    store = Calibrations(tavern.database)

    def model(**other: Any) -> HttpModel:
        return http_model(**({"base_url": m2her.base_url} | other))

    class Fingers:
        name, margin = "fingers", 1.0
        count = staticmethod(len)

    same = await TokenMeter.open(store, model(), BY_SCRIPT)
    assert len(same.known.observed) == 1
    for other in (
        await TokenMeter.open(store, model(model_name="M3")),
        await TokenMeter.open(store, model(base_url="http://127.0.0.1:1")),
        await TokenMeter.open(store, model(dialect=Dialect.OPENAI)),
        await TokenMeter.open(store, model(), Fingers()),
    ):
        assert other.known == Calibration(other.counter.margin)


def test_an_endpoint_is_named_without_what_is_secret_in_its_address() -> None:
    model = HttpModel(Server("https://me:secret@example.org:8443/v1?key=secret", Dialect.OPENAI, "x"))
    assert "secret" not in model.endpoint
    assert model.endpoint.startswith("example.org:8443/")


# --- the books ------------------------------------------------------------------------------------


async def test_what_the_api_reports_is_written_down_as_it_is_with_its_price(
    tavern: Tavern, m2her: M2her
) -> None:
    m2her.say("Nine, I say.")
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and then?")
    assert truth(m2her) == 741
    # 741 * $0.30 + 5 * $1.20 a million is 229 millionths, rounded up.
    assert await books(tavern) == [(741, 5, 746, "M2-her", 1, 229)]


async def test_of_a_total_the_parts_are_ours_and_marked(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("Nine, I say, and ten is next.", usage="total")
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and then?")
    ((prompt, completion, total, _, reported, price),) = await books(tavern)
    assert (total, reported) == (751, 0)
    assert prompt + completion == 751
    assert 8 <= completion <= 12
    assert price == LIST_PRICES.microdollars("M2-her", prompt, completion)


@pytest.mark.parametrize(
    "parts",
    [("Nine, I say.",), ("Nine, I say.", End.CUT), ("Nine, I say.", Error(1027))],
    ids=["done", "cut", "withdrawn"],
)
async def test_what_nobody_reports_is_estimated_and_marked(
    tavern: Tavern, m2her: M2her, parts: tuple[Any, ...]
) -> None:
    m2her.say(*parts, usage="none")
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and then?")
    ((prompt, completion, total, model, reported, price),) = await books(tavern)
    assert (model, reported) == ("M2-her", 0)
    assert 0.8 * truth(m2her) <= prompt <= 1.2 * truth(m2her)
    assert completion == 5
    assert total == prompt + completion
    assert price == LIST_PRICES.microdollars("M2-her", prompt, completion)


async def test_what_was_spoken_for_others_is_paid_for_too(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("Nine, I say.\nBob: Then I shall wait for ten.\nAnd I did.")
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and then?")
    assert tavern.posts(tavern.bound) == ["Nine, I say."]
    ((_, completion, _, _, reported, _),) = await books(tavern)
    assert completion > 12  # what people see of it is 5
    assert reported == 0  # the report would have come after what was cut off


async def test_an_answer_all_for_somebody_else_is_paid_for_and_so_is_the_next_one(
    tavern: Tavern, m2her: M2her
) -> None:
    m2her.say("Bob: Then I shall wait for ten.\nAnd I did.")
    m2her.say("Nine, I say.")
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and then?")
    assert tavern.posts(tavern.bound) == ["Nine, I say."]
    lost, shown = await books(tavern)
    assert (lost[1] > 5, lost[4]) == (True, 0)  # estimated: its report would have come after the cut
    assert shown[4] == 1


async def test_a_total_that_is_more_than_its_parts_is_written_down_as_it_is(tavern: Tavern) -> None:
    prompt = Prompt((Message("user", "Bob", "And then?"),), Sampling(1.0, 0.95, 512), Size(4, 1))
    spent = tavern.meter.spent(prompt, "Nine.", Usage(100, 20, 125), now())
    assert (spent.usage, spent.reported, spent.microdollars) == (Usage(100, 20, 125), True, 54)


async def test_a_reply_that_is_stopped_before_its_first_word_has_cost_its_prompt(
    tavern: Tavern, m2her: M2her
) -> None:
    m2her.say(asyncio.Event())
    (reply,) = (await tavern.new_hearing().hear(call(1, 7))).replies
    async with reply:
        await m2her.received(1)
        reply.stop()
    ((prompt, completion, _, _, reported, _),) = await books(tavern)
    assert 500 < prompt < 650
    assert (completion, reported) == (0, 0)


async def test_a_reply_that_is_stopped_while_it_waits_for_another_has_cost_nothing(
    m2her: M2her, tmp_path: Path
) -> None:
    async with open_tavern(m2her, tmp_path, gate=Gate(at_once=1)) as tavern:
        await stopped_in_line(tavern, m2her)


async def test_a_reply_that_is_stopped_before_it_is_asked_for_once_more_has_cost_the_first_answer_alone(
    m2her: M2her, tmp_path: Path
) -> None:
    async with open_tavern(m2her, tmp_path, gate=Gate(at_once=1)) as tavern:
        m2her.say(first_may := asyncio.Event(), "<think>Hm.</think>")
        m2her.say(second_may := asyncio.Event(), "Nine, I say.")
        (first,) = (await tavern.new_hearing().hear(call(1, 7))).replies
        (second,) = (await tavern.new_hearing().hear(call(2, 8))).replies
        async with first:
            await m2her.received(1)
            async with second:
                await settle()  # it stands in line, and is let in between the first one's two requests
                first_may.set()
                await m2her.received(2)
                await settle()
                first.stop()
                await first.wait_ended(5)
                second_may.set()
                assert [text async for text in second.texts()][-1] == "Nine, I say."
        assert first.outcome is not None
        assert first.outcome.ending is Ending.STOPPED
        assert len(m2her.requests) == 2
        assert [reported for *_, reported, _ in await books(tavern)] == [1, 1]


async def stopped_in_line(tavern: Tavern, m2her: M2her) -> None:
    m2her.say(gate := asyncio.Event(), "Nine, I say.")
    (first,) = (await tavern.new_hearing().hear(call(1, 7))).replies
    (second,) = (await tavern.new_hearing().hear(call(2, 8))).replies
    async with first:
        await m2her.received(1)
        async with second:
            await settle()
            second.stop()
        assert await books(tavern) == []
        gate.set()
        _ = [text async for text in first.texts()]
    assert len(m2her.requests) == 1
    assert len(await books(tavern)) == 1


async def test_a_reply_that_is_stopped_at_its_second_prompt_has_cost_that_one_and_taught_nothing(
    tavern: Tavern, m2her: M2her
) -> None:
    m2her.say(NO_NAMES)
    m2her.say(End.STALL)
    (reply,) = (await tavern.new_hearing().hear(call(1, 7))).replies
    async with reply:
        await m2her.received(2)
        reply.stop()
    assert reply.outcome is not None
    assert reply.outcome.ending is Ending.STOPPED
    assert len(m2her.requests) == 2
    ((prompt, completion, _, _, reported, _),) = await books(tavern)
    assert 500 < prompt < 650
    assert (completion, reported) == (0, 0)
    # Nobody knows yet whether the plainer form works.
    assert await tavern.database.read("SELECT * FROM step") == []


class Hearing(logging.Handler):
    """Does something when the log tells of a step."""

    def __init__(self, then: Callable[[], None]) -> None:
        super().__init__()
        self._then = then

    def emit(self, record: logging.LogRecord) -> None:
        assert "rejects prompts in the form" in record.getMessage()
        self._then()


async def test_a_reply_that_is_stopped_between_two_prompts_has_cost_nothing(
    tavern: Tavern, m2her: M2her
) -> None:
    m2her.say(NO_NAMES)
    (reply,) = (await tavern.new_hearing().hear(call(1, 7))).replies
    hearing = Hearing(reply.stop)
    logging.getLogger("bot.endpoint.ladder").addHandler(hearing)
    try:
        async with reply:
            assert [text async for text in reply.texts()] == []
    finally:
        logging.getLogger("bot.endpoint.ladder").removeHandler(hearing)
    assert reply.outcome is not None
    assert reply.outcome.ending is Ending.STOPPED
    assert len(m2her.requests) == 1
    assert await books(tavern) == []


async def test_a_refusal_costs_nothing(tavern: Tavern, m2her: M2her) -> None:
    m2her.say(Error(1008))
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and then?")
    assert await books(tavern) == []


async def test_a_try_that_was_too_long_costs_nothing_and_the_next_one_its_own(
    tavern: Tavern, m2her: M2her
) -> None:
    await told(tavern)
    m2her.say(TOO_LONG)
    m2her.say("Nine, I say.")
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and then?")
    assert [row[0] for row in await books(tavern)] == [truth(m2her)]
    assert truth(m2her) < truth(m2her, 0)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (Usage(100, 20, 120), Bill(100, 20, reported=True)),
        (Usage(100, 20), Bill(100, 20, reported=True)),
        (Usage(100, None, 120), Bill(100, 20, reported=True)),
        (Usage(None, 20, 120), Bill(100, 20, reported=True)),
        (Usage(None, None, 120), Bill(113, 7, reported=False)),
        (Usage(None, None, 5), Bill(0, 5, reported=False)),
        (Usage(100), Bill(100, 7, reported=False)),
        (Usage(None, 20), Bill(90, 20, reported=False)),
        (Usage(), Bill(90, 7, reported=False)),
        (None, Bill(90, 7, reported=False)),
    ],
)
def test_what_is_not_reported_is_reckoned_from_what_is_or_guessed(
    usage: Usage | None, expected: Bill
) -> None:
    assert bill(usage, prompt_guess=90, completion_guess=7) == expected


@pytest.mark.parametrize(
    ("model", "prompt", "completion", "price"),
    [
        ("M2-her", 1_000_000, 0, 300_000),
        ("M2-her", 0, 1_000_000, 1_200_000),
        ("M2-her", 1, 0, 1),
        ("M2-her", 0, 0, 0),
        ("minimax/minimax-m2-her", 10, 10, 15),
        ("MiniMax-M3", 10, 10, 15),
        ("minimax/minimax-m3", 10, 10, 15),
        ("not-minimax-m3", 10, 10, None),
        ("llama-3", 1_000_000, 0, None),
        ("offline", 10, 10, None),
    ],
)
def test_a_price_is_in_millionths_of_a_dollar_and_known_of_two_models(
    model: str, prompt: int, completion: int, price: int | None
) -> None:
    assert LIST_PRICES.microdollars(model, prompt, completion) == price


def test_the_hosts_prices_come_first() -> None:
    dear, own = Price(Decimal("2.5"), Decimal(10)), Price(Decimal("0.1"), Decimal("0.0000001"))
    prices = Prices({"llama-3": dear, "m2-her": own, "local": FREE})
    assert prices.microdollars("Llama-3", 1000, 10) == 2600
    assert prices.microdollars("M2-her", 1, 1) == 1  # a part of a millionth counts as one
    assert prices.microdollars("minimax/minimax-m2-her", 10, 0) == 3  # not the model that was named
    assert prices.microdollars("local", 10**9, 10**9) == 0
    assert prices.microdollars("gpt", 1, 1) is None
