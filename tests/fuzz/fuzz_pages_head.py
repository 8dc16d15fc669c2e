"""Pages made to cost a parser more than they cost to send, by what stands in their head and which bytes they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from fuzz_pages import LARGE, MEGABYTE, NESTED, PARAGRAPHS, TAGS, TEXTS, TITLE, Recipe, numbered, page, repeat


def script(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


def claim(fields: str) -> str:
    """JSON-LD of the page's own article with these fields more."""
    return script(f'{{"@type":"NewsArticle","headline":"{TITLE}",{fields}}}')


def _body(text: str) -> str:
    return f'"articleBody":"{text}"'


# What stands in the head.
LONG = 4_000
HEADS: Mapping[str, Recipe] = {
    "340 authors of 4,000 letters": lambda: page(head=f"<meta name=author content='{'a' * LONG}'>" * 340),
    "300 authors of 2,000 words": lambda: page(head=f"<meta name=author content='{'é ' * (LONG // 2)}'>" * 300),
    "340 authors of commas": lambda: page(head=f"<meta name=author content='{'Ann Poe, ' * (LONG // 9)}'>" * 340),
    "340 authors of dates": lambda: page(head=f"<meta name=author content='{'Jan. ' * (LONG // 5)}'>" * 340),
    "340 authors of brackets": lambda: page(head=f"<meta name=author content='{'(' * LONG}'>" * 340),
    "9,000 authors": lambda: page(head=numbered("<meta name=author content='Ann%d Poe'>", 9_000)),
    "9,000 titles in meta": lambda: page(head=numbered("<meta property=og:title content='%d words of a title on stones'>", 9_000)),
    "340 titles of 4,000 letters": lambda: page(head=f"<meta property=og:title content='{'a b ' * (LONG // 4)}'>" * 340),
    "340 titles of separators": lambda: page(head=f"<meta property=og:title content='{'a | ' * (LONG // 4)}'>" * 340),
    "9,000 site names": lambda: page(head=numbered("<meta property=og:site_name content='House %d'>", 9_000)),
    "9,000 dates": lambda: page(head="<meta name=date content='1/2/3 2026-'>" * 9_000),
    "340 dates of 4,000 letters": lambda: page(head=f"<meta name=date content='{'1 ' * (LONG // 2)}'>" * 340),
    "9,000 sources": lambda: page(head=numbered("<meta name=source content='House of %d Stones and Tides'>", 9_000)),
    "9,000 source addresses": lambda: page(head=numbered("<meta name=original-source content='http://h%d.example/a'>", 9_000)),
    "a meta of 200,000 names": lambda: page(head=f"<meta name='{numbered('n%d ', 200_000)}' content=x>"),
    "9,000 links": lambda: page(head="<link rel='canonical alternate amphtml' href='http://a.example/x'>" * 9_000),
    "9,000 times": lambda: page("<time datetime='2026-01-01T10:00'>x</time>" * 9_000),
    "60 times of 30,000 letters": lambda: page(f"<time class='{repeat('updat', 30_000)}'>{repeat('1 ', 1_000)}</time>" * 60),
    "1 MB of nested arrays": lambda: page(head=script("[" * MEGABYTE)),
    "1.4 MB of nested objects": lambda: page(head=script('{"a":' * 280_000)),
    "900 nested objects": lambda: page(head=script('{"a":' * 900 + "1" + "}" * 900)),
    "1.4 MB of []": lambda: page(head=script("[]" * 700_000)),
    "1.4 MB of {}": lambda: page(head=script("{}," * 460_000)),
    "1.4 MB of [[],[]…]": lambda: page(head=script("[" + "[]," * 460_000 + "[]]")),
    "1.4 MB of commas and spaces": lambda: page(head=script("{" + repeat(",   ", LARGE))),
    "1.4 MB of a comma and spaces": lambda: page(head=script("{," + repeat(" ", LARGE))),
    "1.4 MB of backslashes": lambda: page(head=script("{" + repeat("\\", LARGE))),
    "1.4 MB of comment lines": lambda: page(head=script("{" + repeat("\n//", LARGE))),
    "1.4 MB of blank lines": lambda: page(head=script("{" + repeat("\n\t ", LARGE))),
    "1.4 MB of &quot;": lambda: page(head=script("{" + repeat("&quot;", LARGE))),
    "a number of 1.4 MB": lambda: page(head=script('{"wordCount":' + "9" * LARGE + "}")),
    "a number of 4,000 digits": lambda: page(head=script('{"@type":"NewsArticle","wordCount":' + "9" * 4_000 + "}")),
    "9,000 blocks": lambda: page(head=script('{"@type":"NewsArticle"}') * 9_000),
    "4,900 articles in JSON-LD, 9,000 titles": lambda: page(
        head=script("[" + numbered('{"@type":"NewsArticle","headline":"%d words of a headline on stones"},', 4_900) + "{}]")
        + numbered("<meta property=og:title content='%d others of a title on boats'>", 9_000)
    ),
    "an article of 80,000 addresses": lambda: page(
        head=script('[{"@type":"NewsArticle","url":[' + '"http://a.example/b",' * 80_000 + '""]}]')
    ),
    "an author's name 100,000 times": lambda: page(head=claim('"author":{"name":[' + '"Ann Poe",' * 100_000 + '""]}')),
    "50 authors of 1,500 names": lambda: page(
        head=claim('"author":[' + ('{"name":[' + '"Ann of the Stones",' * 1_500 + '""]},') * 50 + "{}]")
    ),
    "60,000 origins": lambda: page(head=claim('"isBasedOn":{"name":[' + '"House of Stones and Tides",' * 60_000 + '""]}')),
    "a publisher of 2,000 words": lambda: page(head=claim(f'"publisher":{{"name":"{"é " * 1_990}"}}')),
    "a body of 1.4 MB in JSON-LD": lambda: page(head=claim(_body(repeat(PARAGRAPHS[0] + r"\n", LARGE)))),
    "a body of 470,000 lines in JSON-LD": lambda: page(head=claim(_body(repeat(r"x\n", LARGE)))),
    "a body of 1.4 MB of markup in JSON-LD": lambda: page(head=claim(_body(repeat("<p>x<br/>", LARGE)))),
    "a body of 1.4 MB of entities in JSON-LD": lambda: page(head=claim(_body(repeat("&amp;lt;", LARGE)))),
    "a body of marks in JSON-LD": lambda: page(head=claim(_body("a" + "\u0301" * 400_000 + "\u0316" * 400_000))),
}

# Which bytes they are.
BYTES: Mapping[str, Recipe] = {
    "NULs": lambda: page().replace(b" ", b" \0"),
    "9 MB of NULs": lambda: page() + b"\0" * 9 * MEGABYTE,
    "lone surrogates": lambda: page("<p>" + "\ud800\udfff" * 100_000 + "</p>"),
    "9 MB of 0xFF": lambda: page() + b"\xff" * 9 * MEGABYTE,
    "1.4 MB of cut UTF-8": lambda: page() + b"\xe2\x82" * 700_000,
    "UTF-16 of an odd length": lambda: b"\xff\xfe" + page().decode().encode("utf-16-le") + b"x",
    "UTF-16 of surrogates": lambda: b"\xff\xfe" + b"\x00\xd8" * 900_000,
    "declared as ISO-2022-JP": lambda: page(head="<meta charset=iso-2022-jp>") + b"\x1b$B" * 600_000,
    "declared as GB 18030": lambda: page(head="<meta charset=gb18030>") + b"\x81\x30\x81" * 600_000,
    "declared as HZ": lambda: page(head="<meta charset=hz-gb-2312>") + b"~{" * 900_000,
    "declared as Big5": lambda: page(head="<meta charset=big5>") + b"\xfe\xfe" * 900_000,
    "declared as UTF-7": lambda: page(head="<meta charset=utf-7>") + b"+ADw-" * 300_000,
    "random bytes": lambda: Random(1).randbytes(MEGABYTE),
    "random bytes in a page": lambda: page() + Random(2).randbytes(MEGABYTE),
    "control characters": lambda: page("<p>" + "".join(map(chr, range(1, 32))) * 30_000 + "</p>"),
    "bidi signs": lambda: page("<p>" + "\u202e\u2066x" * 200_000 + "</p>"),
    "noncharacters": lambda: page("<p>" + "\ufffe\uffff\ufdd0" * 200_000 + "</p>"),
}  # fmt: skip

PAGES: Mapping[str, Recipe] = {**NESTED, **TAGS, **TEXTS, **HEADS, **BYTES}
