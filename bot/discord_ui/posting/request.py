"""Requests about posts, as values, and the ways in which they fail.

Law: no request is made here. Every failure of a post becomes one of five exceptions: it is gone, the bot may
not, the words may not, not now, or its webhook is gone.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Generic, Literal, Protocol, TypeVar

import discord

from bot.core.posts.layout import PostRef
from bot.core.posts.pace import Urgency
from bot.discord_ui.posting.lanes import Lane

T = TypeVar("T")
Channel = (
    discord.TextChannel
    | discord.Thread
    | discord.VoiceChannel
    | discord.StageChannel
    | discord.DMChannel
    | discord.PartialMessageable
)
"""The channels in which messages can be posted and edited by id."""

View = discord.ui.View | discord.ui.LayoutView | None
"""The controls under a post; None for none."""


class Keep(Enum):
    """The mark for what an edit leaves as it is."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP


class NotTaken(Exception):  # noqa: N818 - it says what happened, and is no program error
    """Discord did not take a request; the text says why."""


class Gone(NotTaken):
    """The message or its channel does not exist anymore."""


class Barred(NotTaken):
    """The bot may not post here; with `by_place`, nobody may, whatever their permissions."""

    def __init__(self, reason: str = "", *, by_place: bool = False) -> None:
        """Give Discord's reason."""
        super().__init__(reason)
        self.by_place = by_place


class WordsRefused(NotTaken):
    """Discord refuses the words of a post and may take others.

    The text names Discord's codes and nothing else: its own words may repeat the refused ones.
    """

    def __init__(self, status: int, code: int) -> None:
        """Name the HTTP status and Discord's error code."""
        super().__init__(f"{status}, error code {code}")


class Unavailable(NotTaken):
    """Discord did not take it this time."""


class Unwanted(Exception):  # noqa: N818 - it says what happened
    """A post was not made, because nobody wanted it anymore while it waited for Discord's limits."""


class Orphaned(Exception):  # noqa: N818 - it says what happened
    """The webhook of a post is gone: its posts cannot be changed, and new ones take another route."""


class TokenSpent(Exception):  # noqa: N818 - same
    """An interaction cannot be used anymore; its message is edited by another route."""


@dataclass(frozen=True, slots=True)
class NewPost:
    """A post to be made.

    Attributes:
        content: its text; empty if `view` is a whole message of Discord's newer components.
        nonce: the id by which Discord recognises a repetition; empty for none.
        urgency: FINAL or FIRST: how long it waits, and how hard it is tried.
        reply_to: the message that it is a reply to, where that is possible.
        view: the controls under it.
        unwanted: returns whether it is not to be made anymore.
        notifies: the accounts that it notifies, all of them mentioned in the text; nobody else is.
    """

    content: str
    nonce: str = ""
    urgency: Urgency = Urgency.FINAL
    reply_to: int | None = None
    view: View = None
    unwanted: Callable[[], bool] = lambda: False
    notifies: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Posted:
    """A post that was made, and its text on Discord now."""

    ref: PostRef
    content: str


@dataclass(frozen=True, slots=True)
class PostChange:
    """An edit of a post.

    Attributes:
        urgency: how long it waits, and how hard it is tried.
        content: the new text; None leaves it as it is.
        view: the new controls, None for none; KEEP leaves them as they are.
    """

    urgency: Urgency
    content: str | None = None
    view: View | Literal[Keep.KEEP] = KEEP

    @property
    def fields(self) -> dict[str, Any]:
        """The arguments for the library, without what stays as it is."""
        fields: dict[str, Any] = {}
        if self.content is not None:
            fields["content"] = self.content
        if self.view is not KEEP:
            fields["view"] = self.view
        return fields


@dataclass(frozen=True, slots=True)
class Request(Generic[T]):
    """One request about a post, as a route makes it.

    Attributes:
        call: makes the call of the library.
        read: makes the call's result from the body of Discord's answer.
        lane: the limits it waits for; None for none.
        is_post: whether it makes a post; otherwise it changes one.
        is_repeatable: whether it may be sent again after Discord may have taken it.
        find: searches before each attempt for the result of an earlier one; None if there is none.
        done: called with the result.
    """

    call: Callable[[], Awaitable[T]]
    read: Callable[[bytes], T]
    lane: Lane | None
    is_post: bool = False
    is_repeatable: bool = True
    find: Callable[[], Awaitable[T | None]] | None = None
    done: Callable[[T], None] | None = None


class Route(Protocol):
    """A route: the calls of the library that make, edit and delete a post."""

    async def send(self, post: NewPost) -> Request[Posted]:
        """Return the request that makes a post."""
        ...

    async def edit(self, ref: PostRef, change: PostChange) -> Request[None]:
        """Return the request that edits a post.

        Raises:
            Orphaned: the webhook that made it is gone.
            Unavailable: Discord did not tell whether it is.
        """
        ...

    async def delete(self, ref: PostRef) -> Request[None]:
        """Return the request that deletes a post.

        Raises:
            Orphaned, Unavailable: as `edit` does.
        """
        ...


def fields_of(post: NewPost) -> dict[str, Any]:
    """Return the library's arguments for a new post, besides its text; links in it unfold no previews."""
    fields: dict[str, Any] = {"suppress_embeds": True}
    if post.view is not None:
        fields["view"] = post.view
    if post.notifies:
        people = [discord.Object(each) for each in post.notifies]
        fields["allowed_mentions"] = discord.AllowedMentions(
            everyone=False, roles=False, replied_user=False, users=people
        )
    return fields


def read_posted(body: bytes, hook_id: int | None = None) -> Posted:
    """Return the post from the body of Discord's answer."""
    message = json.loads(body)
    return Posted(PostRef(int(message["id"]), hook_id), str(message["content"]))


def read_nothing(body: bytes) -> None:
    """Ignore the body of Discord's answer."""
    del body
