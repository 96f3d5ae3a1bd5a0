"""A run of the real bot, watched by a real Prometheus, and a picture of the dashboard's panels from it.

    python -m bench.dashboard docs/pictures/dashboard.png [--minutes 10]

It needs `prometheus` and Chromium on the PATH (on Debian the packages prometheus and chromium). The bot plays
between both stand-ins; people write in waves. Prometheus collects /metrics every five seconds and knows
ops/alerts.yaml. At the end each panel of ops/grafana.json is asked of Prometheus and drawn.

Law: what is drawn are Prometheus' answers to the panels' own queries. Grafana draws nothing here: titles,
queries and places are the dashboard's, the looks are not.
"""

import argparse
import asyncio
import html
import json
import math
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from bench.live.stage import Stage, stage

OPS = Path(__file__).parent.parent / "ops"
PORT, PROMETHEUS = 19_108, 19_090
SCRAPE = 5
CHANNELS = 12
WIDTH, HEIGHT, HEAD = 480, 230, 44
INSET = 46
COLOURS = ("#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#b877d9", "#f2495c", "#8ab8ff", "#c8f2c2")

Line = tuple[str, Sequence[tuple[float, float]]]
"""The name of a line, and its times and values."""


async def play(here: Stage, minutes: float) -> None:
    """Let people write in waves, for so many minutes."""
    chance, until = random.Random(7), time.monotonic() + minutes * 60
    channels = here.channels(CHANNELS)
    while time.monotonic() < until:
        wave = 1 + round(3 * (1 + math.sin(time.monotonic() / 40)))
        some = chance.sample(channels, min(wave, len(channels)))
        scripts = [here.script(chance.randint(40, 220)) for _ in some]
        for channel in some:
            here.ask(channel, who=chance.randrange(len(here.people)))
            await asyncio.sleep(chance.random())
        await here.whole(scripts)
        await asyncio.sleep(chance.random() * 4)


async def watched(folder: Path, minutes: float) -> list[tuple[Mapping[str, Any], list[Line]]]:
    """Run it all, and return the panels with their lines."""
    (folder / "prometheus.yml").write_text(
        json.dumps(
            {
                "global": {"scrape_interval": f"{SCRAPE}s", "evaluation_interval": f"{SCRAPE}s"},
                "rule_files": [str(OPS / "alerts.yaml")],
                "scrape_configs": [
                    {"job_name": "dramatis", "static_configs": [{"targets": [f"127.0.0.1:{PORT}"]}]}
                ],
            }
        ),
        encoding="utf-8",
    )
    words = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'series'}",
        f"--web.listen-address=127.0.0.1:{PROMETHEUS}",
        "--log.level=error",
    ]
    async with stage(
        folder / "bot", face="webhook", paced=True, channels=CHANNELS + 1, window=16_384
    ) as here:
        here.process.signal(signal.SIGTERM)
        await here.process.ended()
        connected = here.world.sockets.identifies
        await here.process.start(DRAMATIS_OPS__LISTEN=f"127.0.0.1:{PORT}")
        await here.world.wait_for(lambda: here.world.sockets.identifies > connected)
        watcher = await asyncio.create_subprocess_exec(*words)
        began = time.time()
        try:
            await play(here, minutes)
            await asyncio.sleep(SCRAPE)
            return [found async for found in _asked(began, time.time())]
        finally:
            watcher.terminate()
            await watcher.wait()


async def _asked(began: float, ended: float) -> Any:  # noqa: ANN401 - an async generator of panels
    step = max(1, round((ended - began) / 200))
    panels = json.loads((OPS / "grafana.json").read_text(encoding="utf-8"))["panels"]
    async with aiohttp.ClientSession() as http:
        for panel in panels:
            lines: list[Line] = []
            for target in panel["targets"]:
                query = target["expr"].replace("$__rate_interval", "60s")
                given = {"query": query, "start": str(began + 60), "end": str(ended), "step": str(step)}
                address = f"http://127.0.0.1:{PROMETHEUS}/api/v1/query_range"
                async with http.get(address, params=given) as answer:
                    found = (await answer.json())["data"]["result"]
                lines += [_line(target["legendFormat"], series) for series in found]
            yield panel, lines


def _line(legend: str, series: Mapping[str, Any]) -> Line:
    name = legend
    for label, value in series["metric"].items():
        name = name.replace(f"{{{{{label}}}}}", value)
    points = [(float(at), float(value)) for at, value in series["values"] if value not in {"NaN", "+Inf"}]
    return name, points


def drawn(panels: Sequence[tuple[Mapping[str, Any], list[Line]]]) -> str:
    """Return the panels as one page."""
    boxes = "\n".join(_box(panel, lines) for panel, lines in panels)
    rows = -(-len(panels) // 3)
    return (
        f'<!doctype html><meta charset="utf-8"><body style="margin:0;background:#111217">'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{3 * WIDTH}" height="{rows * HEIGHT}" '
        f'font-family="sans-serif" font-size="11">{boxes}</svg>'
    )


def _box(panel: Mapping[str, Any], lines: list[Line]) -> str:
    place = panel["gridPos"]
    left, top = place["x"] // 8 * WIDTH, place["y"] // 7 * HEIGHT
    inner = "".join(_curves(lines))
    return (
        f'<g transform="translate({left},{top})">'
        f'<rect x="4" y="4" width="{WIDTH - 8}" height="{HEIGHT - 8}" fill="#181b1f" stroke="#2c3235"/>'
        f'<text x="14" y="23" fill="#d8d9da" font-size="13">{html.escape(panel["title"])}</text>{inner}</g>'
    )


def _curves(lines: list[Line]) -> Iterator[str]:
    points = [point for _, series in lines for point in series]
    if not points:
        yield f'<text x="{WIDTH / 2 - 25}" y="{HEIGHT / 2}" fill="#8e8e8e">no data</text>'
        return
    first, last = min(at for at, _ in points), max(at for at, _ in points)
    most = max(value for _, value in points) * 1.1 or 1.0
    bottom, right = HEIGHT - 40, WIDTH - 16

    def at(point: tuple[float, float]) -> str:
        x = INSET + (point[0] - first) / ((last - first) or 1) * (right - INSET)
        return f"{x:.1f},{bottom - point[1] / most * (bottom - HEAD):.1f}"

    for part in (0, 0.5, 1):
        y = bottom - part * (bottom - HEAD)
        yield f'<line x1="{INSET}" x2="{right}" y1="{y}" y2="{y}" stroke="#2c3235"/>'
        number = _short(most * part)
        yield f'<text x="{INSET - 6}" y="{y + 4}" fill="#8e8e8e" text-anchor="end">{number}</text>'
    x = 14.0
    for (name, series), colour in zip(lines, COLOURS * 3, strict=False):
        places = " ".join(map(at, series))
        yield f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        yield f'<rect x="{x}" y="{HEIGHT - 24}" width="10" height="3" fill="{colour}"/>'
        yield f'<text x="{x + 14}" y="{HEIGHT - 18}" fill="#c7d0d9">{html.escape(name)}</text>'
        x += 26 + 6.2 * len(name)


def _short(value: float) -> str:
    return f"{value / 1000:.3g}k" if value >= 1000 else f"{value:.3g}"  # noqa: PLR2004 - a thousand


def main() -> int:
    """Run it, draw it, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.dashboard", description="A picture of a real run.")
    parser.add_argument("picture", type=Path, help="where the picture goes")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long people write (default: 10)")
    given = parser.parse_args()
    if lacks := [name for name in ("prometheus", "chromium") if shutil.which(name) is None]:
        print(f"not on the PATH: {', '.join(lacks)}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bot").mkdir()
        panels = asyncio.run(watched(folder, given.minutes))
        page = folder / "page.html"
        page.write_text(drawn(panels), encoding="utf-8")
        size = f"--window-size={3 * WIDTH},{-(-len(panels) // 3) * HEIGHT}"
        words = ["chromium", "--headless", "--no-sandbox", "--hide-scrollbars", size]
        picture = f"--screenshot={given.picture.resolve()}"
        subprocess.run([*words, picture, page.as_uri()], check=True, capture_output=True)
    for panel, lines in panels:
        print(f"{panel['title']}: {len(lines)} line(s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
