from collections.abc import Mapping
from dataclasses import fields, replace
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.quiet import QuietHours
from bot.core.routing import Respond
from bot.core.settings import (
    CHOICES,
    Cooldown,
    Face,
    Language,
    Settings,
    StoryRights,
    Stream,
    deciding,
    effective,
    is_setting,
    may_steer,
)
from bot.core.settings import TEXTS as WRITTEN

DEFAULTS = Settings(Respond.NAME, Language.AUTO, StoryRights.STARTER, Face.WEBHOOK, Stream.LIVE)
PERSON, STARTER = 1, 2


def test_what_may_be_chosen() -> None:
    assert {key: [str(choice) for choice in choices] for key, choices in CHOICES.items()} == {
        "respond": ["mention", "name", "always", "never"],
        "language": ["auto", "English", "中文", "日本語", "한국어", "Deutsch", "Español", "Français", "Português", "Русский", "Italiano", "Polski", "Türkçe", "Українська", "Tiếng Việt"],
        "story_rights": ["starter", "all", "mods"],
        "face": ["webhook", "bot"],
        "stream": ["live", "calm", "off"],
        "persona_talk": ["on", "off"],
        "person_cooldown": ["0", "5", "10", "30", "60", "120", "300", "900", "3600"],
        "channel_cooldown": ["0", "5", "10", "30", "60", "120", "300", "900", "3600"],
        "ooc": ["ignore", "steer", "answer"],
        "mentions": ["on", "off"],
    }  # fmt: skip
    assert {*CHOICES, *WRITTEN, "paused", "play"} == {field.name for field in fields(Settings)}


@pytest.mark.parametrize("choices", CHOICES.values())
def test_a_menu_of_discord_has_room_for_all_choices(choices: type[StrEnum]) -> None:
    assert len(choices) <= 25


# Which value counts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "counts"),
    [
        ([], DEFAULTS),
        ([{}, {}], DEFAULTS),
        ([{"respond": "always"}], replace(DEFAULTS, respond=Respond.ALWAYS)),
        ([{"language": "中文"}], replace(DEFAULTS, language=Language.CHINESE)),
        ([{"story_rights": "mods"}], replace(DEFAULTS, story_rights=StoryRights.MODS)),
        ([{"face": "bot"}, {"stream": "off"}], replace(DEFAULTS, face=Face.BOT, stream=Stream.OFF)),
        ([{"stream": "calm"}, {"stream": "live"}], DEFAULTS),
        ([{"paused": "true"}], replace(DEFAULTS, paused=True)),
        ([{"respond": "always"}, {"respond": "never"}], replace(DEFAULTS, respond=Respond.NEVER)),
        ([{"respond": "always"}, {"respond": "name"}], DEFAULTS),
        ([{"paused": "true"}, {"paused": "false"}], DEFAULTS),
        (
            [{"respond": "always"}, {"language": "Deutsch"}],
            replace(DEFAULTS, respond=Respond.ALWAYS, language=Language.GERMAN),
        ),
        # what another version or a slip has left
        ([{"respond": "sometimes"}], DEFAULTS),
        ([{"respond": "ALWAYS"}], DEFAULTS),
        ([{"respond": "always"}, {"respond": ""}], replace(DEFAULTS, respond=Respond.ALWAYS)),
        ([{"respond": "English"}], DEFAULTS),
        ([{"paused": "true"}, {"paused": "perhaps"}], replace(DEFAULTS, paused=True)),
        ([{"paused": "True"}], DEFAULTS),
        ([{"temperature": "0.5"}], DEFAULTS),
    ],
)
def test_the_strongest_layer_that_says_something_counts(
    layers: list[Mapping[str, str]], counts: Settings
) -> None:
    assert effective(DEFAULTS, *layers) == counts


def test_what_nobody_has_set_is_the_hosts_default() -> None:
    mine = Settings(Respond.MENTION, Language.POLISH, StoryRights.ALL, paused=True)
    assert effective(mine) == mine
    assert effective(mine, {"respond": "never"}) == replace(mine, respond=Respond.NEVER)


MEANT = {key: {str(choice): choice for choice in choices} for key, choices in CHOICES.items()}
TEXTS = st.sampled_from([text for texts in MEANT.values() for text in texts]) | st.text(max_size=5)
LAYERS = st.lists(st.dictionaries(st.sampled_from([*CHOICES, "paused", "mood"]), TEXTS), max_size=4)
SETTINGS = st.builds(
    Settings, **{key: st.sampled_from(choices) for key, choices in CHOICES.items()}, paused=st.booleans()
)


@given(SETTINGS, LAYERS)
def test_for_each_key_the_last_valid_word_counts_and_no_other(
    defaults: Settings, layers: list[dict[str, str]]
) -> None:
    counts = effective(defaults, *layers)
    for key, known in MEANT.items():
        said = [layer[key] for layer in layers if layer.get(key) in known]
        assert getattr(counts, key) is (known[said[-1]] if said else getattr(defaults, key))
        last = [number for number, layer in enumerate(layers) if layer.get(key) in known]
        assert deciding(*layers).get(key) == (last[-1] if last else None)
        assert isinstance(getattr(counts, key), CHOICES[key])


@given(SETTINGS, LAYERS, st.text())
def test_an_unknown_value_never_counts(defaults: Settings, layers: list[dict[str, str]], text: str) -> None:
    known = {"true", "false", *(text for texts in MEANT.values() for text in texts)}
    unknown = text if text not in known else f"{text}!"
    strange = dict.fromkeys([*CHOICES, "paused"], unknown)
    assert effective(defaults, *layers, strange) == effective(defaults, *layers)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("quiet_hours", "23:00-07:00", QuietHours(((23 * 60, 7 * 60),))),
        ("quiet_hours", "none", QuietHours()),
        ("quiet_hours", "at night", None),
        ("timezone", "Europe/Berlin", "Europe/Berlin"),
        ("timezone", "", None),
        ("bots", "466378653216014359 7", frozenset({466378653216014359, 7})),
        ("bots", "", None),
        ("bots", "7 x", None),
        ("bots", "1 2 3 4 5 6", None),
        ("ignored_prefixes", "! pk; !", ("!", "pk;")),
        ("ignored_prefixes", " ", None),
        ("ignored_prefixes", "a" * 21, None),
        ("ignored_prefixes", "1 2 3 4 5 6 7 8 9 10 11", None),
        ("channel_cooldown", "30", Cooldown.HALF_A_MINUTE),
        ("channel_cooldown", "7", None),
    ],
)
def test_what_is_written_means_something_or_does_not_count(key: str, text: str, value: object) -> None:
    assert is_setting(key, text) is (value is not None)
    counts = getattr(effective(DEFAULTS, {key: text}), key)
    assert counts == (getattr(DEFAULTS, key) if value is None else value)


# Who may steer ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rights", "starter_id", "may"),
    [
        (StoryRights.STARTER, PERSON, True),
        (StoryRights.STARTER, STARTER, False),
        (StoryRights.STARTER, None, True),
        (StoryRights.ALL, PERSON, True),
        (StoryRights.ALL, STARTER, True),
        (StoryRights.ALL, None, True),
        (StoryRights.MODS, PERSON, False),
        (StoryRights.MODS, STARTER, False),
        (StoryRights.MODS, None, False),
    ],
)
def test_who_may_start_again_resume_and_undo(rights: StoryRights, starter_id: int | None, may: bool) -> None:
    assert may_steer(rights, starter_id=starter_id, user_id=PERSON, moderator=False) is may


@given(st.sampled_from(StoryRights), st.none() | st.integers(), st.integers(), st.booleans())
def test_moderators_always_may_and_under_mods_nobody_else(
    rights: StoryRights, starter_id: int | None, user_id: int, moderator: bool
) -> None:
    may = may_steer(rights, starter_id=starter_id, user_id=user_id, moderator=moderator)
    if moderator:
        assert may
    elif rights is StoryRights.MODS:
        assert not may
