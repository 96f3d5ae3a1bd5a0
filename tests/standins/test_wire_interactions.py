"""Buttons, menus, modals and their rules on the wire-level Discord, as the real discord.py meets them."""

from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest
from discord import app_commands

from tests.standins.discord_wire import Interaction, WireDiscord
from tests.standins.discord_wire.openapi import answer_complaints
from tests.standins.library import Bot, partial, point_at, raw, running

LATER = 6
"""The callback that defers an update."""


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WireDiscord]:
    async with WireDiscord(scale=0.02) as world:
        point_at(world, monkeypatch)
        yield world
    assert world.unknown_routes == []
    assert answer_complaints(world.requests) == []


def row(*items: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(items)}


def button(custom_id: str, **more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 2, "label": "Again", "custom_id": custom_id} | more


def menu(options: int, **more: Any) -> dict[str, Any]:
    found = [{"label": f"L{n}", "value": f"v{n}"} for n in range(options)]
    return {"type": 3, "custom_id": "which", "options": found, "min_values": 1, "max_values": 1} | more


async def test_a_webhooks_post_is_streamed_through_the_interaction_of_its_own_button(
    world: WireDiscord,
) -> None:
    alice = world.add_member("Alice")
    bot = Bot()

    class Again(discord.ui.View):
        @discord.ui.button(label="Again", custom_id="rp:again:7")
        async def again(self, interaction: discord.Interaction[Bot], _: discord.ui.Button["Again"]) -> None:
            await interaction.response.defer()
            await interaction.edit_original_response(content="Once")
            await interaction.edit_original_response(content="Once more", view=None)
            await interaction.followup.send("Only you see this.", ephemeral=True)

    async with running(world, bot):
        place = bot.get_channel(world.channel.id)
        assert isinstance(place, discord.TextChannel)
        hook = await place.create_webhook(name="Dramatis")
        await hook.send("Done.", username="Marlow", view=Again(timeout=None))
        (post,) = world.webhook_posts(world.channel)
        used = world.interactions.press(alice, post, "rp:again:7")
        await world.wait_for(lambda: used.further, timeout=5)
        with pytest.raises(LookupError):
            world.interactions.press(alice, post, "rp:again:7")
    assert world.history_of(post) == ["Done.", "Once", "Once more"]
    assert [answer.content for answer in used.further] == ["Only you see this."]
    assert world.transcript(world.channel) == "Marlow: Once more (edited)"


async def test_a_menu_is_chosen_from_by_what_it_shows(world: WireDiscord) -> None:
    alice = world.add_member("Alice")
    bot = Bot()

    class Who(discord.ui.View):
        @discord.ui.select(
            custom_id="who",
            options=[
                discord.SelectOption(label="Old Marlow", value="marlow"),
                discord.SelectOption(label="Isolde", value="isolde"),
            ],
        )
        async def who(self, interaction: discord.Interaction[Bot], menu: discord.ui.Select["Who"]) -> None:
            await interaction.response.edit_message(content=f"{menu.values[0]} it is", view=None)

        @discord.ui.select(cls=discord.ui.UserSelect, custom_id="person")
        async def person(
            self, interaction: discord.Interaction[Bot], menu: discord.ui.UserSelect["Who"]
        ) -> None:
            await interaction.response.send_message(menu.values[0].display_name, ephemeral=True)

    async with running(world, bot):
        await partial(bot, world.channel.id).send("Who?", view=Who(timeout=None))
        (post,) = world.posts(world.channel)
        with pytest.raises(LookupError, match="Old Marlow"):
            world.interactions.choose(alice, post, "who", "Nobody")
        named = world.interactions.choose(alice, post, "person", alice)
        assert (await world.wait_for(lambda: named.message, timeout=5)).content == "Alice"
        world.interactions.choose(alice, post, "who", "Old Marlow")
        await world.wait_for(lambda: post.content == "marlow it is", timeout=5)
    assert post.components == []


async def test_a_modal_is_opened_from_a_menu_of_a_message_and_submitted(world: WireDiscord) -> None:
    alice = world.add_member("Alice")
    said = world.say(alice, world.channel, "long ago")
    bot = Bot()

    class Change(discord.ui.Modal, title="Change it"):
        words: discord.ui.Label[Any] = discord.ui.Label(
            text="Words",
            component=discord.ui.TextInput(custom_id="words", default="long ago", max_length=20),
        )
        mood: discord.ui.Label[Any] = discord.ui.Label(
            text="Mood",
            component=discord.ui.Select(
                custom_id="mood", options=[discord.SelectOption(label=name) for name in ("calm", "wild")]
            ),
        )

        async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
            text, mood = self.words.component, self.mood.component
            assert isinstance(text, discord.ui.TextInput)
            assert isinstance(mood, discord.ui.Select)
            await interaction.response.send_message(f"{text.value}, {mood.values[0]}")

    @bot.tree.context_menu(name="Change")
    async def change(interaction: discord.Interaction[Bot], message: discord.Message) -> None:
        assert message.content == "long ago"
        await interaction.response.send_modal(Change(timeout=5))

    async with running(world, bot):
        await bot.tree.sync()
        opened = world.interactions.menu(alice, said, "Change")
        await world.wait_for(lambda: opened.modal, timeout=5)
        with pytest.raises(ValueError, match="21 characters"):
            world.interactions.submit(opened, {"Words": "x" * 21, "Mood": "calm"})
        sent = world.interactions.submit(opened, {"Mood": "wild"})
        assert (await world.wait_for(lambda: sent.message, timeout=5)).content == "long ago, wild"
        with pytest.raises(LookupError):
            world.interactions.menu(alice, said, "Burn")


async def test_a_command_suggests_and_takes_people(world: WireDiscord) -> None:
    alice = world.add_member("Alice")
    bot = Bot()

    @bot.tree.command(name="cast", description="Cast somebody")
    async def cast(interaction: discord.Interaction[Bot], who: discord.Member, role: str) -> None:
        await interaction.response.send_message(f"{who.display_name} is {role}")

    @cast.autocomplete("role")
    async def roles(_: discord.Interaction[Bot], typed: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=f"{typed}{end}", value=typed) for end in ("er", "est")]

    async with running(world, bot):
        await bot.tree.sync()
        typing = world.interactions.complete(alice, world.channel, "cast", "role", "keep", who=alice)
        assert await world.wait_for(lambda: typing.choices, timeout=5) == ["keeper", "keepest"]
        used = world.interactions.command(alice, world.channel, "cast", who=alice, role="keeper")
        assert (await world.wait_for(lambda: used.message, timeout=5)).content == "Alice is keeper"


async def test_an_interaction_is_answered_once_in_time_and_lives_a_quarter_of_an_hour(
    world: WireDiscord,
) -> None:
    alice = world.add_member("Alice")
    post = world.post(world.bot, world.channel, "x", components=[row(button("a"))])

    async with raw(world) as ask:

        async def answer(used: Interaction, kind: int = LATER) -> int:
            path = f"/interactions/{used.id}/{used.token}/callback"
            status, told = await ask("POST", path, json={"type": kind, "data": {}})
            return 0 if status == 204 else int(told["code"])

        async def edit(used: Interaction, text: str) -> int:
            path = f"/webhooks/{world.bot.id}/{used.token}/messages/@original"
            status, told = await ask("PATCH", path, json={"content": text})
            return 0 if status == 200 else int(told["code"])

        late = world.interactions.press(alice, post, "a")
        world.interactions.age(late, 3.1)
        assert await answer(late) == 10062
        used = world.interactions.press(alice, post, "a")
        assert await edit(used, "too soon") == 10015
        assert await answer(used, 8) == 50035  # suggestions answer no button
        assert [await answer(used), await answer(used)] == [0, 40060]
        world.interactions.age(used, 14 * 60)
        assert await edit(used, "in time") == 0
        world.interactions.age(used, 60)
        assert await edit(used, "too late") == 50027
    assert world.history_of(post) == ["x", "in time"]


TEXT_PART = {"type": 18, "label": "Words", "component": {"type": 4, "style": 2, "custom_id": "w"}}


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, 204),
        ({"title": "t" * 46}, 400),
        ({"components": [TEXT_PART] * 2}, 400),
        ({"components": []}, 400),
        (
            {
                "components": [
                    TEXT_PART | {"component": {"type": 4, "style": 2, "custom_id": str(n)}} for n in range(6)
                ]
            },
            400,
        ),
        ({"components": [TEXT_PART | {"label": "l" * 46}]}, 400),
        (
            {
                "components": [
                    TEXT_PART | {"component": {"type": 4, "style": 2, "custom_id": "w", "value": "v" * 4001}}
                ]
            },
            400,
        ),
    ],
)
async def test_a_modal_is_held_to_discords_sizes(
    world: WireDiscord, changed: dict[str, Any], status: int
) -> None:
    alice = world.add_member("Alice")
    post = world.post(world.bot, world.channel, "x", components=[row(button("a"))])
    used = world.interactions.press(alice, post, "a")
    data = {"title": "t" * 45, "custom_id": "m", "components": [TEXT_PART]} | changed
    async with raw(world) as ask:
        path = f"/interactions/{used.id}/{used.token}/callback"
        got, answer = await ask("POST", path, json={"type": 9, "data": data})
    assert got == status, answer


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([row(*(button(str(n)) for n in range(5)))] + [row(button(f"r{n}")) for n in range(4)], 200),
        ([row(button(f"r{n}")) for n in range(6)], 400),
        ([row(*(button(str(n)) for n in range(6)))], 400),
        ([row(button("same"), button("same"))], 400),
        ([row(button("a", label="l" * 80))], 200),
        ([row(button("a", label="l" * 81))], 400),
        ([row(button("a", label=""))], 400),
        ([row(button("a", label="", emoji={"name": "🔁"}))], 200),
        ([row(button("a", url="https://example.org"))], 400),
        ([row()], 400),
        ([row(menu(25))], 200),
        ([row(menu(26))], 400),
        ([row(menu(1), button("a"))], 400),
        ([row(menu(2, placeholder="p" * 151))], 400),
        ([button("a")], 400),
    ],
)
async def test_buttons_and_menus_are_held_to_discords_sizes(
    world: WireDiscord, rows: list[dict[str, Any]], status: int
) -> None:
    async with raw(world) as ask:
        got, answer = await ask(
            "POST", f"/channels/{world.channel.id}/messages", json={"content": "x", "components": rows}
        )
    assert got == status, answer
