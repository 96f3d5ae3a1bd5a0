"""What `/usage` shows: what was used today and this month, how much of each limit that is, and who used it.

Law: everyone sees their own use, the channel's and the server's, and what share of the bot's limits is used;
others' names only people with Manage Server, and other servers only the bot's owner. It reads and changes
nothing.
"""

import asyncio
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import discord

from bot.core.budgets.rule import Account, Level, Unit
from bot.discord_ui.interactions.budgets.chart import Columns, draw
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import show
from bot.discord_ui.interactions.common.rights import may
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.voices import voice_of
from bot.story.budgets.spending import LEAST
from bot.story.budgets.usage import MonthByDay, Overview, ServerOverview, ServerSpend
from bot.texts.money import account_text, amount_text
from bot.texts.sentences import Voice

MOST_SERVERS: Final = 15
"""How many servers the host is shown: a panel has at most 4,000 characters, Discord's limit."""

CHART: Final = "usage.png"
"""The name of the picture."""


async def show_usage(services: Services, interaction: discord.Interaction) -> None:
    """Answer with the panel, for its person alone."""
    reports, place, voice = (
        services.story.records.spending.reports,
        place_of(interaction),
        voice_of(interaction),
    )
    found = await reports.of(place, interaction.user.id)
    blocks = list(_blocks(found, voice))
    chart = None
    if await services.servers.tells_host(interaction.user.id, interaction.guild_id):
        blocks += _of_servers(await reports.of_servers(), services.servers.name, voice)
    if place.guild_id is not None:
        if may(interaction, "manage_guild"):
            blocks += _of_server(await reports.of_server(place.guild_id), voice)
        month = await reports.by_day(place.guild_id, interaction.user.id)
        chart = await _chart(month, interaction, voice)
    if chart is None:
        await show(interaction, panel.panel(blocks))
    else:
        blocks[1:1] = chart.blocks
        await show(interaction, panel.panel(blocks), file=chart.file)


class _Chart(NamedTuple):
    """The picture of a month, and where it stands in the panel."""

    file: discord.File
    blocks: list[panel.Block]


async def _chart(month: MonthByDay, interaction: discord.Interaction, voice: Voice) -> _Chart | None:
    """Return the picture; None if there is none, or the bot may not attach it."""
    if not interaction.app_permissions.attach_files:
        return None
    columns = _columns(month)
    drawn = await asyncio.to_thread(draw, columns)
    if drawn is None:
        return None
    image = panel.image(f"attachment://{CHART}", _alt(month, columns, voice))
    legend = panel.text(panel.small(voice.say("usage.chart")))
    return _Chart(discord.File(io.BytesIO(drawn), CHART), [image, legend])


def _columns(month: MonthByDay) -> Columns:
    """Return the columns of a month: in money, if any of it had a price."""
    unit = Unit.MONEY if any(each.microdollars for each in month.all) else Unit.TOKENS
    everybody, own = ([each.of(unit) for each in amounts] for amounts in (month.all, month.own))
    return Columns(everybody, own, month.today.days_in_month, unit is Unit.MONEY)


def _alt(month: MonthByDay, columns: Columns, voice: Voice) -> str:
    """Return what the picture says to those who cannot see it: the dearest day, and how many there were."""
    dearest = columns.all.index(max(columns.all))
    used = sum(amount > 0 for amount in columns.all)
    return voice.say("usage.chart.alt", days=used, day=dearest + 1, amount=amount_text(month.all[dearest]))


def _blocks(found: Overview, voice: Voice) -> Iterator[panel.Block]:
    notes = [voice.say("usage.days", zone=str(found.day.zone), at=int(found.day.end.timestamp()))]
    if found.is_paid_by_server:
        notes.append(voice.say("usage.own_key"))
    yield panel.text(voice.say("usage.title"), *map(panel.small, notes))
    for used in found.used:
        amounts = voice.say("usage.amounts", today=amount_text(used.today), month=amount_text(used.month))
        yield panel.text(voice.say(f"usage.of.{used.payer}"), amounts, *_bars(used.accounts, voice))
    if found.bots:
        yield panel.text(voice.say("usage.of.bot"), *_bars(found.bots, voice))


def _of_servers(
    found: Sequence[ServerSpend], name: Callable[[int], str], voice: Voice
) -> Iterable[panel.Block]:
    """Return what the host sees: what each server spent, the dearest first."""
    if not found:
        return ()
    lines = [
        voice.say(
            "usage.of_server.own_key" if each.own_key else "usage.of_server",
            number=number,
            server=voice.say("usage.no_server")
            if each.guild_id is None
            else panel.plain(name(each.guild_id)),
            today=amount_text(each.today),
            month=amount_text(each.month),
        )
        for number, each in enumerate(found[:MOST_SERVERS], 1)
    ]
    if len(found) > MOST_SERVERS:
        lines.append(panel.small(voice.say("usage.more_servers", count=len(found))))
    return panel.line(), panel.text(voice.say("usage.of.servers"), *lines)


def _bars(accounts: Iterable[Account], voice: Voice) -> Iterator[str]:
    """Yield the bars of limits."""
    for account in accounts:
        yield voice.render(account_text(account))
        level = account.level(LEAST)
        if level is Level.REFUSED:
            yield panel.small(voice.say("usage.used_up", at=int(account.more_at(LEAST).timestamp())))
        elif level is Level.THRIFTY:
            yield panel.small(voice.say("usage.thrifty"))


def _of_server(found: ServerOverview, voice: Voice) -> Iterable[panel.Block]:
    """Return what admins see: who used most this month, and what for."""
    if not found.uses:
        return ()
    people = [
        voice.say("usage.person", number=number, user=each.user_id, amount=amount_text(each.amount))
        for number, each in enumerate(found.people, 1)
    ]
    uses = [
        voice.say(f"usage.purpose.{each.purpose}", count=each.times, amount=amount_text(each.amount))
        for each in found.uses
    ]
    return (
        panel.line(),
        *([panel.text(voice.say("usage.people"), *people)] if people else ()),
        panel.text(voice.say("usage.purposes"), *uses),
    )
