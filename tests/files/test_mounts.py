"""Which folders' changes the system tells of, by what is mounted there."""

from pathlib import Path

import pytest

from bot.files.mounts import Mount, mounts_in, tells_all

# From machines of these kinds; the numbers are not read.
DOCKER = r"""
612 511 0:58 / / rw,relatime master:167 - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A:/B,upperdir=/C
613 612 0:61 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
620 612 254:1 /srv/cast /app/personas rw,relatime - ext4 /dev/vda1 rw,discard
621 612 254:1 /srv/config.yaml /app/config.yaml ro,relatime shared:1 master:2 - ext4 /dev/vda1 rw,discard
"""
DOCKER_DESKTOP = r"""
700 600 0:90 / / rw,relatime - overlay overlay rw
701 700 0:44 /run/host_mark/Users/me/cast /app/personas rw,relatime - fakeowner /run/host_mark/Users rw
702 700 0:45 / /app/shared rw,relatime - virtiofs share rw
703 700 0:46 / /app/older rw,relatime - fuse.grpcfuse grpcfuse rw
"""
WSL = r"""
60 50 8:32 / / rw,relatime - ext4 /dev/sdc rw
61 60 0:50 / /mnt/c rw,noatime - 9p C:\134 rw,dirsync,aname=drvfs;path=C:\
"""
SERVER = r"""
21 1 0:30 /@ / rw,relatime shared:1 - btrfs /dev/nvme0n1p2 rw,subvol=/@
22 21 0:40 / /home/me/on\040the\040net rw,relatime - nfs4 10.0.0.1:/export rw
23 21 0:41 / /media/share rw,relatime - cifs //nas/share rw
24 23 8:1 / /media/share/disk rw,relatime - xfs /dev/sda1 rw
25 21 0:42 / /srv rw,relatime - ext4 /dev/sdb1 rw
26 21 0:43 / /srv rw,relatime - fuse.sshfs me@there: rw
27 21 0:44 / /run rw,nosuid - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("mountinfo", "folder", "trusted"),
    [
        (DOCKER, "/app/personas", True),  # a bind mount within one kernel
        (DOCKER, "/app/other", True),
        (DOCKER, "/app", False),  # config.yaml in it is mounted by itself
        (DOCKER, "/proc/self", False),
        (DOCKER_DESKTOP, "/app", True),
        (DOCKER_DESKTOP, "/app/personas", False),
        (DOCKER_DESKTOP, "/app/shared/personas", False),
        (DOCKER_DESKTOP, "/app/older", False),
        (WSL, "/home/me/dramatis", True),
        (WSL, "/mnt/c/dramatis", False),
        (SERVER, "/home/me", True),
        (SERVER, "/home/me/on the net/dramatis", False),
        (SERVER, "/media/share", False),
        (SERVER, "/media/shared", True),  # begins like it and is not in it
        (SERVER, "/media/share/disk/dramatis", True),
        (SERVER, "/srv", False),  # the later mount hides the earlier
        (SERVER, "/run/dramatis", True),
        ("", "/home/me", False),
        ("none\n1 2 3 4 /\n - ext4", "/home/me", False),
    ],
)
def test_only_local_file_systems_are_trusted(mountinfo: str, folder: str, *, trusted: bool) -> None:
    mounts = tuple(mounts_in(mountinfo))
    assert tells_all(Path(folder), {"config.yaml", ".env"}, mounts) is trusted


def test_mountinfo_is_read_with_its_escapes_and_optional_fields() -> None:
    assert list(mounts_in(DOCKER))[2:] == [
        Mount(Path("/app/personas"), "ext4"),
        Mount(Path("/app/config.yaml"), "ext4"),
    ]
    assert list(mounts_in(SERVER))[1] == Mount(Path("/home/me/on the net"), "nfs4")
