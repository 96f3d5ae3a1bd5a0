"""The state of a persona's turn, as a frontend shows it.

Law: plain values; what they say was true when they were looked up.
"""

from dataclasses import dataclass

from bot.core.posts.buttons import TurnStatus
from bot.core.posts.pages import shows
from bot.core.scene import Place, Post, Turn
from bot.story.replies.post_record import PostRecord


def status_of(turn: Turn, place: Place, count: int) -> TurnStatus:
    """Return the status of a persona's turn that has so many variants."""
    told, bare = shows(turn.text), place.is_personal
    return TurnStatus(turn.ending, told, turn.swipe, count, turn.editor, turn.spoken_by, bare=bare)


@dataclass(frozen=True, slots=True)
class TurnState:
    """A persona's turn as it is now, and what can be done with it.

    Attributes:
        turn: the turn with the variant on screen: its ending is `turn.ending`, its number `turn.swipe`.
        place: the place of its scene.
        posts: the posts that show it, in the order of its pages.
        count: the number of variants; `turn.swipe` goes from 1 to this.
        newest: whether it is its persona's newest turn, and its scene is the running one.
        followed: whether any turn of the story comes after it.
        writing: whether it is being written, or will be once the channel's floor is free.
    """

    turn: Turn
    place: Place
    posts: tuple[Post, ...]
    count: int
    newest: bool
    followed: bool
    writing: bool

    @property
    def status(self) -> TurnStatus:
        """The status of the turn, from which its buttons follow."""
        return status_of(self.turn, self.place, self.count)

    @property
    def removed(self) -> bool:
        """Whether the turn is out of the story."""
        return self.turn.removal_id is not None


@dataclass(frozen=True, slots=True)
class PendingChange:
    """A turn whose posts have to be brought up to its text.

    The frontend that does so reports the result: `Revision.settle` if people see it, else `Revision.revert`.

    Attributes:
        turn: the turn as it is now.
        place: the place of its posts.
        posts: the posts, which show the turn as it was before.
        record: the record of its posts.
        count: the number of variants.
    """

    turn: Turn
    place: Place
    posts: tuple[Post, ...]
    record: PostRecord
    count: int

    @property
    def status(self) -> TurnStatus:
        """The status of the turn, from which its buttons follow."""
        return status_of(self.turn, self.place, self.count)
