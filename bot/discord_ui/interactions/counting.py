"""Numbers of messages, in words."""

from bot.texts.sentences import Sentence


def turns_of(count: int) -> Sentence:
    """Return a number of messages in words."""
    return Sentence("scene.turns.one") if count == 1 else Sentence("scene.turns.many", turns=count)
