"""Which post shows what, and what becomes of a turn whose posts people delete."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.scene import (
    Ending,
    Scene,
    Slice,
)
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.retractions import Retraction
from tests.storage.cast import Reply


async def test_pages_come_in_their_order_and_may_move(history: History, reply: Reply) -> None:
    turn_id = await reply("One. ", "Two. ", "Three.")
    await history.posts.set_slices(turn_id, [(2, 16, 16), (0, 0, 10), (1, 10, 16)])
    assert [(post.message_id, post.start, post.end) for post in await history.posts.of(turn_id)] == [
        (900, 0, 10),
        (901, 10, 16),
        (902, 16, 16),
    ]


async def test_a_page_planned_twice_is_one_page(history: History, reply: Reply) -> None:
    turn_id = await reply()
    await history.save_text(turn_id, "Coming right up.")
    await history.posts.plan(turn_id, Slice(0, 0, 6, "first"))
    await history.posts.plan(turn_id, Slice(0, 0, 16, "second"))
    [left] = await history.unfinished.all()
    assert left.planned == (Slice(0, 0, 16, "second"),)


# Deleted pages

PAGES = ("abc", "DE", "fghi")


@pytest.mark.parametrize("ending", [None, Ending.DONE])
@pytest.mark.parametrize(
    ("deleted", "text", "slices"),
    [
        ([900], "DEfghi", {901: (0, 2), 902: (2, 6)}),
        ([901], "abcfghi", {900: (0, 3), 902: (3, 7)}),
        ([902], "abcDE", {900: (0, 3), 901: (3, 5)}),
        ([900, 901], "fghi", {902: (0, 4)}),
        ([902, 900], "DE", {901: (0, 2)}),
        ([901, 777, 901], "abcfghi", {900: (0, 3), 902: (3, 7)}),
        ([901, 900, 902], None, {}),
    ],
)
async def test_a_deleted_post_takes_its_page_along(
    history: History,
    reply: Reply,
    *,
    deleted: list[int],
    text: str | None,
    slices: dict[int, tuple[int, int]],
    ending: Ending | None,
) -> None:
    turn_id = await reply(*PAGES)
    if ending:
        await history.finish(turn_id, text="".join(PAGES), tokens=9, ending=ending)
    assert await history.retract(deleted) == [Retraction(turn_id, gone=text is None)]
    left = {post.message_id: (post.start, post.end) for post in await history.posts.of(turn_id)}
    assert left == slices
    for message_id in slices:
        turn = await history.turn_of(message_id)
        assert turn
        assert (turn.text, turn.tokens) == (text, 9 if ending else 0)
    if text is None:
        assert await history.turn_of(900) is None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.data(),
    pages=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=5),
        min_size=1,
        max_size=6,
    ),
)
async def test_the_pages_that_are_left_always_add_up_to_the_text(
    history: History, reply: Reply, db: Database, data: st.DataObject, pages: list[str]
) -> None:
    async with db.transaction() as tx:  # one database serves all examples
        await tx.run("DELETE FROM turn")
    turn_id = await reply(*pages)
    deleted = data.draw(st.lists(st.sampled_from(range(len(pages))), unique=True, max_size=len(pages) - 1))
    await history.retract([900 + page for page in deleted])
    left = [page for page in range(len(pages)) if page not in deleted]
    turn = await history.turn_of(900 + left[0])
    assert turn
    assert turn.text == "".join(pages[page] for page in left)
    posts = await history.posts.of(turn_id)
    assert [turn.text[post.start : post.end] for post in posts] == [pages[page] for page in left]


async def test_a_post_that_shows_none_of_its_words_does_not_keep_a_turn(
    history: History, reply: Reply
) -> None:
    turn_id = await reply("abc", "")  # the second says how it ended
    await history.finish(turn_id, text="abc", tokens=1, ending=Ending.LENGTH)
    await history.retract([900])
    assert await history.turn(turn_id) is None


async def test_buttons_are_known_until_they_are_gone(history: History, scene: Scene, reply: Reply) -> None:
    old, new = await reply("abc", "DE"), await reply("fg", first_message=950)
    await history.posts.set_buttons(old, [1])
    await history.posts.set_buttons(new, [0])
    found = await history.posts.old_buttons(scene.place.channel_id, new)
    assert [(post.turn_id, post.page) for post in found] == [(old, 1)]
    await history.posts.clear_buttons(found[0].message_id)
    assert await history.posts.old_buttons(scene.place.channel_id, new) == []


async def test_what_webhooks_have_posted_is_known_by_its_age(history: History, reply: Reply) -> None:
    turn_id, other = await reply("abc", "DE", "fg"), await reply("hi", first_message=950)
    await history.posts.plan(turn_id, Slice(1, 3, 5, "n", hook_id=77))  # it keeps its message
    await history.posts.plan(turn_id, Slice(2, 5, 7, "n", hook_id=78))
    await history.posts.plan(turn_id, Slice(3, 7, 7, "n", hook_id=77))  # which isn't sent yet
    await history.posts.plan(other, Slice(0, 0, 2, "n", hook_id=77))
    assert sorted(await history.posts.by_webhooks(900)) == [(901, 77), (902, 78), (950, 77)]
    assert await history.posts.by_webhooks(902) == [(950, 77)]


async def test_words_not_yet_shown_stay_when_a_page_goes(history: History, reply: Reply) -> None:
    turn_id = await reply("abc", "DE")
    await history.save_text(turn_id, "abcDE and more")
    await history.posts.plan(turn_id, Slice(2, 5, 14, "n2"))
    await history.retract([900])
    turn = await history.turn(turn_id)
    assert turn
    assert (turn.text, turn.ending) == ("DE and more", Ending.STOPPED)


async def test_a_page_deleted_while_its_turn_is_written_stays_deleted(history: History, reply: Reply) -> None:
    """Whatever its writer still saves holds the deleted words, and is not taken."""
    turn_id = await reply("abc", "DE")
    await history.retract([900])
    assert not await history.save_text(turn_id, "abcDE and more")
    await history.finish(turn_id, text="abcDE and more", tokens=9, ending=Ending.DONE)
    turn = await history.turn(turn_id)
    assert turn
    assert (turn.text, turn.ending) == ("DE", Ending.STOPPED)


async def test_a_page_about_to_be_sent_keeps_the_turn_until_it_is_over(
    history: History, reply: Reply
) -> None:
    turn_id = await reply("abc")
    await history.save_text(turn_id, "abcDE")
    await history.posts.plan(turn_id, Slice(1, 3, 5, "n1"))
    assert await history.retract([900]) == [Retraction(turn_id, gone=False)]
    await history.posts.posted(turn_id, 1, 901)
    turn = await history.turn_of(901)
    assert turn
    assert turn.text == "DE"


async def test_a_page_that_never_got_out_does_not_keep_a_turn_that_is_over(
    history: History, reply: Reply
) -> None:
    turn_id = await reply("abc")
    await history.posts.plan(turn_id, Slice(1, 3, 5, "n1"))
    await history.finish(turn_id, text="abcDE", tokens=9, ending=Ending.CUT_SHORT)
    assert await history.retract([900]) == [Retraction(turn_id, gone=True)]


async def test_taking_away_a_post_that_shows_nothing_takes_nothing_away(
    history: History, reply: Reply
) -> None:
    turn_id = await reply("abc", "DE")
    await history.save_text(turn_id, "abc")
    await history.posts.set_slices(turn_id, [(1, 3, 3)])
    assert await history.retract([901]) == []
    turn = await history.turn_of(900)
    assert turn
    assert (turn.text, turn.ending) == ("abc", None)
