"""Training is repeatable, measures what was promised, and refuses data that is not the pinned data."""

import dataclasses
from pathlib import Path

import pytest

from model.bundle import load_bundle
from model.data.sources import SOURCES, Source
from model.errors import BundleError, DataError
from model.evaluate import evaluate
from model.fit import FitConfig
from model.train import Metrics, TrainConfig, train

TINY = TrainConfig(fit=FitConfig(bits=14, epochs=3, batch=32), folds=2, spins=0)
Corpora = tuple[Path, tuple[Source, ...]]


def test_the_same_data_give_the_same_bytes(
    tiny_corpora: Corpora, tiny_bundle: tuple[Path, Metrics], tmp_path: Path
) -> None:
    data_dir, sources = tiny_corpora
    folder, first = tiny_bundle
    again = train(data_dir, tmp_path / "again", config=TINY, sources=sources)
    assert again.model_version == first.model_version
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_what_was_learnt_separates_spam_from_ham_on_blogs_that_were_not_seen(
    tiny_bundle: tuple[Path, Metrics],
) -> None:
    metrics = tiny_bundle[1]
    assert set(metrics.unseen) == {"blog1", "blog2", "all"}
    assert metrics.unseen["all"].auc > 0.95
    assert "blog1" in metrics.table()


def test_training_reports_its_progress(tiny_corpora: Corpora, tmp_path: Path) -> None:
    seen: list[tuple[str, float]] = []
    data_dir, sources = tiny_corpora
    train(data_dir, tmp_path, lambda stage, share: seen.append((stage, share)), config=TINY, sources=sources)
    assert {"reading the corpora", "features", "weights"} <= {stage for stage, _ in seen}
    assert all(0 <= share <= 1 for _, share in seen)


def test_a_bundle_names_the_data_it_learned_from(tiny_corpora: Corpora, tiny_bundle: tuple[Path, Metrics]) -> None:
    assert load_bundle(tiny_bundle[0]).data == {source.path: source.sha256 for source in tiny_corpora[1]}


def test_a_corpus_with_other_bytes_is_refused(tiny_corpora: Corpora, tmp_path: Path) -> None:
    data_dir, sources = tiny_corpora
    content = (data_dir / sources[0].path).read_bytes()
    (tmp_path / sources[0].path).write_bytes(content + b"more,1,,\n")
    with pytest.raises(DataError, match="SHA-256"):
        train(tmp_path, tmp_path / "out", config=TINY, sources=sources[:1])


def test_a_missing_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        train(tmp_path, tmp_path / "out", config=TINY)


def test_a_corpus_with_other_counts_than_the_manifest_is_refused(tiny_corpora: Corpora, tmp_path: Path) -> None:
    data_dir, sources = tiny_corpora
    with pytest.raises(DataError, match="rows, ham and spam"):
        train(data_dir, tmp_path, config=TINY, sources=[dataclasses.replace(sources[0], spam=1)])


def test_training_never_writes_among_foreign_files(tiny_corpora: Corpora, tmp_path: Path) -> None:
    data_dir, sources = tiny_corpora
    (tmp_path / "thesis.odt").write_text("mine")
    with pytest.raises(BundleError, match=r"thesis\.odt"):
        train(data_dir, tmp_path, config=TINY, sources=sources)


def test_a_bundle_is_evaluated_per_source_of_a_file(tiny_bundle: tuple[Path, Metrics], tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    path.write_text("text,label,blog\ncheap viagra pills,1,a\nthanks works,0,a\ncasino bonus,1,b\nunjudged,,b\n")
    evaluation = evaluate(tiny_bundle[0], path)
    assert {name: scores.comments for name, scores in evaluation.scores.items()} == {"a": 2, "b": 1, "all": 3}
    assert "AUC" in evaluation.table()


@pytest.mark.parametrize("content", ["text\nhello\n", "text,label\nhello,\n", "text,label\n\xff,1\n"])
def test_a_file_without_labelled_text_cannot_be_evaluated(
    tiny_bundle: tuple[Path, Metrics], tmp_path: Path, content: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(DataError):
        evaluate(tiny_bundle[0], path)


def test_no_two_sources_share_a_name() -> None:
    assert len({source.name for source in SOURCES}) == len(SOURCES)
