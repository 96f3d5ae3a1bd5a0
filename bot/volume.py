"""What the image does at each start before the bot: it fills the volume in which a host's files are.

    python -m bot.volume python -m bot run

Law: nothing that a host made, changed or deleted is touched. A file is put there if it never was; one that
still is as it was put there becomes that of a newer image. `data/.samples` says what was put there, in the
form of sha256sum. Only the image has a folder `samples` beside the code; nothing is put where the host has
mounted something of its own beside `data`. Then the rest of the command line takes this process's place.
"""

import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

PANEL: Final = Path("/home/container")
"""Where Pterodactyl mounts a server's files, the only place it lets a program write to (its Wings)."""

DATA: Final = Path("data")
SAMPLES: Final = Path(__file__).parent.parent / "samples"
RECORD: Final = ".samples"

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


def fill(data: Path, files: Mapping[str, bytes]) -> list[str]:
    """Put the files into the volume that are due, and return their paths.

    Raises:
        OSError: the volume can't be read or written.
    """
    record = data / RECORD
    put = dict(_recorded(record))
    before, written = dict(put), []
    for name, content in files.items():
        path, new = data / name, sha256(content).hexdigest()
        stands = sha256(path.read_bytes()).hexdigest() if path.exists() else None
        if is_due(stands, put.get(name), new):
            path.parent.mkdir(exist_ok=True)
            _write(path, content)
            written.append(name)
            stands = new
        if stands == new:
            put[name] = new
    if put != before:
        _write(record, "".join(f"{digest}  {name}\n" for name, digest in sorted(put.items())).encode())
    return written


def _recorded(record: Path) -> Iterator[tuple[str, str]]:
    with suppress(FileNotFoundError):
        for line in record.read_text(encoding="utf-8", errors="replace").splitlines():
            digest, _, name = line.partition("  ")
            yield name, digest


def _write(path: Path, content: bytes) -> None:
    """Write a file completely or not at all."""
    half = path.with_name(f".{path.name}.half")
    half.write_bytes(content)
    half.replace(path)


def prepare(samples: Path) -> None:
    """Fill the volume as far as the host has mounted nothing else, and say what could not be done."""
    if not samples.is_dir():
        return
    beside = {name for name in ("personas", "config.yaml") if Path(name).exists()}
    wanted = {name: text for name, text in brought(samples).items() if name.partition("/")[0] not in beside}
    try:
        DATA.mkdir(exist_ok=True)
        (DATA / "lore").mkdir(exist_ok=True)
        fill(DATA, wanted)
    except OSError as error:
        from bot.texts.sentences import HOST  # noqa: PLC0415 - a start should not wait for it

        sentence = HOST.say("volume.unwritable", path=error.filename or DATA, reason=error.strerror)
        sys.stderr.write(f"{sentence}\n")


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
