"""English sentences of `/talk`, `/roll` and `/scene`, and of the search in a scene.

Law: that of `catalogue/players.py`, of which they are a part.
"""

from collections.abc import Mapping

from bot.texts.catalogue.plural import Plural

SCENES: Mapping[str, str] = {
    # --- /talk and /scene -------------------------------------------------------------------------
    "talk.says": "**{name}:** {text}",
    "talk.says.lines": "**{name}:**",
    "talk.player": "{name} *(player)*",
    "talk.as_and_persona": "`as` and `persona` can't be used together: nobody replies to what you say as a persona.",
    "talk.as.title": "Speak as {persona}",
    "talk.as.label": "What the persona says or does, word for word",
    "talk.as.empty": "There are no words in it.",
    "talk.as.refused": "Discord blocked words in it, so it wasn't said. You can find your text in the file.",
    "talk.as.cut": "Discord didn't take all of it. The story keeps what you can see. You can find your text in the file.",
    "talk.waits": "-# {name} lets the story continue.",
    # --- /roll ------------------------------------------------------------------------------------
    "roll.shown": "🎲 **{name}** rolls {dice}: **{total}**{each}",
    "roll.shown.for": "🎲 **{name}** rolls {dice}: **{total}**{each} · {reason}",
    "roll.unreadable": "The bot can't read this part: {about}. Write dice like `2d6+1`, `d20`, `d%`, `4d6kh3` (only the "
    "highest 3 count) or `2d20kl1` (only the lowest).",
    "roll.no_dice": "There are no dice in that. Write them like `2d6+1` or `d20`.",
    "roll.too_many": "That's {about} dice. You can roll up to 100 at once.",
    "roll.sides": "A die can't have {about} sides. It can have 1 to 1,000, for example `d20`.",
    "roll.keep": "You can't keep {about} of those dice. After `kh` (highest) or `kl` (lowest), write how many of them count, "
    "for example `4d6kh3`.",
    "roll.number": "{about} is too large. A number can have up to 6 digits.",
    "roll.limited": "You've rolled as often as you can within a minute. Roll again in {seconds} s.",
    # --- /scene -----------------------------------------------------------------------------------
    "scene.untitled": "untitled",
    "scene.name": "#{number} {title}",
    "scene.none": "There's no scene in this channel yet. Use `/scene new` to start one.",
    "scene.opened": "New scene",
    "scene.opened.titled": "New scene: {title}",
    "scene.resumed": "Scene resumed: {scene}",
    "scene.back": "Back in the scene: {scene}",
    "scene.opening": "One moment.",
    "scene.begins": "The scene starts below.",
    "scene.more": "{count} more. To find them, type their title or number in `/scene resume`.",
    "scene.in_thread": "Your scene has its own thread: <#{thread}>",
    "scene.thread": "Scene with {persona}",
    "scene.company.thread": "Other people played here in the last hour. If you open a thread, their scene can continue.",
    "scene.company.alone": "Other people played here in the last hour. A new scene ends theirs. Their scene is saved and can be "
    "resumed.",
    "scene.turns": Plural("{turns} messages", one="1 message", by="turns"),
    "scene.playing": "▶ **{scene}** · {turns} · <t:{last}:R>",
    "scene.resting": "{scene} · {turns} · <t:{last}:R>",
    "scene.label": "#{number} {title}, {turns}, {day}",
    "scene.info.untitled": "Scene #{number}",
    "scene.info.length": "{turns}, the latest <t:{last}:R>",
    "scene.info.length.by": "{turns}, the latest <t:{last}:R> · started by {who}",
    "scene.info.nobody": "No persona is set for this channel.",
    "scene.info.all": "{persona} remembers all of this scene ({turns}).",
    "scene.info.latest": Plural(
        "{persona} remembers the last {count:,} messages.", one="{persona} remembers the last message."
    ),
    "scene.info.older": Plural(
        "{count:,} messages before that are still saved.", one="One message before that is still saved."
    ),
    "scene.people": "**Players:** {people}",
    "names.more": "{names} and {count:,} more",
    "scene.no_people": "Nobody has written anything yet.",
    "scene.window": "`{bar}` {share} of what the AI model can read at once ({window:,} tokens)",
    # --- looking back -----------------------------------------------------------------------------
    "look.form": "Search this scene",
    "look.words": "Words",
    "look.how": 'Finds messages with all of them. Put "words in a row" in quotes.',
    "look.title": "## Search: {words}",
    "look.page": "Page {page}, the newest first",
    "look.hit": "**{name}** · <t:{at}:f>",
    "look.nothing": "Nothing in this scene has all of that. Try fewer words, or others.",
    "look.no_words": "There are no words in that to search for. Type at least one.",
    "look.partial": "Older messages are still being prepared for the search. Try again in a few minutes.",
}
