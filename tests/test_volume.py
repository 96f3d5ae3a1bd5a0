"""What the image puts into its volume where something is in the way: the rest, and a line that says what to do."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

import pytest

from bot import volume
from bot.volume import RECORD, fill, prepare

FILES = {"config.yaml": b"settings\n", "personas/a.yaml": b"name: A\n", "personas/b.yaml": b"name: B\n"}


def recorded(data: Path) -> dict[str, str]:
    lines = (data / RECORD).read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def content(data: Path) -> dict[str, bytes]:
    return {str(path.relative_to(data)): path.read_bytes() for path in data.rglob("*.yaml") if path.is_file()}


def failures(data: Path) -> dict[str, int | None]:
    return {str(path.relative_to(data)): error.errno for path, error in fill(data, FILES).items()}


def test_what_is_in_the_way_of_one_file_keeps_no_other_away_and_is_recorded(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").mkdir()
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "a.yaml").mkdir()
    assert failures(tmp_path) == {"config.yaml": errno.EISDIR, "personas/a.yaml": errno.EISDIR}
    assert content(tmp_path) == {"personas/b.yaml": b"name: B\n"}
    assert recorded(tmp_path) == {"personas/b.yaml": sha256(b"name: B\n").hexdigest()}
    # What was recorded is remembered: a host deletes it for good.
    (tmp_path / "personas" / "b.yaml").unlink()
    (tmp_path / "config.yaml").rmdir()
    assert failures(tmp_path) == {"personas/a.yaml": errno.EISDIR}
    assert content(tmp_path) == {"config.yaml": b"settings\n"}


def test_a_file_where_the_folder_of_personas_should_be_keeps_no_configuration_away(tmp_path: Path) -> None:
    (tmp_path / "personas").touch()
    assert failures(tmp_path) == {name: errno.ENOTDIR for name in FILES if name != "config.yaml"}
    assert content(tmp_path) == {"config.yaml": b"settings\n"}
    assert list(recorded(tmp_path)) == ["config.yaml"]


def test_processes_that_fill_one_volume_together_do_not_meet(tmp_path: Path) -> None:
    for _ in range(5):
        found = tmp_path / token_hex(4)
        found.mkdir()
        with ThreadPoolExecutor(4) as processes:
            assert list(processes.map(lambda _, data=found: fill(data, FILES), range(4))) == [{}] * 4
        assert content(found) == FILES
        assert recorded(found).keys() == FILES.keys()
        assert not list(found.rglob("*.half"))


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volume, "token_hex", lambda _: "0")
    (tmp_path / ".config.yaml.0.half").symlink_to("/dev/full")
    assert failures(tmp_path) == {"config.yaml": errno.ENOSPC}
    assert {path.name for path in tmp_path.iterdir()} == {RECORD, "personas"}
    (tmp_path / f".{RECORD}.0.half").symlink_to("/dev/full")
    assert failures(tmp_path) == {RECORD: errno.ENOSPC}
    assert failures(tmp_path) == {}
    assert recorded(tmp_path).keys() == FILES.keys()


def test_without_the_record_nothing_that_a_host_has_deleted_comes_back(tmp_path: Path) -> None:
    (tmp_path / RECORD).mkdir()
    assert failures(tmp_path) == {RECORD: errno.EISDIR}
    assert content(tmp_path) == {}


def test_a_link_that_leads_nowhere_is_its_hosts(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").symlink_to("not-mounted-yet")
    assert failures(tmp_path) == {}
    assert (tmp_path / "config.yaml").is_symlink()
    assert recorded(tmp_path).keys() == FILES.keys() - {"config.yaml"}


@pytest.fixture
def samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The samples of an image that is started in a folder of its own."""
    (tmp_path / "samples" / "personas").mkdir(parents=True)
    for key in "ab":
        (tmp_path / "samples" / "personas" / f"{key}.yaml").touch()
    (tmp_path / "samples" / "example.yaml").write_text("# head\n\nkey: 1\n", encoding="utf-8")
    (tmp_path / "app").mkdir()
    monkeypatch.chdir(tmp_path / "app")
    return tmp_path / "samples"


def test_each_reason_is_said_once_with_what_it_concerns(
    samples: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("data/config.yaml", "data/personas/a.yaml"):
        Path(folder).mkdir(parents=True)
    Path("data/lore").touch()
    prepare(samples)
    docker = "(Docker makes one where a file that is to be mounted is missing)"
    assert capsys.readouterr().err.splitlines() == [
        "data/lore is a file, but should be a folder: move it away, and start again",
        f"data/personas/a.yaml is a folder, but should be a file: delete the folder {docker}, and start again",
        f"data/config.yaml is a folder, but should be a file: delete the folder {docker}, and start again",
    ]
    Path("data/lore").unlink()
    Path("data/config.yaml").rmdir()
    Path("data/personas/a.yaml").rmdir()
    prepare(samples)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (
            errno.EACCES,
            "(Permission denied), so the samples aren't put there: it has to belong to {0}, as after `chown -R {0}`",
        ),
        (
            errno.EROFS,
            "(Read-only file system), so the samples aren't put there: mount the volume without `ro`",
        ),
        (errno.ENOSPC, "(No space left on device), so the samples aren't put there: make room on the disk"),
        (errno.EIO, "(Input/output error), so the samples aren't put there"),
    ],
)
def test_what_keeps_all_away_is_one_line(
    samples: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), str(path))

    Path("data").mkdir()
    monkeypatch.setattr(Path, "replace", refuse)
    prepare(samples)
    owner = f"{os.getuid()}:{os.getgid()}"
    assert capsys.readouterr().err == f"data can't be written {said.format(owner)}\n"
