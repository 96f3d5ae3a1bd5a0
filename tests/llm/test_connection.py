"""What the environment says of proxies and certificates, and that no value of it is ever told."""

import asyncio
import gc
import os
import ssl
from collections.abc import Callable
from pathlib import Path

import certifi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.completion import ErrorKind, ModelError
from bot.llm.connection import VariableFault, WrongVariableError, connection_to, passwords, trusted
from tests.llm.models import http_model
from tests.llm.test_client import failure, heard
from tests.standins.m2her import M2her
from tests.standins.socks import Garbled, Socks

DEFAULT = "https://api.minimax.io"
PROXY = {"HTTPS_PROXY": "http://proxy.test:3128"}


def way(environ: dict[str, str], address: str = DEFAULT) -> tuple[str, str] | None:
    found = connection_to(address, environ)
    return (found.variable, str(found.proxy.url)) if found.proxy else None


@pytest.mark.parametrize(
    ("environ", "variable", "proxy"),
    [
        ({"HTTPS_PROXY": "http://proxy.test:3128"}, "HTTPS_PROXY", "http://proxy.test:3128"),
        ({"https_proxy": "http://proxy.test:3128"}, "https_proxy", "http://proxy.test:3128"),
        ({"HTTPS_PROXY": "proxy.test:3128"}, "HTTPS_PROXY", "http://proxy.test:3128"),
        ({"HTTPS_PROXY": " https://proxy.test \n"}, "HTTPS_PROXY", "https://proxy.test"),
        ({"ALL_PROXY": "socks://127.0.0.1:9/"}, "ALL_PROXY", "socks5://127.0.0.1:9/"),  # as GNOME sets it
        ({"ALL_PROXY": "SOCKS5://127.0.0.1:9"}, "ALL_PROXY", "socks5://127.0.0.1:9"),
        ({"all_proxy": "socks5h://[::1]:9"}, "all_proxy", "socks5h://[::1]:9"),
        ({"all_proxy": "http://a.test", "HTTPS_PROXY": "http://b.test"}, "HTTPS_PROXY", "http://b.test"),
        ({"https_proxy": "http://a.test", "HTTPS_PROXY": "http://b.test"}, "https_proxy", "http://a.test"),
        ({"https_proxy": "", "HTTPS_PROXY": "http://b.test", "ALL_PROXY": "c.test"}, "ALL_PROXY", "http://c.test"),
    ],
)  # fmt: skip
def test_the_environments_proxy_is_used(environ: dict[str, str], variable: str, proxy: str) -> None:
    assert way(environ) == (variable, proxy)


@pytest.mark.parametrize(
    "environ", [{}, {"HTTP_PROXY": "socks4://x"}, {"FTP_PROXY": "?"}, {"HTTPS_PROXY": ""}, {"proxy": "x"}]
)
def test_what_is_not_for_the_address_is_not_read(environ: dict[str, str]) -> None:
    assert way(environ) is None


@pytest.mark.parametrize(
    ("address", "entries", "direct"),
    [
        (DEFAULT, "*", True),
        (DEFAULT, "a.test, *", True),
        (DEFAULT, "api.minimax.io", True),
        (DEFAULT, "minimax.io", True),
        (DEFAULT, ".minimax.io", True),
        (DEFAULT, "*.MiniMax.io", True),
        (DEFAULT, "a.test minimax.io", True),
        (DEFAULT, "https://api.minimax.io", True),
        (DEFAULT, "api.minimax.io:443", True),
        (DEFAULT, "api.minimax.io:80", False),
        (DEFAULT, "imax.io", False),
        (DEFAULT, "api.minimax.io.test", False),
        # What containers and desktops bring.
        (DEFAULT, "[::1]", False),
        (DEFAULT, "localhost,127.0.0.0/8,::1", False),
        (DEFAULT, "10.0.0.0/8,fd00::/8,172.16.0.0/12", False),
        (DEFAULT, "10.0.0.0/99,[,],:,::::,/,..,*.,%,é,\x00", False),
        ("https://10.2.3.4", "10.0.0.0/8", True),
        ("https://10.2.3.4", "10.2.3.4", True),
        ("https://11.2.3.4", "10.0.0.0/8", False),
        ("https://[fd00::7]:8443", "fd00::/8", True),
        ("https://[fd00::7]", "[fd00::7]", True),
        ("https://model.test:8443", "model.test:8443", True),
        # This computer is never behind a proxy.
        ("https://localhost:8080", "", True),
        ("https://127.0.0.53", "", True),
        ("https://[::1]:8080/v1", "", True),
        ("https://llama.localhost:8080", "", True),
        ("https://0.0.0.0:8080", "", True),
        ("https://localhost.test", "", False),
    ],
)
def test_what_no_proxy_lists_is_reached_directly(address: str, entries: str, direct: bool) -> None:
    assert (way({**PROXY, "NO_PROXY": entries}, address) is None) is direct
    assert (way({**PROXY, "no_proxy": entries}, address) is None) is direct


@given(st.text(), st.sampled_from([DEFAULT, "https://10.2.3.4", "https://[fd00::7]"]))
def test_no_entry_of_no_proxy_hurts(entries: str, address: str) -> None:
    assert way({**PROXY, "NO_PROXY": entries}, address) in {None, ("HTTPS_PROXY", "http://proxy.test:3128")}


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("socks4://127.0.0.1:9", VariableFault.OLD_SOCKS),
        ("socks4a://me:secret@127.0.0.1:9", VariableFault.OLD_SOCKS),
        ("ftp://me:secret@proxy.test", VariableFault.UNKNOWN_SCHEME),
        ("quic://proxy.test", VariableFault.UNKNOWN_SCHEME),
        ("://proxy.test", VariableFault.UNKNOWN_SCHEME),
        ("http://", VariableFault.NO_ADDRESS),
        ("http://me:secret@", VariableFault.NO_ADDRESS),
        (":3128", VariableFault.NO_ADDRESS),
        ("http://[::1", VariableFault.NO_ADDRESS),
        ("http://me:secret@proxy.test:port", VariableFault.NO_ADDRESS),
        ("http://proxy.test:99999", VariableFault.NO_ADDRESS),
        ("http://proxy.test:-1", VariableFault.NO_ADDRESS),
        ("http://pro\x00xy.test", VariableFault.NO_ADDRESS),
        ("http://pro xy.test", VariableFault.NO_ADDRESS),
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused_by_the_variables_name(
    value: str, fault: VariableFault
) -> None:
    for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        with pytest.raises(WrongVariableError) as caught:
            connection_to(DEFAULT, {variable: value})
        assert (caught.value.variable, caught.value.fault) == (variable, fault)
        assert "secret" not in str(caught.value)


@given(st.text())
def test_any_value_is_used_or_refused(value: str) -> None:
    try:
        found = way({"ALL_PROXY": value})
    except WrongVariableError as error:
        found = (error.variable, error.fault)
    assert found is None if not value.strip() else found is not None and found[0] == "ALL_PROXY"


def test_a_password_is_not_printed_and_is_known_to_the_log() -> None:
    environ = {
        "HTTPS_PROXY": "http://me:s%40cret/@proxy.test",
        "all_proxy": "me:other@proxy.test:1",
        "FTP_PROXY": "ftp://third:@x",
        "NO_PROXY": "x.test",
        "PATH": "http://a:b@c",
    }
    assert "s%40cret" not in repr(connection_to(DEFAULT, {"HTTPS_PROXY": "http://me:s%40cret@proxy.test"}))
    assert passwords(environ) == {"s%40cret/", "s@cret/", "me:other@"}


@pytest.mark.parametrize(
    ("login", "hidden"),
    [
        ("me:e", {"me:e@"}),
        ("me:12345", {"me:12345@"}),
        ("me:123456", {"123456"}),
        ("m%65:%61", {"m%65:%61@", "me:a@"}),
        ("me:", set()),
        ("me", set()),
    ],
)
def test_a_short_password_leaves_the_words_of_the_log_whole(login: str, hidden: set[str]) -> None:
    assert passwords({"ALL_PROXY": f"http://{login}@proxy.test:1"}) == hidden


# --- certificates ---------------------------------------------------------------------------------


def test_certificates_of_ones_own_are_trusted_instead(tmp_path: Path) -> None:
    bundle = Path(certifi.where()).read_text(encoding="ascii")
    one = bundle[: bundle.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n"
    (tmp_path / "own.pem").write_text(one, encoding="ascii")
    found = connection_to(DEFAULT, {"SSL_CERT_FILE": str(tmp_path / "own.pem")}).certificates
    assert (len(found.get_ca_certs()), found.verify_mode) == (1, ssl.CERT_REQUIRED)
    assert len(connection_to(DEFAULT, {}).certificates.get_ca_certs()) > 50
    trusted({"SSL_CERT_DIR": str(tmp_path)})


def _nothing(path: Path) -> None: ...


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _empty(path: Path) -> None:
    path.touch()


def _words(path: Path) -> None:
    path.write_text("no certificate", encoding="ascii")


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (_nothing, VariableFault.NO_FILE),
        (Path.mkdir, VariableFault.NO_FILE),
        (_pipe, VariableFault.NO_FILE),
        (_empty, VariableFault.NO_CERTIFICATES),
        (_words, VariableFault.NO_CERTIFICATES),
    ],
)
def test_a_file_without_certificates_is_refused_by_the_variables_name(
    make: object, fault: VariableFault, tmp_path: Path
) -> None:
    path = tmp_path / "certificates.pem"
    assert callable(make)
    make(path)
    with pytest.raises(WrongVariableError) as caught:
        connection_to(DEFAULT, {"SSL_CERT_FILE": str(path)})
    assert (caught.value.variable, caught.value.fault) == ("SSL_CERT_FILE", fault)
    connection_to("http://127.0.0.1:11434", {"SSL_CERT_FILE": str(path)})  # which needs none


def _unnameable(path: Path) -> str:
    return str(path.with_name("x" * 300))


def _below_a_file(path: Path) -> str:
    path.touch()
    return str(path / "x")


def _loop(path: Path) -> str:
    path.symlink_to(path)
    return str(path)


def _null(path: Path) -> str:
    del path
    return os.devnull


def _unspeakable(path: Path) -> str:
    return f"{path}\0"


@pytest.mark.parametrize("make", [_unnameable, _below_a_file, _loop, _null, _unspeakable])
def test_a_path_that_cannot_be_asked_is_refused_too(make: Callable[[Path], str], tmp_path: Path) -> None:
    path = make(tmp_path / "certificates")
    for variable, fault in (
        ("SSL_CERT_FILE", VariableFault.NO_FILE),
        ("SSL_CERT_DIR", VariableFault.NO_FOLDER),
    ):
        with pytest.raises(WrongVariableError) as caught:
            trusted({variable: path})
        assert (caught.value.variable, caught.value.fault) == (variable, fault)


def test_folders_of_certificates_are_a_list_of_which_one_is_enough(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    for folders in (f"{nowhere}:{tmp_path}", f"{tmp_path}:{nowhere}", f":{tmp_path}:"):
        trusted({"SSL_CERT_DIR": folders})
    for folders in (f"{nowhere}:{nowhere}", ":", f"{nowhere}:"):
        with pytest.raises(WrongVariableError):
            trusted({"SSL_CERT_DIR": folders})


def test_a_file_for_keys_that_cannot_be_written_is_blamed_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", "/nowhere/x")
    with pytest.raises(WrongVariableError) as caught:
        trusted({"SSL_CERT_DIR": "/"})
    assert (caught.value.variable, caught.value.fault) == ("SSLKEYLOGFILE", VariableFault.NO_KEY_LOG)


def test_a_folder_that_is_not_there_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(WrongVariableError) as caught:
        trusted({"SSL_CERT_DIR": str(tmp_path / "nowhere")})
    assert (caught.value.variable, caught.value.fault) == ("SSL_CERT_DIR", VariableFault.NO_FOLDER)


# --- over the wire --------------------------------------------------------------------------------

ELSEWHERE = "http://model.test"


@pytest.mark.parametrize("wants_password", [False, True])
async def test_a_socks_proxy_leads_to_the_model(wants_password: bool) -> None:
    async with M2her() as m2her, Socks(m2her.base_url, wants_password=wants_password) as socks:
        m2her.say("Well met.")
        environ = {"ALL_PROXY": f"socks://{'me:s%40cret@' if wants_password else ''}{socks.address}/"}
        model = http_model(ELSEWHERE, needs_key=False, connection=connection_to(ELSEWHERE, environ))
        assert await heard(model) == ("Well met.", None)
        await model.aclose()
    assert socks.asked == ["model.test:80"]
    assert socks.passwords == (["me:s@cret"] if wants_password else [])


@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_a_dead_proxy_is_named_and_its_password_is_not(kind: str) -> None:
    environ = {"http_proxy": f"{kind}://me:secret@127.0.0.1:9"}
    model = http_model(ELSEWHERE, needs_key=False, connection=connection_to(ELSEWHERE, environ), retries=0)
    error = await failure(model)
    await model.aclose()
    assert error.kind is ErrorKind.UNREACHABLE
    assert error.detail.endswith("through the proxy in http_proxy")
    assert "secret" not in str(error)


async def refused_by(proxy: Garbled, kind: str, address: str = ELSEWHERE) -> ModelError:
    """Return the error of a try, through the proxy if a kind is given.

    httpcore drops the socket to a proxy that speaks no SOCKS, without closing it: it is closed when it is
    collected, which is waited for here.
    """
    gc.freeze()  # thousands of tests before this one have left much that needs no looking at
    async with proxy:
        environ = {"ALL_PROXY": kind + proxy.address} if kind else {}
        model = http_model(address, needs_key=False, connection=connection_to(address, environ), retries=0)
        error = await failure(model)
        await model.aclose()
        del model
    for _ in range(3):  # what was closed is gone only some turns later
        await asyncio.sleep(0)
    gc.collect()
    return error


WELCOME = b"\x05\x00"


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 400 Bad Request\r\n\r\n"],
        [b""],
        [b"\x05"],
        [b"\x00"],
        [b"\x05\x00\x00\x00"],
        [b"\x05\x02"],  # a password, which nobody offered
        [b"\x05\xff"],  # no method suits it
        [b"\x05\x07"],  # a method that is none
        [WELCOME, b""],
        [WELCOME, b"\x05"],
        [WELCOME, b"junk" * 9],
        [WELCOME, b"\x05\x01\x00\x01" + bytes(6)],  # refused
        [WELCOME, b"\x05\x63\x00\x01" + bytes(6)],  # for a reason that is none
        [WELCOME, b"\x05\x00\x00\x03\xffshort"],
    ],
)
@pytest.mark.parametrize("kind", ["socks5", "socks5h"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # see `refused_by`
async def test_what_is_no_proxy_is_unreachable(kind: str, pieces: list[bytes]) -> None:
    error = await refused_by(Garbled(*pieces), f"{kind}://me:secret@")
    assert error.kind is ErrorKind.UNREACHABLE
    assert error.detail.endswith("through the proxy in ALL_PROXY")
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    "address", [f"http://{'.'.join(['a' * 60] * 5)}.test", f"http://{'a' * 64}.test", "http://a..test"]
)
@pytest.mark.parametrize("kind", ["", "socks5://"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_host_that_is_no_host_is_unreachable(address: str, kind: str) -> None:
    error = await refused_by(Garbled(WELCOME, b""), kind, address)
    assert error.kind is ErrorKind.UNREACHABLE


@pytest.mark.parametrize("login", ["u" * 300 + ":secret", "me:" + "secret" * 60])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_login_that_socks_has_no_room_for_is_unreachable(login: str) -> None:
    error = await refused_by(Garbled(b"\x05\x02", b"\x01\x00"), f"socks5://{login}@")
    assert error.kind is ErrorKind.UNREACHABLE
    assert "secret" not in str(error)


async def test_the_environment_is_not_read_behind_our_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
    model = http_model("http://nowhere.invalid", needs_key=False, retries=0)
    error = await failure(model)
    await model.aclose()
    assert "proxy" not in error.detail
    assert len(connection_to(DEFAULT, {}).certificates.get_ca_certs()) > 50
