"""The REST interface is what its document says: the examples work, schemathesis finds nothing, and can find something.

The long run is `make fuzz-rest`.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.running import Village, end, start
from tests.fuzz.document import Document
from tests.fuzz.run import ENVIRONMENT, fuzz, perform
from tests.fuzz.table import Coverage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("fuzz")]
DOCUMENT = Document()


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    running = start(tmp_path_factory.mktemp("fuzzed"), environment=ENVIRONMENT)
    yield running
    end(running)


def test_every_example_works_as_it_is_printed(village: Village) -> None:
    coverage = Coverage()
    assert perform(village, DOCUMENT, coverage) == []
    assert coverage.without_a_good_answer(DOCUMENT.operations) == []


def test_a_short_run_finds_nothing(village: Village) -> None:
    coverage = Coverage()
    found = fuzz(village, coverage, "--max-examples", "1", "--phases", "examples,fuzzing", "--seed", "1")
    assert (found, coverage.server_errors()) == (0, [])
    assert sum(coverage.counts.values()) > len(DOCUMENT.operations)


def test_a_document_that_is_wrong_is_found(village: Village, tmp_path: Path) -> None:
    wrong = json.loads(json.dumps(DOCUMENT.whole))
    wrong["components"]["schemas"]["KeySet"]["required"].append("issuer")
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(wrong))
    only = ("--include-operation-id", "GetKeySet", "--phases", "examples,fuzzing", "--max-examples", "1")
    assert fuzz(village, Coverage(), *only, document=path) == 1


def test_the_table_names_what_was_never_answered_well() -> None:
    coverage = Coverage()
    coverage.heard("GetPost", 404)
    coverage.heard("ListPosts", 200)
    coverage.heard("ListPosts", 503)
    assert coverage.without_a_good_answer(["GetPost", "ListPosts"]) == ["GetPost"]
    assert coverage.server_errors() == ["ListPosts 503"]
    assert str(coverage).splitlines()[1].split() == ["GetPost", "·", "1", "·"]
