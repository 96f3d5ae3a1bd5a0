"""One evening in a tavern, told end to end: after each step, what people see and what the model was told.

The real bot between both stand-ins (`tests/wired.py`). Discord shows the bot as Dramatis; it plays Marlow.
"""

from pathlib import Path

import pytest

from tests.standins.m2her import End, M2her
from tests.wired import Wired, wire

CHAPTERS = [
    f"*Chapter {number}.* " + " ".join(["The tide came in and went out."] * 26) for number in (1, 2, 3)
]
TALE = "\n\n".join(CHAPTERS)
"""Some 2,400 characters: more than a post holds."""


async def test_one_evening_in_the_tavern(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wire(m2her, tmp_path, monkeypatch) as tavern:
        await tavern.start()
        for name in ("Alice", "Bob", "Carol", "Dave"):
            tavern.join(name, name)
        tavern.join("the other Alice", "Alice")

        await they_meet(tavern, m2her)
        await two_of_one_name(tavern, m2her)
        await second_thoughts(tavern, m2her)
        await other_places(tavern, m2her)
        await a_long_tale_that_breaks_off(tavern, m2her)
        await the_next_morning(tavern, m2her)
        the_whole_evening(tavern)


async def they_meet(tavern: Wired, m2her: M2her) -> None:
    weather = tavern.say("Bob", "Foul weather tonight.")
    m2her.say('*slides a key over* "Number four."')
    tavern.say("Alice", f"{tavern.mention} have you a room?")
    await tavern.shows('*slides a key over* "Number four."')
    # He heard what was said before he was spoken to, and knows who said what.
    assert tavern.heard == [("Bob", "Foul weather tonight."), ("Alice", "have you a room?")]

    m2her.say('"In the stable, drier than you."')
    tavern.say("Bob", "Marlow, and my horse?")  # his name is enough
    await tavern.shows('*slides a key over* "Number four."', '"In the stable, drier than you."')
    await tavern.quiet()

    m2her.say('"His, I hope."')
    tavern.say("Carol", "Whose horse?", reply_to=tavern.last_post(), ping=False)  # and so is a reply
    await tavern.world.wait_for(lambda: tavern.posts()[-1] == '"His, I hope."')
    await tavern.quiet()
    assert tavern.heard == [
        ("Bob", "Foul weather tonight."),
        ("Alice", "have you a room?"),
        ("Marlow", '*slides a key over* "Number four."'),
        ("Bob", "Marlow, and my horse?"),
        ("Marlow", '"In the stable, drier than you."'),
        ("Carol", "Whose horse?"),
    ]
    assert without_edit_marks(tavern.transcript()) == without_edit_marks(
        "Bob: Foul weather tonight.\n"
        "Alice: @Dramatis have you a room?\n"
        'Dramatis: *slides a key over* "Number four."\n'
        "Bob: Marlow, and my horse?\n"
        'Dramatis: "In the stable, drier than you."\n'
        "Carol: Whose horse?\n"
        'Dramatis: "His, I hope."'
    )
    tavern.world.delete(weather)  # Bob does not want to be the man who spoke of the weather


async def two_of_one_name(tavern: Wired, m2her: M2her) -> None:
    m2her.say('"The one who asked."')
    tavern.say("the other Alice", "I am Alice too.")
    tavern.say("the other Alice", "Marlow, which Alice has the room?")
    await tavern.world.wait_for(lambda: tavern.posts()[-1] == '"The one who asked."')
    # Bob's weather has left the story; the two are told apart, and one speaker's lines are one message.
    assert tavern.heard[0] == ("Alice", "have you a room?")
    assert tavern.heard[-1] == ("Alice (2)", "I am Alice too.\nMarlow, which Alice has the room?")


async def second_thoughts(tavern: Wired, m2her: M2her) -> None:
    asked = next(message for message in tavern.bound.messages.values() if "a room?" in message.content)
    tavern.world.edit(asked, f"{tavern.mention} have you two rooms?")
    m2her.say('"Two, then."')
    tavern.say("Alice", "Marlow, look what I wrote again.")
    await tavern.world.wait_for(lambda: tavern.posts()[-1] == '"Two, then."')
    assert tavern.heard[0] == ("Alice", "have you two rooms?")


async def other_places(tavern: Wired, m2her: M2her) -> None:
    m2her.say('"None that I would sell you."')
    tavern.say(
        "Dave", "Marlow waters his beer.", tavern.elsewhere
    )  # the market has no persona of its own: he does not listen
    tavern.say("Dave", f"{tavern.mention} what news?", tavern.elsewhere)
    await tavern.shows('"None that I would sell you."', channel=tavern.elsewhere)
    assert tavern.heard == [("Dave", "what news?")]

    cellar = tavern.world.create_thread("The cellar", tavern.bound)  # the tavern's own, and a story apart
    m2her.say('"Rats. Mostly rats."')
    tavern.say("Carol", "Marlow, what is down here?", cellar)
    await tavern.shows('"Rats. Mostly rats."', channel=cellar)
    assert tavern.heard == [("Carol", "Marlow, what is down here?")]


async def a_long_tale_that_breaks_off(tavern: Wired, m2her: M2her) -> None:
    one, two, three = CHAPTERS
    m2her.say(*TALE.splitlines(keepends=True))
    tavern.say("Dave", "Marlow, tell us a tale!")
    await tavern.world.wait_for(lambda: tavern.posts()[-1].endswith(three))
    assert tavern.posts()[-2:] == [f"{one}\n\n{two}", three]

    m2her.say('"And then the lamp', End.CUT)
    tavern.say("Dave", "Marlow, and then?")
    broken = '"And then the lamp\n-# The reply was cut off. Press Continue or mention the bot.'
    await tavern.world.wait_for(lambda: tavern.posts()[-1] == broken)

    m2her.say('went out."')
    tavern.say("Bob", f"{tavern.mention} go on")
    await tavern.world.wait_for(lambda: tavern.posts()[-1] == 'went out."')
    # He knows how far he came, and the small line is not his.
    assert tavern.heard[-5:] == [
        ("Dave", "Marlow, tell us a tale!"),
        ("Marlow", TALE),
        ("Dave", "Marlow, and then?"),
        ("Marlow", '"And then the lamp'),
        ("Bob", "go on\n[Marlow's turn.]"),
    ]


async def the_next_morning(tavern: Wired, m2her: M2her) -> None:
    await tavern.end()
    await tavern.start()
    m2her.say('"Good morning, the other Alice."')
    tavern.say("the other Alice", f"{tavern.mention} do you remember me?")
    await tavern.world.wait_for(lambda: tavern.posts()[-1] == '"Good morning, the other Alice."')
    heard = tavern.heard
    assert heard[0] == ("Alice", "have you two rooms?")
    assert ("Alice (2)", "I am Alice too.\nMarlow, which Alice has the room?") in heard
    assert heard[-1] == ("Alice (2)", "do you remember me?\n[Marlow's turn.]")
    assert {name for name, _ in heard} == {"Alice", "Alice (2)", "Bob", "Carol", "Dave", "Marlow"}


def the_whole_evening(tavern: Wired) -> None:
    one, two, three = CHAPTERS
    assert without_edit_marks(tavern.transcript()) == without_edit_marks(
        "Alice: @Dramatis have you two rooms? (edited)\n"
        'Dramatis: *slides a key over* "Number four."\n'
        "Bob: Marlow, and my horse?\n"
        'Dramatis: "In the stable, drier than you."\n'
        "Carol: Whose horse?\n"
        'Dramatis: "His, I hope."\n'
        "Alice: I am Alice too.\n"
        "Alice: Marlow, which Alice has the room?\n"
        'Dramatis: "The one who asked."\n'
        "Alice: Marlow, look what I wrote again.\n"
        'Dramatis: "Two, then."\n'
        "Dave: Marlow, tell us a tale!\n"
        f"Dramatis: {one}\n    \n    {two}\n"
        f"Dramatis: {three}\n"
        "Dave: Marlow, and then?\n"
        'Dramatis: "And then the lamp\n'
        "    -# The reply was cut off. Press Continue or mention the bot. (edited)\n"
        "Bob: @Dramatis go on\n"
        'Dramatis: went out."\n'
        "Alice: @Dramatis do you remember me?\n"
        'Dramatis: "Good morning, the other Alice."'
    )


def without_edit_marks(transcript: str) -> str:
    """Whether a reply came in one piece or grew depends on how fast the machine is."""
    return transcript.replace(" (edited)", "")
