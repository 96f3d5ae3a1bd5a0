"""A server's archive: what a server has of its own goes out as one file, and comes back on any server.

Law: nobody's words are in it. Nothing is stored unless all of it would load; all is stored or nothing, and
nothing that is not in the archive changes.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.casts import CastMember, ordered
from bot.core.memory.table import are_rules
from bot.core.settings import TABLE_RULES, is_setting
from bot.personas.archives import Archive, MemberSheet, PlaceSheet
from bot.personas.library import PersonaLibrary
from bot.personas.lorebooks import BookReading
from bot.personas.reading import Reading, spelled
from bot.storage.archives import ArchiveChanges
from bot.storage.server_personas import Act
from bot.storage.settings import BindingScope, Scope
from bot.storage.stores import Stores
from bot.story.server_library.lorebooks import Brought, Lorebooks, Unreadable
from bot.story.server_library.workshop import Draft, Workshop

Broken = tuple[str, Reading | BookReading]
"""A text that would not load, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Room:
    """The server itself, a category or a channel (also a thread), by its id and name."""

    kind: BindingScope
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a server has on Discord.

    Attributes:
        rooms: the server itself, and its places for which something can be set.
        ids: the keys of settings that have an id, each with those that the server has: its text channels for
            pictures, its roles for proposals.
    """

    rooms: Sequence[Room]
    ids: Mapping[str, Collection[str]]

    def has(self, room: Room, key: str, value: str) -> bool:
        """Return whether a setting has an id, and that is of something of the server's."""
        return room.kind == "server" and value in self.ids.get(key, ())


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting that an archive changes: where, and from what to what; None for what is not set."""

    room: Room
    key: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class BindingChange:
    """A place where others would play, or nobody, or the same in another way; the lead is the first."""

    room: Room
    members: tuple[CastMember, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """What an archive would set where on a server, and what it couldn't.

    Attributes:
        settings, bindings: what is set otherwise.
        nowhere: the names of channels and categories that the server doesn't have.
        homeless: the keys of settings with an id of a channel or role that the server doesn't have.
        unknown: the keys of personas that are to play somewhere, and that the server wouldn't have.
    """

    settings: tuple[SettingChange, ...]
    bindings: tuple[BindingChange, ...]
    nowhere: tuple[str, ...]
    homeless: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an archive would change on a server.

    Attributes:
        drafts: the personas that are new or changed, each with the text that it replaces, None for a new one.
        books: the lorebooks that are new or changed, each with the text that it replaces.
        same: how many personas and lorebooks are already as they are in it.
        pictures: the pictures, by the keys of their personas.
        placed: what would be set where.
        broken: what would not load, by its name in the archive; with any, nothing can be brought back.
        adults: the names of personas for age-restricted channels only, or the keys of those that don't load,
            whose texts would be shown.
    """

    drafts: tuple[tuple[Draft, bytes | None], ...]
    books: tuple[tuple[Brought, bytes | None], ...]
    same: int
    pictures: Mapping[str, bytes]
    placed: Placement
    broken: Mapping[str, Broken]
    adults: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether it would change nothing."""
        placed = self.placed
        return not (self.drafts or self.books or self.pictures or placed.settings or placed.bindings)


class Archiving:
    """The use cases of archives."""

    def __init__(
        self,
        library: PersonaLibrary,
        workshop: Workshop,
        lorebooks: Lorebooks,
        stores: Stores,
        clock: Callable[[], datetime],
    ) -> None:
        """Read and change what these keep; `clock` returns aware UTC times."""
        self._library = library
        self._workshop = workshop
        self._lorebooks = lorebooks
        self._settings = stores.settings
        self._store = stores.records.archives
        self._clock = clock

    async def content(self, server_id: int, grounds: Grounds) -> Archive:
        """Return what a server has of its own, without its pictures."""
        rooms = grounds.rooms
        texts = {key: own.content for key, own in self._library.at(server_id).own.items()}
        books = {each.key: each.text.encode() for each in await self._lorebooks.of(server_id)}
        layers = await self._settings.layers([(_scope(room), room.id) for room in rooms])
        bound = {
            (each.scope, each.scope_id): each.persona_key
            for each in await self._settings.bindings([(room.kind, room.id) for room in rooms])
        }
        casts = await self._casts(rooms)
        places: list[PlaceSheet] = []
        for room, layer in zip(rooms, layers, strict=True):
            known = {
                key: value
                for key, value in layer.items()
                if _is_known(key, value) or grounds.has(room, key, value)
            }
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
                        cast=_sheets(casts.get(room.id, ())) if room.kind == "channel" else (),
                    )
                )
        return Archive(texts, {}, books, tuple(places))

    async def plan(self, server_id: int, archive: Archive, grounds: Grounds) -> Plan:
        """Return what an archive would change; nothing is stored."""
        shelf = self._library.at(server_id)
        drafts: list[tuple[Draft, bytes | None]] = []
        broken: dict[str, Broken] = {}
        adults: list[str] = []
        keys = {key: self._workshop.spelled(server_id, key) for key in archive.personas}
        for named, content in archive.personas.items():
            key = keys[named]
            own = shelf.own.get(key)
            if own is not None and own.content == content:
                continue
            draft = Draft(server_id, key, content, await self._workshop.newest(server_id, key))
            reading = await self._workshop.check(draft)
            if reading.persona is None:
                broken[f"{key}.yaml"] = content.decode("utf-8", "replace"), reading
            readings = (reading,) if own is None else (reading, own.reading)
            adult = [each.persona for each in readings if each.for_adults]
            adults += [key if each is None else each.name for each in adult]
            drafts.append((draft, own.content if own is not None else None))
        books = await self._books(server_id, archive.books, broken)
        playable = {*(persona.key for persona in shelf), *keys.values()}
        placed = await self._placed(archive.places, grounds, playable)
        pictures = {keys[named]: file for named, file in archive.pictures.items() if named in keys}
        same = len(archive.personas) + len(archive.books) - len(drafts) - len(books)
        return Plan(tuple(drafts), books, same, pictures, placed, broken, tuple(adults))

    async def _books(
        self, server_id: int, books: Mapping[str, bytes], broken: dict[str, Broken]
    ) -> tuple[tuple[Brought, bytes | None], ...]:
        """Return the lorebooks that differ from the server's; what is wrong in others goes into `broken`."""
        there = {each.key: each.text.encode() for each in await self._lorebooks.of(server_id)}
        found: list[tuple[Brought, bytes | None]] = []
        for named, content in books.items():
            key = spelled(named, there)
            if there.get(key) == content:
                continue
            try:
                brought = await self._lorebooks.read(server_id, f"{key}.yaml", content, None)
            except Unreadable as error:
                broken[f"lore/{key}.yaml"] = error.text, error.reading or BookReading(None)
            else:
                found.append((brought, there.get(brought.key)))
        return tuple(found)

    async def _placed(self, places: Sequence[PlaceSheet], grounds: Grounds, playable: set[str]) -> Placement:
        settings: list[SettingChange] = []
        bindings: list[BindingChange] = []
        nowhere, homeless, unknown = dict[str, None](), dict[str, None](), dict[str, None]()
        for sheet in places:
            room = _room_of(sheet, grounds.rooms)
            if room is None:
                nowhere[sheet.name or str(sheet.id)] = None
                continue
            now = await self._settings.of(_scope(room), room.id) if room.kind != "category" else {}
            for key, value in sheet.settings.items():
                if room.kind == "server" and key in grounds.ids and not grounds.has(room, key, value):
                    homeless[key] = None
                elif room.kind != "category" and (_is_known(key, value) or grounds.has(room, key, value)):
                    settings.append(SettingChange(room, key, now.get(key), value))
            if not sheet.plays:
                continue
            members = tuple(replace(each, key=spelled(each.key, playable)) for each in sheet.members)
            unknown |= {each.key: None for each in members if each.key not in playable}
            if members and members[0].key not in playable:
                continue
            members = tuple(each for each in members if each.key in playable)
            if await self._plays(room) != members:
                bindings.append(BindingChange(room, members))
        changed = tuple(each for each in settings if each.before != each.after)
        return Placement(changed, tuple(bindings), tuple(nowhere), tuple(homeless), tuple(unknown))

    async def _casts(self, rooms: Sequence[Room]) -> dict[int, list[CastMember]]:
        """Return the members of the channels among these places, as their admins have chosen them."""
        found = await self._settings.casts([room.id for room in rooms if room.kind == "channel"])
        return {id_: [each.member for each in playing if each.is_chosen] for id_, playing in found.items()}

    async def _plays(self, room: Room) -> tuple[CastMember, ...] | None:
        """Return who was chosen for a place, the lead first; None if nobody has chosen."""
        bound = await self._settings.bindings([(room.kind, room.id)])
        if not bound:
            return None
        lead = bound[0].persona_key
        return () if lead is None else ordered(lead, (await self._casts([room])).get(room.id, ()))

    async def bring(self, server_id: int, plan: Plan, by_user: int) -> None:
        """Store what a plan changes, but for the pictures.

        Raises:
            NotStored: somebody has changed a persona or a lorebook meanwhile, or the server would have too
                much; then nothing is stored.
            StorageError: it can't be stored; nothing is.
        """
        assert not plan.broken
        changes = ArchiveChanges(
            personas=[
                (await self._workshop.change(draft, Act.UPLOADED, by_user), draft.over)
                for draft, _ in plan.drafts
            ],
            books=[
                (
                    self._lorebooks.stored(server_id, brought, by_user),
                    None if before is None else before.decode("utf-8"),
                )
                for brought, before in plan.books
            ],
            settings=[
                (_scope(each.room), each.room.id, each.key, each.after) for each in plan.placed.settings
            ],
            casts=[((each.room.kind, each.room.id), each.members) for each in plan.placed.bindings],
            by_user=by_user,
            at=self._clock(),
        )
        await self._workshop.put_by(lambda: self._store.put(changes))
        self._lorebooks.forget(server_id)


def _sheets(members: Sequence[CastMember]) -> tuple[MemberSheet, ...]:
    """Return the sheets of a cast; none if one persona plays there as usual."""
    if len(members) <= 1 and all(member == CastMember(member.key) for member in members):
        return ()
    return tuple(
        MemberSheet(persona=each.key, talkativeness=each.talkativeness, muted=each.muted) for each in members
    )


def _scope(room: Room) -> Scope:
    return "server" if room.kind == "server" else "channel"


def _is_known(key: str, value: str) -> bool:
    return are_rules(value) if key == TABLE_RULES else is_setting(key, value)


def _room_of(sheet: PlaceSheet, rooms: Sequence[Room]) -> Room | None:
    """Return the place of a server that a sheet is about: by its id, else by its name if only one has it."""
    of_kind = [room for room in rooms if room.kind == sheet.kind]
    if sheet.kind == "server":
        return of_kind[0] if of_kind else None
    same = [room for room in of_kind if room.id == sheet.id]
    named = [room for room in of_kind if room.name == sheet.name]
    return same[0] if same else named[0] if len(named) == 1 else None
