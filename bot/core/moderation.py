"""What a server's moderation log tells: who did what to a story, and where.

Law: never the words. An entry has ids, numbers and keys that admins chose, and no name or text of a person's.
"""

from dataclasses import dataclass
from enum import StrEnum

from bot.core.scene import Place


class Act(StrEnum):
    """What somebody did, or what became of what they asked for."""

    AGAIN = "again"  # had a reply to others written again
    STOPPED = "stopped"
    EDITED = "edited"
    REMOVED = "removed"
    PUT_BACK = "put_back"
    UNDONE = "undone"
    REDONE = "redone"
    COVERED = "covered"  # by *Not this*
    SCENE_BEGUN = "scene_begun"
    SCENE_RESUMED = "scene_resumed"
    RECAP = "recap"
    PIN = "pin"
    NOTE = "note"
    PERSONA_SET = "persona_set"  # who plays, in a channel or on the server
    PERSONA_SAVED = "persona_saved"
    PERSONA_DELETED = "persona_deleted"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    PAUSED = "paused"
    RESUMED = "resumed"
    REFUSED = "refused"  # the model's moderation refused a request of theirs, or its answer
    REFUSED_AGAIN = "refused_again"  # so often within a day that moderators should look
    REPORTED = "reported"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log.

    Attributes:
        act: what happened.
        place: the channel in which it did.
        user_id: who did it, or asked for it.
        message_id: the message that it is about; None for the channel itself.
        about: what else it is about: an account's mention, a scene's number, a persona's key, how many times.
    """

    act: Act
    place: Place
    user_id: int
    message_id: int | None = None
    about: str = ""

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
