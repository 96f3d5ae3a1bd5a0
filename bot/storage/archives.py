"""What a server's archive brings back, into the tables of personas, lorebooks, settings and bindings.

Law: it is one transaction. All of it is stored, or nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.casts import CastMember
from bot.core.scene import EVERYBODY
from bot.storage import server_lore, server_personas, settings
from bot.storage.columns import to_ms
from bot.storage.database import Database, Transaction
from bot.storage.scenes import LEAVE_TO_PLACE
from bot.storage.server_lore import StoredBook
from bot.storage.server_personas import Change, NotPut, PutFault, Version
from bot.storage.settings import BindingScope, Scope


@dataclass(frozen=True, slots=True)
class ArchiveChanges:
    """What an archive changes on a server.

    Attributes:
        personas: the changes of personas, each with the number of the version that it replaces, 0 for none.
        books: the lorebooks, each with the text that it replaces, None for a new one.
        settings: the settings: scope, its id, key and value.
        casts: who plays where: the scope, its id, and the personas, the lead first.
        by_user: who brings it back.
        at: when.
    """

    personas: Sequence[tuple[Change, int]]
    books: Sequence[tuple[StoredBook, str | None]]
    settings: Sequence[tuple[Scope, int, str, str]]
    casts: Sequence[tuple[tuple[BindingScope, int], Sequence[CastMember]]]
    by_user: int
    at: datetime


class Archives:
    """The store of what archives bring back."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def put(self, changes: ArchiveChanges) -> list[Version] | PutFault:
        """Store all of it; return the new versions of the personas, or why nothing is stored."""
        who = (changes.by_user, to_ms(changes.at))
        try:
            async with self._db.transaction() as tx:
                versions = [await server_personas.put_in(tx, *each) for each in changes.personas]
                for each in changes.books:
                    await _put_book(tx, *each)
                for setting in changes.settings:
                    await tx.run(settings.PUT, (*setting, *who))
                for (scope, scope_id), members in changes.casts:
                    await settings.put_cast(tx, scope, scope_id, members, *who)
                    if scope == "channel":
                        await tx.run(LEAVE_TO_PLACE, (scope_id, EVERYBODY))
                return versions
        except NotPut as error:
            return error.fault


async def _put_book(tx: Transaction, book: StoredBook, before: str | None) -> None:
    fault = await server_lore.put_in(tx, book, before)
    if fault is not None:
        raise NotPut(PutFault(fault))
