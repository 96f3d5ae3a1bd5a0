"""What people are told of a failure, where the facts change the sentence."""

import pytest

from bot.core.completion import ErrorKind, ModelError
from bot.texts.failures import to_players
from bot.texts.sentences import voice_for

BUSY = "The AI model has too many requests right now. Try again in {when} Press Retry or mention the bot."


@pytest.mark.parametrize(
    ("seconds", "when"),
    [
        (None, "a minute."),
        (7.0, "a minute."),
        (60.0, "a minute."),
        (61.0, "2 minutes."),
        (3000.0, "50 minutes."),
    ],
)
def test_players_read_when_a_busy_model_wants_to_be_asked_again(seconds: float | None, when: str) -> None:
    sentence = to_players(ModelError(ErrorKind.RATE_LIMIT, retry_after=seconds))
    assert voice_for().render(sentence) == BUSY.format(when=when)
