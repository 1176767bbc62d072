"""`make fuzz-rest`: schemathesis against the whole village through its real front door.

First every example of the document is performed, then schemathesis has its turn. Ends with a table of operations and
statuses and with 1 if there was a finding, a server error, or an operation without a good answer.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx

from tests.e2e.running import Village, end, start
from tests.fuzz.document import PATH, Document
from tests.fuzz.story import Story
from tests.fuzz.table import Coverage

__all__ = ["ENVIRONMENT", "fuzz", "perform"]

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"HAMLET_RATE_LIMIT_FACTOR": "10000"}
"""A fuzzer calls more often than any person; what the limits do is tested elsewhere."""


def perform(village: Village, document: Document, coverage: Coverage) -> list[str]:
    """Every example of the document; returns what was not as it says."""
    token = village.sign_in("admin", village.password_of_admin())
    with httpx.Client(base_url=village.url, timeout=20) as client:
        return Story(client, document, token).tell(coverage.heard)


def fuzz(village: Village, coverage: Coverage, *arguments: str, document: Path = PATH) -> int:
    """One run of schemathesis; returns its exit status."""
    heard = village.home / "heard"
    heard.unlink(missing_ok=True)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "HAMLET_FUZZ_URL": village.url,
        "HAMLET_FUZZ_LOGIN": "admin",
        "HAMLET_FUZZ_PASSWORD": village.password_of_admin(),
        "HAMLET_FUZZ_HEARD": str(heard),
    }
    tool, config = Path(sys.executable).with_name("schemathesis"), ROOT / "tests/fuzz/schemathesis.toml"
    command = [str(tool), "--config-file", str(config), "run", str(document), "--url", village.url]
    ended = subprocess.run(
        [*command, "--generation-database", "none", *arguments],
        cwd=village.home,
        env=environment,
        check=False,
    )
    for line in heard.read_text().splitlines() if heard.exists() else []:
        name, status = line.rsplit(" ", 1)
        coverage.heard(name, int(status))
    return ended.returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", default="25", help="test cases for each operation")
    parser.add_argument("--seed", default="1", help="the same seed makes the same requests")
    arguments = parser.parse_args()
    document, coverage = Document(), Coverage()
    with tempfile.TemporaryDirectory(prefix="hamlet-fuzz-") as folder:
        village = start(Path(folder), environment=ENVIRONMENT)
        try:
            problems = perform(village, document, coverage)
            found = fuzz(village, coverage, "--max-examples", arguments.examples, "--seed", arguments.seed)
        finally:
            end(village)
    missing = coverage.without_a_good_answer(document.operations)
    print(coverage)  # noqa: T201
    print(f"examples: {problems or 'all work'}; never answered well: {missing or 'none'}")  # noqa: T201
    print(f"server errors: {coverage.server_errors() or 'none'}; findings: {'yes' if found else 'none'}")  # noqa: T201
    return 1 if problems or found or missing or coverage.server_errors() else 0


if __name__ == "__main__":
    sys.exit(main())
