"""English sentences about safety at the table: its rules, and what is refused; part of `PLAYERS`.

Law: that of `catalogue/players.py`, of which they are a part.
"""

from collections.abc import Mapping
from typing import Final

SAFETY: Final[Mapping[str, str]] = {
    "panel.page.rules": "Table rules",
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
    "rules.too_long": "That's {count:,} characters, and rules can have {most}. Here is your text, so you can shorten it.",
    "player.withheld": "The AI provider's filter let no reply through. {again}",
    "button.why_input": "Why?",
    "button.why_output": "Why?",
    "why.input": "The AI provider's filter stopped this before the persona could reply. It checks everything that a reply is asked "
    "with: your message, what was said before it, and the persona's own text. You can edit or delete your message, or say it in other words, and "
    "press Retry. If it happens again, the reason may be further up: someone with a say in the story can use `/undo`, or start a new scene. "
    "Only you see this.",
    "why.output": "The AI provider's filter stopped what the persona wrote. That needn't be because of you. You can press Retry for another "
    "reply, or lead the story somewhere else. Only you see this.",
    "why.reason": "Reason: {why}.",
    "why.others": "Only the person who asked for this reply can see why.",
    "inspect.part.table": "table rules",
    "inspect.table": "Table rules, the last words of the first message:",
}
