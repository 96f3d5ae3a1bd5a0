"""What an engine does for `Database`: SQLite's is `bot.storage.sqlite`, PostgreSQL's `bot.storage.postgres`.

Law: an engine runs the one SQL there is and knows no table by name, except for its index of words. What only
one of them can do is a method here, which the other answers truthfully.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol

from bot.storage.locations import Location

Value = str | int | None
"""The values of a column."""

Values = Sequence[Value] | Mapping[str, Value]
"""Parameters by position (`?`) or by name (`:name`); one statement has one kind."""


class Row(Protocol):
    """A row: its values by name or number, and in their order; `dict` makes one of it."""

    def __getitem__(self, key: Any, /) -> Any:  # noqa: ANN401 - a column has its own type
        """Return the value of a column."""
        ...

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the values."""
        ...

    def __len__(self) -> int:
        """Return the number of columns."""
        ...

    def keys(self) -> Iterable[str]:
        """Return the names of the columns."""
        ...


Run = Callable[[str, Values], Awaitable[list[Row]]]
"""Runs one statement and returns its rows: `Database.read`, or `Transaction.run`."""


class Index(ABC):
    """Which turns have which terms; each engine has its own.

    Attributes:
        newest_sql: the newest turns that have all terms: those, separated by blanks; an id; how many at most.
        each_sql: the turns that have one term: that, and how many at most; with the place of its number.
    """

    newest_sql: ClassVar[str]
    each_sql: ClassVar[str]

    @abstractmethod
    async def put(self, run: Run, turn_id: int, terms: Sequence[str]) -> bool:
        """Store the terms of a turn in place of its former ones; return whether those were others."""

    async def newest(self, read: Run, terms: Sequence[str], before: int, most: int) -> list[int]:
        """Return the newest turns that have all terms, of those with ids below `before`, newest first."""
        return [row["id"] for row in await read(self.newest_sql, (" ".join(terms), before, most))]

    async def with_each(self, read: Run, terms: Sequence[str], most: int) -> list[list[int]]:
        """Return for each term at most so many turns that have it."""
        found: list[list[int]] = [[] for _ in terms]
        if terms:
            sql = " UNION ALL ".join(self.each_sql.format(number) for number in range(len(terms)))
            for row in await read(sql, [value for term in terms for value in (term, most)]):
                found[row["number"]].append(row["id"])
        return found

    @abstractmethod
    async def clean(self, run: Run, *, first: bool) -> bool:
        """Remove a piece of the traces of deleted terms; return whether that is all."""


class Engine(Protocol):
    """An open database. `Database` sees to it that one caller at a time writes."""

    @property
    def place(self) -> Location:
        """The file, or the database on a server."""
        ...

    @property
    def backup(self) -> Path | None:
        """The copy that was made before a migration at this opening, None if none was."""
        ...

    @property
    def index(self) -> Index:
        """The index of turns by their words."""
        ...

    def transaction(self) -> AbstractAsyncContextManager[Run]:
        """Run a write transaction: committed at the end, rolled back on any exception and on cancellation."""
        ...

    async def write(self, sql: str, params: Values) -> list[Row]:
        """Run one statement as a transaction of its own."""
        ...

    async def write_together(self, statements: Sequence[tuple[str, Values]]) -> Sequence[list[Row] | None]:
        """Run statements in one transaction; return None for each if one fails, as none is written then."""
        ...

    async def read(self, sql: str, params: Values) -> list[Row]:
        """Return rows as last committed. It cannot write."""
        ...

    async def check(self) -> None:
        """Require that what is written is still kept, and that no other bot writes.

        Raises:
            StorageError: LOST or IN_USE. From then on nothing is read or written anymore.
        """
        ...

    async def rewrite(self, most: int | None) -> bool:
        """Write all rows again, without what lies between them; False if there are more than `most` bytes."""
        ...

    async def wipe(self) -> bool:
        """Empty the journal, as far as it is the bot's; False if somebody was reading it meanwhile."""
        ...

    async def discard_copies(self, before: datetime | None) -> None:
        """Delete the copies that the bot itself has made before `before`, or all."""
        ...

    async def close(self) -> None:
        """Close all connections, and let another bot in."""
        ...
