"""Ages under 18 in the texts of a persona: one for adults (`nsfw`) that gives such an age is refused.

Law: it errs on the side of refusing. An age passes only where it is clear that something or somebody else is
as old (“her 12-year-old whisky”, “his daughter was 9”), that the persona was as old once (“when she was 9”),
or that a time is meant (“17 years ago”). Markup, quotes and invisible characters hide none. Words without an age, such as “student”, are not judged. The languages
are English, Chinese, Japanese, German and Spanish.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import regex

from bot.core.persona import PersonaSheet

CONTEXT: Final = 60
"""Characters before and after an age in which it is looked for whose it is."""

Path = tuple[str | int, ...]
Pattern = re.Pattern[str]

_DIGITS: Final = r"(?<![\w.,/$€£¥#])(?:1[0-7]|[1-9])(?![\d%°]|[.,:/]\d)"
_CHINESE: Final = (
    r"(?<![\d.,零〇一二三四五六七八九十百千万两])(?:1[0-7]|[1-9]|十[一二三四五六七]?|[一二两三四五六七八九])"
)
_HIDDEN: Final = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cf}]")
_MARKUP: Final = re.compile(
    r"</?(?:[biuspq]|em|strong|code|span|mark|small|br|li|t[dhr]|h[1-6])>|\|\||[*_`~\"“”„«»\\]", re.IGNORECASE
)
_BRACKETS: Final = str.maketrans("[]", "()")

_SIGNS: Final = r"[^\w.!?;,。]{0,9}"
"""What may stand between the word for an age and the age: `Age("16")`, `| Age | 16 |`."""

_END: Final = r"\s*(?:$|[.,;:!?()|+/…\n。，；！？）]|[–—](?!\d)|\s-\s)"


@dataclass(frozen=True, slots=True)
class _Tongue:
    """How a language says that somebody is under 18.

    Attributes:
        given: an age.
        minor: words for it without a number.
        elsewhere: what stands before and after an age, in its sentence, that isn't the persona's or isn't now.
        denied: the same of the words.
        once: the same of an age that the persona had once, which an age in the present tense (`now`) never is.
    """

    given: Pattern
    minor: Pattern
    elsewhere: tuple[tuple[Pattern, Pattern], ...]
    denied: tuple[tuple[Pattern, Pattern], ...]
    once: tuple[tuple[Pattern, Pattern], ...] = ()


def minor_age(text: str) -> str | None:
    """Return the words of a text that give an age under 18; None if there are none, or of others only."""
    places = [place for place, sign in enumerate(text) if sign.isascii() or not _HIDDEN.match(sign)]
    plain = _plain("".join(text[place] for place in places))
    for tongue in _TONGUES:
        for found, passing in ((tongue.given, tongue.elsewhere), (tongue.minor, tongue.denied)):
            for match in found.finditer(plain):
                now = match.groupdict().get("now") is not None
                if not _passes(plain, match, passing if now else (*passing, *tongue.once)):
                    return " ".join(text[places[match.start()] : places[match.end() - 1] + 1].split())
    return None


def _plain(text: str) -> str:
    """Return a text, as long as before, with ordinary letters, digits and brackets, and blanks for markup."""
    if not text.isascii():
        forms = ((sign, unicodedata.normalize("NFKC", sign)) for sign in text)
        text = "".join(form if len(form) == 1 else sign for sign, form in forms)
    return _MARKUP.sub(lambda match: " " * len(match.group()), text).translate(_BRACKETS)


def minor_ages(sheet: PersonaSheet) -> Iterator[tuple[Path, str]]:
    """Yield where the texts of a persona give an age under 18: the key's path, and the words."""
    for path, text in _texts(sheet):
        words = minor_age(text)
        if words is not None:
            yield path, words


def _texts(sheet: PersonaSheet) -> Iterator[tuple[Path, str]]:
    """Yield all that says who the persona and its people are, but for others in its lore."""
    for key in (*_KEYS, "greeting"):
        yield (key,), getattr(sheet, key) or ""
    for key in ("greetings", "group_greetings", "tags"):
        for number, text in enumerate(getattr(sheet, key)):
            yield (key, number), text
    for number, sample in enumerate(sheet.samples):
        yield ("samples", number, "user"), sample.user
        yield ("samples", number, "reply"), sample.reply
    if sheet.user is not None:
        yield ("user", "description"), sheet.user.description
    names = {name.casefold() for name in (sheet.name, sheet.nickname, *(sheet.called or ())) if name}
    for number, entry in enumerate(sheet.lorebook.entries if sheet.lorebook is not None else ()):
        told = entry.content.casefold()
        if "{{char}}" in told or any(name in told for name in names):
            yield ("lorebook", "entries", number, "content"), entry.content


_KEYS: Final = (
    *("name", "nickname", "description", "personality", "voice", "style", "scenario", "title"),
    *("instructions", "reminders"),
)


def _passes(text: str, match: "re.Match[str]", passing: tuple[tuple[Pattern, Pattern], ...]) -> bool:
    before = re.split(r"[.!?;\n。！？；]", text[max(0, match.start() - CONTEXT) : match.start()])[-1]
    after = re.split(r"[.!?;\n。！？；]", text[match.end() : match.end() + CONTEXT])[0]
    return any(first.search(before) and then.match(after) for first, then in passing)


def _compiled(pattern: str, **parts: str) -> Pattern:
    """Return a pattern that is written with blanks, in which `<part>` stands for a part."""
    for name, part in parts.items():
        pattern = pattern.replace(f"<{name}>", f"(?:{part})")
    # Else many blanks in a row would take long.
    pattern = pattern.replace(r"\s*", r"\s{0,8}").replace(r"\s+", r"\s{1,8}")
    return re.compile(pattern, re.VERBOSE | re.IGNORECASE)


def _pair(before: str, after: str = "", **parts: str) -> tuple[Pattern, Pattern]:
    return _compiled(f"(?:{before})$", **parts), _compiled(after, **parts)


def _any(words: str) -> str:
    return "|".join(map(re.escape, words.split()))


_THINGS: Final = _any(
    "whisky whiskey scotch bourbon rum brandy cognac wine port malt sherry tequila cheese vintage bottle cask barrel "
    "house home inn tavern bar club hotel building tower castle bridge church school company firm business shop "
    "ship boat car truck van bus bike motorcycle engine computer laptop phone camera guitar piano violin sword "
    "tree oak pine garden rug carpet coat jacket dress shirt boots sofa bed mattress "
    "dog cat horse mare stallion gelding hound parrot pony cow goat donkey "
    "marriage relationship friendship feud war grudge bet debt case mystery secret scar tattoo letter photo photograph "
    "picture portrait recipe tradition law mortgage loan lease contract band song game server project city town village "
    "kingdom republic colony"
)
_KIN: Final = _any(
    "son sons daughter daughters child children kid kids boy boys girl girls brother brothers sister sisters nephew "
    "nephews niece nieces grandson granddaughter grandchild grandchildren stepson stepdaughter cousin twins pupil pupils "
    "student students apprentice apprentices baby self"
)
_WHOSE: Final = r"\b(?:her|his|their|my|our)\s+(?:[\w-]+\s+){0,2}"
_EN: Final = (
    r"(?<![\w-])(?<!hundred\ )(?<!hundred\ and\ )(?<!thousand\ )(?<!twenty\ )(?<!thirty\ )(?<!forty\ )(?<!fifty\ )"
    r"(?<!sixty\ )(?<!seventy\ )(?<!eighty\ )(?<!ninety\ )(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|"
    r"twelve|thirteen|fourteen|fifteen|sixteen|seventeen)(?![a-z])"
)

_PEOPLE: Final = _any(
    "girl boy woman man child kid lad lass maid maiden student teen youth person character thief elf princess prince "
    "virgin beauty schoolgirl schoolboy daughter son sister brother"
)
_NO_AGE_IN: Final = r"(?:crew|family|band|party|group|line|house|team|morning|afternoon|evening)\b"
_UNITS: Final = (
    r"(?:foot|feet|inch|mile|m|km|cm|mm|kg|g|lb|lbs|ft|pounds?|stone|hundred|thousand|million|billion|dozen|score|percent|"
    r"per|gold|silver|copper|people|men|women|children|folk|crew|sheep|fish|strong|tall|deep|wide|high|long|hand|by|of|to|"
    r"times|o[’']clock|[ap]m|past|at\s+(?:night|noon|table|heart|once|a)|"
    rf"in\s+(?:all|number|total|the\s+{_NO_AGE_IN}))\b"
)
_PLURAL: Final = (
    r"(?!(?:this|always|perhaps|sometimes|his|is|was|has|as|us|yes|years|it[’']s)\b)[\w’-]{2,30}(?<!s)s\b"
)
_COUNTED: Final = rf"\s+(?:{_UNITS}|(?:[\w’-]{{1,30}}\s+){{0,2}}{_PLURAL})"
"""A unit or a noun after a number, such as `feet` or `long miles`, so that it isn't an age."""
_PLAINLY: Final = (
    r"\s+(?:and|but|with|who|though|although|years|now|today|tonight|this|last|next|already|again|going|turning|because|"
    r"since|so|when|while|as|if|yet|still|only|currently|or\s+so|old|"
    rf"in\s+(?:this|the\s+(?!{_NO_AGE_IN})|human|our|real))\b"
)
"""Words after a number that count nothing, so that it is an age."""
_STATS: Final = _any(
    "level lvl lv strength str dexterity dex constitution con intelligence int wisdom wis charisma cha hp mp ac armor armour "
    "luck agility speed stamina mana magic attack defense defence health damage initiative rank class height weight size "
    "room chapter page part day act scene episode version number season gold score stats guns crew"
)
_PRESENT: Final = r"(?:is|am|are)\b|[\w}]+[’'](?:s|m|re)\b"
_PAST: Final = (
    r"(?:\w{2,20}ed|was|were|had|did|went|came|ran|stole|took|made|saw|knew|left|lost|found|got|gave|fell|felt|fled|fought|"
    r"grew|held|kept|learnt|led|met|read|said|sang|sat|sold|swam|slept|spent|spoke|stood|swore|taught|told|thought|threw|"
    r"won|wore|wrote|began|became|broke|brought|built|bought|caught|could|would|drew|drove|hid|rode|rose|set|slew|sank)\b"
)
_SUBJECT: Final = r"(?:she|he|they|i|you|we|\{\{char\}\}|(?-i:[A-Z][\w-]*))"

_ENGLISH: Final = _Tongue(
    given=_compiled(
        r"""
        <n> [\s‐-]{0,6} (?:years?|yrs?) [\s‐-]{0,6} (?:olds?|young) \b
        | <n> \s? (?:y/?o|y\.\s?o\.?) (?!\w)
        | \b (?:ages?|aged) \b <signs> (?:(?:is|of|about|around|approx|circa|only|just|currently|maybe|probably)\b<signs>)?
          <n> (?!\w | \s+(?:hundred|thousand|million|billion|centur|millenni|decades))
        | (?<!\w) (?:she|he|they|i|you|who|\{\{char\}\}|char|girl|boy|woman|man|child|character|(?-i:(?!There\b)[A-Z][\w’']*))
          (?: (?P<now>[’']s|[’']m|[’']re|\s+(?:is|am|are|turns|becomes|will\ be|will\ turn))
            | \s+(?:was|were|turned|became|has\ turned))
          (?:\s+just\ turned)? \s+ (?:(?:only|just|barely|still|now|about|nearly|almost|not\ even|maybe)\s+)? <n>
          (?= <end> | (?<!\bone) (?: <plainly> | (?!<counted>) \s+[\w’-]))
        | \b being \s+ (?:only\s+)? <n> (?= <end> | (?<!\bone) <plainly>)
        | \b ha(?:s|ve) \s+ been \s+ <n> (?= <end> | \s+(?:for|since|ever)\b)
        | \b <people> \s+ of \s+ <n> (?= <end> | <plainly> | \s+(?:summers|winters|springs)\b)
        | \b (?:looks?|appears?|seems?|pass(?:es)?\ for|body\ of|face\ of|appearance\ of|mind\ of)
          \s+ (?:(?:like|to\ be|an?|about|around|barely|only|no\ older\ than|at\ most|maybe|not\ a\ day\ over)\s+){0,3} <n>
          (?= <end> | \s+(?:and|but|with|though|years?)\b (?!\s+younger))
        | (?-i:\b[A-Z]\w+) \s* (?:\(\s*|,\s+) 1[0-7] \s? (?:[fm]\b)? (?=\s*[),])
        | \b 1[0-7][fm] \b
        | (?<![\w/.]) 1[0-7] \s? / \s? [fm] (?![\w/])
        | (?<![\w/]) [fm] \s? / \s? 1[0-7] (?![\w/%]|\.\d)
        | \( [^()\n]{0,40} , \s* 1[0-7] (?=\s*[),])
        | \b (?:s?he|they|it) / \w{2,5} \b [^\w.\n]{1,9} 1[0-7] (?!\w|[.,:/]\d)
        | (?<![\w.,/]) 1[0-7] [^\w.\n]{1,9} (?:s?he|they|it) / \w{2,5} \b
        | (?-i:\b(?!(?i:<stats>)\b)[A-Z]\w{0,30}) \s* [:–—-] \s* 1[0-7] \s* , \s*
          (?!(?:all|some|most|both|each|maybe|perhaps|once|twice)\b) (?-i:[a-z])
        """,
        n=f"{_DIGITS}|{_EN}",
        end=_END,
        signs=_SIGNS,
        people=_PEOPLE,
        plainly=_PLAINLY,
        counted=_COUNTED,
        stats=_STATS,
    ),
    minor=_compiled(
        r"""
        \b (?:under-?aged?|under\ age|pre-?teens?|lolis?|lolitas?|shotas?|jailbait|(?:early|mid|middle|late)[\s-]teens) \b
        | \b teenaged? [\s-]+ (?:girl|boy)s? \b
        | (?:\b(?:is|am|are)|[’'](?:s|m|re)) \s+ (?:(?:still|only|just)\ )? (?:an?\ )? (?:teen|teenager|minor) \b
        """
    ),
    elsewhere=(
        _pair(
            r"\b(?:at|from|since|before|after|until|by)\s+(?:the\ |an?\ )?",
            r"(?!,?\s+<subject>(?:\s+(?:am|are|(?!was\b)\w{0,20}(?<!s)s)\b|[’'](?:s|m|re)\b))",
            subject=_SUBJECT,
        ),
        _pair(
            r"^\W*as\s+an?\s+",
            r",?\s+(?:[\w’-]+\s+){0,2}?<subject>\s+(?:\w+ly\s+)?<past>",
            subject=_SUBJECT,
            past=_PAST,
        ),
        _pair(r"<whose>", r"[\s‐-]*(?:[\w’'-]+\s+){0,2}<kin>\b", whose=_WHOSE, kin=_KIN),
        _pair(r"<whose><kin>(?:\s+\w+)?[\s,(]+", whose=_WHOSE, kin=_KIN),
        _pair(r"", r"[\s‐-]+(?:[\w’'-]+\s+){0,2}<things>\b", things=_THINGS),
        _pair(r"\b<things>(?:\s+(?:is|was|are|were))?\s+(?:about\s+|over\s+|only\s+)?", things=_THINGS),
        _pair(r"", r"\s+years?\s+in\b"),
    ),
    denied=(
        _pair(
            r"(?:\b(?:no|not|never|without|neither|nor|against|forbids?|bans?|refuses?|bars?)|n[’']t)\s+(?:[\w-]+\s+){0,2}"
        ),
        _pair(r"(?<!\bin\ )\b(?:her|his|their|my|our)\s+"),
    ),
    once=(
        _pair(
            r"\b(?:when|since|until|till|before|after|while|once|by\ the\ time)\s+(?:(?!<present>)[\w’'{}]+\s+){0,3}",
            present=_PRESENT,
        ),
    ),
)

_CJK_DENIED: Final = (
    _pair(r"(?:不是|并非|並非|非|禁止|严禁|嚴禁|谢绝|謝絕|不得|请勿|拒绝|不接受)(?:让|讓|任何)?"),
    _pair(r"", r"[人者]?(?:の方)?\s*(?:は|お|の入店)?\s*(?:禁止|勿|不得|谢绝|謝絕|请勿|不宜|莫|断り|不可)"),
    _pair(r"", r"者?(?:では|じゃ)(?:ない|ありません)"),
)

_CHINESE_KIN: Final = "女儿|女兒|儿子|兒子|孩子|弟弟|妹妹|侄女|侄子|外甥|学生|學生|徒弟|孙子|孫子|孙女"

_CHINESE_TONGUE: Final = _Tongue(
    given=_compiled(
        r"<n> \s* [岁歲] | 年[龄齡] <signs> [是为為]? <signs> <n> (?![\d.]) | 十[几幾多来來][岁歲]",
        n=_CHINESE,
        signs=_SIGNS,
    ),
    minor=_compiled(
        r"未成年 | 未[满滿] \s* (?:18|十八) | 不[满滿到足] \s* (?:18|十八) \s* [岁歲]? | 萝莉 | 蘿莉 | 正太"
    ),
    elsewhere=(
        _pair(r"", r"(?:那年|时|時|的时候|的時候|起|开始|開始|以前|之前|前|就|生日那)"),
        _pair(r"从|從|自|在"),
        _pair(
            r"[她他我]的?",
            rf"的?(?:{_CHINESE_KIN})",
        ),
        _pair(
            rf"[她他我]的?(?:{_CHINESE_KIN})"
            r"(?:[当當]时|今年|才|只有|刚|剛|已经|已經|也|是|有){0,2}"
        ),
        _pair(r"", r"的?(?:老)?(?:狗|猫|貓|马|馬|树|樹|房子|酒|威士忌|车|車|船)"),
    ),
    denied=_CJK_DENIED,
)

_JAPANESE: Final = _Tongue(
    given=_compiled(
        r"<n> \s* (?:歳|才(?!能)|さい) | 年齢 <signs> [はが]? <signs> <n> (?![\d.])",
        n=_CHINESE,
        signs=_SIGNS,
    ),
    minor=_compiled(
        r"未成年 | (?:18|十八) \s* [歳才] \s* 未満 | ロリ(?!ポップ|コン) | ショタ | 十代前半 | 10代前半"
    ),
    elsewhere=(
        _pair(
            r"",
            r"(?:の(?:頃|ころ|とき|時|春|夏|秋|冬|誕生日)|(?:だった)?(?:頃|ころ|とき|時)|から|まで|になる前|以前)",
        ),
        _pair(r"(?:彼女|彼|自分|私|俺|僕)の", r"の(?:娘|息子|子|弟|妹|甥|姪|弟子|生徒|孫)"),
        _pair(
            r"(?:彼女|彼|自分|私|俺|僕)の(?:娘|息子|子供|子|弟|妹|甥|姪|弟子|生徒|孫)(?:は|が|も)(?:まだ|今年|今)?"
        ),
        _pair(r"", r"の(?:老)?(?:犬|猫|馬|木|家|車|船|酒)"),
    ),
    denied=_CJK_DENIED,
)

_GERMAN_NUMBER: Final = (
    r"(?<![\w])(?:ein|eins|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|dreizehn|vierzehn|fünfzehn|sechzehn|"
    r"siebzehn)"
)
_GERMAN_KIN: Final = (
    r"(?:tochter|töchter|sohn|söhne|kind(?:er)?|bruder|brüder|schwester|neffe|nichte|enkel(?:in)?|zwillinge|schüler(?:in)?|"
    r"lehrling|stieftochter|stiefsohn)"
)
_GERMAN_WHOSE: Final = r"\b(?:ihr|sein|mein|unser|dein)e?[rnms]?\s+(?:\w+\s+)?"
_GERMAN_THINGS: Final = (
    r"(?:whisky|whiskey|rum|wein|cognac|käse|haus|gasthaus|schiff|auto|wagen|hund|katze|kater|pferd|baum|eiche|firma|schule|"
    r"stadt|ehe|streit|brief|turm|kneipe|taverne|fass|bier)"
)
_GERMAN: Final = _Tongue(
    given=_compiled(
        r"""
        <n> [\s‐-]{0,6} (?:Jahre?\s+(?:alt|jung)\b | jährige?[nrsm]?\b)
        | \b Alter \b <signs> (?:(?:ist|von)\b<signs>)? <n> (?!\w)
        | \b von \s+ <n> \s+ Jahren \b
        | \b (?:sie|er|ich|die|\{\{char\}\}|(?-i:[A-ZÄÖÜ]\w+)) \s+ (?:ist|bin|war|wird|wurde)
          \s+ (?:(?:erst|gerade|knapp|noch|etwa|fast|nur)\s+)* <n> (?= <end> | \s+(?:und|aber|Jahre)\b (?!\s+(?:lang|her)))
        | \b (?:aussieht|aussehen|aussah|aus) \s+ wie \s+ (?:eine?\s+)? <n> (?= <end> | \s+(?:und|aber|Jahre)\b)
        """,
        n=f"{_DIGITS}|{_GERMAN_NUMBER}",
        end=_END,
        signs=_SIGNS,
    ),
    minor=_compiled(r"\b (?:minderjährige?[nrsm]? | Teenager(?:in)? ) \b"),
    elsewhere=(
        _pair(r"\b(?:als|seit|bevor|bis|nachdem|solange)\s+(?:[\w{}]+\s+){0,4}"),
        _pair(r"\b(?:im|mit|ab|seit|vom)\s+(?:Alter\s+von\s+)?"),
        _pair(
            r"(?:haft|frist|strafe|dauer|zeit|zeitraum|dienst|erfahrung|pause|abstand|unterschied|krieg|vertrag|"
            r"abwesenheit|reise|suche|schlaf|lehre|<things>)\s+",
            things=_GERMAN_THINGS,
        ),
        _pair(r"", r"\s+(?:dienst|haft|arbeit|krieg|ehe|erfahrung|frieden|wartezeit)\b"),
        _pair(r"<whose>", r"\s*(?:\w+\s+)?<kin>\b", whose=_GERMAN_WHOSE, kin=_GERMAN_KIN),
        _pair(
            r"<whose><kin>\s+(?:(?:ist|war|wird)\s+)?(?:erst\s+|gerade\s+)?",
            whose=_GERMAN_WHOSE,
            kin=_GERMAN_KIN,
        ),
        _pair(r"", r"\s*(?:\w+\s+)?<things>\b", things=_GERMAN_THINGS),
        _pair(r"\b<things>\s+(?:ist|war)\s+(?:erst\s+)?", things=_GERMAN_THINGS),
    ),
    denied=(_pair(r"\b(?:nicht|kein|keine|keinen|keiner|nie|ohne)\s+(?:\w+\s+)?"), _pair(_GERMAN_WHOSE)),
)

_SPANISH_NUMBER: Final = (
    r"(?<![\w])(?<!\by\ )(?<!cien\ )(?<!ciento\ )(?<!mil\ )(?:un|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|"
    r"doce|trece|catorce|quince|dieciséis|dieciseis|diecisiete)(?!\w)"
)
_SPANISH_KIN: Final = r"(?:hij[oa]s?|niñ[oa]s?|herman[oa]s?|sobrin[oa]s?|niet[oa]s?|alumn[oa]s?|aprendiz|bebé|gemel[oa]s|hijastr[oa])"
_SPANISH_THINGS: Final = (
    r"(?:whisky|ron|vino|coñac|brandy|queso|botella|casa|taberna|posada|barco|coche|auto|perr[oa]|gat[oa]|caballo|yegua|"
    r"árbol|roble|empresa|negocio|escuela|ciudad|matrimonio|guerra|carta|torre)"
)
_SPANISH_WHOSE: Final = r"\b(?:su|sus|mi|mis|nuestr[oa]s?)\s+"
_SPANISH: Final = _Tongue(
    given=_compiled(
        r"""
        <n> \s+ (?:años|añitos) \b
        | \b edad \b <signs> (?:(?:es|de)\b<signs>)? <n> (?!\w)
        | \b (?:tiene|tengo|tienes|tenía|cumple|cumplió) \s+ (?:(?:solo|sólo|ya|apenas|casi|unos|los)\s+)? <teens>
          (?= <end> | \s+(?:y|pero|aunque|que|ahora|recién)\b (?!\s+<n>))
        """,
        n=f"{_DIGITS}|{_SPANISH_NUMBER}",
        teens=f"{_DIGITS}|(?:diez|once|doce|trece|catorce|quince|diecis[ée]is|diecisiete)(?!\\w)",
        end=_END,
        signs=_SIGNS,
    ),
    minor=_compiled(r"\b (?:menor(?:es)?\ de\ edad | quinceañer[oa] | adolescente ) \b"),
    elsewhere=(
        _pair(
            r"\b(?:hace|hacía|durante|por|tras|en|dentro\ de|cada|lleva|llevan|llevaba|llevo|unos|pasó|pasaron)\s+(?:ya\s+|unos\s+)?"
        ),
        _pair(r"\b(?:después|desde|antes)\s+de\s+"),
        _pair(r"\b(?:a|desde|hasta|con)\s+(?:los|sus|mis)\s+"),
        _pair(
            r"\b(?:cuando|desde\ que|hasta\ que|antes\ de\ que)\s+(?:(?!(?:tiene|tengo|tienes)\b)[\w{}]+\s+){0,3}"
        ),
        _pair(
            r"", r"\s+(?:después|más\ tarde|atrás|antes|seguidos|juntos|más\ (?:joven|viejo|vieja)|menos)\b"
        ),
        _pair(
            r"",
            r"\s+de\s+(?:experiencia|servicio|matrimonio|casad[oa]s|trabajo|oficio|guerra|cárcel|condena|prisión|mar|"
            r"carrera|paz|silencio|exilio|historia|amistad|antigüedad|diferencia|práctica|estudios?|espera|viajes?|"
            r"ausencia|soledad|lucha|navegación|relación|garantía)\b",
        ),
        _pair(
            r"<whose><kin>\s+(?:\w+\s+)?(?:de\s+|tiene\s+|tenía\s+|cumplió\s+)",
            whose=_SPANISH_WHOSE,
            kin=_SPANISH_KIN,
        ),
        _pair(r"\b<things>\s+(?:\w+\s+)?(?:de|tiene|tenía|con)\s+", things=_SPANISH_THINGS),
    ),
    denied=(_pair(r"\b(?:no|ni|nunca|sin|prohibid[oa]\s+a|para)\s+(?:\w+\s+){0,2}"), _pair(_SPANISH_WHOSE)),
)

_TONGUES: Final = (_ENGLISH, _CHINESE_TONGUE, _JAPANESE, _GERMAN, _SPANISH)
