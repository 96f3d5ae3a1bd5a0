"""Requests to a chat model and its answers, independent of any wire format.

Law: dialects translate to and from these types; nothing else knows the wire format. `Message` is the API's
term; what people say is a `Turn` (`core.scene`).
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, Protocol

from bot.core.tokens import Size

Role = Literal[
    "system", "user_system", "group", "sample_message_user", "sample_message_ai", "user", "assistant"
]
"""M2-her's seven roles. A model without the four in the middle gets a folded prompt."""

OWN_ROLES = frozenset({"user_system", "group", "sample_message_user", "sample_message_ai"})
"""M2-her's own four roles."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a prompt. M2-her refuses its own roles without a name, so every message has one."""

    role: Role
    name: str
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """Sampling parameters, within M2-her's ranges (see `core.persona`)."""

    temperature: float
    top_p: float
    max_completion_tokens: int


@dataclass(frozen=True, slots=True)
class Shares:
    """The tokens of a prompt that neither the persona nor the turns take.

    Attributes:
        memory: those of the story's memory, in `system`.
        lore: those of lore in `system`.
        notes: those of lore in notes on the newest message.
        table: those of the table's rules, in `system`.
    """

    memory: int = 0
    lore: int = 0
    notes: int = 0
    table: int = 0


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request: the messages in wire order, the sampling, and the sizes that predict its tokens.

    `speakers` are the names in it of everyone who speaks besides the persona, `notes` the notes of its
    `user` messages, in their brackets, `shares` what memory and lore take of it.
    """

    messages: tuple[Message, ...]
    sampling: Sampling
    size: Size
    speakers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    shares: Shares = Shares()


class Finish(StrEnum):
    """Why a model ended its answer."""

    STOP = "stop"
    LENGTH = "length"


@dataclass(frozen=True, slots=True)
class Usage:
    """The token counts reported by the API. None means not reported; zeros are never passed on."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Delta:
    """One event of a stream; each part may be absent.

    `text` is appended. `whole` replaces everything so far: M2-her's native stream ends by repeating the
    complete reply, and that copy is authoritative.
    """

    text: str = ""
    whole: str | None = None
    finish: Finish | None = None
    usage: Usage | None = None


class ErrorKind(StrEnum):
    """The kinds of failures; for each, `bot.texts` has a sentence for players and one for the bot's owner."""

    RATE_LIMIT = "rate_limit"
    BALANCE = "balance"
    BAD_KEY = "bad_key"
    UNKNOWN_MODEL = "unknown_model"  # or one that this key may not use
    INPUT_REFUSED = "input_refused"
    OUTPUT_REFUSED = "output_refused"
    OVERFLOW = "overflow"
    BAD_REQUEST = "bad_request"
    OVERLOADED = "overloaded"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    CUT_SHORT = "cut_short"
    RESTING = "resting"  # not sent at all: the breaker is open
    OWN_KEY = "own_key"  # the key that a server has brought is refused
    OWN_KEY_SEALED = "own_key_sealed"  # that key cannot be opened: the host's secret is another one now
    OWN_BALANCE = "own_balance"  # that key's account is out of credit


class Objection(StrEnum):
    """Reasons for which a provider's moderation blocks text: MiniMax's seven types, in its order."""

    SEVERE = "severe"
    PORNOGRAPHY = "pornography"
    ADVERTISING = "advertising"
    PROHIBITED = "prohibited"
    ABUSE = "abuse"
    VIOLENCE = "violence"
    OTHER = "other"


class Silence(StrEnum):
    """Why an answer that ended normally contains no words of the persona."""

    EMPTY = "empty_reply"
    SPOKEN_FOR_OTHERS = "spoken_for_others"
    NO_WORDS = "no_words"  # thoughts, markers and headers only


TOKEN_LIMIT = 1039
"""MiniMax's code for too many tokens, either in a minute or in one prompt; it doesn't say which."""


class ModelError(Exception):
    """A reply that failed or was cut.

    Attributes:
        kind: the kind of failure.
        detail: the server's words, for the log; never a secret or message text.
        code: the API's own code (MiniMax's `status_code`), if there was one.
        status: the HTTP status, if there was an answer.
        retry_after: seconds until another try makes sense, if the server named a time.
        objection: the reason given by moderation, if it refused and gave one.
        silence: why there were no words, if the answer itself ended normally.
        of_form: whether the form of the prompt may be the reason, judged by the server's complete words;
            `detail` only contains what may be shown.
    """

    def __init__(
        self,
        kind: ErrorKind,
        detail: str = "",
        *,
        code: int | None = None,
        status: int | None = None,
        retry_after: float | None = None,
        objection: Objection | None = None,
        silence: Silence | None = None,
        of_form: bool = False,
    ) -> None:
        super().__init__(f"{kind}: {detail}" if detail else str(kind))
        self.kind = kind
        self.detail = detail
        self.code = code
        self.status = status
        self.retry_after = retry_after
        self.objection = objection
        self.silence = silence
        self.of_form = of_form


class Question(Protocol):
    """The prompts of one reply: the first one, and others if that is refused.

    Attributes:
        is_out: whether the prompt has been sent to the model, so that stopping now costs money. A model
            behind a network updates it; without costs it stays False.
        lost: how many times a prompt was sent, and the answer timed out or broke off before its first word:
            who runs the model has read the prompt, and may charge for it.
    """

    is_out: bool
    lost: int

    @property
    def prompt(self) -> Prompt:
        """The current prompt."""
        ...

    async def refused(self, error: ModelError) -> bool:
        """Switch to another prompt after a failure before the first word; False if no other would help."""
        ...


Queue = tuple[int, int]
"""Where a request waits, as opaque numbers: all with one first number take turns with those of others, and so
do among these all with one second number."""

NO_QUEUE: Final = (0, 0)


class ChatModel(Protocol):
    """A model that continues a prompt: M2-her over HTTP, or the offline stand-in."""

    @property
    def name(self) -> str:
        """The model's name in the records of costs."""
        ...

    @property
    def endpoint(self) -> str:
        """The endpoint without secrets; what is learned is stored for this endpoint and model name."""
        ...

    def stream(self, question: Question, *, queue: Queue = NO_QUEUE) -> AsyncGenerator[Delta, None]:
        """Yield the reply as it arrives, for the first prompt not refused; to stop, close the generator.

        If replies must wait for each other, those of different queues take turns.
        The task that takes the first delta must take all.

        Raises:
            ModelError: the reply failed. What was yielded before stays valid, except after `OUTPUT_REFUSED`,
                which withdraws it. An end without a finish reason is `CUT_SHORT`, never a success.
        """
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


class Naming(StrEnum):
    """The forms of a prompt, from the richest to the simplest."""

    NAMED = "named"
    PREFIXED = "prefixed"
    FOLDED = "folded"
