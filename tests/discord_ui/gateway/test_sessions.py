"""The sessions of one client: a library that begins them one after another is stopped, after one bad spell none."""

import pytest

from bot.discord_ui.gateway.sessions import IDENTIFIES, IDENTIFY_SPAN, Sessions, SessionsEnd


def begun(*times: float) -> Sessions:
    sessions = Sessions()
    for now in times:
        sessions.begun(now)
    return sessions


def test_sessions_that_begin_one_after_another_are_stopped_once_one_ends() -> None:
    sessions = begun(*range(IDENTIFIES))
    for event in ("connect", "ready", "resumed", "message"):
        sessions.told(event, IDENTIFIES)
    with pytest.raises(SessionsEnd):
        sessions.told("disconnect", IDENTIFIES)


def test_neither_a_few_nor_one_bad_spell_days_ago_end_a_client() -> None:
    begun(*range(IDENTIFIES - 1)).told("disconnect", IDENTIFIES)
    begun(*range(IDENTIFIES)).told("disconnect", IDENTIFY_SPAN)
    three_days = 3 * 86_400.0
    begun(*range(IDENTIFIES - 1), three_days).told("disconnect", three_days + 1)


def test_one_is_there_from_the_word_of_the_library_until_its_next() -> None:
    sessions, found = Sessions(), []
    for event in ("connect", "ready", "message", "disconnect", "connect", "resumed", "disconnect"):
        sessions.told(event, 0)
        found.append(sessions.is_there)
    assert found == [False, True, True, False, False, True, False]
