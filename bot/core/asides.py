"""Asides: what people mean by what they say out of character.

Law: a question about the bot itself is known by its wording, in a few languages, and only where the aside is
nothing else: whatever is not known is a wish for the story. A table, no model.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

import regex

from bot.core.scene import Note

AWAY: Final = Note("away")
"""A person steps away from the table."""

BACK: Final = Note("back")
"""A person is back at the table."""

ASIDE_LIMIT: Final = 300
"""Maximum characters of an aside that a reply is told; our own choice."""


class OutOfCharacter(StrEnum):
    """What becomes of what people say out of character to a persona; questions about the bot it answers."""

    IGNORE = "ignore"  # no persona is told
    STEER = "steer"  # it steers the next reply
    ANSWER = "answer"  # the model answers, out of character too


def steering_note(name: str, text: str) -> str:
    """Return what a reply is told of a person's aside."""
    return f"{name}, out of character: {text}"


def answering_note(name: str, text: str, persona: str) -> str:
    """Return what a reply is told that answers a person's aside out of character."""
    return (
        f"{steering_note(name, text)} The story rests: answer this as the person who writes {persona}, in a "
        "few plain words, without playing a role"
    )


OPEN, SHUT = "((", "))"


def as_aside(text: str, *, ended: bool) -> str:
    """Return a reply out of character in the marks by which people know that; `ended` closes them.

    Marks that the model has written are not doubled.
    """
    said = text.strip()
    if said.startswith(OPEN):
        said = said.removeprefix(OPEN)
        for sign in SHUT:  # one may stand in the text so far
            said = said.removesuffix(sign) if said.count(sign) > said.count(OPEN[0]) else said
    if not said.strip():
        return ""
    return f"{OPEN}{said.rstrip() if ended else said}{SHUT if ended else ''}"


def is_aside(text: str) -> bool:
    """Return whether a persona's turn was said out of character."""
    return text.startswith(OPEN) and text.endswith(SHUT)


class BotQuestion(StrEnum):
    """What people ask the bot about itself; the bot answers, not a persona."""

    AI = "ai"
    STOP = "stop"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Aside:
    """What a message says out of character.

    Attributes:
        text: its words without the marks, in one line; "" for none.
        whole: whether the message says nothing else.
        question: what it asks about the bot itself; None for nothing.
        presence: the note that its author steps away or is back; None if it says something else.
    """

    text: str = ""
    whole: bool = False
    question: BotQuestion | None = None
    presence: Note | None = None

    @property
    def steers(self) -> bool:
        """Whether it is a wish for the story, if it is said to a persona."""
        return bool(self.text) and self.question is None and self.presence is None


NO_ASIDE: Final = Aside()


def aside_of(text: str, *, whole: bool, calls: Iterable[str] = ()) -> Aside:
    """Return the aside of these words, in one line without the marks; `calls` are the persona's names."""
    return Aside(text, whole, question_in(text, calls), presence_in(text)) if text else NO_ASIDE


def presence_in(text: str) -> Note | None:
    """Return the note for an aside that only says that its author steps away or is back."""
    said = _plain(text)
    if _says(said, _IS_BACK):
        return BACK
    return AWAY if _says(said, _IS_AWAY) else None


def question_in(text: str, calls: Iterable[str] = ()) -> BotQuestion | None:
    """Return what an aside asks about the bot itself; None for nothing.

    `calls` are the names that the persona is called by, which may stand around or in the question.
    """
    said = _plain(text)
    for name in sorted(map(_plain, calls), key=len, reverse=True):
        said = regex.sub(f"{_EDGE}{regex.escape(name)}{_EDGE}", f" {_PERSONA} ", said) if name else said
    said = " ".join(said.split())
    forms = {said, said.removeprefix(f"{_PERSONA} ").removesuffix(f" {_PERSONA}")}
    return next((asked for asked, way in _QUESTIONS.items() if any(_says(form, way) for form in forms)), None)


_PERSONA: Final = "_"
"""The persona's name in plain text, which has no such character."""
NO_BLANKS: Final = r"[\p{Han}\p{Hiragana}\p{Katakana}]"
"""Matches a letter of Chinese or Japanese, which are written without blanks between words."""

_EDGE: Final = rf"(?:(?<!\S)|(?!\S)|(?<={NO_BLANKS})|(?={NO_BLANKS}))"
"""Where a name may begin or end: at a blank, and anywhere in Chinese and Japanese."""
_MARKS: Final = regex.compile(r"[^\p{L}\p{M}\p{N}\s]+")


def _plain(text: str) -> str:
    """Return a text in small letters, with single blanks for everything that is no letter and no number."""
    return " ".join(_MARKS.sub(" ", text.casefold().replace("’", "'").replace("'", "")).split())  # noqa: RUF001


def _says(text: str, wording: str) -> bool:
    """Return whether a plain text is what a pattern of this table says."""
    return _compiled(wording).fullmatch(text) is not None


@cache
def _compiled(wording: str) -> "regex.Pattern[str]":
    return regex.compile(wording)


def _any(*wordings: str) -> str:
    return "|".join(wordings)


_IS_AWAY: Final = _any(
    r"(?:brb|bbl|bbs|bbiab|afk|g2g|gtg|(?:ill )?be right back)(?: \S+){0,5}",
    r"(?:i )?(?:have to go|gotta go)"
    r"(?: (?:now|guys|all|everyone|folks|sorry|bye|eat|sleep|work|soon|see you))*",
    r"back in (?:an? |a few |few |some |half an? |five |ten |[0-9]+ ?)?"
    r"(?:[0-9]+|sec|secs|seconds?|m|mins?|minutes?|h|hours?|hrs?|bit|moment|while|tick)(?: \S+){0,3}",
    r"bin (?:mal )?kurz weg|(?:bin )?gleich wieder da",
    r"ya vuelvo|ahora vuelvo|je reviens(?: vite| tout de suite)?",
    r"马上回来|我先离开一下|等我一下|離席します|すぐ戻り?ます?",
)
_IS_BACK: Final = _any(
    r"(?:(?:and |ok |hey )?(?:im |i am )?back(?: now| again| everyone| guys| all)?|re)",
    r"(?:(?:ich )?bin )?wieder da|ya (?:volví|estoy(?: aquí)?)|(?:je suis )?de retour",
    r"(?:我)?回来了|ただいま|戻りました",
)

_BEFORE: Final = (
    r"(?:(?:\S+ )?(?:wait|hey|hi|hello|ok|okay|so|um+|uh+|hm+|but|and|lol|sorry|seriously|honestly|question|"
    r"also|und|aber|sag mal|hallo|pero|hola|oye|mais|et|dis|salut|hein) |\S+ )??"
)
"""What people say before such a question: a filler, or the name of the one they ask."""
_AFTER: Final = (
    r"(?: (?:or|oder|o|ou) .{1,40}"
    r"| (?:lol|right|huh|btw|though|actually|really|here|right now|eigentlich|echt))?"
)
_ALSO: Final = (
    r"(?:just |really |actually |even |only |wirklich |nur |echt |eigentlich |realmente |vraiment )?"
)
_IS_EN: Final = r"(?:are you|r u|are u|(?:yo)?u|you are|youre|is this|is _)"
_BOT_EN: Final = (
    r"(?:an? )?(?:ai|a i|artificial intelligence|bot|chatbot|chat bot|llm|(?:large )?language model|"
    r"chatgpt|gpt)"
    r"(?: generated)?"
)
_WHAT_EN: Final = (
    rf"(?:{_BOT_EN}|(?:an? )?(?:real |actual |human |live )?"
    r"(?:robot|machine|program|human being|human|person|real|people|someone|somebody))"
)
_IS_DE: Final = r"(?:bist du|sind sie|ist das|ist er|ist sie|schreibe? ich(?: hier)? mit|rede ich mit)"
_WHAT_DE: Final = (
    r"(?:(?:eine?[mnr]? |ne )?(?:echte[rn]? )?"
    r"(?:ki|bot|chatbot|roboter|mensch(?:en)?|maschine|person|künstliche intelligenz)|echt)"
)
_IS_ES: Final = r"(?:eres|es|esto es|este es|es esto|hablo con|estoy hablando con)"
_WHAT_ES: Final = (
    r"(?:(?:una? )?(?:ia|inteligencia artificial|bot|robot|humano|humana|persona(?: real)?|máquina)|real)"
)
_IS_FR: Final = (
    r"(?:es tu|tes|tu es|vous êtes|êtes vous|cest|est ce que (?:tu es|vous êtes|cest)|est ce|"
    r"je parle (?:à|avec))"
)
_WHAT_FR: Final = (
    r"(?:(?:une? )?(?:vraie? )?"
    r"(?:ia|intelligence artificielle|bot|robot|humain|humaine|personne|machine)|réelle?)"
)
_IS_ZH: Final = r"(?:请问|那|所以)? ?(?:你|您|这|他|她|它)?(?:是不是|是|其实是)(?:一个|个)?"
_WHAT_ZH: Final = r"(?:ai|人工智能|机器人|真人|人类|bot) ?(?:吗|嗎|么|呢|吧|啊)?(?: ?还是 ?\S+)?"
_IS_JA: Final = r"(?:これは?|あなたは?|君は?|きみは?|これって|この人は|_ ?は)?"
_WHAT_JA: Final = (
    r"(?:ai|人工知能|ボット|bot|ロボット|人間|本物|機械) ?(?:です|なの|なんです|でしょう|だよね)?(?:か|の)?"
)

_QUESTIONS: Final = {
    BotQuestion.AI: _any(
        rf"{_BEFORE}{_IS_EN} {_ALSO}{_WHAT_EN}{_AFTER}",
        rf"{_BEFORE}(?:is (?:that|it|he|she|\S+)|are they) {_ALSO}{_BOT_EN}{_AFTER}",
        rf"{_BEFORE}(?:is there|is) (?:an? )?(?:real |actual )?(?:human|person|someone|somebody|anyone) "
        rf"(?:behind|playing|writing) \S+{_AFTER}",
        rf"{_BEFORE}what (?:ai|model|llm|bot) (?:are you|is this){_AFTER}",
        rf"{_BEFORE}(?:am i|are we) {_ALSO}(?:talking|speaking|writing) (?:to|with) {_WHAT_EN}{_AFTER}",
        rf"{_BEFORE}(?:(?:who|what) (?:plays|is playing|writes|is writing|runs|is behind)|"
        rf"whos (?:playing|behind)) \S+{_AFTER}",
        rf"{_BEFORE}{_IS_DE} {_ALSO}{_WHAT_DE}{_AFTER}",
        rf"{_BEFORE}{_IS_ES} {_ALSO}{_WHAT_ES}{_AFTER}",
        rf"{_BEFORE}{_IS_FR} {_ALSO}{_WHAT_FR}{_AFTER}",
        rf"{_IS_ZH} ?{_WHAT_ZH}",
        rf"{_IS_JA} ?{_WHAT_JA}",
    ),
    BotQuestion.STOP: _any(
        r"(?:please |pls |ok |hey |bot |can you |could you |will you |would you |just )*"
        r"(?:stop(?: stop| it| that| this| talking| writing| posting| replying| the bot)*|be quiet|shut up|"
        r"cut it out|leave me alone)(?: please| pls| now| bot)*",
        r"(?:bitte )?(?:stopp|stop|halt|aufhören|hör(?:t)? (?:bitte )?auf|sei still)(?: bitte)?",
        r"(?:por favor )?(?:para|basta|alto|detente|cállate)(?: ya)?(?: por favor)?",
        r"(?:arrête|arrete|arrêtez|stop|tais toi|ça suffit)(?: ça| maintenant)?"
        r"(?: sil (?:te|vous) plaît| stp| svp)?",
        r"(?:请)?(?:停|停下|停下来|停止|住口|闭嘴|别说了|不要说了)(?:吧|了)?",
        r"(?:止めて|やめて|とめて|ストップ|止まって|黙って)(?:ください|下さい)?",
    ),
    BotQuestion.HELP: _any(
        r"(?:please |pls |bot |i need )*(?:help(?: me)?|commands|how does (?:this|it|that)(?: bot)? work|"
        r"how do (?:i|you|we) play(?: this)?|what is this|whats this|what can you do)"
        r"(?: please| pls)?",
        r"(?:bitte )?(?:hilfe|hilf mir|wie (?:geht|funktioniert) (?:das|es)(?: hier)?|was ist das|"
        r"was kannst du)(?: bitte)?",
        r"ayuda(?: por favor)?|ayúdame|cómo (?:funciona|se juega)(?: esto)?|qué es esto",
        r"(?:à l)?aide(?: moi)?|comment ça marche|comment (?:on )?(?:joue|jouer)(?: t on)?|cest quoi",
        r"帮助|帮帮我|帮我|怎么玩|怎么用|这是什么",
        r"ヘルプ|助けて|使い方(?:は|を教えて)?|遊び方(?:は|を教えて)?|これは何(?:ですか)?",
    ),
}
