"""`/scene`: the stories of a channel.

Law: nothing is lost. A new scene leaves the old one whole, and whatever begins or resumes one can be undone.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import discord
from discord import app_commands

from bot.core.names import TITLE_LIMIT, clean_title
from bot.core.persona import Persona
from bot.core.posts.pages import clipped, utf16_length
from bot.core.prompting.inspection import bar
from bot.core.routing import NoReply
from bot.core.scene import Place
from bot.discord_ui.inbound import read_place
from bot.discord_ui.interactions.controls import asked_for, scene_name, undo
from bot.discord_ui.interactions.rights import require_steering, why_not_steer
from bot.discord_ui.interactions.services import (
    CHOICES,
    LABEL,
    Refused,
    Services,
    answering,
    complete_persona,
    may,
    place_of,
    require_writing,
    services_of,
    tell,
)
from bot.discord_ui.posting.by_answer import AnswerRoute
from bot.discord_ui.posting.poster import Poster
from bot.discord_ui.posting.request import Channel
from bot.discord_ui.replies.post_view import PostView
from bot.storage.scenes import Outline
from bot.story.scenes import SceneChange
from bot.texts.sentences import say

ANSWER_LIMIT = 1900
"""Characters of a list in one answer; Discord takes 2,000."""

SEARCHED = 1000
"""Scenes of a channel that are looked through, the latest."""

NAMED = 12
"""People named in what is said of a scene."""


class SceneCommands(app_commands.Group):
    """Begin, list, resume and look at scenes."""

    def __init__(self) -> None:
        """Build the group."""
        super().__init__(name="scene", description=say("describe.scene"), guild_only=True)

    @app_commands.command(name="new", description=say("describe.scene.new"))
    @app_commands.describe(title=say("describe.scene.title"), persona=say("describe.scene.persona"))
    @app_commands.autocomplete(persona=complete_persona)
    async def new(
        self,
        interaction: discord.Interaction,
        title: app_commands.Range[str, 1, TITLE_LIMIT] = "",
        persona: str | None = None,
    ) -> None:
        """Begin a scene, or offer a thread for it where others are playing."""
        async with answering(interaction) as services:
            require_writing(interaction)
            place = place_of(interaction)
            asked = await asked_for(services, interaction, persona, new_scene=True)
            if asked is None:
                return
            found, key = asked
            beginning = _Beginning(found, title, chosen=key is not None)
            why_not = await why_not_steer(services, interaction)
            company = await services.story.scenes.has_company(place, interaction.user.id)
            if why_not is None and not company:
                await beginning.here(services, interaction)
            else:
                await _offer(interaction, beginning, why_not, company=company)

    @app_commands.command(name="list", description=say("describe.scene.list"))
    async def list_all(self, interaction: discord.Interaction) -> None:
        """List the scenes of this channel."""
        async with answering(interaction) as services:
            outlines = await services.story.scenes.outlines(place_of(interaction), SEARCHED)
            await tell(interaction, _list(outlines) if outlines else say("scene.none"))

    @app_commands.command(name="resume", description=say("describe.scene.resume"))
    @app_commands.describe(scene=say("describe.scene.which"))
    async def resume(self, interaction: discord.Interaction, scene: int) -> None:
        """Take an earlier scene up again."""
        async with answering(interaction) as services:
            require_writing(interaction)
            await require_steering(services, interaction)
            opened = await services.story.scenes.resume(place_of(interaction), scene)
            if opened is None:
                raise Refused(say("command.no_such_scene"))
            if opened.before is not None and opened.before.id == opened.scene.id:
                raise Refused(say("command.same_scene"))
            name = scene_name(opened.scene.id, opened.scene.title)
            await interaction.response.send_message(say("scene.resumed", scene=name), **_undo(opened))

    @resume.autocomplete("scene")
    async def _scenes(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[int]]:
        outlines = await services_of(interaction).story.scenes.outlines(place_of(interaction), SEARCHED)
        labels = [(outline.scene.id, _label(outline)) for outline in outlines if not outline.playing]
        fitting = [(id_, label) for id_, label in labels if typed.strip().casefold() in label.casefold()]
        return [
            app_commands.Choice(name=clipped(label, LABEL), value=id_) for id_, label in fitting[:CHOICES]
        ]

    @app_commands.command(name="info", description=say("describe.scene.info"))
    async def info(self, interaction: discord.Interaction) -> None:
        """Say who plays, how long the scene is and how full the window."""
        async with answering(interaction) as services:
            place = place_of(interaction)
            outlines = await services.story.scenes.outlines(place, 1)
            if not outlines:
                raise Refused(say("scene.none"))
            await tell(interaction, await _described(services, place, outlines[0]))


class _Beginning:
    """A scene that somebody wants to begin."""

    def __init__(self, persona: Persona, title: str, *, chosen: bool) -> None:
        self.persona = persona
        self.title = clean_title(title)
        self.chosen = chosen

    async def open(self, services: Services, place: Place, starter_id: int) -> SceneChange:
        return await services.story.scenes.begin(
            place, self.persona, self.title, starter_id=starter_id, chosen=self.chosen
        )

    async def here(self, services: Services, interaction: discord.Interaction) -> None:
        """Begin it in this channel, for all to see."""
        opened = await self.open(services, place_of(interaction), interaction.user.id)
        persona = discord.utils.escape_markdown(self.persona.name)
        text = say("scene.opened", scene=scene_name(opened.scene.id, opened.scene.title), persona=persona)
        if interaction.response.is_done():
            await interaction.followup.send(text, **_undo(opened))
        else:
            await interaction.response.send_message(text, **_undo(opened))
        await _greet(services, opened, await self._poster(services, interaction))

    async def _poster(self, services: Services, interaction: discord.Interaction) -> Poster:
        """Return who greets in this channel; where the bot may not be, it is an answer to the command."""
        channel = interaction.channel
        if not (interaction.app_permissions.view_channel and isinstance(channel, Channel)):
            return services.faces.plain(AnswerRoute(interaction))
        own, place = AnswerRoute(interaction), place_of(interaction)
        cast = await services.story.casting.lookup(place)
        return services.faces.poster(cast, place, channel, lambda: self.persona, own)

    async def in_thread(self, services: Services, interaction: discord.Interaction) -> None:
        """Begin it in a new thread, and lead there from the answer that stands."""
        channel = interaction.channel
        assert isinstance(channel, discord.TextChannel)
        name = self.title or say("scene.thread", persona=self.persona.name)
        kind = discord.ChannelType.news_thread if channel.is_news() else discord.ChannelType.public_thread
        thread = await channel.create_thread(name=clipped(name, TITLE_LIMIT), type=kind)
        opened = await self.open(services, read_place(thread, interaction.guild_id), interaction.user.id)
        await interaction.edit_original_response(content=say("scene.in_thread", thread=thread.id))
        place = read_place(thread, interaction.guild_id)
        cast = await services.story.casting.lookup(place)
        await _greet(services, opened, services.faces.poster(cast, place, thread, lambda: self.persona))
        await thread.add_user(interaction.user)


class _Offer(discord.ui.View):
    """Asks whether to leave those who are playing here alone. It can be taken once, until a restart."""

    def __init__(self, services: Services, beginning: _Beginning, *, thread: bool, here: bool) -> None:
        super().__init__(timeout=600)
        self._offers = services.offers
        self._beginning = beginning
        self._taken = False
        self.thread = thread
        if not thread:
            self.remove_item(self.open_thread)
        if not here:
            self.remove_item(self.begin_here)
        self._ids = {str(button.custom_id) for button in (self.open_thread, self.begin_here)}
        self._offers |= self._ids

    async def on_timeout(self) -> None:
        """Work no more; whoever comes now is told to ask again."""
        self._offers -= self._ids

    def _take(self) -> None:
        """Be taken, once: two clicks must not begin two scenes.

        Raises:
            Refused: it was.
        """
        if self._taken:
            raise Refused(say("command.too_old"))
        self._taken = True

    @discord.ui.button(label=say("button.thread"), style=discord.ButtonStyle.primary)
    async def open_thread(self, interaction: discord.Interaction, _: "discord.ui.Button[_Offer]") -> None:
        """Begin in a thread, which needs no right in the scene that is played here."""
        async with answering(interaction) as services:
            if not may_open_thread(interaction):
                raise Refused(say("command.no_right", right=say("right.create_public_threads")))
            self._take()
            await interaction.response.edit_message(content=say("scene.opening"), view=None)
            await self._beginning.in_thread(services, interaction)

    @discord.ui.button(label=say("button.over_here"))
    async def begin_here(self, interaction: discord.Interaction, _: "discord.ui.Button[_Offer]") -> None:
        """Begin here all the same."""
        async with answering(interaction) as services:
            await require_steering(services, interaction)
            self._take()
            await interaction.response.edit_message(content=say("scene.begins"), view=None)
            await self._beginning.here(services, interaction)


async def _offer(
    interaction: discord.Interaction, beginning: _Beginning, why_not: str | None, *, company: bool
) -> None:
    """Ask where a scene is to begin; `why_not` is what speaks against here, `company` whether others play.

    Raises:
        Refused: it may begin neither here nor in a thread.
    """
    offer = _Offer(
        services_of(interaction), beginning, thread=may_open_thread(interaction), here=why_not is None
    )
    if why_not is not None and not offer.thread:
        raise Refused(why_not)
    others = say("scene.company.thread" if offer.thread else "scene.company.alone")
    await tell(interaction, others if company else str(why_not), view=offer)


def may_open_thread(interaction: discord.Interaction) -> bool:
    """Tell whether both the person and the bot may open a thread here and write in it."""
    needed = ("create_public_threads", "send_messages_in_threads")
    ours = interaction.app_permissions
    return (
        isinstance(interaction.channel, discord.TextChannel)
        and may(interaction, *needed)
        and (ours.administrator or all(getattr(ours, right) for right in (*needed, "view_channel")))
    )


async def _greet(services: Services, opened: SceneChange, poster: Poster) -> None:
    """Post the persona's first words; words that nobody sees are none."""
    if opened.greeting is None:
        return
    view = PostView(opened.greeting, poster, services.story.scenes.record(opened.greeting))
    try:
        await view.show(opened.greeting.text, final=True)
    except Exception:
        if not view.seen:
            await services.story.scenes.forget_greeting(opened.greeting)
        raise


def _undo(opened: SceneChange) -> dict[str, Any]:
    """Return the button that goes back to what was played before, if anything was."""
    view = undo(opened)
    return {"view": view} if view else {}


def _list(outlines: Sequence[Outline]) -> str:
    """Return as many lines as one message holds, and how many scenes are left."""
    lines = [_listed(outline) for outline in outlines]
    shown = 0
    for length in accumulate(utf16_length(line) + 1 for line in lines):
        shown += length <= ANSWER_LIMIT
    more = [say("scene.more", count=len(lines) - shown)] if shown < len(lines) else []
    return "\n".join([*lines[:shown], *more])


def _listed(outline: Outline) -> str:
    kind = "playing" if outline.playing else "resting"
    scene, last = outline.scene, int(outline.last.timestamp())
    name = scene_name(scene.id, scene.title)
    return say(f"scene.{kind}", scene=name, turns=_turns(outline), last=last)


def _label(outline: Outline) -> str:
    scene = outline.scene
    title = scene.title or say("scene.untitled")
    day = f"{outline.last:%Y-%m-%d}"
    return say("scene.label", number=scene.id, title=title, turns=_turns(outline), day=day)


def _turns(outline: Outline) -> str:
    return say("scene.turns.one") if outline.turns == 1 else say("scene.turns.many", turns=outline.turns)


async def _described(services: Services, place: Place, outline: Outline) -> str:
    scene = outline.scene
    part = await services.story.casting.lookup(place)
    people = await services.story.scenes.speakers(scene)
    named = ", ".join(discord.utils.escape_markdown(name) for name in people[:NAMED])
    more = say("scene.more_people", count=len(people) - NAMED) if len(people) > NAMED else ""
    persona = discord.utils.escape_markdown(part.persona.name) if part.persona else say("scene.nobody")
    lines = [
        say("scene.title", scene=scene_name(scene.id, scene.title), persona=persona),
        say("scene.length", turns=_turns(outline), last=int(outline.last.timestamp())),
        say("scene.people", people=named + more) if people else say("scene.no_people"),
    ]
    if scene.starter_id is not None:
        lines.append(say("scene.begun_by", user=scene.starter_id))
    found = await services.story.inspector.next(place)
    if found is not None and not isinstance(found, NoReply):
        used = sum(tokens for name, tokens in found.parts.items() if name != "free")
        share = round(100 * used / found.window)
        shown = bar({"used": used, "free": found.parts["free"]}, {"used": "█", "free": "░"}, width=20)
        lines.append(say("scene.window", bar=shown, share=share, turns=found.turns, window=found.window))
        if found.left_out:
            lines.append(say("scene.left_out", turns=found.left_out))
    return "\n".join(lines)
