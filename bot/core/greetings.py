"""The greetings of a persona: which it may begin a scene with, and in which order.

Law: the first is the one it begins with unless somebody chooses another, and none is there twice.
"""

from enum import Enum

from bot.core.persona import PersonaSheet


class Company(Enum):
    """Who is with a persona when a scene begins."""

    NONE = "none"  # people only
    VISITOR = "visitor"  # another persona has played there, and may again
    CAST = "cast"  # other personas belong to the place


def greetings_of(persona: PersonaSheet, company: Company) -> tuple[str, ...]:
    """Return a persona's greetings as they are written, for who is with it.

    Those for company come first among the personas of one place, and last where another one only visits.
    """
    own, shared = (persona.greeting, *persona.greetings), persona.group_greetings
    ordered = {Company.NONE: own, Company.VISITOR: (*own, *shared), Company.CAST: (*shared, *own)}[company]
    found: dict[str, str] = {}
    for text in ordered:
        found.setdefault(_alike(text), text)
    found.pop("", None)
    return tuple(found.values())


def number_of(persona: PersonaSheet, greeting: str) -> int | None:
    """Return the number of a greeting, as lore names it; None if it is none of the persona's.

    0 is `greeting`, the others follow in the order of the file, as version 3 of the cards counts them.
    """
    written = (persona.greeting, *persona.greetings, *persona.group_greetings)
    return next((at for at, text in enumerate(written) if _alike(text) == _alike(greeting)), None)


def _alike(text: str) -> str:
    """Return a text without regard to line breaks and blanks."""
    return " ".join(text.split())
