from pathlib import Path

import pytest

from bot.core.scene import END, START, Ending
from bot.storage.errors import StorageError, StorageErrorKind
from bot.storage.history import History
from tests.storage.cast import opened
from tests.storage.conftest import Kill


async def story(path: Path) -> tuple[list[tuple[str, str]], list[int], list[str]]:
    """All turns as (name, text), the ids of posts, and the nonces of posts that may or may not be there."""
    async with opened(path) as db:
        turns = [
            (row["name"], row["text"]) for row in await db.read("SELECT * FROM turn_with_speaker ORDER BY id")
        ]
        left = await History(db).unfinished.all()
    posts = [post.message_id for reply in left for post in reply.posts]
    nonces = [post.nonce for reply in left for post in reply.planned]
    return turns, posts, nonces


ALE = ("Alice", "An ale!")


@pytest.mark.parametrize(
    ("moment", "turns", "posts", "nonces"),
    [
        ("recorded", [ALE], [], []),
        ("begun", [ALE, ("Marlow", "")], [], []),
        ("saved", [ALE, ("Marlow", "Coming")], [], []),
        ("planned", [ALE, ("Marlow", "Coming")], [], ["nonce-0"]),
        ("posted", [ALE, ("Marlow", "Coming")], [900], []),
        ("in a transaction", [ALE, ("Marlow", "Coming")], [900], []),
    ],
)
async def test_a_process_killed_at_that_moment_leaves_what_it_had_said(
    writing: Kill, file: Path, moment: str, turns: list[tuple[str, str]], posts: list[int], nonces: list[str]
) -> None:
    with writing(file, moment):
        pass
    assert await story(file) == (turns, posts, nonces)


async def test_a_bot_in_another_process_keeps_a_second_one_out_until_it_dies(
    writing: Kill, file: Path
) -> None:
    with writing(file, "opened"):
        with pytest.raises(StorageError) as caught:
            async with opened(file):
                pass
        assert caught.value.kind == StorageErrorKind.IN_USE
        async with opened(file, exclusive=False):
            pass
    async with opened(file):
        pass


async def test_the_story_goes_on_after_an_interrupted_reply(writing: Kill, file: Path) -> None:
    with writing(file, "posted"):
        pass
    async with opened(file) as db:
        history = History(db)
        [left] = await history.unfinished.all()
        assert (left.turn.text, left.place.channel_id) == ("Coming", 77)
        assert await history.recent(left.turn.scene_id, START, END) == [await history.turn_of(500)]
        await history.unfinished.close(left.turn.id, tokens=4)
        [untold] = await history.unfinished.all()  # the story has it; people have yet to be told
        assert (untold.turn.id, untold.turn.ending) == (left.turn.id, Ending.CRASHED)
        await history.unfinished.told(left.turn.id)
        assert await history.unfinished.all() == []
        closed = (await history.recent(left.turn.scene_id, START, END))[-1]
    assert (closed.text, closed.tokens, closed.ending) == ("Coming", 4, Ending.INTERRUPTED)
