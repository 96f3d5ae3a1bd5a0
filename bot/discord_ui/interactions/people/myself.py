"""The panel of `/myself`: who a person plays, their profiles, and what they wish for themselves.

Law: it is about the person who used it, and for their eyes only. Each control acts for the one who uses it,
on what is theirs.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

import discord

from bot.core.posts.pages import clipped, excerpt
from bot.core.profiles import (
    DESCRIPTION_LENGTH,
    LIMITS,
    MOST_PROFILES,
    NAME_LENGTH,
    PRONOUNS_LENGTH,
    Profile,
    ProfileFault,
    ProfileWords,
)
from bot.core.settings import Wish
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused, redraw, show
from bot.discord_ui.interactions.common.choosing import LABEL
from bot.discord_ui.interactions.common.forms import fields_of, form_of
from bot.discord_ui.interactions.common.rights import require_taking_part
from bot.discord_ui.interactions.common.services import Services, place_of, server_of
from bot.discord_ui.interactions.revisions.editing import give_back
from bot.discord_ui.voices import voice_of
from bot.story.people.profiles import OwnProfiles
from bot.texts.sentences import Sentence, Voice

FORM: Final = re.compile(r"rp:myself:form:(?P<what>new|[0-9]{1,18})")
"""The ids of these forms: of a new profile, or of the one with that id."""

SELF, AROUND = "self", "around"
"""What the menus have besides profiles: themselves, and who they are where nothing is chosen for here."""

SHOWN: Final = 80
"""UTF-16 units of a description in the list; a panel has 4,000."""


# --- the panel --------------------------------------------------------------------------------------


async def show_panel(services: Services, interaction: discord.Interaction) -> None:
    """Show who a person plays here, and all they can set for themselves."""
    voice, user = voice_of(interaction), interaction.user
    playing = await _view(services, interaction)
    is_out = await services.story.records.privacy.is_out(user.id)
    out = [Sentence("myself.out", privacy=services.command("privacy"))] if is_out else []
    now = playing.now
    who = Sentence("myself.now.profile", name=panel.plain(now.name)) if now else None
    who = who or Sentence("myself.now.self", name=panel.plain(user.display_name))
    how = panel.small(voice.say("myself.how"))
    blocks: list[panel.Block] = [
        panel.text(voice.lines([Sentence("myself.title"), *out, who, how])),
        panel.line(),
        *_profiles(playing, voice),
    ]
    if playing.own or playing.server or playing.here:
        blocks += [panel.line(), *_choices(interaction, playing, voice)]
    blocks += [panel.line(), *[await _wish(services, interaction, wish) for wish in Wish]]
    await redraw(interaction, panel.panel(blocks))


def _profiles(playing: OwnProfiles, voice: Voice) -> Iterable[panel.Block]:
    lines = [Sentence("myself.profiles", count=len(playing.own), most=MOST_PROFILES)]
    lines += [_line(each, playing) for each in playing.own] or [Sentence("myself.none")]
    yield panel.text(voice.lines(lines))
    if playing.own:
        yield panel.text(panel.small(voice.say("myself.cost", all=playing.room, most=playing.most)))
        options = [_option(each) for each in playing.own]
        yield panel.row(panel.menu("rp:myself:open", options, hint=voice.say("myself.open")))
    if len(playing.own) < MOST_PROFILES:
        yield panel.row(panel.button(voice.say("button.myself.new"), "rp:myself:new"))


def _line(profile: Profile, playing: OwnProfiles) -> Sentence:
    """Return a profile in one line, with what it costs."""
    words, name = profile.words, panel.plain(profile.name)
    if not words.says_more:
        return Sentence("myself.profile.name", name=name)
    about = " · ".join(filter(None, [words.pronouns, excerpt(" ".join(words.description.split()), SHOWN)]))
    return Sentence("myself.profile", name=name, about=panel.plain(about), tokens=playing.costs[profile.id])


def _choices(interaction: discord.Interaction, playing: OwnProfiles, voice: Voice) -> Iterable[panel.Block]:
    """Yield the menus of who a person is on the server, and here."""
    in_thread = isinstance(interaction.channel, discord.Thread)
    yield panel.text(voice.say("myself.server"))
    server = playing.server.profile if playing.server else None
    yield _menu("server", playing.own, SELF if server is None else str(server.id), voice)
    if server_of(interaction) is None:  # each place there is this person's, and nobody else meets them in it
        return
    yield panel.text(voice.say("myself.here.thread" if in_thread else "myself.here"))
    around = playing.elsewhere.name if playing.elsewhere else voice.say("myself.option.self")
    key = "myself.option.around.thread" if in_thread else "myself.option.around"
    first = discord.SelectOption(label=clipped(voice.say(key, name=around), LABEL), value=AROUND)
    here = playing.here
    chosen = AROUND if here is None else SELF if here.profile is None else str(here.profile.id)
    yield _menu("here", playing.own, chosen, voice, first)


def _menu(
    where: str, own: Iterable[Profile], chosen: str, voice: Voice, *before: discord.SelectOption
) -> panel.Block:
    myself = discord.SelectOption(label=voice.say("myself.option.self"), value=SELF)
    options = [*before, myself, *map(_option, own)]
    for option in options:
        option.default = option.value == chosen
    return panel.row(panel.menu(f"rp:myself:{where}", options))


def _option(profile: Profile) -> discord.SelectOption:
    return discord.SelectOption(label=clipped(profile.name, LABEL), value=str(profile.id))


async def _wish(services: Services, interaction: discord.Interaction, wish: Wish) -> panel.Block:
    """Return what a person has for a wish, beside the button that changes it."""
    voice, has = voice_of(interaction), await services.story.myself.wishes.has(interaction.user.id, wish)
    words = voice.say(f"myself.{wish}.on") if has else voice.say(f"myself.{wish}.off")
    label = voice.say(f"button.{wish}.off") if has else voice.say(f"button.{wish}.on")
    return panel.beside(words, panel.button(label, f"rp:wish:{wish}:{'off' if has else 'on'}"))


async def choose(services: Services, interaction: discord.Interaction, where: str, chosen: str) -> None:
    """Store who a person is on the server (`server`) or here (`here`), and show it."""
    profiles, place, user_id = services.story.myself.profiles, place_of(interaction), interaction.user.id
    if chosen == AROUND:
        await profiles.leave(place, user_id)
    else:
        profile_id = _number(chosen) if chosen != SELF else None
        if not await profiles.choose(place, user_id, profile_id, here=where == "here"):
            raise _gone(services)
    await show_panel(services, interaction)


# --- one profile ------------------------------------------------------------------------------------


async def show_one(services: Services, interaction: discord.Interaction, chosen: str) -> None:
    """Show a person one of their profiles, and what they can do with it."""
    playing, voice = await _view(services, interaction), voice_of(interaction)
    profile = _own(services, playing, _number(chosen))
    words, tokens, most = profile.words, playing.costs[profile.id], playing.most
    lines: list[Sentence | str] = [Sentence("myself.one", name=panel.plain(profile.name))]
    if words.pronouns:
        lines.append(Sentence("myself.one.pronouns", pronouns=panel.plain(words.pronouns)))
    lines += [panel.quoted(words.description)] if words.description else []
    if not words.says_more:
        cost = Sentence("myself.one.nothing")
    elif tokens > most:
        cost = Sentence("myself.one.cut", tokens=tokens, most=most)
    else:
        cost = Sentence("myself.one.tokens", tokens=tokens)
    buttons = (("edit", "button.edit"), ("delete", "button.myself.delete"))
    view = panel.panel(
        [
            panel.text(voice.lines(lines)),
            panel.text(panel.small(voice.render(cost))),
            panel.row(
                *(panel.button(voice.say(label), f"rp:myself:{act}:{profile.id}") for act, label in buttons),
                _back(voice),
            ),
        ]
    )
    await show(interaction, view)


async def ask(services: Services, interaction: discord.Interaction, profile_id: int) -> None:
    """Say what goes with a profile, and what stays, before it is deleted."""
    profile, voice = _own(services, await _view(services, interaction), profile_id), voice_of(interaction)
    name = panel.plain(profile.name)
    confirm: discord.ui.Button[Any] = discord.ui.Button(
        label=voice.say("button.myself.confirm"),
        custom_id=f"rp:myself:confirm:{profile.id}",
        style=discord.ButtonStyle.danger,
    )
    lines = [Sentence("myself.delete", name=name), Sentence("myself.delete.what", name=name)]
    await show(interaction, panel.panel([panel.text(voice.lines(lines)), panel.row(confirm, _back(voice))]))


async def delete(services: Services, interaction: discord.Interaction, profile_id: int) -> None:
    """Delete one of a person's profiles."""
    if not await services.story.myself.profiles.delete(interaction.user.id, profile_id):
        raise _gone(services)
    await show_panel(services, interaction)


async def open_form(services: Services, interaction: discord.Interaction, what: str) -> None:
    """Open the form for a new profile (`new`) or the one with an id."""
    await require_taking_part(services, interaction)
    words, voice = ProfileWords(""), voice_of(interaction)
    if what != "new":
        words = _own(services, await _view(services, interaction), int(what)).words
    fields = (
        _field("name", words.name, NAME_LENGTH, voice),
        _field("pronouns", words.pronouns, PRONOUNS_LENGTH, voice),
        _field("description", words.description, DESCRIPTION_LENGTH, voice),
    )
    await interaction.response.send_modal(form_of(f"rp:myself:form:{what}", voice.say("myself.form"), fields))


def _field(key: str, text: str, most: int, voice: Voice) -> "discord.ui.Label[Any]":
    is_long = key == "description"
    field: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id=key,
        style=discord.TextStyle.paragraph if is_long else discord.TextStyle.short,
        default=text or None,
        required=key == "name",
        max_length=most,
    )
    about = voice.say("myself.form.description.about") if is_long else None
    return discord.ui.Label(text=voice.say(f"myself.form.{key}"), description=about, component=field)


async def take(services: Services, interaction: discord.Interaction, what: str) -> None:
    """Store the profile of a submitted form; what can't be one is given back with what is wrong."""
    fields = fields_of(interaction)
    words = ProfileWords(*(fields.get(key, "") for key in ("name", "pronouns", "description")))
    typed = "\n".join(filter(None, (words.name, words.pronouns, words.description)))
    try:
        await require_taking_part(services, interaction)
    except Refused as refused:
        await give_back(interaction, typed, refused.sentence)
        return
    profile_id = None if what == "new" else int(what)
    place, user_id = place_of(interaction), interaction.user.id
    saved = await services.story.myself.profiles.save(place, user_id, words, profile_id)
    if isinstance(saved, ProfileFault):
        await give_back(interaction, typed, Sentence(f"profile.{saved}", most=LIMITS.get(saved, 0)))
        return
    await show_panel(services, interaction)


async def _view(services: Services, interaction: discord.Interaction) -> OwnProfiles:
    return await services.story.myself.profiles.view(place_of(interaction), interaction.user.id)


def _own(services: Services, playing: OwnProfiles, profile_id: int) -> Profile:
    found = playing.profile(profile_id)
    if found is None:
        raise _gone(services)
    return found


def _gone(services: Services) -> Refused:
    return Refused("myself.gone", myself=services.command("myself"))


def _number(chosen: str) -> int:
    """Return the id in a menu's value; 0, which no profile has, for anything else."""
    return int(chosen) if re.fullmatch("[0-9]{1,18}", chosen) else 0


def _back(voice: Voice) -> panel.Block:
    return panel.button(voice.say("button.page.back"), "rp:myself:show")
