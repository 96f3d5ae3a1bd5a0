"""English sentences about safety at the table: its rules, and what is refused; part of `PLAYERS`.

Law: as in `players.py`, of which they are a part.
"""

from collections.abc import Mapping
from typing import Final

SAFETY: Final[Mapping[str, str]] = {
    "button.panel.rules": "Table rules …",
    "rules.title": "## Table rules",
    "rules.intro": "What stories here leave out, or let fade to black. Every persona reads it last, before each reply. Up to {most} characters each.",
    "rules.floor": "**Always, as this channel isn't age-restricted**\n> {floor}",
    "rules.of.server": "**This server**",
    "rules.of.parent": "**This thread's channel**",
    "rules.of.channel": "**This channel**",
    "rules.of.thread": "**This thread**",
    "rules.none": "None yet",
    "rules.tokens": "All of it takes about {tokens} tokens in each reply's prompt.",
    "rules.form.server": "Rules for this server",
    "rules.form.channel": "Rules for this channel",
    "rules.form.label": "What never happens, or fades to black",
    "rules.overtaken": "Someone has changed these rules while you were writing. Here is your text, so you can put it in again.",
    "rules.too_long": "That's more than {most} characters. Here is your text, so you can shorten it.",
    "inspect.part.table": "table rules",
}
