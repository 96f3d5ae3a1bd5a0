"""Application commands and interactions: what people use, and the one answer that each gets.

Law: an interaction is answered once and within three seconds, its own messages are reached by its
token, and the token dies after fifteen minutes. No test waits for either: `age` makes it older.
"""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.standins.discord_wire import components, shapes
from tests.standins.discord_wire.checks import check_message, refuse_empty
from tests.standins.discord_wire.records import Channel, Json, Message, Permission, Role, Upload, User
from tests.standins.discord_wire.refusals import (
    ALREADY_ANSWERED,
    DEAD_TOKEN,
    UNKNOWN_INTERACTION,
    UNKNOWN_MESSAGE,
    UNKNOWN_WEBHOOK,
    ApiError,
    invalid_form,
    utf16,
)
from tests.standins.discord_wire.world import World

COMMAND, COMPONENT, AUTOCOMPLETE, SUBMIT = 2, 3, 4, 5
SAY, SAY_LATER, UPDATE_LATER, UPDATE, SUGGEST, ASK = 4, 5, 6, 7, 8, 9
ANSWERS = {
    COMMAND: {SAY, SAY_LATER, ASK},
    COMPONENT: {SAY, SAY_LATER, UPDATE_LATER, UPDATE, ASK},
    AUTOCOMPLETE: {SUGGEST},
    SUBMIT: {SAY, SAY_LATER, UPDATE_LATER, UPDATE},
}
"""Kind of interaction → kinds of callback; a modal answers no modal."""
TO_ANSWER, TO_LIVE = 3.0, 15 * 60.0
"""Seconds for the first answer, and in all (receiving-and-responding)."""
EPHEMERAL, LOADING = 1 << 6, 1 << 7
SLASH, USER_MENU, MESSAGE_MENU = 1, 2, 3
SUBCOMMAND_GROUP, SUBCOMMAND = 2, 1
EVERYTHING = (1 << 50) - 1
"""The permissions of a server's owner."""
OPTION_TYPES = {str: 3, int: 4, bool: 5, User: 6, Channel: 7, Role: 8, float: 10, Upload: 11}


@dataclass(eq=False, slots=True)
class Interaction:
    """One use of a command, menu, button or modal.

    `answer` is the callback's JSON, `message` its first message, `further` the rest. An ephemeral
    message is not in the channel, only here.
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
    began: float = field(default_factory=time.monotonic)

    @property
    def age(self) -> float:
        """Seconds since somebody did it."""
        return time.monotonic() - self.began

    @property
    def modal(self) -> Json | None:
        """The modal that was opened, as the bot described it."""
        return self.answer["data"] if self.answer and self.answer["type"] == ASK else None

    @property
    def choices(self) -> list[str] | None:
        """The names that were suggested."""
        if self.answer is None or self.answer["type"] != SUGGEST:
            return None
        return [choice["name"] for choice in self.answer["data"]["choices"]]


class Interactions:
    """What commands are registered, by guild (None: everywhere), and what people did with them."""

    def __init__(self, world: World) -> None:
        self.commands: dict[int | None, list[Json]] = {}
        self._world = world
        self._used: dict[str, Interaction] = {}

    # -- what people do ---------------------------------------------------------------------

    def command(self, who: User, channel: Channel, path: str, /, **options: Any) -> Interaction:
        """Use a registered slash command; a subcommand is written as people type it, "persona use".

        Raises:
            LookupError: no such command is registered.
        """
        used = Interaction(self._world.new_id(), COMMAND, who, channel)
        sent = {name: each for name, each in options.items() if isinstance(each, Upload)}
        files = dict(zip(sent, self._world.attachments(sent.values()), strict=True))
        given = [
            {"name": name, "type": OPTION_TYPES[Upload], "value": files[name]["id"]}
            if name in files
            else self._option(name, each)
            for name, each in options.items()
        ]
        data = self._typed(channel, path, given, options)
        if files:
            data.setdefault("resolved", {})["attachments"] = {each["id"]: each for each in files.values()}
        return self._use(used, data)

    def complete(
        self, who: User, channel: Channel, path: str, focused: str, typed: str, /, **options: Any
    ) -> Interaction:
        """Type into an option of a command that suggests; other options are already given.

        Raises:
            LookupError: no such command is registered.
        """
        given = [self._option(*o) for o in options.items()]
        given.append({"name": focused, "type": OPTION_TYPES[str], "value": typed, "focused": True})
        used = Interaction(self._world.new_id(), AUTOCOMPLETE, who, channel)
        return self._use(used, self._typed(channel, path, given, options))

    def menu(
        self, who: User, target: Message | User, name: str, channel: Channel | None = None
    ) -> Interaction:
        """Choose an application's entry in the menu of a message or of somebody.

        Raises:
            LookupError: no such entry is registered.
        """
        if isinstance(target, Message):
            where, kind = target.channel, MESSAGE_MENU
            resolved: Json = {"messages": {str(target.id): shapes.message(target)}}
        else:
            where, kind = channel or self._world.channel, USER_MENU
            resolved = self._resolved(where, [target])
        found = self._registered(where, name, kind)
        used = Interaction(self._world.new_id(), COMMAND, who, where)
        data = {"id": found["id"], "type": kind, "name": name, "target_id": str(target.id)}
        return self._use(used, data | {"resolved": resolved})

    def press(self, who: User, message: Message, custom_id: str, *, gone: bool = False) -> Interaction:
        """Press a button of a message.

        Args:
            who: who presses it.
            message: where it stands.
            custom_id: which.
            gone: it was pressed a moment before it went, so it need not stand there any more.

        Raises:
            LookupError: the message has no such button that can be pressed.
        """
        button = components.find(message.components, custom_id)
        if not gone and (button is None or button["type"] != components.BUTTON or button.get("disabled")):
            raise LookupError(f"no button {custom_id!r} can be pressed there")
        used = Interaction(self._world.new_id(), COMPONENT, who, message.channel, message)
        return self._use(used, {"component_type": components.BUTTON, "custom_id": custom_id})

    def choose(
        self, who: User, message: Message, custom_id: str, *wanted: str | User | Role | Channel
    ) -> Interaction:
        """Choose in a menu of a message: options by value or label, or people, roles and channels.

        Raises:
            LookupError: no such menu, or no such option.
            ValueError: too few or too many were chosen.
        """
        menu = components.find(message.components, custom_id)
        if menu is None or menu["type"] not in components.SELECTS or menu.get("disabled"):
            raise LookupError(f"in no menu {custom_id!r} can be chosen there")
        data: Json = {"component_type": menu["type"], "custom_id": custom_id}
        if menu["type"] == components.CHOICES:
            data["values"] = components.chosen(menu, [str(value) for value in wanted])
        else:
            records = [value for value in wanted if not isinstance(value, str)]
            data["values"] = [str(record.id) for record in records]
            data["resolved"] = self._resolved(message.channel, records)
        used = Interaction(self._world.new_id(), COMPONENT, who, message.channel, message)
        return self._use(used, data)

    def submit(self, opened: Interaction, values: dict[str, Any]) -> Interaction:
        """Submit the modal that an interaction opened; parts are called by label or custom_id.

        Raises:
            LookupError: it opened none, or the modal has no such part.
            ValueError: the client would not let anybody submit this.
        """
        modal = opened.modal
        if modal is None:
            raise LookupError("no modal was opened")
        used = Interaction(self._world.new_id(), SUBMIT, opened.user, opened.channel, opened.source)
        parts = components.filled(self._world.numbered(modal["components"]), values)
        return self._use(used, {"custom_id": modal["custom_id"], "components": parts})

    def age(self, used: Interaction, seconds: float) -> None:
        """Let so much time have passed since somebody did it."""
        used.began -= seconds

    def _registered(self, channel: Channel, name: str, kind: int) -> Json:
        known = [*self.commands.get(None, []), *self.commands.get(channel.guild.id, [])]
        found = next((c for c in known if c["name"] == name and c["type"] == kind), None)
        if found is None:
            raise LookupError(f"{'/' if kind == SLASH else ''}{name} is not registered")
        return found

    def _typed(self, channel: Channel, path: str, given: list[Json], values: dict[str, Any]) -> Json:
        first, *rest = path.split()
        found = self._registered(channel, first, SLASH)
        for depth, name in enumerate(reversed(rest)):
            given = [{"type": SUBCOMMAND_GROUP if depth else SUBCOMMAND, "name": name, "options": given}]
        data = {"id": found["id"], "type": SLASH, "name": first, "options": given}
        records = [value for value in values.values() if isinstance(value, User | Channel | Role)]
        return data | ({"resolved": self._resolved(channel, records)} if records else {})

    @staticmethod
    def _resolved(channel: Channel, records: "list[User | Role | Channel]") -> Json:
        told: Json = {"users": {}, "members": {}, "roles": {}, "channels": {}}
        for record in records:
            if isinstance(record, User):
                told["users"][str(record.id)] = shapes.user(record)
                told["members"][str(record.id)] = shapes.member(record, channel.guild) | {"permissions": "0"}
            elif isinstance(record, Role):
                told["roles"][str(record.id)] = shapes.role(record, 1)
            else:
                told["channels"][str(record.id)] = shapes.channel(record) | {"permissions": "0"}
        return told

    @staticmethod
    def _option(name: str, value: Any) -> Json:
        sent = str(value.id) if isinstance(value, User | Channel | Role) else value
        return {"name": name, "type": OPTION_TYPES[type(value)], "value": sent}

    def _use(self, used: Interaction, data: Json) -> Interaction:
        self._used[used.token] = used
        guild = used.channel.guild
        allowed = str(int(used.channel.allowed))
        theirs = str(EVERYTHING if used.user is guild.owner else int(_of_members(used.channel)))
        told: Json = {
            "id": str(used.id),
            "application_id": str(self._world.bot.id),
            "type": used.kind,
            "token": used.token,
            "version": 1,
            "data": data,
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
            "channel_id": str(used.channel.id),
            "channel": shapes.channel(used.channel) | {"permissions": theirs},
            "member": shapes.full_member(used.user, guild) | {"permissions": theirs},
            "app_permissions": allowed,
            "locale": used.user.locale,
            "guild_locale": guild.locale,
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
            | {key: value for key, value in command.items() if value is not None}
            | {
                "id": before.get((command["name"], command.get("type", 1))) or str(self._world.new_id()),
                "application_id": str(self._world.bot.id),
                "version": str(self._world.new_id()),
            }
            | ({"guild_id": str(guild)} if guild else {})
            for command in commands
        ]
        return self.commands[guild]

    def callback(self, interaction: int, token: str, body: Json, files: Sequence[Upload] = ()) -> Json:
        """The first answer.

        Raises:
            ApiError: 10062, 40060, or what is wrong with the message.
        """
        used = self._used.get(token)
        if used is None or used.id != interaction or (used.answer is None and used.age > TO_ANSWER):
            raise ApiError(*UNKNOWN_INTERACTION)
        if used.answer is not None:
            raise ApiError(*ALREADY_ANSWERED)
        data, kind = body.get("data") or {}, body.get("type")
        if kind not in ANSWERS[used.kind] or (kind in {UPDATE, UPDATE_LATER} and used.source is None):
            raise invalid_form("type", "BASE_TYPE_CHOICES", "This callback does not answer that interaction.")
        self._check(kind, data, used, files)
        used.answer = body
        if kind in {SAY, SAY_LATER}:
            used.message = self._say(used, data, LOADING if kind == SAY_LATER else 0, files)
        elif kind in {UPDATE, UPDATE_LATER}:
            used.message = used.source
            if kind == UPDATE and used.source is not None:
                kept = self._world.attached(used.source, data, files)
                self._world.amend(used.source, **changes(data), attachments=kept, mark=True)
        return self._resource(used, kind)

    @staticmethod
    def _check(kind: int, data: Json, used: Interaction, files: Sequence[Upload]) -> None:
        if kind == ASK:
            components.check_modal(data)
        elif kind == SUGGEST:
            choices: list[Json] = data.get("choices") or []
            sizes = [utf16(str(choice[key])) for choice in choices for key in ("name", "value")]
            if len(choices) > 25 or not all(1 <= size <= 100 for size in sizes):
                raise invalid_form("choices", "BASE_TYPE_BAD_LENGTH", "25 of at most 100 characters.")
        else:
            flags = used.source.flags if used.source and kind == UPDATE else 0
            check_message(data, files=len(files), flags=flags)
            if kind == SAY:
                refuse_empty(data, kept=bool(files))

    def follow_up(self, token: str, body: Json, files: Sequence[Upload] = ()) -> Message:
        """A further message; right after a deferral it fills the waiting one, as on Discord."""
        used = self._of(token)
        check_message(body, files=len(files))
        refuse_empty(body, kept=bool(files))
        if used.message is not None and used.message.flags & LOADING:
            return self.edit_original(token, body, files)
        used.further.append(self._say(used, body, 0, files))
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

    def edit_answer(self, token: str, message: int, body: Json, files: Sequence[Upload] = ()) -> Message:
        return self._edit(self.answer(token, message), body, files)

    def delete_answer(self, token: str, message: int) -> None:
        self._world.delete(self.answer(token, message))

    def original(self, token: str) -> Message:
        """The first answer; after a deferred or instant update, the message that has the component."""
        message = self._of(token).message
        if message is None or message.deleted:
            raise ApiError(*UNKNOWN_MESSAGE)
        return message

    def edit_original(self, token: str, body: Json, files: Sequence[Upload] = ()) -> Message:
        return self._edit(self.original(token), body, files)

    def _edit(self, message: Message, body: Json, files: Sequence[Upload]) -> Message:
        check_message(body, files=len(files), flags=message.flags)
        kept = self._world.attached(message, body, files)
        after = {key: getattr(message, key) for key in ("content", "embeds", "components")}
        refuse_empty(after | body, kept=bool(kept))
        waited = bool(message.flags & LOADING)
        now = {
            **changes(body),
            "attachments": kept,
            "flags": (message.flags | int(body.get("flags") or 0)) & ~LOADING,
        }
        self._world.amend(message, **now, mark=not waited or None)
        return message

    def _of(self, token: str) -> Interaction:
        used = self._used.get(token)
        if used is None or used.answer is None:
            raise ApiError(*UNKNOWN_WEBHOOK)
        if used.age > TO_LIVE:
            raise ApiError(*DEAD_TOKEN)
        return used

    def _say(self, used: Interaction, data: Json, flags: int, files: Sequence[Upload]) -> Message:
        """Post an answer; one that is for its asker alone leaves the channel at once."""
        flags |= int(data.get("flags") or 0)
        return self._world.post(
            self._world.bot,
            used.channel,
            data.get("content") or "",
            allowed=data.get("allowed_mentions"),
            embeds=data.get("embeds"),
            components=data.get("components"),
            attachments=self._world.attachments(files),
            flags=flags,
            private=bool(flags & EPHEMERAL),
            answers=True,
        )

    @staticmethod
    def _resource(used: Interaction, kind: int) -> Json:
        told: Json = {"id": str(used.id), "type": used.kind}
        answer: Json = {"interaction": told}
        if used.message is not None:
            told["response_message_id"] = str(used.message.id)
            told["response_message_loading"] = bool(used.message.flags & LOADING)
            told["response_message_ephemeral"] = bool(used.message.flags & EPHEMERAL)
            if kind in {SAY, UPDATE}:
                answer["resource"] = {"type": kind, "message": shapes.message(used.message)}
        return answer


def changes(body: Json) -> Json:
    """The parts of a message that an edit's JSON names, as `World.amend` takes them."""
    found: Json = {key: body[key] or [] for key in ("embeds", "components") if key in body}
    if "content" in body:
        found |= {"content": body["content"] or "", "allowed": body.get("allowed_mentions")}
    return found


def _of_members(channel: Channel) -> Permission:
    """Return what members may do in a channel: what is denied there is denied to the bot alone."""
    return channel.allowed | (channel.parent or channel).denied
