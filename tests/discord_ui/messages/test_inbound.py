"""What people see in a message is what the model is told of it, in one's own and in a forwarded one."""

from typing import Any

import discord
import pytest

from bot.core.notes import bracketed, content_of
from bot.core.proxies import PLURALKIT
from bot.core.scene import Attached, IncomingMessage, Participant
from bot.discord_ui.inbound import read_message
from tests.tavern import Tavern

MESSAGE = {
    "type": 0,
    "content": "",
    "embeds": [],
    "attachments": [],
    "timestamp": "2026-11-20T20:00:00+00:00",
    "edited_timestamp": None,
    "flags": 0,
    "mentions": [],
    "mention_roles": [],
    "sticker_items": [],
    "components": [],
}
"""A forwarded message without anything in it, with the fields that Discord's OpenAPI description requires."""

V2 = 1 << 15
"""The flag of messages that consist of components."""

MEDIA = {"url": "https://cdn.example/cat.png", "proxy_url": "https://cdn.example/cat.png"}


def attachment(filename: str, **more: Any) -> dict[str, Any]:
    url = "https://cdn.example/1"
    return {"id": "1", "filename": filename, "size": 3, "url": url, "proxy_url": url, **more}


def file(filename: str, **more: Any) -> dict[str, Any]:
    return {"attachments": [attachment(filename, **more)]}


def embed(**more: Any) -> dict[str, Any]:
    return {"embeds": [{"type": "rich", **more}]}


def components(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"flags": V2, "components": list(parts)}


def text(content: str) -> dict[str, Any]:
    return {"type": 10, "id": 1, "content": content}


HELD = {
    "a picture": (file("cat.png", content_type="image/png"), "[shows a picture]"),
    "a picture with a description": (
        file("cat.png", content_type="image/png", description="A grey cat\nasleep on a wall"),
        "[shows a picture: A grey cat asleep on a wall]",
    ),
    "a film with a description": (
        file("IMG_1.mov", content_type="video/quicktime", description="the storm"),
        "[video: IMG_1.mov (the storm)]",
    ),
    "a name that Discord emptied": (
        file(".png", title="Кот", content_type="image/png"),
        "[shows a picture]",
    ),
    "a name of which Discord left the digits": (
        file("2026.txt", title="航海日志 2026"),
        "[file: 航海日志 2026.txt]",
    ),
    "a title with its ending": (file("_.txt", title="猫.txt"), "[file: 猫.txt]"),
    "a title, and no ending": (file("file", title="猫"), "[file: 猫]"),
    "a title that is empty": (file("map.txt", title=""), "[file: map.txt]"),
    "a file without a type": (file("map"), "[file: map]"),
    "music": (file("sea.ogg", content_type="audio/ogg", duration_secs=7.5), "[audio: sea.ogg]"),
    "a voice message": (
        {
            "flags": 1 << 13,
            **file("voice-message.ogg", content_type="audio/ogg", duration_secs=12.4, waveform="AAAA"),
        },
        "[voice message: 12 s]",
    ),
    "a voice message of no length": (
        file("voice-message.ogg", content_type="audio/ogg", duration_secs=float("inf"), waveform=""),
        "[voice message]",
    ),
    "stickers": (
        {"sticker_items": [{"id": "4", "name": name, "format_type": 1} for name in ("Wave", "Cry")]},
        "[sticker: Wave]\n[sticker: Cry]",
    ),
    "an embed with all its text": (
        embed(
            provider={"name": "Harbour"},
            author={"name": "The master"},
            title="Tides",
            description="High water\nat nine",
            fields=[{"name": "Wind", "value": "west"}, {"name": "Sea", "value": "calm"}],
            footer={"text": "updated hourly"},
        ),
        "[embed: Harbour / The master / Tides / High water at nine / Wind: west / Sea: calm / updated hourly]",
    ),
    "a link's preview": (
        {
            "content": "https://youtu.be/1",
            **embed(
                type="video",
                url="https://www.youtube.com/watch?v=1",
                title="Drowned Widow (sea shanty)",
                author={"name": "Sea"},
            ),
        },
        "[a link: Drowned Widow (sea shanty), youtu.be]",
    ),
    "a link within words": (
        {
            "content": "hear https://www.example.org/a?b=1#c now",
            **embed(type="article", url="https://www.example.org/a", title="A [sea] shanty"),
        },
        "hear example.org now\n[a link: A (sea) shanty, example.org]",
    ),
    "words before a link": (
        {
            "content": "hear this: https://example.org/a.",
            **embed(
                type="rich", url="https://example.org/a", author={"name": "Ana (@ana)"}, description="Ahoy"
            ),
        },
        "hear this:\n[a link: Ana (@ana), example.org]",
    ),
    "a post elsewhere": (
        {
            "content": "https://x.example/1",
            **embed(url="https://old.example/1", author={"name": "Ana (@ana)"}, description="Ahoy"),
        },
        "[a link: Ana (@ana), x.example]",
    ),
    "two links of which one has a preview": (
        {
            "content": "https://b.example/1 https://a.example/2",
            **embed(type="link", url="https://a.example/2", title="Tides"),
        },
        "https://b.example/1\n[a link: Tides, a.example]",
    ),
    "a link behind words": (
        {
            "content": "[hear](https://a.example/2)",
            **embed(type="link", url="https://a.example/2", title="Tides"),
        },
        "(hear)(https://a.example/2)\n[a link: Tides, a.example]",
    ),
    "a link's picture": (
        {"content": "https://x.example/cat.png", **embed(type="image", url="https://x.example/cat.png")},
        "https://x.example/cat.png",
    ),
    "an embed without text": (embed(image=MEDIA), "[embed]"),
    "text components": (
        components(text("Who goes there?"), text("A <#{tavern}>.")),
        "Who goes there?\nA #tavern.",
    ),
    "a section in a container": (
        components(
            {
                "type": 17,
                "components": [
                    {
                        "type": 9,
                        "components": [text("The map"), text("of the coast")],
                        "accessory": {"type": 11, "media": MEDIA, "description": "an old chart"},
                    },
                    {"type": 14, "divider": True},
                    text("and more"),
                ],
            }
        ),
        "The map\nof the coast\nand more\n[shows a picture: an old chart]",
    ),
    "a gallery and a file": (
        components(
            {
                "type": 12,
                "items": [
                    {"media": MEDIA, "description": "a cat"},
                    {"media": {**MEDIA, "content_type": "video/mp4"}, "description": None},
                ],
            },
            {"type": 13, "file": {"url": "attachment://log.txt"}, "name": "log.txt", "size": 3},
        ),
        "[shows a picture: a cat]\n[video]\n[file: log.txt]",
    ),
    "files that components show": (
        {
            **components({"type": 12, "items": [{"media": MEDIA, "description": "a cat"}]}),
            **file("cat.png", content_type="image/png"),
        },
        "[shows a picture: a cat]",
    ),
    "buttons and menus": (
        {
            "content": "Choose",
            "components": [
                {
                    "type": 1,
                    "components": [
                        {"type": 2, "style": 5, "label": "More", "url": "https://x.example"},
                    ],
                }
            ],
        },
        "Choose",
    ),
    "markers": (embed(title="<|im_end|>", description="a\u202eb"), "[embed: < |im_end|> / ab]"),
}
"""What a message holds, and how the model is told."""


def at(tavern: Tavern, held: dict[str, Any]) -> dict[str, Any]:
    """The same with the bound channel's number in its texts."""

    def filled(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("{tavern}", str(tavern.bound.id))
        if isinstance(value, list):
            return [filled(each) for each in value]
        return {key: filled(each) for key, each in value.items()} if isinstance(value, dict) else value

    found: dict[str, Any] = filled(held)
    return found


async def told(tavern: Tavern) -> str:
    """What the model is told of the newest message."""
    return content_of((await tavern.turns(tavern.bound))[-1])


@pytest.mark.parametrize(("held", "line"), HELD.values(), ids=HELD)
async def test_what_people_see_in_a_message_is_told(tavern: Tavern, held: dict[str, Any], line: str) -> None:
    fields = at(tavern, held)
    await tavern.show("Bob", text=fields.pop("content", ""), **fields)
    assert await told(tavern) == line


@pytest.mark.parametrize(("held", "line"), HELD.values(), ids=HELD)
async def test_a_forwarded_message_is_told_like_ones_own(
    tavern: Tavern, held: dict[str, Any], line: str
) -> None:
    await forward(tavern, **at(tavern, held))
    assert await told(tavern) == bracketed(f"forwarded: {line}")


async def forward(tavern: Tavern, text: str = "", **snapshot: Any) -> None:
    reference = {"type": 1, "channel_id": "5", "message_id": "6"}
    forwarded = [{"message": {**MESSAGE, **snapshot}}]
    await tavern.show(
        "Bob", text=text, flags=1 << 14, message_reference=reference, message_snapshots=forwarded
    )


async def test_a_forward_is_told_up_to_a_thousand_characters(tavern: Tavern) -> None:
    await forward(tavern, content="The tide. " * 127)
    assert await told(tavern) == "[forwarded: " + ("The tide. " * 100)[:999] + "…]"


async def test_whom_a_forward_mentions_is_told_by_name(tavern: Tavern) -> None:
    person = {"id": "123", "username": "eve_1", "global_name": "Eve", "discriminator": "0", "avatar": None}
    nameless = {"id": "124", "username": "mallory", "global_name": None, "discriminator": "0", "avatar": None}
    await forward(
        tavern,
        content=f"<@123> and <@124> and <@125> are in <#{tavern.bound.id}>",
        mentions=[person, nameless],
    )
    assert await told(tavern) == "[forwarded: Eve and mallory and @someone are in #tavern]"


async def test_a_poll_is_told_with_its_answers(tavern: Tavern) -> None:
    poll = {
        "question": {"text": "Which way?"},
        "answers": [
            {"answer_id": 1, "poll_media": {"text": "By sea", "emoji": {"id": None, "name": "⛵"}}},
            {"answer_id": 2, "poll_media": {"text": "By land", "emoji": {"id": "9", "name": "boot"}}},
            {"answer_id": 3, "poll_media": {"text": "Not\nat all"}},
        ],
        "expiry": "2026-12-20T20:00:00+00:00",
        "allow_multiselect": False,
        "layout_type": 1,
    }
    await tavern.show("Bob", poll=poll)
    assert await told(tavern) == "[poll: Which way? / ⛵ By sea / :boot: By land / Not at all]"


@pytest.mark.parametrize(
    ("activity", "line"),
    [
        (1, "[invitation to join: Sea of Cards]"),
        (2, "[invitation to watch: Sea of Cards]"),
        (3, "[invitation to listen along: Sea of Cards]"),
        (5, "[request to join: Sea of Cards]"),
        (6, "[request to watch: Sea of Cards]"),
        (99, "[invitation: Sea of Cards]"),
    ],
)
async def test_a_shared_game_is_told_by_name(tavern: Tavern, activity: int, line: str) -> None:
    game = {"id": "77", "name": "Sea of Cards", "description": "", "icon": None}
    await tavern.show("Bob", activity={"type": activity, "party_id": "x"}, application=game)
    assert await told(tavern) == line


async def test_a_shared_game_without_a_name_is_told_all_the_same(tavern: Tavern) -> None:
    await tavern.show("Bob", activity={"type": 1})
    assert await told(tavern) == "[invitation to join]"


def open_event(tavern: Tavern) -> int:
    event = tavern.env.backend.create_scheduled_event(
        tavern.guild.id,
        name="Quiz night",
        entity_type=3,
        scheduled_start_time="2026-12-24T20:00:00+00:00",
        scheduled_end_time="2026-12-24T22:00:00+00:00",
        entity_metadata={"location": "The Drowned Bell"},
        description="Bring\na lamp",
    )
    return int(event.id)


@pytest.mark.parametrize(
    "link",
    [
        "https://discord.com/events/{guild}/{event}",
        "https://ptb.discord.com/events/{guild}/{event}",
        "https://discord.gg/tavern?event={event}",
        "https://discord.com/invite/tavern?event={event}",
    ],
)
async def test_an_event_that_a_link_leads_to_is_told(tavern: Tavern, link: str) -> None:
    event = open_event(tavern)
    await tavern.quiet()
    shared = link.format(guild=tavern.guild.id, event=event)
    line = "[event: Quiz night / The Drowned Bell / 2026-12-24 20:00 UTC / Bring a lamp]"
    await tavern.say("Bob", f"Coming? {shared} {shared}")
    assert await told(tavern) == f"Coming? {shared} {shared}\n{line}"
    await forward(tavern, content=shared)
    assert await told(tavern) == f"[forwarded: {shared} ({line[1:-1]})]"


async def test_an_event_of_another_server_is_a_link(tavern: Tavern) -> None:
    await tavern.say("Bob", "https://discord.com/events/1/2")
    assert await told(tavern) == "https://discord.com/events/1/2"


async def test_the_preview_of_a_link_is_told_once_discord_has_added_it(tavern: Tavern) -> None:
    said = await tavern.say("Bob", "https://x.example/tides")
    assert await told(tavern) == "https://x.example/tides"
    preview = {"type": "link", "title": "Tides", "description": "High water at nine"}
    tavern.env.backend.edit_message(said.channel.id, said.id, {"embeds": [preview]})
    await tavern.quiet()
    assert await told(tavern) == "[a link: Tides, x.example]"


async def said_by_webhook(tavern: Tavern, **fields: Any) -> IncomingMessage:
    """What the bot makes of a message of a webhook's, with these fields of Discord's."""
    read: list[IncomingMessage] = []

    async def listen(message: discord.Message) -> None:
        assert tavern.bot.user is not None
        read.append(read_message(message, tavern.bot.user.id))

    tavern.bot.listener.message = listen  # type: ignore[attr-defined]
    author = {
        "id": "77",
        "username": "L\u200auna\u17b5",
        "discriminator": "0000",
        "avatar": None,
        "bot": True,
    }
    await tavern.show("Alice", webhook_id="77", author=author, **fields)
    return read[0]


async def test_what_an_applications_webhook_posts_is_by_the_name_above_it(tavern: Tavern) -> None:
    mentions = f"Marlow, {tavern.mention}?"
    found = await said_by_webhook(tavern, text=mentions, application_id=str(PLURALKIT), mentions=[])
    assert found.author == Participant(PLURALKIT, "Luna", f"member:{PLURALKIT}:luna")
    assert (found.mentions_bot, found.from_bot, found.reply_to) == (True, True, None)


async def test_the_embed_that_shows_what_a_copy_replies_to_is_a_reply_and_no_note(tavern: Tavern) -> None:
    reply = {
        "type": "rich",
        "author": {"name": "Bob\u2004\u21a9\ufe0f"},
        "description": "**[Reply to:](https://discord.com/channels/1/2/345)** Have you a room?",
    }
    other = {"type": "rich", "title": "Weather", "description": "Rain."}
    found = await said_by_webhook(tavern, text="Yes.", application_id=str(PLURALKIT), embeds=[reply, other])
    assert (found.reply_to, found.attached) == (345, (Attached("embed", "Weather / Rain."),))


@pytest.mark.parametrize("application", [None, "77"], ids=["made by hand", "a bot's answer to a command"])
async def test_other_posts_of_webhooks_are_nobodys(tavern: Tavern, application: str | None) -> None:
    found = await said_by_webhook(tavern, text="pk;help", application_id=application)
    assert (found.author.id, found.author.character) == (77, "")
