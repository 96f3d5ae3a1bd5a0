"""What the composition root makes of the configuration."""

from pathlib import Path

import pytest

from bot.app import configured_model, reaches_a_model, rules_of
from bot.config.loading import load
from bot.core.completion import Naming
from bot.core.routing import Respond
from bot.core.settings import Face, Language, Settings, StoryRights, Stream
from bot.llm.client import HttpModel
from bot.llm.tries import Timeouts
from bot.story.casting import ChannelRule


def model_of(folder: Path, text: str) -> HttpModel:
    (folder / "config.yaml").write_text(f"model: {text}", encoding="utf-8")
    model = configured_model(load(None, {}, folder)).model
    assert isinstance(model, HttpModel)
    return model


async def test_the_model_gets_its_limits_and_its_times(tmp_path: Path) -> None:
    model = model_of(tmp_path, "{max_streams: 3, requests_per_minute: 7, first_token_timeout: 90}")
    assert (model._gate._admission._at_once, model._gate._admission._per_minute) == (3, 7)
    assert model._policy.timeouts == Timeouts(connect=5, first_token=90, between_tokens=20)
    assert model._client.timeout.connect == 5
    await model.aclose()


@pytest.mark.parametrize(("text", "logged"), [("{}", False), ("{log_messages: true}", True)])
async def test_words_go_into_the_log_only_where_the_host_wants_it(
    tmp_path: Path, text: str, logged: bool
) -> None:
    model = model_of(tmp_path, text)
    assert model._log_messages is logged
    await model.aclose()


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
        7: ChannelRule("marlow", Respond.ALWAYS, Face.WEBHOOK, Stream.CALM),
        8: ChannelRule(None, None, None, None),
    }
    assert rules.defaults == Settings(Respond.MENTION, Language.POLISH, StoryRights.ALL, Face.BOT, Stream.OFF)


@pytest.mark.parametrize(
    ("preset", "address", "naming", "reached"),
    [
        ("minimax", "https://api.minimax.io/v1/text/chatcompletion_v2", Naming.NAMED, False),
        ("minimax-cn", "https://api.minimaxi.com/v1/text/chatcompletion_v2", Naming.NAMED, False),
        ("302ai", "https://api.302.ai/minimaxi/v1/text/chatcompletion_v2", Naming.NAMED, False),
        ("openrouter", "https://openrouter.ai/api/v1/chat/completions", Naming.NAMED, False),
        ("local", "http://127.0.0.1:8080/v1/chat/completions", Naming.FOLDED, True),
    ],
)
async def test_where_a_preset_leads(
    tmp_path: Path, preset: str, address: str, naming: Naming, reached: bool
) -> None:
    (tmp_path / "config.yaml").write_text(f"model: {{preset: {preset}}}", encoding="utf-8")
    config = load(None, {}, tmp_path)
    chosen = configured_model(config)
    assert isinstance(chosen.model, HttpModel)
    assert (str(chosen.model._url), chosen.naming) == (address, naming)
    assert reaches_a_model(config) is reached, "without a key"
    await chosen.model.aclose()
