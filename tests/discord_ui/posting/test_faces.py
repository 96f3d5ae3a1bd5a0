"""Whose face a persona wears: its own by a webhook, or the bot's; what is said above a post; what gets lost."""

import asyncio
import base64
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.composition.story import now
from bot.core.posts.pace import Urgency
from bot.core.scene import Ending, Place, Slice
from bot.core.settings import Face, Settings
from bot.discord_ui.posting import webhooks as hooks
from bot.discord_ui.posting.emojis import name_of
from bot.discord_ui.posting.request import NewPost, PostChange
from bot.storage.history import History
from bot.storage.scenes import Scenes
from bot.story.places.rules import ChannelRule, Rules
from tests.standins.discord_wire import Channel, Message, Permission
from tests.standins.m2her import M2her
from tests.tavern import ISOLDE, MARLOW, RULES, open_tavern
from tests.wired import Wired, history_in, told, until, wire

OWN_FACES = replace(RULES, defaults=Settings(face=Face.WEBHOOK))
BY_HOOK, HOOKS = "/webhooks/*/*", "/channels/*/webhooks"
SUPPRESS_EMBEDS = 1 << 2
AVATAR = "https://example.com/isolde.png"


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    cast = {"marlow": MARLOW, "isolde": f"{ISOLDE}avatar: {AVATAR}\n"}
    async with wire(m2her, tmp_path, monkeypatch, rules=OWN_FACES, personas=cast) as wired:
        await wired.start()
        yield wired


def worn(wired: Wired, channel: Channel | None = None) -> list[tuple[str, str]]:
    """The posts of personas in a channel, each as the name above it and what it says."""
    return [(post.author.name, post.content) for post in wired.webhook_posts(channel)]


async def wears(wired: Wired, *posts: tuple[str, str], channel: Channel | None = None) -> None:
    """Wait until personas' posts in a channel are these."""
    try:
        await wired.world.wait_for(lambda: worn(wired, channel) == list(posts), 10)
    except TimeoutError:
        assert worn(wired, channel) == list(posts)
        raise


def asked(wired: Wired, method: str, ending: str) -> int:
    return sum(r.method == method and r.path.endswith(ending) for r in wired.world.requests)


async def heard(wired: Wired, text: str) -> None:
    """Wait until the bot has heard something, whatever else it is at."""

    async def stored() -> bool:
        return text in [each for _, each in await wired.remembered()]

    await until(stored)


def link(cause: Message) -> str:
    return f"https://discord.com/channels/{cause.channel.guild.id}/{cause.channel.id}/{cause.id}"


# --- its own face -------------------------------------------------------------------------------


async def test_a_persona_posts_under_its_own_name_and_grows_there(wired: Wired, m2her: M2her) -> None:
    gate = asyncio.Event()
    m2her.say("The storm, ", gate, "I say, will pass.")
    wired.ask("will it pass?")
    await wears(wired, ("Marlow", "The storm,"))
    gate.set()
    await wears(wired, ("Marlow", "The storm, I say, will pass."))
    await wired.quiet()
    assert wired.posts() == []
    assert await wired.remembered() == [
        ("Alice", "will it pass?"),
        ("Marlow", "The storm, I say, will pass."),
    ]


async def test_no_link_in_its_posts_unfolds_and_none_wears_a_mask(wired: Wired, m2her: M2her) -> None:
    m2her.say("[The rules](https://evil.example)\n-# ↪ [Bob](https://evil.example)")
    wired.ask("well?")
    await wears(wired, ("Marlow", "(The rules)(https://evil.example)\n‐# → (Bob)(https://evil.example)"))
    await wired.quiet()
    assert [post.flags & SUPPRESS_EMBEDS for post in wired.webhook_posts()] == [SUPPRESS_EMBEDS]


async def test_several_personas_in_a_channel_are_several_people_by_one_webhook(
    wired: Wired, m2her: M2her
) -> None:
    m2her.say("Evening.")
    wired.ask()
    await wears(wired, ("Marlow", "Evening."))
    wired.channels[wired.bound.id] = ChannelRule(("isolde",))
    m2her.say("Mind the map.")
    wired.ask()
    await wears(wired, ("Marlow", "Evening."), ("Isolde", "Mind the map."))
    assert [post.author.avatar for post in wired.webhook_posts()] == [None, AVATAR]
    assert len(wired.world.webhooks.own(wired.bound)) == 1


async def test_two_at_once_make_one_webhook_and_a_restart_finds_it(wired: Wired, m2her: M2her) -> None:
    thread = wired.world.create_thread("cellar")
    hold = wired.world.faults.hang("GET", "/guilds/*/webhooks", times=9)
    m2her.say("One.")
    m2her.say("Two.")
    wired.ask()
    wired.ask(channel=thread)
    await wired.world.wait_for(lambda: hold.caught)
    hold.release()
    await wired.world.wait_for(lambda: len(worn(wired)) + len(worn(wired, thread)) == 2)
    await wired.end()
    await wired.start()
    m2her.say("Three.")
    wired.ask()
    await wired.world.wait_for(lambda: len(worn(wired)) == 2)
    assert len(wired.world.webhooks.own(wired.bound)) == 1
    assert asked(wired, "POST", "/webhooks") == 1


async def test_one_request_tells_of_the_webhooks_of_all_channels_of_a_server(
    wired: Wired, m2her: M2her
) -> None:
    for where in (wired.bound, wired.elsewhere):
        m2her.say("Good evening.")
        wired.ask(channel=where)
        await wears(wired, ("Marlow", "Good evening."), channel=where)
    assert [r.path for r in wired.world.requests if r.method == "GET" and r.path.endswith("/webhooks")] == [
        f"/guilds/{wired.bound.guild.id}/webhooks"
    ]


STANDS_IN = "-# Under the bot's own name and picture: Discord doesn't allow the persona's here right now."


async def test_an_answer_does_not_wait_for_a_webhook_that_discord_does_not_tell_of(
    wired: Wired, m2her: M2her, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "WITHIN", 0.2)
    hold = wired.world.faults.hang("GET", "/guilds/*/webhooks")
    m2her.say("Evening.")
    wired.ask()
    await wired.shows(f"**Marlow**\n{STANDS_IN}\nEvening.")
    hold.release()


async def test_where_a_server_does_not_tell_its_channel_does(wired: Wired, m2her: M2her) -> None:
    wired.world.faults.answer("GET", "/guilds/*/webhooks", 403)
    m2her.say("Good evening.")
    wired.ask()
    await wears(wired, ("Marlow", "Good evening."))


async def test_threads_and_posts_of_a_forum_speak_through_their_channels_webhook(
    wired: Wired, m2her: M2her
) -> None:
    forum = wired.world.add_forum("tales")
    for where in (wired.world.create_thread("cellar"), wired.world.create_thread("A tale", forum)):
        gate = asyncio.Event()
        m2her.say("Once, ", gate, "there was.")
        wired.ask(channel=where)
        await wears(wired, ("Marlow", "Once,"), channel=where)
        gate.set()
        await wears(wired, ("Marlow", "Once, there was."), channel=where)
        assert where.parent is not None
        assert [hook.channel for hook in wired.world.webhooks.own(where.parent)] == [where.parent]


async def test_a_reply_to_a_personas_post_needs_no_mention_and_its_deletion_takes_the_turn(
    wired: Wired, m2her: M2her
) -> None:
    m2her.say("First.")
    m2her.say("Second.")
    wired.ask()
    await wears(wired, ("Marlow", "First."))
    await wired.quiet()
    wired.say("Bob", "And then?", reply_to=wired.webhook_posts()[0])
    await wears(wired, ("Marlow", "First."), ("Marlow", "Second."))
    await wired.quiet()
    wired.world.delete(wired.webhook_posts()[0])
    await wired.quiet()
    assert await wired.remembered() == [("Alice", "well?"), ("Bob", "And then?"), ("Marlow", "Second.")]


# --- what stands above --------------------------------------------------------------------------


async def test_an_answer_that_is_not_beneath_its_cause_leads_there_and_the_story_has_no_such_line(
    wired: Wired, m2her: M2her
) -> None:
    gate = asyncio.Event()
    m2her.say(gate, "Three nights, ", "I fear.")
    cause = wired.ask("how long?", "Al*ice")
    await m2her.received(1)
    wired.say("Bob", "Foul weather.")
    await heard(wired, "Foul weather.")
    gate.set()
    await wears(wired, ("Marlow", f"-# ↪ [Al\\*ice]({link(cause)})\nThree nights, I fear."))
    await wired.quiet()
    assert wired.webhook_posts()[0].mentions.users == ()
    assert [text for _, text in await wired.remembered()] == [
        "how long?",
        "Three nights, I fear.",
        "Foul weather.",
    ]


async def test_what_answers_several_people_names_them_all(wired: Wired, m2her: M2her) -> None:
    gate = asyncio.Event()
    m2her.say(gate, "First things first.")
    m2her.say("Stew, rum, a bed.")
    wired.ask("how long?")
    await m2her.received(1)
    asked = [wired.ask(f"{thing}?", who) for thing, who in (("stew", "Bob"), ("rum", "Cy"), ("a bed", "Dee"))]
    await heard(wired, "a bed?")
    gate.set()
    names = ", ".join(
        f"[{who}]({link(cause)})" for who, cause in zip(("Bob", "Cy", "Dee"), asked, strict=True)
    )
    await wired.world.wait_for(lambda: ("Marlow", f"-# ↪ {names}\nStew, rum, a bed.") in worn(wired), 10)
    assert history_in(told(m2her)[-1])[-3:] == [("Bob", "stew?"), ("Cy", "rum?"), ("Dee", "a bed?")]
    assert len(m2her.requests) == 2


async def test_a_long_reply_with_a_line_above_loses_nothing(wired: Wired, m2her: M2her) -> None:
    gate = asyncio.Event()
    text = "a" * 1960 + ". " + "b" * 1990 + "."
    m2her.say(gate, text)
    cause = wired.ask()
    await m2her.received(1)
    wired.say("Bob", "Foul weather.")
    await heard(wired, "Foul weather.")
    gate.set()
    await wired.world.wait_for(lambda: "".join(c for _, c in worn(wired)).endswith("b."))
    await wired.quiet()
    first, *rest = [content for _, content in worn(wired)]
    assert all(len(each) <= 2000 for each in (first, *rest))
    above, _, words = first.partition("\n")
    assert above == f"-# ↪ [Alice]({link(cause)})"
    assert "".join([words, *rest]).replace(" ", "") == text.replace(" ", "")
    assert ("Marlow", text) in await wired.remembered()


# --- where it cannot be ---------------------------------------------------------------------------


async def test_without_the_right_the_bot_posts_with_the_name_above_and_the_host_hears_once(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    wired.admins = wired.world.add_channel("admins")
    wired.world.deny(wired.bound, Permission.MANAGE_WEBHOOKS)
    m2her.say("Evening.")
    m2her.say("Again.")
    wired.ask()
    first = f"**Marlow**\n{STANDS_IN}\nEvening."
    await wired.shows(first)
    wired.ask()
    await wired.shows(first, "**Marlow**\nAgain.")  # once
    await wired.quiet()
    told = (
        f"personas on 'Harbour' post under the bot's name, for example in channel {wired.bound.id}: give the "
        "bot Manage Webhooks there. This is reported once per server."
    ).replace("Harbour", wired.bound.guild.name)
    await wired.shows(told, channel=wired.admins)
    assert [record.getMessage() for record in caplog.records].count(told) == 1
    assert asked(wired, "GET", "/webhooks") == 0  # the cache knows
    wired.world.allow(wired.bound, Permission.MANAGE_WEBHOOKS)
    m2her.say("My own self.")
    wired.ask()
    await wears(wired, ("Marlow", "My own self."))
    await wired.quiet()
    assert [text for _, text in await wired.remembered()][1::2] == ["Evening.", "Again.", "My own self."]


async def test_a_full_channel_is_not_asked_again_at_each_reply(wired: Wired, m2her: M2her) -> None:
    wired.world.add_webhooks(wired.bound, 15)
    m2her.say("One.")
    m2her.say("Two.")
    wired.ask()
    first = f"**Marlow**\n{STANDS_IN}\nOne."
    await wired.shows(first)
    wired.ask()
    await wired.shows(first, "**Marlow**\nTwo.")
    assert asked(wired, "POST", "/webhooks") == 1


async def test_where_the_bots_face_is_chosen_only_a_guest_is_named(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        await wired.start()
        m2her.say("Evening.")
        wired.ask()
        await wired.shows("Evening.")


async def test_without_the_message_content_intent_the_face_is_the_bots(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wire(m2her, tmp_path, monkeypatch, rules=OWN_FACES, message_content=False) as wired:
        await wired.start()
        m2her.say("Evening.")
        wired.ask()
        await wired.shows("Evening.")
        assert worn(wired) == []


# --- what gets lost -------------------------------------------------------------------------------


@pytest.mark.parametrize("applied", [True, False])
async def test_a_post_whose_answer_is_lost_stands_there_once(
    wired: Wired, m2her: M2her, applied: bool
) -> None:
    wired.world.faults.reset("POST", BY_HOOK, applied=applied)
    m2her.say("The storm will pass.")
    wired.ask()
    await wears(wired, ("Marlow", "The storm will pass."))
    await wired.quiet()
    assert worn(wired) == [("Marlow", "The storm will pass.")]


@pytest.mark.parametrize(("status", "applied"), [(503, False), (502, True), (504, True), (500, False)])
async def test_a_server_error_posts_neither_twice_nor_never(
    wired: Wired, m2her: M2her, status: int, applied: bool
) -> None:
    wired.world.faults.answer("POST", BY_HOOK, status, applied=applied)
    m2her.say("The storm will pass.")
    wired.ask()
    await wears(wired, ("Marlow", "The storm will pass."))
    await wired.quiet()
    assert worn(wired) == [("Marlow", "The storm will pass.")]


async def test_what_cannot_be_looked_for_is_not_posted_again(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    wired.world.deny(wired.bound, Permission.READ_MESSAGE_HISTORY)
    wired.world.faults.reset("POST", BY_HOOK, applied=True)
    m2her.say("The storm will pass.")
    wired.ask()
    await wears(wired, ("Marlow", "The storm will pass."))
    await wired.quiet()
    assert worn(wired) == [("Marlow", "The storm will pass.")]
    assert "the bot needs Read Message History to check" in caplog.text


async def test_a_webhook_deleted_in_mid_reply_is_made_again_and_the_rest_goes_by_it(
    wired: Wired, m2her: M2her
) -> None:
    gate = asyncio.Event()
    m2her.say("The storm ", gate, "will pass.")
    wired.ask()
    await wears(wired, ("Marlow", "The storm"))
    wired.world.delete_webhook(wired.world.webhooks.own(wired.bound)[0])
    gate.set()
    await wired.world.wait_for(lambda: "Marlow: will pass." in wired.transcript())
    await wired.quiet()
    assert wired.transcript().splitlines()[1:] == ["Marlow: The storm", "Marlow: will pass."]
    (turn,) = [turn for turn in await wired.turns() if turn.persona_key]
    assert (turn.text, turn.ending) == ("The storm will pass.", Ending.DONE)


async def test_a_webhook_deleted_between_replies_is_made_again(wired: Wired, m2her: M2her) -> None:
    m2her.say("One.")
    wired.ask()
    await wears(wired, ("Marlow", "One."))
    old = wired.world.webhooks.own(wired.bound)[0]
    wired.world.delete_webhook(old)
    m2her.say("Two.")
    wired.ask()
    await wired.world.wait_for(lambda: "Marlow: Two." in wired.transcript())
    (new,) = wired.world.webhooks.own(wired.bound)
    assert new is not old


async def test_no_log_line_has_a_webhooks_token(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "bot")
    wired.world.faults.reset("POST", BY_HOOK)
    wired.world.faults.answer("PATCH", "/webhooks/*/*/messages/*", 400, times=9)
    gate = asyncio.Event()
    m2her.say("The storm ", gate, "will pass.")
    wired.ask()
    await wears(wired, ("Marlow", "The storm"))
    gate.set()
    await wired.quiet()
    (hook,) = wired.world.webhooks.own(wired.bound)
    assert "400" in caplog.text
    assert hook.token not in caplog.text


# --- commands, restarts, pictures ----------------------------------------------------------------


async def test_talk_is_answered_by_the_persona_itself(wired: Wired, m2her: M2her) -> None:
    m2her.say("*looks up* Four.")
    wired.people["Alice"] = wired.world.add_member("Alice")
    await wired.world.wait_for(lambda: asked(wired, "PUT", "/commands"))
    wired.world.interactions.command(wired.people["Alice"], wired.bound, "talk", text="Have you a room?")
    await wears(wired, ("Marlow", "*looks up* Four."))
    assert wired.posts() == ["**Alice:** Have you a room?"]


async def test_a_new_scene_is_greeted_by_the_persona_itself(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = {"marlow": f"{MARLOW}greeting: Come in, come in.\n"}
    async with wire(m2her, tmp_path, monkeypatch, rules=OWN_FACES, personas=cast) as wired:
        await wired.start()
        wired.people["Alice"] = wired.world.add_member("Alice")
        await wired.world.wait_for(lambda: asked(wired, "PUT", "/commands"))
        wired.world.interactions.command(wired.people["Alice"], wired.bound, "scene new")
        await wears(wired, ("Marlow", "Come in, come in."))


async def left_by_a_crash(wired: Wired, *, noted: bool, stands: bool = True) -> Message | None:
    """Let the story have a reply that was being posted by a webhook when the process died."""
    world, history = wired.world, History(wired.database)
    hook = world.webhooks.create(wired.bound, "ours", world.bot, application=world.bot.id)
    scene = await Scenes(wired.database).active(Place(wired.bound.id), now())
    turn = await history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=now())
    await history.save_text(turn.id, "The storm")
    await history.posts.plan(turn.id, Slice(0, 0, 9, "", hook_id=hook.id, heading="-# ↪ Alice"))
    body = {"content": "-# ↪ Alice\nThe storm", "username": "Marlow"}
    post = world.webhooks.execute(hook, body) if stands else None
    if noted and post is not None:
        await history.posts.posted(turn.id, 0, post.id)
    return post


CUT = "-# ↪ Alice\nThe storm\n-# The bot restarted during this reply. Press Continue or mention the bot."


@pytest.mark.parametrize(("noted", "stands"), [(True, True), (False, True), (False, False)])
@pytest.mark.parametrize("rules", [OWN_FACES, RULES])
async def test_after_a_crash_a_webhooks_post_is_found_and_mended_whatever_the_face_is_now(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, noted: bool, stands: bool, rules: Rules
) -> None:
    async with wire(m2her, tmp_path, monkeypatch, rules=rules) as wired:
        post = await left_by_a_crash(wired, noted=noted, stands=stands)
        await wired.start()
        await wears(wired, ("Marlow", CUT))
        await wired.quiet()
        assert wired.posts() == []
        assert post is None or wired.webhook_posts() == [post]


async def test_after_a_crash_what_cannot_be_looked_for_is_not_posted_again(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wire(m2her, tmp_path, monkeypatch, rules=OWN_FACES) as wired:
        await left_by_a_crash(wired, noted=False)
        wired.world.deny(wired.bound, Permission.READ_MESSAGE_HISTORY)
        await wired.start()
        await wired.quiet()
        assert worn(wired) == [("Marlow", "-# ↪ Alice\nThe storm")]
        assert wired.posts() == []


async def test_a_name_or_picture_that_discord_does_not_take_costs_no_words(
    wired: Wired, m2her: M2her
) -> None:
    wired.channels[wired.bound.id] = ChannelRule(("isolde",))
    errors = {"avatar_url": {"_errors": [{"code": "URL_TYPE_INVALID_SCHEME", "message": "No."}]}}
    body = {"code": 50035, "message": "Invalid Form Body", "errors": errors}
    wired.world.faults.answer("POST", BY_HOOK, 400, body)
    m2her.say("Mind the map.")
    wired.ask()
    await wears(wired, ("Isolde", "Mind the map."))
    assert wired.webhook_posts()[0].author.avatar is None


# --- a picture from the folder, on the simulated Discord, which has emojis of applications ---------


PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
)


async def painted(m2her: M2her, folder: Path, picture: bytes) -> list[object]:
    """The pictures of three replies, the last of them after a restart; and how many uploads there were."""
    (folder / "personas").mkdir()
    (folder / "personas" / "marlow.png").write_bytes(picture)
    cast = {"marlow": f"{MARLOW}avatar: marlow.png\n"}
    async with open_tavern(m2her, folder, rules=OWN_FACES, personas=cast) as tavern:
        for _ in range(2):
            await tavern.say("Alice", f"{tavern.mention} well?")
            await tavern.quiet()
            await wait_for_pictures()
        await tavern.restart()
        for _ in range(2):
            await tavern.say("Alice", f"{tavern.mention} well?")
            await tavern.quiet()
            await wait_for_pictures()
        posts = [entry.json for entry in tavern.env.http_requests if is_webhook_post(entry)]
        uploads = sum(e.method == "POST" and e.path.endswith("/emojis") for e in tavern.env.http_requests)
        return [*(post.get("avatar_url") for post in posts), uploads]


def is_webhook_post(entry: Any) -> bool:
    return bool(entry.method == "POST" and entry.path.startswith("/webhooks/"))


async def wait_for_pictures() -> None:
    await until(nobody_paints)


async def nobody_paints() -> bool:
    return not any(task.get_name() == "avatar" for task in asyncio.all_tasks())


async def test_a_picture_from_the_folder_is_given_to_discord_once(m2her: M2her, tmp_path: Path) -> None:
    *pictures, uploads = await painted(m2her, tmp_path, PIXEL)
    assert uploads == 1
    (address,) = {picture for picture in pictures if picture is not None}
    assert str(address).startswith("https://cdn.discordapp.com/emojis/")
    assert pictures[1] == pictures[3] == address


async def test_a_picture_that_was_exchanged_for_a_link_is_not_uploaded(
    m2her: M2her, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "secret.png").write_bytes(PIXEL)
    (tmp_path / "personas").mkdir()
    picture = tmp_path / "personas" / "marlow.png"
    picture.write_bytes(PIXEL)
    cast = {"marlow": f"{MARLOW}avatar: marlow.png\n"}
    async with open_tavern(m2her, tmp_path, rules=OWN_FACES, personas=cast) as tavern:
        picture.unlink()
        picture.symlink_to(tmp_path / "secret.png")
        await tavern.say("Alice", f"{tavern.mention} well?")
        await tavern.quiet()
        await wait_for_pictures()
        assert not any(entry.path.endswith("/emojis") for entry in tavern.env.http_requests)
    assert "marlow.png" in caplog.text


async def test_a_picture_that_is_too_large_is_told_once_and_the_persona_posts_without(
    m2her: M2her, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    *pictures, uploads = await painted(m2her, tmp_path, PIXEL + bytes(256 * 1024))
    assert (pictures, uploads) == ([None] * 4, 0)
    assert caplog.text.count("is larger than 256 KiB") == 2  # once a start


# --- pictures that nobody has anymore ---------------------------------------------------------------


HOURS = 3600.0


def picture(number: int) -> bytes:
    """One of many pictures: what follows the end of a PNG is not shown."""
    return PIXEL + bytes([number])


@pytest.fixture
async def gallery(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Wired, Callable[[float], None]]]:
    """Marlow and Isolde have pictures from the folder; the second value lets hours pass."""
    cast = {"marlow": f"{MARLOW}avatar: marlow.png\n", "isolde": f"{ISOLDE}avatar: isolde.png\n"}
    at = [0.0]
    (tmp_path / "pictures").mkdir()
    async with wire(m2her, tmp_path, monkeypatch, rules=OWN_FACES, personas=cast) as wired:
        wired.clock = lambda: at[0]
        for number, key in enumerate(cast):
            (tmp_path / "personas" / f"{key}.png").write_bytes(picture(number))
        await wired.start()
        yield wired, lambda hours: at.__setitem__(0, at[0] + hours * HOURS)


def kept(wired: Wired) -> list[bytes]:
    """The pictures that Discord keeps for the application, the oldest first."""
    return [emoji.picture for emoji in wired.world.emojis.all.values()]


async def plays(wired: Wired, *, persona: str = "marlow") -> str | None:
    """Let a persona say something; return the picture it has then."""
    channel = wired.bound if persona == "marlow" else wired.elsewhere
    before = len(wired.webhook_posts(channel))
    if persona == "marlow":
        wired.ask()
    else:
        wired.world.interactions.command(
            wired.person("Alice"), channel, "talk", text="well?", persona=persona
        )
    await wired.world.wait_for(lambda: len(wired.webhook_posts(channel)) > before, 10)
    await wired.quiet()
    await wait_for_pictures()
    return wired.webhook_posts(channel)[-1].author.avatar


async def test_a_picture_that_no_persona_has_anymore_is_deleted_after_a_day(
    gallery: tuple[Wired, Callable[[float], None]],
) -> None:
    wired, pass_hours = gallery
    wired.world.emojis.create("bell", "data:image/png;base64," + base64.b64encode(PIXEL).decode())
    await plays(wired, persona="isolde")
    await plays(wired)
    assert kept(wired) == [PIXEL, picture(1), picture(0)]
    (wired.folder / "personas" / "marlow.png").write_bytes(picture(2))
    for hours in (1, 23):
        pass_hours(hours)
        await plays(wired)
        assert kept(wired) == [PIXEL, picture(1), picture(0), picture(2)]
    pass_hours(2)
    await plays(wired)
    assert kept(wired) == [PIXEL, picture(1), picture(2)]  # Isolde still has hers, and the bell isn't ours
    (wired.folder / "personas" / "marlow.png").write_bytes(picture(0))  # it comes back
    await plays(wired)
    address = await plays(wired)
    assert kept(wired) == [PIXEL, picture(1), picture(2), picture(0)]
    assert address == f"https://cdn.discordapp.com/emojis/{list(wired.world.emojis.all)[-1]}.png"


async def test_what_another_process_keeps_and_deletes_of_the_same_pictures_is_seen(
    gallery: tuple[Wired, Callable[[float], None]],
) -> None:
    wired, pass_hours = gallery
    emojis = wired.world.emojis
    await plays(wired, persona="isolde")  # from now on it is known which there are
    uri = "data:image/png;base64," + base64.b64encode(picture(0)).decode()
    theirs = emojis.create(name_of(picture(0)), uri)
    await plays(wired)
    assert await plays(wired) == f"https://cdn.discordapp.com/emojis/{theirs.id}.png"
    emojis.delete(theirs)
    for hours in (2, 0):
        pass_hours(hours)
        await plays(wired)
    assert await plays(wired) == f"https://cdn.discordapp.com/emojis/{list(emojis.all)[-1]}.png"
    assert kept(wired) == [picture(1), picture(0)]


async def test_while_a_picture_cannot_be_read_none_is_deleted(
    gallery: tuple[Wired, Callable[[float], None]],
) -> None:
    wired, pass_hours = gallery
    await plays(wired)
    await plays(wired, persona="isolde")
    (wired.folder / "personas" / "isolde.png").unlink()
    for _ in range(4):
        pass_hours(25)
        await plays(wired)
    assert kept(wired) == [picture(0), picture(1)]


async def test_where_all_places_are_taken_the_oldest_that_are_out_of_use_make_room(
    gallery: tuple[Wired, Callable[[float], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    wired, _ = gallery
    monkeypatch.setattr("tests.standins.discord_wire.emojis.MOST", 3)
    monkeypatch.setattr("bot.discord_ui.posting.emojis.ROOM", 1)
    await plays(wired)
    for number in (7, 8):
        uri = "data:image/png;base64," + base64.b64encode(picture(number)).decode()
        wired.world.emojis.create(name_of(picture(number)), uri)
    await plays(wired, persona="isolde")
    assert kept(wired) == [picture(0), picture(8), picture(1)]


async def test_a_webhooks_post_has_buttons_that_come_and_go(wired: Wired, m2her: M2her) -> None:
    m2her.say("Evening.")
    wired.ask()
    await wears(wired, ("Marlow", "Evening."))
    await wired.quiet()
    client = wired.clients[-1]
    channel = client.get_channel(wired.bound.id)
    assert isinstance(channel, discord.TextChannel)
    place = Place(wired.bound.id, guild_id=wired.bound.guild.id)
    persona = client.services.personas(place.guild_id).get("marlow")
    assert persona is not None
    cast = await client.services.story.casting.lookup(place)
    poster = await client.faces.poster(cast, place, channel, lambda: persona)
    assert (await poster.begin()).heading == ""
    row = discord.ui.View(timeout=None)
    row.add_item(discord.ui.Button[discord.ui.View](label="Retry", custom_id="rp:retry:1"))
    posted = await poster.send(NewPost("Morning.", view=row))
    post = wired.webhook_posts()[-1]
    assert post.components[0]["components"][0]["label"] == "Retry"
    await poster.edit(posted.ref, PostChange(Urgency.FINAL, "Noon."))
    assert (post.content, len(post.components)) == ("Noon.", 1)
    await poster.edit(posted.ref, PostChange(Urgency.FINAL, view=None))
    assert (post.content, post.components) == ("Noon.", [])
