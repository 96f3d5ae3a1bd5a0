"""What a server's moderation log tells: who did what to a story or a server's choices, and where.

Law: never the words. An entry has ids, numbers and keys that admins chose, and no name or text of a person's.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.core.scene import Place


class Act(StrEnum):
    """What somebody did, or what became of what they asked for."""

    AGAIN = "again"  # had a reply to others written again
    CONTINUED = "continued"  # a reply to others
    STOPPED = "stopped"
    EDITED = "edited"
    REMOVED = "removed"
    PUT_BACK = "put_back"
    UNDONE = "undone"
    REDONE = "redone"
    COVERED = "covered"  # by *Not this*
    SWIPED = "swiped"  # showed another variant of a reply to others
    SCENE_BEGUN = "scene_begun"
    SCENE_RESUMED = "scene_resumed"
    IMPORTED = "imported"  # a chat of another program
    RECAP = "recap"
    PIN = "pin"
    NOTE = "note"
    PERSONA_SET = "persona_set"  # who plays, in a channel or on the server
    PERSONA_SAVED = "persona_saved"
    PERSONA_DELETED = "persona_deleted"
    PICTURE = "picture"  # of a persona
    PROPOSAL_REFUSED = "proposal_refused"
    LORE_SAVED = "lore_saved"
    LORE_DELETED = "lore_deleted"
    ARCHIVE_TAKEN = "archive_taken"
    ARCHIVE_BROUGHT = "archive_brought"
    ROLES = "roles"  # who may play
    RULES = "rules"  # of the table
    LIMITS = "limits"
    KEY_BROUGHT = "key_brought"  # a server's own, to the model's API
    KEY_REMOVED = "key_removed"
    LOG_CHOSEN = "log_chosen"  # the channel of this log
    LOG_ENDED = "log_ended"
    REPORTS_CHOSEN = "reports_chosen"
    SETTING = "setting"  # any other
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    PAUSED = "paused"
    RESUMED = "resumed"
    REFUSED = "refused"  # the model's moderation refused a request of theirs, or its answer
    REFUSED_AGAIN = "refused_again"  # so often within a day that moderators should look
    REPORTED = "reported"


ANYWHERE: Final = frozenset(
    {Act.PERSONA_SET, Act.ROLES, Act.RULES, Act.LIMITS, Act.SETTING, Act.PAUSED, Act.RESUMED}
)
"""What is done to a channel, or to its whole server."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log.

    Attributes:
        act: what happened.
        place: the channel in which it did.
        user_id: who did it, or asked for it.
        message_id: the message that it is about; None for the channel itself.
        about: what else it is about: an account's or a channel's mention, a scene's number, the key of a
            persona, a lorebook or a setting, how many times.
        everywhere: whether one of `ANYWHERE` was done to the whole server.
    """

    act: Act
    place: Place
    user_id: int
    message_id: int | None = None
    about: str = ""
    everywhere: bool = False

    @property
    def who(self) -> str:
        """The mention of who did it, which is posted so that it pings nobody."""
        return f"<@{self.user_id}>"

    @property
    def link(self) -> str:
        """The link to the message, or the channel's mention."""
        if self.message_id is None:
            return f"<#{self.place.channel_id}>"
        return link_to(self.place, self.message_id)


def link_to(place: Place, message_id: int) -> str:
    """Return the link to a message of a place; one to direct messages works for who has them alone."""
    return f"https://discord.com/channels/{place.guild_id or '@me'}/{place.channel_id}/{message_id}"
