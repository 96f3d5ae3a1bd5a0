"""The variable SSLKEYLOGFILE, which OpenSSL's users set to watch traffic.

Law: `__main__` imports this before all else, because aiohttp opens that file while it is imported.
"""

import os
import sys
from pathlib import Path

from bot.texts.sentences import HOST

VARIABLE = "SSLKEYLOGFILE"

if name := os.environ.get(VARIABLE):
    try:
        Path(name).open("ab").close()
    except (OSError, ValueError):
        sys.exit(HOST.say("environment.no_key_log", variable=VARIABLE))
