"""All that is stored, by what it is about: what a use case draws on.

Law: each store has its tables and no other store's.
"""

from dataclasses import dataclass
from typing import Self

from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.people import People
from bot.storage.removals import Removals
from bot.storage.scenes import Scenes
from bot.storage.settings import SettingsStore
from bot.storage.swipes import Swipes


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores of one database.

    Attributes:
        history: turns and the posts that show them.
        swipes: the variants of personas' turns.
        removals: what was taken out of the story.
        scenes: places, their scenes, and what channels were told.
        people: the names of people in places.
        settings: what admins set, and who plays where.
    """

    history: History
    swipes: Swipes
    removals: Removals
    scenes: Scenes
    people: People
    settings: SettingsStore

    @classmethod
    def on(cls, db: Database) -> Self:
        """Return the stores of an open database."""
        return cls(History(db), Swipes(db), Removals(db), Scenes(db), People(db), SettingsStore(db))
