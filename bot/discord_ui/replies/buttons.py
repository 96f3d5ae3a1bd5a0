"""The buttons under a persona's posts, as objects of the library.

Law: which buttons a post has is a rule of `core.posts.buttons`; here they get labels and ids. Presses are
handled by `controls`, registered once, so the library must not keep the rows.

Each button has a word but the two arrows, which stand around the number they change: with words, a row of
four would not fit beside each other on a phone.
"""

from collections.abc import Sequence
from typing import Any, Final

import discord

from bot.core.posts.buttons import Action, Control, Row
from bot.texts.sentences import Voice

Button = discord.ui.Button[Any]

_STYLES: Final = {
    Action.STOP: discord.ButtonStyle.danger,
    Action.REMOVE: discord.ButtonStyle.danger,
    Action.FROM_HERE: discord.ButtonStyle.danger,
    Action.RETRY: discord.ButtonStyle.primary,
    Action.CONTINUE: discord.ButtonStyle.primary,
}


def row_view(turn_id: int, row: Row, voice: Voice) -> discord.ui.View:
    """Return a row of buttons for a turn, with labels in the language of `voice`."""
    return stateless_view([_button(turn_id, control, voice) for control in row])


def buttons(turn_id: int, actions: Sequence[Action], voice: Voice) -> discord.ui.View:
    """Return a row of buttons for these actions on a turn."""
    return row_view(turn_id, tuple(Control(action) for action in actions), voice)


def redo_view(removal_id: int, voice: Voice) -> discord.ui.View:
    """Return the button that puts an undone exchange back."""
    return stateless_view([Button(label=voice.say("button.redo"), custom_id=f"rp:undo:{removal_id}")])


def stateless_view(items: Sequence[discord.ui.Item[Any]]) -> discord.ui.View:
    """Return a view of controls whose presses are handled elsewhere.

    The library keeps every view with the message it was sent with, unless the view has stopped.
    """
    view = discord.ui.View(timeout=None)
    for item in items:
        view.add_item(item)
    view.stop()
    return view


def _button(turn_id: int, control: Control, voice: Voice) -> Button:
    action = control.action
    if action is None:
        number, count = control.which
        label = voice.say("button.which", number=number, count=count)
        return Button(label=label, custom_id=f"rp:which:{turn_id}", disabled=True)
    return Button(
        label=voice.say(f"button.{action}"),
        custom_id=f"rp:{action}:{turn_id}",
        style=_STYLES.get(action, discord.ButtonStyle.secondary),
        disabled=not control.enabled,
    )
