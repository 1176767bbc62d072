"""`python -m tests.chart.scan CHECKOV`: checkov on what the matrix renders to.

A finding fails, unless it is one of those that are explained here; so does an explanation that nothing needs any more.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from tests.chart.rendering import OF_VALUES, render

__all__ = ["EXPLAINED", "unexplained"]

EXPLAINED = {
    ("CKV_K8S_11", r".*"): "No limits of CPU: they throttle a burst although the node is idle. Requests share it out.",
    ("CKV_K8S_15", r".*"): "Pulling always makes each restart depend on the registry; a release's tag never changes.",
    ("CKV_K8S_43", r".*"): "Digests are known once images are built: an operator sets them under `images`.",
    (
        "CKV_K8S_35",
        r"(Deployment|Job)\.hamlet\.village-hamlet-(account|blog(-canary)?|comment|migrate-.*|operator)",
    ): "Database URLs and the key's secret are environment variables in every installation, so that all read one way.",
    (
        "CKV_K8S_35",
        r"Deployment\.hamlet\.village-hamlet-collector",
    ): "The collector's configuration names credentials as ${env:NAME}, so that they are in no ConfigMap.",
    (
        "CKV_K8S_38",
        r"(Job|CronJob)\.hamlet\.village-hamlet-certificates(-1|-renewal)",
    ): "It writes Secrets through the API server, which is what its token and its Role are for.",
    ("CKV_K8S_8", r"Pod\.hamlet\.village-hamlet-test"): "It walks once and ends.",
    ("CKV_K8S_9", r"Pod\.hamlet\.village-hamlet-test"): "It walks once and ends; nobody calls it.",
}
"""Check and resource, as checkov names them, and why it is as it should be."""


def unexplained(findings: list[tuple[str, str, str]]) -> list[str]:
    """Findings that nothing explains, and explanations without a finding."""
    used = {rule for rule in EXPLAINED for check, resource, _ in findings if _covers(rule, check, resource)}
    left = [
        f"{check} {resource}: {text}"
        for check, resource, text in findings
        if not any(_covers(rule, check, resource) for rule in EXPLAINED)
    ]
    return left + [f"{check} {resource}: nothing needs this explanation" for check, resource in set(EXPLAINED) - used]


def scan(checkov: str) -> tuple[int, list[tuple[str, str, str]]]:
    """How many checks passed, and the findings: check, resource, text."""
    with tempfile.TemporaryDirectory() as folder:
        for values in OF_VALUES:
            (Path(folder) / f"{values}.yaml").write_text(yaml.safe_dump_all(render(values)))
        command = [checkov, "--framework", "kubernetes", "--skip-download", "--quiet", "--output", "json", "-d", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    result: dict[str, Any] = json.loads(done.stdout)
    failed = result["results"]["failed_checks"]
    return result["summary"]["passed"], [(each["check_id"], each["resource"], each["check_name"]) for each in failed]


def _covers(rule: tuple[str, str], check: str, resource: str) -> bool:
    return check == rule[0] and re.fullmatch(rule[1], resource) is not None


def main() -> int:
    passed, findings = scan(sys.argv[1])
    problems = unexplained(findings)
    for (check, _), why in EXPLAINED.items():
        sys.stdout.write(f"skipped  {check}: {why}\n")
    for each in problems:
        sys.stdout.write(f"problem  {each}\n")
    sys.stdout.write(f"checkov: {passed} checks passed, {len(problems)} problems\n")
    return 1 if problems or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
