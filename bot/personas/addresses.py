"""Addresses of avatars: which of them Discord can't show, or not for long.

Law: pure rules on the text of an address; nothing is looked up.
"""

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

LENGTH_LIMIT: Final = 2048
"""Maximum characters; Discord's OpenAPI description: `avatar_url` of IncomingWebhookRequestPartial."""

# Discord's reference, "Signed Attachment CDN URLs": these expire, with the time in `ex`, and nothing is
# shown without it. The addresses of emojis, icons and avatars are others, and stay.
_ATTACHMENTS: Final = re.compile(r"/(?:ephemeral-)?attachments/")
_CDN: Final = re.compile(r"(?:.+\.)?(?:discordapp\.(?:com|net)|discord\.com)")

# IANA's Special-Use Domain Names, and what RFC 6762, appendix G, says is used in private networks.
_PRIVATE: Final = re.compile(
    r".*\.(?:local|localhost|localdomain|test|example|invalid|onion|alt|home\.arpa"
    r"|internal|intranet|private|corp|home|lan)"
)


def expires(address: str) -> bool:
    """Return whether Discord will show nothing at an address of its own after some time."""
    parts = urlsplit(address)
    return bool(_CDN.fullmatch(parts.hostname or "") and _ATTACHMENTS.match(parts.path))


def host_of(address: str) -> str:
    """Return the host of an address in small letters; "" if it has none."""
    return (urlsplit(address).hostname or "").rstrip(".")


def is_public(host: str) -> bool:
    """Return whether the internet may know a host: a global IP address, or a name in a public domain."""
    found = _ip(host)
    if found is not None:
        inner = found.ipv4_mapped if isinstance(found, IPv6Address) else None
        return (inner or found).is_global
    return "." in host and not _PRIVATE.fullmatch(host)


def _ip(host: str) -> IPv4Address | IPv6Address | None:
    """Return the IP address that a host is, also in its old forms such as `127.1`; None for a name."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        pass
    if not re.search(r"(?:^|\.)(?:0x[0-9a-f]*|[0-9]+)$", host):
        return None
    try:
        return ip_address(socket.inet_aton(host))
    except OSError:  # nothing that could be reached
        return IPv4Address(0)
