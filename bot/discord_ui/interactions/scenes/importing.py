"""*Import…* in `/scene list`: a chat of SillyTavern's becomes a scene of this channel.

Law: it takes Manage Server at every step. Nothing is stored before the person has seen what the file would
bring, and nothing of a file with a mistake. The form works after a restart; what it showed, until then.
"""

from typing import Any, Final

import discord

from bot.core.moderation import Act
from bot.core.names import NOBODY, TITLE_LIMIT, clean_name, clean_title
from bot.core.posts.pages import clipped, excerpt
from bot.core.scene import Participant
from bot.core.transfer.sillytavern import SIZE_LIMIT, ChatFileError, Fault
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused, answering, tell
from bot.discord_ui.interactions.common.choosing import CHOICES, LABEL
from bot.discord_ui.interactions.common.forms import fields_of, files_of, form_of
from bot.discord_ui.interactions.common.offering import FileOffer, loaded
from bot.discord_ui.interactions.common.rights import require, require_taking_part
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.voices import voice_of
from bot.story.scenes.importing import Plan
from bot.texts.sentences import Sentence, Voice

FORM: Final = "rp:import"
"""The id of the form."""

_FILE, _TITLE = "file", "title"

NAMED: Final = 20
"""Names that are told of each kind."""

_NAMES_LIMIT: Final = 500
"""Characters of all names of one kind."""


def form(voice: Voice) -> discord.ui.Modal:
    """Return the form that asks for the file."""
    megabytes = SIZE_LIMIT // 1024 // 1024
    upload: discord.ui.FileUpload[Any] = discord.ui.FileUpload(custom_id=_FILE, required=True, max_values=1)
    title: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id=_TITLE, required=False, max_length=TITLE_LIMIT
    )
    about = voice.say("import.file.about", most=megabytes)
    fields = (
        discord.ui.Label(text=voice.say("import.file"), description=about, component=upload),
        discord.ui.Label(text=voice.say("import.title"), component=title),
    )
    return form_of(FORM, voice.say("import.form"), fields)


async def take(services: Services, interaction: discord.Interaction) -> None:
    """Read the file of a submitted form, and show what it would bring."""
    require(interaction, "manage_guild")
    await require_taking_part(services, interaction)
    sent = next(files_of(interaction), None)
    if sent is None:
        raise Refused("import.no_file")
    if sent.size > SIZE_LIMIT:
        raise _refused(ChatFileError(Fault.SIZE, 0, SIZE_LIMIT // 1024 // 1024))
    await interaction.response.defer(ephemeral=True, thinking=True)
    content = await loaded(sent)
    try:
        plan = await services.story.records.transfer.read(place_of(interaction), content)
    except ChatFileError as error:
        raise _refused(error) from None
    title = clean_title(fields_of(interaction).get(_TITLE, "")) or clean_title(plan.chat.title)
    offer = _Offer(services, plan, title, interaction)
    await tell(interaction, _told(plan, title, voice_of(interaction)), view=offer)


def _refused(error: ChatFileError) -> Refused:
    about = panel.plain(str(error.about))
    what = Sentence(f"import.fault.{error.fault}", about=about)
    if error.line:
        return Refused("import.refused.line", line=error.line, what=what)
    return Refused("import.refused", what=what)


def _told(plan: Plan, title: str, voice: Voice) -> str:
    """Return what a file would bring."""
    chat, known = plan.chat, [name for name, persona in plan.personas.items() if persona is not None]
    unknown = [name for name in plan.personas if name not in known]
    times = [int(line.at.timestamp()) for line in chat.lines]
    lines = [
        Sentence("import.plan", title=panel.plain(title) if title else Sentence("scene.untitled")),
        Sentence("import.plan.turns", turns=len(chat.lines), first=min(times), last=max(times)),
    ]
    for key, names in (
        ("import.plan.people", plan.people),
        ("import.plan.personas", known),
        ("import.plan.unknown", unknown),
    ):
        if names:
            lines.append(Sentence(key, names=_listed(names, voice)))
    if chat.hidden:
        lines.append(Sentence("import.plan.hidden", count=chat.hidden))
    return voice.lines(lines)


def _listed(names: "list[str] | tuple[str, ...]", voice: Voice) -> str:
    named = excerpt(voice.listed(map(panel.plain, names[:NAMED])), _NAMES_LIMIT)
    more = len(names) - NAMED
    return voice.say("names.more", names=named, count=more) if more > 0 else named


class _Offer(FileOffer[Plan]):
    """The choice to import what was shown, and who the person is in it."""

    def __init__(self, services: Services, plan: Plan, title: str, interaction: discord.Interaction) -> None:
        super().__init__(services, plan)
        voice, asker = voice_of(interaction), interaction.user.display_name
        self._title = title
        folded = asker.casefold()
        self._as_name = next((name for name in plan.people if name.casefold() == folded), None)
        self.bring.label = voice.say("button.import.now")
        self._who: discord.ui.Select[_Offer] = discord.ui.Select(
            placeholder=voice.say("import.who", name=clipped(asker, 32)), min_values=0, row=0
        )
        self._who.callback = self._choose  # type: ignore[method-assign]
        # Their own name is among those that are offered: what is chosen stands where they see it.
        people = sorted(enumerate(plan.people), key=lambda each: each[1] != self._as_name)
        for number, name in people[:CHOICES]:
            self._who.add_option(
                label=clipped(clean_name(name, NOBODY), LABEL),
                value=str(number),
                default=name == self._as_name,
            )
        if plan.people:
            self.add_item(self._who)
        self._people = plan.people
        self.offer(self.bring, self._who)

    async def _choose(self, interaction: discord.Interaction) -> None:
        """Note which of the people the person is; none if the choice is taken back."""
        async with answering(interaction):
            require(interaction, "manage_guild")
            numbers = [int(value) for value in self._who.values]
            self._as_name = self._people[numbers[0]] if numbers else None
            for option in self._who.options:
                option.default = option.value in self._who.values
            await interaction.response.edit_message(view=self)

    @discord.ui.button(style=discord.ButtonStyle.primary, row=1)
    async def bring(self, interaction: discord.Interaction, _: "discord.ui.Button[_Offer]") -> None:
        """Store the scene."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            await require_taking_part(services, interaction)
            plan = self.taken()
            await interaction.response.edit_message(
                content=voice_of(interaction).say("scene.opening"), view=None
            )
            place, transfer = place_of(interaction), services.story.records.transfer
            by = Participant(interaction.user.id, interaction.user.display_name)
            scene = await transfer.bring(place, plan, self._title, by, as_name=self._as_name)
            services.moderation.used(interaction, Act.IMPORTED, about=str(scene.id))
            playing = await transfer.scene(place, None)
            here = playing is not None and playing.id == scene.id
            name = Sentence(
                "scene.name",
                number=scene.id,
                title=panel.plain(scene.title) if scene.title else Sentence("scene.untitled"),
            )
            key = "import.done.here" if here else "import.done"
            resume = services.command("scene resume")
            text = voice_of(interaction).say(key, scene=name, resume=resume)
            await interaction.edit_original_response(content=text)
