"""Application commands and interactions, in the basic form: commands, buttons, one answer, its edit.

Law: an interaction is answered once, and its own messages are reached by its token. Autocomplete,
modals, the three-second rule and the token's fifteen minutes come with what needs them.
"""

import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.standins.discord_wire import shapes
from tests.standins.discord_wire.checks import (
    ALREADY_ANSWERED,
    UNKNOWN_INTERACTION,
    UNKNOWN_MESSAGE,
    UNKNOWN_WEBHOOK,
    ApiError,
    check_message,
)
from tests.standins.discord_wire.records import Channel, Json, Message, User
from tests.standins.discord_wire.world import World

COMMAND, COMPONENT = 2, 3
SAY, SAY_LATER, UPDATE_LATER, UPDATE = 4, 5, 6, 7
EPHEMERAL, LOADING = 1 << 6, 1 << 7
SUBCOMMAND_GROUP, SUBCOMMAND = 2, 1
EVERYTHING = (1 << 50) - 1
"""The permissions of a server's owner."""
OPTION_TYPES = {str: 3, int: 4, bool: 5, User: 6, Channel: 7, float: 10}


@dataclass(eq=False, slots=True)
class Interaction:
    """One use of a command or button. `answer` is the callback's JSON; `message` its first, `further` the rest.

    An ephemeral message is not in the channel, only here.
    """

    id: int
    kind: int
    user: User
    channel: Channel
    source: Message | None = None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    answer: Json | None = None
    message: Message | None = None
    further: list[Message] = field(default_factory=list)


class Interactions:
    """What commands are registered, by guild (None: everywhere), and what people did with them."""

    def __init__(self, world: World) -> None:
        self.commands: dict[int | None, list[Json]] = {}
        self._world = world
        self._used: dict[str, Interaction] = {}

    # -- what people do ---------------------------------------------------------------------

    def command(self, who: User, channel: Channel, path: str, **options: Any) -> Interaction:
        """Use a registered slash command; a subcommand is written as people type it, "persona use".

        Raises:
            LookupError: no such command is registered.
        """
        first, *rest = path.split()
        known = [*self.commands.get(None, []), *self.commands.get(channel.guild.id, [])]
        found = next((c for c in known if c["name"] == first and c["type"] == 1), None)
        if found is None:
            raise LookupError(f"/{first} is not registered")
        given: list[Json] = [self._option(name, value) for name, value in options.items()]
        for depth, name in enumerate(reversed(rest)):
            given = [{"type": SUBCOMMAND_GROUP if depth else SUBCOMMAND, "name": name, "options": given}]
        data = {"id": found["id"], "type": 1, "name": first, "options": given}
        return self._use(Interaction(self._world.new_id(), COMMAND, who, channel), data)

    def press(self, who: User, message: Message, custom_id: str) -> Interaction:
        """Press a button of a message."""
        used = Interaction(self._world.new_id(), COMPONENT, who, message.channel, message)
        return self._use(used, {"component_type": 2, "custom_id": custom_id})

    @staticmethod
    def _option(name: str, value: Any) -> Json:
        sent = str(value.id) if isinstance(value, User | Channel) else value
        return {"name": name, "type": OPTION_TYPES[type(value)], "value": sent}

    def _use(self, used: Interaction, data: Json) -> Interaction:
        self._used[used.token] = used
        guild = used.channel.guild
        allowed = str(int(used.channel.allowed))
        theirs = str(EVERYTHING) if used.user is guild.owner else allowed
        told: Json = {
            "id": str(used.id),
            "application_id": str(self._world.bot.id),
            "type": used.kind,
            "token": used.token,
            "version": 1,
            "data": data,
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "locale": "en-US", "features": []},
            "channel_id": str(used.channel.id),
            "channel": shapes.channel(used.channel) | {"permissions": theirs},
            "member": shapes.full_member(used.user, guild) | {"permissions": theirs},
            "app_permissions": allowed,
            "locale": "en-US",
            "guild_locale": "en-US",
            "entitlements": [],
            "authorizing_integration_owners": {"0": str(guild.id)},
            "context": 0,
            "attachment_size_limit": 10 * 1024 * 1024,
        }
        if used.source is not None:
            told["message"] = shapes.message(used.source)
        self._world.emit("INTERACTION_CREATE", told)
        return used

    # -- what the bot does ------------------------------------------------------------------

    def register(self, guild: int | None, commands: list[Json]) -> list[Json]:
        """Replace all commands of a scope; one that keeps name and type keeps its id."""
        before = {(c["name"], c["type"]): c["id"] for c in self.commands.get(guild, [])}
        self.commands[guild] = [
            {"description": "", "type": 1, "default_member_permissions": None, "nsfw": False}
            | command
            | {
                "id": before.get((command["name"], command.get("type", 1))) or str(self._world.new_id()),
                "application_id": str(self._world.bot.id),
                "version": str(self._world.new_id()),
            }
            | ({"guild_id": str(guild)} if guild else {})
            for command in commands
        ]
        return self.commands[guild]

    def callback(self, interaction: int, token: str, body: Json) -> Json:
        """The first answer.

        Raises:
            ApiError: 10062, 40060, or what is wrong with the message.
        """
        used = self._used.get(token)
        if used is None or used.id != interaction:
            raise ApiError(*UNKNOWN_INTERACTION)
        if used.answer is not None:
            raise ApiError(*ALREADY_ANSWERED)
        data = body.get("data") or {}
        check_message(data)
        used.answer = body
        if body["type"] in {SAY, SAY_LATER}:
            used.message = self._say(used, data, LOADING if body["type"] == SAY_LATER else 0)
        elif body["type"] in {UPDATE, UPDATE_LATER}:
            used.message = used.source
            if body["type"] == UPDATE and used.source is not None:
                self._world.amend(used.source, **changes(data))
        return self._resource(used, body["type"])

    def follow_up(self, token: str, body: Json) -> Message:
        """A further message; right after a deferral it fills the waiting one, as on Discord."""
        used = self._of(token)
        check_message(body)
        if used.message is not None and used.message.flags & LOADING:
            return self.edit_original(token, body)
        used.further.append(self._say(used, body, 0))
        return used.further[-1]

    def answer(self, token: str, message: int) -> Message:
        """One of the messages that answer an interaction.

        Raises:
            ApiError: 10008, no such answer to this one.
        """
        used = self._of(token)
        answers = [used.message, *used.further] if used.message else used.further
        found = next((answer for answer in answers if answer.id == message), None)
        if found is None or found.deleted:
            raise ApiError(*UNKNOWN_MESSAGE)
        return found

    def answered(self, token: str, message: str | None) -> Message | None:
        """The answer of an id, or the first one, if there is any."""
        used = self._used.get(token)
        if used is None:
            return None
        if message is None:
            return used.message
        return next((m for m in used.further if m.id == int(message)), used.message)

    def edit_answer(self, token: str, message: int, body: Json) -> Message:
        check_message(body)
        found = self.answer(token, message)
        self._world.amend(found, **changes(body))
        return found

    def delete_answer(self, token: str, message: int) -> None:
        self._world.delete(self.answer(token, message))

    def original(self, token: str) -> Message:
        message = self._of(token).message
        if message is None or message.deleted:
            raise ApiError(*UNKNOWN_MESSAGE)
        return message

    def edit_original(self, token: str, body: Json) -> Message:
        check_message(body)
        message = self.original(token)
        self._world.amend(message, **changes(body), flags=message.flags & ~LOADING)
        return message

    def _of(self, token: str) -> Interaction:
        used = self._used.get(token)
        if used is None or used.answer is None:
            raise ApiError(*UNKNOWN_WEBHOOK)
        return used

    def _say(self, used: Interaction, data: Json, flags: int) -> Message:
        """Post an answer; one that is for its asker alone leaves the channel at once."""
        flags |= int(data.get("flags") or 0)
        return self._world.post(
            self._world.bot,
            used.channel,
            data.get("content") or "",
            allowed=data.get("allowed_mentions"),
            embeds=data.get("embeds"),
            components=data.get("components"),
            flags=flags,
            private=bool(flags & EPHEMERAL),
        )

    @staticmethod
    def _resource(used: Interaction, kind: int) -> Json:
        told: Json = {"id": str(used.id), "type": used.kind}
        answer: Json = {"interaction": told}
        if used.message is not None:
            told["response_message_id"] = str(used.message.id)
            told["response_message_loading"] = bool(used.message.flags & LOADING)
            told["response_message_ephemeral"] = bool(used.message.flags & EPHEMERAL)
            answer["resource"] = {"type": kind, "message": shapes.message(used.message)}
        return answer


def changes(body: Json) -> Json:
    """The parts of a message that an edit's JSON names, as `World.amend` takes them."""
    found: Json = {key: body[key] or [] for key in ("embeds", "components") if key in body}
    if "content" in body:
        found |= {"content": body["content"] or "", "allowed": body.get("allowed_mentions")}
    return found
