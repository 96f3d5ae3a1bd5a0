"""English sentences of `/persona`: who plays, and a server's own personas with their drafts, versions and tries.

Law: that of `catalogue/players.py`, of which they are a part.
"""

from collections.abc import Mapping

PERSONAS: Mapping[str, str] = {
    "cast.used.category": "**{persona}** is now the persona of every channel in this category that doesn't have its own. Each "
    "channel sees {persona}'s card before the first reply, and is told once that messages are saved.",
    "cast.used.server": "**{persona}** now answers mentions on this server wherever no other persona is set. Each channel sees "
    "{persona}'s card before the first reply. All messages are saved only in channels and categories that have their own persona.",
    "cast.used.forum": "**{persona}** is now the persona of every post in <#{forum}> that doesn't have its own. Each post "
    "shows {persona}'s card before the first reply, and says once that messages are saved.",
    "cast.cleared.forum": "The posts in <#{forum}> don't have a persona anymore, except those with their own.",
    "cast.cleared.channel": "This channel doesn't have a persona anymore. What was saved stays saved. Use `/persona use` to "
    "choose another one.",
    "cast.cleared.category": "This category doesn't have a persona anymore, except in channels with their own.",
    "cast.cleared.server": "This server doesn't have a persona anymore, except in channels and categories with their own.",
    "cast.list": "Personas: {count}",
    "cast.page": "Page {page} of {pages}",
    "cast.mark.here": "plays here",
    "cast.mark.default": "default",
    "cast.mark.nsfw": "age-restricted",
    "cast.broken_old": "⚠ Its file can't be loaded, so the last working version is used: {reason}",
    "cast.missing": "⚠ `{key}` is set here, but its file is gone. Use `/persona use` to choose another persona.",
    "cast.broken": "⚠ `{key}` can't be loaded:",
    "cast.mark.own": "this server's own, version {version}",
    "cast.mark.tokens": "{tokens} tokens",
    "cast.where": "Plays in {places}",
    "cast.where.more": "{count} more",
    "cast.where.server": "the whole server",
    "cast.open": "Open a card to try, edit or download it",
    "cast.deleted": "Deleted personas that can be put back",
    "draft.title": "-# Draft: nothing is saved yet",
    "draft.new": "`{key}` will be new on this server",
    "draft.changes": "`{key}` will change from version {version}",
    "draft.covers": "this server will have its own `{key}` in place of the bot owner's",
    "draft.blanks_only": "Only blanks or line ends change.",
    "draft.more_lines": "More lines that aren't shown: {count}. The file has all of them.",
    "draft.mistakes": "### `{file}` can't be used yet",
    "draft.mistakes.nothing": "Nothing was changed. To fix: {count}",
    "draft.mistakes.more": "More to fix: {count}. Send the file again to see what's left.",
    "draft.mistake": "**Line {line}, column {column}:** {what}",
    "draft.file": "Only you can see this file. Change it and upload it with `/persona upload`.",
    "draft.form.new": "New persona",
    "draft.form.edit": "Edit {persona}",
    "draft.field.name": "Name",
    "draft.field.name.about": "As people say it",
    "draft.field.description": "Description",
    "draft.field.description.about": "Who the persona is: looks, past, what it wants",
    "draft.field.personality": "Personality",
    "draft.field.personality.about": "How it feels, thinks and speaks",
    "draft.field.scenario": "Scenario",
    "draft.field.scenario.about": "What's going on when a story starts",
    "draft.field.greeting": "Greeting",
    "draft.field.greeting.about": "What it says first in a new scene",
    "draft.too_long_for_form": "A text of this persona has more than {most} characters, too many for a form. Download the file, "
    "change it and upload it.",
    "draft.unchanged": "Nothing would change: {persona} is already like that.",
    "draft.broken": "The file of `{key}` has mistakes, so a form can't change it. Download it, fix it and upload it.",
    "draft.not_editable": "This file is written in a way that the form can't change. Here's what you wrote: download the persona, put it "
    "in and upload it.",
    "draft.overtaken.form": "Someone changed this persona while your form was open, so nothing was saved. Here's what you wrote: open the "
    "form again and put it in.",
    "draft.overtaken": "Someone changed `{key}` meanwhile, so nothing was saved. Use `/persona show` to see how it is now.",
    "draft.too_many": "This server has as many personas of its own as it can have. Delete one first.",
    "draft.too_much": "This server's personas are too long together. Shorten this one, or delete another.",
    "draft.gone": "The draft isn't there anymore. Upload or write it again.",
    "upload.form": "Upload a persona",
    "upload.file": "File",
    "upload.file.about": "A persona's YAML, up to {most} KiB, or a character card (PNG, JSON, CHARX)",
    "upload.text": "Or its text",
    "upload.text.about": "Paste the YAML here",
    "upload.key": "Key",
    "upload.key.about": "Which persona it is. Default: the file's name, or the persona's name",
    "upload.nothing": "There was neither a file nor a text. Choose a file, or paste the text.",
    "upload.too_large": "The file is too large. A persona's YAML can have up to {most} KiB, and a character card {card} MiB.",
    "upload.bad_key": "`{key}` can't be a persona's key: use only letters, digits, `_` and `-`, up to 64. Rename the file, or give a key "
    "with the option `persona`.",
    "upload.older": "### Nothing was changed\nYour file is based on version {base} of `{key}`, and <@{user}> saved version {newest} "
    "<t:{at}:R>. Download that, make your changes there and upload it. This has changed since your version:",
    "versions.title": "## Versions of `{key}`",
    "versions.one": "## `{key}`, version {version}",
    "versions.line": "**{version}** · {act} by {who} <t:{at}:R>",
    "versions.option": "Version {version}",
    "versions.choose": "Look at a version",
    "versions.more": "Older changes: {count}",
    "versions.now": "It's like that now.",
    "versions.would_change": "Putting it back would change:",
    "versions.somebody": "someone",
    "versions.act.made": "written",
    "versions.act.edited": "edited",
    "versions.act.uploaded": "uploaded",
    "versions.act.restored": "put back",
    "versions.act.deleted": "deleted",
    "versions.none": "There are no versions of this persona on this server.",
    "versions.gone": "That version isn't kept anymore. Open Versions again.",
    "versions.not_own": "This persona belongs to the bot's owner, so it can't be deleted here.",
    "versions.delete": "### Delete {persona}?",
    "versions.delete.nobody": "Channels where {persona} plays won't have a persona. You can put it back later: `/persona list` shows what "
    "was deleted.",
    "versions.delete.host": "Then the bot owner's {persona} plays here again. You can put this one back later: `/persona list` shows what "
    "was deleted.",
    "versions.deleted": "`{key}` is deleted.",
    "try.title": "### Trying {persona}",
    "try.private": "Only you can see this. It isn't saved and isn't part of any story.",
    "try.begin": "Say something to begin.",
    "try.say": "What you say or do",
    "try.form": "To {persona}",
    "try.writing": "writing …",
    "try.nothing": "You wrote nothing. Press the button again.",
    "try.busy": "The persona is still writing.",
    "try.limited": "You've asked for as many replies as you can within a minute. Try again in {seconds} s.",
    "try.over": "That's as far as a try goes. Press Try again to start over.",
    "try.too_old": "This try is too old to continue. Press Try again.",
    "sample.text": "# Written with /persona new. To change more than the form has, download this file, change it and upload it.\n"
    "name: Brindle\n",
    "sample.name": "Brindle",
    "sample.description": "Brindle mends clocks in a cellar under the market square. He was the king's jester for thirty years, and left on "
    "the day nobody laughed. He is small, quick and grey, wears four watches and trusts none of them, and owes the town watch two favours "
    "that he would rather not explain.",
    "sample.personality": "Brindle is kind, forgetful and curious about everybody. He answers most questions with a better one, hums while "
    "he works, and goes quiet when somebody mentions the king.",
    "sample.scenario": "On the eve of the fair every clock in town has stopped. Half the town has come down to Brindle's cellar with a "
    "clock under one arm, and he has until morning.",
    "sample.greeting": "*Forty clocks stand on the shelves, and none of them ticks. Brindle looks up over three pairs of spectacles.*\n\n"
    '"Mind the cuckoo, it bites. Which of you is in a hurry, and which of you only says so?"',
    "cast.not_readable": "Its file belongs to the bot's owner and can't be read on this server.",
    "cast.unreadable": "The file of `{key}` can't be read. Ask the bot's owner to check it.",
}
