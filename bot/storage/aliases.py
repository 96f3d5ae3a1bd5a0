"""The numbers that stand for people who were forgotten, where what they used still counts.

Law: without the key nobody can compute a person's number. The key is made at random with the first number, is
this database's own, and goes with the last one.
"""

import secrets
from typing import Final

from bot.core.privacy import alias_of
from bot.storage.database import Database, Transaction

_OWN: Final = "scope = 'bot' AND scope_id = 0 AND key = 'alias_key'"

_KEY: Final = f"SELECT value FROM setting WHERE {_OWN}"  # noqa: S608 - ours

_MAKE: Final = """
INSERT INTO setting (scope, scope_id, key, value, by_user, created_at) VALUES ('bot', 0, 'alias_key', ?, 0, 0)
ON CONFLICT DO NOTHING
"""

_LET_GO: Final = (
    "UPDATE usage SET user_id = NULL WHERE user_id < 0 AND created_at < ?",
    f"DELETE FROM setting WHERE {_OWN} AND NOT EXISTS (SELECT 1 FROM usage WHERE user_id < 0)",  # noqa: S608 - ours
)


async def known_alias(db: Database, user_id: int) -> int | None:
    """Return the number of a person; None if there is no key, and so no number of anybody."""
    rows = await db.read(_KEY)
    return alias_of(user_id, bytes.fromhex(rows[0]["value"])) if rows else None


async def make_alias(tx: Transaction, user_id: int) -> int:
    """Return the number of a person, by which their use still counts."""
    await tx.run(_MAKE, (secrets.token_hex(32),))
    (row,) = await tx.run(_KEY)
    return alias_of(user_id, bytes.fromhex(row["value"]))


async def let_go(tx: Transaction, before: int) -> None:
    """Delete the numbers at what was used before a time, in milliseconds, and the key after the last one."""
    await tx.run(_LET_GO[0], (before,))
    await tx.run(_LET_GO[1])
