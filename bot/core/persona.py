"""A persona: the character the bot plays, as its writer described it.

Law: these models say what a persona *may be*; reading files is `bot.personas.library`' work.
They are strict: an unknown key or a wrong type is an error, never a guess.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

NAME_LIMIT = 80
"""Characters in a persona's name: what Discord allows a webhook to be called."""

COMPLETION_LIMIT = 2048
"""Tokens in one reply: M2-her's ceiling for `max_completion_tokens`."""

_UNFIT = r"\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069"  # control characters, line ends, turns of direction
_BLANK_LETTERS = r"\u115f\u1160\u2800\u3164\uffa0"  # letters and signs that show nothing
_NAME = rf"^[^{_UNFIT}]*[[\p{{L}}\p{{N}}\p{{P}}\p{{S}}]--[{_BLANK_LETTERS}]][^{_UNFIT}]*$"

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_LIMIT, pattern=_NAME)
]
"""One line in which something can be seen."""
Text = Annotated[str, StringConstraints(strip_whitespace=True)]
FilledText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
UnitInterval = Annotated[float, Field(gt=0, le=1)]
"""M2-her takes temperature and top_p above 0 and up to 1."""
CompletionTokens = Annotated[int, Field(ge=1, le=COMPLETION_LIMIT)]


class Sheet(BaseModel):
    """What all parts of a persona file share: strict, closed and frozen."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Sample(Sheet):
    """One example exchange; it shows the model length, voice and format."""

    user: FilledText = Field(description="What somebody says to the persona.")
    reply: FilledText = Field(description="How the persona answers.")


class Profile(Sheet):
    """Who a participant plays. It describes a speaker and never renames one."""

    name: Name | None = Field(default=None, description="What that part is called, as in 'the traveller'.")
    description: FilledText = Field(description="Who the people talking to the persona are in its world.")


class PersonaSampling(Sheet):
    """A persona's own sampling; what is left out comes from the configuration."""

    temperature: UnitInterval | None = Field(default=None, description="0 < t <= 1; lower is steadier.")
    top_p: UnitInterval | None = Field(default=None, description="0 < p <= 1.")
    max_completion_tokens: CompletionTokens | None = Field(
        default=None, description="Longest reply in tokens, 2048 at most."
    )


class PersonaSheet(Sheet):
    """One file in `personas/`, whole. The file's name is the persona's key and stands not in it."""

    name: Name = Field(description="What the persona is called, 1 to 80 characters.")
    avatar: FilledText | None = Field(
        default=None, description="A public https address, or a picture under personas/."
    )
    description: Text = Field(default="", description="Who the persona is; never trimmed from the prompt.")
    personality: Text = Field(default="", description="How it feels, thinks and speaks.")
    scenario: Text = Field(
        default="",
        description="Where things stand. Up to 120 characters become M2-her's group, more go into system.",
    )
    instructions: Text = Field(
        default="", description="Rules of play; they take the place of the built-in ones."
    )
    greeting: Text = Field(default="", description="What the persona says to open a scene.")
    samples: tuple[Sample, ...] = Field(
        default=(), strict=False, description="Example exchanges; 1 to 3 are best."
    )
    user: Profile | None = Field(
        default=None, description="Who people without a profile of their own are (M2-her's user_system)."
    )
    sampling: PersonaSampling = Field(
        default=PersonaSampling(), description="How the model draws its words for this persona."
    )
    tags: tuple[FilledText, ...] = Field(default=(), strict=False, description="Labels for lists.")
    nsfw: bool = Field(default=False, description="For age-restricted channels only.")


class Persona(PersonaSheet):
    """A persona sheet together with its key, the name of its file without the ending."""

    key: str
