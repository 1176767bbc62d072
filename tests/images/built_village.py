"""The built images (`make images` makes them), run as the chart runs them: `make images-test`, not the suite."""

import json
import os
import shutil
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from docker.images import IMAGES, USER, Image
from mesh.settings import MeshSettings
from services.cli.certs import ensure_certificates
from services.cli.layout import SERVICES, WORKLOADS, Layout
from services.cli.plan import environment
from services.cli.sbom import affected
from tests.chart.rendering import containers, kinds, render
from tests.images.podman import Podman

ROOT = Path(__file__).resolve().parents[2]
BUILT = [image for image in IMAGES if image.here]
HOME, CERTIFICATES = "/var/lib/hamlet", "/etc/hamlet/certs"
PATIENCE_SECONDS, PAUSE = 90.0, 0.5
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

WRITABLE = """
import json, os
device, found = os.stat("/").st_dev, []
def ours(path):
    return not os.path.islink(path) and os.lstat(path).st_dev == device
for folder, folders, files in os.walk("/"):
    folders[:] = [each for each in folders if ours(os.path.join(folder, each))]
    paths = [os.path.join(folder, each) for each in [*folders, *files]]
    found += [path for path in paths if ours(path) and os.access(path, os.W_OK)]
print(json.dumps(found))
"""
COMPILED = """
import importlib, os, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
kept = {name: getattr(module, "__cached__", None) for name, module in sys.modules.items() if name != "__main__"}
missing = [name for name, path in kept.items() if path and not os.path.exists(path)]
sys.exit(f"not compiled: {missing}" if missing else 0)
"""


@pytest.fixture(scope="module")
def podman() -> Iterator[Podman]:
    started = Podman()
    yield started
    started.close()


@pytest.mark.parametrize("image", BUILT, ids=lambda image: image.name)
def test_the_user_may_write_nothing_but_the_folder_for_temporary_files(podman: Podman, image: Image) -> None:
    """Even where the root is not read-only. /tmp is a volume in the chart."""
    done = podman.run(image.name, ["python", "-c", WRITABLE], read_only=False)
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) <= {"/tmp"}


@pytest.mark.parametrize("image", BUILT, ids=lambda image: image.name)
def test_everything_that_runs_in_an_image_can_be_imported_there(podman: Podman, image: Image) -> None:
    """And nothing of it is compiled at start: the bytecode is there."""
    done = podman.run(image.name, ["python", "-c", COMPILED, *image.modules])
    assert done.returncode == 0, done.stderr


def test_an_image_without_torch_has_none_and_says_what_it_has() -> None:
    holders = {each.image: each for each in affected(ROOT / "dist" / "sbom", "torch")}
    assert holders.keys() == {"hamlet-spam-cpu"}
    assert holders["hamlet-spam-cpu"].workloads == ("spam",)
    assert {each.image for each in affected(ROOT / "dist" / "sbom", "grpcio")} == {image.name for image in BUILT}


class Village:
    """Every container of the chart's smallest installation, on the loopback and on free ports."""

    def __init__(self, podman: Podman, folder: Path) -> None:
        self.podman, self.folder, self.layout = podman, folder, Layout.choose(0)
        ensure_certificates(MeshSettings(home=folder, certs_dir=folder / "certs"))
        self.own("certs")

    def own(self, name: str) -> Path:
        """A folder that belongs to the user of the images, as a volume's `fsGroup` makes it."""
        path = self.folder / name
        path.mkdir(exist_ok=True)
        for each in (path, *path.rglob("*")):
            os.chown(each, USER, USER)
        return path

    def told(self) -> dict[str, str]:
        """What the chart tells everybody, with the addresses of this machine in place of the cluster's."""
        settings = next(each for each in kinds(render(), "ConfigMap") if each["metadata"]["name"].endswith("-settings"))
        here = environment(self.layout, Path(HOME)) | {"HAMLET_EDGE_CACHE_FOLDER": "/var/cache/hamlet"}
        del here["OTEL_EXPORTER_OTLP_ENDPOINT"]
        charted = {name: str(value) for name, value in settings["data"].items() if not name.startswith("OTEL_")}
        return {name: value for name, value in charted.items() if not name.endswith("_HEALTH_LISTEN")} | here

    def start(self) -> None:
        for name, container, _ in containers(render()):
            component = name.split("/")[1].removeprefix("village-hamlet-")
            if not name.startswith("Deployment/") or component not in {*SERVICES, "edge"}:
                continue
            own = {each["name"]: each.get("value", "") for each in container.get("env", ())}
            mounts = {self.own(f"home-{component}"): HOME, self.own(f"kept-{component}"): "/var/cache/hamlet"}
            mounts |= self.certificate(component)
            image = container["image"].rpartition("/")[2].partition(":")[0]
            self.podman.start(image, container["command"], own | self.told(), mounts)

    def certificate(self, workload: str) -> dict[Path, str]:
        assert workload in WORKLOADS
        return {self.folder / "certs" / workload: f"{CERTIFICATES}/{workload}:ro"}

    def await_serving(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with urllib.request.urlopen(f"{self.layout.url}/v1/posts", timeout=5) as answer:
                    assert answer.status == 200
                    return
            except OSError:
                assert time.monotonic() < deadline, self.podman.logs()
                time.sleep(PAUSE)

    def job(self, module: str, **more: str) -> tuple[int, str]:
        """One of the chart's Jobs."""
        done = self.podman.run("hamlet-cli", ["python", "-m", module], self.told() | more, self.certificate("operator"))
        return done.returncode, done.stdout + done.stderr


def test_a_village_of_containers_serves_a_comment(podman: Podman, tmp_path: Path) -> None:
    """What `helm test` does, behind what `helm install` starts."""
    village = Village(podman, tmp_path)
    try:
        village.start()
        village.await_serving()
        admin = {"HAMLET_ADMIN_USERNAME": "warden", "HAMLET_ADMIN_EMAIL": "warden@hamlet.example.com"}
        status, said = village.job(
            "services.cli.cluster.administrator", **admin, HAMLET_ADMIN_PASSWORD="seven lamps and a heron"
        )
        assert (status, "administrator warden created" in said) == (0, True), said + podman.logs()
        status, said = village.job("services.cli.cluster.walk", HAMLET_URL=village.layout.url)
        assert status == 0, said + podman.logs()
        assert "commented: " in said
        assert "the village works" in said
    finally:
        podman.close()
        shutil.rmtree(tmp_path, ignore_errors=True)
