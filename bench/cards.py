"""Character cards: what reading a file costs at most.

    python -m bench.cards          # half a minute

Each file is read in a process of its own: the hostile ones of the tests, and honest ones as large as they may
be. It runs on Linux only, and ends with 1 if a file takes more than `SECONDS` or `MEMORY`.

Law: it only measures. Time is the processor's; memory is what the kernel counted at its highest, above
what the process had before.
"""

import os
import re
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bot.personas.cards import CardError, export_card, read_card
from tests.cards import as_json, charx, chunk, coded, png, text_chunk, v2, v3
from tests.hostile_cards import MIB, hostile

SECONDS = 1.0
"""The most time for one file."""

MEMORY = 200
"""The most memory for one file, in MB."""

SHOWN = 8
"""Files that are named, of those that took longest and most."""


def honest() -> Iterator[tuple[str, str, bytes]]:
    """Yield cards that people might have, each as large as it may be."""
    words = "A wheel turns, and nobody knows why. " * 6_000
    yield "a card of 220 KB", "x.json", as_json(v3(description=words))
    yield "a card of 220 KB with tabs", "x.json", as_json(v3(description=words.replace(". ", ".\t")))
    yield "a card of 110 KB in quotes", "x.json", as_json(v3(description=words[:110_000] + "\u0080"))
    usual = {"content": "word " * 20, "extensions": {}, "enabled": True, "use_regex": False}
    entries = [{"keys": [f"key {n}"], "insertion_order": n, **usual} for n in range(700)]
    yield "700 lore entries", "x.json", as_json(v3(character_book={"extensions": {}, "entries": entries}))
    many = "\n".join(f"<START>\n{{{{user}}}}: question {n}\n{{{{char}}}}: answer {n}" for n in range(1800))
    yield "1,800 examples", "x.json", as_json(v2(mes_example=many))
    yield (
        "a picture of 9.5 MiB",
        "x.png",
        png(text_chunk("ccv3", coded(v3())), chunk(b"IDAT", bytes(19 * MIB // 2))),
    )
    files = {f"assets/{n}.png": os.urandom(64 * 1024) for n in range(140)}
    yield "a CHARX of 9 MiB", "x.charx", charx({"card.json": as_json(v3()), **files})


def measured(content: bytes, name: str) -> tuple[float, float]:
    """Return the seconds and MB that reading a file takes, and writing it again if it is a card."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        before = int(re.findall(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())[0])
        start = time.process_time()
        try:
            found = read_card(content, name)
            export_card(found.text, found.picture if name.endswith(".png") else None, "v3", "png")
        except CardError:
            pass
        took = time.process_time() - start
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        os.write(into, f"{took} {(most - before) / 1024}".encode())
        os._exit(0)
    os.close(into)
    told = b"".join(iter(lambda: os.read(out, 4096), b"")).split()
    os.close(out)
    os.waitpid(child, 0)
    return (float(told[0]), float(told[1])) if told else (float("inf"), float("inf"))


def main() -> None:
    """Measure, and say what took most."""
    files = [*honest(), *((about, name, content) for about, name, content, _ in hostile())]
    figures = {about: measured(content, name) for about, name, content in files}
    print(f"{len(figures)} files")
    most = []
    for column, unit in enumerate(("s", "MB")):
        ordered = sorted(figures.items(), key=lambda each: each[1][column], reverse=True)
        for about, figure in ordered[:SHOWN]:
            print(f"  {figure[column]:8.2f} {unit:2}  {about}")
        most.append(ordered[0][1][column])
    sys.exit(most[0] > SECONDS or most[1] > MEMORY)


if __name__ == "__main__":
    main()
