"""`/scene` as people see it: stories begin, rest and go on again, and nothing of them is lost."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.composition.story import now
from bot.core.posts.pages import utf16_length
from bot.core.scene import END, START, Participant, Place, Scene
from bot.core.settings import StoryRights
from bot.core.tokens import BY_SCRIPT
from bot.storage.history import History
from bot.storage.scenes import Scenes
from bot.storage.settings import SettingsStore
from bot.story.places.rules import ChannelRule
from tests.databases import sqlite_of
from tests.discord_ui.interactions.commands.panels import (
    BUTTON,
    ISOLDE_IS,
    MARLOW_IS,
    blocks,
    by_mention,
    by_name,
    card,
    labels,
    parts,
    pictures,
    said,
    walk,
)
from tests.standins.m2her import M2her
from tests.storage.cast import record
from tests.tavern import ISOLDE, MARLOW, RULES, Tavern, open_tavern, read

CAST = {
    "marlow": MARLOW + 'greeting: "*looks up* Wet out there?"\n',
    "isolde": ISOLDE + 'greeting: "*unrolls a map*"\n',
}

EVENING = datetime(2026, 3, 14, 20, 0, tzinfo=UTC)
"""Long ago; 1773518400 seconds since 1970."""

THIS_WEEK = now() - timedelta(days=6)
"""Who started a story then may still say what becomes of it."""

NOT_YOURS = (
    "Only the person who started this scene, or someone with Manage Messages, can do that. You can start "
    "your own scene in a thread."
)
MODS_ONLY = "Only people with Manage Messages can do that here."
COMPANY = "Other people played here in the last hour. If you open a thread, their scene can continue."
COMPANY_ALONE = "Other people played here in the last hour. A new scene ends theirs. Their scene is saved and can be resumed."
THREAD, HERE, UNDO = "Open a thread", "Start here anyway", "Undo, back to #1"


@pytest.fixture
async def tavern(m2her: M2her, tmp_path: Path) -> AsyncIterator[Tavern]:
    """A server whose personas have first words."""
    async with open_tavern(m2her, tmp_path, personas=CAST) as tavern:
        yield tavern


async def new(tavern: Tavern, who: str, channel: Any = None, **options: str | int) -> Any:
    """Let somebody use /scene new, in the bound channel unless told otherwise; return what came of it."""
    return await tavern.people[who].slash(channel or tavern.bound, "scene new", **options)


def shown(channel: Any) -> list[str]:
    """What everybody reads in a channel."""
    return [read(message) for message in channel.history() if not message.flags.ephemeral]


def opened(name: str, title: str = "", *, bound: bool = True) -> str:
    """What the card of a new scene says in a channel that has been told what is saved."""
    who = {"Marlow": MARLOW_IS, "Isolde": ISOLDE_IS}[name]
    how = by_name(name) if bound else by_mention(name)
    return card(name, who, how, above=f"-# New scene: {title}" if title else "-# New scene")


def buttons(message: Any) -> list[str]:
    """The labels of a message's buttons."""
    return [part["label"] for part in walk(message.components) if part["type"] == BUTTON]


def private(used: Any) -> str:
    """What only the asker was answered."""
    assert used.ephemeral
    text: str = used.response.content
    return text


_ids = count(10_000)


async def spoke(
    tavern: Tavern, who: str, text: str, at: datetime, channel: Any = None, tokens: int = 10
) -> None:
    """Have somebody have said something at a time."""
    place = Place((channel or tavern.bound).id, guild_id=tavern.guild.id)
    scene = await Scenes(tavern.database).active(place, at)
    await Scenes(tavern.database).begun_by(scene, tavern.people[who].id)
    await record(
        tavern.database,
        scene,
        text,
        Participant(tavern.people[who].id, who),
        tokens=tokens,
        at=at,
        message_id=next(_ids),
    )


async def just_spoke(tavern: Tavern, who: str, text: str = "Shush.", channel: Any = None) -> None:
    await spoke(tavern, who, text, now() - timedelta(minutes=59), channel)


async def playing(tavern: Tavern, channel: Any = None) -> Scene:
    scene = await Scenes(tavern.database).playing(Place((channel or tavern.bound).id))
    assert scene is not None
    return scene


async def set_rights(tavern: Tavern, rights: StoryRights) -> None:
    store = SettingsStore(tavern.database)
    await store.put("server", tavern.guild.id, "story_rights", rights, by_user=1, at=now())


# --- beginning ----------------------------------------------------------------------------------


async def test_a_new_scene_is_announced_greeted_and_told_the_model_by_its_title(
    tavern: Tavern, m2her: M2her
) -> None:
    m2her.say("Number four.")
    used = await new(tavern, "Alice", title="The drowned *bell*")
    assert shown(tavern.bound) == [
        opened("Marlow", r"The drowned \*bell\*"),
        "*looks up* Wet out there?",
    ]
    assert buttons(used.response) == []  # nothing was played before: there is nothing to undo
    await tavern.say("Alice", f"{tavern.mention} have you a room?")
    assert tavern.prompt[2:3] == [("group", "The drowned *bell*", "The drowned *bell*")]
    assert "Scenario: A storm has closed the harbour." in tavern.prompt[0][2]
    assert tavern.heard == [("Marlow", "*looks up* Wet out there?"), ("Alice", "have you a room?")]


async def test_the_disk_is_waited_for_once_before_the_command_is_answered(tavern: Tavern) -> None:
    # Discord waits for three seconds, and one write may wait for two until another process is done.
    await tavern.say("Alice", f"{tavern.mention} hello")
    before: list[bool] = []

    def traced(sql: str) -> None:
        if sql == "COMMIT":
            before.append(not any("/callback" in entry.path for entry in tavern.env.http_requests))

    await sqlite_of(tavern.database)._writer.set_trace_callback(traced)
    used = await new(tavern, "Alice", title="The second")
    assert used.followups[0].content == "*looks up* Wet out there?"
    assert before[:2] == [True, False]


async def test_without_a_title_it_has_none(tavern: Tavern) -> None:
    await new(tavern, "Alice")
    await new(tavern, "Alice", title="\u200b \u202e")
    assert shown(tavern.bound)[::2] == [
        opened("Marlow"),
        opened("Marlow"),
    ]


async def test_a_persona_without_first_words_waits_for_the_players(m2her: M2her, tmp_path: Path) -> None:
    async with open_tavern(m2her, tmp_path) as tavern:
        await new(tavern, "Alice", title="Silence")
        assert shown(tavern.bound) == [opened("Marlow", "Silence")]
        assert await tavern.remembered(tavern.bound) == []


async def test_the_old_story_is_neither_told_nor_lost(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("Aye.")
    m2her.say("Who are you?")
    await tavern.say("Alice", f"{tavern.mention} remember me")
    old = await playing(tavern)
    await new(tavern, "Alice")
    await tavern.say("Alice", f"{tavern.mention} hello")
    assert tavern.heard == [("Marlow", "*looks up* Wet out there?"), ("Alice", "hello")]
    turns = await History(tavern.database).recent(old.id, START, END)
    assert [(turn.name, turn.text) for turn in turns] == [("Alice", "remember me"), ("Marlow", "Aye.")]


async def test_first_words_that_are_deleted_leave_the_story(tavern: Tavern) -> None:
    used = await new(tavern, "Alice")
    await tavern.moderator.delete(used.followups[0])
    await tavern.say("Alice", f"{tavern.mention} hello")
    assert tavern.heard == [("Alice", "hello")]


async def test_a_reply_to_the_first_words_is_answered(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("Then come in.")
    used = await new(tavern, "Alice", tavern.elsewhere)
    await tavern.say("Bob", "Soaked.", tavern.elsewhere, reply_to=used.followups[0])
    assert shown(tavern.elsewhere)[-1] == "Then come in."


async def test_long_first_words_go_on_in_further_messages(m2her: M2her, tmp_path: Path) -> None:
    cast = {"marlow": MARLOW + f"greeting: {'a' * 1900}.\n", "isolde": ISOLDE + f"greeting: {'b' * 2500}\n"}
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        await new(tavern, "Alice", tavern.elsewhere, persona="isolde")
        first, second = shown(tavern.elsewhere)[1:]
        assert len(first) <= 2000
        assert first + second == "b" * 2500


async def test_first_words_that_discord_does_not_take_are_not_in_the_story(
    tavern: Tavern, caplog: pytest.LogCaptureFixture
) -> None:
    tavern.env.inject_error("POST", "/webhooks/*", status=403)
    used = await new(tavern, "Alice")
    assert shown(tavern.bound) == [opened("Marlow")]
    assert used.followups[-1].content == (
        "Discord didn't accept that. Check that the bot can post here, then try again."
    )
    assert "Discord didn't accept the answer to /scene new: " in caplog.text
    assert "Traceback" not in caplog.text
    assert await tavern.remembered(tavern.bound) == []


async def test_where_the_bot_may_not_even_look_scenes_work_all_the_same(m2her: M2her, tmp_path: Path) -> None:
    async with open_tavern(m2her, tmp_path, personas=CAST, message_content=False) as tavern:
        denied = discord.PermissionOverwrite(view_channel=False)
        hidden = tavern.guild.create_text_channel("attic", overwrites={tavern.bot.user: denied})
        before = len(tavern.env.http_requests)
        await new(tavern, "Alice", hidden, title="Dust")
        await new(tavern, "Alice", hidden, title="More dust")
        await tavern.people["Alice"].click(hidden.history()[2], label="Undo, back to #1 Dust")
        unseen = (
            "-# Marlow replies only to `/talk` · `*actions*` · `((out of character))`",
            "⚠ View Channel: the bot can't read messages here, but `/talk` works",
        )
        assert shown(hidden) == [
            card("Marlow", MARLOW_IS, *unseen, above="-# New scene: Dust"),
            "*looks up* Wet out there?",
            "Back in the scene: #1 Dust",
            "*looks up* Wet out there?",
        ]
        assert {entry.path.split("/")[1] for entry in tavern.env.http_requests[before:]} == {
            "interactions",
            "webhooks",
        }


# --- with another persona -----------------------------------------------------------------------


async def test_a_scene_with_another_persona_is_hers_until_the_next(tavern: Tavern) -> None:
    await new(tavern, "Alice", tavern.elsewhere, persona="isolde")
    assert shown(tavern.elsewhere) == [opened("Isolde", bound=False), "*unrolls a map*"]
    await tavern.say("Alice", f"{tavern.mention} where are we?", tavern.elsewhere)
    assert tavern.prompt[0][:2] == ("system", "Isolde")
    await new(tavern, "Alice", tavern.elsewhere)
    assert shown(tavern.elsewhere)[-2:] == [
        opened("Marlow", bound=False),
        "*looks up* Wet out there?",
    ]
    await tavern.say("Alice", f"{tavern.mention} hello", tavern.elsewhere)
    assert tavern.prompt[0][:2] == ("system", "Marlow")


async def test_persona_use_takes_a_running_scene_over(tavern: Tavern) -> None:
    await new(tavern, "Alice", tavern.elsewhere, persona="isolde")
    await admin(tavern).slash(tavern.elsewhere, "persona use", persona="marlow")
    await tavern.say("Alice", f"{tavern.mention} hello", tavern.elsewhere)
    assert tavern.prompt[0][:2] == ("system", "Marlow")
    assert tavern.heard == [("Isolde", "*unrolls a map*"), ("Alice", "hello")]


async def test_a_scene_with_the_channels_persona_follows_which_one_that_is(tavern: Tavern) -> None:
    market, quay = tavern.elsewhere, tavern.guild.create_text_channel("quay")
    await new(tavern, "Alice", market)
    await admin(tavern).slash(quay, "persona use", persona="isolde", where="server")
    await tavern.say("Alice", f"{tavern.mention} hello", market)
    assert tavern.prompt[0][:2] == ("system", "Isolde")
    assert tavern.heard == [("Marlow", "*looks up* Wet out there?"), ("Alice", "hello")]


async def test_where_an_admin_wants_nobody_a_scene_with_another_persona_rests_too(
    tavern: Tavern, m2her: M2her
) -> None:
    market, quay = tavern.elsewhere, tavern.guild.create_text_channel("quay")
    await new(tavern, "Alice", market, persona="isolde")
    await admin(tavern).slash(quay, "persona clear", where="server")
    await tavern.say("Alice", f"{tavern.mention} hello", market)
    assert tavern.last_post(market).content.startswith("No persona is set for this channel.")
    assert m2her.requests == []


def admin(tavern: Tavern) -> Any:
    role = tavern.guild.create_role(
        "Admins", permissions=discord.Permissions(manage_guild=True, manage_channels=True)
    )
    return tavern.guild.add_member(tavern.env.create_user("admin"), roles=[role])


@pytest.mark.parametrize(
    ("persona", "said"),
    [
        (
            "isolde",
            "Only the bot's owner can change the persona here: it's set as `channels.{id}.persona` in config.yaml.",
        ),
        ("nobody", "There's no such persona. Choose one from the list that appears while you type."),
    ],
)
async def test_a_persona_that_cannot_play_begins_nothing(tavern: Tavern, persona: str, said: str) -> None:
    used = await new(tavern, "Alice", persona=persona)
    assert private(used) == said.format(id=tavern.bound.id)
    assert await Scenes(tavern.database).playing(Place(tavern.bound.id)) is None


async def test_where_no_persona_is_set_those_who_may_choose_one(tavern: Tavern) -> None:
    store = SettingsStore(tavern.database)
    await store.bind("channel", tavern.elsewhere.id, None, by_user=1, at=now())
    used = await new(tavern, "Alice", tavern.elsewhere)
    assert private(used) == (
        "No persona is set for this channel. Someone with Manage Channels can choose one with `/persona use`."
    )
    (menu,) = used.response.components[0]["components"]
    assert [option["label"] for option in menu["options"]] == ["Isolde", "Marlow"]
    assert await Scenes(tavern.database).playing(Place(tavern.elsewhere.id)) is None


async def test_while_the_bot_is_paused_no_scene_begins(tavern: Tavern) -> None:
    store = SettingsStore(tavern.database)
    await store.put("server", tavern.guild.id, "paused", "true", by_user=1, at=now())
    assert private(await new(tavern, "Alice")).startswith("The bot is paused here. ")
    assert await Scenes(tavern.database).playing(Place(tavern.bound.id)) is None


# --- rights -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rights", "who", "refusal"),
    [
        (StoryRights.STARTER, "Alice", None),
        (StoryRights.STARTER, "Bob", NOT_YOURS),
        (StoryRights.STARTER, "Moderator", None),
        (StoryRights.ALL, "Bob", None),
        (StoryRights.MODS, "Alice", MODS_ONLY),
        (StoryRights.MODS, "Moderator", None),
    ],
)
async def test_who_may_end_the_scene_that_alice_began(
    tavern: Tavern, rights: StoryRights, who: str, refusal: str | None
) -> None:
    assert tavern.moderator  # is there
    await spoke(tavern, "Alice", "Once upon a time", THIS_WEEK)
    old = await playing(tavern)
    await set_rights(tavern, rights)
    used = await new(tavern, who)
    if refusal is None:
        assert read(used.response) == opened("Marlow")
        assert (await playing(tavern)).starter_id == tavern.people[who].id
    else:
        assert private(used) == refusal
        assert await playing(tavern) == old
    resumed = await tavern.people[who].slash(tavern.bound, "scene resume", scene=old.id)
    assert resumed.response.content == (refusal or "Scene resumed: #1 untitled")


async def test_who_may_not_write_here_begins_nothing_here(tavern: Tavern) -> None:
    denied = discord.PermissionOverwrite(send_messages=False)
    channel = tavern.guild.create_text_channel("proclamations", overwrites={tavern.people["Alice"]: denied})
    used = await new(tavern, "Alice", channel, title="I was muted here")
    assert private(used) == "You need the Send Messages permission here to do that."
    assert shown(channel) == []


async def test_who_may_not_write_here_neither_resumes_nor_undoes(tavern: Tavern) -> None:
    denied = discord.PermissionOverwrite(send_messages=False)
    channel = tavern.guild.create_text_channel("stage", overwrites={tavern.people["Alice"]: denied})
    await set_rights(tavern, StoryRights.ALL)
    await spoke(tavern, "Bob", "Once upon a time", EVENING, channel)
    begun = await new(tavern, "Bob", channel, title="Two")
    alice = tavern.people["Alice"]
    resumed = await alice.slash(channel, "scene resume", scene=1)
    undone = await tavern.forge(alice, begun.response, f"rp:resume:1:{(await playing(tavern, channel)).id}")
    for used in (resumed, undone):
        assert private(used) == "You need the Send Messages permission here to do that."
    assert (await playing(tavern, channel)).title == "Two"


async def test_a_scene_that_nobody_began_belongs_to_all(tavern: Tavern) -> None:
    place = Place(tavern.bound.id, guild_id=tavern.guild.id)
    await Scenes(tavern.database).active(place, EVENING)
    used = await new(tavern, "Bob")
    assert read(used.response) == opened("Marlow")


async def test_the_first_to_speak_has_begun_a_scene_that_began_by_itself(tavern: Tavern) -> None:
    await tavern.say("Bob", "Marlow, hello")
    await tavern.say("Alice", "Marlow, me too")
    assert (await playing(tavern)).starter_id == tavern.people["Bob"].id


# --- undoing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("restarted", [False, True])
async def test_undo_goes_back_to_the_old_story(tavern: Tavern, m2her: M2her, restarted: bool) -> None:
    m2her.say("Aye.")
    await tavern.say("Alice", f"{tavern.mention} remember me")
    used = await new(tavern, "Alice", title="A mistake")
    assert buttons(used.response) == [UNDO]
    if restarted:
        await tavern.restart()
    await tavern.people["Alice"].click(used.response, label=UNDO)
    assert read(used.response) == "Back in the scene: #1 untitled"
    assert buttons(used.response) == ["Undo, back to #2 A mistake"]
    await tavern.say("Alice", f"{tavern.mention} still there?")
    assert tavern.heard == [("Alice", "remember me"), ("Marlow", "Aye."), ("Alice", "still there?")]


async def test_what_was_undone_can_be_done_again(tavern: Tavern) -> None:
    await spoke(tavern, "Alice", "Once upon a time", EVENING)
    used = await new(tavern, "Alice", title="Two")
    for back in ("#1 untitled", "#2 Two", "#1 untitled"):
        label = f"Undo, back to {back.removesuffix(' untitled')}"
        await tavern.people["Alice"].click(used.response, label=label)
        assert read(used.response) == f"Back in the scene: {back}"


async def test_undo_names_a_scene_as_far_as_a_button_takes_it(tavern: Tavern) -> None:
    await new(tavern, "Alice", title="🌊" * 60)
    used = await new(tavern, "Alice")
    (label,) = buttons(used.response)
    assert label == "Undo, back to #1 " + "🌊" * 31  # 79 UTF-16 units: half a wave does not fit
    await tavern.people["Alice"].click(used.response, label=label)
    assert read(used.response).startswith("Back in the scene: #1 🌊")


async def test_an_old_undo_ends_no_scene_that_began_since(tavern: Tavern) -> None:
    await spoke(tavern, "Alice", "Once upon a time", EVENING)
    two = await new(tavern, "Alice", title="Two")
    await new(tavern, "Alice", title="Three")
    clicked = await tavern.people["Alice"].click(two.response, label=UNDO)
    assert private(clicked) == (
        "Another scene is playing now: #3 Three. Use `/scene resume` to go back to an earlier one."
    )
    assert (await playing(tavern)).title == "Three"
    assert buttons(two.response) == [UNDO]


async def test_an_undo_from_before_they_named_what_they_end_still_works(tavern: Tavern) -> None:
    await spoke(tavern, "Alice", "Once upon a time", EVENING)
    used = await new(tavern, "Alice", title="Two")
    stored = tavern.env.backend.get_message(used.response.channel_id, used.response.id)
    (button,) = (part for part in walk(stored.components) if part["type"] == BUTTON)
    button["custom_id"] = "rp:resume:1"
    await tavern.people["Alice"].click(used.response, label=UNDO)
    assert (await playing(tavern)).id == 1


async def test_undo_is_refused_to_those_who_may_not_steer(tavern: Tavern) -> None:
    await spoke(tavern, "Alice", "Once upon a time", EVENING)
    used = await new(tavern, "Alice")
    scene = await playing(tavern)
    clicked = await tavern.people["Bob"].click(used.response, label=UNDO)
    assert clicked.followups == []
    assert private(clicked) == NOT_YOURS
    assert await playing(tavern) == scene
    assert buttons(used.response) == [UNDO]
    await tavern.moderator.click(used.response, label=UNDO)
    assert read(used.response) == "Back in the scene: #1 untitled"


# --- where others are playing -------------------------------------------------------------------


async def test_where_others_spoke_within_the_hour_a_thread_is_offered_and_leaves_them_their_scene(
    tavern: Tavern, m2her: M2her
) -> None:
    await just_spoke(tavern, "Bob")
    theirs = await playing(tavern)
    used = await new(tavern, "Alice", title="The cellar")
    assert private(used) == COMPANY
    assert THREAD in buttons(used.response)
    assert await playing(tavern) == theirs
    await tavern.people["Alice"].click(used.response, label=THREAD)
    (thread,) = tavern.bound.threads
    assert thread.name == "The cellar"
    assert used.response.content == f"Your scene has its own thread: <#{thread.id}>"
    assert buttons(used.response) == []
    assert shown(thread) == [opened("Marlow", "The cellar"), "*looks up* Wet out there?"]
    scene = await playing(tavern, thread)
    assert (scene.title, scene.starter_id) == ("The cellar", tavern.people["Alice"].id)
    assert scene.place.parent_id == tavern.bound.id
    assert await playing(tavern) == theirs
    m2her.say("Mind the step.")
    await tavern.say("Alice", "Marlow, where are we?", thread)  # bound as its channel is
    assert tavern.prompt[2:3] == [("group", "The cellar", "The cellar")]
    assert tavern.heard == [("Marlow", "*looks up* Wet out there?"), ("Alice", "Marlow, where are we?")]


async def test_a_thread_without_a_title_is_called_after_who_plays_in_it(tavern: Tavern) -> None:
    await just_spoke(tavern, "Bob", channel=tavern.elsewhere)
    used = await new(tavern, "Alice", tavern.elsewhere, persona="isolde")
    await tavern.people["Alice"].click(used.response, label=THREAD)
    assert [thread.name for thread in tavern.elsewhere.threads] == ["Scene with Isolde"]
    assert shown(tavern.elsewhere.threads[0]) == [opened("Isolde", bound=False), "*unrolls a map*"]
    await tavern.say("Alice", f"{tavern.mention} hello", tavern.elsewhere.threads[0])
    assert tavern.prompt[0][:2] == ("system", "Isolde")


async def test_a_title_that_shows_nothing_is_none(tavern: Tavern) -> None:
    await just_spoke(tavern, "Bob")
    used = await new(tavern, "Alice", title="\u200b \u2060")
    await tavern.people["Alice"].click(used.response, label=THREAD)
    assert [thread.name for thread in tavern.bound.threads] == ["Scene with Marlow"]


async def test_people_who_may_steer_may_begin_there_all_the_same(tavern: Tavern) -> None:
    await spoke(tavern, "Alice", "Once upon a time", EVENING)
    await just_spoke(tavern, "Bob")
    used = await new(tavern, "Alice", title="Over")
    assert buttons(used.response) == [THREAD, HERE]
    await tavern.people["Alice"].click(used.response, label=HERE)
    assert used.response.content == "The scene starts below."
    assert buttons(used.response) == []
    assert shown(tavern.bound) == [opened("Marlow", "Over"), "*looks up* Wet out there?"]
    announced = next(m for m in tavern.bound.history() if read(m).startswith("-# New scene"))
    await tavern.people["Alice"].click(announced, label=UNDO)
    assert shown(tavern.bound)[0] == "Back in the scene: #1 untitled"
    assert (await playing(tavern)).id == 1


async def test_a_title_of_emoji_makes_a_thread_and_a_choice_that_discord_takes(tavern: Tavern) -> None:
    await just_spoke(tavern, "Bob")
    used = await new(tavern, "Alice", title="🦀" * 100)
    await tavern.people["Alice"].click(used.response, label=THREAD)
    (thread,) = tavern.bound.threads
    assert thread.name == "🦀" * 50
    await new(tavern, "Alice", thread)
    (choice,) = await tavern.people["Alice"].autocomplete(thread, "scene resume", "scene", "")
    assert 98 <= utf16_length(choice["name"]) <= 100


TOO_OLD = "This has expired or was already used. Use the command again."


def custom_id(used: Any, label: str) -> str:
    """What Discord sends when a button is pressed."""
    items = [item for row in used.response.components for item in row["components"]]
    return str(next(item["custom_id"] for item in items if item["label"] == label))


@pytest.mark.parametrize("label", [THREAD, HERE])
async def test_an_offer_is_taken_once_however_often_it_is_clicked(tavern: Tavern, label: str) -> None:
    await spoke(tavern, "Alice", "Once upon a time", EVENING)
    await just_spoke(tavern, "Bob")
    used = await new(tavern, "Alice", title="Over")
    pressed = custom_id(used, label)
    alice = tavern.people["Alice"]
    await tavern.forge(alice, used.response, pressed)
    begun = await Scenes(tavern.database).outlines(Place(tavern.bound.id), 9)
    again = await tavern.forge(alice, used.response, pressed)
    assert private(again) == TOO_OLD
    assert len(tavern.bound.threads) == (label == THREAD)
    assert len(await Scenes(tavern.database).outlines(Place(tavern.bound.id), 9)) == len(begun)


async def test_an_offer_from_before_a_restart_says_that_it_is_too_old(tavern: Tavern) -> None:
    await just_spoke(tavern, "Bob")
    used = await new(tavern, "Alice")
    pressed = custom_id(used, THREAD)
    await tavern.restart()
    again = await tavern.forge(tavern.people["Alice"], used.response, pressed)
    assert private(again) == TOO_OLD
    assert tavern.bound.threads == []


async def test_people_who_may_not_steer_are_offered_only_the_thread(tavern: Tavern) -> None:
    await just_spoke(tavern, "Bob")
    used = await new(tavern, "Alice")
    assert private(used) == COMPANY
    assert buttons(used.response) == [THREAD]


async def test_people_who_may_not_steer_are_offered_a_thread_also_when_nobody_is_there(
    tavern: Tavern,
) -> None:
    await spoke(tavern, "Bob", "Long ago", THIS_WEEK)
    used = await new(tavern, "Alice")
    assert private(used) == NOT_YOURS
    assert buttons(used.response) == [THREAD]
    await tavern.people["Alice"].click(used.response, label=THREAD)
    assert shown(tavern.bound.threads[0]) == [opened("Marlow"), "*looks up* Wet out there?"]


async def test_rights_are_looked_at_again_when_the_offer_is_taken(tavern: Tavern) -> None:
    await spoke(tavern, "Alice", "Once upon a time", EVENING)
    await just_spoke(tavern, "Bob")
    used = await new(tavern, "Alice")
    await set_rights(tavern, StoryRights.MODS)
    clicked = await tavern.people["Alice"].click(used.response, label=HERE)
    assert private(clicked) == MODS_ONLY
    assert (await playing(tavern)).id == 1


@pytest.mark.parametrize("button", [HERE, THREAD])
@pytest.mark.parametrize("named", [{}, {"persona": "vesper"}])
async def test_an_offer_is_asked_again_whether_the_channel_is_still_for_adults(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, button: str, named: dict[str, str]
) -> None:
    vesper = "name: Vesper\ndescription: For adults.\nnsfw: true\ngreeting: Come in.\n"
    async with open_tavern(m2her, tmp_path, personas={**CAST, "vesper": vesper}) as tavern:
        tavern.channels[tavern.bound.id] = ChannelRule(None if named else ("vesper",))
        tavern.restrict(tavern.bound, monkeypatch)
        await spoke(tavern, "Alice", "Once upon a time", EVENING)
        await just_spoke(tavern, "Bob")
        used = await new(tavern, "Alice", **named)
        tavern.restrict(tavern.bound, monkeypatch, restricted=False)
        clicked = await tavern.people["Alice"].click(used.response, label=button)
        assert private(clicked).startswith("Vesper is for age-restricted channels only")
        assert (shown(tavern.bound), tavern.bound.threads, (await playing(tavern)).id) == ([], [], 1)
        tavern.restrict(tavern.bound, monkeypatch)
        await tavern.people["Alice"].click(used.response, label=button)
        await tavern.quiet()
        there = tavern.bound if button == HERE else tavern.bound.threads[0]
        assert shown(there)[-1] == "Come in."


@pytest.mark.parametrize("button", [HERE, THREAD])
async def test_an_offer_is_asked_again_whether_the_bot_is_paused(tavern: Tavern, button: str) -> None:
    await spoke(tavern, "Alice", "Once upon a time", EVENING)
    await just_spoke(tavern, "Bob")
    used = await new(tavern, "Alice")
    await SettingsStore(tavern.database).put("server", tavern.guild.id, "paused", "true", by_user=1, at=now())
    clicked = await tavern.people["Alice"].click(used.response, label=button)
    assert private(clicked).startswith("The bot is paused here. ")
    assert (shown(tavern.bound), tavern.bound.threads, (await playing(tavern)).id) == ([], [], 1)


@pytest.mark.parametrize("lacking", ["bot", "Alice"])
@pytest.mark.parametrize("right", ["create_public_threads", "send_messages_in_threads"])
async def test_without_the_right_to_open_a_thread_none_is_offered(
    tavern: Tavern, lacking: str, right: str
) -> None:
    who = tavern.bot.user if lacking == "bot" else tavern.people["Alice"]
    channel = tavern.guild.create_text_channel(
        "attic", overwrites={who: discord.PermissionOverwrite(**{right: False})}
    )
    await spoke(tavern, "Alice", "Once upon a time", THIS_WEEK, channel)
    await just_spoke(tavern, "Bob", channel=channel)
    used = await new(tavern, "Alice", channel)
    assert private(used) == COMPANY_ALONE
    assert buttons(used.response) == [HERE]
    used = await new(tavern, "Carol", channel)
    if lacking == "bot":  # nothing is left to offer her
        assert private(used) == NOT_YOURS
        assert buttons(used.response) == []


async def test_in_a_thread_no_further_thread_is_offered(tavern: Tavern) -> None:
    thread = tavern.thread(tavern.bound, "The cellar")
    await spoke(tavern, "Alice", "Once upon a time", EVENING, thread)
    await just_spoke(tavern, "Bob", channel=thread)
    used = await new(tavern, "Alice", thread)
    assert private(used) == COMPANY_ALONE


async def test_in_an_announcement_channel_the_thread_is_of_its_kind(tavern: Tavern) -> None:
    news = tavern.guild.create_news_channel("news")
    await just_spoke(tavern, "Bob", channel=news)
    used = await new(tavern, "Alice", news)
    await tavern.people["Alice"].click(used.response, label=THREAD)
    (request,) = [entry for entry in tavern.env.http_requests if entry.path.endswith("/threads")]
    assert request.json["type"] == discord.ChannelType.news_thread.value


@pytest.mark.parametrize("minutes", [61, 24 * 60])
async def test_those_who_spoke_before_the_hour_are_no_company(tavern: Tavern, minutes: int) -> None:
    await spoke(tavern, "Alice", "Once upon a time", EVENING)
    await spoke(tavern, "Bob", "Shush.", now() - timedelta(minutes=minutes))
    used = await new(tavern, "Alice")
    assert read(used.response) == opened("Marlow")


async def test_neither_oneself_nor_the_persona_is_company(tavern: Tavern) -> None:
    await new(tavern, "Alice")
    await just_spoke(tavern, "Alice")
    used = await new(tavern, "Alice")
    assert read(used.response) == opened("Marlow")


async def test_a_thread_that_discord_refuses_ends_in_words_and_changes_nothing(tavern: Tavern) -> None:
    await just_spoke(tavern, "Bob")
    used = await new(tavern, "Alice")
    tavern.env.inject_error("POST", "/channels/*/threads", status=400)
    clicked = await tavern.people["Alice"].click(used.response, label=THREAD)
    assert clicked.followups[-1].content == (
        "Discord didn't accept that. Check that the bot can post here, then try again."
    )
    assert clicked.followups[-1].ephemeral
    assert [scene["id"] for scene in await tavern.database.read("SELECT id FROM scene")] == [1]


# --- looking and going on -----------------------------------------------------------------------


async def play(tavern: Tavern, title: str, turns: int, at: datetime, channel: Any = None) -> Scene:
    """Have Alice have played a scene, alone, a minute a turn."""
    place = Place((channel or tavern.bound).id, guild_id=tavern.guild.id)
    scene = await Scenes(tavern.database).start(place, title, at, starter_id=tavern.people["Alice"].id)
    for number in range(turns):
        await spoke(tavern, "Alice", f"{title} {number}", at + timedelta(minutes=number), channel)
    return scene


async def test_scenes_are_listed_with_the_running_one_first_and_then_the_latest(tavern: Tavern) -> None:
    await play(tavern, "One **bold** _thing_", 2, EVENING)
    await play(tavern, "Two", 5, EVENING - timedelta(days=1))
    await play(tavern, "Empty", 0, EVENING)
    await play(tavern, "", 1, EVENING - timedelta(hours=1))
    await play(tavern, "Elsewhere", 1, EVENING, tavern.elsewhere)
    await Scenes(tavern.database).resume(Place(tavern.bound.id), 2)
    used = await tavern.people["Bob"].slash(tavern.bound, "scene list")
    assert private(used).splitlines() == [
        "▶ **#2 Two** · 5 messages · <t:1773432240:R>",
        r"#1 One \*\*bold\*\* \_thing\_ · 2 messages · <t:1773518460:R>",
        "#4 untitled · 1 message · <t:1773514800:R>",
    ]


async def test_where_nothing_was_played_it_is_said(tavern: Tavern) -> None:
    for command in ("scene list", "scene info"):
        used = await tavern.people["Bob"].slash(tavern.elsewhere, command)
        assert private(used) == "There's no scene in this channel yet. Use `/scene new` to start one."
    assert await tavern.people["Bob"].autocomplete(tavern.elsewhere, "scene resume", "scene", "") == []


async def test_a_list_of_many_long_titles_fits_one_message_and_says_how_many_are_left(tavern: Tavern) -> None:
    for number in range(30):
        await play(tavern, f"{number:02} " + "*" * 97, 1, EVENING + timedelta(days=number))
    used = await tavern.people["Bob"].slash(tavern.bound, "scene list")
    lines = private(used).splitlines()
    assert lines[0].startswith(r"▶ **#30 29 \*\*")
    assert (
        lines[-1]
        == f"{30 - len(lines) + 1} more. To find them, type their title or number in `/scene resume`."
    )
    assert len(private(used)) <= 2000


async def test_a_list_of_titles_that_discord_counts_twice_fits_too(tavern: Tavern) -> None:
    for number in range(20):
        await play(tavern, "🌊" * 100, 1, EVENING + timedelta(days=number))
    text = private(await tavern.people["Bob"].slash(tavern.bound, "scene list"))
    assert len(text.splitlines()) == 9
    assert utf16_length(text) <= 2000


async def test_a_scene_is_resumed_by_what_is_typed_of_its_title(tavern: Tavern, m2her: M2her) -> None:
    await play(tavern, "The drowned bell", 2, EVENING)
    await play(tavern, "The long night", 1, EVENING)
    alice = tavern.people["Alice"]
    choices = await alice.autocomplete(tavern.bound, "scene resume", "scene", "DROWNED")
    assert [(choice["name"], choice["value"]) for choice in choices] == [
        ("#1 The drowned bell, 2 messages, 2026-03-14", 1)
    ]
    used = await alice.slash(tavern.bound, "scene resume", scene=1)
    assert not used.ephemeral
    assert used.response.content == "Scene resumed: #1 The drowned bell"
    m2her.say("Where were we?")
    await tavern.say("Alice", f"{tavern.mention} go on")
    assert tavern.prompt[2:3] == [("group", "The drowned bell", "The drowned bell")]
    assert tavern.heard == [("Alice", "The drowned bell 0\nThe drowned bell 1\ngo on")]
    await alice.click(used.response, label="Undo, back to #2 The long night")
    assert used.response.content == "Back in the scene: #2 The long night"


async def test_of_very_many_scenes_the_latest_25_are_offered_and_all_are_found(tavern: Tavern) -> None:
    for number in range(40):
        await play(tavern, f"Night {number:02} " + "🌊" * 90, 1, EVENING + timedelta(days=number))
    alice = tavern.people["Alice"]
    choices = await alice.autocomplete(tavern.bound, "scene resume", "scene", "")
    assert [choice["value"] for choice in choices] == list(range(39, 14, -1))  # 40 is being played
    assert {utf16_length(choice["name"]) for choice in choices} <= {99, 100}
    found = await alice.autocomplete(tavern.bound, "scene resume", "scene", "night 03")
    assert [choice["value"] for choice in found] == [4]


async def test_another_channels_scene_and_the_running_one_are_not_resumed(tavern: Tavern) -> None:
    await play(tavern, "Here", 1, EVENING)
    await play(tavern, "There", 1, EVENING, tavern.elsewhere)
    alice = tavern.people["Alice"]
    for scene, answer in (
        (2, "There's no such scene in this channel. Use `/scene list` to see them."),
        (99, "There's no such scene in this channel. Use `/scene list` to see them."),
        (1, "This scene is already playing."),
    ):
        assert private(await alice.slash(tavern.bound, "scene resume", scene=scene)) == answer
    assert (await playing(tavern)).id == 1


async def test_a_scene_with_another_persona_is_hers_again_when_it_is_resumed(tavern: Tavern) -> None:
    await new(tavern, "Alice", tavern.elsewhere, persona="isolde")
    await new(tavern, "Alice", tavern.elsewhere)
    await tavern.people["Alice"].slash(tavern.elsewhere, "scene resume", scene=1)
    await tavern.say("Alice", f"{tavern.mention} hello", tavern.elsewhere)
    assert tavern.prompt[0][:2] == ("system", "Isolde")


async def test_info_says_who_plays_how_long_it_is_and_what_the_persona_still_sees(
    m2her: M2her, tmp_path: Path
) -> None:
    rules = replace(RULES, context_window=4096)
    async with open_tavern(m2her, tmp_path, rules=rules) as tavern:
        await play(tavern, "The *long* night", 0, EVENING)
        for number in range(100):
            who = ("Alice", "Bob")[number % 2]
            text = f"line {number}: " + "the tide comes in " * 5
            at = EVENING + timedelta(minutes=number)
            await spoke(tavern, who, text, at, tokens=BY_SCRIPT.count(text))
        used = await tavern.people["Bob"].slash(tavern.bound, "scene info")
        alice = tavern.people["Alice"].mention
        told = [
            [
                r"## The \*long\* night",
                f"-# Scene #1 · 100 messages, the latest <t:1773524340:R> · started by {alice}",
                "### Marlow",
                "Marlow keeps the Drowned Bell, a harbour tavern.",
            ],
            [
                "**Players:** Alice, Bob",
                "Marlow remembers the last 44 messages.",
                "56 messages before that are still saved.",
            ],
        ]
        assert used.ephemeral
        assert blocks(used) == told
        gil = tavern.staff("Gil", manage_guild=True)
        used = await gil.slash(tavern.bound, "scene info")
        assert blocks(used) == [
            *told,
            ["`███████████████░░░░░` 73% of what the AI model can read at once (4,096 tokens)"],
        ]


async def test_info_of_a_scene_that_is_remembered_whole_leads_to_its_beginning(
    tavern: Tavern, m2her: M2her
) -> None:
    m2her.say("Number four.")
    m2her.say("Aye.")
    used = await new(tavern, "Alice")
    await tavern.say("Alice", f"{tavern.mention} have you a room?")
    await tavern.people["Bob"].slash(tavern.bound, "talk", text="And for me?")
    for _ in range(2):
        info = await tavern.people["Bob"].slash(tavern.bound, "scene info")
        assert "Marlow remembers all of this scene (5 messages)." in said(info)
        (jump,) = [part for part in parts(info) if part["type"] == BUTTON]
        first = used.followups[0].id
        assert (jump["label"], jump["url"]) == (
            "Jump to the beginning",
            f"https://discord.com/channels/{tavern.guild.id}/{tavern.bound.id}/{first}",
        )


async def test_info_shows_all_personas_of_the_scene_with_their_pictures(m2her: M2her, tmp_path: Path) -> None:
    vesper = "name: Vesper\ndescription: For adults.\nnsfw: true\n"
    cast = {
        "marlow": MARLOW + "avatar: https://pictures.example.com/marlow.png\ntags: [sea]\n",
        "isolde": ISOLDE,
        "vesper": vesper,
    }
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        m2her.say("Aye.")
        await tavern.people["Alice"].slash(tavern.elsewhere, "talk", text="A map?", persona="isolde")
        used = await tavern.people["Alice"].slash(tavern.elsewhere, "scene info")
        assert blocks(used)[0][2:] == [
            "### Marlow",
            "Marlow keeps the Drowned Bell, a harbour tavern.",
            "-# sea",
            "### Isolde",
            "Isolde is a cartographer who draws places that are not there yet.",
        ]
        assert pictures(used) == [("https://pictures.example.com/marlow.png", "Picture of Marlow")]


async def test_info_names_each_person_once_whatever_they_were_called(tavern: Tavern) -> None:
    await spoke(tavern, "Bob", "Evening.", EVENING)
    place = Place(tavern.bound.id, guild_id=tavern.guild.id)
    scene = await Scenes(tavern.database).active(place, EVENING)
    renamed = Participant(tavern.people["Bob"].id, "**Bob** <@1>")
    await record(tavern.database, scene, "Hm.", renamed, tokens=1, at=EVENING, message_id=99_000)
    used = await tavern.people["Bob"].slash(tavern.bound, "scene info")
    assert r"**Players:** \*\*Bob\*\* \<@1>" in said(used)


async def test_info_names_twelve_people_and_counts_the_others(tavern: Tavern) -> None:
    names = [f"Guest_{number}" for number in range(15)]
    for name in names:
        tavern.join(name)
        await spoke(tavern, name, "Evening.", EVENING)
    used = await tavern.people["Bob"].slash(tavern.bound, "scene info")
    people = ", ".join(rf"Guest\_{number}" for number in range(12))
    assert f"**Players:** {people} and 3 more" in said(used)


async def test_info_of_a_scene_in_which_nobody_has_spoken(m2her: M2her, tmp_path: Path) -> None:
    async with open_tavern(m2her, tmp_path) as tavern:
        await play(tavern, "Silence", 0, EVENING)
        used = await tavern.people["Bob"].slash(tavern.bound, "scene info")
        alice = tavern.people["Alice"].mention
        assert blocks(used) == [
            [
                "## Silence",
                f"-# Scene #1 · 0 messages, the latest <t:1773518400:R> · started by {alice}",
                "### Marlow",
                "Marlow keeps the Drowned Bell, a harbour tavern.",
            ],
            ["Nobody has written anything yet."],
        ]
        assert labels(used) == []


TROUBLE = {
    "nobody": "No persona is set for this channel.",
    "gone": "This channel's persona, `vesper`, can't be loaded: its file is missing or broken. The bot's owner can fix "
    "`vesper.yaml`, and then it answers again.",
}


@pytest.mark.parametrize("trouble", ["nobody", "gone"])
async def test_info_also_where_nobody_can_answer(tavern: Tavern, trouble: str) -> None:
    await play(tavern, "Alone", 1, EVENING, tavern.elsewhere)
    if trouble == "gone":
        tavern.channels[tavern.elsewhere.id] = ChannelRule(("vesper",))
    else:
        store = SettingsStore(tavern.database)
        await store.bind("channel", tavern.elsewhere.id, None, by_user=1, at=now())
    used = await tavern.people["Bob"].slash(tavern.elsewhere, "scene info")
    alice = tavern.people["Alice"].mention
    assert blocks(used) == [
        [
            "## Alone",
            f"-# Scene #1 · 1 message, the latest <t:1773518400:R> · started by {alice}",
            TROUBLE[trouble],
        ],
        ["**Players:** Alice"],
    ]


# --- greetings ------------------------------------------------------------------------------------

SEVERAL = (
    MARLOW
    + """greeting: "*looks up* Wet out there?"
greetings: ["*{{char}} wipes table\\n\\nseven.* Evening, {{user}}.", "*looks up*  Wet out there?", "The bell rings."]
group_greetings: ["Two of us behind one bar?"]
"""
)
LABELS = [
    "1. *looks up* Wet out there?",
    "2. *Marlow wipes table seven.* Evening, Alice.",
    "3. The bell rings.",
]
COMPANY_TOO = "4. Two of us behind one bar?"


@pytest.fixture
async def inn(m2her: M2her, tmp_path: Path) -> AsyncIterator[Tavern]:
    """A server whose persona has several greetings."""
    async with open_tavern(m2her, tmp_path, personas={**CAST, "marlow": SEVERAL}) as tavern:
        yield tavern


async def offered(tavern: Tavern, typed: str = "", channel: Any = None, **options: str) -> list[str]:
    """The greetings that Alice is offered while she types."""
    alice, where = tavern.people["Alice"], channel or tavern.bound
    found = await alice.autocomplete(where, "scene new", "greeting", typed, **options)
    return [choice["name"] for choice in found]


async def test_a_scene_begins_with_the_greeting_that_is_chosen_and_without_a_choice_with_the_first(
    inn: Tavern, m2her: M2her
) -> None:
    await new(inn, "Alice")
    assert shown(inn.bound)[-1] == "*looks up* Wet out there?"
    assert await offered(inn) == LABELS
    assert await offered(inn, "BELL") == LABELS[2:]
    await new(inn, "Alice", greeting=2)
    assert shown(inn.bound)[-1] == "*Marlow wipes table\n\nseven.* Evening, Alice."
    m2her.say("Aye.")
    await inn.say("Alice", f"{inn.mention} hello")
    assert inn.heard[0] == ("Marlow", "*Marlow wipes table\n\nseven.* Evening, Alice.")


@pytest.mark.parametrize("number", [0, -1, 4, 99])
async def test_a_greeting_that_is_not_there_begins_nothing(inn: Tavern, number: int) -> None:
    used = await new(inn, "Alice", greeting=number)
    assert private(used) == "There's no such greeting. Choose one from the list that appears while you type."
    assert shown(inn.bound) == []


async def test_greetings_for_company_are_offered_where_another_persona_plays(
    inn: Tavern, m2her: M2her
) -> None:
    assert await offered(inn, channel=inn.elsewhere, persona="marlow") == LABELS
    assert await offered(inn, channel=inn.elsewhere, persona="isolde") == ["1. *unrolls a map*"]
    # In a channel of Isolde's, Marlow's scene begins in her place.
    await admin(inn).slash(inn.elsewhere, "persona use", persona="isolde")
    assert await offered(inn, channel=inn.elsewhere, persona="marlow") == [*LABELS, COMPANY_TOO]
    await new(inn, "Alice", inn.elsewhere, persona="marlow", greeting=4)
    assert shown(inn.elsewhere)[-1] == "Two of us behind one bar?"
    # Where somebody has asked another persona, it shares the scene.
    m2her.say("A map.")
    market = inn.guild.create_text_channel("market")
    await inn.people["Alice"].slash(market, "talk", text="A map?", persona="isolde")
    assert await offered(inn, channel=market, persona="marlow") == [*LABELS, COMPANY_TOO]


async def test_nobody_is_offered_the_greetings_of_a_persona_that_may_not_play(inn: Tavern) -> None:
    assert await offered(inn, persona="nobody") == []
    await admin(inn).slash(inn.elsewhere, "persona clear")
    assert await offered(inn, channel=inn.elsewhere) == []


async def test_a_thread_begins_with_the_greeting_that_was_chosen_for_it(inn: Tavern) -> None:
    await just_spoke(inn, "Bob")
    used = await new(inn, "Alice", greeting=3, title="Bells")
    await inn.people["Alice"].click(used.response, label=THREAD)
    (thread,) = inn.bound.threads
    assert shown(thread)[-1] == "The bell rings."


# --- macros ---------------------------------------------------------------------------------------

MIRA = """\
name: Mira Vale
description: "{{char}} has waited for {{user}}."
greeting: "*{{char}} looks up* <USER>?"
"""


async def test_names_are_filled_in_for_everybody_and_what_people_write_stays(
    m2her: M2her, tmp_path: Path
) -> None:
    async with open_tavern(m2her, tmp_path, personas={"marlow": MIRA}) as tavern:
        tavern.join("{{char}}")
        await new(tavern, "Alice", title="{{user}} and {{char}}")
        assert shown(tavern.bound)[-1] == "*Mira Vale looks up* Alice?"
        m2her.say("Me.")
        await tavern.say("{{char}}", f"{tavern.mention} who is {{{{user}}}}?")
        assert "Mira Vale has waited for {{char}}." in tavern.prompt[0][2]
        assert tavern.prompt[1][1:] == ("{{user}} and {{char}}", "{{user}} and {{char}}")
        assert tavern.heard == [
            ("Mira Vale", "*Mira Vale looks up* Alice?"),
            ("{{char}}", "who is {{user}}?"),
        ]
        await new(tavern, "{{char}}", tavern.elsewhere)
        assert shown(tavern.elsewhere)[-1] == "*Mira Vale looks up* {{char}}?"


async def test_info_of_a_scene_without_a_title_says_its_number_once(tavern: Tavern) -> None:
    await play(tavern, "", 1, EVENING)
    used = await tavern.people["Bob"].slash(tavern.bound, "scene info")
    alice = tavern.people["Alice"].mention
    assert said(used)[:2] == [
        "## Scene #1",
        f"-# 1 message, the latest <t:1773518400:R> · started by {alice}",
    ]
