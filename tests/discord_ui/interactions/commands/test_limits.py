"""`/usage`, the page of limits in `/dramatis settings`, and what a channel reads when a budget is used up."""

import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.budgets.caps import read_caps, written
from bot.core.budgets.charges import Charge, Purpose
from bot.core.budgets.rule import Payer
from bot.core.completion import ChatModel, Usage
from bot.core.scene import Place
from bot.discord_ui.interactions.settings_panel.limits import LONGEST
from bot.llm.vault import Vault
from bot.storage.costs import Costs, Spent
from bot.story.budgets.own_keys import Equipment
from bot.story.places.rules import HostLimits
from tests.discord_ui.interactions.commands.panels import Panel, blocks, galleries, labels, open_panel, said
from tests.llm.models import http_model
from tests.standins.m2her import Error, M2her
from tests.tavern import RULES, Tavern, at_once, open_tavern

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
MIDNIGHT = int(datetime(2026, 3, 11, tzinfo=UTC).timestamp())
CHART_LINE = "-# Each day of this month on this server, all of it in grey and yours in copper."
LIMITS = {"bot": "$20 a month", "person": "$0.50 a day"}


@pytest.fixture
async def tavern(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Tavern]:
    monkeypatch.setattr("bot.composition.story.now", lambda: NOON)
    budgets = tuple(limit for payer, text in LIMITS.items() for limit in read_caps(Payer(payer), text) or ())
    rules = replace(RULES, limits=HostLimits(budgets=budgets, chosen=budgets))
    async with open_tavern(m2her, tmp_path, rules=rules) as tavern:
        yield tavern


async def spend(
    tavern: Tavern,
    dollars: float,
    who: Any,
    purpose: Purpose = Purpose.REPLY,
    channel: Any = None,
    at: datetime = NOON,
) -> None:
    place = Place((channel or tavern.bound).id, guild_id=tavern.guild.id)
    charge = Charge.at(place, who.id if who else None, purpose)
    spent = Spent(Usage(1000, 0, 1000), "M2-her", at, microdollars=round(dollars * 1_000_000), charge=charge)
    await Costs(tavern.database).spend_apart(spent)


async def opened(tavern: Tavern, scope: str) -> Panel:
    """The page of limits, in front of an admin."""
    if "Ada" not in tavern.people:
        tavern.staff("Ada", manage_guild=True)
    panel = await open_panel(tavern.people["Ada"], tavern.bound, scope)
    await panel.page("limits")
    return panel


async def submit(panel: Panel, label: str, **fields: str) -> Any:
    form = await panel.who.click(panel.used.response, label=label)
    return await panel.who.submit_modal(form, fields)


# --- in the channel -------------------------------------------------------------------------------


async def test_a_person_who_has_spent_their_day_is_told_once_in_small_print(
    tavern: Tavern, m2her: M2her
) -> None:
    alice = tavern.people["Alice"]
    await spend(tavern, 0.5, alice)
    for text in ("a room?", "please?"):
        await alice.send(tavern.bound, f"{tavern.mention} {text}")
    posts = tavern.posts(tavern.bound)
    (post,) = posts
    assert post == (
        "-# You've used up what the bot can spend on replies to you for now. What you wrote is in the story. "
        f"Ask again <t:{MIDNIGHT}:R>."
    )
    used = await alice.slash(tavern.bound, "talk", text="")
    assert used.ephemeral
    assert used.response.content == (
        f"You've used up what the bot can spend on replies to you for now. Try again <t:{MIDNIGHT}:R>."
    )
    assert m2her.requests == []
    m2her.say("Number four.")
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and me?")
    assert [name for name, _ in tavern.heard] == ["Alice", "Bob"]  # what she wrote is in the story
    refused = await alice.click(tavern.last_post(tavern.bound), label="↻ Again")
    assert refused.response.content.startswith("You've used up what the bot can spend on replies to you")


# --- /usage ---------------------------------------------------------------------------------------


async def test_everyone_sees_their_own_use_the_channels_and_the_servers_and_nobodys_name(
    tavern: Tavern,
) -> None:
    alice, bob = tavern.people["Alice"], tavern.people["Bob"]
    await spend(tavern, 0.17, alice)
    await spend(tavern, 0.03, bob)
    await spend(tavern, 0.05, None, Purpose.RECAP, tavern.elsewhere)
    used = await alice.slash(tavern.bound, "usage")
    assert used.ephemeral
    assert (
        [line for line in said(used) if line != CHART_LINE]
        == [
            "## What was used",
            f"-# Days and months are those of the time zone UTC. The next day begins <t:{MIDNIGHT}:R>.",
            "**You, on all servers together**",
            "Today $0.17 (1,000 tokens) · this month $0.17 (1,000 tokens)",
            "▰▰▰▰▱▱▱▱▱▱ 34% of $0.50 a day",
            "**This channel, with its threads**",
            "Today $0.20 (2,000 tokens) · this month $0.20 (2,000 tokens)",
            "**This server**",
            "Today $0.25 (3,000 tokens) · this month $0.25 (3,000 tokens)",
            "**The bot, on all servers together**",  # whose limit can refuse anybody, and no amounts of other servers
            "▰▱▱▱▱▱▱▱▱▱ 3% of $6.45, which $20 a month lets out until today",
        ]
    )


async def test_where_charts_are_installed_there_is_a_picture_of_the_month_besides(
    tavern: Tavern, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("PIL", reason="the extra [charts] is not installed")
    alice, bob = tavern.people["Alice"], tavern.people["Bob"]
    assert galleries(await alice.slash(tavern.bound, "usage")) == []  # nothing was used yet
    await spend(tavern, 0.17, alice)
    await spend(tavern, 0.03, bob, at=NOON - timedelta(days=3))
    await spend(tavern, 9, bob, at=NOON - timedelta(days=10))  # last month
    used = await alice.slash(tavern.bound, "usage")
    ((address, alt),) = galleries(used)
    assert address.endswith("/usage.png")
    assert alt == (
        "Columns for the days of this month. Days with use: 2. The most was on day 10: $0.17 (1,000 tokens)."
    )
    (file,) = used.response.attachments
    assert (await file.read()).startswith(b"\x89PNG")
    assert said(used)[2] == CHART_LINE
    monkeypatch.setitem(sys.modules, "PIL", None)
    plain = await alice.slash(tavern.bound, "usage")
    assert galleries(plain) == []
    assert plain.response.attachments == []
    assert said(plain) == [*said(used)[:2], *said(used)[3:]]


async def test_an_admin_also_sees_who_used_most_and_what_for(tavern: Tavern) -> None:
    ada, alice = tavern.staff("Ada", manage_guild=True), tavern.people["Alice"]
    await spend(tavern, 0.40, alice)
    await spend(tavern, 0.10, alice, Purpose.AGAIN)
    await spend(tavern, 1, ada)
    await spend(tavern, 0.05, None, Purpose.RECAP)
    used = await ada.slash(tavern.bound, "usage")
    assert blocks(used)[1] == [
        "**Who used most this month**",
        f"1. <@{ada.id}> · $1.00 (1,000 tokens)",
        f"2. <@{alice.id}> · $0.50 (2,000 tokens)",
        "**What it was for this month**",
        "Replies: 2 · $1.40 (2,000 tokens)",
        "Other versions of replies: 1 · $0.10 (1,000 tokens)",
        "Recaps: 1 · $0.05 (1,000 tokens)",
    ]
    assert "▰▰▰▰▰▰▰▰▰▰ 100% of $0.50 a day" in said(used)
    assert f"-# Used up. There's more <t:{MIDNIGHT}:R>." in said(used)
    assert [each for each in said(await tavern.moderator.slash(tavern.bound, "usage")) if "<@" in each] == []


# --- the page of limits ---------------------------------------------------------------------------


async def test_the_pages_word_for_word(tavern: Tavern) -> None:
    panel = await opened(tavern, "server")
    about = (
        "-# They count besides those of the bot's owner, from the next reply on. From 70 % on, prompts grow cheaper. `/usage` shows "
        "what was used."
    )
    assert panel.text == [
        "## Limits on this server",
        about,
        "**Each person** · no limit",
        "-# The bot's owner, for all servers together: $0.50 a day",
        "**Each channel, with its threads** · no limit",
        "-# The bot's owner: no limit",
        "**The whole server** · no limit",
        "-# The bot's owner: $20 a month",
        "**Time zone** · UTC",
        "-# Days and months of this server begin at its midnight.",
    ]
    assert labels(panel.used) == ["Change limits …", "Change time zone …", "Channel settings"]
    await panel.who.click(panel.used.response, label="Channel settings")
    assert panel.text == [
        f"## Limits in <#{tavern.bound.id}>",
        about,
        "**This channel, with its threads** · no limit",
        "-# In place of what the server sets for each channel.",
    ]
    there = Charge.at(Place(1, guild_id=1), None)  # the bot pays for another server too
    await Costs(tavern.database).spend_apart(Spent(Usage(1, 0, 1), "M2-her", NOON, charge=there))
    await panel.who.click(panel.used.response, label="Server settings")
    assert panel.text[6:8] == ["**The whole server** · no limit", "-# The bot's owner: $10 a month"]


def test_whatever_limits_are_set_fit_into_the_form_that_changes_them() -> None:
    most = "1000000m tokens a month, 1000000m tokens a day, $999999.999999 a month, $999999.999999 a day"
    limits = read_caps(Payer.SERVER, most)
    assert limits is not None
    assert len(limits) == 4
    assert len(most) < len(written(limits)) <= LONGEST


async def test_limits_that_an_admin_sets_count_from_the_next_reply_on(tavern: Tavern, m2her: M2her) -> None:
    panel = await opened(tavern, "server")
    await submit(panel, "Change limits …", person="0.2 per day", channel="$1 a day, 2 a month", server="")
    assert [line for line in panel.text if line.startswith("**Each")] == [
        "**Each person** · $0.20 a day",
        "**Each channel, with its threads** · $1 a day, $2 a month",
    ]
    form = await panel.who.click(panel.used.response, label="Change limits …")
    values = [each["component"].get("value", "") for each in form.modal["components"]]
    assert values == ["$0.20 a day", "$1 a day, $2 a month", ""]
    await spend(tavern, 0.2, tavern.people["Alice"])
    await tavern.people["Alice"].send(tavern.bound, f"{tavern.mention} a room?")
    assert m2her.requests == []
    await panel.who.submit_modal(form, {"person": "none", "channel": "", "server": "1000 tokens a day"})
    assert panel.text[2] == "**Each person** · no limit"
    await tavern.people["Alice"].send(tavern.bound, f"{tavern.mention} a room?")
    assert tavern.posts(tavern.bound)[-1].startswith("-# This server has used up what the bot can spend")


async def test_a_channel_has_limits_of_its_own(tavern: Tavern) -> None:
    panel = await opened(tavern, "channel")
    await submit(panel, "Change limits …", channel="5k tokens a day")
    assert "**This channel, with its threads** · 5,000 tokens a day" in panel.text
    await panel.page("main")
    assert panel.setting("respond") == "Mentions, replies and its name (default)"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"person": "lots"}, "“lots” isn't a limit the bot can read. Write it like `$0.50 a day`, `$2 a day, $20 a month`, `200k tokens a day`, or leave the field empty. Nothing was changed."),
        ({"person": "1.000 $ a day"}, "“1.000 $ a day” could be thousands or thousandths of a dollar. Write the amount like `$1000` or `$1.00`. Nothing was changed."),
        ({"person": "**@everyone**"}, "“\\*\\*@everyone\\*\\*” isn't a limit"),
        ({"server": "$1 a day", "person": "$0.60 a day"}, "$0.60 a day is more than the bot's owner allows, which is $0.50 a day. Nothing was changed."),
    ],
)  # fmt: skip
async def test_what_cannot_be_a_limit_is_said_and_changes_nothing(
    tavern: Tavern, fields: dict[str, str], told: str
) -> None:
    panel = await opened(tavern, "server")
    before = panel.text
    used = await submit(panel, "Change limits …", **fields)
    assert used.ephemeral
    assert used.response.content.startswith(told)
    assert panel.text == before
    assert await tavern.database.read("SELECT 1 FROM setting WHERE scope = 'server'") == []


async def test_the_time_zone_is_set_by_its_name_in_any_case(tavern: Tavern) -> None:
    panel = await opened(tavern, "server")
    used = await submit(panel, "Change time zone …", timezone="Middle Earth")
    assert used.response.content == (
        "There's no time zone “Middle Earth”. Write it like `Europe/Berlin`, `America/New_York` or `Asia/Tokyo`, or leave the field empty for "
        "UTC. Nothing was changed."
    )
    await submit(panel, "Change time zone …", timezone=" america/new york ")
    assert "**Time zone** · America/New_York" in panel.text
    used = await tavern.people["Alice"].slash(tavern.bound, "usage")
    there = int(datetime(2026, 3, 11, 4, tzinfo=UTC).timestamp())
    assert said(used)[1] == (
        f"-# Days and months are those of the time zone America/New_York. The next day begins <t:{there}:R>."
    )
    # Else a day, and what may be spent on it, could begin again each hour.
    used = await submit(panel, "Change time zone …", timezone="")
    assert used.response.content.startswith(
        "The time zone can be changed once in seven days, because limits begin again with it. You can change it again <t:"
    )
    assert "**Time zone** · America/New_York" in panel.text
    week = 7 * 24 * 3600 * 1000
    await tavern.database.write(
        "UPDATE setting SET created_at = created_at - ? WHERE key = 'timezone'", (week,)
    )
    await submit(panel, "Change time zone …", timezone="")
    assert "**Time zone** · UTC" in panel.text


async def test_an_admin_who_was_demoted_while_the_form_was_open_sets_nothing(tavern: Tavern) -> None:
    panel = await opened(tavern, "server")
    form = await panel.who.click(panel.used.response, label="Change limits …")
    tavern.env.backend.get_guild(tavern.guild.id).members[panel.who.id].role_ids.clear()
    used = await panel.who.submit_modal(form, {"person": "$0.10 a day"})
    assert used.response.content == "You need the Manage Server permission here to do that."
    assert await tavern.database.read("SELECT 1 FROM setting WHERE scope = 'server'") == []


# --- a server's own key ---------------------------------------------------------------------------

KEY = "sk-api-of-the-tavern-itself"


async def keyed(tavern: Tavern, m2her: M2her, secret: str | None = "a secret that nobody can guess") -> Panel:
    """The page of limits of a server that may bring a key."""

    def model(key: str) -> ChatModel:
        return http_model(m2her.base_url, api_key=key, sleep=at_once)

    keys, casting = tavern.story.records.spending.keys, tavern.story.casting
    keys.equipment = Equipment(Vault(secret, m2her.base_url) if secret else None, model, model)
    casting.rules = replace(casting.rules, limits=replace(casting.rules.limits, own_keys=True))
    return await opened(tavern, "server")


async def test_a_key_is_set_by_a_form_tried_and_never_shown_and_removed_by_a_button(
    tavern: Tavern, m2her: M2her
) -> None:
    m2her.key = KEY  # the model takes no other one, the host's neither
    panel = await keyed(tavern, m2her)
    assert panel.text[8] == "**Own key** · none"
    used = await submit(panel, "Set key …", key="sk-api-wrong")
    assert used.followups[0].content == (
        "The AI model didn't accept this key. Copy it again, and check that it belongs to the same provider and region as the bot's. "
        "Nothing was saved."
    )
    assert panel.text[8] == "**Own key** · none"
    await submit(panel, "Set key …", key=KEY)
    ada, noon = panel.who.id, int(NOON.timestamp())
    assert panel.text[8] == f"**Own key** · set by <@{ada}> <t:{noon}:R>"
    form = await panel.who.click(panel.used.response, label="Replace key …")
    assert KEY not in str(form.modal)
    await spend(tavern, 0.5, tavern.people["Alice"])
    m2her.say("From your own purse.")
    await tavern.people["Alice"].send(tavern.bound, f"{tavern.mention} a room?")
    assert tavern.posts(tavern.bound)[-1] == "From your own purse."
    used = await tavern.people["Alice"].slash(tavern.bound, "usage")
    assert "-# This server's own key pays, so none of the bot owner's limits count." in said(used)
    assert panel.text[9] == "-# It pays for the replies of this server. None of the bot owner's limits count."
    keys = tavern.story.records.spending.keys
    await keys.close()
    keys.equipment = Equipment(
        Vault("another secret", m2her.base_url), http_model, None
    )  # as after a restart
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} and me?")
    assert tavern.posts(tavern.bound)[-1] == (
        "The bot can't read the key of this server anymore, because the bot's owner has changed what it was saved with. Someone with Manage "
        "Server can enter it again, or remove it, in `/dramatis settings` on the page *Limits and time zone*."
    )
    panel = await opened(tavern, "server")
    assert panel.text[9] == (
        "-# ⚠ The bot can't read it anymore, because the bot's owner has changed what it was saved with. Enter it again, or remove it: until "
        "then, nobody is answered here."
    )
    await panel.who.click(panel.used.response, label="Remove key")
    assert panel.text[8] == "**Own key** · none"


async def test_without_the_hosts_secret_the_bot_says_what_the_host_has_to_do(
    tavern: Tavern, m2her: M2her
) -> None:
    panel = await keyed(tavern, m2her, None)
    used = await panel.who.click(panel.used.response, label="Set key …")
    assert used.response.content == (
        "The bot can't save keys yet: the bot's owner has to set `secret_key` in its configuration first, to a secret of 32 characters or more. "
        "Nothing was saved."
    )


async def test_a_key_that_stops_working_is_told_in_the_channel(tavern: Tavern, m2her: M2her) -> None:
    panel = await keyed(tavern, m2her)
    m2her.say("Hi")
    await submit(panel, "Set key …", key=KEY)
    m2her.say(Error(1008))
    await tavern.people["Bob"].send(tavern.bound, f"{tavern.mention} a room?")
    assert tavern.posts(tavern.bound)[-1] == (
        "The AI account of this server is out of credit. Someone with Manage Server can add more, or remove the server's key in "
        "`/dramatis settings` on the page *Limits and time zone*."
    )
