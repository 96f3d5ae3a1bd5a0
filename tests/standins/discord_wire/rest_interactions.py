"""Commands, the answers to interactions, and the application's emojis, as the REST API has them."""

from tests.standins.discord_wire import shapes
from tests.standins.discord_wire.faults import Answer
from tests.standins.discord_wire.routes import Call, known_guild, route

# -- commands and interactions ------------------------------------------------------------------


@route("GET", "/applications/{application}/commands")
@route("GET", "/applications/{application}/guilds/{guild}/commands")
def commands(call: Call) -> Answer:
    return Answer(200, call.interactions.commands.get(_scope(call), []))


@route("PUT", "/applications/{application}/commands")
@route("PUT", "/applications/{application}/guilds/{guild}/commands")
def put_commands(call: Call) -> Answer:
    return Answer(200, call.interactions.register(_scope(call), call.json))


def _scope(call: Call) -> int | None:
    return known_guild(call).id if "guild" in call.params else None


@route("POST", "/interactions/{interaction}/{token}/callback", needs_token=False)
def callback(call: Call) -> Answer:
    told = call.interactions.callback(
        int(call.params["interaction"]), call.params["token"], call.body, call.files
    )
    return Answer(200, told) if call.query.get("with_response") in {"1", "true"} else Answer(204)


@route("POST", "/webhooks/{application}/{token}", needs_token=False)
def follow_up(call: Call) -> Answer:
    return Answer(
        200, shapes.message(call.interactions.follow_up(call.params["token"], call.body, call.files))
    )


@route("GET", "/webhooks/{application}/{token}/messages/@original", needs_token=False)
def original(call: Call) -> Answer:
    return Answer(200, shapes.message(call.interactions.original(call.params["token"])))


@route("DELETE", "/webhooks/{application}/{token}/messages/@original", needs_token=False)
def delete_original(call: Call) -> Answer:
    call.world.delete(call.interactions.original(call.params["token"]))
    return Answer(204)


@route("GET", "/webhooks/{application}/{token}/messages/{message}", needs_token=False)
def answered(call: Call) -> Answer:
    found = call.interactions.answer(call.params["token"], int(call.params["message"]))
    return Answer(200, shapes.message(found))


@route("PATCH", "/webhooks/{application}/{token}/messages/@original", needs_token=False)
def edit_original(call: Call) -> Answer:
    edited = call.interactions.edit_original(call.params["token"], call.body, call.files)
    return Answer(200, shapes.message(edited))


@route("PATCH", "/webhooks/{application}/{token}/messages/{message}", needs_token=False)
def edit_answer(call: Call) -> Answer:
    found = call.interactions.edit_answer(
        call.params["token"], int(call.params["message"]), call.body, call.files
    )
    return Answer(200, shapes.message(found))


@route("DELETE", "/webhooks/{application}/{token}/messages/{message}", needs_token=False)
def delete_answer(call: Call) -> Answer:
    call.interactions.delete_answer(call.params["token"], int(call.params["message"]))
    return Answer(204)


# -- the application's own emojis -----------------------------------------------------------------


@route("GET", "/applications/{application}/emojis")
def emojis(call: Call) -> Answer:
    return Answer(200, {"items": [call.emojis.shown(emoji) for emoji in call.emojis.all.values()]})


@route("POST", "/applications/{application}/emojis")
def create_emoji(call: Call) -> Answer:
    new = call.emojis.create(call.body.get("name"), call.body.get("image"))
    return Answer(201, call.emojis.shown(new))


@route("GET", "/applications/{application}/emojis/{emoji}")
def emoji(call: Call) -> Answer:
    return Answer(200, call.emojis.shown(call.emojis.find(int(call.params["emoji"]))))


@route("PATCH", "/applications/{application}/emojis/{emoji}")
def rename_emoji(call: Call) -> Answer:
    found = call.emojis.find(int(call.params["emoji"]))
    call.emojis.rename(found, call.body.get("name"))
    return Answer(200, call.emojis.shown(found))


@route("DELETE", "/applications/{application}/emojis/{emoji}")
def delete_emoji(call: Call) -> Answer:
    call.emojis.delete(call.emojis.find(int(call.params["emoji"])))
    return Answer(204)
