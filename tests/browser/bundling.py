"""Makes a page out of TypeScript, as a frontend's build does: contracts by protoc-gen-es, one file by esbuild."""

import json
import os
import subprocess
import sys
from pathlib import Path

from protos.tools.node_packages import TYPESCRIPT, installed

__all__ = ["bundle", "contracts"]

_ROOT = Path(__file__).resolve().parents[2]
_BIN = Path(sys.executable).parent


def contracts(folder: Path) -> Path:
    """Writes the messages and services of all contracts as TypeScript below `folder`."""
    plugin = [str(_BIN / "node"), str(installed() / "@bufbuild" / "protoc-gen-es" / "bin" / "protoc-gen-es")]
    step = {"local": plugin, "out": str(folder), "opt": ["target=ts"], "include_imports": True, "strategy": "all"}
    paths = ["--path", "protos/hamlet", "--path", "protos/third_party/google/rpc"]
    _run([_BIN / "buf", "generate", "--template", json.dumps({"version": "v2", "plugins": [step]}), *paths])
    return folder


def bundle(entry: Path, out: Path, generated: Path) -> None:
    """Writes `out`, a script, and beside it a page of the same name that loads it."""
    esbuild = installed() / "esbuild" / "bin" / "esbuild"
    aliases = [f"--alias:@contracts={generated}", f"--alias:@hamlet/rest={TYPESCRIPT / 'rest' / 'src' / 'index.ts'}"]
    _run(
        [_BIN / "node", esbuild, entry, "--bundle", "--format=esm", "--log-level=warning", f"--outfile={out}", *aliases]
    )
    out.with_suffix(".html").write_text(
        f'<!doctype html><title>Page</title><script type="module" src="{out.name}"></script>'
    )


def _run(command: list[str | Path]) -> None:
    environment = {**os.environ, "NODE_PATH": str(installed())}
    subprocess.run(command, cwd=_ROOT, env=environment, check=True, timeout=100)
