"""Writes the model card: what a bundle is for, what it learned from, how good it is and what it does not see."""

from collections.abc import Mapping, Sequence

from model.calibration import Calibration
from model.data.sources import Source
from model.metrics import Scores
from model.report import table
from model.unseen import Budget

__all__ = ["model_card"]

_CARD = """# Model card: {{version}}

A linear classifier over hashed n-grams (words, pairs of words, runs of three to five characters) of a comment's text,
its author's name and web address and its links, and a few counts. It answers with a probability that a comment is
spam, and with the exact contribution of everything that spoke for or against it.

## Use
For comments on blogs, mostly English ones, with a person who looks at what is UNSURE. It is a first, honest baseline
and no judge of people: a comment held by mistake must be easy to release.

From {spam:.3f} on a comment is SPAM, from {unsure:.3f} on UNSURE; temperature {temperature:.3f}. The thresholds spend
a budget: at most {spam_budget:.1%} of the ham of blogs that the model never saw may be called SPAM, and
{unsure_budget:.0%} SPAM or UNSURE, measured on the training and calibration parts by models trained without those
blogs.

## What it does not see
- **Flattery that is spun or written by a language model**: "I read this post fully about the comparison, amazing
  article" without a link or a commercial name is text that wanted comments contain too. Templates of one known
  generator are in training; others pass.
- **Other languages than English**: it learned English blogs, and chat or comments in Indonesian, Russian and Thai.
  Ham in Polish, Portuguese and Czech (`lrem`, `lucascs`, `novoj` below) was measured and not learned from; expect more
  mistakes there, in both directions.
- **Anything but text, name, web address, links and the post's title**: it ignores e-mail address, IP address, user
  agent, language, time, and what the sender did before.
- **Images, what a link leads to, and meaning**: a threat, an insult or an off-topic advertisement in clean words is
  not its subject.
- **Padding**: spam hidden in a long harmless text weighs less; beyond 8,000 characters only both ends are read.
- Blog labels were set by reading and are wrong in about 1 % of the cases. Blog comments are of 2004 to
  2017: what spammers wrote later is seen only as far as other sources hold it.

## Measured on comments that took no part in training or calibration
R@.5% and R@1%: spam caught where that share of the same source's ham is blocked. ham>S, ham>U: ham called SPAM, UNSURE
at the thresholds above. spam>S, spam>H: spam called SPAM, HAM. acc, MCC and ECE are at probability 0.5.
Step, decay and the weights of the sources were chosen among about fifteen settings by the pooled scores of unseen
blogs, of which this test is a part: a blog that played no part at all may do slightly worse. A blog with few comments
says little.

Blogs that the model never saw (what a new blog gets):

```
{unseen}
```

Held-out comments of sources that it learned from:

```
{seen}
```

## Learned from
Near-duplicates were grouped before 70 % of the groups went into training, 15 % into calibration and 15 % into this
test. Dates were never a feature.

| source | rows | ham | spam | licence | weight | teaches |
|---|---|---|---|---|---|---|
{sources}
"""


def model_card(
    calibration: Calibration,
    budget: Budget,
    sources: Sequence[Source],
    unseen: Mapping[str, Scores],
    seen: Mapping[str, Scores],
) -> str:
    """The card as Markdown, with `{version}` where the version belongs."""
    return _CARD.format(
        spam=calibration.spam_from,
        unsure=calibration.unsure_from,
        temperature=calibration.temperature,
        spam_budget=budget.spam,
        unsure_budget=budget.unsure,
        unseen=table(unseen),
        seen=table(seen),
        sources="\n".join(map(_row, sources)),
    )


def _row(source: Source) -> str:
    teaches = "ham and spam" if len(source.trains) > 1 else "spam only"
    counts = f"{source.rows} | {source.ham} | {source.spam}"
    return f"| {source.name} | {counts} | {source.licence} | {source.weight} | {teaches} |"
