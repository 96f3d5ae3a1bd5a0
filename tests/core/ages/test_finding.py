"""Ages under 18 in a persona's texts: what is refused of one for adults, and what is clearly something else's."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.ages.finding import minor_age, minor_ages
from bot.personas.reading import read_text

REFUSED = """\
She is 17 years old.
A sixteen-year-old thief with quick hands.
Age: 15
age 16, tall
Aged 14, runs the stall.
Mira is only 16.
{{char}} is 15 and proud of it.
I'm 17, by the way.
She's just turned sixteen.
She has turned 17.
Mira (16), a student at the academy.
Mira, 15, keeps the bees.
17yo elf
16 y/o
16F
Two hundred years old, looks 17.
An ancient vampire in the body of a 14-year-old.
She looks about sixteen.
He has the face of a twelve year old.
Mira is the 15-year-old daughter of the mayor.
{{user}}'s 15-year-old sister.
Your 16-year-old neighbour.
An underage pickpocket.
A loli dragon.
She's in her mid-teens.
A teenage girl from the docks.
She is a minor.
He is still a teenager.
She was 15.
The 9-year-old prince.
Character's age is seventeen.
10-15 years old
Just 12 years young!
她今年十六岁。
年龄：15
十七歲的女學生
她看起来十五岁。
外表１４岁的吸血鬼
十几岁的少女
她未成年。
未满十八岁
一个萝莉
她是16岁的公主
16歳の少女。
見た目は十四歳。
年齢：15
１５才です。
彼女は17歳で、弓を使う。
未成年の吸血鬼
ロリの魔王
Sie ist 16 Jahre alt.
Eine sechzehnjährige Diebin.
Die 15-Jährige lacht.
Alter: 14
Ich bin erst 17.
Mira ist fünfzehn.
Sie sieht aus wie sechzehn.
Ein minderjähriger Dieb.
Tiene 15 años.
Una chica de dieciséis años.
Edad: 17
17 años, rubia
Es menor de edad.
Parece de catorce años.
Acaba de cumplir 16 años.
Una vampira con el cuerpo de una niña de doce años.
**Age:** 16
**Age**: 16
***Age***: ***16***
| Age | 16 |
Age: *16*
`age`: 16
<b>Age:</b> 16
Age -> 16
<age>16</age>
Despite being 16, she rules.
"age": 16,
[Age("16")]
[Age("16" + "Looks young")]
age="16"
age='16'
Age: "16"
Age: “16”
Age: ~16
Age: around 16
Ａｇｅ： １６
𝐀𝐠𝐞: 𝟏𝟔
**年龄**：15
【年齢】16
**Edad:** 16
**Alter:** 16
She is *sixteen*.
She is **16**.
She is ||16||.
She is ~16.
**She** is “16”.
She is 16 — and proud.
Mira (she/her, 16)
Mira (16, she/her)
Mira [16]
Mira | 16 | she/her
she/her | 16
16/F
F/16
16 / f
Alice: 16, blonde
Alice - 16, blonde
Mira is 16 now.
Mira is 15 this spring.
Mira is 16 in this story.
Mira is 16 going on forty.
Mira is 16 or so.
She turned 15 last month.
She will be 17 soon.
She has been seventeen for a hundred years.
A girl of sixteen with red hair.
A boy of 15 summers.
Ein Mädchen von 16 Jahren.
Mädchen von 16 Jahren
Tiene 16.
Tiene dieciséis, y lo sabe.
Una chica de 15 años de pelo rubio.
Como tiene 15 años, trabaja aquí.
Desde que tiene 15 años trabaja aquí.
She works as a 15-year-old maid
She went disguised as a 15-year-old.
As a 15-year-old maid she works here.
Since she is 16, she works here.
Since she is a 16-year-old girl, she works here.
Since she’s 16, she works here.
At 16 years old she works here.
At 16, Mira is the youngest thief of the guild.
At sixteen she runs the inn alone.
At just 15, Mira is already a thief.
At 9, Mira is the youngest of them.
Only 16, she already rules the guild.
A thief, sixteen years of age.
Mira, sixteen years of age
She is 16.5 years old.
She's 16½.
She is sixteen-and-a-half years old.
Mira is under 18.
Mira is younger than eighteen.
Mira, not yet eighteen, keeps the inn.
She is not yet 18.
She hasn't turned 18 yet.
Mira turns 18 next year.
She will be 18 in two years.
Mira is almost eighteen.
She is just shy of her eighteenth birthday.
Mira just celebrated her sixteenth birthday.
Her 16th birthday was last month.
She is in her sixteenth year.
A teenage witch with a crooked smile.
Teenage witch
A teen girl with a crooked smile.
16 yrs
16yrs, blonde
She is but sixteen.
She is a mere sixteen.
She is sweet sixteen.
She is all of sixteen.
Mira is sixteen winters old.
She has seen sixteen winters.
{{char}}: 16, thief
Age (apparent): 16
Looks: 16
Age: teens
Age: late teens
Age: 17.9
Age: 0017
A sus 16 años, Mira es la más joven.
A los 16 años es la más joven.
Mira es una chica de 16.
Mira aún no cumple los 18.
No ha cumplido los 18.
Tiene menos de 18 años.
Es menor de 18.
Mit 16 ist sie die Jüngste.
Mit sechzehn führt sie das Gasthaus.
Mira ist eine Jugendliche.
Mira ist ein Jugendlicher.
Mira ist unter 18.
Mira ist noch keine 18.
Mira wird bald 17.
Mira wird nächstes Jahr 18.
Mira ist süße 16.
她今年十六。
她今年16。
她刚满十六。
她芳龄十六。
她年方二八。
彼女は16。
彼女は十六。
ミラはまだ十六だ。
16の少女。
彼女はまだ18になっていない。
"""

PASSED = """\
She left the island 17 years ago.
For sixteen years she has kept the inn.
A 12-year-old whisky stands on the shelf.
Her 12-year-old single malt is for guests.
His daughter was 9.
Her 9-year-old son sleeps upstairs.
Their youngest child, 7, is at school.
When she was 9, the ferry sank.
He has fought since he was sixteen.
At the age of 12 she ran away.
At 16 he signed on a ship.
As a 12-year-old she stole apples.
By the time he was 17 he had two scars.
She is 18 years old.
A 25-year-old captain.
Twenty-five years old and tired.
Twenty five years old.
She is 118 years old.
One hundred and sixteen years old.
The inn is 12 years old.
The tavern was sixteen years old when it burned.
She is 5'4" and broad.
The ship is 12 feet long.
Room 12 is hers. It costs 17.50.
They are 12 in the crew.
17 years of service.
Chapter 12: the storm.
It was 9:15 in the morning.
She commands 16 guns.
Number four is 3 coppers.
Whisky aged 12 years in oak.
He looks 10 years younger.
No minors, no underage drinking.
She is not a minor, and never was in a hurry.
He is aged, 70 by his own count.
Level 15 mage
At 5 o'clock she is 1 of 3.
A 16-gun ship, ten years older than her captain.
Her two children, and a life of 40 years.
她二十五岁。
一百一十六岁的精灵
17年前她离开了岛。
十二年的威士忌
她九岁那年父亲去世。
十六岁时离家
她的九岁女儿睡了。
未成年人禁止入内
她今年三十岁
二十歳の騎士
17年前に島を出た。
12年物のウイスキー
十歳の頃、船が沈んだ。
彼女の九歳の娘は眠っている。
未成年者お断り
百十六歳のエルフ
Vor 17 Jahren ging sie fort.
Seit 16 Jahren führt sie das Wirtshaus.
Ein 12 Jahre alter Whisky.
Ein zwölfjähriger Whisky.
Als sie 9 Jahre alt war, sank die Fähre.
Ihre 9-jährige Tochter schläft.
Im Alter von 12 Jahren lief sie fort.
Sie ist fünfundzwanzig Jahre alt.
Sie ist 38 Jahre alt.
Hundertsechzehn Jahre alt.
Keine Minderjährigen.
Sie führt das Haus 16 Jahre lang.
Se fue hace 17 años.
Durante dieciséis años fue capitana.
Un whisky de 12 años.
Su hija de 9 años duerme.
Cuando tenía 9 años, el barco se hundió.
A los 12 años huyó de casa.
Tiene treinta y cinco años.
Tiene 25 años.
Tiene 15 años de experiencia.
17 años después volvió.
Prohibido a menores de edad.
Lleva 12 años en el puerto.
Ciento quince años tiene la elfa.
Age: 24
**Age:** 31
| Age | 24 |
[Age("31")]
Age: 3 centuries
Age: 1,600
Age: 16 thousand years
At her age, one learns to wait.
In her old age. 12 guns are left.
She is 6 feet tall
She is 6 foot tall.
It is 5 o'clock
The inn is 16 miles away
She is 16 long miles away.
She is 3 steps behind, and he is one of a kind.
She is one to talk.
She is one with the sea.
It is two in the morning, or nine at night.
It is 5 past nine.
There are 12 now.
Dose: 12, twice a day.
Beds: 12, some of them taken.
They are seven hungry souls.
She was 15 minutes late.
She turned 12 pages.
She has 16 books
Room 16
Tiene 16 libros
level 16
Level: 16, mage
Strength: 16, Dexterity: 14
STR: 16, strong as an ox
(Tuesday, 16 March)
a table of 12/16 players
It cost 16 **gold**.
A crew of 16, and no cook.
As a 12-year-old, Mira ran away.
As a 12-year-old thief she was caught twice.
Eine Haft von 12 Jahren.
Nach einer Pause von 3 Jahren kam sie wieder.
Quince años de servicio en el puerto.
Tiene tres libros y dos gatos.
Die Ehe von 12 Jahren endete.
She carries 16 knives.
The house dates from the 16th century.
She sleeps under 18 stars.
She is under 18 blankets.
See chapter 16.
She is not a minor.
No one under 18 is let into the tavern.
Nobody is under 18 here.
Guests under 18 drink milk.
At 16 the road turns north.
At 16 Baker Street stands the inn.
At 12 noon, she opens the doors.
At 5 she opens the bar.
Only 16 rooms are let.
She turns 18 keys each evening.
She turned 18 last century, twice over.
The bridge turns 18 next year.
Her sixteenth voyage was the last.
The sixteenth birthday of the king is a holiday.
On her tenth birthday she ran away.
She celebrated her tenth birthday on a ship forty years ago.
She is in her third year as captain.
Teenage memories from twenty years ago still sting.
Her teenage son sleeps upstairs.
A teenage crush, long forgotten.
For 16 yrs she kept the inn, and left it 3 yrs ago.
She has seen sixteen winters of war.
She has known him for twelve summers.
{{char}}: 16 coins, please.
Looks: 8/10
She is well over 18.
She is not under 18.
Con 16 monedas compra el pan.
A los 16 llegó al puerto.
Una tripulación de 16.
No cumple 18 promesas de cada veinte.
Una casa de 16 habitaciones
No se sirve a menores de 18.
La daga mide 16 pulgadas.
El siglo 16 fue duro.
Mit 16 Kanonen ist das Schiff stark.
Mit 16 lief sie fort.
Mit 16 hat sie das Gasthaus übernommen.
Niemand unter 18 darf hinein.
Unter 18 Sternen schläft sie.
Jugendliche trinken hier Saft.
Ihr jugendliches Lachen täuscht niemanden.
Kapitel 16 beginnt hier.
她今年十六次出海。
今年十八。
她刚满十年的服役。
第十六章
她带着十六把刀。
今年二十六。
彼女は16本のナイフを持つ。
部屋は16。
レベルは16。
第十六章から読む。
彼女は18になった。
16人の船員がいる。
彼女は二十六。
"""


@pytest.mark.parametrize("sentence", REFUSED.splitlines())
def test_an_age_under_18_is_found(sentence: str) -> None:
    found = minor_age(sentence)
    assert found is not None
    assert found in sentence
    assert minor_age(f"A long story. {sentence}\nAnd more of it.") == found


@pytest.mark.parametrize("sentence", PASSED.splitlines())
def test_what_is_no_age_or_clearly_not_the_personas_passes(sentence: str) -> None:
    assert minor_age(sentence) is None


@pytest.mark.parametrize("sign", ["\u200b", "\u00ad", "\u2060", "\ufe0f", "\u034f"])
def test_signs_that_nobody_sees_hide_no_age(sign: str) -> None:
    assert minor_age(f"She is six{sign}teen{sign} years old.") == f"She is six{sign}teen"
    assert minor_age(f"A{sign}ge:{sign} 1{sign}6.") == f"A{sign}ge:{sign} 1{sign}6"


@given(st.text(alphabet="her 1679 years old是歳Jahr año-,.*|_([“:/", max_size=80))
def test_no_text_breaks_the_search_and_what_is_found_is_in_it(text: str) -> None:
    found = minor_age(text)
    assert found is None or found in " ".join(text.split())


@pytest.mark.parametrize("number", range(1, 36))
def test_every_age_under_18_counts_and_no_other(number: int) -> None:
    assert (minor_age(f"A {number}-year-old thief.") is not None) is (number < 18)
    assert (minor_age(f"她{number}岁。") is not None) is (number < 18)


SHEET = """\
name: Mira
description: |
  Mira keeps the bees.
  She is sixteen years old.
nsfw: {nsfw}
{more}
"""
WHY = (
    "mira.yaml:4:3: `description` gives an age under 18 (“She is sixteen”), and a persona with `nsfw: true` has to be "
    "an adult, remove `nsfw`, or the age; if it is the age of something or someone else, or long ago, say so more plainly"
)


def test_a_persona_for_adults_is_refused_with_the_line_and_any_other_is_not() -> None:
    refused = read_text(SHEET.format(nsfw="true", more="").encode(), "mira")
    assert (refused.persona, refused.for_adults) == (None, True)
    assert [str(each) for each in refused.problems] == [WHY]
    assert read_text(SHEET.format(nsfw="false", more="").encode(), "mira").persona is not None


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ("personality: Young, as she is 16.", "`personality`"),
        ("voice: a girl of 16, aged 16", "`voice`"),
        ("greeting: I'm 16.", "`greeting`"),
        ("greetings: [Hello., I'm 16.]", "item 2 of `greetings`"),
        ("group_greetings: [I'm 16.]", "item 1 of `group_greetings`"),
        ("samples: [{user: 'How old?', reply: I am 16.}]", "`reply` in item 1 of `samples`"),
        ("samples: [{user: 'You, a 16-year-old?', reply: Yes.}]", "`user` in item 1 of `samples`"),
        ("instructions: Play Mira, who is 16.", "`instructions`"),
        ("reminders: She is 16.", "`reminders`"),
        ("style: 'Age: 16'", "`style`"),
        ("scenario: Mira turned 16.", "`scenario`"),
        ("tags: [loli]", "item 1 of `tags`"),
        ("user: {description: A traveller aged 16.}", "`user.description`"),
        ("user: {name: a 15-year-old girl, description: She is new.}", "`user.name`"),
        ("called: [Mira, sixteen-year-old]", "item 2 of `called`"),
        (
            "substitutions: [{find: adult, replace: 15-year-old girl}]",
            "`replace` in item 1 of `substitutions`",
        ),
        (
            "lorebook: {entries: [{keys: [x], constant: true, content: She is 15 years old.}]}",
            "`content` in item 1 of `lorebook.entries`",
        ),
        (
            "lorebook: {entries: [{keys: [age], content: Mira is 16.}]}",
            "`content` in item 1 of `lorebook.entries`",
        ),
        (
            "lorebook: {entries: [{keys: [age], content: '{{char}} is 16.'}]}",
            "`content` in item 1 of `lorebook.entries`",
        ),
    ],
)
def test_every_text_about_the_persona_and_its_people_counts(more: str, key: str) -> None:
    found = read_text(f"name: Mira\nnsfw: true\n{more}\n".encode(), "mira")
    (problem,) = found.problems
    assert str(problem).startswith("mira.yaml:3:")
    assert f"{key} gives an age under 18" in str(problem)


@pytest.mark.parametrize(
    ("description", "macro"),
    [
        ("Mira is {{random:30,16}} years old.", "{{random:30,16}}"),
        ("Mira is {{pick::45::16}}.", "{{pick::45::16}}"),
        ("{{random:Mira has,Mira is}} {{random:40 gold,16}}.", "{{random:Mira has,Mira is}}"),
        ("Mira is {{random:1,2}}{{random:9,5}} years old.", "{{random:1,2}}"),
        ("Mira is {{random:30,{{random:40,16}}}} years old.", "{{random:30,{{random:40,16}}}}"),
        ("Mira is {{roll:d17}} years old.", "{{roll:d17}}"),
        ("Mira is {{roll:d20+15}} years old.", "{{roll:d20+15}}"),
        ("Mira is {{reverse:61}} years old.", "{{reverse:61}}"),
        ("She is six{{//so}}teen years old.", "{{//so}}"),
        ("{{setvar::x::16}}Mira is {{getvar::x}} years old.", "{{getvar::x}}"),
        ("{{setvar::x::{{random:30,16}}}}Mira is {{getvar::x}}.", "{{getvar::x}}"),
    ],
)
def test_an_age_that_a_macro_may_make_is_refused_with_the_macro(description: str, macro: str) -> None:
    found = read_text(f"name: Mira\nnsfw: true\ndescription: '{description}'\n".encode(), "mira")
    (problem,) = found.problems
    assert str(problem).startswith(f"mira.yaml:3:{len('description: ') + 2 + description.index(macro)}: ")
    assert f"`description` gives an age under 18 (“{macro}”)" in str(problem)


@pytest.mark.parametrize(
    "description",
    [
        "Mira is {{random:30,40}} years old.",
        "Mira is {{roll:d20+17}} years old.",
        "She throws {{roll:d6}} knives at {{random:16 guards,9 wolves}}.",
        "{{setvar::knives::16}}She has {{getvar::knives}} knives.",
        "Mira, {{pick::a captain::a mate}}, left the island {{random:16,17}} years ago.",
        "A hundred and sixteen years old, and 116 years old, and more than old: she sells {{random:tea,rum}} by the sea.",
    ],
)
def test_macros_whose_choices_are_no_age_under_18_pass(description: str) -> None:
    assert (
        read_text(f"name: Mira\nnsfw: true\ndescription: '{description}'\n".encode(), "mira").problems == ()
    )


TABLE = "| Name | {head} |\n| --- | --- |\n| Oona | 34 |\n| Mira | {age} |\n"


@pytest.mark.parametrize("head", ["Age", "**Age**", "年齢", "Alter"])
def test_a_column_of_ages_is_read_to_its_end(head: str) -> None:
    assert minor_age(TABLE.format(head=head, age="16")) == "| Mira | 16 |"
    assert minor_age(TABLE.format(head=head, age="sixteen")) == "| Mira | sixteen |"
    assert minor_age(TABLE.format(head=head, age="36")) is None
    assert minor_age(TABLE.format(head="Rooms", age="16")) is None


PERSONAS = sorted((Path(__file__).parents[3] / "personas").glob("*.yaml"))


@pytest.mark.parametrize("path", PERSONAS, ids=lambda path: path.stem)
def test_no_persona_that_ships_would_be_refused_for_an_age(path: Path) -> None:
    persona = read_text(path.read_bytes(), path.stem).persona
    assert persona is not None
    assert list(minor_ages(persona)) == []


def test_lore_about_others_is_not_the_persona() -> None:
    book = "lorebook: {entries: [{keys: [prince], content: The prince is 9 years old.}]}"
    assert read_text(f"name: Mira\nnsfw: true\n{book}\n".encode(), "mira").persona is not None


def test_the_page_says_what_is_refused_and_what_is_not() -> None:
    page = (Path(__file__).parents[3] / "docs" / "safety.md").read_text(encoding="utf-8")
    rows = [row.split("|")[1:3] for row in page.partition("| refused |")[2].splitlines()[2:9]]
    refused, passed = (re.findall("“(.*?)”", " ".join(cells)) for cells in zip(*rows, strict=True))
    assert [each for each in refused if minor_age(each) is None] == []
    assert [each for each in passed if minor_age(each) is not None] == []
    assert (len(refused), len(passed)) == (16, 15)
