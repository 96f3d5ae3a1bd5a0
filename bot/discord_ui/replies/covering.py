"""The posts of a turn that is out of the story: small lines in place of its text.

Law: nothing of the text stays in them, and the first has the button that puts it back.
"""

from collections.abc import Sequence

from bot.core.posts.buttons import Action
from bot.core.posts.layout import PostRef
from bot.core.posts.pace import Urgency
from bot.core.scene import Post
from bot.discord_ui.posting.poster import Poster
from bot.discord_ui.posting.request import Gone, Orphaned, PostChange
from bot.discord_ui.replies.buttons import buttons
from bot.story.post_record import PostRecord
from bot.texts.sentences import Sentence


async def cover(
    turn_id: int, posts: Sequence[Post], poster: Poster, record: PostRecord, line: Sentence
) -> bool:
    """Put `line` in place of the first post of a turn, and a further one in place of each of the others.

    Return whether all could be: a webhook may be gone, without which its posts cannot be changed.

    Raises:
        NotTaken: Discord did not take a change.
    """
    whole, voice = True, poster.voice
    first, further = voice.render(line), voice.say("player.removed_too")
    undo = buttons(turn_id, [Action.RESTORE], voice)
    for number, post in enumerate(posts):
        content = f"-# {further if number else first}"
        try:
            await poster.edit(
                PostRef(post.message_id, post.hook_id),
                PostChange(Urgency.FINAL, content, None if number else undo),
            )
        except Gone:
            continue
        except Orphaned:
            whole = False
    await record.set_button_posts(())
    return whole
