"""What tests on Discord's stand-ins share."""

import pytest

from bot.texts.sentences import LANGUAGES


@pytest.fixture(autouse=True)
def english_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let English be the only language: each stage would take in the texts of all commands in five, and nobody reads them.

    `test_voices.py` and `test_languages.py` have languages.
    """
    for language in [*LANGUAGES]:
        monkeypatch.delitem(LANGUAGES, language)
