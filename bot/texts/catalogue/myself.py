"""English sentences of `/myself`: who people play, and what they wish for themselves; part of `PLAYERS`.

Law: that of `catalogue/players.py`.
"""

from collections.abc import Mapping
from typing import Final

MYSELF: Final[Mapping[str, str]] = {
    "describe.myself": "Your characters, who you play here, and how you get replies",
    "help.command.myself": "{myself} lets you play a character that personas know: with a name, pronouns and a description.",
    # --- the panel --------------------------------------------------------------------------------
    "myself.title": "## Who you are in stories",
    "myself.now.self": "Here you speak as yourself: **{name}**.",
    "myself.now.profile": "Here you play **{name}**.",
    "myself.out": "You've opted out, so personas are told none of this. To play again, use {privacy} and press Opt in.",
    "myself.how": "Personas know you by this name. What you said before keeps its name, and on Discord you keep your own.",
    "myself.profiles": "**Your characters** · {count} of {most}",
    "myself.none": "None yet. Add one, and you play it on this server.",
    "myself.profile": "**{name}** · {about} · *{tokens} tokens*",
    "myself.profile.name": "**{name}** · *only a name*",
    "myself.cost": "Only you see this. A reply is told about the six people who spoke last: at most {most} tokens for each, and {all:,} together. A "
    "longer description is cut.",
    "myself.open": "Change or delete a character",
    "myself.server": "**On this server** you are",
    "myself.here": "**In this channel** you are",
    "myself.here.thread": "**In this thread** you are",
    "myself.option.self": "Yourself",
    "myself.option.around": "As on the rest of the server: {name}",
    "myself.option.around.thread": "As in its channel: {name}",
    "myself.whole_replies.on": "Replies to you are posted whole when they're finished.",
    "myself.whole_replies.off": "Replies to you can grow while they're being written. Whole replies are easier with a screen reader or notifications.",
    "myself.ping.on": "You're notified when a reply mentions you (`@` and your name), where the server's admins allow that.",
    "myself.ping.off": "Replies don't notify you, even if they mention you.",
    # --- one character ----------------------------------------------------------------------------
    "myself.one": "## {name}",
    "myself.one.pronouns": "Pronouns: {pronouns}",
    "myself.one.nothing": "Without pronouns and a description, personas only know the name.",
    "myself.one.tokens": "{tokens} tokens in each reply while you're one of the six who spoke last.",
    "myself.one.cut": "{tokens} tokens. Personas are told the first {most}: the end of the description is cut.",
    "myself.delete": "## Delete {name}?",
    "myself.delete.what": "What {name} said stays in its stories, under this name, but personas are no longer told who that is. Where you play {name}, "
    "you're who you are on the rest of the server, or yourself. You can't undo this.",
    "myself.form": "Your character",
    "myself.form.name": "Name",
    "myself.form.pronouns": "Pronouns",
    "myself.form.description": "Who is it?",
    "myself.form.description.about": "Looks, manner, what others know. Each persona that you play with reads it.",
    "profile.nameless": "A character needs a name that can be seen.",
    "profile.long_name": "A character's name can have up to {most} characters.",
    "profile.long_pronouns": "Pronouns can have up to {most} characters.",
    "profile.long_description": "A description can have up to {most:,} characters.",
    "profile.same": "You already have a character of this name.",
    "profile.many": "You have {most} characters, the most there can be. Delete one first.",
    "profile.gone": "This character doesn't exist anymore.",
    "myself.gone": "This character doesn't exist anymore. Use {myself} again.",
    "button.myself.new": "New character",
    "button.myself.delete": "Delete …",
    "button.myself.confirm": "Delete",
    "button.whole_replies.on": "Whole replies for me",
    "button.whole_replies.off": "Growing replies for me",
    "button.ping.on": "Notify me",
    "button.ping.off": "Don't notify me",
    # --- elsewhere --------------------------------------------------------------------------------
    "talk.character": "{name} ({person})",
    "privacy.profiles": "- Your characters: {count}",
    "privacy.wishes": "- Your wishes in `/myself`, and the language of your Discord: {count}",
}
