"""The application itself, guilds, channels and messages, as the REST API has them."""

from urllib.parse import unquote

from tests.standins.discord_wire import shapes
from tests.standins.discord_wire.checks import check_message, refuse_empty
from tests.standins.discord_wire.faults import Answer
from tests.standins.discord_wire.gateway import DAILY_STARTS
from tests.standins.discord_wire.interactions import changes
from tests.standins.discord_wire.records import Channel, Message, Permission, User
from tests.standins.discord_wire.refusals import (
    HAS_THREAD,
    MISSING_PERMISSIONS,
    NO_HISTORY_FOR_REPLY,
    NOT_THE_AUTHOR,
    UNKNOWN_EMOJI,
    UNKNOWN_MEMBER,
    UNKNOWN_USER,
    ApiError,
    invalid_form,
)
from tests.standins.discord_wire.routes import (
    Call,
    as_shown,
    known_guild,
    own_message,
    route,
    standing_message,
    visible_channel,
    writable_channel,
)

# -- the application itself ---------------------------------------------------------------------


@route("GET", "/users/@me")
def own_user(call: Call) -> Answer:
    return Answer(200, shapes.own_user(call.world.bot))


@route("GET", "/users/{user}")
def user(call: Call) -> Answer:
    everybody: dict[int, User] = {}
    for guild in call.world.guilds.values():
        everybody |= guild.members
    found = everybody.get(int(call.params["user"]))
    if found is None:
        raise ApiError(*UNKNOWN_USER)
    return Answer(200, shapes.user(found))


@route("GET", "/oauth2/applications/@me")
def application(call: Call) -> Answer:
    world = call.world
    shown = shapes.application(world.bot, world.host, message_content=world.message_content)
    return Answer(200, shown | {"team": shapes.team(world.bot, world.team, world.invited)})


@route("GET", "/gateway", needs_token=False)
def gateway(call: Call) -> Answer:
    return Answer(200, {"url": call.gateway_url})


@route("GET", "/gateway/bot")
def gateway_bot(call: Call) -> Answer:
    starts = {"total": DAILY_STARTS, "remaining": call.gateway.starts_left}
    limit = starts | {"reset_after": 86_400_000, "max_concurrency": call.gateway.max_concurrency}
    shards = call.gateway.shards
    return Answer(200, {"url": call.gateway_url, "shards": shards, "session_start_limit": limit})


# -- guilds and channels ------------------------------------------------------------------------


@route("GET", "/guilds/{guild}")
def guild(call: Call) -> Answer:
    return Answer(200, shapes.guild(known_guild(call)))


@route("GET", "/guilds/{guild}/channels")
def guild_channels(call: Call) -> Answer:
    home = known_guild(call)
    found = [c for c in call.world.channels.values() if c.guild is home and c.parent is None]
    return Answer(200, [shapes.channel(c) for c in found])


@route("GET", "/guilds/{guild}/members/{user}")
def guild_member(call: Call) -> Answer:
    home = known_guild(call)
    found = home.members.get(int(call.params["user"]))
    if found is None:
        raise ApiError(*UNKNOWN_MEMBER)
    return Answer(200, shapes.full_member(found, home))


@route("GET", "/channels/{channel}")
def channel(call: Call) -> Answer:
    return Answer(200, shapes.channel(visible_channel(call)))


@route("GET", "/channels/{channel}/threads/archived/public")
def archived_threads(call: Call) -> Answer:
    """Those that were closed last come first."""
    where, limit = visible_channel(call), int(call.query.get("limit", 50))
    if Permission.READ_MESSAGE_HISTORY not in where.allowed:
        raise ApiError(*MISSING_PERMISSIONS)
    dated = [(c.archived_at, c) for c in call.world.channels.values() if c.parent is where and c.archived_at]
    newest = [each for _, each in sorted(dated, key=lambda pair: pair[0], reverse=True)]
    shown = [shapes.channel(each) for each in newest[:limit]]
    return Answer(200, {"threads": shown, "members": [], "has_more": len(newest) > limit})


@route("POST", "/channels/{channel}/typing")
def typing(call: Call) -> Answer:
    writable_channel(call)
    return Answer(204)


# -- messages -----------------------------------------------------------------------------------


@route("GET", "/channels/{channel}/messages")
def messages(call: Call) -> Answer:
    """The newest first. Without permission to read the history there is none."""
    where = visible_channel(call)
    limit = int(call.query.get("limit", 50))
    if not 1 <= limit <= 100:
        raise invalid_form("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
    if Permission.READ_MESSAGE_HISTORY not in where.allowed:
        return Answer(200, [])
    found = list(where.messages.values())
    if "before" in call.query:
        found = [m for m in found if m.id < int(call.query["before"])]
    if "after" in call.query:
        found = [m for m in found if m.id > int(call.query["after"])][:limit]
    return Answer(200, [as_shown(call, m) for m in reversed(found[-limit:])])


@route("GET", "/channels/{channel}/messages/{message}")
def message(call: Call) -> Answer:
    return Answer(200, as_shown(call, standing_message(call)))


@route("POST", "/channels/{channel}/messages")
def post_message(call: Call) -> Answer:
    where, body = writable_channel(call), call.body
    check_message(body, files=len(call.files))
    refuse_empty(body, kept=bool(call.files))
    nonce = body.get("nonce")
    if body.get("enforce_nonce") and nonce is not None and (twin := call.world.same_nonce(where, nonce)):
        return Answer(200, shapes.message(twin))
    posted = call.world.post(
        call.world.bot,
        where,
        body.get("content") or "",
        allowed=body.get("allowed_mentions"),
        reply_to=_referenced(call, where),
        nonce=nonce,
        flags=int(body.get("flags") or 0),
        embeds=body.get("embeds"),
        components=body.get("components"),
        attachments=call.world.attachments(call.files),
    )
    return Answer(200, shapes.message(posted))


def _referenced(call: Call, where: Channel) -> Message | None:
    """What a post replies to; a message that is gone is an error unless the bot said not to mind."""
    reference = call.body.get("message_reference")
    if reference is None:
        return None
    if Permission.READ_MESSAGE_HISTORY not in where.allowed:
        raise ApiError(*NO_HISTORY_FOR_REPLY)
    found = where.messages.get(int(reference["message_id"]))
    if found is None and reference.get("fail_if_not_exists", True):
        raise invalid_form("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    return found


@route("PATCH", "/channels/{channel}/messages/{message}")
def edit_message(call: Call) -> Answer:
    changed, body = own_message(call, NOT_THE_AUTHOR), call.body
    check_message(body, files=len(call.files), flags=changed.flags)
    kept = call.world.attached(changed, body, call.files)
    after = {key: getattr(changed, key) for key in ("content", "embeds", "components")}
    refuse_empty(after | body, kept=bool(kept or changed.stickers))
    flags = int(body["flags"] or 0) if "flags" in body else None
    call.world.amend(changed, **changes(body), attachments=kept, flags=flags, mark=True)
    return Answer(200, shapes.message(changed))


@route("DELETE", "/channels/{channel}/messages/{message}")
def delete_message(call: Call) -> Answer:
    """The invite does not ask for Manage Messages, so only the bot's own."""
    call.world.delete(own_message(call, MISSING_PERMISSIONS))
    return Answer(204)


@route("PUT", "/channels/{channel}/messages/{message}/reactions/{token}/@me")
def react(call: Call) -> Answer:
    where, marked = visible_channel(call), standing_message(call)
    if Permission.ADD_REACTIONS | Permission.READ_MESSAGE_HISTORY not in where.allowed:
        raise ApiError(*MISSING_PERMISSIONS)
    emoji = unquote(call.params["token"])
    if emoji not in marked.marks:
        marked.marks.append(emoji)
    return Answer(204)


@route("DELETE", "/channels/{channel}/messages/{message}/reactions/{token}/@me")
def take_back_reaction(call: Call) -> Answer:
    marked, emoji = standing_message(call), unquote(call.params["token"])
    if emoji not in marked.marks:
        raise ApiError(*UNKNOWN_EMOJI)
    marked.marks.remove(emoji)
    return Answer(204)


@route("POST", "/channels/{channel}/messages/{message}/threads")
def thread_of_message(call: Call) -> Answer:
    where, made_of = visible_channel(call), standing_message(call)
    if Permission.CREATE_PUBLIC_THREADS not in where.allowed:
        raise ApiError(*MISSING_PERMISSIONS)
    if made_of.id in call.world.channels:
        raise ApiError(*HAS_THREAD)
    name = str(call.body.get("name") or "")
    if not 1 <= len(name) <= 100:
        raise invalid_form("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    opened = call.world.create_thread(name, where, call.world.bot, made_of)
    return Answer(201, shapes.channel(opened))


@route("PUT", "/channels/{channel}/thread-members/{user}")
def join_thread(call: Call) -> Answer:
    writable_channel(call)
    return Answer(204)
