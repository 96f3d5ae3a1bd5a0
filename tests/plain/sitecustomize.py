"""First on the path of a process, this makes it that of a host without the extra `[exact]`, as most are.

Its table takes each process half a second to read.
"""

import sys

sys.modules["tokenizers"] = None  # type: ignore[assignment]  # how Python itself is told that there is none
