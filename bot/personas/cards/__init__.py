"""Character cards of other programs: read as personas, and written from them."""

from bot.personas.cards.errors import CardError, CardFault
from bot.personas.cards.exporting import export_card
from bot.personas.cards.icons import Picture
from bot.personas.cards.reading import ImportedCard, Report, read_card

__all__ = ["CardError", "CardFault", "ImportedCard", "Picture", "Report", "export_card", "read_card"]
