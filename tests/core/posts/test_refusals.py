"""What a refusal of Discord's is about: its whole published list, and what is in no list."""

import pytest

from bot.core.posts.refusals import (
    PASSING,
    PLACE,
    RIGHT,
    WORDS,
    Blame,
    blame,
    fields_in,
    forbids_pointing,
    names_words,
)

# Every code of Discord's page "Opcodes and Status Codes" (JSON Error Codes), as of 2026.
TOLD_APART = {
    Blame.WORDS: {20009, 20031, 40005, 50006, 200000, 200001, 240000},
    Blame.PLACE: {
        *(10001, 10002, 10003, 10004, 10005, 10006, 10007, 10008, 10009, 10010, 10011, 10012, 10013, 10014),
        *(10015, 10016, 10020, 10021, 10026, 10027, 10028, 10029, 10030, 10031, 10032, 10033, 10036, 10038),
        *(10049, 10050, 10057, 10059, 10060, 10061, 10062, 10063, 10065, 10066, 10067, 10068, 10069, 10070),
        *(10071, 10087, 10097, 10124, 10129),
        *(40043, 40058, 40060, 40066, 40067, 40094, 50003, 50007, 50008, 50021, 50024, 50027, 50033, 50055),
        *(50068, 50073, 50083, 50278, 160005, 160006, 160007, 220001, 220002, 220003, 220004, 520003),
    },
    Blame.RIGHT: {
        *(20001, 20002, 20012, 20018, 20024, 40001, 40002, 40007, 40012, 50001, 50002, 50005, 50009, 50013),
        *(50014, 50025, 50026, 50067, 50095, 50178, 60003, 160002, 160009, 160010, 160014, 400001),
    },
    Blame.MOMENT: {
        *(20016, 20022, 20028, 20029, 30046, 40003, 40004, 40006, 40062, 40333, 50041, 50109),
        *(110000, 110001, 130000),
    },
}
OF_OTHER_REQUESTS = {
    # Servers, roles, channels, invites, applications and purchases.
    *(
        20015,
        20035,
        30001,
        30002,
        30003,
        30004,
        30005,
        30007,
        30008,
        30010,
        30011,
        30013,
        30015,
        30016,
        30018,
    ),
    *(
        30019,
        30030,
        30031,
        30032,
        30033,
        30034,
        30035,
        30037,
        30038,
        30039,
        30040,
        30042,
        30045,
        30047,
        30048,
    ),
    *(
        30052,
        30056,
        30058,
        30060,
        30061,
        30084,
        40009,
        40018,
        40019,
        40032,
        40033,
        40041,
        40061,
        40074,
        40114,
    ),
    *(
        40115,
        50004,
        50010,
        50011,
        50012,
        50015,
        50016,
        50017,
        50019,
        50020,
        50028,
        50034,
        50036,
        50039,
        50054,
    ),
    *(
        50057,
        50070,
        50074,
        50084,
        50085,
        50086,
        50091,
        50097,
        50101,
        50131,
        50132,
        50163,
        50167,
        80004,
        340015,
    ),
    *(150006, 160004, 180000, 180002, 350000, 350001, 500000),
    *(530000, 530001, 530002, 530003, 530004, 530006, 530007),
    # Files, stickers, emojis, voice messages, reactions and polls.
    *(
        50045,
        50046,
        50080,
        50081,
        50110,
        50123,
        50124,
        50138,
        50144,
        50145,
        50146,
        50151,
        50159,
        50160,
        50161,
    ),
    *(50162, 50173, 50192, 50600, 90001, 90002, 170001, 170002, 170003, 170004, 170005, 170006),
    *(520000, 520001, 520002, 520004, 520006),
}
BY_FIELD = 50035
FORM = "Invalid Form Body\nIn {}: Must be 2000 or fewer in length."


@pytest.mark.parametrize(
    ("about", "code"), [(about, code) for about, codes in TOLD_APART.items() for code in codes]
)
def test_a_known_code_is_about_one_thing_whatever_its_status(code: int, about: Blame) -> None:
    assert [blame(status, code) for status in (400, 403, 404, 429)] == [about] * 4


def test_no_code_is_about_two_things_and_none_of_another_request_is_listed() -> None:
    groups = [*TOLD_APART.values(), OF_OTHER_REQUESTS, {BY_FIELD, 0}]
    assert sum(map(len, groups)) == len(set().union(*groups))
    assert OF_OTHER_REQUESTS.isdisjoint(WORDS | PLACE | RIGHT | PASSING)
    assert TOLD_APART[Blame.WORDS] == WORDS
    assert TOLD_APART[Blame.RIGHT] == RIGHT
    assert TOLD_APART[Blame.PLACE] > PLACE
    assert PASSING | {50041, 50109} == TOLD_APART[Blame.MOMENT]


@pytest.mark.parametrize(
    ("status", "about"),
    [
        (400, Blame.WORDS),
        (401, Blame.RIGHT),
        (403, Blame.RIGHT),
        (404, Blame.PLACE),
        (405, Blame.MOMENT),
        (408, Blame.MOMENT),
        (409, Blame.MOMENT),
        (410, Blame.PLACE),
        (413, Blame.WORDS),
        (422, Blame.WORDS),
        (429, Blame.MOMENT),
        (499, Blame.WORDS),
    ],
)
@pytest.mark.parametrize("code", [0, 999_999, 11_000, 9_999, -1])
def test_a_code_that_nobody_knows_is_judged_by_the_status(status: int, code: int, about: Blame) -> None:
    assert blame(status, code) is about


@pytest.mark.parametrize(
    ("field", "about"),
    [
        ("content", Blame.WORDS),
        ("data.content", Blame.WORDS),
        ("nonce", Blame.MOMENT),
        ("components", Blame.MOMENT),
        ("components.0.components.0.label", Blame.MOMENT),
        ("data.components.0.components.1.custom_id", Blame.MOMENT),
        ("embeds.0.content", Blame.MOMENT),
        ("username", Blame.MOMENT),
        ("avatar_url", Blame.MOMENT),
        ("message_reference", Blame.MOMENT),
        ("flags", Blame.MOMENT),
        ("data", Blame.MOMENT),
        ("thread_id", Blame.PLACE),
        ("thread_name", Blame.PLACE),
        ("applied_tags", Blame.PLACE),
        ("channel_id", Blame.PLACE),
        ("message_id", Blame.PLACE),
        ("webhook_id", Blame.PLACE),
    ],
)
def test_a_form_is_about_its_field(field: str, about: Blame) -> None:
    assert blame(400, BY_FIELD, FORM.format(field)) is about
    assert names_words(BY_FIELD, FORM.format(field)) is (about is Blame.WORDS)


def test_of_several_fields_the_words_come_first_and_then_the_place() -> None:
    fields = "In username: No.\nIn thread_id: No."
    assert blame(400, BY_FIELD, f"Invalid Form Body\n{fields}\nIn content: No.") is Blame.WORDS
    assert blame(400, BY_FIELD, f"Invalid Form Body\n{fields}") is Blame.PLACE


def test_a_form_without_a_field_may_be_about_the_words_but_does_not_say_so() -> None:
    assert blame(400, BY_FIELD, "Invalid Form Body") is Blame.WORDS
    assert not names_words(BY_FIELD, "Invalid Form Body")


def test_words_in_a_message_of_discords_are_no_fields() -> None:
    text = 'Invalid Form Body\nIn nonce: "In content: x" is not unique. In username: y.'
    assert fields_in(text) == {"nonce"}


@pytest.mark.parametrize(
    ("code", "text", "only"),
    [
        (160_002, "", True),
        (160_009, "", True),
        (160_010, "", True),
        (160_014, "", False),
        (BY_FIELD, FORM.format("message_reference"), True),
        (BY_FIELD, FORM.format("data.message_reference"), True),
        (BY_FIELD, FORM.format("message_reference") + "\nIn content: No.", False),
        (BY_FIELD, FORM.format("content"), False),
        (50_013, "", False),
    ],
)
def test_a_refused_reference_can_be_left_out(code: int, text: str, only: bool) -> None:
    assert forbids_pointing(code, text) is only


@pytest.mark.parametrize("code", sorted(WORDS))
def test_a_code_about_words_says_so(code: int) -> None:
    assert names_words(code)
    assert not names_words(50_013)
