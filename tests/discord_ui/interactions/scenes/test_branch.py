"""*Branch from here*: a thread in which the story goes on in another way."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import discord
import pytest

from tests.discord_ui.interactions.common.test_pressing import have_buttons
from tests.discord_ui.interactions.revisions.test_controls import FIRST, SECOND, ask
from tests.standins.m2her import M2her
from tests.tavern import Tavern
from tests.wired import Wired, wire

HAS_THREAD = "This message already has a thread: <#{thread}>. Write there, or choose another message."


async def branch(tavern: Tavern, message: Any, who: str = "Bob", channel: Any = None) -> str:
    """Let somebody branch after a message; return what they are told."""
    used = await tavern.people[who].context_menu(channel or tavern.bound, "Branch from here", message)
    await tavern.quiet()
    assert used.ephemeral
    content: str = used.response.content
    return content


def line(who: Any, message: Any) -> str:
    return (
        f"-# ↪ <@{who.id}> continues a story here in another way. It's the same story up to and including "
        f"https://discord.com/channels/{message.guild.id}/{message.channel.id}/{message.id}."
    )


async def test_a_branch_has_the_story_up_to_the_message_and_goes_its_own_way(
    tavern: Tavern, m2her: M2her
) -> None:
    first = await ask(tavern, m2her)
    await ask(tavern, m2her, SECOND)
    told = await branch(tavern, first)
    (thread,) = tavern.bound.threads
    assert told == f"Your branch of the story has its own thread: <#{thread.id}>"
    assert thread.id == first.id  # it hangs on the message
    assert thread.name == "↪ Scene with Marlow"
    assert tavern.posts(thread) == [line(tavern.people["Bob"], first)]
    m2her.say("Then light it.")
    await tavern.say("Bob", f"{tavern.mention} who put it out?", thread)
    assert tavern.heard == [("Alice", "what now?"), ("Marlow", FIRST), ("Bob", "who put it out?")]
    assert tavern.posts(thread)[1:] == ["Then light it."]
    assert [text for _, text in await tavern.remembered(tavern.bound)] == [
        "what now?",
        FIRST,
        "what now?",
        SECOND,
    ]
    # Bob is its starter, because he branched.
    used = await tavern.people["Alice"].slash(thread, "undo")
    assert used.response.content.startswith("Only the person who started this scene")
    used = await tavern.people["Bob"].slash(thread, "undo")
    assert await tavern.remembered(thread) == [("Alice", "what now?"), ("Marlow", FIRST)]


async def test_what_changes_where_it_comes_from_changes_in_the_branch(tavern: Tavern, m2her: M2her) -> None:
    said = await tavern.say("Alice", "It is raining.")
    first = await ask(tavern, m2her)
    await branch(tavern, first)
    (thread,) = tavern.bound.threads
    await tavern.people["Alice"].edit(said, "It is snowing.")
    m2her.say("It still burns.")
    await tavern.people["Alice"].click(first, label="↻ Again")
    assert await tavern.remembered(thread) == [
        ("Alice", "It is snowing."),
        ("Alice", "what now?"),
        ("Marlow", "It still burns."),
    ]
    await tavern.people["Alice"].delete(said)
    await tavern.people["Alice"].slash(tavern.bound, "undo")
    assert await tavern.remembered(thread) == []


async def test_an_undo_in_a_branch_reaches_into_what_it_has_of_the_other_and_leaves_that_alone(
    tavern: Tavern, m2her: M2her
) -> None:
    await ask(tavern, m2her)
    second = await ask(tavern, m2her, SECOND)
    await branch(tavern, second)
    (thread,) = tavern.bound.threads
    used = await tavern.people["Bob"].slash(thread, "undo")
    await tavern.quiet()
    assert used.response.content.startswith("The last exchange is out of the story.")
    bob = tavern.people["Bob"].id
    assert tavern.posts(thread)[1:] == [f"-# ↩ <@{bob}> took this exchange out of the story."]
    assert tavern.posts(tavern.bound)[:2] == [FIRST, SECOND]
    assert [text for _, text in await tavern.remembered(thread)] == ["what now?", FIRST]
    assert len(await tavern.remembered(tavern.bound)) == 4
    await tavern.people["Bob"].click(tavern.last_post(thread), label="Redo")
    assert tavern.posts(thread)[1:] == ["Back in the story."]
    assert await tavern.remembered(thread) == await tavern.remembered(tavern.bound)


async def test_people_keep_their_names_in_a_branch(tavern: Tavern, m2her: M2her) -> None:
    """Two have one name. The second of them speaks first in the branch, and is not taken for the other."""
    tavern.join("Alice")
    await tavern.say("Alice", "Mine is the red cloak.")
    await tavern.say("other Alice", "Mine is the blue one.")
    m2her.say(FIRST)
    await tavern.say("Bob", f"{tavern.mention} whose is which?")
    await branch(tavern, tavern.last_post(tavern.bound))
    (thread,) = tavern.bound.threads
    m2her.say("Yours is blue.")
    await tavern.say("other Alice", f"{tavern.mention} which is mine?", thread)
    names = [name for name, _ in tavern.heard]
    assert names == ["Alice", "Alice (2)", "Bob", "Marlow", "Alice (2)"]
    m2her.say("Yours is red.")
    await tavern.say("Alice", f"{tavern.mention} and mine?", thread)
    assert tavern.heard[-1] == ("Alice", "and mine?")


async def test_from_a_thread_it_is_a_thread_beside_it_with_the_same_persona_and_title(
    tavern: Tavern, m2her: M2her
) -> None:
    here = tavern.thread(tavern.elsewhere, "A map of nowhere")
    keeper = tavern.staff("Kay", manage_channels=True)
    await keeper.slash(here, "persona use", persona="isolde")
    m2her.say("It begins at the river.")
    await tavern.say("Alice", f"{tavern.mention} draw it", here)
    post = tavern.last_post(here)
    told = await branch(tavern, post, channel=here)
    beside = tavern.elsewhere.threads[-1]
    assert told.endswith(f"<#{beside.id}>")
    assert beside.name == "↪ A map of nowhere"
    assert tavern.posts(beside) == [line(tavern.people["Bob"], post)]
    m2her.say("Or at the sea.")
    await tavern.say("Bob", f"{tavern.mention} where else?", beside)
    assert [content for role, _, content in tavern.prompt if role == "group"] == ["A map of nowhere"]
    assert tavern.heard[:2] == [("Alice", "draw it"), ("Isolde", "It begins at the river.")]
    assert tavern.posts(beside)[1:] == ["Or at the sea."]  # no card: they know her


async def test_from_a_post_of_a_forum_it_is_a_post_with_the_same_tags(tavern: Tavern, m2her: M2her) -> None:
    forum, backend = tavern.guild.create_forum_channel("stories"), tavern.env.backend
    tag = {"id": "7", "name": "sea", "moderated": False, "emoji_id": None, "emoji_name": None}
    backend.edit_channel(forum.id, {"available_tags": [tag]})
    backend.create_thread(forum.id, "The ferry", tavern.people["Alice"].id)
    here = forum.threads[-1]
    backend.edit_channel(here.id, {"applied_tags": ["7"]})
    m2her.say(FIRST)
    await tavern.say("Alice", f"{tavern.mention} what now?", here)
    post = tavern.last_post(here)
    told = await branch(tavern, post, channel=here)
    beside = forum.threads[-1]
    assert told.endswith(f"<#{beside.id}>")
    assert (beside.name, list(backend.get_channel(beside.id).applied_tags)) == ("↪ The ferry", [7])
    assert tavern.posts(beside) == [line(tavern.people["Bob"], post)]
    m2her.say("Then light it.")
    await tavern.say("Bob", f"{tavern.mention} who put it out?", beside)
    assert tavern.heard == [("Alice", "what now?"), ("Marlow", FIRST), ("Bob", "who put it out?")]


@pytest.mark.parametrize(
    ("right", "named"),
    [
        ("create_public_threads", "Create Public Threads"),
        ("send_messages_in_threads", "Send Messages in Threads"),
    ],
)
async def test_without_the_right_it_says_whose_is_missing(
    tavern: Tavern, m2her: M2her, right: str, named: str
) -> None:
    quiet = tavern.guild.create_text_channel(
        "quiet", overwrites={tavern.guild.default_role: discord.PermissionOverwrite(**{right: False})}
    )
    m2her.say(FIRST)
    await tavern.say("Alice", f"{tavern.mention} what now?", quiet)
    post = tavern.last_post(quiet)
    assert await branch(tavern, post, channel=quiet) == f"You need the {named} permission here to do that."
    assert tavern.bot.user is not None
    barred = tavern.guild.create_text_channel(
        "barred", overwrites={tavern.bot.user: discord.PermissionOverwrite(**{right: False})}
    )
    m2her.say(FIRST)
    await tavern.say("Alice", f"{tavern.mention} what now?", barred)
    assert await branch(tavern, tavern.last_post(barred), channel=barred) == (
        f"The bot needs the {named} permission here to open a thread for the branch. Someone with Manage Channels "
        "can give it to the bot in the channel's settings."
    )
    assert (quiet.threads, barred.threads) == ([], [])


async def test_where_there_can_be_no_branch_it_says_why(tavern: Tavern, m2her: M2her) -> None:
    no_turn = "This message isn't part of the story: the bot never saw it, or it isn't saved anymore."
    unknown = await tavern.say("Bob", "Nobody hears this.", tavern.elsewhere)
    assert await branch(tavern, unknown, channel=tavern.elsewhere) == no_turn
    first = await ask(tavern, m2her)
    await branch(tavern, first)
    tavern.env.backend.get_message(tavern.bound.id, first.id).flags = 1 << 5  # as Discord flags it
    assert await branch(tavern, first) == HAS_THREAD.format(thread=first.id)
    second = await ask(tavern, m2her, SECOND)
    await tavern.people["Alice"].slash(tavern.bound, "undo")
    assert await branch(tavern, second) == (
        "This message was removed from the story. Press Undo under it to put it back."
    )
    voice = tavern.guild.create_voice_channel("voice")
    m2her.say(FIRST)
    await tavern.say("Alice", f"{tavern.mention} what now?", voice)
    assert await branch(tavern, tavern.last_post(voice), channel=voice) == (
        "Discord has no threads in this kind of channel, so a story can't branch here. You can go back in it with "
        "`/undo`."
    )
    assert len(tavern.bound.threads) == 1


async def test_nothing_of_a_private_thread_gets_out(tavern: Tavern, m2her: M2her) -> None:
    backend = tavern.env.backend
    backend.create_thread(tavern.elsewhere.id, "Secrets", tavern.people["Alice"].id, type=12)
    secret = tavern.elsewhere.threads[-1]
    backend.add_thread_member(secret.id, tavern.bot.user.id)  # type: ignore[union-attr]
    m2her.say(FIRST)
    await tavern.say("Alice", f"{tavern.mention} what now?", secret)
    told = await branch(tavern, tavern.last_post(secret), "Alice", secret)
    assert told.startswith("This thread is private, and a branch would be open to everyone in the channel")
    assert [each.id for each in tavern.elsewhere.threads] == [secret.id]


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        await wired.start()
        m2her.say(FIRST)
        wired.ask()
        await have_buttons(wired, ("↻ Again", "⋯ More"))
        yield wired


async def test_two_at_once_open_one_thread(wired: Wired) -> None:
    post = wired.last_post()
    used = [wired.menu("Branch from here", post, who=who) for who in ("Alice", "Bob")]
    told = {(await wired.answers(each)).content for each in used}
    assert told == {
        f"Your branch of the story has its own thread: <#{post.id}>",
        HAS_THREAD.format(thread=post.id),
    }
    await wired.quiet()
    assert len(wired.posts(wired.world.channels[post.id])) == 1


async def test_if_discord_allows_no_more_threads_it_says_so(wired: Wired) -> None:
    refusal = {"code": 160006, "message": "Maximum number of active threads reached"}
    wired.world.faults.answer("POST", "/channels/*/messages/*/threads", 400, refusal)
    used = wired.menu("Branch from here", wired.last_post())
    assert (await wired.answers(used)).content == (
        "There are as many active threads here as Discord allows. Close some of them, then try again."
    )


async def test_words_for_adults_do_not_branch_where_discord_restricts_no_age(
    tavern: Tavern, m2her: M2her, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tavern.personas / "marlow.yaml").write_text("name: Marlow\nnsfw: true\n", encoding="utf-8")
    await tavern.restart()
    tavern.restrict(tavern.bound, monkeypatch)
    first = await ask(tavern, m2her)
    tavern.restrict(tavern.bound, monkeypatch, restricted=False)
    assert (await branch(tavern, first)).startswith("Marlow is for age-restricted channels only")
    assert tavern.bound.threads == []
