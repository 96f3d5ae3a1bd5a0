"""What each post of a turn shows, and the fewest changes that bring the posts there.

Law: pure. Posts are values; what is wanted is laid out from the text and from what stands, and the changes
follow from comparing the two. A text or a row that stands already is never sent again. Posts are deleted
last: nothing goes before what takes its place is there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.core.posts.buttons import Row, TurnStatus, row_under
from bot.core.posts.pages import CONTENT_LIMIT, Page, pages, settled, utf16_length


@dataclass(frozen=True, slots=True)
class PostRef:
    """A message of ours; `hook_id` is the webhook that made it, None for the bot itself."""

    message_id: int
    hook_id: int | None = None


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes new posts.

    Attributes:
        hook_id: the webhook that does; None for the bot itself.
        heading: the line above the first of them; empty for none.
        has_nonces: whether Discord recognises a repeated post by its nonce.
    """

    hook_id: int | None = None
    heading: str = ""
    has_nonces: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What one post shows.

    Attributes:
        page: the part of the turn's text; an empty one at the end for a post that shows none of it.
        text: that part to the letter.
        content: what is posted: heading, page and notice, at most `CONTENT_LIMIT` UTF-16 units.
        heading: the line that belongs above the post's page; empty for none.
        row: the buttons under it.
        hook_id: the webhook that makes the post, or made it; None for the bot itself.
    """

    page: Page
    text: str
    content: str
    heading: str = ""
    row: Row = ()
    hook_id: int | None = None


@dataclass(frozen=True, slots=True)
class PostState:
    """A post that stands, and what is known of it.

    Attributes:
        ref: the message.
        heading: the line that belongs above its page; it stays what it was when the post was made.
        content: what stands there, as Discord stores it; None where that is not known.
        row: the buttons under it; None where they are not known.
        page, text: the part of the turn's text that it shows; None where that is not known.
        is_orphan: whether its webhook is gone, so that it can be changed no more.
        replaces: posts whose place this one has taken, and which are still to be deleted.
    """

    ref: PostRef
    heading: str = ""
    content: str | None = None
    row: Row | None = None
    page: Page | None = None
    text: str | None = None
    is_orphan: bool = False
    replaces: tuple[PostRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Send:
    """Make the post of a page."""

    page: int
    shown: Shown


@dataclass(frozen=True, slots=True)
class Edit:
    """Change a post; a text or a row that is None stays as it is."""

    page: int
    ref: PostRef
    shown: Shown
    content: str | None
    row: Row | None


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a post of a page; `may_stay`: its webhook is gone, and that takes a right we seldom have."""

    page: int
    ref: PostRef
    may_stay: bool = False


Change = Send | Edit | Delete


# --- what is wanted -------------------------------------------------------------------------------


def lay_out(
    text: str,
    notice: str | None,
    status: TurnStatus | None,
    standing: Sequence[PostState],
    author: Author,
) -> tuple[Shown, ...]:
    """Return what the posts of a turn are to show.

    Args:
        text: the turn's text.
        notice: what is said beneath it; None for nothing.
        status: how the turn stands: the last post gets its buttons, the others none. None for no buttons.
        standing: the posts there are, in the order of their pages.
        author: who makes the posts that are missing.
    """
    wanted: list[Shown] = []
    for page in _pages(text, standing, author):
        words = text[page.start : page.end]
        post = _kept(standing, len(wanted), page.start, words)
        hook_id = post.ref.hook_id if post else author.hook_id
        heading = post.heading if post else _new_heading(wanted, author)
        content = _headed(heading, page.content)
        if post is not None and post.is_orphan and post.content is not None:
            content = post.content
        wanted.append(Shown(page, words, content, heading, (), hook_id))
    if notice is not None:
        _append(wanted, notice, text, standing, author)
    if status is not None and wanted:
        wanted[-1] = replace(wanted[-1], row=row_under(status))
    return tuple(wanted)


def makes_posts(standing: Sequence[PostState], wanted: Sequence[Shown]) -> bool:
    """Tell whether a layout needs posts that do not stand yet."""
    return any(isinstance(change, Send) for change in changes(standing, wanted))


def _pages(text: str, standing: Sequence[PostState], author: Author) -> tuple[Page, ...]:
    """Make pages that end where those of posts that stand do, the first so that the line above it fits."""
    known = [post.page for post in _known(text, standing) if post.page]
    cuts = tuple(page.end for page in known)
    first = _changeable(standing, 0)
    above = first.heading if first else author.heading
    if above and not cuts:
        room = CONTENT_LIMIT - utf16_length(f"{above}\n")
        cuts = settled(pages(text, limit=room))[:1]
    return pages(text, cuts, laid_out=known)


def _known(text: str, standing: Sequence[PostState]) -> list[PostState]:
    """Return the first posts whose pages end where they did: all that still hold, but for the one that grows.

    An orphan cannot grow: its page ends where it does.
    """
    known: list[PostState] = []
    for post in standing:
        if post.page is None or not post.text or not text.startswith(post.text, post.page.start):
            return known
        known.append(post)
    return known if known and known[-1].is_orphan else known[:-1]


def _changeable(standing: Sequence[PostState], number: int) -> PostState | None:
    """Return the post of a page if there is one that can still be changed."""
    return standing[number] if number < len(standing) and not standing[number].is_orphan else None


def _kept(standing: Sequence[PostState], number: int, start: int, words: str) -> PostState | None:
    """Return the post of a page if it can show these words; an orphan can only if it does already."""
    if number >= len(standing):
        return None
    post = standing[number]
    return None if post.is_orphan and not _shows(post, start, words) else post


def _shows(post: PostState, start: int, words: str) -> bool:
    """Tell whether a post shows this part of the text."""
    return bool(post.text) and post.page is not None and post.page.start == start and post.text == words


def _new_heading(before: Sequence[Shown], author: Author) -> str:
    """Return the line above a new post: none where its author made the post before."""
    return author.heading if not before or before[-1].hook_id != author.hook_id else ""


def _headed(heading: str, content: str) -> str:
    headed = f"{heading}\n{content}" if heading else content
    return headed if utf16_length(headed) <= CONTENT_LIMIT else content


def _append(
    wanted: list[Shown], notice: str, text: str, standing: Sequence[PostState], author: Author
) -> None:
    """Put a notice under the last page, or into a post of its own where it does not fit."""
    last = len(wanted) - 1
    post = _changeable(standing, last + 1)
    hook_id = post.ref.hook_id if post else author.hook_id
    heading = post.heading if post else _new_heading(wanted, author)
    if not wanted:
        # Under the persona's name it would look like its own words.
        line = notice if hook_id is None else f"-# {notice}"
        wanted.append(Shown(Page(0, 0, line), "", _headed(heading, line), heading, (), hook_id))
        return
    line = f"-# {notice}"
    content = f"{wanted[last].content}\n{line}"
    under = _kept(standing, last, wanted[last].page.start, wanted[last].text)
    is_fixed = under is not None and under.is_orphan
    if not is_fixed and utf16_length(content) <= CONTENT_LIMIT:
        wanted[last] = replace(wanted[last], content=content)
    else:
        end = len(text)
        wanted.append(Shown(Page(end, end, line), "", line, heading, (), hook_id))


# --- how to get there -----------------------------------------------------------------------------


def changes(standing: Sequence[PostState], wanted: Sequence[Shown]) -> list[Change]:
    """Return what brings the posts that stand to what is wanted, in the order in which it is safe to do."""
    made: list[Change] = []
    deletions: list[Change] = []
    for number, shown in enumerate(wanted):
        post = standing[number] if number < len(standing) else None
        if post is None:
            made.append(Send(number, shown))
            continue
        deletions += [Delete(number, ref, may_stay=True) for ref in post.replaces]
        if not post.is_orphan:
            made += _edits(number, post, shown)
        elif not _shows(post, shown.page.start, shown.text):
            made.append(Send(number, shown))
            deletions.append(Delete(number, post.ref, may_stay=True))
    for number in range(len(standing) - 1, len(wanted) - 1, -1):
        post = standing[number]
        deletions += [Delete(number, ref, may_stay=True) for ref in post.replaces]
        deletions.append(Delete(number, post.ref, may_stay=post.is_orphan))
    return [*made, *deletions]


def _edits(number: int, post: PostState, shown: Shown) -> list[Change]:
    content = None if shown.content.strip() == post.content else shown.content
    row = None if shown.row == post.row else shown.row
    return [] if content is None and row is None else [Edit(number, post.ref, shown, content, row)]


# --- what stands then -----------------------------------------------------------------------------


def recognised(standing: Sequence[PostState], wanted: Sequence[Shown]) -> tuple[PostState, ...]:
    """Return the posts with what they show, as far as they show what is wanted already."""
    found = list(standing)
    for number, (post, shown) in enumerate(zip(standing, wanted, strict=False)):
        if not post.is_orphan and post.content == shown.content.strip():
            found[number] = replace(post, page=shown.page, text=shown.text)
    return tuple(found)


def sent(standing: Sequence[PostState], change: Send, ref: PostRef, stands: str) -> tuple[PostState, ...]:
    """Return the posts once a new one was made. `stands` is what it says: Discord trims what it stores.

    A post that Discord had taken already comes back as it was then, with the buttons of that time.
    """
    shown, number = change.shown, change.page
    old = standing[number] if number < len(standing) else None
    as_sent = not stands or stands.strip() == shown.content.strip()
    made = PostState(
        ref,
        shown.heading,
        content=shown.content.strip() if as_sent else stands.strip(),
        row=shown.row if as_sent else None,
        page=shown.page if as_sent else None,
        text=shown.text if as_sent else None,
        replaces=(*old.replaces, old.ref) if old else (),
    )
    return (*standing[:number], made, *standing[number + 1 :])


def edited(standing: Sequence[PostState], change: Edit) -> tuple[PostState, ...]:
    """Return the posts once one was changed."""
    shown, number = change.shown, change.page
    made = replace(
        standing[number], content=shown.content.strip(), row=shown.row, page=shown.page, text=shown.text
    )
    return (*standing[:number], made, *standing[number + 1 :])


def deleted(standing: Sequence[PostState], change: Delete) -> tuple[PostState, ...]:
    """Return the posts once one was deleted, or had to stay."""
    left = (post for post in standing if post.ref != change.ref)
    return tuple(
        replace(post, replaces=tuple(ref for ref in post.replaces if ref != change.ref)) for post in left
    )


def orphaned(standing: Sequence[PostState], hook_id: int | None) -> tuple[PostState, ...]:
    """Return the posts once a webhook is gone: what it posted stays as it is."""
    return tuple(replace(post, is_orphan=True) if post.ref.hook_id == hook_id else post for post in standing)


def seen(standing: Sequence[PostState]) -> str | None:
    """Return the text that people see: what the first posts show of it; None where that is not known."""
    text: str | None = None
    for post in standing:
        if post.page is None or post.text is None or post.page.start != len(text or ""):
            break
        text = (text or "") + post.text
    return text


def button_posts(
    standing: Sequence[PostState], wanted: Sequence[Shown], status: TurnStatus | None
) -> tuple[set[int], set[int]]:
    """Return which pages may bear buttons while the changes are made, and which do afterwards."""
    last = {len(wanted) - 1} if status is not None and wanted else set()
    return last | {number for number, post in enumerate(standing) if post.row != ()}, last
