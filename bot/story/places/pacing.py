"""Pacing: the cooldowns and quiet hours of places, as their admins set them.

Law: it counts and decides nothing; `core.cooldowns` and `core.quiet` have the rules, `core.routing` what
follows from them. A person's cooldown counts in a channel with its threads, a channel's in each thread by
itself.
"""

from collections.abc import Callable, Hashable
from datetime import UTC, datetime

from bot.core.cooldowns import Cooldowns
from bot.core.routing import Denial, NoReplyReason
from bot.core.scene import Place
from bot.core.settings import Settings
from bot.story.places.clocks import zone_named


class Pacing:
    """When personas answer, in all places."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Count by `clock`, which returns aware UTC times."""
        self._clock = clock
        self._cooldowns = Cooldowns()

    def quiet(self, settings: Settings) -> Denial | None:
        """Return until when it is quiet in a place with these settings; None if it is not."""
        until = self._quiet_until(settings, self._clock())
        return None if until is None else Denial(NoReplyReason.QUIET, until)

    def is_over(self, settings: Settings, asked_at: datetime) -> bool:
        """Return whether what was asked at a time fell into quiet hours that are over: nobody answers it."""
        return self._quiet_until(settings, asked_at) is not None and self.quiet(settings) is None

    def denial(self, place: Place, user_id: int, settings: Settings) -> Denial | None:
        """Return why a person gets no reply in a place now, and until when; None if they do."""
        quiet = self.quiet(settings)
        if quiet is not None:
            return quiet
        now = self._clock().timestamp()
        waits = (
            (NoReplyReason.CHANNEL_COOLING, _channel(place), settings.channel_cooldown),
            (NoReplyReason.COOLING, _person(place, user_id), settings.person_cooldown),
        )
        found = [
            Denial(reason, datetime.fromtimestamp(until, UTC))
            for reason, who, cooldown in waits
            if (until := self._cooldowns.until(who, now, cooldown.seconds)) is not None
        ]
        return max(found, key=lambda denial: denial.until, default=None)

    def take(self, place: Place, user_id: int) -> float:
        """Note that a person gets a reply in a place; return when, in seconds since 1970."""
        now = self._clock().timestamp()
        self._cooldowns.take(_channel(place), now)
        self._cooldowns.take(_person(place, user_id), now)
        return now

    def give_back(self, place: Place, user_id: int, at: float) -> None:
        """Let a reply that was taken at a time not count: it was refused."""
        self._cooldowns.give_back(_channel(place), at)
        self._cooldowns.give_back(_person(place, user_id), at)

    def tells(self, denial: Denial, place: Place, user_id: int) -> bool:
        """Return whether a person is to be told of it in the channel: once until it is over.

        Of a pause that each thread has by itself, they are told in each thread.
        """
        where = place.key if denial.reason is NoReplyReason.CHANNEL_COOLING else ()
        who = (denial.reason, *_person(place, user_id), *where)
        return self._cooldowns.tells(who, self._clock().timestamp(), denial.until.timestamp())

    @staticmethod
    def _quiet_until(settings: Settings, at: datetime) -> datetime | None:
        return settings.quiet_hours.until(at, zone_named(settings.timezone) or UTC)


def _channel(place: Place) -> tuple[Hashable, ...]:
    return ("channel", *place.key)


def _person(place: Place, user_id: int) -> tuple[Hashable, ...]:
    return ("person", place.home_id, user_id)
