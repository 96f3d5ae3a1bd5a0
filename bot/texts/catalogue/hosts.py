"""English sentences for the bot's owner: the log, the terminal, files and the command line.

Law: a sentence says what happened, where, and what to do. Mistakes in a file or a variable are as in `mistakes.py`, which
has those that people see on Discord too.
"""

from collections.abc import Mapping

from bot.texts.catalogue.command_line import COMMAND_LINE
from bot.texts.catalogue.configuration import CONFIGURATION
from bot.texts.catalogue.database import DATABASE
from bot.texts.catalogue.log import LOG
from bot.texts.catalogue.mistakes import MISTAKES
from bot.texts.catalogue.postgres import POSTGRES
from bot.texts.catalogue.rehearsal import REHEARSAL

HOSTS: Mapping[str, str] = {
    **MISTAKES,
    **POSTGRES,
    **LOG,
    **REHEARSAL,
    **COMMAND_LINE,
    **DATABASE,
    **CONFIGURATION,
}
