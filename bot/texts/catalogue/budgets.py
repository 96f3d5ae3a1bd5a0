"""English sentences about what replies cost and who may spend how much; part of `PLAYERS`.

Law: that of `catalogue/players.py`. Times are in Discord's own format, which each reader sees in their zone and language.
"""

from collections.abc import Mapping
from typing import Final

BUDGETS: Final[Mapping[str, str]] = {
    # --- in the channel, when a budget is used up ---------------------------------------------------
    "player.spent_person": "You've used up what the bot can spend on replies to you for now. What you wrote is in the story. Ask again "
    "<t:{about}:R>.",
    "player.spent_channel": "This channel has used up what the bot can spend here for now. What you wrote is in the story. Ask again "
    "<t:{about}:R>.",
    "player.spent_server": "This server has used up what the bot can spend on it for now. What you wrote is in the story. Ask again "
    "<t:{about}:R>.",
    "player.spent_bot": "The bot has used up what its owner lets it spend for now, on all servers together. What you wrote is in the story. "
    "Ask again <t:{about}:R>.",
    "player.too_small": "A limit here is less than a single reply costs, so no persona can answer. What you wrote is in the story. `/usage` shows the limits; "
    "the bot's owner can raise them, and people with Manage Server those of this server.",
    "player.too_small.outside": "A limit is less than a single reply costs, so no persona can answer. The bot's owner can raise it.",
    "revise.spent_person": "You've used up what the bot can spend on replies to you for now. Try again <t:{about}:R>.",
    "revise.spent_channel": "This channel has used up what the bot can spend here for now. Try again <t:{about}:R>.",
    "revise.spent_server": "This server has used up what the bot can spend on it for now. Try again <t:{about}:R>.",
    "revise.spent_bot": "The bot has used up what its owner lets it spend for now, on all servers together. Try again <t:{about}:R>.",
    "revise.too_small": "A limit here is less than a single reply costs. `/usage` shows the limits; the bot's owner can raise them, and people with "
    "Manage Server those of this server.",
    "memory.unpaid": "Making the recap costs more than the bot can spend here for now. Try again tomorrow, or see `/usage`.",
    "memory.recap.unpaid": "the bot's budget here is used up for now",
    "player.own_key": "The AI model didn't accept the key of this server. Someone with Manage Server can set another one, or remove it, in "
    "`/dramatis settings` on the page *Limits and time zone*.",
    "player.own_key_sealed": "The bot can't read the key of this server anymore, because the bot's owner has changed what it was saved with. Someone with "
    "Manage Server can enter it again, or remove it, in `/dramatis settings` on the page *Limits and time zone*.",
    "player.own_balance": "The AI account of this server is out of credit. Someone with Manage Server can add more, or remove the server's key "
    "in `/dramatis settings` on the page *Limits and time zone*.",
    # --- amounts and limits -----------------------------------------------------------------------
    "limit.money.day": "{amount} a day",
    "limit.money.month": "{amount} a month",
    "limit.tokens.day": "{amount:,} tokens a day",
    "limit.tokens.month": "{amount:,} tokens a month",
    "limit.none": "no limit",
    "limit.amount.money": "{amount}",
    "limit.amount.tokens": "{amount:,} tokens",
    "limit.spent": "{money} ({tokens:,} tokens)",
    "limit.spent.tokens": "{tokens:,} tokens",
    "limit.bar": "{bar} {share} of {limit}",
    "limit.bar.let_out": "{bar} {share} of {amount}, which {limit} lets out until today",
    # --- /usage -------------------------------------------------------------------------------------
    "describe.usage": "See what you, this channel and this server have used",
    "help.command.usage": "{usage} shows what you, this channel and the server have used, and how much is left.",
    "usage.title": "## What was used",
    "usage.days": "Days and months are those of the time zone {zone}. The next day begins <t:{at}:R>.",
    "usage.own_key": "This server's own key pays, so none of the bot owner's limits count.",
    "usage.of.person": "**You, on all servers together**",
    "usage.of.channel": "**This channel, with its threads**",
    "usage.of.server": "**This server**",
    "usage.of.bot": "**The bot, on all servers together**",
    "usage.of.servers": "**All servers this month**\n-# Only you see this, as the bot's owner. Days and months are those of UTC.",
    "usage.of_server": "{number}. {server} · today {today} · this month {month}",
    "usage.of_server.own_key": "{number}. {server} · its own key · today {today} · this month {month}",
    "usage.no_server": "outside of servers",
    "usage.more_servers": "`python -m bot usage` shows all {count} of them.",
    "usage.amounts": "Today {today} · this month {month}",
    "usage.used_up": "Used up. There's more <t:{at}:R>.",
    "usage.thrifty": "Prompts are cheaper now: personas read fewer of the latest messages.",
    "usage.chart": "Each day of this month on this server, all of it in grey and yours in copper.",
    "usage.chart.alt": "Columns for the days of this month. Days with use: {days}. The most was on day {day}: {amount}.",
    "usage.people": "**Who used most this month**",
    "usage.person": "{number}. <@{user}> · {amount}",
    "usage.purposes": "**What it was for this month**",
    "usage.purpose.reply": "Replies: {count} · {amount}",
    "usage.purpose.again": "Other versions of replies: {count} · {amount}",
    "usage.purpose.continue": "Continued replies: {count} · {amount}",
    "usage.purpose.recap": "Recaps: {count} · {amount}",
    "usage.purpose.try": "Tries of personas: {count} · {amount}",
    # --- the pages of /dramatis settings ------------------------------------------------------------
    "panel.page.main": "General",
    "panel.page.limits": "Limits and time zone",
    "limits.title.server": "## Limits on this server",
    "limits.title.channel": "## Limits in <#{channel}>",
    "limits.about": "They count besides those of the bot's owner, from the next reply on. From 70 % on, prompts grow cheaper. {usage} shows what "
    "was used.",
    "limits.of.person": "**Each person** · {limits}\n-# The bot's owner, for all servers together: {hosts}",
    "limits.of.channel": "**Each channel, with its threads** · {limits}\n-# The bot's owner: {hosts}",
    "limits.of.this": "**This channel, with its threads** · {limits}\n-# In place of what the server sets for each channel.",
    "limits.of.server": "**The whole server** · {limits}\n-# The bot's owner: {hosts}",
    "button.limits.change": "Change limits …",
    "limits.form": "Limits",
    "limits.field.person": "Each person",
    "limits.field.channel": "Each channel, with its threads",
    "limits.field.server": "The whole server",
    "limits.hint": "$0.50 a day, 200k tokens a month",
    "limits.not_read": "“{text}” isn't a limit the bot can read. Write it like `$0.50 a day`, `$2 a day, $20 a month`, `200k tokens a day`, or leave the "
    "field empty. Nothing was changed.",
    "limits.ambiguous": "“{text}” could be thousands or thousandths of a dollar. Write the amount like `$1000` or `$1.00`. Nothing was changed.",
    "limits.foreign": "“{text}” names other money. Amounts are in US dollars: write it like `$0.50 a day`. Nothing was changed.",
    "limits.above": "{limit} is more than the bot's owner allows, which is {hosts}. Nothing was changed.",
    "key.none": "**Own key** · none\n-# With a key of this server's own for the bot's AI model, the server pays, and none of the bot owner's limits count. It's "
    "tried once, saved encrypted, and shown to nobody.",
    "key.set": "**Own key** · set by <@{user}> <t:{at}:R>",
    "key.set.by_nobody": "**Own key** · set <t:{at}:R>",
    "key.used": "It pays for the replies of this server. None of the bot owner's limits count.",
    "key.idle": "It isn't used: the bot's owner doesn't let servers bring keys of their own anymore. The bot's owner pays.",
    "key.sealed": "⚠ The bot can't read it anymore, because the bot's owner has changed what it was saved with. Enter it again, or remove it: until then, nobody "
    "is answered here.",
    "button.key.set": "Set key …",
    "button.key.replace": "Replace key …",
    "button.key.remove": "Remove key",
    "key.form": "Own key",
    "key.field": "Key for the bot's AI model",
    "key.hint": "From the page of your AI account",
    "key.gone": "There's no key anymore.",
    "key.not_allowed": "The bot's owner doesn't let servers bring keys of their own.",
    "key.unsealed": "The bot can't save keys yet: the bot's owner has to set `secret_key` in its configuration first, to a secret of 32 characters or "
    "more. Nothing was saved.",
    "key.odd": "This isn't a key: keys have no spaces and only letters, digits and signs of ASCII. Copy it again. Nothing was saved.",
    "key.refused": "The AI model didn't accept this key. Copy it again, and check that it belongs to the same provider and region as the bot's. Nothing was "
    "saved.",
    "key.no_credit": "The AI account of this key is out of credit. Nothing was saved.",
    "key.no_model": "This key may not use the bot's AI model. Nothing was saved.",
    "key.untried": "The AI model couldn't be asked just now, so the key couldn't be tried. Try again in a minute. Nothing was saved.",
    "timezone.now": "**Time zone** · {zone}",
    "timezone.about": "Days and months of this server begin at its midnight.",
    "button.timezone": "Change time zone …",
    "timezone.form": "Time zone",
    "timezone.field": "Time zone",
    "timezone.hint": "Europe/Berlin",
    "timezone.soon": "The time zone can be changed once in seven days, because limits begin again with it. You can change it again <t:{at}:D>.",
    "timezone.unknown": "There's no time zone “{text}”. Write it like `Europe/Berlin`, `America/New_York` or `Asia/Tokyo`, or leave the field empty "
    "for UTC. Nothing was changed.",
}
