"""The layout of a turn: what each post shows, and the fewest changes that lead there.

Law: pure. Posts are values; the wanted posts are laid out from the text and the existing posts, and the
changes follow from comparing the two. A text or a row that is there already is never sent again. Deletions
come last: no post is deleted before its replacement exists.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.core.posts.buttons import WRITING, Row, TurnStatus, row_under
from bot.core.posts.disarming import disarmed
from bot.core.posts.pages import CONTENT_LIMIT, Page, pages, settled, shows, utf16_length

MOST_POSTS: Final = 10
"""The most posts that one reply makes."""

MOST_ANSWERS: Final = 3
"""The most posts of a reply where the bot is only one person's. Discord takes five further answers to a
command there (its page "Receiving and Responding to Interactions"), of which the person's words may need one,
and what is said of their storage another."""

NOTICE_ROOM: Final = 200
"""UTF-16 units that the last of them leaves for a notice, which would need another post otherwise."""

_STOP: Final = row_under(WRITING)
_SMALL_PRINT: Final = "-# "
_MOST_CLOSED: Final = 12
"""The characters that close all of the markup that a page may be within."""


@dataclass(frozen=True, slots=True)
class PostRef:
    """A message of the bot's; `hook_id` is the webhook that made it, None for the bot itself."""

    message_id: int
    hook_id: int | None = None


@dataclass(frozen=True, slots=True)
class Author:
    """The maker of new posts.

    Attributes:
        hook_id: the webhook; None for the bot itself.
        heading: the line above the first of the new posts; empty for none.
        has_nonces: whether Discord recognises a repeated post by its nonce.
    """

    hook_id: int | None = None
    heading: str = ""
    has_nonces: bool = False


@dataclass(frozen=True, slots=True)
class Allowance:
    """The posts that a reply may have.

    Attributes:
        posts: their number.
        room: what the last of them leaves for a notice, in UTF-16 units.
        one_for_notice: whether a notice that does not fit all the same has a post beyond them; else it is
            dropped.
        stoppable: whether one of them has Stop while others are made; else no post is edited but those that
            existed before.
    """

    posts: int = MOST_POSTS
    room: int = NOTICE_ROOM
    one_for_notice: bool = False
    stoppable: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    """What one post shows.

    Attributes:
        page: the part of the turn's text; an empty one at the end for a post that shows none of it.
        text: that part to the letter.
        content: the content of the message: heading, page and notice, at most `CONTENT_LIMIT` UTF-16 units.
        heading: the line above the post's page; empty for none.
        row: the buttons under it.
        hook_id: the webhook that makes or made the post; None for the bot itself.
    """

    page: Page
    text: str
    content: str
    heading: str
    row: Row
    hook_id: int | None


@dataclass(frozen=True, slots=True)
class PostState:
    """A post that exists, and what is known of it.

    Attributes:
        ref: the message.
        heading: the line above its page, which stays what it was when the post was made.
        content: its content, as Discord stores it; None if that is not known.
        row: the buttons under it; None if they are not known.
        page, text: the part of the turn's text that it shows; None if that is not known.
        is_orphan: whether its webhook is gone, so that it cannot be changed anymore.
        replaces: the posts that this one replaces and that are still to be deleted.
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
    """Delete a post of a page; `may_stay` if its webhook is gone, as the bot may lack the permission then."""

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
    allowance: Allowance | None = None,
) -> tuple[Shown, ...]:
    """Return what the posts of a turn should show.

    Args:
        text: the turn's text.
        notice: the lines of the notice below it; None for none.
        status: the status of the turn, which gives the last post its buttons; None for no buttons.
        standing: the existing posts, in the order of their pages.
        author: the maker of missing posts.
        allowance: the posts beyond which none is made for a notice alone that may be dropped; None for no
            limit.
    """
    wanted: list[Shown] = []
    for page in _pages(text, standing, author):
        words = text[page.start : page.end]
        post = _kept(standing, len(wanted), page.start, words)
        hook_id = post.ref.hook_id if post else author.hook_id
        heading = post.heading if post else _new_heading(wanted, author)
        content = _headed(heading, disarmed(page.content))
        if post is not None and post.is_orphan and post.content is not None:
            content = post.content
        wanted.append(Shown(page, words, content, heading, (), hook_id))
    if notice is not None:
        _append(wanted, notice, text, standing, author)
        most = None if allowance is None or allowance.one_for_notice else allowance.posts
        if most is not None and len(wanted) > most and not wanted[-1].text:
            wanted.pop()
    if status is not None and wanted:
        wanted[-1] = replace(wanted[-1], row=row_under(status))
    return tuple(wanted)


def fitting(text: str, standing: Sequence[PostState], author: Author, allowance: Allowance) -> str:
    """Return the beginning of a text that the allowed posts show; all of it if it fits."""
    found = _pages(text, standing, author)
    most, limit = allowance.posts, CONTENT_LIMIT - allowance.room
    if len(found) < most or (len(found) == most and utf16_length(found[-1].content) <= limit):
        return text
    before = found[: most - 1]
    cuts = tuple(page.end for page in before)
    return text[: pages(text, cuts, limit=limit, laid_out=before)[most - 1].end]


def makes_posts(standing: Sequence[PostState], wanted: Sequence[Shown]) -> bool:
    """Return whether a layout needs new posts."""
    return any(isinstance(change, Send) for change in changes(standing, wanted))


def _pages(text: str, standing: Sequence[PostState], author: Author) -> tuple[Page, ...]:
    """Lay out pages that end where the existing ones do; a new first page leaves room for its heading."""
    known = _known(text, standing)
    cuts = tuple(post.page.end for post in known if post.page)
    if cuts:
        found = pages(text, cuts, laid_out=tuple(post.page for post in known if post.page))
        if found[0].end == cuts[0]:
            return found
    above = standing[0].heading if standing and not standing[0].is_orphan else author.heading
    room = CONTENT_LIMIT - utf16_length(f"{above}\n") if above else CONTENT_LIMIT
    found = pages(text, limit=room)
    return found if len(found) <= 1 or not above else pages(text, settled(found)[:1])


def _known(text: str, standing: Sequence[PostState]) -> list[PostState]:
    """Return the first posts whose pages still end where they did: all but the one that grows.

    An orphan cannot grow: its page ends where it does.
    """
    known: list[PostState] = []
    for post in standing:
        if post.text == "":
            break  # it shows the notice alone, and the page before it may still grow
        if post.page is None or post.text is None or not text.startswith(post.text, post.page.start):
            return known
        if post.page.start != (known[-1].page.end if known and known[-1].page else 0):
            return known  # an undeleted leftover, with which the text does not go on
        known.append(post)
    last = known[-1] if known else None
    if last is None or not last.is_orphan or last.page is None:
        return known[:-1]
    # Behind an orphan another page begins, if there is anything to see on it.
    rest = text[last.page.end :]
    return known if not rest or shows(rest) else known[:-1]


def _changeable(standing: Sequence[PostState], number: int) -> PostState | None:
    """Return the post of a page if there is one that can still be changed."""
    return standing[number] if number < len(standing) and not standing[number].is_orphan else None


def _kept(standing: Sequence[PostState], number: int, start: int, words: str) -> PostState | None:
    """Return the post of a page if it can show this text; an orphan can only if it does already."""
    if number >= len(standing):
        return None
    post = standing[number]
    return None if post.is_orphan and not _shows(post, start, words) else post


def _shows(post: PostState, start: int, words: str) -> bool:
    """Return whether a post shows this part of the text."""
    return bool(post.text) and post.page is not None and post.page.start == start and post.text == words


def _new_heading(before: Sequence[Shown], author: Author) -> str:
    """Return the line above a new post: none if its author made the post before it."""
    return author.heading if not before or before[-1].hook_id != author.hook_id else ""


def _headed(heading: str, content: str) -> str:
    headed = f"{heading}\n{content}" if heading else content
    return headed if utf16_length(headed) <= CONTENT_LIMIT else content


def _append(
    wanted: list[Shown], notice: str, text: str, standing: Sequence[PostState], author: Author
) -> None:
    """Append a notice to the last page, or as a post of its own if it does not fit."""
    last = len(wanted) - 1
    post = _changeable(standing, last + 1)
    hook_id = post.ref.hook_id if post else author.hook_id
    heading = post.heading if post else _new_heading(wanted, author)
    if not wanted:
        # Under the persona's name it would look like the persona's words.
        line = notice if hook_id is None else _small(notice)
        wanted.append(Shown(Page(0, 0, line), "", _headed(heading, line), heading, (), hook_id))
        return
    line = _small(notice)
    content = f"{wanted[last].content}\n{line}"
    under = _kept(standing, last, wanted[last].page.start, wanted[last].text)
    is_fixed = under is not None and under.is_orphan
    if not is_fixed and utf16_length(content) <= CONTENT_LIMIT:
        wanted[last] = replace(wanted[last], content=content)
    else:
        end = len(text)
        wanted.append(Shown(Page(end, end, line), "", line, heading, (), hook_id))


def _small(notice: str) -> str:
    return "\n".join(f"{_SMALL_PRINT}{line}" for line in notice.split("\n"))


# --- how to get there -----------------------------------------------------------------------------


def changes(
    standing: Sequence[PostState], wanted: Sequence[Shown], *, stoppable: bool = False
) -> list[Change]:
    """Return the changes from the existing posts to the wanted ones, in a safe order.

    With `stoppable`, one post has Stop until all new posts are made; its own row is a change of its own then.
    """
    made: list[Change] = []
    deletions: list[Change] = []
    bearer = _bearer(standing, wanted) if stoppable else None
    for number, shown in enumerate(wanted):
        if number == bearer:
            shown = replace(shown, row=_STOP)  # noqa: PLW2901 - what is wanted, for now
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


def _bearer(standing: Sequence[PostState], wanted: Sequence[Shown]) -> int | None:
    """Return the page with which Stop stays until the last new post is made; None if that is soon enough.

    While the model writes, Stop goes from a full page to the next without a request of its own.
    """
    last = len(wanted) - 1
    new = last + 1 - len(standing)
    is_written = bool(wanted) and wanted[-1].row == _STOP
    if new < 1 or (is_written and new == 1):
        return None
    bearing = [number for number, post in enumerate(standing) if post.row == _STOP and not post.is_orphan]
    if bearing:
        return bearing[-1]
    return len(standing) if new > 1 else None


def _edits(number: int, post: PostState, shown: Shown) -> list[Change]:
    content = None if shown.content.strip() == post.content else shown.content
    row = None if shown.row == post.row else shown.row
    return [] if content is None and row is None else [Edit(number, post.ref, shown, content, row)]


# --- what stands then -----------------------------------------------------------------------------


def recognised(standing: Sequence[PostState], wanted: Sequence[Shown]) -> tuple[PostState, ...]:
    """Return the posts with what they show, if they show what is wanted already."""
    found = list(standing)
    for number, (post, shown) in enumerate(zip(standing, wanted, strict=False)):
        if not post.is_orphan and post.content == shown.content.strip():
            found[number] = replace(post, page=shown.page, text=shown.text)
    return tuple(found)


def sent(
    standing: Sequence[PostState], change: Send, ref: PostRef, stands: str, *, is_new: bool = True
) -> tuple[PostState, ...]:
    """Return the posts after a new one was made; `stands` is its content as Discord has trimmed it.

    A post that Discord recognised by its nonce is returned as it was then, with the buttons of that time:
    `is_new` is False if it may be one.
    """
    shown, number = change.shown, change.page
    old = standing[number] if number < len(standing) else None
    as_sent = not stands or stands.strip() == shown.content.strip()
    made = PostState(
        ref,
        shown.heading,
        content=shown.content.strip() if as_sent else stands.strip(),
        row=shown.row if as_sent and is_new else None,
        page=shown.page if as_sent else None,
        text=shown.text if as_sent else None,
        replaces=(*old.replaces, old.ref) if old else (),
    )
    return (*standing[:number], made, *standing[number + 1 :])


def edited(standing: Sequence[PostState], change: Edit) -> tuple[PostState, ...]:
    """Return the posts after one was changed."""
    shown, number = change.shown, change.page
    made = replace(
        standing[number], content=shown.content.strip(), row=shown.row, page=shown.page, text=shown.text
    )
    return (*standing[:number], made, *standing[number + 1 :])


def deleted(standing: Sequence[PostState], change: Delete) -> tuple[PostState, ...]:
    """Return the posts after one was deleted, or had to stay."""
    left = (post for post in standing if post.ref != change.ref)
    return tuple(
        replace(post, replaces=tuple(ref for ref in post.replaces if ref != change.ref)) for post in left
    )


def orphaned(standing: Sequence[PostState], hook_id: int | None) -> tuple[PostState, ...]:
    """Return the posts after a webhook is gone: its posts cannot be changed anymore."""
    return tuple(replace(post, is_orphan=True) if post.ref.hook_id == hook_id else post for post in standing)


def seen(standing: Sequence[PostState]) -> str | None:
    """Return the text that people see: the part that the first posts show; None if that is not known."""
    text: str | None = None
    for post in standing:
        if post.page is None or post.text is None or post.page.start != len(text or ""):
            break
        text = (text or "") + post.text
    return text


def shown_until(text: str, start: int, heading: str, content: str) -> int:
    """Return where the part of a text ends that a post shows from `start` on; `start` if it shows none of it.

    Args:
        text: the turn's text.
        start: where the post's page begins.
        heading: the line above the page; empty for none.
        content: the post's content as Discord has it, maybe with a notice below.
    """
    lines = content.removeprefix(f"{heading}\n" if heading else "").rstrip().split("\n")
    while lines and lines[-1].startswith(_SMALL_PRINT):
        lines.pop()
    words = "\n".join(lines).rstrip()
    end = start + len(text[start:]) - len(text[start:].lstrip()) + len(words)
    # At most so much of it is markup that the page closes.
    for until in range(min(end, len(text)), max(start, end - _MOST_CLOSED - 1), -1):
        found = pages(text[start:until])
        if len(found) == 1 and disarmed(found[0].content).strip() == words:
            return until
    return start


def button_posts(
    standing: Sequence[PostState],
    wanted: Sequence[Shown],
    status: TurnStatus | None,
    *,
    stoppable: bool = False,
) -> tuple[set[int], set[int]]:
    """Return the pages that may have buttons during the changes, and those that have them afterwards."""
    last = {len(wanted) - 1} if status is not None and row_under(status) and wanted else set()
    bearing = {number for number, post in enumerate(standing) if post.row != ()}
    bearer = _bearer(standing, wanted) if stoppable else None
    return last | bearing | ({bearer} if bearer is not None else set()), last
