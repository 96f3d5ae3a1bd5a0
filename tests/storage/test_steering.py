"""What single replies are told besides the story."""

from dataclasses import replace

from bot.core.scene import Scene
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.steering import Steer, Steering, SteeringKind
from tests.storage.cast import EVENING


def note(
    text: str, message_id: int | None = None, key: str | None = "marlow", *, owed: bool = False
) -> Steer:
    return Steer(SteeringKind.OOC, text, 3, EVENING, key, None, message_id, owed)


async def begin(db: Database, scene: Scene, key: str = "marlow") -> int:
    turn = await History(db).begin_reply(scene.id, persona_key=key, name=key.title(), at=EVENING)
    return turn.id


def texts(steers: tuple[Steer, ...]) -> list[str]:
    return [steer.text for steer in steers]


async def test_a_reply_takes_what_waits_for_its_persona_and_the_next_one_does_not(
    db: Database, scene: Scene
) -> None:
    steering = Steering(db)
    for each in (note("a", 1), note("b", 2, "isolde"), note("c", None, None)):
        assert await steering.add(scene.id, each)
    assert texts(await steering.pending(scene.id, "marlow")) == ["a", "c"]
    first = await begin(db, scene)
    assert texts(await steering.told(first)) == ["a", "c"]
    assert await steering.pending(scene.id, "marlow") == ()
    assert texts(await steering.pending(scene.id, "isolde")) == ["b"]
    assert await steering.told(await begin(db, scene)) == ()


async def test_a_message_makes_one_note_which_follows_it(db: Database, scene: Scene) -> None:
    steering = Steering(db)
    assert await steering.add(scene.id, note("a", 1))
    assert not await steering.add(scene.id, note("again", 1))
    await steering.amend(1, "b", 5)
    found = await steering.of_message(1)
    assert found == replace(note("b", 1), tokens=5)
    await History(db).retract([1])
    assert await steering.of_message(1) is None


async def test_what_a_reply_took_that_is_dropped_waits_again(db: Database, scene: Scene) -> None:
    steering, turn = Steering(db), await _told(db, scene)
    await History(db).drop(turn)
    assert texts(await steering.pending(scene.id, "marlow")) == ["a"]


async def test_it_goes_with_the_reply_that_was_told(db: Database, scene: Scene) -> None:
    steering, turn = Steering(db), await _told(db, scene)
    await db.write("DELETE FROM turn WHERE id = ?", (turn,))
    assert await steering.of_message(1) is None


async def _told(db: Database, scene: Scene) -> int:
    await Steering(db).add(scene.id, note("a", 1))
    return await begin(db, scene)
