"""Resolves pyproject.toml into hashed lock files: app.txt (what runs) and dev.txt (that and what tests it).

torch is left out of both: which build is right (CPU or a CUDA version) is the installer's choice, and each build
has hashes of its own. Its version is the one pinned in pyproject.toml. hamlet-protos comes from this repository.
"""

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    app = [line for line in project["project"]["dependencies"] if not line.startswith("hamlet-protos")]
    dev = app + project["dependency-groups"]["dev"]
    resolve(app, ROOT / "requirements" / "app.txt")
    resolve(dev, ROOT / "requirements" / "dev.txt")


def resolve(requirements: list[str], lock: Path) -> None:
    environment = dict(os.environ)
    if find_links := environment.get("PIP_FIND_LINKS"):
        environment.setdefault("UV_FIND_LINKS", find_links)
    with tempfile.NamedTemporaryFile("w", suffix=".in") as source:
        source.write("\n".join(requirements) + "\n")
        source.flush()
        options = ["--generate-hashes", "--no-emit-package", "torch", "--no-annotate", "--no-header"]
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", *options, "--python", "3.11"]
        subprocess.run([*command, source.name, "--output-file", str(lock)], check=True, env=environment)


if __name__ == "__main__":
    main()
