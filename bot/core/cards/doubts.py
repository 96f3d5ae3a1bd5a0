"""What an admin should look at in a card before it plays here.

Law: these are guesses about words, so they only warn; the one thing that follows from them is that a
persona with adult tags plays in age-restricted channels only.
"""

import re
from collections.abc import Iterable
from typing import Final

REMINDERS_LIMIT: Final = 1500
"""Characters from which on a text that is told with each request takes too much of the window."""

LONG_NAME: Final = 32
"""Characters of a name that lists and posts show whole: Discord's limit for a nickname."""

ADULT_TAGS: Final = frozenset(
    {
        *("nsfw", "nsfl", "18", "18+", "r18", "r-18", "+18", "adult", "adults only", "erotic", "erotica"),
        *("explicit", "hentai", "kink", "kinky", "lewd", "mature", "porn", "sex", "sexual", "smut", "xxx"),
        *("bdsm", "femdom", "fetish", "ntr", "yiff", "dead dove", "non-con", "noncon", "dub-con", "dubcon"),
    }
)
"""Tags that say a card is for adults, in small letters; the libraries of cards have them."""

_WORDS: Final = re.compile(r"[\s_]+")


def adult_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return the tags that say a card is for adults."""
    return tuple(
        tag for tag in tags if _WORDS.sub(" ", tag.strip(" #🔞").casefold()) in ADULT_TAGS or "🔞" in tag
    )


# No sign that opens is passed over, so that each character is looked at once.
_QUOTED: Final = re.compile(
    r'"[^"\n]*+"|“[^“”\n]*+”|«[^«»\n]*+»|„[^„“”\n]*+[“”]|「[^「」\n]*+」|『[^『』\n]*+』'
)

_USER: Final = r"(?:\{\{[ \t]*+user[ \t]*+\}\}|<user>)"

# Verbs of what somebody does, says, thinks or feels. "You see", "you hear" and "you find" tell what is there.
_VERBS: Final = (
    "answer|ask|beg|blush|bow|climb|close|cry|decide|drop|eat|enter|feel|flinch|follow|freeze|gasp|giggle|glance|grab"
    "|grin|grip|gulp|hesitate|hold|hug|jump|kiss|kneel|knock|know|laugh|lean|leave|lie|lift|love|moan|nod|open|pick"
    "|pull|push|put|reach|realise|realize|remember|reply|rise|run|say|scream|shake|shiver|shout|shrug|sigh|sit|smile"
    "|sob|stand|stare|step|stop|swallow|take|tell|think|tremble|try|turn|walk|wake|want|whisper|wonder|yell"
)
_PAST: Final = (
    "answered|asked|begged|blushed|bowed|climbed|closed|cried|decided|dropped|ate|entered|felt|flinched|followed|froze"
    "|gasped|giggled|glanced|grabbed|grinned|gulped|hesitated|held|hugged|jumped|kissed|knelt|knocked|knew|laughed"
    "|leaned|left|lay|loved|moaned|nodded|opened|picked|pulled|pushed|reached|realised|realized|remembered|replied"
    "|rose|ran|said|screamed|shook|shivered|shouted|shrugged|sighed|sat|smiled|sobbed|stood|stared|stepped|stopped"
    "|swallowed|took|told|thought|trembled|tried|turned|walked|woke|wanted|whispered|wondered|yelled"
)
_ADVERB: Final = r"(?:(?:[a-z]{2,20}ly|just|then|now|also|still|only|have|had|are|were)[ \t]++)?"
_ACTS: Final = re.compile(
    rf"(?:\byou[ \t]++{_ADVERB}(?:{_VERBS}|{_PAST})\b"
    rf"|{_USER}[ \t]++{_ADVERB}(?:{_VERBS}|{_PAST})(?:e?s)?\b"
    rf"|^[ \t]*+[*_]*+{_USER}[*_]*+[ \t]*+:)",
    re.IGNORECASE | re.MULTILINE,
)
_BEFORE: Final = re.compile(
    r"(?:\b(?:if|when|whenever|unless|until|as|before|after|can|could|do|did|may|might|should|will|would|what|how|why"
    r"|where|to|lets?|helps?|makes?|made)[ \t]++)$",
    re.IGNORECASE,
)
_LOOK_BACK: Final = 12
"""Characters before a phrase in which the word is that makes it a condition or a question."""


def acts_for_player(text: str) -> str:
    """Return the words of a greeting, outside quotes, that decide what the player does; "" if none."""
    told = _QUOTED.sub(lambda found: " " * len(found[0]), text)
    for found in _ACTS.finditer(told):
        if not _BEFORE.search(told[max(found.start() - _LOOK_BACK, 0) : found.start()]):
            return found[0].strip()
    return ""
