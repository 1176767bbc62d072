"""`python -m services.storage.migration.lint [FOLDER...]`: judges all migrations; status 1 if one offends."""

import argparse
import sys
from pathlib import Path

from services.storage.migration.lint.judgement import findings

_SERVICES = Path(__file__).resolve().parents[3]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m services.storage.migration.lint", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, help="services/<name>/migrations/versions; all without it")
    folders = parser.parse_args().folders or sorted(_SERVICES.glob("*/migrations/versions"))
    offences = [offence for folder in folders for offence in findings(folder)]
    for offence in offences:
        sys.stderr.write(f"{offence}\n")
    judged = sum(1 for folder in folders for _ in folder.glob("*.py"))
    sys.stdout.write(f"migrations: {judged} revisions in {len(folders)} folders, {len(offences)} offences\n")
    return 1 if offences or not judged else 0


if __name__ == "__main__":
    sys.exit(main())
