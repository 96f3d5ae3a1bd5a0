"""Out of character on Discord, and who a reply answers."""

from tests.standins.m2her import M2her
from tests.tavern import Tavern


async def test_what_people_say_among_themselves_is_not_told(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("Number four.")
    await tavern.say("Bob", "((my cat again))")
    await tavern.say("Bob", "It rains. // the cat again")
    await tavern.say("Alice", f"{tavern.mention} a room?")
    assert tavern.heard == [("Bob", "It rains."), ("Alice", "a room?")]


async def test_an_aside_to_the_persona_steers_its_reply(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("Morning.")
    await tavern.say("Alice", f"{tavern.mention} ((skip to the next morning))")
    assert tavern.prompt[-1][2] == "[Alice, out of character: skip to the next morning]"
    assert await tavern.remembered(tavern.bound) == [("Marlow", "Morning.")]


async def test_the_bot_says_honestly_that_an_ai_plays(tavern: Tavern, m2her: M2her) -> None:
    await tavern.say("Alice", f"{tavern.mention} ((are you an AI?))")
    assert m2her.requests == []
    assert tavern.last_post(tavern.bound).content == (
        "-# Out of character: Marlow is played by an AI, not by a person. What it says is made up. `/help` tells you more."
    )


async def test_speech_marks_decide_whether_a_name_calls(tavern: Tavern, m2her: M2her) -> None:
    await tavern.say("Bob", 'Marlow wipes a mug. "Late again," she says.')
    assert m2her.requests == []
    m2her.say("Aye?")
    await tavern.say("Bob", '*waves* "Marlow!"')
    assert len(m2her.requests) == 1
