"""What follows from a turn that has changed for good, or is gone: pins, recaps, and the database's observers.

Law: it follows in the transaction that changes the turn, and never from a preview.
"""

from bot.core.scene import Position
from bot.storage.database import Transaction
from bot.storage.pins import follow, forget_pins
from bot.storage.recaps import overtake, overtake_from


async def turn_settled(tx: Transaction, turn_id: int) -> None:
    """Call what follows a turn and the database's observers.

    Its text or notes have changed for good, or it is gone.
    """
    await follow(tx, turn_id)
    await overtake(tx, turn_id)
    for observer in tx.observers:
        await observer(tx, turn_id)


async def turn_added(tx: Transaction, turn_id: int, scene_id: int, position: Position) -> None:
    """Do what `turn_settled` does for a turn that has just been stored: nobody has pinned its words yet."""
    await overtake_from(tx, scene_id, position)
    for observer in tx.observers:
        await observer(tx, turn_id)


async def turn_leaves(tx: Transaction, turn_id: int) -> None:
    """Forget what was made of the words of a turn that people are about to delete."""
    await forget_pins(tx, turn_id)
    await overtake(tx, turn_id, gone=True)


async def turn_aged(tx: Transaction, turn_id: int) -> None:
    """Call the database's observers: a turn is gone because it is old, and what was made of it stays."""
    for observer in tx.observers:
        await observer(tx, turn_id)
