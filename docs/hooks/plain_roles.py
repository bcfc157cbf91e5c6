"""Docstrings as Markdown: roles such as :func:`name` become code."""

import re
from typing import Any

from griffe import Extension, Object

ROLE = re.compile(r":(?:func|class|meth|mod|data|attr|exc|math):`~?([^`]+)`")
SEVERAL = re.compile(r"^( +\w+), ((?:\w+, )*\w+): ", re.MULTILINE)
DISPLAY = re.compile(r"^( *)\.\. math::\s*\n", re.MULTILINE)


def plain(text: str) -> str:
    """Text with code in place of roles and double backticks, and one name before each colon."""
    text = SEVERAL.sub(r"\1: and `\2`: ", text)
    text = ROLE.sub(lambda role: f"`{' '.join(role[1].split())}`", text)
    return DISPLAY.sub("", text.replace("``", "`"))


class PlainRoles(Extension):
    """Rewrites every docstring before it is parsed."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Called for each module, class, function and attribute."""
        if obj.docstring:
            obj.docstring.value = plain(obj.docstring.value)
