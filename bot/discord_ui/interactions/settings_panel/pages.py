"""The pages of the panel of settings, and the menu that turns them.

Law: each setting stands on one page, and Discord takes 40 components in a message. A new page is a `Page`
with its sentence (`panel.page.…`), and its builder in `settings.BUILDERS`.
"""

from enum import StrEnum
from typing import Literal

import discord

from bot.discord_ui.interactions.common import panel
from bot.texts.sentences import Voice

PanelScope = Literal["channel", "server"]


class Page(StrEnum):
    """A page of the panel."""

    MAIN = "main"  # who speaks, and how
    CAST = "cast"
    WHEN = "when"  # they speak
    LIMITS = "limits"
    RULES = "rules"
    MODERATION = "moderation"  # who may play, and what moderators read


def page_menu(scope: PanelScope, shown: Page, voice: Voice) -> panel.Block:
    """Return the menu of all pages, of which one is shown."""
    options = [
        discord.SelectOption(label=voice.say(f"panel.page.{page}"), value=page, default=page is shown)
        for page in Page
    ]
    return panel.menu(f"rp:page:{scope}", options)
