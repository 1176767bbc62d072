"""`.venv-chart/bin/python tests/cluster/helm4_release.py`: one action of Helm 4, asked and answered in JSON.

Helm 4 is a library of 250 MB that is installed beside checkov and not with everything else, so it is spoken to through
its own interpreter. An action that fails is exit status 1, with Helm's text.
"""

import json
import sys
from typing import Any

import helm_python

_NOT_PASSED_ON = ("force_conflicts",)


def _pass_on(extra: dict[str, Any]) -> None:
    """Options that the library knows and that the Python around it has no parameters for."""
    passed_on = helm_python.config._opts
    helm_python.config._opts = lambda **given: passed_on(**given, **extra)


def _described(helm: helm_python.Config, name: str, revision: dict[str, Any]) -> dict[str, Any]:
    info = helm.get_all(name, revision=revision["revision"])["info"]
    return {**revision, "description": info["description"]}


def main() -> int:
    asked = json.load(sys.stdin)
    options: dict[str, Any] = asked["options"]
    extra = {name: options.pop(name) for name in _NOT_PASSED_ON if name in options}
    try:
        with helm_python.Config(kubeconfig_path=asked["kubeconfig"], namespace=asked["namespace"]) as helm:
            _pass_on(extra)
            answer = getattr(helm, asked["action"])(*asked["arguments"], **options)
            if asked["action"] == "history":
                answer = [_described(helm, asked["arguments"][0], each) for each in answer]
    except helm_python.HelmError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
