"""Every RPC has a policy and names its errors, every field is bounded; and the check that says so can fail."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

ROOT = Path(__file__).resolve().parents[2]
Plant = Callable[[str, str, str], FileDescriptorSet]
POST = "hamlet/blog/v1/post.proto"
READING = "hamlet/blog/v1/post_reading_service.proto"


@pytest.fixture(scope="module")
def checker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_contracts", ROOT / "protos/tools/check_contracts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_our_contracts_keep_their_own_rules(checker: ModuleType, contracts: FileDescriptorSet) -> None:
    assert checker.problems(contracts) == []


def test_there_is_something_to_check(contracts: FileDescriptorSet) -> None:
    ours = [file for file in contracts.file if file.package.startswith("hamlet.")]
    assert sum(len(service.method) for file in ours for service in file.service) > 40


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        (POST, "string title = 3 [(buf.validate.field).string.max_len = 200];", "string title = 3;", "a string"),
        (
            READING,
            "PostState state = 5 [(buf.validate.field).enum.defined_only = true];",
            "PostState state = 5;",
            "enum",
        ),
        (READING, "// Errors: POST_NOT_FOUND.", "// It may fail.", "does not name its errors"),
        (READING, "// Errors: POST_NOT_FOUND.", "// Errors: NO_SUCH_REASON.", "not in ErrorReason"),
        (READING, "// Errors: POST_NOT_FOUND.", "// Errors: POST_NOT_FOUND, and others.", "does not name its errors"),
        (READING, "UNAVAILABLE, DEADLINE", "UNAVAILABLE, NO_SUCH_REASON, DEADLINE", "not in ErrorReason"),
        (READING, "Besides the errors that each RPC names, all", "All", "which errors all RPCs"),
    ],
)
def test_a_planted_fault_is_found(
    checker: ModuleType, plant: Plant, file: str, old: str, new: str, complaint: str
) -> None:
    assert any(complaint in problem for problem in checker.problems(plant(file, old, new)))


def test_an_rpc_without_a_policy_is_found(checker: ModuleType, plant: Plant) -> None:
    text = (ROOT / "protos" / READING).read_text()
    start = text.index("    option (hamlet.mesh.v1.policy) = {")
    option = text[start : text.index("    };\n", start) + len("    };\n")]
    assert any("no hamlet.mesh.v1.policy" in problem for problem in checker.problems(plant(READING, option, "")))
