"""The decision whether the system reports every change to a folder's files, by the folder's mount.

Law: pure. Only a file system that is known to report every change is trusted.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOCAL: Final = frozenset(
    {"bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay", "ramfs", "tmpfs", "xfs", "zfs"}
)
"""Types of file systems that only this machine's kernel writes to, so that inotify sees each change.

Others may be changed by another machine, and inotify(7) "does not catch remote events that occur on network
filesystems". Among those are nfs, cifs, 9p, virtiofs and fuse, by which WSL, Docker Desktop and other virtual
machines share folders of their host.
"""

_POINT: Final = 4
"""The index of the mount point among the fields of a line of mountinfo; see proc_pid_mountinfo(5)."""

_ESCAPED: Final = re.compile(r"\\([0-7]{3})")
"""A blank, tab, line feed or backslash in mountinfo, as its octal number."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted file system: the path of its root, and its type."""

    point: Path
    kind: str


def mounts_in(mountinfo: str) -> Iterator[Mount]:
    """Yield the mounts in /proc/self/mountinfo, in its order, without malformed lines."""
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) > _POINT and after:
            point = _ESCAPED.sub(lambda found: chr(int(found[1], 8)), fields[_POINT])
            yield Mount(Path(point), after.split(" ")[0])


def tells_all(folder: Path, names: Collection[str], mounts: Collection[Mount]) -> bool:
    """Return whether events report every change to some files of a folder.

    Args:
        folder: absolute, without links.
        names: the files; none of them is a link.
        mounts: all mounts; of two with one path the later one hides the earlier.
    """
    above = [mount for mount in mounts if mount.point == folder or mount.point in folder.parents]
    if not above:
        return False
    deepest = max(len(mount.point.parts) for mount in above)
    kind = next(mount.kind for mount in reversed(above) if len(mount.point.parts) == deepest)
    # A file that is a mount of its own (`docker run -v ./it.yaml:/app/it.yaml`) has its events elsewhere.
    points = {mount.point for mount in mounts}
    return kind in LOCAL and not any(folder / name in points for name in names)
