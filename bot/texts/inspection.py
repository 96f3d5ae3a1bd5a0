"""The text of an inspected prompt, for `/dramatis inspect` and `python -m bot prompt`.

Law: this module only turns an `Inspection` into text; it doesn't know where the text is shown.
"""

from bot.core.prompting.inspection import ORDER, Inspection, bar
from bot.texts.lore import lore_lines
from bot.texts.sentences import Sentence, Voice

SIGNS = dict(zip(ORDER, "🟦🟥📖📜🟩🟨🟧🟪🟫⬜⬛", strict=True))
"""The square for each part of a prompt in the bar; Unicode has nine."""

FIRST_WORDS = 40
"""Maximum characters shown of each message."""


def summary(found: Inspection, persona: str, voice: Voice) -> list[str]:
    """Return lines about a prompt's parts and what was left out; `persona` is the escaped name."""
    kind = {None: "now", True: "sent", False: "changed"}[found.unchanged]
    used = {name: tokens for name, tokens in found.parts.items() if tokens}
    legend = " · ".join(
        voice.say("inspect.part", sign=SIGNS[name], part=Sentence(f"inspect.part.{name}"), tokens=tokens)
        for name, tokens in used.items()
    )
    lines = [
        voice.say(f"inspect.{kind}", persona=persona),
        bar(found.parts, SIGNS),
        legend,
        voice.say("inspect.naming", naming=found.naming, meaning=Sentence(f"inspect.naming.{found.naming}")),
    ]
    if found.left_out:
        lines.append(voice.say(f"inspect.left_out.{found.lack}", turns=found.left_out, window=found.window))
    else:
        lines.append(voice.say("inspect.whole", turns=found.turns))
    return lines


def rows_of(found: Inspection, voice: Voice, hidden: int = 0) -> list[str]:
    """Return a line per message (role, name and first words), the table's rules in full, and a line per entry of lore.

    `hidden` is how many entries of lore are not in it, because they may not be read.
    """
    rows = [_row(message.role, message.name, message.content) for message in found.messages]
    sections = (
        ("inspect.table", found.table),
        ("inspect.lore", lore_lines(found.lore, voice, hidden=hidden)),
    )
    return rows + [row for title, lines in sections if lines for row in ("", voice.say(title), *lines)]


def _row(role: str, name: str, content: str) -> str:
    words = " ".join(content.split())
    if len(words) > FIRST_WORDS:
        words = words[: FIRST_WORDS - 1] + "…"
    return f"{role:<19} {name}: {words}"
