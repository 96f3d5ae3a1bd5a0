"""Who is notified of a reply that has ended: nobody who may not or would not play anymore."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.scene import Place
from bot.core.settings import Wish
from bot.storage.preferences import Preferences
from bot.story.story import Story
from tests.story.replies.test_reply import CHANNEL, SERVER, Stage, shown, staged
from tests.story.scripted import Scripted

ALICE, MODERATOR = 1, 99


async def is_blocked(story: Story) -> None:
    assert await story.choices.block(SERVER, ALICE, MODERATOR)


async def is_blocked_by_the_host(story: Story) -> None:
    rules = story.casting.rules
    story.casting.rules = replace(rules, servers=replace(rules.servers, blocked=frozenset({ALICE})))


async def opts_out(story: Story) -> None:
    await story.records.privacy.opt_out(ALICE)


async def plays_on(story: Story) -> None:
    assert await story.choices.access.blocked(Place(CHANNEL, guild_id=SERVER), [ALICE]) == frozenset()


@pytest.mark.parametrize(
    ("meanwhile", "due"),
    [(plays_on, (ALICE,)), (is_blocked, ()), (is_blocked_by_the_host, ()), (opts_out, ())],
)
async def test_only_people_who_still_play_are_notified(
    tmp_path: Path, meanwhile: Callable[[Story], Awaitable[None]], due: tuple[int, ...]
) -> None:
    model = Scripted()
    async with staged(tmp_path, model) as (story, database):
        await story.choices.choose("channel", CHANNEL, "mentions", "on", MODERATOR)
        await Preferences(database).put(ALICE, Wish.PING)
        reply = await Stage(story, model, database).ask("@Alice, your key.")
        async with reply:
            assert (await shown(reply))[-1] == "@Alice, your key."
        await meanwhile(story)
        assert await story.myself.mentions.due(reply) == due
