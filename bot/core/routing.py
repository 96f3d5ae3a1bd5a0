"""Who is spoken to: from the facts about one message to Ignore, Listen or Speak.

Law: a table of conditions, read top to bottom. Looking the facts up is `bot.story.roleplay`'s work.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum


class Respond(StrEnum):
    """When a persona answers what is said in a channel; a command is answered in any case."""

    MENTION = "mention"  # a mention or a reply to its post
    NAME = "name"  # that, or its name as a word
    ALWAYS = "always"
    NEVER = "never"


class Decision(Enum):
    """What to do with a message."""

    IGNORE = "ignore"  # neither stored nor answered
    LISTEN = "listen"  # stored, not answered
    SPEAK = "speak"  # stored and answered


@dataclass(frozen=True, slots=True)
class Facts:
    """What matters about one message.

    `addressed` means a mention of the bot itself or a reply to one of its posts;
    `@everyone` and role pings are not that. `named` means the persona's name is in the text. `by_command`
    means that a command asks for an answer, which no mode withholds.
    """

    from_bot: bool
    bound: bool
    respond: Respond
    addressed: bool
    named: bool
    empty: bool
    by_command: bool = False


def decide(facts: Facts) -> Decision:
    """Return what to do with a message. Outside bound channels only what addresses us is stored."""
    if facts.by_command:
        return Decision.SPEAK
    if facts.from_bot or (facts.empty and not facts.addressed):
        return Decision.IGNORE
    if not facts.bound:
        heard = facts.addressed and facts.respond is not Respond.NEVER
        return Decision.SPEAK if heard else Decision.IGNORE
    wakes = {
        Respond.NEVER: False,
        Respond.MENTION: facts.addressed,
        Respond.NAME: facts.addressed or facts.named,
        Respond.ALWAYS: True,
    }
    return Decision.SPEAK if wakes[facts.respond] else Decision.LISTEN
