"""The story as a frontend gets it: one value with all use cases.

Law: a new use case is added here, and frontends take only this value.
"""

from dataclasses import dataclass

from bot.story.admin_choices import AdminChoices
from bot.story.casting import Casting
from bot.story.catching_up import CatchingUp
from bot.story.covering import Covering
from bot.story.hearing import Hearing
from bot.story.inspector import Inspector
from bot.story.notices import Notices
from bot.story.recovery import Recovery
from bot.story.revision import Revision
from bot.story.rolls import Rolls
from bot.story.scenes import SceneControl
from bot.story.wishes import Wishes


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
        wishes: what people wish for themselves.
        recovery: the repair after a crash.
        catching_up: what happened while nobody listened.
        inspector: the inspection of prompts.
        rolls: dice.
    """

    hearing: Hearing
    revision: Revision
    covering: Covering
    scenes: SceneControl
    casting: Casting
    choices: AdminChoices
    notices: Notices
    wishes: Wishes
    recovery: Recovery
    catching_up: CatchingUp
    inspector: Inspector
    rolls: Rolls
