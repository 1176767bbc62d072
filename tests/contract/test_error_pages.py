"""Every reason has a page that says what to do."""

from pathlib import Path

import pytest
from hamlet.error.v1 import error_reason_pb2, error_spec_pb2
from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.errors import reason_name, spec_of
from mesh.validation import validate

PAGES = Path(__file__).resolve().parents[2] / "docs/errors"
REASONS = [reason for reason in ErrorReason.values() if reason]


@pytest.mark.parametrize("reason", REASONS, ids=reason_name)
def test_a_reason_has_a_page(reason: ErrorReason.ValueType) -> None:
    options = error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"].values_by_number[reason].GetOptions()
    spec = options.Extensions[error_spec_pb2.spec]
    validate(spec)
    text = (PAGES / f"{reason_name(reason)}.md").read_text()
    assert spec.remedy in text
    assert spec_of(reason).message in text
    assert f"[{reason_name(reason)}]" in (PAGES / "README.md").read_text()


def test_there_is_no_page_of_a_reason_that_is_gone() -> None:
    assert {path.stem for path in PAGES.iterdir()} == {"README", *map(reason_name, REASONS)}
