"""The one reader of files: regular ones of a bounded size, opened once.

Law: a file is judged by the handle it is read with, so that nobody can exchange it in between. A file that
has to be inside a folder has to be there after all links. Reading blocks: callers on the event loop use a
thread.
"""

import os
import stat
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

_HANDLES: Final = Path("/proc/self/fd")
"""The folder in which Linux tells the true path of each open file; other systems have no such folder."""

_GONE: Final = " (deleted)"
"""The end of that path if the file has another name by now, or none."""

# A pipe or a device must not be waited for, nor become the process's terminal.
_FLAGS: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


class FileFault(StrEnum):
    """Why a file is not read."""

    MISSING = "missing_file"
    FOLDER = "folder"
    NOT_A_FILE = "not_a_file"
    OUTSIDE = "outside"
    UNREADABLE = "unreadable"


class FileRefusedError(OSError):
    """A file that is not read, and why; as text it is the system's reason, if there is one."""

    def __init__(self, fault: FileFault, reason: str = "") -> None:
        super().__init__(reason or fault.value)
        self.fault = fault


def read_regular(path: Path, *, limit: int, inside: Sequence[Path] = ()) -> bytes:
    """Return a regular file's first `limit` + 1 bytes: the additional byte shows that it is too big.

    Args:
        path: the file, or a link to it.
        limit: bytes.
        inside: the folders of which one has to contain it, after all links; empty: it may be anywhere.

    Raises:
        FileRefusedError: it is missing, unreadable, outside, or no regular file (a pipe would never end).
    """
    try:
        _require_regular(path.stat())  # opening a device may already have an effect
        with open(path, "rb", opener=_open) as file:
            found = os.fstat(file.fileno())
            _require_regular(found)
            if inside:
                _require_inside(_true_path(path, file.fileno(), found), inside)
            return file.read(limit + 1)
    except FileRefusedError:
        raise
    except (FileNotFoundError, NotADirectoryError):
        raise FileRefusedError(FileFault.MISSING) from None
    except (OSError, ValueError) as error:  # a name may contain what no file's name can
        reason = getattr(error, "strerror", None) or str(error)
        raise FileRefusedError(FileFault.UNREADABLE, reason) from None


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | _FLAGS)


def _require_regular(found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise FileRefusedError(FileFault.FOLDER)
    if not stat.S_ISREG(found.st_mode):
        raise FileRefusedError(FileFault.NOT_A_FILE)


def _true_path(path: Path, handle: int, found: os.stat_result) -> Path:
    """Return where the open file is after all links."""
    try:
        return Path(str((_HANDLES / str(handle)).readlink()).removesuffix(_GONE))
    except OSError:  # not Linux: what is there now must be what was opened
        true = path.resolve(strict=True)
        if not os.path.samestat(true.lstat(), found):
            raise FileRefusedError(FileFault.OUTSIDE) from None
        return true


def _require_inside(path: Path, folders: Sequence[Path]) -> None:
    if not any(path.is_relative_to(folder.resolve()) for folder in folders):
        raise FileRefusedError(FileFault.OUTSIDE)
