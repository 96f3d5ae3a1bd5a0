"""The story follows what people change on Discord, and nothing that only looks like a change."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.core.routing import Respond
from bot.storage.database import Transaction
from bot.story.places.rules import ChannelRule
from tests.standins.discord_wire import Message, shapes
from tests.standins.m2her import M2her
from tests.wired import Wired, wire


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        await wired.start()
        yield wired


def tell(wired: Wired, message: Message, **changed: Any) -> None:
    """Let Discord tell of a message as it is, but for this."""
    wired.world.sockets.dispatch("MESSAGE_UPDATE", shapes.message_event(message) | changed)


def watch(wired: Wired) -> list[int]:
    """The turns that settle from now on."""
    settled: list[int] = []

    async def observe(_: Transaction, turn_id: int) -> None:
        settled.append(turn_id)

    wired.database.observers.append(observe)
    return settled


PREVIEW = [{"type": "link", "title": "The Drowned Bell", "url": "https://x.test"}]

NO_EDITS: dict[str, dict[str, Any]] = {
    "pinned": {"pinned": True},
    "unpinned": {"pinned": False},
    "published": {"flags": 1},
    "its embeds suppressed": {"flags": 4, "embeds": []},
    "has a thread": {"flags": 32},
    "its preview is another": {"embeds": [{"type": "link", "title": "Sold", "url": "https://x.test"}]},
    "reactions, a poll's end or whatever comes": {"tts": False, "whatever": 1},
}


@pytest.mark.parametrize("edited", [False, True], ids=["never edited", "edited before"])
@pytest.mark.parametrize("what", NO_EDITS)
async def test_what_is_no_edit_changes_nothing_and_asks_nobody(
    wired: Wired, m2her: M2her, what: str, *, edited: bool
) -> None:
    said = wired.say("Alice", "Marlow's is at https://x.test", wired.bound, embeds=PREVIEW)
    if edited:
        await wired.quiet()
        wired.world.edit(said, "Marlow's is at https://x.test now")
    await wired.quiet()
    before = [tuple(row) for row in await wired.database.read("SELECT * FROM turn")]
    asked, settled = len(m2her.requests), watch(wired)
    wired.channels[wired.bound.id] = ChannelRule(("marlow",), Respond.ALWAYS)
    tell(wired, said, **NO_EDITS[what])
    await wired.quiet()
    assert [tuple(row) for row in await wired.database.read("SELECT * FROM turn")] == before
    assert (len(m2her.requests) - asked, settled) == (0, [])


async def test_a_part_of_a_message_changes_nothing(wired: Wired) -> None:
    said = wired.say("Alice", "Is it at https://x.test?")
    await wired.quiet()
    where = {key: str(value) for key, value in (("id", said.id), ("channel_id", said.channel.id))}
    for part in ({"embeds": PREVIEW}, {"flags": 4}, {"content": ""}, {}):
        wired.world.sockets.dispatch(
            "MESSAGE_UPDATE", where | {"guild_id": str(said.channel.guild.id)} | part
        )
    await wired.quiet()
    assert await wired.remembered() == [("Alice", "Is it at https://x.test?")]


async def test_the_preview_that_comes_after_a_link_is_noted_beside_the_words_once(wired: Wired) -> None:
    said = wired.say("Alice", "Is it at https://x.test?")
    await wired.quiet()
    settled = watch(wired)
    for _ in range(2):
        wired.world.edit(said, embeds=PREVIEW)
        await wired.quiet()
    (turn,) = await wired.turns()
    assert (turn.text, [note.label for note in turn.notes]) == (
        "Is it at https://x.test?",
        ["The Drowned Bell, x.test"],
    )
    assert settled == [turn.id]


@pytest.mark.parametrize("days", [0, 30])
async def test_an_old_question_that_is_pinned_is_not_asked_again(
    wired: Wired, m2her: M2her, days: int
) -> None:
    """It was written and edited while the bot was not there."""
    wired.world.turn_back(24 * days)
    await wired.end()
    asked = wired.ask("anybody here?", channel=wired.elsewhere)
    wired.world.turn_back(0)
    asked.edited_at = asked.created_at
    await wired.start()
    tell(wired, asked, pinned=True)
    await wired.quiet()
    assert len(m2her.requests) == (not days)


async def test_a_hundred_messages_go_in_one_transaction_and_a_reply_that_grows_ends(
    wired: Wired, m2her: M2her
) -> None:
    gate = asyncio.Event()
    m2her.say("a" * 1900 + ".\n\n" + "b" * 1500)
    m2her.say("All of it goes.")
    m2her.say("The storm ", gate, "will pass.")
    kept = wired.ask("first?")
    await wired.world.wait_for(lambda: len(wired.posts()) == 2)
    await wired.quiet()
    wired.ask("second?")
    await wired.world.wait_for(lambda: len(wired.posts()) == 3)
    await wired.quiet()
    chatter = [wired.say("Bob", f"Line {number}.") for number in range(95)]
    kept_too = wired.say("Carol", "I stay.")
    await wired.quiet()
    asked = wired.ask("third?")
    await wired.world.wait_for(lambda: wired.posts()[-1] == "The storm")
    posts, commits = wired.world.posts(wired.bound), list[int]()

    async def observe(tx: Transaction, _: int) -> None:
        commits.append(id(tx))

    wired.database.observers.append(observe)
    wired.world.bulk_delete([*chatter, asked, *posts[1:]])
    await wired.quiet()
    gate.set()
    await wired.quiet()
    assert [(turn.name, turn.text.rstrip()) for turn in await wired.turns()] == [
        ("Alice", "first?"),
        ("Marlow", "a" * 1900 + "."),
        ("Alice", "second?"),
        ("Carol", "I stay."),
    ]
    assert len(set(commits)) == 1
    assert len(wired.posts()) == 1
    assert {kept.deleted, kept_too.deleted} == {False}


async def test_a_removed_reply_whose_line_is_deleted_is_gone_for_good(wired: Wired, m2her: M2her) -> None:
    m2her.say("A slip of the tongue.")
    wired.ask()
    await wired.shows("A slip of the tongue.")
    await wired.quiet()
    used = wired.menu("Remove from story", wired.last_post())
    wired.press("Remove", await wired.answers(used))
    await wired.quiet()
    assert await wired.remembered() == [("Alice", "well?")]
    wired.world.delete(wired.last_post())
    await wired.quiet()
    assert [row["text"] for row in await wired.database.read("SELECT text FROM turn")] == ["well?"]


async def test_a_notice_of_the_bots_that_is_deleted_changes_nothing(wired: Wired, m2her: M2her) -> None:
    m2her.say("Here I am.")
    wired.channels.pop(wired.bound.id)
    other = wired.world.add_channel("cellar")
    wired.ask(channel=other)
    await wired.world.wait_for(lambda: wired.posts(other))
    await wired.quiet()
    settled = watch(wired)
    small = [post for post in wired.world.posts(other) if post.content.startswith("-#")]
    for post in small:
        wired.world.delete(post)
    await wired.quiet()
    assert settled == []
    assert await wired.remembered(other) == [("Alice", "well?"), ("Marlow", "Here I am.")]


async def test_order_is_by_a_messages_own_time(wired: Wired) -> None:
    early = wired.say("Alice", "First.")
    await wired.quiet()
    late = shapes.message_event(wired.say("Alice", "Third."))
    await wired.quiet()
    between = late | {
        "id": str(early.id + 1),
        "timestamp": datetime.now(UTC).isoformat(),
        "content": "Second.",
    }
    wired.world.sockets.dispatch("MESSAGE_CREATE", between)
    await wired.quiet()
    assert [text for _, text in await wired.remembered()] == ["First.", "Second.", "Third."]
