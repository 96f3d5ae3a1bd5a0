"""The first name of a persona or a person of several names: *Mira* of *Dr. Mira Vale*.

Law: a first name is a word of the name itself, and none that everyone uses: articles, titles and other words
that stand before names are skipped. A name of which nothing else is left has no first name.
"""

from typing import Final

import regex

from bot.core.names import UNSPACED, key_of

LETTERS: Final = 3
"""Minimum letters of a first name in scripts with blanks between words."""

_PARTING: Final = regex.compile(r"[\s·•‧・･]+")
"""What parts a name's words: in Chinese and Japanese, foreign names have dots in the middle."""
_BRACKETED: Final = regex.compile(r"\[[^\[\]]*\]|\([^()]*\)|\{[^{}]*\}|【[^【】]*】|（[^（）]*）")  # noqa: RUF001
_WORD: Final = regex.compile(r"[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N}_\u200C\u200D]|[-'’‐](?=[\p{L}\p{N}]))*")  # noqa: RUF001
_LETTER: Final = regex.compile(r"\p{L}")
_SHORT_SCRIPT: Final = regex.compile(UNSPACED)

_TITLES: Final = """
    the and for from with who that this these those she her his him its our your they them one two three all
    any old young little big great good grand dear poor mad der die das den dem des ein eine einer von vom
    van zum zur het een ten les une aux los las una unos del gli dei della delle degli dello dos ibn bint mr
    mrs ms mx miss mister mistress master sir dame lord lady lords ladies madam madame maam dr doc doctor
    prof professor rev reverend hon honourable honorable right majesty highness excellency holiness father
    mother brother sister uncle aunt auntie grandpa grandma granny grandfather grandmother king queen prince
    princess emperor empress duke duchess archduke count countess earl baron baroness baronet viscount
    viscountess marquis marquess marquise tsar tsarina czar czarina sultan sultana pharaoh regent captain
    capt colonel col general major maj sergeant sgt lieutenant ltn corporal cpl private pvt admiral adm
    commander cmdr commodore ensign officer cadet detective inspector agent constable sheriff marshal deputy
    chief boss president senator governor mayor minister chancellor ambassador secretary judge justice
    director coach nurse knight squire wizard witch mage priest priestess paladin saint pope cardinal bishop
    archbishop abbot abbess friar deacon monk nun rabbi imam sheikh sheik emir swami maestro sensei senpai
    shogun herr frau fräulein graf gräfin fürst fürstin könig königin kaiser kaiserin prinz prinzessin
    herzog herzogin freiherr freifrau baronin ritter doktor meister onkel vater mutter bruder schwester
    hauptmann oberst hexe zauberer kleine kleiner monsieur mademoiselle mme mlle maître docteur professeur
    comte comtesse duc duchesse reine princesse père mère frère sœur soeur oncle capitaine chevalier abbé
    sainte seigneur señor señora señorita srta don doña príncipe princesa conde condesa duque duquesa padre
    madre hermano hermana tío doctora profesor profesora capitán santo santa viejo vieja signor signora
    signore signorina dottore dottoressa principe principessa conte contessa duca duchessa fratello suor
    sorella zio zia capitano senhor senhora dona rainha irmão irmã doutor doutora capitão são meneer mevrouw
    juffrouw heer vrouwe koning koningin prins prinses fru fröken frøken dronning drottning pan pani panna
    król królowa książę господин госпожа доктор профессор князь княгиня княжна граф графиня царь царица
    король королева принц принцесса барон баронесса капитан дядя тётя тетя отец мать брат сестра мистер
    миссис мисс леди лорд сэр пан пані дед баба бабушка дедушка святой святая старый старая السيد السيدة
    الآنسة الدكتور الدكتورة الشيخ الأمير الأميرة الملك الملكة الأستاذ श्री श्रीमती डॉ राजा रानी นาย นาง
    นางสาว คุณ น้อง พี่ ดร tante
    """  # noqa: RUF001 - Russian
_BEFORE_NAMES: Final = frozenset(_TITLES.split())
"""Articles, titles and other words before names, as `key_of` folds them.

Those of two letters never count anyway, and those that are as often first names (Grace, Rei) are left out.
"""


def first_name(name: str) -> str | None:
    """Return the first name of a name of several words; None if it has none or the name is a single word.

    It is the first word of at least `LETTERS` letters (any number in scripts without blanks) that is neither
    an article nor a title. Words in brackets count only if there are no others.
    """
    if _PARTING.search(name.strip()) is None:
        return None
    return next(
        (
            word
            for part in (_BRACKETED.sub(" ", name), name)
            for word in _WORD.findall(part)
            if _long_enough(word) and key_of(word) not in _BEFORE_NAMES
        ),
        None,
    )


def _long_enough(word: str) -> bool:
    return _SHORT_SCRIPT.search(word) is not None or len(_LETTER.findall(word)) >= LETTERS
