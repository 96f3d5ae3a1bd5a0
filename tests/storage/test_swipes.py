"""Variants of a turn: the one on screen is the one remembered, and none is lost, whatever happens to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.scene import END, START, Ending, Participant, Post, Scene, Slice, Turn
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.retractions import Retraction
from bot.storage.swipes import Swipes
from tests.storage.cast import ADA, BOB, EVENING, TAVERN, Reply, Say


@pytest.fixture
def swipes(db: Database) -> Swipes:
    return Swipes(db)


@pytest.fixture
async def told(history: History, say: Say, reply: Reply) -> int:
    """Marlow has told something in two pages: messages 900 and 901."""
    await say("Well?", 500)
    turn_id = await reply("Once. ", "Twice.")
    await history.finish(turn_id, text="Once. Twice.", tokens=12, ending=Ending.LENGTH)
    return turn_id


def state(turn: Turn | None) -> tuple[str, int, Ending | None, int]:
    assert turn is not None
    return turn.text, turn.tokens, turn.ending, turn.swipe


async def slices(history: History, turn_id: int) -> dict[int, tuple[int, int]]:
    return {post.message_id: (post.start, post.end) for post in await history.posts.of(turn_id)}


async def another(history: History, swipes: Swipes, turn_id: int, text: str) -> None:
    """Write another variant, on one page."""
    assert await swipes.regenerate(turn_id) is not None
    await history.save_text(turn_id, text)
    await history.posts.plan(turn_id, Slice(0, 0, len(text), "n"))
    await history.posts.set_slices(turn_id, [(1, len(text), len(text))])
    await history.finish(turn_id, text=text, tokens=len(text), ending=Ending.DONE)
    await history.retract([901])  # the page that is not needed any more is taken back


# Another variant


async def test_another_variant_begins_without_a_word_and_is_no_part_of_the_story_yet(
    history: History, swipes: Swipes, scene: Scene, told: int
) -> None:
    assert state(await swipes.regenerate(told)) == ("", 0, None, 2)
    assert [turn.text for turn in await history.recent(scene.id, START, END)] == ["Well?"]
    assert await swipes.regenerate(told) is None  # it is being written
    assert await swipes.choose(told, 1) is None
    assert await swipes.rewrite(told, "Other words", 1, ADA) is None
    assert await swipes.proceed(told) is None


async def test_the_variant_on_screen_is_the_one_remembered(
    history: History, swipes: Swipes, scene: Scene, told: int
) -> None:
    await another(history, swipes, told, "Never.")
    assert state(await history.turn(told)) == ("Never.", 6, Ending.DONE, 2)
    assert state(await swipes.choose(told, 1)) == ("Once. Twice.", 12, Ending.LENGTH, 1)
    assert [turn.text for turn in await history.recent(scene.id, START, END)] == ["Well?", "Once. Twice."]
    assert state(await swipes.choose(told, 2)) == ("Never.", 6, Ending.DONE, 2)
    assert await swipes.choose(told, 3) is None
    assert await swipes.choose(told, 2) is None  # it is there
    assert await swipes.choose(told, 0) is None
    found = await swipes.variants(told)
    assert found
    assert (found.count, found.turn.swipe) == (2, 2)


@pytest.mark.parametrize("ending", [Ending.FAILED, Ending.STOPPED, Ending.WITHDRAWN])
async def test_of_a_variant_that_came_to_nothing_nothing_is_left(
    history: History, swipes: Swipes, told: int, ending: Ending
) -> None:
    await swipes.regenerate(told)
    await history.save_text(told, "Nev")
    await history.posts.plan(told, Slice(0, 0, 3, "n"))
    await history.posts.set_slices(told, [(1, 3, 3)])
    await history.posts.plan(told, Slice(2, 3, 3, "n"))  # never sent
    await history.finish(told, text="", tokens=0, ending=ending)
    assert state(await history.turn(told)) == ("Once. Twice.", 12, Ending.LENGTH, 1)
    assert await slices(history, told) == {900: (0, 6), 901: (6, 12)}
    found = await swipes.variants(told)
    assert found
    assert found.count == 1
    assert state(await swipes.regenerate(told)) == ("", 0, None, 2)  # and its number is free


async def test_trying_again_makes_no_variant_of_a_failure(
    history: History, swipes: Swipes, reply: Reply
) -> None:
    turn_id = await reply()
    await history.finish(turn_id, text="", tokens=0, ending=Ending.FAILED)
    assert state(await swipes.regenerate(turn_id)) == ("", 0, None, 1)
    await history.finish(turn_id, text="", tokens=0, ending=Ending.STOPPED)
    assert state(await history.turn(turn_id)) == ("", 0, Ending.FAILED, 1)
    await swipes.regenerate(turn_id)
    await history.finish(turn_id, text="At last.", tokens=8, ending=Ending.DONE)
    assert state(await history.turn(turn_id)) == ("At last.", 8, Ending.DONE, 1)
    found = await swipes.variants(turn_id)
    assert found
    assert found.count == 1


async def test_a_reply_that_could_not_be_closed_is_as_it_was_when_the_next_begins(
    history: History, swipes: Swipes, scene: Scene, told: int
) -> None:
    await swipes.regenerate(told)
    await history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=EVENING)
    assert state(await history.turn(told)) == ("Once. Twice.", 12, Ending.LENGTH, 1)


async def test_a_reply_that_could_not_be_closed_counts_again_when_an_older_one_is_written_again(
    history: History, swipes: Swipes, scene: Scene, told: int
) -> None:
    for begin in (swipes.regenerate, swipes.proceed):
        stale = await history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=EVENING)
        await history.save_text(stale.id, "The light went")
        assert await begin(told) is not None
        assert state(await history.turn(stale.id)) == ("The light went", 14, Ending.CUT_SHORT, 1)
        await history.finish(told, text="", tokens=0, ending=Ending.FAILED)


async def test_who_deletes_the_turn_deletes_all_its_variants(
    history: History, swipes: Swipes, db: Database, told: int
) -> None:
    await another(history, swipes, told, "Never.")
    assert await history.retract([900]) == [Retraction(told, gone=True)]
    assert [tuple(row) for row in await db.read("SELECT count(*) FROM swipe")] == [(0,)]


async def test_only_a_personas_turn_that_is_whole_and_in_the_story_is_revised(
    history: History, swipes: Swipes, say: Say, reply: Reply
) -> None:
    hers = await say("Mine.")
    crashed = await reply("Hm.")
    await history.unfinished.close(crashed, 3)
    for turn_id in (hers.id, crashed, 999):
        assert await swipes.regenerate(turn_id) is None
        assert await swipes.proceed(turn_id) is None
        assert await swipes.rewrite(turn_id, "Hm!", 3, ADA) is None
    assert await swipes.variants(hers.id) is None


async def test_who_rewrote_a_variant_goes_and_comes_with_it(swipes: Swipes, told: int) -> None:
    mine = await swipes.rewrite(told, "Mine.", 3, ADA)
    assert mine is not None
    assert mine.editor == "Ada"
    await swipes.settle(mine)
    other = await swipes.regenerate(told)
    assert other is not None
    assert other.editor == ""
    back = await swipes.revert(told)
    assert back is not None
    assert (back.text, back.editor) == ("Mine.", "Ada")
    yours = await swipes.rewrite(told, "Yours.", 3, Participant(BOB, "Bob\ud800"))
    assert yours is not None
    assert yours.editor == "Bob?"
    back = await swipes.revert(told)
    assert back is not None
    assert (back.text, back.editor) == ("Mine.", "Ada")
    going_on = await swipes.proceed(told)
    assert going_on is not None
    assert going_on.editor == "Ada"


async def test_the_account_of_who_rewrote_is_stored(db: Database, swipes: Swipes, told: int) -> None:
    await swipes.rewrite(told, "Mine.", 3, ADA)
    rows = await db.read("SELECT editor_id, editor FROM turn WHERE id = ?", (told,))
    assert [tuple(row) for row in rows] == [(1004, "Ada")]
    rows = await db.read("SELECT editor_id, editor FROM swipe WHERE turn_id = ?", (told,))
    assert [tuple(row) for row in rows] == [(None, "")]


# Going on


async def test_going_on_leaves_what_stands_and_lets_it_grow(
    history: History, swipes: Swipes, told: int
) -> None:
    assert state(await swipes.proceed(told)) == ("Once. Twice.", 12, None, 1)
    assert await history.save_text(told, "Once. Twice. Thrice.")
    await history.finish(told, text="Once. Twice. Thrice.", tokens=20, ending=Ending.DONE)
    assert state(await history.turn(told)) == ("Once. Twice. Thrice.", 20, Ending.DONE, 1)
    assert await swipes.revert(told) == await history.turn(told)  # there is no way back any more
    found = await swipes.variants(told)
    assert found
    assert found.count == 1


async def test_if_nothing_was_added_it_is_as_it_was(history: History, swipes: Swipes, told: int) -> None:
    await swipes.proceed(told)
    await history.finish(told, text="", tokens=0, ending=Ending.FAILED)
    assert state(await history.turn(told)) == ("Once. Twice.", 12, Ending.LENGTH, 1)
    assert await slices(history, told) == {900: (0, 6), 901: (6, 12)}


async def test_a_page_deleted_while_it_goes_on_does_not_come_back(
    history: History, swipes: Swipes, told: int
) -> None:
    await swipes.proceed(told)
    assert await history.retract([900]) == [Retraction(told, gone=False)]
    await history.finish(told, text="", tokens=0, ending=Ending.FAILED)
    assert state(await swipes.revert(told)) == ("Twice.", 12, Ending.STOPPED, 1)


# Deleted pages


async def test_a_page_deleted_before_the_new_variant_shows_is_of_the_old_one(
    history: History, swipes: Swipes, told: int
) -> None:
    await swipes.regenerate(told)
    assert await history.retract([900]) == [Retraction(told, gone=False)]
    assert not await history.save_text(told, "Never.")  # the person who deletes it wants no more of it
    assert state(await history.turn(told)) == ("Twice.", 12, Ending.LENGTH, 1)
    assert await slices(history, told) == {901: (0, 6)}


async def test_a_page_of_the_old_variant_moves_nothing_of_the_new(
    history: History, swipes: Swipes, told: int
) -> None:
    await swipes.regenerate(told)
    await history.save_text(told, "Never. Ever.")
    await history.posts.plan(told, Slice(0, 0, 12, "a"))
    assert await history.retract([901]) == [Retraction(told, gone=False)]  # it shows "Twice." still
    assert state(await history.turn(told)) == ("Never. Ever.", 0, Ending.STOPPED, 2)
    assert await slices(history, told) == {900: (0, 12)}
    assert state(await swipes.choose(told, 1))[0] == "Once. "


async def test_deleting_all_that_is_shown_while_another_variant_is_awaited_deletes_the_turn(
    history: History, swipes: Swipes, told: int
) -> None:
    await swipes.regenerate(told)
    assert await history.retract([901, 900]) == [Retraction(told, gone=True)]
    assert await history.turn(told) is None


async def test_a_page_deleted_from_one_variant_stays_in_the_others(
    history: History, swipes: Swipes, told: int
) -> None:
    await swipes.regenerate(told)
    await history.save_text(told, "Never. Ever.")
    await history.posts.plan(told, Slice(0, 0, 7, "a"))
    await history.posts.plan(told, Slice(1, 7, 12, "b"))
    await history.finish(told, text="Never. Ever.", tokens=12, ending=Ending.DONE)
    await history.retract([900])
    assert state(await history.turn(told))[0] == "Ever."
    assert state(await swipes.choose(told, 1))[0] == "Once. Twice."
    # Pages are counted again, so that a frontend can lay the text out over the posts that are left.
    assert await history.posts.of(told) == [Post(901, told, 0, 0, 5)]
    assert state(await swipes.choose(told, 2))[0] == "Ever."


# After a crash


async def test_a_crash_before_anything_new_was_stored_leaves_it_as_it_was_and_to_be_shown(
    history: History, swipes: Swipes, told: int
) -> None:
    for begin in (swipes.regenerate, swipes.proceed):
        await begin(told)
        assert state(await history.unfinished.close(told, 99)) == ("Once. Twice.", 12, Ending.LENGTH, 1)
        [left] = await history.unfinished.all()  # its posts may have lost their buttons
        assert (left.turn.id, left.turn.ending, left.place) == (told, Ending.LENGTH, TAVERN)
        await history.unfinished.told(told)
        assert await history.unfinished.all() == []


async def test_a_crash_after_something_new_was_stored_leaves_that_and_the_variant_before(
    history: History, swipes: Swipes, told: int
) -> None:
    await swipes.regenerate(told)
    await history.save_text(told, "Nev")
    assert state(await history.unfinished.close(told, 3)) == ("Nev", 3, Ending.CRASHED, 2)
    await history.unfinished.told(told)
    assert state(await swipes.choose(told, 1))[0] == "Once. Twice."


async def test_a_crash_before_a_choice_was_shown_leaves_what_was_shown(
    history: History, swipes: Swipes, told: int
) -> None:
    await another(history, swipes, told, "Never.")
    await swipes.choose(told, 1)
    assert state(await history.unfinished.close(told, 99)) == ("Never.", 6, Ending.DONE, 2)
    assert state(await swipes.choose(told, 1))[0] == "Once. Twice."  # and it is still there to be chosen


async def test_what_is_being_written_again_is_not_told_by_what_was_told_before(
    history: History, swipes: Swipes, told: int
) -> None:
    await swipes.regenerate(told)
    await history.unfinished.close(told, 0)
    await swipes.regenerate(told)
    await history.unfinished.told(told)
    await history.finish(told, text="", tokens=0, ending=Ending.FAILED)
    assert state(await history.turn(told)) == ("Once. Twice.", 12, Ending.LENGTH, 1)


# Whatever happens

PAGE = 3
WORDS = st.text("abcdefg ", min_size=1, max_size=9).map(lambda text: f"{text}.")


@dataclass
class Screen:
    """The posts of one turn, and what should be remembered of it."""

    history: History
    swipes: Swipes
    turn_id: int
    posts: dict[int, str] = field(default_factory=dict)
    variants: dict[int, str] = field(default_factory=dict)
    current: int = 1
    next_message: int = 5000

    async def plan(self, text: str) -> list[str]:
        """Store what each page is about to show."""
        found = [text[at : at + PAGE] for at in range(0, len(text), PAGE)]
        for page, words in enumerate(found):
            start = page * PAGE
            await self.history.posts.plan(self.turn_id, Slice(page, start, start + len(words), "n"))
        beyond = range(len(found), max(len(found), len(self.posts)))
        await self.history.posts.set_slices(self.turn_id, [(page, len(text), len(text)) for page in beyond])
        return found

    async def show(self, text: str) -> None:
        """Bring the posts up to a text."""
        contents, ids = await self.plan(text), sorted(self.posts)
        for page, words in enumerate(contents):
            if page >= len(ids):
                self.next_message += 1
                ids.append(self.next_message)
                await self.history.posts.posted(self.turn_id, page, ids[page])
            self.posts[ids[page]] = words
        for message_id in ids[len(contents) :]:
            del self.posts[message_id]
            assert await self.history.retract([message_id]) == []

    async def write(self, text: str, before: str, how: str) -> None:
        """Write on a turn that has begun, to one of the ends this may have."""
        if how == "crash before":
            await self.history.unfinished.close(self.turn_id, 1)
            await self.told()
        elif how == "failed":
            await self.history.finish(self.turn_id, text="", tokens=0, ending=Ending.FAILED)
            await self.swipes.shown(self.turn_id)
        elif how == "not shown":
            await self.history.save_text(self.turn_id, text)
            await self.plan(text)
            await self.history.finish(self.turn_id, text="", tokens=0, ending=Ending.CUT_SHORT)
        elif how == "withdrawn":
            await self.history.save_text(self.turn_id, text)
            await self.show(text)
            await self.swipes.revert(self.turn_id)
            await self.show(before)
            await self.history.finish(self.turn_id, text="", tokens=0, ending=Ending.WITHDRAWN)
            await self.swipes.shown(self.turn_id)
        else:
            await self.history.save_text(self.turn_id, text)
            if how == "crash":
                await self.history.unfinished.close(self.turn_id, 1)
                await self.told()
            else:
                await self.show(text)
                await self.history.finish(self.turn_id, text=text, tokens=1, ending=Ending.DONE)
            self.variants[self.current] = text

    async def told(self) -> None:
        turn = await self.history.turn(self.turn_id)
        assert turn is not None
        await self.show(turn.text)
        await self.history.unfinished.told(self.turn_id)

    async def put(self, turn: Turn | None, *, shown: bool) -> bool:
        """Show what was chosen or rewritten, or fail to."""
        assert turn is not None
        if shown:
            await self.show(turn.text)
            await self.swipes.settle(turn)
        else:
            await self.plan(turn.text)
            await self.swipes.revert(self.turn_id)
        return shown

    async def act(self, what: str, how: str, text: str, number: int) -> None:
        """Let somebody press a button, and the rest happen."""
        before = self.variants[self.current]
        match what:
            case "regenerate":
                assert await self.swipes.regenerate(self.turn_id)
                former, self.current = self.current, len(self.variants) + 1
                await self.write(text, before, how)
                if self.current not in self.variants:
                    self.current = former
            case "proceed":
                assert await self.swipes.proceed(self.turn_id)
                await self.write(before + text, before, how)
            case "choose":
                number = 1 + number % len(self.variants)
                if number != self.current and await self.put(
                    await self.swipes.choose(self.turn_id, number), shown=how != "not shown"
                ):
                    self.current = number
            case "rewrite":
                if await self.put(
                    await self.swipes.rewrite(self.turn_id, text, 1, ADA), shown=how != "not shown"
                ):
                    self.variants[self.current] = text
            case "delete" if len(self.posts) > 1:
                message_id = sorted(self.posts)[number % len(self.posts)]
                del self.posts[message_id]
                await self.history.retract([message_id])
                self.variants[self.current] = "".join(self.posts.values())

    async def check(self) -> None:
        turn = await self.history.turn(self.turn_id)
        assert turn is not None
        assert turn.ending is not None
        assert (turn.text, turn.swipe) == (self.variants[self.current], self.current)
        assert {
            post.message_id: turn.text[post.start : post.end]
            for post in await self.history.posts.of(self.turn_id)
        } == self.posts
        assert "".join(self.posts.values()) == turn.text


ACTS = st.tuples(
    st.sampled_from(["regenerate", "proceed", "choose", "rewrite", "delete"]),
    st.sampled_from(["shown", "failed", "not shown", "withdrawn", "crash before", "crash"]),
    WORDS,
    st.integers(0, 5),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=WORDS, acts=st.lists(ACTS, max_size=12))
async def test_what_people_see_is_what_is_remembered_and_no_variant_is_lost(
    history: History,
    swipes: Swipes,
    scene: Scene,
    db: Database,
    first: str,
    acts: Sequence[tuple[str, str, str, int]],
) -> None:
    async with db.transaction() as tx:  # one database serves all examples
        await tx.run("DELETE FROM turn")
    turn = await history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=EVENING)
    screen = Screen(history, swipes, turn.id)
    await screen.write(first, "", "shown")
    for what, how, text, number in acts:
        await screen.act(what, how, text, number)
        await screen.check()
    found = await swipes.variants(turn.id)
    assert found
    assert found.count == len(screen.variants)
    for number, text in screen.variants.items():
        if number != screen.current:
            assert state(await swipes.choose(turn.id, number))[0] == text
            screen.current = number
