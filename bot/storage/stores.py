"""All stores of one database, as the use cases get them.

Law: each store is about one matter; those of `RecordStores` are about what goes through all tables.
"""

from dataclasses import dataclass
from typing import Self

from bot.storage.archives import Archives
from bot.storage.blocks import BlockStore
from bot.storage.catching_up import CatchUpStore
from bot.storage.database import Database
from bot.storage.departures import Departures
from bot.storage.erasures import Erasures
from bot.storage.history import History
from bot.storage.marks import Marks
from bot.storage.opting_out import OptOuts
from bot.storage.people import People
from bot.storage.pins import Pins
from bot.storage.preferences import Preferences
from bot.storage.recaps import Recaps
from bot.storage.reminders import Reminders
from bot.storage.removals import Removals
from bot.storage.retention import Retention
from bot.storage.scenes import Scenes
from bot.storage.search import Searches
from bot.storage.server_personas import ServerPersonas
from bot.storage.settings import SettingsStore
from bot.storage.steering import Steering
from bot.storage.subject_access import SubjectAccess
from bot.storage.swipes import Swipes
from bot.storage.transfer import Transfers


@dataclass(frozen=True, slots=True)
class RecordStores:
    """What goes in, out and away across all tables.

    Attributes:
        departures: what goes with channels and servers.
        transfers: scenes as exports hold them, and imported ones.
        access: what is stored about single people.
        opt_outs: who takes no part, and what they chose.
        erasures: what people asked to be forgotten.
        retention: what is old.
        archives: what archives of servers bring back.
        blocks: the people that servers have blocked.
    """

    departures: Departures
    transfers: Transfers
    access: SubjectAccess
    opt_outs: OptOuts
    erasures: Erasures
    retention: Retention
    archives: Archives
    blocks: BlockStore


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores of one database.

    Attributes:
        history: turns, the posts that show them, and the answers that are owed.
        swipes: the variants of personas' turns.
        removals: turns taken out of the story.
        scenes: places, their scenes, and the notices that channels got.
        people: the speakers of places, and people's profiles.
        preferences: what people wish for themselves.
        settings: what admins set, and the personas they chose.
        steering: what single replies are told besides the story.
        searches: the search of turns by their words, which is kept up to date from here on.
        pins: the facts that never leave a scene's prompts, and its author's note.
        marks: the reactions that are due on people's messages.
        recaps: the summaries of what has left a scene's prompts.
        reminders: the old turns that replies are reminded of.
        personas: the personas that servers have of their own.
        records: what goes in, out and away across all tables.
        catching_up: what the bot has heard, and what it missed.
    """

    history: History
    swipes: Swipes
    removals: Removals
    scenes: Scenes
    people: People
    preferences: Preferences
    settings: SettingsStore
    steering: Steering
    searches: Searches
    pins: Pins
    marks: Marks
    recaps: Recaps
    reminders: Reminders
    personas: ServerPersonas
    records: RecordStores
    catching_up: CatchUpStore

    @classmethod
    def on(cls, db: Database) -> Self:
        """Return the stores of an open database."""
        return cls(
            history=History(db),
            swipes=Swipes(db),
            removals=Removals(db),
            scenes=Scenes(db),
            people=People(db),
            preferences=Preferences(db),
            settings=SettingsStore(db),
            steering=Steering(db),
            searches=Searches(db),
            pins=Pins(db),
            marks=Marks(db),
            recaps=Recaps(db),
            reminders=Reminders(db),
            personas=ServerPersonas(db),
            catching_up=CatchUpStore(db),
            records=RecordStores(
                departures=Departures(db),
                transfers=Transfers(db),
                access=SubjectAccess(db),
                opt_outs=OptOuts(db),
                erasures=Erasures(db),
                retention=Retention(db),
                archives=Archives(db),
                blocks=BlockStore(db),
            ),
        )
