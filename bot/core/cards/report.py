"""What an import tells about a card: what was kept, changed and ignored, and what to look at.

Law: a finding is a name and its facts; the sentences are in `bot.texts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Told(StrEnum):
    """What can be told about a card."""

    TO = "to"
    KEPT = "kept"
    PICTURE = "picture"
    OURS = "ours"

    NAME_CUT = "name_cut"
    NAME_FROM_FILE = "name_from_file"
    NICKNAME_CUT = "nickname_cut"
    SAMPLES_FIRST = "samples_first"
    SAMPLES_STYLE = "samples_style"
    GREETING_PROMOTED = "greeting_promoted"
    GREETING_TWICE = "greeting_twice"
    DEPTH_PROMPT = "depth_prompt"
    CONTEXT_SPLIT = "context_split"
    ADULT = "adult"

    COPIES = "copies"
    UNFIT = "unfit"
    FILES = "files"
    REMOTE = "remote"
    DATA_ADDRESS = "data_address"

    ACTS_FOR_PLAYER = "acts_for_player"
    LONG_REMINDERS = "long_reminders"
    NAME_SHORTEN = "name_shorten"
    NAME_REFUSED = "name_refused"
    DIALOGUE_IN_DESCRIPTION = "dialogue_in_description"
    NEWER = "newer"
    PICTURE_ODD = "picture_odd"
    DAMAGED_COPY = "damaged_copy"
    WORLD = "world"

    LORE_DEPTH = "lore_depth"
    LORE_REGEX = "lore_regex"
    LORE_NEVER = "lore_never"
    LORE_LIMITED = "lore_limited"
    LORE_VECTORS = "lore_vectors"
    LORE_FILTER = "lore_filter"
    LORE_GROUP = "lore_group"
    LORE_LARGE = "lore_large"


class Kind(StrEnum):
    """Under which heading a finding is told."""

    KEPT = "kept"
    CHANGED = "changed"
    IGNORED = "ignored"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a card: its kind, what it is, the persona's key it is about, and its facts."""

    kind: Kind
    told: Told
    key: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
