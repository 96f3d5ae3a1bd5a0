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
        found.setdefault(" ".join(text.split()), text)
    found.pop("", None)
    return tuple(found.values())
