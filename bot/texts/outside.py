"""English sentences for where the bot is used outside of servers; part of `PLAYERS`.

Law: as of `texts/players.py`. A key that ends in `.outside` says there what the key without it says on servers: voices for
readers outside of servers choose it by themselves. There are no channels, moderators or other people in it.
"""

from collections.abc import Mapping
from typing import Final

OUTSIDE: Final[Mapping[str, str]] = {
    "reach.no_direct": "This bot doesn't play in direct messages. Its owner can turn that on (`dm` in config.yaml).",
    "reach.no_personal": "This bot can only be used on its servers. Its owner can turn on the rest (`user_install` in config.yaml).",
    "reach.only_servers": "That's for servers. Use it in a channel of one.",
    "again.talk": "Use `/talk` again.",
    "help.command.persona_own": "{list} shows who can play. {use} and {clear} change who plays with you.",
    # --- said otherwise on servers ----------------------------------------------------------------
    "player.no_persona.outside": "No persona plays with you here yet. Choose one from the menu, or name one in `/talk`.",
    "player.age_restricted.outside": "{about} is only for age-restricted channels of servers. Choose another persona.",
    "command.age_restricted.outside": "{persona} is only for age-restricted channels of servers. Choose another persona.",
    "revise.age_restricted.outside": "{about} is only for age-restricted channels of servers. Choose another persona.",
    "player.persona_missing.outside": "The persona that plays with you here, `{about}`, can't be loaded: its file is missing or broken. The bot's owner can fix `{about}.yaml`. Until then, choose another one.",
    "player.recording.outside": "What you say to {persona} here is saved, and so are the replies. For each reply, the latest part is sent to {provider}. `/privacy` shows and deletes it.",
    "player.restarting.outside": "The bot is restarting. Write again in a moment.",
    "player.storage.outside": "The bot couldn't save what you wrote, so it can't reply. The bot's owner can find the reason in the log. Write again to try once more.",
    "player.asked_stop.outside": "Out of character: OK. {about} says nothing until you write again. To leave the story, just stop writing; to take your messages out of it, delete them.",
    "player.spent_channel.outside": "What the bot can spend on replies here is used up for now. What you wrote is in the story. Ask again <t:{about}:R>.",
    "revise.spent_channel.outside": "What the bot can spend on replies here is used up for now. Try again <t:{about}:R>.",
    "player.channel_cooling.outside": "Replies have pauses between them here. What you wrote is in the story. Ask again <t:{about}:R>.",
    "talk.wait.channel_cooling.outside": "Replies have pauses between them here. Try again <t:{about}:R>.",
    "again.retry.outside": "Press Retry or write again.",
    "again.continue.outside": "Press Continue or keep writing.",
    "again.mention.outside": "Write again.",
    "opener.plays_here.outside": "Now plays with you here",
    "command.no_category.outside": "Only channels of servers are in categories. Leave `where` empty.",
    "command.no_such_scene.outside": "There's no such scene here. Use `/scene list` to see them.",
    "revise.more.outside": "What do you want to do with this reply?\n-# *Not this* covers it, and the story takes another way.",
    "revise.covered.outside": "Done. The reply is covered, and the next one takes another way.",
    "revise.covered.part.outside": "The reply left the story, but the bot can't cover all of it here.",
    "revise.not_this_limit.outside": "You've covered three replies within an hour. You can do it again in {minutes} min.",
    "memory.recap.paused.outside": "⏸ Paused: it stays as it is until you press Resume.",
    "memory.no_scene.outside": "There's no scene here yet.",
    "scene.none.outside": "There's no scene here yet. Use `/scene new` to start one.",
    "scene.info.nobody.outside": "No persona plays with you here.",
    "export.subtitle.outside": "{turns} · {first} to {last}",
    "export.subtitle.day.outside": "{turns} · {first}",
    "cast.cleared.channel.outside": "No persona plays with you here anymore. What was saved stays saved. Use `/persona use` to choose another one.",
    "report.sent.host.outside": "Reported to the bot's owner, who sees your name and what you wrote. To cover the reply, use Not this.",
    "report.nowhere.outside": "The bot's owner has no place for reports yet. To cover the reply, use Not this.",
    "report.failed.outside": "Your report couldn't be sent. Try again later. You wrote:",
    "myself.server.outside": "**Outside servers** you are",
    "myself.none.outside": "None yet. Add one, and you play it wherever you use the bot outside servers.",
    "myself.delete.what.outside": "What {name} said stays in its stories, under this name, but personas are no longer told who that is. Where you play {name}, you're yourself afterwards, or on a server who you are on the rest of it. You can't undo this.",
    "usage.of.channel.outside": "**Here**",
    "help.nobody.outside": "No persona plays with you here yet. Name one in `/talk`.",
    "help.command.talk.outside": "{talk} says something to the persona, or continues the story if you leave it empty.",
    "help.command.roll.outside": "{roll} rolls dice, for example `2d6+1`.",
    "help.command.export.outside": "{list} and {info} show your scenes here. {export} gives you one as a file.",
    "help.command.usage.outside": "{usage} shows what you have used, and how much is left.",
    "help.stored.bound.outside": "What you write here and the replies are saved on the bot owner's computer until they're deleted here or too old.",
    "privacy.messages.outside": "- Your messages: {count}, {here} of them here",
    "privacy.forget.what.outside": "Your messages, names, quotes, pins, notes and choices are deleted from the bot's memory. So is the text of each reply that answered you, or that has your name or eight of your words in a row. You can't undo this.\n-# What others wrote stays. On Discord itself nothing changes: you get links to the replies. On servers, a moderator can delete them.",
    "privacy.forget.here.outside": "**Here**\nYour messages: {messages} · replies: {replies}",
    "privacy.posts.outside": "These posts still show what was forgotten. On servers, a moderator can delete them:",
}
