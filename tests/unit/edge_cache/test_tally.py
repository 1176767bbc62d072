"""Two letters a request become counts, whatever chunks and files they come in."""

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mesh.edge.cache import LogFiles, Tally, tally_codes
from mesh.edge.cache.access_log import STATUSES
from mesh.edge.cache.decisions import PASSED
from mesh.edge.cache.routes import CachedRoute
from mesh.policy import EdgeCache

ROUTES = [CachedRoute(name, "/", (), EdgeCache(1, 1), 1.0) for name in ("a.A/One", "a.A/Two", "a.A/Two")]
CODES = tally_codes(ROUTES)


def test_a_route_with_two_paths_is_counted_as_one() -> None:
    assert CODES == {"a.A/One": "A", "a.A/Two": "B", PASSED: "C"}


@given(st.lists(st.tuples(st.sampled_from(sorted(CODES)), st.sampled_from(sorted(STATUSES)), st.booleans())))
def test_every_line_is_counted_once(requests: list[tuple[str, str, bool]]) -> None:
    """Some are written in two halves, as a full buffer is."""
    counts = Counter[tuple[str, str]]()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tally"
        tally = Tally(path, CODES)
        with path.open("wb", buffering=0) as file:
            for route, status, halved in requests:
                line = f"{CODES[route]}{STATUSES[status]}\n".encode()
                counts[route, status] += 1
                file.write(line[: 1 if halved else 3])
                tally.read()
                file.write(line[1 if halved else 3 :])
        tally.read()
        tally.close()
    assert tally.counts == counts


def test_what_is_written_late_to_a_file_that_was_moved_aside_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "tally"
    tally = Tally(path, CODES)
    with path.open("wb", buffering=0) as old:
        old.write(b"Ah\n")
        tally.read()
        reopened: list[str] = []
        assert LogFiles({path: 1, tmp_path / "none": 1}, lambda: reopened.append("yes")).bound() == [path]
        assert reopened == ["yes"]
        assert not tally.follow()
        path.write_bytes(b"Am\n")
        assert tally.follow()
        old.write(b"Ah\n")
        tally.read()
    tally.close()
    assert dict(tally.counts) == {("a.A/One", "HIT"): 2, ("a.A/One", "MISS"): 1}
