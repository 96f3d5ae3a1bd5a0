"""A server's archive: what a server has of its own goes out as one file, and comes back on any server.

Law: nobody's words are in it. Nothing is stored unless all of it would load, and nothing that is not in the
archive changes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.settings import CHOICES
from bot.personas.archives import Archive, PlaceSheet
from bot.personas.library import PersonaLibrary
from bot.storage.server_lore import CHARACTERS, MOST
from bot.storage.server_personas import Act, PutFault
from bot.storage.settings import BindingScope, Scope, SettingsStore
from bot.story.lorebooks import Brought, Lorebooks, Unreadable
from bot.story.workshop import Draft, NotStored, Workshop


@dataclass(frozen=True, slots=True)
class Room:
    """The server itself, a category or a channel (also a thread), by its id and name."""

    kind: BindingScope
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting that an archive changes: where, and from what to what; None for what is not set."""

    room: Room
    key: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class BindingChange:
    """A place where another persona, or none, would play: by their keys."""

    room: Room
    persona: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What an archive would change on a server.

    Attributes:
        drafts: the personas that are new or changed, each with the text that it replaces, None for a new one.
        books: the lorebooks that are new or changed, each with the text that it replaces.
        same: how many personas and lorebooks are already as they are in it.
        pictures: the pictures, by the keys of their personas.
        settings, bindings: what is set otherwise.
        nowhere: the names of channels and categories that the server doesn't have.
        unknown: the keys of personas that are to play somewhere, and that the server wouldn't have.
        broken: what is wrong where something would not load, by its name in the archive; with any, nothing
            can be brought back.
        adults: the names of personas for age-restricted channels only, or the keys of those that don't load,
            whose texts would be shown.
    """

    drafts: tuple[tuple[Draft, bytes | None], ...]
    books: tuple[tuple[Brought, bytes | None], ...]
    same: int
    pictures: Mapping[str, bytes]
    settings: tuple[SettingChange, ...]
    bindings: tuple[BindingChange, ...]
    nowhere: tuple[str, ...]
    unknown: tuple[str, ...]
    broken: Mapping[str, tuple[object, ...]]
    adults: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether it would change nothing."""
        return not (self.drafts or self.books or self.pictures or self.settings or self.bindings)


class Archiving:
    """The use cases of archives."""

    def __init__(
        self,
        library: PersonaLibrary,
        workshop: Workshop,
        lorebooks: Lorebooks,
        settings: SettingsStore,
        clock: Callable[[], datetime],
    ) -> None:
        """Read and change what these keep; `clock` returns aware UTC times."""
        self._library = library
        self._workshop = workshop
        self._lorebooks = lorebooks
        self._settings = settings
        self._clock = clock

    async def content(self, server_id: int, rooms: Sequence[Room]) -> Archive:
        """Return what a server has of its own, without its pictures; `rooms` are its places and itself."""
        texts = {key: own.content for key, own in self._library.at(server_id).own.items()}
        books = {each.key: each.text.encode() for each in await self._lorebooks.of(server_id)}
        layers = await self._settings.layers([(_scope(room), room.id) for room in rooms])
        bound = {
            (each.scope, each.scope_id): each.persona_key
            for each in await self._settings.bindings([(room.kind, room.id) for room in rooms])
        }
        places: list[PlaceSheet] = []
        for room, layer in zip(rooms, layers, strict=True):
            known = {key: value for key, value in layer.items() if _is_known(key, value)}
            plays = (room.kind, room.id) in bound
            if room.kind == "category":
                known = {}
            if known or plays:
                persona = bound.get((room.kind, room.id))
                places.append(
                    PlaceSheet(
                        kind=room.kind,
                        id=room.id,
                        name=room.name[:100],
                        settings=known,
                        plays=plays,
                        persona=persona,
                    )
                )
        return Archive(texts, {}, books, tuple(places))

    async def plan(self, server_id: int, archive: Archive, rooms: Sequence[Room]) -> Plan:
        """Return what an archive would change; nothing is stored."""
        shelf = self._library.at(server_id)
        drafts: list[tuple[Draft, bytes | None]] = []
        broken: dict[str, tuple[object, ...]] = {}
        adults: list[str] = []
        for key, content in archive.personas.items():
            own = shelf.own.get(key)
            if own is not None and own.content == content:
                continue
            draft = Draft(server_id, key, content, await self._workshop.newest(server_id, key))
            reading = await self._workshop.check(draft)
            if reading.persona is None:
                broken[f"{key}.yaml"] = reading.problems
            readings = (reading,) if own is None else (reading, own.reading)
            adult = [each.persona for each in readings if each.for_adults]
            adults += [key if each is None else each.name for each in adult]
            drafts.append((draft, own.content if own is not None else None))
        books = await self._books(server_id, archive.books, broken)
        playable = {*(persona.key for persona in shelf), *archive.personas}
        settings, bindings, nowhere, unknown = await self._placed(archive.places, rooms, playable)
        pictures = {key: file for key, file in archive.pictures.items() if key in archive.personas}
        same = len(archive.personas) + len(archive.books) - len(drafts) - len(books)
        placed = (settings, bindings, nowhere, unknown)
        return Plan(tuple(drafts), books, same, pictures, *placed, broken, tuple(adults))

    async def _books(
        self, server_id: int, books: Mapping[str, bytes], broken: dict[str, tuple[object, ...]]
    ) -> tuple[tuple[Brought, bytes | None], ...]:
        """Return the lorebooks that differ from the server's; what is wrong in others goes into `broken`."""
        there = {each.key: each.text.encode() for each in await self._lorebooks.of(server_id)}
        found: list[tuple[Brought, bytes | None]] = []
        for key, content in books.items():
            if there.get(key) == content:
                continue
            try:
                brought = await self._lorebooks.read(f"{key}.yaml", content, None)
            except Unreadable as error:
                broken[f"lore/{key}.yaml"] = error.problems
            else:
                found.append((brought, there.get(key)))
        return tuple(found)

    async def _fault(self, server_id: int, plan: Plan) -> PutFault | None:
        """Return why a server can't take the lorebooks of a plan; None if it can."""
        sizes = {each.key: len(each.text) for each in await self._lorebooks.of(server_id)}
        sizes |= {brought.key: len(brought.text) for brought, _ in plan.books}
        if len(sizes) > MOST:
            return PutFault.TOO_MANY
        return PutFault.TOO_MUCH if sum(sizes.values()) > CHARACTERS else None

    async def _placed(
        self, places: Sequence[PlaceSheet], rooms: Sequence[Room], playable: set[str]
    ) -> tuple[tuple[SettingChange, ...], tuple[BindingChange, ...], tuple[str, ...], tuple[str, ...]]:
        settings: list[SettingChange] = []
        bindings: list[BindingChange] = []
        nowhere: dict[str, None] = {}
        unknown: dict[str, None] = {}
        for sheet in places:
            room = _room_of(sheet, rooms)
            if room is None:
                nowhere[sheet.name or str(sheet.id)] = None
                continue
            now = await self._settings.of(_scope(room), room.id) if room.kind != "category" else {}
            for key, value in sheet.settings.items():
                if room.kind != "category" and _is_known(key, value) and now.get(key) != value:
                    settings.append(SettingChange(room, key, now.get(key), value))
            if not sheet.plays:
                continue
            if sheet.persona is not None and sheet.persona not in playable:
                unknown[sheet.persona] = None
                continue
            there = await self._settings.bindings([(room.kind, room.id)])
            if not there or there[0].persona_key != sheet.persona:
                bindings.append(BindingChange(room, sheet.persona))
        return tuple(settings), tuple(bindings), tuple(nowhere), tuple(unknown)

    async def bring(self, server_id: int, plan: Plan, by_user: int) -> None:
        """Store what a plan changes, but for the pictures.

        Raises:
            NotStored: somebody has changed a persona meanwhile, or the server would have too much; then
                nothing is stored.
        """
        assert not plan.broken
        if plan.books and (fault := await self._fault(server_id, plan)) is not None:
            raise NotStored(fault)
        await self._workshop.put_all([draft for draft, _ in plan.drafts], Act.UPLOADED, by_user)
        for brought, _ in plan.books:
            await self._lorebooks.put(server_id, brought, by_user)
        at = self._clock()
        for change in plan.settings:
            scope, room = _scope(change.room), change.room
            await self._settings.put(scope, room.id, change.key, change.after, by_user=by_user, at=at)
        for bound in plan.bindings:
            room = bound.room
            await self._settings.bind(room.kind, room.id, bound.persona, by_user=by_user, at=at)


def _scope(room: Room) -> Scope:
    return "server" if room.kind == "server" else "channel"


def _is_known(key: str, value: str) -> bool:
    return key in CHOICES and value in {str(choice) for choice in CHOICES[key]}


def _room_of(sheet: PlaceSheet, rooms: Sequence[Room]) -> Room | None:
    """Return the place of a server that a sheet is about: by its id, else by its name if only one has it."""
    of_kind = [room for room in rooms if room.kind == sheet.kind]
    if sheet.kind == "server":
        return of_kind[0] if of_kind else None
    same = [room for room in of_kind if room.id == sheet.id]
    named = [room for room in of_kind if room.name == sheet.name]
    return same[0] if same else named[0] if len(named) == 1 else None
