"""All stores of one database, as the use cases get them.

Law: each store has its tables and no other store's.
"""

from dataclasses import dataclass
from typing import Self

from bot.storage.database import Database
from bot.storage.heard import Heard
from bot.storage.history import History
from bot.storage.people import People
from bot.storage.preferences import Preferences
from bot.storage.removals import Removals
from bot.storage.scenes import Scenes
from bot.storage.settings import SettingsStore
from bot.storage.steering import Steering
from bot.storage.swipes import Swipes


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores of one database.

    Attributes:
        history: turns and the posts that show them.
        swipes: the variants of personas' turns.
        removals: turns taken out of the story.
        scenes: places, their scenes, and the notices that channels got.
        people: the speakers of places.
        preferences: what people wish for themselves.
        settings: what admins set, and the personas they chose.
        steering: what single replies are told besides the story.
        heard: the messages that were heard.
    """

    history: History
    swipes: Swipes
    removals: Removals
    scenes: Scenes
    people: People
    preferences: Preferences
    settings: SettingsStore
    steering: Steering
    heard: Heard

    @classmethod
    def on(cls, db: Database) -> Self:
        """Return the stores of an open database."""
        turns = History(db), Swipes(db), Removals(db)
        rest = Preferences(db), SettingsStore(db), Steering(db)
        return cls(*turns, Scenes(db), People(db), *rest, Heard(db))
