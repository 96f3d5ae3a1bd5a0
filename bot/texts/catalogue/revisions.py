"""English sentences about turns that change or go: another version, an edit, `/undo`, a branch.

Law: that of `catalogue/players.py`, of which they are a part.
"""

from collections.abc import Mapping

from bot.texts.catalogue.plural import Plural

REVISIONS: Mapping[str, str] = {
    "menu.from_here": "Regenerate from here",
    "menu.edit": "Edit reply",
    "menu.remove": "Remove from story",
    "menu.remember": "Remember this",
    "menu.branch": "Branch from here",
    "press.later": "For a minute, only the people this reply answers can do that. You can <t:{at}:R>.",
    "press.once_done": "This reply is still being written for someone else. You can do that a minute after it's done.",
    "press.apart": "Only people who wrote one of this story's latest {turns} messages can do that. Say something in the story, "
    "then you can too.",
    "revise.gone": "This message isn't in the story anymore.",
    "revise.elsewhere": "This message belongs to a story in another channel.",
    "revise.removed": "This message was removed from the story. Press Undo under it to put it back.",
    "revise.writing": "This reply is still being written. Wait until it's done, or press Stop.",
    "revise.paused": "The bot is paused here. A moderator can use `/dramatis pause` and press Resume.",
    "revise.limited": "The bot has answered you as often as it can within a minute. Try again in {about} s.",
    "revise.persona_missing": "The persona of that reply, `{about}`, can't be loaded: its file is missing or broken. The bot's "
    "owner can fix `{about}.yaml`.",
    "revise.age_restricted": "{about} is for age-restricted channels only, and this channel isn't one anymore. Someone with Manage "
    "Channels can restrict its age in the channel's settings.",
    "revise.spoken": "A person said this as the persona, so there's nothing for the AI model to write again. You can edit or remove it.",
    "revise.nothing_before": "There's no message before that one, so there's nothing to answer.",
    "revise.no_such_swipe": "There's no other version on that side.",
    "revise.empty": "The new text is empty. To take the whole reply out of the story, use Remove from story.",
    "revise.no_reply": "This isn't a persona's reply. Choose one of the persona's messages.",
    "revise.no_turn": "This message isn't part of the story: the bot never saw it, or it isn't saved anymore.",
    "revise.not_yours": "This message is from someone else. {why}",
    "revise.more": "What do you want to do with this reply?\n-# *Not this* covers it for everyone, and the story takes another way. "
    "Nobody is told who asked.",
    "revise.covered": "Done. The reply is covered, and the next one takes another way. Nobody is told who asked.",
    "revise.covered.part": "The reply left the story, but the bot can't cover all of it here. A moderator can delete the message. "
    "Nobody is told who asked.",
    "revise.not_this_limit": "You've covered three replies within an hour. If something is wrong at this table, please talk to a "
    "moderator. You can do it again in {minutes} min.",
    "revise.confirm": Plural(
        "This takes the {count} messages after that reply out of the story. They stay visible here. You can undo this.",
        one="This takes the message after that reply out of the story. It stays visible here. You can undo this.",
    ),
    "revise.from_here": "The bot is writing a new version. What came after it was removed from the story, but stays visible here.",
    "revise.again": "The bot is writing a new version.",
    "revise.taken_out": "Removed from the story.",
    "revise.taken_out.message": "Removed from the story. The message itself stays here.",
    "revise.deleted": "Deleted, and removed from the story.",
    "revise.cannot_delete": "The bot can't delete this message: it isn't allowed to see this channel. A moderator can.",
    "revise.put_back": "Back in the story.",
    "revise.followed": "Something new was said since, so this exchange can't come back anymore.",
    "revise.undone_since": "The exchange before this one was undone too. Press Redo there first.",
    "revise.put_back_already": "This message is already in the story.",
    "undo.nothing": "There's nothing to undo: no persona has said anything in this story yet.",
    "undo.done": "The last exchange is out of the story. *Redo* brings it back, as long as nothing new is said.",
    "undo.done.part": "The last exchange is out of the story, but the bot can't change all of its messages here: the webhook that "
    "posted them is gone. *Redo* brings it back, as long as nothing new is said.",
    "branch.thread": "↪ {title}",
    "branch.opened": "Your branch of the story has its own thread: <#{thread}>",
    "branch.opening": "↪ {who} continues a story here in another way. It's the same story up to and including {link}.",
    "branch.has_thread": "This message already has a thread: <#{thread}>. Write there, or choose another message.",
    "branch.private": "This thread is private, and a branch would be open to everyone in the channel, so the bot doesn't open one. "
    "You can go back in this story with `/undo`.",
    "branch.nowhere": "Discord has no threads in this kind of channel, so a story can't branch here. You can go back in it with "
    "`/undo`.",
    "branch.too_many": "There are as many active threads here as Discord allows. Close some of them, then try again.",
    "branch.bot_lacks": "The bot needs the {right} permission here to open a thread for the branch. Someone with Manage Channels can "
    "give it to the bot in the channel's settings.",
    "edit.title": "Edit reply",
    "edit.part": "Part {number} of {count}",
    "edit.whole": "What the persona says",
    "edit.too_long": "This reply is too long to edit here: it has more than {most:,} characters.",
    "edit.done": "The reply was changed.",
    "edit.unchanged": "Nothing was changed.",
    "edit.overtaken": "Someone else changed this reply in the meantime, so your text wasn't saved. You can find it in the file.",
    "edit.file": "your-text.txt",
}
