"""What the image does at each start before the bot: it fills the volume in which a host's files are.

    python -m bot.volume python -m bot run

Law: nothing that a host made, changed or deleted is touched. A file is put there if it never was; one that
still is as it was put there becomes that of a newer image. `data/.samples` says what was put there, in the
form of sha256sum. What can't be put there is told, and keeps nothing else away. Only the image has a folder
`samples` beside the code; nothing is put where the host has mounted something of its own beside `data`. Then
the rest of the command line takes this process's place.
"""

import errno
import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Final

PANEL: Final = Path("/home/container")
"""Where Pterodactyl mounts a server's files, the only place it lets a program write to (its Wings)."""

DATA: Final = Path("data")
SAMPLES: Final = Path(__file__).parent.parent / "samples"
RECORD: Final = ".samples"


class Fault(StrEnum):
    """Why something can't be put into the volume."""

    A_FOLDER = "a_folder"  # where a file should be
    A_FILE = "a_file"  # where a folder should be
    FORBIDDEN = "forbidden"  # to this user
    READ_ONLY = "read_only"
    FULL = "full"
    OTHER = "other"


_FAULTS: Final[Mapping[int, Fault]] = {
    errno.EISDIR: Fault.A_FOLDER,
    errno.ENOTDIR: Fault.A_FILE,
    errno.EEXIST: Fault.A_FILE,
    errno.EACCES: Fault.FORBIDDEN,
    errno.EPERM: Fault.FORBIDDEN,
    errno.EROFS: Fault.READ_ONLY,
    errno.ENOSPC: Fault.FULL,
    errno.EDQUOT: Fault.FULL,
}

_OFFER: Final = """\
# These are all settings, each with its default. To change one, remove the # at the start of its line and of
# the line of its section above it. docs/configuration.md has the details.
"""


def brought(samples: Path) -> Mapping[str, bytes]:
    """Return the files that the image brings, by their paths in the volume."""
    files = {f"personas/{path.name}": path.read_bytes() for path in sorted((samples / "personas").iterdir())}
    example = (samples / "example.yaml").read_text(encoding="utf-8")
    return {**files, "config.yaml": commented(example).encode()}


def commented(example: str) -> str:
    """Return a configuration in which every setting is a comment, so that it sets nothing."""
    _, _, settings = example.partition("\n\n")  # the head is about a copy that sets them
    lines = (f"#{line}" if line.strip() else line for line in settings.splitlines())
    return "\n".join([_OFFER, *lines, ""])


def is_due(stands: str | None, put: str | None, new: str) -> bool:
    """Return whether a file is to be written, by the digests of what is, was and would be there."""
    return put is None if stands is None else stands == put != new


def fill(data: Path, files: Mapping[str, bytes]) -> dict[Path, OSError]:
    """Put the files that are due into the volume, and return those that can't be, with the reasons."""
    record, failed = data / RECORD, dict[Path, OSError]()
    try:
        put = dict(_recorded(record))
    except OSError as error:  # without it, what a host has deleted would come back
        return {record: error}
    before = dict(put)
    for name, content in files.items():
        path, new = data / name, sha256(content).hexdigest()
        try:
            stands = _digest(path)
            if is_due(stands, put.get(name), new):
                path.parent.mkdir(exist_ok=True)
                _write(path, content)
                stands = new
        except OSError as error:
            failed[path] = error
        else:
            if stands == new:
                put[name] = new
    if put != before:
        try:
            _write(record, "".join(f"{digest}  {name}\n" for name, digest in sorted(put.items())).encode())
        except OSError as error:
            failed[record] = error
    return failed


def _recorded(record: Path) -> Iterator[tuple[str, str]]:
    with suppress(FileNotFoundError):
        for line in record.read_text(encoding="utf-8", errors="replace").splitlines():
            digest, _, name = line.partition("  ")
            yield name, digest


def _digest(path: Path) -> str | None:
    """Return the digest of a file, None if there is nothing; a link that leads nowhere has none of ours."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return "" if path.is_symlink() else None


def _write(path: Path, content: bytes) -> None:
    """Write a file completely or not at all, also beside another process that fills the same volume."""
    half = path.with_name(f".{path.name}.{token_hex(4)}.half")
    try:
        with half.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # or a power cut might leave an empty file of that name
        half.replace(path)
    except OSError:
        with suppress(OSError):
            half.unlink()
        raise


def prepare(samples: Path) -> None:
    """Fill the volume as far as the host has mounted nothing else, and say what could not be done."""
    if not samples.is_dir():
        return
    beside = {name for name in ("personas", "config.yaml") if Path(name).exists()}
    wanted = {name: text for name, text in brought(samples).items() if name.partition("/")[0] not in beside}
    failed = dict[Path, OSError]()
    for folder in (DATA, DATA / "lore"):
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            failed[folder] = error
    if DATA not in failed:
        failed |= fill(DATA, wanted)
    for line in _told(failed):
        sys.stderr.write(f"{line}\n")


def _told(failed: Mapping[Path, OSError]) -> Iterable[str]:
    """Return a line for each reason, which names all that it concerns."""
    if not failed:
        return
    from bot.texts.sentences import HOST  # noqa: PLC0415 - a start should not wait for it

    concerned: dict[tuple[Fault, Path | None], list[Path]] = {}
    for path, error in failed.items():
        fault = _FAULTS.get(error.errno or 0, Fault.OTHER)
        below = Path(*path.parts[:2])  # what is in the volume itself
        alone = {Fault.A_FOLDER: path, Fault.A_FILE: below}.get(fault)
        concerned.setdefault((fault, alone), []).append(path)
    for (fault, alone), paths in concerned.items():
        facts = {"reason": failed[paths[0]].strerror, "owner": f"{os.getuid()}:{os.getgid()}"}
        yield HOST.say(f"volume.{fault}", path=alone or os.path.commonpath(paths), **facts)


def main(words: list[str], samples: Path = SAMPLES, panel: Path = PANEL) -> None:
    """Fill the volume, in the panel's folder if there is one, and become the rest of the command line."""
    if panel.is_dir():
        os.chdir(panel)
    prepare(samples)
    try:
        os.execvp(words[0], words)  # noqa: S606 - the words are the container's own
    except OSError as error:
        sys.stderr.write(f"{shlex.quote(words[0])}: {error.strerror}\n")
        raise SystemExit(127) from None


if __name__ == "__main__":
    main(sys.argv[1:])
