"""What the posts of a turn show, and the changes that bring them there."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.posts.buttons import WRITING, Row, TurnStatus, row_under
from bot.core.posts.layout import (
    Allowance,
    Author,
    Change,
    Delete,
    Edit,
    PostRef,
    PostState,
    Send,
    Shown,
    button_posts,
    changes,
    deleted,
    edited,
    fitting,
    lay_out,
    makes_posts,
    orphaned,
    recognised,
    seen,
    sent,
    shown_until,
)
from bot.core.posts.pages import CONTENT_LIMIT, Page, pages, shows, utf16_length
from bot.core.scene import Ending

BOT = Author(has_nonces=True)
NAMED = Author(heading="**Marlow**", has_nonces=True)
HOOK = Author(hook_id=7)
DONE = TurnStatus(Ending.DONE)
FULL, OVER = "a" * 1900 + ".", "b" * 200
"""Two paragraphs that do not fit into one post."""
TWO_PAGES = f"{FULL}\n\n{OVER}"


@dataclass
class Channel:
    """A channel as Discord keeps it: the posts of a turn, and what is known of them."""

    messages: dict[int, tuple[str, Row]] = field(default_factory=dict)
    standing: tuple[PostState, ...] = ()
    made: int = 100

    def make(self, change: Change) -> None:
        """Let one change be done."""
        if isinstance(change, Send):
            self.made += 1
            self.messages[self.made] = (change.shown.content.strip(), change.shown.row)
            ref = PostRef(self.made, change.shown.hook_id)
            self.standing = sent(self.standing, change, ref, change.shown.content.strip())
        elif isinstance(change, Edit):
            content, row = self.messages[change.ref.message_id]
            known = self.standing[change.page]
            assert known.content is None or (change.content or "").strip() != content, "it stands already"
            assert known.row is None or change.row != row, "the buttons stand already"
            assert (change.content, change.row) != (None, None), "an edit of nothing"
            wanted = content if change.content is None else change.content.strip()
            self.messages[change.ref.message_id] = (wanted, row if change.row is None else change.row)
            self.standing = edited(self.standing, change)
        else:
            del self.messages[change.ref.message_id]
            self.standing = deleted(self.standing, change)

    def show(
        self,
        text: str,
        notice: str | None = None,
        status: TurnStatus | None = DONE,
        author: Author = BOT,
        most: int | None = None,
    ) -> tuple[Shown, ...]:
        """Bring the posts up to a text; of the changes at most so many are done."""
        wanted = lay_out(text, notice, status, self.standing, author)
        self.standing = recognised(self.standing, wanted)
        for change in changes(self.standing, wanted)[:most]:
            self.make(change)
        return wanted

    @property
    def contents(self) -> list[str]:
        """What people read, post by post."""
        return [self.messages[post.ref.message_id][0] for post in self.standing]

    @property
    def rows(self) -> list[Row]:
        """The buttons under the posts."""
        return [self.messages[post.ref.message_id][1] for post in self.standing]


def stood(*contents: str, hook_id: int | None = None, heading: str = "") -> tuple[PostState, ...]:
    """Posts of a run before this one: nothing is known of them but what they are."""
    return tuple(PostState(PostRef(number, hook_id), heading) for number, _ in enumerate(contents, start=1))


# --- what stands where ----------------------------------------------------------------------------


def test_a_text_is_posted_with_the_buttons_of_its_turn() -> None:
    (shown,) = lay_out("Good evening. ", None, DONE, (), BOT)
    assert (shown.text, shown.content, shown.heading) == ("Good evening. ", "Good evening.", "")
    assert (shown.page.start, shown.page.end, shown.hook_id) == (0, 14, None)
    assert shown.row == row_under(DONE)


def test_without_a_status_there_are_no_buttons() -> None:
    assert lay_out("Good evening.", None, None, (), BOT)[0].row == ()


def test_of_several_posts_the_last_has_the_buttons() -> None:
    first, last = lay_out(TWO_PAGES, None, WRITING, (), BOT)
    assert (first.content, first.row) == (FULL, ())
    assert (last.content, last.row) == (OVER, row_under(WRITING))
    assert first.text + last.text == TWO_PAGES


def test_a_blank_text_without_a_notice_has_no_post() -> None:
    assert lay_out(" \n", None, DONE, (), BOT) == ()
    assert lay_out("", None, WRITING, (), BOT) == ()


def test_a_notice_stands_beneath_the_text_in_small_print() -> None:
    (shown,) = lay_out("Good", "It broke off.", DONE, (), BOT)
    assert shown.content == "Good\n-# It broke off."
    assert (shown.text, shown.page.end) == ("Good", 4)


@pytest.mark.parametrize(("length", "posts"), [(1983, 1), (1984, 2)])
def test_a_notice_that_does_not_fit_has_a_post_of_its_own(length: int, posts: int) -> None:
    found = lay_out("a" * length, "It broke off.", DONE, (), BOT)
    assert len(found) == posts
    assert found[-1].content.endswith("-# It broke off.")
    assert [shown.row for shown in found] == [()] * (posts - 1) + [row_under(DONE)]
    assert (found[-1].text, found[-1].page.end) == ("a" * length if posts == 1 else "", length)
    assert found[-1].page.start == (0 if posts == 1 else length)


@pytest.mark.parametrize(
    ("author", "content"),
    [
        (BOT, "No answer came."),
        (NAMED, "**Marlow**\nNo answer came."),
        (HOOK, "-# No answer came."),  # under the persona's name it would look like its own words
        (replace(HOOK, heading="-# ↪ Alice"), "-# ↪ Alice\n-# No answer came."),
    ],
)
def test_a_notice_alone(author: Author, content: str) -> None:
    (shown,) = lay_out("", "No answer came.", DONE, (), author)
    assert (shown.content, shown.text, shown.hook_id) == (content, "", author.hook_id)
    assert (shown.page, shown.heading) == (Page(0, 0, content.rpartition("\n")[2]), author.heading)
    assert shown.row == row_under(DONE)
    assert lay_out("", "No answer came.", None, (), author)[0].row == ()


def test_a_notice_alone_goes_into_the_post_that_is_there_as_who_made_it() -> None:
    (shown,) = lay_out("", "No answer came.", DONE, stood("?", hook_id=7, heading="-# ↪ Alice"), BOT)
    assert (shown.content, shown.hook_id) == ("-# ↪ Alice\n-# No answer came.", 7)
    (shown,) = lay_out("", "No answer came.", DONE, stood("?"), HOOK)
    assert (shown.content, shown.hook_id) == ("No answer came.", None)


def test_a_notice_apart_is_by_who_makes_new_posts() -> None:
    _, apart = lay_out("a" * 1990, "It broke off.", None, (), HOOK)
    assert apart == Shown(Page(1990, 1990, "-# It broke off."), "", "-# It broke off.", "", (), 7)
    _, apart = lay_out("a" * 1985, "It broke off.", None, (), NAMED)
    assert (apart.content, apart.heading) == ("-# It broke off.", "")


# --- the line above -------------------------------------------------------------------------------


def test_the_line_stands_above_the_first_post_only() -> None:
    first, last = lay_out(TWO_PAGES, None, DONE, (), NAMED)
    assert first.content == f"**Marlow**\n{FULL}"
    assert (last.content, last.heading) == (OVER, "")


def test_the_first_page_leaves_room_for_the_line_above() -> None:
    text = "word " * 399 + "word."  # 2,000 units
    assert len(lay_out(text, None, DONE, (), BOT)) == 1
    first, last = lay_out(text, None, DONE, (), NAMED)
    assert utf16_length(first.content) <= 2000
    assert first.content.startswith("**Marlow**\nword ")
    assert first.text + last.text == text


def test_the_pages_after_the_first_need_no_room_for_the_line_above() -> None:
    paragraphs = ["a" * 1900, "b" * 1970, "c" * 100]
    found = lay_out("\n\n".join(paragraphs), None, DONE, (), NAMED)
    assert [shown.content for shown in found] == ["**Marlow**\n" + paragraphs[0], *paragraphs[1:]]


def test_a_text_that_fits_under_its_line_to_the_last_unit_is_one_post() -> None:
    text = "a" * 1989
    (shown,) = lay_out(text, None, DONE, (), NAMED)
    assert (shown.content, utf16_length(shown.content)) == (f"**Marlow**\n{text}", 2000)
    assert len(lay_out(text + "a", None, DONE, (), NAMED)) == 2


def test_a_post_keeps_its_line_no_matter_who_posts_now() -> None:
    old = stood("?", heading="**Isolde**")
    (shown,) = lay_out("Mind the map.", None, DONE, old, NAMED)
    assert (shown.content, shown.heading) == ("**Isolde**\nMind the map.", "**Isolde**")
    (shown,) = lay_out("Mind the map.", None, DONE, stood("?"), NAMED)
    assert (shown.content, shown.heading) == ("Mind the map.", "")


def test_where_the_face_changes_the_next_post_has_a_line_again() -> None:
    """A webhook's post says itself who speaks; what the bot adds beneath it does not."""
    by_hook = stood("?", hook_id=7)
    first, last = lay_out(TWO_PAGES, None, DONE, by_hook, NAMED)
    assert (first.content, first.hook_id) == (FULL, 7)
    assert (last.content, last.heading, last.hook_id) == (f"**Marlow**\n{OVER}", "**Marlow**", None)
    three = lay_out(f"{TWO_PAGES}{FULL}\n\n{OVER}", None, DONE, by_hook, NAMED)
    assert [shown.heading for shown in three] == ["", "**Marlow**", ""]


def test_a_notice_apart_has_no_line_above_it_but_what_follows_in_its_post_has() -> None:
    by_hook = stood("?", hook_id=7)
    _, apart = lay_out("a" * 1990, "It broke off.", DONE, by_hook, NAMED)
    assert (apart.content, apart.heading) == ("-# It broke off.", "**Marlow**")
    channel = Channel({1: ("?", ())}, by_hook, made=1)
    channel.show(FULL, "x" * 300, author=NAMED)
    assert channel.contents == [FULL, "-# " + "x" * 300]
    channel.show(TWO_PAGES, author=NAMED)
    assert channel.contents == [FULL, f"**Marlow**\n{OVER}"]


def test_a_line_that_leaves_no_room_is_left_out() -> None:
    by_hook = stood("?", hook_id=7)
    _, last = lay_out(f"{FULL}\n\n{'b' * 1990}", None, DONE, by_hook, NAMED)
    assert (last.content, last.heading) == ("b" * 1990, "**Marlow**")
    _, last = lay_out(f"{FULL}\n\n{'b' * 1989}", None, DONE, by_hook, NAMED)
    assert last.content == "**Marlow**\n" + "b" * 1989


# --- changes --------------------------------------------------------------------------------------


def test_of_a_post_that_an_earlier_try_made_the_buttons_are_set_again() -> None:
    wanted = lay_out("Hello.", None, DONE, (), Author())
    (send,) = changes((), wanted)
    assert isinstance(send, Send)
    found = sent((), send, PostRef(900), "Hello.", is_new=False)
    assert found[0].row is None
    assert changes(found, wanted) == [Edit(0, PostRef(900), wanted[0], None, wanted[0].row)]


def test_a_text_that_grew_by_nothing_to_see_behind_a_post_that_cannot_change_is_laid_out_once() -> None:
    text = "word " * 401
    standing: tuple[PostState, ...] = ()
    for change in changes((), lay_out(text, None, WRITING, (), Author(hook_id=7))):
        assert isinstance(change, Send)
        standing = sent(standing, change, PostRef(change.page + 1, 7), change.shown.content)
    standing, text = orphaned(standing, 7), text + "\u200b"
    for change in changes(standing, lay_out(text, None, WRITING, standing, NAMED)):
        if isinstance(change, Send):
            standing = sent(standing, change, PostRef(9), change.shown.content)
    assert not any(
        isinstance(each, Edit) for each in changes(standing, lay_out(text, None, WRITING, standing, NAMED))
    )


def test_a_post_that_was_to_be_deleted_and_still_stands_is_no_part_of_a_text_that_grows_back() -> None:
    text = "word " * 1190
    laid_out = pages(text, limit=1980)

    def post(page: Page, hook_id: int | None = None) -> PostState:
        words, is_orphan = text[page.start : page.end], hook_id is not None
        ref = PostRef(page.start, hook_id)
        return PostState(ref, "", words.strip(), (), page, words, is_orphan=is_orphan)

    # It was shortened to 2,975, and what was to go belongs to a webhook that is gone.
    second = pages(text[:2975], (laid_out[0].end,))[1]
    standing = (post(laid_out[0]), post(second), *(post(page, 7) for page in laid_out[2:]))
    assert len(standing) == 4
    for _ in range(2):  # laid out, and before anything of it was posted laid out again
        wanted = lay_out(text, None, WRITING, standing, Author())
        assert "".join(shown.text for shown in wanted) == text
        standing = recognised(standing, wanted)


def test_what_is_missing_is_sent() -> None:
    wanted = lay_out(TWO_PAGES, None, DONE, (), BOT)
    assert changes((), wanted) == [Send(0, wanted[0]), Send(1, wanted[1])]
    assert makes_posts((), wanted)


def test_everything_is_set_on_a_post_whose_state_is_unknown() -> None:
    old = stood("?")
    wanted = lay_out("Evening.", None, DONE, old, BOT)
    assert changes(old, wanted) == [Edit(0, PostRef(1), wanted[0], "Evening.", row_under(DONE))]
    assert not makes_posts(old, wanted)


def test_only_what_differs_is_sent() -> None:
    channel = Channel()
    channel.show("Good", status=WRITING)
    grown = lay_out("Good evening", None, WRITING, channel.standing, BOT)
    assert changes(channel.standing, grown) == [Edit(0, PostRef(101), grown[0], "Good evening", None)]
    settled = lay_out("Good", None, DONE, channel.standing, BOT)
    assert changes(channel.standing, settled) == [Edit(0, PostRef(101), settled[0], None, row_under(DONE))]
    same = lay_out("Good", None, WRITING, channel.standing, BOT)
    assert changes(channel.standing, same) == []


def test_pages_that_stand_end_where_they_did() -> None:
    texts = ["One.\n\n", "Two.\n\n", "Three."]
    pages = [Page(0, 6, "One."), Page(6, 12, "Two."), Page(12, 18, "Three.")]
    standing = tuple(
        PostState(PostRef(number), content=page.content, row=(), page=page, text=text)
        for number, (page, text) in enumerate(zip(pages, texts, strict=True), start=1)
    )
    found = lay_out("One.\n\nTwo.\n\nThree. Four.", None, DONE, standing, BOT)
    assert [shown.content for shown in found] == ["One.", "Two.", "Three. Four."]


def test_another_text_ends_its_pages_where_it_likes() -> None:
    channel = Channel()
    channel.show(TWO_PAGES)
    channel.show("c" * 1500 + "\n\n" + "d" * 1500)
    assert channel.contents == ["c" * 1500, "d" * 1500]


def test_variants_of_another_number_have_another_row() -> None:
    channel = Channel()
    channel.show("Good", status=TurnStatus(Ending.DONE, number=2, count=3))
    wanted = lay_out("Good", None, TurnStatus(Ending.DONE, number=3, count=3), channel.standing, BOT)
    (change,) = changes(channel.standing, wanted)
    assert isinstance(change, Edit)
    assert (change.content, change.row) == (None, row_under(TurnStatus(Ending.DONE, number=3, count=3)))


def test_what_is_too_many_is_deleted_last_and_from_the_end() -> None:
    old = stood("?", "?", "?", hook_id=7)
    wanted = lay_out("Short.", None, DONE, old, BOT)
    assert changes(old, wanted) == [
        Edit(0, PostRef(1, 7), wanted[0], "Short.", row_under(DONE)),
        Delete(2, PostRef(3, 7)),
        Delete(1, PostRef(2, 7)),
    ]


def test_a_post_that_discord_had_already_is_brought_up_to_date() -> None:
    """It comes back as it was when it was made, with the buttons of that time."""
    wanted = lay_out("Good evening.", None, DONE, (), BOT)
    standing = sent((), Send(0, wanted[0]), PostRef(5), " Good")
    assert standing == (PostState(PostRef(5), content="Good"),)
    assert changes(standing, wanted) == [Edit(0, PostRef(5), wanted[0], "Good evening.", row_under(DONE))]
    assert seen(standing) is None


@pytest.mark.parametrize("stands", ["", "Good evening.", " Good evening. "])
def test_a_post_that_was_made_as_it_was_sent_needs_no_more(stands: str) -> None:
    wanted = lay_out("Good evening. ", None, DONE, (), NAMED)
    answered = f"**Marlow**\n{stands.strip()}" if stands else stands
    standing = sent((), Send(0, wanted[0]), PostRef(5), answered)
    page = wanted[0].page
    assert standing == (
        PostState(
            PostRef(5), "**Marlow**", "**Marlow**\nGood evening.", row_under(DONE), page, "Good evening. "
        ),
    )
    assert changes(standing, wanted) == []


def test_a_text_that_grew_by_a_blank_is_known_though_nothing_is_sent() -> None:
    channel = Channel()
    channel.show("Good")
    assert channel.show("Good ")[0].text == "Good "
    assert seen(channel.standing) == "Good "
    assert channel.standing[0].page == Page(0, 5, "Good")


# --- faces that are lost --------------------------------------------------------------------------


def test_a_post_whose_webhook_is_gone_stays_and_the_rest_follows_in_another() -> None:
    channel = Channel()
    channel.show("The storm", status=WRITING, author=HOOK)
    channel.standing = orphaned(channel.standing, 7)
    wanted = channel.show("The storm will pass.", author=Author(hook_id=8))
    assert channel.contents == ["The storm", "will pass."]
    assert channel.rows == [row_under(WRITING), row_under(DONE)]
    assert [shown.text for shown in wanted] == ["The storm", " will pass."]
    assert [post.ref.hook_id for post in channel.standing] == [7, 8]
    assert [post.is_orphan for post in channel.standing] == [True, False]
    assert seen(channel.standing) == "The storm will pass."


def test_a_post_whose_webhook_is_gone_stays_if_it_shows_all_of_another_text() -> None:
    channel, whole = Channel(), "a" * 1990
    channel.show(whole, author=HOOK)
    channel.standing = orphaned(channel.standing, 7)
    channel.show(f"{whole}`")
    channel.show(whole)
    # With a name line above it, it would need two posts: but it is there already.
    assert channel.contents == [whole]
    assert changes(channel.standing, lay_out(whole, None, DONE, channel.standing, NAMED)) == []


def test_a_post_whose_webhook_is_gone_is_wanted_as_it_stands() -> None:
    channel = Channel()
    channel.show("The storm", "It was cut off.", author=Author(hook_id=7, heading="-# ↪ Alice"))
    channel.standing = orphaned(channel.standing, 7)
    first, second = lay_out("The storm will pass.", None, DONE, channel.standing, Author(hook_id=8))
    assert (first.text, first.content) == ("The storm", "-# ↪ Alice\nThe storm\n-# It was cut off.")
    assert (first.hook_id, first.heading) == (7, "-# ↪ Alice")
    assert (second.text, second.content, second.hook_id) == (" will pass.", "will pass.", 8)
    # Another text is not what stands there: the whole of it needs a new post.
    (new,) = lay_out("A calm.", None, DONE, channel.standing, Author(hook_id=8))
    assert (new.content, new.hook_id) == ("A calm.", 8)


def test_of_a_post_that_is_only_there_nothing_is_known() -> None:
    assert PostRef(1) == PostRef(1, None)
    assert PostState(PostRef(1)) == PostState(PostRef(1, None), "", None, None, None, None, is_orphan=False)


def test_only_the_posts_of_the_webhook_that_is_gone_are_fixed() -> None:
    mixed = (PostState(PostRef(1, 7)), PostState(PostRef(2, 8)), PostState(PostRef(3)))
    assert [post.is_orphan for post in orphaned(mixed, 7)] == [True, False, False]


def test_a_notice_under_a_post_that_cannot_change_has_a_post_of_its_own() -> None:
    channel = Channel()
    channel.show("The storm", author=HOOK)
    channel.standing = orphaned(channel.standing, 7)
    channel.show("The storm", "It broke off.", author=NAMED)
    assert channel.contents == ["The storm", "-# It broke off."]


def test_a_post_that_cannot_change_and_is_no_part_of_the_text_any_more_is_replaced() -> None:
    channel = Channel()
    channel.show("The storm", author=HOOK)
    channel.standing = orphaned(channel.standing, 7)
    wanted = lay_out("The tide", None, DONE, channel.standing, NAMED)
    assert makes_posts(channel.standing, wanted)
    assert changes(channel.standing, wanted) == [
        Send(0, wanted[0]),
        Delete(0, PostRef(101, 7), may_stay=True),
    ]
    channel.make(Send(0, wanted[0]))
    assert channel.standing[0].replaces == (PostRef(101, 7),)
    # The deletion was not done: it is still due, whatever is shown next.
    again = lay_out("The tide turns", None, DONE, channel.standing, NAMED)
    assert changes(channel.standing, again) == [
        Edit(0, PostRef(102), again[0], "**Marlow**\nThe tide turns", None),
        Delete(0, PostRef(101, 7), may_stay=True),
    ]
    gone = lay_out("", None, DONE, channel.standing, NAMED)
    assert changes(channel.standing, gone) == [
        Delete(0, PostRef(101, 7), may_stay=True),
        Delete(0, PostRef(102)),
    ]
    channel.show("The tide turns", author=NAMED)
    assert channel.contents == ["**Marlow**\nThe tide turns"]
    assert list(channel.messages) == [102]
    assert [post.replaces for post in channel.standing] == [()]


def test_a_replacement_that_is_replaced_leaves_neither_behind() -> None:
    channel = Channel()
    channel.show("One", author=HOOK)
    channel.standing = orphaned(channel.standing, 7)
    channel.show("Two", author=Author(hook_id=8), most=1)
    channel.standing = orphaned(channel.standing, 8)
    channel.show("Three", author=BOT, most=1)
    assert channel.standing[0].replaces == (PostRef(101, 7), PostRef(102, 8))
    channel.show("Three", author=BOT)
    assert (channel.contents, list(channel.messages)) == (["Three"], [103])


def test_whatever_was_replaced_is_deleted_at_last() -> None:
    replaced = tuple(
        replace(post, replaces=(PostRef(post.ref.message_id + 10, 7),)) for post in stood("?", "?")
    )
    wanted = lay_out(TWO_PAGES, None, DONE, replaced, BOT)
    assert changes(replaced, wanted)[2:] == [
        Delete(0, PostRef(11, 7), may_stay=True),
        Delete(1, PostRef(12, 7), may_stay=True),
    ]


def test_a_replacement_leaves_the_posts_after_it() -> None:
    old = stood("?", "?", "?")
    wanted = lay_out("Good evening.", None, DONE, (), BOT)
    assert sent(old, Send(0, wanted[0]), PostRef(5), "")[1:] == old[1:]


def test_a_post_that_shows_only_a_notice_and_cannot_change_is_replaced() -> None:
    channel = Channel()
    channel.show("", "No answer came.", author=HOOK)
    channel.standing = orphaned(channel.standing, 7)
    channel.show("Good evening.", author=NAMED)
    assert channel.contents == ["**Marlow**\nGood evening."]


def test_what_replaces_it_leaves_room_for_the_line_above() -> None:
    channel = Channel()
    channel.show("", "No answer came.", author=HOOK)
    channel.standing = orphaned(channel.standing, 7)
    channel.show("word " * 399 + "word.", author=NAMED)  # 2,000 units
    assert [content.partition(" ")[0] for content in channel.contents] == ["**Marlow**\nword", "word"]


def test_what_is_too_many_and_cannot_change_may_stay() -> None:
    channel = Channel()
    channel.show(TWO_PAGES, author=HOOK)
    channel.standing = orphaned(channel.standing, 7)
    wanted = lay_out(FULL, None, DONE, channel.standing, HOOK)
    assert changes(channel.standing, wanted)[-1] == Delete(1, PostRef(102, 7), may_stay=True)


def test_a_post_whose_state_is_unknown_cannot_stay_without_its_webhook() -> None:
    old = orphaned(stood("?", hook_id=7), 7)
    wanted = lay_out("Evening.", None, DONE, old, NAMED)
    assert changes(old, wanted) == [Send(0, wanted[0]), Delete(0, PostRef(1, 7), may_stay=True)]
    assert wanted[0].content == "**Marlow**\nEvening."


def test_a_post_that_takes_the_place_of_one_that_cannot_grow_has_room_for_its_line() -> None:
    """The page cannot end where the old post does: a code span has only just begun there."""
    channel = Channel()
    channel.show("`", author=HOOK)
    channel.standing = orphaned(channel.standing, 7)
    text = "`" + "a" * 1990
    channel.show(text, author=NAMED)
    assert channel.contents[0].startswith("**Marlow**\n`a")
    again = lay_out(text, None, DONE, channel.standing, NAMED)
    assert changes(channel.standing, again) == []


# --- what people see ------------------------------------------------------------------------------


def test_people_see_what_the_posts_were_brought_up_to() -> None:
    channel = Channel({1: ("?", ()), 2: ("?", ())}, stood("?", "?"), made=2)
    assert seen(()) is None
    assert seen(channel.standing) is None
    wanted = channel.show(TWO_PAGES, most=1)
    assert seen(channel.standing) == wanted[0].text
    channel.show(TWO_PAGES)
    assert seen(channel.standing) == TWO_PAGES
    channel.show("", "No answer came.")
    assert seen(channel.standing) == ""


def test_what_stands_behind_a_gap_is_not_seen_as_part_of_the_text() -> None:
    channel = Channel()
    channel.show(TWO_PAGES)
    first, last = channel.standing
    assert seen((replace(first, page=None, text=None), last)) is None
    assert seen((first, PostState(PostRef(9)), last)) == first.text
    assert seen((last,)) is None


# --- which posts have buttons ---------------------------------------------------------------------


def test_while_buttons_move_both_posts_may_have_them() -> None:
    channel = Channel()
    channel.show(FULL, status=WRITING)
    wanted = lay_out(TWO_PAGES, None, WRITING, channel.standing, BOT)
    assert button_posts(channel.standing, wanted, WRITING) == ({0, 1}, {1})
    channel.show(TWO_PAGES, status=WRITING)
    assert button_posts(channel.standing, wanted, WRITING) == ({1}, {1})
    assert button_posts(channel.standing, wanted, None) == ({1}, set())


def test_a_post_whose_state_is_unknown_may_have_buttons() -> None:
    old = stood("?", "?")
    wanted = lay_out("Evening.", None, DONE, old, BOT)
    assert button_posts(old, wanted, DONE) == ({0, 1}, {0})
    assert button_posts((), (), DONE) == (set(), set())


# --- properties -----------------------------------------------------------------------------------

unhurried = settings(deadline=None)  # other work on the machine must not fail a test
words = st.text(st.sampled_from("ab .\n*`😀"), max_size=60)
MARKUP = ["https://a.example/", "```\n", "**", "> ", "\n\n", "\u200b", "<@1", "a" * 1990]
pieces = st.one_of(words, st.integers(1, 900).map(lambda n: "word " * n), st.sampled_from(MARKUP))


@dataclass(frozen=True)
class Step:
    """One thing that happens to a turn: its text changes, a webhook is lost, or not all gets through."""

    piece: str
    how: str
    notice: str | None
    status: TurnStatus | None
    loses: bool
    by_webhook: bool
    done: int | None


steps = st.builds(
    Step,
    piece=pieces,
    how=st.sampled_from(["grow", "grow", "grow", "replace", "shorten"]),
    notice=st.sampled_from([None, None, "It broke off.", "x" * 300]),
    status=st.sampled_from([WRITING, DONE, TurnStatus(Ending.LENGTH, number=2, count=3), None]),
    loses=st.booleans(),
    by_webhook=st.booleans(),
    done=st.sampled_from([None, None, 0, 1, 2]),
)


def after(text: str, step: Step) -> str:
    match step.how:
        case "grow":
            return text + step.piece
        case "replace":
            return step.piece
        case _:
            return text[: len(text) // 2]


@unhurried
@given(st.lists(steps, min_size=1, max_size=7))
def test_whatever_happens_the_posts_come_to_show_what_is_wanted(happening: list[Step]) -> None:
    channel, text, hook_id = Channel(), "", 7
    for step in happening:
        text = after(text, step)
        if step.loses:
            channel.standing = orphaned(channel.standing, hook_id)
            hook_id += 1
        author = Author(hook_id=hook_id) if step.by_webhook else NAMED
        channel.show(text, step.notice, step.status, author, most=step.done)
        if step.done is not None:
            continue  # something came between: the next step goes on from what stands
        holds(channel, text, step, author)
    last = replace(happening[-1], done=None)
    author = Author(hook_id=hook_id) if last.by_webhook else NAMED
    channel.show(text, last.notice, last.status, author)
    holds(channel, text, last, author)


def holds(channel: Channel, text: str, step: Step, author: Author) -> None:
    """The posts are exactly what is wanted, and nothing else of the turn stands in the channel."""
    wanted = lay_out(text, step.notice, step.status, channel.standing, author)
    assert changes(channel.standing, wanted) == []
    assert len(channel.standing) == len(wanted) == len(channel.messages)
    for post, shown in zip(channel.standing, wanted, strict=True):
        content, row = channel.messages[post.ref.message_id]
        assert content == shown.content.strip()
        assert post.is_orphan or row == shown.row
        assert utf16_length(shown.content) <= 2000
        assert shown.text == text[shown.page.start : shown.page.end]
    if shows(text):
        assert "".join(shown.text for shown in wanted) == text
        assert seen(channel.standing) == text
    if step.notice is not None:
        assert channel.contents[-1].endswith(f"{step.notice}")
    if step.status is not None and wanted:
        assert wanted[-1].row == row_under(step.status)
    assert all(shown.row == () for shown in wanted[:-1])


@unhurried
@given(st.lists(steps, min_size=1, max_size=5))
def test_deletions_come_last_and_what_cannot_change_is_never_edited(happening: list[Step]) -> None:
    channel, text, hook_id = Channel(), "", 7
    for step in happening:
        text = after(text, step)
        if step.loses:
            channel.standing = orphaned(channel.standing, hook_id)
            hook_id += 1
        author = Author(hook_id=hook_id) if step.by_webhook else NAMED
        wanted = lay_out(text, step.notice, step.status, channel.standing, author)
        todo = changes(recognised(channel.standing, wanted), wanted)
        kinds = [isinstance(change, Delete) for change in todo]
        assert kinds == sorted(kinds)
        fixed = {post.ref for post in channel.standing if post.is_orphan}
        assert not [change for change in todo if isinstance(change, Edit) and change.ref in fixed]
        assert makes_posts(channel.standing, wanted) == any(isinstance(change, Send) for change in todo)
        channel.show(text, step.notice, step.status, author, most=step.done)


@unhurried
@given(st.lists(pieces, min_size=1, max_size=8))
def test_while_a_text_grows_no_post_but_the_last_is_touched_twice(grown: list[str]) -> None:
    channel, text = Channel(), ""
    for piece in grown:
        text += piece
        before = channel.contents[:-1]
        channel.show(text, status=None)
        assert channel.contents[: len(before)] == before


# --- the most posts -------------------------------------------------------------------------------

STOP = row_under(WRITING)
PARAGRAPH = "w" * 1500


def paragraphs(count: int, last: str = PARAGRAPH) -> str:
    return "\n\n".join([*[PARAGRAPH] * (count - 1), last])


@pytest.mark.parametrize(
    ("text", "allowance", "fits"),
    [
        ("", Allowance(1), ""),
        ("Hello.", Allowance(1), "Hello."),
        (paragraphs(2), Allowance(2), paragraphs(2)),
        (paragraphs(3), Allowance(2), paragraphs(2)),
        (paragraphs(3), Allowance(2, room=0), paragraphs(2)),
        (paragraphs(3), Allowance(3), paragraphs(3)),
        # The last leaves room for a notice.
        (paragraphs(2, "x" * 1800), Allowance(2), paragraphs(2, "x" * 1800)),
        (paragraphs(2, "x" * 1801), Allowance(2), paragraphs(2, "x" * 1776)),
        (paragraphs(2, "x" * 1801), Allowance(2, room=0), paragraphs(2, "x" * 1801)),
        (paragraphs(2, "x" * 1801), Allowance(3), paragraphs(2, "x" * 1801)),
        (paragraphs(2, "x" * 2000), Allowance(2, room=0), paragraphs(2, "x" * 2000)),
        (paragraphs(2, "x" * 2001), Allowance(2, room=0), paragraphs(2, "x" * 1976)),
        ("x" * 1801, Allowance(1), "x" * 1776),
        ("x" * 1800, Allowance(1), "x" * 1800),
    ],
)
def test_the_beginning_that_fits(text: str, allowance: Allowance, fits: str) -> None:
    assert fitting(text, (), BOT, allowance) == fits


def test_a_reply_makes_ten_posts_and_leaves_room_for_two_hundred_units() -> None:
    assert Allowance() == Allowance(posts=10, room=200)


@settings(max_examples=60)
@given(
    st.lists(
        st.sampled_from(["word ", "\n\n", "**bold ", "```\ncode\n```", "\u6d6a" * 50, "x" * 700]), max_size=80
    ),
    st.integers(1, 4),
    st.sampled_from([0, 200]),
)
def test_what_fits_needs_no_more_posts_and_is_a_beginning(parts: list[str], most: int, room: int) -> None:
    text = "".join(parts)
    fits = fitting(text, (), BOT, Allowance(most, room))
    assert text.startswith(fits)
    shown = lay_out(fits, None, None, (), BOT)
    assert len(shown) <= most
    assert all(utf16_length(each.content) <= CONTENT_LIMIT for each in shown)
    if fits != text:
        assert len(pages(text)) >= most


def test_what_stands_stays_in_what_fits() -> None:
    channel = Channel()
    channel.show(paragraphs(2), status=WRITING)
    fits = fitting(paragraphs(4), channel.standing, BOT, Allowance(2, room=0))
    assert fits == paragraphs(2)


def test_a_notice_makes_no_post_beyond_the_most() -> None:
    full = "a" * 1990
    stopped = TurnStatus(Ending.STOPPED)
    (post,) = lay_out(full, "Stopped.", stopped, (), BOT, Allowance(1, room=0))
    assert (post.content, post.row) == (full, row_under(stopped))
    assert len(lay_out(full, "Stopped.", stopped, (), BOT, Allowance(2))) == 2
    (alone,) = lay_out("", "Stopped.", stopped, (), BOT, Allowance(1))
    assert alone.content == "Stopped."
    (under,) = lay_out("a", "Stopped.", stopped, (), BOT, Allowance(1))
    assert under.content == "a\n-# Stopped."


@pytest.mark.parametrize("most", [1, 2])
def test_a_notice_that_must_be_seen_has_a_post_beyond_the_most(most: int) -> None:
    text, stopped = paragraphs(most, "a" * 1990), TurnStatus(Ending.STOPPED)
    *_, last, alone = lay_out(
        text, "Stopped.", stopped, (), BOT, Allowance(most, room=0, one_for_notice=True)
    )
    assert (last.content, last.row) == ("a" * 1990, ())
    assert (alone.text, alone.content, alone.row) == ("", "-# Stopped.", row_under(stopped))
    assert fitting(paragraphs(most + 1), (), BOT, Allowance(most, one_for_notice=True)) == paragraphs(most)


def test_a_text_grows_on_above_the_post_of_its_notice() -> None:
    channel = Channel()
    begun = "w" * 1900 + " and the sto"
    channel.show(begun, "edited by Alice" * 6, WRITING)
    assert channel.contents == [begun, "-# " + "edited by Alice" * 6]
    channel.show(f"{begun}rm will pass.", "edited by Alice" * 6, WRITING)
    assert channel.contents == [f"{begun}rm will pass.", "-# " + "edited by Alice" * 6]
    channel.show(f"{begun}rm will pass." + " x" * 60, "edited by Alice" * 6, WRITING)
    assert channel.contents[1].startswith("x x")
    assert channel.contents[1].endswith("x\n-# " + "edited by Alice" * 6)
    assert seen(channel.standing) == f"{begun}rm will pass." + " x" * 60


# --- Stop -----------------------------------------------------------------------------------------


def rows(text: str, status: TurnStatus, channel: Channel) -> list[tuple[str, int, Row | None]]:
    """The changes to a text, each as its kind, its page and the row it brings."""
    wanted = lay_out(text, None, status, channel.standing, BOT)
    found: list[tuple[str, int, Row | None]] = []
    while todo := changes(channel.standing, wanted, stoppable=True):
        for change in todo:
            assert not isinstance(change, Delete)
            row = change.shown.row if isinstance(change, Send) else change.row
            found.append((type(change).__name__, change.page, row))
            channel.make(change)
    assert [each.row for each in channel.standing] == [()] * (len(wanted) - 1) + [row_under(status)]
    return found


def test_stop_stands_under_the_first_new_post_until_the_last_is_made() -> None:
    assert rows(paragraphs(3), DONE, Channel()) == [
        ("Send", 0, STOP),
        ("Send", 1, ()),
        ("Send", 2, row_under(DONE)),
        ("Edit", 0, ()),
    ]


def test_stop_stays_where_it_stands_until_the_last_post_is_made() -> None:
    channel = Channel()
    channel.show("w" * 700, status=WRITING)
    assert rows(paragraphs(3), DONE, channel) == [
        ("Edit", 0, None),
        ("Send", 1, ()),
        ("Send", 2, row_under(DONE)),
        ("Edit", 0, ()),
    ]


def test_stop_stays_for_a_single_last_post() -> None:
    channel = Channel()
    channel.show("w" * 700, status=WRITING)
    assert rows(paragraphs(2), DONE, channel) == [
        ("Edit", 0, None),
        ("Send", 1, row_under(DONE)),
        ("Edit", 0, ()),
    ]


def test_while_the_model_writes_stop_goes_from_page_to_page_without_a_request() -> None:
    channel = Channel()
    channel.show("w" * 700, status=WRITING)
    assert rows(paragraphs(2), WRITING, channel) == [("Edit", 0, ()), ("Send", 1, STOP)]
    assert rows(paragraphs(4), WRITING, channel) == [
        ("Send", 2, ()),
        ("Send", 3, STOP),
        ("Edit", 1, ()),
    ]


def test_one_post_alone_needs_no_stop_before_it() -> None:
    assert rows("Hello.", DONE, Channel()) == [("Send", 0, row_under(DONE))]
    channel = Channel()
    channel.show("Hello", status=WRITING)
    assert rows("Hello.", DONE, channel) == [("Edit", 0, row_under(DONE))]


def test_stop_stands_under_no_post_that_cannot_be_changed() -> None:
    channel = Channel()
    channel.show(paragraphs(1), status=WRITING)
    channel.standing = tuple(replace(post, is_orphan=True) for post in channel.standing)
    wanted = lay_out(paragraphs(3), None, DONE, channel.standing, BOT)
    made = changes(channel.standing, wanted, stoppable=True)
    assert [(change.page, change.shown.row) for change in made if isinstance(change, Send | Edit)] == [
        (1, STOP),
        (2, row_under(DONE)),
    ]


def test_what_is_no_reply_has_no_stop() -> None:
    wanted = lay_out(paragraphs(3), None, DONE, (), BOT)
    assert [change.shown.row for change in changes((), wanted) if isinstance(change, Send)] == [
        (),
        (),
        row_under(DONE),
    ]


def test_the_pages_that_may_have_buttons_meanwhile_are_known_with_that_of_stop() -> None:
    wanted = lay_out(paragraphs(3), None, DONE, (), BOT)
    assert button_posts((), wanted, DONE, stoppable=True) == ({0, 2}, {2})
    assert button_posts((), wanted, DONE) == ({2}, {2})
    one = lay_out("Hello.", None, DONE, (), BOT)
    assert button_posts((), one, DONE, stoppable=True) == ({0}, {0})


# --- how much of a text a post shows ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "heading", "content", "until"),
    [
        (0, "", "The storm", 9),
        (0, "", "The storm\n-# edited by Alice\n-# The reply was cut off.", 9),
        (0, "**Marlow**", "**Marlow**\nThe storm", 9),
        (0, "", "The storm will **pas**", 20),
        (0, "", "The storm will **pass**", 23),
        (0, "", "The storm will **pass** ‐# it", 29),
        (0, "", "The storm will **pass** -# it", 0),
        (9, "", "will", 14),
        (0, "", "-# edited by Alice", 0),
        (0, "", "", 0),
        (0, "", "Another text", 0),
        (0, "", "The storm will **pass** ‐# it all and much more", 0),
        (9, "", "The storm", 9),
    ],
)
def test_the_part_of_a_text_that_a_post_shows(start: int, heading: str, content: str, until: int) -> None:
    text = "The storm will **pass** -# it all"
    assert shown_until(text, start, heading, content) == until


@given(st.text("ab *`\n-#[](x", max_size=60), st.integers(0, 60))
def test_what_a_post_shows_is_found_again(text: str, end: int) -> None:
    part = text[:end]
    wanted = lay_out(part, "edited by Alice", None, (), NAMED)
    until = shown_until(text, 0, NAMED.heading, wanted[0].content)
    again = lay_out(text[:until], "edited by Alice", None, (), NAMED)
    assert until in {0, *range(len(part.rstrip()), len(text) + 1)} or again[0].content == wanted[0].content


def test_a_reply_can_be_stopped_while_its_posts_are_made_unless_it_is_said_otherwise() -> None:
    assert Allowance() == Allowance(10, 200, one_for_notice=False, stoppable=True)
