"""English sentences for the people on a server: players, moderators and admins.

Law: a sentence is short and friendly and speaks as the bot, never as a persona; a failure always says what to do. Where a
persona's name may stand above a sentence (`player.*`), the bot calls itself "the bot", never "I" or "me".
"""

from collections.abc import Mapping

from bot.texts.catalogue.archives import ARCHIVES
from bot.texts.catalogue.budgets import BUDGETS
from bot.texts.catalogue.cards import CARDS
from bot.texts.catalogue.casts import CASTS
from bot.texts.catalogue.commands import COMMANDS
from bot.texts.catalogue.controls import CONTROLS
from bot.texts.catalogue.help import HELP
from bot.texts.catalogue.inspecting import INSPECTING
from bot.texts.catalogue.lore import LORE
from bot.texts.catalogue.memory import MEMORY
from bot.texts.catalogue.mistakes import MISTAKES
from bot.texts.catalogue.moderation import MODERATION
from bot.texts.catalogue.myself import MYSELF
from bot.texts.catalogue.notices import NOTICES
from bot.texts.catalogue.outside import OUTSIDE
from bot.texts.catalogue.personas import PERSONAS
from bot.texts.catalogue.pictures import PICTURES
from bot.texts.catalogue.privacy import PRIVACY
from bot.texts.catalogue.proposals import PROPOSALS
from bot.texts.catalogue.revisions import REVISIONS
from bot.texts.catalogue.safety import SAFETY
from bot.texts.catalogue.scenes import SCENES
from bot.texts.catalogue.settings import SETTINGS
from bot.texts.catalogue.transfer import TRANSFER
from bot.texts.catalogue.when import WHEN

PLAYERS: Mapping[str, str] = {
    **BUDGETS,
    **CASTS,
    **MODERATION,
    **MYSELF,
    **SAFETY,
    **OUTSIDE,
    **WHEN,
    **CARDS,
    **NOTICES,
    **COMMANDS,
    **CONTROLS,
    **REVISIONS,
    **MEMORY,
    **SCENES,
    **TRANSFER,
    **PERSONAS,
    **INSPECTING,
    **LORE,
    **PICTURES,
    **PROPOSALS,
    **ARCHIVES,
    **SETTINGS,
    **HELP,
    **PRIVACY,
    **MISTAKES,
}
