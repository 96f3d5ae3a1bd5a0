"""`/myself` as people use it: their characters, who they are where, and what they wish."""

from typing import Any

from tests.discord_ui.interactions.commands.panels import blocks, labels, parts
from tests.discord_ui.interactions.revisions.test_controls import filled
from tests.standins.m2her import M2her
from tests.tavern import Tavern

TITLE = "## Who you are in stories"
HOW = "-# Personas know you by this name. What you said before keeps its name, and on Discord you keep your own."
COST = (
    "-# Only you see this. A reply is told about the six people who spoke last: at most 250 tokens for each, and 1,000 "
    "together. A longer description is cut."
)
GROWING = "Replies to you can grow while they're being written. Whole replies are easier with a screen reader or notifications."
NO_PINGS = "Replies don't notify you, even if they mention you."


async def opened(tavern: Tavern, who: str = "Alice", channel: Any = None) -> Any:
    used = await tavern.people[who].slash(channel or tavern.bound, "myself")
    assert used.ephemeral
    return used


async def made(
    tavern: Tavern, name: str, pronouns: str = "", description: str = "", who: str = "Alice"
) -> Any:
    """Let somebody make a character by the panel's form; return what they are shown then."""
    person = tavern.people[who]
    form = await person.click((await opened(tavern, who)).response, label="New character")
    return await person.submit_modal(form, filled(form, name, pronouns, description))


def menu(used: Any, what: str) -> list[str]:
    """What can be chosen in a menu; what is chosen in brackets."""
    (found,) = [each for each in parts(used) if each.get("custom_id") == f"rp:myself:{what}"]
    return [f"({each['label']})" if each.get("default") else each["label"] for each in found["options"]]


async def test_nobody_has_a_character_before_they_make_one(tavern: Tavern) -> None:
    used = await opened(tavern)
    assert blocks(used) == [
        [TITLE, "Here you speak as yourself: **Alice**.", HOW],
        ["**Your characters** · 0 of 10", "None yet. Add one, and you play it on this server."],
        [GROWING, NO_PINGS],
    ]
    assert labels(used) == ["New character", "Whole replies for me", "Notify me"]


async def test_a_character_is_made_played_changed_and_deleted(tavern: Tavern, m2her: M2her) -> None:
    alice, smuggler = tavern.people["Alice"], "A retired smuggler.\n**Bold**, and <@1> of heart."
    used = await made(tavern, "  Voss ", "she/her", smuggler)
    assert used.response.ephemeral
    assert blocks(used)[:3] == [
        [TITLE, "Here you play **Voss**.", HOW],
        [
            "**Your characters** · 1 of 10",
            r"**Voss** · she/her · A retired smuggler. \*\*Bold\*\*, and \<@1> of heart. · *21 tokens*",
            COST,
        ],
        ["**On this server** you are", "**In this channel** you are"],
    ]
    assert menu(used, "server") == ["Yourself", "(Voss)"]
    assert menu(used, "here") == ["(As on the rest of the server: Voss)", "Yourself", "Voss"]
    m2her.say("Evening, Voss.")
    await tavern.say("Alice", f"{tavern.mention} evening")
    assert (
        "user_system",
        "Voss",
        "Voss (she/her): A retired smuggler. **Bold**, and <@1> of heart.",
    ) in tavern.prompt
    assert tavern.heard == [("Voss", "evening")]
    used = await alice.select(used.response, ["self"], custom_id="rp:myself:here")
    assert blocks(used)[0][1] == "Here you speak as yourself: **Alice**."
    assert menu(used, "here") == ["As on the rest of the server: Voss", "(Yourself)", "Voss"]
    one = await alice.select(used.response, ["1"], custom_id="rp:myself:open")
    assert blocks(one)[0][:2] == ["## Voss", "Pronouns: she/her"]
    assert labels(one) == ["Edit", "Delete …", "◀ Back"]
    form = await alice.click(one.response, label="Edit")
    used = await alice.submit_modal(form, filled(form, "Captain Voss"))
    assert menu(used, "server") == ["Yourself", "(Captain Voss)"]
    used = await alice.select(used.response, ["around"], custom_id="rp:myself:here")
    assert blocks(used)[0][1] == "Here you play **Captain Voss**."
    one = await alice.select(used.response, ["1"], custom_id="rp:myself:open")
    asked = await alice.click(one.response, label="Delete …")
    assert blocks(asked)[0][0] == "## Delete Captain Voss?"
    used = await alice.click(asked.response, label="Delete")
    assert blocks(used)[1][0] == "**Your characters** · 0 of 10"
    assert await tavern.remembered(tavern.bound) == [("Voss", "evening"), ("Marlow", "Evening, Voss.")]


async def test_what_cannot_be_a_character_comes_back_with_the_reason(tavern: Tavern) -> None:
    await made(tavern, "Voss")
    used = await made(tavern, "VOSS", "she/her", "Another one.")
    assert used.ephemeral
    assert used.response.content == "You already have a character of this name."
    (file,) = used.response.attachments
    assert (await file.read()).decode() == "VOSS\nshe/her\nAnother one."


async def test_who_has_opted_out_brings_no_character_and_may_delete_what_they_have(tavern: Tavern) -> None:
    alice = tavern.people["Alice"]
    await made(tavern, "Voss")
    await tavern.story.records.privacy.opt_out(alice.id)
    used = await opened(tavern)
    assert blocks(used)[0][1] == (
        "You've opted out, so personas are told none of this. To play again, use `/privacy` and press Opt in."
    )
    refused = await alice.click(used.response, label="New character")
    assert refused.response.content.startswith("You've opted out, so the bot takes no words from you.")
    one = await alice.select(used.response, ["1"], custom_id="rp:myself:open")
    asked = await alice.click(one.response, label="Delete …")
    assert blocks(await alice.click(asked.response, label="Delete"))[1][0] == "**Your characters** · 0 of 10"


async def test_what_the_bot_posts_for_somebody_names_both(tavern: Tavern, m2her: M2her) -> None:
    await made(tavern, "*Voss*")
    m2her.say("Good evening, Voss.")
    await tavern.people["Alice"].slash(tavern.bound, "talk", text="Good evening.")
    tavern.faces[:] = [3]
    await tavern.people["Alice"].slash(tavern.bound, "roll", dice="d6")
    assert tavern.posts(tavern.bound) == [
        r"**\*Voss\* (Alice):** Good evening.",
        "Good evening, Voss.",
        r"🎲 **\*Voss\* (Alice)** rolls d6: **3**",
    ]
    assert [turn.name for turn in await tavern.turns(tavern.bound)] == ["*Voss*", "Marlow", "*Voss*"]


async def test_a_reply_to_several_names_who_they_play(tavern: Tavern, m2her: M2her) -> None:
    await made(tavern, "Marlow")
    m2her.say("Namesake!")
    await tavern.people["Alice"].slash(tavern.bound, "talk", text="I am Marlow.")
    assert tavern.posts(tavern.bound)[0] == "**Marlow *(player)* (Alice):** I am Marlow."
    assert tavern.heard == [("Marlow (player)", "I am Marlow.")]
