"""The layout of long replies of hostile markup: what one call costs, which holds up everything else.

    python -m bench.pages    # some seconds

Law: it only measures. Each text is laid out cold, as after a restart; the worst is printed first.
"""

import time
from typing import Final

from bot.core.posts.disarming import disarmed
from bot.core.posts.layout import Author, lay_out

LONG: Final = 20_000
"""Characters of the longest reply: ten posts."""

TIMES: Final = 5

PIECES: Final = (
    *(
        "word ",
        "*",
        "**",
        "***a",
        "*\n",
        "* ",
        "*a",
        "*a*",
        "**a** ",
        "_",
        "~~",
        "~~a",
        "||",
        "||a||",
        "*_~|",
    ),
    *(
        "`",
        "``",
        "```\n",
        "a`\n",
        "> ",
        "> a\n",
        ">>> a\n",
        "-# a\n",
        "- ",
        "1. a\n",
        "[a](",
        "<@1",
        "https://a",
    ),
    *("\n", "\\", "e\u0301", "\U0001f600", "\u3002", "\u202a"),
)
"""What a model may repeat; each is a text of its own."""


def cost(piece: str) -> float:
    """Return the milliseconds of processor time that laying out a text of one piece takes at best."""
    text, best = (piece * LONG)[:LONG], float("inf")
    for _ in range(TIMES):
        disarmed.cache_clear()
        began = time.process_time()
        lay_out(text, None, None, (), Author())
        best = min(best, time.process_time() - began)
    return best * 1000


if __name__ == "__main__":
    print(f"{LONG:,} characters of one piece, laid out cold")
    for spent, piece in sorted(((cost(piece), piece) for piece in PIECES), reverse=True):
        print(f"  {piece!r}: {spent:.1f} ms")
