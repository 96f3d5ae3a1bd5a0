"""Scenes that leave as files, and chats of another program that become scenes.

Law: an export holds one scene and nothing else, as people saw it. An import gives words to no account but
that of the person who imports, if they say so; all others who speak in it have none. Files are written and
read in threads, piece by piece, so that no reply waits.
"""

import asyncio
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Final

from bot.core.names import NOBODY, clean_name, clean_title, distinct, key_of, persona_name
from bot.core.notes import ONWARD, told
from bot.core.persona import Persona
from bot.core.routing import NoReply
from bot.core.scene import START, Identity, Participant, Place, Position, Scene
from bot.core.speech import in_story
from bot.core.transfer.chat import ENDINGS, Format, Head, Line, Wording, Writer, file_name
from bot.core.transfer.page import PageWriter
from bot.core.transfer.plain import MarkdownWriter, TextWriter
from bot.core.transfer.sillytavern import SillyTavernWriter, read
from bot.storage.stores import Stores
from bot.storage.transfer import CastMember, Extent, TurnWithVariants
from bot.story.places.acting import Acting
from bot.story.places.casting import Casting
from bot.story.replies.floor import Floor
from bot.story.scenes.importing import PlaceNames, Plan, Speakers, speakers_of, turns_of

PIECE: Final = 200
"""Turns that are read and written at once."""

PICTURE_LIMIT: Final = 256 * 1024
"""Bytes of a persona's picture in a page; Discord takes no larger one for a post either."""

_WRITERS: Final[Mapping[Format, Callable[[Head], Writer]]] = {
    Format.HTML: PageWriter,
    Format.MARKDOWN: MarkdownWriter,
    Format.TEXT: TextWriter,
    Format.SILLYTAVERN: SillyTavernWriter,
}

_PICTURES: Final = (
    ("png", b"\x89PNG\r\n\x1a\n", b""),
    ("jpeg", b"\xff\xd8\xff", b""),
    ("gif", b"GIF8", b""),
    ("webp", b"RIFF", b"WEBP"),
)
"""Each type with the bytes that its files begin with, and those from the eighth on."""

_UNSAID: Final = frozenset({ONWARD.kind, "silence", "away", "back", "link"})
"""The notes that tell the model what people see anyway, or what is no part of the story."""


@dataclass(frozen=True, slots=True)
class Export:
    """A file: its name and its content. `zipped` says that it was too large as it is."""

    name: str
    content: bytes
    zipped: bool = False


class TooLargeError(Exception):
    """A file is too large even when it is zipped; `size` is the bytes it has then."""

    def __init__(self, size: int) -> None:
        super().__init__(f"{size} bytes")
        self.size = size


class Transfer:
    """The use cases of exports and imports. One instance serves all channels."""

    def __init__(self, floor: Floor, casting: Casting, stores: Stores, clock: Callable[[], datetime]) -> None:
        """Wire the use cases to their dependencies; `clock` returns aware UTC times."""
        self._floor = floor
        self._casting = casting
        self._scenes = stores.scenes
        self._store = stores.records.transfers
        self._acting = Acting(stores.people.profiles)
        self._clock = clock
        # One at a time: a long scene takes memory while it is written.
        self._writing = asyncio.Lock()

    # --- out ---------------------------------------------------------------------------------------

    async def scene(self, place: Place, scene_id: int | None) -> Scene | None:
        """Return a scene of this place, the running one for None; None if the place has no such scene."""
        return await (
            self._scenes.playing(place) if scene_id is None else self._scenes.of_place(place, scene_id)
        )

    async def extent(self, scene: Scene) -> Extent | None:
        """Return what a scene holds; None if nothing was said in it."""
        return await self._store.extent(scene.id)

    def why_hidden(self, place: Place, extent: Extent) -> NoReply | None:
        """Return why the words of a scene may not be shown in a place; None if they may."""
        return self._casting.why_hidden(place, (who.persona_key for who, _ in extent.cast))

    async def export(
        self, scene: Scene, extent: Extent, title: str, wording: Wording, *, form: Format, most: int
    ) -> Export:
        """Return a scene as a file of at most `most` bytes, zipped if it would be larger.

        Raises:
            TooLargeError: it is larger even then.
        """
        async with self._writing:
            pictures = await asyncio.to_thread(self._pictures, scene.place, extent.cast)
            names = _names(extent.cast)
            head = Head(
                # A scene that comes back has the title that it had: none, perhaps.
                scene.title if form is Format.SILLYTAVERN else title,
                extent.begun,
                list(dict.fromkeys(names.values())),
                list(dict.fromkeys(name for who, name in extent.cast if who.persona_key is not None)),
                wording,
                pictures if form is Format.HTML else {},
            )
            parts = await self._written(scene, _WRITERS[form](head), names)
            name = file_name(title, ENDINGS[form])
            size = sum(map(len, parts))
            if size <= most:
                return Export(name, b"".join(parts))
            packed = await asyncio.to_thread(_zipped, name, parts)
            if len(packed) > most:
                raise TooLargeError(len(packed))
            return Export(file_name(title, "zip"), packed, zipped=True)

    async def _written(self, scene: Scene, writer: Writer, names: Mapping[Identity, str]) -> list[bytes]:
        """Return the pieces of a file."""
        parts = [writer.begin().encode()]
        at = START
        while piece := await self._store.piece(scene.id, at, PIECE):
            at = Position(piece[-1].turn.position + 1)
            parts.append(await asyncio.to_thread(_write, writer, piece, names))
        return [*parts, writer.end().encode()]

    def _pictures(self, place: Place, cast: Iterable[CastMember]) -> dict[str, str]:
        """Return the local pictures of personas as `data:` addresses by name; this blocks."""
        library, found = self._casting.library, {}
        for who, name in cast:
            persona = library.at(place.guild_id).get(who.persona_key) if who.persona_key else None
            if persona is None or persona.avatar is None or "://" in persona.avatar:
                continue
            with suppress(OSError):
                content = library.picture(library.folder / persona.avatar, PICTURE_LIMIT)
                if address := _address_of(content):
                    found[name] = address
        return found

    # --- in ----------------------------------------------------------------------------------------

    async def read(self, place: Place, content: bytes) -> Plan:
        """Return what the import of a file would bring.

        Raises:
            ChatFileError: the file is no chat, or too large.
        """
        chat = await asyncio.to_thread(read, content, self._clock())
        people = dict.fromkeys(line.name for line in chat.lines if line.is_person)
        characters = dict.fromkeys(line.name for line in chat.lines if not line.is_person)
        return Plan(chat, tuple(people), {name: self._persona(place, name) for name in characters})

    async def bring(
        self, place: Place, plan: Plan, title: str, by: Participant, *, as_name: str | None = None
    ) -> Scene:
        """Store a chat as a scene of this place and return it; it runs at once where nothing has been said.

        `by` is the person who imports it, `as_name` the name under which they speak in it; None if they
        don't.
        """
        now = self._clock()
        # Counting tokens takes seconds. Until it is done the channel goes on, and may get another name.
        speakers = await self._speakers(place, plan, by, as_name)
        turns = await asyncio.to_thread(turns_of, plan.chat, speakers, now, self._floor.cost)
        async with self._floor.ears(place.channel_id):
            if (later := await self._speakers(place, plan, by, as_name)) != speakers:
                turns = await asyncio.to_thread(turns_of, plan.chat, later, now, self._floor.cost)
            key = await self._bound_to(place, plan)
            return await self._store.add(
                place, turns, title=clean_title(title), by=by, persona_key=key, at=now
            )

    async def _speakers(self, place: Place, plan: Plan, by: Participant, as_name: str | None) -> Speakers:
        """Return who speaks in an import, under names that are free in the place now."""
        cast = [persona_name(persona) for persona in self._casting.library.at(place.guild_id)]
        names = PlaceNames(await self._store.known(place), cast)
        return speakers_of(plan, place, names, await self._acting.who(place, by), as_name)

    def _persona(self, place: Place, name: str) -> Persona | None:
        """Return the persona that a character of this name is here; None if no such one may play here."""
        key = key_of(clean_name(name, NOBODY))
        shelf = self._casting.library.at(place.guild_id)
        named = (each for each in shelf if key in {key_of(persona_name(each)), each.key.casefold()})
        return next((each for each in named if self._casting.barred(place, each) is None), None)

    async def _bound_to(self, place: Place, plan: Plan) -> str | None:
        """Return the persona that an imported scene is bound to; None for the place's."""
        cast = await self._casting.lookup(place, new_scene=True)
        keys = [persona.key for persona in plan.personas.values() if persona is not None]
        return None if "persona" in cast.fixed or not keys or cast.key in keys else keys[0]


def _names(cast: Sequence[CastMember]) -> dict[Identity, str]:
    """Return the newest name of each person and of each character.

    In a branch two people may have one name, each in their own channel: the second gets a number here.
    """
    personas = {member.name for member in cast if member.identity.user_id is None}
    names: dict[Identity, str] = {}
    for who, name in cast:
        if who.user_id is not None:
            others = {given for other, given in names.items() if other.person != who.person}
            names[who] = distinct(name, personas | others)
    return names


def _write(writer: Writer, piece: Sequence[TurnWithVariants], names: Mapping[Identity, str]) -> bytes:
    """Return turns as a file holds them; this takes a while."""
    return writer.write([line for each in piece if (line := _line(each, names)) is not None]).encode()


def _line(each: TurnWithVariants, names: Mapping[Identity, str]) -> Line | None:
    """Return a turn as a line; None if nothing of it is part of what people read."""
    turn = each.turn
    if turn.user_id is None:
        by_number = sorted({**each.others, turn.swipe: turn.text}.items())
        variants = tuple(text for _, text in by_number) if each.others else ()
        shown = [number for number, _ in by_number].index(turn.swipe)
        by_hand = turn.spoken_by is not None
        at = shown if variants else 0
        return Line(turn.name, turn.text, turn.created_at, False, variants, at, by_hand=by_hand)
    notes = tuple(told(note) for note in turn.notes if note.kind not in _UNSAID)
    text = in_story(turn.text).strip()
    if not text and not notes:
        return None
    # Who speaks for the first time while the file is written has no name in it yet.
    name = names.get(turn.identity, turn.name)
    return Line(name, text, turn.created_at, True, notes=notes)


def _zipped(name: str, parts: Iterable[bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as file:
        for part in parts:
            file.write(part)
    return out.getvalue()


def _address_of(content: bytes) -> str | None:
    """Return a picture as a `data:` address; None if it is too large, or none of a known type."""
    for kind, begins, goes_on in _PICTURES:
        if len(content) <= PICTURE_LIMIT and content.startswith(begins) and content[8:].startswith(goes_on):
            return f"data:image/{kind};base64,{b64encode(content).decode()}"
    return None
