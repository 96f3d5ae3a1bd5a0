"""English sentences about chats that leave as a file or come from one.

Law: that of `catalogue/players.py`, of which they are a part.
"""

from collections.abc import Mapping

TRANSFER: Mapping[str, str] = {
    "export.done": "{scene}, {turns}. Only you can see this file.",
    "export.zipped": "{scene}, {turns}. Only you can see this file. It's zipped because it's too large for Discord otherwise.",
    "export.nothing": "Nothing has been said in this scene yet.",
    "export.too_large": "This scene is {size} MB even when it's zipped, and Discord takes {most} MB here. Plain text is the smallest "
    "format.",
    "export.age_restricted": "{persona} is for age-restricted channels only, so this scene can't be shown here.",
    "export.subtitle": "#{channel} · {turns} · {first} to {last}",
    "export.subtitle.day": "#{channel} · {turns} · {first}",
    "export.ai": "AI",
    "export.footer": "Times are in UTC. An AI wrote what the personas say.",
    "button.import": "Import…",
    "button.import.now": "Import as a new scene",
    "import.form": "Import a scene",
    "import.file": "Chat file",
    "import.file.about": "A SillyTavern chat or a scene exported as one (.jsonl, up to {most} MB)",
    "import.title": "Title (optional)",
    "import.plan": "**{title}**",
    "import.plan.turns": "Messages: {turns:,}, from <t:{first}:D> to <t:{last}:D>",
    "import.plan.people": "Players: {names}",
    "import.plan.personas": "Personas: {names}",
    "import.plan.unknown": "No personas here: {names}. What they said keeps their names, but they won't reply.",
    "import.plan.hidden": "Left out: {count:,} (hidden in SillyTavern, or without words)",
    "import.who": "If one of the players is you, {name}: who?",
    "import.done": "Imported: {scene}. {resume} continues it.",
    "import.done.here": "Imported: {scene}. It's playing here now.",
    "import.no_file": "There was no file. Choose one in the form.",
    "import.not_loaded": "Discord didn't hand out the file. Try again.",
    "import.refused": "Nothing was imported. {what}",
    "import.refused.line": "Nothing was imported because of line {line}. {what}",
    "import.fault.size": "The file can have up to {about} MB. Split it into several.",
    "import.fault.encoding": "It isn't UTF-8 text. Export the chat again as JSONL.",
    "import.fault.lines": "The file can have up to {about} messages. Split it into several.",
    "import.fault.line": "It can have up to {about} KB. Delete some of its variants.",
    "import.fault.json": "It isn't JSON. Each line has to be one message; export the chat again as JSONL.",
    "import.fault.shape": "It isn't a message. Each line has to be a JSON object in braces.",
    "import.fault.field": "Its `{about}` is missing or has the wrong type.",
    "import.fault.name": "It doesn't say who speaks: `name` is missing.",
    "import.fault.long_name": "A name can have up to {about} characters.",
    "import.fault.text": "A text can have up to {about} characters. Shorten it or split it into two messages.",
    "import.fault.variants": "A message can have up to {about} variants. Delete some.",
    "import.fault.speakers": "A chat can have up to {about} names.",
    "import.fault.time": "The time “{about}” isn't one that SillyTavern writes.",
    "import.fault.empty": "There are no messages in it.",
}
