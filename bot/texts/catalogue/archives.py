"""English sentences about the archive of a server.

Law: that of `catalogue/players.py`, of which they are a part.
"""

from collections.abc import Mapping

ARCHIVES: Mapping[str, str] = {
    "button.archive.get": "Get server archive",
    "button.archive.bring": "Bring back an archive…",
    "button.archive.now": "Bring it back",
    "archive.made": "This server's archive. Personas: {personas}, lorebooks: {books}, pictures: {pictures}, and the settings and which persona plays where. "
    "Nobody's messages are in it. Any server with this bot can bring it back.",
    "archive.left_out": "Without the pictures of {names}: Discord didn't hand them out, or they would make the file too large.",
    "archive.too_large": "This server's personas don't fit one file of {most} MB. Download them one by one from their cards.",
    "archive.age_restricted": "{persona} is for age-restricted channels only. Use this button in one of them.",
    "archive.form": "Bring back an archive",
    "archive.file": "Archive",
    "archive.file.about": "A server archive of this bot (.zip, up to {most} MB). You see what would change first.",
    "archive.plan": "**What this archive would change here**",
    "archive.plan.new": "New personas: {names}",
    "archive.plan.changed": "Changed personas: {names}",
    "archive.plan.books": "New or changed lorebooks: {names}",
    "archive.plan.same": "The same already: {count}",
    "archive.plan.pictures": "Pictures: {count}",
    "archive.plan.settings": "Settings: {count}",
    "archive.plan.bindings": "Places where another persona would play, or none: {count}",
    "archive.rest": "-# What isn't in the archive stays as it is. Earlier versions of personas are kept.",
    "archive.nothing": "Everything in this archive is already here.",
    "archive.nowhere": "⚠ Not here, so nothing is set for them: {names}",
    "archive.homeless.pictures": "⚠ The channel for pictures isn't on this server, so it isn't set. Choose one in the settings.",
    "archive.homeless.proposers": "⚠ The role that proposes personas isn't on this server, so it isn't set. Choose one in the settings.",
    "archive.unknown": "⚠ Not among the personas here, so they are set nowhere: {names}",
    "archive.broken": "Nothing was brought back: these files can't be loaded here: {names}. The file says where each mistake is.",
    "archive.done": "Done. The server has what is in the archive.",
    "archive.no_pictures": "⚠ Without the pictures of {names}. {why}",
    "archive.not_stored.overtaken": "Nothing was brought back: someone changed one of the personas or lorebooks in the meantime. Send the archive again to see what "
    "would change now.",
    "archive.not_stored.too_many": "Nothing was brought back: the server would have more personas or lorebooks than it can. Delete some first.",
    "archive.not_stored.too_much": "Nothing was brought back: the server's personas or lorebooks would be too long together. Delete some first.",
    "archive.fault.size": "Nothing was brought back. An archive can have up to {about} MB.",
    "archive.fault.zip": "Nothing was brought back. This isn't a zip file, or it's damaged. Get the archive again.",
    "archive.fault.members": "Nothing was brought back. An archive can have up to {about} files.",
    "archive.fault.name": "Nothing was brought back. An archive has `dramatis.json`, `personas/NAME.yaml`, `lore/NAME.yaml` and `pictures/NAME.png` in it, but not {about}.",
    "archive.fault.twice": "Nothing was brought back. The archive has {about} twice.",
    "archive.fault.encrypted": "Nothing was brought back. {about} is encrypted in this archive. Pack it without a password.",
    "archive.fault.unpacked": "Nothing was brought back. Unpacked, {about} is too large.",
    "archive.fault.none": "Nothing was brought back. There's no `dramatis.json` in this file, so it isn't an archive of this bot.",
    "archive.fault.manifest": "Nothing was brought back. `dramatis.json` can't be read: {about}. A newer version of the bot may have made it.",
}
