"""The greetings of a persona: which it may begin a scene with, and in which order.

Law: the first is the one it begins with unless somebody chooses another, and none is there twice.
"""

from bot.core.persona import PersonaSheet


def greetings_of(persona: PersonaSheet, *, shared: bool) -> tuple[str, ...]:
    """Return a persona's greetings as they are written; `shared` adds those for company.

    A scene is shared where another persona plays too.
    """
    group = persona.group_greetings if shared else ()
    found: dict[str, str] = {}
    for text in (persona.greeting, *persona.greetings, *group):
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
