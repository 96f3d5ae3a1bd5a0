"""English sentences about what replies cost and who may spend how much; part of `PLAYERS`.

Law: as of `texts/players.py`. Times are in Discord's own format, which each reader sees in their zone and language.
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
    "revise.spent_person": "You've used up what the bot can spend on replies to you for now. Try again <t:{about}:R>.",
    "revise.spent_channel": "This channel has used up what the bot can spend here for now. Try again <t:{about}:R>.",
    "revise.spent_server": "This server has used up what the bot can spend on it for now. Try again <t:{about}:R>.",
    "revise.spent_bot": "The bot has used up what its owner lets it spend for now, on all servers together. Try again <t:{about}:R>.",
    "memory.unpaid": "Making the recap costs more than the bot can spend here for now. Try again tomorrow, or see `/usage`.",
    "memory.recap.unpaid": "the bot's budget here is used up for now",
}
