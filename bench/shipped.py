"""The personas that come with the bot, for a folder of a bench's own.

Law: their texts are those of `personas`, without the pictures, which lie beside them only there.
"""

import re
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent.parent / "personas"


def texts() -> dict[str, str]:
    """Return the text of each file by the persona's key, in the order of the keys."""
    return {path.stem: _bare(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml"))}


def picture(key: str) -> bytes:
    """Return the picture of a persona, as PNG."""
    return (FOLDER / f"{key}.png").read_bytes()


def _bare(text: str) -> str:
    return re.sub(r"(?m)^avatar:.*\n", "", text)
