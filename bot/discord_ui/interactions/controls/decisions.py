"""Controls by which people decide who plays and how: menus and buttons of panels, notices and answers.

Law: all a control needs to know stands in its `custom_id`; who may use it is asked again when it is used.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Self

import discord
from discord.utils import escape_markdown

from bot.core.persona import Persona
from bot.core.posts.pages import clipped
from bot.core.routing import NoReply, NoReplyReason, Respond
from bot.core.scene import Place
from bot.core.settings import CHOICES as VALUES
from bot.discord_ui.inbound import age_restricted
from bot.discord_ui.interactions import panel
from bot.discord_ui.interactions.rights import require_steering
from bot.discord_ui.interactions.services import (
    CHOICES,
    LABEL,
    Refused,
    Services,
    answering,
    place_of,
    require,
    require_writing,
    tell,
)
from bot.personas.library import Shelf
from bot.storage.errors import StorageError
from bot.story.casting import offered
from bot.story.scenes import SceneChange
from bot.texts.sentences import say

Select = discord.ui.Select[Any]
Button = discord.ui.Button[Any]


class PersonaMenu(discord.ui.DynamicItem[Select], template=r"rp:use"):
    """Says who plays in a channel in which nobody does, for those with Manage Channels."""

    def __init__(self, options: list[discord.SelectOption]) -> None:
        """Offer these personas."""
        super().__init__(Select(custom_id="rp:use", placeholder=say("menu.persona"), options=options))

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Make it again from the message it stands under."""
        del interaction, match
        assert isinstance(item, discord.ui.Select)
        return cls(item.options)

    async def callback(self, interaction: discord.Interaction) -> None:
        """Bind the channel."""
        async with answering(interaction) as services:
            require(interaction, "manage_channels")
            place, (key,) = place_of(interaction), self.item.values
            persona = services.persona(interaction.guild_id, key, interaction.channel)
            part = await services.story.casting.lookup(place)
            if "persona" in part.fixed:
                raise Refused(say("player.persona_fixed", about=part.fixed["persona"]))
            await services.story.choices.bind("channel", place.channel_id, persona.key, interaction.user.id)
            if interaction.message is None or not interaction.message.flags.ephemeral:
                await announce(
                    services,
                    interaction,
                    lambda text: interaction.response.edit_message(content=text, view=None),
                )
                return
            # It stood in an answer for one alone, and who plays here concerns everybody who writes here.
            chosen = say("menu.chosen", persona=escape_markdown(persona.name))
            await interaction.response.edit_message(content=chosen, view=None)
            await announce(services, interaction, interaction.followup.send)


async def announce(
    services: Services, interaction: discord.Interaction, send: Callable[[str], Awaitable[object]]
) -> None:
    """Tell a channel who plays in it now, and what is stored; it has been told when `send` is through."""
    place = place_of(interaction)
    part = await services.story.casting.lookup(place)
    if part.persona is None:  # another choice has come between
        about = part.key
        await send(
            say("cast.cleared.channel") if about is None else say("player.persona_missing", about=about)
        )
        return
    lacks = panel.lacks_to_answer(interaction)
    name, respond = escape_markdown(part.persona.name), Respond.NEVER if lacks else services.wakes(part)
    text = "\n".join([say(f"player.plays_here.{respond}", persona=name), *lacks])
    if not part.bound or not await services.story.notices.is_due(place, part):
        await send(text)
        return
    stored = say("player.recording", persona=name, provider=services.story.casting.rules.provider)
    given = False
    try:
        await send(f"{text}\n-# {stored}")
        given = True
    finally:
        await _note(services, place, given=given)


async def _note(services: Services, place: Place, *, given: bool) -> None:
    """Note whether a channel was told; who was answered already need not hear that this could not be kept."""
    try:
        await services.story.notices.given(place, said=given)
    except StorageError as error:
        services.runner.complaints.storage_failed(place.channel_id, error)


def persona_menu(personas: Shelf, *, for_adults: bool) -> discord.ui.View | None:
    """Return a menu of the personas that are offered; None if there are none."""
    options = [
        discord.SelectOption(
            label=clipped(persona.name, LABEL),
            value=persona.key,
            description=clipped(", ".join(persona.tags), LABEL) or None,
        )
        for persona in offered(personas)
        if for_adults or not persona.nsfw
    ]
    if not options:
        return None
    view = discord.ui.View(timeout=None)
    view.add_item(PersonaMenu(options[:CHOICES]))
    return view


async def tell_why(services: Services, interaction: discord.Interaction, notice: NoReply) -> None:
    """Tell whoever asks why nobody plays, with a menu where that can be changed."""
    text = say(f"player.{notice.reason}", about=notice.about)
    menu = None
    if notice.reason is NoReplyReason.NO_PERSONA:
        menu = persona_menu(
            services.personas(interaction.guild_id), for_adults=age_restricted(interaction.channel)
        )
    await (tell(interaction, text, view=menu) if menu else tell(interaction, text))


async def asked_for(
    services: Services, interaction: discord.Interaction, persona: str | None, *, new_scene: bool = False
) -> tuple[Persona, str | None] | None:
    """Return who would answer a command, with their key if it named them; None where it was told why nobody.

    `anew` is for a scene yet to begin.

    Raises:
        Refused: no such persona is there, or not for this channel.
    """
    key = services.persona(interaction.guild_id, persona, interaction.channel).key if persona else None
    found = await services.story.hearing.who(place_of(interaction), key, new_scene=new_scene)
    if isinstance(found, NoReply):
        await tell_why(services, interaction, found)
        return None
    return found, key


class SceneButton(discord.ui.DynamicItem[Button], template=r"rp:resume:(?P<scene>[0-9]+)(?P<after>:[0-9]+)?"):
    """Takes a scene up again: what undoes a new one, or another that was resumed.

    It names the scene that it ends, so that an old one does not end what began since. Those from before it
    did name none.
    """

    def __init__(self, scene_id: int, ends: int | None) -> None:
        """Go back to this scene from the one that `ends`."""
        named = f"rp:resume:{scene_id}" if ends is None else f"rp:resume:{scene_id}:{ends}"
        super().__init__(Button(label=say("button.undo"), custom_id=named))
        self._scene_id = scene_id
        self._ends = ends

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Make it again from its id."""
        del interaction, item
        return cls(int(match["scene"]), int(match["after"][1:]) if match["after"] else None)

    async def callback(self, interaction: discord.Interaction) -> None:
        """Resume the scene."""
        async with answering(interaction) as services:
            require_writing(interaction)
            await require_steering(services, interaction)
            opened = await services.story.scenes.resume(
                place_of(interaction), self._scene_id, instead_of=self._ends
            )
            if opened is None:
                raise Refused(say("command.no_such_scene"))
            name = scene_name(opened.scene.id, opened.scene.title)
            if opened.scene.id != self._scene_id:
                raise Refused(say("command.another_scene", scene=name))
            text = say("scene.back", scene=name)
            await interaction.response.edit_message(content=text, view=undo(opened))


def undo(opened: SceneChange) -> discord.ui.View | None:
    """Return the button that goes back to what was played before; None if that was nothing else."""
    if opened.before is None or opened.before.id == opened.scene.id:
        return None
    view = discord.ui.View(timeout=None)
    view.add_item(SceneButton(opened.before.id, opened.scene.id))
    return view


class GoOnButton(discord.ui.DynamicItem[Button], template=r"rp:go_on"):
    """Ends a server's pause, for those with Manage Server."""

    def __init__(self) -> None:
        """Go on."""
        super().__init__(Button(label=say("button.go_on"), custom_id="rp:go_on"))

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Make it again; it is always the same."""
        del interaction, item, match
        return cls()

    async def callback(self, interaction: discord.Interaction) -> None:
        """End the pause, and tell everybody."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            assert interaction.guild_id is not None
            await services.story.choices.go_on(interaction.guild_id)
            await interaction.response.edit_message(view=None)
            await interaction.followup.send(say("dramatis.goes_on"))


def scene_name(scene_id: int, title: str) -> str:
    """Return what people call a scene."""
    name = escape_markdown(title) if title else say("scene.untitled")
    return say("scene.name", number=scene_id, title=name)


class SettingMenu(
    discord.ui.DynamicItem[Select], template=r"rp:set:(?P<scope>channel|server):(?P<key>persona|[a-z_]+)"
):
    """One setting in the panel."""

    def __init__(self, custom_id: str, scope: panel.PanelScope, key: str, item: Select | None = None) -> None:
        """Show a setting as `item`."""
        super().__init__(item or Select(custom_id=custom_id))
        self._scope = scope
        self._key = key

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Make it again from its id."""
        del interaction
        assert isinstance(item, discord.ui.Select)
        scope: panel.PanelScope = "server" if match["scope"] == "server" else "channel"
        return cls(match[0], scope, match["key"], item)

    async def callback(self, interaction: discord.Interaction) -> None:
        """Set it, and show what counts now."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            (value,) = self.item.values
            await self._set(services, interaction, value)
            await show_panel(services, interaction, self._scope, panel.page_of(self._key))
            if (self._scope, self._key) == ("channel", "persona") and value not in {
                panel.INHERIT,
                panel.NOBODY,
            }:
                # For all to see: it concerns everybody who writes here.
                await announce(services, interaction, interaction.followup.send)

    async def _set(self, services: Services, interaction: discord.Interaction, value: str) -> None:
        place = place_of(interaction)
        scope_id = place.guild_id if self._scope == "server" else place.channel_id
        assert scope_id is not None
        fixed = (await services.story.casting.lookup(place)).fixed
        if self._scope == "channel" and self._key in fixed:
            raise Refused(say("command.fixed", key=fixed[self._key]))
        if self._key == "persona":
            await self._set_persona(services, interaction, scope_id, value)
        elif self._key in VALUES and value in {panel.INHERIT, *VALUES[self._key]}:
            chosen = None if value == panel.INHERIT else value
            await services.story.choices.choose(self._scope, scope_id, self._key, chosen, interaction.user.id)
        else:
            raise Refused(say("command.stale_panel"))

    async def _set_persona(
        self, services: Services, interaction: discord.Interaction, scope_id: int, value: str
    ) -> None:
        if value == panel.INHERIT:
            await services.story.choices.unbind(self._scope, scope_id)
            return
        channel = interaction.channel if self._scope == "channel" else None
        key = None if value == panel.NOBODY else services.persona(interaction.guild_id, value, channel).key
        await services.story.choices.bind(self._scope, scope_id, key, interaction.user.id)


class PanelButton(
    discord.ui.DynamicItem[Button], template=r"rp:panel:(?P<scope>channel|server)(?::(?P<page>[0-9]+))?"
):
    """Turns the panel: from the channel to the server and back, and to its other page.

    Those from before there were pages name none, and lead to the first.
    """

    def __init__(self, scope: panel.PanelScope, page: int, label: str) -> None:
        """Lead to a page of the settings of this scope."""
        super().__init__(Button(label=label, custom_id=f"rp:panel:{scope}:{page}"))
        self._scope: panel.PanelScope = scope
        self._page = page

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Make it again from its id."""
        del interaction
        assert isinstance(item, discord.ui.Button)
        scope: panel.PanelScope = "server" if match["scope"] == "server" else "channel"
        return cls(scope, int(match["page"] or 1), item.label or "")

    async def callback(self, interaction: discord.Interaction) -> None:
        """Show that panel."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            if not 1 <= self._page <= len(panel.PAGES):
                raise Refused(say("command.stale_panel"))
            await show_panel(services, interaction, self._scope, self._page)


async def show_panel(
    services: Services, interaction: discord.Interaction, scope: panel.PanelScope, page: int = 1
) -> None:
    """Show the settings that count here, in place of the panel that was used or as a new one."""
    found = await panel.read(services, interaction, scope, page)
    view = discord.ui.View(timeout=None)
    for key, options in found.menus.items():
        custom_id = f"rp:set:{scope}:{key}"
        menu = Select(
            custom_id=custom_id,
            placeholder=found.placeholders[key],
            options=options,
            disabled=key in found.disabled,
        )
        view.add_item(SettingMenu(custom_id, scope, key, menu))
    other: panel.PanelScope = "channel" if scope == "server" else "server"
    view.add_item(PanelButton(other, page, say(f"button.panel.{other}")))
    more = page < len(panel.PAGES)
    view.add_item(
        PanelButton(scope, page + 1, say("button.panel.more"))
        if more
        else PanelButton(scope, 1, say("button.panel.back"))
    )
    if interaction.type is discord.InteractionType.component:
        await interaction.response.edit_message(content=found.text, view=view)
    else:
        await tell(interaction, found.text, view=view)
