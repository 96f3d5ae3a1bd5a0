"""The import table of docs/architecture.md, held against the code."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bot.core.output.answer import MOVES, Phase

ROOT = Path(__file__).parent.parent
BOT = ROOT / "bot"

OURS = {
    "core": {"core"},
    "texts": {"core", "texts"},
    "files": {"core", "files", "texts"},
    "llm": {"core", "llm"},
    "storage": {"core", "storage"},
    "personas": {"core", "files", "personas", "texts"},
    "config": {"config", "core", "files", "texts"},
    "endpoint": {"core", "endpoint", "storage", "texts"},
    "story": {"core", "endpoint", "personas", "storage", "story", "texts"},
    "discord_ui": {"core", "discord_ui", "personas", "storage", "story", "texts"},
    "terminal": {"core", "story", "terminal", "texts"},
    "maintenance": {"core", "storage", "texts"},
    "usage": {"core", "storage", "texts"},
    "volume": {"texts"},
    "ops": {"core", "ops", "texts"},
    "composition": {
        "composition",
        "config",
        "core",
        "endpoint",
        "files",
        "llm",
        "ops",
        "personas",
        "storage",
        "story",
        "terminal",
        "texts",
    },
    "app": {"composition", "config", "core", "discord_ui", "llm", "ops", "story", "texts"},
    "__main__": {
        "app",
        "composition",
        "config",
        "discord_ui",
        "llm",
        "maintenance",
        "ops",
        "personas",
        "storage",
        "terminal",
        "texts",
        "usage",
    },
}
"""Part of bot/ → the parts it may import."""

LIBRARIES = {
    "core": {"ahocorasick_rs", "markdown_it", "pydantic", "re2", "regex"},
    "texts": {"babel"},
    "files": {"pydantic", "pydantic_core", "watchfiles", "yaml"},
    "llm": {"cryptography", "httpx", "httpx_sse", "socksio", "tenacity"},
    "storage": {"aiosqlite", "asyncpg", "filelock"},
    "personas": {"pydantic", "yaml"},
    "config": {"dotenv", "pydantic", "pydantic_settings", "yaml"},
    "endpoint": {"tokenizers"},
    "story": set(),
    "discord_ui": {"PIL", "aiohttp", "discord", "tenacity", "yarl"},
    "terminal": set(),
    "maintenance": {"rich"},
    "usage": {"rich"},
    "volume": set(),
    "ops": {"aiohttp", "prometheus_client"},
    "composition": set(),
    "app": set(),
    "__main__": {"click"},
}
"""Part of bot/ → the libraries it may import."""

WIDE = {"core/completion.py": "__init__"}
"""`ModelError` is a record of what a server said."""

IMPURE = {
    "asyncio",
    "io",
    "logging",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "sqlite3",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "urllib.request",
    "uuid",
}
"""What core may not touch: I/O, clocks, randomness, processes."""


def part_of(path: Path) -> str:
    return path.relative_to(BOT).parts[0].removesuffix(".py")


def attributes(node: ast.ClassDef) -> set[str]:
    """What a class keeps: its fields, and all that its methods set on `self`."""
    fields = {
        each.target.id
        for each in node.body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    }
    kept = {
        target.attr
        for each in ast.walk(node)
        for target in (each.targets if isinstance(each, ast.Assign) else [getattr(each, "target", None)])
        if isinstance(target, ast.Attribute)
        and isinstance(target.value, ast.Name)
        and target.value.id == "self"
    }
    return fields | kept


def room_of(module: str) -> str:
    """The package that holds a module."""
    is_package = (ROOT / module.replace(".", "/")).is_dir()
    return module if is_package else module.rpartition(".")[0]


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Everything in a module's syntax tree."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imported(path: Path) -> Iterator[tuple[int, str]]:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            if node.module == "bot":
                yield from ((node.lineno, f"bot.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, node.module or ""


FILES = sorted(path for path in BOT.rglob("*.py") if path != BOT / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(BOT)))
def test_a_file_imports_only_what_its_part_may(path: Path) -> None:
    part = part_of(path)
    for line, module in imported(path):
        where = f"{path.relative_to(ROOT)}:{line} imports {module}"
        top, *rest = module.split(".")
        if top == "bot":
            assert rest[0] in OURS[part] | {"__version__"}, where
        elif top not in sys.stdlib_module_names:
            assert top in LIBRARIES[part], where
        elif part == "core":
            assert module not in IMPURE, where


def test_every_part_of_the_house_is_in_the_table() -> None:
    assert {part_of(path) for path in FILES} == set(OURS) == set(LIBRARIES)


def test_only_discord_ui_knows_discord() -> None:
    assert [part for part, libraries in LIBRARIES.items() if "discord" in libraries] == ["discord_ui"]


def test_rooms_stand_on_floors() -> None:
    """No room needs one that needs it: each import goes down, inside the larger parts too."""
    below: dict[str, set[str]] = {}
    for path in FILES:
        room = ".".join(path.relative_to(ROOT).parts[:-1])
        modules = {module for _, module in imported(path) if module.startswith("bot.")}
        below.setdefault(room, set()).update(room_of(module) for module in modules)
    while below:
        ground = [room for room in below if not (below[room] & below.keys()) - {room}]
        assert ground, f"these go round in a circle: {below}"
        for room in ground:
            del below[room]


def test_core_awaits_nothing() -> None:
    for path in BOT.glob("core/**/*.py"):
        for node in nodes(path):
            if isinstance(node, ast.AsyncFunctionDef):
                # A protocol may promise something to await; core itself has nothing to do it with.
                assert isinstance(node.body[-1], ast.Expr), f"{path}:{node.lineno} awaits"
            assert not isinstance(node, ast.Await), f"{path}:{node.lineno} awaits"


def test_the_documented_table_is_this_one() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    documented = {}
    for row in rows:
        part, may, libraries = (cell.strip() for cell in row.strip("|").split("|")[:3])
        documented[part.strip("`")] = (
            {name.strip("` ") for name in may.split(",")} - {"–"},
            {name.strip("` ") for name in libraries.split(",")} - {"–"},
        )
    expected = {part: (OURS[part] - {part}, LIBRARIES[part]) for part in OURS}
    assert documented == expected


def test_the_way_of_one_reply_is_short_and_names_each_file_once() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    way = text.partition("## The way of one reply")[2].partition("###")[0]
    files = re.findall(r"`([a-z_/]+\.py)`", way)
    assert len(way.split()) <= 1200
    assert len(files) == len(set(files)) <= 20
    assert [name for name in files if not (BOT / name).is_file()] == []


def test_the_drawn_states_of_a_reply_are_its_legal_moves() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawn = re.findall(
        r"^    (\w+) --> (\w+):", text.partition("```mermaid")[2].partition("```")[0], re.MULTILINE
    )
    assert sorted(drawn) == sorted((phase.name, to.name) for phase in Phase for to in MOVES[phase])


def test_no_class_and_no_signature_hides_an_idea() -> None:
    """More than 16 attributes, or six parameters, are an idea that has not found its name."""
    for path in FILES:
        for node in nodes(path):
            where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.ClassDef):
                assert len(attributes(node)) <= 16, (
                    f"{where} {node.name} has {len(attributes(node))} attributes"
                )
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                names = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
                count = len([name for name in names if name not in {"self", "cls"}])
                assert count <= 6 or WIDE.get(path.relative_to(BOT).as_posix()) == node.name, (
                    f"{where} {node.name} takes {count}"
                )


def test_no_function_is_two_ideas() -> None:
    """Past 50 lines a function is usually two; the longest one tells more than the average."""
    for path in FILES:
        for node in nodes(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                assert length <= 50, f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has {length} lines"


def test_every_runtime_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    reasons = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    for requirement in project["dependencies"]:
        name = requirement.partition(">")[0].partition("=")[0]
        assert f"| {name} |" in reasons, f"{name} has no reason in docs/dependencies.md"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-mutation.lock"])
def test_lock_files_carry_versions_and_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text
    entries = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert all("==" in entry and entry.endswith("\\") for entry in entries)
    assert text.count("--hash=sha256:") >= len(entries)
