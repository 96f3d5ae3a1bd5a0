"""What `make` does around the environment, with a stand-in for Python that installs nothing."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

PYTHON = """\
#!/bin/sh
echo "$@" >> said
case "$*" in
  *version_info*) exit ${TOO_OLD:-0} ;;
  *ensurepip*) exit ${NO_VENV:-0} ;;
  *"-m venv --clear .venv") rm -rf .venv && mkdir -p .venv/bin && cp python .venv/bin/ ;;
  *"pip"*"-r $BROKEN") exit 1 ;;
esac
"""
"""Notes what it is asked to do. As Python's venv, it copies itself; installing what $BROKEN lists fails."""

INSTALLS = "-m pip --disable-pip-version-check install --quiet --no-deps"
FRESH = [
    "-m venv --clear .venv",
    f"{INSTALLS} --require-hashes -r requirements.lock",
    f"{INSTALLS} --no-build-isolation --editable .",
]
DEVELOPMENT = [f"{INSTALLS} --require-hashes -r requirements-dev.lock"]
CAMERA = [f"{INSTALLS} --require-hashes -r requirements-pictures.lock"]
MUTATION = [f"{INSTALLS} --require-hashes -r requirements-mutation.lock"]
RUNS = ["-m bot run --or-rehearse"]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@dataclass(frozen=True)
class Clone:
    """A fresh clone, as far as make looks at it."""

    folder: Path

    def make(self, *arguments: str, **env: str) -> tuple[int, list[str], str]:
        """Run make; return its exit code, what Python was asked to do, and the complaints."""
        said = self.folder / "said"
        said.unlink(missing_ok=True)
        ran = subprocess.run(
            ["make", *arguments, "PYTHON=./python"],
            cwd=self.folder,
            env={"PATH": os.defpath, **env},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        asked = said.read_text(encoding="utf-8").splitlines() if said.exists() else []
        return ran.returncode, [line for line in asked if not line.startswith("-c")], ran.stderr

    def age(self) -> None:
        """Let an hour pass over everything that lies here, each file by its order."""
        for path in (self.folder, *self.folder.rglob("*")):
            then = path.stat().st_mtime - 3600
            os.utime(path, (then, then))


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copy2(ROOT / name, tmp_path)
    for name in ("requirements-mutation.lock", "requirements-pictures.lock"):
        (tmp_path / name).touch()
    (tmp_path / "python").write_text(PYTHON, encoding="utf-8")
    (tmp_path / "python").chmod(0o755)
    return Clone(tmp_path)


def test_a_fresh_clone_is_set_up_once_and_then_only_run(clone: Clone) -> None:
    assert clone.make("run") == (0, [*FRESH, *RUNS], "Setting up .venv …\n")
    assert clone.make("run") == (0, RUNS, "")
    assert clone.make("install") == (0, [], "")
    assert clone.make("setup") == (0, DEVELOPMENT, "Installing the development tools …\n")
    assert clone.make("setup")[1] == []


def test_only_pictures_install_what_pictures_need(clone: Clone) -> None:
    code, asked, complaints = clone.make("pictures")
    assert (code, asked) == (0, [*FRESH, *DEVELOPMENT, *CAMERA, "-m bench.pictures"])
    assert complaints.splitlines()[-1] == "Installing what pictures need …"
    assert clone.make("pictures")[:2] == (0, ["-m bench.pictures"])
    assert clone.make("setup")[1] == []


def test_only_mutants_install_what_mutants_need(clone: Clone) -> None:
    code, asked, complaints = clone.make("mutants")
    assert (code, asked) == (0, [*FRESH, *DEVELOPMENT, *MUTATION, "-m bench.mutants"])
    assert complaints.splitlines()[-1] == "Installing what mutants need …"
    assert clone.make("mutants")[:2] == (0, ["-m bench.mutants"])
    assert clone.make("setup")[1] == []


def test_a_service_needs_no_development_tools(clone: Clone) -> None:
    assert clone.make("install") == (0, FRESH, "Setting up .venv …\n")


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_what_a_failure_left_half_made_is_made_again(clone: Clone, lock: str) -> None:
    code, asked, complaints = clone.make("setup", BROKEN=lock)
    assert code != 0
    assert asked[-1].endswith(f"-r {lock}")
    assert complaints.splitlines()[-2] == (
        "The installation failed; see the messages of pip above (is there a network?). Run the same make again."
    )
    assert clone.make("run")[:2] == (0, [*FRESH, *RUNS])
    assert clone.make("setup")[:2] == (0, DEVELOPMENT)


def test_so_is_what_a_kill_left_while_the_environment_was_made(clone: Clone) -> None:
    (clone.folder / ".venv" / "bin").mkdir(parents=True)
    shutil.copy2(clone.folder / "python", clone.folder / ".venv" / "bin")
    assert clone.make("run")[:2] == (0, [*FRESH, *RUNS])


def test_a_changed_lock_is_installed(clone: Clone) -> None:
    clone.make("setup")
    clone.age()
    (clone.folder / "requirements-dev.lock").touch()
    assert clone.make("setup")[1] == DEVELOPMENT
    clone.age()
    (clone.folder / "requirements.lock").touch()
    assert clone.make("setup")[1] == [*FRESH[1:], *DEVELOPMENT]


@pytest.mark.parametrize(
    ("lacks", "words"),
    [
        (
            "TOO_OLD",
            "./python is not Python 3.11 or later. Install it, or choose it with: make PYTHON=python3.11 …",
        ),
        ("NO_VENV", "./python has no module venv. On Debian and Ubuntu: apt install python3-venv"),
    ],
)
def test_a_python_that_cannot_do_is_told_in_a_line(clone: Clone, lacks: str, words: str) -> None:
    code, asked, complaints = clone.make("run", **{lacks: "1"})
    assert (code, asked, complaints.splitlines()[0]) == (2, [], words)
    assert not (clone.folder / ".venv").exists()


def test_make_alone_lists_what_there_is_and_does_nothing(clone: Clone) -> None:
    ran = subprocess.run(
        ["make"],
        cwd=clone.folder,
        env={"PATH": os.defpath},  # not the settings of a make that runs these tests
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert [line.split()[0] for line in ran.stdout.splitlines()] == [
        "help", "run", "install", "test", "check", "setup", "quick", "fuzz", "schema", "pictures", "crash", "cluster", "containers", "mutants", "lock",
        "clean",
    ]  # fmt: skip
    assert not (clone.folder / "said").exists()


def test_ci_does_what_a_developer_does() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert script.splitlines()[-1] == "make test"
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
