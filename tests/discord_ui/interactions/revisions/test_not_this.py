"""*Not this*: a reply that somebody at the table does not want is covered, and nobody learns who asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.storage.history import History
from tests.databases import let_pass
from tests.discord_ui.interactions.commands.panels import choose
from tests.discord_ui.interactions.common.test_pressing import have_buttons, one_waits
from tests.discord_ui.interactions.revisions.test_controls import (
    FIRST,
    SECOND,
    ask,
    labels,
    last,
    press,
    private,
)
from tests.discord_ui.replies.test_refused_words import refusal
from tests.standins.m2her import M2her
from tests.tavern import Tavern
from tests.wired import Wired, until, wire

COVERED = "-# Not part of the story anymore."
FURTHER = "-# ✂ Part of the same reply."
NOTE = "[the table steps back from what just happened; take another way]"
DONE = "Done. The reply is covered, and the next one takes another way. Nobody is told who asked."
UNDO = "Undo, back into the story"


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        await wired.start()
        yield wired


async def not_this(tavern: Tavern, post: discord.Message, who: str = "Bob") -> Any:
    """Let somebody cover a reply from the row under it; return the private answer."""
    opened = await tavern.people[who].click(post, label="⋯ More")
    await tavern.people[who].click(opened.response, label="Not this")
    return opened.response


async def by_menu(tavern: Tavern, post: discord.Message, who: str = "Bob") -> Any:
    """Let somebody cover a reply, a new or an old one, from the menu of its message."""
    asked = await tavern.people[who].context_menu(tavern.bound, "Remove from story", post)
    await tavern.people[who].click(asked.response, label="Not this")
    return asked.response


async def test_a_reply_is_covered_without_a_name_and_the_next_one_is_told_once(
    tavern: Tavern, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="bot")
    post = await ask(tavern, m2her)
    answer = await not_this(tavern, post)
    assert (answer.content, answer.components) == (DONE, [])
    assert tavern.posts(tavern.bound) == [COVERED]
    assert labels(tavern, post) == [UNDO]
    assert await tavern.remembered(tavern.bound) == [("Alice", "what now?")]
    assert str(tavern.people["Bob"].id) not in caplog.text
    assert "Bob" not in caplog.text
    m2her.say(SECOND)
    await tavern.say("Alice", f"{tavern.mention} and the door?")
    assert tavern.heard == [("Alice", f"what now?\nand the door?\n{NOTE}")]
    m2her.say("A bell.")
    await press(tavern, "↻ Again")
    assert tavern.heard == [("Alice", f"what now?\nand the door?\n{NOTE}")]
    m2her.say("Aye.")
    await tavern.say("Alice", f"{tavern.mention} well?")
    assert NOTE not in str(tavern.prompt)


async def test_who_asked_is_not_stored(tavern: Tavern, m2her: M2her) -> None:
    post, bob = await ask(tavern, m2her), tavern.people["Bob"]
    await not_this(tavern, post)
    rows = await tavern.database.read("SELECT kind, by_user FROM removal")
    assert [tuple(row) for row in rows] == [("covered", 0)]
    tables = await tavern.database.read("SELECT name FROM sqlite_schema WHERE type = 'table'")
    for (table,) in tables:
        stored = [tuple(row) for row in await tavern.database.read(f"SELECT * FROM {table}")]
        assert str(bob.id) not in str(stored)


async def test_every_post_of_a_long_reply_is_covered_and_comes_back(tavern: Tavern, m2her: M2her) -> None:
    await ask(tavern, m2her, " ".join(["word"] * 700))
    before, first = tavern.posts(tavern.bound), tavern.bound.history()[-2]
    await not_this(tavern, last(tavern))
    assert tavern.posts(tavern.bound) == [COVERED, FURTHER]
    await tavern.restart()
    used = await tavern.people["Bob"].click(first, label=UNDO)  # it is neither his scene nor his to undo
    assert used.response.content.startswith("Only the person who started this scene")
    assert tavern.posts(tavern.bound) == [COVERED, FURTHER]
    await tavern.people["Alice"].click(first, label=UNDO)
    assert tavern.posts(tavern.bound) == before
    m2her.say("Aye.")
    await tavern.say("Alice", f"{tavern.mention} well?")
    assert NOTE not in str(tavern.prompt)  # nobody steps back from it now


async def test_an_older_reply_and_a_guest_s_are_covered_too(tavern: Tavern, m2her: M2her) -> None:
    here = tavern.elsewhere
    m2her.say(FIRST)
    await tavern.say("Alice", f"{tavern.mention} what now?", here)
    old = tavern.last_post(here)
    m2her.say("I could draw it.")
    await tavern.people["Alice"].slash(here, "talk", text="A map?", persona="isolde")
    guest = tavern.last_post(here)
    m2her.say("Aye.")
    await tavern.say("Alice", f"{tavern.mention} well?", here)
    assert tavern.posts(here) == [
        FIRST,
        "**Alice:** A map?",
        "**Isolde**\nI could draw it.",
        "Aye.",
    ]
    for post in (old, guest):
        asked = await tavern.people["Bob"].context_menu(here, "Remove from story", post)
        await tavern.people["Bob"].click(asked.response, label="Not this")
    assert tavern.posts(here) == [COVERED, "**Alice:** A map?", COVERED, "Aye."]
    assert [text for name, text in await tavern.remembered(here) if name != "Alice"] == ["Aye."]
    m2her.say("So be it.")
    await tavern.say("Alice", f"{tavern.mention} go on", here)
    assert str(tavern.prompt).count(NOTE) == 1  # said once, however often it was asked for


async def test_three_an_hour_and_the_fourth_is_refused_kindly(tavern: Tavern, m2her: M2her) -> None:
    posts = [await ask(tavern, m2her, f"Number {number}.") for number in range(4)]
    await tavern.quiet()
    for post in posts[:3]:
        await by_menu(tavern, post)
    await by_menu(tavern, posts[0])  # it is covered already, and costs nothing
    asked = await tavern.people["Bob"].context_menu(tavern.bound, "Remove from story", posts[3])
    used = await tavern.people["Bob"].click(asked.response, label="Not this")
    assert used.ephemeral
    assert used.response.content == (
        "You've covered three replies within an hour. If something is wrong at this table, please talk to a "
        "moderator. You can do it again in 60 min."
    )
    assert tavern.posts(tavern.bound) == [COVERED, COVERED, COVERED, "Number 3."]
    await by_menu(tavern, posts[3], "Carol")
    assert tavern.posts(tavern.bound)[-1] == COVERED


async def test_what_is_left_standing_after_a_new_beginning_is_covered_too(
    tavern: Tavern, m2her: M2her
) -> None:
    old, new = await ask(tavern, m2her), await ask(tavern, m2her, SECOND)
    asked = await tavern.people["Alice"].context_menu(tavern.bound, "Regenerate from here", old)
    m2her.say("What lamp?")
    await tavern.people["Alice"].click(asked.response, label="Regenerate from here")
    await by_menu(tavern, new)
    assert tavern.posts(tavern.bound) == ["What lamp?", COVERED]
    await tavern.people["Alice"].click(asked.response, label=UNDO)  # the rest of it comes back
    assert [text for _, text in await tavern.remembered(tavern.bound)] == [
        "what now?",
        "What lamp?",
        "what now?",
    ]


async def test_what_somebody_removed_by_name_is_covered_already(tavern: Tavern, m2her: M2her) -> None:
    post = await ask(tavern, m2her)
    opened = await press(tavern, "⋯ More")
    assert private(opened) == ["▷ Go on", "Edit", "Remove", "Not this", "Report"]
    await tavern.people["Alice"].click(opened.response, label="Remove")
    asked = await tavern.people["Bob"].context_menu(tavern.bound, "Remove from story", post)
    await tavern.people["Bob"].click(asked.response, label="Not this")
    assert tavern.posts(tavern.bound) == ["-# ✂ Alice took this reply out of the story."]


def posted(wired: Wired) -> Callable[[], Awaitable[bool]]:
    """Whether it is stored which message shows the newest reply."""

    async def is_posted() -> bool:
        return await History(wired.database).turn_of(wired.last_post().id) is not None

    return is_posted


# --- while something goes on --------------------------------------------------------------------------


async def test_what_is_still_written_is_stopped_and_covered(wired: Wired, m2her: M2her) -> None:
    m2her.say("The lamp", asyncio.Event())
    wired.ask()
    await have_buttons(wired, ("Stop",))
    await until(posted(wired))
    asked = await wired.answers(wired.menu("Remove from story", wired.last_post(), who="Bob"))
    wired.press("Not this", asked, who="Bob")
    await wired.shows(COVERED)
    await have_buttons(wired, (UNDO,))
    assert asked.content == DONE
    assert await wired.remembered() == [("Alice", "well?")]
    wired.press(UNDO)
    await wired.shows("The lamp\n-# The reply was stopped. Press Continue or mention the bot.")


async def test_a_variant_that_is_written_is_covered_with_the_one_before(wired: Wired, m2her: M2her) -> None:
    m2her.say(FIRST)
    wired.ask()
    await have_buttons(wired, ("↻ Again", "⋯ More"))
    m2her.say("The lamp still", asyncio.Event())
    wired.press("↻ Again")
    await wired.shows("The lamp still")
    asked = await wired.answers(wired.menu("Remove from story", wired.last_post(), who="Bob"))
    wired.press("Not this", asked, who="Bob")
    await wired.shows(COVERED)
    await have_buttons(wired, (UNDO,))


async def test_a_reply_that_waits_to_be_written_again_is_covered_at_once(wired: Wired, m2her: M2her) -> None:
    older, held = await one_waits(wired, m2her)
    asked = await wired.answers(wired.menu("Remove from story", older, who="Bob"))
    wired.press("Not this", asked, who="Bob")
    await wired.shows(COVERED, "Wait")
    held.set()
    await have_buttons(wired, (UNDO,), ("↻ Again", "⋯ More"))
    assert len(m2her.requests) == 2


async def test_what_discord_does_not_cover_stays_in_the_story(wired: Wired, m2her: M2her) -> None:
    m2her.say(FIRST)
    wired.ask()
    await have_buttons(wired, ("↻ Again", "⋯ More"))
    wired.world.faults.answer("PATCH", "/channels/*/messages/*", status=403)
    asked = await wired.answers(wired.menu("Remove from story", wired.last_post(), who="Bob"))
    used = wired.press("Not this", asked, who="Bob")
    told = await wired.world.wait_for(lambda: used.further[-1] if used.further else None, 10)
    assert told.content == "Discord didn't accept that. Check that the bot can post here, then try again."
    await wired.quiet()
    assert wired.posts() == [FIRST]
    assert await wired.remembered() == [("Alice", "well?"), ("Marlow", FIRST)]
    assert await wired.database.read("SELECT 1 FROM steering") == []


async def test_what_a_kill_left_half_covered_is_covered_at_the_next_start(wired: Wired, m2her: M2her) -> None:
    m2her.say(FIRST)
    wired.ask()
    await have_buttons(wired, ("↻ Again", "⋯ More"))
    await wired.end()
    await wired.database.write(
        "INSERT INTO removal (id, scene_id, kind, by_user, created_at) VALUES (1, 1, 'covered', 0, 0)"
    )
    await wired.database.write("UPDATE turn SET removal_id = 1, ending = NULL WHERE persona_key = 'marlow'")
    await wired.start()
    await wired.shows(COVERED)
    await wired.quiet()
    await let_pass(wired.database)
    wired.press(UNDO)
    await wired.shows(f"{FIRST}\n-# The bot restarted during this reply. Press Continue or mention the bot.")


async def test_what_discord_does_not_show_again_stays_covered_and_names_nobody(
    wired: Wired, m2her: M2her
) -> None:
    m2her.say(FIRST)
    wired.ask()
    await have_buttons(wired, ("↻ Again", "⋯ More"))
    asked = await wired.answers(wired.menu("Remove from story", wired.last_post(), who="Bob"))
    wired.press("Not this", asked, who="Bob")
    await have_buttons(wired, (UNDO,))
    wired.world.faults.answer("PATCH", "/webhooks/*/messages/*", 400, refusal(240_000))
    used = wired.press(UNDO)
    told = await wired.world.wait_for(lambda: used.further[-1] if used.further else None, 10)
    assert told.content == "Discord blocked words in that reply, so what was there before stays."
    await wired.quiet()
    assert wired.posts() == [COVERED]
    assert await wired.remembered() == [("Alice", "well?")]


@pytest.mark.parametrize("rights", ["all", "mods"])
async def test_only_the_starter_and_moderators_undo_it_whatever_the_setting_for_scenes(
    tavern: Tavern, m2her: M2her, rights: str
) -> None:
    post = await ask(tavern, m2her)
    await choose(tavern, tavern.bound, "channel", story_rights=rights)
    await not_this(tavern, post)
    used = await tavern.people["Bob"].click(post, label=UNDO)
    assert used.response.content.startswith("Only the person who started this scene")
    assert tavern.posts(tavern.bound) == [COVERED]
    await tavern.people["Alice"].click(post, label=UNDO)
    assert tavern.posts(tavern.bound) != [COVERED]
