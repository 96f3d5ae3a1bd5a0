"""What is read of the messages of proxies: whose copy is which, under which name, in reply to what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.proxies import (
    ALIKE,
    KNOWN,
    PLURALKIT,
    PREFIXES,
    SAME,
    SIGNED,
    TAG,
    TUPPERBOX,
    Headed,
    ProxyRules,
    Words,
    alikeness,
    application_in,
    character_of,
    headed,
    is_escaped,
    is_member,
    lines,
    match,
    member_name,
    replied_to,
    stand_in,
    unescaped,
)

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=60)
SAID = WORDS.filter(lambda text: bool(text.split()))
SIGN = st.sampled_from(["L:", "[", "{{", "-", "~luna~", "🌙", "Luna Moonshadow:", "<|", "((", "🦊:"])
FAREWELL = st.sampled_from(["]", "}}", "-L", "~", "🌙", "|>", "))"])


def whole(copy: str, original: str, files: tuple[int, int] = (0, 0), *, trusted: bool = False) -> bool | None:
    """Whether one is a copy of all of the other; None if it is no copy."""
    found = match(Words(copy, files[0]), Words(original, files[1]), trusted=trusted)
    return None if found is None else found.whole


def test_the_known_proxies_are_these_two() -> None:
    assert (PLURALKIT, TUPPERBOX) == (466378653216014359, 431544605209788416)
    assert {PLURALKIT, TUPPERBOX} == KNOWN == ProxyRules().applications
    assert PREFIXES == ("pk;", "pk!", "tul!")


@pytest.mark.parametrize(
    ("copy", "original", "is_whole"),
    [
        pytest.param("Hello there.", "Hello there.", True, id="autoproxy, without signs"),
        pytest.param("Hello there.", "L: Hello there.", True, id="a sign before"),
        pytest.param("Hello there.", "Hello there. -L", True, id="a sign after"),
        pytest.param("Hello there.", "[Hello there.]", True, id="brackets"),
        pytest.param("Hello there.", "{{  Hello there.  }}", True, id="blanks are trimmed"),
        pytest.param("Hello\nthere.", "L:Hello\nthere.", True, id="several lines of one member"),
        pytest.param("Hello there.", "luna Hello there.", True, id="a word as a sign"),
        pytest.param("Hi", "L:Hi", True, id="few letters after a sign"),
        pytest.param("Hello.", "L: Hello.\nM: And I.", False, id="the first of two"),
        pytest.param("And I.", "L: Hello.\nM: And I.", False, id="the second of two"),
        pytest.param(
            "So\ndo we.", "L: Hello.\nM: So\ndo we.\nN: Bye.", False, id="one of three, of two lines"
        ),
        pytest.param(
            "I have :wave: three rooms left for tonight",
            "L: I have <:wave:123456789012345678> three rooms left for tonight, I have three rooms left",
            None,
            id="half of it is missing",
        ),
        pytest.param(
            "I have :lantern: three rooms left for the whole of tonight, all with a bed",
            "I have <:lantern:1234> three rooms left for the whole of tonight, all with a bed",
            True,
            id="an emoji is written otherwise",
        ),
        pytest.param("Hello there.", "Good evening.", None, id="other words"),
        pytest.param("I", "I am here", None, id="a word of a sentence"),
        pytest.param("there", "Hello there", None, id="the end of a sentence"),
        pytest.param("here", "there", None, id="a part of a word"),
        pytest.param("Hello there.", "Hello", None, id="more than the original"),
        pytest.param("", "", None, id="nothing of nothing"),
        pytest.param("Hello", "x" * (TAG + 1) + ":Hello", None, id="a very long sign"),
    ],
)
def test_a_copy_is_the_original_without_signs_or_some_of_its_lines(
    copy: str, original: str, is_whole: bool | None
) -> None:
    assert whole(copy, original) is is_whole


def test_somebody_known_as_the_member_may_have_any_sign() -> None:
    assert whole("there", "Hello there") is None
    assert whole("there", "Hello there", trusted=True) is True


@pytest.mark.parametrize(
    ("copy", "original", "files", "is_whole"),
    [
        ("Look.", "L: Look.", (1, 1), True),
        ("Look.", "L: Look.", (0, 1), None),
        ("Look.", "L: Look.", (1, 0), None),
        ("", "", (1, 1), True),
        ("", "L:", (2, 2), True),
        ("", "L:", (0, 0), None),
        ("Look.", "L: Look.\nM: And?", (1, 1), False),
        ("And?", "L: Look.\nM: And?", (0, 1), False),  # the first copy has the file
    ],
)
def test_a_copy_of_all_of_it_has_its_files(
    copy: str, original: str, files: tuple[int, int], is_whole: bool | None
) -> None:
    assert whole(copy, original, files) is is_whole


def test_words_with_a_sign_are_closer_than_the_same_and_these_than_words_beside_others_or_alike() -> None:
    words = "Three rooms are left for tonight."
    long = "Luna Moonshadow the Elder:"
    written = [f"L: {words}", f"Luna: {words}", words, f"{long} {words}", words.replace("Three", "Thrce")]
    found = [match(Words(words), Words(each)) for each in written]
    closeness = [each.closeness for each in found if each is not None]
    assert closeness[2] == SAME
    assert closeness == sorted(closeness, reverse=True)
    assert len(set(closeness)) == 5


def test_few_words_beside_others_are_no_sign() -> None:
    same, beside = match(Words("ok"), Words("ok")), match(Words("ok"), Words("Hmm, ok"))
    assert same is not None
    assert beside is not None
    assert same.closeness > beside.closeness


@given(said=SAID, before=SIGN, after=FAREWELL | st.just(""))
def test_any_words_between_signs_are_found(said: str, before: str, after: str) -> None:
    assert whole(said, f"{before} {said} {after}".strip()) is True


@given(said=SAID)
def test_any_words_are_a_copy_of_themselves(said: str) -> None:
    assert match(Words(said), Words(f"  {said}\n")) == match(Words(said), Words(said))
    assert whole(said, said) is True


@given(parts=st.lists(SAID.map(lambda text: " ".join(text.split())).filter(bool), min_size=2, max_size=5))
def test_each_of_several_lines_is_found(parts: list[str]) -> None:
    written = "\n".join(f"{number}: {each}" for number, each in enumerate(parts))
    assert all(whole(each, written) is not None for each in parts)
    assert sum(map(lines, parts)) == lines(written)


@given(
    copy=WORDS, original=WORDS, files=st.tuples(st.integers(0, 3), st.integers(0, 3)), trusted=st.booleans()
)
def test_no_copy_has_more_files_than_its_original_and_one_of_all_has_as_many(
    copy: str, original: str, files: tuple[int, int], trusted: bool
) -> None:
    found = match(Words(copy, files[0]), Words(original, files[1]), trusted=trusted)
    if found is not None:
        assert files[0] == files[1] if found.whole else files[0] <= files[1]
        assert 0 < found.closeness <= SIGNED


def test_hostile_words_take_no_time() -> None:
    assert whole("a" * 4000, "b" * 4000) is None
    assert whole("a", "a" * 4000) is None
    assert whole("a" * 2000 + "b", "a" * 4000) is None


@given(one=WORDS, other=WORDS)
def test_texts_are_as_much_alike_as_the_other_way_round(one: str, other: str) -> None:
    assert alikeness(one, other) == alikeness(other, one)
    assert 0 <= alikeness(one, other) <= 1 == alikeness(one, one)
    assert ALIKE == 0.85


@pytest.mark.parametrize(
    ("posted", "name"),
    [
        ("Luna", "Luna"),
        ("C\u200alyde", "Clyde"),  # Discord refuses that word
        ("L\u17b5", "L"),  # and a name of one letter
        ("Luna\u200b", "Luna"),
        ("  Luna   Moon ", "Luna Moon"),
        ("👩\u200d🚀 Ada", "👩\u200d🚀 Ada"),  # a joiner inside an emoji is a part of it
        ("\u17b5", ""),
    ],
)
def test_a_member_is_called_as_people_read_it(posted: str, name: str) -> None:
    assert member_name(posted) == name


def test_a_member_is_the_same_however_the_proxy_writes_the_name() -> None:
    luna = character_of(PLURALKIT, "Luna")
    assert luna == character_of(PLURALKIT, "LUNA\u17b5") == f"member:{PLURALKIT}:luna"
    assert luna != character_of(TUPPERBOX, "Luna")
    assert is_member(luna)
    assert not is_member("")
    assert not is_member("profile:7")
    assert application_in(luna) == PLURALKIT
    assert application_in(character_of(TUPPERBOX, "a:b")) == TUPPERBOX


def test_a_stand_in_is_of_one_server_and_member_and_nobodys_account() -> None:
    luna, max_ = character_of(PLURALKIT, "Luna"), character_of(PLURALKIT, "Max")
    tupper = character_of(TUPPERBOX, "Luna")
    found = {stand_in(5, luna), stand_in(6, luna), stand_in(5, max_), stand_in(5, tupper)}
    assert len(found) == 4
    assert all(-(2**63) <= each < 0 for each in found)
    assert stand_in(5, luna) == stand_in(5, character_of(PLURALKIT, "LUNA"))


ARROW = "Alice\u2004\u21a9\ufe0f"


@pytest.mark.parametrize(
    ("author", "description", "message_id"),
    [
        (ARROW, "**[Reply to:](https://discord.com/channels/1/2/345)** Have you a room?", 345),
        (ARROW, "[Reply to](https://canary.discord.com/channels/1/2/345) Have you", 345),
        ("Alice\u2004\u21a9", "**[Reply to:](<https://discordapp.com/channels/1/2/345>)**", 345),
        ("Alice", "**[Reply to:](https://discord.com/channels/1/2/345)** Have you a room?", None),
        (ARROW, "I said [Reply to:](https://discord.com/channels/1/2/345)", None),
        (ARROW, "**[Reply to:](https://example.com/channels/1/2/345)**", None),
        (ARROW, "**[Reply to:](https://discord.com/channels/1/2)**", None),
        ("", "", None),
    ],
)
def test_what_a_copy_replies_to_is_in_its_embed(
    author: str, description: str, message_id: int | None
) -> None:
    assert replied_to(author, description) == message_id


LINK = "https://discord.com/channels/1/2/345"


@pytest.mark.parametrize(
    ("copy", "told"),
    [
        (f"> Aye. [Jump]({LINK})\nAnd a bed?", Headed(345, "And a bed?")),
        (f"> Aye.\n> No. {LINK}\nAnd\na bed?", Headed(345, "And\na bed?")),
        (f"> Aye.\n<@77> - [jump]({LINK})\nAnd a bed?", Headed(345, "And a bed?")),
        (f"> [Reply to](<{LINK}>) **Marlow**: Aye.", Headed(345, "")),
        (f"> Aye. {LINK}\n\n> And a bed?", Headed(345, "\n> And a bed?")),
        ("> Aye.\nAnd a bed?", Headed(None, "> Aye.\nAnd a bed?")),
        ("> Aye.\n<@77>", Headed(None, "> Aye.\n<@77>")),
        (f"Look: {LINK}\n> Aye.", Headed(None, f"Look: {LINK}\n> Aye.")),
        (f"> Aye.\nsee {LINK}", Headed(None, f"> Aye.\nsee {LINK}")),
        ("> https://discord.com/channels/1/2\nHm.", Headed(None, "> https://discord.com/channels/1/2\nHm.")),
        (f"> Aye.\n{f'<{LINK}>' * 40}x", Headed(None, f"> Aye.\n{f'<{LINK}>' * 40}x")),
        ("", Headed(None, "")),
    ],
)
def test_what_a_copy_replies_to_is_linked_in_the_quote_above_it(copy: str, told: Headed) -> None:
    assert headed(copy) == told


@given(WORDS)
def test_words_without_a_link_stay_as_they_are(text: str) -> None:
    assert headed(text) == Headed(None, text)


@given(author=WORDS, description=WORDS)
def test_no_embed_breaks_it(author: str, description: str) -> None:
    assert replied_to(author, description) is None


@pytest.mark.parametrize(
    ("text", "is_command"),
    [
        ("pk;switch Luna", True),
        ("  PK;edit", True),
        ("pk!help", True),
        ("tul!find Luna", True),
        ("tulips!", False),
        ("I said pk;help", False),
        ("", False),
    ],
)
def test_commands_for_a_proxy_are_known_by_how_they_begin(text: str, is_command: bool) -> None:
    assert ProxyRules().is_command(text) is is_command


def test_which_begin_is_the_hosts_choice() -> None:
    assert ProxyRules(prefixes=("!",)).is_command("!roll")
    assert not ProxyRules(prefixes=()).is_command("pk;switch")


@pytest.mark.parametrize(
    ("written", "told"), [("\\Hello", "Hello"), ("\\\\Hello", "\\Hello"), ("Hello\\", "Hello\\"), ("", "")]
)
def test_one_backslash_before_words_is_for_the_proxy(written: str, told: str) -> None:
    assert unescaped(written) == told
    assert is_escaped(written) is (written != told)
