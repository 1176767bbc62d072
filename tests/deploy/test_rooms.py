"""What deploy/ says of the chart, the compose file and the images is so; `make deploy-lint` has tools for the rest."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from docker.images import IMAGES
from tests.chart.rendering import containers, kinds, render, template
from tests.compose.sources import COMPOSE, GPU, ROOT

ANSIBLE, TERRAFORM = ROOT / "deploy" / "ansible", ROOT / "deploy" / "terraform"
GIVEN = {"registry": "registry.example.com/hamlet", "tag": "0.2.0", "account": "a", "blog": "b", "comment": "c"}


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def values(gpu: bool) -> str:
    text = (TERRAFORM / "values.yaml").read_text()
    for name, value in (GIVEN | {"gpu": str(gpu).lower()}).items():
        text = text.replace(f"${{{name}}}", value)
    assert "${" not in text
    return text


@pytest.mark.slow
@pytest.mark.parametrize("gpu", [True, False])
def test_the_chart_takes_terraform_s_values(gpu: bool, tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text(values(gpu))
    done = template("--values", str(tmp_path / "values.yaml"))
    assert done.returncode == 0, done.stderr
    documents = tuple(each for each in yaml.safe_load_all(done.stdout) if each)
    pools = {
        where.split("/")[1]: pod["spec"]["nodeSelector"]["hamlet/pool"]
        for where, _, pod in containers(documents)
        if where.startswith("Deployment/") and "jaeger" not in where
    }
    assert pools.pop("village-hamlet-spam-gpu", None) == ("gpu" if gpu else None)
    assert set(pools.values()) == {"village"}
    assert kinds(documents, "PersistentVolumeClaim") == []


def test_the_filter_tolerates_the_taint_of_the_gpu_s_pool_and_asks_for_what_is_there() -> None:
    text = (TERRAFORM / "pools.tf").read_text()
    taint = re.search(r'\? \[\] : \["(nvidia[^"]+)"\]', text)
    labels = re.search(r"labels\s+= \{ \"([^\"]+)\" = each.key \}", text)
    assert taint is not None
    assert labels is not None
    assert labels[1] == "hamlet/pool"
    pod = next(pod["spec"] for where, _, pod in containers(render("gpu")) if "spam-gpu" in where)
    assert {"key": taint[1], "operator": "Exists", "effect": "NoSchedule"} in pod["tolerations"]


def test_the_unit_tells_compose_what_compose_asks_for() -> None:
    asked = set(re.findall(r"\$\{(VILLAGE_[A-Z_]+)", COMPOSE.read_text() + GPU.read_text()))
    unit = (ANSIBLE / "roles/village/templates/hamlet.service.j2").read_text()
    assert set(re.findall(r"(VILLAGE_[A-Z_]+)=", unit)) == asked


def test_the_playbook_names_files_and_images_that_there_are() -> None:
    tasks = (ANSIBLE / "roles/village/tasks/main.yaml").read_text()
    compose = loaded(ANSIBLE / "roles/village/defaults/main.yaml")["village_compose"]
    for path in (*re.findall(r"docker/\S+\.sh", tasks), *re.findall(r"docker/compose[a-z.]*\.yaml", compose)):
        assert (ROOT / path).is_file(), path
    wanted = loaded(ANSIBLE / "roles/images/defaults/main.yaml")["images_wanted"]
    spam = {f"hamlet-spam-{each}" for each in ("cpu", "cuda")}
    assert {*wanted[:-1], *spam} == {image.name for image in IMAGES}


def test_every_role_is_small_and_every_variable_has_a_place() -> None:
    [play] = loaded(ANSIBLE / "village.yaml")
    roles = {path.name for path in (ANSIBLE / "roles").iterdir()}
    assert set(play["roles"]) == roles
    defined = set(loaded(ANSIBLE / "group_vars/all.yaml"))
    for role in roles:
        tasks = loaded(ANSIBLE / "roles" / role / "tasks/main.yaml")
        assert len(tasks) <= 6
        defined |= set(loaded(ANSIBLE / "roles" / role / "defaults/main.yaml"))
        defined |= {task["register"] for task in tasks if "register" in task}
    used = {
        name
        for path in ANSIBLE.rglob("*")
        if path.suffix in {".yaml", ".j2"}
        for expression in re.findall(
            r"\{\{(.*?)\}\}|^\s*(?:when|until|changed_when|failed_when|that): (.*)$", path.read_text(), re.M
        )
        for name in re.findall(r"\b(?:village|engine|images)_[a-z_]+", " ".join(expression))
    }
    assert used
    assert used <= defined
