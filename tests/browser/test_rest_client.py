"""The TypeScript client of `protos/typescript/rest`, run by node against a real front door."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from protos.tools.node_packages import TYPESCRIPT, installed
from tests.e2e.running import Village

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser"), pytest.mark.timeout(300)]


def test_the_client_s_own_tests_pass(village: Village) -> None:
    """`rest/test/*.test.ts`; what they prove stands there."""
    installed()
    told = {"HAMLET_URL": village.url, "HAMLET_ADMIN_PASSWORD": village.password_of_admin()}
    command: list[str | Path] = [Path(sys.executable).parent / "node", "--test", "--test-reporter=tap"]
    tests = sorted((TYPESCRIPT / "rest" / "test").glob("*.test.ts"))
    done = subprocess.run(
        [*command, *tests], env={**os.environ, **told}, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 0" not in done.stdout
