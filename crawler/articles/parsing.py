"""The tree of a page, parsed once as trafilatura parses, with elements that cost less to touch."""

from __future__ import annotations

from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement
from trafilatura.utils import repair_faulty_html

from crawler.errors import NotAPage

_BEGINNING_CHARS = 50  # in which "html" stands where a text is markup: trafilatura's own test


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
    try:
        tree = lxml_html.fromstring(repair_faulty_html(html, beginning).encode("utf-8", "surrogatepass"), parser=_PARSER)
    except (etree.LxmlError, ValueError):
        tree = None
    if tree is None or not isinstance(tree.tag, str) or ("html" not in beginning and len(tree) < 2):
        raise NotAPage(f"no HTML in {len(html):,} characters: not a page")
    return tree
