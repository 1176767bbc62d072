"""Who one address stands for, where calls are counted by address."""

from ipaddress import IPv6Address, ip_address, ip_network

__all__ = ["network_of"]

_ONE_CUSTOMER = 64


def network_of(address: str) -> str:
    """The network that one caller has: an IPv4 address itself, of IPv6 the /64 (RFC 6177), in which whoever has one
    address has all. What is no address is itself.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, _ONE_CUSTOMER), strict=False))
