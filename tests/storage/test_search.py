"""The search of turns: what has settled is found, as the story has it now, and what was deleted leaves no trace."""

from pathlib import Path

import pytest

from bot.core.memory.words import search_of
from bot.core.scene import END, Ending, Note, Participant, Position, Scene
from bot.storage import search as module
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.locations import Location
from bot.storage.removals import Removals, Removed
from bot.storage.scenes import Greeting, Scenes
from bot.storage.search import Searches, term_of
from bot.storage.swipes import Swipes
from tests.storage.cast import ADA, ALICE, BOB, EVENING, TAVERN, Reply, Say, only_sqlite, opened, record
from tests.storage.test_branches import branch

HIM = Participant(BOB, "Bob")


@pytest.fixture(autouse=True)
def searches(db: Database) -> Searches:
    return Searches(db)


async def found(searches: Searches, scene: Scene, words: str, skip: int = 0, most: int = 20) -> list[str]:
    return [turn.text for turn in (await searches.find(scene.id, search_of(words), skip, most)).turns]


async def test_a_turn_is_found_by_its_words_the_newest_first(
    searches: Searches, scene: Scene, say: Say
) -> None:
    for text in ("A lantern.", "A ferry.", "The ferry's Lanterns!"):
        await say(text)
    assert await found(searches, scene, "lantern") == ["The ferry's Lanterns!", "A lantern."]
    assert await found(searches, scene, "lantern ferry") == ["The ferry's Lanterns!"]
    assert await found(searches, scene, '"a ferry"') == ["A ferry."]
    assert await found(searches, scene, "sword") == []
    assert await found(searches, scene, "…") == []


async def test_two_characters_of_chinese_are_found_and_other_two_are_not(
    searches: Searches, scene: Scene, say: Say
) -> None:
    await say("她走进一家客栈。")
    assert await found(searches, scene, "客栈") == ["她走进一家客栈。"]
    assert await found(searches, scene, "栈客") == []


async def test_hits_come_in_pages(
    searches: Searches, scene: Scene, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "READ", 3)
    for number in range(8):
        await say(f"ale {number}")
        await say(f"ale and bread {number}")
    first = await searches.find(scene.id, search_of('"ale and bread"'), 0, 5)
    assert [turn.text[-1] for turn in first.turns] == ["7", "6", "5", "4", "3"]
    assert first.more
    rest = await searches.find(scene.id, search_of('"ale and bread"'), 5, 5)
    assert [turn.text[-1] for turn in rest.turns] == ["2", "1", "0"]
    assert not rest.more


async def test_what_a_person_edits_or_deletes_is_found_as_it_is_now(
    searches: Searches, history: History, scene: Scene, say: Say
) -> None:
    await say("An ael", 500)
    await history.amend(500, "An ale", [], 3)
    assert await found(searches, scene, "ael") == []
    assert await found(searches, scene, "ale") == ["An ale"]
    await history.amend(500, "(ale)", [Note("image", "a red castle")], 3)
    assert await found(searches, scene, "castle") == ["(ale)"]
    await history.retract([500])
    assert await found(searches, scene, "castle") == []


async def test_what_is_said_out_of_character_is_not_found(searches: Searches, scene: Scene, say: Say) -> None:
    await say("I draw. ((brb, phone))")
    assert await found(searches, scene, "phone") == []
    assert await found(searches, scene, "draw") == ["I draw. ((brb, phone))"]


async def test_a_reply_is_found_when_it_has_ended_and_then_by_the_variant_on_screen(
    searches: Searches, db: Database, history: History, scene: Scene, reply: Reply
) -> None:
    turn_id, swipes = await reply("One lamp."), Swipes(db)
    assert await found(searches, scene, "lamp") == []
    await history.finish(turn_id, text="One lamp.", tokens=5, ending=Ending.DONE)
    assert await found(searches, scene, "lamp") == ["One lamp."]
    await swipes.regenerate(turn_id)
    assert await found(searches, scene, "lamp") == []
    await history.finish(turn_id, text="Two doors.", tokens=5, ending=Ending.DONE)
    assert await found(searches, scene, "lamp") == []
    await swipes.choose(turn_id, 1)
    assert await found(searches, scene, "lamp") == ["One lamp."]
    assert await found(searches, scene, "doors") == []
    await swipes.rewrite(turn_id, "No light.", 5, ADA)
    assert await found(searches, scene, "light") == ["No light."]
    await history.retract([900])
    assert await found(searches, scene, "light") == []


async def test_a_greeting_is_found(searches: Searches, scenes: Scenes) -> None:
    scene = await scenes.start(TAVERN, "", EVENING, greeting=Greeting("marlow", "Marlow", "Come in.", 3))
    assert await found(searches, scene, "come") == ["Come in."]


async def test_what_was_removed_from_the_story_is_not_found_until_it_is_put_back(
    searches: Searches, db: Database, scene: Scene, say: Say
) -> None:
    turn, removals = await say("A lantern."), Removals(db)
    removal = await removals.remove(turn.id, Removed.TURN, ALICE, EVENING)
    assert removal
    assert await found(searches, scene, "lantern") == []
    await removals.put_back(removal.id)
    assert await found(searches, scene, "lantern") == ["A lantern."]


async def test_a_scene_finds_its_own_turns_and_those_it_branched_off(
    searches: Searches, db: Database, scene: Scene, say: Say
) -> None:
    for number, text in ((10, "One ale"), (20, "Two ales, one ale"), (30, "Three: ale")):
        await say(text, number)
    second = await branch(db, scene.id, 20)
    await record(db, second, "Mine: ale", HIM, message_id=31)
    other = await Scenes(db).start(TAVERN, "Another", EVENING)
    await record(db, other, "Another's ale", HIM, message_id=40)
    assert await found(searches, second, "ale") == ["Mine: ale", "Two ales, one ale", "One ale"]
    assert await found(searches, second, "ale", 1, 1) == ["Two ales, one ale"]
    assert await found(searches, scene, "ale") == ["Three: ale", "Two ales, one ale", "One ale"]
    assert await found(searches, other, "ale") == ["Another's ale"]


async def test_what_is_deleted_with_its_scene_is_not_in_the_index(
    searches: Searches, db: Database, scene: Scene, say: Say
) -> None:
    await say("A lantern.")
    async with db.transaction() as tx:
        await tx.run("DELETE FROM place")
        await tx.run("DELETE FROM scene WHERE id = ?", (scene.id,))
    assert await db.read("SELECT * FROM turn_words") == []


async def test_units_that_few_turns_have_are_known_with_those_turns(
    searches: Searches, db: Database, scene: Scene, say: Say
) -> None:
    turns = [await say(text, number) for number, text in ((10, "ale lamp"), (20, "ale oar"), (30, "ale"))]
    units, before = ["ale", "lamp", "oar", "sword"], Position(30)
    rare = {"lamp": [turns[0].id], "oar": [turns[1].id], "sword": list[int]()}
    assert await searches.with_units(scene.id, units, before, 2) == rare
    assert await searches.with_units(scene.id, ["ale"], before, 3) == {"ale": [turn.id for turn in turns]}
    assert await searches.with_units(scene.id, [], before, 3) == {}
    ids = [turn.id for turn in turns]
    assert [turn.text for turn in await searches.turns(scene.id, ids, before)] == ["ale oar", "ale lamp"]
    second = await branch(db, scene.id, 10)
    assert [turn.text for turn in await searches.turns(second.id, ids, END)] == ["ale lamp"]


async def test_after_an_upgrade_turns_are_indexed_piece_by_piece_the_newest_first(
    db: Database, where: Location, scene: Scene, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PIECE", 2)
    for number in range(5):
        await say(f"ale {number}")
    async with db.transaction() as tx:  # as the migration leaves it
        await tx.run("DELETE FROM turn_words")
        await tx.run("UPDATE indexing SET before = 6")
    searches = Searches(db)
    assert await searches.fill() is False
    assert await found(searches, scene, "ale") == ["ale 4", "ale 3"]
    await db.close()
    async with opened(where) as again:  # it was killed here
        searches = Searches(again)
        assert await searches.fill() is False
        assert await searches.fill() is True
        assert await found(searches, scene, "ale") == ["ale 4", "ale 3", "ale 2", "ale 1", "ale 0"]
        assert await searches.fill() is True


async def test_a_new_database_has_nothing_to_index(searches: Searches) -> None:
    assert await searches.fill() is True
    assert await searches.clean() is True


@pytest.mark.parametrize("way", ["deleted", "edited"])
@only_sqlite
async def test_what_was_deleted_leaves_no_trace_in_the_file(
    searches: Searches, db: Database, history: History, file: Path, scene: Scene, say: Say, way: str
) -> None:
    for number in range(40):
        await say(f"ale number {number}, and bread", 1000 + number)
    await say("the xylophone", 500)
    term = term_of(scene.id, "xylop")
    if way == "deleted":
        await history.retract([500])
    else:
        await history.amend(500, "the lute", [], 3)
    pieces = 0
    while not await searches.clean():
        pieces += 1
    assert pieces >= 1
    await db.close()
    # FTS5 stores what a term has in common with the one before it only once.
    content = file.read_bytes()  # noqa: ASYNC240 - a test may block
    assert term[2:].encode() not in content
    assert b"xylop" not in content


@only_sqlite
async def test_cleaning_goes_on_after_a_kill_and_begins_again_for_what_was_deleted_meanwhile(
    searches: Searches, db: Database, history: History, file: Path, say: Say
) -> None:
    for number in range(9):
        await say(f"ale {number}", 1000 + number)
    await history.retract([1000])
    assert await searches.clean() is False  # one piece at least
    await db.close()
    async with opened(file) as again:
        searches = Searches(again)
        assert (await again.read("SELECT unclean FROM indexing"))[0]["unclean"] == 2
        await History(again).retract([1001])
        assert (await again.read("SELECT unclean FROM indexing"))[0]["unclean"] == 1
        assert await searches.clean() is False
        while not await searches.clean():
            pass
        assert (await again.read("SELECT unclean FROM indexing"))[0]["unclean"] == 0


def test_a_term_is_short_and_of_its_scene() -> None:
    assert term_of(1, "ale") == term_of(1, "ale")
    assert term_of(1, "ale") != term_of(2, "ale")
    assert all(term_of(scene, "龍").isalnum() and len(term_of(scene, "龍")) == 6 for scene in range(50))
    assert term_of(1, "\ud800")
