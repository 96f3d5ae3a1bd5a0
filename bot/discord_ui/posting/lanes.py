"""The lanes: which of Discord's limits a request counts against.

Law: a lane is known before its request is made, and never changes.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

Key = tuple[str, str]
"""The name of a bucket: the kind of request, and its target."""


class Payer(Enum):
    """Whose requests the limit over all requests counts together."""

    BOT = "bot"
    ADDRESS = "address"  # of this computer: requests of webhooks carry no token


@dataclass(frozen=True, slots=True)
class Lane:
    """The limits that the posts and edits of a reply count against.

    Attributes:
        posts: the bucket of new posts.
        edits: the bucket of edits.
        webhooks_of: the channel whose limit for webhooks counts them, if any.
        exempt: whether they do not count against the global limit, like answers to commands.
    """

    posts: Key
    edits: Key
    webhooks_of: int | None = None
    exempt: bool = False


def channel_lane(channel_id: int) -> Lane:
    """Return the lane of the bot's own posts in a channel."""
    return Lane(("POST", str(channel_id)), ("PATCH", str(channel_id)))


def webhook_lane(webhook_id: int, channel_id: int) -> Lane:
    """Return the lane of a webhook's posts, shared by its channel and all threads there."""
    key = (OF_WEBHOOKS, str(webhook_id))
    return Lane(key, key, webhooks_of=channel_id)


def answer_lane(token: str) -> Lane:
    """Return the lane of the answers to one command or control."""
    key = ("answer", token)
    return Lane(key, key, exempt=True)


OF_WEBHOOKS: Final = "webhook"
"""The kind of the buckets of webhooks' posts and edits."""

ANYWHERE = Lane(("", ""), ("", ""))
"""The lane of requests that only the global limit counts."""
