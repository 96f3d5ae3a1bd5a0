"""Which files are read: regular ones, of a bounded size, and inside their folder after all links."""

import os
import socket
from pathlib import Path

import pytest

from bot.files.reading import FileFault, FileRefusedError, read_regular

SECRET = "DISCORD_TOKEN=secret"


@pytest.fixture
def cast(tmp_path: Path) -> Path:
    """A folder of personas beside a file with secrets."""
    (tmp_path / ".env").write_text(SECRET)
    (tmp_path / "cast" / "more").mkdir(parents=True)
    (tmp_path / "cast" / "more" / "marlow.yaml").write_text("name: Marlow")
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "isolde.yaml").write_text("name: Isolde")
    return tmp_path / "cast"


def refused(path: Path, *inside: Path) -> FileFault:
    with pytest.raises(FileRefusedError) as caught:
        read_regular(path, limit=100, inside=inside)
    assert SECRET not in str(caught.value)
    return caught.value.fault


@pytest.mark.parametrize(
    "target",
    ["../.env", "../shared/isolde.yaml", "/proc/self/environ", "/etc/hostname", "more/../../.env"],
)
def test_a_link_out_of_the_folder_is_not_read(cast: Path, target: str) -> None:
    (cast / "x.yaml").symlink_to(target)
    assert refused(cast / "x.yaml", cast) is FileFault.OUTSIDE


def test_a_link_to_a_link_out_of_the_folder_and_a_file_behind_a_linked_folder_are_not_read(
    cast: Path,
) -> None:
    (cast / "first").symlink_to("../.env")
    (cast / "x.yaml").symlink_to("first")
    (cast / "out").symlink_to("../shared")
    assert refused(cast / "x.yaml", cast) is FileFault.OUTSIDE
    assert refused(cast / "out" / "isolde.yaml", cast) is FileFault.OUTSIDE
    assert refused(cast / ".." / ".env", cast) is FileFault.OUTSIDE


def test_a_folder_whose_name_only_begins_alike_is_another(cast: Path) -> None:
    (cast.parent / "cast-private").mkdir()
    (cast.parent / "cast-private" / "x.yaml").write_text(SECRET)
    (cast / "x.yaml").symlink_to("../cast-private/x.yaml")
    assert refused(cast / "x.yaml", cast) is FileFault.OUTSIDE


def test_a_link_inside_the_folder_is_read_as_orchestrators_mount_their_files(cast: Path) -> None:
    (cast / "..data").symlink_to("more")
    (cast / "x.yaml").symlink_to("..data/marlow.yaml")
    assert read_regular(cast / "x.yaml", limit=100, inside=[cast]) == b"name: Marlow"


def test_a_link_into_a_folder_that_is_named_is_read_and_the_folder_may_be_a_link_itself(cast: Path) -> None:
    (cast / "isolde.yaml").symlink_to("../shared/isolde.yaml")
    (cast.parent / "link").symlink_to("cast")
    inside = [cast.parent / "link", cast.parent / "shared"]
    assert read_regular(cast / "isolde.yaml", limit=100, inside=inside) == b"name: Isolde"
    assert read_regular(cast.parent / "link" / "more" / "marlow.yaml", limit=100, inside=inside[:1])


def test_where_no_folder_is_named_a_link_may_lead_anywhere(cast: Path) -> None:
    (cast / "config.yaml").symlink_to("../shared/isolde.yaml")
    assert read_regular(cast / "config.yaml", limit=100) == b"name: Isolde"


def test_without_the_systems_own_word_the_same_files_are_read(
    cast: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on systems other than Linux."""
    monkeypatch.setattr("bot.files.reading._HANDLES", cast / "no such folder")
    (cast / "x.yaml").symlink_to("../.env")
    (cast / "y.yaml").symlink_to("more/marlow.yaml")
    assert refused(cast / "x.yaml", cast) is FileFault.OUTSIDE
    assert read_regular(cast / "y.yaml", limit=100, inside=[cast]) == b"name: Marlow"


@pytest.mark.parametrize("handles", ["as it is", "no such folder"])
def test_a_file_that_is_exchanged_for_a_link_after_it_was_opened_is_not_read(
    cast: Path, monkeypatch: pytest.MonkeyPatch, handles: str
) -> None:
    """It is opened as a link to a secret, and is an innocent file again when it is asked where it is."""
    if handles != "as it is":
        monkeypatch.setattr("bot.files.reading._HANDLES", cast / handles)
    path, fstat = cast / "x.yaml", os.fstat
    path.symlink_to("../.env")

    def exchanged(handle: int) -> os.stat_result:
        path.unlink()
        path.write_text("name: Innocent")
        return fstat(handle)

    monkeypatch.setattr("bot.files.reading.os.fstat", exchanged)
    assert refused(path, cast) is FileFault.OUTSIDE


def test_what_is_no_regular_file_is_not_waited_for(cast: Path) -> None:
    os.mkfifo(cast / "pipe.yaml")
    (cast / "zero.yaml").symlink_to("/dev/zero")
    (cast / "terminal.yaml").symlink_to("/dev/tty")
    (cast / "folder.yaml").mkdir()
    with socket.socket(socket.AF_UNIX) as there:
        there.bind(str(cast / "socket.yaml"))
        for name in ("pipe", "zero", "socket"):
            assert refused(cast / f"{name}.yaml") is FileFault.NOT_A_FILE
    assert refused(cast / "folder.yaml") is FileFault.FOLDER
    assert refused(cast / "terminal.yaml") in {FileFault.NOT_A_FILE, FileFault.UNREADABLE}


def test_a_file_that_becomes_a_pipe_before_it_is_opened_is_not_waited_for(
    cast: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, stat = cast / "x.yaml", Path.stat
    path.write_text("name: Innocent")

    def exchanged(self: Path) -> os.stat_result:
        found = stat(self)
        if self == path:
            path.unlink()
            os.mkfifo(path)
        return found

    monkeypatch.setattr(Path, "stat", exchanged)
    assert refused(path, cast) is FileFault.NOT_A_FILE


def test_what_is_missing_or_has_an_impossible_name_is_told(cast: Path) -> None:
    (cast / "ring.yaml").symlink_to("ring.yaml")
    (cast / "gone.yaml").symlink_to("nowhere")
    assert refused(cast / "none.yaml") is refused(cast / "gone.yaml") is FileFault.MISSING
    assert refused(cast / "more" / "marlow.yaml" / "x.yaml") is FileFault.MISSING
    assert refused(cast / "a\0b.yaml") is FileFault.UNREADABLE
    assert refused(cast / "ring.yaml") is FileFault.UNREADABLE
    assert refused(cast / ("x" * 300)) is FileFault.UNREADABLE


def test_a_byte_more_than_the_limit_shows_that_a_file_is_too_large(cast: Path) -> None:
    (cast / "x.yaml").write_bytes(b"x" * 5000)
    assert len(read_regular(cast / "x.yaml", limit=100, inside=[cast])) == 101
    (cast / "x.yaml").write_bytes(b"x" * 100)
    assert len(read_regular(cast / "x.yaml", limit=100, inside=[cast])) == 100
