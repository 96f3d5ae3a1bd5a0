"""`/memory` and *Remember this*, as people use them, and what the persona is told then."""

from typing import Any

import pytest

from tests.discord_ui.interactions.commands.panels import attached, labels, parts, said
from tests.standins.m2her import M2her
from tests.tavern import Tavern

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
    assert (used.ephemeral, used.response.content) == (True, "There's no story in this channel yet.")
    await begin(tavern)
    used = await memory(tavern)
    assert used.ephemeral
    assert said(used) == [
        "## What this story remembers",
        "-# Besides the latest messages, Marlow reads all of this before every reply.",
        "**Pins** · 0 of 20 · 0 tokens",
        "-# Facts that are never forgotten. Choose *Remember this* in a message's menu, or add one here.",
        "**Author's note** · 0 tokens",
        "-# What you want of the next replies, for example the mood or where the story should go.",
        "-# All of this: 0 tokens in every reply, 0.0 % of what the AI model can read at once.",
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
        assert used.response.content == "This message isn't part of the story that is played here."


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


async def test_the_note_is_the_last_thing_that_is_told_and_costs_what_the_panel_says(
    tavern: Tavern, m2her: M2her
) -> None:
    await begin(tavern)
    panel = await write(tavern, await memory(tavern), "Edit note", "Grim.\n\nThe storm *ends* at dawn.")
    assert said(panel)[4:7] == ["**Author's note** · 19 tokens", "> Grim.", "> The storm \\*ends\\* at dawn."]
    await tavern.say("Alice", "Marlow, well?")
    assert system(tavern)[-1] == "What the players want of this scene: Grim.\nThe storm *ends* at dawn."
    panel = await write(tavern, panel, "Edit note", "")
    assert "**Author's note** · 0 tokens" in said(panel)


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
