import asyncio
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.completion import Delta, Finish, Message, Prompt, Sampling
from bot.core.prompting.prompt import EVERYONE
from bot.core.tokens import Size
from bot.llm.offline import OfflineModel, line
from tests.llm.question import PlainQuestion

SYSTEM = Message("system", "Marlow", "Marlow keeps the Anchor.")


def prompt_of(*messages: Message, limit: int = 512) -> Prompt:
    return Prompt((SYSTEM, *messages), Sampling(1.0, 0.95, limit), Size(1, 1))


def said_by(name: str, *texts: str) -> Prompt:
    return prompt_of(*(Message("user", name, text) for text in texts))


async def reply(prompt: Prompt, model: OfflineModel | None = None) -> str:
    return "".join([delta.text async for delta in (model or OfflineModel()).stream(PlainQuestion(prompt))])


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("I am your friend, truly", "ou are my friend"),
        ("i’m tired of my life", "ou are tired of your life"),
        ("I want your lantern back.", "my lantern back"),
        ("my boat sank", "Your boat"),
        ("*sits down at the bar*", "{name}"),
        ("Thanks!", "It was nothing, {name}."),
        ("你好，店家！", "{name}，"),
        ("我想要一碗热汤", "一碗热汤"),
        ("我想要一碗热汤，还有面包", "一碗热汤……"),
        ("我觉得你骗了我", "我骗了你"),
        ("船昨晚靠岸了,Bob说的", "，"),
        ("昨夜大型船入港した", ", "),
        ("...", "It is your turn, {name}."),
        ("", "It is your turn, {name}."),
        ("🙂", "It is your turn, {name}."),
    ],
)
async def test_takes_up_what_was_said_and_asks_back(said: str, answered: str) -> None:
    spoken = await reply(said_by("Alice", said))
    assert answered.format(name="Alice") in spoken
    assert "Alice" in spoken
    assert re.search(r"[?？]$", spoken)
    assert re.match(r"\*[^*]+\*", spoken), "there is an action first"


@pytest.mark.parametrize(
    ("said", "turned"),
    [
        ("How are you?", "How am I?"),
        ("You are late?", "I am late?"),
        ("What were you doing?", "What was I doing?"),
        ("Was I right?", "Were you right?"),
        ("Who am I?", "Who are you?"),
        ("Have you my lantern?", "Have I your lantern?"),
        ("Are you-know-who and I kin?", "Are you-know-who and you kin?"),
    ],
)
def test_verbs_turn_with_their_persons(said: str, turned: str) -> None:
    (first, *_) = (line(said_by("Alice", said).messages, choice) for choice in range(3))
    assert turned.casefold() in first.casefold()


async def test_a_long_line_is_answered_by_its_beginning_and_at_once() -> None:
    said = "I want your lantern back. " + "my " * 100_000
    assert "my lantern back" in await asyncio.wait_for(reply(said_by("Alice", said)), 2)
    for letters in ("*" * 100_000, "a" * 100_000, "船" * 100_000, "\ufdfa" * 100_000):
        assert "Alice" in await reply(said_by("Alice", letters))


@pytest.mark.parametrize("said", ["Are you an AI?", "are you M2-her", "你是机器人吗？", "你是M2-her吗？"])
async def test_asked_what_it_is_it_says_so(said: str) -> None:
    spoken = await reply(said_by("Alice", said))
    assert re.search(r"made by rule|按几条规则", spoken)


@pytest.mark.parametrize(
    "messages",
    [
        (Message("user", "Alice", "Hello."), Message("user", "Bob", "I want soup")),
        (Message("user", EVERYONE, "Alice: Hello.\nBob: I want soup"),),
    ],
    ids=["named", "prefixed or folded"],
)
async def test_newest_speaker_is_answered_by_name(messages: tuple[Message, ...]) -> None:
    spoken = await reply(prompt_of(*messages))
    assert "Bob" in spoken
    assert "soup" in spoken
    assert "Alice" not in spoken
    assert EVERYONE not in spoken


async def test_name_in_the_text_counts_only_where_names_stand_there() -> None:
    assert "Alice" in await reply(said_by("Alice", "Note: I want soup"))


async def test_says_nothing_twice_while_there_is_more_to_say() -> None:
    history: list[Message] = []
    for _ in range(5):
        history.append(Message("user", "Alice", "The ship came in at night"))
        history.append(Message("assistant", "Marlow", await reply(prompt_of(*history))))
    assert len({message.content for message in history[1::2]}) == 5


async def test_same_prompt_is_answered_the_same_by_a_fresh_model_and_differently_by_the_same() -> None:
    prompt = said_by("Alice", "The ship came in at night")
    model = OfflineModel()
    first, second = await reply(prompt, model), await reply(prompt, model)
    assert first == await reply(prompt, OfflineModel())
    assert first != second


async def test_streams_word_by_word_with_a_pause_before_each() -> None:
    pauses: list[None] = []

    async def pause() -> None:
        pauses.append(None)

    deltas = [delta async for delta in OfflineModel(pause).stream(PlainQuestion(said_by("Alice", "Thanks!")))]
    assert [delta.text for delta in deltas] == [
        "*waves", " it", " away*", " It", " was", " nothing,", " Alice.", " What", " will", " you", " do", " now?", "",
    ]  # fmt: skip
    assert deltas[-1] == Delta(finish=Finish.STOP)
    assert len(pauses) == 12


@pytest.mark.parametrize(("limit", "finish"), [(11, Finish.LENGTH), (12, Finish.STOP)])
async def test_stops_at_the_token_limit(limit: int, finish: Finish) -> None:
    prompt = prompt_of(Message("user", "Alice", "Thanks!"), limit=limit)
    deltas = [delta async for delta in OfflineModel().stream(PlainQuestion(prompt))]
    assert len(deltas) == limit + 1
    assert deltas[-1] == Delta(finish=finish)


async def test_chinese_comes_by_characters() -> None:
    deltas = [
        delta.text async for delta in OfflineModel().stream(PlainQuestion(said_by("Alice", "我想要一碗热汤")))
    ]
    assert deltas[:5] == ["*", "静", "静", "听", "着"]


@settings(deadline=None)
@given(st.text(max_size=400), st.text(min_size=1, max_size=32))
async def test_has_an_answer_to_anything(said: str, name: str) -> None:
    spoken = await reply(said_by(name, said))
    assert spoken.strip()
    assert len(spoken) < 400


async def test_answers_even_when_nobody_spoke() -> None:
    assert "your turn" in await reply(prompt_of())
