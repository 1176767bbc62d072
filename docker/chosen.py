"""`python3 docker/chosen.py FOLDER`: copies what the images have of Debian, libraries and Python, and no tools.

No shell, no package manager and no program but Python is among it. As in "distroless" images, `var/lib/dpkg/status.d`
tells scanners (and our SBOM) which packages it is from, and each package's copyright file comes along.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = ["PACKAGES", "PYTHON_LEFT_OUT", "wanted"]

PACKAGES = (
    "base-files",
    "gcc-12-base",
    "libbz2-1.0",
    "libc6",
    "libexpat1",
    "libffi8",
    "libgcc-s1",
    "liblzma5",
    "libpython3.11-minimal",
    "libpython3.11-stdlib",
    "libsqlite3-0",
    "libssl3",
    "libstdc++6",
    "libuuid1",
    "python3-minimal",
    "python3.11-minimal",
    "zlib1g",
)
"""`gcc-12-base` has the copyright of GCC's libraries and nothing else, `python3-minimal` the name `python3`."""

PYTHON_LEFT_OUT = ("_crypt", "_curses", "_curses_panel", "_dbm", "nis", "ossaudiodev", "readline")
"""Modules written in C whose libraries are not there: terminals, NIS, the system's passwords, old databases, sound."""

_WANTED = (
    r"usr/share/doc/[^/]+/copyright",
    r"usr/share/common-licenses(/.*)?",
    r"usr/bin/python3(\.11)?",
    r"usr/lib/os-release",
    r"usr/lib/python3\.11/(?!lib2to3/|pydoc_data/|EXTERNALLY-MANAGED).*",
    r"usr/lib(64)?/([^/]+/)?[^/]+\.so[^/]*",
    r"etc/(os-release|debian_version|python3\.11/.*)",
)
_TEST_MODULES = r"usr/lib/python3\.11/lib-dynload/(_test|_ctypes_test|_xxtest|xxlimited|_xxsub).*"
_UNFIT = r"usr/lib/python3\.11/lib-dynload/(" + "|".join(PYTHON_LEFT_OUT) + r")\..*"
# `files dns`, as Debian's libc is used to, and a name for the uid.
_WRITTEN = {
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "etc/passwd": "root:x:0:0:root:/root:/usr/sbin/nologin\nhamlet:x:10001:10001::/var/lib/hamlet:/usr/sbin/nologin\n",
    "etc/group": "root:x:0:\nhamlet:x:10001:\n",
}
_FOLDERS = ("dev", "etc/hamlet/certs", "proc", "run", "sys", "tmp", "var/cache/hamlet", "var/lib/hamlet", "var/tmp")


def main(target: Path) -> None:
    for link in ("lib", "lib64"):
        (target / "usr" / link).mkdir(parents=True)
        (target / link).symlink_to(f"usr/{link}")
    for package in PACKAGES:
        for path in sorted(_files(package)):
            _copy(path, target)
        _tell(package, target)
    for name, text in _WRITTEN.items():
        (target / name).write_text(text)
    for folder in _FOLDERS:
        (target / folder).mkdir(parents=True, exist_ok=True)


def wanted(path: str) -> bool:
    """Whether a file of a chosen package is wanted; `path` is the true one, without links, below the root."""
    return any(re.fullmatch(each, path) for each in _WANTED) and not any(
        re.fullmatch(each, path) for each in (_TEST_MODULES, _UNFIT)
    )


def _files(package: str) -> Iterator[Path]:
    for line in _dpkg("--listfiles", package).splitlines():
        path = Path(line)
        if path.is_symlink() or path.is_file():
            # `/lib` is a link to `/usr/lib` on Debian, and packages name their files by either.
            yield path.parent.resolve() / path.name


def _copy(path: Path, target: Path) -> None:
    inside = path.relative_to("/")
    is_documentation = inside.parts[:3] == ("usr", "share", "doc")
    if wanted(str(inside)) or (is_documentation and path.is_symlink() and path.resolve().is_dir()):
        (target / inside).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target / inside, follow_symlinks=False)


def _tell(package: str, target: Path) -> None:
    told = target / "var/lib/dpkg/status.d"
    told.mkdir(parents=True, exist_ok=True)
    (told / package).write_text(_dpkg("--status", package))


def _dpkg(what: str, package: str) -> str:
    return subprocess.run(["dpkg", what, package], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]))
