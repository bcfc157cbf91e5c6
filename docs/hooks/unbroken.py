"""Where lines of a page may not break: inside words of code, and inside intervals."""

import re
from typing import Any

TAG = re.compile(r"(<[^>]+>)")
WORD = re.compile(r"[^\s]*-[^\s]*")
INTERVAL = re.compile(r"[(\[][-+\u2212]?[\d.]+, [-+\u2212]?[\d.]+[)\]]")
MOST = 40  # characters: a longer word of code has to break somewhere, or it leaves a narrow screen


def whole(text: str) -> str:
    """HTML with words of code that have a hyphen, and intervals, each in a ``span`` as a whole.

    Blocks of code stay as they are.
    """
    pieces, block, code = [], 0, 0
    for piece in TAG.split(text):
        if piece.startswith("<"):
            block += piece.startswith("<pre") - piece.startswith("</pre")
            code += piece.startswith("<code") - piece.startswith("</code")
        elif not block:
            piece = (WORD if code else INTERVAL).sub(_whole, piece)
        pieces.append(piece)
    return "".join(pieces)


def _whole(found: re.Match[str]) -> str:
    return found[0] if len(found[0]) > MOST else f'<span class="whole">{found[0]}</span>'


def on_page_content(html: str, **_: Any) -> str:
    """Called for each page that has become HTML."""
    return whole(html)
