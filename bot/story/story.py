"""The story as a frontend gets it: one value with all use cases.

Law: a new use case is added here, and frontends take only this value.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bot.story.budgets.spending import Spending
from bot.story.downtime.catching_up import CatchingUp
from bot.story.downtime.recovery import Recovery
from bot.story.incoming.hearing import Hearing
from bot.story.incoming.rolls import Rolls
from bot.story.incoming.speaking import Speaking
from bot.story.memory.looking_back import LookingBack
from bot.story.people.locales import Locales
from bot.story.people.profiles import Profiles
from bot.story.people.wishes import Wishes
from bot.story.personal_data.departures import Departures
from bot.story.personal_data.privacy import Privacy
from bot.story.personal_data.retention import Retention
from bot.story.places.acting import Acting
from bot.story.places.admin_choices import AdminChoices
from bot.story.places.casting import Casting
from bot.story.places.notices import Notices
from bot.story.prompts.inspector import Inspector
from bot.story.replies.mentions import Mentions
from bot.story.revisions.covering import Covering
from bot.story.revisions.revision import Revision
from bot.story.revisions.undoing import Undoing
from bot.story.scenes.branching import Branching
from bot.story.scenes.scene_memory import MemoryControl
from bot.story.scenes.scenes import SceneControl
from bot.story.scenes.transfer import Transfer
from bot.story.server_library.archiving import Archiving
from bot.story.server_library.lorebooks import Lorebooks
from bot.story.server_library.pictures import Pictures
from bot.story.server_library.proposing import Proposing
from bot.story.server_library.trying import Tryouts
from bot.story.server_library.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Records:
    """The use cases of what is stored.

    Attributes:
        looking_back: the search of what was said.
        transfer: exports and imports.
        privacy: what people decide about what is stored of them.
        departures: channels that are deleted, servers that are left.
        retention: what goes because it is old.
        workshop: the personas that servers have of their own.
        pictures: the pictures of those.
        archiving: what servers have of their own, as one file.
        proposing: the personas that people propose.
        tryouts: private exchanges with a persona.
        lorebooks: the lorebooks that servers have of their own.
        spending: what replies have cost, and what they may cost.
    """

    looking_back: LookingBack
    transfer: Transfer
    privacy: Privacy
    departures: Departures
    retention: Retention
    workshop: Workshop
    pictures: Pictures
    archiving: Archiving
    proposing: Proposing
    tryouts: Tryouts
    lorebooks: Lorebooks
    spending: Spending

    async def look_again(self, has: Callable[[int], bool]) -> None:
        """Know what other processes have stored of what servers have, of those of which `has` is true.

        Raises:
            StorageError: it could not be read.
        """
        await self.workshop.look_again(has)
        await self.pictures.open()


@dataclass(frozen=True, slots=True)
class Myself:
    """The use cases of what people set for themselves.

    Attributes:
        wishes: what they wish.
        acting: who they play.
        profiles: the profiles they have.
        mentions: who is notified of replies.
        locales: their languages outside of servers.
    """

    wishes: Wishes
    acting: Acting
    profiles: Profiles
    mentions: Mentions
    locales: Locales


@dataclass(frozen=True, slots=True)
class ByHand:
    """The use cases of what people do at the table and no model answers.

    Attributes:
        rolls: dice.
        speaking: what people say as personas.
    """

    rolls: Rolls
    speaking: Speaking


@dataclass(frozen=True, slots=True)
class Story:
    """The use cases of the story.

    Attributes:
        hearing: messages written, edited and deleted.
        revision: changes to turns that exist.
        covering: replies that the table wants no part of.
        scenes: the scenes of places.
        casting: the personas and settings of places.
        choices: what admins choose.
        notices: the notices that channels get once.
        myself: what people set for themselves.
        recovery: the repair after a crash.
        catching_up: what happened while nobody listened.
        inspector: the inspection of prompts.
        by_hand: what people do at the table and no model answers.
        memory: what scenes remember besides their turns.
        undoing: the last exchange, taken out and put back.
        branching: stories that begin with another's turns.
        records: what is stored: found, handed out, written and deleted.
    """

    hearing: Hearing
    revision: Revision
    covering: Covering
    scenes: SceneControl
    casting: Casting
    choices: AdminChoices
    notices: Notices
    myself: Myself
    recovery: Recovery
    catching_up: CatchingUp
    inspector: Inspector
    by_hand: ByHand
    memory: MemoryControl
    undoing: Undoing
    branching: Branching
    records: Records
