"""`hamlet model data`: what the corpora are like, and whether that is what it was."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from services.cli.progress import progress_bars
from services.cli.refusal import RefusedError

if TYPE_CHECKING:
    from model.data.corpus import Corpus
    from model.data.profile import Profile

__all__ = ["app"]

app = App(name="data", help="The corpora that the model learns from.")


@app.command
def check(*, data: Path, as_json: Annotated[bool, Parameter(name="--json")] = False) -> int:
    """Hold the corpora against what they were like when somebody last looked; `train` refuses what this finds.

    Args:
        data: the folder of the corpora.
        as_json: print one JSON object instead of sentences.
    """
    import json

    from model.data.inspection import findings, known_profiles

    corpus, found = _read(data)
    listed = findings(corpus, found, known_profiles())
    if as_json:
        print(json.dumps({"records": len(corpus.records), "findings": [asdict(each) for each in listed]}))
    else:
        print("\n".join(map(str, listed)) or f"{len(corpus.records)} records of {len(found)} sources are as they were")
    return 1 if listed else 0


@app.command
def profile(*, data: Path) -> int:
    """Print what the corpora are like, as `model/data/profiles.json` keeps it once a person has looked.

    Args:
        data: the folder of the corpora.
    """
    from model.data.inspection import as_json

    print(as_json(_read(data)[1]), end="")
    return 0


def _read(data: Path) -> "tuple[Corpus, dict[str, Profile]]":
    from model.bundle import default_bundle, load_bundle
    from model.data.corpus import load_corpus
    from model.data.inspection import profiles
    from model.data.sources import SOURCES
    from model.errors import ModelError
    from model.shipped import shipped_logits
    from model.table import Table

    try:
        with progress_bars() as progress:
            progress("reading the corpora", 0.0)
            corpus = load_corpus(data, SOURCES)
            progress("reading the corpora", 1.0)
            bits = load_bundle(default_bundle()).config.bits
            table = Table.of([record.comment for record in corpus.records], bits, progress)
            return corpus, profiles(corpus, shipped_logits(table, bits))
    except ModelError as error:
        raise RefusedError(str(error)) from None
