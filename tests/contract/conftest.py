"""Builds contracts with buf, ours and ones with something wrong planted in them."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from buf.validate import validate_pb2  # noqa: F401 - options are parsed only by whoever knows them
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from hamlet.mesh.v1 import policy_pb2  # noqa: F401 - as above

ROOT = Path(__file__).resolve().parents[2]
BUF = Path(sys.executable).parent / "buf"
Plant = Callable[[str, str, str], FileDescriptorSet]


def build(root: Path) -> FileDescriptorSet:
    built = subprocess.run([BUF, "build", "-o", "-#format=binpb"], cwd=root, check=True, capture_output=True)
    return FileDescriptorSet.FromString(built.stdout)


def copy_of_the_contracts(folder: Path) -> Path:
    shutil.copytree(ROOT / "protos", folder / "protos", ignore=shutil.ignore_patterns("gen", "__pycache__"))
    for name in ("buf.yaml", "buf.gen.yaml"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="session")
def contracts() -> FileDescriptorSet:
    return build(ROOT)


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """Builds the contracts with one text replaced by another in one file."""

    def planted(file: str, old: str, new: str) -> FileDescriptorSet:
        root = copy_of_the_contracts(tmp_path)
        path = root / "protos" / file
        text = path.read_text()
        assert text.count(old) >= 1, f"{file} no longer holds {old!r}"
        path.write_text(text.replace(old, new, 1))
        return build(root)

    return planted
