"""How five languages say that somebody is under 18: a table by language for `finding.py`.

Law: a row of `given` or `minor` is one way to say it, and ends with an example where it needs one. A row has
no repetition without an upper bound, so that the time grows with the length of a text and no faster. What
passes (`elsewhere`, `denied`, `once`) is looked for in the sentence around a find, and nowhere else.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

_DIGITS: Final = r"(?<![\w.,/$€£¥#])(?:1[0-7]|[1-9])(?![\d%°]|[.,:/]\d)"
_CHINESE: Final = (
    r"(?<![\d.,零〇一二三四五六七八九十百千万两])(?:1[0-7]|[1-9]|十[一二三四五六七]?|[一二两三四五六七八九])"
)
_FRACTION: Final = r"(?:\s?[½¼¾⅓⅔]|[\s-]and[\s-]a[\s-](?:half|quarter))?"
_DECIMAL: Final = r"(?<![\w.,/$€£¥#])(?:1[0-7]|[1-9])[.,]\d{1,2}(?![\w%°]|[.,:/]\d)"
_TEENS: Final = r"(?<![\w.,/$€£¥#])1[0-7](?![\d%°]|[.,:/]\d)"
_EIGHTEEN: Final = r"(?<![\w.,/$€£¥#])18(?![\w%°]|[.,:/]\d)"

_SIGNS: Final = r"[^\w.!?;,。]{0,9}"
"""What may stand between the word for an age and the age: `Age("16")`, `| Age | 16 |`."""

_END: Final = r"\s*(?:$|[.,;:!?()|+/…\n。，；！？）]|[–—](?!\d)|\s-\s)"


AGE_HEADS: Final = frozenset({"age", "ages", "alter", "edad", "年龄", "年齡", "年齢"})
"""What heads the column of ages in a table."""


@dataclass(frozen=True, slots=True)
class Tongue:
    """How a language says that somebody is under 18.

    Attributes:
        given: an age.
        minor: words for it without a number.
        elsewhere: what stands before and after an age, in its sentence, that isn't the persona's or isn't now.
        denied: the same of the words.
        once: the same of an age that the persona had once, which an age in the present tense (`now`) never is.
    """

    given: str
    minor: str
    elsewhere: tuple[tuple[str, str], ...]
    denied: tuple[tuple[str, str], ...]
    once: tuple[tuple[str, str], ...] = ()


@cache
def compiled(pattern: str) -> "re.Pattern[str]":
    """Return what finds a pattern of this table."""
    return re.compile(pattern, re.VERBOSE | re.IGNORECASE)


def _written(pattern: str, **parts: str) -> str:
    """Return a pattern that is written with blanks, in which `<part>` stands for a part."""
    for name, part in parts.items():
        pattern = pattern.replace(f"<{name}>", f"(?:{part})")
    # Else many blanks in a row would take long.
    return pattern.replace(r"\s*", r"\s{0,8}").replace(r"\s+", r"\s{1,8}")


def _pair(before: str, after: str = "", **parts: str) -> tuple[str, str]:
    return _written(f"(?:{before})$", **parts), _written(after, **parts)


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

_SOMEBODY: Final = (
    r"(?:she|he|they|i|you|we|who|\{\{char\}\}|(?-i:(?!(?:No|None|No-?body|Every|Any|All|It|This|That|There|Here|What)"
    r"(?:one|body|thing)?\b)[A-Z][\w-]{0,30}))"
)
_DOES: Final = (
    r"(?:[’'](?:s|m|re)\b|\s+(?:am|are|(?:\w{2,20}(?<!on)ly|already|still|now)\s+(?!was\b)[a-z]{1,20}(?<!s)s"
    r"|(?-i:(?!was\b|his\b|hers\b|this\b|its\b)[a-z]{1,20}(?<!s)s))\b)"
)
"""A verb in the present tense after its subject."""
_EN_TEENS: Final = r"(?<![\w-])(?:thirteen|fourteen|fifteen|sixteen|seventeen)(?![a-z-])"
_NTH: Final = (
    r"(?<![\w-])(?<!ty\ )(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|"
    r"fourteenth|fifteenth|sixteenth|seventeenth|1st|2nd|3rd|(?:[4-9]|1[0-7])th)"
)
_HERS: Final = r"(?:her|his|their|my|your)\s+"
_NOT_YET: Final = (
    r"(?:under|below|younger\s+than|not\s+yet|not\s+quite|almost|nearly|approaching|(?:just\s+)?shy\s+of|"
    r"close\s+to)\s+(?:the\s+age\s+of\s+)?(?:turning\s+)?"
)
_BARELY: Final = (
    r"(?:(?:only|just|barely|still|now|about|nearly|almost|not\ even|maybe|but|merely|already|currently|around|roughly|"
    r"sweet|tender|some|all\ of|an?\ mere|an?\ tender|mere)\s+){0,2}"
)
_OF_TEENAGE: Final = _any(
    "memory memories year years day days crush crushes dream dreams diary diaries rebellion band bands phase angst poem "
    "poems poetry bedroom love loves sweetheart sweethearts romance romances drama dramas mistake mistakes past past- "
    "novel novels magazine magazines film films movie movies show shows comedy slang fashion fiction idol idols series "
    "passion passions hobby hobbies room life hearts readers audience audiences guests customers self selves friend "
    "friends pregnancy tour tours marriage adventures adventure pop music record records poster posters wedding"
)
"""Nouns after “teenage” that are of a time, or of things, and no person."""

_ENGLISH: Final = Tongue(
    given=_written(
        r"""
        (?:<n>|<decimal>) [\s‐-]{0,6} (?:years?|yrs?) [\s‐-]{0,6} (?:olds?|young|of\s+age) \b
        | (?<!\bfor\ )(?<!\bin\ )(?<!\bpast\ )(?<!\blast\ )(?<!\bafter\ ) <n> \s? yrs? \b
          (?! \ {1,3}(?:ago|of|in|later|before|as|at|with|after|from|and)\b)                 # 16 yrs
        | <n> \s+ (?:winters|summers|springs|autumns) \s+ (?:old|young|of\s+age) \b    # sixteen winters old
        | \b (?:has|have|[’']s|[’']ve) \s+ (?:only\ |but\ |just\ )? (?:seen|lived|known) \s+ (?:only\ |but\ |just\ )? <n>
          \s+ (?:winters|summers|springs) (?= <end> | \s+and\b)                         # has seen sixteen winters
        | \b (?:at|only|just|barely) \s+ (?:(?:just|only|barely|age|an?\ mere)\s+){0,2} <teens>
          \s{0,2},?\s+ (?= <somebody> <does> )                                          # At 16, Mira is the youngest
        | \b at \s+ (?:(?:just|only|barely|age|an?\ mere)\s+){0,2} <n> \s{0,2},?\s+
          (?= <somebody> (?:[’']s|\s+is|\s+am|\s+are) \s+ (?:already|still|the\s+(?:youngest|oldest)|only|an)\b )
        | \b (?:celebrat\w{1,5}|ha[sd](?:\s+just)?\s+had|awaits|approach\w{0,5}|near(?:s|ing)) \s+ (?:just\s+)? <hers> <nth>
          \s+ birthday \b (?! [^.!?\n]{0,60}\bago\b)                                    # celebrated her sixteenth birthday
        | \b <hers> <nth> \s+ birthday \s+ (?:is|was) \s+ (?:last|yesterday|today|tomorrow|next|in|soon|this|just|only)\b
        | (?:\bis|\bam|[’']s|[’']m|\bnow) \s+ (?:now\s+)? in \s+ <hers> (?:thir|four|fif|six|seven)teenth \s+ year (?= <end> | \s+and\b)
        | <somebody> (?:[’'](?:s|m|re)|\s+(?:is|am|are)) \s+ (?:(?:still|just|only|well|currently)\s+){0,2} <not_yet> <18>
          (?= <end> | <plainly> | [’']?s?$)                                             # Mira is under 18
        | (?:^|[,(\n]\s{0,2}) not \s+ (?:yet|quite) \s+ <18> (?= <end>)                 # not yet eighteen
        | <somebody> (?:\s+(?:turns|becomes|will\s+turn|will\s+be|is\s+turning|is\s+about\s+to\s+turn)|[’']ll\s+(?:turn|be))
          \s+ <18> \s+ (?:next|soon|this|on|tomorrow|within|later|shortly|in\s+(?!all\b|total\b|number\b|the\b)) \b
        | \b (?:hasn[’']t|has\s+not(?:\s+yet)?|is\s+yet\s+to|yet\s+to|isn[’']t(?:\s+yet)?) \s+
          (?:(?:turned|turn|reached|reach)\s+)? <18> (?= <end> | \s+yet\b)
        | \b (?:shy\ of|short\ of|not\ yet\ (?:had|reached|celebrated|seen)) \s+ (?:<hers>)? (?:18th|eighteenth) \s+ birthday \b
        | \b (?:looks|appearance|appears) \s{0,2} [:=] \s{0,2} <teens> (?!\w|\s?/)       # Looks: 16
        | \{\{char\}\} \s* [:–—-] \s* <teens> (?= \s{0,2}(?:,|$|\n))                      # {{char}}: 16, thief
        | <n> \s? (?:y/?o|y\.\s?o\.?) (?!\w)
        | \b (?:ages?|aged) \b (?:\s{0,2}\([^()\n]{0,30}\))? <signs> (?:(?:is|of|about|around|approx|circa|only|just|currently|maybe|probably)\b<signs>)?
          (?:(?:early|mid|middle|late)[\s-]{1,2})?
          (?: (?:<n>|<decimal>|(?<![\w.,])0{1,3}(?:1[0-7]|[1-9])) (?!\w | \s+(?:hundred|thousand|million|billion|centur|millenni|decades))
            | teen(?:s|ager|aged?)?\b)
        | (?<!\w) (?:she|he|they|i|you|who|\{\{char\}\}|char|girl|boy|woman|man|child|character|(?-i:(?!There\b)[A-Z][\w’']*))
          (?: (?P<now>[’']s|[’']m|[’']re|\s+(?:is|am|are|turns|becomes|will\ be|will\ turn))
            | \s+(?:was|were|turned|became|has\ turned))
          (?:\s+just\ turned)? \s+ <barely> <n>
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
        n=f"(?:{_DIGITS}|{_EN}){_FRACTION}",
        decimal=_DECIMAL,
        teens=f"{_TEENS}|{_EN_TEENS}",
        nth=_NTH,
        end=_END,
        signs=_SIGNS,
        somebody=_SOMEBODY,
        does=_DOES,
        hers=_HERS,
        not_yet=_NOT_YET,
        barely=_BARELY,
        **{"18": f"{_EIGHTEEN}|eighteen(?![a-z])"},
        people=_PEOPLE,
        plainly=_PLAINLY,
        counted=_COUNTED,
        stats=_STATS,
    ),
    minor=_written(
        r"""
        \b (?:under-?aged?|under\ age|pre-?teens?|lolis?|lolitas?|shotas?|jailbait|(?:early|mid|middle|late)[\s-]teens) \b
        | \b teenaged? [\s-]{1,3} (?!(?:<of_teenage>)\b) \w{1,30}   # a teenage witch
        | \b teen [\s-] <people> \b                                                      # a teen girl
        | (?:\b(?:is|am|are)|[’'](?:s|m|re)) \s+ (?:(?:still|only|just)\ )? (?:an?\ )? (?:teen|teenager|minor) \b
        """,
        of_teenage=_OF_TEENAGE,
        people=f"{_PEOPLE}|witch|wizard|mage|vampire|idol|hacker|runaway",
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

_CHINESE_TONGUE: Final = Tongue(
    given=_written(
        r"<n> \s* [岁歲] | 年[龄齡] <signs> [是为為]? <signs> <n> (?![\d.]) | 十[几幾多来來][岁歲]"
        r"| (?:今年|刚[满滿]|剛[满滿]|年仅|年僅|年方|芳[龄齡]) (?:才|刚|剛|只有|[满滿]){0,2} \s* <n> (?=<stop>)"
        r"| 二八(?:年华|年華|佳人) | 年方二八 | 豆蔻年[华華]",
        n=_CHINESE,
        stop=r"\s{0,2}(?:$|[\n。，,.、！!；;）)的了])",
        signs=_SIGNS,
    ),
    minor=_written(
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

_JAPANESE: Final = Tongue(
    given=_written(
        r"<n> \s* (?:歳|才(?!能)|さい) | 年齢 <signs> [はが]? <signs> <n> (?![\d.])"
        r"| <people> [はもが] (?:まだ|今年で?|ちょうど|もうすぐ|今){0,2} \s* <n> (?=<stop>)"
        r"| <n> の (?:少女|少年|娘|女の子|男の子|乙女|美少女)",
        n=_CHINESE,
        people=r"彼女|彼|私|わたし|俺|僕|あたし|\{\{char\}\}|(?<!\w)(?!レベル|ランク|スコア|ポイント|ページ|ドア|テーブル|ベッド|メンバー|カード|グラス|ボトル|ルーム|サイズ)[ァ-ヺー]{2,12}",
        stop=r"\s{0,2}(?:$|[\n。、，,.！!）)]|です|だ(?!け)|で、|になった|になる|にな)",
        signs=_SIGNS,
    ),
    minor=_written(
        r"未成年 | (?:18|十八) \s* [歳才] \s* 未満"
        r"| (?<![\d十百])(?:18|十八) \s* [歳才]? \s* (?:に(?:は)?(?:なって|達して|届いて)(?:い)?(?:ない|ません)|に(?:満たない|届かない)) | ロリ(?!ポップ|コン) | ショタ | 十代前半 | 10代前半"
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
_GERMAN_SOON: Final = (
    r"(?:bald|demnächst|morgen|im\s+\w{2,10}|in\s+\w{1,10}\s+\w{2,10}|nächste[nsm]?\s+\w{2,10}|dieses\s+Jahr)"
)
_GERMAN_BARELY: Final = (
    rf"(?:(?:erst|gerade|knapp|noch|etwa|fast|nur|schon|süße|zarte|ganze|{_GERMAN_SOON})\s+){{0,3}}"
)
_GERMAN: Final = Tongue(
    given=_written(
        r"""
        <n> [\s‐-]{0,6} (?:Jahre?\s+(?:alt|jung)\b | jährige?[nrsm]?\b)
        | \b Alter \b <signs> (?:(?:ist|von)\b<signs>)? <n> (?!\w)
        | \b von \s+ <n> \s+ Jahren \b
        | \b (?:sie|er|ich|die|\{\{char\}\}|(?-i:[A-ZÄÖÜ]\w+)) \s+ (?:ist|bin|war|wird|wurde)
          \s+ <barely> <n> (?= <end> | \s+(?:und|aber|Jahre)\b (?!\s+(?:lang|her)))
        | \b mit \s+ (?:(?:nur|erst|knapp|gerade|mal|gerade\ mal|süßen|zarten)\s+){0,2} <n> (?:\s+Jahren)? \s+
          (?!(?:hat|hatte|hielt|trat|bat|tat|ritt|litt|stritt|riet|floh|schritt|verließ|galt)\b) (?-i:[a-zäöü]{2,20}t|bin) \s+
          (?:schon\s+)? (?:sie|er|ich|\{\{char\}\}|(?-i:[A-ZÄÖÜ]\w{1,30}))\b (?:\s+\w{1,20}){0,2}               # Mit 16 ist sie
        | \b (?:sie|er|ich|\{\{char\}\}|(?-i:(?!(?:Niemand|Keiner|Es|Das|Jeder|Wer)\b)[A-ZÄÖÜ]\w{1,30})) \s+ (?:ist|bin)
          \s+ (?:(?:noch|erst|knapp|deutlich)\s+){0,2} (?:unter|keine|nicht|nicht\ einmal) \s+ <18> (?= <end> | \s+(?:und|aber|Jahre)\b)
        | (?:^|[,(\n]\s{0,2}) (?:noch\s+)? (?:unter|keine|nicht) \s+ <18> (?= \s{0,2}(?:$|[,.;)\n]))      # , unter 18,
        | \b (?:wird|werde) \s+ (?:<soon>) \s+ <18> (?= <end> | \s+(?:und|aber)\b)        # wird bald 18
        | \b (?:aussieht|aussehen|aussah|aus) \s+ wie \s+ (?:eine?\s+)? <n> (?= <end> | \s+(?:und|aber|Jahre)\b)
        """,
        n=f"{_DIGITS}|{_GERMAN_NUMBER}",
        barely=_GERMAN_BARELY,
        soon=_GERMAN_SOON,
        **{"18": f"{_EIGHTEEN}|achtzehn(?![a-zäöü])"},
        end=_END,
        signs=_SIGNS,
    ),
    minor=_written(
        r"""\b (?:minderjährige?[nrsm]? | Teenager(?:in)? | Teenie ) \b
        | \b (?:eine|diese|die) \s+ (?:\w{2,20}\s+)? (?-i:Jugendliche) \b
        | \b (?:ein|der|dieser) \s+ (?:\w{2,20}\s+)? (?-i:Jugendlicher?) \b"""
    ),
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
_SPANISH: Final = Tongue(
    given=_written(
        r"""
        (?:<n>|<decimal>) \s+ (?:años|añitos) \b
        | \b (?:chic[oa]|muchach[oa]|niñ[oa]|jovencit[oa]|joven|mujer|hombre|adolescente|elfa|elfo|bruja|estudiante) \s+ de \s+
          (?:(?:solo|sólo|apenas|unos|tan)\s+){0,2} <teens> (?= <end> | \s+(?:con|que|y|muy)\b)          # una chica de 16
        | \b no \s+ (?:\w{2,10}\s+)? (?:cumple|cumplido|tiene|llega|alcanza|pasa)(?:\s+(?:aún|todavía))? \s+ (?:a\s+|de\s+)? (?:los\s+)? <18> (?!\s+\w{1,20}s\b(?<!años))
        | \b (?:cumple|cumplirá|cumplo|hará|hace) \s+ (?:los\s+)? <18> (?:\s+años)? \s+ (?:mañana|pronto|el|en|la|este|dentro)\b
        | \b (?:tiene|tengo) \s+ menos \s+ de \s+ <18> (?= <end> | \s+años\b)
        | \b edad \b <signs> (?:(?:es|de)\b<signs>)? <n> (?!\w)
        | \b (?:tiene|tengo|tienes|tenía|cumple|cumplió) \s+ (?:(?:solo|sólo|ya|apenas|casi|unos|los)\s+)? <teens>
          (?= <end> | \s+(?:y|pero|aunque|que|ahora|recién)\b (?!\s+<n>))
        """,
        n=f"{_DIGITS}|{_SPANISH_NUMBER}",
        decimal=_DECIMAL,
        **{"18": f"{_EIGHTEEN}|dieciocho(?!\\w)"},
        teens=f"{_DIGITS}|(?:diez|once|doce|trece|catorce|quince|diecis[ée]is|diecisiete)(?!\\w)",
        end=_END,
        signs=_SIGNS,
    ),
    minor=_written(
        r"\b (?:menor(?:es)?\ de\ (?:edad|(?:los\ )?(?:18|dieciocho)) | quinceañer[oa] | adolescente ) \b"
    ),
    elsewhere=(
        _pair(
            r"\b(?:hace|hacía|durante|por|tras|en|dentro\ de|cada|lleva|llevan|llevaba|llevo|unos|pasó|pasaron)\s+(?:ya\s+|unos\s+)?"
        ),
        _pair(r"\b(?:después|desde|antes)\s+de\s+"),
        _pair(
            r"\b(?:a|desde|hasta)\s+los\s+",
            r"(?!,?\s+(?:(?-i:[A-ZÁÉÍÓÚÑ]\w{1,30}|ella|él|ya)\s+){0,2}(?:es|está|sigue|tiene|soy|dirige)\b)",
        ),
        _pair(r"\b(?:desde|hasta)\s+(?:sus|mis)\s+"),
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
    denied=(_pair(r"\b(?:no|ni|nunca|sin|prohibid[oa]\s+a|para)\s+(?:\w+\s+){0,3}"), _pair(_SPANISH_WHOSE)),
)

TONGUES: Final = (_ENGLISH, _CHINESE_TONGUE, _JAPANESE, _GERMAN, _SPANISH)
