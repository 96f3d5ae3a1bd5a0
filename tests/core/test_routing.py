"""Who is spoken to: the whole table."""

from dataclasses import replace

import pytest

from bot.core.routing import Decision, Facts, Respond, decide

IGNORE, LISTEN, SPEAK = Decision.IGNORE, Decision.LISTEN, Decision.SPEAK


def facts(
    *,
    from_bot: bool = False,
    bound: bool = True,
    respond: Respond = Respond.NAME,
    addressed: bool = False,
    named: bool = False,
    empty: bool = False,
) -> Facts:
    return Facts(from_bot, bound, respond, addressed, named, empty)


@pytest.mark.parametrize(
    ("respond", "plain", "named", "addressed"),
    [
        (Respond.MENTION, LISTEN, LISTEN, SPEAK),
        (Respond.NAME, LISTEN, SPEAK, SPEAK),
        (Respond.ALWAYS, SPEAK, SPEAK, SPEAK),
        (Respond.NEVER, LISTEN, LISTEN, LISTEN),
    ],
)
def test_a_bound_channel_answers_by_its_mode_and_records_everything(
    respond: Respond, plain: Decision, named: Decision, addressed: Decision
) -> None:
    assert decide(facts(respond=respond)) is plain
    assert decide(facts(respond=respond, named=True)) is named
    assert decide(facts(respond=respond, addressed=True)) is addressed


def test_elsewhere_only_a_mention_or_a_reply_counts_and_nothing_else_is_stored() -> None:
    assert decide(facts(bound=False)) is IGNORE
    assert decide(facts(bound=False, named=True)) is IGNORE
    assert decide(facts(bound=False, addressed=True)) is SPEAK


def test_elsewhere_too_a_persona_that_never_answers_does_not() -> None:
    assert decide(facts(bound=False, addressed=True, respond=Respond.NEVER)) is IGNORE


@pytest.mark.parametrize("respond", list(Respond))
def test_bots_are_never_heard(respond: Respond) -> None:
    assert decide(facts(from_bot=True, addressed=True, named=True, respond=respond)) is IGNORE


def test_a_message_without_words_says_nothing_unless_it_addresses_the_persona() -> None:
    assert decide(facts(empty=True, respond=Respond.ALWAYS)) is IGNORE
    assert decide(facts(empty=True, addressed=True)) is SPEAK


@pytest.mark.parametrize("respond", list(Respond))
def test_what_is_given_to_a_command_is_answered_in_every_mode_and_everywhere(respond: Respond) -> None:
    assert decide(replace(facts(respond=respond), by_command=True)) is SPEAK
    assert decide(replace(facts(respond=respond, bound=False, empty=True), by_command=True)) is SPEAK
