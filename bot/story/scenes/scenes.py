"""The scenes of a place: how they begin, rest and resume, and who may decide that.

Law: a place has one running scene at a time; another one leaves it whole.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.greetings import Company, greetings_of, number_of
from bot.core.macros.filling import Moment, filled
from bot.core.names import NOBODY, clean_name, clean_title, persona_name
from bot.core.persona import Persona
from bot.core.scene import END, START, Participant, Place, Scene, Turn
from bot.core.settings import is_away, may_steer
from bot.storage.scenes import Greeting, Outline
from bot.storage.stores import Stores
from bot.story.places.acting import Acting
from bot.story.places.casting import Casting
from bot.story.replies.floor import Floor
from bot.story.replies.post_record import PostRecord

COMPANY = timedelta(hours=1)
"""How long a person who spoke in a scene counts as taking part."""


@dataclass(frozen=True, slots=True)
class SceneChange:
    """A scene that has begun, the one that ran before it, and the greeting if the persona has one."""

    scene: Scene
    before: Scene | None
    greeting: Turn | None


class SceneControl:
    """The use cases of scenes. One instance serves all channels."""

    def __init__(
        self,
        floor: Floor,
        casting: Casting,
        stores: Stores,
        clock: Callable[[], datetime],
    ) -> None:
        """Wire the use cases to their dependencies; `clock` returns aware UTC times."""
        self._floor = floor
        self._casting = casting
        self._history = stores.history
        self._scenes = stores.scenes
        self._acting = Acting(stores.people.profiles)
        self._clock = clock

    async def begin(
        self,
        place: Place,
        persona: Persona,
        title: str = "",
        *,
        greeting: str | None = None,
        starter: Participant | None = None,
        chosen: bool = False,
    ) -> SceneChange:
        """Begin a new scene in a place, with a greeting of the persona's as its first turn if it has one.

        `greeting` is one of `greetings` as it is written there, "" for none; None for the first. `starter` is
        the person who begins it, and is named in the greeting; None if nobody is known. `chosen` binds the
        scene to this persona, whatever persona the place has.
        """
        async with self._floor.ears(place.channel_id):
            before, now = await self._scenes.playing(place), self._clock()
            words = await self._first_words(place, persona) if greeting is None else greeting
            starter = await self._acting.who(place, starter) if starter else None
            scene = await self._scenes.start(
                place,
                clean_title(title),
                now,
                starter_id=starter.id if starter else None,
                persona_key=persona.key if chosen else None,
                greeting=self._greeting(place, persona, words, starter, now),
            )
            said = await self._history.recent(scene.id, START, END, 1)
            return SceneChange(scene, before, said[0] if said else None)

    async def greetings(self, place: Place, persona: Persona) -> Sequence[str]:
        """Return the greetings with which a persona may begin a scene in a place, as they are written.

        Those for company come first where it would play with others; they come last where the place is
        another one's, or another one has spoken in the running scene.
        """
        cast = await self._casting.lookup(place, new_scene=True)
        if any(member.key != persona.key for member in cast.led_by(persona.key)):
            return greetings_of(persona, Company.CAST)
        played = [] if cast.scene is None else await self._scenes.personas(cast.scene.id)
        is_alone = all(key == persona.key for key in (*cast.keys, *played))
        return greetings_of(persona, Company.NONE if is_alone else Company.VISITOR)

    async def _first_words(self, place: Place, persona: Persona) -> str:
        return next(iter(await self.greetings(place, persona)), "")

    def _greeting(
        self, place: Place, persona: Persona, words: str, starter: Participant | None, now: datetime
    ) -> Greeting | None:
        person = clean_name(starter.name, NOBODY) if starter else ""
        # The scene has no id yet: what chance decides in its greeting follows from its place and beginning.
        begun = f"{place.channel_id} {place.owner} {now.isoformat()}"
        moment = Moment([person] if person else [], person, begun, begun, now)
        said = persona.model_copy(update={"greeting": words})
        name, text = persona_name(persona), filled(said, moment).greeting
        if not text:
            return None
        return Greeting(persona.key, name, text, self._floor.cost(text), number_of(persona, words))

    async def greet(self, place: Place, persona: Persona, title: str = "") -> Turn | None:
        """Let a persona speak first where the running scene has no turn; None if it does not.

        The first use of a place begins a scene with this title.
        """
        async with self._floor.ears(place.channel_id):
            now = self._clock()
            words = await self._first_words(place, persona)
            greeting = self._greeting(place, persona, words, None, now)
            if greeting is None:
                return None
            scene = await self._scenes.active(place, now, clean_title(title))
            if await self._history.recent(scene.id, START, END, 1):
                return None
            await self._scenes.greet(scene, greeting, now)
            return (await self._history.recent(scene.id, START, END, 1))[0]

    async def resume(
        self, place: Place, scene_id: int, *, instead_of: int | None = None
    ) -> SceneChange | None:
        """Resume an earlier scene of the place; None if the place has no such scene.

        `instead_of` is the running scene that it replaces; if another one runs by now, that one stays.
        """
        async with self._floor.ears(place.channel_id):
            before = await self._scenes.playing(place)
            if before is not None and instead_of not in (None, before.id):
                return SceneChange(before, before, None)
            scene = await self._scenes.resume(place, scene_id)
            return SceneChange(scene, before, None) if scene else None

    async def shorten_greeting(self, turn: Turn, seen: str) -> None:
        """Keep of a greeting only what people see; delete one that was never shown."""
        if seen:
            await self._history.shorten(turn.id, seen, self._floor.cost(seen))
        else:
            await self._history.drop(turn.id)
            await self._scenes.ungreeted(turn.scene_id)

    def record(self, greeting: Turn) -> PostRecord:
        """Return the record of a greeting's posts."""
        return PostRecord(self._history, greeting.id)

    async def may_steer(self, place: Place, user_id: int, *, moderator: bool) -> bool:
        """Return whether a person may begin, resume or undo scenes in a place."""
        settings = await self._casting.settings(place)
        scene = await self._scenes.playing(place)
        starter = scene.starter_id if scene else None
        if scene is not None and starter is not None and starter != user_id:
            last = await self._scenes.last_line(scene, starter)
            starter = None if is_away(last, self._clock()) else starter
        return may_steer(settings.story_rights, starter_id=starter, user_id=user_id, moderator=moderator)

    async def may_uncover(self, place: Place, user_id: int, *, moderator: bool) -> bool:
        """Return whether a person may undo *Not this* in a place, whatever its settings."""
        scene = await self._scenes.playing(place)
        return moderator or (scene is not None and scene.starter_id == user_id)

    async def has_company(self, place: Place, user_id: int) -> bool:
        """Return whether other people have spoken in the running scene within `COMPANY`."""
        scene = await self._scenes.playing(place)
        since = self._clock() - COMPANY
        return scene is not None and await self._scenes.others_spoke(scene.id, user_id, since)

    async def outlines(self, place: Place, most: int) -> list[Outline]:
        """Return the scenes of a place, the running one first and then the latest."""
        return await self._scenes.outlines(place, most)

    async def speakers(self, scene: Scene) -> list[str]:
        """Return the people in a scene, each with their latest name, in the order they first spoke."""
        return await self._scenes.speakers(scene.id)

    async def personas(self, scene: Scene) -> list[str]:
        """Return the keys of the personas that have spoken in a scene, in the order they first did."""
        return await self._scenes.personas(scene.id)

    async def beginning(self, scene: Scene) -> tuple[int, int] | None:
        """Return the ids of the channel and the message with which a scene begins; None if there is none."""
        return await self._scenes.beginning(scene.id)

    async def place_of(self, channel_id: int) -> Place | None:
        """Return the place of a channel in which something was said; None if nothing was."""
        scene = await self._scenes.playing(Place(channel_id))
        return scene.place if scene else None
