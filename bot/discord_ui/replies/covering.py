"""The posts of turns that are out of the story: small lines in place of their text.

Law: nothing of the text stays in them, and the first has the button that puts it back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import discord

from bot.core.posts.buttons import Action
from bot.core.posts.layout import PostRef
from bot.core.posts.pace import Urgency
from bot.core.scene import Participant, Post, Turn
from bot.discord_ui.posting.poster import Poster
from bot.discord_ui.posting.request import Gone, Orphaned, PostChange
from bot.discord_ui.replies.buttons import buttons, redo_view
from bot.discord_ui.replies.post_view import called
from bot.storage.removals import NOBODY, Removal
from bot.story.replies.post_record import PostRecord
from bot.texts.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands in place of posts: `line` and the controls in the first, `further` in each other one."""

    line: Sentence
    further: Sentence
    undo: discord.ui.View


@dataclass(frozen=True, slots=True)
class Covered:
    """What became of the posts of a turn: the number of lines, and whether every post has one."""

    lines: int = 0
    whole: bool = True


async def cover(
    turn_id: int, posts: Sequence[Post], poster: Poster, record: PostRecord, line: Sentence
) -> bool:
    """Put `line` in place of the first post of a turn, and a further one in place of each of the others.

    Return whether all could be: a webhook may be gone, without which its posts cannot be changed.

    Raises:
        NotTaken: Discord did not take a change.
    """
    undo = buttons(turn_id, [Action.RESTORE], poster.voice)
    removed = Cover(line, Sentence("player.removed_too"), undo)
    return (await _put(posts, poster, record, removed)).whole


async def cover_undone(
    removal: Removal, posts: Sequence[Post], poster: Poster, record: PostRecord, *, is_first: bool
) -> Covered:
    """Put a line in place of each post of a turn of an undone exchange; with `is_first`, one has *Redo*.

    Raises:
        NotTaken: Discord did not take a change.
    """
    further = Sentence("player.undone_too")
    undo = Cover(undone_by(removal), further, redo_view(removal.id, poster.voice))
    return await _put(posts, poster, record, undo, is_first=is_first)


def undone_by(removal: Removal) -> Sentence:
    """Return the line that says who undid an exchange, unless that is nobody's business anymore."""
    if removal.by_user == NOBODY:
        return Sentence("player.undone_by_nobody")
    return Sentence("player.undone", who=called(Participant(removal.by_user, removal.by_name)))


def is_first_reply(removal: Removal, turn: Turn) -> bool:
    """Return whether a turn is the first of a persona's in a removal, whose post has the button."""
    return turn.id == next((each.id for each in removal.turns if each.persona_key is not None), None)


async def _put(
    posts: Sequence[Post], poster: Poster, record: PostRecord, cover: Cover, *, is_first: bool = True
) -> Covered:
    lines, whole, voice = 0, True, poster.voice
    for post in posts:
        on_top = is_first and not lines
        content = f"-# {voice.render(cover.line if on_top else cover.further)}"
        change = PostChange(Urgency.FINAL, content, cover.undo if on_top else None)
        try:
            await poster.edit(PostRef(post.message_id, post.hook_id), change)
        except Gone:
            continue
        except Orphaned:
            whole = False
        else:
            lines += 1
    await record.set_button_posts(())
    return Covered(lines, whole)
