"""`python tests/chart/helm4.py HELM3`: Helm 4 renders the matrix to what Helm 3 does, and its lint has nothing to say.

Helm 4 is a library here (helm-python-sdk) of 250 MB, so it is installed beside checkov and not with everything else.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import helm_python
import yaml

CHART = Path(__file__).resolve().parents[2] / "helm" / "hamlet"


def by_helm_3(helm: str, values: Path) -> list[str]:
    command = [helm, "template", "village", str(CHART), "--namespace", "hamlet", "--values", str(values)]
    return _compared(yaml.safe_load_all(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def by_helm_4(values: Path) -> list[str]:
    given = yaml.safe_load(values.read_text())
    options = {"name": "village", "namespace": "hamlet", "revision": 1, "is_install": True}
    rendered = helm_python.Chart.load(CHART).render(given, **options)
    texts = [text for path, text in rendered.items() if path.endswith(".yaml")]
    return _compared(document for text in texts for document in yaml.safe_load_all(text))


def _compared(documents: Any) -> list[str]:
    return sorted(json.dumps(each, sort_keys=True) for each in documents if each)


def main() -> int:
    members = sorted((CHART / "ci").glob("*-values.yaml"))
    different = [each.name for each in members if by_helm_3(sys.argv[1], each) != by_helm_4(each)]
    report = helm_python.lint(CHART, strict=True)
    said = [each["error"] for each in report["messages"] if each["severity"] > 1] + report["errors"]
    for each in (*different, *said):
        sys.stdout.write(f"problem  {each}\n")
    sys.stdout.write(f"Helm {helm_python.helm_sdk_version()}: {len(members)} installations rendered as by Helm 3\n")
    return 1 if different or said else 0


if __name__ == "__main__":
    sys.exit(main())
