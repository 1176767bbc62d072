"""The chart's matrix of who may call what is the one of the contracts, and of what the processes serve."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from mesh.runtime import Application
from mesh.testing.service import serving
from protos.tools.helm_policy import COMMITTED, contracts, generate
from services.account.app import account
from services.blog.app import blog
from services.comment.app import comment
from services.spam.app import spam

APPLICATIONS: dict[str, Application] = {"account": account, "blog": blog, "comment": comment, "spam": spam}


@pytest.fixture
def committed() -> dict[str, Any]:
    policy: dict[str, Any] = yaml.safe_load(COMMITTED.read_text())
    return policy


def test_the_committed_file_is_fresh_and_a_stale_one_is_found(tmp_path: Path) -> None:
    generate(tmp_path / "policy.yaml")
    fresh = (tmp_path / "policy.yaml").read_text()
    assert COMMITTED.read_text() == fresh, "run `make protos`"
    assert COMMITTED.read_text().replace("CreateAdmin", "CreateOther") != fresh


def test_what_the_contracts_keep_for_one_workload_the_chart_keeps(committed: dict[str, Any]) -> None:
    rpcs = committed["services"]["account"]["rpcs"]
    assert rpcs["/hamlet.account.v1.AccountAdminService/CreateAdmin"] == ["operator"]
    erase = "/hamlet.account.v1.PersonalDataService/ErasePerson"
    assert {name: each["rpcs"][erase] for name, each in committed["services"].items() if erase in each["rpcs"]} == {
        "blog": ["account"],
        "comment": ["account"],
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", APPLICATIONS)
async def test_each_process_serves_what_the_chart_says(name: str, committed: dict[str, Any]) -> None:
    said = {path.split("/")[1] for path in committed["services"][name]["rpcs"]}
    assert said == {service.full_name for process, service in contracts() if process == name}
    async with serving(APPLICATIONS[name], name) as up:
        assert set(up.server._services) == said
