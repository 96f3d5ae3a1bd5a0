"""What of a message is said aloud, and what is out of character, in what people really type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.speech import Kind, aloud, in_story, out_of_character, parts_of

MARKED = st.lists(
    st.sampled_from(
        [
            *(
                "((",
                "))",
                "（（",
                "））",
                "(",
                ")",
                "//",
                "OOC:",
                "ooc",
                "[OOC",
                "]",
                "*",
                "**",
                "_",
                "||",
                "`",
                "```",
            ),
            *(
                "> ",
                ">>> ",
                '"',
                "“",
                "”",
                "„",
                "«",
                "»",
                "「",
                "」",
                "\\",
                "https://a.b/c",
                "<@1>",
                "<:a:1>",
                ":)",
                "6",
            ),
            *("\n", "\n\n", " ", "Marlow", "brb", "x", "等", "."),
        ]
    ),
    max_size=24,
).map("".join)


@pytest.mark.parametrize(
    ("text", "story", "ooc"),
    [
        # Round brackets.
        ("((brb))", "", "brb"),
        ("(( brb", "", "brb"),
        ("((brb)", "", "brb"),
        ("Mara nods. ((brb))", "Mara nods.", "brb"),
        ("Mara nods. ((brb phone", "Mara nods.", "brb phone"),
        ("*walks in*((hi))", "*walks in*", "hi"),
        ("((one)) Mara nods ((two))", "Mara nods", "one\ntwo"),
        ("Mara looks up ((lol)) and nods.", "Mara looks up and nods.", "lol"),
        ("((a\n\nb)) Hello", "Hello", "a\n\nb"),
        ("(( a\nb\n\nHello", "Hello", "a\nb"),
        ("((skip (please) to ((morning)) ok)) Hi", "Hi", "skip (please) to ((morning)) ok"),
        ("((sorry :( brb))", "", "sorry :( brb"),
        ("((ok :)) see you)) Hi", "Hi", "ok :)) see you"),
        ("((see point 1) ok))", "", "see point 1) ok"),
        ("(((brb)))", "", "brb"),
        ("**((brb))**", "", "brb"),
        ("（（等一下））你好", "你好", "等一下"),
        ("你好((等一下))", "你好", "等一下"),
        ("(（mixed）)", "", "mixed"),
        ("((brb)).", "", "brb"),
        ("- ((brb))", "", "brb"),
        ("... ((lol))", "...", "lol"),
        ("lol ((brb phone", "lol", "brb phone"),
        ("((brb)\nMara nods.", "Mara nods.", "brb"),
        ("((see 1) and\n2", "", "see 1) and\n2"),
        ("Mara nods ((lol)).", "Mara nods.", "lol"),
        ("Mara nods ((lol)), then leaves.", "Mara nods, then leaves.", "lol"),
        ("-# ((brb))", "", "brb"),
        ("### ((brb))", "", "brb"),
        ("• // brb", "", "brb"),
        ("Mara nods.\n-# ((lol))", "Mara nods.", "lol"),
        ("-# ((lol))\nMara nods.", "Mara nods.", "lol"),
        ("((<@1> skip))", "", "<@1> skip"),
        ("((<:sad:1> skip))", "", "<:sad:1> skip"),
        ("(([Mara] leaves))", "", "[Mara] leaves"),
        ("(([OOC] skip))", "", "skip"),
        ("// <#1> next", "", "<#1> next"),
        ("😀((x))", "😀", "x"),
        (":wave:((x))", ":wave:", "x"),
        # Brackets that are something else.
        ("(whispering) hi", "(whispering) hi", ""),
        ("((whispering) softly)", "((whispering) softly)", ""),
        ("f((x))", "f((x))", ""),
        ("2*((a+b))", "2*((a+b))", ""),
        ("((a+b)*(c))", "((a+b)*(c))", ""),
        ("((a+b))^2", "((a+b))^2", ""),
        ("if ((a) && b)", "if ((a) && b)", ""),
        ("so sad :((", "so sad :((", ""),
        ("жаль((", "жаль((", ""),
        ("привет (( не могу", "привет (( не могу", ""),
        ("(())", "(())", ""),
        ("((((", "((((", ""),
        # Slashes.
        ("// brb", "", "brb"),
        ("//brb", "", "brb"),
        ("//brb//", "", "brb"),
        ("Mara nods. // brb", "Mara nods.", "brb"),
        ("// brb\nMara nods.", "Mara nods.", "brb"),
        ("https://a.b//c", "https://a.b//c", ""),
        ("see <https://a.b/c> // lol", "see <https://a.b/c>", "lol"),
        ("and//or", "and//or", ""),
        ("N-no! //blushes//", "N-no! //blushes//", ""),
        ("a // b // c", "a", "b // c"),
        (">///<", ">///<", ""),
        ("/// blush ///", "/// blush ///", ""),
        # Labels.
        ("OOC: brb", "", "brb"),
        ("ooc:brb", "", "brb"),
        ("**OOC:** brb", "", "brb"),
        ("__OOC__: brb", "", "brb"),
        ("OOC：等一下", "", "等一下"),
        ("OOC - brb", "", "brb"),
        ("/ooc brb", "", "brb"),
        ("Mara nods. OOC: brb", "Mara nods.", "brb"),
        ("ooc: hey\ncan we skip?", "", "hey\ncan we skip?"),
        ("OOC: sorry\n*Mara enters*", "*Mara enters*", "sorry"),
        ("[OOC brb] Hi", "Hi", "brb"),
        ("[OOC] brb", "", "brb"),
        ("[OOC: a [b] c] Hi", "Hi", "a [b] c"),
        ("[[OOC: hi]] Hi", "Hi", "hi"),
        ("[ooc] one [/ooc] Hi", "Hi", "one"),
        ("(OOC: brb)", "", "brb"),
        ("(ooc （x） y) Hi", "Hi", "（x） y"),
        ("<ooc> one </ooc> Hi", "Hi", "one"),
        ("[ooc", "[ooc", ""),
        ("Pooc: a", "Pooc: a", ""),
        ("OOC is over", "OOC is over", ""),
        # What begins before wins.
        ("*he // she ((x)) OOC: y*", "*he // she ((x)) OOC: y*", ""),
        ("_((x))_", "_((x))_", ""),
        ("`((x)) // y`", "`((x)) // y`", ""),
        ("```\n// code\n```", "```\n// code\n```", ""),
        ("> ((x))", "> ((x))", ""),
        ("> // x\n((y))", "> // x", "y"),
        (">>> // x\n((y))", ">>> // x\n((y))", ""),
        ("||((x))||", "||((x))||", ""),
        ('"I said ((x))," she says', '"I said ((x))," she says', ""),
        ("((this is *so* good))", "", "this is *so* good"),
        # Nothing of it.
        ("", "", ""),
        ("Have you a room?  ", "Have you a room?  ", ""),
    ],
)  # fmt: skip
def test_what_is_out_of_character(text: str, story: str, ooc: str) -> None:
    assert (in_story(text), out_of_character(text)) == (story, ooc)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # Without speech marks: what is not marked otherwise.
        ("Marlow, ale!", "Marlow, ale!"),
        ("**Marlow**!", "**Marlow**!"),
        ("*thinks of Marlow* Ale!", " Ale!"),
        ("_Marlow_ Ale!", " Ale!"),
        ("***Marlow*** Ale!", " Ale!"),
        ("*a **b** Marlow* c", " c"),
        (r"\*Marlow\*", r"\*Marlow\*"),
        (r"\_Marlow\_", r"\_Marlow\_"),
        (r"¯\_(ツ)_/¯ Marlow", r"¯\_(ツ)_/¯ Marlow"),
        ("2 * Marlow * 3", "2 * Marlow * 3"),
        ("snake_case_Marlow_x", "snake_case_Marlow_x"),
        ("> Marlow said so\nreally?", "\nreally?"),
        ("||Marlow did it||", ""),
        ("`Marlow`", ""),
        ("https://marlow.example/ look", " look"),
        ("((Marlow is slow)) hello", " hello"),
        # With them: only what they hold.
        ('Marlow wiped the bar. "Another?" she asked', "Another?"),
        ('*leans to Marlow* "Ale!"', "Ale!"),
        ('*bangs the bar. "Marlow!"*', "Marlow!"),
        ("Bob eyes Marlow. „Ein Bier!“", "Ein Bier!"),
        ("Bob eyes Marlow. “Beer!”", "Beer!"),
        ("Bob eyes Marlow. «Une bière!»", "Une bière!"),
        ("Bob eyes Marlow. »Ein Bier!«", "Ein Bier!"),
        ("Bob eyes Marlow. ”En öl!”", "En öl!"),
        ("マーロウを見る。「ビール」", "ビール"),
        ("マーロウを見る。『ビール』", "ビール"),
        ("他对Marlow说：“来”", "来"),
        ("He said “one\ntwo” to Marlow", "one\ntwo"),
        ('Bob walks up to Marlow and says "hello there"', "hello there"),
        ('"*looks at Marlow* hi"', " hi"),
        ('"a," and "b."', "a,\nb."),
        ('"It\'s 6" tall," he told Marlow', "It's 6\" tall,"),
        ('"((x))"', "((x))"),
        # Marks that are none.
        ('"Marlow, come here', '"Marlow, come here'),
        ('your 6" knife, Marlow', 'your 6" knife, Marlow'),
        ('a 6" and a 7" knife, Marlow', 'a 6" and a 7" knife, Marlow'),
        ("5'6\" Marlow", "5'6\" Marlow"),
        ("don't, Marlow, it's 'ere", "don't, Marlow, it's 'ere"),
        ('"" Marlow', '"" Marlow'),
        # A title in a sentence is no speech.
        ('I love the "Drowned Bell", Marlow', 'I love the "Drowned Bell", Marlow'),
        ('Is "The Old Song of the Sea" yours, Marlow?', 'Is "The Old Song of the Sea" yours, Marlow?'),
        ('Marlow says, "Drowned Bell"', "Drowned Bell"),
        # Nor is a term after an article.
        ('Marlow, I need a "special" drink', 'Marlow, I need a "special" drink'),
        ('Marlow, tell me about the "old ways"', 'Marlow, tell me about the "old ways"'),
        ("Marlow, was ist das „gute“ Bier?", "Marlow, was ist das „gute“ Bier?"),
        ("Marlow, c'est quoi le «vieux» phare ?", "Marlow, c'est quoi le «vieux» phare ?"),
        ('Bob tells Marlow a "hello there!"', "hello there!"),
        ('Marlow leaves the inn. "the end" she says', "the end"),
        ('Marlow eyes Rosa "come here"', "come here"),
        ('Marlow says "Drowned Bell!"', "Drowned Bell!"),
        ("", ""),
    ],
)
def test_what_is_said_aloud(text: str, said: str) -> None:
    assert aloud(text) == said


@given(MARKED | st.text())
def test_the_parts_put_together_are_the_text(text: str) -> None:
    assert "".join(part.text for part in parts_of(text)) == text


@given(MARKED | st.text())
def test_anything_can_be_read(text: str) -> None:
    aloud(text)
    out_of_character(text)
    assert len(in_story(text)) <= len(text) + 2  # a gap between what is left may be a blank line


@given(MARKED)
def test_what_belongs_to_the_story_stays_in_it(words: str) -> None:
    for around in ("*{}*", "`{}`", "||{}||", "> {}"):
        inner = "".join(each for each in words if each not in "*`|\n\\_>").strip()
        text = around.format(inner)
        if inner and [part.kind for part in parts_of(text)] != [Kind.SAID]:
            assert out_of_character(text) == ""
            assert in_story(text) == text


@given(st.text(alphabet="abc .,\n*_", min_size=1).filter(lambda words: any(each.isalpha() for each in words)))
def test_a_bracketed_aside_never_reaches_the_story(words: str) -> None:
    assert in_story(f"(({words}))") == ""
    assert in_story(f"Hello. (({words}))") == "Hello."
