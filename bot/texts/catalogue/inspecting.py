"""English sentences of `/dramatis inspect`: what the model gets, and of what it is made.

Law: that of `catalogue/players.py`, of which they are a part.
"""

from collections.abc import Mapping

from bot.texts.catalogue.plural import Plural

INSPECTING: Mapping[str, str] = {
    "inspect.nothing": "Nothing has been said here yet, so there's nothing to show.",
    "inspect.no_reply": "That isn't a persona's reply in this channel, or its prompt isn't saved. Copy the link of one of the "
    "persona's messages (right-click, Copy Message Link).",
    "inspect.no_link": "That isn't a link to a message. Right-click one of the persona's messages and choose Copy Message Link.",
    "inspect.now": "**What the AI model would get for {persona} now**",
    "inspect.sent": "**What the AI model got for that reply by {persona}**, word for word",
    "inspect.changed": "**What the AI model got for that reply by {persona}**, as far as it's still saved: a message, the persona "
    "or its settings have changed since",
    "inspect.part": "{sign} {part} {tokens:,}",
    "inspect.part.persona": "persona",
    "inspect.part.memory": "memory",
    "inspect.part.lore": "lore",
    "inspect.part.profiles": "profiles",
    "inspect.part.scene": "scene",
    "inspect.part.samples": "samples",
    "inspect.part.history": "history",
    "inspect.part.request": "request",
    "inspect.part.reply": "reserved for the reply",
    "inspect.part.free": "free",
    "inspect.naming": "People: `{naming}`, {meaning}",
    "inspect.naming.named": "each person has their own name",
    "inspect.naming.prefixed": "everyone shares one name, and each line begins with the speaker's name",
    "inspect.naming.folded": "for models that only know system, user and assistant; the scene and the samples are in system",
    "inspect.left_out.full": Plural(
        "Left out: {turns} older turns, because they no longer fit in the window of {window:,} tokens",
        one="Left out: 1 older turn, because it no longer fits in the window of {window:,} tokens",
        by="turns",
    ),
    "inspect.left_out.refused": Plural(
        "Left out: {turns} older turns, because the model refused a longer prompt; the window is set to {window:,} tokens",
        one="Left out: 1 older turn, because the model refused a longer prompt; the window is set to {window:,} tokens",
        by="turns",
    ),
    "inspect.left_out.before": Plural(
        "Left out: {turns} older turns, because there was no room when the window last moved; it has {window:,} tokens now",
        one="Left out: 1 older turn, because there was no room when the window last moved; it has {window:,} tokens now",
        by="turns",
    ),
    "inspect.whole": Plural(
        "Nothing is left out: all {turns} turns of the scene are included",
        one="Nothing is left out: the scene's only turn is included",
        by="turns",
    ),
    "inspect.lore": "Lore:",
    "inspect.hidden": "(from a file of the bot's owner, which can't be read on this server)",
    "inspect.in_file": Plural("All {count} messages are in the file.", one="The message is in the file."),
}
