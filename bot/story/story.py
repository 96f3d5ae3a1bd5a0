"""The story as a frontend gets it: one value that holds all its use cases.

Law: what joins the story joins here, and frontends take this one value.
"""

from dataclasses import dataclass

from bot.story.admin_choices import AdminChoices
from bot.story.casting import Casting
from bot.story.hearing import Hearing
from bot.story.inspector import Inspector
from bot.story.notices import Notices
from bot.story.recovery import Recovery
from bot.story.revision import Revision
from bot.story.scenes import SceneControl


@dataclass(frozen=True, slots=True)
class Story:
    """The use cases of the story.

    Attributes:
        hearing: what is said, edited and deleted.
        revision: second thoughts about what was said.
        scenes: which story is played.
        casting: who plays where.
        choices: what admins decide.
        notices: what channels have yet to be told.
        recovery: what a crash left.
        inspector: prompts taken apart.
    """

    hearing: Hearing
    revision: Revision
    scenes: SceneControl
    casting: Casting
    choices: AdminChoices
    notices: Notices
    recovery: Recovery
    inspector: Inspector
