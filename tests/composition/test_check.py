"""What `check` finds, in this process; that it is a process of its own, test_main sees to."""

from pathlib import Path

import pytest

from bot.composition.check import Findings, check, check_all
from bot.composition.diagnostics import startup
from bot.config.doubts import warnings
from bot.config.loading import load
from bot.core.completion import Naming, Sampling
from bot.core.endpoint.calibration import Calibration
from bot.core.endpoint.price import LIST
from bot.core.persona import Persona
from bot.core.prompting.prompt import fixed_size
from bot.core.tokens import BY_SCRIPT
from bot.endpoint.exact_counter import Chosen
from bot.personas.library import PersonaLibrary

MARLOW = "name: Marlow\ndescription: Marlow keeps the Drowned Bell, a harbour tavern.\n"
ISOLDE = "name: Isolde\ndescription: Isolde draws maps.\n"
TOKEN = "MTE5OTk5OTk5OTk5OTk5OTk5OQ.GsEcRe.dOnOtPrInTtHiSaNyWhErEaTaLl00000000"
BY = Chosen(BY_SCRIPT, "tokens are counted on fingers")
SET = {"DISCORD_TOKEN": TOKEN, "MINIMAX_API_KEY": "key-of-the-model"}


@pytest.fixture
def cast(tmp_path: Path) -> Path:
    folder = tmp_path / "personas"
    folder.mkdir()
    (folder / "isolde.yaml").write_text(ISOLDE, encoding="utf-8")
    (folder / "marlow.yaml").write_text(MARLOW, encoding="utf-8")
    return folder


def judged(cast: Path, **env: str) -> Findings:
    folder = {"DRAMATIS_PERSONAS__FOLDER": str(cast), "DRAMATIS_DEFAULT_PERSONA": "marlow"}
    return check_all(load(None, {**SET, **folder, **env}, cast.parent), BY)


def cost(persona: Persona, participants: int) -> int:
    return Calibration().expected(fixed_size(persona, Naming.NAMED, participants=participants))


def test_a_sound_cast_is_named_with_its_costs_and_nothing_else_is_said(cast: Path) -> None:
    found = judged(cast)
    costs = {each.key: cost(each, 6) for each in PersonaLibrary.load(cast).at(None)}
    assert 350 < costs["isolde"] < costs["marlow"] < 600
    assert found == Findings(
        facts=(
            f"isolde: Isolde, about {costs['isolde']} tokens in each prompt",
            f"marlow: Marlow, about {costs['marlow']} tokens in each prompt",
            "a reply with a full window costs at most $0.0201 at M2-her's list price (65036 tokens in, 500 out)",
            "tokens are counted on fingers",
        ),
        warnings=(),
        errors=(),
    )


def test_a_macro_that_stays_is_a_warning_at_its_place(cast: Path) -> None:
    (cast / "isolde.yaml").write_text(f"{ISOLDE}greeting: '{{{{char}}}}, {{{{mood}}}}.'\n", encoding="utf-8")
    found = judged(cast)
    assert found.warnings == (
        (
            f"{cast}/isolde.yaml:3:22: `{{{{mood}}}}` in `greeting` stays as it is, write it out: docs/style.md "
            "lists the macros that are filled in, which are none in `name`, `called` and `tags`"
        ),
    )
    assert found.errors == ()


def test_the_price_is_thirty_cents_a_million_in_and_four_times_that_out() -> None:
    assert LIST.microdollars(1_000_000, 0) == 300_000
    assert LIST.microdollars(0, 1_000_000) == 1_200_000


@pytest.mark.parametrize(
    ("longest", "said"),
    [
        # One persona may say more than others.
        (2048, "$0.0215 at M2-her's list price (63488 tokens in, 2048 out)"),
        (10, "$0.0201 at M2-her's list price (65036 tokens in, 500 out)"),
    ],
)
def test_the_price_is_that_of_the_dearest_persona(cast: Path, longest: int, said: str) -> None:
    (cast / "zz.yaml").write_text(
        f"{MARLOW}sampling: {{max_completion_tokens: {longest}}}\n", encoding="utf-8"
    )
    assert judged(cast).facts[-2] == f"a reply with a full window costs at most {said}"


@pytest.mark.parametrize(
    ("missing", "warning"),
    [
        ("DISCORD_TOKEN", "no Discord token: set DISCORD_TOKEN in the environment or in .env"),
        ("MINIMAX_API_KEY", "no model key, so the bot can't answer. Set model.api_key (MINIMAX_API_KEY)"),
    ],
)
def test_a_missing_secret_is_a_warning_and_no_error(cast: Path, missing: str, warning: str) -> None:
    found = judged(cast, **{missing: ""})
    assert (found.warnings, found.errors) == ((warning,), ())


def test_a_model_on_this_machine_needs_no_key(cast: Path) -> None:
    address = "http://127.0.0.1:8080"
    assert judged(cast, MINIMAX_API_KEY="", DRAMATIS_MODEL__BASE_URL=address).warnings == ()


UNPRICED = "no price of the model 'llama' is known, so limits in money don't count for it: set it in `prices`, or limits in tokens"


@pytest.mark.parametrize(
    ("env", "warnings"),
    [
        ({"DRAMATIS_MODEL__NAME": "llama"}, (UNPRICED,)),
        ({"DRAMATIS_MODEL__NAME": "llama", "DRAMATIS_PRICES": '{"LLAMA": {"input": 1, "output": 2}}'}, ()),
        ({"DRAMATIS_MODEL__NAME": "llama", "DRAMATIS_MODEL__BASE_URL": "http://127.0.0.1:8080"}, ()),
        ({"DRAMATIS_MODEL__PRESET": "local", "DRAMATIS_MODEL__BASE_URL": "https://gpu.example"}, ()),
        ({"DRAMATIS_MODEL__PRESET": "openrouter"}, ()),
        (
            {
                "DRAMATIS_MODEL__NAME": "llama",
                "DRAMATIS_LIMITS__BOT": "2M tokens a month",
                "DRAMATIS_LIMITS__PERSON": "none",
            },
            (),
        ),
        (
            {
                "DRAMATIS_MEMORY__RECAP__MODEL": "llama",
                "DRAMATIS_MEMORY__RECAP__ENDPOINT": "https://gpu.example",
            },
            (UNPRICED,),
        ),
        ({"DRAMATIS_MEMORY__RECAP__MODEL": "llama", "DRAMATIS_MEMORY__RECAP__ENABLED": "false"}, ()),
    ],
)
def test_a_model_without_a_price_is_a_warning_where_limits_are_in_money(
    cast: Path, env: dict[str, str], warnings: tuple[str, ...]
) -> None:
    assert judged(cast, **env).warnings == warnings


def test_what_works_and_is_probably_not_meant_is_a_warning(cast: Path) -> None:
    many = "samples:\n" + "  - {user: Hello, reply: Well met.}\n" * 4
    (cast / "marlow.yaml").write_text(MARLOW + many, encoding="utf-8")
    found = judged(cast, DISCORD_TOKEN="odd", DRAMATIS_MODEL__BASE_URL="http://model.example")
    assert [warning.partition(",")[0] for warning in found.warnings] == [
        f"{cast}/marlow.yaml:3:1: `samples` has 4 exchanges",
        "DISCORD_TOKEN: `discord.token` doesn't look like a bot token (three parts with dots between them)",
        "DRAMATIS_MODEL__BASE_URL: `model.base_url` sends the key unencrypted to another computer",
    ]
    assert found.errors == ()


@pytest.mark.parametrize(
    ("preset", "address", "doubted"),
    [
        ("openrouter", "https://api.minimax.io", True),
        ("local", "https://openrouter.ai/api/v1", True),
        ("openrouter", "https://proxy.example.com", False),
        ("local", "http://127.0.0.1:11434", False),
        ("openrouter", "http://127.0.0.1:8080", False),
        ("minimax", "https://api.minimaxi.com", False),
    ],
)
def test_an_address_of_another_provider_than_the_presets_is_doubted(
    cast: Path, preset: str, address: str, doubted: bool
) -> None:
    text = f"model:\n  preset: {preset}\n  base_url: {address}\n"
    (cast.parent / "config.yaml").write_text(text, encoding="utf-8")
    told = (
        f"config.yaml:3:3: `model.base_url` belongs to another provider than model.preset ({preset}), and "
        "overrides it, delete it"
    )
    found = [str(each).replace(f"{cast.parent}/", "") for each in warnings(load(None, {}, cast.parent))]
    assert found == [told] * doubted


def test_a_profile_counts_once_with_the_names_of_as_many_people_as_a_prompt_lists(cast: Path) -> None:
    profile = f"user: {{description: {'A traveller. ' * 30}}}\n"
    (cast / "marlow.yaml").write_text(MARLOW + profile, encoding="utf-8")
    persona = PersonaLibrary.load(cast).at(None).get("marlow")
    assert persona
    one, six = (cost(persona, number) for number in (1, 6))
    assert one + 40 < six < one + 200
    assert judged(cast).facts[1] == f"marlow: Marlow, about {six} tokens in each prompt"


NAME_ONE = "set its `persona` (a thread uses its channel's), or set default_persona"
NO_DEFAULT = "no default persona: set default_persona, or set personas for channels under `channels`"


@pytest.mark.parametrize(
    ("settings", "told", "heard"),
    [
        ("", [NO_DEFAULT], 0),
        ("channels:\n  1: {respond: always}", [f"config.yaml:2:3: no persona is set for `channels.1`, {NAME_ONE}"], 0),
        ("channels:\n  1: {respond: never}", [], 0),
        ("defaults: {respond: never}\nchannels:\n  1:\n  2: {persona: marlow}", [], 0),
        ("defaults: {respond: never}\nchannels:\n  1: {persona: marlow, respond: name}", [], 1),
        ("channels:\n  1: {persona: marlow}", [], 1),
        ("channels:\n  1: {persona: marlow}\n  2:\n  3: {persona: marlow, respond: never}", [f"config.yaml:3:3: no persona is set for `channels.2`, {NAME_ONE}"], 1),
        ("default_persona: marlow\nchannels:\n  1:\n  2: {persona: nobody}", [], 1),
    ],
)  # fmt: skip
def test_where_no_persona_is_set_is_told_by_check_and_at_the_start(
    cast: Path, settings: str, told: list[str], heard: int
) -> None:
    (cast.parent / "config.yaml").write_text(settings, encoding="utf-8")
    config = load(None, {**SET, "DRAMATIS_PERSONAS__FOLDER": str(cast)}, cast.parent)
    found = check_all(config, BY)
    assert [warning.removeprefix(f"{cast.parent}/") for warning in found.warnings] == told
    words = startup(config, PersonaLibrary.load(cast))
    assert words.listens.startswith(f"it answers in {heard} channel(s) with their own persona")
    lacks = [line.removeprefix(f"{cast.parent}/") for line in words.lacks]
    assert [line for line in lacks if "no such persona can be loaded" not in line] == told


def test_what_check_doubts_in_a_persona_is_in_the_log_at_the_start_too(cast: Path) -> None:
    (cast / "marlow.yaml").write_text(f"{MARLOW}avatar: https://10.0.0.7/x.png\n", encoding="utf-8")
    told = (
        f"{cast}/marlow.yaml:3:1: `avatar` is on 10.0.0.7, which Discord can't reach, use a public address, or put "
        "the picture into the personas folder and write its name"
    )
    found = judged(cast)
    assert (found.warnings, found.errors) == ((told,), ())
    config = load(None, {**SET, "DRAMATIS_DEFAULT_PERSONA": "marlow"}, cast.parent)
    assert startup(config, PersonaLibrary.load(cast)).lacks == (told,)


def test_a_limit_below_what_a_reply_costs_is_told_with_its_line(cast: Path) -> None:
    (cast.parent / "config.yaml").write_text(
        "default_persona: marlow\nlimits:\n  person: $0.005 a day, $20 a month\n  channel: 16,883 tokens a month\n  server: $0.0056 a day\n",
        encoding="utf-8",
    )
    config = load(None, {**SET, "DRAMATIS_PERSONAS__FOLDER": str(cast)}, cast.parent)
    lines = [line.removeprefix(f"{cast.parent}/") for line in check_all(config, BY).warnings]
    less = "is less than what one reply with a cheap prompt may cost"
    nobody = "nobody would be answered for long, raise it"
    assert lines == [
        f"config.yaml:3:3: `limits.person` ($0.0050 a day) {less}, $0.0055: {nobody}",
        f"config.yaml:4:3: `limits.channel` (16,883 tokens a month) {less}, 16,884 tokens: {nobody}",
    ]
    assert len(startup(config, PersonaLibrary.load(cast)).lacks) == 2


def test_a_folder_without_personas_says_so_once(cast: Path) -> None:
    for path in cast.iterdir():
        path.unlink()
    config = load(None, {**SET, "DRAMATIS_PERSONAS__FOLDER": str(cast)}, cast.parent)
    found = check_all(config, BY)
    assert (len(found.errors), found.warnings) == (1, ())


def test_every_persona_that_the_settings_name_must_be_there(cast: Path) -> None:
    (cast.parent / "config.yaml").write_text(
        "default_persona: marlow\n"
        "channels:\n"
        "  100000000000000001: {persona: isolde}\n"
        "  '100000000000000002':\n"
        "    respond: always\n"
        "    persona: isold\n"
        "  100000000000000003: {respond: never}\n",
        encoding="utf-8",
    )
    in_env = '{"100000000000000004": {"persona": "nobody"}}'
    found = judged(cast, DRAMATIS_DEFAULT_PERSONA="Marlow", DRAMATIS_CHANNELS=in_env)
    config = cast.parent / "config.yaml"
    assert found.errors == (
        "DRAMATIS_DEFAULT_PERSONA: `default_persona` is `Marlow`, but no such persona can be loaded, did you mean `marlow`?",
        f"{config}:6:5: `channels.100000000000000002.persona` is `isold`, but no such persona can be loaded, did you mean `isolde`?",
        "DRAMATIS_CHANNELS: `channels.100000000000000004.persona` is `nobody`, but no such persona can be loaded, choose one of these: isolde, marlow",
    )


def test_a_persona_that_leaves_no_room_for_a_scene_is_an_error_in_its_file(cast: Path) -> None:
    (cast / "saga.yaml").write_text(f"name: Saga\ndescription: {'word ' * 3000}\n", encoding="utf-8")
    found = judged(cast, DRAMATIS_MODEL__CONTEXT_WINDOW="4096")
    (error,) = found.errors
    assert error.startswith(f"{cast}/saga.yaml:1:1: about ")
    assert error.endswith(
        " leave no room for a scene in a window of 4096; shorten the persona, or raise model.context_window"
    )


def test_every_broken_file_is_an_error_and_the_others_are_still_judged(cast: Path) -> None:
    (cast / "broken.yaml").write_text("name: ''\nage: 50\n", encoding="utf-8")
    found = check(PersonaLibrary.load(cast), Sampling(1.0, 0.95, 1024), 65536)
    assert [error.partition(": ")[0] for error in found.errors] == [
        f"{cast}/broken.yaml:{line}:1" for line in (1, 2)
    ]
    assert [fact.partition(":")[0] for fact in found.facts[:2]] == ["isolde", "marlow"]
