"""The speakers of a place: people under their names there, the characters they play, and personas.

Law: two people never share a name in one place, and a person or character keeps the name they were given
under a display name. A person and their own profiles may share one. `core.names` knows what a good name is.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from bot.core.scene import MEMBER, Identity, Participant, Place, Speaker
from bot.storage.columns import storable, to_ms
from bot.storage.database import Database, Transaction
from bot.storage.engine import Row
from bot.storage.members import MemberLinks
from bot.storage.profiles import ProfileStore
from bot.storage.rows import speaker_of

_KNOWN = """
SELECT * FROM speaker
WHERE channel_id = ? AND owner = ? AND user_id = ? AND character = ? AND display_name = ?
"""

_NAMED = """
SELECT DISTINCT name, user_id, character FROM speaker
WHERE channel_id = ? AND owner = ? AND user_id IS NOT NULL
"""

_REMEMBER = """
INSERT INTO speaker (channel_id, owner, user_id, character, display_name, name, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *
"""

_INTRODUCE = """
INSERT INTO speaker (channel_id, owner, persona_key, name, created_at)
SELECT channel_id, owner, ?, ?, ? FROM scene WHERE id = ?
"""

_PERSONA = """
SELECT speaker.id FROM speaker
JOIN scene ON scene.channel_id = speaker.channel_id AND scene.owner = speaker.owner
WHERE scene.id = ? AND speaker.persona_key = ? AND speaker.name = ?
"""

_LAST = """
SELECT speaker.user_id, speaker.character, speaker.display_name
FROM speaker JOIN turn ON turn.speaker_id = speaker.id
WHERE speaker.user_id = ? AND speaker.channel_id = ? AND speaker.owner = ? ORDER BY turn.id DESC LIMIT 1
"""


class People:
    """The speakers of all places.

    Attributes:
        members: whose the members of systems are.
        profiles: what people say of the characters they play.
    """

    def __init__(self, db: Database) -> None:
        self.members = MemberLinks(db)
        self.profiles = ProfileStore(db)
        self._db = db

    async def spoke_as(self, place: Place, user_id: int) -> Participant | None:
        """Return the member of a system that a person was when they spoke last in a place; None if none."""
        return _member(await self._db.read(_LAST, (user_id, *place.key)))

    async def as_seen(self, place: Place, user_id: int) -> Participant:
        """Return an account as others see it act in a place: the member that spoke last there, or unnamed."""
        return await self.spoke_as(place, user_id) or Participant(user_id, "")

    async def speaker(
        self, place: Place, person: Participant, propose: Callable[[Collection[str]], str], at: datetime
    ) -> Speaker:
        """Return the speaker of a person in a place under their display name; create it if there is none.

        Args:
            place: the place.
            person: the person with their current display name, or with their character and its name. Another
                display name makes another speaker; the earlier one returns with its display name.
            propose: called once if there is no speaker yet, with the names that other people have or had in
                the place; its result is stored.
            at: the current time.

        Raises:
            ValueError: the proposed name is another person's.
        """
        key = (place.channel_id, place.owner, person.id, person.character, storable(person.name))
        if known := await self._db.read(_KNOWN, key):
            return speaker_of(known[0])
        async with self._db.transaction() as tx:
            if known := await tx.run(_KNOWN, key):  # by the same person's message before this one
                return speaker_of(known[0])
            named = await tx.run(_NAMED, (place.channel_id, place.owner))
            player = person.identity.person
            of = ((row["name"], Identity(None, row["user_id"], row["character"]).person) for row in named)
            taken = frozenset(name for name, other in of if other != player)
            name = storable(propose(taken))
            if name in taken:
                raise ValueError("the proposed name is another person's")
            return speaker_of((await tx.run(_REMEMBER, (*key, name, to_ms(at))))[0])


async def persona_speaker(tx: Transaction, scene_id: int, persona_key: str, name: str, at: datetime) -> int:
    """Return the id of a persona's speaker under a name in a scene's place; create it if there is none."""
    key = (scene_id, persona_key, storable(name))
    found = await tx.run(_PERSONA, key)
    if not found:
        await tx.run(_INTRODUCE, (persona_key, storable(name), to_ms(at), scene_id))
        found = await tx.run(_PERSONA, key)
    return int(found[0]["id"])


async def spoke_as_in(tx: Transaction, scene_id: int, user_id: int) -> str:
    """Return the name of the member that a person was when they spoke last in a scene's place; "" if none."""
    (scene,) = await tx.run("SELECT channel_id, owner FROM scene WHERE id = ?", (scene_id,))
    member = _member(await tx.run(_LAST, (user_id, *scene)))
    return "" if member is None else member.name


def _member(rows: Sequence[Row]) -> Participant | None:
    found = (row for row in rows if row["character"].startswith(MEMBER))
    return next((Participant(row["user_id"], row["display_name"], row["character"]) for row in found), None)
