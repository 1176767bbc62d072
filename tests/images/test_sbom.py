"""What is in an image is written down as it is, and found again by whoever reads an advisory."""

import json
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from docker.images import IMAGES
from docker.sbom import components, document
from services.cli.refusal import RefusedError
from services.cli.sbom import Affected, affected, find

STATUS = """Package: zlib1g
Status: install ok installed
Source: zlib (1:1.2.13)
Architecture: amd64
Version: 1:1.2.13.dfsg-1
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The file system of a small image."""
    metadata = tmp_path / "root/opt/hamlet/lib/python3.11/site-packages/Zope_Thing-2.0+cpu.dist-info/METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.write_text("Metadata-Version: 2.4\nName: Zope_Thing\nVersion: 2.0+cpu\nLicense-Expression: MIT\n")
    carried = metadata.parent / "sboms" / "inner.cdx.json"
    carried.parent.mkdir()
    inner = {"name": "openssl", "version": "3.0", "purl": "pkg:generic/openssl@3.0"}
    carried.write_text(json.dumps({"components": [inner, {"name": "nameless"}]}))
    program = metadata.parents[1] / "zope" / "program"
    program.parent.mkdir()
    program.write_bytes(b"\x7fELF ... OpenSSL 3.3.7 9 Jun 2026\0 ... inflate 1.3.2 Copyright 1995-2026 ... BoringSSL\0")
    (program.parent / "README").write_text("Needs OpenSSL 1.0.2 1 Jan 2015 or newer")
    files = (carried.relative_to(metadata.parents[1]), "zope/program", "zope/README")
    (metadata.parent / "RECORD").write_text("".join(f"{file},,\n" for file in files))
    status = tmp_path / "root/var/lib/dpkg/status.d/zlib1g"
    status.parent.mkdir(parents=True)
    status.write_text(STATUS)
    return tmp_path / "root"


@pytest.fixture
def folder(root: Path, tmp_path: Path) -> Path:
    """The documents of two images, of which one has nothing of Python's."""
    made = tmp_path / "sbom"
    made.mkdir()
    everything = components(root)
    for image, found in ((IMAGES[0], everything), (IMAGES[2], everything[:1])):
        (made / f"{image.name}.cdx.json").write_text(json.dumps(document(image, "1.2.3", "abc", found)))
    return made


def test_a_document_names_what_is_installed_and_nothing_else(root: Path) -> None:
    found = components(root)
    assert [each["purl"] for each in found] == [
        "pkg:deb/debian/zlib1g@1%3A1.2.13.dfsg-1?arch=amd64",
        "pkg:generic/boringssl",
        "pkg:generic/openssl@3.0",
        "pkg:generic/openssl@3.3.7",
        "pkg:generic/zlib@1.3.2",
        "pkg:pypi/zope-thing@2.0%2Bcpu",
    ]
    assert [each["properties"] for each in found[1:5]] == [[{"name": "hamlet:within", "value": "Zope_Thing"}]] * 4
    assert found[5]["licenses"] == [{"expression": "MIT"}]
    assert document(IMAGES[0], "1", "a", found) == document(IMAGES[0], "1", "a", found)


def test_a_document_is_valid_by_the_schema_of_cyclonedx(folder: Path) -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    paths = list(folder.iterdir())
    assert [validator.validate_str(path.read_text()) for path in paths] == [None, None]
    assert validator.validate_str(paths[0].read_text().replace('"library"', '"book"')) is not None


@pytest.mark.parametrize("written", ["zope.thing", "Zope-Thing", "ZOPE_THING"])
def test_a_package_is_found_however_it_is_written(folder: Path, written: str) -> None:
    wanted = Affected("hamlet-services", "1.2.3", ("account", "blog", "comment"), "pypi", "zope-thing", "2.0+cpu")
    assert affected(folder, written) == [wanted]


def test_the_answer_says_which_images_services_and_versions(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert {each.within for each in affected(folder, "zlib")} == {"", "Zope_Thing"}
    assert [each for each in affected(folder, "zlib") if not each.within] == affected(folder, "zlib1g")
    assert find("zlib1g", folder=folder) == 1
    said = capsys.readouterr().out
    assert "2 of 2 images hold zlib1g" in said
    assert "hamlet-services 1.2.3  zlib1g 1:1.2.13.dfsg-1 (deb)  runs account, blog, comment" in said
    assert "hamlet-edge 1.2.3" in said
    assert find("openssl", folder=folder) == 1
    assert "openssl 3.0 (generic, within Zope_Thing)  runs account" in capsys.readouterr().out


def test_another_version_and_another_package_are_not_affected(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert find("zope-thing", "1.9", folder=folder) == 0
    assert find("zope", folder=folder) == 0
    assert find("dash", folder=folder) == 0
    assert "0 of 2 images hold dash" in capsys.readouterr().out


def test_no_documents_or_broken_ones_are_no_all_clear(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="no SBOM"):
        affected(tmp_path / "elsewhere", "zlib1g")
    (folder / "foreign.cdx.json").write_text('{"components": []}')
    with pytest.raises(RefusedError, match=r"foreign\.cdx\.json"):
        affected(folder, "zlib1g")
