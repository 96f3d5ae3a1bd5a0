"""The messages that have come lately: one of a channel is heard at a time, and none that is gone.

Law: it knows when and whether, not what a message says.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from bot.core.scene import IncomingMessage, Place
from bot.story.incoming.proxying import Proxying
from bot.story.places.latest import LatestMessages
from bot.story.replies.floor import Floor


class Inbox:
    """What has come lately, in all channels.

    Attributes:
        floor: the right to stream, and the ears, of each channel.
        latest: what was edited and deleted lately.
        proxying: the messages that proxies post, and those that are held because one may.
        clock: returns aware UTC times.
    """

    def __init__(
        self, floor: Floor, latest: LatestMessages, proxying: Proxying, clock: Callable[[], datetime]
    ) -> None:
        self.floor = floor
        self.latest = latest
        self.proxying = proxying
        self.clock = clock

    def ears(self, place: Place) -> AbstractAsyncContextManager[None]:
        """Return what is held while a message of a place's channel is heard, an edit or a deletion."""
        return self.floor.ears(place.channel_id)

    def is_gone(self, message: IncomingMessage) -> bool:
        """Return whether a message was deleted, or its channel or thread."""
        return self.latest.is_deleted(message.id) or self.floor.is_closed(message.place)
