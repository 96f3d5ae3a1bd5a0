"""The naming ladder through the real bot: people see the answer and nothing of the steps it took."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import discord
import pytest

from bot.core.completion import Naming
from bot.core.memory.table import TableRules
from bot.core.prompting.brief import ANY_LANGUAGE, LINES_RULE, NOTES_RULE
from bot.core.prompting.brief import RULES as RULES_OF_PLAY
from bot.core.scene import IncomingMessage, Participant, Place
from bot.story.places.rules import Forms
from tests.standins.m2her import Error, M2her, Rules
from tests.tavern import RULES, Tavern, open_tavern

SCENE = "A storm has closed the harbour"
SYSTEM = "\n\n".join(
    [
        "Marlow keeps the Drowned Bell, a harbour tavern.",
        f"Scenario: {SCENE}.",
        RULES_OF_PLAY.format(name="Marlow", length="About 5 words, often less; more only when it matters."),
        f"{NOTES_RULE} {LINES_RULE.format(name='Marlow')} {ANY_LANGUAGE}",
    ]
)
FLOOR = TableRules(all_ages=True).told


def here(people: str) -> str:
    return (
        f"Here are {people} and whoever else speaks. Unless they say otherwise, each of them is this: "
        "A traveller stranded by the storm."
    )


PREFIXED = [
    ("system", "Marlow", f"{SYSTEM}\n\n{FLOOR}"),
    ("user_system", "Everyone", here("Alice, Bob")),
    ("group", SCENE, SCENE),
    ("sample_message_user", "Everyone", "Guest: Have you a room?"),
    ("sample_message_ai", "Marlow", '*slides a key over* "Number four."'),
    ("user", "Everyone", "Alice: Foul weather.\nBob: Marlow, a room?"),
]
FOLDED = [
    (
        "system",
        "Marlow",
        f"{SYSTEM}\n\n{here('Alice, Bob')}\n\n"  # noqa: ISC004 - one long text
        "How Marlow answers, by example:\n"
        'Guest: Have you a room?\nMarlow: *slides a key over* "Number four."\n\n'
        f"{FLOOR}",
    ),
    ("user", "Everyone", "Alice: Foul weather.\nBob: Marlow, a room?"),
]


NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def asked_for_a_room(tavern: Tavern) -> None:
    await tavern.say("Alice", "Foul weather.")
    await tavern.say("Bob", "Marlow, a room?")


def steps(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "rejects prompts" in record.getMessage()]


async def test_an_endpoint_that_wants_one_user_name_gets_prefixed_lines(
    tavern: Tavern, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    m2her.rules = Rules(one_user_name=True)
    m2her.say("*slides a key over*")
    await asked_for_a_room(tavern)
    assert tavern.posts(tavern.bound) == ["*slides a key over*"]
    assert [len(prompt) for prompt in tavern.prompts] == [7, 6]
    assert tavern.prompt == PREFIXED
    (told,) = steps(caplog)
    assert told == (
        "M2-her rejects prompts in the form `named` (invalid params, user name must be consistent); trying "
        "`prefixed`. If that works, it is used for 24 hours. Set model.naming to choose a form yourself"
    )
    # It is remembered, also by the next process.
    m2her.say("*yawns*")
    await tavern.restart()
    await tavern.say("Alice", "Marlow, good night.")
    assert len(tavern.prompts) == 3
    assert tavern.prompt[1] == PREFIXED[1]
    assert len(steps(caplog)) == 1


async def test_two_channels_that_meet_the_refusal_at_once_are_both_answered_and_one_line_tells_of_it(
    tavern: Tavern, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    gate = asyncio.Event()
    for _ in range(2):
        m2her.say(gate, Error(2013, "invalid params, user name must be consistent"))
    hearing, texts = tavern.new_hearing(), []

    async def answered(number: int) -> None:
        place = Place(6 + number)
        call = IncomingMessage(number, place, Participant(1, "Bob"), "A room?", NOW, mentions_bot=True)
        (reply,) = (await hearing.hear(call)).replies
        async with reply:
            texts.append([text async for text in reply.texts()][-1])

    async with asyncio.TaskGroup() as group:
        group.create_task(answered(1))
        group.create_task(answered(2))
        await m2her.received(2)
        gate.set()
    assert texts == ["*Marlow looks at Everyone.* I heard you well."] * 2
    assert len(m2her.requests) == 4
    assert len(steps(caplog)) == 1


@pytest.mark.parametrize("code", [1000, 2013])
async def test_an_endpoint_without_m2_hers_roles_gets_them_folded_into_system(
    tavern: Tavern, m2her: M2her, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    m2her.rules = Rules(no_special=code)
    m2her.say("*slides a key over*")
    await asked_for_a_room(tavern)
    assert tavern.posts(tavern.bound) == ["*slides a key over*"]
    # An unexplained fault of the server is given one more try on the same step.
    assert len(tavern.prompts) == (5 if code == 1000 else 3)
    assert tavern.prompt == FOLDED
    assert len(steps(caplog)) == 2


async def test_after_a_day_the_highest_step_is_tried_again(tavern: Tavern, m2her: M2her) -> None:
    m2her.rules = Rules(one_user_name=True)
    await asked_for_a_room(tavern)
    async with tavern.database.transaction() as tx:
        await tx.run("UPDATE step SET until = 0")  # the day has gone by
    m2her.rules = Rules()
    m2her.say("*is glad to know you apart*")
    await tavern.say("Alice", "Marlow, who am I?")
    assert [name for role, name, _ in tavern.prompt if role == "user"] == ["Alice", "Bob", "Alice"]
    assert await tavern.database.read("SELECT * FROM step") == []


async def test_who_was_only_told_a_lower_step_does_not_undo_that_the_highest_works_again(
    tavern: Tavern, m2her: M2her
) -> None:
    m2her.rules = Rules(one_user_name=True)
    await asked_for_a_room(tavern)
    (row,) = await tavern.database.read("SELECT naming, until FROM step")
    m2her.rules = Rules()
    await tavern.say("Alice", "Marlow, and breakfast?")  # on the step that is remembered, which works still
    (after,) = await tavern.database.read("SELECT naming, until FROM step")
    assert (after["naming"], after["until"]) == (row["naming"], row["until"])
    m2her.say(goes_on := asyncio.Event(), "Eggs.")
    asked = IncomingMessage(1, Place(7), Participant(1, "Bob"), "Eggs?", NOW, mentions_bot=True)
    (reply,) = (await tavern.new_hearing().hear(asked)).replies
    before = len(m2her.requests)
    async with reply:
        await m2her.received(before + 1)
        async with tavern.database.transaction() as tx:
            await tx.run("DELETE FROM step")  # another reply has found that the highest works
        goes_on.set()
        assert [text async for text in reply.texts()][-1] == "Eggs."
    assert tavern.prompt[-1] == ("user", "Everyone", "Bob: Eggs?")
    assert await tavern.database.read("SELECT * FROM step") == []


async def test_a_fault_of_the_server_steps_down_only_where_m2_hers_own_roles_were_used(
    m2her: M2her, tmp_path: Path
) -> None:
    bare = {"marlow": "name: Marlow\ndescription: Marlow keeps the Drowned Bell.\n"}
    async with open_tavern(m2her, tmp_path, personas=bare) as tavern:
        for _ in range(8):
            m2her.say(Error(1000))
        await asked_for_a_room(tavern)
        assert len(tavern.prompts) == 3
        assert {prompt[0][0] for prompt in tavern.prompts} == {"system"}


async def test_a_real_outage_is_told_as_one_and_nothing_is_remembered(tavern: Tavern, m2her: M2her) -> None:
    for _ in range(8):
        m2her.say(Error(1000))
    await asked_for_a_room(tavern)
    assert tavern.posts(tavern.bound) == [
        "The AI model is having trouble. Try again in a minute. Press Retry or mention the bot."
    ]
    assert await tavern.database.read("SELECT * FROM step") == []


async def test_a_pinned_form_is_never_left(m2her: M2her, tmp_path: Path) -> None:
    m2her.rules = Rules(one_user_name=True)
    rules = replace(RULES, forms=Forms(Naming.NAMED, is_pinned=True))
    async with open_tavern(m2her, tmp_path, rules=rules) as tavern:
        await asked_for_a_room(tavern)
        assert len(tavern.prompts) == 1
        assert tavern.posts(tavern.bound)[0].startswith("The AI model didn't understand the request.")


async def test_inspecting_shows_the_step_that_was_found(tavern: Tavern, m2her: M2her) -> None:
    m2her.rules = Rules(one_user_name=True)
    await asked_for_a_room(tavern)
    role = tavern.guild.create_role(
        "Keepers", permissions=discord.Permissions(manage_guild=True, manage_messages=True)
    )
    admin = tavern.guild.add_member(tavern.env.create_user("dana"), roles=[role])
    answer = await admin.slash(tavern.bound, "dramatis inspect")
    assert (
        "People: `prefixed`, everyone shares one name, and each line begins with the speaker's name"
        in answer.response.content
    )


async def test_a_prompt_too_long_and_in_a_form_that_is_refused_gets_plainer_and_shorter_in_one_reply(
    tavern: Tavern, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    lines = [f"{number:02} {' '.join(['word'] * 60)}" for number in range(30)]
    for number, line in enumerate(lines):
        await tavern.say("Bob" if number % 2 else "Alice", line)
    # The stand-in looks at the names first, so the plainer prompt is the one that is too long.
    m2her.rules = Rules(one_user_name=True, context_window=2_600)
    m2her.say("*slides a key over*")
    await tavern.say("Alice", f"{tavern.mention} a room?")
    assert tavern.posts(tavern.bound) == ["*slides a key over*"]
    heard = [f"{'Bob' if number % 2 else 'Alice'}: {line}" for number, line in enumerate(lines)]
    named, *prefixed = tavern.prompts
    assert [name for role, name, _ in named if role == "user"] == [*["Alice", "Bob"] * 15, "Alice"]
    # Half of the text, then a quarter, the persona whole; and each line still says whose it is.
    for prompt, start, people in zip(
        prefixed, (0, 16, 23), ("Alice, Bob", "Alice, Bob", "Bob, Alice"), strict=True
    ):
        profile = ("user_system", "Everyone", here(people))
        story = "\n".join([*heard[start:], "Alice: a room?"])
        assert prompt == [PREFIXED[0], profile, *PREFIXED[2:-1], ("user", "Everyone", story)]
    assert len(steps(caplog)) == 1
    # Both lessons hold from now on: the next prompt is taken as it is.
    m2her.say("*yawns*")
    await tavern.say("Bob", f"{tavern.mention} and breakfast?")
    assert len(tavern.prompts) == 5
    profile = ("user_system", "Everyone", here("Bob, Alice"))
    assert tavern.prompt[:-3] == [PREFIXED[0], profile, *PREFIXED[2:-1]]
