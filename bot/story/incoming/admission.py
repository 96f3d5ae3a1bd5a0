"""Admission: whether a person may ask a persona for a reply now.

Law: it looks and counts nothing. What joins a reply asks for none, so that it waits for nothing.
"""

from bot.core.persona import Persona
from bot.core.routing import (
    Denial,
    unpaid,
)
from bot.core.scene import Place
from bot.core.settings import Settings
from bot.story.replies.bursts import Bursts
from bot.story.replies.floor import Floor
from bot.story.replies.opening import Waiting


class Admission:
    """Says whether people may ask, in all places."""

    def __init__(self, floor: Floor, waiting: Waiting, bursts: Bursts) -> None:
        """Ask the floor about limits; who joins a reply is in `waiting` and `bursts`."""
        self._floor = floor
        self._waiting = waiting
        self._bursts = bursts

    def awaits(self, place: Place, persona: Persona) -> bool:
        """Return whether a reply of a persona waits for the floor of a place."""
        return self._waiting.of(place, persona) is not None

    def must_wait(self, place: Place, persona: Persona, user_id: int) -> int:
        """Return for how many seconds a person may not ask a persona; 0 if they may.

        What joins a reply that waits for the floor, or that nobody has seen, asks for none.
        """
        return 0 if self._joins(place, persona, user_id) else self._floor.limit.wait(user_id)

    def denial(self, place: Place, persona: Persona, user_id: int, settings: Settings) -> Denial | None:
        """Return why a persona answers a person not now, by the settings of the place; None if it does.

        What joins a reply waits for nothing.
        """
        joins = self._joins(place, persona, user_id)
        return None if joins else self._floor.pacing.denial(place, user_id, settings)

    async def unpaid(self, place: Place, persona: Persona, user_id: int) -> Denial | None:
        """Return which budget is used up that a person's reply from a persona needs; None if none is.

        What joins a reply needs none.
        """
        if self._joins(place, persona, user_id):
            return None
        spending = self._floor.spending
        spent = (await spending.verdict(await spending.charge(place, user_id))).refused
        return None if spent is None else unpaid(spent)

    def _joins(self, place: Place, persona: Persona, user_id: int) -> bool:
        waits = self._waiting.of(place, persona) is not None
        return waits or self._bursts.joins(place, persona, user_id)
