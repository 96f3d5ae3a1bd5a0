"""The models that the configuration chooses, over a real socket."""

from pathlib import Path

import pytest

from bot.composition.models import configured_model, reaches_a_model
from bot.config.loading import load
from bot.core.completion import ChatModel, Message, ModelError, Naming, Prompt, Sampling
from bot.core.tokens import Size
from bot.llm.client import HttpModel
from bot.llm.tries import Timeouts
from tests.standins.m2her import M2her


def model_of(folder: Path, text: str) -> HttpModel:
    (folder / "config.yaml").write_text(f"model: {text}", encoding="utf-8")
    model = configured_model(load(None, {}, folder)).model
    assert isinstance(model, HttpModel)
    return model


async def test_the_model_gets_its_limits_and_its_times(tmp_path: Path) -> None:
    model = model_of(tmp_path, "{max_streams: 3, requests_per_minute: 7, first_token_timeout: 90}")
    assert (model._gate._admission.at_once, model._gate._admission._per_minute) == (3, 7)
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


# The model that writes recaps ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "name", "endpoint"),
    [
        ("", "MiniMax-M3", "api.minimax.io/v1/text/chatcompletion_v2"),
        ("model: {preset: minimax-cn}", "MiniMax-M3", "api.minimaxi.com/v1/text/chatcompletion_v2"),
        ("model: {preset: openrouter}", None, None),
        ("model: {preset: 302ai}", None, None),
        ("model: {preset: local}", None, None),
        ("model: {base_url: 'https://proxy.test'}", None, None),
        ("memory: {recap: {model: M2-her}}", None, None),
        ("memory: {recap: {model: other}}", "other", "api.minimax.io/v1/text/chatcompletion_v2"),
        (
            "memory: {recap: {endpoint: 'https://other.test/v1', model: llama}}",
            "llama",
            "other.test/v1/chat/completions",
        ),
        ("memory: {recap: {endpoint: 'https://other.test'}}", "M2-her", "other.test/v1/chat/completions"),
    ],
)
async def test_recaps_are_written_by_minimax_text_model_or_the_model_of_replies_or_the_one_that_is_named(
    tmp_path: Path, file: str, name: str | None, endpoint: str | None
) -> None:
    (tmp_path / "config.yaml").write_text(file, encoding="utf-8")
    chosen = configured_model(load(None, {"MINIMAX_API_KEY": "abc"}, tmp_path), {})
    found = chosen.chronicler
    assert (found and found.name, found and found.endpoint) == (name, endpoint)


async def test_the_models_key_goes_to_no_other_server_for_a_recap(m2her: M2her, tmp_path: Path) -> None:
    for key, sent in (("", None), ("other", "Bearer ***")):
        keyed = f", api_key: {key}" if key else ""
        text = f"memory: {{recap: {{endpoint: '{m2her.base_url}', model: M2-her{keyed}}}}}"
        (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
        config = load(None, {"MINIMAX_API_KEY": "abc"}, tmp_path)
        found = configured_model(config, {}).chronicler
        assert found is not None
        await ask(found)
        assert m2her.requests[-1].headers.get("authorization") == sent


async def ask(model: ChatModel) -> None:
    prompt = Prompt((Message("user", "Everyone", "Hm."),), Sampling(0.3, 0.95, 10), Size(1, 1))
    _ = [_ async for _ in model.stream(One(prompt))]
    await model.aclose()


async def test_a_servers_own_key_goes_to_the_models_server_and_writes_recaps_there_alone(
    m2her: M2her, tmp_path: Path
) -> None:
    m2her.key = "sk-of-the-server"  # it takes no other one
    beginning = f"model: {{base_url: '{m2her.base_url}'}}\nmemory: {{recap: "
    for recap, elsewhere in (
        ("{tokens: 900}", False),
        ("{tokens: 900, api_key: sk-of-the-host}", False),
        ("{endpoint: 'https://other.test'}", True),
    ):
        (tmp_path / "config.yaml").write_text(f"{beginning}{recap}}}", encoding="utf-8")
        config = load(None, {"MINIMAX_API_KEY": "sk-of-the-host"}, tmp_path)
        equipment = configured_model(config, {}).equipment
        assert equipment is not None
        assert equipment.vault is None, "the host has set no secret"
        await ask(equipment.model(m2her.key))
        assert (equipment.chronicler is None) is elsewhere
        if equipment.chronicler is not None:
            await ask(equipment.chronicler(m2her.key))
    assert len(m2her.requests) == 5


async def test_a_servers_own_key_has_its_own_rate_and_does_not_wait_for_the_hosts(
    m2her: M2her, tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text(
        f"model: {{base_url: '{m2her.base_url}', max_streams: 1, requests_per_minute: 1}}", encoding="utf-8"
    )
    chosen = configured_model(load(None, {"MINIMAX_API_KEY": "sk-of-the-host"}, tmp_path), {})
    assert chosen.equipment is not None
    prompt = Prompt((Message("user", "Everyone", "Hm."),), Sampling(0.3, 0.95, 10), Size(1, 1))
    hosts = chosen.model.stream(One(prompt))
    await anext(hosts)  # the one stream and the one request of the minute
    for key in ("sk-of-a-server", "sk-of-another-server"):
        await ask(chosen.equipment.model(key))
    await hosts.aclose()
    await chosen.model.aclose()
    assert len(m2her.requests) == 3


class One:
    """A question with one prompt."""

    is_out = False
    lost = 0

    def __init__(self, prompt: Prompt) -> None:
        self.prompt = prompt

    async def refused(self, error: ModelError) -> bool:
        del error
        return False
