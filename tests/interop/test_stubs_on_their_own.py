"""What another team installs: one small wheel, in an environment that knows nothing else of us."""

import asyncio
import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from mesh.testing.service import serving
from services.spam.app import spam

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CALLER = """
import json, pathlib, sys
import grpc
from hamlet.spam.v1.spam_service_pb2 import ClassifyRequest, Comment
from hamlet.spam.v1.spam_service_pb2_grpc import SpamServiceStub

port, folder = sys.argv[1], pathlib.Path(sys.argv[2])
files = [(folder / name).read_bytes() for name in ("ca.crt", "tls.key", "tls.crt")]
options = [("grpc.ssl_target_name_override", "spam.hamlet.internal")]
with grpc.secure_channel("127.0.0.1:" + port, grpc.ssl_channel_credentials(*files), options) as channel:
    verdict = SpamServiceStub(channel).Classify(ClassifyRequest(comment=Comment(text="hello")), timeout=10).verdict
print(json.dumps({"model": verdict.model_version}))
"""


def wheel(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", folder, ROOT / "protos"], check=True)
    (built,) = folder.glob("hamlet_protos-*.whl")
    return built


def run(command: list[str | Path], folder: Path) -> str:
    """Runs a command that can see none of our sources, and returns what it printed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


async def test_a_script_with_nothing_but_the_wheel_calls_a_service(tmp_path: Path) -> None:
    built = await asyncio.to_thread(wheel, tmp_path / "dist")
    with zipfile.ZipFile(built) as archive:
        names = archive.namelist()
        metadata = next(archive.read(name).decode() for name in names if name.endswith("METADATA"))
    needs = {line.split()[1].split(">")[0].split("<")[0] for line in metadata.splitlines() if "Requires-Dist" in line}
    assert needs == {"googleapis-common-protos", "grpcio", "protobuf"}
    assert {name.split("/")[0] for name in names if "dist-info" not in name} == {"buf", "hamlet"}
    wanted = {"hamlet/py.typed", "hamlet/spam/v1/spam_service_pb2.pyi", "hamlet/openapi.json", "hamlet/docs.html"}
    assert wanted <= set(names)

    python = tmp_path / "empty" / "bin" / "python"
    await asyncio.to_thread(venv.create, tmp_path / "empty", with_pip=True)
    await asyncio.to_thread(run, [python, "-m", "pip", "install", "--quiet", built], tmp_path)
    async with serving(spam, "spam") as service:
        folder = service.mesh.certificates("operator").folder
        printed = await asyncio.to_thread(run, [python, "-c", CALLER, str(service.port), folder], tmp_path)
    assert json.loads(printed)["model"].startswith("ngram-")
