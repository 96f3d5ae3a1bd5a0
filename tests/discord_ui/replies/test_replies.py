"""What people on a server see: who is answered, how a reply looks, and what is remembered of it."""

import pytest

from bot.composition.story import now
from bot.core.routing import Respond
from bot.storage.scenes import Scenes
from bot.storage.settings import SettingsStore
from bot.story.places.notices import RECORDING
from bot.story.places.rules import ChannelRule
from tests.standins.m2her import M2her
from tests.tavern import Tavern

# --- the path -----------------------------------------------------------------------------------


async def test_a_mention_is_answered_in_the_channel(tavern: Tavern, m2her: M2her) -> None:
    m2her.say('"Welcome', " in,", ' traveller."')
    await tavern.say("Alice", f"{tavern.mention} have you a room?")
    assert tavern.posts(tavern.bound) == ['"Welcome in, traveller."']
    assert tavern.prompt == [
        ("system", "Marlow", tavern.prompt[0][2]),
        (
            "user_system",
            "the others",
            "Here are Alice and whoever else speaks. Unless they say otherwise, each of them is this: "  # noqa: ISC004 - one long text
            "A traveller stranded by the storm.",
        ),
        ("group", "A storm has closed the harbour", "A storm has closed the harbour"),
        ("sample_message_user", "Guest", "Have you a room?"),
        ("sample_message_ai", "Marlow", '*slides a key over* "Number four."'),
        ("user", "Alice", "have you a room?"),
    ]
    assert "Marlow keeps the Drowned Bell, a harbour tavern." in tavern.prompt[0][2]


async def test_the_reply_points_at_what_it_answers_and_pings_nobody(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("@everyone <@1> look!")
    asked = await tavern.say("Alice", f"{tavern.mention} look!")
    (post,) = tavern.sent()
    assert post.json["message_reference"]["message_id"] == asked.id
    assert post.json["message_reference"]["fail_if_not_exists"] is False
    assert post.json["allowed_mentions"] == {"parse": []}


async def test_everything_said_is_remembered_under_its_speaker(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("Evening.")
    await tavern.say("Bob", "Foul weather.")
    await tavern.say("Alice", f"{tavern.mention} evening!")
    await tavern.say("Bob", "He speaks!")
    assert await tavern.remembered(tavern.bound) == [
        ("Bob", "Foul weather."),
        ("Alice", "evening!"),
        ("Marlow", "Evening."),
        ("Bob", "He speaks!"),
    ]
    assert tavern.heard == [("Bob", "Foul weather."), ("Alice", "evening!")]


# --- who is answered ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("respond", "text", "answered"),
    [
        (Respond.NAME, "Nobody in particular.", False),
        (Respond.NAME, "Ask marlow about it.", True),
        (Respond.NAME, "The Marlows are away.", False),
        (Respond.MENTION, "Ask Marlow about it.", False),
        (Respond.MENTION, "{bot} ask him.", True),
        (Respond.ALWAYS, "Nobody in particular.", True),
        (Respond.NEVER, "{bot} Marlow?", False),
    ],
)
async def test_a_bound_channel_answers_by_its_mode(
    tavern: Tavern, respond: Respond, text: str, answered: bool
) -> None:
    tavern.channels[tavern.bound.id] = ChannelRule(("marlow",), respond)
    await tavern.say("Alice", text.format(bot=tavern.mention))
    assert len(tavern.posts(tavern.bound)) == answered
    assert (await tavern.remembered(tavern.bound))[0][0] == "Alice"


async def test_a_reply_to_a_post_needs_no_mention(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("First.")
    m2her.say("Second.")
    await tavern.say("Alice", f"{tavern.mention} hello")
    await tavern.say("Bob", "And then?", reply_to=tavern.last_post(tavern.bound))
    assert tavern.posts(tavern.bound) == ["First.", "Second."]


async def test_elsewhere_only_what_addresses_the_bot_is_answered_and_kept(
    tavern: Tavern, m2her: M2her
) -> None:
    m2her.say("Yes?")
    await tavern.say("Bob", "Marlow is a fraud.", tavern.elsewhere)
    await tavern.say("Alice", f"{tavern.mention} are you there?", tavern.elsewhere)
    await tavern.say("Bob", "Marlow!", tavern.elsewhere)
    assert tavern.posts(tavern.elsewhere) == ["Yes?"]
    assert await tavern.remembered(tavern.elsewhere) == [("Alice", "are you there?"), ("Marlow", "Yes?")]


async def test_everyone_and_role_pings_and_other_bots_wake_nobody(tavern: Tavern) -> None:
    robot = tavern.guild.add_member(tavern.env.create_user("robot", bot=True))
    role = tavern.guild.create_role("Guards")
    await tavern.say("Alice", "@everyone the bridge is down")
    await tavern.say("Alice", f"{role.mention} come")
    await robot.send(tavern.bound, f"{tavern.mention} ping Marlow")
    assert tavern.posts(tavern.bound) == []
    assert [name for name, _ in await tavern.remembered(tavern.bound)] == ["Alice", "Alice"]


async def test_a_thread_of_a_bound_channel_is_bound_and_a_story_of_its_own(
    tavern: Tavern, m2her: M2her
) -> None:
    m2her.say("In the cellar.")
    await tavern.say("Alice", "Upstairs talk.")
    thread = tavern.thread(tavern.bound, "The cellar")
    await tavern.say("Alice", "Marlow, where are we?", thread)
    assert tavern.posts(thread) == ["In the cellar."]
    assert tavern.heard == [("Alice", "Marlow, where are we?")]


async def test_a_channel_bound_by_command_answers_to_its_own_persona(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("*unrolls a map*")
    store = SettingsStore(tavern.database)
    await store.bind("channel", tavern.elsewhere.id, "isolde", by_user=1, at=now())
    await Scenes(tavern.database).told(tavern.elsewhere.id, RECORDING, "", now())
    await tavern.say("Alice", "Isolde, what is that?", tavern.elsewhere)
    assert tavern.posts(tavern.elsewhere) == ["*unrolls a map*"]
    assert tavern.prompt[0][:2] == ("system", "Isolde")


async def test_an_empty_mention_asks_the_persona_to_go_on(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("*waits too*")
    await tavern.say("Alice", tavern.mention)
    assert tavern.posts(tavern.bound) == ["*waits too*"]
    assert tavern.heard == [("Alice", "[turns to Marlow and waits]")]


async def test_attachments_are_told_in_words(tavern: Tavern, m2her: M2her) -> None:
    await tavern.say("Bob", "", attachments=[("map.png", b"\x89PNG")])
    await tavern.say("Alice", f"{tavern.mention} what is it?")
    assert tavern.heard == [("Bob", "[shows a picture]"), ("Alice", "what is it?")]


# --- names --------------------------------------------------------------------------------------


async def test_two_people_of_one_name_are_told_apart_the_same_way_after_a_restart(tavern: Tavern) -> None:
    tavern.join("Alice")
    await tavern.say("Alice", "I came first.")
    await tavern.say("other Alice", "I came second.")
    await tavern.restart()
    await tavern.say("other Alice", f"{tavern.mention} who am I?")
    assert tavern.heard == [
        ("Alice", "I came first."),
        ("Alice (2)", "I came second.\nwho am I?"),
    ]


@pytest.mark.parametrize(
    ("nick", "name"),
    [
        ("Marlow", "Marlow (player)"),
        ("system", "system (player)"),
        ("Al\u200b\u200bice", "Alice"),
        ("a<end_of_sentence>b", "a< end_of_sentence>b"),
        ("李雷", "李雷"),
    ],
)
async def test_odd_names_reach_the_model_harmless(tavern: Tavern, nick: str, name: str) -> None:
    tavern.join("Dave", nick=nick)
    await tavern.say("Dave", f"{tavern.mention} hello")
    assert tavern.heard == [(name, "hello")]


# --- long replies -------------------------------------------------------------------------------


async def test_a_reply_past_2000_characters_goes_on_in_further_posts(tavern: Tavern, m2her: M2her) -> None:
    paragraphs = [f"*Paragraph {number}.* " + "The tide comes in and goes out. " * 18 for number in range(6)]
    text = "\n\n".join(paragraph.strip() for paragraph in paragraphs)
    m2her.say(*(text[at : at + 700] for at in range(0, len(text), 700)))
    await tavern.say("Alice", f"{tavern.mention} tell me everything")
    posts = tavern.posts(tavern.bound)
    assert len(posts) == 2
    assert "\n\n".join(posts) == text
    assert (await tavern.remembered(tavern.bound))[-1] == ("Marlow", text)


# --- edits and deletions ------------------------------------------------------------------------


async def test_an_edited_message_changes_what_the_model_is_told(tavern: Tavern) -> None:
    said = await tavern.say("Alice", "The key is red.")
    await tavern.people["Alice"].edit(said, "The key is green.")
    await tavern.say("Bob", f"{tavern.mention} which?")
    assert tavern.heard == [("Alice", "The key is green."), ("Bob", "which?")]


async def test_a_deleted_message_leaves_the_story(tavern: Tavern) -> None:
    said = await tavern.say("Alice", "Forget this.")
    await tavern.people["Alice"].delete(said)
    await tavern.say("Bob", f"{tavern.mention} what did she say?")
    assert tavern.heard == [("Bob", "what did she say?")]


async def test_a_deleted_reply_leaves_the_story(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("A slip of the tongue.")
    await tavern.say("Alice", f"{tavern.mention} speak")
    await tavern.moderator.delete(tavern.last_post(tavern.bound))
    assert await tavern.remembered(tavern.bound) == [("Alice", "speak")]


async def test_a_deleted_page_takes_its_part_out_of_the_reply(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("a" * 1900 + ".\n\n" + "b" * 500)
    await tavern.say("Alice", f"{tavern.mention} speak")
    await tavern.moderator.delete(tavern.last_post(tavern.bound))
    (_, text) = (await tavern.remembered(tavern.bound))[-1]
    assert text.rstrip() == "a" * 1900 + "."


# --- several at once ----------------------------------------------------------------------------
