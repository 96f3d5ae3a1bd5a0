"""The one hook for words of the story that have settled: where a search is indexed, say.

Law: it is called inside the transaction that settles them, and never for a preview.
"""

from bot.storage.database import Transaction


async def turn_settled(tx: Transaction, turn_id: int) -> None:
    """Tell the database's observers that a turn's text or notes have changed for good, or that it is gone."""
    for observer in tx.observers:
        await observer(tx, turn_id)
