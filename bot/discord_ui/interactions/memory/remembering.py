"""What people let a story remember: the panel of `/memory`, and what its controls and forms do.

Law: everybody who sees the channel may read it; each change checks the rights of the story again. What people
wrote stands in the panel as plain text.
"""

import io
import re
from collections.abc import Iterable
from typing import Final

import discord

from bot.core.budgets.caps import CENT
from bot.core.memory.memory import MOST_PINS, NOTE_LENGTH, PIN_LENGTH, Unchanged
from bot.core.memory.recap import RecapFault
from bot.core.moderation import Act
from bot.core.posts.edit_form import LIMIT, MOST
from bot.core.posts.pages import clipped, excerpt, utf16_length
from bot.core.scene import Place
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused, redraw, tell
from bot.discord_ui.interactions.common.choosing import LABEL
from bot.discord_ui.interactions.common.forms import fields_of, submitted_text, text_form
from bot.discord_ui.interactions.common.rights import (
    require_active,
    require_steering,
    require_taking_part,
    require_writing,
    why_not_steer,
)
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.interactions.memory.looking_back import search_button
from bot.discord_ui.interactions.revisions.editing import give_back
from bot.discord_ui.replies.post_view import called
from bot.discord_ui.voices import voice_of
from bot.storage.pins import Pin
from bot.storage.recaps import Recap
from bot.story.scenes.scene_memory import MemoryView, RecapView
from bot.texts.grammar import Percent
from bot.texts.money import roughly
from bot.texts.scenes import turns_of
from bot.texts.sentences import Sentence, Voice

FORM: Final = re.compile(r"rp:memory:form:(?P<what>note|add|recap[0-9]{1,18}|[0-9]{1,18})")
"""The ids of these forms: of the note, of a new pin, of the recap or the pin with that id."""

RECAP_SHOWN, PIN_SHOWN, NOTE_SHOWN = 1000, 80, 400
"""UTF-16 units of the recap, of a pin in the list, and of the note as they stand there: a panel has 4,000."""

RECAP_FILE: Final = "recap.txt"

_WHY_NO_RECAP: Final = {
    RecapFault.TOO_LONG.value: "memory.recap.wordy",
    RecapFault.UNPAID.value: "memory.recap.unpaid",
}


async def view_of(services: Services, interaction: discord.Interaction) -> MemoryView:
    """Return what the scene that is played here remembers.

    Raises:
        Refused: there is none, or the channel may not see what its persona says.
    """
    memory, place = services.story.memory, place_of(interaction)
    view = await memory.view(place)
    if view is None:
        raise Refused("memory.no_scene")
    hidden = await memory.why_hidden(place, view.scene)
    if hidden is not None:
        raise Refused("revise.age_restricted", about=hidden.about)
    return view


async def memory_panel(services: Services, interaction: discord.Interaction) -> discord.ui.LayoutView:
    """Return the panel with all that is remembered."""
    view, voice = await view_of(services, interaction), voice_of(interaction)
    changes = await _may_change(services, interaction)
    cast = await services.story.casting.lookup(place_of(interaction))
    persona = panel.plain(cast.persona.name) if cast.persona else Sentence("memory.persona")
    share = 100 * view.tokens / view.window
    return panel.panel(
        [
            panel.text(voice.say("memory.title"), panel.small(voice.say("memory.intro", persona=persona))),
            panel.line(),
            *_recap(view, place_of(interaction), voice, persona=persona, changes=changes),
            panel.line(),
            *_pins(view, voice, changes=changes),
            panel.line(),
            *_note(view, voice, changes=changes),
            panel.line(),
            panel.text(panel.small(voice.say("memory.all", tokens=view.tokens, share=Percent(share, 1)))),
            panel.row(search_button(voice)),
        ]
    )


def _recap(
    view: MemoryView, place: Place, voice: Voice, *, persona: Sentence | str, changes: bool
) -> Iterable[panel.Block]:
    recap, told = view.recap, view.recap.told
    words = panel.quoted(told.text) if told else ""
    title = Sentence("memory.recap", tokens=told.tokens if told else 0, most=recap.most)
    lines: list[Sentence | str] = [title if recap.most else Sentence("memory.recap.off")]
    if told is not None:
        lines.append(excerpt(words, RECAP_SHOWN))
    elif recap.most and not recap.left.turns:
        lines.append(panel.small(voice.say("memory.recap.none", persona=persona)))
    yield panel.text(voice.lines(lines))
    if facts := [panel.small(voice.render(each)) for each in _facts(recap, place)]:
        yield panel.text(*facts)  # apart: some apps let what follows a quotation belong to it
    whole = [("whole", "button.memory.whole")] if utf16_length(words) > RECAP_SHOWN else []
    pause = ("resume", "button.go_on") if recap.paused else ("pause", "button.memory.pause")
    edit = [(f"recap:{told.id}", "button.memory.recap")] if told else []
    may = [*edit, ("make", "button.memory.make"), pause] if changes and recap.most else []
    if buttons := [*whole, *may]:
        yield panel.row(*(panel.button(voice.say(label), f"rp:memory:{act}") for act, label in buttons))


def _facts(recap: RecapView, place: Place) -> Iterable[Sentence]:
    """Yield how far a recap reaches, what is not in it, and what becomes of it."""
    if recap.told is not None and recap.landmark is not None and place.guild_id is not None:
        channel_id, message_id = recap.landmark
        link = f"https://discord.com/channels/{place.guild_id}/{channel_id}/{message_id}"
        yield Sentence("memory.recap.reaches", link=link, at=int(recap.told.at.timestamp()))
    if recap.writer is not None:
        yield Sentence("memory.recap.written", who=called(recap.writer))
    if recap.told is not None and recap.told.left_out:
        yield Sentence("memory.recap.left_out", turns=turns_of(recap.told.left_out))
    if recap.left.turns:
        yield Sentence("memory.recap.left", turns=turns_of(recap.left.turns), tokens=recap.left.tokens)
        if recap.cost is not None:
            yield Sentence("memory.recap.cost", amount=roughly(max(CENT, recap.cost)))
    if recap.paused:
        yield Sentence("memory.recap.paused")
    elif recap.state.failed is not None and recap.state.again is not None:
        why = Sentence(_WHY_NO_RECAP.get(recap.state.failed, "memory.recap.model"))
        yield Sentence("memory.recap.failed", reason=why, at=int(recap.state.again.timestamp()))
    elif recap.state.making:
        yield Sentence("memory.recap.making")


def _pins(view: MemoryView, voice: Voice, *, changes: bool) -> Iterable[panel.Block]:
    title = voice.say("memory.pins", count=len(view.pins), most=MOST_PINS, tokens=view.pins_tokens)
    lines = [
        f"{number}. {excerpt(panel.plain(pin.text), PIN_SHOWN)}" for number, pin in enumerate(view.pins, 1)
    ]
    yield panel.text(title, *(lines or [panel.small(voice.say("memory.pins.none"))]))
    if not changes:
        return
    if view.pins:
        options = [
            discord.SelectOption(label=clipped(f"{number}. {pin.text}", LABEL), value=str(pin.id))
            for number, pin in enumerate(view.pins, 1)
        ]
        yield panel.row(panel.menu("rp:memory:pins", options, hint=voice.say("memory.choose")))
    yield panel.row(panel.button(voice.say("button.memory.add"), "rp:memory:add"))


def _note(view: MemoryView, voice: Voice, *, changes: bool) -> Iterable[panel.Block]:
    words = excerpt(panel.quoted(view.note), NOTE_SHOWN) or panel.small(voice.say("memory.note.none"))
    yield panel.text(voice.say("memory.note", tokens=view.note_tokens), words)
    if changes:
        yield panel.row(panel.button(voice.say("button.memory.note"), "rp:memory:note"))


async def pin_panel(
    services: Services, interaction: discord.Interaction, pin_id: int
) -> discord.ui.LayoutView:
    """Return the panel with one pin and what can be done with it."""
    pin, voice = await _pin_of(services, interaction, pin_id), voice_of(interaction)
    buttons = [("edit", "button.edit"), ("raise", "button.memory.raise"), ("drop", "button.memory.drop")]
    controls = [panel.button(voice.say(label), f"rp:memory:{act}:{pin.id}") for act, label in buttons]
    follows = [panel.small(voice.say("memory.pin.follows"))] if pin.turn_id is not None else []
    return panel.panel(
        [
            panel.text(voice.say("memory.pin"), panel.quoted(pin.text), *follows),
            panel.row(*controls, panel.button(voice.say("button.page.back"), "rp:memory:show")),
        ]
    )


async def remember(services: Services, interaction: discord.Interaction, message_id: int) -> Sentence:
    """Pin a message of the story, and return what the person is told."""
    await _require_words(services, interaction)
    await view_of(services, interaction)
    done = await services.story.memory.pin_message(place_of(interaction), message_id, interaction.user.id)
    if isinstance(done, Unchanged):
        raise unchanged(done)
    services.moderation.used(interaction, Act.PIN, message_id)
    return Sentence("memory.pinned", text=panel.plain(done.text), command=services.command("memory"))


async def open_form(services: Services, interaction: discord.Interaction, what: str) -> None:
    """Open the form for the note (`note`), a new pin (`add`) or the pin with an id."""
    await _require_words(services, interaction)
    voice, view = voice_of(interaction), await view_of(services, interaction)
    if what == "note":
        words, length = view.note, NOTE_LENGTH
        title, label = voice.say("memory.form.note"), voice.say("memory.form.note.label")
    elif what.startswith("recap"):
        words, length = _told_recap(view, what).text, LIMIT
        title, label = voice.say("memory.form.recap"), voice.say("memory.form.recap.label")
    else:
        words = (await _pin_of(services, interaction, int(what))).text if what != "add" else ""
        length, title, label = PIN_LENGTH, voice.say("memory.form.pin"), voice.say("memory.form.pin.label")
    made = text_form(f"rp:memory:form:{what}", title, words, lambda *_: label, length)
    if made is None:
        raise Refused("edit.too_long", most=MOST * LIMIT)
    await interaction.response.send_modal(made)


async def take(services: Services, interaction: discord.Interaction, what: str) -> None:
    """Handle a submitted form, even one opened before a restart."""
    await _require_words(services, interaction)
    view, fields, memory = await view_of(services, interaction), fields_of(interaction), services.story.memory
    place, who = place_of(interaction), interaction.user.id
    pin = view.pin(int(what)) if what.isdigit() else None
    before, length = (view.note, NOTE_LENGTH) if what == "note" else (pin.text if pin else "", PIN_LENGTH)
    if what.startswith("recap"):
        told = view.recap.told
        before, length = (told.text if told and f"recap{told.id}" == what else ""), LIMIT
    text = submitted_text(before, fields, length)
    if text is None:
        await give_back(interaction, "\n".join(fields.values()), Sentence("memory.overtaken"))
        return
    done: object
    if what == "note":
        done = await memory.write_note(place, text, who)
    elif what == "add":
        done = await memory.pin_words(place, text, who)
    elif what.startswith("recap"):
        done = await memory.write_recap(place, int(what.removeprefix("recap")), text, who)
    else:
        done = await memory.edit_pin(place, int(what), text, who)
    if isinstance(done, Unchanged):
        await give_back(interaction, text, unchanged(done).sentence)
        return
    acts = {"note": Act.NOTE, "recap": Act.RECAP}
    services.moderation.used(interaction, acts.get(what.rstrip("0123456789"), Act.PIN))
    await redraw(interaction, await memory_panel(services, interaction))


async def change_pin(services: Services, interaction: discord.Interaction, act: str, pin_id: int) -> None:
    """Delete a pin (`drop`) or move it up (`raise`), and show what is remembered then."""
    await _require_change(services, interaction)
    await _pin_of(services, interaction, pin_id)
    memory, place = services.story.memory, place_of(interaction)
    if act == "raise":
        done = await memory.raise_pin(place, pin_id)
    else:
        done = await memory.edit_pin(place, pin_id, "", interaction.user.id)
    if done is not None:
        raise unchanged(done)
    services.moderation.used(interaction, Act.PIN)
    await redraw(interaction, await memory_panel(services, interaction))


async def change_recap(services: Services, interaction: discord.Interaction, act: str) -> None:
    """Pause the recap (`pause`), resume it, or have it made now (`make`), and show what is remembered."""
    await _require_change(services, interaction)
    if act == "make":  # by a request to the model
        await require_active(services, interaction)
    await view_of(services, interaction)
    memory, place = services.story.memory, place_of(interaction)
    done = await (
        memory.make_recap(place) if act == "make" else memory.pause_recap(place, paused=act == "pause")
    )
    if done is not None:
        raise unchanged(done)
    services.moderation.used(interaction, Act.RECAP)
    await redraw(interaction, await memory_panel(services, interaction))


async def show_recap(services: Services, interaction: discord.Interaction) -> None:
    """Give a person the whole recap in a file."""
    told = (await view_of(services, interaction)).recap.told
    if told is None:
        raise Refused("memory.recap_gone")
    file = discord.File(io.BytesIO(told.text.encode()), RECAP_FILE)
    await tell(interaction, Sentence("memory.recap.whole"), file=file)


def _told_recap(view: MemoryView, what: str) -> Recap:
    told = view.recap.told
    if told is None or f"recap{told.id}" != what:
        raise Refused("memory.recap_gone")
    return told


def unchanged(why: Unchanged) -> Refused:
    """Return the reason for which something is not remembered, as an answer."""
    return Refused(f"memory.{why.reason}", most=why.most)


async def _pin_of(services: Services, interaction: discord.Interaction, pin_id: int) -> Pin:
    pin = (await view_of(services, interaction)).pin(pin_id)
    if pin is None:
        raise Refused("memory.gone")
    return pin


async def _require_change(services: Services, interaction: discord.Interaction) -> None:
    require_writing(interaction)
    await require_steering(services, interaction)


async def _require_words(services: Services, interaction: discord.Interaction) -> None:
    """Check that a person may add to what is remembered, with their id."""
    await _require_change(services, interaction)
    await require_taking_part(services, interaction)


async def _may_change(services: Services, interaction: discord.Interaction) -> bool:
    return await why_not_steer(services, interaction) is None
