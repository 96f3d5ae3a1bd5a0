"""What `deploy/` holds for panels and services, and the compose files: against published schemas where there are any.

Compose has its specification's schema, which check-jsonschema brings; GitHub's workflows too. systemd judges its
unit itself where it is there. Neither Pterodactyl nor Unraid publishes a schema: the egg is held against what the
panel's importer reads, the template against the elements on Unraid's page about it.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from importlib.metadata import distribution
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree as ET

import click
import pytest
from jsonschema.validators import validator_for

from bot.__main__ import MISTAKE
from bot.config.loading import SHORT_NAMES
from bot.config.schema import Config
from bot.discord_ui.gateway.client import DRAIN
from bot.discord_ui.gateway.reconnecting import FAREWELL
from bot.discord_ui.gateway.shard_set import STOPPING
from bot.files.yamlfile import read_file
from bot.texts.catalogue.hosts import HOSTS

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
DATA = str(PurePosixPath("/app", Config().storage.path.parent))
STOP = DRAIN + FAREWELL + 2
"""Seconds that a stop takes at most."""


def schema(name: str) -> dict[str, Any]:
    """A schema out of check-jsonschema's data; the package itself is never imported."""
    path = distribution("check-jsonschema").locate_file(
        f"check_jsonschema/builtin_schemas/vendor/{name}.json"
    )
    found: dict[str, Any] = json.loads(Path(str(path)).read_text(encoding="utf-8"))
    return found


def mistakes(name: str, value: dict[str, Any]) -> list[str]:
    known = schema(name)
    return [error.message for error in validator_for(known)(known).iter_errors(value)]


# Compose ----------------------------------------------------------------------------------------

COMPOSE = [ROOT / "docker-compose.yml", DEPLOY / "compose.yaml"]


def composed(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = read_file(path).data
    return data


PROCESSES = DEPLOY / "compose.processes.yaml"


@pytest.mark.parametrize("path", [*COMPOSE, PROCESSES], ids=lambda path: path.name)
def test_a_compose_file_is_one_by_the_specification(path: Path) -> None:
    assert mistakes("compose-spec", composed(path)) == []
    assert mistakes("compose-spec", {**composed(path), "volume": {}}) != []


def test_both_say_the_same_of_different_images() -> None:
    own, published = (composed(path) for path in COMPOSE)
    assert own["services"]["bot"].pop("build") == "."
    assert published["services"]["bot"].pop("image") == "${IMAGE:?set IMAGE to the address of the image}"
    assert own == published


@pytest.fixture(scope="module")
def service() -> dict[str, Any]:
    services: dict[str, dict[str, Any]] = composed(COMPOSE[0])["services"]
    assert list(services) == ["bot"]
    return services["bot"]


def test_compose_needs_two_variables_and_nothing_that_has_to_be_made(service: dict[str, Any]) -> None:
    assert service["environment"] == list(SHORT_NAMES)
    assert service["env_file"] == [{"path": ".env", "required": False}]
    assert service["volumes"] == [f"${{DATA:-dramatis}}:{DATA}"]
    assert composed(COMPOSE[0])["volumes"] == {"dramatis": {}}


def test_with_a_folder_it_runs_as_the_person_who_owns_it(service: dict[str, Any]) -> None:
    assert service["user"] == "${UID:-1000}:${GID:-1000}"


def test_compose_opens_no_port(service: dict[str, Any]) -> None:
    assert service.keys().isdisjoint({"ports", "expose", "network_mode", "privileged"})


def test_in_compose_only_the_volume_can_be_written_and_rights_only_shrink(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_compose_bounds_its_memory_as_the_page_says(service: dict[str, Any]) -> None:
    page = (ROOT / "docs" / "containers.md").read_text(encoding="utf-8")
    assert service["mem_limit"] == "512m"
    assert "`mem_limit` allows 512 MB" in page


def test_compose_restarts_it_and_gives_it_time_to_stop(service: dict[str, Any]) -> None:
    assert service["restart"] == "unless-stopped"
    assert int(service["stop_grace_period"].removesuffix("s")) > STOP


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github" / "workflows").iterdir()), ids=lambda path: path.name
)
def test_a_workflow_is_one_by_its_schema(path: Path) -> None:
    assert mistakes("github-workflows", composed(path)) == []


def test_several_processes_are_alike_but_for_their_sign_of_life_and_have_time_to_hand_over() -> None:
    bot, alone = composed(PROCESSES)["services"]["bot"], composed(COMPOSE[1])["services"]["bot"]
    alike = [
        "image",
        "env_file",
        "restart",
        "init",
        "mem_limit",
        "read_only",
        "tmpfs",
        "cap_drop",
        "security_opt",
        "logging",
    ]
    assert {key: bot[key] for key in alike} == {key: alone[key] for key in alike}
    assert bot["deploy"] == {"replicas": 2}
    assert set(SHORT_NAMES) < set(bot["environment"])
    paths = [each for each in bot["environment"] if each.startswith("DRAMATIS_STORAGE__PATH=")]
    assert paths == ["DRAMATIS_STORAGE__PATH=/tmp/dramatis"]
    assert bot["user"] == composed(DEPLOY / "compose.yaml")["services"]["bot"]["user"]
    assert int(bot["stop_grace_period"].removesuffix("s")) > STOPPING + STOP


def test_the_processes_wait_for_a_database_that_can_be_reached() -> None:
    # The official image sets a new database up with a server that listens on no address.
    services = composed(DEPLOY / "compose.processes.yaml")["services"]
    assert services["bot"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert services["database"]["healthcheck"]["test"][-2:] == ["-h", "127.0.0.1"]


# systemd ----------------------------------------------------------------------------------------

UNIT, TEMPLATE = DEPLOY / "dramatis.service", DEPLOY / "dramatis@.service"
UNITS = pytest.mark.parametrize("path", [UNIT, TEMPLATE], ids=lambda path: path.name)


def read_unit(path: Path) -> ConfigParser:
    unit = ConfigParser(interpolation=None)
    unit.read(path, encoding="utf-8")
    return unit


def service_in(path: Path) -> dict[str, str]:
    return dict(read_unit(path)["Service"])


@UNITS
def test_the_service_starts_the_bot_and_lets_it_finish(path: Path) -> None:
    service = service_in(path)
    assert service["execstart"] == f"{service['workingdirectory']}/.venv/bin/python -m bot run"
    assert service["user"] == "dramatis"
    assert int(service["timeoutstopsec"]) > STOP + (STOPPING if path is TEMPLATE else 0)
    assert (service["type"], service["watchdogsec"]) == ("notify", "60")
    assert service["timeoutstartsec"] == "1h"  # it says READY only once an update has changed the database


def test_each_of_several_services_has_a_sign_of_life_of_its_own_and_is_else_alike() -> None:
    one, several = service_in(UNIT), service_in(TEMPLATE)
    assert (
        several.pop("environment")
        == "DRAMATIS_STORAGE__PATH=data/process-%i DRAMATIS_STORAGE__PROCESSES=several"
    )
    differ = {"timeoutstopsec", "restartsec"}
    assert {key: each for key, each in several.items() if key not in differ} == {
        key: each for key, each in one.items() if key not in differ
    }


@UNITS
def test_the_service_starts_again_for_ever_but_where_a_person_has_to_mend_something(path: Path) -> None:
    unit, service = read_unit(path)["Unit"], service_in(path)
    assert (service["restart"], unit["startlimitintervalsec"]) == ("on-failure", "0")
    assert service["restartpreventexitstatus"] == f"{click.UsageError.exit_code} {MISTAKE}"


@UNITS
def test_the_service_starts_after_a_postgresql_beside_it_and_ends_before(path: Path) -> None:
    assert read_unit(path)["Unit"]["after"].split() == ["network-online.target", "postgresql.service"]


@UNITS
def test_systemd_finds_little_that_the_service_may_do_without_need(path: Path, tmp_path: Path) -> None:
    judge = shutil.which("systemd-analyze")
    if judge is None:
        pytest.skip("there is no systemd-analyze here to judge deploy/dramatis.service")
    unit = tmp_path / path.name.replace("@", "@1")
    shutil.copy(path, unit)
    ended = subprocess.run(
        [judge, "security", "--offline=yes", "--no-pager", "--threshold=30", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout


@UNITS
def test_systemd_has_nothing_against_the_service(path: Path, tmp_path: Path) -> None:
    judge = shutil.which("systemd-analyze")
    if judge is None:
        pytest.skip("there is no systemd-analyze here to judge deploy/dramatis.service")
    # It looks for the program too, which is not installed where the tests run.
    text = path.read_text(encoding="utf-8").replace("/opt/dramatis/.venv/bin/python", "/bin/true")
    (tmp_path / path.name.replace("@", "@1")).write_text(text, encoding="utf-8")
    ended = subprocess.run(
        [judge, "verify", tmp_path / path.name.replace("@", "@1")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


# Pterodactyl ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def egg() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DEPLOY / "pterodactyl-egg.json").read_text(encoding="utf-8"))
    return found


def test_the_egg_has_what_the_panel_reads_in_the_form_it_exports(egg: dict[str, Any]) -> None:
    assert egg["meta"]["version"] == "PTDL_v2"
    assert {"name", "author", "description", "features", "docker_images", "file_denylist", "startup"} <= set(
        egg
    )
    assert set(egg["config"]) == {"files", "startup", "logs", "stop"}
    for name in ("files", "startup", "logs"):  # JSON in a string, as the panel stores it
        assert isinstance(json.loads(egg["config"][name]), dict)
    assert set(egg["scripts"]["installation"]) == {"script", "container", "entrypoint"}
    for each in egg["variables"]:
        assert set(each) == {
            "name",
            "description",
            "env_variable",
            "default_value",
            "user_viewable",
            "user_editable",
            "rules",
            "field_type",
        }
        assert re.fullmatch(r"[A-Z0-9_]{1,191}", each["env_variable"])


def test_the_egg_asks_for_two_variables_and_says_which_image(egg: dict[str, Any]) -> None:
    assert [each["env_variable"] for each in egg["variables"]] == list(SHORT_NAMES)
    assert egg["docker_images"] == {"Dramatis": "ADDRESS-OF-THE-IMAGE"}


def test_the_egg_knows_when_the_bot_runs_and_how_it_stops(egg: dict[str, Any]) -> None:
    assert json.loads(egg["config"]["startup"])["done"] in HOSTS["host.ready"]
    assert egg["config"]["stop"] == "^C"  # SIGINT, at which a reply may end


def test_the_installation_of_the_egg_is_a_script(egg: dict[str, Any], tmp_path: Path) -> None:
    script = egg["scripts"]["installation"]["script"].replace("/mnt/server", str(tmp_path))
    subprocess.run(["bash", "-eu", "-c", script], check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


# Unraid -----------------------------------------------------------------------------------------

ELEMENTS = {
    *("Name", "Repository", "Registry", "Network", "Shell", "Privileged", "Support", "Project", "Overview"),
    *("Category", "WebUI", "TemplateURL", "Icon", "ExtraParams", "PostArgs", "Config"),
}


@pytest.fixture(scope="module")
def template() -> ET.Element:
    return ET.parse(DEPLOY / "unraid.xml").getroot()


def test_the_template_has_the_elements_of_the_second_version(template: ET.Element) -> None:
    assert (template.tag, template.attrib) == ("Container", {"version": "2"})
    assert {each.tag for each in template} <= ELEMENTS
    assert template.findtext("Repository") == "ADDRESS-OF-THE-IMAGE"
    wanted = ["Name", "Target", "Default", "Mode", "Description", "Type", "Display", "Required", "Mask"]
    assert [list(each.attrib) for each in template.iter("Config")] == [wanted] * 3


def test_the_template_asks_for_one_folder_and_two_secrets(template: ET.Element) -> None:
    found = [
        (each.get("Type"), each.get("Target"), each.get("Required"), each.get("Mask"))
        for each in template.iter("Config")
    ]
    assert found == [
        ("Path", DATA, "true", "false"),
        *(("Variable", name, "true", "true") for name in SHORT_NAMES),
    ]


def test_the_template_takes_rights_away_as_compose_does(
    template: ET.Element, service: dict[str, Any]
) -> None:
    given = shlex.split(template.findtext("ExtraParams") or "")
    assert given == [
        *("--user", "99:100"),  # nobody and users, who own Unraid's folders
        "--init",
        *("--stop-timeout", service["stop_grace_period"].removesuffix("s")),
        *("--memory", service["mem_limit"]),
        "--read-only",
        *("--tmpfs", "/tmp"),
        *("--cap-drop", "ALL"),
        *("--security-opt", "no-new-privileges:true"),
        *("--restart", service["restart"]),
    ]


def test_no_file_for_a_panel_holds_a_secret_or_can_be_run() -> None:
    for path in DEPLOY.iterdir():
        assert not os.access(path, os.X_OK) or path.is_dir(), path
        assert not re.search(r"sk-|[MN][\w-]{23}\.", path.read_text(encoding="utf-8")), path
