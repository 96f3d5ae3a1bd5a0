"""English sentences about character cards: why a file is refused, and what became of one that is not.

Law: that of `catalogue/players.py`, of which they are a part.
"""

from collections.abc import Mapping

from bot.texts.catalogue.plural import Plural

CARDS: Mapping[str, str] = {
    "card.too_big": "This file is larger than {most} MiB. Export the card without its other pictures, or as JSON.",
    "card.empty": "This file is empty. Download it again.",
    "card.webp": "Cards in WebP pictures can't be read. Download the card's original PNG, or export it as PNG or JSON where it was made.",
    "card.other_picture": "{kind} pictures can't hold a card. Use the card's PNG or JSON.",
    "card.other_file": "This file is no character card. Cards are PNG, JSON and CHARX files, a JPEG with an archive behind it, or a YAML of "
    "text-generation-webui.",
    "card.picture_only": "This {kind} has no card in it. Many sites and chats remove it from a picture: download the original file, or the "
    "card's JSON.",
    "card.torn": "This file is incomplete or damaged. Download it again.",
    "card.wrong_sum": "This picture is damaged: a checksum in it is wrong. Download it again.",
    "card.inflates": "Something in this file unpacks to more than {most} MiB, which no card needs, so it isn't read. Export the card as JSON.",
    "card.coding": "The card in this file isn't written as cards are (UTF-8, in pictures as base64). Export it again.",
    "card.not_json": "The card's JSON is broken at line {line}, column {column}. Export the card again.",
    "card.too_deep": "This card is nested more than {most} levels deep, so it isn't read. Take the deep part out of its `extensions`.",
    "card.too_many": "This file has more parts than any card needs, so it isn't read. Export the card as JSON, without other files.",
    "card.number": "This card has a number of more digits than fit, so it isn't read. Correct it where the card was made.",
    "card.not_a_card": "This is no character card: a card has a `name` and a `first_mes`, at its top or in `data`.",
    "card.lorebook": "This is a lorebook and no character card: it has entries, but nobody to play. Add it as a lorebook instead.",
    "card.persona": "This is already a persona of Dramatis. Save it as a .yaml file in the personas folder.",
    "card.yaml": "This YAML can't be read: {problem}",
    "card.archive": "This archive is damaged, or packed in an unusual way. Export the card again, as CHARX or JSON.",
    "card.locked": "This archive is encrypted. Export the card without a password.",
    "card.paths": "This archive has names that lead out of its folder, so it isn't read. Export the card as JSON.",
    "card.no_card_file": "This archive has no card in it: there is no card.json at its top.",
    "card.too_long": "This card has {length:,} KiB of text, and a persona's file can have {most}. Take something out where the card was made, "
    "such as parts of its lorebook.",
    "card.not_png": "A card as PNG needs a PNG as its picture, and this persona's is of another kind. Save the picture as PNG, or export to "
    "JSON.",
    "card.unloadable": "This card makes no persona that loads: {problem}",
    "card.no_persona": "This persona has mistakes. Fix what `check` says about it, then export it.",
    "card.told.to": "Read: {fields}.",
    "card.told.kept": "Kept below `card` for exports, the AI model doesn't read it: {fields}.",
    "card.told.picture": "The card's picture is the persona's.",
    "card.told.ours": "Read as Dramatis wrote it: {keys}.",
    "card.told.name_cut": "The name is now “{name}”. The card's own is kept below `card`.",
    "card.told.name_from_file": "The card has no name that can be shown, so it is called “{name}”. Change `name` if you like.",
    "card.told.nickname_cut": "The nickname is now “{name}”. The card's own is kept below `card`.",
    "card.told.samples_first": "Of {count} example exchanges, the first {most} are `samples`, because a model repeats what it sees too often. "
    "All are kept below `card`.",
    "card.told.samples_style": "Example words that answer nobody are in `style`.",
    "card.told.greeting_promoted": "The card has no first message, so the first of its other greetings is `greeting`.",
    "card.told.greeting_twice": Plural(
        "{count} greetings that repeat the first message were left out.",
        one="A greeting that repeats the first message was left out.",
    ),
    "card.told.depth_prompt": "The card's note for {depth} messages before the end stands at the end of `reminders`: M2-her reads it with the "
    "instructions.",
    "card.told.context_split": "The dialogue in `context` is read as examples.",
    "card.told.adult": "The tags say that it is for adults ({tags}), so `nsfw` is true: it plays in age-restricted channels only.",
    "card.told.copies": "The card has this twice, and the newer form counts: {fields}.",
    "card.told.unfit": "`{field}` isn't what cards have there, so it was left out, or in part.",
    "card.told.files": Plural(
        "{count} other files in it were left out: a persona has one picture.",
        one="Another file in it was left out: a persona has one picture.",
    ),
    "card.told.remote": "The card's picture is on the web, and nothing is fetched from there: {address} Save it and set `avatar` to use it.",
    "card.told.data_address": Plural(
        "{count} other pictures or files written into the card were left out: a persona has one picture.",
        one="Another picture or file written into the card was left out: a persona has one picture.",
    ),
    "card.told.acts_for_player": "Greeting {number} may act for the player (“{words}”). Leave that to the player.",
    "card.told.long_reminders": "The reminders have {length:,} characters, and the AI model reads them with each request. {most:,} are plenty.",
    "card.told.name_shorten": "The name has {length} characters. A short one reads better above each post.",
    "card.told.name_refused": "Discord doesn't allow “{word}” in a name, so posts get a dot in that word. Choose another name.",
    "card.told.dialogue_in_description": "The description has lines of dialogue. If they show how the persona talks, move them to `samples`.",
    "card.told.newer": "The card is of version {version}, and this bot knows cards up to 3.0. What is new in it is kept below `card`.",
    "card.told.picture_odd": "The card's picture is damaged, or of a kind that Discord doesn't show. Set `avatar` to another one.",
    "card.told.damaged_copy": "The card's newer form in this picture is damaged, so the older one was read.",
    "card.told.lore_depth": "Lore entries that want a place among the messages are told with the newest one ({count}): {names}.",
    "card.told.lore_regex": "Lore entries with a pattern that can't be used here never come up by it ({count}): {names}.",
    "card.told.lore_never": "Lore entries without a key never come up ({count}): {names}.",
    "card.told.lore_limited": "Lore entries that ask for more than is possible here get the most there is ({count}): {names}.",
    "card.told.lore_vectors": "Lore entries that are found by likeness elsewhere never come up here ({count}): {names}.",
    "card.told.lore_filter": "Lore entries that are for some characters only come up for this persona too ({count}): {names}.",
    "card.told.lore_large": "The card's lorebook is too large for a persona's file ({kib:,} KiB), so it was left out. Add the card's JSON as a lorebook "
    "of its own, and name that in `lorebooks`.",
    "card.told.lore_group": "Lore entries of a group are chosen in another way here ({count}): {names}.",
    "card.told.world": "The card names the lorebook “{world}”, which isn't in it. If you have it, add it too.",
}
