"""Members: what proxies post for people, and whose it is.

Law: it looks up and stores; `core.proxies` has the rules. What nobody's account is known of stays the proxy's
own (its application's id is its bot's account).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from bot.core.proxies import ProxyRules, application_in, is_escaped, is_member, is_unknown, unescaped
from bot.core.scene import IncomingMessage, Participant, Place, Referenced
from bot.storage.members import Member
from bot.storage.people import People

Quoted = TypeVar("Quoted", IncomingMessage, Referenced)


class Members:
    """The members of systems, on all servers."""

    def __init__(
        self, people: People, rules: Callable[[], ProxyRules], clock: Callable[[], datetime]
    ) -> None:
        """Look up in `people`; `rules` returns the host's settings, `clock` aware UTC times."""
        self._people = people
        self._links = people.members
        self._rules = rules
        self._clock = clock

    def is_copy(self, message: IncomingMessage) -> bool:
        """Return whether a proxy posted a message for somebody."""
        return message.from_bot and self._is_member(message.author)

    def is_command(self, message: IncomingMessage) -> bool:
        """Return whether a message is a command for another bot."""
        return not message.by_command and self._rules().is_command(message.content)

    async def recognized(self, message: IncomingMessage) -> IncomingMessage:
        """Return a message as its account's, if a proxy posted it; the one that it replies to likewise."""
        replied = message.replied
        if replied is not None:
            message = replace(message, replied=await self.recognized_quote(replied, message.place))
        if not self._is_member(message.author):
            return message
        return replace(await self._of_account(message, message.place), from_bot=False)

    async def recognized_quote(self, quoted: Referenced, place: Place) -> Referenced:
        """Return a message that another one is about as its account's, if a proxy posted it."""
        return await self._of_account(quoted, place) if self._is_member(quoted.author) else quoted

    async def plain(self, message: IncomingMessage) -> IncomingMessage:
        """Return a message without the backslash by which its author keeps a proxy from posting it."""
        is_said = is_escaped(message.content) and not is_member(message.author.character)
        if not is_said or message.by_command or not await self._is_proxied(message):
            return message
        return replace(message, content=unescaped(message.content))

    async def hold(self, message: IncomingMessage) -> float:
        """Return for how many seconds a message is held, because a proxy may post it; 0 for not at all.

        Nobody waits but those who were seen proxied on this server.
        """
        settle = self._rules().settle
        is_free = settle <= 0 or is_escaped(message.content) or self.is_command(message)
        return 0.0 if is_free or not await self._is_proxied(message) else settle

    async def see(self, copy: IncomingMessage) -> None:
        """Store whose member it is that a copy was posted for, if that is known."""
        member, author = self._member(copy.author, copy.place), copy.author
        if member is not None and not is_unknown(author):
            await self._links.see(member, author.id, self._clock())

    async def behind(self, message: IncomingMessage) -> dict[int, frozenset[int]]:
        """Return whose the unknown members in a message may be: the accounts of each application there."""
        people = [message.author, *([message.replied.author] if message.replied is not None else [])]
        server_id, now = message.place.guild_id, self._clock()
        if server_id is None:
            return {}
        unknown = {each.id for each in people if is_unknown(each)}
        return {each: await self._links.accounts(server_id, each, now) for each in unknown}

    async def as_seen(self, place: Place, user_id: int) -> Participant:
        """Return an account as others see it act in a place: the member that spoke last there, or unnamed."""
        return await self._people.as_seen(place, user_id)

    async def in_public(self, person: Participant, place: Place) -> Participant:
        """Return as who a person acts in public: the member that spoke last there, if one did."""
        return await self._people.spoke_as(place, person.id) or person

    async def _is_proxied(self, message: IncomingMessage) -> bool:
        server_id = message.place.guild_id
        return server_id is not None and await self._links.is_proxied(
            server_id, message.author.id, self._clock()
        )

    async def _of_account(self, said: Quoted, place: Place) -> Quoted:
        member, author = self._member(said.author, place), said.author
        if member is None or not is_unknown(author):
            return said
        account = await self._links.account(member, self._clock())
        return said if account is None else replace(said, author=replace(author, id=account))

    def _is_member(self, person: Participant) -> bool:
        character = person.character
        return is_member(character) and application_in(character) in self._rules().applications

    def _member(self, person: Participant, place: Place) -> Member | None:
        if place.guild_id is None or not self._is_member(person):
            return None
        return Member(place.guild_id, application_in(person.character), person.character)
