"""English sentences of `/help`.

Law: that of `catalogue/players.py`, of which they are a part.
"""

from collections.abc import Mapping

HELP: Mapping[str, str] = {
    "help.who": "## Talk to {persona}",
    "help.example.asked": "> **{person}:** *sits down* Good evening, {called}!",
    "help.example.answered": "> **{persona}:** *looks up* Good evening, {person}. What brings you here?",
    "help.writing": "Write actions in `*asterisks*`, and what isn't part of the story in `((double brackets))`.",
    "help.nobody": "No persona is set for this channel. Someone with Manage Channels can choose one with `/persona use`.",
    "help.respond.mention": "To get a reply, mention the bot or reply to {persona}.",
    "help.respond.name": "To get a reply, mention the bot, reply to {persona} or say the name {persona}.",
    "help.respond.always": "{persona} replies to every message.",
    "help.respond.never": "{persona} doesn't reply to messages here.",
    "help.heard": "{persona} knows you by your name here. Edit or delete a message, and the story follows.",
    "help.commands": "**What you can do**",
    "help.command.talk": "{talk} says something to the persona, or continues the story if you leave it empty. To delete "
    "what it posts for you, use Remove from story.",
    "help.command.roll": "{roll} rolls dice in front of everyone, for example `2d6+1`.",
    "help.command.privacy": "{privacy} shows, exports or deletes what is saved about you, and lets you opt out.",
    "help.command.scene": "{list} and {info} show this channel's scenes.",
    "help.command.export": "{list} and {info} show this channel's scenes. {export} gives you one as a file.",
    "help.command.memory": "{memory} shows what the story always remembers, and finds what was said.",
    "help.command.begin": "{new} starts a new scene, and {resume} continues an earlier one. You can undo both.",
    "help.command.thread": "{new} starts your own scene in a thread.",
    "help.command.resume": "{resume} continues an earlier scene. You can undo it.",
    "help.command.undo": "{undo} takes the last exchange out of the story. You can redo it.",
    "help.admins": "**For admins**",
    "help.command.persona": "{use} and {clear} change this channel's persona. With {add} and {remove}, several play.",
    "help.command.cast": "{list} and {show} show the personas. {new} and {upload} add one for this server.",
    "help.command.lore": "{list} and {test} show the lorebooks, and what they tell. {upload} adds one.",
    "help.command.settings": "{command} shows the settings and what the bot is missing here.",
    "help.command.inspect": "{command} shows what the AI model gets.",
    "help.command.pause": "{command} stops the bot on this server.",
    "help.rights.all": "Everyone can start and resume scenes here ({settings}).",
    "help.rights.mods": "Only people with Manage Messages can start and resume scenes here ({settings}).",
    "help.stored.bound": "Messages in this channel are saved on the bot owner's computer until they're deleted here or too old.",
    "help.stored.unbound": "Only messages to the persona and its replies are saved here, until they're deleted or too old.",
    "help.stored.nothing": "Nothing you write here is saved.",
    "help.sent": "For each reply, the latest part of the story is sent to {provider}, with people's names. Nobody else gets it.",
}
