"""The last exchange, taken out of the story and put back."""

from collections.abc import Collection
from datetime import timedelta

import pytest

from bot.core.scene import END, START, Ending, Participant, Place, Position, Scene, Target
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.marks import MOST, Marks
from bot.storage.opting_out import OptOuts
from bot.storage.people import People
from bot.storage.removals import Obstacle, Removal, Removals, Removed
from bot.storage.scenes import Scenes
from bot.storage.swipes import Swipes
from tests.storage.cast import ADA, ALICE, BOB, EVENING, TAVERN, Say, record
from tests.storage.test_branches import HIM, branch


@pytest.fixture
def removals(db: Database) -> Removals:
    return Removals(db)


async def texts(history: History, scene: Scene) -> list[str]:
    return [turn.text for turn in await history.recent(scene.id, START, END)]


async def answer(
    history: History, scene: Scene, text: str, key: str = "marlow", ending: Ending = Ending.DONE
) -> int:
    """A persona says something; no words for a reply of which nothing came."""
    turn = await history.begin_reply(scene.id, persona_key=key, name=key.title(), at=EVENING)
    await history.finish(turn.id, text=text, tokens=3, ending=ending)
    return turn.id


async def undo(removals: Removals, scene: Scene) -> Removal:
    removal = await removals.undo(scene.id, ALICE, EVENING)
    assert removal is not None
    return removal


@pytest.mark.parametrize(
    ("told", "left"),
    [
        ("U1 M1", ""),
        ("M0 U1 M1", "M0"),
        ("M0", ""),
        ("U1 M1 U2 M2", "U1 M1"),
        ("U1 M1 U2 U3 M2 U4", "U1 M1"),  # with what was said after it, and was not answered
        ("U1 M1 U2 M2 I2", "U1 M1"),  # two personas answered
        ("U1 M1 U2 I2 U3 M3", "U1 M1 U2 I2"),
        ("U1 M1 U2 F2", "U1 M1"),  # nothing came of the newest reply
        ("U1 M1 U2 F2 U3 M3", "U1 M1"),  # nor of an earlier one: both were one exchange
        ("U1 M1 U2 F2 F3", "U1 M1"),
        ("U1 M1 -U2 M2", "U1 M1"),  # a line that is out of the story parts exchanges all the same
    ],
)
async def test_the_exchange_is_the_newest_persona_turns_and_all_since_the_one_before(
    history: History, removals: Removals, scene: Scene, say: Say, *, told: str, left: str
) -> None:
    for each in told.split():
        if "U" in each:
            turn = await say(each)
            if each.startswith("-"):
                await removals.remove(turn.id, Removed.TURN, BOB, EVENING)
        elif each.startswith("F"):
            await answer(history, scene, "", ending=Ending.FAILED)
        else:
            await answer(history, scene, each, "isolde" if each.startswith("I") else "marlow")
    before = await texts(history, scene)
    removal = await undo(removals, scene)
    assert (removal.kind, removal.by_user, removal.at) == (Removed.UNDONE, ALICE, EVENING)
    assert await texts(history, scene) == left.split()
    assert await removals.obstacle(removal.id) is None
    await removals.put_back(removal.id)
    assert await texts(history, scene) == before


async def test_where_no_persona_has_spoken_there_is_nothing_to_undo(
    removals: Removals, scene: Scene, say: Say
) -> None:
    assert await removals.undo(scene.id, ALICE, EVENING) is None
    await say("U1")
    assert await removals.undo(scene.id, ALICE, EVENING) is None
    assert await removals.undo(99, ALICE, EVENING) is None


async def test_a_reply_that_is_being_written_goes_and_comes_back_with_what_it_got_to(
    history: History, removals: Removals, scene: Scene, say: Say
) -> None:
    await say("U1")
    await answer(history, scene, "M1")
    await say("U2")
    growing = await history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=EVENING)
    removal = await undo(removals, scene)
    assert [turn.text for turn in removal.turns] == ["U2", ""]
    await history.finish(growing.id, text="M2 so f", tokens=3, ending=Ending.STOPPED)
    assert await texts(history, scene) == ["U1", "M1"]
    # The next start covers its posts, if the bot was killed before it did that itself.
    assert [each.turn.id for each in await history.unfinished.all()] == [growing.id]
    await removals.put_back(removal.id)
    assert await texts(history, scene) == ["U1", "M1", "U2", "M2 so f"]


async def test_what_people_have_yet_to_see_is_known_after_a_kill(
    history: History, removals: Removals, scene: Scene, say: Say, db: Database
) -> None:
    await say("U1", 500)
    turn_id = await answer(history, scene, "M1")
    removal = await undo(removals, scene)
    (left,) = await history.unfinished.all()
    assert (left.turn.id, left.turn.removal_id) == (turn_id, removal.id)
    assert await history.unfinished.close(turn_id, 3) == left.turn
    await Swipes(db).shown(turn_id)  # a revision that was stopped has restored it, and not covered it
    assert len(await history.unfinished.all()) == 1
    await removals.shown(turn_id)
    assert await history.unfinished.all() == []
    await removals.put_back(removal.id)
    (left,) = await history.unfinished.all()
    assert (left.turn.id, left.turn.removal_id, left.turn.text) == (turn_id, None, "M1")
    await removals.shown(turn_id)
    assert await history.unfinished.all() == []


async def test_each_undo_takes_one_more_and_they_come_back_the_other_way_round(
    history: History, removals: Removals, scene: Scene, say: Say
) -> None:
    for number in (1, 2, 3):
        await say(f"U{number}")
        await answer(history, scene, f"M{number}")
    first, second = await undo(removals, scene), await undo(removals, scene)
    assert await texts(history, scene) == ["U1", "M1"]
    assert await removals.obstacle(first.id) is Obstacle.UNDONE_SINCE
    assert await removals.obstacle(second.id) is None
    await removals.put_back(second.id)
    assert await removals.obstacle(first.id) is None
    await removals.put_back(first.id)
    assert await removals.put_back(first.id) == []
    assert await texts(history, scene) == ["U1", "M1", "U2", "M2", "U3", "M3"]


async def test_it_does_not_come_back_once_something_new_was_said(
    history: History, removals: Removals, scene: Scene, say: Say
) -> None:
    await say("U1", 500)
    await answer(history, scene, "M1")
    old = await say("A line out of the story", 510)
    out = await removals.remove(old.id, Removed.TURN, BOB, EVENING)
    assert out
    removal = await undo(removals, scene)
    await removals.put_back(out.id)  # it was said before
    assert await removals.obstacle(removal.id) is None
    new = await say("U2", 600)
    assert await removals.obstacle(removal.id) is Obstacle.FOLLOWED
    await removals.remove(new.id, Removed.TURN, BOB, EVENING)  # now the story does not know of it
    assert await removals.obstacle(removal.id) is None
    await answer(history, scene, "M2")
    await undo(removals, scene)  # but what was undone since was said
    assert await removals.obstacle(removal.id) is Obstacle.FOLLOWED


async def test_what_was_deleted_meanwhile_stays_deleted(
    history: History, removals: Removals, scene: Scene, say: Say
) -> None:
    await say("U1", 500)
    await say("U2", 501)
    await answer(history, scene, "M1")
    removal = await undo(removals, scene)
    await history.retract([501])
    await removals.put_back(removal.id)
    assert await texts(history, scene) == ["U1", "M1"]


@pytest.mark.parametrize(("began", "then"), [(2, 0), (0, 0), (1, 1)])
async def test_the_window_is_back_where_it_was(
    history: History, removals: Removals, scenes: Scenes, scene: Scene, say: Say, *, began: int, then: int
) -> None:
    """It began with the second, with none, or with the first exchange of which the second is undone."""
    first = await say("U1")
    await answer(history, scene, "M1")
    second = await say("U2")
    await answer(history, scene, "M2")
    starts = [START, first.position, second.position]
    await history.move_window(scene.id, starts[began], second.position)
    removal = await undo(removals, scene)
    assert (await scenes.active(TAVERN, EVENING)).window_start == starts[then]
    await removals.put_back(removal.id)
    now = await scenes.active(TAVERN, EVENING)
    assert (now.window_start, now.party_until) == (starts[began], second.position)
    # Taken out again and put back, as if it could not be shown at first.
    again = await undo(removals, scene)
    turns = await removals.put_back(again.id)
    await removals.take_again(again.id, turns)
    assert (await scenes.active(TAVERN, EVENING)).window_start == starts[then]
    assert await texts(history, scene) == ["U1", "M1"]
    await removals.put_back(again.id)
    assert (await scenes.active(TAVERN, EVENING)).window_start == starts[began]
    assert await texts(history, scene) == ["U1", "M1", "U2", "M2"]


async def test_all_after_a_turn_comes_back_with_the_window_too(
    history: History, removals: Removals, scenes: Scenes, scene: Scene, say: Say
) -> None:
    one, two = await say("One"), await say("Two")
    await history.move_window(scene.id, two.position, two.position)
    removal = await removals.remove(one.id, Removed.AFTER, ALICE, EVENING)
    assert removal
    await removals.put_back(removal.id)
    assert (await scenes.active(TAVERN, EVENING)).window_start == two.position
    removal = await removals.remove(one.id, Removed.AFTER, ALICE, EVENING)
    assert removal
    await history.move_window(scene.id, one.position, one.position)  # meanwhile
    await removals.put_back(removal.id)
    assert (await scenes.active(TAVERN, EVENING)).window_start == one.position


# --- in a branch ----------------------------------------------------------------------------------


async def test_a_branch_undoes_its_own_turns_and_then_leaves_out_its_parents(
    history: History, removals: Removals, scenes: Scenes, scene: Scene, say: Say, db: Database
) -> None:
    await say("U1", 100)
    await answer(history, scene, "M1")
    await say("U2", 200)
    last = await history.turn(await answer(history, scene, "M2"))
    assert last
    await say("U3", 300)  # the parent goes on
    second = await branch(db, scene.id, last.position)
    await record(db, second, "B3", HIM, message_id=400)
    await answer(history, second, "N3")
    await history.move_window(second.id, Position(200), last.position)
    own, theirs = await undo(removals, second), await undo(removals, second)
    assert [turn.text for turn in own.turns] == ["B3", "N3"]
    assert (theirs.turns, theirs.hides, theirs.is_out) == ((), True, True)
    assert await texts(history, second) == ["U1", "M1"]
    assert await texts(history, scene) == ["U1", "M1", "U2", "M2", "U3"]
    assert await removals.obstacle(own.id) is Obstacle.UNDONE_SINCE
    whole = await undo(removals, second)
    assert await texts(history, second) == []
    assert await removals.undo(second.id, ALICE, EVENING) is None
    for removal in (whole, theirs, own):
        assert await removals.obstacle(removal.id) is None
        await removals.put_back(removal.id)
        now = await removals.get(removal.id)
        assert now
        assert not now.is_out
    assert await texts(history, second) == ["U1", "M1", "U2", "M2", "B3", "N3"]
    found = await scenes.get(second.id)
    assert found
    assert found.window_start == 200


async def test_an_exchange_may_stand_partly_in_the_parent(
    history: History, removals: Removals, scene: Scene, say: Say, db: Database
) -> None:
    await say("U1", 100)
    await answer(history, scene, "M1")
    asked = await say("U2", 200)
    second = await branch(db, scene.id, asked.position)
    await answer(history, second, "N2")
    removal = await undo(removals, second)
    assert [turn.text for turn in removal.turns] == ["N2"]
    assert await texts(history, second) == ["U1", "M1"]
    await record(db, second, "B2", HIM, message_id=300)  # another way
    assert await texts(history, second) == ["U1", "M1", "B2"]
    assert await removals.obstacle(removal.id) is Obstacle.FOLLOWED
    await history.retract([300])
    turns = await removals.put_back(removal.id)
    await removals.take_again(removal.id, turns)
    assert await texts(history, second) == ["U1", "M1"]
    await removals.put_back(removal.id)
    assert await texts(history, second) == ["U1", "M1", "U2", "N2"]


# --- the marks on people's messages ---------------------------------------------------------------


async def due(db: Database) -> dict[int, bool]:
    """The messages of the tavern whose reaction is due, and whether it is to be there; done in their order."""
    marks, found = Marks(db), dict[int, bool]()
    while (mark := await marks.due(TAVERN.channel_id)) is not None:
        found[mark.message_id] = mark.wanted
        await marks.done(mark)
    return found


async def test_the_newest_messages_of_people_are_due_to_be_marked(
    history: History, removals: Removals, scene: Scene, say: Say, db: Database
) -> None:
    for number in range(MOST + 5):
        await say("U", 500 + number)
    await say("In the terminal", -3)
    await answer(history, scene, "M1")
    removal = await undo(removals, scene)
    assert await Marks(db).channels() == {TAVERN.channel_id: TAVERN.guild_id}
    assert list((await due(db)).items()) == [(500 + number, True) for number in range(MOST + 4, 4, -1)]
    assert await Marks(db).channels() == {}
    await removals.put_back(removal.id)
    assert set((await due(db)).values()) == {False}


async def test_who_takes_part_again_has_the_marks_that_were_left_out_meanwhile(
    history: History, removals: Removals, scene: Scene, say: Say, db: Database
) -> None:
    people = OptOuts(db)
    await say("U1", 500)
    await answer(history, scene, "M1")
    await people.opt_out(ALICE)
    removal = await undo(removals, scene)
    assert await due(db) == {}
    await people.opt_in(ALICE, 1)
    assert await due(db) == {500: True}
    await people.opt_out(ALICE)
    await removals.put_back(removal.id)
    assert await due(db) == {500: False}
    await people.opt_in(ALICE, 1)
    assert await due(db) == {}


async def test_a_mark_that_is_due_otherwise_by_now_is_not_done(
    history: History, removals: Removals, scene: Scene, say: Say, db: Database
) -> None:
    await say("U1", 500)
    await say("U2", 501)
    await answer(history, scene, "M1")
    removal = await undo(removals, scene)
    mark = await Marks(db).due(TAVERN.channel_id)
    assert mark
    await removals.put_back(removal.id)
    await Marks(db).done(mark)  # it was set a moment too late
    await history.retract([500])
    assert await due(db) == {501: False}


# --- a branch, as it begins -----------------------------------------------------------------------


async def test_a_branch_begins_as_the_story_that_it_comes_from(
    history: History, scenes: Scenes, scene: Scene, say: Say, db: Database, people: People
) -> None:
    await scenes.start(TAVERN, "The long night", EVENING, starter_id=BOB, persona_key="isolde")
    old = await scenes.active(TAVERN, EVENING)
    one = await record(db, old, "One", message_id=100)
    two = await record(db, old, "Two", HIM, message_id=200)
    three = await record(db, old, "Three", message_id=300)
    assert one
    assert two
    assert three
    await history.move_window(old.id, two.position, three.position)
    there = Place(88, parent_id=77, guild_id=5)
    new = await scenes.branch(there, two, EVENING, starter_id=ALICE, persona_key="marlow")
    assert new == Scene(new.id, there, "The long night", two.position, ALICE, "marlow", two.position)
    assert await scenes.playing(there) == new
    assert await texts(history, new) == ["One", "Two"]
    assert (await scenes.active(TAVERN, EVENING)).id == old.id
    early = await scenes.branch(Place(89, guild_id=5), one, EVENING, starter_id=BOB)
    assert (early.window_start, early.party_until) == (START, one.position)
    # A person has there the name that they have here; the next of this name gets another.
    names = []

    def propose(taken: Collection[str]) -> str:
        names.append(sorted(taken))
        return "Al"

    assert (await people.speaker(there, Participant(BOB, "Bob"), propose, EVENING)).name == "Bob"
    await people.speaker(there, Participant(ADA.id, "Bob"), propose, EVENING)
    assert names == [["Alice", "Bob"]]


async def test_a_branch_is_as_long_as_what_it_reads(
    history: History, scenes: Scenes, scene: Scene, say: Say, db: Database
) -> None:
    await say("One", 100)
    two = await say("Two", 200)
    there = Place(88, parent_id=77, guild_id=5)
    new = await scenes.branch(there, two, EVENING, starter_id=ALICE)
    assert [outline.turns for outline in await scenes.outlines(there, 5)] == [2]
    await record(db, new, "B3", message_id=300)
    await say("Three", 301)
    assert [outline.turns for outline in await scenes.outlines(there, 5)] == [3]


async def test_what_is_said_later_where_it_comes_from_is_not_in_a_branch_even_in_a_deleted_place(
    history: History, removals: Removals, scenes: Scenes, scene: Scene, say: Say
) -> None:
    await say("One", 100)
    asked = await say("Two", 200)
    new = await scenes.branch(Place(88, parent_id=77, guild_id=5), asked, EVENING, starter_id=ALICE)
    await history.retract([200])
    await answer(history, scene, "M1")  # to what somebody asked out of character, for example
    assert await texts(history, scene) == ["One", "M1"]
    assert await texts(history, new) == ["One"]


async def test_a_branch_goes_on_where_the_channel_that_it_comes_from_is_gone(
    history: History, scenes: Scenes, scene: Scene, say: Say, db: Database
) -> None:
    """Its first turns are gone with their messages; it has its own, and more can be said."""
    await say("One", 100)
    await answer(history, scene, "M1")
    two = await say("Two", 200)
    there = Place(88, parent_id=77, guild_id=5)
    new = await scenes.branch(there, two, EVENING, starter_id=ALICE)
    await record(db, new, "B3", message_id=300, target=Target(200, two.speaker))
    await answer(history, new, "N3")
    async with db.transaction() as tx:
        await tx.run("DELETE FROM place WHERE channel_id = 77")
        await tx.run("DELETE FROM scene WHERE channel_id = 77")
        await tx.run("DELETE FROM speaker WHERE channel_id = 77")
    await record(db, new, "B4", message_id=400)
    await answer(history, new, "N4")
    assert await texts(history, new) == ["B3", "N3", "B4", "N4"]
    removals = Removals(db)
    removal = await undo(removals, new)
    await removals.put_back(removal.id)
    assert await texts(history, new) == ["B3", "N3", "B4", "N4"]
    assert [outline.turns for outline in await scenes.outlines(there, 5)] == [4]


async def test_when_a_person_last_said_anything(scenes: Scenes, scene: Scene, say: Say, db: Database) -> None:
    assert await scenes.last_line(scene, ALICE) == EVENING
    later = EVENING + timedelta(days=2)
    await record(db, scene, "U1", at=later)
    await record(db, scene, "U2", HIM, at=later + timedelta(days=1))
    assert await scenes.last_line(scene, ALICE) == later
    await record(db, scene, "Under another name", Participant(ALICE, "Al"), at=later + timedelta(days=3))
    assert await scenes.last_line(scene, ALICE) == later + timedelta(days=3)
