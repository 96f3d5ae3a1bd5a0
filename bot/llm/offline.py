"""The offline stand-in for a model: lines made by rules, for a first try without a key.

Law: its lines depend only on what was said (and on how often the same came in a row), and it never passes
for a model: asked, it says what it is. It works like ELIZA: pick up what was said, turn it round, ask back.
"""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from unicodedata import normalize
from zlib import crc32

from bot.core.completion import NO_QUEUE, Delta, Finish, Message, Question, Queue
from bot.core.prompting.prompt import EVERYONE

QUOTE_LIMIT = 80
"""Maximum characters that are quoted back; longer quotes read badly when turned round."""

HEARD_LIMIT = 600
"""Maximum characters of a line that the rules look at; their time grows faster than the line."""

TURNED_PAIRS = {
    "are you": "am I", "you are": "I am", "were you": "was I", "you were": "I was",
    "am i": "are you", "i am": "you are", "was i": "were you", "i was": "you were",
}  # fmt: skip
"""Word pairs that are swapped together; alone, each would keep the other's form."""

REFLECTIONS = {
    "i": "you", "me": "you", "my": "your", "mine": "yours", "myself": "yourself", "am": "are",
    "i'm": "you're", "i've": "you've", "i'll": "you'll", "i'd": "you'd",
    "you": "I", "your": "my", "yours": "mine", "yourself": "myself",
    "you're": "I'm", "you've": "I've", "you'll": "I'll", "you'd": "I'd",
    "我": "你", "你": "我", "您": "我",
}  # fmt: skip

RULES: Mapping[str, Sequence[str]] = {
    r"\b(?:m2-her|chatbot|language model|an? (?:ai|bot))\b": (
        "*steps out of the story* My lines are made by rule here, {name}. Given a key, M2-her speaks for me.",
    ),
    r"^\W*(?:hello|hi|hey|good (?:morning|day|evening)|greetings)\b": (
        "*looks up and smiles* There you are, {name}. What brings you to {me}?",
        "*lifts a hand in greeting* Well met, {name}. You look as if you had a story to tell.",
        "*turns round* {name}! Come closer. Has something happened?",
    ),
    r"\b(?:thanks|thank you)\b": ("*waves it away* It was nothing, {name}. What will you do now?",),
    r"\b(?:goodbye|farewell|good night)\b": ("*nods slowly* Safe ways, {name}. Will you be back soon?",),
    r"\bi(?: am|'m) (?!going)([^.!?,;*]+)": (
        "*raises an eyebrow* So you are {rest}. What set you on that way, {name}?",
        "*considers that for a while* You are {rest}, you say. Who else knows of it, {name}?",
    ),
    r"\bi (?:want|need|would like) ([^.!?,;*]+)": (
        "*listens closely* Say you had {rest}. What then, {name}?",
        "*leans in* You are not the first to ask for {rest}. Why you, {name}, and why now?",
    ),
    r"([^.!?*\n]*)\?": (
        "*pauses* “{rest}?” A fair question, {name}. What would you like the answer to be?",
        "*glances away, then back* I have asked myself that before. Why does it matter to you, {name}?",
        "*smiles a little* That depends on who is asking, {name}. What do you know already?",
    ),
    r"^\s*\*[^*]+\*\s*$": (
        "*waits a breath before speaking* And what do you mean to do next, {name}?",
        "*follows it all with a steady look* I saw that, {name}. Is there a reason behind it?",
    ),
    r"\bmy (\w+)": ("*tilts the head* Your {rest}, {name}? Tell me more of that. How did it begin?",),
    r"([^.!?;*\n]*\w)": (
        "*nods for you to go on* “{rest}” … I will remember that, {name}. And then?",
        "*is quiet for a moment* There is more behind that, {name}, is there not?",
        "*steps nearer* Say that again, {name}, slowly. What did it look like?",
        "*laughs softly* You surprise me, {name}. What would you have me do about it?",
        "*looks to the door and back* Not so loud, {name}. Who else have you told?",
    ),
    r"": ("*looks round, waiting* It is your turn, {name}. What do you do?",),
}
HAN_RULES: Mapping[str, Sequence[str]] = {
    r"m2-her|机器人|人工智能|语言模型": (
        "*暂时走出故事* {name},我的台词是按几条规则写成的。配好密钥,M2-her就会替我开口。",
    ),
    r"^\W*(?:你好|您好|大家好|早上好|晚上好|嗨)": (
        "*抬起头,微微一笑* {name},你来了。是什么风把你吹到{me}这里来的?",
        "*挥了挥手* {name},坐吧。今天有什么故事要讲?",
    ),
    r"我(?:想要?|需要|觉得|感到)([^。!?,;*\n]+)": ("*静静听着* {rest}……{name},从什么时候开始的?",),
    r"[?吗呢]": (
        "*停顿片刻* 问得好,{name}。你希望听到怎样的回答?",
        "*望向远处,又转回来* {name},你为什么想知道这个?",
    ),
    r"([^。!?,;*\n]*\w)": (
        "*点了点头* “{rest}”……我记住了,{name}。后来呢?",
        "*沉默了一会儿* {name},这背后还有别的事吧?",
        "*轻声笑了* 你总让我意外,{name}。你想让我怎么做?",
    ),
}
FULL_WIDTH = str.maketrans({",": "\uff0c", "?": "\uff1f", "!": "\uff01"})
"""Chinese punctuation by ASCII's; the rules are written with ASCII punctuation."""


async def _no_pause() -> None:
    """Don't pause: stream as fast as the consumer reads."""


class OfflineModel:
    """A `ChatModel` that answers by rules; `pause` is awaited before each word."""

    name = "offline"
    endpoint = "offline"

    def __init__(self, pause: Callable[[], Awaitable[None]] = _no_pause) -> None:
        self._pause = pause
        self._last = (-1, 0)  # the digest of what was said last, and how often it was repeated

    async def stream(self, question: Question, *, queue: Queue = NO_QUEUE) -> AsyncGenerator[Delta, None]:
        """Yield the line word by word (Chinese by characters); each counts as a token for the limit."""
        del queue  # nobody waits here
        prompt = question.prompt
        said = [message for message in prompt.messages if message.role in {"user", "assistant"}]
        digest = crc32(repr(said).encode("utf-8", "replace"))
        again = self._last[1] + 1 if digest == self._last[0] else 0
        self._last = (digest, again)
        words = re.findall(
            r"\s*(?:[\u3000-\uffef]|[^\s\u3000-\uffef]+)", line(prompt.messages, digest + again)
        )
        limit = prompt.sampling.max_completion_tokens
        for word in words[:limit]:
            await self._pause()
            yield Delta(text=word)
        yield Delta(finish=Finish.STOP if len(words) <= limit else Finish.LENGTH)

    async def aclose(self) -> None:
        """Do nothing: there is no connection."""


def line(messages: Sequence[Message], choice: int) -> str:
    """Return the persona's line; `choice` picks one of the lines that fit and were not said before."""
    me = next((message.name for message in messages if message.role == "system"), "…")
    name, text = _newest(messages)
    text = text[:HEARD_LIMIT]
    in_han = _mostly_han(text)
    templates, rest = _fitting(normalize("NFKC", text)[:HEARD_LIMIT], HAN_RULES if in_han else RULES)
    if in_han:
        templates = [template.translate(FULL_WIDTH) for template in templates]
    lines = [template.format(me=me, name=name, rest=rest) for template in templates]
    said = {message.content for message in messages if message.role == "assistant"}
    fresh = [candidate for candidate in lines if candidate not in said] or lines
    return fresh[choice % len(fresh)]


def _newest(messages: Sequence[Message]) -> tuple[str, str]:
    """Return the last speaker and their words, in any naming; in a prefixed prompt the text has the names."""
    last = next((message for message in reversed(messages) if message.role == "user"), None)
    if last is None:
        return "…", ""
    said = re.sub(r"^\[.*\]$\n?", "", last.content, flags=re.MULTILINE).strip()  # without the bot's notes
    prefixed = re.findall(r"^(\S.{0,31}?): (.*)$", said, re.MULTILINE) if last.name == EVERYONE else []
    return prefixed[-1] if prefixed else (last.name, said)


def _mostly_han(text: str) -> bool:
    """Return whether to answer in Chinese: more Han characters than other words, and no kana."""
    words = re.findall(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+", text)
    return 2 * sum("\u4e00" <= word <= "\u9fff" for word in words) > len(words) and not re.search(
        r"[\u3040-\u30ff]", text
    )


def _fitting(text: str, rules: Mapping[str, Sequence[str]]) -> tuple[Sequence[str], str]:
    """Return the first fitting rule's templates, and the part of the text that they turn round."""
    for pattern, templates in rules.items():
        found = re.search(pattern, text.replace("\u2019", "'"), re.IGNORECASE)
        if found is not None:
            return templates, _reflected((found[1] if found.lastindex else "").strip())
    raise AssertionError("the last rule fits everything")


def _reflected(text: str) -> str:
    words = re.findall(
        rf"\b(?:{'|'.join(TURNED_PAIRS)})\b(?!['-])|[\u4e00-\u9fff]|[\w'-]+|\s+|.", text, re.IGNORECASE
    )
    turned = "".join((TURNED_PAIRS | REFLECTIONS).get(word.lower(), word) for word in words)
    return turned if len(turned) <= QUOTE_LIMIT else turned[:QUOTE_LIMIT].rsplit(" ", 1)[0] + " …"
