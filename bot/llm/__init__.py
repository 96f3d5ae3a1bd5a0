"""Chat models: over HTTP, and a stand-in that needs no network.

Law: implements `core.completion.ChatModel` and knows nothing about scenes, storage or Discord.
"""

import sys

# httpx imports its own command line, and with it rich, if that is installed: 45 ms and 5 MB of each start.
# It does without if that import fails.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
