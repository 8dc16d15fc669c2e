"""Who takes from whom as GraphML (http://graphml.graphdrawing.org), for Gephi, yEd, networkx and the like."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from crawler.publish.plain import plain
from crawler.study.reports import PairRow, PublisherRow

_KEYS = (
    ("node", "publisher", "string"),
    ("node", "stories", "int"),
    ("node", "originals", "int"),
    ("node", "copies", "int"),
    ("edge", "stories", "int"),
    ("edge", "median_lag_s", "int"),
)
_UNWRITABLE = dict.fromkeys((0xFFFE, 0xFFFF))  # XML 1.0 §2.2; `plain` has taken the other ones out


def graphml(pairs: Iterable[PairRow], publishers: Iterable[PublisherRow]) -> str:
    """A node for each site, and an edge from the original's site to that of whoever takes from it."""
    root = Element("graphml", xmlns="http://graphml.graphdrawing.org/xmlns")
    for holder, name, kind in _KEYS:
        SubElement(root, "key", {"id": f"{holder}_{name}", "for": holder, "attr.name": name, "attr.type": kind})
    graph = SubElement(root, "graph", id="copies", edgedefault="directed")
    for row in publishers:
        node = SubElement(graph, "node", id=_text(row.site))
        _put(node, node_publisher=row.publisher, node_stories=row.stories, node_originals=row.originals, node_copies=row.copies)
    for pair in pairs:
        edge = SubElement(graph, "edge", source=_text(pair.original), target=_text(pair.copier))
        _put(edge, edge_stories=pair.stories, edge_median_lag_s=pair.lag_median_s)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _put(element: Element, **values: object) -> None:
    for key, value in values.items():
        if value is not None:
            SubElement(element, "data", key=key).text = _text(str(value))


def _text(text: str) -> str:
    return plain(text).translate(_UNWRITABLE)
