"""The tree of a page, parsed once as trafilatura parses, with elements that cost less to touch."""

from __future__ import annotations

from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement
from trafilatura.utils import repair_faulty_html

from crawler.errors import NotAPage

_BEGINNING_CHARS = 50  # in which "html" stands where a text is markup: trafilatura's own test
_REPAIRED_CHARS = 4_096  # what trafilatura repairs stands in these, but for characters that no XML holds
_NOT_XML = bytes({*range(32)} - {9, 10, 13})


def _parser() -> etree.HTMLParser:
    """A parser whose elements are all of one class: lxml.html asks a Python function for the class of each element touched,
    4,000 times a page, so that <form> and <input> get their own, which nothing here needs."""
    parser = etree.HTMLParser(collect_ids=False, encoding="utf-8", remove_comments=True, remove_pis=True)
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
    return parser


_PARSER = _parser()


def parse_page(html: str) -> HtmlElement:
    """The page's root element. Raises NotAPage where no markup is found in it."""
    beginning = html[:_BEGINNING_CHARS].lower()
    opening = repair_faulty_html(html[:_REPAIRED_CHARS], beginning)
    if "\n" not in html[:_REPAIRED_CHARS]:
        opening = opening.removesuffix("\n")  # the repair puts one behind the first line, which ends elsewhere
    repaired = opening + html[_REPAIRED_CHARS:]
    try:
        tree = lxml_html.fromstring(_without_controls(repaired.encode("utf-8", "surrogatepass")), parser=_PARSER)
    except (etree.LxmlError, ValueError):
        tree = None
    if tree is None or not isinstance(tree.tag, str) or ("html" not in beginning and len(tree) < 2):
        raise NotAPage(f"no HTML in {len(html):,} characters: not a page")
    return tree


def _without_controls(body: bytes) -> bytes:
    """UTF-8 without what no XML may hold; on bytes this takes a fifth of the time of a pattern on text."""
    body = body.translate(None, _NOT_XML)
    if b"\xef\xbf" in body:
        body = body.replace(b"\xef\xbf\xbe", b"").replace(b"\xef\xbf\xbf", b"")
    return body
