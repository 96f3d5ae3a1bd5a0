"""The casts of channels, as admins choose them: who plays there, and how.

Law: the frontend checks who may choose. What the host has chosen stays, but for how its personas play. A
thread that is changed has a cast of its own from then on.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from bot.core.casts import MOST, CastMember
from bot.core.scene import Place
from bot.storage.scenes import Scenes
from bot.storage.settings import SettingsStore
from bot.story.places.casting import Casting


class CastChange(StrEnum):
    """What became of a change."""

    DONE = "done"
    USED = "used"  # nobody played there: it is the only one now
    ALREADY = "already"  # it plays there
    FULL = "full"  # the cast has as many as it can
    ABSENT = "absent"  # it doesn't play there
    EMPTY = "empty"  # it was the last one
    ELSEWHERE = "elsewhere"  # who plays there is chosen for more than the channel


class Casts:
    """The use cases of casts."""

    def __init__(
        self, casting: Casting, settings: SettingsStore, scenes: Scenes, clock: Callable[[], datetime]
    ) -> None:
        """Store casts in `settings`; `clock` returns aware UTC times."""
        self._casting = casting
        self._settings = settings
        self._scenes = scenes
        self._clock = clock

    async def join(self, place: Place, key: str, by_user: int) -> CastChange:
        """Let a persona play in a channel beside those that do; where none was chosen, by itself."""
        cast = await self._casting.lookup(place, new_scene=True)
        members = () if cast.source == "default" else cast.members
        if any(member.key == key for member in members):
            return CastChange.ALREADY
        if len(members) >= MOST:
            return CastChange.FULL
        await self._put(place, [*members, CastMember(key)], by_user)
        return CastChange.DONE if members else CastChange.USED

    async def leave(self, place: Place, key: str, by_user: int) -> CastChange:
        """Let a persona play no more in a channel; the next one leads in its place, if there is one."""
        cast = await self._casting.lookup(place, new_scene=True)
        rest = [member for member in cast.members if member.key != key]
        is_scenes = cast.scene is not None and cast.scene.persona_key == key
        if is_scenes:
            await self._scenes.leave_to_place(place)
        if len(rest) == len(cast.members):
            return CastChange.DONE if is_scenes else CastChange.ABSENT
        await self._put(place, rest, by_user)
        return CastChange.DONE if rest else CastChange.EMPTY

    async def mute(self, place: Place, key: str, by_user: int) -> CastChange:
        """Let a persona say nothing in a channel unless a command asks it."""
        return await self._change(place, key, by_user, lambda member: replace(member, muted=True))

    async def tune(self, place: Place, key: str, talkativeness: int | None, by_user: int) -> CastChange:
        """Choose how likely a persona takes part unasked in a channel, in percent, and let it speak."""
        return await self._change(place, key, by_user, lambda member: CastMember(member.key, talkativeness))

    async def _change(
        self, place: Place, key: str, by_user: int, change: Callable[[CastMember], CastMember]
    ) -> CastChange:
        cast = await self._casting.lookup(place, new_scene=True)
        found = {member.key: member for member in cast.members}
        if key not in found:
            return CastChange.ABSENT
        found[key] = change(found[key])
        if cast.source == "config":
            await self._settings.tune(place.channel_id, found[key])
        elif cast.source in {"thread", "channel"}:
            await self._put(place, [*found.values()], by_user)
        else:
            return CastChange.ELSEWHERE
        return CastChange.DONE

    async def _put(self, place: Place, members: Sequence[CastMember], by_user: int) -> None:
        await self._settings.put_cast(place.channel_id, members, by_user=by_user, at=self._clock())
