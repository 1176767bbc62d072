"""`hamlet certs ensure` issues what is missing, leaves what is good, and stays to look again where it is asked to."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services.cli.certs import ensure
from services.cli.layout import WORKLOADS


def test_what_is_good_stays_and_what_is_missing_is_issued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HAMLET_CERTS_DIR", str(tmp_path))
    ensure()
    assert capsys.readouterr().out == f"issued: {', '.join(WORKLOADS)}\n"
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    (tmp_path / "blog" / "tls.crt").unlink()
    ensure()
    assert capsys.readouterr().out == "issued: blog\n"
    assert {path.parent.name for path, data in before.items() if path.read_bytes() != data} == {"blog"}
    ensure()
    assert "good for long enough" in capsys.readouterr().out


@pytest.mark.slow
def test_it_stays_until_it_is_told_to_go(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "services.cli.main", "certs", "ensure", "--every", "0.05"]
    told = os.environ | {"HAMLET_CERTS_DIR": str(tmp_path)}
    with subprocess.Popen(command, env=told, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("issued: account")
        (tmp_path / "spam" / "tls.crt").unlink()
        while "issued: spam" not in (line := process.stdout.readline()):
            assert "good for long enough" in line
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
