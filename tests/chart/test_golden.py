"""What the chart renders to has not changed unnoticed."""

import pytest

from tests.chart.golden import FOLDER, shown
from tests.chart.rendering import OF_VALUES


@pytest.mark.parametrize("values", OF_VALUES)
def test_it_renders_to_what_was_reviewed(values: str) -> None:
    kept = (FOLDER / f"{values}.yaml").read_text()
    assert shown(values) == kept, "`make chart-golden` writes it anew; read the difference before you commit it"


def test_no_file_is_left_over() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(OF_VALUES)
