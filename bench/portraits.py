"""The pictures of the personas that come with the bot: drawn in `bench/portraits`, shown from `personas`.

    python -m bench.portraits [KEY ...]    # needs Chromium on the PATH, and nothing else

To change one, change its SVG, run this, and look at it small too: Discord shows 40 pixels in a circle.

Law: a picture is its SVG at `SIDE` pixels and nothing else.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.shipped import FOLDER

DRAWN: Final = Path(__file__).parent / "portraits"

SIDE: Final = 256
"""Pixels of a picture's side: 128 are enough beside a post, and cards show it larger."""

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
"""What Chromium is called on the PATH, by where it comes from."""

_PAGE: Final = (
    "<!doctype html><style>*{{margin:0}}svg{{display:block;width:{side}px;height:{side}px}}</style>{svg}"
)


def browser_on_path() -> str:
    """Return where Chromium is.

    Raises:
        SystemExit: there is none; the text says how to get one.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit("Pictures need Chromium on the PATH. On Debian and Ubuntu: apt install chromium")
    return browser


def render(key: str, browser: str) -> Path:
    """Draw one persona's picture; return its file.

    Raises:
        subprocess.CalledProcessError: Chromium failed.
    """
    picture = FOLDER / f"{key}.png"
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        svg = (DRAWN / f"{key}.svg").read_text(encoding="utf-8")
        page.write_text(_PAGE.format(side=SIDE, svg=svg), encoding="utf-8")
        options = [f"--window-size={SIDE},{SIDE}", "--force-device-scale-factor=1", "--hide-scrollbars"]
        # Without a sandbox it runs for root too; all it shows is ours.
        command = [browser, "--headless", "--no-sandbox", f"--user-data-dir={folder}/profile", *options]
        subprocess.run([*command, f"--screenshot={picture}", page.as_uri()], check=True, capture_output=True)
    return picture


def main() -> None:
    """Draw the named pictures, or all."""
    browser = browser_on_path()
    for key in sys.argv[1:] or sorted(path.stem for path in DRAWN.glob("*.svg")):
        print(f"{key}: {render(key, browser).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
