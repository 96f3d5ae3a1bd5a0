"""Dockerfile and workflows, carried out in a plain shell: no container engine is needed.

The Dockerfile's own instructions are executed in a temporary folder, `/app` and `/venv` standing for folders
there. The wheels are not fetched: the packages that requirements.lock names, and no others, are linked
from the environment of the tests. `REAL_PIP=1` installs them really, which takes a minute and the network.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from importlib.metadata import distribution
from pathlib import Path, PurePosixPath
from string import Template
from typing import Any

import pytest
from packaging.requirements import Requirement

from bot import __version__
from bot.config.schema import Config
from bot.discord_ui.gateway.liveness import BEAT, STALE
from bot.files.yamlfile import read_file
from tests.standins.discord_wire import WireDiscord

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "containers.md").read_text(encoding="utf-8")
REAL_PIP = bool(os.environ.get("REAL_PIP"))
PATIENCE = 60
"""Seconds for anything that takes one."""

PLANTED = (
    ".env",
    ".env.old",
    ".git/config",
    ".venv/pyvenv.cfg",
    "bot/.env",
    "bot/__pycache__/config.cpython-311.pyc",
    "config.yaml",
    "data/dramatis.sqlite3",
    "notes.txt",
    "personas/.marlow.yaml.swp",
    "tests/test_docker.py",
)
"""What lies about on a host's disk and has no business in an image."""


# What a Dockerfile means ------------------------------------------------------------------------


@dataclass
class Image:
    """A stage of the build: a folder that stands for a container's root, and what it was told to do."""

    root: Path
    env: dict[str, str] = field(default_factory=lambda: {"PATH": "/usr/local/bin:/usr/bin:/bin"})
    workdir: str = "/"
    told: dict[str, str] = field(default_factory=dict)

    def at(self, path: str) -> Path:
        """Where a path of the container's lies here."""
        return self.root / str(PurePosixPath(self.workdir, path)).lstrip("/")

    @property
    def ids(self) -> dict[str, Any]:
        """The user and group of a program in the container; only root can choose them."""
        uid, gid = map(int, self.told["USER"].split(":"))
        reached = [Path(each).resolve() for each in (sys.executable, sysconfig.get_path("purelib"))]
        public = all(
            path.stat().st_mode & 0o001 for each in [*reached, self.root] for path in (each, *each.parents)
        )
        return {"user": uid, "group": gid, "extra_groups": []} if os.geteuid() == 0 and public else {}

    def here(self, text: str) -> str:
        """Text in which the container's own folders are those here."""
        return re.sub(r"(?<![\w./])/(?=(?:app|venv)\b)", f"{self.root}/", text)

    @property
    def variables(self) -> dict[str, str]:
        return {name: self.here(value) for name, value in self.env.items()}

    def command(self, instruction: str) -> list[str]:
        """The words of CMD or HEALTHCHECK in exec form; the program is looked up as the engine does."""
        told = self.told[instruction]
        program, *arguments = json.loads(told[told.index("[") :])
        found = shutil.which(program, path=self.variables["PATH"])
        assert found is not None, program
        return [found, *arguments]

    def run(self, *words: str, said: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program in the container, with nothing of this process's environment."""
        return subprocess.run(
            words,
            cwd=self.at("."),
            env={**self.variables, "HOME": "/"},
            input=said,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            **self.ids,
        )

    def bot(self, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
        """A command of the bot's in a container that runs, as `docker exec` starts it."""
        return self.run(*self.command("CMD")[:3], *arguments, said=said)

    @property
    def started(self) -> list[str]:
        """What a container runs that is told nothing else."""
        return [*self.command("ENTRYPOINT"), *json.loads(self.told["CMD"])]

    def fill(self) -> subprocess.CompletedProcess[str]:
        """Start a container for something that takes no time."""
        return self.run(*self.command("ENTRYPOINT"), "true")

    def volume(self) -> Path:
        """Put a new, empty volume in the place of the old one."""
        data = self.at("data")
        owner = data.stat()
        shutil.rmtree(data)
        data.mkdir(mode=0o700)
        os.chown(data, owner.st_uid, owner.st_gid)
        return data

    def files(self) -> dict[str, os.stat_result]:
        """Everything in the container but links, whose targets are the tests' own packages."""
        found = (path for path in sorted(self.root.rglob("*")) if not path.is_symlink())
        return {f"/{path.relative_to(self.root)}": path.lstat() for path in found}


class Build:
    """An engine just large enough for our Dockerfile; an instruction that it does not know is an error."""

    def __init__(self, context: Path, folder: Path, **given: str) -> None:
        self.context, self.folder, self.given = context, folder, given
        self.variables: dict[str, str] = {}
        self.stages: dict[str, Image] = {}
        self.bases: list[str] = []
        self.image = Image(folder)
        self._install_base()
        for name, rest in instructions((context / "Dockerfile").read_text(encoding="utf-8")):
            self._step(name, rest)

    def _install_base(self) -> None:
        """The base image's `python` and `pip`, to be found ahead of any other."""
        python = getattr(sys, "_base_executable", sys.executable)
        asked = f'printf "%s\\n" "$@" > "{self.folder}/asked-of-pip"'
        programs = {
            "python": f'exec "{python}" "$@"',
            "pip": f'exec "{python}" -m pip "$@"' if REAL_PIP else asked,
        }
        (self.folder / "bin").mkdir()
        for name, line in programs.items():
            path = self.folder / "bin" / name
            path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
            path.chmod(0o755)

    def _step(self, name: str, rest: str) -> None:
        match name:
            case "FROM":
                self._from(self._filled(rest))
            case "ARG":
                variable, _, default = rest.partition("=")
                self.variables[variable] = self.given.get(variable, default)
            case "ENV":
                self.image.env |= {
                    name: value for name, _, value in map(partitioned, self._filled(rest).split())
                }
            case "WORKDIR":
                self.image.workdir = rest
                self.image.at(".").mkdir()
            case "COPY":
                self._copy(*self._filled(rest).split())
            case "RUN":
                self._run(rest)
            case "USER" | "VOLUME" | "HEALTHCHECK" | "STOPSIGNAL" | "ENTRYPOINT" | "CMD":
                self.image.told[name] = self._filled(rest)
            case _:
                raise NotImplementedError(name)

    def _filled(self, text: str) -> str:
        return Template(text).substitute(self.variables | self.image.env)

    def _from(self, rest: str) -> None:
        base, _, name = rest.partition(" AS ")
        self.bases.append(base)
        self.image = self.stages[name] = Image(self.folder / f"stage-{name or 'last'}")
        self.image.root.mkdir()

    def _copy(self, *words: str) -> None:
        source, target = words[-2:]
        destination = self.image.at(target)
        if words[0].startswith("--from="):
            shutil.copytree(
                self.stages[words[0].partition("=")[2]].at(source),
                destination,
                symlinks=True,
                dirs_exist_ok=True,
            )
            return
        files = [path for path in sent(self.context) if path == source or path.startswith(f"{source}/")]
        assert files, f"COPY {source}: nothing of this name is sent"
        for path in files:
            inside = path.removeprefix(source).lstrip("/") or ("" if target != "." else source)
            copied = destination / inside
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self.context / path, copied)

    def _run(self, rest: str) -> None:
        variables = {**self.variables, **self.image.variables}
        variables["PATH"] = f"{self.folder}/bin:{variables['PATH']}:{os.environ['PATH']}"
        # This machine's way to its packages is no part of what the container is told.
        pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        subprocess.run(
            ["sh", "-c", self.image.here(rest)], cwd=self.image.at("."), env=variables | pip, check=True
        )
        asked = self.folder / "asked-of-pip"
        if asked.exists():
            self._link(asked.read_text(encoding="utf-8").splitlines())
            asked.unlink()

    def _link(self, asked: list[str]) -> None:
        """Put there what pip was asked for: links to the packages of the tests' own environment."""
        assert {"install", "--no-deps", "--require-hashes", "--only-binary=:all:"} <= set(asked)
        python, lock = (Path(asked[asked.index(option) + 1]) for option in ("--python", "-r"))
        (site,) = python.parent.parent.glob("lib/python*/site-packages")
        for name in locked(self.image.at(str(lock))):
            found = distribution(name)
            for top in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
                (site / top).symlink_to(str(found.locate_file(top)))


def partitioned(pair: str) -> tuple[str, str, str]:
    return pair.partition("=")


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """A Dockerfile's instructions, their continued lines joined."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in re.sub(r"\\\n\s*", " ", lines).splitlines():
        if line.strip():
            name, _, rest = line.partition(" ")
            yield name, rest.strip()


def sent(context: Path) -> list[str]:
    """The files the engine is shown: the last line of .dockerignore that fits a path, or a folder above, wins."""
    lines = (context / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    files = (path.relative_to(context).as_posix() for path in sorted(context.rglob("*")) if path.is_file())
    return [path for path in files if shown(path, rules)]


def shown(path: str, rules: list[str]) -> bool:
    verdict, names = True, path.split("/")
    above = ["/".join(names[:length]) for length in range(1, len(names) + 1)]
    for rule in rules:
        wild = re.escape(rule.removeprefix("!")).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
        if any(re.fullmatch(wild, each) for each in above):
            verdict = rule.startswith("!")
    return verdict


def locked(lock: Path) -> list[str]:
    """The packages that a lock file names for this Python."""
    lines = [
        line for line in lock.read_text(encoding="utf-8").splitlines() if not line.startswith((" ", "#"))
    ]
    wanted = (Requirement(line.rstrip("\\ ")) for line in lines if line)
    return [each.name for each in wanted if each.marker is None or each.marker.evaluate()]


# The image --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A host's clone, made under a strict umask, with all that gathers there."""
    context = tmp_path_factory.mktemp("context")
    for folder in ("bot", "personas"):
        shutil.copytree(ROOT / folder, context / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.iterdir():
        if path.is_file() and path.name not in {".env", "config.yaml"}:
            shutil.copy2(path, context)
    for name in PLANTED:
        (context / name).parent.mkdir(parents=True, exist_ok=True)
        (context / name).write_text("planted", encoding="utf-8")
    for path in context.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return context


@pytest.fixture(scope="module")
def build(context: Path) -> Iterator[Build]:
    # Only root can give a folder to somebody else, who must be let in.
    uid, gid = (1234, 4321) if os.geteuid() == 0 else (os.getuid(), os.getgid())
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Build(context, Path(folder), UID=str(uid), GID=str(gid))


@pytest.fixture(scope="module")
def image(build: Build) -> Image:
    return build.image


def test_the_build_is_shown_what_it_needs_and_no_secret(context: Path) -> None:
    paths = sent(context)
    assert {path.partition("/")[0] for path in paths} == {
        "LICENSE",
        "bot",
        "config.example.yaml",
        "personas",
        "requirements.lock",
    }
    assert set(paths).isdisjoint(PLANTED)
    assert "bot/storage/migrations/0001_first.sql" in paths
    assert {"personas/marlow.yaml", "personas/marlow.png"} <= set(paths)


def test_no_stage_holds_what_was_planted(build: Build) -> None:
    for stage in build.stages.values():
        for path in stage.files():
            file = stage.at(path)
            assert not file.is_file() or file.read_bytes() != b"planted", path


def test_both_stages_stand_on_one_base_of_an_exact_version(build: Build) -> None:
    assert len(build.bases) == 2
    assert len(set(build.bases)) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-[a-z]+", build.bases[0])


def test_another_base_can_be_named_by_digest(context: Path, tmp_path: Path) -> None:
    digest = f"python@sha256:{'0' * 64}"
    assert set(Build(context, tmp_path, BASE=digest, UID=str(os.getuid()), GID=str(os.getgid())).bases) == {
        digest
    }


def test_it_is_nobody_by_name_and_may_write_its_data_and_nothing_else(image: Image) -> None:
    uid, gid = map(int, image.told["USER"].split(":"))
    assert uid == (os.getuid() or 1234)
    data = image.at("data").stat()
    assert (data.st_uid, data.st_gid, data.st_mode & 0o777) == (uid, gid, 0o700)
    for path, found in image.files().items():
        if path != "/app/data":
            wanted = 0o555 if path.endswith("/bin") else 0o444
            assert found.st_mode & wanted == wanted, f"{path} cannot be read"
            assert not found.st_mode & 0o022, f"{path} can be written"


def test_all_it_writes_is_on_one_volume(image: Image) -> None:
    folder = PurePosixPath(image.workdir, Config().storage.path.parent)
    assert json.loads(image.told["VOLUME"]) == [str(folder)]


def test_the_bot_runs_from_the_image_alone(image: Image) -> None:
    told = image.bot("--version")
    assert (told.returncode, told.stdout) == (0, f"dramatis, version {__version__}\n"), told.stderr
    where = "import bot, discord; print(bot.__file__)"
    assert image.run(image.command("CMD")[0], "-c", where).stdout == f"{image.at('bot')}/__init__.py\n"
    # What only developers have is not there.
    assert "No module named 'pytest'" in image.run(image.command("CMD")[0], "-c", "import pytest").stderr
    assert "No module named pip" in image.run(image.command("CMD")[0], "-m", "pip").stderr


def test_a_first_start_puts_samples_and_a_configuration_into_the_volume(image: Image) -> None:
    data = image.volume()
    ended = image.run(*image.started)
    assert (ended.returncode, ended.stdout) == (78, "")
    assert ended.stderr.startswith("no Discord token: set DISCORD_TOKEN")
    assert {path.name for path in data.iterdir()} == {".samples", "config.yaml", "lore", "personas"}
    assert sorted(path.name for path in (data / "personas").iterdir()) == sorted(
        path.name for path in (ROOT / "personas").iterdir()
    )
    written = read_file(data / "config.yaml")
    assert written.data is None
    # The same as the example, once every # that was put before a setting is taken away.
    example = (ROOT / "config.example.yaml").read_text(encoding="utf-8").partition("\n\n")[2]
    offered = (data / "config.yaml").read_text(encoding="utf-8").partition("\n\n")[2]
    assert re.sub("^#", "", offered, flags=re.MULTILINE) == example
    checked = image.bot("check")
    assert checked.returncode == 0, checked.stderr
    assert "marlow" in checked.stdout


def test_what_a_host_changes_in_the_volume_counts_and_is_left_alone(image: Image) -> None:
    data = image.volume()
    image.fill()
    marlow, tavern = data / "personas" / "marlow.yaml", data / "lore" / "tavern.yaml"
    marlow.write_text(marlow.read_text(encoding="utf-8").replace("Marlow", "Morlaw"), encoding="utf-8")
    (data / "personas" / "rufus.yaml").unlink()
    (data / "personas" / "mine.yaml").write_text("name: Mine\ndescription: Mine alone.\n", encoding="utf-8")
    (data / "config.yaml").write_text("default_persona: nobody-has-this\n", encoding="utf-8")
    tavern.write_text("entries: 3\n", encoding="utf-8")
    kept = {path: path.read_bytes() for path in data.rglob("*.yaml")}
    image.fill()
    assert {path: path.read_bytes() for path in data.rglob("*.yaml")} == kept
    checked = image.bot("check")
    assert checked.returncode == 1
    assert "rufus" not in checked.stdout
    assert {"data/config.yaml:1:1", "data/lore/tavern.yaml:1:1"} <= set(
        re.findall(r"data/\S+:\d+:\d+", checked.stdout + checked.stderr)
    )
    assert "mine" in checked.stdout


def test_a_newer_image_brings_its_samples_and_touches_nothing_that_was_edited(image: Image) -> None:
    data, samples = image.volume(), image.at("samples/personas")
    image.fill()
    (data / "personas" / "cassida.yaml").write_text("name: My Cassida\n", encoding="utf-8")
    (data / "personas" / "basile.yaml").unlink()
    before = {path: path.read_bytes() for path in samples.iterdir()}
    try:
        for key in ("marlow", "cassida", "basile", "quite-new"):
            (samples / f"{key}.yaml").write_text("name: Of the newer image\n", encoding="utf-8")
        image.fill()
    finally:
        (samples / "quite-new.yaml").unlink()
        for path, content in before.items():
            path.write_bytes(content)
    newer = "name: Of the newer image\n"
    found = {path.stem: path.read_text(encoding="utf-8") for path in (data / "personas").glob("*.yaml")}
    assert (found["marlow"], found["quite-new"]) == (newer, newer)
    assert found["cassida"] == "name: My Cassida\n"
    assert "basile" not in found


def test_nothing_is_put_where_the_host_has_mounted_something_of_its_own(image: Image) -> None:
    data, personas, config = image.volume(), image.at("personas"), image.at("config.yaml")
    personas.mkdir()
    try:
        config.touch()
        image.fill()
        assert {path.name for path in data.iterdir()} == {"lore"}
    finally:
        config.unlink()
        shutil.rmtree(personas)


def test_a_volume_that_cannot_be_filled_is_named_in_a_line(image: Image) -> None:
    data = image.volume()
    (data / "lore").touch()
    filled = image.fill()
    line = "data/lore is a file, but should be a folder: move it away, and start again\n"
    assert (filled.returncode, filled.stderr) == (0, line)
    assert (data / "personas" / "marlow.yaml").exists()


def test_a_configuration_that_is_a_folder_is_named_before_and_by_the_bot(image: Image) -> None:
    (image.volume() / "config.yaml").mkdir()
    started = image.run(*image.started)
    assert started.returncode == 78
    first, last = started.stderr.splitlines()
    assert first.startswith(
        "data/config.yaml is a folder, but should be a file: delete the folder (Docker makes"
    )
    assert last == "data/config.yaml: this is a folder, not a file, put a file in its place"


def test_a_record_that_cannot_be_read_is_as_good_as_none(image: Image) -> None:
    data = image.volume()
    (data / ".samples").write_bytes(b"\xff\xfe rubbish\n")
    filled = image.fill()
    assert (filled.returncode, filled.stderr) == (0, "")
    assert (data / "personas" / "marlow.yaml").exists()


def test_on_a_panel_the_volume_is_in_the_folder_of_its_server(image: Image, tmp_path: Path) -> None:
    (tmp_path / "container").mkdir()
    start = (
        "from pathlib import Path; from bot import volume; "
        f"volume.main(['pwd'], panel=Path({str(tmp_path / 'container')!r}))"
    )
    program = image.command("CMD")[0]
    ended = subprocess.run(
        [program, "-c", start],
        cwd=image.at("."),
        env=image.variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.stdout, ended.stderr) == (f"{tmp_path / 'container'}\n", "")
    assert (tmp_path / "container" / "data" / "personas" / "marlow.yaml").exists()


def test_a_command_that_does_not_exist_is_named(image: Image) -> None:
    image.volume()
    ended = image.run(*image.command("ENTRYPOINT"), "no-such-command")
    assert (ended.returncode, ended.stderr) == (127, "no-such-command: No such file or directory\n")


def test_its_health_is_the_age_of_the_heartbeat(image: Image) -> None:
    heartbeat = image.at("data/dramatis.sqlite3.heartbeat")
    assert image.run(*image.command("HEALTHCHECK")).returncode == 1
    heartbeat.touch()
    assert image.run(*image.command("HEALTHCHECK")).returncode == 0
    heartbeat.unlink()


def test_its_health_is_asked_for_in_time(image: Image) -> None:
    options = dict(re.findall(r"--([\w-]+)=(\d+)s?", image.told["HEALTHCHECK"]))
    assert int(options["interval"]) < STALE
    assert int(options["start-period"]) > 2 * BEAT


async def test_it_serves_discord_until_told_to_stop(image: Image) -> None:
    async with WireDiscord() as discord:
        # Where the stand-in is, in the volume's own file; for a host the two variables are all.
        way = f"discord: {{api_base: '{discord.api_base}', gateway: '{discord.gateway}'}}\n"
        (image.volume() / "config.yaml").write_text(way, encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            *image.started,
            cwd=image.at("."),
            env={
                **image.variables,
                "DISCORD_TOKEN": discord.token,
                "MINIMAX_API_KEY": "sk-api-nobody-has-this",
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            **image.ids,
        )
        await discord.wait_for(lambda: discord.sockets.connected, PATIENCE)
        process.send_signal(getattr(signal, image.told["STOPSIGNAL"]))
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert (process.returncode, out) == (0, b"")
    assert err.decode().endswith("stopped\n")


def test_all_it_ever_writes_is_in_data(image: Image) -> None:
    image.fill()
    before = {path: (found.st_mtime_ns, found.st_size) for path, found in image.files().items()}
    answered = image.bot("chat", "--persona", "marlow", "--offline", said="Good evening.\n")
    assert answered.returncode == 0
    assert answered.stdout
    after = {path: (found.st_mtime_ns, found.st_size) for path, found in image.files().items()}
    written = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert "/app/data/dramatis.sqlite3" in written
    assert all(path.startswith("/app/data") for path in written), written


def test_the_backup_of_the_page_is_whole_and_private_and_can_be_restored(image: Image) -> None:
    image.fill()
    image.bot("chat", "--persona", "marlow", "--offline", said="Remember me.\n")
    (made,) = re.findall(r"^docker compose exec -T bot python -m bot (backup .*)$", PAGE, re.MULTILINE)
    ran = image.bot(*made.split())
    assert ran.returncode == 0, ran.stderr
    copy = image.at("data/backup.sqlite3")
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert ("Remember me.",) in database.execute("SELECT text FROM turn").fetchall()
    image.bot("chat", "--offline", said="And now?\n")
    (put,) = re.findall(r"^docker compose run --rm bot python -m bot (restore .*)$", PAGE, re.MULTILINE)
    restored = image.bot(*put.split())
    assert restored.returncode == 0, restored.stderr
    assert image.bot("chat", "--offline", said="And now?\n").returncode == 0
    assert image.bot("doctor").returncode == 0
    # Neither way leaves a copy of people's words in the volume.
    blocks = [block for block in PAGE.split("```sh")[1:] if copy.name in block.partition("```")[0]]
    assert all("docker compose exec -T bot rm data/backup.sqlite3" in block for block in blocks)
    assert len(blocks) == 2


# The workflows ----------------------------------------------------------------------------------


WORKFLOWS = {path.name: read_file(path).data for path in sorted((ROOT / ".github" / "workflows").iterdir())}


def steps(workflow: str) -> list[dict[str, Any]]:
    return [step for job in WORKFLOWS[workflow]["jobs"].values() for step in job.get("steps", [])]


def test_every_push_and_request_is_tested_on_the_oldest_and_the_newest_python() -> None:
    workflow = WORKFLOWS["ci.yml"]
    assert {"push", "pull_request"} <= set(workflow["on"])
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.x"]
    (tested,) = [step for step in workflow["jobs"]["test"]["steps"] if step.get("run") == "make test"]
    assert tested["env"] == {"TESTS_NEED_POSTGRES": "1", "TESTS_NEED_PROMTOOL": "1"}


def test_an_image_is_built_and_tried_where_there_is_an_engine() -> None:
    (commands,) = [step["run"] for step in WORKFLOWS["ci.yml"]["jobs"]["image"]["steps"] if "run" in step]
    assert re.findall(r"docker compose (\w+)", commands) == ["build", "run", "run", "run"]


def test_a_release_is_tested_before_it_is_published() -> None:
    workflow = WORKFLOWS["release.yml"]
    assert workflow["on"] == {"push": {"tags": ["v*"]}}
    assert workflow["jobs"]["test"] == {"needs": "version", "uses": "./.github/workflows/ci.yml"}
    assert "workflow_call" in WORKFLOWS["ci.yml"]["on"]
    assert workflow["jobs"]["image"]["needs"] == "test"


@pytest.mark.parametrize(
    ("tag", "registry", "complaints"),
    [
        (f"v{__version__}", "registry.example", 0),
        ("v999.0.0", "registry.example", 1),
        (__version__, "registry.example", 1),
        (f"v{__version__}", "", 1),
    ],
)
def test_a_release_needs_the_tag_of_its_version_and_a_registry(
    tag: str, registry: str, complaints: int
) -> None:
    scripts = [step["run"] for step in WORKFLOWS["release.yml"]["jobs"]["version"]["steps"] if "run" in step]
    ended = [
        subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "GITHUB_REF_NAME": tag, "REGISTRY": registry},
            capture_output=True,
            text=True,
            check=False,
        )
        for script in scripts
    ]
    assert [each.returncode for each in ended].count(1) == complaints
    assert all(each.stdout.startswith("::error::") for each in ended if each.returncode)


def test_a_release_is_published_for_two_kinds_of_machine_under_three_tags() -> None:
    named = {
        step["uses"].partition("@")[0]: step.get("with", {})
        for step in steps("release.yml")
        if "uses" in step
    }
    push = named["docker/build-push-action"]
    assert push["push"] is True
    assert push["platforms"] == "linux/amd64,linux/arm64"
    names = named["docker/metadata-action"]
    assert names["images"] == "${{ vars.REGISTRY }}/${{ github.repository }}"
    assert names["flavor"] == "latest=auto"
    assert names["tags"].split() == [
        "type=semver,pattern={{version}}",
        "type=semver,pattern={{major}}.{{minor}}",
    ]


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_workflow_may_do_no_more_than_it_must(workflow: str) -> None:
    assert WORKFLOWS[workflow]["permissions"] == {"contents": "read"}
    more = [job for job, what in WORKFLOWS[workflow]["jobs"].items() if "permissions" in what]
    assert more == (["image"] if workflow == "release.yml" else [])
    for step in steps(workflow):
        # What a stranger can name, a branch for one, is never pasted into a script.
        assert "${{" not in step.get("run", "")
        if "checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_workflow_names_others_work_by_commit_with_its_version(workflow: str) -> None:
    text = (ROOT / ".github" / "workflows" / workflow).read_text(encoding="utf-8")
    used = [line for line in text.splitlines() if "uses:" in line and "./" not in line]
    assert used
    for line in used:
        assert re.search(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+$", line), line
