"""Whatever people write, what others get cannot run, and leads nowhere it does not say."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.markup import Profile, excerpt, to_html

VECTORS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "<body onload=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<details open ontoggle=alert(1)>",
    "<math><mi xlink:href=javascript:alert(1)>x",
    "<style>@import 'javascript:alert(1)'</style>",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<form action=javascript:alert(1)><button>x",
    "<link rel=stylesheet href=javascript:alert(1)>",
    "<meta http-equiv=refresh content='0;javascript:alert(1)'>",
    "<base href=javascript:alert(1)//>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](file:///etc/passwd)",
    "[x]( javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "![x](javascript:alert(1))",
    '![x](x "onerror=alert(1)")',
    '![x](x" onerror="alert(1))',
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "`<script>alert(1)</script>`",
    "```\n<script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "<a href='x' onmouseover=alert(1)>x</a>",
    '"><script>alert(1)</script>',
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "\u202e<script>alert(1)</script>",
    "<IMG SRC=&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)>",
]
TAG = re.compile(r"<\s*/?\s*([a-zA-Z][a-zA-Z0-9]*)([^>]*)>")
ATTRIBUTE = re.compile(r"([a-zA-Z-]+)=\"([^\"]*)\"")


def refuse_danger(html: str, profile: Profile) -> None:
    for tag, attributes in TAG.findall(html):
        assert tag in profile.tags
        for name, value in ATTRIBUTE.findall(attributes):
            assert name in {"href", "title", "src", "alt", "start", "class", "rel"}
            if name in {"href", "src"}:
                scheme = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]*):", value)
                assert scheme is None or scheme[1].lower() in {"http", "https", "mailto"}
                assert not value.startswith("//")


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("text", VECTORS)
def test_nothing_runs(text: str, profile: Profile) -> None:
    refuse_danger(to_html(text, profile), profile)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300), st.sampled_from(Profile))
def test_nothing_runs_whatever_is_written(text: str, profile: Profile) -> None:
    refuse_danger(to_html(text, profile), profile)


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "\\\\evil.example", " //evil.example"])
def test_a_link_that_looks_like_a_path_leads_nowhere(target: str) -> None:
    links = re.findall(r'href="([^"]*)"', to_html(f"[x](<{target}>)", Profile.COMMENT))
    assert not [link for link in links if link.lstrip().replace("\\", "/").startswith("//")]


def test_links_of_comments_lend_no_rank() -> None:
    assert 'rel="nofollow ugc noopener noreferrer"' in to_html("[x](https://a.example)", Profile.COMMENT)
    assert "nofollow" not in to_html("[x](https://a.example)", Profile.POST)


def test_posts_have_headings_and_tables_comments_do_not() -> None:
    text = "# Heading\n\n| a |\n|---|\n| b |"
    assert "<h1>" in to_html(text, Profile.POST)
    assert "<table>" in to_html(text, Profile.POST)
    assert "<h1>" not in to_html(text, Profile.COMMENT)


def test_an_excerpt_is_plain_and_ends_at_a_word() -> None:
    assert excerpt("# Title\n\nSome *text* & [more](https://a.example)") == "Title Some text & more"
    assert excerpt("word " * 200, 24) == "word word word word…"
