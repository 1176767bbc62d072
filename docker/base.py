"""The base of every build, a bare Debian, made from the signed archive without a container engine."""

import subprocess
import tempfile
from pathlib import Path

__all__ = ["ensure_base", "settings"]

_DEBOOTSTRAP = ("debootstrap", "--variant=minbase")


def settings() -> dict[str, str]:
    """What `base.env` says."""
    lines = (Path(__file__).parent / "base.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def ensure_base() -> str:
    """The base by digest; made where it is not there yet.

    Raises:
        subprocess.CalledProcessError: debootstrap or podman failed; they have said why.
    """
    told = settings()
    name = f"{told['BASE']}:{told['DEBIAN_SUITE']}"
    if subprocess.run(["podman", "image", "exists", name], check=False).returncode:
        _make(name, told["DEBIAN_SUITE"])
    digest = subprocess.run(
        ["podman", "image", "inspect", "--format", "{{.Digest}}", name], check=True, capture_output=True, text=True
    ).stdout.strip()
    return f"{told['BASE']}@{digest}"


def _make(name: str, suite: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root, archive = Path(folder) / "root", Path(folder) / "root.tar"
        subprocess.run([*_DEBOOTSTRAP, suite, root], check=True, stdout=subprocess.DEVNULL)
        left_out = [f"--exclude=./{each}" for each in ("var/cache/apt/*", "var/lib/apt/lists/*", "var/log/*", "dev/*")]
        subprocess.run(["tar", "-C", root, *left_out, "-cf", archive, "."], check=True)
        subprocess.run(["podman", "import", "--quiet", archive, name], check=True, stdout=subprocess.DEVNULL)
