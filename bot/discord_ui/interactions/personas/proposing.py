"""Proposals of personas: what their authors see and send, and what moderators decide.

Law: only people with the role that admins named may propose, and only people with Manage Messages decide.
Rights are checked at every step, and nobody but them and the author sees a proposal.
"""

import io
import logging
import re
from contextlib import suppress
from typing import Any, Final

import aiohttp
import discord

from bot.core.moderation import Act
from bot.core.persona import NAME_LIMIT
from bot.core.posts.pages import clipped, excerpt
from bot.discord_ui.inbound import age_restricted
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused, show, tell
from bot.discord_ui.interactions.common.choosing import LABEL
from bot.discord_ui.interactions.common.forms import fields_of, files_of, form_of
from bot.discord_ui.interactions.common.rights import (
    is_moderator,
    may_propose,
    require_moderating,
    require_taking_part,
)
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.interactions.personas import cards, drafting, persona_files, trying
from bot.discord_ui.interactions.personas.drafting import FIELD_LIMIT
from bot.discord_ui.interactions.personas.persona_files import Sent
from bot.discord_ui.interactions.revisions.editing import give_back
from bot.discord_ui.voices import voice_of
from bot.personas.editing import FIELDS
from bot.personas.writing import written
from bot.storage.proposals import EACH, Proposal
from bot.story.server_library.proposing import Author, NotProposed
from bot.story.server_library.workshop import Draft, NotStored
from bot.texts.sentences import HOST, Sentence, Voice

log = logging.getLogger(__name__)

FORM: Final = re.compile(r"rp:propose:(?P<way>form|file)")
REFUSAL: Final = re.compile(r"rp:proposal:refuse:(?P<proposal>[0-9]{1,18})")
"""The ids of the forms, and of the buttons that open them."""

GREETING: Final = 600
"""Characters of a greeting that moderators are shown."""

REASON: Final = 500
"""Characters of a reason."""


# --- who -------------------------------------------------------------------------------------------


async def _require_proposing(services: Services, interaction: discord.Interaction) -> int:
    if not await may_propose(services, interaction):
        raise Refused("proposal.no_role")
    assert interaction.guild_id is not None
    return interaction.guild_id


async def buttons(services: Services, interaction: discord.Interaction) -> list[panel.Block]:
    """Return the buttons in `/help` for those who may propose or decide."""
    voice, found = voice_of(interaction), []
    if await may_propose(services, interaction):
        found.append(panel.button(voice.say("button.proposals.mine"), "rp:proposals:mine"))
    if interaction.guild_id is not None and is_moderator(interaction):
        count = len(await services.story.records.proposing.open(interaction.guild_id))
        if count:
            found.append(panel.button(voice.say("button.proposals.all", count=count), "rp:proposals:all"))
    return found


# --- for authors -----------------------------------------------------------------------------------


async def show_mine(services: Services, interaction: discord.Interaction) -> None:
    """Show a person's proposals, and the ways to make another."""
    server_id = await _require_proposing(services, interaction)
    await show(interaction, await _mine(services, interaction, server_id))


async def _mine(
    services: Services, interaction: discord.Interaction, server_id: int
) -> discord.ui.LayoutView:
    voice = voice_of(interaction)
    found = await services.story.records.proposing.of(server_id, interaction.user.id)
    is_full = sum(each.refused_at is None for each in found) >= EACH
    about = voice.say("proposal.full", most=EACH) if is_full else voice.say("proposal.about", most=EACH)
    blocks: list[panel.Block] = [panel.text(voice.say("proposal.mine"), panel.small(about))]
    for each in found[: 2 * EACH]:
        at, name = int(each.at.timestamp()), panel.plain(each.name)
        if each.refused_at is None:
            said = voice.say("proposal.waits", persona=name, at=at)
        elif each.reason:
            said = voice.say("proposal.refused.why", persona=name, reason=panel.plain(each.reason))
        else:
            said = voice.say("proposal.refused", persona=name)
        acts = ("try", "withdraw") if each.refused_at is None else ("withdraw",)
        row = [
            panel.button(voice.say(f"button.proposal.{act}"), f"rp:proposal:{act}:{each.id}") for act in acts
        ]
        blocks += [panel.line(), panel.text(said), panel.row(*row)]
    ways = [] if is_full else ["form", "file"]
    rows = [panel.button(voice.say(f"button.propose.{way}"), f"rp:propose:{way}") for way in ways]
    return panel.panel([*blocks, *([panel.line(), panel.row(*rows)] if rows else [])])


async def open_form(services: Services, interaction: discord.Interaction, way: str) -> None:
    """Open the form for a new proposal."""
    await _require_proposing(services, interaction)
    await require_taking_part(services, interaction)
    voice = voice_of(interaction)
    labels: list[discord.ui.Label[Any]] = []
    if way == "file":
        labels.append(persona_files.file_field(voice, "file", required=True))
    else:
        labels += [_field(key, voice) for key in FIELDS]
    await interaction.response.send_modal(form_of(f"rp:propose:{way}", voice.say("propose.form"), labels))


def _field(key: str, voice: Voice) -> "discord.ui.Label[Any]":
    is_name = key == "name"
    field: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id=key,
        style=discord.TextStyle.short if is_name else discord.TextStyle.paragraph,
        required=is_name,
        max_length=NAME_LIMIT if is_name else FIELD_LIMIT,
    )
    return discord.ui.Label(text=voice.say(f"propose.{key}"), component=field)


async def take(services: Services, interaction: discord.Interaction, way: str) -> None:
    """Store the proposal of a submitted form; what can't be one is given back with what is wrong."""
    server_id = await _require_proposing(services, interaction)
    await require_taking_part(services, interaction)
    sent = await _sent(services, interaction, server_id, way)
    where = (server_id, place_of(interaction).channel_id)
    author = Author(*where, interaction.user.id, age_restricted(interaction.channel))
    try:
        proposal = await services.story.records.proposing.propose(author, sent.content)
    except NotProposed as error:
        await _give_back(interaction, sent, error)
        return
    made = Sentence("proposal.made", persona=panel.plain(proposal.name))
    if sent.card is None:
        await tell(interaction, made)
        return
    voice = voice_of(interaction)
    notes = [each for each in sent.notes if each.key != "card.told.picture"]
    if sent.card.picture is not None:
        notes.insert(0, Sentence("proposal.no_picture"))
    words = [panel.text(voice.render(made)), panel.line(), drafting.notes_block(notes, voice)]
    await drafting.answer(interaction, panel.panel(words))


async def _sent(services: Services, interaction: discord.Interaction, server_id: int, way: str) -> Sent:
    """Return what a submitted form has, while its person sees that it is being read."""
    file = next(files_of(interaction), None)
    if way == "file" and file is None:
        raise Refused("import.no_file")
    if file is not None:
        persona_files.require_size(file)
    await interaction.response.defer(ephemeral=True, thinking=True)
    if file is not None:
        return await persona_files.opened(services, server_id, file)
    fields = {key: fields_of(interaction).get(key, "").strip() for key in FIELDS}
    return Sent(written({key: text for key, text in fields.items() if text}).encode(), fields["name"], "")


async def _give_back(interaction: discord.Interaction, sent: Sent, error: NotProposed) -> None:
    """Show what is wrong with what was proposed, or tell why it isn't taken, with its text in a file."""
    hidden = (
        error.reading is not None and error.reading.for_adults and not age_restricted(interaction.channel)
    )
    if error.reading is not None and error.reading.persona is None and not hidden:
        draft = Draft(interaction.guild_id or 0, "proposal", sent.content, 0)
        view = drafting.mistakes_panel(draft, error.reading, sent.file, voice_of(interaction))
        await drafting.answer(interaction, view, draft)
        return
    if error.fault is not None:
        why = Sentence(f"proposal.too_many.{error.fault}", most=EACH)
    else:
        why = Sentence("command.age_restricted", persona=sent.name or sent.file)
    await give_back(interaction, sent.content.decode("utf-8", "replace"), why)


async def try_out(services: Services, interaction: discord.Interaction, proposal_id: int) -> None:
    """Begin a private exchange with the persona of a person's own proposal."""
    await _require_proposing(services, interaction)
    proposal = await _own(services, interaction, proposal_id)
    persona = await services.story.records.proposing.persona(proposal)
    if persona is None:
        raise Refused("proposal.broken", persona=panel.plain(proposal.name))
    await trying.begin(services, interaction, persona)


async def withdraw(services: Services, interaction: discord.Interaction, proposal_id: int) -> None:
    """Delete a proposal of the person's own."""
    proposal = await _own(services, interaction, proposal_id)
    await services.story.records.proposing.withdraw(proposal)
    await show(interaction, await _mine(services, interaction, proposal.server_id))


async def _own(services: Services, interaction: discord.Interaction, proposal_id: int) -> Proposal:
    found = await _found(services, interaction, proposal_id)
    if found.by_user != interaction.user.id:
        raise Refused("proposal.gone")
    return found


async def _found(services: Services, interaction: discord.Interaction, proposal_id: int) -> Proposal:
    found = await services.story.records.proposing.get(interaction.guild_id or 0, proposal_id)
    if found is None:
        raise Refused("proposal.gone")
    return found


# --- for moderators --------------------------------------------------------------------------------


async def show_all(services: Services, interaction: discord.Interaction) -> None:
    """Show the open proposals of the server."""
    require_moderating(interaction)
    await show(interaction, await _all(services, interaction), **_files(interaction))


async def _all(services: Services, interaction: discord.Interaction, *above: str) -> discord.ui.LayoutView:
    voice = voice_of(interaction)
    found = await services.story.records.proposing.open(interaction.guild_id or 0)
    blocks = [panel.text(*above, voice.say("proposals.title", count=len(found)))]
    if found:
        options = [
            discord.SelectOption(label=clipped(each.name, LABEL), value=str(each.id)) for each in found
        ]
        blocks.append(panel.row(panel.menu("rp:proposals:one", options, hint=voice.say("proposals.choose"))))
    return panel.panel(blocks)


async def show_one(services: Services, interaction: discord.Interaction, proposal_id: int) -> None:
    """Show a proposal with its text, and the buttons to decide."""
    require_moderating(interaction)
    proposal = await _found(services, interaction, proposal_id)
    voice = voice_of(interaction)
    persona = await services.story.records.proposing.persona(proposal)
    by = voice.say("proposal.by", user=proposal.by_user, at=int(proposal.at.timestamp()))
    shown = persona is not None and cards.may_show(interaction.channel, persona)
    lines = (
        cards.who(interaction.channel, persona, whole=True)
        if persona is not None
        else [panel.plain(proposal.name)]
    )
    blocks = [panel.text(*lines, panel.small(by))]
    if persona is not None and shown and persona.greeting:
        blocks.append(panel.text(panel.quoted(excerpt(persona.greeting, GREETING))))
    if not shown:
        why = "proposal.broken" if persona is None else "command.age_restricted"
        blocks.append(panel.text(voice.say(why, persona=panel.plain(proposal.name))))
    name = f"proposal-{proposal.id}.yaml"
    file = discord.File(io.BytesIO(proposal.text.encode()), name) if shown else None
    if file is not None:
        blocks.append(discord.ui.File(f"attachment://{name}"))
    acts = ("publish", "refuse") if shown else ("refuse",)
    rows = [
        panel.button(voice.say(f"button.proposal.{act}"), f"rp:proposal:{act}:{proposal.id}") for act in acts
    ]
    back = panel.button(voice.say("button.privacy.show"), "rp:proposals:all")
    view = panel.panel([*blocks, panel.row(*rows, back)])
    await show(interaction, view, **_files(interaction, file))


def _files(interaction: discord.Interaction, file: discord.File | None = None) -> dict[str, Any]:
    """Return the argument with which a panel has a file, or none anymore."""
    if interaction.type is discord.InteractionType.component:
        return {"attachments": [] if file is None else [file]}
    return {} if file is None else {"file": file}


async def publish(services: Services, interaction: discord.Interaction, proposal_id: int) -> None:
    """Make a proposal a persona of the server's own; its author is told."""
    require_moderating(interaction)
    proposal = await _found(services, interaction, proposal_id)
    persona = await services.story.records.proposing.persona(proposal)
    if persona is not None and not cards.may_show(interaction.channel, persona):
        raise Refused("command.age_restricted", persona=persona.name)
    try:
        key = await services.story.records.proposing.publish(proposal)
    except NotStored as error:
        raise Refused(f"archive.not_stored.{error.fault}") from None
    except ValueError:
        raise Refused("proposal.broken", persona=panel.plain(proposal.name)) from None
    if key is None:
        raise Refused("proposal.gone")
    services.moderation.used(interaction, Act.PERSONA_SAVED, about=key)
    log.info(HOST.say("host.published", key=key, server=proposal.server_id, user=interaction.user.id))
    name = panel.plain(proposal.name)
    done = voice_of(interaction).say("proposal.published", persona=name, key=key)
    await show(interaction, await _all(services, interaction, done), **_files(interaction))
    assert interaction.guild is not None
    await _tell_author(
        interaction,
        proposal,
        Sentence("proposal.told.published", persona=name, server=panel.plain(interaction.guild.name)),
    )


async def open_refusal(services: Services, interaction: discord.Interaction, proposal_id: int) -> None:
    """Open the form for the reason of a refusal."""
    require_moderating(interaction)
    await _found(services, interaction, proposal_id)
    voice = voice_of(interaction)
    field: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id="reason", style=discord.TextStyle.paragraph, required=False, max_length=REASON
    )
    label = discord.ui.Label(
        text=voice.say("refusal.reason"), description=voice.say("refusal.about"), component=field
    )
    title = voice.say("refusal.form")
    await interaction.response.send_modal(form_of(f"rp:proposal:refuse:{proposal_id}", title, [label]))


async def refuse(services: Services, interaction: discord.Interaction, proposal_id: int) -> None:
    """Refuse a proposal with the reason of a submitted form; its author is told."""
    require_moderating(interaction)
    proposal = await _found(services, interaction, proposal_id)
    reason = excerpt(" ".join(fields_of(interaction).get("reason", "").split()), REASON)
    proposing = services.story.records.proposing
    if not await proposing.refuse(proposal, reason, interaction.user.id):
        raise Refused("proposal.gone")
    services.moderation.used(interaction, Act.PROPOSAL_REFUSED)
    name = panel.plain(proposal.name)
    await tell(interaction, Sentence("proposal.was_refused", persona=name))
    assert interaction.guild is not None
    about = {"persona": name, "server": panel.plain(interaction.guild.name)}
    if reason:
        told = Sentence("proposal.told.refused.why", **about, reason=panel.plain(reason))
    else:
        told = Sentence("proposal.told.refused", **about)
    await _tell_author(interaction, proposal, told)


async def _tell_author(interaction: discord.Interaction, proposal: Proposal, text: Sentence) -> None:
    """Tell the author in a direct message, where they take one; else it stands among their proposals."""
    with suppress(discord.HTTPException, aiohttp.ClientError):
        author = await interaction.client.fetch_user(proposal.by_user)
        await author.send(voice_of(interaction).render(text))
