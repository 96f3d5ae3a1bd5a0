"""What people mean out of character: that they leave, what they ask about the bot, or a wish for the story."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.asides import (
    AWAY,
    BACK,
    NO_ASIDE,
    Aside,
    BotQuestion,
    answering_note,
    as_aside,
    aside_of,
    is_aside,
    presence_in,
    question_in,
    steering_note,
)


@pytest.mark.parametrize(
    "text",
    [
        *("is this an AI?", "Are you a bot?", "are you REAL?", "r u a robot", "wait, are you an AI?", "is Marlow a bot"),
        *("Marlow, are you an ai or a person?", "Is this a real person?", "am I talking to a bot?", "who plays Marlow?"),
        *("bist du eine KI?", "Ist das ein Bot?", "bist du echt?", "¿Eres una IA?", "¿eres un bot?", "es-tu une IA ?"),
        *("T’es un bot ?", "c'est un bot ?", "你是AI吗？", "这是机器人吗", "你是真人吗？", "あなたはAIですか？", "これはボット？"),
        *("u a bot?", "you're a bot, right?", "are you a human being?", "is this AI-generated?", "what model are you?"),
        *("is there a person behind this?", "who's playing Marlow?", "are you a large language model?", "bist du ne KI?"),
        *("Bist du eigentlich eine KI?", "est-ce une IA ?", "この人はAIですか"),
    ],
)  # fmt: skip
def test_asking_what_plays_the_persona(text: str) -> None:
    assert question_in(text) is BotQuestion.AI


@pytest.mark.parametrize(
    "text",
    [
        *("stop", "STOP!!", "please stop", "Hör auf!", "¡para!", "arrête", "停", "やめて"),
        *("stop stop stop", "stop this", "stop posting", "can you stop?", "could you stop please"),
        *("leave me alone", "stop the bot"),
    ],
)
def test_asking_it_to_stop(text: str) -> None:
    assert question_in(text) is BotQuestion.STOP


@pytest.mark.parametrize(
    "text",
    [
        "help",
        "help!",
        "how does this work?",
        "Hilfe",
        "ayuda",
        "à l'aide !",
        "怎么玩？",
        "ヘルプ",
        "how does this bot work?",
    ],
)
def test_asking_for_help(text: str) -> None:
    assert question_in(text) is BotQuestion.HELP


@pytest.mark.parametrize(
    "text",
    [
        *(
            "skip to the next morning",
            'have him ask "are you a robot?"',
            "stop the ship",
            "help us find the captain",
        ),
        *(
            "are you a captain?",
            "make it more real",
            "let it be a person",
            "the man is real",
            "what is this place",
        ),
        *("is she human?", "is he someone we know?", "are they people?", "is that a robot?", "is that real?"),
        *(
            "is Bob real?",
            "is it a machine?",
            "is she a machine or a ghost?",
            "stop Bob",
            "don't stop",
            "can we stop at the inn",
        ),
        *("gotta go to the castle first", "back in a castle", "back in time", "back in the tavern"),
        *("back to the story please", "back up a bit", "", "…", "more dragons, less talk"),
    ],
)
def test_a_wish_for_the_story(text: str) -> None:
    assert (question_in(text), presence_in(text)) == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        "brb",
        "BRB dinner",
        "afk 5 min",
        "back in 5",
        "gtg, see you all",
        "gotta go",
        "gotta go now, sorry",
        "back in an hour",
        "back in 10 min",
        "back in a bit",
        "gleich wieder da",
        "马上回来",
    ],
)
def test_stepping_away(text: str) -> None:
    assert presence_in(text) == AWAY


@pytest.mark.parametrize("text", ["back", "Back now!", "I’m back", "re", "wieder da", "de retour", "回来了"])
def test_coming_back(text: str) -> None:
    assert presence_in(text) == BACK


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Marlow, stop!", BotQuestion.STOP),
        ("stop, Dr. Marlow Vale", BotQuestion.STOP),
        ("hey Marlow help", None),
        ("Marlow, help", BotQuestion.HELP),
        ("Is Dr. Marlow Vale human?", BotQuestion.AI),
        ("who plays Dr. Marlow Vale?", BotQuestion.AI),
        ("马洛，停下", BotQuestion.STOP),
        ("let Marlow stop the ship", None),
        ("Marlowe, stop", None),
        ("is Ana human?", None),
    ],
)
def test_a_persona_is_asked_by_its_name(text: str, asked: BotQuestion | None) -> None:
    assert question_in(text, ["Dr. Marlow Vale", "Marlow", "马洛"]) is asked


def test_only_a_wish_steers() -> None:
    assert aside_of("skip", whole=True) == Aside("skip", True, None, None)
    assert aside_of("skip", whole=False).steers
    assert not aside_of("brb", whole=True).steers
    assert not aside_of("help", whole=True).steers
    assert aside_of("", whole=True) == NO_ASIDE
    assert not NO_ASIDE.steers


def test_what_a_reply_is_told() -> None:
    assert (
        steering_note("Ana", "skip to the next morning") == "Ana, out of character: skip to the next morning"
    )


@given(st.text(max_size=300))
def test_any_aside_can_be_read(text: str) -> None:
    aside_of(text, whole=False)


@pytest.mark.parametrize(
    "text",
    [
        "阿渡这是机器人吗？",
        "阿渡，你是AI吗",
        "这是机器人吗，阿渡",
        "阿渡是机器人吗",
        "阿渡は人間ですか？",
        "Vale你是真人吗？",
        "阿渡、あなたはAIですか",
    ],
)
def test_a_name_among_words_without_blanks_is_known(text: str) -> None:
    assert question_in(text, ["阿渡", "Vale"]) is BotQuestion.AI


@pytest.mark.parametrize("text", ["小阿渡这是什么灯？", "Valet是真人吗 不对", "让阿渡停下船", "thevale stop"])
def test_words_with_a_name_that_ask_nothing_of_the_bot(text: str) -> None:
    assert question_in(text, ["阿渡", "Vale"]) is None


@pytest.mark.parametrize(
    ("so_far", "shown", "whole"),
    [
        ("Sure", "((Sure", "((Sure))"),
        ("((Sure", "((Sure", "((Sure))"),
        ("((Sure)", "((Sure", "((Sure))"),
        ("((Sure))", "((Sure", "((Sure))"),
        (" ((I can (really)))\n", "((I can (really)", "((I can (really)))"),
        ("Fine :)", "((Fine :)", "((Fine :)))"),
        ("((", "", ""),
        ("", "", ""),
    ],
)
def test_a_reply_out_of_character_stands_in_marks_while_it_grows(so_far: str, shown: str, whole: str) -> None:
    assert as_aside(so_far, ended=False) == shown
    assert as_aside(so_far, ended=True) == whole
    assert is_aside(whole) is bool(whole)


def test_a_reply_is_asked_to_answer_out_of_character() -> None:
    assert answering_note("Alice", "is it late?", "Marlow") == (
        "Alice, out of character: is it late? The story rests: answer this as the person who writes Marlow, in a few plain "
        "words, without playing a role"
    )
    assert not is_aside("Well. ((So?))")
