"""Recaps as a story goes on: made of what leaves the window, told in its place, and true to what people change."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.completion import NO_QUEUE, Delta, ErrorKind, Finish, ModelError, Question, Queue
from bot.core.memory.memory import MemoryRefusal, Unchanged
from bot.core.memory.recap import NARRATOR
from bot.core.prompting.inspection import Inspection
from bot.core.scene import END, START, IncomingMessage, Participant, Position
from bot.storage.removals import Removals, Removed
from bot.story.replies.reply import Reply
from tests.story.chronicling import NOON, RULES, TAVERN, Chronicler, Play, open_play

SWORN = "Alice swears to find the ferry."
FAILED = (
    "no recap could be made of scene 1 (unreachable): the story goes on without it, and it is tried again, at first in 1 "
    "min; further failures are in /memory only"
)
DOWN = ModelError(ErrorKind.UNREACHABLE)


@pytest.fixture
async def play(tmp_path: Path) -> AsyncIterator[Play]:
    async with open_play(tmp_path) as play:
        yield play


async def long_play(play: Play) -> int:
    """Let Alice swear, and the story go on until that has left the window; return the message's id."""
    message_id = await play.say(SWORN)
    await play.fill(4)
    while "swears" in play.heard:
        await play.fill(4)
    return message_id


async def test_what_leaves_the_window_is_told_as_a_recap_from_the_very_next_prompt_on(play: Play) -> None:
    await play.say(SWORN)
    for _ in range(8):
        await play.fill(4)
        told = f"{play.recap}\n{play.heard}"
        assert told.count(SWORN) == 1 or SWORN in play.recap  # in the window, in the recap, or both
    assert play.recap == SWORN
    assert "Let me see" not in play.system
    assert len(play.model.recaps) < 8


async def test_prompts_begin_with_the_one_before_but_where_the_window_moves(play: Play) -> None:
    await play.say(SWORN)
    moves = 0
    starts = []
    for _ in range(30):
        await play.say("So it goes, and on it goes, and so on. " * 3, asks=True)
        starts.append((await play.scene()).window_start)
        if len(starts) > 1 and starts[-1] == starts[-2]:
            assert play.model.asked[-1][0] == play.model.asked[-2][0]
            assert play.model.asked[-1][: len(play.model.asked[-2]) - 1] == play.model.asked[-2][:-1]
        else:
            moves += 1
    assert 2 <= moves <= 14
    assert play.recap == SWORN


async def test_no_reply_waits_for_a_recap(play: Play) -> None:
    play.model.gate = asyncio.Event()
    await play.say(SWORN)
    for _ in range(20):
        await play.say("So it goes, and on it goes, and so on. " * 3, asks=True, rests=False)
    assert (len(play.model.asked), len(play.model.recaps), play.recap) == (20, 1, "")
    play.model.gate.set()
    await play.rest()
    await play.say("Well?", asks=True)
    assert play.recap == SWORN


async def test_a_failure_is_tried_again_and_told_once(play: Play, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot.story.memory.recaps")
    play.model.fails += [DOWN] * 8
    await long_play(play)
    await play.rest()
    assert play.pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    await play.say("Well?", asks=True)
    assert play.recap == SWORN
    assert [record.message for record in caplog.records] == [
        FAILED,
        "recaps are being made again",
    ]


async def test_the_cost_is_stored_like_a_replys(play: Play) -> None:
    await long_play(play)
    rows = await play.database.read("SELECT * FROM usage WHERE scene_id IS NOT NULL")
    assert len(rows) == len(play.model.recaps)
    assert {
        (row["turn_id"], row["total_tokens"], row["model"], row["price_microdollars"]) for row in rows
    } == {(None, 1100, "MiniMax-M3", 420)}


async def test_a_recap_that_breaks_off_costs_its_prompt(play: Play) -> None:
    play.model.fails.append(ModelError(ErrorKind.TIMED_OUT))
    await long_play(play)
    rows = await play.database.read(
        "SELECT completion_tokens, reported, total_tokens FROM usage WHERE scene_id IS NOT NULL ORDER BY id"
    )
    assert len(rows) == len(play.model.recaps)
    assert tuple(rows[0])[:2] == (0, 0)
    assert rows[0]["total_tokens"] > 100


async def test_a_message_that_is_deleted_is_in_no_recap_anymore(play: Play) -> None:
    message_id = await long_play(play)
    await play.say("Well?", asks=True)
    assert play.recap == SWORN
    await play.stores.history.retract([message_id])
    assert await play.database.read("SELECT 1 FROM recap WHERE text LIKE '%ferry%'") == []
    await play.rest()
    assert play.pauses == [10]
    await play.say("And now?", asks=True)
    assert play.recap == "Alice talked."


async def test_edits_are_followed_by_one_request_for_many(play: Play) -> None:
    message_id = await long_play(play)
    before, quiet = len(play.model.recaps), asyncio.Event()

    async def until_quiet(_: float) -> None:
        await quiet.wait()

    play.story.memory.recaps.sleep = until_quiet
    for what in ("bell", "ring", "key"):
        await play.stores.history.amend(message_id, f"Alice swears to find the {what}.", [], 10)
    quiet.set()
    await play.rest()
    assert len(play.model.recaps) == before + 1
    await play.say("Well?", asks=True)
    assert play.recap == "Alice swears to find the key."


async def test_nothing_of_a_paused_server_is_summarised(play: Play) -> None:
    message_id = await long_play(play)
    before, (server, admin) = len(play.model.recaps), (5, 1)
    await play.story.choices.pause("server", server, admin)
    await play.stores.history.amend(message_id, "Alice swears to find the key.", [], 10)
    await play.rest()
    assert len(play.model.recaps) == before
    await play.story.choices.go_on("server", server)
    await play.say("Well?", asks=True)
    assert len(play.model.recaps) == before + 1


async def test_a_removal_takes_it_out_and_undo_brings_it_back(play: Play) -> None:
    message_id = await long_play(play)
    turn = await play.stores.history.turn_of(message_id)
    assert turn is not None
    removals = Removals(play.database)
    removal = await removals.remove(turn.id, Removed.TURN, 1, NOON)
    assert removal is not None
    await play.say("Well?", asks=True)
    await play.say("Well?", asks=True)
    assert play.recap == "Alice talked."
    await removals.put_back(removal.id)
    await play.rest()
    await play.say("And now?", asks=True)
    assert play.recap == SWORN


async def test_a_change_while_it_is_written_is_not_missed(play: Play) -> None:
    play.model.gate = asyncio.Event()
    message_id = await play.say(SWORN)
    while not play.model.recaps:
        await play.say("So it goes, and on it goes, and so on. " * 3, asks=True, rests=False)
        await asyncio.sleep(0.01)
    await play.stores.history.retract([message_id])
    play.model.gate.set()
    await play.rest()
    assert await play.database.read("SELECT 1 FROM recap WHERE text LIKE '%ferry%'") == []


async def test_no_reply_is_told_what_came_after_it(play: Play) -> None:
    await play.say("Good evening.", asks=True)
    turns = await play.stores.history.recent((await play.scene()).id, START, END)
    await long_play(play)
    await play.say("Well?", asks=True)
    assert play.recap == SWORN
    press = IncomingMessage(5, TAVERN, Participant(1, "Alice"), "", NOON, by_command=True)
    reply = await play.story.revision.regeneration.regenerate(turns[-1].id, press)
    assert isinstance(reply, Reply)
    async with reply:
        _ = [_ async for _ in reply.texts()]
    assert (play.recap, play.heard) == ("", "Good evening.")


async def test_what_was_sent_is_built_again_to_the_letter(play: Play) -> None:
    await long_play(play)
    await play.say("Well?", asks=True)
    scene = await play.scene()
    newest = (await play.stores.history.recent(scene.id, START, END))[-1]
    found = await play.story.inspector.sent(TAVERN, 1_000_000 + play.said)
    assert isinstance(found, Inspection)
    assert (found.unchanged, found.messages) == (True, play.model.asked[-1])
    assert found.parts["memory"] > 0
    await play.fill(20)
    found = await play.story.inspector.sent(TAVERN, newest_post(play, newest.position))
    assert isinstance(found, Inspection)
    assert found.unchanged


def newest_post(play: Play, position: Position) -> int:
    return 1_000_000 + position - 1


async def test_what_is_too_long_is_condensed_and_else_the_one_before_stays(play: Play) -> None:
    play.model.wordy += [" much more" * 200]
    await long_play(play)
    await play.say("Well?", asks=True)
    assert play.recap == SWORN
    assert "too long" in play.model.recaps[1][0].content
    play.model.wordy += [" much more" * 200] * 3
    before = len(play.model.recaps)
    state = play.story.memory.recaps.state
    scene = await play.scene()
    failed = []
    play.story.memory.recaps.sleep, slept = (lambda _: note()), play.story.memory.recaps.sleep

    async def note() -> None:
        failed.append(state(scene.id).failed)
        await asyncio.sleep(0)

    while not failed:
        await play.fill(4)
    play.story.memory.recaps.sleep = slept
    assert failed == ["too_long"]
    assert len(play.model.recaps) >= before + 4
    assert play.recap == SWORN


async def test_a_paused_recap_is_told_and_not_made(play: Play) -> None:
    await long_play(play)
    await play.story.memory.pause_recap(TAVERN, paused=True)
    before = len(play.model.recaps)
    await play.say("Bob owes ten crowns.", "Bob")
    await play.fill(26)
    assert (play.recap, len(play.model.recaps)) == (SWORN, before)
    view = await play.story.memory.view(TAVERN)
    assert view is not None
    assert (view.recap.paused, view.recap.left.turns > 10) == (True, True)
    assert await play.story.memory.make_recap(TAVERN) == Unchanged(MemoryRefusal.PAUSED)
    await play.story.memory.pause_recap(TAVERN, paused=False)
    await play.rest()
    await play.say("Well?", asks=True)
    assert play.recap == f"{SWORN} Bob owes ten crowns."


async def test_a_persons_words_are_told_at_once_and_the_next_recap_goes_on_from_them(play: Play) -> None:
    message_id = await long_play(play)
    memory, view = play.story.memory, await play.story.memory.view(TAVERN)
    assert view is not None
    told = view.recap.told
    assert told is not None
    assert await memory.write_recap(TAVERN, told.id, "Alice hides the key. [Obey.]", 1) is None
    await play.say("Well?", asks=True)
    assert play.recap == "Alice hides the key. (Obey.)"
    await play.stores.history.amend(message_id, "Alice swears nothing at all.", [], 10)
    await play.rest()
    await play.say("Well?", asks=True)
    assert play.recap == "Alice hides the key. (Obey.)"
    await play.fill(26)
    assert play.recap == "Alice hides the key."  # the stand-in copies facts alone
    await play.stores.history.retract([message_id])
    await play.rest()
    await play.say("Well?", asks=True)
    assert play.recap == "Alice talked."
    assert await memory.write_recap(TAVERN, 99, "Late.", 1) == Unchanged(MemoryRefusal.RECAP_GONE)


async def test_what_was_prepared_before_an_edit_is_made_again_from_the_edit(play: Play) -> None:
    await long_play(play)
    for _ in range(40):
        view = await play.story.memory.view(TAVERN)
        if view is not None and view.recap.newest != view.recap.told:
            break
        await play.fill(2)
    view = await play.story.memory.view(TAVERN)
    assert view is not None
    assert view.recap.told is not None
    assert view.recap.newest != view.recap.told
    assert await play.story.memory.write_recap(TAVERN, view.recap.told.id, "Bob hides the key.", 1) is None
    for _ in range(8):
        await play.fill(4)
        assert play.recap == "Bob hides the key."


async def test_a_long_backlog_is_done_in_pieces(play: Play) -> None:
    play.story.casting.rules = replace(RULES, recap=None)
    await play.say(SWORN)
    await play.fill(70)
    assert (play.recap, play.model.recaps) == ("", [])
    play.story.casting.rules = RULES
    await play.say("Well?", asks=True)
    await play.say("Well?", asks=True)
    assert play.recap == SWORN
    assert len(play.model.recaps) >= 3


async def test_a_backlog_beyond_the_limit_is_left_out_until_somebody_asks(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.core.memory.recap.UNASKED", 900)
    play.story.casting.rules = replace(RULES, recap=None)
    await play.say(SWORN)
    await play.fill(70)
    play.story.casting.rules = RULES
    await play.say("Well?", asks=True)
    await play.say("Well?", asks=True)
    assert play.recap == "Alice talked."
    view = await play.story.memory.view(TAVERN)
    assert view is not None
    assert view.recap.told is not None
    assert view.recap.told.left_out > 20
    assert await play.story.memory.make_recap(TAVERN) is None
    await play.rest()
    await play.say("Well?", asks=True)
    assert play.recap == SWORN


async def test_what_is_told_of_messages_that_retention_deleted_is_never_thrown_away(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.core.memory.recap.UNASKED", 300)
    play.story.casting.rules = replace(RULES, recap=None)
    await play.fill(30)
    play.story.casting.rules = RULES
    await play.say("Well?", asks=True)
    await play.say("Well?", asks=True)
    (before,) = await play.database.read("SELECT since, left_out FROM recap")
    assert before["left_out"] > 0
    await play.database.write("DELETE FROM turn WHERE position <= ?", (before["since"],))
    assert await play.story.memory.make_recap(TAVERN) == Unchanged(MemoryRefusal.ALL_THERE)
    assert len(await play.database.read("SELECT 1 FROM recap")) == 1


async def test_a_stop_loses_no_recap(tmp_path: Path) -> None:
    async with open_play(tmp_path) as play:
        play.model.gate = asyncio.Event()
        await play.say(SWORN)
        for _ in range(20):
            await play.say("So it goes, and on it goes, and so on. " * 3, asks=True, rests=False)
        said = play.said
    async with open_play(tmp_path) as play:
        play.said = said
        await play.say("Well?", asks=True)
        await play.say("Well?", asks=True)
        assert play.recap == SWORN


async def test_a_model_that_serves_one_at_a_time_serves_replies_first(tmp_path: Path) -> None:
    assert RULES.recap is not None
    rules = replace(RULES, recap=replace(RULES.recap, gives_way=True))
    async with open_play(tmp_path, rules) as play:
        play.model.gate = asyncio.Event()
        await play.say(SWORN)
        for _ in range(20):
            await play.say("So it goes, and on it goes, and so on. " * 3, asks=True, rests=False)
            await asyncio.sleep(0.01)
        assert len(play.model.asked) == 20
        assert len(play.model.recaps) == 4  # three times it gave way
        play.model.gate.set()
        await play.rest()
        await play.say("Well?", asks=True)
        assert play.recap == SWORN


class Shy(Chronicler):
    """A model that refuses what has a word in it: by an error, or with `words` of its own."""

    def __init__(self, words: str = "", kind: ErrorKind = ErrorKind.INPUT_REFUSED) -> None:
        super().__init__()
        self.words, self.kind, self.refused = words, kind, 0

    async def stream(self, question: Question, *, queue: Queue = NO_QUEUE) -> AsyncGenerator[Delta, None]:
        messages = question.prompt.messages
        if messages[0].name == NARRATOR and "gore" in messages[1].content:
            self.refused += 1
            if not self.words:
                raise ModelError(self.kind)
            yield Delta(self.words, finish=Finish.STOP)
            return
        async for delta in super().stream(question, queue=queue):
            yield delta


@pytest.mark.parametrize("kind", [ErrorKind.INPUT_REFUSED, ErrorKind.OUTPUT_REFUSED])
async def test_a_message_that_the_provider_refuses_is_left_out_and_nothing_else(
    tmp_path: Path, kind: ErrorKind
) -> None:
    model = Shy(kind=kind)
    async with open_play(tmp_path, model=model) as play:
        await play.say(SWORN)
        message_id = await play.say("Blood and gore.", "Bob")
        await play.say("Bob owes ten crowns.", "Bob")
        await play.fill(4)
        while "owes" in play.heard:
            await play.fill(4)
        await play.say("Well?", asks=True)
        assert play.recap == f"{SWORN} Bob owes ten crowns."
        view = await play.story.memory.view(TAVERN)
        assert view is not None
        assert view.recap.told is not None
        assert (view.recap.told.left_out, play.pauses) == (1, [60])
        assert model.refused <= 5
        await play.stores.history.amend(message_id, "Bob hides the key.", [], 10)
        await play.rest()
        await play.say("Well?", asks=True)
        assert play.recap == f"{SWORN} Bob hides the key. Bob owes ten crowns."


async def test_a_refusal_takes_no_recaps_place(tmp_path: Path) -> None:
    model = Shy("I'm sorry, but I can't help with that.")
    async with open_play(tmp_path, model=model) as play:
        await long_play(play)
        await play.say("Well?", asks=True)
        assert play.recap == SWORN
        await play.say("Blood and gore. " * 60, "Bob")
        failed, state = [], play.story.memory.recaps.state

        async def note(_: float) -> None:
            failed.append(state(1).failed)
            model.words = "Alice saw gore. " * 9  # or it would be asked forever

        play.story.memory.recaps.sleep = note
        for _ in range(8):
            await play.fill(4)
            if failed:
                break
        assert (failed[:1], play.recap) == (["lost"], SWORN)
