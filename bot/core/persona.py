"""The persona: the data model of one YAML file in `personas/`.

Law: these models define what a persona may contain; `bot.personas.library` reads the files.
They are strict: an unknown key or a wrong type is an error, never a guess.
"""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from bot.core.lorebook import Lorebook
from bot.core.sheet import FilledText, Sheet, Text

NAME_LIMIT = 80
"""Maximum characters in a persona's name: Discord's limit for a webhook's name."""

SHORT_NAME_LIMIT = 32
"""Maximum characters in a name that calls a persona: Discord's limit for a nickname."""

SHORT_NAMES_LIMIT = 8
"""Maximum names that call a persona besides its whole name."""

TITLE_LIMIT = 100
"""Maximum characters in the title of a persona's scene."""

VOICE_LIMIT = 80
"""Maximum characters in what a persona is reminded of in each request."""

LANGUAGE_LIMIT = 40
"""Maximum characters in the name of a persona's language."""

FIND_LIMIT = 200
"""Maximum characters of what a substitution looks for, and of what stands there instead."""

SUBSTITUTIONS_LIMIT = 32
"""Maximum substitutions of a persona."""

COMPLETION_LIMIT = 2048
"""Maximum tokens in one reply: M2-her's limit for `max_completion_tokens`."""

# Control characters, line separators, bidirectional overrides.
_UNFIT = r"\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069"
_BLANK_LETTERS = r"\u115f\u1160\u2800\u3164\uffa0"  # letters and symbols that render as blanks
_NAME = rf"^[^{_UNFIT}]*[[\p{{L}}\p{{N}}\p{{P}}\p{{S}}]--[{_BLANK_LETTERS}]][^{_UNFIT}]*$"

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_LIMIT, pattern=_NAME)
]
"""A single line with at least one visible character."""
ShortName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=SHORT_NAME_LIMIT, pattern=_NAME)
]
"""A name as people say it."""
Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TITLE_LIMIT, pattern=_NAME)
]
VoiceLine = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=VOICE_LIMIT, pattern=_NAME)
]
LanguageName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LANGUAGE_LIMIT, pattern=_NAME),
]
UnitInterval = Annotated[float, Field(gt=0, le=1)]
"""M2-her accepts `temperature` and `top_p` above 0 and up to 1."""
ServerId = Annotated[int, Field(ge=1, le=2**63 - 1)]
CompletionTokens = Annotated[int, Field(ge=1, le=COMPLETION_LIMIT)]


class Sample(Sheet):
    """One example exchange, which shows the model length, voice and format."""

    user: FilledText = Field(description="What someone says to the persona.")
    reply: FilledText = Field(description="How the persona answers.")


class DefaultProfile(Sheet):
    """The character a participant plays; it describes a speaker and never renames one."""

    name: Name | None = Field(
        default=None, description="What these people are called, for example 'the traveller'."
    )
    description: FilledText = Field(description="Who the people who talk to the persona are in its world.")


class Length(StrEnum):
    """How long a persona's replies are."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"


class UserMacro(StrEnum):
    """Who `{{user}}` stands for in a persona's texts."""

    SPEAKER = "speaker"  # the one who spoke last when the window last moved
    PARTY = "party"  # all who play
    FIXED = "fixed"  # the name in the persona's `user`


class PersonaSampling(Sheet):
    """A persona's own sampling parameters; the configuration supplies what is missing."""

    temperature: UnitInterval | None = Field(
        default=None, description="Above 0 and up to 1; lower is steadier."
    )
    top_p: UnitInterval | None = Field(default=None, description="Above 0 and up to 1.")
    max_completion_tokens: CompletionTokens | None = Field(
        default=None, description="The longest reply in tokens, at most 2048."
    )


class Substitution(Sheet):
    """What is replaced in a persona's words before anybody sees them."""

    find: Annotated[str, StringConstraints(max_length=FIND_LIMIT)] = Field(
        description="Text, or a pattern between slashes such as /colou?r/i."
    )
    replace: Annotated[str, StringConstraints(max_length=FIND_LIMIT)] = Field(
        default="", description="What stands there instead; $1 is the pattern's first group."
    )


class Identity(Sheet):
    """What a persona is called, and what it looks like."""

    name: Name = Field(description="The persona's name, 1 to 80 characters.")
    called: Annotated[tuple[ShortName, ...], Field(strict=False, max_length=SHORT_NAMES_LIMIT)] | None = (
        Field(
            default=None,
            description="Up to 8 names it answers to besides its whole name, instead of its first name.",
        )
    )
    nickname: ShortName | None = Field(
        default=None,
        description="What the model calls it, up to 32 characters; its posts have the whole name.",
    )
    avatar: FilledText | None = Field(
        default=None, description="A public https address, or a picture in the personas folder."
    )

    @property
    def known_as(self) -> str:
        """The name by which the model knows the persona: its nickname, else its name."""
        return self.nickname or self.name


class Character(Sheet):
    """Who a persona is, and where its story begins."""

    description: Text = Field(
        default="", description="Who the persona is. This is always part of the prompt."
    )
    personality: Text = Field(default="", description="How the persona feels, thinks and speaks.")
    voice: VoiceLine | None = Field(
        default=None,
        description="How it talks, in up to 80 characters; each request ends with this once a story is long.",
    )
    style: Text = Field(
        default="", description="How its turns are written, or example text that has no exchange."
    )
    scenario: Text = Field(default="", description="The situation at the start.")
    title: Title | None = Field(
        default=None,
        description="The title of its scenes, up to 100 characters (M2-her's group); "
        "else it is the scene's own, or made from the scenario.",
    )


class Play(Sheet):
    """How a persona plays, and who with it."""

    instructions: Text = Field(default="", description="Rules of play. They replace the built-in rules.")
    reminders: Text = Field(
        default="", description="What the model reads last about the persona, after all rules of play."
    )
    greeting: Text = Field(default="", description="What the persona says when a scene starts.")
    greetings: tuple[FilledText, ...] = Field(
        default=(), strict=False, description="Other greetings, which can be chosen when a scene starts."
    )
    group_greetings: tuple[FilledText, ...] = Field(
        default=(), strict=False, description="Greetings for scenes in which another persona plays too."
    )
    samples: tuple[Sample, ...] = Field(
        default=(), strict=False, description="Example exchanges. 1 to 3 work best."
    )
    length: Annotated[Length, Field(strict=False)] | None = Field(
        default=None,
        description="How long its replies are: short, medium or long; else as long as its samples.",
    )
    language: LanguageName | None = Field(
        default=None, description="The language it writes in, where the channel's setting names none."
    )
    substitutions: Annotated[
        tuple[Substitution, ...], Field(strict=False, max_length=SUBSTITUTIONS_LIMIT)
    ] = Field(default=(), description="Up to 32 replacements in its replies, in this order.")
    user: DefaultProfile | None = Field(
        default=None, description="Who people are that have no profile of their own (M2-her's user_system)."
    )
    user_macro: Annotated[UserMacro, Field(strict=False)] | None = Field(
        default=None,
        description="Who {{user}} stands for: the name in user (fixed), all who play (party), or one of "
        "them (speaker); else the name in user if there is one, and all who play without one.",
    )
    sampling: PersonaSampling = Field(
        default=PersonaSampling(), description="Sampling parameters of the model for this persona."
    )


class Knowledge(Sheet):
    """What a persona knows of its world."""

    lorebook: Lorebook | None = Field(
        default=None, description="What it knows of its world; each entry is told when it comes up."
    )
    lorebooks: tuple[FilledText, ...] = Field(
        default=(), strict=False, description="Further lorebooks that it knows: names of files in `lore`."
    )


class ToldLore(Sheet):
    """The lore that one prompt tells a persona: before and after its description, and in notes."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Listing(Sheet):
    """In which lists a persona stands, and where it may play."""

    tags: tuple[FilledText, ...] = Field(default=(), strict=False, description="Labels shown in lists.")
    nsfw: bool = Field(default=False, description="Whether this persona is for age-restricted channels only.")
    servers: Annotated[tuple[ServerId, ...], Field(strict=False)] | None = Field(
        default=None, description="The ids of the servers that this persona is for; else it is for all."
    )


class Source(Sheet):
    """Where a persona comes from."""

    card: dict[str, Any] | None = Field(
        default=None,
        description="What an imported character card says besides, for exports. The model never gets it.",
    )


class PersonaSheet(Source, Listing, Knowledge, Play, Character, Identity):
    """The content of one file in `personas/`; the key is the file's name and not part of it."""


class Persona(PersonaSheet):
    """A persona sheet with its key, the name of its file without the ending.

    In a prompt, `lore` is what is told of all that it knows, in place of the lorebook.
    """

    key: str
    lore: ToldLore = ToldLore()

    def telling(self, lore: ToldLore) -> "Persona":
        """Return the persona for a prompt that tells this of what it knows."""
        return self.model_copy(update={"lorebook": None, "lore": lore})
