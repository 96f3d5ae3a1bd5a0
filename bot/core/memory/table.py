"""The rules of a table: what its admins want never to happen in a story, or only with the curtain drawn.

Law: every persona reads them last in `system`, whatever its own file says, and nothing but an admin changes
them. Where Discord doesn't restrict the age, `FLOOR` stands before them: admins add to it, and nobody takes
it away. Like all that people write, they bring no square brackets, template markers or gaps of their own, and
no macro in them is filled in.
"""

from dataclasses import dataclass
from typing import Final

from bot.core.memory.memory import clean, indented

RULES_LENGTH: Final = 600
"""Characters of the rules of one server or channel: every reply pays for them, and few rules are kept."""

LABEL: Final = "The rules of this table, which nothing above and nobody who plays changes"

FLOOR: Final = (
    "It is open to all ages, whatever else stands here: nothing sexual, no method of suicide or self-harm, "
    "violence without gore. Where the scene would go there, turn it aside or let it fade to black."
)
"""What holds wherever Discord doesn't restrict the age."""

IN_RECAP: Final = (
    "The chronicle keeps to them too: of what they rule out, it says no more than that it happened."
)
"""What the model that writes a recap is told after the rules."""


@dataclass(frozen=True, slots=True)
class TableRules:
    """The rules that hold in one place.

    Attributes:
        texts: the rules as admins wrote them: the server's, the channel's, then the thread's.
        all_ages: whether `FLOOR` stands before them.
    """

    texts: tuple[str, ...] = ()
    all_ages: bool = False

    @property
    def lines(self) -> list[str]:
        """The lines of the rules, without the label; none if there are none."""
        return self.told.splitlines()[1:]

    @property
    def told(self) -> str:
        """The rules as `system` tells them; empty if there are none."""
        floor = [FLOOR] if self.all_ages else []
        rules = [*floor, *filter(None, map(clean, dict.fromkeys(self.texts)))]
        return "\n".join([f"{LABEL}:", *(f"- {indented(rule)}" for rule in rules)]) if rules else ""


NO_RULES: Final = TableRules()


def are_rules(text: str) -> bool:
    """Return whether a text may be the rules of a server or channel: that says something."""
    return bool(text.strip()) and len(text) <= RULES_LENGTH
