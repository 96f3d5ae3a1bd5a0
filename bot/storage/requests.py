"""The requests to the model: what each reply's prompt was made of.

Law: a prompt's words are not stored here; they follow from the turns. What it cost is in `costs`.
"""

from dataclasses import dataclass

from bot.core.memory.memory import NOTHING_TOLD, Told
from bot.core.scene import START, Position
from bot.storage.columns import storable
from bot.storage.database import Database


@dataclass(frozen=True, slots=True)
class Sent:
    """What a reply's prompt was made of.

    Attributes:
        window_start: the position of its first turn.
        naming: its form.
        language: the language it asks for.
        digest: the digest of its messages.
        own: how many characters of the turn's own text it holds, if it continues the turn.
        context_window: tokens that the model could read and write; None if not stored.
        reply_cap: the most tokens of the reply; None if not stored.
        party_until: the position of the newest turn whose speaker counts for `{{user}}`; 0 if not stored.
        host: the key of the persona whose scene it was; None for the persona's own.
        end_note: whether the persona could be reminded of its turn at the end.
        memory: what it told of the story besides the turns.
        company: the keys of the place's cast.
    """

    window_start: Position
    naming: str
    language: str
    digest: str
    own: int = 0
    context_window: int | None = None
    reply_cap: int | None = None
    party_until: Position = START
    host: str | None = None
    end_note: bool = False
    memory: Told = NOTHING_TOLD
    company: tuple[str, ...] = ()


class Requests:
    """The requests for all replies."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def note(self, turn_id: int, sent: Sent) -> None:
        """Store what a reply's prompt is made of; nothing happens if the turn is gone."""
        sql = """
        INSERT INTO request (
            turn_id, window_start, naming, language, digest, own, context_window, reply_cap, party_until,
            host, end_note, memory, company
        ) SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM turn WHERE id = ?
        ON CONFLICT (turn_id) DO UPDATE SET window_start = excluded.window_start, naming = excluded.naming,
            language = excluded.language, digest = excluded.digest, own = excluded.own,
            context_window = excluded.context_window, reply_cap = excluded.reply_cap,
            party_until = excluded.party_until, host = excluded.host, end_note = excluded.end_note,
            memory = excluded.memory, company = excluded.company
        """
        made_of = (sent.window_start, sent.naming, sent.language, sent.digest, sent.own)
        limits = (sent.context_window, sent.reply_cap)
        told = (sent.party_until, sent.host, int(sent.end_note), sent.memory.to_json())
        company = storable(" ".join(sent.company))
        await self._db.write(sql, (*made_of, *limits, *told, company, turn_id))

    async def sent(self, turn_id: int) -> Sent | None:
        """Return what a reply's prompt was made of; None if that was not stored."""
        rows = await self._db.read("SELECT * FROM request WHERE turn_id = ?", (turn_id,))
        if not rows:
            return None
        row = rows[0]
        made_of = (Position(row["window_start"]), row["naming"], row["language"], row["digest"])
        limits = (row["context_window"], row["reply_cap"])
        party, noted = Position(row["party_until"]), bool(row["end_note"])
        told = (Told.from_json(row["memory"]), tuple(row["company"].split()))
        return Sent(*made_of, row["own"], *limits, party, row["host"], noted, *told)
