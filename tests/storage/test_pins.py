"""Pins and notes: what people want a story to remember, and what becomes of it as the story changes."""

from datetime import timedelta

from bot.core.scene import Ending, Place, Position, Scene
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.opting_out import OptOuts
from bot.storage.pins import Made, Pin, Pins
from bot.storage.removals import Removals, Removed
from bot.storage.scenes import Scenes
from bot.storage.swipes import Swipes
from tests.storage.cast import ALICE, BOB, EVENING, TAVERN, Say


def made(text: str, position: int = 1, turn_id: int | None = None) -> Made:
    return Made(text, ALICE, EVENING, Position(position), ALICE, turn_id)


async def texts(db: Database, scene: Scene) -> list[str]:
    return [pin.text for pin in await Pins(db).of_scene(scene.id)]


async def test_pins_stand_in_the_order_in_which_they_were_made_or_moved(db: Database, scene: Scene) -> None:
    pins = Pins(db)
    for text in "abc":
        assert await pins.add(scene.id, made(text), 9)
    a, b, c = await pins.of_scene(scene.id)
    assert [a.text, b.text, c.text] == ["a", "b", "c"]
    assert await pins.raise_(c.id)
    assert await texts(db, scene) == ["a", "c", "b"]
    assert await pins.raise_(c.id)
    assert not await pins.raise_(c.id)
    assert not await pins.raise_(99)
    assert await texts(db, scene) == ["c", "a", "b"]
    await pins.drop(a.id)
    assert await pins.add(scene.id, made("d"), 9)
    assert await texts(db, scene) == ["c", "b", "d"]


async def test_there_are_no_more_than_so_many(db: Database, scene: Scene) -> None:
    pins = Pins(db)
    assert await pins.add(scene.id, made("a"), 2) == Pin(1, "a", None)
    assert await pins.add(scene.id, made("b"), 2) is not None
    assert await pins.add(scene.id, made("c"), 2) is None
    assert await texts(db, scene) == ["a", "b"]


async def test_a_pin_with_a_messages_words_follows_its_edits_and_goes_with_it(
    db: Database, scene: Scene, say: Say, history: History
) -> None:
    pins, turn = Pins(db), await say("I hid the key.", 500)
    await pins.add(scene.id, made("Alice: I hid the key.", turn_id=turn.id), 9)
    await history.amend(500, "I hid the ring.", [], 5)
    assert await texts(db, scene) == ["Alice: I hid the ring."]
    await history.retract([500])
    assert await texts(db, scene) == []
    assert await db.read("SELECT * FROM pin") == []


async def test_an_edit_that_leaves_no_words_takes_the_pin_along(
    db: Database, scene: Scene, say: Say, history: History
) -> None:
    turn = await say("I hid the key.", 500)
    await Pins(db).add(scene.id, made("Alice: I hid the key.", turn_id=turn.id), 9)
    await history.amend(500, "((nothing))", [], 5)
    assert await db.read("SELECT * FROM pin") == []


async def test_a_pin_that_somebody_rewrote_stays(
    db: Database, scene: Scene, say: Say, history: History
) -> None:
    pins, turn = Pins(db), await say("I hid the key.", 500)
    pin = await pins.add(scene.id, made("Alice: I hid the key.", turn_id=turn.id), 9)
    assert pin is not None
    await pins.edit(pin.id, "The key is hidden.", BOB, EVENING)
    await history.amend(500, "I hid the ring.", [], 5)
    await history.retract([500])
    assert await pins.of_scene(scene.id) == [Pin(pin.id, "The key is hidden.")]


async def test_a_removed_messages_pin_comes_back_with_it(db: Database, scene: Scene, say: Say) -> None:
    pins, removals, turn = Pins(db), Removals(db), await say("I hid the key.", 500)
    await pins.add(scene.id, made("a"), 9)
    await pins.add(scene.id, made("Alice: I hid the key.", turn_id=turn.id), 9)
    await pins.add(scene.id, made("c"), 9)
    removal = await removals.remove(turn.id, Removed.TURN, ALICE, EVENING)
    assert removal is not None
    assert await texts(db, scene) == ["a", "c"]
    await pins.raise_((await pins.of_scene(scene.id))[1].id)
    assert await texts(db, scene) == ["c", "a"]
    await removals.put_back(removal.id)
    assert sorted(await texts(db, scene)) == ["Alice: I hid the key.", "a", "c"]


async def test_a_pin_follows_the_variant_that_is_shown(db: Database, scene: Scene, history: History) -> None:
    turn = await history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=EVENING)
    await history.finish(turn.id, text="Left.", tokens=3, ending=Ending.DONE)
    await Pins(db).add(scene.id, made("Marlow: Left.", turn_id=turn.id), 9)
    await Swipes(db).regenerate(turn.id)
    await history.finish(turn.id, text="Right.", tokens=3, ending=Ending.DONE)
    assert await texts(db, scene) == ["Marlow: Right."]
    await Swipes(db).choose(turn.id, 1)
    assert await texts(db, scene) == ["Marlow: Left."]


async def test_a_note_is_the_latest_and_empty_is_none(db: Database, scene: Scene) -> None:
    pins = Pins(db)
    assert await pins.note(scene.id) == ""
    await pins.put_note(scene.id, "Grim.", ALICE, EVENING)
    await pins.put_note(scene.id, "Gay.", BOB, EVENING + timedelta(hours=1))
    assert await pins.note(scene.id) == "Gay."
    await pins.put_note(scene.id, "", BOB, EVENING)
    assert await pins.note(scene.id) == ""
    assert await db.read("SELECT * FROM author_note") == []


async def test_a_scene_has_its_own_and_takes_them_along(db: Database, scene: Scene, scenes: Scenes) -> None:
    pins = Pins(db)
    await pins.add(scene.id, made("a"), 9)
    await pins.put_note(scene.id, "Grim.", ALICE, EVENING)
    other = await scenes.start(TAVERN, "Another", EVENING)
    assert (await pins.of_scene(other.id), await pins.note(other.id)) == ([], "")
    await db.write("DELETE FROM scene WHERE id = ?", (scene.id,))
    assert await db.read("SELECT 1 FROM pin UNION ALL SELECT 1 FROM author_note") == []


async def test_an_undo_in_a_branch_hides_the_pins_of_what_it_leaves_out(
    db: Database, scene: Scene, scenes: Scenes, say: Say, history: History
) -> None:
    pins, removals = Pins(db), Removals(db)
    asked = await say("I hid the key.", 500)
    reply = await history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=EVENING)
    await history.finish(reply.id, text="Left.", tokens=3, ending=Ending.DONE)
    turn = await history.turn(reply.id)
    assert turn is not None
    await pins.add(scene.id, made("Alice: I hid the key.", asked.position, asked.id), 9)
    await pins.add(scene.id, made("It rains.", asked.position), 9)
    branch = await scenes.branch(Place(78, 77, 5), turn, EVENING, starter_id=BOB)
    undone = await removals.undo(branch.id, BOB, EVENING)
    assert undone is not None
    assert (await texts(db, branch), await texts(db, scene)) == (
        ["It rains."],
        ["Alice: I hid the key.", "It rains."],
    )
    await removals.put_back(undone.id)
    assert await texts(db, branch) == ["Alice: I hid the key.", "It rains."]


async def test_who_has_opted_out_is_not_told_of(db: Database, scene: Scene, say: Say) -> None:
    pins, turn = Pins(db), await say("I hid the key.", 500)
    for what in (
        Made("Alice: I hid the key.", BOB, EVENING, Position(500), ALICE, turn.id),
        Made("Marlow: Left.", ALICE, EVENING, Position(500), None),
        Made("It rains.", ALICE, EVENING, Position(500), ALICE),
        Made("It snows.", BOB, EVENING, Position(500), BOB),
    ):
        await pins.add(scene.id, what, 9)
    await pins.put_note(scene.id, "Grim.", ALICE, EVENING)
    recap = "INSERT INTO recap (scene_id, since, reaches, text, tokens, by_user, created_at) VALUES (1, 1, 9, '', 1, ?, 1)"
    for who in (ALICE, BOB, None):
        await db.write(recap, (who,))
    await OptOuts(db).opt_out(ALICE)
    assert [row["by_user"] for row in await db.read("SELECT by_user FROM recap")] == [BOB, None]
    assert (await texts(db, scene), await pins.note(scene.id)) == (["Marlow: Left.", "It snows."], "")
    assert await pins.raise_((await pins.of_scene(scene.id))[1].id)  # over those that nobody sees
    assert await texts(db, scene) == ["It snows.", "Marlow: Left."]
    await OptOuts(db).opt_in(ALICE, 1)
    assert (len(await texts(db, scene)), await pins.note(scene.id)) == (4, "Grim.")


async def test_a_branch_begins_with_copies_of_what_was_known_by_then(
    db: Database, scene: Scene, scenes: Scenes, say: Say, history: History
) -> None:
    pins, turn = Pins(db), await say("I hid the key.", 500)
    await pins.add(scene.id, made("Alice: I hid the key.", turn.position, turn.id), 9)
    await pins.add(scene.id, made("Before.", 500), 9)
    await pins.add(scene.id, made("After.", 501), 9)
    await pins.put_note(scene.id, "Grim.", ALICE, EVENING)
    branch = await scenes.branch(Place(78, 77, 5), turn, EVENING, starter_id=BOB)
    assert await texts(db, branch) == ["Alice: I hid the key.", "Before."]
    assert await pins.note(branch.id) == "Grim."
    await pins.edit((await pins.of_scene(branch.id))[1].id, "Changed.", BOB, EVENING)
    assert await texts(db, scene) == ["Alice: I hid the key.", "Before.", "After."]
    await history.retract([500])
    assert (await texts(db, scene), await texts(db, branch)) == (["Before.", "After."], ["Changed."])
