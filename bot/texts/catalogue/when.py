"""English sentences about when personas speak: cooldowns, quiet hours, other bots, out of character; part of `PLAYERS`.

Law: that of `catalogue/players.py`. Times are in Discord's own format, which each reader sees in their zone and language.
"""

from collections.abc import Mapping
from typing import Final

WHEN: Final[Mapping[str, str]] = {
    # --- in the channel ---------------------------------------------------------------------------
    "player.cooling": "You've just had a reply here. What you wrote is in the story. You can ask again <t:{about}:R>.",
    "player.channel_cooling": "Replies have pauses between them in this channel. What you wrote is in the story. Ask again <t:{about}:R>.",
    "player.quiet": "It's quiet time here until <t:{about}:t>. What you wrote is in the story, and personas reply again after that.",
    "player.ooc_ignored": "Personas aren't told what's said out of character here. Only `((are you an AI?))`, `((stop))` and `((help))` get an answer.",
    "player.mentioned": "🔔 {people}",
    "talk.wait.cooling": "You've just had a reply here. Try again <t:{about}:R>.",
    "talk.wait.channel_cooling": "Replies have pauses between them in this channel. Try again <t:{about}:R>.",
    "talk.wait.quiet": "It's quiet time here until <t:{about}:t>. Try again after that.",
    "revise.quiet": "It's quiet time here until <t:{about}:t>. Try again after that.",
    # --- the page of /dramatis settings -------------------------------------------------------------
    "panel.page.when": "When they speak",
    "panel.when.title": "## When personas speak in <#{channel}>",
    "panel.when.title.server": "## When personas speak on this server",
    "menu.person_cooldown": "Pause between replies to one person",
    "menu.channel_cooldown": "Pause between replies in a channel",
    "menu.ooc": "Out of character, to a persona",
    "menu.mentions": "`@Name` in a reply",
    "menu.quiet_hours": "Quiet hours",
    "menu.timezone": "Time zone",
    "menu.ignored_prefixes": "Commands for other bots",
    "menu.bots": "Other bots that personas hear",
    "setting.cooldown.none": "None",
    "setting.cooldown.seconds": "{count} seconds",
    "setting.cooldown.minutes": "{count} minutes",
    "setting.cooldown.minute": "1 minute",
    "setting.cooldown.hour": "1 hour",
    "setting.ooc.ignore": "Personas aren't told",
    "setting.ooc.steer": "A wish for the next reply",
    "setting.ooc.answer": "Answered out of character",
    "setting.mentions.on": "Notifies people who want that",
    "setting.mentions.off": "Notifies nobody",
    "written.quiet_hours": "{value}\n-# Nobody gets a reply then. Times are in the server's time zone: {zone}.",
    "written.ignored_prefixes": "{value}\n-# Messages that begin like this are neither saved nor answered. The bot's owner has set: {hosts}",
    "written.bots": "-# Up to {most}. After three replies, a person has to say something first. All other bots are ignored.",
    "written.none": "None",
    "button.write.quiet_hours": "Change quiet hours …",
    "button.write.ignored_prefixes": "Change commands …",
    "write.quiet_hours": "Quiet hours",
    "write.quiet_hours.hint": "23:00-07:00, 12:30-13:30",
    "write.quiet_hours.about": "Empty: as further up. none: no quiet hours.",
    "write.ignored_prefixes": "Commands for other bots",
    "write.ignored_prefixes.hint": "! ?",
    "write.ignored_prefixes.about": "How messages begin that are for other bots, with blanks between them.",
    "write.unread.quiet_hours": "“{text}” can't be read as quiet hours. Write them like `23:00-07:00`, up to four with commas between them, and not the "
    "whole day. Nothing was changed.",
    "write.unread.ignored_prefixes": "“{text}” can't be read. Write up to {most} beginnings of up to {longest} characters, with blanks between them. Nothing was "
    "changed.",
    "bots.hint": "None",
    "bots.people": "Only other bots can be chosen here: people are heard anyway, and the bot doesn't hear itself. Nothing was changed.",
}
