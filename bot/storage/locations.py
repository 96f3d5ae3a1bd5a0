"""Where a database is: in a file, or on a server.

Law: an address says where, and never with which password.
"""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Server:
    """A database of PostgreSQL's; as a text it is its address, without a name and a password to log in with.

    Attributes:
        url: `postgresql://user@host:port/database`, as libpq has it.
        password: the password if it isn't in the URL; None if there is none, or libpq's places have it.
    """

    url: str = field(repr=False)
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        """Return the address."""
        parts = urlsplit(self.url)
        return f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"


Location = Path | Server
"""A file of SQLite's, or a database of PostgreSQL's."""


def location_of(path: Path, url: str | None, password: str | None) -> Location:
    """Return where the stories are: on the server at `url`, else in the file at `path`."""
    return Server(url, password) if url else path
