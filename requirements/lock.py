"""Resolves pyproject.toml into hashed lock files: app.txt (what runs) and dev.txt (that and what tests it).

torch is left out of both: which build is right (CPU or a CUDA version) is the installer's choice, and each build
has hashes of its own: cpu.txt is the one for the CPU, cuda.txt the index's own for CUDA and what NVIDIA ships for it,
both on top of app.txt and for the images alone. Its version is the one pinned in pyproject.toml. hamlet-protos comes
from this repository.

The build for the CPU is not on the Python index: pip's `find-links` on this machine, or PyTorch's index as
`TORCH_INDEX`, has to have it.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    app = [line for line in project["project"]["dependencies"] if not line.startswith("hamlet-protos")]
    dev = app + project["dependency-groups"]["dev"]
    (torch,) = (line for line in app if line.startswith("torch=="))
    locked = ROOT / "requirements" / "app.txt"
    resolve(app, locked, *_without("torch"))
    resolve(dev, ROOT / "requirements" / "dev.txt", *_without("torch"))
    (ROOT / "requirements" / "cpu.txt").write_text(_hashed(f"{torch}+cpu"))
    others = [line.partition("==")[0] for line in locked.read_text().splitlines() if "==" in line]
    beside = ["--constraint", str(locked), "--python-platform", "x86_64-manylinux_2_28", *_without(*others)]
    resolve([torch], ROOT / "requirements" / "cuda.txt", *beside, environment={"UV_FIND_LINKS": ""})


def _without(*names: str) -> list[str]:
    return [word for name in names for word in ("--no-emit-package", name)]


def _hashed(requirement: str) -> str:
    """What pip would take here, by its hash: uv writes none for a wheel in a folder."""
    index = os.environ.get("TORCH_INDEX")
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, requirement]
        subprocess.run([*command, *(["--index-url", index] if index else [])], check=True)
        (wheel,) = Path(folder).iterdir()
        return f"{requirement} \\\n    --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def resolve(requirements: list[str], lock: Path, *more: str, environment: Mapping[str, str] | None = None) -> None:
    environment = {"UV_FIND_LINKS": os.environ.get("PIP_FIND_LINKS", "")} | os.environ | dict(environment or {})
    with tempfile.NamedTemporaryFile("w", suffix=".in") as source:
        source.write("\n".join(requirements) + "\n")
        source.flush()
        options = ["--generate-hashes", "--no-annotate", "--no-header", *more]
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", *options, "--python", "3.11"]
        subprocess.run([*command, source.name, "--output-file", str(lock)], check=True, env=environment)


if __name__ == "__main__":
    main()
