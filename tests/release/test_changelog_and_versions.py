"""One version in every file that says it, and a section of the changelog for each release."""

import shutil
from pathlib import Path

import pytest

from release.changelog import section
from release.prepare import prepare
from release.versions import PLACES, set_version, versions

ROOT = Path(__file__).resolve().parents[2]
CHANGELOG = "# Changelog\n\n## Unreleased\n### Added\n- A door.\n\n## 0.1.0 - 2026-01-02\n- A wall.\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The files of the repository that say the version, and a changelog."""
    for name in PLACES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    return tmp_path


def test_every_file_says_the_same_version() -> None:
    assert len(set(versions(ROOT).values())) == 1, versions(ROOT)


def test_nothing_else_of_ours_says_a_version_of_its_own() -> None:
    """A new file with a version joins `PLACES`, or takes it from one that is there."""
    projects = [
        *ROOT.glob("*/pyproject.toml"),
        *ROOT.glob("helm/*/Chart.yaml"),
        *ROOT.glob("protos/typescript/*/package.json"),
    ]
    assert {str(path.relative_to(ROOT)) for path in projects} <= set(PLACES)


def test_the_next_version_is_written_everywhere(tree: Path) -> None:
    before = (tree / "helm/hamlet/Chart.yaml").read_text()
    set_version(tree, "7.8.9")
    assert set(versions(tree).values()) == {"7.8.9"}
    assert len(versions(tree)) == sum(len(each) for each in PLACES.values())
    assert (tree / "helm/hamlet/Chart.yaml").read_text().count("\n") == before.count("\n")


def test_what_was_unreleased_becomes_the_section(tree: Path) -> None:
    prepare(tree, "7.0.0", "2026-03-04")
    text = (tree / "CHANGELOG.md").read_text()
    assert section(text, "7.0.0") == "### Added\n- A door."
    assert section(text, "Unreleased") == ""
    assert section(text, "0.1.0") == "- A wall."
    assert set(versions(tree).values()) == {"7.0.0"}


@pytest.mark.parametrize(
    ("version", "changelog", "says"),
    [
        ("7.0.0", CHANGELOG.replace("- A door.", ""), "nothing under Unreleased"),
        ("0.1.0", CHANGELOG, "has a section 0.1.0 already"),
        ("0.0.1", CHANGELOG, "is before"),
        ("seven", CHANGELOG, "is no version"),
    ],
)
def test_what_is_no_next_release_changes_nothing(tree: Path, version: str, changelog: str, says: str) -> None:
    (tree / "CHANGELOG.md").write_text(changelog)
    before = versions(tree)
    with pytest.raises(ValueError, match=says):
        prepare(tree, version, "2026-03-04")
    assert (versions(tree), (tree / "CHANGELOG.md").read_text()) == (before, changelog)


def test_our_changelog_has_something_to_release_or_was_just_released() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    newest = next(iter(versions(ROOT).values()))
    assert section(text, "Unreleased") or section(text, newest)
