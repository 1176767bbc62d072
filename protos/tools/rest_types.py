"""Writes the TypeScript types of the REST client from the OpenAPI document.

`python -m protos.tools.rest_types [FILE]`; without a file, the committed one.
"""

import subprocess
import sys
from pathlib import Path

from protos.tools.node_packages import TYPESCRIPT, installed

DOCUMENT = Path(__file__).resolve().parents[1] / "gen" / "hamlet" / "openapi.json"
COMMITTED = TYPESCRIPT / "rest" / "src" / "schema.ts"


def generate(out: Path) -> None:
    """
    Raises:
        subprocess.CalledProcessError: openapi-typescript refused the document; it has said why on stderr.
    """
    node, tool = Path(sys.executable).parent / "node", installed() / "openapi-typescript" / "bin" / "cli.js"
    command: list[str | Path] = [node, tool, DOCUMENT, "-o", out, "--root-types", "--root-types-no-schema-prefix"]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - what the lock names


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else COMMITTED)
