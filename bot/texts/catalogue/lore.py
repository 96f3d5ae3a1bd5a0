"""The sentences about lorebooks for people on Discord: a part of the catalogue `PLAYERS`.

Law: that of `catalogue/players.py`, of which they are a part.
"""

from collections.abc import Mapping

from bot.texts.catalogue.plural import Plural

LORE: Mapping[str, str] = {
    "lore.none": "This server doesn't have any lorebooks. Use `/lore upload` to add one.",
    "lore.menu": "One of this server's own…",
    "lore.card": Plural(
        "{count} entries, uploaded by {who} on {when}",
        one="1 entry, uploaded by {who} on {when}",
    ),
    "lore.somebody": "somebody",
    "lore.gone": "That lorebook doesn't exist anymore. Use `/lore list` to see the others.",
    "lore.file": "Here is `{key}`.",
    "lore.deleted": "`{key}` is deleted. Here is its file, so that you can upload it again.",
    "lore.brought": Plural(
        "**{name}** (`{key}`) is added, with {count} entries.",
        one="**{name}** (`{key}`) is added, with 1 entry.",
    ),
    "lore.replaced": Plural(
        "**{name}** (`{key}`) is replaced, and has {count} entries now. Here is the file of before.",
        one="**{name}** (`{key}`) is replaced, and has 1 entry now. Here is the file of before.",
    ),
    "lore.changes": Plural(
        "**{name}** (`{key}`) would have {count} entries. This is what would change:",
        one="**{name}** (`{key}`) would have 1 entry. This is what would change:",
    ),
    "lore.unchanged": "Nothing would change: `{key}` is already like that.",
    "button.replace": "Replace",
    "lore.known": "Known to: {known}",
    "lore.too_big": "That file is too big. A lorebook can have up to {most} KB.",
    "lore.no_book": "That isn't a lorebook. Upload a YAML file with `entries`, or a world that was exported from SillyTavern.",
    "lore.fault.overtaken": "Someone changed `{key}` meanwhile, so nothing was replaced. Upload your file again to see what would change.",
    "lore.fault.too_many": "This server already has as many lorebooks as it can have. Delete one in `/lore list` first.",
    "lore.fault.too_much": "This server's lorebooks are too long together. Delete one in `/lore list` first.",
    "lore.remark.depth": "Entries that stood at a depth among the messages now stand in a note on the newest one ({count}): {names}",
    "lore.remark.regex": "A pattern never matches, because it isn't RE2 ({count}): {names}. {said}",
    "lore.remark.never": "Nothing brings these up, because they have no keys ({count}): {names}",
    "lore.remark.limited": "A number is above what counts here ({count}): {names}",
    "lore.remark.vectors": "Entries without keys that were found by likeness never fire here ({count}): {names}",
    "lore.remark.filter": "Entries for some characters only are for everyone here ({count}): {names}",
    "lore.remark.group": "A group chooses by weight here, not by order or score ({count}): {names}",
    "lore.remark.kept": "`{said}` does nothing here ({count}): {names}",
    "button.download": "Download",
    "button.lore.delete": "Delete",
    "lore.book": Plural(
        "**{name}** (`{key}`): {count} entries, known to {known}",
        one="**{name}** (`{key}`): 1 entry, known to {known}",
    ),
    "lore.hosts": Plural(
        "{count} lorebooks belong to the bot's owner and can't be read on this server.",
        one="One lorebook belongs to the bot's owner and can't be read on this server.",
    ),
    "lore.by_name": "personas that name it",
    "lore.faults": Plural(
        "⚠ {count} patterns never match, because they aren't RE2 patterns.",
        one="⚠ A pattern never matches, because it isn't an RE2 pattern.",
    ),
    "lore.inline": Plural(
        "In {persona}'s file: {count} entries, known to {persona}",
        one="In {persona}'s file: 1 entry, known to {persona}",
    ),
    "lore.tested": "**Lore for {persona}**: {told} of {entries} entries, {tokens:,} tokens",
    "lore.in_file": Plural(
        "All {count} lines are in the file.",
        one="The line is in the file.",
    ),
    "lore.told": "{entry} ({book}): {why}, {tokens:,} tokens",
    "lore.hidden": Plural(
        "{count} entries are from lorebooks of the bot's owner, which can't be read on this server.",
        one="One entry is from a lorebook of the bot's owner, which can't be read on this server.",
    ),
    "lore.untold": "{entry} ({book}) isn't told: {why}",
    "lore.why.said_by": "“{key}” in what {speaker} said",
    "lore.why.said": "“{key}”",
    "lore.why.lore": "“{key}” in the entry {entry}",
    "lore.why.constant": "always",
    "lore.why.sticky": "it stays from before",
    "lore.held.keys": "its secondary keys",
    "lore.held.greeting": "it's for stories that begin with another greeting",
    "lore.held.chance": "its probability",
    "lore.held.rest": "its cooldown",
    "lore.held.once": "it was told before",
    "lore.held.early": "it's too early in the scene, or not its turn",
    "lore.held.group": "another entry of its group is told",
    "lore.held.room": "there's no room for it",
}
