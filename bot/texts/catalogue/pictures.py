"""English sentences about the pictures of a server's own personas.

Law: that of `catalogue/players.py`, of which they are a part.
"""

from collections.abc import Mapping

PICTURES: Mapping[str, str] = {
    "button.picture": "Picture…",
    "panel.pictures": "**Pictures**\n-# The channel that keeps the pictures of this server's own personas",
    "panel.pictures.hint": "No channel",
    "picture.form": "Picture of {persona}",
    "picture.file": "Picture",
    "picture.file.about": "PNG, JPEG, GIF or WebP, up to {most} MB. Without a file, the picture is removed.",
    "picture.posted": "Picture of {persona}. The persona's posts show it as long as this message is here.",
    "picture.kept": "{persona} has a new picture. It's shown where the persona posts under its own name, and on its card.",
    "picture.removed": "{persona} doesn't have a picture of its own anymore.",
    "picture.kind": "That isn't a picture that Discord shows. Choose a PNG, JPEG, GIF or WebP file.",
    "picture.size": "A picture can have up to {most} MB.",
    "picture.not_own": "This server doesn't have a persona of its own with that name, or its text can't be loaded.",
    "picture.no_channel": "Discord only shows pictures that have an address. Choose a channel for them in {settings}, under Server settings; "
    "or write an `https` address as `avatar` in the persona's text.",
    "picture.channel_gone": "The channel for pictures is deleted. Choose another one in {settings}, under Server settings.",
    "picture.channel_age": "{persona} is for age-restricted channels only, and <#{channel}> isn't one. Choose another channel for pictures, or "
    "restrict its age.",
    "picture.channel_lacks": "The bot needs the {right} permission in <#{channel}> to keep pictures there.",
    "picture.not_taken": "Discord couldn't take the picture in <#{channel}>. Try again, or choose a smaller one.",
    "picture.channel_forbidden": "Discord doesn't let the bot post in <#{channel}>. Check its permissions there.",
    "cast.picture.none": "No picture of its own, so Discord shows its default face. Press *Picture…*, or write an `https` address as `avatar`.",
    "cast.picture.gone": "⚠ The message with its picture is deleted, so Discord shows its default face. Press *Picture…* to choose one again.",
    "cast.picture.forbidden": "⚠ The bot can't read the channel with its picture, so Discord shows its default face.",
    "cast.picture.trouble": "⚠ Discord doesn't hand out its picture right now. The bot tries again in a few minutes.",
    "right.attach_files": "Attach Files",
}
