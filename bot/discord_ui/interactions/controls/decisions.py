"""The controls with which people decide who plays and how: menus and buttons of panels, notices and answers.

Law: everything a control needs to know is in its `custom_id`; rights are checked when it is used.
"""

from typing import Any

import discord

from bot.core.casts import ALL
from bot.core.moderation import Act
from bot.core.persona import Persona
from bot.core.posts.pages import clipped
from bot.core.settings import CHOICES as VALUES
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused, answering, show
from bot.discord_ui.interactions.common.choosing import channel_of, persona_named
from bot.discord_ui.interactions.common.rights import (
    require,
    require_moderation,
    require_steering,
    require_writing,
)
from bot.discord_ui.interactions.common.services import Services, place_of, server_of
from bot.discord_ui.interactions.controls.persistent import PersistentControl
from bot.discord_ui.interactions.playing.opener import introduce
from bot.discord_ui.interactions.settings_panel import settings
from bot.discord_ui.interactions.settings_panel.pages import Page, PanelScope
from bot.discord_ui.voices import voice_of
from bot.story.places.casts import CastChange
from bot.story.scenes.scenes import SceneChange
from bot.texts.sentences import Sentence, Voice

Select = discord.ui.Select[Any]
Button = discord.ui.Button[Any]

LONGEST_LABEL = 80
"""UTF-16 units that Discord takes in a button's label (its page "Component Reference", Button Structure)."""


class PersonaMenu(PersistentControl[Select], template=r"rp:use"):
    """Chooses the persona of a channel that has none, for people with Manage Channels."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Bind the channel."""
        async with answering(interaction) as services:
            (key,) = self.item.values
            async with services.story.notices.opening(place_of(interaction).channel_id):
                persona = await give_channel(services, interaction, key)
                if interaction.message is None or not interaction.message.flags.ephemeral:
                    await introduce(
                        services,
                        interaction,
                        lambda card: interaction.response.edit_message(content=None, view=card),
                    )
                    return
                # Only one person sees this answer, but the choice concerns everyone who writes here.
                chosen = voice_of(interaction).say("menu.chosen", persona=panel.plain(persona.name))
                await interaction.response.edit_message(content=chosen, view=None)
                await introduce(services, interaction, lambda card: interaction.followup.send(view=card))


async def give_channel(services: Services, interaction: discord.Interaction, key: str) -> Persona:
    """Bind a channel to the persona with this key, and return it.

    Raises:
        Refused: the person may not, the persona does not exist or is not for this channel, or the host has
            set another.
    """
    require(interaction, "manage_channels")
    place = place_of(interaction)
    persona = persona_named(services, server_of(interaction), key, channel_of(interaction))
    fixed = (await services.story.casting.lookup(place)).fixed
    if "persona" in fixed:
        raise Refused("player.persona_fixed", about=fixed["persona"])
    await services.story.choices.bind("channel", place.channel_id, persona.key, interaction.user.id)
    services.moderation.used(interaction, Act.PERSONA_SET)
    return persona


class SceneButton(
    PersistentControl[Button], template=r"rp:resume:(?P<scene>[0-9]{1,18})(?::(?P<after>[0-9]{1,18}))?"
):
    """Resumes the scene that was played before another was started or resumed.

    Its id names the scene it ends, so that an old button does not end a later scene. The ids of the first
    version name none.
    """

    async def callback(self, interaction: discord.Interaction) -> None:
        """Resume the scene."""
        async with answering(interaction) as services:
            require_writing(interaction)
            await require_steering(services, interaction)
            place, scene_id, ends = place_of(interaction), int(self.ids["scene"]), self.ids["after"]
            ended = None if ends is None else int(ends)
            opened = await services.story.scenes.resume(place, scene_id, instead_of=ended)
            if opened is None:
                raise Refused("command.no_such_scene")
            name = scene_name(opened.scene.id, opened.scene.title)
            if opened.scene.id != scene_id:
                raise Refused("command.another_scene", scene=name)
            services.moderation.used(interaction, Act.SCENE_RESUMED, about=str(scene_id))
            voice = await services.voices.lookup(place)
            text, back = voice.say("scene.back", scene=name), resume_button(opened, voice)
            if interaction.message is not None and interaction.message.flags.components_v2:
                # The card of the scene that is over: a message never loses Discord's newer components.
                rows = [panel.row(back)] if back is not None else []
                await interaction.response.edit_message(view=panel.panel([panel.text(text), *rows]))
            else:
                await interaction.response.edit_message(content=text, view=resume_view(opened, voice))


def resume_button(opened: SceneChange, voice: Voice) -> Button | None:
    """Return the button that resumes the scene before this one; None if there was no other."""
    if opened.before is None or opened.before.id == opened.scene.id:
        return None
    custom_id = f"rp:resume:{opened.before.id}:{opened.scene.id}"
    name = f"#{opened.before.id} {opened.before.title}".strip()
    label = clipped(voice.say("button.undo.scene", scene=name), LONGEST_LABEL)
    return Button(label=label, custom_id=custom_id)


def resume_view(opened: SceneChange, voice: Voice) -> discord.ui.View | None:
    """Return the button of `resume_button` to stand under a text."""
    button = resume_button(opened, voice)
    return None if button is None else _view(SceneButton(button))


class GoOnButton(PersistentControl[Button], template=r"rp:go_on(?::(?P<where>channel))?"):
    """Ends the pause of a server or of a channel, for moderators."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """End the pause, and tell the channel."""
        async with answering(interaction) as services:
            where: PanelScope = "server" if self.ids["where"] is None else "channel"
            require_moderation(interaction, where)
            place = place_of(interaction)
            scope_id = place.channel_id if where == "channel" else place.guild_id or 0
            await services.story.choices.go_on(where, scope_id)
            services.moderation.used(interaction, Act.RESUMED, everywhere=where == "server")
            voice = await services.voices.lookup(place)
            await interaction.response.edit_message(view=None)
            await interaction.followup.send(voice.say("dramatis.goes_on"))


def go_on_button(where: PanelScope, voice: Voice) -> discord.ui.View:
    """Return the button that ends the pause of a server or of the channel it stands in."""
    custom_id = "rp:go_on" if where == "server" else "rp:go_on:channel"
    return _view(GoOnButton(Button(label=voice.say("button.go_on"), custom_id=custom_id)))


def scene_name(scene_id: int, title: str) -> Sentence:
    """Return the name of a scene: its number, and its title if it has one."""
    name = panel.plain(title) if title else Sentence("scene.untitled")
    return Sentence("scene.name", number=scene_id, title=name)


def _view(*items: discord.ui.Item[Any]) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for item in items:
        view.add_item(item)
    return view


def _scope_of(control: PersistentControl[Any]) -> PanelScope:
    return "server" if control.ids["scope"] == "server" else "channel"


class SettingMenu(
    PersistentControl[Select], template=r"rp:set:(?P<scope>channel|server):(?P<key>persona|[a-z_]+)"
):
    """One setting in the panel."""

    @property
    def scope(self) -> PanelScope:
        """The scope of the panel."""
        return _scope_of(self)

    @property
    def key(self) -> str:
        """The name of the setting."""
        key: str = self.ids["key"]
        return key

    async def callback(self, interaction: discord.Interaction) -> None:
        """Store the choice, and show what counts now."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            (value,) = self.item.values
            async with services.story.notices.opening(place_of(interaction).channel_id):
                await self._set(services, interaction, value)
                page = settings.PAGES.get(self.key, Page.MAIN)
                await show_settings(services, interaction, self.scope, page)
                if (self.scope, self.key) == ("channel", "persona") and value not in {
                    settings.INHERIT,
                    settings.NOBODY,
                }:
                    # The channel is told: it concerns everyone who writes here.
                    await introduce(services, interaction, lambda card: interaction.followup.send(view=card))

    async def _set(self, services: Services, interaction: discord.Interaction, value: str) -> None:
        place = place_of(interaction)
        scope_id = place.guild_id if self.scope == "server" else place.channel_id
        assert scope_id is not None
        fixed = (await services.story.casting.lookup(place)).fixed
        if self.scope == "channel" and self.key in fixed:
            raise Refused("command.fixed", key=fixed[self.key])
        if self.key == "persona":
            await self._set_persona(services, interaction, scope_id, value)
            services.moderation.used(interaction, Act.PERSONA_SET, everywhere=self.scope == "server")
        elif self.key in VALUES and value in {settings.INHERIT, *VALUES[self.key]}:
            chosen = None if value == settings.INHERIT else value
            await services.story.choices.choose(self.scope, scope_id, self.key, chosen, interaction.user.id)
            everywhere = self.scope == "server"
            services.moderation.used(interaction, Act.SETTING, about=self.key, everywhere=everywhere)
        else:
            raise Refused("command.stale_panel")

    async def _set_persona(
        self, services: Services, interaction: discord.Interaction, scope_id: int, value: str
    ) -> None:
        if value == settings.INHERIT:
            await services.story.choices.unbind(self.scope, scope_id)
            return
        channel = interaction.channel if self.scope == "channel" else None
        nobody = value == settings.NOBODY
        key = None if nobody else persona_named(services, interaction.guild_id, value, channel).key
        await services.story.choices.bind(self.scope, scope_id, key, interaction.user.id)


class CastMenu(PersistentControl[Select], template=r"rp:cast:(?P<key>\w[\w-]{0,63})"):
    """How much one of a channel's personas talks, or that it is muted."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Store the choice, and show the cast as it is now."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            (value,), key, user_id = self.item.values, str(self.ids["key"]), interaction.user.id
            place, casts = place_of(interaction), services.story.choices.casts
            if value == settings.MUTED:
                change = await casts.mute(place, key, user_id)
            elif value == settings.USUAL:
                change = await casts.tune(place, key, None, user_id)
            elif value.isdecimal() and int(value) in ALL:
                change = await casts.tune(place, key, int(value), user_id)
            else:
                raise Refused("command.stale_panel")
            if change is not CastChange.DONE:
                raise Refused("command.stale_panel")
            services.moderation.used(interaction, Act.PERSONA_SET)
            await show_settings(services, interaction, "channel", Page.CAST)


class PanelButton(
    PersistentControl[Button], template=r"rp:panel:(?P<scope>channel|server)(?::(?P<page>[0-9]+|[a-z]+))?"
):
    """Opens the panel of the other scope, on the same page.

    A page that there isn't, of another version for example, is the first.
    """

    async def callback(self, interaction: discord.Interaction) -> None:
        """Show the panel."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            await show_settings(services, interaction, _scope_of(self), _page_named(self.ids["page"]))


class PageMenu(PersistentControl[Select], template=r"rp:page:(?P<scope>channel|server)"):
    """Turns the pages of a panel."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Show the page."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            (page,) = self.item.values
            await show_settings(services, interaction, _scope_of(self), _page_named(page))


def _page_named(name: str | None) -> Page:
    return Page(name) if name in set(Page) else Page.MAIN


async def show_settings(
    services: Services,
    interaction: discord.Interaction,
    scope: PanelScope,
    page: Page = Page.MAIN,
) -> None:
    """Show the settings that count here, in place of the panel that was used or as a new one."""
    await show(interaction, await settings.settings_panel(services, interaction, scope, page))
