"""What the chart says to people: every value explained, three next commands after an installation."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.chart.rendering import CHART, OF_VALUES, template

VALUES = (CHART / "values.yaml").read_text()
SCHEMA = json.loads((CHART / "values.schema.json").read_text())


def test_every_value_has_a_comment() -> None:
    """It stands right above; a section whose members have their own needs none."""
    lines = VALUES.splitlines()
    leaves = [number for number, line in enumerate(lines) if re.match(r" *[A-Za-z]+: ", line)]
    assert len(leaves) > 100
    assert [lines[number] for number in leaves if not lines[number - 1].lstrip().startswith("#")] == []


def test_the_schema_knows_exactly_the_values() -> None:
    _compare(yaml.safe_load(VALUES), SCHEMA, "")


def _compare(values: object, schema: dict[str, object], where: str) -> None:
    """Every value is in the schema, and every section of the chart's own is closed to others."""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        schema = SCHEMA["$defs"][reference.removeprefix("#/$defs/")]
    properties = schema.get("properties")
    if not isinstance(values, dict) or not isinstance(properties, dict):
        return
    assert schema["additionalProperties"] is False, where
    assert set(values) <= set(properties), where
    for key, value in values.items():
        _compare(value, properties[key], f"{where}.{key}")


def test_every_component_has_what_all_have() -> None:
    for name in ("account", "blog", "comment", "spam", "edge"):
        assert set(SCHEMA["properties"]["defaults"]["properties"]) <= set(SCHEMA["properties"][name]["properties"])


@pytest.fixture(scope="module")
def chart_with_notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chart with its notes in a manifest too: `helm template` shows none, and `helm install` needs a cluster."""
    copy = tmp_path_factory.mktemp("chart") / "hamlet"
    shutil.copytree(CHART, copy)
    shutil.copy(copy / "templates" / "NOTES.txt", copy / "files" / "NOTES.txt")
    shown = 'notes: {{ tpl (.Files.Get "files/NOTES.txt") . | toJson }}\n'
    (copy / "templates" / "shown.yaml").write_text(shown)
    return copy


@pytest.mark.parametrize("values", ["minimal", "production", "linkerd", "no-jaeger"])
def test_the_notes_name_the_next_three_commands(values: str, chart_with_notes: Path) -> None:
    done = template("--values", str(OF_VALUES[values]), "--show-only", "templates/shown.yaml", chart=chart_with_notes)
    assert done.returncode == 0, done.stderr
    notes = yaml.safe_load(done.stdout)["notes"]
    commands = [line.strip() for line in notes.splitlines() if line.startswith("       ")]
    assert len(commands) == 3, notes
    assert commands[0] == "helm test village --namespace hamlet --logs"
    assert all("--namespace hamlet" in each for each in commands)
    assert ("was not run on a cluster yet" in notes) == (values == "linkerd")
