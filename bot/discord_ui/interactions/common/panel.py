"""Panels: what answers a command for one person, in a frame of Discord's newer components.

Law: a panel says what it has to say once, and never more than Discord takes. What people or files say stands
in it as `plain` text. Its controls keep nothing here: they are served by their ids.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import discord

from bot.core.posts.pages import excerpt, utf16_length
from bot.texts.sentences import Voice

Block = discord.ui.Item[Any]
"""A part of a panel: a text, a section, a row of controls, a line."""

ACCENT: Final = discord.Colour(0xC2703D)
"""The edge of panels, copper: more than 3:1 against Discord's light and dark grounds (WCAG 2.2, 1.4.11)."""

TEXT_LIMIT: Final = 4000
"""Characters in all texts of a message (Discord's page "Component Reference", Text Display)."""

ALT_LIMIT: Final = 256
"""Characters in the description of a picture; Discord takes more, and a screen reader's user does not."""

_MARKUP: Final = re.compile(r"[\\*_~`|<\[]|^[-+#>]|:(?=//|\w+:)")
"""What begins markup in one line (Discord's page "Markdown Text 101"): `<` begins mentions, times, commands
and emojis, `://` a link, `:…:` an emoji. A backslash before a sign takes its meaning."""


def panel(blocks: Iterable[Block]) -> discord.ui.LayoutView:
    """Return a panel of these blocks; a text that is too long for it ends with `…`.

    Raises:
        ValueError: Discord does not take as many components, which is 40 with those inside of others.
    """
    container: discord.ui.Container[Any] = discord.ui.Container(*blocks, accent_colour=ACCENT)
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(container)
    texts = [each for each in container.walk_children() if isinstance(each, discord.ui.TextDisplay)]
    room = TEXT_LIMIT - len(texts)  # each keeps a character
    for each in texts:
        each.content = excerpt(each.content, room + 1)
        room -= utf16_length(each.content) - 1
    view.stop()  # else the library keeps it
    return view


def text(*lines: str) -> Block:
    """Return lines of text."""
    return discord.ui.TextDisplay("\n".join(lines))


def line() -> Block:
    """Return a line that parts what is above it from what is beneath."""
    return discord.ui.Separator()


def row(*controls: Block) -> Block:
    """Return controls in a row: one menu, or up to five buttons."""
    return discord.ui.ActionRow(*controls)


def beside(words: str, accessory: Block) -> Block:
    """Return a text with a picture or a button beside it."""
    return discord.ui.Section(words, accessory=accessory)


def picture(address: str, name: str, voice: Voice) -> Block:
    """Return the picture of a persona with this name."""
    alt = excerpt(voice.say("panel.picture", persona=name), ALT_LIMIT)
    return discord.ui.Thumbnail(address, description=alt)


def image(address: str, alt: str) -> Block:
    """Return a picture as wide as the panel; `alt` is what it says to those who cannot see it."""
    gallery: discord.ui.MediaGallery[Any] = discord.ui.MediaGallery()
    return gallery.add_item(media=address, description=excerpt(alt, ALT_LIMIT))


def pictured(words: str, address: str | None, name: str, voice: Voice) -> Block:
    """Return a text with a persona's picture beside it; the text alone if there is no picture."""
    return text(words) if address is None else beside(words, picture(address, name, voice))


def button(label: str, custom_id: str) -> Block:
    """Return a button that is served by its id."""
    return discord.ui.Button(label=label, custom_id=custom_id)


def link(label: str, url: str) -> Block:
    """Return a button that leads to an address."""
    return discord.ui.Button(label=label, url=url)


def menu(
    custom_id: str,
    options: Sequence[discord.SelectOption],
    *,
    disabled: bool = False,
    hint: str | None = None,
) -> Block:
    """Return a menu that is served by its id; `hint` is what it says while nothing is chosen."""
    return discord.ui.Select(custom_id=custom_id, options=list(options), disabled=disabled, placeholder=hint)


def channel_menu(custom_id: str, chosen: int | None, hint: str) -> Block:
    """Return a menu of the server's text channels, of which one or none is chosen."""
    kind = discord.SelectDefaultValueType.channel
    return discord.ui.ChannelSelect(
        custom_id=custom_id,
        channel_types=[discord.ChannelType.text],
        default_values=[] if chosen is None else [discord.SelectDefaultValue(id=chosen, type=kind)],
        min_values=0,
        placeholder=hint,
    )


def role_menu(custom_id: str, chosen: Sequence[int], hint: str, most: int = 1) -> Block:
    """Return a menu of the server's roles, of which some are chosen, `most` at most."""
    kind = discord.SelectDefaultValueType.role
    return discord.ui.RoleSelect(
        custom_id=custom_id,
        default_values=[discord.SelectDefaultValue(id=each, type=kind) for each in chosen],
        min_values=0,
        max_values=most,
        placeholder=hint,
    )


def user_menu(custom_id: str, chosen: Iterable[int], hint: str, most: int) -> Block:
    """Return a menu of the server's accounts, of which any up to `most` are chosen."""
    kind = discord.SelectDefaultValueType.user
    return discord.ui.UserSelect(
        custom_id=custom_id,
        default_values=[discord.SelectDefaultValue(id=each, type=kind) for each in chosen],
        min_values=0,
        max_values=most,
        placeholder=hint,
    )


def small(words: str) -> str:
    """Return a line in small print."""
    return f"-# {words}"


def quoted(words: str) -> str:
    """Return a text as a quotation, its lines as they are, with nothing in it that is markup; "" for none."""
    return "\n".join(f"> {plain(line)}" for line in words.splitlines())


def plain(words: str) -> str:
    """Return a text in one line, in which nothing is a mention, a link, an emoji or other markup."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(words.split()))
