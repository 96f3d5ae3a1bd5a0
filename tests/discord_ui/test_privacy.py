"""`/privacy` as people use it, and opting out as the table sees it."""

import io
import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core.retention import Keeping
from bot.core.scene import Place
from bot.story.personal_data.retention import AgeingNotice
from tests.databases import sqlite_of
from tests.discord_ui.interactions.commands.panels import blocks, labels, parts
from tests.standins.m2her import Error, M2her
from tests.tavern import Tavern

OUT = "-# You've opted out: the bot doesn't save or answer what you write. To play again, use `/privacy` and press Opt in."
KEPT = (
    "Messages are deleted 365 days after they were said, those that weren't for a persona after 90. Delete a message "
    "on Discord, and it's deleted here too."
)
NO_WORDS = (
    "You've opted out, so the bot takes no words from you. To play again, use `/privacy` and press Opt in."
)


async def press(tavern: Tavern, who: str, *path: str) -> Any:
    """Open the panel and press these buttons, one after the other."""
    used = await tavern.people[who].slash(tavern.bound, "privacy")
    for label in path:
        used = await tavern.people[who].click(used.response, label=label)
    return used


async def played(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("Good evening, Alice.")
    await tavern.say("Alice", f"{tavern.mention} I hid the silver key in the mill.")
    m2her.say("And to you.")
    await tavern.say("Bob", f"{tavern.mention} evening")


async def stored(tavern: Tavern) -> list[str]:
    return [row["text"] for row in await tavern.database.read("SELECT text FROM turn ORDER BY position")]


# --- the panel --------------------------------------------------------------------------------------


async def test_the_panel_says_what_is_stored_and_where_it_goes(tavern: Tavern, m2her: M2her) -> None:
    await played(tavern, m2her)
    used = await press(tavern, "Alice")
    assert used.ephemeral
    assert blocks(used) == [
        [
            "## What the bot saves about you",
            "- Your messages: 1, 1 of them in this channel and its threads",
            "- Your names: Alice",
            "- Scenes you started: 1",
        ],
        [
            "It's saved on the bot owner's computer.",
            "For each reply, the latest part of the story is sent to MiniMax, with people's names. Nobody else gets it.",
            KEPT,
        ],
        ["You take part: the bot saves what it needs to play with you."],
    ]
    assert labels(used) == ["Export", "Forget …", "Opt out"]


async def test_about_somebody_who_never_wrote_nothing_is_stored(tavern: Tavern) -> None:
    assert blocks(await press(tavern, "Carol"))[0] == ["## What the bot saves about you", "Nothing."]


async def test_an_export_is_a_file_for_their_eyes_only(tavern: Tavern, m2her: M2her) -> None:
    await played(tavern, m2her)
    used = await press(tavern, "Alice", "Export")
    assert used.ephemeral
    (file,) = used.response.attachments
    assert file.filename == "my-data-1.json"
    found = json.load(io.BytesIO(await file.read()))
    assert [message["text"] for message in found["messages"]] == ["I hid the silver key in the mill."]


async def test_forget_says_what_goes_and_lists_the_posts_that_stay(tavern: Tavern, m2her: M2her) -> None:
    await played(tavern, m2her)
    used = await press(tavern, "Alice", "Forget …")
    assert blocks(used)[1] == [
        "**In this channel and its threads**",
        "Your messages: 1 · replies: 1",
        "**Everywhere, on all servers, with your characters**",
        "Your messages: 1 · replies: 1",
    ]
    assert labels(used) == ["Forget here", "Forget everywhere", "◀ Back"]
    assert "I hid the silver key in the mill." in await stored(tavern)
    used = await tavern.people["Alice"].click(used.response, label="Forget everywhere")
    first = next(each for each in tavern.bound.history() if each.content == "Good evening, Alice.")
    assert blocks(used) == [
        [
            "Done. Your messages that the bot forgot: 1. Replies that it forgot: 1.",
            "These posts still show what was forgotten. A moderator can delete them:",
            f"https://discord.com/channels/{tavern.guild.id}/{tavern.bound.id}/{first.id}",
        ]
    ]
    assert await stored(tavern) == ["", "evening", "And to you."]
    m2her.say("Hm.")
    await tavern.say("Bob", f"{tavern.mention} who was here?")
    assert tavern.heard == [("Bob", "evening"), ("Marlow", "And to you."), ("Bob", "who was here?")]


async def test_nobody_can_ask_for_others(tavern: Tavern, m2her: M2her) -> None:
    await played(tavern, m2her)
    used = await press(tavern, "Alice", "Forget …")
    await tavern.forge(tavern.people["Bob"], used.response, "rp:privacy:everywhere")
    assert await stored(tavern) == ["I hid the silver key in the mill.", "Good evening, Alice.", ""]


# --- opted out --------------------------------------------------------------------------------------


async def test_what_they_write_is_neither_stored_nor_sent_nor_answered(tavern: Tavern, m2her: M2her) -> None:
    await played(tavern, m2her)
    used = await press(tavern, "Alice", "Opt out")
    assert labels(used) == ["Export", "Forget …", "Opt in"]
    requests = len(m2her.requests)
    for text in ("plain", "Marlow, hello?", "((brb))", f"{tavern.mention} hello"):
        await tavern.say("Alice", text)
    posts = [each.content for each in tavern.bound.history() if each.content == OUT]
    assert (len(m2her.requests), posts) == (requests, [OUT])
    await tavern.say("Alice", f"{tavern.mention} hello again")  # once a minute
    assert len([each for each in tavern.bound.history() if each.content == OUT]) == 1
    assert "plain" not in " ".join(await stored(tavern))
    m2her.say("Aye.")
    await tavern.say("Bob", f"{tavern.mention} and then?")
    replies = [("Marlow", "Good evening, Alice."), ("Bob", "evening"), ("Marlow", "And to you.")]
    assert tavern.heard == [*replies, ("Bob", "and then?")]


async def test_others_neither_quote_nor_mention_them(tavern: Tavern, m2her: M2her) -> None:
    await press(tavern, "Alice", "Opt out")
    said = await tavern.say("Alice", "The key is mine.")
    m2her.say("Whose?")
    mention = tavern.people["Alice"].mention
    await tavern.say("Bob", f"{tavern.mention} ask {mention}", reply_to=said)
    assert tavern.heard == [("Bob", "ask @someone")]
    text = json.dumps([[*map(str, row)] for row in await tavern.database.read("SELECT * FROM reference")])
    assert "key" not in text
    assert (
        await tavern.database.read("SELECT 1 FROM speaker WHERE user_id = ?", (tavern.people["Alice"].id,))
        == []
    )


async def test_commands_take_no_words_from_them(tavern: Tavern, m2her: M2her) -> None:
    await played(tavern, m2her)
    await press(tavern, "Alice", "Opt out")
    before = await stored(tavern), tavern.posts(tavern.bound)
    for command, options in (("talk", {"text": "hello"}), ("talk", {}), ("scene new", {"title": "Mine"})):
        used = await tavern.people["Alice"].slash(tavern.bound, command, **options)
        assert used.ephemeral
        assert re.sub(r"</privacy:[0-9]+>", "`/privacy`", used.response.content) == NO_WORDS
    assert (await stored(tavern), tavern.posts(tavern.bound)) == before
    await tavern.people["Alice"].slash(tavern.bound, "roll", dice="2d6", reason="luck")
    assert await stored(tavern) == before[0]


async def test_memory_branches_and_imports_take_no_words_from_them(tavern: Tavern, m2her: M2her) -> None:
    alice = tavern.people["Alice"]
    await alice.slash(tavern.bound, "scene new", title="The mill")
    await played(tavern, m2her)
    post = tavern.last_post(tavern.bound)
    panel = await alice.slash(tavern.bound, "memory")
    form = await alice.click(panel.response, label="Edit note")
    (field,) = [part["component"] for part in form.modal["components"]]
    await press(tavern, "Alice", "Opt out")
    uses = [
        await alice.context_menu(tavern.bound, "Remember this", post),
        await alice.context_menu(tavern.bound, "Branch from here", post),
        await alice.click(panel.response, label="Add a pin"),
        await alice.submit_modal(form, {field["custom_id"]: "PLANTED"}),
    ]
    told = [re.sub(r"</privacy:[0-9]+>", "`/privacy`", used.response.content) for used in uses]
    assert told == [NO_WORDS] * 4
    assert tavern.bound.threads == []
    for table in ("pin", "author_note"):
        assert await tavern.database.read(f"SELECT 1 FROM {table}") == []


async def test_their_words_are_not_pinned_branched_marked_or_exported(tavern: Tavern, m2her: M2her) -> None:
    bob = tavern.people["Bob"]
    await bob.slash(tavern.bound, "scene new", title="The mill")
    m2her.say("Good evening, Alice.")
    said = await tavern.say("Alice", f"{tavern.mention} I hid the silver key in the mill.")
    await bob.context_menu(tavern.bound, "Remember this", said)
    panel = await bob.slash(tavern.bound, "memory")
    assert "silver key" in str(parts(panel))
    await press(tavern, "Alice", "Opt out")
    panel = await bob.slash(tavern.bound, "memory")
    assert "silver key" not in str(parts(panel))
    used = await bob.context_menu(tavern.bound, "Remember this", said)
    assert used.response.content == "This message isn't part of the story that's played here."
    used = await bob.context_menu(tavern.bound, "Branch from here", said)
    assert "isn't part of the story" in used.response.content
    m2her.say("Aye.")
    await tavern.say("Bob", f"{tavern.mention} and then?")
    assert "silver key" not in str(tavern.prompt)
    used = await bob.slash(tavern.bound, "scene export", format="text")
    (file,) = used.response.attachments
    assert "silver key" not in (await file.read()).decode()
    await bob.slash(tavern.bound, "undo")
    await bob.slash(tavern.bound, "undo")
    await tavern.quiet()
    marked = [
        each.content
        for each in tavern.env.backend.messages[tavern.bound.id].values()
        if any(one.emoji == "↩️" for one in each.reactions)
    ]
    assert marked == [f"{tavern.mention} and then?"]
    await press(tavern, "Alice", "Opt in")
    assert await tavern.database.read("SELECT 1 FROM pin")  # hidden, not lost


async def test_an_undo_of_theirs_names_nobody(tavern: Tavern, m2her: M2her) -> None:
    await tavern.people["Alice"].slash(tavern.bound, "scene new", title="The mill")
    await played(tavern, m2her)
    await press(tavern, "Alice", "Opt out")
    await tavern.people["Alice"].slash(tavern.bound, "undo")
    await tavern.quiet()
    assert tavern.posts(tavern.bound)[-1] == "-# ↩ This exchange was taken out of the story."
    removals = await tavern.database.read("SELECT by_user FROM removal WHERE kind = 'undone'")
    assert [row["by_user"] for row in removals] == [0]


async def test_nobody_waits_for_them_to_type_on(tavern: Tavern, m2her: M2her) -> None:
    await press(tavern, "Alice", "Opt out")
    await tavern.say("Alice", f"{tavern.mention} hello")
    hearing = tavern.bot.services.story.hearing  # type: ignore[attr-defined]
    hearing.typing(tavern.bound.id, tavern.people["Alice"].id)
    assert hearing.dispatcher.bursts._open == {}


async def test_what_was_stored_before_is_told_again_when_they_are_back(tavern: Tavern, m2her: M2her) -> None:
    await played(tavern, m2her)
    await press(tavern, "Alice", "Opt out")
    await press(tavern, "Alice", "Opt in")
    m2her.say("Aye.")
    await tavern.say("Alice", f"{tavern.mention} back")
    assert tavern.heard[0] == ("Alice", "I hid the silver key in the mill.")
    assert tavern.heard[-1] == ("Alice", "back")


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("forgotten", [False, True])
async def test_what_they_said_meanwhile_is_quoted_to_nobody_when_they_are_back(
    tavern: Tavern, m2her: M2her, *, restarted: bool, forgotten: bool
) -> None:
    before = await tavern.say("Alice", "I hid the silver key in the mill.")
    await press(tavern, "Alice", "Opt out")
    said = await tavern.say("Alice", "The key is mine.")
    await press(tavern, "Alice", "Opt in")
    if forgotten:
        await press(tavern, "Alice", "Forget …", "Forget everywhere")
    if restarted:
        await tavern.restart()
    for who in ("Bob", "Alice"):
        m2her.say("Whose?")
        await tavern.say(who, f"{tavern.mention} what of this?", reply_to=said)
        assert "The key is mine." not in str(tavern.prompt)
    assert await tavern.database.read("SELECT 1 FROM reference") == []
    after = await tavern.say("Alice", "The key is yours.", tavern.elsewhere)
    m2her.say("Aye.")
    await tavern.say("Bob", f"{tavern.mention} and of this?", tavern.elsewhere, reply_to=after)
    assert "The key is yours." in str(tavern.prompt)
    if not forgotten:
        m2her.say("Aye.")
        await tavern.people["Bob"].slash(tavern.bound, "scene new", title="The mill")
        await tavern.say("Bob", f"{tavern.mention} and of that?", reply_to=before)
        assert "silver key" in str(tavern.prompt)  # it is stored, and read where it is


async def test_an_edit_of_what_was_stored_takes_it_out(tavern: Tavern, m2her: M2her) -> None:
    said = await tavern.say("Alice", "The old words.")
    await press(tavern, "Alice", "Opt out")
    await tavern.people["Alice"].edit(said, "The new words.")
    assert await stored(tavern) == []


async def test_they_may_press_and_are_not_named(tavern: Tavern, m2her: M2her) -> None:
    await played(tavern, m2her)
    post = tavern.last_post(tavern.bound)
    await press(tavern, "Alice", "Opt out")
    used = await tavern.people["Alice"].context_menu(tavern.bound, "Remove from story", post)
    await tavern.people["Alice"].click(used.response, label="Remove")
    assert [row["by_user"] for row in await tavern.database.read("SELECT by_user FROM removal")] == [0]


# --- what the bot posts for people ------------------------------------------------------------------


async def test_ones_own_talk_goes_with_its_message(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("Aye.")
    await tavern.people["Alice"].slash(tavern.bound, "talk", text="a secret")
    (line,) = [each for each in tavern.bound.history() if "a secret" in each.content]
    used = await tavern.people["Bob"].context_menu(tavern.bound, "Remove from story", line)
    assert "isn't" not in used.response.content
    assert [each for each in tavern.bound.history() if each.id == line.id]
    used = await tavern.people["Alice"].context_menu(tavern.bound, "Remove from story", line)
    assert used.response.content == "Deleted, and removed from the story."
    assert not [each for each in tavern.bound.history() if each.id == line.id]
    assert "a secret" not in await stored(tavern)


async def test_it_goes_also_when_it_is_forgotten_already(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("Aye.")
    await tavern.people["Alice"].slash(tavern.bound, "talk", text="a secret")
    await press(tavern, "Alice", "Forget …", "Forget here")
    (line,) = [each for each in tavern.bound.history() if "a secret" in each.content]
    used = await tavern.people["Bob"].context_menu(tavern.bound, "Remove from story", line)
    assert "isn't part of the story" in used.response.content
    await tavern.people["Alice"].context_menu(tavern.bound, "Remove from story", line)
    assert not [each for each in tavern.bound.history() if each.id == line.id]


async def test_dice_stay_on_the_table(tavern: Tavern, m2her: M2her) -> None:
    await tavern.people["Alice"].slash(tavern.bound, "roll", dice="2d6")
    (line,) = [each for each in tavern.bound.history() if "2d6" in each.content]
    used = await tavern.people["Alice"].context_menu(tavern.bound, "Remove from story", line)
    assert used.response.content == "Removed from the story. The message itself stays here."


# --- the log ----------------------------------------------------------------------------------------


async def test_the_log_has_no_words_at_any_level(
    tavern: Tavern, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("bot", "httpx", "httpcore", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    words = ("PLANTED", "Aloysia")
    who = tavern.join("Aloysia")
    m2her.say("PLANTED, Aloysia.")
    said = await who.send(tavern.bound, f"{tavern.mention} PLANTED one")
    await who.edit(said, "PLANTED two")
    await who.slash(tavern.bound, "talk", text="PLANTED three")
    await who.slash(tavern.bound, "roll", dice="2d6", reason="PLANTED four")
    await who.slash(tavern.bound, "roll", dice="PLANTED")
    await who.slash(tavern.bound, "scene new", title="PLANTED six")
    m2her.say(Error(1000))
    await who.send(tavern.bound, f"{tavern.mention} PLANTED seven")
    used = await who.slash(tavern.bound, "privacy")
    used = await who.click(used.response, label="Forget …")
    await who.click(used.response, label="Forget everywhere")
    sqlite_of(tavern.database)._lost = sqlite_of(tavern.database).place
    await who.send(tavern.bound, f"{tavern.mention} PLANTED eight")
    assert "a try failed" in caplog.text
    assert not [word for word in words if word in caplog.text]


# --- what is old ------------------------------------------------------------------------------------


async def test_a_channel_is_told_in_small_print_when_the_first_goes(tavern: Tavern) -> None:
    service = tavern.bot._service  # type: ignore[attr-defined]
    first = datetime(2027, 1, 1, tzinfo=UTC)
    thread = tavern.thread(tavern.bound, "cellar")

    def about(channel: int, server: int | None = tavern.guild.id) -> AgeingNotice:
        return AgeingNotice(Place(channel, guild_id=server), Keeping(), first)

    service.shards.release(tavern.bot)
    assert not await service.reports.tell_ageing(about(tavern.bound.id))  # not connected yet
    service.shards.hold(tavern.bot)
    assert await service.reports.tell_ageing(about(tavern.bound.id))
    told = re.sub(r"</([a-z ]+):[0-9]+>", r"`/\1`", tavern.last_post(tavern.bound).content)
    assert told == (
        "-# Messages here are forgotten after 365 days, and those that weren't for a persona after 90: the first on "
        "<t:1798761600:D>. For copies, use `/scene export` and `/privacy`."
    )
    before = len(tavern.sent())
    assert await service.reports.tell_ageing(about(12345))  # gone
    assert await service.reports.tell_ageing(about(0, None))  # a rehearsal
    assert len(tavern.sent()) == before
    assert await service.reports.tell_ageing(about(thread.id))
    assert len(tavern.sent()) == before + 1
