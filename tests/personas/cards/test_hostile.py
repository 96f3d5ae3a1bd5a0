"""Hostile files are refused, each for its reason, within bounds that the system itself enforces."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile_cards import hostile

ROOT = Path(__file__).parents[3]

MEMORY = 200 * 1024 * 1024
"""Bytes that reading may take beside the interpreter and its libraries."""

SECONDS = 60
"""Seconds of computing for all files together: many times what they take, and nothing to what they are made for."""

CHILD = f"""
import json, resource, sys
from bot.personas.cards import CardError, read_card

pages = int(open("/proc/self/statm").read().split()[0])
limit = pages * resource.getpagesize() + {MEMORY}
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
try:
    bytes({MEMORY} * 9 // 8)  # something is freed meanwhile
    print("the memory is not bounded")
except MemoryError:
    pass
for path, name in json.loads(open(sys.argv[1]).read()):
    with open(path, "rb") as file:
        content = file.read()
    try:
        read_card(content, name)
        print(json.dumps(None))
    except CardError as error:
        print(json.dumps(error.fault))
    except MemoryError:
        print(json.dumps("MemoryError"))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are those of Linux")
def test_each_is_refused_within_200_mb_and_a_bounded_time(tmp_path: Path) -> None:
    expected, files = {}, []
    for number, (about, name, content, fault) in enumerate(hostile()):
        (tmp_path / f"{number}").write_bytes(content)
        files.append((str(tmp_path / f"{number}"), name))
        expected[about] = fault
    (tmp_path / "list").write_text(json.dumps(files))
    ran = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path / "list")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = dict(zip(expected, map(json.loads, ran.stdout.splitlines()), strict=False))
    assert (found, ran.stderr, ran.returncode) == (expected, "", 0)
    assert len(found) > 80
