"""The posts of one turn: what is sent to bring them up to a text. What is shown is decided in `core.posts.layout`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path

import discord
import pytest

from bot.core.posts.buttons import WRITING, TurnStatus
from bot.core.scene import Ending, Place
from bot.discord_ui.replies.post_view import PostView
from bot.storage.history import History
from bot.storage.scenes import Scenes
from bot.story.replies.post_record import PostRecord
from tests.standins.m2her import M2her
from tests.wired import Wired, wire

DONE = TurnStatus(Ending.DONE)
PROSE = " ".join(islice(cycle(["The tide came in, and nobody spoke of it."]), 70))
"""Two pages of text."""


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        yield wired


@asynccontextmanager
async def viewing(wired: Wired) -> AsyncIterator[PostView]:
    """The view of a turn of Marlow's that has no posts yet."""
    await wired.start()
    client = wired.clients[-1]
    place = Place(wired.bound.id, guild_id=wired.world.guild.id)
    story = client.services.story
    cast = await story.casting.lookup(place)
    persona = cast.persona
    assert persona is not None
    history, now = History(wired.database), datetime.now(UTC)
    scene = await Scenes(wired.database).active(place, now)
    turn = await history.begin_reply(scene.id, persona_key=persona.key, name=persona.name, at=now)
    channel = client.get_channel(wired.bound.id)
    assert isinstance(channel, discord.TextChannel)
    poster = await client.faces.poster(cast, place, channel, lambda: persona)
    await poster.prepare()
    yield PostView(turn, poster, PostRecord(history, turn.id))


async def test_what_a_text_needs_is_sent_once_and_nothing_for_the_same_text(wired: Wired) -> None:
    async with viewing(wired) as view:
        for _ in range(2):
            assert await view.show("The tide", final=False, status=WRITING)
        assert await view.show("The tide came in.", final=True, status=DONE)
        assert view.seen == "The tide came in."
    assert [len(wired.sent("POST")), len(wired.sent("PATCH"))] == [1, 1]
    assert wired.posts() == ["The tide came in."]


async def test_a_preview_that_the_last_words_have_overtaken_is_not_sent(wired: Wired) -> None:
    async with viewing(wired) as view:
        assert await view.show("The tide", final=False, status=WRITING)
        assert not await view.show("The tide came", final=False, status=WRITING, overtaken=lambda: True)
        assert (wired.posts(), view.seen) == (["The tide"], "The tide")
        assert await view.show("The tide came in.", final=True, status=DONE)
    assert [len(wired.sent("POST")), len(wired.sent("PATCH"))] == [1, 1]
    assert wired.posts() == ["The tide came in."]


@pytest.mark.parametrize("sent", [0, 1])
async def test_a_preview_of_two_pages_may_be_overtaken_between_them_and_none_is_sent_twice(
    wired: Wired, sent: int
) -> None:
    async with viewing(wired) as view:
        asked: list[bool] = []

        def overtaken() -> bool:
            asked.append(len(asked) >= sent)
            return asked[-1]

        assert not await view.show(PROSE, final=False, status=WRITING, overtaken=overtaken)
        assert len(wired.posts()) == sent
        assert await view.show(f"{PROSE} The end.", final=True, status=DONE)
    first, second = wired.posts()
    assert f"{first} {second}" == f"{PROSE} The end."
    assert len(wired.sent("POST")) == 2
