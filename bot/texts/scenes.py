"""The sentences about a scene that both frontends say: its length, and what an export holds besides the story.

Law: sentences come from the catalogue; this only chooses them and fills in their facts.
"""

from datetime import datetime

from bot.core.transfer.chat import Wording
from bot.texts.sentences import Sentence, Voice


def turns_of(count: int) -> Sentence:
    """Return a number of messages in words."""
    return Sentence("scene.turns", turns=count)


def wording(voice: Voice, channel: str, turns: int, begun: datetime, ended: datetime) -> Wording:
    """Return the words of an export besides the story's, in the language of its reader.

    `begun` and `ended` are the times of the scene's first and last turn, `turns` how many it has.
    """
    facts = {"channel": channel, "turns": turns_of(turns), "first": voice.day(begun)}
    about = Sentence("export.subtitle.day", **facts)
    if voice.day(begun) != voice.day(ended):
        about = Sentence("export.subtitle", **facts, last=voice.day(ended))
    ai, footer = voice.say("export.ai"), voice.say("export.footer")
    return Wording(voice.language, voice.render(about), ai, footer, voice.day)
