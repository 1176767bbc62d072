"""`python -m tests.chart.golden` (`make chart-golden`): writes what the matrix renders to, for a reviewer to see what a
change of the chart does. Of each member but the first, only what differs from the first.
"""

import sys
from pathlib import Path
from typing import Any

import yaml

from tests.chart.rendering import CHART, OF_VALUES, Manifest, name_of, render

__all__ = ["FOLDER", "shown"]

FOLDER = Path(__file__).parent / "golden"
FIRST = "minimal"
_FILES = {path.name for path in (CHART / "files").rglob("*.*")}
_EVERYWHERE = ("name", "instance", "part-of", "managed-by", "version")
_DROPPED = {"helm.sh/chart", *(f"app.kubernetes.io/{each}" for each in _EVERYWHERE)}


def shown(values: str) -> str:
    """The documents as text, in the order of their names."""
    documents = _named(values)
    if values != FIRST:
        usual = _named(FIRST)
        gone = [f"# without {name}\n" for name in sorted(set(usual) - set(documents))]
        documents = {name: each for name, each in documents.items() if usual.get(name) != each}
    else:
        gone = []
    return "".join(gone) + yaml.dump_all(
        [documents[name] for name in sorted(documents)],
        Dumper=yaml.CSafeDumper,
        explicit_start=True,
        default_flow_style=None,
        width=120,
    )


def _named(values: str) -> dict[str, Manifest]:
    return {f"{name_of(each)} {each['apiVersion']}": _brief(each) for each in render(values)}


def _brief(value: Any) -> Any:
    """Without the labels that everything has, and without the text of files that are in the chart as they are."""
    if isinstance(value, dict):
        return {
            key: "(the file)" if key in _FILES else _brief(each) for key, each in value.items() if key not in _DROPPED
        }
    return [_brief(each) for each in value] if isinstance(value, list) else value


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for values in OF_VALUES:
        (FOLDER / f"{values}.yaml").write_text(shown(values))
    sys.stdout.write(f"{len(OF_VALUES)} files in {FOLDER.name}; `git diff` shows what has changed\n")


if __name__ == "__main__":
    main()
