"""How to write a value that Hydra reads as something else: quoted."""

import re
import shlex
from collections.abc import Sequence

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException


def quoted(word: str) -> str:
    """``key=value`` so that a shell and Hydra pass the value on as text."""
    key, _, value = word.partition("=")
    escaped = re.sub(r"(\\*)\"", r'\1\1\\"', value)
    return shlex.quote(f'{key}="{escaped}"')


def unquoted(words: Sequence[str], sweeps: bool) -> str | None:
    """What to tell of the first of ``words`` whose value Hydra reads otherwise; None if none does.

    Args:
        words: as typed. With ``-m`` among them a list of choices is what it looks like.
        sweeps: whether the program knows ``-m``.
    """
    in_sweep = bool({"-m", "--multirun"} & {*words})
    remedy = "add -m to run one after another" if sweeps else "give one"
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not re.fullmatch(r"[+~]*[\w.@/]+", key) or value[:1] in tuple("[{'\""):
            continue
        if _is_list(word) and not in_sweep:
            return (
                f"{word}: is several values; {remedy}, or if it is one text, quote it, "
                f"{quoted(word)}"
            )
        if _needs_quotes(word):
            return f"{word}: Hydra reads some of these characters itself; quote it, {quoted(word)}"
    return None


def _is_list(word: str) -> bool:
    try:
        return OverridesParser.create().parse_override(word).is_sweep_override()
    except HydraException:
        return False


def _needs_quotes(word: str) -> bool:
    try:
        OverridesParser.create().parse_override(word)
        return False
    except HydraException:
        pass
    try:
        OverridesParser.create().parse_override(shlex.split(quoted(word))[0])
    except HydraException:  # its name is at fault
        return False
    return True


def text_is_needed(message: str, words: Sequence[str]) -> str:
    """The message that an option must be text, with how to write what was typed as text."""
    complaint = re.match(r"([\w.]+)=.*: must be (.* )?(?<!of )str\b", message)
    if complaint is None:
        return message
    typed = (word for word in words if word.lstrip("+").startswith(f"{complaint.group(1)}="))
    word = next(typed, f"{complaint.group(1)}=TEXT")
    return f"{message}; to give it as text, quote it, {quoted(word)}"
