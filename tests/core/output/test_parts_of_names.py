"""Parts of names before lines: first names, and names with brackets of their own."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.output.leaks import Cleaned, Sieve, clean
from bot.core.output.speakers import Speakers, speakers_of
from bot.core.persona import Persona, Sample

ROOM = Speakers(
    own=frozenset({"Mira Vale"}),
    others=frozenset(
        {
            "Alice Liddell",
            "Bob",
            "Señor Ruiz",
            "诸葛 亮",
            "Иван Петрович",
            "Weather Man",
            "Everyone Else",
            "Old Tom",
            "Mira Stone",
            "Vale",
        }
    ),
    short=frozenset({"Mira"}),
)
"""Mira Vale among people of several names."""

CASES = {
    # -- the own first name
    "the own first name": ("Mira: Welcome.", "Welcome.", False),
    "in bold": ("**Mira:** Welcome.", "Welcome.", False),
    "in bold, the colon apart": ("**Mira**: Welcome.", "Welcome.", False),
    "in brackets": ("[Mira]: Welcome.", "Welcome.", False),
    "in capitals": ("MIRA: Welcome.", "Welcome.", False),
    "with a full-width colon": ("Mira：欢迎。", "欢迎。", False),
    "as French has it": ("Mira : Entrez.", "Entrez.", False),
    "on a line of its own": ("Mira:\n\nWelcome.", "Welcome.", False),
    "before blanks": ("\n\nMira: Welcome.", "\n\nWelcome.", False),
    "before each paragraph": ("Mira: In.\n\nMira: Out.", "In.\n\nOut.", False),
    "behind the whole name": ("Mira Vale: In.\n\nMira: Out.", "In.\n\nOut.", False),
    "behind a thought": ("<think>hm</think>Mira: In.", "In.", False),
    "in a header": ("ai name=Mira *nods*", "*nods*", False),
    "in a header, with another name": ("ai name=Mira Stone\nWell.", "", True),
    "in a header, with a name that nobody has": ("ai name=Mira Stein\nWell.", "Well.", False),
    "behind a marker": ("<|im_start|>Mira\nWell.", "Well.", False),
    "later": ("*nods*\n\nMira: Out.", "*nods*\n\nMira: Out.", False),
    "later, with speech": ('*nods*\n\nMira: "Out."', '*nods*\n\nMira: "Out."', False),
    "in a sentence": ("Mira, at last: Welcome.", "Mira, at last: Welcome.", False),
    "a longer name": ("Miranda: Welcome.", "Miranda: Welcome.", False),
    "a second name is not one": ("Va: Welcome.", "Va: Welcome.", False),
    # -- another's
    "another's with speech": ('Well.\nAlice: "No."', "Well.", True),
    "another's with an action": ("Well.\nAlice: *nods*", "Well.", True),
    "another's with an action in underscores": ("Well.\nAlice: _nods_", "Well.", True),
    "another's in bold": ("Well.\n**Alice:** “No.”", "Well.", True),
    "another's in brackets": ('Well.\n[Alice]: "No."', "Well.", True),
    "another's in German": ("Gut.\nAlice: „Nein.“", "Gut.", True),
    "another's in French": ("Bien.\nAlice : « Non. »", "Bien.", True),
    "another's in Chinese": ("“请进。”\n诸葛：“且慢。”", "“请进。”", True),
    "another's in Japanese quotes": ("Well.\nAlice:「No.」", "Well.", True),
    "another's in Russian": ("Входите.\nИван: «Спасибо.»", "Входите.", True),
    "behind a title": ('Well.\nRuiz: "No."', "Well.", True),
    "behind an adjective": ('Well.\nTom: "No."', "Well.", True),
    "another's in single quotes": ("Well.\nAlice: ‘Where are you?’", "Well.", True),
    "another's in plain single quotes": ("Well.\nAlice: 'Where are you?'", "Well.", True),
    "another's in raised single quotes": ("Bra.\nAlice: ’Var är du?’", "Bra.", True),
    "another's in low single quotes": ("Gut.\nAlice: ‚Wo bist du?‘", "Gut.", True),
    "another's in single angles": ("Bien.\nAlice: ‹Où es-tu?›", "Bien.", True),
    "another's in turned single angles": ("Gut.\nAlice: ›Wo bist du?‹", "Gut.", True),
    "another's in double angles": ("“请进。”\n诸葛：《且慢。》", "“请进。”", True),
    "another's in ticks": ("Well.\nAlice: 〝hi〟", "Well.", True),
    "another's in full-width quotes": ("Well.\nAlice: ＂hi＂", "Well.", True),
    "another's behind a dash": ("Well.\nAlice: — Where are you?", "Well.", True),
    "another's behind a short dash": ("Well.\nAlice: – Where are you?", "Well.", True),
    "another's behind a bar": ("Well.\nAlice: ― Where are you?", "Well.", True),
    "another's behind a hyphen": ("Well.\nAlice: - Where are you?", "Well.", True),
    "another's behind a dash and a narrow blank": ("Bien.\nAlice : —\u00a0Où es-tu ?", "Bien.", True),
    "a dash before speech in quotes": ("Well.\nAlice: — “So?”", "Well.", True),
    "a decade": ("Well.\nAlice: '90s music!",) * 2 + (False,),
    "an apostrophe alone": ("Well.\nAlice: '",) * 2 + (False,),
    "an apostrophe before a blank": ("Well.\nAlice: ' no!",) * 2 + (False,),
    "a dash alone": ("Well.\nAlice: —",) * 2 + (False,),
    "a dash and a blank alone": ("Well.\nAlice: — \nRuiz: - ",) * 2 + (False,),
    "a dash before a figure": ("Well.\nAlice: – 3!",) * 2 + (False,),
    "a dash before a word": ("Well.\nAlice: —gone!",) * 2 + (False,),
    "a hyphen before a word": ("Well.\nAlice: -gone!",) * 2 + (False,),
    "on a line of its own above speech": ('Well.\n\nAlice:\n"So?"', "Well.", True),
    "a whole reply": ('Alice: "No."', "", True),
    "in a user's header": ("Well.\nuser name=Alice *nods*", "Well.", True),
    "in a user's header first": ("user name=Alice *nods*", "", True),
    "in a line of two": ("Well.\nBob: I nod. Alice: I go.", "Well.", True),
    "another's in words": ("Well.\nAlice: no way.",) * 2 + (False,),
    "another's in a sentence": ("Well.\nAlice: It is what she is called.",) * 2 + (False,),
    "another's with a figure": ("Well.\nAlice: 3\nRuiz: 2",) * 2 + (False,),
    "another's in a list": ("The watch:\n\nAlice: *north*\nRuiz: *south*",) * 2 + (False,),
    "another's in quotation marks": ('“She read:\nAlice: "meet me" at noon.”',) * 2 + (False,),
    "another's with a letter": ("Well.\n\nAlice:\n\nMeet me at noon.",) * 2 + (False,),
    "another's in a line": ('Well. Alice: "No."',) * 2 + (False,),
    "a title": ('Well.\nSeñor: "No."',) * 2 + (False,),
    "a word with which lists begin": ('Well.\nWeather: "fine"',) * 2 + (False,),
    "a word for all": ('Well.\nEveryone: "Run!"',) * 2 + (False,),
    "a second name": ('Well.\nLiddell: "No."',) * 2 + (False,),
    # -- whole names
    "another's whole name": ("Well.\nAlice Liddell: no way.", "Well.", True),
    "another's whole name that is a part of the own": ("Well.\nVale: no way.", "Well.", True),
    "another with the own first name": ("Well.\nMira Stone: no way.", "Well.", True),
}


def in_characters(raw: str, speakers: Speakers) -> Cleaned:
    sieve = Sieve(speakers)
    for character in raw:
        sieve.take(character)
    sieve.end()
    return Cleaned(sieve.text, sieve.cut)


def growing(raw: str, speakers: Speakers) -> list[str]:
    return [clean(raw[:end], speakers=speakers, ended=False).text for end in range(len(raw) + 1)]


@pytest.mark.parametrize(("raw", "text", "cut"), CASES.values(), ids=CASES)
def test_first_names(raw: str, text: str, cut: bool) -> None:
    assert clean(raw, speakers=ROOM, ended=True) == Cleaned(text, cut)
    assert in_characters(raw, ROOM) == Cleaned(text, cut)
    shown = [*growing(raw, ROOM), text]
    assert all(after.startswith(before) for before, after in pairwise(shown))


def test_a_first_name_is_held_back_while_it_may_be_a_label() -> None:
    for raw, text in {"Mi": "", "Mira": "", "Mira:": "", "Mira no": "Mira no", "In.\nAlice: ": "In."}.items():
        assert clean(raw, speakers=ROOM, ended=False).text == text


def test_a_first_name_that_is_anothers_whole_name_is_theirs() -> None:
    speakers = Speakers(frozenset({"Mira Vale"}), frozenset({"Mira"}))
    assert clean("Well.\nMira: no way.", speakers=speakers, ended=True) == Cleaned("Well.", True)


def test_a_first_name_that_is_the_personas_whole_name_is_its_own() -> None:
    speakers = Speakers(frozenset({"Mira"}), frozenset({"Mira (player)", "Mira Stone"}))
    assert clean('Well.\nMira: "Hm."', speakers=speakers, ended=True) == Cleaned('Well.\n"Hm."', False)
    assert clean("Well.\nMira (player): hm!", speakers=speakers, ended=True) == Cleaned("Well.", True)


@pytest.mark.parametrize(
    ("called", "raw", "text"),
    [
        (None, "Night: the lamps go out.", "the lamps go out."),
        ((), "Night: the lamps go out.", "Night: the lamps go out."),
        ((), "**Night:** the lamps go out.", "**Night:** the lamps go out."),
        ((), "Night: the lamps.\n\nNight: the rails.", "Night: the lamps.\n\nNight: the rails."),
        ((), "Night Train: the lamps go out.", "the lamps go out."),
        (("Train",), "Night: the lamps go out.", "Night: the lamps go out."),
        (("Train",), "Train: the lamps go out.", "the lamps go out."),
        (("night",), "Night: the lamps go out.", "the lamps go out."),
        (("Rosa", "Old Tom"), "Rosa: Come in.\nOld Tom: No.", "Rosa: Come in.\nOld Tom: No."),
        (("Nigh",), "Nigh: the end.", "Nigh: the end."),
    ],
)
def test_what_calls_a_persona_instead_of_its_first_name(
    called: tuple[str, ...] | None, raw: str, text: str
) -> None:
    speakers = speakers_of(Persona(key="train", name="Night Train", called=called), ["Alice Liddell"])
    assert clean(raw, speakers=speakers, ended=True) == Cleaned(text, cut=False)


def test_anothers_first_name_counts_whatever_calls_the_persona() -> None:
    speakers = speakers_of(Persona(key="train", name="Night Train", called=()), ["Alice Liddell"])
    assert clean('Well.\nAlice: "No."', speakers=speakers, ended=True) == Cleaned("Well.", cut=True)


def test_labels_of_the_personas_own_texts_are_no_first_names() -> None:
    persona = Persona(
        key="watch", name="Night Watch", samples=(Sample(user="Hi", reply='Night: "Hm."\nAlice: "No."'),)
    )
    speakers = speakers_of(persona, ["Alice Liddell"])
    raw = 'Night: "Hm."\nAlice: "No."'
    assert clean(raw, speakers=speakers, ended=True) == Cleaned(raw, False)


# --- names with brackets --------------------------------------------------------------------------

MASTER = Speakers(
    frozenset({"M1ra [GM]"}), frozenset({"[ST] Bob", "【室友】", "Ann <3", "*star*"}), frozenset({"M1ra"})
)


@pytest.mark.parametrize(
    ("raw", "text", "cut"),
    [
        ("**M1ra [GM]:** Hi.", "Hi.", False),
        ("**M1ra [GM]**: Hi.", "Hi.", False),
        ("*M1ra [GM]:* Hi.", "Hi.", False),
        ("__M1ra [GM]:__ Hi.", "Hi.", False),
        ("M1ra [GM]: Hi.", "Hi.", False),
        ("[M1ra [GM]]: Hi.", "Hi.", False),
        ("**M1ra:** Hi.", "Hi.", False),
        ("M1ra: Hi.", "Hi.", False),
        ("In.\n**M1ra [GM]:** Out.", "In.\nOut.", False),
        ("In.\n**M1ra [ST]:** Out.", "In.\n**M1ra [ST]:** Out.", False),
        ("In.\n**[M1ra:** Out.", "In.\n**[M1ra:** Out.", False),
        ("In.\n**M1ra]:** Out.", "In.\n**M1ra]:** Out.", False),
        ("In.\n**[ST] Bob:** I nod.", "In.", True),
        ("In.\n[ST] Bob: I nod.", "In.", True),
        ('In.\nBob: "Yes."', "In.", True),
        ("In.\n**【室友】:** 好的，我来。", "In.", True),
        ("In.\n【室友】: 好的，我来。", "In.", True),
        ("In.\n***star*:** I nod.", "In.\n***star*:** I nod.", False),
    ],
)
def test_a_name_may_have_brackets_of_its_own(raw: str, text: str, cut: bool) -> None:
    assert clean(raw, speakers=MASTER, ended=True) == Cleaned(text, cut)
    assert in_characters(raw, MASTER) == Cleaned(text, cut)


pieces = st.sampled_from(
    [
        "Mira",
        " Vale",
        "Alice",
        " Liddell",
        "Mira [GM]",
        ": ",
        ":",
        "**",
        "*",
        "[",
        "]",
        '"',
        "\n",
        "nods",
        " ",
        "_",
    ]
)


@given(
    st.lists(pieces, max_size=12).map("".join),
    st.frozensets(st.sampled_from(["Mira Vale", "Mira [GM]", "Alice Liddell", "Alice"]), max_size=2),
    st.frozensets(st.sampled_from(["Mira Vale", "Mira Stone", "Alice Liddell", "Mira"]), max_size=3),
)
def test_it_does_not_matter_in_what_pieces_a_name_comes(
    raw: str, own: frozenset[str], others: frozenset[str]
) -> None:
    speakers = Speakers(own, others, frozenset({"Mira"} if own & {"Mira Vale", "Mira [GM]"} else ()))
    whole = clean(raw, speakers=speakers, ended=True)
    assert in_characters(raw, speakers) == whole
    shown = [*growing(raw, speakers), whole.text]
    assert all(after.startswith(before) for before, after in pairwise(shown))
