"""A rendered container becomes a process of this machine, and nothing of it is lost on the way."""

import sys
from pathlib import Path

import pytest

from tests.chaos.rollout.release import Release, rendered, undrained
from tests.chaos.rollout.translation import Machine, Program, mount, program_of
from tests.chaos.rollout.versions import ROOT

ADDRESS = "127.1.0.9"


@pytest.fixture(scope="module")
def release() -> Release:
    return rendered(ROOT / "helm" / "hamlet", "after")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    names = ("account", "blog", "comment", "spam", "edge")
    for name in names:
        (tmp_path / "certs" / name).mkdir(parents=True)
    return Machine(
        versions={"after": ROOT},
        values={f"{name}-db-app": {"uri": f"postgresql:///{name}"} for name in names},
        folders={f"village-hamlet-{name}-tls": tmp_path / "certs" / name for name in names},
    )


def pod(release: Release, component: str) -> dict[str, object]:
    found = next(each for each in release.deployments if each["metadata"]["name"] == f"village-hamlet-{component}")
    return dict(found["spec"]["template"]["spec"])


def programs(release: Release, machine: Machine, component: str, root: Path) -> dict[str, Program]:
    containers = pod(release, component)["containers"]
    return {each["name"]: program_of(each, release.settings, machine, ADDRESS, root) for each in containers}  # type: ignore[attr-defined]


def test_a_service_keeps_its_command_and_the_names_of_its_peers(
    release: Release, machine: Machine, tmp_path: Path
) -> None:
    blog = programs(release, machine, "blog", tmp_path)["blog"]
    assert blog.command == [sys.executable, "-m", "services.blog"]
    assert blog.folder == ROOT
    told = blog.environment
    assert told["HAMLET_ACCOUNT_TARGET"] == "dns:///village-hamlet-account:50051"
    assert told["HAMLET_BLOG_LISTEN"] == f"{ADDRESS}:50051"
    assert told["HAMLET_BLOG_HEALTH_LISTEN"] == f"{ADDRESS}:50052"
    assert told["HAMLET_BLOG_DATABASE_URL"] == "postgresql:///blog"
    assert told["HAMLET_BLOG_MIGRATE"] == "false"
    assert told["HAMLET_HOME"] == f"{tmp_path}/var/lib/hamlet"


def test_the_edge_s_two_containers_share_their_folders_and_nothing_with_another_pod(
    release: Release, machine: Machine, tmp_path: Path
) -> None:
    edge = programs(release, machine, "edge", tmp_path / "one")
    assert edge.keys() == {"envoy", "cache"}
    assert edge["envoy"].environment["HAMLET_HOME"] == edge["cache"].environment["HAMLET_HOME"]
    assert edge["envoy"].environment["HAMLET_EDGE_ADMIN_LISTEN"] == f"{ADDRESS}:9901", "a loopback is a pod's own"
    other = programs(release, machine, "edge", tmp_path / "two")
    folders = ("HAMLET_HOME", "HOME", "TMPDIR", "HAMLET_CERTS_DIR", "HAMLET_EDGE_CACHE_FOLDER")
    for name in folders:
        assert edge["cache"].environment[name] != other["cache"].environment[name], name


def test_a_certificate_is_where_its_process_looks_for_it(release: Release, machine: Machine, tmp_path: Path) -> None:
    mount(pod(release, "spam"), machine, tmp_path / "pod")
    mount(pod(release, "spam"), machine, tmp_path / "pod")
    spam = programs(release, machine, "spam", tmp_path / "pod")["spam"]
    found = Path(spam.environment["HAMLET_CERTS_DIR"]) / "spam"
    assert found.resolve() == (tmp_path / "certs" / "spam").resolve()
    assert Path(spam.environment["TMPDIR"]).is_dir()


def test_what_this_machine_does_not_have_is_not_passed_over(release: Release, machine: Machine, tmp_path: Path) -> None:
    poorer = Machine(machine.versions, {}, machine.folders)
    with pytest.raises(KeyError, match="blog-db-app"):
        programs(release, poorer, "blog", tmp_path)
    with pytest.raises(KeyError, match="after"):
        programs(release, Machine({}, machine.values, machine.folders), "blog", tmp_path)


def test_the_migrations_run_before_an_upgrade_in_their_order_and_never_before_a_rollback(release: Release) -> None:
    names = [each["metadata"]["name"].rpartition("-")[2] for each in release.hooks("pre-upgrade")]
    assert names == ["account", "blog", "comment"]
    assert release.hooks("pre-rollback") == []


def test_without_manners_nothing_waits(release: Release, machine: Machine, tmp_path: Path) -> None:
    hurried = undrained(release)
    assert "lifecycle" not in str(hurried.deployments)
    assert "lifecycle" in str(release.deployments)
    for component in ("blog", "edge"):
        for program in programs(hurried, machine, component, tmp_path).values():
            waits = {name: value for name, value in program.environment.items() if name.endswith("_SECONDS")}
            assert set(waits.values()) == {"0"}, waits
            assert "HAMLET_DRAIN_SECONDS" in waits
