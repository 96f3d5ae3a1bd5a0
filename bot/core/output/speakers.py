"""The names that could be heard in a reply, and the name before a line of it.

Law: people choose their nicknames freely, and must not be able to cut a persona's text. A line is another
person's only if it begins with exactly the name, as `key_of` compares names, and a colon with text after it.
A name counts only if it has two letters or digits, one of them a letter, and is neither a word with which
lists, letters and sentences begin their lines nor a label in the persona's own texts. So `-`, `1`, `Q`,
`http`, `Note`, `The` and `Everyone` never count. `core.output.labelled` judges the text after the colon.
Of a name of several words the first name counts too, unless it is another speaker's whole name; of two
speakers with one first name it is the persona's. What the persona's is, or what replaces it, says
`core.calling`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Final, NamedTuple

import regex

from bot.core.calling import short_names
from bot.core.first_names import first_name
from bot.core.greetings import Company, greetings_of
from bot.core.names import key_of, names_persona, persona_name
from bot.core.persona import Persona

BLANK: Final = " \t\r\u00a0\u202f\u3000"
"""The characters that may be between a name and its colon: French has a narrow blank there."""

COLONS: Final = ":\uff1a\ufe55\ufe13"
"""Colons; Chinese and Japanese use the full-width ones."""


@dataclass(frozen=True, slots=True)
class Speakers:
    """The names that could be heard in a reply.

    Attributes:
        own: the names of the persona.
        others: the names of the participants in the prompt.
        short: the short names of the persona.
        labels: the labels before a colon at a line's beginning in the persona's own texts.
    """

    own: frozenset[str]
    others: frozenset[str]
    short: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()


def speakers_of(persona: Persona, others: Iterable[str]) -> Speakers:
    """Return the names that could be heard in a persona's reply; `others` are the prompt's participants."""
    own = frozenset((persona.name, persona_name(persona)))
    # Other names that call it may be those of the characters it plays: their labels are its text.
    short = frozenset(name for name in short_names(persona) if names_persona(persona.name, name))
    return Speakers(own, frozenset(others), short, frozenset(_labels(persona)))


def _labels(persona: Persona) -> Iterator[str]:
    told = (persona.description, persona.personality, persona.scenario, persona.instructions)
    for text in (
        *told,
        persona.reminders,
        *greetings_of(persona, Company.VISITOR),
        *(sample.reply for sample in persona.samples),
    ):
        yield from (found["name"] for line in text.splitlines() if (found := SCRIPT_LINE.match(line)))


_WORD: Final = rf"[^\s{COLONS}\[\]【】*\"“”「」,.!?，。！？]{{0,30}}"  # noqa: RUF001 - full-width is meant
LABEL: Final = rf"""[*_\[【]{{0,4}}
    (?P<name>[\p{{L}}\p{{N}}]{_WORD}(?:[ ]{_WORD}){{0,2}}?)
    [*_\]】]{{0,4}}[{BLANK}]?[{COLONS}][*_]{{0,3}}[{BLANK}]*"""
"""The beginning of a labelled line, as part of a verbose pattern."""

SCRIPT_LINE: Final = regex.compile(rf"{LABEL}[^\s/]", regex.VERBOSE)
"""A line with a label of up to three words, as in a play or a list."""

_LABEL_WORD: Final = regex.compile(
    r"""
    answer|attention|caution|chapter|date|day|example|exit|fact|hint|https?|ic|info|items?|ledger|level|location|map
    |menu|mood|name|nb|n\.b\.|news|notes?|ooc|p\.s\.|pass|password|place|plan|postscript|pps|price|proof|ps|question
    |reason|recap|remember|result|reward|rules?|scene|score|sign|song|spoiler|stats|status|step|subject|summary|task
    |time|tip|title|today|tomorrow|tonight|total|translation|trigger|tw|warning|weather
    |achtung|anmerkung|antwort|beispiel|datum|frage|hinweis|merke|notiz|ort|regel|stimmung|titel|zeit|warnung
    |avertissement|exemple|heure|lieu|remarque|règle|réponse|titre
    |atención|aviso|ejemplo|fecha|hora|lugar|nota|nombre|pregunta|regla|respuesta|título
    |внимание|время|вопрос|дата|заметка|место|название|ответ|правило|пример|примечание|статус
    |注意|备注|備註|提示|说明|說明|问题|問題|回答|答案|时间|時間|地点|地點|例如|比如|总之|結論|结论|警告|状态|狀態
    |心情|天气|天氣|标题|標題|旁白|附注|附言|规则|規則|追伸|備考|場所|名前|質問|状態
    |참고|주의|추신|질문|답변|장소|시간|이름|상태|경고
    |ملاحظة|تنبيه|سؤال|جواب|المكان|الزمان|הערה|אזהרה|שאלה|תשובה|מקום|זמן
    """,
    regex.VERBOSE,
)
"""Words with which lines begin in lists and letters."""

_COMMON_WORD: Final = regex.compile(
    r"""
    a|an|the|this|that|these|those|there|here|i|me|my|you|your|he|him|his|she|her|it|its|we|us|our|they|them|their
    |all|anybody|anyone|both|each|everybody|everyone|everything|nobody|none|no[ ]one|nothing|one|other|others
    |somebody|someone|something|two|three|first|second|third|next|last|left|right
    |and|as|because|but|for|if|or|since|so|then|when|where|which|who|whoever|why|how|what|with|not|no|yes|ok|okay
    |afterwards?|again|also|always|finally|good|hello|hey|hi|indeed|later|listen|look|maybe|meanwhile|never|now|oh|once
    |only|perhaps|please|see|sorry|still|stop|suddenly|thanks|think|wait|well
    |choice|choices|inventory|join|narration|option|options|quest|voice|voices
    |der|die|das|ein|eine|er|sie|es|ich|du|wir|ihr|alle|jeder|jemand|niemand|und|aber|oder|dann|jetzt|nun|hier|ja|nein
    |le|la|les|un|une|il|elle|ils|elles|je|tu|nous|vous|on|tous|toutes|personne|et|mais|ou|puis|maintenant|ici|oui|non
    |el|los|las|una|él|ella|ellos|ellas|yo|tú|nosotros|usted|ustedes|todos|todas|nadie|alguien|y|pero|o|entonces|ahora
    |aquí|sí
    |я|ты|он|она|оно|мы|вы|они|все|всё|никто|кто-то|и|а|но|или|тогда|потом|теперь|сейчас|здесь|да|нет
    |我|你|您|他|她|它|我们|我們|你们|你們|他们|他們|她们|大家|所有人|众人|眾人|有人|没人|现在|現在|然后|然後|但是|所以
    |因为|因為|这里|這裡|是的|不是
    |私|僕|俺|あなた|彼|彼女|みんな|皆|全員|誰か|今|そして|しかし|ここ|はい|いいえ
    |나|저|너|당신|그|그녀|우리|모두|누군가|지금|그리고|하지만|여기|네|아니요
    """,  # noqa: RUF001 - Russian
    regex.VERBOSE,
)
"""Words with which sentences, or lines to everyone, begin."""

_COLON: Final = regex.compile(f"[{COLONS}]")
_SPEECH: Final = regex.compile(r"\Z|\s|[\"“„«»「『…—]|\*\S|[^\x00-\x7f]")
"""What may follow a name and a plain colon: not `http://`, `10:30`, `Re:Zero`, `:D`, `:)` or `:*`."""

_DECORATED: Final = regex.compile(
    r"(?P<mark>\*{1,3}|_{1,3}|)(?P<open>[\[【<「]?)(?P<name>.+?)(?P<close>[\]】>」]?)(?P<shut>\*{1,3}|_{1,3}|)"
)
_BRACKETS: Final = frozenset({"[]", "【】", "<>", "「」"})
_MARKS: Final = "*_"
_OPENERS: Final = "*_[【<「"
_CLOSERS: Final = "*_]】>」"
_GRAPHEME: Final = regex.compile(r"\X")


class Whose(Enum):
    """The owner of a name."""

    OWN = auto()
    OTHER = auto()


UNDECIDED: Final = "undecided"
"""The result while it depends on the missing rest of the line."""


class Label(NamedTuple):
    """A name before a line.

    Attributes:
        whose: its owner.
        end: the index after its colon.
        is_first: whether it is only the first name.
    """

    whose: Whose
    end: int
    is_first: bool


class Names:
    """The names that matter, and how to find them in a text."""

    def __init__(self, speakers: Speakers) -> None:
        """Prepare to find these names; the module says which names of others count."""
        labels = {key_of(label) for label in speakers.labels}
        others = _speaking(speakers.others) - labels
        self._whose = dict.fromkeys(others, Whose.OTHER)
        self._whose |= {
            "{{user}}": Whose.OTHER,
            "{{char}}": Whose.OWN,
        }  # macros not filled in
        self._whose |= {key_of(name): Whose.OWN for name in speakers.own}
        self._whose.pop("", None)
        self._firsts = dict.fromkeys(_speaking(_first_names(speakers.others)) - labels, Whose.OTHER)
        self._firsts |= dict.fromkeys(_speaking(speakers.short) - labels, Whose.OWN)
        self._firsts = {key: whose for key, whose in self._firsts.items() if key not in self._whose}
        self._keys = self._whose.keys() | self._firsts.keys()
        self._beginnings = {key[:end] for key in self._keys for end in range(len(key) + 1)}
        self.reach = 2 * max(map(len, self._keys)) + 32
        """Code points at a line's beginning that are read: folding seldom makes a name half as long."""

    def whose(self, name: str) -> Whose | None:
        """Return the owner of a name or a first name; None if it does not matter."""
        key = key_of(name)
        return self._whose.get(key) or self._firsts.get(key)

    def leading(self, text: str, *, or_first: bool = False) -> tuple[Whose | None, int]:
        """Return the owner of the longest name with which a text begins, and the index after it.

        With `or_first`, a first name counts too if no other word follows.
        """
        for end in range(min(self.reach, len(text)), 0, -1):
            if _parted(text, end) and (whose := self.whose(text[:end])):
                is_first = key_of(text[:end]) not in self._whose
                if not is_first or (or_first and not text[end:].lstrip(BLANK)[:1].isalnum()):
                    return whose, end
        return None, 0

    def label(self, head: str, *, complete: bool) -> Label | str | None:
        """Return the label with which a line begins: `Alice:`, `**Alice:**`, `[Alice]:`.

        Args:
            head: the line so far.
            complete: whether that is all of it.

        Returns:
            None if there is none and never will be; `UNDECIDED` if there may yet be one.
        """
        lead = len(head) - len(head.lstrip(BLANK))
        window = head[: lead + self.reach]
        for colon in _COLON.finditer(window):
            found = self._label_to(head, lead, colon, complete=complete)
            if found is not None:
                return found
        if complete or len(head) > len(window):
            return None
        return UNDECIDED if self.may_begin(window[lead:]) else None

    def may_begin(self, text: str) -> bool:
        """Return whether a line that begins so may yet begin with a name."""
        for bare in {text, text.lstrip(_MARKS), text.lstrip(_OPENERS)}:
            last = max((cluster.start() for cluster in _GRAPHEME.finditer(bare)), default=0)
            if key_of(bare[:last]) in self._beginnings:  # an accent may yet change the last letter
                return True
            whole = key_of(bare)
            shut = len(whole.rstrip(_CLOSERS).rstrip())
            if any(whole[:end] in self._keys for end in range(shut, len(whole) + 1)):
                return True
        return False

    def _label_to(
        self, head: str, lead: int, colon: "regex.Match[str]", *, complete: bool
    ) -> Label | str | None:
        name, mark = self._undecorated(head[lead : colon.start()].rstrip(BLANK))
        whose = self.whose(name)
        if whose is None:
            return None
        end = colon.end() + len(mark)
        if not head.startswith(mark, colon.end()):
            return UNDECIDED if mark.startswith(head[colon.end() :]) and not complete else None
        if len(head) < end + 2 and not complete:
            return UNDECIDED
        speaks = mark or colon[0] != ":" or _SPEECH.match(head, end)
        return Label(whose, end, key_of(name) not in self._whose) if speaks else None

    def _undecorated(self, name: str) -> tuple[str, str]:
        """Return a bare, bold or bracketed name as it is known, and the mark to be closed after the colon.

        A name may have brackets of its own: `**Mira [GM]**`.
        """
        found = _DECORATED.fullmatch(name)
        if self.whose(name) or found is None or found["shut"] not in ("", found["mark"]):
            return name, ""
        mark = "" if found["shut"] else found["mark"]
        whole = found["open"] + found["name"] + found["close"]
        has_pair = found["open"] + found["close"] in _BRACKETS
        return (found["name"] if has_pair and not self.whose(whole) else whole), mark


def _first_names(names: Iterable[str]) -> Iterator[str]:
    return (first for name in names if (first := first_name(name)))


def _speaking(names: Iterable[str]) -> set[str]:
    """Return the keys of the names that count."""
    return {key for key in map(key_of, names) if _may_speak(key)}


@lru_cache(maxsize=1024)
def _may_speak(key: str) -> bool:
    tells = sum(char.isalnum() for char in key) > 1 and any(char.isalpha() for char in key)
    return tells and not any(words.fullmatch(key) for words in (_LABEL_WORD, _COMMON_WORD))


def _parted(text: str, end: int) -> bool:
    """Return whether a word may end here; scripts from Chinese on have no blanks between words."""
    return (
        end == len(text) or not (text[end].isalnum() and text[end - 1].isalnum()) or text[end - 1] > "\u2e7f"
    )
