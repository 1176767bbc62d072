"""Which sockets the processes of a village listen on, as the kernel says (proc(5))."""

from pathlib import Path

__all__ = ["family", "listening"]

_LISTEN = "0A"
_MAPPED = "0000000000000000FFFF0000"


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += family(int(child))
    return found


def listening(pid: int) -> set[tuple[str, int]]:
    """Address and port of each TCP socket on which the family of a process listens; `::` stands for all of IPv6."""
    owned = {inode for member in family(pid) for inode in _sockets(member)}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTEN and fields[9] in owned:
                address, _, port = fields[1].partition(":")
                found.add((_readable(address), int(port, 16)))
    return found


def _sockets(pid: int) -> set[str]:
    links = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        try:
            links.add(str(each.readlink()))
        except FileNotFoundError:
            continue
    return {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}


def _readable(address: str) -> str:
    """The kernel writes an address as numbers in the machine's byte order; gRPC's are IPv4 mapped into IPv6."""
    address = address.removeprefix(_MAPPED)
    if len(address) == 8:
        return ".".join(str(byte) for byte in reversed(bytes.fromhex(address)))
    return "::1" if address == "0" * 24 + "01000000" else "::"
