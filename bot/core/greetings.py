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
        found.setdefault(" ".join(text.split()), text)
    found.pop("", None)
    return tuple(found.values())
