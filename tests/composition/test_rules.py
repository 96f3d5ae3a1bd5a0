"""What the story gets of the configuration."""

from pathlib import Path

import pytest

from bot.composition.rules import rules_of
from bot.config.loading import load
from bot.core.routing import Respond
from bot.core.settings import Face, Language, Settings, StoryRights, Stream
from bot.story.places.rules import ChannelRule
from bot.texts.sentences import Sentence, voice_for


def test_what_a_channel_pins_and_what_counts_elsewhere_reach_the_story(tmp_path: Path) -> None:
    text = """\
defaults: {respond: mention, language: Polski, story_rights: all, face: bot, stream: "off"}
channels:
  7: {persona: marlow, respond: always, face: webhook, stream: calm}
  8: {}
"""
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    rules = rules_of(load(None, {}, tmp_path))
    assert rules.channels == {
        7: ChannelRule(("marlow",), Respond.ALWAYS, Face.WEBHOOK, Stream.CALM),
        8: ChannelRule(None, None, None, None),
    }
    assert rules.defaults == Settings(Respond.MENTION, Language.POLISH, StoryRights.ALL, Face.BOT, Stream.OFF)


def test_recaps_are_off_where_the_host_says_so_or_no_model_is_reached(tmp_path: Path) -> None:
    for file, env, on in (
        ("", {"MINIMAX_API_KEY": "abc"}, True),
        ("memory: {recap: {enabled: false}}", {"MINIMAX_API_KEY": "abc"}, False),
        ("", {}, False),
    ):
        (tmp_path / "config.yaml").write_text(file, encoding="utf-8")
        assert (rules_of(load(None, env, tmp_path)).recap is not None) is on


@pytest.mark.parametrize(
    ("recap", "told"),
    [
        ("{}", "MiniMax"),
        ("{endpoint: 'https://api.minimaxi.com', model: Other}", "MiniMax"),
        (
            "{endpoint: 'https://sums.example/v1', model: Other}",
            "MiniMax (and what is older to sums.example, for a summary)",
        ),
        (
            "{endpoint: 'http://127.0.0.1:8080', model: Other}",
            "MiniMax (and what is older to an AI model on the bot owner's computer, for a summary)",
        ),
        ("{endpoint: 'https://sums.example', model: Other, enabled: false}", "MiniMax"),
    ],
)
def test_people_are_told_who_else_gets_the_story_for_recaps(tmp_path: Path, recap: str, told: str) -> None:
    (tmp_path / "config.yaml").write_text(f"memory: {{recap: {recap}}}", encoding="utf-8")
    provider = rules_of(load(None, {"MINIMAX_API_KEY": "abc"}, tmp_path)).provider
    assert voice_for().render(Sentence("help.sent", provider=provider)) == (
        f"For each reply, the latest part of the story is sent to {told}, with people's names. Nobody else gets it."
    )
