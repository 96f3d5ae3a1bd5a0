"""Addresses in the configuration: of Discord, of models, of a database, and where the bot listens.

Law: a mistake is found when the configuration is read, and never repeats a password in an address.
"""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final
from unicodedata import category, normalize
from urllib.parse import SplitResult, parse_qs, urlsplit

from pydantic import SecretStr

from bot.files.shapes import wrong
from bot.texts.sentences import Sentence

HOST_LENGTH: Final = 253
"""Maximum characters in a host's name; 255 bytes in DNS."""

_SSL_MODES: Final = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})
"""What libpq's `sslmode` can be."""

_IN_NAMES: Final = frozenset({"Ll", "Lo", "Lm", "Mn", "Mc", "Nd"})
"""The categories of characters that a host's name may have."""


def _address(text: str, schemes: Iterable[str]) -> SplitResult:
    example = Sentence("yaml.or", words=f"{next(iter(schemes))}://…", last=f"{list(schemes)[-1]}://…")
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises if it is invalid
    except ValueError:
        raise wrong("config.bad_address", example=example) from None
    if parts.scheme not in schemes or not _is_host(parts.hostname or "") or re.search(r"\s", text):
        raise wrong("config.bad_address", example=example)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise wrong("config.address_extras")
    return parts


def _is_host(host: str) -> bool:
    """Return whether a text is an IP address or a host's name, by the rules of DNS (RFC 1035) and IDNA."""
    try:
        return bool(ip_address(host.partition("%")[0]))
    except ValueError:
        labels = host.removesuffix(".").split(".")
    is_number = re.fullmatch(r"[0-9]+", labels[-1]) is not None
    return len(host) <= HOST_LENGTH and not is_number and all(map(_is_label, labels))


def _is_label(label: str) -> bool:
    try:
        coded = label.encode("idna")  # raises if it is empty or too long
        plain = coded[4:].decode("punycode") if coded.startswith(b"xn--") else coded.decode("ascii")
    except UnicodeError:
        return False
    is_coded = coded.startswith(b"xn--") == (not plain.isascii())
    return is_coded and _is_written(plain) and _is_written(label.lower())


def _is_written(label: str) -> bool:
    if label.isascii():
        return re.fullmatch(r"[a-zA-Z0-9_-]+", label) is not None
    in_names = all(each == "-" or category(each) in _IN_NAMES for each in label)
    return in_names and normalize("NFKC", label) == label == label.strip("-")


def postgres(value: SecretStr | None) -> SecretStr | None:
    """Return the address of a database on a server, which may hold a password.

    A password with a bare `/`, `?` or `#` would be read as a host, a database or nothing, and shown as such.
    """
    if value is None:
        return None
    text = value.get_secret_value()
    try:
        parts = urlsplit(text)
        *_, hosts = parts.netloc.rpartition("@")
        _ = [urlsplit(f"//{host}").port for host in hosts.split(",")]  # raises if one is invalid
    except ValueError:
        raise wrong("config.no_postgres") from None
    misread = (parts.path, parts.query.partition("=")[0])
    if not re.match(r"postgres(?:ql)?://", text) or parts.fragment or any("@" in part for part in misread):
        raise wrong("config.no_postgres")
    if not _SSL_MODES.issuperset(parse_qs(parts.query).get("sslmode", [])):
        raise wrong("config.no_sslmode")
    return value


def http(text: str) -> str:
    """Return the address of a model's API, without the path of an endpoint."""
    path = _address(text, ("https", "http")).path
    if endpoint := re.search(r"(/v1)?/(text/chatcompletion\w*|chat/completions)/*$", path):
        raise wrong("config.endpoint", path=endpoint[0])
    return text.rstrip("/")


def api_base(text: str) -> str:
    """Return the address of Discord's API, with its version."""
    if not re.search(r"/v\d+/?$", _address(text, ("https", "http")).path):
        raise wrong("config.no_version")
    return text.rstrip("/")


def gateway(text: str) -> str:
    """Return the address of Discord's gateway."""
    _address(text, ("wss", "ws"))
    return text


def listen(text: str) -> str:
    """Return a host and a port, at which the bot listens."""
    try:
        parts = urlsplit(f"//{text}")
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        raise wrong("config.bad_listen") from None
    if port is None or not _is_host(host) or parts.netloc != text or "@" in text:
        raise wrong("config.bad_listen")
    return text
