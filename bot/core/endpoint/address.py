"""Whether a model's server is on this computer.

Law: one answer for all that depends on it: no key is asked for, none is warned about, no proxy is used, and
players read where their words go. No name is looked up.
"""

from contextlib import suppress
from ipaddress import IPv6Address, ip_address


def is_here(host: str) -> bool:
    """Return whether a host's name or address, without brackets, belongs to this computer."""
    with suppress(ValueError):
        address = ip_address(host)
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        # Servers name 0.0.0.0 as their address when they start; it leads nowhere else.
        return address.is_loopback or address.is_unspecified
    # All names below localhost are this computer's too (RFC 6761).
    return f".{host.lower().removesuffix('.')}".endswith(".localhost")
