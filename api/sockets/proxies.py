"""Whose a connection is: of the address that it comes from, or, behind a proxy that is declared, of whom the proxy
names.

``ORTHOKG_TRUSTED_PROXIES`` holds addresses and networks of proxies, separated by commas. Only what a declared proxy
says in ``X-Forwarded-For`` is believed, and of that the last address which is no declared proxy itself: a client can
write the others.
"""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from kg.errors import ContractError, Issue

SETTING = "ORTHOKG_TRUSTED_PROXIES"
LOOPBACK = ("127.0.0.1", "::1")
_HOME_BITS = 64  # one customer has as many addresses of IPv6


class Proxies:
    def __init__(self, networks: tuple[IPv4Network | IPv6Network, ...] = ()):
        self.networks = networks

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Proxies":
        """Raises ContractError for each entry that is not an address and no network."""
        found, issues = [], []
        for text in (each.strip() for each in environ.get(SETTING, "").split(",")):
            if text:
                try:
                    found.append(ip_network(text))
                except ValueError:
                    fix = "name each proxy by its address or network, as 10.0.0.2 or 10.0.0.0/24"
                    issues.append(Issue(SETTING, "lists addresses and networks", text[:60], fix))
        if issues:
            raise ContractError(issues)
        return cls(tuple(found))

    def __contains__(self, address: str) -> bool:
        try:
            known = ip_address(address)
        except ValueError:
            return False
        return any(known in network for network in self.networks)

    def believed(self) -> list[str]:
        """For uvicorn, which tells the application who asks. What comes from this machine with such a header was
        forwarded by a proxy here: it is then not taken for this machine's own."""
        return [*LOOPBACK, *map(str, self.networks)]


def side_of(address: str) -> str:
    """The address itself, or the network of a customer of IPv6: what shares one bound."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return address
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ip_network((known, _HOME_BITS), strict=False))
