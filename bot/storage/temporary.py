"""Where SQLite puts its temporary files while it writes a whole database again.

Law: beside the database, because the system's folder may be memory, or not encrypted.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_FOLDER: Final = "SQLITE_TMPDIR"
"""The variable that SQLite reads when it makes such a file (its page "Temporary Files Used By SQLite")."""


@contextmanager
def temporary_files_in(folder: Path) -> Iterator[None]:
    """Let SQLite put its temporary files into a folder."""
    before = os.environ.get(_FOLDER)
    os.environ[_FOLDER] = str(folder)
    try:
        yield
    finally:
        del os.environ[_FOLDER]
        if before is not None:
            os.environ[_FOLDER] = before
