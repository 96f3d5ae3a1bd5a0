"""English sentences for where the bot is used outside of servers; part of `PLAYERS`.

Law: as of `texts/players.py`.
"""

from collections.abc import Mapping
from typing import Final

OUTSIDE: Final[Mapping[str, str]] = {
    "reach.no_direct": "This bot doesn't play in direct messages. Its owner can turn that on (`dm` in config.yaml).",
    "reach.no_personal": "This bot can only be used on its servers. Its owner can turn on the rest (`user_install` in config.yaml).",
    "reach.unknown_channel": "The bot can't be used in this kind of channel. Use it in a text channel or a thread.",
    "reach.only_servers": "That's for servers. Use it in a channel of one.",
    "player.no_persona.own": "No persona plays with you here yet. Choose one from the menu, or name one in `/talk`.",
    "player.age_restricted.own": "{about} is only for age-restricted channels of servers. Choose another persona.",
    "player.recording_own": "What you say to {persona} here is saved, and so are the replies. For each reply, the latest part is sent to "
    "{provider}. `/privacy` shows and deletes it.",
    "again.talk": "Use `/talk` again.",
    "myself.outside": "**Outside servers** you are",
    "myself.none.outside": "None yet. Add one, and you play it wherever you use the bot outside servers.",
    "help.nobody_own": "No persona plays with you here yet. Name one in `/talk`.",
    "help.command.persona_own": "{list} shows who can play. {use} and {clear} change who plays with you.",
}
