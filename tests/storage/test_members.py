"""Whose the members of systems are, and under which name people act in public."""

from datetime import timedelta

import pytest

from bot.core.proxies import PLURALKIT, TUPPERBOX, character_of
from bot.core.scene import END, START, Ending, Participant, Place, Slice, Target
from bot.storage.database import Database
from bot.storage.history import History, Spoken
from bot.storage.marks import Marks
from bot.storage.members import KEPT, Member, MemberLinks
from bot.storage.people import People
from bot.storage.removals import Removals, Removed
from bot.storage.scenes import Scenes
from tests.storage.cast import ALICE, BOB, EVENING, TAVERN, record

LUNA = Member(5, PLURALKIT, character_of(PLURALKIT, "Luna"))
AS_LUNA = Participant(ALICE, "Luna", LUNA.character)
UNKNOWN = Participant(PLURALKIT, "Luna", LUNA.character)


@pytest.fixture
def links(db: Database) -> MemberLinks:
    return People(db).members


async def test_a_member_is_the_account_that_was_seen_on_that_server(links: MemberLinks) -> None:
    await links.see(LUNA, ALICE, EVENING)
    assert await links.account(LUNA, EVENING) == ALICE
    assert await links.account(Member(6, PLURALKIT, LUNA.character), EVENING) is None
    assert await links.account(Member(5, TUPPERBOX, LUNA.character), EVENING) is None
    assert await links.account(Member(5, PLURALKIT, "member:1:max"), EVENING) is None
    assert await links.is_proxied(5, ALICE, EVENING)
    assert not await links.is_proxied(6, ALICE, EVENING)
    assert not await links.is_proxied(5, BOB, EVENING)


async def test_a_name_that_two_accounts_have_is_nobodys(links: MemberLinks) -> None:
    await links.see(LUNA, ALICE, EVENING)
    await links.see(LUNA, BOB, EVENING)
    assert await links.account(LUNA, EVENING) is None
    assert await links.is_proxied(5, ALICE, EVENING)
    assert await links.is_proxied(5, BOB, EVENING)


async def test_what_was_not_seen_for_thirty_days_is_forgotten(db: Database, links: MemberLinks) -> None:
    assert timedelta(days=30) == KEPT
    await links.see(LUNA, ALICE, EVENING)
    at = EVENING + KEPT
    assert await links.account(LUNA, at) == ALICE
    assert await links.account(LUNA, at + timedelta(seconds=1)) is None
    assert not await links.is_proxied(5, ALICE, at + timedelta(seconds=1))
    await links.see(LUNA, BOB, at + timedelta(seconds=1))
    assert await links.account(LUNA, at + timedelta(seconds=1)) == BOB
    assert [row["user_id"] for row in await db.read("SELECT * FROM proxy_link")] == [BOB]


async def test_who_is_seen_again_is_remembered_from_then_on(db: Database, links: MemberLinks) -> None:
    await links.see(LUNA, ALICE, EVENING)
    await links.see(LUNA, ALICE, EVENING + KEPT)
    assert await links.account(LUNA, EVENING + KEPT * 2) == ALICE
    assert len(await db.read("SELECT 1 FROM proxy_link")) == 1


async def speakers(db: Database) -> list[tuple[int, str, str]]:
    rows = await db.read("SELECT user_id, name, character FROM speaker WHERE user_id IS NOT NULL ORDER BY id")
    return [(row["user_id"], row["name"], row["character"]) for row in rows]


async def test_what_a_member_said_before_its_account_was_known_is_the_accounts(
    db: Database, links: MemberLinks
) -> None:
    here = await Scenes(db).active(TAVERN, EVENING)
    elsewhere = await Scenes(db).active(Place(88, None, 6), EVENING)
    await record(db, here, "Hello.", UNKNOWN, message_id=1)
    await record(db, elsewhere, "Hello.", UNKNOWN, message_id=2)
    await links.see(LUNA, ALICE, EVENING)
    assert await speakers(db) == [(ALICE, "Luna", LUNA.character), (PLURALKIT, "Luna", LUNA.character)]
    await record(db, here, "Again.", AS_LUNA, message_id=3)
    assert len(await speakers(db)) == 2


async def test_of_a_name_that_two_have_nothing_is_given_to_one_of_them(
    db: Database, links: MemberLinks
) -> None:
    here = await Scenes(db).active(TAVERN, EVENING)
    await links.see(LUNA, BOB, EVENING)
    await record(db, here, "Hello.", UNKNOWN, message_id=1)
    await links.see(LUNA, ALICE, EVENING)
    assert await speakers(db) == [(PLURALKIT, "Luna", LUNA.character)]


async def test_who_spoke_last_as_a_member_is_called_so_in_that_place(db: Database) -> None:
    here, people = await Scenes(db).active(TAVERN, EVENING), People(db)
    assert await people.spoke_as(TAVERN, ALICE) is None
    await record(db, here, "Hello.", AS_LUNA, message_id=1)
    assert await people.spoke_as(TAVERN, ALICE) == AS_LUNA
    assert await people.spoke_as(TAVERN, BOB) is None
    assert await people.spoke_as(Place(88), ALICE) is None
    await record(db, here, "It's me.", Participant(ALICE, "Alice"), message_id=2)
    assert await people.spoke_as(TAVERN, ALICE) is None


async def test_what_people_do_as_a_member_is_stored_under_its_name(db: Database) -> None:
    here, removals, history = await Scenes(db).active(TAVERN, EVENING), Removals(db), History(db)
    said = await record(db, here, "Hello.", AS_LUNA, message_id=1)
    assert said is not None
    spoken = await history.speak(here.id, Spoken("marlow", "Marlow", "Come in.", 3, ALICE), EVENING)
    removal = await removals.remove(said.id, Removed.TURN, ALICE, EVENING)
    assert removal is not None
    assert (removal.by_name, spoken.spoken_by) == ("Luna", Participant(ALICE, "Luna"))
    other = await removals.remove(spoken.id, Removed.TURN, BOB, EVENING)
    assert other is not None
    assert other.by_name == ""


async def test_no_message_of_a_proxy_is_marked(db: Database) -> None:
    here, history = await Scenes(db).active(TAVERN, EVENING), History(db)
    await record(db, here, "Hello.", AS_LUNA, message_id=1)
    await record(db, here, "Good evening.", Participant(BOB, "Bob"), message_id=2)
    turn = await history.begin_reply(here.id, persona_key="marlow", name="Marlow", at=EVENING)
    await history.save_text(turn.id, "Good evening to you both.")
    removal = await Removals(db).undo(here.id, BOB, EVENING)
    assert removal is not None
    assert len(removal.turns) == 3
    due = await Marks(db).due(TAVERN.channel_id)
    assert due is not None
    assert due.message_id == 2
    await Marks(db).done(due)
    assert await Marks(db).due(TAVERN.channel_id) is None


async def test_a_copy_takes_the_place_of_another_with_its_answer_and_what_refers_to_it(db: Database) -> None:
    here, history = await Scenes(db).active(TAVERN, EVENING), History(db)
    luna = await record(db, here, "A room?", AS_LUNA, message_id=10)
    assert luna is not None
    await record(
        db, here, "Yes, one?", Participant(BOB, "Bob"), message_id=20, target=Target(10, luna.speaker)
    )
    as_max = Participant(ALICE, "Max", character_of(PLURALKIT, "Max"))
    speaker = await People(db).speaker(TAVERN, as_max, lambda _: "Max", EVENING)
    assert await history.rename(10, 30, speaker)
    assert not await history.rename(10, 40, speaker)
    first, second = await history.recent(here.id, START, END)
    assert (first.id, first.name, first.message_id, first.position) == (luna.id, "Max", 30, luna.position)
    assert second.target == Target(30, speaker, first.id, "A room?")
    assert await history.turn_of(10) is None


async def test_a_reply_that_is_withdrawn_is_gone_with_its_posts_which_are_told(db: Database) -> None:
    here, history = await Scenes(db).active(TAVERN, EVENING), History(db)
    await record(db, here, "A room?", AS_LUNA, message_id=10, owed_by=("marlow",))
    turn = await history.begin_reply(here.id, persona_key="marlow", name="Marlow", at=EVENING)
    for page, hook_id in ((0, None), (1, 7)):
        await history.posts.plan(turn.id, Slice(page, page, page + 1, "", hook_id))
        await history.posts.posted(turn.id, page, 50 + page)
    await history.finish(turn.id, text="Up", tokens=1, ending=Ending.DONE)
    posts = await history.withdraw(turn.id)
    assert [(post.message_id, post.hook_id) for post in posts] == [(50, None), (51, 7)]
    assert await history.turn(turn.id) is None
    assert await history.posts.of(turn.id) == []
    assert [each.text for each in await history.recent(here.id, START, END)] == ["A room?"]
    assert await history.withdraw(turn.id) == ()
