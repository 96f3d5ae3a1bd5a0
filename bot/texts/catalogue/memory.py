"""English sentences of `/memory`: the recap, pins and the author's note.

Law: that of `catalogue/players.py`, of which they are a part.
"""

from collections.abc import Mapping

MEMORY: Mapping[str, str] = {
    "memory.title": "## What this story remembers",
    "memory.intro": "Besides the latest messages, {persona} reads all of this before every reply.",
    "memory.persona": "the persona",
    "memory.recap": "**Recap** · {tokens:,} of up to {most:,} tokens",
    "memory.recap.off": "**Recap** · turned off by the bot's owner: what no longer fits is forgotten.",
    "memory.recap.none": "So far {persona} can read the whole story. When the oldest messages no longer fit, a summary of them stands here.",
    "memory.recap.reaches": "Up to [this message]({link}) · made <t:{at}:R>",
    "memory.recap.written": "Last edited by {who}",
    "memory.recap.left_out": "Left out, because of the cost or because the AI model refused them: {turns}. *Make now* tries again.",
    "memory.recap.left": "Not in it yet, though they no longer fit: {turns} ({tokens:,} tokens).",
    "memory.recap.cost": "Making it costs the bot's owner about {amount}.",
    "memory.recap.paused": "⏸ Paused: it stays as it is until someone presses Resume.",
    "memory.recap.failed": "⚠ It couldn't be made: {reason}. The next try is <t:{at}:R>, and the story goes on.",
    "memory.recap.wordy": "the AI model's summary was too long",
    "memory.recap.model": "the AI model couldn't do it",
    "memory.recap.making": "It's being made right now.",
    "memory.recap.whole": "The whole recap is in the file.",
    "memory.pins": "**Pins** · {count} of {most} · {tokens:,} tokens",
    "memory.pins.none": "Facts that are never forgotten. Choose *Remember this* in a message's menu, or add one here.",
    "memory.choose": "Choose a pin to change it",
    "memory.pin": "## Pin",
    "memory.pin.follows": "It follows its message: edit or delete that, and the pin changes too. Once you edit the pin, it's your own.",
    "memory.note": "**Author's note** · {tokens:,} tokens",
    "memory.note.none": "What you want of the next replies, for example the mood or where the story should go.",
    "memory.all": "All of this: {tokens:,} tokens in every reply, {share} of what the AI model can read at once.",
    "memory.pinned": "Remembered: {text}\n-# {command} shows all pins, and you can change them there.",
    "memory.no_scene": "There's no scene in this channel yet.",
    "memory.elsewhere": "This message isn't part of the story that's played here.",
    "memory.empty": "There are no words in it to remember.",
    "memory.long": "That's too long: {most:,} characters is the most.",
    "memory.many": "This scene already has {most} pins, the most there can be, because every reply reads them all. Delete one "
    "in `/memory` first.",
    "memory.full": "All pins together can take {most:,} tokens, because every reply reads them all. Shorten or delete one in "
    "`/memory` first.",
    "memory.same": "This is already pinned.",
    "memory.gone": "This pin doesn't exist anymore.",
    "memory.paused": "The recap is paused. Press Resume first.",
    "memory.all_there": "There's nothing to make: everything that no longer fits is in the recap already.",
    "memory.recap_gone": "The recap has changed since. Open `/memory` again.",
    "memory.recap_long": "That's too long: the recap can take {most:,} tokens, because every reply reads it.",
    "memory.overtaken": "Someone else changed this in the meantime, so your text wasn't saved. You can find it in the file.",
    "memory.form.pin": "Pin",
    "memory.form.pin.label": "A fact that is never forgotten",
    "memory.form.recap": "Recap",
    "memory.form.recap.label": "What happened so far",
    "memory.form.note": "Author's note",
    "memory.form.note.label": "What you want of the next replies",
}
