"""`/undo` and *Redo*, as people use them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.core.scene import Place
from bot.discord_ui.interactions.common.services import Services
from tests.discord_ui.interactions.common.test_pressing import have_buttons
from tests.discord_ui.interactions.revisions.test_controls import FIRST, SECOND, ask, labels, press, private
from tests.discord_ui.replies.test_refused_words import refusal
from tests.standins.discord_wire import Interaction, Message
from tests.standins.discord_wire.records import Permission
from tests.standins.m2her import M2her
from tests.tavern import Tavern
from tests.wired import Wired, until, wire

MARK = "↩️"
DONE = "The last exchange is out of the story. *Redo* brings it back, as long as nothing new is said."
FURTHER = "-# ↩ Part of the same exchange."
BACK = "Back in the story."


def line(tavern: Tavern, who: str = "Alice") -> str:
    return f"-# ↩ <@{tavern.people[who].id}> took this exchange out of the story."


async def undo(tavern: Tavern, who: str = "Alice", channel: Any = None) -> Any:
    used = await tavern.people[who].slash(channel or tavern.bound, "undo")
    await tavern.quiet()
    assert used.ephemeral
    return used


def services(tavern: Tavern) -> Services:
    found: Services = tavern.bot.services  # type: ignore[attr-defined]
    return found


def marked(tavern: Tavern, channel: Any = None) -> list[str]:
    """What the messages say that have the bot's reaction."""
    found = tavern.env.backend.messages[(channel or tavern.bound).id].values()
    return [each.content for each in found if any(one.emoji == MARK for one in each.reactions)]


async def test_the_last_exchange_leaves_the_story_and_comes_back_whole(tavern: Tavern, m2her: M2her) -> None:
    first = await ask(tavern, m2her)
    await tavern.say("Bob", "Look at that!")
    second = await ask(tavern, m2her, SECOND)
    said = f"{tavern.mention} what now?"
    before = await tavern.remembered(tavern.bound)
    used = await undo(tavern)
    assert used.response.content == DONE
    assert private(used) == ["Redo"]
    assert tavern.posts(tavern.bound) == [FIRST, line(tavern)]
    assert (labels(tavern, first), labels(tavern, second)) == (["↻ Again", "⋯ More"], ["Redo"])
    assert marked(tavern) == ["Look at that!", said]
    assert await tavern.remembered(tavern.bound) == [("Alice", "what now?"), ("Marlow", FIRST)]
    await tavern.restart()
    await press(tavern, "Redo", second)
    await tavern.quiet()
    assert tavern.posts(tavern.bound) == [FIRST, SECOND]
    assert (labels(tavern, first), labels(tavern, second)) == ([], ["↻ Again", "⋯ More"])
    assert marked(tavern) == []
    assert await tavern.remembered(tavern.bound) == before
    again = await tavern.people["Alice"].click(used.response, label="Redo")
    assert again.response.content == "This message is already in the story."


async def test_the_exchange_before_is_the_next_and_they_come_back_in_turn(
    tavern: Tavern, m2her: M2her
) -> None:
    first, second = await ask(tavern, m2her), await ask(tavern, m2her, SECOND)
    await undo(tavern)
    await undo(tavern)
    assert tavern.posts(tavern.bound) == [line(tavern), line(tavern)]
    assert await tavern.remembered(tavern.bound) == []
    told = await press(tavern, "Redo", second)
    assert (
        told.followups[-1].content == "The exchange before this one was undone too. Press Redo there first."
    )
    await press(tavern, "Redo", first)
    await press(tavern, "Redo", second)
    assert tavern.posts(tavern.bound) == [FIRST, SECOND]
    assert labels(tavern, second) == ["↻ Again", "⋯ More"]


async def test_once_something_new_was_said_it_does_not_come_back(tavern: Tavern, m2her: M2her) -> None:
    post = await ask(tavern, m2her)
    used = await undo(tavern)
    new = await tavern.say("Bob", "A quiet night.")
    why_not = "Something new was said since, so this exchange can't come back anymore."
    told = await press(tavern, "Redo", post)
    assert told.followups[-1].content == why_not
    assert tavern.posts(tavern.bound) == [line(tavern)]
    await tavern.people["Bob"].delete(new)
    await tavern.people["Alice"].click(used.response, label="Redo")
    assert used.response.content == BACK
    assert tavern.posts(tavern.bound) == [FIRST]


async def test_every_post_of_every_reply_of_the_exchange_is_a_small_line(
    tavern: Tavern, m2her: M2her
) -> None:
    here = tavern.elsewhere
    m2her.say(" ".join(["word"] * 700))
    await tavern.say("Alice", f"{tavern.mention} what now?", here)
    m2her.say("Not here.")
    await tavern.people["Alice"].slash(here, "talk", text="And you?", persona="isolde")
    await tavern.quiet()
    before = tavern.posts(here)
    first, second, talked, guest = before
    assert (talked, guest) == ("**Alice:** And you?", "**Isolde**\nNot here.")
    await undo(tavern, channel=here)
    assert tavern.posts(here) == [first, second, talked, line(tavern)]
    assert marked(tavern, here) == [talked]
    await undo(tavern, channel=here)
    assert tavern.posts(here) == [line(tavern), FURTHER, talked, line(tavern)]
    for _ in range(2):
        found = [each for each in here.history() if labels(tavern, each) == ["Redo"]]
        await press(tavern, "Redo", min(found, key=lambda each: each.id))
        await tavern.quiet()
    assert tavern.posts(here) == before
    assert marked(tavern, here) == []


async def test_two_personas_who_answered_are_one_exchange_with_one_button(
    tavern: Tavern, m2her: M2her
) -> None:
    here = tavern.elsewhere
    m2her.say("Number four.")
    await tavern.say("Alice", f"{tavern.mention} a room?", here)
    m2her.say("I would not sleep there.")
    await tavern.people["Alice"].slash(here, "talk", text="((Isolde, you too))", persona="isolde")
    await tavern.quiet()
    before, posts = tavern.posts(here), [each for each in here.history() if each.author == tavern.bot.user]
    await undo(tavern, channel=here)
    assert tavern.posts(here) == [line(tavern), before[1], FURTHER]
    assert [labels(tavern, post) for post in posts] == [["Redo"], [], []]
    assert await tavern.remembered(here) == []
    await press(tavern, "Redo", posts[0])
    await tavern.quiet()
    assert tavern.posts(here) == before
    assert [labels(tavern, post) for post in posts] == [[], [], ["↻ Again", "⋯ More"]]


async def test_where_nobody_was_answered_there_is_nothing_to_undo(tavern: Tavern) -> None:
    nothing = "There's nothing to undo: no persona has said anything in this story yet."
    assert (await undo(tavern)).response.content == nothing
    await tavern.say("Alice", "Anyone here?")
    assert (await undo(tavern)).response.content == nothing
    assert marked(tavern) == []


async def test_others_may_not_undo_what_somebody_started_but_redo_their_own(
    tavern: Tavern, m2her: M2her
) -> None:
    post = await ask(tavern, m2her)
    assert (await undo(tavern, "Bob")).response.content.startswith("Only the person who started this scene")
    assert tavern.posts(tavern.bound) == [FIRST]
    await tavern.database.write("UPDATE turn SET created_at = created_at - ?", (7 * 86_400_000,))
    await tavern.database.write("UPDATE scene SET created_at = created_at - ?", (7 * 86_400_000 - 60_000,))
    assert (await undo(tavern, "Bob")).response.content.startswith("Only the person who started this scene")
    await tavern.database.write("UPDATE scene SET created_at = created_at - ?", (60_000,))
    assert (await undo(tavern, "Bob")).response.content == DONE  # Alice has said nothing for a week
    assert tavern.posts(tavern.bound) == [line(tavern, "Bob")]
    await press(tavern, "Redo", post, "Bob")
    assert tavern.posts(tavern.bound) == [FIRST]


async def test_a_button_of_before_does_not_tear_an_exchange_apart(tavern: Tavern, m2her: M2her) -> None:
    post = await ask(tavern, m2her)
    opened = await press(tavern, "⋯ More")
    await undo(tavern)
    used = await tavern.people["Alice"].click(opened.response, label="Remove")
    removed = "This message was removed from the story. Press Undo under it to put it back."
    assert used.followups[-1].content == removed
    forged = await tavern.forge(tavern.people["Alice"], post, f"rp:restore:{2}")
    assert forged.response.content == removed
    assert tavern.posts(tavern.bound) == [line(tavern)]


async def test_a_deleted_message_stays_deleted(tavern: Tavern, m2her: M2her) -> None:
    said = await tavern.say("Alice", "By the way,")
    post = await ask(tavern, m2her)
    await undo(tavern)
    await tavern.people["Alice"].delete(said)
    await press(tavern, "Redo", post)
    assert await tavern.remembered(tavern.bound) == [("Alice", "what now?"), ("Marlow", FIRST)]
    assert marked(tavern) == []


@pytest.mark.parametrize("back", [False, True])
async def test_after_a_kill_the_next_start_leaves_nothing_half(
    tavern: Tavern, m2her: M2her, *, back: bool
) -> None:
    """It was killed between what is stored and what people see, when it went or when it came back."""
    post = await ask(tavern, m2her)
    if back:
        await undo(tavern)
    story, place = services(tavern).story, Place(tavern.bound.id, guild_id=tavern.guild.id)
    if back:
        await story.undoing.redo(1, place)
    else:
        await story.undoing.undo(place, tavern.people["Alice"].id)
    assert tavern.posts(tavern.bound) == ([line(tavern)] if back else [FIRST])
    unfinished = await story.recovery.interrupted(terminal=False)
    await tavern.restart()
    await tavern.quiet()
    assert marked(tavern) == ([] if back else [f"{tavern.mention} what now?"])
    listener = tavern.bot.listener  # type: ignore[attr-defined]
    listener._repairs._unfinished[:] = unfinished
    await listener.repair()
    assert tavern.posts(tavern.bound) == ([FIRST] if back else [line(tavern)])
    assert labels(tavern, post) == (["↻ Again", "⋯ More"] if back else ["Redo"])
    assert await story.recovery.interrupted(terminal=False) == []


# --- while something goes on ----------------------------------------------------------------------


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        await wired.start()
        yield wired


def by_wire(wired: Wired, who: str = "Alice") -> Interaction:
    return wired.world.interactions.command(wired.person(who), wired.bound, "undo")


def undone(wired: Wired, who: str = "Alice") -> str:
    return f"-# ↩ {wired.person(who).mention} took this exchange out of the story."


async def marks(wired: Wired, *messages: Message) -> None:
    """Wait until these messages and no others have the bot's reaction."""
    every = wired.bound.messages
    await wired.world.wait_for(lambda: [each for each in every.values() if each.marks] == [*messages], 10)
    assert all(each.marks == [MARK] for each in messages)


async def test_a_reply_that_grows_is_stopped_and_goes_with_what_waits_for_it(
    wired: Wired, m2her: M2her
) -> None:
    m2her.say(FIRST)
    wired.ask()
    await have_buttons(wired, ("↻ Again", "⋯ More"))
    m2her.say("The lamp", asyncio.Event())
    asked = wired.ask("and now?")
    await wired.shows(FIRST, "The lamp")
    waiting = wired.say("Bob", f"{wired.mention} and me?")
    await until(stored(wired, waiting))
    used = by_wire(wired)
    await wired.shows(FIRST, undone(wired))
    assert (await wired.answers(used)).content == DONE
    await marks(wired, asked, waiting)
    await have_buttons(wired, ("↻ Again", "⋯ More"), ("Redo",))
    assert len(m2her.requests) == 2  # nobody answers Bob now
    assert await wired.remembered() == [("Alice", "well?"), ("Marlow", FIRST)]
    wired.press("Redo")
    await wired.shows(FIRST, "The lamp\n-# The reply was stopped. Press Continue or mention the bot.")
    await marks(wired)
    assert await wired.remembered() == [
        ("Alice", "well?"),
        ("Marlow", FIRST),
        ("Alice", "and now?"),
        ("Marlow", "The lamp"),
        ("Bob", "and me?"),
    ]


async def test_two_at_once_take_one_exchange_each(wired: Wired, m2her: M2her) -> None:
    for answer in (FIRST, SECOND):
        m2her.say(answer)
        wired.ask()
        await wired.shows(*([FIRST] if answer == FIRST else [FIRST, SECOND]))
        await wired.quiet()
    for _ in range(2):
        by_wire(wired)
    await wired.shows(undone(wired), undone(wired))
    await wired.quiet()
    assert await wired.remembered() == []


async def test_what_discord_does_not_take_is_not_undone(wired: Wired, m2her: M2her) -> None:
    m2her.say(FIRST)
    wired.ask()
    await have_buttons(wired, ("↻ Again", "⋯ More"))
    wired.world.faults.answer("PATCH", "/channels/*/messages/*", status=403)
    used = by_wire(wired)
    told = await wired.answers(used)
    assert told.content == "Discord didn't accept that. Check that the bot can post here, then try again."
    await wired.quiet()
    assert wired.posts() == [FIRST]
    await marks(wired)
    assert await wired.remembered() == [("Alice", "well?"), ("Marlow", FIRST)]


async def test_what_discord_does_not_show_again_stays_undone_and_can_be_tried_again(
    wired: Wired, m2her: M2her
) -> None:
    m2her.say(FIRST)
    asked = wired.ask()
    await have_buttons(wired, ("↻ Again", "⋯ More"))
    by_wire(wired)
    await have_buttons(wired, ("Redo",))
    wired.world.faults.answer("PATCH", "/webhooks/*/messages/*", 400, refusal(240_000))
    used = wired.press("Redo")
    told = await wired.world.wait_for(lambda: used.further[-1] if used.further else None, 10)
    assert told.content == "Discord blocked words in that reply, so what was there before stays."
    await wired.quiet()
    assert wired.posts() == [undone(wired)]
    await marks(wired, asked)
    assert await wired.remembered() == []
    wired.press("Redo")
    await wired.shows(FIRST)


async def test_where_the_bot_may_not_react_nothing_is_marked(wired: Wired, m2her: M2her) -> None:
    m2her.say(FIRST)
    wired.ask()
    await have_buttons(wired, ("↻ Again", "⋯ More"))
    wired.world.deny(wired.bound, Permission.ADD_REACTIONS)
    used = by_wire(wired)
    await wired.shows(undone(wired))
    assert (await wired.answers(used)).content == DONE
    await until(nothing_due(wired))
    assert not [each for each in wired.world.requests if "reactions" in each.path]


async def test_a_message_of_somebody_who_has_blocked_the_bot_costs_the_others_nothing(
    wired: Wired, m2her: M2her
) -> None:
    first = wired.say("Bob", "Look!")
    m2her.say(FIRST)
    blocked = wired.ask()
    await have_buttons(wired, ("↻ Again", "⋯ More"))
    wired.world.faults.answer(
        "PUT",
        f"/channels/*/messages/{blocked.id}/reactions/*/@me",
        403,
        {"code": 90001, "message": "blocked"},
    )
    by_wire(wired, "Bob")
    await wired.shows(undone(wired, "Bob"))
    await marks(wired, first)
    await until(nothing_due(wired))


def stored(wired: Wired, message: Message) -> Callable[[], Awaitable[bool]]:
    async def is_stored() -> bool:
        return bool(await wired.database.read("SELECT 1 FROM turn WHERE message_id = ?", (message.id,)))

    return is_stored


def nothing_due(wired: Wired) -> Callable[[], Awaitable[bool]]:
    async def is_done() -> bool:
        return not await wired.database.read("SELECT 1 FROM mark")

    return is_done
