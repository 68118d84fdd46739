"""Where a request comes from: its network address, as the trusted proxies report it."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_FOR = re.compile(r'(?:^|;)\s*for\s*=\s*(?:"([^"]*)"|([^;\s]*))', re.IGNORECASE)
_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]*)\](?::\d+)?|(?P<v4>[\d.]+):\d+")


@lru_cache(4096)
def address_of(text: str) -> Address | None:
    """The address in a header or of a peer, with or without a port; None if it is none."""
    match = _WITH_PORT.fullmatch(text)
    try:
        address = ip_address((match["v6"] or match["v4"]) if match else text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(4096)
def place_of(address: Address) -> str:
    """The address that limits count by. A network of IPv6 (/64) is one: its user has all addresses in it."""
    return str(address) if address.version == 4 else str(ip_network((address, 64), strict=False))


class Proxies:
    """The proxies whose `Forwarded` or `X-Forwarded-For` counts."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self._networks = tuple(networks)

    def trust(self, address: Address) -> bool:
        return any(address in network for network in self._networks)

    def origin_of(self, peer: str, headers: Sequence[tuple[bytes, bytes]]) -> str:
        """Where a request comes from that reached this process from the peer."""
        address = address_of(peer)
        if address is None:
            return peer
        if not self._networks or not self.trust(address):
            return place_of(address)
        forwarded = _listed(headers, b"forwarded")
        nodes = [(match[1] or match[2]) if (match := _FOR.search(hop)) else "" for hop in forwarded]
        origins = {self._first(address, hops) for hops in (nodes, _listed(headers, b"x-forwarded-for")) if hops}
        # A proxy sets one of the headers. If they disagree, the other one is of the caller's own making.
        return place_of(origins.pop() if len(origins) == 1 else address)

    def _first(self, peer: Address, hops: Sequence[str]) -> Address:
        """The last address that is no trusted proxy: what stands before it was written by the caller."""
        for hop in reversed(hops):
            address = address_of(hop)
            if address is None:
                return peer
            peer = address
            if not self.trust(address):
                return address
        return peer


def _listed(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> list[str]:
    values = (value.decode("latin-1") for key, value in headers if key == name)
    return [hop.strip() for value in values for hop in value.split(",")]
