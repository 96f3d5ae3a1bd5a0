"""Webhooks, as the REST API has them: by the bot's own token, and by the webhook's."""

from tests.standins.discord_wire import shapes
from tests.standins.discord_wire.faults import Answer
from tests.standins.discord_wire.records import Channel, Permission, Webhook
from tests.standins.discord_wire.refusals import (
    MISSING_ACCESS,
    MISSING_PERMISSIONS,
    UNKNOWN_CHANNEL,
    ApiError,
)
from tests.standins.discord_wire.routes import Call, known_guild, route, visible_channel
from tests.standins.discord_wire.webhooks import shown

YES = {"1", "true", "True"}


def _managed(where: Channel) -> Channel:
    if Permission.VIEW_CHANNEL not in where.allowed:
        raise ApiError(*MISSING_ACCESS)
    if Permission.MANAGE_WEBHOOKS not in where.allowed:
        raise ApiError(*MISSING_PERMISSIONS)
    return where


def _hook(call: Call) -> Webhook:
    """The webhook of the path: by its token, or as one who may manage it."""
    found = call.webhooks.find(int(call.params["webhook"]), call.params.get("token"))
    if "token" not in call.params:
        _managed(found.channel)
    return found


# -- having one ---------------------------------------------------------------------------------


@route("POST", "/channels/{channel}/webhooks")
def create_webhook(call: Call) -> Answer:
    where, world = _managed(visible_channel(call)), call.world
    if where.parent is not None:
        raise ApiError(*UNKNOWN_CHANNEL)
    new = call.webhooks.create(
        where,
        call.body.get("name"),
        world.bot,
        application=world.bot.id,
        avatar=call.body.get("avatar"),
    )
    return Answer(200, shown(new, world))


@route("GET", "/channels/{channel}/webhooks")
def channel_webhooks(call: Call) -> Answer:
    return Answer(
        200, [shown(hook, call.world) for hook in call.webhooks.of(_managed(visible_channel(call)))]
    )


@route("GET", "/guilds/{guild}/webhooks")
def guild_webhooks(call: Call) -> Answer:
    return Answer(200, [shown(hook, call.world) for hook in call.webhooks.of(known_guild(call))])


@route("GET", "/webhooks/{webhook}")
@route("GET", "/webhooks/{webhook}/{token}", needs_token=False)
def webhook(call: Call) -> Answer:
    """By its own token it does not say who made it."""
    found = shown(_hook(call), call.world)
    hidden = {"user"} if "token" in call.params else set()
    return Answer(200, {key: value for key, value in found.items() if key not in hidden})


@route("PATCH", "/webhooks/{webhook}")
@route("PATCH", "/webhooks/{webhook}/{token}", needs_token=False)
def change_webhook(call: Call) -> Answer:
    """By its own token a webhook cannot move to another channel."""
    found, aim = _hook(call), None
    if "channel_id" in call.body and "token" not in call.params:
        aim = call.world.channels.get(int(call.body["channel_id"]))
        if aim is None:
            raise ApiError(*UNKNOWN_CHANNEL)
        _managed(aim)
    call.webhooks.change(found, call.body, channel=aim)
    return Answer(200, shown(found, call.world))


@route("DELETE", "/webhooks/{webhook}")
@route("DELETE", "/webhooks/{webhook}/{token}", needs_token=False)
def delete_webhook(call: Call) -> Answer:
    call.webhooks.remove(_hook(call))
    return Answer(204)


# -- speaking through one -----------------------------------------------------------------------


@route("POST", "/webhooks/{webhook}/{token}", needs_token=False)
def execute(call: Call) -> Answer:
    said = call.webhooks.execute(
        _hook(call),
        call.body,
        thread=call.query.get("thread_id"),
        with_components=call.query.get("with_components") in YES,
        files=call.files,
    )
    return Answer(200, shapes.message(said)) if call.query.get("wait") in YES else Answer(204)


@route("GET", "/webhooks/{webhook}/{token}/messages/{message}", needs_token=False)
def webhook_message(call: Call) -> Answer:
    found = call.webhooks.message(_hook(call), int(call.params["message"]), call.query.get("thread_id"))
    return Answer(200, shapes.message(found))


@route("PATCH", "/webhooks/{webhook}/{token}/messages/{message}", needs_token=False)
def edit_webhook_message(call: Call) -> Answer:
    hook = _hook(call)
    found = call.webhooks.message(hook, int(call.params["message"]), call.query.get("thread_id"))
    call.webhooks.edit(hook, found, call.body, call.files)
    return Answer(200, shapes.message(found))


@route("DELETE", "/webhooks/{webhook}/{token}/messages/{message}", needs_token=False)
def delete_webhook_message(call: Call) -> Answer:
    call.world.delete(
        call.webhooks.message(_hook(call), int(call.params["message"]), call.query.get("thread_id"))
    )
    return Answer(204)
