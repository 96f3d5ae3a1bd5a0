"""Mutation testing of the rules about texts, posts and answers: which small changes do their tests notice?

    python -m bench.mutants [file …]    # so does `make mutants`, for all of them; takes up to an hour

Law: a mutant counts as killed if a pure test of these rooms fails by it, or it never ends. One that survives
is either named in `tests/mutants.toml`, with the reason why nobody could notice it, or open.

mutmut makes and runs the mutants within functions. It leaves out what runs at import and properties; the same
mutations of those are run here, each in a process of its own that imports the mutated module.
"""

import difflib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import re
import resource
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Final

import hypothesis
import hypothesis.strategies
import libcst as cst
import pytest
from mutmut.__main__ import _run, collect_source_file_mutation_data
from mutmut.configuration import config
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.file_mutation import Mutation, MutationVisitor, deep_replace
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import get_ignored_lines
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_mutatable_files
from mutmut.utils.format_utils import orig_function_and_class_names_from_key

ROOT: Final = Path(__file__).parent.parent
EQUIVALENT: Final = ROOT / "tests" / "mutants.toml"
MEMORY: Final = 4 << 30
"""Bytes of address space per process: a mutant that never ends may also never stop growing."""
PROFILE: Final = "mutants"
WORKERS: Final = 2
ENDLESS: Final = 60
"""CPU seconds after which a mutant that runs at import is taken to run for ever; the tests need some five."""

KILLED: Final = frozenset({"killed", "timeout"})


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant: the file, the change as `where: before -> after`, and mutmut's word for it."""

    file: str
    change: str
    status: str


# --- what mutmut leaves out -----------------------------------------------------------------------


class _AtImport(MutationVisitor):  # type: ignore[misc]  # mutmut is not there where types are checked
    """Finds the mutations outside functions and in properties. Values of a plain Enum are only names."""

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.ClassDef):
            return any(isinstance(base.value, cst.Name) and base.value.value == "Enum" for base in node.bases)
        if isinstance(node, cst.FunctionDef):
            names = [each.decorator.value for each in node.decorators if isinstance(each.decorator, cst.Name)]
            return names != ["property"]
        skipped: bool = super()._skip_node_and_children(node)
        return skipped


def at_import(path: Path) -> tuple[cst.Module, list[Mutation]]:
    """Return a module and the mutations of it that mutmut doesn't run."""
    source = path.read_text(encoding="utf-8")
    wrapper = cst.MetadataWrapper(cst.parse_module(source))
    visitor = _AtImport(mutation_operators, get_ignored_lines(str(path), source, wrapper, None))
    module = wrapper.visit(visitor)
    return module, visitor.mutations


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from another source."""

    def __init__(self, path: Path, code: str) -> None:
        self._path, self._code = path, code
        self._name = ".".join(path.with_suffix("").parts)

    def find_spec(self, fullname: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self._name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._code, str(self._path), "exec"), module.__dict__)


def _tests_of(path: Path) -> list[str]:
    """Return the rooms' tests, those of the module first: they kill it soonest."""
    rooms = config().pytest_add_cli_args_test_selection
    files = [
        file
        for room in rooms
        for file in ([Path(room)] if room.endswith(".py") else Path(room).glob("test_*.py"))
    ]
    return [str(file) for file in sorted(files, key=lambda file: (file.stem != f"test_{path.stem}", file))]


def _tried(path: Path, code: str) -> int:
    """Run the tests against another source of a module in a process of its own; return the process's id."""
    if pid := os.fork():
        return pid
    exit_code = 1
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (ENDLESS, ENDLESS + 1))
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        sys.meta_path.insert(0, _Mutated(path, code))
        exit_code = pytest.main(["-x", "-q", *config().pytest_add_cli_args, *_tests_of(path)])
    finally:
        os._exit(1 if exit_code else 0)


def run_at_import(paths: Iterable[Path]) -> Iterator[Verdict]:
    """Run the mutants that mutmut leaves out."""
    running: dict[int, tuple[Path, str]] = {}

    def next_one() -> Verdict:
        pid, status = os.wait()
        path, change = running.pop(pid)
        exit_code = os.waitstatus_to_exitcode(status)
        return Verdict(str(path), change, status_by_exit_code[exit_code])

    for path in paths:
        module, mutations = at_import(path)
        if os.waitstatus_to_exitcode(os.waitpid(_tried(path, module.code), 0)[1]):
            raise RuntimeError(f"the tests fail without a mutant, those of {path} first")
        for mutation in mutations:
            code = deep_replace(module, mutation.original_node, mutation.mutated_node).code
            running[_tried(path, code)] = path, f"import: {_change(module.code, code)}"
            if len(running) == WORKERS:
                yield next_one()
    while running:
        yield next_one()


# --- what mutmut runs -----------------------------------------------------------------------------


def run_functions(paths: Sequence[Path]) -> Iterator[Verdict]:
    """Have mutmut run the mutants within functions."""
    _run([f"{'.'.join(path.with_suffix('').parts)}.x*" for path in paths], WORKERS)
    mutants, _ = collect_source_file_mutation_data(mutant_names=())
    for data, name, exit_code in mutants:
        if Path(data.path) in paths:
            status = status_by_exit_code[exit_code]
            change = name if status in KILLED else _within(name, get_diff_for_mutant(name))
            yield Verdict(str(data.path), change, status)


def _within(name: str, diff: str) -> str:
    function, owner = orig_function_and_class_names_from_key(name)
    lines = diff.splitlines()[2:]
    gone = [line[1:] for line in lines if line.startswith("-")]
    come = [line[1:] for line in lines if line.startswith("+")]
    return f"{owner + '.' if owner else ''}{function}: {_joined(gone)} -> {_joined(come)}"


def _change(before: str, after: str) -> str:
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    return " -> ".join(_joined(line[2:] for line in lines if line.startswith(sign)) for sign in ("- ", "+ "))


def _joined(lines: Iterable[str]) -> str:
    return " / ".join(line.strip() for line in lines)


# --- what nobody could notice ---------------------------------------------------------------------

_CASELESS: Final = re.compile(r"\\p\{\w+\}|\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}")
"""What means the same in capitals and small letters: names of properties, numbers of characters."""


def is_same_pattern(change: str) -> bool:
    """Return whether a change only turns such names and numbers into capitals or small letters."""
    before, _, after = change.partition(": ")[2].partition(" -> ")
    return _caseless(before) == _caseless(after)


def _caseless(pattern: str) -> str:
    return _CASELESS.sub(lambda found: found[0].lower(), pattern)


# --- the whole ------------------------------------------------------------------------------------


def quick_properties() -> None:
    """Let properties try the same few examples each time, so that a mutant's fate isn't chance."""
    hypothesis.settings.register_profile(
        PROFILE,
        max_examples=25,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )


def reasons() -> Mapping[str, Mapping[str, str]]:
    """Return why each known survivor cannot be noticed, by file and change."""
    return tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))


def report(verdicts: Iterable[Verdict], known: Mapping[str, Mapping[str, str]]) -> int:
    """Print a table of what became of the mutants, and the open ones; return how many are open."""
    counts: dict[str, Counter[str]] = {}
    for each in verdicts:
        equivalent = each.change in known.get(each.file, {}) or is_same_pattern(each.change)
        fate = "killed" if each.status in KILLED else "equivalent" if equivalent else "open"
        counts.setdefault(each.file, Counter())[fate] += 1
        if each.status == "timeout":
            print(f"never ends: {each.file} {each.change}", flush=True)
        if fate == "open":
            change = json.dumps(each.change, ensure_ascii=False)
            print(f'{each.status}: {each.file}\n{change} = ""', flush=True)
    print(f"\n{'file':40}{'mutants':>9}{'killed':>9}{'equivalent':>12}{'open':>7}{'killed %':>10}")
    for file, fates in [*sorted(counts.items()), ("all", sum(counts.values(), Counter()))]:
        killed, total = fates["killed"], fates.total()
        print(f"{file:40}{total:9}{killed:9}{fates['equivalent']:12}{fates['open']:7}{killed / total:10.1%}")
    return sum(fates["open"] for fates in counts.values())


def main() -> int:
    """Run the mutants of the files named, or of all; the exit code is 1 if one is open."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    began, os.environ["PYTHONDONTWRITEBYTECODE"] = time.monotonic(), "1"
    quick_properties()
    wanted = sys.argv[1:] or ["*"]
    paths = [path for path in walk_mutatable_files() if any(fnmatch(str(path), one) for one in wanted)]
    is_open = report(chain(run_at_import(paths), run_functions(paths)), reasons())
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(each.ru_utime + each.ru_stime for each in used)
    print(f"\n{(time.monotonic() - began) / 60:.0f} min, of which {cpu / 60:.0f} min of CPU")
    return 1 if is_open else 0


if __name__ == "__main__":
    sys.exit(main())
