"""The way to a model's server: the proxies and the certificates that the environment asks for.

Law: a variable is used, or refused by its name. Its value never reaches an error: it may hold a password.
"""

import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import httpx

from bot.core.endpoint.address import is_here

_PORTS: Final = {"http": 80, "https": 443}
_SCHEMES: Final = frozenset({"http", "https", "socks5", "socks5h"})
"""The kinds of proxies that httpx knows, with its extra `socks`."""

SHORT: Final = 6
"""Characters below which a password would be found in ordinary words; our own limit."""


class VariableFault(StrEnum):
    """What is wrong with a variable of the environment."""

    NO_ADDRESS = "no_address"
    OLD_SOCKS = "old_socks"
    UNKNOWN_SCHEME = "unknown_scheme"
    NO_FILE = "no_file"
    NO_FOLDER = "no_folder"
    NO_KEY_LOG = "no_key_log"
    NO_CERTIFICATES = "no_certificates"


class WrongVariableError(Exception):
    """A variable of the environment cannot be used; see `variable` and `fault`."""

    def __init__(self, variable: str, fault: VariableFault) -> None:
        """Refuse a variable by its name."""
        super().__init__(f"{variable}: {fault}")
        self.variable = variable
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Connection:
    """The way to one server.

    Attributes:
        certificates: those that the server's and the proxy's are checked against.
        proxy: the proxy in between, if there is one.
        variable: the variable that names it.
    """

    certificates: ssl.SSLContext
    proxy: httpx.Proxy | None = None
    variable: str = ""


def connection_to(address: str, environ: Mapping[str, str]) -> Connection:
    """Return the way to a server at an address.

    A server on this computer is reached without a proxy, and certificates are read only if they are needed.

    Raises:
        WrongVariableError: a variable that counts for this address cannot be used.
    """
    url = httpx.URL(address)
    variable, proxy = next(_proxies(url, environ), ("", None))
    if "https" not in {url.scheme, proxy.url.scheme if proxy else ""}:
        return Connection(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), proxy, variable)
    certificates = trusted(environ)
    if proxy is not None and proxy.url.scheme == "https":
        proxy.ssl_context = certificates
    return Connection(certificates, proxy, variable)


def trusted(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Return the trusted certificates: OpenSSL's variables, else those that come with httpx.

    Raises:
        WrongVariableError: a variable names something that is not there, or holds no certificate.
    """
    file, folders = environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")
    if file and not _is(Path.is_file, file):
        raise WrongVariableError("SSL_CERT_FILE", VariableFault.NO_FILE)
    if folders and not any(_is(Path.is_dir, each) for each in folders.split(os.pathsep) if each):
        raise WrongVariableError("SSL_CERT_DIR", VariableFault.NO_FOLDER)
    try:
        return _loaded(file or None, folders or None)
    except OSError as error:  # ssl.SSLError is one
        if error.filename is not None:  # only the file to which OpenSSL writes keys is named
            raise WrongVariableError("SSLKEYLOGFILE", VariableFault.NO_KEY_LOG) from None
        raise WrongVariableError("SSL_CERT_FILE", VariableFault.NO_CERTIFICATES) from None


def _is(kind: Callable[[Path], bool], path: str) -> bool:
    """Return whether a path is of a kind; not if that can't be known."""
    try:
        return kind(Path(path))
    except (OSError, ValueError):
        return False


def passwords(environ: Mapping[str, str]) -> set[str]:
    """Return the passwords of all proxies, as written and as meant, which must stay out of the log.

    One of fewer than `SHORT` characters comes with its user and the `@`: its letters are in many words.
    """
    found = set()
    for name, value in environ.items():
        if name.lower().endswith("_proxy"):
            login = value.rpartition("@")[0].rpartition("://")[2]
            for each in (login, unquote(login)):
                password = each.partition(":")[2]
                found.add(f"{each}@" if 0 < len(password) < SHORT else password)
    return found - {""}


@cache
def _loaded(file: str | None, folder: str | None) -> ssl.SSLContext:
    """Load certificates, only once because that takes about 40 ms."""
    if file or folder:
        return ssl.create_default_context(cafile=file, capath=folder)
    return httpx.create_ssl_context(trust_env=False)


def _proxies(url: httpx.URL, environ: Mapping[str, str]) -> Iterator[tuple[str, httpx.Proxy]]:
    """Yield the proxies that the environment names for an address, the most special first."""
    if _is_exempt(url, _value("no_proxy", environ)[1]):
        return
    for name in (f"{url.scheme}_proxy", "all_proxy"):
        variable, value = _value(name, environ)
        if value:
            yield variable, _proxy(variable, value)


def _value(name: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return which spelling of a variable counts, and its value; small letters go first, as in curl."""
    variable = name if name in environ else name.upper()
    return variable, environ.get(variable, "").strip()


def _proxy(variable: str, value: str) -> httpx.Proxy:
    scheme, separator, rest = value.rpartition("://")
    scheme = scheme.lower() if separator else "http"
    if scheme == "socks":  # as GNOME writes it
        scheme = "socks5"
    if scheme in {"socks4", "socks4a"}:
        raise WrongVariableError(variable, VariableFault.OLD_SOCKS)
    if scheme not in _SCHEMES:
        raise WrongVariableError(variable, VariableFault.UNKNOWN_SCHEME)
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        _ = parts.port  # raises if it is invalid
        if parts.hostname and len(rest.split()) == 1:
            return httpx.Proxy(parts.geturl())
    except (httpx.InvalidURL, ValueError):
        pass
    raise WrongVariableError(variable, VariableFault.NO_ADDRESS)


def _is_exempt(url: httpx.URL, entries: str) -> bool:
    """Return whether an address is reached directly: by NO_PROXY, or because it is on this computer."""
    return is_here(url.host) or any(_covers(entry, url) for entry in entries.replace(",", " ").split())


def _covers(entry: str, url: httpx.URL) -> bool:
    """Return whether an entry of NO_PROXY is for an address: a network, or a host with all below it."""
    if entry == "*":
        return True
    with suppress(ValueError):
        return ip_address(url.host) in ip_network(entry.strip("[]"), strict=False)
    name, _, port = entry.rpartition("://")[2].lower().lstrip("*.").partition(":")
    if port and port != str(url.port or _PORTS.get(url.scheme)):
        return False
    return bool(name) and f".{url.host}".endswith(f".{name}")
