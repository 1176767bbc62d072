"""`hamlet model`: trains, evaluates and asks the filter. torch is imported only when a command needs it."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from services.cli.model_data import app as data
from services.cli.progress import progress_bars
from services.cli.refusal import RefusedError

__all__ = ["app"]

app = App(name="model", help="The spam model: train, evaluate, classify.")
app.command(data)


@app.command
def train(*, data: Path, out: Path = Path("var/models")) -> int:
    """Learn a model from labelled corpora and write its bundle. The same data give the same bytes.

    Args:
        data: the folder of the corpora.
        out: where the bundle's folder is made.
    """
    from model.errors import ModelError
    from model.train import train as learn

    try:
        with progress_bars() as progress:
            metrics = learn(data, out, progress)
    except ModelError as error:
        raise RefusedError(str(error)) from None
    print(metrics.table())
    print(f"\nbundles in {out}: {', '.join(sorted(path.name for path in out.iterdir() if path.is_dir()))}")
    return 0


@app.command
def evaluate(bundle: Path, file: Path, /) -> int:
    """Judge a labelled CSV with a bundle and print how well that went.

    Args:
        bundle: the bundle's folder, or `default` for the one that this release ships.
        file: a CSV with the columns `text` and `label` (1 spam, 0 ham).
    """
    from model.bundle import default_bundle
    from model.errors import ModelError
    from model.evaluate import evaluate as judge

    try:
        with progress_bars() as progress:
            evaluation = judge(default_bundle() if str(bundle) == "default" else bundle, file, progress)
    except ModelError as error:
        raise RefusedError(str(error)) from None
    print(evaluation.table())
    return 0


@app.command
def classify(
    *,
    text: str = "",
    author_name: str = "",
    author_url: str = "",
    post_title: str = "",
    bundle: Path | None = None,
    device: str = "auto",
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Judge one comment, or one a line of JSON on standard input.

    Args:
        text: the comment; without it lines such as {"text": "...", "author_name": "..."} are read.
        author_name: the name its sender gave.
        author_url: the page its sender gave.
        post_title: the title of the post commented on.
        bundle: the model's folder; the shipped one without it.
        device: auto, cpu, cuda or cuda:N.
        as_json: print a line of JSON for each.
    """
    from model.bundle import default_bundle, load_bundle
    from model.comment import Comment
    from model.engine import Engine
    from model.errors import ModelError
    from model.verdict import Verdict

    def show(verdict: Verdict) -> None:
        if as_json:
            reasons = [
                {"code": each.code, "weight": each.weight, "evidence": each.evidence} for each in verdict.reasons
            ]
            found = {"label": verdict.label.name, "probability": verdict.probability, "reasons": reasons}
            print(json.dumps({**found, "model_version": verdict.model_version}))
            return
        print(f"{verdict.label.name}  {verdict.probability:.1%} spam  ({verdict.model_version})")
        for each in verdict.reasons:
            print(f"  {each.weight:+6.2f}  {each.code:<12} {each.description}  {', '.join(each.evidence[:5])}")

    try:
        engine = Engine(load_bundle(bundle or default_bundle()), device)
        given = {"author_name": author_name, "author_url": author_url, "post_title": post_title}
        for fields in [{"text": text, **given}] if text else _lines():
            show(engine.classify([Comment(**fields)])[0])
    except ModelError as error:
        raise RefusedError(str(error)) from None
    return 0


def _lines() -> Iterator[dict[str, str]]:
    known = {"text", "author_name", "author_email", "author_url", "ip", "user_agent"}
    known |= {"post_title", "post_url", "language"}
    for number, line in enumerate(sys.stdin, 1):
        try:
            fields = json.loads(line)
        except ValueError:
            raise RefusedError(f"line {number} is no JSON") from None
        if not isinstance(fields, dict) or "text" not in fields or not all(isinstance(v, str) for v in fields.values()):
            raise RefusedError(f'line {number} is no object of texts with a "text"')
        if unknown := set(fields) - known:
            raise RefusedError(f"line {number} has unknown fields: {', '.join(sorted(unknown))}")
        yield fields
