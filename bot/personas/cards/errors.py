"""Why a file is refused as a character card.

Law: the sentences `card.…` of the catalogue say it, with what to do.
"""

from enum import StrEnum

from bot.texts.sentences import Sentence


class CardFault(StrEnum):
    """What is wrong with a file."""

    TOO_BIG = "too_big"
    EMPTY = "empty"
    WEBP = "webp"
    OTHER_PICTURE = "other_picture"
    OTHER_FILE = "other_file"
    PICTURE_ONLY = "picture_only"
    TORN = "torn"
    WRONG_SUM = "wrong_sum"
    INFLATES = "inflates"
    CODING = "coding"
    NOT_JSON = "not_json"
    TOO_DEEP = "too_deep"
    TOO_MANY = "too_many"
    NUMBER = "number"
    NOT_A_CARD = "not_a_card"
    LOREBOOK = "lorebook"
    PERSONA = "persona"
    YAML = "yaml"
    ARCHIVE = "archive"
    LOCKED = "locked"
    PATHS = "paths"
    NO_CARD_FILE = "no_card_file"
    TOO_LONG = "too_long"
    NOT_PNG = "not_png"
    UNLOADABLE = "unloadable"
    NO_PERSONA = "no_persona"


class CardError(Exception):
    """A file that is no card, or a card that isn't taken."""

    def __init__(self, fault: CardFault, **facts: object) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.sentence = Sentence(f"card.{fault}", **facts)
