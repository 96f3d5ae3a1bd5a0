"""Is it answered at all? The whole table, and that each of its rows has a say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from bot.core.asides import BotQuestion, OutOfCharacter
from bot.core.budgets.rule import Payer, Refused
from bot.core.routing import (
    ANSWERS,
    IGNORE,
    LISTEN,
    PACED,
    SPEAK,
    SPENT,
    TABLE,
    UNPAID,
    Author,
    Availability,
    Cue,
    Decision,
    Denial,
    EditFacts,
    MessageFacts,
    NoReply,
    NoReplyReason,
    Respond,
    decide,
    may_ask_now,
    refusal_by_age,
    refusal_of_command,
    unpaid,
)


def told(reason: NoReplyReason, *, stored: bool = False) -> Decision:
    return Decision(stored=stored, answered=False, told=reason)


MESSAGE = MessageFacts()
"""Words of a person in a bound channel, to nobody, where a name wakes the persona."""

MENTION = MessageFacts(addressed=True)
COMMAND = MessageFacts(addressed=True, by_command=True)
ASIDE = MessageFacts(aside=True)
BOTS = MessageFacts(author=Author.LISTED_BOT, addressed=True)
HUSHED = replace(BOTS, author=Author.HUSHED_BOT)
OFF = OutOfCharacter.IGNORE


def test_a_message_without_further_facts_is_a_persons_plain_words() -> None:
    assert (
        MessageFacts(
            author=Author.PERSON,
            by_command=False,
            addressed=False,
            cue=Cue.NONE,
            aside=False,
            presence=False,
            question=None,
            empty=False,
            readable=True,
            bound=True,
            respond=Respond.NAME,
            paused=False,
            availability=Availability.READY,
            known=False,
            ooc=OutOfCharacter.STEER,
            denied=None,
        )
        == MESSAGE
    )


@pytest.mark.parametrize(
    ("respond", "plain", "named", "addressed"),
    [
        (Respond.MENTION, LISTEN, LISTEN, SPEAK),
        (Respond.NAME, LISTEN, SPEAK, SPEAK),
        (Respond.ALWAYS, SPEAK, SPEAK, SPEAK),
        (Respond.NEVER, LISTEN, LISTEN, LISTEN),
    ],
)
def test_a_bound_channel_answers_by_its_mode_and_stores_everything(
    respond: Respond, plain: Decision, named: Decision, addressed: Decision
) -> None:
    assert decide(MessageFacts(respond=respond)) == plain
    assert decide(MessageFacts(respond=respond, cue=Cue.NAME)) == named
    assert decide(MessageFacts(respond=respond, addressed=True)) == addressed


@pytest.mark.parametrize(
    ("respond", "plain", "named", "addressed"),
    [
        (Respond.MENTION, IGNORE, IGNORE, SPEAK),
        (Respond.NAME, IGNORE, IGNORE, SPEAK),
        (Respond.ALWAYS, IGNORE, IGNORE, SPEAK),
        (Respond.NEVER, IGNORE, IGNORE, IGNORE),
    ],
)
def test_elsewhere_only_a_mention_or_a_reply_counts_and_nothing_else_is_stored(
    respond: Respond, plain: Decision, named: Decision, addressed: Decision
) -> None:
    assert decide(MessageFacts(bound=False, respond=respond)) == plain
    assert decide(MessageFacts(bound=False, respond=respond, cue=Cue.NAME)) == named
    assert decide(MessageFacts(bound=False, respond=respond, addressed=True)) == addressed


@pytest.mark.parametrize(
    ("facts", "decision"),
    [
        # Told of a second time: whatever it was, nothing more comes of it.
        (replace(MENTION, known=True), IGNORE),
        (replace(MESSAGE, known=True), IGNORE),
        (replace(COMMAND, known=True), IGNORE),
        # Bots are never heard; an answer to a command is the bot's own post.
        (replace(MENTION, author=Author.BOT, cue=Cue.NAME), IGNORE),
        (replace(MESSAGE, author=Author.BOT, respond=Respond.ALWAYS), IGNORE),
        (replace(COMMAND, author=Author.BOT), SPEAK),
        # Too often within a minute: stored, and said; whatever else holds comes first.
        (replace(MENTION, denied=NoReplyReason.LIMITED), told(NoReplyReason.LIMITED, stored=True)),
        (replace(MENTION, denied=NoReplyReason.LIMITED, bound=False), told(NoReplyReason.LIMITED, stored=True)),
        (replace(MESSAGE, denied=NoReplyReason.LIMITED, cue=Cue.NAME), told(NoReplyReason.LIMITED, stored=True)),
        (
            replace(MESSAGE, denied=NoReplyReason.LIMITED, respond=Respond.ALWAYS),
            told(NoReplyReason.LIMITED, stored=True),
        ),
        (replace(COMMAND, denied=NoReplyReason.LIMITED), told(NoReplyReason.LIMITED, stored=True)),
        (replace(MESSAGE, denied=NoReplyReason.LIMITED), LISTEN),
        (replace(MESSAGE, denied=NoReplyReason.LIMITED, bound=False), IGNORE),
        (replace(MENTION, denied=NoReplyReason.LIMITED, known=True), IGNORE),
        (replace(MENTION, denied=NoReplyReason.LIMITED, paused=True), told(NoReplyReason.PAUSED)),
        (replace(MENTION, denied=NoReplyReason.LIMITED, availability=Availability.NOBODY), told(NoReplyReason.NO_PERSONA)),
        (
            replace(MENTION, denied=NoReplyReason.LIMITED, availability=Availability.MISSING),
            told(NoReplyReason.PERSONA_MISSING, stored=True),
        ),
        # Blocked: nothing comes of it, whatever else holds.
        (replace(MENTION, author=Author.BLOCKED), IGNORE),
        (replace(COMMAND, author=Author.BLOCKED), IGNORE),
        (replace(MESSAGE, author=Author.BLOCKED, cue=Cue.NAME, respond=Respond.ALWAYS), IGNORE),
        # May not play here: who asks is told, names wake nobody, nothing is stored.
        (replace(MENTION, author=Author.NO_ROLE), told(NoReplyReason.NO_ROLE)),
        (replace(MENTION, author=Author.NO_ROLE, paused=True), told(NoReplyReason.NO_ROLE)),
        (replace(MENTION, author=Author.NO_ROLE, respond=Respond.NEVER), IGNORE),
        (replace(MESSAGE, author=Author.NO_ROLE, cue=Cue.NAME), IGNORE),
        (replace(MESSAGE, author=Author.NO_ROLE, respond=Respond.ALWAYS), IGNORE),
        (replace(MESSAGE, author=Author.NO_ROLE), IGNORE),
        # In a time in which nobody is answered, who turns to a persona is told; the story hears all.
        (replace(MENTION, denied=NoReplyReason.QUIET), told(NoReplyReason.QUIET, stored=True)),
        (replace(MENTION, denied=NoReplyReason.COOLING), told(NoReplyReason.COOLING, stored=True)),
        (replace(COMMAND, denied=NoReplyReason.CHANNEL_COOLING), told(NoReplyReason.CHANNEL_COOLING, stored=True)),
        (replace(MESSAGE, denied=NoReplyReason.QUIET, cue=Cue.NAME), told(NoReplyReason.QUIET, stored=True)),
        (replace(MESSAGE, denied=NoReplyReason.QUIET, respond=Respond.ALWAYS), LISTEN),
        (replace(MESSAGE, denied=NoReplyReason.COOLING, cue=Cue.CHANCE), LISTEN),
        (replace(MESSAGE, denied=NoReplyReason.QUIET), LISTEN),
        (replace(MENTION, denied=NoReplyReason.QUIET, paused=True), told(NoReplyReason.PAUSED)),
        (replace(ASIDE, denied=NoReplyReason.QUIET, addressed=True, question=BotQuestion.AI), told(NoReplyReason.ASKED_AI)),
        # A bot that admins have listed is answered as people are, and told nothing.
        (BOTS, SPEAK),
        (replace(BOTS, addressed=False), LISTEN),
        (replace(BOTS, addressed=False, cue=Cue.NAME), SPEAK),
        (HUSHED, LISTEN),
        (replace(HUSHED, addressed=False, cue=Cue.NAME), LISTEN),
        (replace(BOTS, denied=NoReplyReason.LIMITED), LISTEN),
        (replace(BOTS, denied=NoReplyReason.QUIET, cue=Cue.NAME), LISTEN),
        (replace(BOTS, paused=True), IGNORE),
        (replace(BOTS, readable=False), IGNORE),
        (replace(BOTS, aside=True), IGNORE),
        (replace(BOTS, availability=Availability.NOBODY), IGNORE),
        (replace(BOTS, availability=Availability.MUTED), LISTEN),
        # Where personas are not told what is out of character, who mentions the bot is told so.
        (replace(ASIDE, ooc=OFF, addressed=True), told(NoReplyReason.OOC_IGNORED)),
        (replace(ASIDE, ooc=OFF, cue=Cue.NAME), IGNORE),
        (replace(ASIDE, ooc=OFF), IGNORE),
        (replace(ASIDE, ooc=OFF, presence=True), LISTEN),
        (replace(ASIDE, ooc=OFF, addressed=True, question=BotQuestion.STOP), told(NoReplyReason.ASKED_STOP)),
        (replace(ASIDE, ooc=OutOfCharacter.ANSWER, addressed=True), SPEAK),
        # Opted out: those who ask are told, nothing is stored, whatever else holds.
        (replace(MENTION, author=Author.COMMANDING), IGNORE),
        (replace(MESSAGE, author=Author.COMMANDING, cue=Cue.NAME, respond=Respond.ALWAYS), IGNORE),
        (replace(MENTION, author=Author.OPTED_OUT), told(NoReplyReason.OPTED_OUT)),
        (replace(MENTION, author=Author.OPTED_OUT, bound=False), told(NoReplyReason.OPTED_OUT)),
        (replace(MENTION, author=Author.OPTED_OUT, denied=NoReplyReason.LIMITED), told(NoReplyReason.OPTED_OUT)),
        (replace(MENTION, author=Author.OPTED_OUT, paused=True), told(NoReplyReason.OPTED_OUT)),
        (replace(MENTION, author=Author.OPTED_OUT, readable=False), told(NoReplyReason.OPTED_OUT)),
        (replace(MENTION, author=Author.OPTED_OUT, availability=Availability.NOBODY), told(NoReplyReason.OPTED_OUT)),
        (replace(MENTION, author=Author.OPTED_OUT, aside=True), told(NoReplyReason.OPTED_OUT)),
        (replace(COMMAND, author=Author.OPTED_OUT, respond=Respond.NEVER), told(NoReplyReason.OPTED_OUT)),
        (replace(MENTION, author=Author.OPTED_OUT, respond=Respond.NEVER), IGNORE),
        (replace(MENTION, author=Author.OPTED_OUT, known=True), IGNORE),
        (replace(MESSAGE, author=Author.OPTED_OUT), IGNORE),
        (replace(MESSAGE, author=Author.OPTED_OUT, cue=Cue.NAME), IGNORE),
        (replace(MESSAGE, author=Author.OPTED_OUT, respond=Respond.ALWAYS), IGNORE),
        (replace(MESSAGE, author=Author.OPTED_OUT, aside=True, presence=True), IGNORE),
        # Withheld words: said, and nothing stored of it.
        (replace(MENTION, readable=False, empty=True), told(NoReplyReason.UNREADABLE)),
        (replace(MENTION, readable=False, bound=False), told(NoReplyReason.UNREADABLE)),
        (replace(MENTION, readable=False, paused=True), told(NoReplyReason.UNREADABLE)),
        (replace(MENTION, readable=False, respond=Respond.NEVER), told(NoReplyReason.UNREADABLE)),
        (replace(MENTION, readable=False, known=True), IGNORE),
        (replace(MESSAGE, readable=False, empty=True), IGNORE),
        # Without words: only an empty mention says something.
        (replace(MESSAGE, empty=True, respond=Respond.ALWAYS), IGNORE),
        (replace(MENTION, empty=True), SPEAK),
        (replace(MENTION, empty=True, bound=False), SPEAK),
        (replace(COMMAND, empty=True), SPEAK),
        # A command asks in every mode and everywhere.
        (replace(COMMAND, respond=Respond.NEVER), SPEAK),
        (replace(COMMAND, respond=Respond.NEVER, bound=False), SPEAK),
        (MessageFacts(by_command=True, respond=Respond.NEVER, bound=False), SPEAK),
        # Paused: those who ask are told, nothing is stored.
        (replace(MENTION, paused=True), told(NoReplyReason.PAUSED)),
        (replace(COMMAND, paused=True, respond=Respond.NEVER), told(NoReplyReason.PAUSED)),
        (replace(MENTION, paused=True, respond=Respond.NEVER), IGNORE),
        (replace(MESSAGE, paused=True), IGNORE),
        (replace(MESSAGE, paused=True, cue=Cue.NAME), IGNORE),
        (replace(MESSAGE, paused=True, respond=Respond.ALWAYS), IGNORE),
        (replace(MENTION, paused=True, availability=Availability.NOBODY), told(NoReplyReason.PAUSED)),
        (replace(MENTION, paused=True, availability=Availability.FIXED), told(NoReplyReason.PAUSED)),
        (replace(MENTION, paused=True, availability=Availability.MISSING), told(NoReplyReason.PAUSED)),
        # No persona is set: those who ask are told, nothing is stored.
        (replace(MENTION, availability=Availability.NOBODY, bound=False), told(NoReplyReason.NO_PERSONA)),
        (replace(MENTION, availability=Availability.NOBODY), told(NoReplyReason.NO_PERSONA)),
        (replace(MENTION, availability=Availability.NOBODY, respond=Respond.NEVER), IGNORE),
        (replace(MESSAGE, availability=Availability.NOBODY), IGNORE),
        (replace(MESSAGE, availability=Availability.NOBODY, respond=Respond.ALWAYS), IGNORE),
        # Another persona than the configuration fixes: the same.
        (replace(COMMAND, availability=Availability.FIXED), told(NoReplyReason.PERSONA_FIXED)),
        (replace(COMMAND, availability=Availability.FIXED, bound=False), told(NoReplyReason.PERSONA_FIXED)),
        (replace(MESSAGE, availability=Availability.FIXED, respond=Respond.ALWAYS), IGNORE),
        # A persona for adults where children may read: those who ask are told, nothing is stored.
        (replace(MENTION, availability=Availability.RESTRICTED), told(NoReplyReason.AGE_RESTRICTED)),
        (replace(COMMAND, availability=Availability.RESTRICTED, bound=False), told(NoReplyReason.AGE_RESTRICTED)),
        (replace(MENTION, availability=Availability.RESTRICTED, paused=True), told(NoReplyReason.PAUSED)),
        (replace(MENTION, availability=Availability.RESTRICTED, respond=Respond.NEVER), IGNORE),
        (replace(MESSAGE, availability=Availability.RESTRICTED, respond=Respond.ALWAYS), IGNORE),
        (replace(MESSAGE, availability=Availability.RESTRICTED, cue=Cue.NAME), IGNORE),
        (replace(MESSAGE, availability=Availability.RESTRICTED), IGNORE),
        # Chance brings a persona in, where it answers people at all, or keeps it out where it answers all.
        (replace(MESSAGE, cue=Cue.CHANCE), SPEAK),
        (replace(MESSAGE, cue=Cue.CHANCE, respond=Respond.MENTION), SPEAK),
        (replace(MESSAGE, cue=Cue.CHANCE, respond=Respond.ALWAYS), SPEAK),
        (replace(MESSAGE, cue=Cue.CHANCE, respond=Respond.NEVER), LISTEN),
        (replace(MESSAGE, cue=Cue.CHANCE, bound=False), IGNORE),
        (replace(MESSAGE, cue=Cue.NO_CHANCE), LISTEN),
        (replace(MESSAGE, cue=Cue.NO_CHANCE, respond=Respond.ALWAYS), LISTEN),
        (replace(MENTION, cue=Cue.NO_CHANCE, respond=Respond.ALWAYS), SPEAK),
        # Where the persona that is asked is muted, who asks is told; the story hears all.
        (replace(MENTION, availability=Availability.MUTED), told(NoReplyReason.MUTED, stored=True)),
        (replace(COMMAND, availability=Availability.MUTED), told(NoReplyReason.MUTED, stored=True)),
        (replace(MESSAGE, availability=Availability.MUTED, respond=Respond.ALWAYS), LISTEN),
        # What is out of character: nothing, unless it is said to the persona.
        (ASIDE, IGNORE),
        (replace(ASIDE, bound=False), IGNORE),
        (replace(ASIDE, respond=Respond.ALWAYS), IGNORE),
        (replace(ASIDE, question=BotQuestion.AI), IGNORE),
        (replace(ASIDE, cue=Cue.NAME), SPEAK),
        (replace(ASIDE, cue=Cue.NAME, respond=Respond.ALWAYS), SPEAK),
        (replace(ASIDE, cue=Cue.NAME, respond=Respond.MENTION), IGNORE),
        (replace(ASIDE, cue=Cue.CHANCE), IGNORE),
        (replace(ASIDE, cue=Cue.CHANCE, respond=Respond.ALWAYS), IGNORE),
        (replace(ASIDE, cue=Cue.NAME, bound=False), IGNORE),
        (replace(ASIDE, addressed=True), SPEAK),
        (replace(ASIDE, addressed=True, bound=False), SPEAK),
        (replace(ASIDE, addressed=True, respond=Respond.NEVER), IGNORE),
        (replace(ASIDE, addressed=True, paused=True), told(NoReplyReason.PAUSED)),
        (replace(ASIDE, addressed=True, denied=NoReplyReason.LIMITED), told(NoReplyReason.LIMITED, stored=True)),
        # Stepping away, and back.
        (replace(ASIDE, presence=True), LISTEN),
        (replace(ASIDE, presence=True, respond=Respond.ALWAYS), LISTEN),
        (replace(ASIDE, presence=True, bound=False), IGNORE),
        (replace(ASIDE, presence=True, addressed=True), SPEAK),
        # Questions about the bot itself.
        (replace(ASIDE, question=BotQuestion.AI, addressed=True), told(NoReplyReason.ASKED_AI)),
        (replace(ASIDE, question=BotQuestion.STOP, cue=Cue.NAME), told(NoReplyReason.ASKED_STOP)),
        # Who asks to stop at the end of the story's words is heard, and not answered by the persona.
        (replace(MENTION, question=BotQuestion.STOP), told(NoReplyReason.ASKED_STOP, stored=True)),
        (replace(MENTION, question=BotQuestion.STOP, paused=True), told(NoReplyReason.PAUSED)),
        (replace(MESSAGE, question=BotQuestion.STOP), LISTEN),
        (replace(ASIDE, question=BotQuestion.HELP, addressed=True, bound=False), told(NoReplyReason.ASKED_HELP)),
        (replace(ASIDE, question=BotQuestion.AI, addressed=True, denied=NoReplyReason.LIMITED), told(NoReplyReason.ASKED_AI)),
        (
            replace(ASIDE, question=BotQuestion.AI, addressed=True, availability=Availability.NOBODY),
            told(NoReplyReason.NO_PERSONA),
        ),
        (replace(ASIDE, question=BotQuestion.AI, addressed=True, respond=Respond.NEVER), IGNORE),
        # A file that does not load: the words wait for it.
        (replace(MENTION, availability=Availability.MISSING), told(NoReplyReason.PERSONA_MISSING, stored=True)),
        (
            replace(MENTION, availability=Availability.MISSING, bound=False),
            told(NoReplyReason.PERSONA_MISSING, stored=True),
        ),
        (replace(MESSAGE, availability=Availability.MISSING, respond=Respond.ALWAYS), LISTEN),
        (replace(MESSAGE, availability=Availability.MISSING), LISTEN),
        (replace(MENTION, availability=Availability.MISSING, respond=Respond.NEVER), LISTEN),
    ],
)  # fmt: skip
def test_what_becomes_of_a_message(facts: MessageFacts, decision: Decision) -> None:
    assert decide(facts) == decision


def everything() -> list[MessageFacts]:
    """All that can be true of a message, in every combination."""
    bits = list(product((False, True), repeat=7))
    asides = [
        MessageFacts(
            addressed=addressed,
            cue=cue,
            aside=aside,
            presence=presence,
            question=question,
            bound=bound,
            paused=paused,
            respond=respond,
            ooc=ooc,
        )
        for addressed, presence, bound, paused in product((False, True), repeat=4)
        for ooc in OutOfCharacter
        for cue in Cue
        for aside, question in (*product([True], (None, *BotQuestion)), (False, BotQuestion.STOP))
        for respond in Respond
    ]
    return [
        *asides,
        *[
            MessageFacts(
                author=Author.BOT if bot else Author.PERSON,
                by_command=command,
                addressed=addressed or command,
                cue=cue,
                empty=empty,
                readable=readable,
                bound=bound,
                paused=paused,
                respond=respond,
                availability=availability,
                denied=denied,
            )
            for bot, command, addressed, empty, readable, bound, paused in bits
            for denied in (None, NoReplyReason.LIMITED, NoReplyReason.QUIET)
            for cue in Cue
            for respond in Respond
            for availability in Availability
        ],
    ]


def test_each_row_decides_something() -> None:
    out = [replace(each, author=Author.OPTED_OUT) for each in (MENTION, MESSAGE)]
    out += [replace(MESSAGE, author=each) for each in (Author.COMMANDING, Author.BLOCKED, Author.NO_ROLE)]
    out.append(replace(MENTION, author=Author.NO_ROLE))
    out += [replace(MENTION, denied=reason) for reason in (*PACED, *UNPAID)]
    out += [replace(BOTS, aside=True), HUSHED, replace(BOTS, denied=NoReplyReason.LIMITED)]
    facts = [*everything(), replace(MENTION, known=True), *out]
    deciding = {next(number for number, row in enumerate(TABLE) if row.holds(one)) for one in facts}
    assert deciding == set(range(len(TABLE)))


def test_what_can_become_of_a_message() -> None:
    assert Decision(stored=False, answered=False, told=None) == IGNORE
    assert Decision(stored=True, answered=False, told=None) == LISTEN
    assert Decision(stored=True, answered=True, told=None) == SPEAK


def test_people_set_when_a_persona_answers_by_these_words() -> None:
    assert [respond.value for respond in Respond] == ["mention", "name", "always", "never"]


def test_the_sentences_for_no_reply_are_found_by_these_words() -> None:
    assert {reason.value for reason in NoReplyReason} == {
        "no_persona",
        "persona_missing",
        "persona_fixed",
        "paused",
        "unreadable",
        "limited",
        "cooling",
        "channel_cooling",
        "quiet",
        "ooc_ignored",
        "muted",
        "spent_person",
        "spent_channel",
        "spent_server",
        "spent_bot",
        "too_small",
        "age_restricted",
        "asked_ai",
        "asked_stop",
        "asked_help",
        "opted_out",
        "no_role",
    }


def test_where_no_persona_is_set_there_is_none_to_name() -> None:
    assert NoReply(NoReplyReason.NO_PERSONA).about == ""


def test_what_always_holds() -> None:
    for facts in everything():
        decision = decide(facts)
        assert not decision.answered or decision.stored, "what is answered is stored first"
        assert not (decision.answered and decision.told), "an answer needs no reason for none"
        assert not decision.stored or not facts.paused, "a paused server stores nothing"
        told_anyway = {None, NoReplyReason.LIMITED, *ANSWERS.values()}
        assert decision.told in told_anyway or facts.addressed or facts.calls, "who asks nothing is not told"
        assert not facts.aside or facts.presence or decision == IGNORE or facts.addressed or facts.calls, (
            "what people say among themselves is nowhere"
        )
        assert decision.told is None or facts.wakes or not facts.readable, "only those who ask are told"
        assert not (decision.answered and facts.denied), "nobody gets more than the limit"
        if decision.answered:
            assert facts.availability is Availability.READY
            assert facts.by_command or facts.author is not Author.BOT


def test_of_somebody_who_opted_out_nothing_is_stored_or_answered() -> None:
    for facts in everything():
        if facts.author is Author.PERSON:
            decision = decide(replace(facts, author=Author.OPTED_OUT))
            assert (decision.stored, decision.answered) == (False, False)
            assert decision.told is (NoReplyReason.OPTED_OUT if facts.asks else None)


@pytest.mark.parametrize(
    ("paused", "missing", "refusal"),
    [
        (False, None, None),
        (True, None, NoReply(NoReplyReason.PAUSED)),
        (False, NoReply(NoReplyReason.NO_PERSONA), NoReply(NoReplyReason.NO_PERSONA)),
        (False, NoReply(NoReplyReason.PERSONA_MISSING, "ada"), NoReply(NoReplyReason.PERSONA_MISSING, "ada")),
        (False, NoReply(NoReplyReason.PERSONA_FIXED, "key"), NoReply(NoReplyReason.PERSONA_FIXED, "key")),
        (True, NoReply(NoReplyReason.PERSONA_MISSING, "ada"), NoReply(NoReplyReason.PAUSED)),
        (False, NoReply(NoReplyReason.AGE_RESTRICTED, "Ada"), NoReply(NoReplyReason.AGE_RESTRICTED, "Ada")),
        (True, NoReply(NoReplyReason.AGE_RESTRICTED, "Ada"), NoReply(NoReplyReason.PAUSED)),
    ],
)
def test_a_command_or_a_button_is_refused_by_the_same_table(
    paused: bool, missing: NoReply | None, refusal: NoReply | None
) -> None:
    assert refusal_of_command(paused=paused, missing=missing) == refusal


def test_a_command_one_too_many_is_told_how_long_to_wait() -> None:
    assert refusal_of_command(wait=0) is None
    assert refusal_of_command(wait=1) == NoReply(NoReplyReason.LIMITED, "1")
    assert refusal_of_command(wait=7) == NoReply(NoReplyReason.LIMITED, "7")


@pytest.mark.parametrize("payer", Payer)
def test_what_nobody_pays_for_says_whose_budget_is_used_up_and_when_there_is_more(payer: Payer) -> None:
    spent = Refused(payer, datetime.fromtimestamp(1_772_500_000.5, UTC))
    why = NoReply(NoReplyReason(f"spent_{payer}"), "1772500001")
    denial = unpaid(spent)
    assert denial.no_reply == why
    assert refusal_of_command(denial=denial) == why
    assert refusal_of_command(denial=denial, wait=7) == why  # it lasts longer
    assert refusal_of_command(denial=denial, paused=True) == NoReply(NoReplyReason.PAUSED)
    missing = NoReply(NoReplyReason.PERSONA_MISSING, "ann")
    assert refusal_of_command(denial=denial, missing=missing) == missing
    small = NoReply(NoReplyReason.TOO_SMALL, "1772500001")
    assert unpaid(replace(spent, is_too_small=True)).no_reply == small
    assert decide(replace(MENTION, denied=SPENT[payer])) == told(NoReplyReason(f"spent_{payer}"), stored=True)
    assert decide(replace(MESSAGE, denied=SPENT[payer])) == LISTEN
    assert refusal_of_command(paused=True, wait=7) == NoReply(NoReplyReason.PAUSED)
    missing = NoReply(NoReplyReason.PERSONA_MISSING, "ghost")
    assert refusal_of_command(missing=missing, wait=7) == missing


SOON = timedelta(seconds=30)


@pytest.mark.parametrize(
    ("age", "soon"),
    [
        (timedelta(0), True),
        (SOON, True),
        (timedelta(seconds=60), True),
        (timedelta(seconds=60, microseconds=1), False),
        (timedelta(hours=1), False),
        (timedelta(microseconds=-1), False),
        (None, False),
    ],
)
def test_an_edit_makes_a_question_of_a_message_within_a_minute(age: timedelta | None, soon: bool) -> None:
    assert may_ask_now(EditFacts(age, asked=False)) is soon
    assert may_ask_now(EditFacts(age, asked=False, stored=True)) is soon
    assert may_ask_now(EditFacts(age)) is soon


@pytest.mark.parametrize(
    ("since", "may"),
    [
        (timedelta(minutes=-2), True),  # the bot's clock is behind
        (timedelta(0), True),
        (timedelta(minutes=5), True),
        (timedelta(minutes=5, microseconds=1), False),
        (timedelta(days=30), False),
    ],
)
def test_an_edit_that_is_no_news_asks_nothing(since: timedelta, may: bool) -> None:
    assert may_ask_now(EditFacts(SOON, asked=False, since=since)) is may


@pytest.mark.parametrize(
    ("asked", "stored", "left", "may"),
    [
        (False, False, False, True),  # was not for the bot, and is not stored
        (False, True, False, True),  # was said to others in a bound channel
        (False, True, True, False),  # has been taken out of the story
        (True, False, False, False),  # got a notice
        (True, True, False, False),  # was answered, or will be
        (True, True, True, False),
        (None, False, False, True),  # before a restart: it was not answered, or it would be stored
        (None, True, False, False),  # before a restart: it may have been answered
        (None, True, True, False),
    ],
)
def test_no_message_asks_twice(asked: bool | None, stored: bool, left: bool, may: bool) -> None:
    assert may_ask_now(EditFacts(SOON, asked=asked, stored=stored, left=left)) is may


@pytest.mark.parametrize(
    ("for_adults", "age_restricted", "refusal"),
    [
        (False, False, None),
        (False, True, None),
        (True, True, None),
        (True, False, NoReply(NoReplyReason.AGE_RESTRICTED, "Ada")),
    ],
)
def test_a_persona_for_adults_plays_where_discord_restricts_the_age(
    for_adults: bool, age_restricted: bool, refusal: NoReply | None
) -> None:
    assert refusal_by_age("Ada", for_adults=for_adults, age_restricted=age_restricted) == refusal


def test_who_asks_by_a_command_in_a_quiet_time_is_told_until_when() -> None:
    quiet = Denial(NoReplyReason.QUIET, datetime(2026, 11, 30, 7, 0, 0, 1, tzinfo=UTC))
    assert refusal_of_command(denial=quiet) == NoReply(NoReplyReason.QUIET, "1796022001")
    assert refusal_of_command(denial=quiet, paused=True) == NoReply(NoReplyReason.PAUSED)
