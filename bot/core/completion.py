"""What is asked of a chat model and what comes back, free of any wire format.

Law: dialects translate to and from these; nobody else knows what the wire looks like.
`Message` is the API's word. What people say is a `Turn` (`core.scene`).
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

from bot.core.tokens import Size

Role = Literal[
    "system", "user_system", "group", "sample_message_user", "sample_message_ai", "user", "assistant"
]
"""M2-her's seven roles. Models without the four in the middle get a folded prompt."""

OWN_ROLES = frozenset({"user_system", "group", "sample_message_user", "sample_message_ai"})
"""Those four."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a prompt. M2-her refuses special roles without a name, so none goes without."""

    role: Role
    name: str
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next words are drawn; M2-her's ranges (see `core.persona`)."""

    temperature: float
    top_p: float
    max_completion_tokens: int


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request: the messages in wire order, the sampling, and what its tokens are foretold by.

    `speakers` are the names it tells of those who speak besides the persona.
    """

    messages: tuple[Message, ...]
    sampling: Sampling
    size: Size
    speakers: tuple[str, ...] = ()


class Finish(StrEnum):
    """Why a model stopped of itself."""

    STOP = "stop"
    LENGTH = "length"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens the API says it counted. Absent means it did not say; zero never comes here."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Delta:
    """One event of a stream; each part may be absent.

    `text` is appended. `whole` replaces everything so far: M2-her's native stream ends by
    repeating the complete reply, and that copy is the one that counts.
    """

    text: str = ""
    whole: str | None = None
    finish: Finish | None = None
    usage: Usage | None = None


class ErrorKind(StrEnum):
    """The one family of failures; `bot.texts` has a sentence for players and one for hosts on each."""

    RATE_LIMIT = "rate_limit"
    BALANCE = "balance"
    BAD_KEY = "bad_key"
    INPUT_REFUSED = "input_refused"
    OUTPUT_REFUSED = "output_refused"
    OVERFLOW = "overflow"
    BAD_REQUEST = "bad_request"
    OVERLOADED = "overloaded"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    CUT_SHORT = "cut_short"
    RESTING = "resting"  # not asked at all: the breaker is open


class Objection(StrEnum):
    """What a provider's moderation says it objects to; MiniMax's seven types, in its order."""

    SEVERE = "severe"
    PORNOGRAPHY = "pornography"
    ADVERTISING = "advertising"
    PROHIBITED = "prohibited"
    ABUSE = "abuse"
    VIOLENCE = "violence"
    OTHER = "other"


class Silence(StrEnum):
    """Why an answer that ended well holds no words of the persona's."""

    EMPTY = "empty_reply"
    SPOKEN_FOR_OTHERS = "spoken_for_others"
    NO_WORDS = "no_words"  # thoughts, markers and headers only


TOKEN_LIMIT = 1039
"""MiniMax's code for too many tokens, in a minute or in one prompt: it does not say which."""


class ModelError(Exception):
    """A reply that could not be had, or not to its end.

    Attributes:
        kind: which family of failure this is.
        detail: what the server said, for the host's log; never a secret, never message text.
        code: the API's own number (MiniMax's `status_code`), if there was one.
        status: the HTTP status, if there was an answer.
        retry_after: seconds until it is worth asking again, if somebody named a time.
        objection: what moderation objected to, if it refused and said so.
        silence: why there were no words, where the answer itself went well.
        of_form: whether the form of the prompt may be why: told by the server's whole words, of which
            `detail` shows only what may be seen.
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
    """How one reply is asked for: by a prompt, and by others where that one is refused.

    Attributes:
        is_out: whether the prompt is with the model, so that stopping now costs. Whoever asks over a network
            keeps it; where nothing is ever paid it stays False.
    """

    is_out: bool

    @property
    def prompt(self) -> Prompt:
        """What is to be asked now."""
        ...

    async def refused(self, error: ModelError) -> bool:
        """Change the prompt after a failure, before anything came of it; False if no other would help."""
        ...


class ChatModel(Protocol):
    """Something that continues a prompt: M2-her over HTTP, or the offline stand-by."""

    @property
    def name(self) -> str:
        """What it is called in the records of what was spent."""
        ...

    @property
    def endpoint(self) -> str:
        """Where it is asked, without secrets: what is learnt of it holds for its name there."""
        ...

    def stream(self, question: Question, *, place: int = 0) -> AsyncGenerator[Delta, None]:
        """Yield the reply as it comes, to the first prompt that is not refused; close it to stop.

        Where replies must wait for one another, those of different places take turns; a place is
        the id of a channel.

        Raises:
            ModelError: the reply could not be had; what was yielded before stays valid, except
                after `OUTPUT_REFUSED`, which withdraws it. An end without a finish reason is
                `CUT_SHORT`, never a silent success.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


class Naming(StrEnum):
    """The forms a prompt can take, from the richest down."""

    NAMED = "named"
    PREFIXED = "prefixed"
    FOLDED = "folded"
