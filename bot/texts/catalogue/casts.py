"""English sentences about casts: several personas in one channel.

Law: that of `catalogue/players.py`, of which they are a part.
"""

from collections.abc import Mapping

CASTS: Mapping[str, str] = {
    "describe.persona.add": "Let another persona play in this channel, beside those that do",
    "describe.persona.remove": "Take a persona out of this channel's cast",
    "describe.persona.member": "One that plays here",
    "player.muted": "{about} is muted here and only replies to `/talk` with `persona`. Someone with Manage Server can change that "
    "in `/dramatis settings`.",
    "opener.plays_too": "{persona} plays here now, too",
    "opener.how.cast.mention": "@mention the bot or reply to one of them · `*actions*` · `((out of character))`",
    "opener.how.cast.name": "Say a name, reply to one of them or @mention the bot · `*actions*` · `((out of character))`",
    "opener.how.cast.always": "One of them replies to every message; say a name to choose · `*actions*` · `((out of character))`",
    "opener.how.cast.never": "They reply only to `/talk` · `*actions*` · `((out of character))`",
    "cast.already": "{persona} already plays here.",
    "cast.full": "Up to {most} personas can play in one channel. Use `/persona remove` first.",
    "cast.absent": "{persona} doesn't play here. Who does: {others}.",
    "cast.absent.alone": "{persona} doesn't play here, and neither does another persona. Use `/persona use` to choose one.",
    "cast.removed": "**{persona}** doesn't play here anymore. Who does: {others}. What was said stays in the story.",
    "cast.mark.muted": "muted here",
    "menu.persona_talk": "Personas talk to each other",
    "setting.persona_talk.on": "Yes, a little, until someone writes",
    "setting.persona_talk.off": "No",
    "panel.cast.title": "## Who plays in <#{channel}>",
    "panel.cast.title.server": "## Personas on this server",
    "panel.cast.how": "`/persona add` and `/persona remove` change who plays here. `/persona use` makes one play alone.",
    "panel.cast.nobody": "There's no persona here.",
    "panel.cast.elsewhere": "The persona here is set for more than this channel. To change how it plays, use `/persona use` or "
    "`/persona add` here first.",
    "panel.cast.lead": "**{persona}** · leads: its scenario and greeting count",
    "panel.cast.member": "**{persona}**",
    "panel.cast.several": "Several play here: {personas}. Choosing one in this menu makes it play alone.",
    "panel.page.cast": "Who plays, and how much each talks",
    "cast.talk.usual": "Replies when it's asked",
    "cast.talk.all": "Replies to every message",
    "cast.talk.turns": "Takes turns with the others",
    "cast.talk.never": "Never joins in unasked",
    "cast.talk.percent": "Joins in unasked, about {percent} times in 100",
    "cast.talk.always": "Joins in on every message",
    "cast.talk.muted": "Muted: only /talk makes it speak",
    "help.cast": "Here play {personas}. Say a name or reply to one of them to choose who replies.",
    "help.respond.cast.mention": "To get a reply, mention the bot or reply to one of them.",
    "help.respond.cast.name": "To get a reply, say a name, reply to one of them or mention the bot.",
    "help.respond.cast.always": "One of them replies to every message.",
    "help.respond.cast.never": "They don't reply to messages here.",
}
