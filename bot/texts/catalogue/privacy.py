"""English sentences of `/privacy`: what is stored about a person, and who else gets it.

Law: that of `catalogue/players.py`, of which they are a part.
"""

from collections.abc import Mapping

from bot.texts.catalogue.plural import Plural

PRIVACY: Mapping[str, str] = {
    "describe.privacy": "See, export or delete what the bot saves about you, or opt out",
    "privacy.title": "## What the bot saves about you",
    "privacy.nothing": "Nothing.",
    "privacy.messages": "- Your messages: {count}, {here} of them in this channel and its threads",
    "privacy.names": "- Your names: {names}",
    "privacy.names.more": "- Your names: {names}, and older ones",
    "privacy.quotes": "- Your messages that others replied to: {count}",
    "privacy.asides": "- What you asked out of character: {count}",
    "privacy.scenes": "- Scenes you started: {count}",
    "privacy.edits": "- Replies you edited: {count}",
    "privacy.proposals": "- Personas you proposed: {count}",
    "privacy.spoken": "- What you said as a persona: {count}",
    "privacy.pins": "- Pins, notes and recaps that you wrote, and pins with your words: {count}",
    "privacy.where": "It's saved on the bot owner's computer.",
    "privacy.kept": Plural(
        "Messages are deleted {days} days after they were said, those that weren't for a persona after {ambient}. Delete a message on Discord, "
        "and it's deleted here too.",
        one="Messages are deleted a day after they were said. Delete a message on Discord, and it's deleted here too.",
        by="days",
    ),
    "privacy.kept.for_good": "It's kept until you delete it: with Forget, or the message on Discord.",
    "privacy.in": "You take part: the bot saves what it needs to play with you.",
    "privacy.out": "You've opted out: the bot doesn't save, send or quote what you write. What was saved before is kept, but isn't used. "
    "To delete it, press Forget.",
    "privacy.is_out": "You've opted out, so the bot takes no words from you. To play again, use {privacy} and press Opt in.",
    "privacy.file": "my-data-{number}.json",
    "privacy.exported": "This is everything the bot saves about you. Of replies, only those are in it that you edited or spoke as a persona.",
    "privacy.forget.title": "## What should the bot forget?",
    "privacy.forget.what": "Your messages, names, quotes, pins, notes and choices are deleted from the bot's memory. So is the text of each "
    "reply that answered you, or that has your name or eight of your words in a row. You can't undo this.\n-# What others wrote stays. On Discord "
    "itself nothing changes: you get links to the replies, so that you can ask a moderator to delete them.",
    "privacy.forget.here": "**In this channel and its threads**\nYour messages: {messages} · replies: {replies}",
    "privacy.forget.everywhere": "**Everywhere, on all servers, with your characters**\nYour messages: {messages} · replies: {replies}",
    "privacy.forgotten": "Done. Your messages that the bot forgot: {messages}. Replies that it forgot: {replies}.",
    "privacy.posts": "These posts still show what was forgotten. A moderator can delete them:",
    "privacy.posts.all": "All posts that still show what was forgotten.",
    "privacy.posts.file": "posts.txt",
    "button.privacy.show": "◀ Back",
    "button.privacy.export": "Export",
    "button.privacy.forget": "Forget …",
    "button.privacy.here": "Forget here",
    "button.privacy.everywhere": "Forget everywhere",
    "button.privacy.out": "Opt out",
    "button.privacy.in": "Opt in",
    "provider.minimax": "MiniMax",
    "provider.here": "an AI model on the bot owner's computer",
    "provider.two": "{replies} (and what is older to {recaps}, for a summary)",
}
