from collections.abc import Sequence
from itertools import pairwise

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.core.posts.pages import (
    CONTENT_LIMIT,
    SMALLEST_LIMIT,
    Page,
    clipped,
    excerpt,
    pages,
    settled,
    utf16_length,
)


def contents(text: str, cuts: Sequence[int] = (), limit: int = SMALLEST_LIMIT) -> list[str]:
    return [page.content for page in pages(text, cuts, limit=limit)]


def slices(text: str, laid_out: Sequence[Page]) -> list[str]:
    return [text[page.start : page.end] for page in laid_out]


# Pages of 64 units hold up to 40 units of text and opened markup once a text is too long for one.
WHERE_A_PAGE_ENDS = {
    "a short text is one page": ("Good evening.", ["Good evening."]),
    "64 units are one page": ("a" * 63 + "!", ["a" * 63 + "!"]),
    "at the last paragraph": (
        "The door opens.\n\nRain blows in.\n\nNobody is there, only the wind and the long, wet road.",
        ["The door opens.\n\nRain blows in.", "Nobody is there, only the wind and the long, wet road."],
    ),
    "not at a paragraph that leaves it half empty": (
        "The door opens.\n\nRain blows in with the wind, and nobody is there, only the long, wet road.",
        ["The door opens.\n\nRain blows in with the", "wind, and nobody is there, only the long, wet road."],
    ),
    "at a paragraph rather than a later line": (
        "The door opens, and all is dark.\n\nRain.\nNobody is there, only the wind and the road.",
        ["The door opens, and all is dark.", "Rain.\nNobody is there, only the wind and the road."],
    ),
    "at a line": (
        "Bread, three pennies, no more.\nWine, two pennies; a bed for the night is free of charge.",
        ["Bread, three pennies, no more.", "Wine, two pennies; a bed for the night is free of charge."],
    ),
    "after a sentence and its closing quote": (
        "\u201cI have not seen him for a week.\u201d She shrugs and goes on drying the last of the cups.",
        [
            "\u201cI have not seen him for a week.\u201d",
            "She shrugs and goes on drying the last of the cups.",
        ],
    ),
    "between words": (
        "a long walk through the woods and over the hills to the mill by the river bend",
        ["a long walk through the woods and over", "the hills to the mill by the river bend"],
    ),
    "between words on every page": (
        "A long walk through the woods and over the hills to the mill by the river bend, and then all the way home.",
        [
            "A long walk through the woods and over",
            "the hills to the mill by the river bend,",
            "and then all the way home.",
        ],
    ),
    "between words after a doubled blank": (
        "aaaa " * 6 + "bb  c " + "d" * 60,
        ["aaaa " * 6 + "bb  c", "d" * 60],
    ),
    "in Chinese after a sentence and its quote": (
        "他推开门，走进屋里，环顾四周，低声地问道：“这里有人吗？我是来找你的，请出来吧。”没有人回答他，只有外面的风声和雨声，还有远处隐约传来的钟声。他慢慢地坐了下来。",
        [
            "他推开门，走进屋里，环顾四周，低声地问道：“这里有人吗？我是来找你的，",
            "请出来吧。”没有人回答他，只有外面的风声和雨声，还有远处隐约传来的钟声。他慢慢地坐了下来。",
        ],
    ),
    "in Japanese after a sentence": (
        "「おはようございます。」彼女はそう言って、静かに窓を開けた。外はまだ暗くて、雨が降り続いていた。誰も答えなかった。時計の音だけが聞こえる。",
        [
            "「おはようございます。」彼女はそう言って、静かに窓を開けた。",
            "外はまだ暗くて、雨が降り続いていた。誰も答えなかった。時計の音だけが聞こえる。",
        ],
    ),
    "between letters only when there is nothing else": ("a" * 100, ["a" * 40, "a" * 60]),
    "between surrogate pairs": ("\U0001f600" * 50, ["\U0001f600" * 20, "\U0001f600" * 30]),
    "between families": ("👨‍👩‍👧‍👦" * 8, ["👨‍👩‍👧‍👦" * 3, "👨‍👩‍👧‍👦" * 5]),
    "between flags": ("🇩🇪🇫🇷" * 9, ["🇩🇪🇫🇷" * 5, "🇩🇪🇫🇷" * 4]),
    "between letters with their accents": (
        "e\u0301\u0323" * 30,
        ["e\u0301\u0323" * 13, "e\u0301\u0323" * 17],
    ),
    "inside one letter only if it is longer than a page": (
        "e" + "\u0301" * 80,
        ["e" + "\u0301" * 39, "\u0301" * 41],
    ),
    "before a custom emoji": (
        "She looks up from her book and smiles at you<:smile:123456789012345678> and goes on.",
        ["She looks up from her book and smiles at", "you<:smile:123456789012345678> and goes on."],
    ),
    "before a slash mention with blanks": (
        "If you are tired of this, then use </scene new:123456789012345678>, my dear friend.",
        ["If you are tired of this, then use", "</scene new:123456789012345678>, my dear friend."],
    ),
    "before a slash mention even in a bracket that never closes": (
        "[If you are tired of it use </scene new:1> and then go straight to bed",
        ["[If you are tired of it use", "</scene new:1> and then go straight to bed"],
    ),
    "before a masked link": (
        "She tells you about [the old mill](https://e.example/a_b) in a low voice.",
        ["She tells you about", "[the old mill](https://e.example/a_b) in a low voice."],
    ),
    "before a link": (
        "他说地图都在这里了，自己去看就好https://example.com/maps?x=1&y=2#here-and-there 好吗",
        ["他说地图都在这里了，自己去看就好", "https://example.com/maps?x=1&y=2#here-and-there 好吗"],
    ),
    "inside a link only if it is longer than a page": (
        "https://example.com/" + "a" * 80,
        ["https://example.com/" + "a" * 20, "a" * 60],
    ),
    "not between the closing of code and the code": (
        "`" + "a" * 39 + "` and then a long walk home in the rain",
        ["`" + "a" * 38 + "`", "`a` and then a long walk home in the rain"],
    ),
    "not before or inside the end of a code block": (
        "```\n" + "a" * 35 + "``` and then a long walk home in the rain",
        ["```\n" + "a" * 34 + "\n```", "```\na``` and then a long walk home in the rain"],
    ),
    "before a code block, not behind its beginning": (
        "a" * 34 + "```py\n" + "b" * 40 + "\n```",
        ["a" * 34, "```py\n" + "b" * 40 + "\n```"],
    ),
    "after a code block": (
        "```\n" + "a" * 33 + "```" + "b" * 60,
        ["```\n" + "a" * 33 + "```", "b" * 60],
    ),
    "in Chinese after an action": (
        "*他慢慢地走出了门，头也不回，也没有说再见，只留下桌上的一封信。*屋里的人们都看着他的背影，没有一个人敢出声说话，连孩子们也都安静了下来。",
        [
            "*他慢慢地走出了门，头也不回，也没有说再见，只留下桌上的一封信。*",
            "屋里的人们都看着他的背影，没有一个人敢出声说话，连孩子们也都安静了下来。",
        ],
    ),
    "in Chinese before an action": (
        "“你们看见我的兄弟了吗？他昨天还在这里，今天却不见了，真奇怪。”*他慢慢地走出了门，头也不回，也没有说再见，只留下桌上的一封信和一把旧钥匙。*",
        [
            "“你们看见我的兄弟了吗？他昨天还在这里，今天却不见了，真奇怪。”",
            "*他慢慢地走出了门，头也不回，也没有说再见，只留下桌上的一封信和一把旧钥匙。*",
        ],
    ),
    "not before a dash that would make a list": (
        "He was never one for long farewells, so - when she had gone - he only closed the door.",
        ["He was never one for long farewells,", "so - when she had gone - he only closed the door."],
    ),
    "not before a number that may yet make a list": (
        "aaaa " * 7 + "bbbbb 12.5 and so on, through all the numbers that there are",
        ["aaaa " * 6 + "aaaa", "bbbbb 12.5 and so on, through all the numbers that there are"],
    ),
    "not within a line's end": (
        "a" * 38 + "`\r\n" + "b" * 60,
        ["a" * 38, "`\r\n" + "b" * 60],
    ),
    "after a single letter, before a link that is longer than a page": (
        "ahttps://" + "x" * 60,
        ["a", "https://" + "x" * 32, "x" * 28],
    ),
    "not before a number that would make a list": (
        "Every one of them counted as they ran: 1. the gate 2. the wall 3. the long way round",
        ["Every one of them counted as they", "ran: 1. the gate 2. the wall 3. the long way round"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), WHERE_A_PAGE_ENDS.values(), ids=WHERE_A_PAGE_ENDS)
def test_a_page_ends(text: str, expected: list[str]) -> None:
    assert contents(text) == expected


MARKUP_ACROSS_PAGES = {
    "a quote that began on the page ends with its line": (
        "Well.\n> So it goes.\nAnd then she walks over to the long table and sits down without a word.",
        ["Well.\n> So it goes.\nAnd then she walks", "over to the long table and sits down without a word."],
    ),
    "an action goes on": (
        "*She walks over to the long table and sits down, slowly, without a word.* \u201cWell?\u201d",
        ["*She walks over to the long table and*", "*sits down, slowly, without a word.* \u201cWell?\u201d"],
    ),
    "an action goes on over a paragraph": (
        "*She walks over to the table.\n\nNobody speaks, and the fire burns low.* \u201cWell?\u201d",
        ["*She walks over to the table.*", "*Nobody speaks, and the fire burns low.* \u201cWell?\u201d"],
    ),
    "bold inside an action": (
        "*He reads out **every single name on the list, one after another** and sits down again.*",
        ["*He reads out **every single name on the***", "***list, one after another** and sits down again.*"],
    ),
    "bold to the end of an action": (
        "*He reads out **every single name on the list, one after another*** and sits down again.",
        ["*He reads out **every single name on the***", "***list, one after another*** and sits down again."],
    ),
    "an underscore inside a word ends nothing": (
        "_She wrote it all down in the file_name that nobody but her ever knew_ and closed it.",
        ["_She wrote it all down in the file_name_", "_that nobody but her ever knew_ and closed it."],
    ),
    "three stars": (
        "***Nobody in this house has ever heard of such a thing***, and nobody wants to hear of it.",
        [
            "***Nobody in this house has ever heard***",
            "***of such a thing***, and nobody wants to hear of it.",
        ],
    ),
    "underline, strike and spoiler": (
        "__She crossed out ~~the name of the man ||who had done it, the baker|| with ink~~ at once__.",
        [
            "__She crossed out ~~the name of the man~~__",
            "__~~||who had done it, the baker|| with ink~~ at once__.",
        ],
    ),
    "a spoiler stays hidden": (
        "||It was the gardener who did it, with the spade, in the greenhouse, at midnight.||",
        ["||It was the gardener who did it, with||", "||the spade, in the greenhouse, at midnight.||"],
    ),
    "inline code": (
        "Type `make run --with every --single flag --you can think of` and wait until it is done.",
        ["Type `make run --with every --single`", "`flag --you can think of` and wait until it is done."],
    ),
    "a code block keeps its language and its indentation": (
        "```py\ndef greet(name):\n    hello(name)\n    return 1\n\nprint(greet('Alice'))\n```\nThat is all.",
        [
            "```py\ndef greet(name):\n    hello(name)\n```",
            "```py\n    return 1\n\nprint(greet('Alice'))\n```\nThat is all.",
        ],
    ),
    "indentation after an empty line": (
        "```py\ndef greet(name):\n    hello(name)\n\n    return 1\n\nprint(greet('Alice'))\n```\nThat is all.",
        [
            "```py\ndef greet(name):\n    hello(name)\n```",
            "```py\n    return 1\n\nprint(greet('Alice'))\n```\nThat is all.",
        ],
    ),
    "no indentation of more than a sixteenth of a page": (
        "```py\ndef greet(name):\n    hello(name)\n     return 1\n\nprint(greet('Alice'))\n```\nThat is all.",
        [
            "```py\ndef greet(name):\n    hello(name)\n```",
            "```py\nreturn 1\n\nprint(greet('Alice'))\n```\nThat is all.",
        ],
    ),
    "a quote ends with its line": (
        "> Dear Alice, come as soon as you can.\nShe folds the letter and waits for the rain to stop.",
        ["> Dear Alice, come as soon as you can.", "She folds the letter and waits for the rain to stop."],
    ),
    "a code block ends with its quote where the page ends": (
        "> ```py\n> first = 1\n> second = 2\nAnd *that is the whole of the letter*, which she folds.",
        [
            "> ```py\n> first = 1\n> second = 2\n> ```",
            "And *that is the whole of the letter*, which she folds.",
        ],
    ),
    "nothing else counts in a code block": (
        "```\na = b ** c || d  # *not an action\nprint(__name__, a * 2, ~~a)\n```\nThat is all of it.",
        [
            "```\na = b ** c || d  # *not an action\n```",
            "```\nprint(__name__, a * 2, ~~a)\n```\nThat is all of it.",
        ],
    ),
    "a quoted line": (
        "> Dear Alice, come as soon as you can, and tell nobody.\nShe folds the letter and waits.",
        ["> Dear Alice, come as soon as you can,", "> and tell nobody.\nShe folds the letter and waits."],
    ),
    "quoted lines": (
        "> Dear Alice, come as *soon as you\n> can*, and tell nobody of what you read here.\nShe folds it.",
        [
            "> Dear Alice, come as *soon as you*",
            "> *can*, and tell nobody of what you read here.\nShe folds it.",
        ],
    ),
    "a quote to the end": (
        ">>> Dear Alice, come quickly and tell no one.\nThe bridge is gone; the road too.\nYours, Bob",
        [
            ">>> Dear Alice, come quickly and tell no",
            ">>> one.\nThe bridge is gone; the road too.\nYours, Bob",
        ],
    ),
    "a quote to the end, at a line": (
        ">>> Dear Alice,\ncome quickly, alone.\nThe bridge is gone; the road too.\nYours, Bob",
        [">>> Dear Alice,\ncome quickly, alone.", ">>> The bridge is gone; the road too.\nYours, Bob"],
    ),
    "a code block ends with its quote": (
        "> ```py\n> first = 1\nAnd *that is the whole of the letter*, which she folds up with great care.",
        [
            "> ```py\n> first = 1\nAnd *that is the*",
            "*whole of the letter*, which she folds up with great care.",
        ],
    ),
    "a quoted code block": (
        "> ```py\n> first = 1\n> second = 2\n> third = 3\n> fourth = 4\n> fifth = 5\n> ```\nThat is all.",
        [
            "> ```py\n> first = 1\n> second = 2\n> ```",
            "> ```py\n> third = 3\n> fourth = 4\n> fifth = 5\n> ```\nThat is all.",
        ],
    ),
    "a code block in a quote to the end": (
        ">>> ```py\nfirst = 1\nsecond = 2\nthird = 3\nfourth = 4\nfifth = 5\n```\nThat is all of it.",
        [
            ">>> ```py\nfirst = 1\nsecond = 2\nthird = 3\n```",
            ">>> ```py\nfourth = 4\nfifth = 5\n```\nThat is all of it.",
        ],
    ),
    "a quoted code block below other lines": (
        "Hm.\nOh.\n> ```py\n> first = 1\n> second = 2\n> third = 3\n> fourth = 4\n> ```\nThat is all.",
        [
            "Hm.\nOh.\n> ```py\n> first = 1\n> second = 2\n> ```",
            "> ```py\n> third = 3\n> fourth = 4\n> ```\nThat is all.",
        ],
    ),
    "an action behind a quoted code block": (
        "> ```x``` *She\nwalks over to the long table and sits down, slowly, without a word.*",
        ["> ```x``` *She\nwalks over to the long*", "*table and sits down, slowly, without a word.*"],
    ),
    "an action close behind a code block": (
        "```\nx```*She walks over to the long table\nand sits down, slowly, without a word.*",
        ["```\nx```*She walks over to the long*", "*table\nand sits down, slowly, without a word.*"],
    ),
    "a quoted line below another": (
        "Hm.\n> Dear Alice, come as soon as you can, and tell nobody.\nShe folds the letter.",
        ["Hm.\n> Dear Alice, come as soon as you", "> can, and tell nobody.\nShe folds the letter."],
    ),
    "a strike that is taken back on the next page": (
        "~~Gone and so it went on for the whole of the long ~~ and rainy evening, alone again",
        ["~~Gone and so it went on for the whole~~", "of the long ~~ and rainy evening, alone again"],
    ),
    "what is closed with what it stands in": (
        "*He reads **every single* name on the list, one after another, and sits down again.",
        ["*He reads **every single* name on the", "list, one after another, and sits down again."],
    ),
    "an action goes on above one that is none": (
        "*She walks over to the long table and sits.* *Oh, * she says, and then nothing.",
        ["*She walks over to the long table and*", "*sits.* *Oh, * she says, and then nothing."],
    ),
    "a closing behind a blank stays with its word": (
        "She reads **each and every single name ** and all the others in the long list too.",
        ["She reads **each and every single**", "**name ** and all the others in the long list too."],
    ),
    "a spoiler close behind a word": (
        "He said||It was the gardener who did it, with the spade, in the greenhouse||",
        ["He said||It was the gardener who did it,||", "||with the spade, in the greenhouse||"],
    ),
    "an action behind a tick": (
        "A ` lost *tick\nor ` two\nwalks over to the long table and sits down, slowly.*",
        ["A ` lost *tick\nor ` two\nwalks over to*", "*the long table and sits down, slowly.*"],
    ),
    "what ends with its page goes on nowhere": (
        "_" + "a" * 38 + "_" + "b" * 60,
        ["_" + "a" * 38 + "_", "b" * 60],
    ),
    "inline code below another line": (
        "Hm.\nType `make run --with every --single flag --you can think of` and wait until it is done.",
        [
            "Hm.\nType `make run --with every --single`",
            "`flag --you can think of` and wait until it is done.",
        ],
    ),
    "inline code above another line": (
        "Type `make run --with every --single flag --you can think of` and wait\nuntil it is done.",
        ["Type `make run --with every --single`", "`flag --you can think of` and wait\nuntil it is done."],
    ),
    "indentation in a quoted code block": (
        "> ```py\n> if first > 1:\n>     pass\n>     go()\n>     stop(1)\n> ```\nThat is all of it.",
        [
            "> ```py\n> if first > 1:\n>     pass\n> ```",
            "> ```py\n>     go()\n>     stop(1)\n> ```\nThat is all of it.",
        ],
    ),
    "what is closed in time is not touched": (
        "*Nods.* **Yes.** __No.__ ~~Hm.~~ ||Oh.|| and then a long walk home in the rain, alone again.",
        ["*Nods.* **Yes.** __No.__ ~~Hm.~~ ||Oh.||", "and then a long walk home in the rain, alone again."],
    ),
}


@pytest.mark.parametrize(("text", "expected"), MARKUP_ACROSS_PAGES.values(), ids=MARKUP_ACROSS_PAGES)
def test_markup_across_pages(text: str, expected: list[str]) -> None:
    assert contents(text) == expected


@pytest.mark.parametrize(
    "beginning",
    [
        "2 * 3 is 6 and 4 * 5 is 20",
        "5*3 is 15, everybody says",
        "What the f*ck is going on here",
        "She wrote \\*not an action on the wall",
        "* one thing on a list",
        "So happy to see you ^_^ again",
        "the file_name and the other_name",
        "太好了~~我们现在就出发吧",
        "Kyaa~~! What a lovely hat that is",
        "**** a line of stars ****",
        "a ` tick, lost\nand found",
        "a ` tick, lost\nand found all over the long and winding road to the mill ` again,\nand",
        "See https://example.com/*a_b*/__c",
        "<:a_b:123456789012345678> <:b_c:123456789012345678>",
    ],
)
def test_what_is_no_markup_is_not_continued(beginning: str) -> None:
    rest = "and so it went on for the whole of the long and rainy evening"
    text = f"{beginning} {rest} {rest}"
    laid_out = pages(text, limit=80)
    assert [page.content for page in laid_out] == [part.strip() for part in slices(text, laid_out)]
    assert len(laid_out) > 1


def test_a_forgotten_star_does_not_turn_everything_inside_out() -> None:
    text = "*She smiles at the old man by the door. \u201cHello there, you,\u201d *she says* and goes away again, laughing."
    assert contents(text) == [
        "*She smiles at the old man by the door.*",
        "\u201cHello there, you,\u201d *she says* and goes away again, laughing.",
    ]


@pytest.mark.parametrize(
    ("so_far", "shown"),
    [
        ("*She walks to the", "*She walks to the*"),
        ("*She walks ", "*She walks*"),
        ("||It was", "||It was||"),
        ("```py\nprint(1", "```py\nprint(1\n```"),
        ("```py\nprint(1)\n", "```py\nprint(1)\n```"),
        ("```py\nprint(1)\n  ", "```py\nprint(1)\n```"),
        ("Hello **", "Hello **"),
        ("`make", "`make`"),
        ("> *Dear", "> *Dear*"),
    ],
)
def test_what_is_still_open_at_the_end_shows_as_it_will(so_far: str, shown: str) -> None:
    assert contents(so_far) == [shown]


# --- blanks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "blank",
    ["", " ", "\n\n\n", "\u200b", "\u2060\ufeff \u200d", "\u3164", "\u2800\u00a0", "\u00ad\ufe0f", "\x00"],
)
def test_a_blank_text_has_no_pages(blank: str) -> None:
    assert pages(blank) == ()
    assert pages(blank * 3000) == ()


@pytest.mark.parametrize("blank", [" ", "\n", "\u200b", "\u200f", " \n\u2060", "\u3164", "\u200d", "\ufe0f"])
@pytest.mark.parametrize("count", [1, 30, 70, 200])
def test_blanks_make_no_page_of_their_own(blank: str, count: int) -> None:
    gap = blank * count
    for text in (f"a{gap}", f"{gap}a", f"a{gap}b", f"{gap}a{gap}b{gap}"):
        laid_out = pages(text, limit=64)
        assert "".join(slices(text, laid_out)) == text
        assert all(regex.search(r"[ab]", page.content) for page in laid_out)


def test_a_long_tail_of_blanks_belongs_to_the_last_page() -> None:
    assert pages("Good night.\n\n" + " " * 5000) == (Page(0, 5013, "Good night."),)


def test_blanks_in_a_quote_make_no_page_of_their_own() -> None:
    assert contents("> " + " " * 200 + "x") == ["> x"]
    assert contents("> \n> Dear Alice,") == ["> \n> Dear Alice,"]
    assert len(contents("\n> " * 100 + "x")) <= 10
    assert len(contents("\n- " * 100 + "x")) <= 10


# --- growing --------------------------------------------------------------------------------------


def test_settled_pages_are_all_but_the_last() -> None:
    text = "a long walk through the woods and over the hills to the mill by the river bend"
    laid_out = pages(text, limit=64)
    assert laid_out == (
        Page(0, 38, "a long walk through the woods and over"),
        Page(38, 78, "the hills to the mill by the river bend"),
    )
    assert settled(laid_out) == (38,)
    assert settled(laid_out[:1]) == ()
    assert settled(()) == ()


def test_settled_cuts_are_kept_where_we_would_not_cut() -> None:
    text = "a long walk through the woods and over the hills to the mill by the river bend"
    assert contents(text, [6, 19]) == [
        "a long",
        "walk through",
        "the woods and over the hills to the mill by the river bend",
    ]


@pytest.mark.parametrize(
    ("cuts", "good"),
    [
        ([200, 300], 0),
        ([0, 37], 0),
        ([-3, 37], 0),
        ([80, 84], 0),
        ([9, 37], 0),
        ([37, 37, 55], 1),
        ([37, 20, 55], 1),
    ],
    ids=["past the end", "empty", "negative", "more than a page", "in an emoji", "repeated", "going back"],
)
def test_a_cut_that_no_longer_suits_is_forgotten_with_all_after_it(cuts: list[int], good: int) -> None:
    text = "Oh <:smile:123456789012345678> my dear, such a long walk to the mill by the river bend, and back home"
    assert pages(text, cuts, limit=64) == pages(text, cuts[:good], limit=64)
    assert pages(text, [37, 55], limit=64)[:2] == (
        Page(0, 37, "Oh <:smile:123456789012345678> my dea"),
        Page(37, 55, "r, such a long wal"),
    )


def test_a_cut_between_a_list_s_sign_and_its_words_is_forgotten() -> None:
    assert contents("Buy\nbread", [4]) == ["Buy", "bread"]
    assert contents("Buy:\n- bread", [7]) == ["Buy:\n- bread"]


def test_a_cut_inside_a_long_link_is_kept() -> None:
    link = "https://example.com/" + "a" * 40
    assert contents(link) == [link]
    assert contents(f"{link} and more") == [link[:40], f"{link[40:]} and more"]
    assert contents(link, [40]) == [link[:40], link[40:]]


def test_a_limit_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(ValueError, match="below 64"):
        pages("Hello", limit=63)


SCRIPTS = [
    "Latin words, and more of them. ",
    "Schöne Grüße! ",
    "汉字没有空格。",
    "ひらがなとカタカナ、",
    "한국어 문장입니다. ",
    "ภาษาไทยไม่มีช่องว่าง",
    "اللغة العربية؟ ",
    "עברית, שפה יפה. ",
    "हिन्दी में लिखा है। ",
    "می‌خواهم ",
    "👨‍👩‍👧‍👦",
    "🇩🇪🇯🇵",
    "👍🏽❤️",
    "e\u0301o\u0308\u0323",
    "𝓢𝓬𝓻𝓲𝓹𝓽 ",
    "𠮷野家",
    "\n\n",
    "\n",
    "   ",
    "\u200b",
]
SOUP = [
    "*",
    "**",
    "***",
    "_",
    "__",
    "~~",
    "||",
    "`",
    "``",
    "```",
    "```py\n",
    "\n> ",
    "\n>>> ",
    "\n- ",
    "\n# ",
    "\\*",
    "\\",
    "<:a:123456789012345678>",
    "<@123>",
    "<@&1",
    "<t:1700000000:R>",
    "</scene new:12>",
    "[the mill](https://e.example/x)",
    "[",
    "https://e.example/a_b*c ",
    " - ",
    " 1. ",
    "(",
    "word",
    " ",
]
thoroughly = settings(max_examples=2 * settings().max_examples)
pieces = st.one_of(st.sampled_from(SCRIPTS), st.sampled_from(SOUP), st.text(max_size=5))
texts = st.lists(pieces, max_size=60).map("".join)
limits = st.sampled_from([64, 65, 80, 100, 200])


def is_blank(text: str) -> bool:
    return not regex.search(r"[\p{L}\p{N}\p{P}\p{S}]", text)


@thoroughly
@given(texts, limits)
@example("```\n" + "x" * 36 + "\n    e" + "\u0301" * 100 + "\n```", 64)
@example("a" + "\u200d" * 200 + "b", 64)
@example("\n> \u200b", 64)
@example("```py\n" + " " * 200 + "x\n```", 64)
def test_slices_make_up_the_text_and_contents_fit(text: str, limit: int) -> None:
    laid_out = pages(text, limit=limit)
    assert "".join(slices(text, laid_out)) == text or is_blank(text)
    assert all(before.end == after.start for before, after in pairwise(laid_out))
    for page in laid_out:
        assert utf16_length(page.content) <= limit
        assert page.content == page.content.strip()
        assert text[page.start : page.end].strip()


@thoroughly
@given(st.lists(st.tuples(pieces, st.integers(1, 7)), max_size=60), limits)
def test_a_growing_text_never_changes_a_settled_page(stream: list[tuple[str, int]], limit: int) -> None:
    whole = "".join(piece for piece, _ in stream)
    so_far = ""
    cuts: tuple[int, ...] = ()
    seen: list[str] = []
    while len(so_far) < len(whole):
        step = stream[len(so_far) % len(stream)][1]
        so_far = whole[: len(so_far) + step]
        laid_out = pages(so_far, cuts, limit=limit)
        assert settled(laid_out)[: len(cuts)] == cuts
        assert [page.content for page in laid_out][: len(seen)] == seen
        cuts = settled(laid_out)
        seen = [page.content for page in laid_out[:-1]]
    assert "".join(slices(whole, pages(whole, cuts, limit=limit))) == whole or is_blank(whole)


@thoroughly
@given(texts, texts, limits)
def test_pages_that_are_settled_need_not_be_read_again(begun: str, more: str, limit: int) -> None:
    before = pages(begun, limit=limit)
    cuts = settled(before)
    for text in (begun + more, more, begun[: len(begun) // 2], begun[:-1] + more):
        assert pages(text, cuts, limit=limit, laid_out=before) == pages(text, cuts, limit=limit)
    after = pages(begun + more, cuts, limit=limit, laid_out=before)
    again = pages(begun + more + more, settled(after), limit=limit, laid_out=after)
    assert again == pages(begun + more + more, settled(after), limit=limit)


def test_what_was_settled_is_taken_over_while_the_text_only_grows() -> None:
    """The very pages of before: a long text is not laid out again for each word."""
    text = "\n\n".join("word " * 30 for _ in range(5)).strip()
    before = pages(text, limit=200)
    after = pages(f"{text} more", settled(before), limit=200, laid_out=before)
    assert len(before) == 5
    assert all(now is then for now, then in zip(after[:4], before[:4], strict=True))
    assert before[-1].onward is None
    changed = pages(f"{text[:-1]}, more", settled(before), limit=200, laid_out=before)
    assert not any(now is then for now, then in zip(changed, before, strict=True))
    other_cut = pages(f"{text} more", settled(before)[:1], limit=200, laid_out=before)
    assert [now is then for now, then in zip(other_cut, before, strict=True)] == [True] + [False] * 4
    moved = pages(f"{text} more", (before[0].end - 5,), limit=200, laid_out=before)
    assert moved[0].end == before[0].end - 5


@thoroughly
@given(texts, st.lists(st.integers(-5, 400), max_size=6), limits)
def test_any_cuts_still_make_good_pages(text: str, cuts: list[int], limit: int) -> None:
    laid_out = pages(text, cuts, limit=limit)
    assert "".join(slices(text, laid_out)) == text or is_blank(text)
    assert all(utf16_length(page.content) <= limit and page.content for page in laid_out)


@thoroughly
@given(
    st.lists(st.sampled_from([piece for piece in SCRIPTS if piece != "\u200b"]), max_size=80).map("".join),
    limits,
)
def test_plain_text_is_posted_as_it_is_and_between_grapheme_clusters(text: str, limit: int) -> None:
    laid_out = pages(text, limit=limit)
    assert [page.content for page in laid_out] == [part.strip() for part in slices(text, laid_out)]
    boundaries = {cluster.end() for cluster in regex.finditer(r"\X", text)}
    assert {page.end for page in laid_out} <= boundaries


WORDS = ["Rain", "falls", "on", "the", "roof.", "Nobody", "stirs,", "雨が降る。", "нет", "😀"]
ATOMS = [
    "<:smile:123456789012345678>",
    "<a:wave:123456789012345678>",
    "<@123456789012345678>",
    "<@&123456789012345678>",
    "<#123456789012345678>",
    "<t:1700000000:R>",
    "</scene new:123456789012345678>",
    "https://e.example/a/b_c?d=1",
    "[the mill](https://e.example/x)",
]


@thoroughly
@given(
    st.lists(st.sampled_from(["a", "bc", "\r", "\n", "\r\n", " ", ".", "\u0301"]), max_size=200).map("".join),
    limits,
)
def test_no_page_ends_within_a_line_s_end(text: str, limit: int) -> None:
    boundaries = {cluster.end() for cluster in regex.finditer(r"\X", text)}
    assert {page.end for page in pages(text, limit=limit)} <= boundaries | {len(text)}


@thoroughly
@given(
    st.lists(st.tuples(st.sampled_from(WORDS + ATOMS), st.sampled_from(["", " "])), max_size=60),
    st.sampled_from([64, 80, 200, CONTENT_LIMIT]),
)
def test_mentions_emoji_and_links_stay_whole(parts: list[tuple[str, str]], limit: int) -> None:
    text = "".join(part + (" " if part in ATOMS else gap) for part, gap in parts)
    laid_out = pages(text, limit=limit)
    cut_up = " ".join(slices(text, laid_out))
    for atom in ATOMS:
        assert cut_up.count(atom) == text.count(atom)


@thoroughly
@given(st.lists(st.sampled_from([f"{word} " for word in WORDS] + ["\n", "\n\n"]), max_size=50))
def test_pages_of_prose_are_at_least_half_full(parts: list[str]) -> None:
    text = (("".join(parts) + "Then, silence. ") * 500)[:6000]
    laid_out = pages(text)
    assert all(utf16_length(text[page.start : page.end]) >= CONTENT_LIMIT * 0.45 for page in laid_out[:-1])


@thoroughly
@given(texts, limits)
def test_no_text_is_chopped_into_crumbs(text: str, limit: int) -> None:
    laid_out = pages(text, limit=limit)[:-1]
    for before, after in pairwise(laid_out):
        assert utf16_length(text[before.start : after.end]) >= (limit - 24 - 34) / 2


# --- as Discord shows it --------------------------------------------------------------------------

STYLES = {
    "strong": r"\*\*((?:\\.|[^\\])+?)\*\*(?!\*)",
    "em": r"\*(?=\S)((?:\*\*|\s+(?:[^*\s]|\*\*)|[^\s*])+?)\*(?!\*)",
    "underline": r"__((?:\\.|[^\\])+?)__(?!_)",
    "em_": r"\b_((?:__|\\.|[^\\_])+?)_\b",
    "strike": r"~~(?=\S)((?:\\.|~(?!~)|[^\s~\\]|\s+(?!~~))+?)~~",
    "spoiler": r"\|\|(.+?)\|\|",
}
PATTERNS = {style: regex.compile(pattern, regex.DOTALL) for style, pattern in STYLES.items()}
CODE = regex.compile(r"```(?:([a-z0-9_+\-.#]+?)\n)?\n*([^\n].*?)\n*```|(`)([^`]+)`", regex.DOTALL)


def shown(text: str, styles: frozenset[str] = frozenset()) -> list[tuple[str, frozenset[str]]]:
    """Each visible character with the styles Discord's client gives it (its own regular expressions)."""
    seen: list[tuple[str, frozenset[str]]] = []
    at = 0
    while at < len(text):
        if code := CODE.match(text, at):
            name = f"code {code[1] or ''}" if code[2] else "inline"
            seen += [(char, styles | {name}) for char in code[2] or code[4] if not char.isspace()]
            at = code.end()
            continue
        found = [(style, match) for style, pattern in PATTERNS.items() if (match := pattern.match(text, at))]
        if found:
            style, match = max(found, key=lambda pair: pair[1].end())
            seen += shown(match[1], styles | {style.rstrip("_")})
            at = match.end()
            continue
        if not text[at].isspace():
            seen.append((text[at], styles))
        at += 1
    return seen


def styled(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    words = st.sampled_from(["rain", "falls.", "雨", "Oh!", "https://e.example/a?b"])
    marks = st.sampled_from(["*", "**", "__", "_", "~~", "||"])
    body = st.tuples(words, st.lists(inner, max_size=4), words).map(
        lambda it: " ".join([it[0], *it[1], it[2]])
    )
    return (
        st.tuples(marks, body).filter(lambda it: it[0] not in it[1]).map(lambda it: f"{it[0]}{it[1]}{it[0]}")
    )


well_formed = st.lists(
    st.recursive(
        st.sampled_from(["Rain", "falls", "on.", "雨が降る。", "`x | y`", "2 * 3", "\n", "\n\n"]),
        styled,
        max_leaves=8,
    )
    | st.sampled_from(["\n```py\nprint(1) | 2\n\nx = 'a'\n```\n"]),
    max_size=20,
).map(" ".join)


@thoroughly
@given(well_formed, st.sampled_from([64, 80, 120]))
def test_pages_together_look_like_the_whole_text(text: str, limit: int) -> None:
    together = [char for content in contents(text, limit=limit) for char in shown(content)]
    assert together == shown(text)


# --- a text cut short -----------------------------------------------------------------------------


@given(st.text(), st.integers(1, 120))
def test_a_clipped_text_is_its_beginning_and_never_too_long(text: str, limit: int) -> None:
    short = clipped(text, limit)
    assert text.startswith(short)
    assert utf16_length(short) <= limit
    assert short == text or utf16_length(text) > limit


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "abc"),
        ("🦀🦀", 3, "🦀"),
        ("ae\u0301", 2, "a"),
        ("🦀", 1, ""),
        ("e\u0301", 1, "e"),
    ],
)
def test_a_text_is_clipped_between_what_people_see_as_letters(text: str, limit: int, short: str) -> None:
    assert clipped(text, limit) == short


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two…"),
        ("one two, three", 13, "one two…"),
        ("one two - three", 13, "one two…"),
        ("one two: three", 10, "one two…"),
        ("one two; three", 10, "one two…"),
        ("ab cd", 4, "ab…"),
        ("abcdefghij", 5, "abcd…"),
        ("abc defghijk", 7, "abc…"),
        ("abc defghijk", 8, "abc…"),
        ("a bcdefghijklmnop", 8, "a bcdef…"),
        ("阿渡是青石镇夜航船的船娘", 6, "阿渡是青石…"),
        ("🌊🌊🌊🌊", 6, "🌊🌊…"),
        ("e\u0301e\u0301e\u0301", 4, "e\u0301…"),
        ("", 1, ""),
        ("ab", 1, "…"),
    ],
)
def test_an_excerpt_ends_at_a_word_and_says_that_there_is_more(text: str, limit: int, short: str) -> None:
    assert excerpt(text, limit) == short


@given(st.text(), st.integers(1, 120))
def test_an_excerpt_is_its_beginning_and_never_too_long(text: str, limit: int) -> None:
    short = excerpt(text, limit)
    assert utf16_length(short) <= limit
    assert short == text or text.startswith(short[:-1])


# --- letters are no marks ----------------------------------------------------------------------------


def test_no_letter_ends_a_sentence_or_a_phrase() -> None:
    unbroken = pages("a" * 2401)[0].content
    assert len(pages(f"{'a' * 1900}X{'a' * 500}")[0].content) == len(unbroken) == 1976
    first = pages("word " * 320 + "e.X " + "word " * 200)[0].content
    assert len(first) == 1973  # it ends with a word, and not with what looks like a sentence


def test_a_blank_in_the_first_half_of_a_page_is_too_early_to_end_it() -> None:
    assert len(pages(f"{'a' * 800} {'a' * 2000}")[0].content) == 1976


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("_the File_Name is ", "a_"),  # an underscore inside a word closes nothing, before capitals either
        ("_the file_7 is ", "a_"),
        ("X*y ", " a"),  # a star or an underscore behind a letter opens nothing
        ("X_y ", " a"),
    ],
)
def test_marks_inside_words_open_and_close_nothing(text: str, end: str) -> None:
    assert pages(text + "a " * 1500)[0].content[-2:] == end
