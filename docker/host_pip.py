"""What this machine's pip is told (an index, a folder of wheels, an authority), so that pip in a build hears it too."""

import configparser
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["volumes"]

_TOLD = ("cert", "extra-index-url", "find-links", "index-url", "no-index", "proxy", "timeout", "trusted-host")
_CERTIFICATE = Path("/etc/pip-authority.crt")


def volumes(folder: Path) -> Iterator[str]:
    """`HOST:CONTAINER:ro` for the builder; files that are made for it lie in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    written = configparser.RawConfigParser()
    written["global"] = {}
    for name, value in _configured().items():
        if name == "cert":
            # Not where Debian keeps its own, which a package of the build writes.
            written["global"][name] = str(_CERTIFICATE)
            yield f"{Path(value).resolve()}:{_CERTIFICATE}:ro"
            continue
        written["global"][name] = " ".join(value.replace("\\n", " ").split())
        yield from (f"{path}:{path}:ro" for path in _paths(value))
    with (folder / "pip.conf").open("w") as file:
        written.write(file)
    yield f"{folder.resolve() / 'pip.conf'}:/etc/pip.conf:ro"


def _configured() -> dict[str, str]:
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True
    ).stdout
    found: dict[str, str] = {}
    # Files first and the environment last, as pip itself ranks them.
    for line in sorted(listed.splitlines(), key=lambda line: line.startswith(":env:")):
        key, _, value = line.partition("=")
        name = key.rpartition(".")[2]
        if name in _TOLD:
            found[name] = value.strip("'")
    return found


def _paths(value: str) -> Iterator[Path]:
    """The folders of this machine that an option names; an index's `simple` leans on what lies beside it."""
    for each in value.replace("\\n", " ").split():
        if each.startswith("file:"):
            yield Path(unquote(urlsplit(each).path)).parent
        elif each.startswith("/"):
            yield Path(each)
