"""`python -m services.storage.migration FOLDER MODULE:ATTRIBUTE MESSAGE` writes the next migration."""

import argparse
import importlib
import operator
from pathlib import Path

from sqlalchemy import MetaData

from services.storage.migration.author import write_migration


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m services.storage.migration", description=__doc__)
    parser.add_argument("folder", type=Path, help="services/<name>/migrations")
    parser.add_argument("metadata", type=_metadata, help="services.<name>.tables:Base.metadata")
    parser.add_argument("message", help="what changes, in a few words")
    arguments = parser.parse_args()
    write_migration(arguments.folder, arguments.metadata, arguments.message)


def _metadata(text: str) -> MetaData:
    module, _, attribute = text.partition(":")
    found = operator.attrgetter(attribute)(importlib.import_module(module))
    if not isinstance(found, MetaData):
        raise argparse.ArgumentTypeError(f"{text} is no MetaData")
    return found


if __name__ == "__main__":
    main()
