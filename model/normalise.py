"""A comment's text without its disguises: one spelling per word, links and markup taken out and counted."""

import html
import re
import unicodedata
from dataclasses import dataclass

__all__ = ["NormalText", "fold", "normalise", "url_words"]

# A longer text is read from both ends, so that padding cannot hide what follows it and no comment takes long.
READ_AT_MOST = 8_000

# The patterns have no nested repetition: hostile input costs linear time.
_URL = re.compile(r"[\[(<\"']?(?:https?://|www\.)([^\s<>\"'\[\]()]{1,2000})[\])>\"']?", re.IGNORECASE)
_EMAIL = re.compile(r"\[email\]|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}", re.IGNORECASE)
_BBCODE = re.compile(r"\[/?(?:url|link|img|b|i|u)\b(?:=[^\[\]\s]{0,2000})?\]?", re.IGNORECASE)
_ANCHOR = re.compile(r"<a\s", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]{0,2000}>", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_INVISIBLE = re.compile("[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_SPACE = re.compile(r"\s+")
_DIGITS = str.maketrans("123456789", "000000000")

# Letters of other scripts that look like Latin ones, lower case (Unicode TR39 names the full set).
_LOOKALIKE = str.maketrans(
    "аеорсухіјѕԁһӏԛԝьгпткмвнτοανρικυγηɑɡɩʀɴ",
    "aeopcyxijsdhlqwbrntkmbhtoavpikuynaglrn",
)
_LOOKALIKES = frozenset(map(chr, _LOOKALIKE))
_LATIN = re.compile("[a-z]")


@dataclass(frozen=True, slots=True)
class NormalText:
    """A text as the features see it.

    Attributes:
        text: folded, digits as `0`, one space between words, no links, no markup.
        urls: the links without scheme, as written.
        emails: how many addresses it held.
        markup: whether it held a link in HTML or BBCode.
        disguised: how many words mixed scripts or hid invisible characters.
        shouting: the share of capital letters among its letters, 0 to 1.
    """

    text: str
    urls: tuple[str, ...]
    emails: int
    markup: bool
    disguised: int
    shouting: float


def normalise(raw: str) -> NormalText:
    """Take the disguises, the links and the markup off a text."""
    text = html.unescape(_ends(raw))
    urls = tuple(_URL.findall(text))
    markup = bool(_ANCHOR.search(text) or _BBCODE.search(text))
    # Markup goes first: without its link a tag has lost its end.
    text = _URL.sub(" ", _BBCODE.sub(" ", _TAG.sub(" ", text)))
    text, emails = _EMAIL.subn(" ", text)
    folded, disguised = fold(text)
    return NormalText(folded.translate(_DIGITS), urls, emails, markup, disguised, _shouting(text))


def fold(text: str) -> tuple[str, int]:
    """One spelling per word (NFKC, casefold, look-alikes as Latin in words that mix scripts), and how many were off."""
    if text.isascii():
        return _SPACE.sub(" ", text.casefold()).strip(), 0
    visible, hidden = _INVISIBLE.subn("", text)
    composed = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())
    mixed = 0

    def unmask(match: re.Match[str]) -> str:
        nonlocal mixed
        word = match.group()
        if word.isascii() or _LOOKALIKES.isdisjoint(word) or not _LATIN.search(word):
            return word
        mixed += 1
        return word.translate(_LOOKALIKE)

    return _SPACE.sub(" ", _WORD.sub(unmask, composed)).strip(), mixed + min(hidden, 1)


def url_words(url: str) -> str:
    """The words of a link: its host and path without scheme, `www`, query and punctuation."""
    bare = url.strip().lower()
    bare = bare.split("://", 1)[-1].split("?", 1)[0].split("#", 1)[0]
    return " ".join(re.split(r"[^\w]+", bare.removeprefix("www.")[:200])).strip()


def _ends(raw: str) -> str:
    if len(raw) <= READ_AT_MOST:
        return raw
    half = READ_AT_MOST // 2
    return raw[:half] + "\n" + raw[-half:]


def _shouting(text: str) -> float:
    letters = sum(map(str.isalpha, text))
    return sum(map(str.isupper, text)) / letters if letters >= 10 else 0.0
