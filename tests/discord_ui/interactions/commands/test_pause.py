"""`/dramatis pause`: everything on the server stops, until somebody presses the button under its answer."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.core.scene import Ending
from tests.discord_ui.interactions.commands.panels import choose
from tests.discord_ui.interactions.revisions.test_controls import plant
from tests.standins.m2her import M2her
from tests.tavern import Tavern
from tests.wired import Wired, wire

PAUSED = (
    "The bot is paused on this server. It won't answer or save anything until a moderator presses Resume."
)
ALREADY = "The bot is already paused on this server. A moderator can press Resume."
GOES_ON = "The bot is active again."
TOLD = (
    "The bot is paused here. It doesn't answer or save anything. A moderator can "
    "use `/dramatis pause` and press Resume."
)


@pytest.fixture
def ada(tavern: Tavern) -> Any:
    return tavern.staff("Ada", manage_guild=True)


# --- what people see --------------------------------------------------------------------------------


async def test_all_are_told_that_the_bot_is_paused_and_that_it_goes_on(tavern: Tavern, ada: Any) -> None:
    used = await ada.slash(tavern.bound, "dramatis pause")
    assert (used.ephemeral, used.response.content) == (False, PAUSED)
    await ada.click(used.response, label="Resume")
    assert tavern.posts(tavern.bound) == [PAUSED, GOES_ON]
    assert tavern.elsewhere.history() == []
    await tavern.say("Alice", f"{tavern.mention} well?")
    assert len(tavern.m2her.requests) == 1


async def test_nothing_is_remembered_or_branched_meanwhile(tavern: Tavern, ada: Any, m2her: M2her) -> None:
    m2her.say("Good evening.")
    said = await tavern.say("Alice", f"{tavern.mention} PLANTED")
    alice = tavern.people["Alice"]
    panel = await alice.slash(tavern.bound, "memory")
    await ada.slash(tavern.bound, "dramatis pause")
    uses = [
        await alice.context_menu(tavern.bound, "Remember this", said),
        await alice.context_menu(tavern.bound, "Branch from here", said),
        await alice.click(panel.response, label="Edit note"),
    ]
    assert [used.response.content for used in uses] == [TOLD] * 3
    assert tavern.bound.threads == []
    assert await tavern.database.read("SELECT 1 FROM pin") == []


async def test_a_second_pause_ends_none_and_has_the_button_too(tavern: Tavern, ada: Any) -> None:
    await ada.slash(tavern.bound, "dramatis pause")
    used = await ada.slash(tavern.elsewhere, "dramatis pause")
    assert (used.ephemeral, used.response.content) == (False, ALREADY)
    await tavern.say("Alice", f"{tavern.mention} well?")
    assert tavern.posts(tavern.bound) == [PAUSED, TOLD]
    await ada.click(used.response, label="Resume")
    assert tavern.posts(tavern.elsewhere) == [ALREADY, GOES_ON]
    await tavern.say("Alice", f"{tavern.mention} well?")
    assert len(tavern.m2her.requests) == 1


async def test_the_button_outlives_a_restart_and_goes_when_it_was_pressed(tavern: Tavern, ada: Any) -> None:
    used = await ada.slash(tavern.bound, "dramatis pause")
    await tavern.restart()
    await ada.click(used.response, label="Resume")
    assert tavern.posts(tavern.bound) == [PAUSED, GOES_ON]
    assert used.response.components == []


async def test_only_moderators_let_the_bot_go_on(tavern: Tavern, ada: Any) -> None:
    used = await ada.slash(tavern.bound, "dramatis pause")
    clicked = await tavern.people["Bob"].click(used.response, label="Resume")
    assert (clicked.ephemeral, clicked.response.content) == (
        True,
        "You need the Manage Messages or Timeout Members permission on the whole server to do that.",
    )
    await tavern.say("Alice", f"{tavern.mention} well?")
    assert tavern.last_post(tavern.bound).content == TOLD


async def test_while_paused_a_mention_gets_a_plain_line_everywhere_and_nothing_is_stored(
    tavern: Tavern, ada: Any
) -> None:
    await tavern.say("Bob", "Before.")
    paused = await ada.slash(tavern.bound, "dramatis pause")
    await tavern.say("Bob", "Meanwhile.")
    for channel in (tavern.bound, tavern.elsewhere, tavern.thread(tavern.bound, "cellar")):
        await tavern.say("Alice", f"{tavern.mention} well?", channel)
        assert tavern.last_post(channel).content == TOLD
    used = await tavern.people["Alice"].slash(tavern.elsewhere, "talk", text="Well?")
    assert (used.ephemeral, used.response.content) == (True, TOLD)
    assert tavern.m2her.requests == []
    await ada.click(paused.response, label="Resume")
    await tavern.say("Bob", "After.")
    assert await tavern.remembered(tavern.bound) == [("Bob", "Before."), ("Bob", "After.")]
    assert await tavern.remembered(tavern.elsewhere) == []


@pytest.mark.parametrize("respond", ["name", "always"])
async def test_while_paused_what_does_not_address_the_bot_gets_no_line(
    tavern: Tavern, ada: Any, respond: str
) -> None:
    await choose(tavern, tavern.bound, "channel", respond=respond)
    await ada.slash(tavern.bound, "dramatis pause")
    before = tavern.posts(tavern.bound)
    await tavern.say("Bob", "Marlow, another one! And the rain has not let up.")
    assert tavern.posts(tavern.bound) == before


async def test_while_paused_a_reply_to_a_post_gets_the_line(tavern: Tavern, ada: Any) -> None:
    await tavern.say("Alice", "Marlow?")
    post = tavern.last_post(tavern.bound)
    await ada.slash(tavern.bound, "dramatis pause")
    await tavern.say("Alice", "And?", reply_to=post)
    assert tavern.posts(tavern.bound)[-1] == TOLD


async def test_while_paused_edits_and_deletions_are_still_followed(tavern: Tavern, ada: Any) -> None:
    first = await tavern.say("Bob", "My name is Robert.")
    second = await tavern.say("Bob", "I have a secret.")
    await tavern.say("Alice", "Marlow?")
    post = tavern.last_post(tavern.bound)
    await ada.slash(tavern.bound, "dramatis pause")
    await tavern.people["Bob"].edit(first, "My name is Bob.")
    await tavern.people["Bob"].delete(second)
    await tavern.moderator.delete(post)
    assert await tavern.remembered(tavern.bound) == [("Bob", "My name is Bob."), ("Alice", "Marlow?")]


async def test_a_pause_outlives_a_restart(tavern: Tavern, ada: Any) -> None:
    await ada.slash(tavern.bound, "dramatis pause")
    await tavern.restart()
    await tavern.say("Alice", f"{tavern.mention} well?")
    assert tavern.posts(tavern.bound)[-1] == TOLD


async def test_another_server_goes_on(tavern: Tavern, ada: Any) -> None:
    inn = tavern.env.create_guild("Another").create_text_channel("inn")
    guest = inn.guild.add_member(tavern.env.create_user("guest", global_name="Guest"))
    await ada.slash(tavern.bound, "dramatis pause")
    await guest.send(inn, f"{tavern.mention} well?")
    assert len(tavern.m2her.requests) == 1


# --- what is under way ------------------------------------------------------------------------------


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        await wired.start()
        yield wired


async def test_a_pause_stops_the_replies_that_are_running_and_keeps_what_was_seen_of_them(
    wired: Wired, m2her: M2her
) -> None:
    m2her.say("The storm ", asyncio.Event(), "passes.")
    wired.ask()
    await wired.shows("The storm")
    m2her.say("Fish, ", asyncio.Event(), "fresh.")
    wired.ask(channel=wired.elsewhere)
    await wired.shows("Fish,", channel=wired.elsewhere)
    used = wired.world.interactions.command(wired.world.guild.owner, wired.bound, "dramatis pause")
    stopped = "\n-# The reply was stopped. Press Continue or mention the bot."
    await wired.shows("The storm" + stopped, PAUSED)
    await wired.shows("Fish," + stopped, channel=wired.elsewhere)
    await wired.quiet()
    assert used.message is not None
    assert await wired.remembered() == [("Alice", "well?"), ("Marlow", "The storm ")]
    assert (await wired.turns())[-1].ending is Ending.STOPPED
    for request in m2her.requests:
        await asyncio.wait_for(request.hung_up.wait(), 5)


async def test_a_reply_on_another_server_runs_on(wired: Wired, m2her: M2her) -> None:
    inn = wired.world.add_channel("inn", wired.world.add_guild("Another"))
    gate = asyncio.Event()
    m2her.say("Far away ", gate, "it rains.")
    wired.ask(channel=inn)
    await wired.shows("Far away", channel=inn)
    used = wired.world.interactions.command(wired.world.guild.owner, wired.bound, "dramatis pause")
    await wired.world.wait_for(lambda: used.answer is not None)
    gate.set()
    await wired.shows("Far away it rains.", channel=inn)


async def test_a_reply_that_waits_its_turn_is_not_begun_any_more(wired: Wired, m2her: M2her) -> None:
    m2her.say("The storm ", asyncio.Event(), "passes.")
    wired.ask()
    await wired.shows("The storm")
    wired.ask("and then?")
    await wired.world.wait_for(lambda: wired.world.typing_count(wired.bound) >= 2)
    wired.world.interactions.command(wired.world.guild.owner, wired.bound, "dramatis pause")
    await wired.shows("The storm\n-# The reply was stopped. Press Continue or mention the bot.", PAUSED)
    await wired.quiet()
    assert len(m2her.requests) == 1
    paused = wired.last_post(wired.bound)
    used = wired.world.interactions.press(wired.world.guild.owner, paused, "rp:go_on")
    await wired.world.wait_for(lambda: wired.posts()[-1] == GOES_ON)
    assert used.answer is not None
    m2her.say("It has passed.")
    wired.ask("now?")
    await wired.world.wait_for(lambda: wired.posts()[-1] == "It has passed.")


async def test_while_paused_nothing_is_remembered_written_or_branched(
    tavern: Tavern, m2her: M2her, ada: Any
) -> None:
    alice = tavern.people["Alice"]
    await alice.slash(tavern.bound, "scene new", title="The mill")
    m2her.say("Aye.")
    await tavern.say("Alice", f"{tavern.mention} well?")
    post = tavern.last_post(tavern.bound)
    panel = (await alice.slash(tavern.bound, "memory")).response
    note = await alice.click(panel, label="Edit note")
    edit = await alice.context_menu(tavern.bound, "Edit reply", post)
    await ada.slash(tavern.bound, "dramatis pause")
    before = tavern.posts(tavern.bound)
    plant(tavern, post, "rp:memory:make")
    uses = [
        await alice.click(panel, label="Add a pin"),
        await alice.submit_modal(note, {note.modal["components"][0]["component"]["custom_id"]: "Grim."}),
        await alice.submit_modal(edit, {edit.modal["components"][0]["component"]["custom_id"]: "No."}),
        await alice.context_menu(tavern.bound, "Remember this", post),
        await alice.context_menu(tavern.bound, "Branch from here", post),
        await tavern.forge(alice, post, "rp:memory:make"),
    ]
    assert [used.response.content for used in uses] == [TOLD] * 6
    assert tavern.posts(tavern.bound) == before
    for table in ("pin", "author_note"):
        assert await tavern.database.read(f"SELECT 1 FROM {table}") == []
    # What was said may still go.
    assert (await alice.slash(tavern.bound, "undo")).response.content.startswith("The last exchange is out")
