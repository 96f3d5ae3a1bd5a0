"""When personas speak: cooldowns, quiet hours, out of character, other bots, and who a reply notifies."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.settings import Wish
from bot.storage.preferences import Preferences
from tests.clocks import Clock, stopped
from tests.discord_ui.interactions.commands.panels import labels, menus, open_panel, said
from tests.proxied import proxy_on
from tests.standins.m2her import M2her
from tests.tavern import Tavern, open_tavern

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return stopped(monkeypatch, NOON)


@pytest.fixture
async def tavern(m2her: M2her, tmp_path: Path, clock: Clock) -> AsyncIterator[Tavern]:
    async with open_tavern(m2her, tmp_path) as tavern:
        yield tavern


async def choose(tavern: Tavern, scope: str = "channel", **values: str | None) -> None:
    here = tavern.bound.id if scope == "channel" else tavern.guild.id
    for key, value in values.items():
        await tavern.story.choices.choose(scope, here, key, value, 1)  # type: ignore[arg-type]


async def asks(tavern: Tavern, who: str, text: str, **options: Any) -> bool:
    """Let somebody say something; return whether the model was asked."""
    before = len(tavern.m2her.requests)
    await tavern.say(who, text, **options)
    return len(tavern.m2her.requests) > before


def at(moment: datetime) -> int:
    return int(moment.timestamp())


# --- cooldowns and quiet hours ------------------------------------------------------------------------


async def test_cooldowns_and_quiet_hours_are_told_once_and_the_story_hears_all(
    tavern: Tavern, clock: Clock
) -> None:
    await choose(tavern, person_cooldown="30")
    assert await asks(tavern, "Alice", "Marlow, a room?")
    clock.time += timedelta(seconds=10)
    assert not await asks(tavern, "Alice", "Marlow, and a bed?")
    assert not await asks(tavern, "Alice", f"{tavern.mention} hello?")
    assert tavern.posts(tavern.bound)[1:] == [
        (
            "-# You've just had a reply here. What you wrote is in the story. You can ask again "
            f"<t:{at(NOON) + 30}:R>."
        )
    ]
    assert await asks(tavern, "Bob", "Marlow, and I?")  # others need not wait
    assert tavern.heard[-1] == ("Bob", "Marlow, and I?")
    assert ("Alice", "Marlow, and a bed?\nhello?") in tavern.heard
    clock.time += timedelta(seconds=20)
    assert await asks(tavern, "Alice", "Marlow, now?")

    await choose(tavern, person_cooldown=None, channel_cooldown="60")
    clock.time += timedelta(seconds=10)
    assert not await asks(tavern, "Bob", "Marlow?")
    wait = f"<t:{at(clock.time) + 50}:R>."
    assert tavern.posts(tavern.bound)[-1] == (
        f"-# Replies have pauses between them in this channel. What you wrote is in the story. Ask again {wait}"
    )
    used = await tavern.people["Bob"].slash(tavern.bound, "talk")
    assert (used.ephemeral, used.response.content) == (
        True,
        f"Replies have pauses between them in this channel. Try again {wait}",
    )

    await choose(tavern, channel_cooldown=None)
    await choose(tavern, "server", quiet_hours="22:00-07:00", timezone="Asia/Tokyo")  # it is past nine there
    clock.time = NOON + timedelta(minutes=59)
    assert await asks(tavern, "Carol", "Marlow, still awake?")
    clock.time = NOON + timedelta(minutes=61)
    assert not await asks(tavern, "Carol", "Marlow, good night.")
    assert not await asks(tavern, "Carol", "It rains.")
    morning = at(NOON + timedelta(hours=10))
    assert tavern.posts(tavern.bound)[-1] == (
        f"-# It's quiet time here until <t:{morning}:t>. What you wrote is in the story, and personas reply again after that."
    )
    words = [text for _, text in await tavern.remembered(tavern.bound)]
    assert words[-2:] == ["Marlow, good night.", "It rains."]
    await choose(tavern, quiet_hours="none")
    assert await asks(tavern, "Carol", "Marlow?")


# --- out of character ---------------------------------------------------------------------------------


async def test_out_of_character_is_left_out_or_answered_as_admins_choose(
    tavern: Tavern, m2her: M2her
) -> None:
    await choose(tavern, ooc="ignore")
    assert not await asks(tavern, "Alice", f"{tavern.mention} ((skip the night))")
    assert tavern.posts(tavern.bound) == [
        (
            "-# Personas aren't told what's said out of character here. Only `((are you an AI?))`, `((stop))` and `((help))` "
            "get an answer."
        )
    ]
    assert not await asks(tavern, "Alice", f"{tavern.mention} ((are you an AI?))")
    assert tavern.posts(tavern.bound)[-1].startswith("-# Out of character: Marlow is played by an AI")
    m2her.say("Aye.")
    assert await asks(tavern, "Alice", f"{tavern.mention} A room? ((be brief))")
    assert tavern.heard == [("Alice", "A room?")]

    await choose(tavern, ooc="answer")
    m2her.say("((Sure, the story can go faster.))")
    assert await asks(tavern, "Alice", f"{tavern.mention} ((can we go faster?))")
    assert tavern.prompt[-1][1:] == (
        "Alice",
        (
            "[Alice, out of character: can we go faster? The story rests: answer this as the person who writes Marlow, in a few plain "
            "words, without playing a role]"
        ),
    )
    assert tavern.posts(tavern.bound)[-1] == "((Sure, the story can go faster.))"
    m2her.say("Of course.")
    assert await asks(tavern, "Alice", f"{tavern.mention} ((promise?))")
    assert tavern.posts(tavern.bound)[-1] == "((Of course.))"
    assert not await asks(tavern, "Alice", f"{tavern.mention} ((are you an AI?))")
    m2her.say("*yawns*")
    assert await asks(tavern, "Alice", "Marlow, good night.")
    assert tavern.heard[-2:] == [
        ("Marlow", "Aye.\n\n((Sure, the story can go faster.))\n\n((Of course.))"),
        ("Alice", "Marlow, good night.\n[Marlow's turn: in character again.]"),
    ]
    assert tavern.posts(tavern.bound)[-1] == "*yawns*"


# --- other bots ---------------------------------------------------------------------------------------


async def test_other_bots_are_heard_only_if_listed_and_after_three_replies_a_person_is_awaited(
    tavern: Tavern,
) -> None:
    rook = tavern.rook()
    assert not await asks(tavern, "Rook", f"{tavern.mention} Caw.")
    assert await tavern.remembered(tavern.bound) == []
    await choose(tavern, bots=str(rook.id))
    assert not await asks(tavern, "Rook", "The tide turns.")
    told = [await asks(tavern, "Rook", f"Marlow, caw {number}.") for number in range(1, 6)]
    assert told == [True, True, True, False, False]
    assert len(tavern.posts(tavern.bound)) == 3  # and no notice, which it might answer
    assert tavern.heard[0] == ("rook", "The tide turns.\nMarlow, caw 1.")
    await tavern.say("Alice", "What a noise.")
    assert await asks(tavern, "Rook", "Marlow, caw 6.")
    await choose(tavern, bots=None)
    assert not await asks(tavern, "Rook", "Marlow, caw 7.")


async def test_commands_of_other_bots_that_a_server_names_are_left_out(tavern: Tavern) -> None:
    await choose(tavern, "server", ignored_prefixes="! rp:")
    for text in ("!play Marlow", "  RP: Marlow dances", "pk;switch Marlow"):
        assert not await asks(tavern, "Alice", text)
    assert await tavern.remembered(tavern.bound) == []
    assert await asks(tavern, "Alice", "Marlow! RP: a room?")


# --- mentions -----------------------------------------------------------------------------------------


async def test_a_reply_notifies_who_wishes_it_and_plays_where_admins_allow_it(
    tavern: Tavern, m2her: M2her, clock: Clock
) -> None:
    alice, bob = tavern.people["Alice"], tavern.people["Bob"]
    for who in (alice, bob):
        await Preferences(tavern.database).put(who.id, Wish.PING)
    with proxy_on(tavern) as proxy:
        await proxy.know("Bob", "Luna")
        await proxy.post("Luna", "Good evening.")
        await tavern.say("Carol", "Good evening.")
        words = f"@Alice, @Luna and @Carol are here. @everyone, @Dave! <@{bob.id}> `@Alice`"
        m2her.say(words)
        await tavern.say("Alice", "Marlow, who is here?")
        assert tavern.posts(tavern.bound)[-1].startswith("@Alice, @Luna and @Carol are here.")

        await choose(tavern, mentions="on")
        m2her.say(words)
        await tavern.say("Alice", "Marlow, again?")
        line, post = tavern.posts(tavern.bound)[-1], tavern.last_post(tavern.bound)
        assert line == f"-# 🔔 <@{alice.id}>"
        assert post.reference is not None
        sent = [
            request.json
            for request in tavern.sent()
            if request.json and "🔔" in request.json.get("content", "")
        ]
        assert [body["allowed_mentions"] for body in sent] == [{"parse": [], "users": [alice.id]}]
        others = [request.json for request in tavern.sent() if request.json and request.json not in sent]
        assert all(body["allowed_mentions"] == {"parse": []} for body in others if "content" in body)

        m2her.say(words)
        await tavern.say("Alice", "Marlow, once more?")  # she was notified a moment ago
        assert "🔔" not in tavern.posts(tavern.bound)[-1]
        clock.time += timedelta(minutes=6)
        await tavern.say("Bob", "I'm here too.")
        m2her.say("@Bob and @alice.")
        await tavern.say("Alice", "Marlow, and now?")
        assert tavern.posts(tavern.bound)[-1] == f"-# 🔔 <@{bob.id}> <@{alice.id}>"


# --- the page of settings -----------------------------------------------------------------------------


async def test_the_page_of_settings_shows_what_counts_and_changes_it(tavern: Tavern) -> None:
    ada, rook = tavern.staff("Ada", manage_guild=True), tavern.rook()
    first = await open_panel(ada, tavern.bound, "server")
    page = await ada.select(first.used.response, ["when"], custom_id="rp:page:server")
    assert said(page) == [
        "## When personas speak on this server",
        "-# Used in channels without their own",
        "**Pause between replies to one person** · default",
        "**Pause between replies in a channel** · default",
        "**Out of character, to a persona** · default",
        "**`@Name` in a reply** · default",
        "**Quiet hours** · default",
        "None",
        "-# Nobody gets a reply then. Times are in the server's time zone: UTC.",
        "**Commands for other bots** · default",
        "None",
        "-# Messages that begin like this are neither saved nor answered. The bot's owner has set: pk; pk! tul!",
        "**Other bots that personas hear** · default",
        "-# Up to 5. After three replies, a person has to say something first. All other bots are ignored.",
    ]
    assert labels(page) == ["Change quiet hours …", "Change commands …", "Channel settings"]
    assert menus(page) == [
        *(f"rp:set:server:{key}" for key in ("person_cooldown", "channel_cooldown", "ooc", "mentions")),
        "rp:page:server",
    ]
    for label, key, text, refusal in (
        (
            "Change quiet hours …",
            "quiet_hours",
            "at *night*",
            (
                "“at \\*night\\*” can't be read as quiet hours. Write them like `23:00-07:00`, up to four with commas between them, and "
                "not the whole day. Nothing was changed."
            ),
        ),
        (
            "Change commands …",
            "ignored_prefixes",
            "a" * 21,
            (
                f"“{'a' * 21}” can't be read. Write up to 10 beginnings of up to 20 characters, with blanks between them. Nothing was "
                "changed."
            ),
        ),
    ):
        form = await ada.click(page.response, label=label)
        assert (await ada.submit_modal(form, {key: text})).response.content == refusal
    for label, key, text in (
        ("Change quiet hours …", "quiet_hours", "23-7"),
        ("Change commands …", "ignored_prefixes", "! *"),
    ):
        form = await ada.click(page.response, label=label)
        page = await ada.submit_modal(form, {key: text})
    await choose(tavern, "server", timezone="America/New_York")
    page = await ada.select(page.response, ["120"], custom_id="rp:set:server:channel_cooldown")
    page = await ada.select(page.response, [rook], custom_id="rp:bots:server")
    assert said(page)[6:13] == [
        "**Quiet hours** · set for the server",
        "23:00-07:00",
        "-# Nobody gets a reply then. Times are in the server's time zone: America/New_York.",
        "**Commands for other bots** · set for the server",
        "! \\*",
        "-# Messages that begin like this are neither saved nor answered. The bot's owner has set: pk; pk! tul!",
        "**Other bots that personas hear** · set for the server",
    ]
    refused = await ada.select(page.response, [tavern.people["Bob"]], custom_id="rp:bots:server")
    assert refused.response.content == (
        "Only other bots can be chosen here: people are heard anyway, and the bot doesn't hear itself. Nothing was changed."
    )
    settings = await tavern.story.choices.set_of("server", tavern.guild.id)
    assert settings == {
        "quiet_hours": "23:00-07:00",
        "timezone": "America/New_York",
        "ignored_prefixes": "! *",
        "channel_cooldown": "120",
        "bots": str(rook.id),
    }
    page = await ada.select(page.response, [], custom_id="rp:bots:server")
    assert "bots" not in await tavern.story.choices.set_of("server", tavern.guild.id)
    shown = await open_panel(ada, tavern.bound)
    here = await ada.select(shown.used.response, ["when"], custom_id="rp:page:channel")
    assert said(here)[:2] == [
        f"## When personas speak in <#{tavern.bound.id}>",
        "**Pause between replies to one person** · default",
    ]
    assert labels(here) == ["Change quiet hours …", "Server settings"]
