"""`python -m bench.fill POST_ID COUNT`: fills the database of `HAMLET_COMMENT_DATABASE_URL`, or of `HAMLET_HOME`."""

import sys
import time

from bench.fill.writing import fill
from services.storage.url import database_url


def main(post_id: str, count: str) -> None:
    started = time.monotonic()

    def progress(written: int) -> None:
        sys.stdout.write(f"\r{written:,} comments, {written / (time.monotonic() - started):,.0f} a second")
        sys.stdout.flush()

    fill(database_url("comment"), post_id, int(count), progress=progress)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
