"""`/scene`: the stories of a channel.

Law: nothing is lost. A new scene leaves the old one whole, and starting or resuming a scene can be undone.
"""

from collections.abc import Sequence
from itertools import accumulate

import discord
from discord import app_commands

from bot.core.moderation import Act, Entry
from bot.core.names import TITLE_LIMIT, clean_title
from bot.core.persona import Persona
from bot.core.posts.pages import clipped, utf16_length
from bot.core.scene import Participant, Place
from bot.core.transfer.chat import Format
from bot.discord_ui.inbound import read_place
from bot.discord_ui.interactions.commands.scene_export import FORMATS, export_scene
from bot.discord_ui.interactions.commands.scene_info import scene_panel
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused, admits, answering, show, tell
from bot.discord_ui.interactions.common.choosing import (
    CHOICES,
    LABEL,
    complete_greeting,
    complete_persona,
    greeting_numbered,
)
from bot.discord_ui.interactions.common.pressing import in_public
from bot.discord_ui.interactions.common.rights import (
    may,
    may_open_thread,
    require_steering,
    require_taking_part,
    require_writing,
    why_not_steer,
)
from bot.discord_ui.interactions.common.services import Services, place_of, services_of
from bot.discord_ui.interactions.controls import import_button, resume_button, resume_view, scene_name
from bot.discord_ui.interactions.playing.asking import asked_for
from bot.discord_ui.interactions.playing.opener import Occasion, greeter, present
from bot.discord_ui.interactions.settings_panel.settings import lacks_to_answer
from bot.discord_ui.posting.request import NewPost
from bot.discord_ui.replies.buttons import stateless_view
from bot.discord_ui.voices import label, voice_of
from bot.storage.scenes import Outline
from bot.story.scenes.scenes import SceneChange
from bot.texts.scenes import turns_of
from bot.texts.sentences import Sentence, Voice

ANSWER_LIMIT = 1900
"""Characters of a list in one answer; Discord takes 2,000."""

SEARCHED = 1000
"""The latest scenes of a channel, in which a list or a search looks."""


class SceneCommands(app_commands.Group):
    """The commands to start, list, resume, look at and export scenes."""

    def __init__(self) -> None:
        """Build the group."""
        super().__init__(name="scene", description=label("describe.scene"))

    @app_commands.command(name="new", description=label("describe.scene.new"))
    @app_commands.describe(
        title=label("describe.scene.title"),
        persona=label("describe.scene.persona"),
        greeting=label("describe.scene.greeting"),
    )
    @app_commands.autocomplete(persona=complete_persona)
    async def new(
        self,
        interaction: discord.Interaction,
        title: app_commands.Range[str, 1, TITLE_LIMIT] = "",
        persona: str | None = None,
        greeting: int | None = None,
    ) -> None:
        """Start a scene, or offer a thread for it where other people play."""
        async with answering(interaction) as services:
            require_writing(interaction)
            await require_taking_part(services, interaction)
            place = place_of(interaction)
            asked = await asked_for(services, interaction, persona, new_scene=True)
            if asked is None:
                return
            found, key = asked
            words = None
            if greeting is not None:
                words = await greeting_numbered(services, place, found.persona, greeting)
            beginning = _Beginning(found.persona, title, key, words)
            why_not = await why_not_steer(services, interaction)
            company = await services.story.scenes.has_company(place, interaction.user.id)
            if why_not is None and not company:
                await beginning.here(services, interaction)
            else:
                await _offer(interaction, beginning, why_not, company=company)

    @new.autocomplete("greeting")
    async def _greetings(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[int]]:
        return await complete_greeting(interaction, typed)

    @app_commands.command(name="list", description=label("describe.scene.list"))
    async def list_all(self, interaction: discord.Interaction) -> None:
        """List the scenes of this channel."""
        async with answering(interaction) as services:
            outlines = await services.story.scenes.outlines(place_of(interaction), SEARCHED)
            voice = voice_of(interaction)
            text = _list(outlines, voice) if outlines else Sentence("scene.none")
            view = stateless_view([import_button(voice)]) if may(interaction, "manage_guild") else None
            await tell(interaction, text, **({"view": view} if view is not None else {}))

    @app_commands.command(name="resume", description=label("describe.scene.resume"))
    @app_commands.describe(scene=label("describe.scene.which"))
    async def resume(self, interaction: discord.Interaction, scene: int) -> None:
        """Resume an earlier scene."""
        async with answering(interaction) as services:
            require_writing(interaction)
            await require_steering(services, interaction)
            place = place_of(interaction)
            opened = await services.story.scenes.resume(place, scene)
            if opened is None:
                raise Refused("command.no_such_scene")
            if opened.before is not None and opened.before.id == opened.scene.id:
                raise Refused("command.same_scene")
            services.moderation.used(interaction, Act.SCENE_RESUMED, about=str(opened.scene.id))
            name = scene_name(opened.scene.id, opened.scene.title)
            voice = await services.voices.lookup(place)
            text = voice.say("scene.resumed", scene=name)
            view = resume_view(opened, voice) or discord.utils.MISSING
            await interaction.response.send_message(text, view=view)

    @resume.autocomplete("scene")
    async def _scenes(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[int]]:
        return await _complete(interaction, typed, playing=False)

    @app_commands.command(name="export", description=label("describe.scene.export"))
    @app_commands.describe(format=label("describe.scene.format"), scene=label("describe.scene.exported"))
    @app_commands.choices(format=FORMATS)
    async def export(
        self,
        interaction: discord.Interaction,
        format: str = Format.HTML,  # noqa: A002 - the option's name
        scene: int | None = None,
    ) -> None:
        """Answer with a scene as a file."""
        async with answering(interaction) as services:
            await export_scene(services, interaction, Format(format), scene)

    @export.autocomplete("scene")
    async def _all_scenes(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[int]]:
        return await _complete(interaction, typed, playing=True)

    @app_commands.command(name="info", description=label("describe.scene.info"))
    async def info(self, interaction: discord.Interaction) -> None:
        """Show who plays, and how much of the scene is remembered."""
        async with answering(interaction) as services:
            outlines = await services.story.scenes.outlines(place_of(interaction), 1)
            if not outlines:
                raise Refused("scene.none")
            await show(interaction, await scene_panel(services, interaction, outlines[0]))


async def _complete(
    interaction: discord.Interaction, typed: str, *, playing: bool
) -> list[app_commands.Choice[int]]:
    """Return the scenes of this channel that match what a person has typed so far."""
    outlines = await services_of(interaction).story.scenes.outlines(place_of(interaction), SEARCHED)
    voice = voice_of(interaction)
    labels = [
        (outline.scene.id, _label(outline, voice)) for outline in outlines if playing or not outline.playing
    ]
    fitting = [(id_, label) for id_, label in labels if typed.strip().casefold() in label.casefold()]
    return [app_commands.Choice(name=clipped(label, LABEL), value=id_) for id_, label in fitting[:CHOICES]]


class _Beginning:
    """A scene that a person wants to start.

    `key` is the persona's if the person named it, `greeting` the one that they chose as it is written.
    """

    def __init__(self, persona: Persona, title: str, key: str | None, greeting: str | None) -> None:
        self.persona = persona
        self.title = clean_title(title)
        self.key = key
        self.greeting = greeting

    async def is_still_allowed(self, services: Services, interaction: discord.Interaction) -> bool:
        """Return whether it may still start, and look up its persona; else the person was told why not."""
        asked = await asked_for(services, interaction, self.key, new_scene=True)
        if asked is not None:
            self.persona = asked[0].persona
        return asked is not None

    async def open(self, services: Services, place: Place, who: Participant) -> SceneChange:
        return await services.story.scenes.begin(
            place,
            self.persona,
            self.title,
            greeting=self.greeting,
            starter=who,
            chosen=self.key is not None,
        )

    async def here(self, services: Services, interaction: discord.Interaction) -> None:
        """Start it in this channel, where everyone sees it."""
        place = place_of(interaction)

        async def send(card: discord.ui.LayoutView) -> None:
            if interaction.response.is_done():
                await interaction.followup.send(view=card)
            else:
                await interaction.response.send_message(view=card)

        async with services.story.notices.opening(place.channel_id):
            opened = await self.open(services, place, await in_public(services, interaction))
            services.moderation.used(interaction, Act.SCENE_BEGUN, about=str(opened.scene.id))
            cast = await services.story.casting.lookup(place)
            voice = await services.voices.of(place, cast.settings)
            button, lacks = resume_button(opened, voice), lacks_to_answer(interaction)
            controls = [] if button is None else [button]
            occasion = Occasion(place, interaction.channel, cast, _news(opened), lacks, controls)
            poster = await greeter(services, interaction, cast, self.persona)
            await present(services, occasion, send, opened.greeting, poster)

    async def in_thread(self, services: Services, interaction: discord.Interaction) -> None:
        """Start it in a new thread, and link to that in the answer."""
        channel = interaction.channel
        assert isinstance(channel, discord.TextChannel)
        voice = await services.voices.lookup(place_of(interaction))
        name = self.title or voice.say("scene.thread", persona=self.persona.name)
        kind = discord.ChannelType.news_thread if channel.is_news() else discord.ChannelType.public_thread
        thread = await channel.create_thread(name=clipped(name, TITLE_LIMIT), type=kind)
        place = read_place(thread, interaction.guild_id)
        async with services.story.notices.opening(thread.id):
            who = await in_public(services, interaction)
            opened = await self.open(services, place, who)
            entry = Entry(Act.SCENE_BEGUN, place, interaction.user.id, about=str(opened.scene.id))
            services.moderation.note(entry)
            text = voice_of(interaction).say("scene.in_thread", thread=thread.id)
            await interaction.edit_original_response(content=text)
            cast = await services.story.casting.lookup(place)
            poster = await services.faces.poster(cast, place, thread, lambda: self.persona)

            async def send(card: discord.ui.LayoutView) -> None:
                await poster.plain.send(NewPost("", view=card))

            occasion = Occasion(place, thread, cast, _news(opened))
            await present(services, occasion, send, opened.greeting, poster)
        if not who.character:  # Discord tells everybody which account it is
            await thread.add_user(interaction.user)


class _Offer(discord.ui.View):
    """The choice between a thread and this channel; it works once, and until a restart."""

    def __init__(
        self, offers: set[str], beginning: _Beginning, voice: Voice, *, thread: bool, here: bool
    ) -> None:
        super().__init__(timeout=600)
        self._offers = offers
        self._beginning = beginning
        self._taken = False
        self.thread = thread
        self.open_thread.label = voice.say("button.thread")
        self.begin_here.label = voice.say("button.over_here")
        if not thread:
            self.remove_item(self.open_thread)
        if not here:
            self.remove_item(self.begin_here)
        self._ids = {str(button.custom_id) for button in (self.open_thread, self.begin_here)}
        self._offers |= self._ids

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Let presses through where the bot is served."""
        return await admits(interaction)

    async def on_timeout(self) -> None:
        """Give up the buttons: a press is answered as too old from now on."""
        self._offers -= self._ids

    def _take(self) -> None:
        """Take the offer once: two clicks must not start two scenes.

        Raises:
            Refused: it was taken already.
        """
        if self._taken:
            raise Refused("command.too_old")
        self._taken = True

    @discord.ui.button(style=discord.ButtonStyle.primary)
    async def open_thread(self, interaction: discord.Interaction, _: "discord.ui.Button[_Offer]") -> None:
        """Start in a thread, which takes no right in the scene that is played here."""
        async with answering(interaction) as services:
            if not may_open_thread(interaction):
                raise Refused("command.no_right", right=Sentence("right.create_public_threads"))
            if not await self._beginning.is_still_allowed(services, interaction):
                return
            self._take()
            await interaction.response.edit_message(
                content=voice_of(interaction).say("scene.opening"), view=None
            )
            await self._beginning.in_thread(services, interaction)

    @discord.ui.button()
    async def begin_here(self, interaction: discord.Interaction, _: "discord.ui.Button[_Offer]") -> None:
        """Start here anyway."""
        async with answering(interaction) as services:
            await require_steering(services, interaction)
            if not await self._beginning.is_still_allowed(services, interaction):
                return
            self._take()
            await interaction.response.edit_message(
                content=voice_of(interaction).say("scene.begins"), view=None
            )
            await self._beginning.here(services, interaction)


async def _offer(
    interaction: discord.Interaction, beginning: _Beginning, why_not: Refused | None, *, company: bool
) -> None:
    """Ask where a scene is to start, if `why_not` forbids it here or other people play here (`company`).

    Raises:
        Refused: it may start neither here nor in a thread.
    """
    thread, here = may_open_thread(interaction), why_not is None
    if why_not is not None and not thread:
        raise why_not
    offer = _Offer(
        services_of(interaction).offers, beginning, voice_of(interaction), thread=thread, here=here
    )
    others = Sentence("scene.company.thread" if thread else "scene.company.alone")
    await tell(interaction, others if company or why_not is None else why_not.sentence, view=offer)


def _news(opened: SceneChange) -> Sentence:
    """Return the line above the card of a new scene."""
    title = opened.scene.title
    return Sentence("scene.opened.titled", title=panel.plain(title)) if title else Sentence("scene.opened")


def _list(outlines: Sequence[Outline], voice: Voice) -> str:
    """Return as many lines as one message holds, and the number of further scenes."""
    lines = [voice.render(_listed(outline)) for outline in outlines]
    shown = 0
    for length in accumulate(utf16_length(line) + 1 for line in lines):
        shown += length <= ANSWER_LIMIT
    more = [Sentence("scene.more", count=len(lines) - shown)] if shown < len(lines) else []
    return voice.lines([*lines[:shown], *more])


def _listed(outline: Outline) -> Sentence:
    kind = "playing" if outline.playing else "resting"
    scene, last = outline.scene, int(outline.last.timestamp())
    name = scene_name(scene.id, scene.title)
    return Sentence(f"scene.{kind}", scene=name, turns=turns_of(outline.turns), last=last)


def _label(outline: Outline, voice: Voice) -> str:
    scene = outline.scene
    title = scene.title or voice.say("scene.untitled")
    day = f"{outline.last:%Y-%m-%d}"
    return voice.say("scene.label", number=scene.id, title=title, turns=turns_of(outline.turns), day=day)
