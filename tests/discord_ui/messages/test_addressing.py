"""Who people speak to, under which name, and what they do without words: as the model reads it."""

from tests.discord_ui.interactions.commands.panels import blocks
from tests.standins.m2her import M2her
from tests.tavern import Tavern


async def ask(tavern: Tavern, text: str = "well?") -> list[tuple[str, str]]:
    await tavern.say("Carol", f"{tavern.mention} {text}")
    return tavern.heard


async def test_who_a_reply_is_to_is_told_and_follows_edits_and_deletions(tavern: Tavern) -> None:
    bob = await tavern.say("Bob", "dont sign anything in that ledger lol, it is cursed as far as I can see")
    await tavern.say("Bob", "brb")
    said = await tavern.say("Alice", "too late", reply_to=bob)
    first = '[to Bob, about "dont sign anything in that ledger lol, it is cursed as far…"] too late'
    assert ("Alice", first) in await ask(tavern)
    await tavern.people["Bob"].edit(bob, "do sign!")
    await tavern.people["Alice"].edit(said, "never")
    assert ("Alice", '[to Bob, about "do sign!"] never') in await ask(tavern)
    await tavern.people["Bob"].delete(bob)
    assert ("Alice", "[to Bob] never") in await ask(tavern)


async def test_a_reply_to_the_persona_says_which_of_its_posts_is_meant(tavern: Tavern, m2her: M2her) -> None:
    for text in ("One violin, two guards.", "Aye.", "So."):
        m2her.say(text)
    await tavern.say("Alice", f"{tavern.mention} who plays?")
    first = tavern.last_post(tavern.bound)
    await tavern.say("Bob", "where?", reply_to=first)
    assert tavern.heard[-1] == ("Bob", "where?")
    await tavern.say("Bob", "and who guards them?", reply_to=first)
    assert tavern.heard[-1] == ("Bob", '[to Marlow, about "One violin, two guards."] and who guards them?')


async def test_a_new_nickname_is_the_name_of_all_that_somebody_said(tavern: Tavern) -> None:
    await tavern.say("Alice", "Evening.")
    await tavern.say("Bob", "Alice!")
    tavern.env.backend.edit_member(tavern.guild.id, tavern.people["Alice"].id, {"nick": "Captain Voss"})
    await tavern.say("Alice", f"{tavern.mention} a stew.")
    assert tavern.heard == [
        ("Captain Voss", "Evening."),
        ("Bob", "Alice!"),
        ("Captain Voss", "[Captain Voss was called Alice until now]\na stew."),
    ]
    used = await tavern.people["Bob"].slash(tavern.bound, "scene info")
    assert used.ephemeral
    assert "**Players:** Captain Voss, Bob" in [text for block in blocks(used) for text in block]
