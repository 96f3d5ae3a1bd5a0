"""Verdicts of the provider's moderation: what the channel reads, what who asked reads alone, who gets several."""

from typing import Any

import pytest

from bot.core.posts.buttons import Action, TurnStatus, row_under
from bot.core.scene import Ending
from bot.discord_ui.replies.verdicts import Verdict
from tests.standins.m2her import Error, M2her
from tests.tavern import Tavern

SAID = "The AI provider's filter let no reply through. Press Retry or mention the bot."
OF_INPUT = "The AI provider's filter stopped this before the persona could reply."
OF_OUTPUT = "The AI provider's filter stopped what the persona wrote. That needn't be because of you."
OTHERS = "Only the person who asked for this reply can see why."


def now(tavern: Tavern, post: Any) -> Any:
    """A post as it is now."""
    return next(each for each in tavern.bound.history() if each.id == post.id)


def labels(post: Any) -> list[str]:
    return [button.label for row in post.components for button in row.children]


async def test_the_channel_reads_that_there_is_a_verdict_and_only_who_asked_reads_which(
    tavern: Tavern, m2her: M2her
) -> None:
    heard: list[Verdict] = []
    tavern.bot.runner.verdicts.tell = heard.append  # type: ignore[attr-defined]
    alice, bob = tavern.people["Alice"], tavern.people["Bob"]
    m2her.say(Error(1026))
    await tavern.say("Alice", f"{tavern.mention} hello")
    post = tavern.last_post(tavern.bound)
    assert (post.content, labels(post)) == (SAID, ["Retry", "Why?"])
    told = await alice.click(post, label="Why?")
    assert told.ephemeral
    assert told.response.content.startswith(OF_INPUT)
    told = await bob.click(post, label="Why?")
    assert (told.ephemeral, told.response.content) == (True, OTHERS)
    assert tavern.posts(tavern.bound) == [SAID]
    m2her.say("Once ", "upon", withdrawn=True, sensitive_type=6)
    await alice.click(post, label="Retry")
    post = now(tavern, post)
    assert (post.content, labels(post)) == (SAID, ["Retry", "Why?"])
    told = await alice.click(post, label="Why?")
    assert told.response.content.startswith(OF_OUTPUT)
    assert told.response.content.endswith("\nReason: violence.")
    m2her.say("*nods*")
    await alice.click(post, label="Retry")
    m2her.say(Error(1027))
    await alice.click(now(tavern, post), label="↻ Again")
    post = now(tavern, post)
    assert post.content == "*nods*\n-# The AI provider's filter let no reply through. Press ↻ Again."
    assert labels(post) == ["↻ Again", "Why?", "⋯ More"]
    assert [(each.user_id, each.times, each.is_repeated) for each in heard] == [
        (alice.id, 1, False),
        (alice.id, 2, False),
        (alice.id, 3, True),
    ]
    assert {each.place.channel_id for each in heard} == {tavern.bound.id}


@pytest.mark.parametrize("count", [1, 2, 7])
@pytest.mark.parametrize("ending", [Ending.DONE, Ending.LENGTH, Ending.FAILED, Ending.WITHDRAWN])
@pytest.mark.parametrize("words", [True, False])
def test_a_row_never_has_more_buttons_than_discord_takes(count: int, ending: Ending, words: bool) -> None:
    status = TurnStatus(ending, words, 1, count, refused=Action.WHY_INPUT)
    row = [control.action for control in row_under(status)]
    assert len(row) <= 5
    assert (Action.WHY_INPUT in row) is not (words and count > 1 and ending is Ending.LENGTH)
    assert row[-1] is (Action.MORE if words else Action.WHY_INPUT)
