"""The use cases of a story, built on an open database.

Law: it knows no configuration, opens nothing and asks nothing: each object gets its collaborators here, once.
"""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from bot.core.completion import ChatModel
from bot.endpoint.ladder import Ladder
from bot.endpoint.meter import TokenMeter
from bot.personas.library import PersonaLibrary
from bot.storage.database import Database
from bot.storage.ladder_steps import LadderSteps
from bot.storage.stores import Stores
from bot.story.budgets.reply_limit import ReplyLimit
from bot.story.budgets.spending import Spending
from bot.story.downtime.catching_up import CatchingUp
from bot.story.downtime.recovery import Recovery
from bot.story.incoming.hearing import Hearing
from bot.story.incoming.rolls import Rolls
from bot.story.incoming.speaking import Speaking
from bot.story.memory.looking_back import LookingBack
from bot.story.memory.lore import Lore
from bot.story.memory.recaps import RecapWriter
from bot.story.people.locales import Locales
from bot.story.people.profiles import Profiles
from bot.story.people.wishes import Wishes
from bot.story.personal_data.departures import Departures
from bot.story.personal_data.privacy import Privacy
from bot.story.personal_data.retention import Retention
from bot.story.places.access import Access
from bot.story.places.acting import Acting
from bot.story.places.admin_choices import AdminChoices
from bot.story.places.casting import Casting
from bot.story.places.notices import Notices
from bot.story.places.rules import Rules
from bot.story.prompts.inspector import Inspector
from bot.story.prompts.prompter import Prompter
from bot.story.replies.floor import Floor
from bot.story.replies.mentions import Mentions
from bot.story.replies.other_processes import OtherProcesses
from bot.story.replies.reply_services import ReplyServices
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
from bot.story.story import ByHand, Myself, Records, Story


def now() -> datetime:
    """Return the current time, aware and in UTC."""
    return datetime.now(UTC)


def face_of_die(sides: int) -> int:
    """Return the face on which a fair die lands."""
    return secrets.randbelow(sides) + 1


def story_on(
    database: Database,
    personas: PersonaLibrary,
    model: ChatModel,
    rules: Rules,
    meter: TokenMeter,
    chance: Callable[[int], int] = face_of_die,
) -> Story:
    """Build the story on an open database; `meter` is the model's, `chance` rolls a die of so many sides."""
    stores = Stores.on(database)
    casting = Casting(personas, stores.settings, stores.scenes, rules)
    ladder = Ladder(
        LadderSteps(database),
        endpoint=model.endpoint,
        model=model.name,
        highest=rules.forms.richest,
        pinned=rules.forms.is_pinned,
        clock=now,
    )
    spending = Spending(casting, stores, now)
    recaps = RecapWriter(model, stores, casting, meter.counter, spending, now)
    database.overtaken.append(recaps.overtaken)
    prompter = Prompter(stores, casting, ladder, meter, recaps)
    replies = ReplyServices(model, stores.history, stores.swipes, meter, stores.preferences, spending, now)
    floor = recaps.floor = Floor(replies, ReplyLimit(casting, now), OtherProcesses(database.cluster))
    tryouts = Tryouts(replies, casting, prompter, floor.limit)
    notices = Notices(stores.scenes, stores.history, now)
    revision = Revision(floor, casting, prompter, stores, now)
    hearing = Hearing(floor, casting, prompter, notices, stores, now)
    return Story(
        hearing=hearing,
        revision=revision,
        covering=Covering(revision, now),
        scenes=SceneControl(floor, casting, stores, now),
        casting=casting,
        choices=AdminChoices(casting, stores, now),
        notices=notices,
        myself=_myself(floor, casting, stores),
        recovery=Recovery(floor, casting, stores, now),
        catching_up=CatchingUp(hearing, casting, stores, now),
        inspector=Inspector(casting, prompter, stores, spending),
        by_hand=ByHand(Rolls(chance, now), Speaking(floor, stores, now)),
        memory=MemoryControl(floor, casting, stores, recaps, now),
        undoing=Undoing(floor, hearing.dispatcher, revision.regeneration, stores, now),
        branching=Branching(floor, casting, stores, now),
        records=_records(floor, casting, stores, tryouts, prompter.lore),
    )


def _myself(floor: Floor, casting: Casting, stores: Stores) -> Myself:
    store, preferences = stores.people.profiles, stores.preferences
    profiles = Profiles(store, floor, casting, now)
    mentions = Mentions(preferences, Access(casting, stores.records.blocks), now)
    return Myself(Wishes(preferences), Acting(store), profiles, mentions, Locales(preferences))


def _records(floor: Floor, casting: Casting, stores: Stores, tryouts: Tryouts, lore: Lore) -> Records:
    library = casting.library
    departures = Departures(floor, library, stores.records.departures, now)
    workshop = Workshop(library, stores.personas, now)
    lorebooks = Lorebooks(stores.personas.lore, lore, now)
    return Records(
        looking_back=LookingBack(stores),
        transfer=Transfer(floor, casting, stores, now),
        privacy=Privacy(floor, stores, now),
        departures=departures,
        retention=Retention(floor, casting, stores.records.retention, departures, now),
        workshop=workshop,
        pictures=Pictures(library, stores.personas.pictures),
        archiving=Archiving(library, workshop, lorebooks, stores, now),
        proposing=Proposing(library, workshop, stores.personas.proposals, now),
        tryouts=tryouts,
        lorebooks=lorebooks,
        spending=floor.spending,
    )
