"""The lengths of replies that a persona's file can ask for: what the model is told, and where it is stopped.

Law: the instruction sets the length. The cap is far above it and only stops a model that doesn't listen,
because a reply that is capped ends in the middle of a sentence.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.core.completion import Sampling
from bot.core.persona import Length, Persona
from bot.core.prose import words_in

WORDS: Final[Mapping[Length, int]] = {Length.SHORT: 40, Length.MEDIUM: 100, Length.LONG: 250}
"""The words of a reply of each length; in scripts without blanks, two characters stand for a word."""

TOKENS_A_WORD: Final = 4
"""The tokens after which a reply is capped, for each of its words; English has less than 1.5, others 3."""

ASKED: Final[Mapping[Length, str]] = {
    Length.SHORT: "About {words}, a few sentences; more only when it matters.",
    Length.MEDIUM: "About {words} in one or two paragraphs, often less.",
    Length.LONG: "About {words} in several paragraphs, with a scene to see, hear and smell.",
}
"""What the model is told about each length."""


def asked_of(persona: Persona) -> str:
    """Return what the model is told about the length of a persona's replies; "" if its file asks for none."""
    if persona.length is None:
        return ""
    words, length = words_in(persona.description), WORDS[persona.length]
    unit = "characters" if words.in_characters else "words"
    return ASKED[persona.length].format(words=f"{words.units_of(length)} {unit}")


def sampling_of(persona: Persona, default: Sampling) -> Sampling:
    """Return the sampling of a persona: its file's values, else the default's."""
    own = persona.sampling
    cap = TOKENS_A_WORD * WORDS[persona.length] if persona.length else default.max_completion_tokens
    return replace(
        default,
        temperature=default.temperature if own.temperature is None else own.temperature,
        top_p=default.top_p if own.top_p is None else own.top_p,
        max_completion_tokens=own.max_completion_tokens or cap,
    )
