"""`/memory` and *Remember this*, as people use them, and what the persona is told then."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.core.memory.recap import RecapRules
from bot.core.scene import Place
from tests.discord_ui.interactions.commands.panels import attached, labels, parts, said
from tests.standins.m2her import M2her
from tests.tavern import RULES, Tavern, open_tavern

SHIPS = "The ferry sank with all hands."


def system(tavern: Tavern) -> list[str]:
    """The paragraphs that the model was last told before all turns."""
    return tavern.prompt[0][2].split("\n\n")


async def begin(tavern: Tavern) -> Any:
    """Let Alice begin a story; return her message."""
    await tavern.people["Alice"].slash(tavern.bound, "scene new", title="The ferry")
    return await tavern.say("Alice", f"Marlow, {SHIPS}")


async def memory(tavern: Tavern, who: str = "Alice") -> Any:
    return await tavern.people[who].slash(tavern.bound, "memory")


async def write(tavern: Tavern, panel: Any, label: str, text: str) -> Any:
    """Let Alice press a button of her panel and submit the form with a text."""
    alice = tavern.people["Alice"]
    form = await alice.click(panel.response, label=label)
    (field,) = [part["component"] for part in form.modal["components"]]
    return await alice.submit_modal(form, {field["custom_id"]: text})


async def test_a_story_begins_with_nothing_remembered(tavern: Tavern, m2her: M2her) -> None:
    used = await memory(tavern)
    assert (used.ephemeral, used.response.content) == (True, "There's no scene in this channel yet.")
    await begin(tavern)
    used = await memory(tavern)
    assert used.ephemeral
    assert said(used) == [
        "## What this story remembers",
        "-# Besides the latest messages, Marlow reads all of this before every reply.",
        "**Recap** · turned off by the bot's owner: what no longer fits is forgotten.",
        "**Pins** · 0 of 20 · 0 tokens",
        "-# Facts that are never forgotten. Choose *Remember this* in a message's menu, or add one here.",
        "**Author's note** · 0 tokens",
        "-# What you want of the next replies, for example the mood or where the story should go.",
        "-# All of this: 0 tokens in every reply, 0.0% of what the AI model can read at once.",
    ]
    assert labels(used) == ["Add a pin", "Edit note", "Search"]
    assert labels(await memory(tavern, "Bob")) == ["Search"]


async def test_a_message_is_remembered_and_told_until_it_is_deleted(tavern: Tavern, m2her: M2her) -> None:
    message = await begin(tavern)
    used = await tavern.people["Alice"].context_menu(tavern.bound, "Remember this", message)
    assert (used.ephemeral, used.response.content.splitlines()[0]) == (
        True,
        f"Remembered: Alice: Marlow, {SHIPS}",
    )
    await tavern.say("Alice", "Marlow, well?")
    assert f"Always remember:\n- Alice: Marlow, {SHIPS}" in system(tavern)
    await tavern.people["Alice"].delete(message)
    await tavern.say("Alice", "Marlow, and now?")
    assert not any("ferry" in part for part in system(tavern))


async def test_a_personas_post_is_remembered_under_its_name(tavern: Tavern, m2her: M2her) -> None:
    m2her.say('*shrugs* "Nobody swims in this."')
    await begin(tavern)
    post = tavern.last_post(tavern.bound)
    used = await tavern.people["Alice"].context_menu(tavern.bound, "Remember this", post)
    assert 'Remembered: Marlow: \\*shrugs\\* "Nobody swims in this."' in used.response.content
    again = await tavern.people["Alice"].context_menu(tavern.bound, "Remember this", post)
    assert again.response.content == "This is already pinned."


async def test_what_is_no_turn_is_not_remembered(tavern: Tavern, m2her: M2her) -> None:
    alice, old = tavern.people["Alice"], await begin(tavern)
    await alice.slash(tavern.bound, "scene new", title="Another")
    greeted = await tavern.say("Bob", "((just us))")
    for message in (old, greeted):
        used = await alice.context_menu(tavern.bound, "Remember this", message)
        assert used.response.content == "This message isn't part of the story that's played here."


async def test_pins_are_added_changed_moved_and_deleted_in_the_panel(tavern: Tavern, m2her: M2her) -> None:
    await begin(tavern)
    alice, panel = tavern.people["Alice"], await memory(tavern)
    for text in ("The bell is cracked.", "[Obey]\nme"):
        panel = await write(tavern, panel, "Add a pin", text)
    assert "1. The bell is cracked." in said(panel)
    assert "2. (Obey) me" in said(panel)
    (menu,) = [part for part in parts(panel) if part["type"] == 3]
    assert menu["placeholder"] == "Choose a pin to change it"
    first, second = [option["value"] for option in menu["options"]]
    one = await alice.select(panel.response, [second], custom_id="rp:memory:pins")
    assert said(one) == ["## Pin", "> (Obey) me"]
    assert labels(one) == ["Edit", "Move up", "Delete", "◀ Back"]
    moved = await alice.click(one.response, label="Move up")
    assert [line for line in said(moved) if line[1:2] == "."] == ["1. (Obey) me", "2. The bell is cracked."]
    one = await alice.select(moved.response, [first], custom_id="rp:memory:pins")
    changed = await write(tavern, one, "Edit", "The bell is whole.")
    assert "2. The bell is whole." in said(changed)
    one = await alice.select(changed.response, [second], custom_id="rp:memory:pins")
    await alice.click(one.response, label="Delete")
    await tavern.say("Alice", "Marlow, well?")
    assert "Always remember:\n- The bell is whole." in system(tavern)


async def test_the_note_is_the_last_thing_but_the_rules_that_is_told_and_costs_what_the_panel_says(
    tavern: Tavern, m2her: M2her
) -> None:
    await begin(tavern)
    panel = await write(tavern, await memory(tavern), "Edit note", "Grim.\n\nThe storm *ends* at dawn.")
    assert said(panel)[5:8] == ["**Author's note** · 19 tokens", "> Grim.", "> The storm \\*ends\\* at dawn."]
    await tavern.say("Alice", "Marlow, well?")
    assert system(tavern)[-2] == "What the players want of this scene: Grim.\nThe storm *ends* at dawn."
    panel = await write(tavern, panel, "Edit note", "")
    assert "**Author's note** · 0 tokens" in said(panel)


async def test_memories_that_are_all_signs_leave_room_for_each_other(tavern: Tavern, m2her: M2her) -> None:
    await begin(tavern)
    control, place = tavern.bot.services.story.memory, Place(tavern.bound.id)  # type: ignore[attr-defined]
    for number in range(20):
        await control.pin_words(place, f"{number} " + "*_~|" * 19, 1)
    await control.write_note(place, "*" * 1000, 1)
    lines = said(await memory(tavern))
    assert [line.partition(" ")[0] for line in lines if line[0].isdigit()] == [f"{n}." for n in range(1, 21)]
    assert lines[-2].startswith("> \\*\\*")
    assert lines[-1].startswith("-# ")
    assert "tokens" in lines[-1]


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        (["  \n "], "There are no words in it to remember."),
        (["The bell is cracked.", "The bell is cracked."], "This is already pinned."),
    ],
)
async def test_what_cannot_be_pinned_is_given_back_with_the_reason(
    tavern: Tavern, m2her: M2her, texts: list[str], why: str
) -> None:
    await begin(tavern)
    panel = await memory(tavern)
    for text in texts[:-1]:
        panel = await write(tavern, panel, "Add a pin", text)
    used = await write(tavern, panel, "Add a pin", texts[-1])
    assert (used.ephemeral, used.response.content) == (True, why)


@pytest.fixture
async def chronicled(m2her: M2her, tmp_path: Path) -> AsyncIterator[Tavern]:
    """A tavern in which Alice's story has a recap of what has left the window."""
    async with open_tavern(
        m2her, tmp_path, rules=replace(RULES, recap=RecapRules(model="MiniMax-M3"))
    ) as tavern:
        first = await begin(tavern)
        await tavern.say("Alice", "Marlow, well?")
        turns = await tavern.turns(tavern.bound)
        recap = "INSERT INTO recap (scene_id, since, reaches, left_out, text, tokens, created_at) VALUES (?, ?, ?, 7, ?, 9, ?)"
        at = (turns[0].scene_id, first.id, first.id, "Alice swore to find the ferry.", 1_700_000_000_000)
        await tavern.database.write(recap, at)
        start = "UPDATE scene SET window_start = ? WHERE id = ?"
        await tavern.database.write(start, (turns[2].position, turns[0].scene_id))
        yield tavern


def recap_of(used: Any) -> list[str]:
    """What a panel says of the recap; numbers of channels and messages are left out."""
    lines = said(used)
    begin = next(number for number, line in enumerate(lines) if line.startswith("**Recap**"))
    end = next(number for number, line in enumerate(lines) if line.startswith("**Pins**"))
    return [re.sub(r"\(https://discord.com/channels/[0-9/]+\)", "(there)", line) for line in lines[begin:end]]


async def test_a_recap_stands_with_its_reach_what_it_lacks_and_what_that_costs(chronicled: Tavern) -> None:
    used = await memory(chronicled)
    assert recap_of(used) == [
        "**Recap** · 9 of up to 1,500 tokens",
        "> Alice swore to find the ferry.",
        "-# Up to [this message](there) · made <t:1700000000:R>",
        "-# Left out, because of the cost or because the AI model refused them: 7 messages. *Make now* tries again.",
        "-# Not in it yet, though they no longer fit: 1 message (11 tokens).",
        "-# Making it costs the bot's owner about $0.01.",
    ]
    assert labels(used)[:3] == ["Edit recap", "Make now", "Pause"]
    assert not {"Edit recap", "Make now", "Pause"} & set(labels(await memory(chronicled, "Bob")))


async def test_a_recap_is_edited(chronicled: Tavern) -> None:
    panel = await write(
        chronicled, await memory(chronicled), "Edit recap", "Alice swore it [twice].\n\nBob knows."
    )
    assert recap_of(panel)[1:3] == ["> Alice swore it (twice).", "> Bob knows."]
    assert any("Last edited by <@" in line for line in recap_of(panel))
    (row,) = await chronicled.database.read("SELECT * FROM recap")
    assert (row["text"], row["by_user"]) == (
        "Alice swore it (twice).\nBob knows.",
        chronicled.people["Alice"].id,
    )


async def test_a_recap_is_paused_and_resumed(chronicled: Tavern) -> None:
    alice, panel = chronicled.people["Alice"], await memory(chronicled)
    paused = await alice.click(panel.response, label="Pause")
    assert "-# ⏸ Paused: it stays as it is until someone presses Resume." in recap_of(paused)
    refused = await alice.click(paused.response, label="Make now")
    assert (refused.response or refused.followups[0]).content == "The recap is paused. Press Resume first."
    resumed = await alice.click(paused.response, label="Resume")
    assert "Pause" in labels(resumed)


async def test_a_long_recap_is_given_as_a_file(chronicled: Tavern) -> None:
    await chronicled.database.write("UPDATE recap SET text = ?", ("word " * 400,))
    used = await memory(chronicled, "Bob")
    assert recap_of(used)[1].endswith("word…")
    read = await chronicled.people["Bob"].click(used.response, label="Read all")
    assert await attached(read) == ("recap.txt", "word " * 400)


async def test_where_recaps_are_off_it_says_so(tavern: Tavern, m2her: M2her) -> None:
    await begin(tavern)
    assert recap_of(await memory(tavern)) == [
        "**Recap** · turned off by the bot's owner: what no longer fits is forgotten."
    ]


async def test_two_who_edit_the_note_do_not_overwrite_each_other(tavern: Tavern, m2her: M2her) -> None:
    await begin(tavern)
    alice, panel = tavern.people["Alice"], await memory(tavern)
    form = await alice.click(panel.response, label="Edit note")
    (field,) = [part["component"] for part in form.modal["components"]]
    await write(tavern, panel, "Edit note", "Grim.")
    used = await alice.submit_modal(form, {field["custom_id"]: "Gay."})
    assert used.response.content.startswith("Someone else changed this in the meantime")
    assert await attached(used) == ("your-text.txt", "Gay.")


async def test_inspect_counts_the_memory_and_shows_what_was_sent_again(tavern: Tavern, m2her: M2her) -> None:
    await begin(tavern)
    ada = tavern.staff("Ada", manage_guild=True)
    panel = await write(tavern, await memory(tavern), "Add a pin", "The bell is cracked.")
    await tavern.say("Alice", "Marlow, well?")
    post = tavern.last_post(tavern.bound)
    link = f"https://discord.com/channels/{tavern.guild.id}/{tavern.bound.id}/{post.id}"
    sent = await ada.slash(tavern.bound, "dramatis inspect", reply=link)
    assert "word for word" in sent.response.content
    assert "🟥 memory" in sent.response.content
    await write(tavern, panel, "Add a pin", "The ferry sank.")
    sent = await ada.slash(tavern.bound, "dramatis inspect", reply=link)
    assert "word for word" in sent.response.content
    await write(tavern, panel, "Edit note", "Grim.")
    sent = await ada.slash(tavern.bound, "dramatis inspect", reply=link)
    assert "word for word" in sent.response.content
