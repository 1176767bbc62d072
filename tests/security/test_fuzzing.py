"""Hostile bytes on every RPC: `make fuzz-decode` for a moment, and proof that it can fail, go on and be ended."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.fuzz.campaign import ROOT, doubts, fuzz
from tests.security.fuzz.contracts import all_rpcs
from tests.security.fuzz.harness import Harness
from tests.security.fuzz.mutation import Seeds
from tests.security.fuzz.self_check import StaleHarnessError, self_check
from tests.security.fuzz.stub_context import StubContext
from tests.security.fuzz.tally import TALLY, Tally

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

_MOMENT = 3_000


def test_no_input_is_answered_as_our_fault(tmp_path: Path) -> None:
    found = fuzz(tmp_path, _MOMENT, 1)
    assert (found.crashes, found.faults, list(doubts(found))) == ([], [], [])
    assert found.executions == _MOMENT
    assert {path for path, _ in found.outcomes} == {rpc.path for rpc in all_rpcs()}


def test_a_planted_bug_is_found(tmp_path: Path) -> None:
    found = fuzz(tmp_path, 500, 1, kind="planted")
    assert found.summary()["internal"]
    assert found.faults


def test_a_campaign_that_is_ended_says_what_it_found_and_goes_on_later(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.security.fuzz", "--processes", "1", "--folder", str(tmp_path)]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        while not (tmp_path / "0" / TALLY).exists():
            assert running.poll() is None
            time.sleep(0.1)
        running.send_signal(signal.SIGTERM)
        told, _ = running.communicate(timeout=30)
    finally:
        running.kill()
    summary = json.loads(told.splitlines()[-1])
    assert summary["executions"] == Tally.load(tmp_path / "0" / TALLY).executions > 0
    assert not summary["internal"]
    more = summary["executions"] + 500
    assert fuzz(tmp_path, more, 1).executions == more


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[Harness]:
    (tmp_path / "mesh").mkdir()
    with Harness.in_folder(tmp_path / "mesh") as harness:
        yield harness


def test_a_fuzzer_that_does_not_get_through_the_door_says_so(
    tmp_path: Path, harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it did not when the chain began to ask for the peer's certificate in another way."""
    seeds = Seeds(harness.rpcs, random.Random(1))
    monkeypatch.setattr(StubContext, "peer_identity_key", lambda _: None)
    with pytest.raises(StaleHarnessError, match="WORKLOAD_NOT_ALLOWED"):
        self_check(harness, seeds, tmp_path)


def test_few_calls_that_reach_a_handler_are_a_reason_for_doubt() -> None:
    found = Tally()
    found.outcomes.update({(rpc.path, "PERMISSION_DENIED WORKLOAD_NOT_ALLOWED"): 2000 for rpc in all_rpcs()[1:]})
    told = list(doubts(found))
    assert "only 0 reached a handler" in told[0]
    assert f"{all_rpcs()[0].path} was never executed" in told
    assert len(told) == 1 + len(all_rpcs())


def test_a_process_that_dies_is_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "atheris.py").write_text("import os\nos.abort()\n")
    assert fuzz(tmp_path / "found", 100, 1).summary()["crashes"] == 1
    assert os.environ["PYTHONPATH"] == str(tmp_path)
