"""A corpus that is not what it was stops a training run, and the finding says what changed."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import model.data.inspection
from model.comment import Comment
from model.data.checks import Finding, compare, inspect, leaks
from model.data.duplicates import near_duplicates
from model.data.inspection import as_json, known_profiles
from model.data.profile import Profile, profile_of
from model.data.records import Record
from model.data.sources import SOURCES, Source
from model.data.split import Part, split
from model.errors import DataError
from model.train import train
from tests.unit.model.conftest import TINY, tiny_rows

Change = Callable[[list[Record]], list[Record]]
INDONESIAN = "situs gacor hari ini banyak pemain menang besar jangan sampai ketinggalan bonus anggota baru"


def records(seed: int = 3, count: int = 400) -> list[Record]:
    return [Record(Comment(text), label, "blog") for text, label in tiny_rows(seed, count)]


def profile(given: Sequence[Record], *, certain: float = 4.0) -> Profile:
    """With a shipped model that judges by the words, whatever the labels say."""
    texts = [record.comment.text for record in given]
    spammy = np.array([any(word in text for word in ("casino", "pills", "replica", "watches")) for text in texts])
    return profile_of(given, np.array(near_duplicates(texts)), np.where(spammy, certain, -certain))


def checks(given: Sequence[Record]) -> set[str]:
    return {finding.check for finding in compare("blog", profile(given), profile(records()))}


def relabelled(record: Record) -> Record:
    return replace(record, label=1 - record.label)


def reworded(record: Record, text: str) -> Record:
    return replace(record, comment=replace(record.comment, text=text))


def test_the_same_corpus_and_another_draw_of_it_are_sound() -> None:
    assert not checks(records())
    assert not checks(records(seed=4))


def test_nine_tenths_lost_are_found() -> None:
    assert "LOST_CLASS" in checks(records()[:40])


def test_nine_tenths_of_one_class_lost_are_found() -> None:
    spam = [record for record in records() if record.label]
    ham = [record for record in records() if not record.label]
    assert {"LOST_CLASS", "BALANCE"} <= checks(ham + spam[:20])


def test_all_labels_flipped_are_found_though_the_balance_is_as_it_was() -> None:
    assert checks([relabelled(record) for record in records()]) == {"LABELS"}


def test_a_tenth_of_the_labels_flipped_is_found() -> None:
    chosen = set(random.Random(1).sample(range(400), 40))
    assert checks([relabelled(each) if row in chosen else each for row, each in enumerate(records())]) == {"LABELS"}


def test_copies_with_the_other_label_are_found() -> None:
    copies = [relabelled(record) for record in records()[:30]]
    assert "LABELS" in checks([*records(), *copies])


def test_a_cleaning_that_empties_one_class_is_found() -> None:
    emptied = [reworded(record, "\u200b<b></b>") if record.label else record for record in records()]
    assert "CLEANING" in checks(emptied)
    assert {finding.check for finding in inspect("new", profile(emptied))} >= {"CLEANING"}


@pytest.mark.parametrize(
    ("check", "change"),
    [
        ("LENGTH", lambda record: reworded(record, record.comment.text[:15])),
        ("LANGUAGE", lambda record: reworded(record, f"{INDONESIAN[: 40 + len(record.comment.text) % 40]}")),
        ("DUPLICATES", lambda record: reworded(record, record.comment.text.rpartition(" ")[0][:12])),
    ],
)
def test_other_texts_are_found(check: str, change: Callable[[Record], Record]) -> None:
    assert check in checks([change(record) for record in records()])


def test_a_leak_is_found_and_a_split_by_groups_has_none() -> None:
    texts = [record.comment.text for record in records(count=100)]
    texts += texts[:10]
    groups = near_duplicates(texts)
    names, numbers = np.array(["blog"] * len(texts)), np.array(groups)
    assert not list(leaks(names, numbers, split(texts, groups)))
    careless = [Part.TRAIN if row < 100 else Part.TEST for row in range(len(texts))]
    (finding,) = leaks(names, numbers, careless)
    assert (finding.check, finding.source) == ("LEAK", "blog")
    assert "20 records" in finding.sentence


def test_training_stops_at_a_finding(
    tiny_corpora: tuple[Path, tuple[Source, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir, sources = tiny_corpora
    before = replace(profile(records()), spam=2_000)
    monkeypatch.setattr(model.data.inspection, "known_profiles", lambda: {"blog1": before})
    with pytest.raises(DataError, match="blog1: LOST_CLASS: 60 records are spam, 2000 were"):
        train(data_dir, tmp_path / "bundle", config=TINY, sources=sources)
    assert not (tmp_path / "bundle").exists()


def test_every_pinned_source_has_a_profile_with_its_counts() -> None:
    known = known_profiles()
    assert {name: (each.ham, each.spam) for name, each in known.items()} == {
        source.name: (source.ham, source.spam) for source in SOURCES
    }


def test_profiles_are_read_as_they_were_written(tmp_path: Path) -> None:
    written = {"blog": profile(records())}
    (tmp_path / "profiles.json").write_text(as_json(written))
    assert known_profiles(tmp_path / "profiles.json") == written


@pytest.mark.parametrize("content", ["", "[]", '{"blog": {}}', '{"blog": {"lengths": [], "letters": [], "x": 1}}'])
def test_a_file_that_holds_no_profiles_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "profiles.json").write_text(content)
    with pytest.raises(DataError, match="not readable as profiles"):
        known_profiles(tmp_path / "profiles.json")


def test_a_finding_reads_as_a_sentence() -> None:
    finding = Finding("BALANCE", "tulloss", "10.0% are spam, 85.9% were")
    assert str(finding) == "tulloss: BALANCE: 10.0% are spam, 85.9% were"
