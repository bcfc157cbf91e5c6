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


def unquoted(words: Sequence[str]) -> str | None:
    """What to tell of the first of ``words`` whose value needs quotes; None if none does.

    With ``-m`` among them a list of choices is what it looks like.
    """
    in_sweep = bool({"-m", "--multirun"} & {*words})
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not re.fullmatch(r"[+~]*[\w.@/]+", key) or value[:1] in tuple("[{'\""):
            continue
        if _needs_quotes(word, in_sweep):
            return f"{word}: Hydra reads some of these characters itself; quote it, {quoted(word)}"
    return None


def _needs_quotes(word: str, in_sweep: bool) -> bool:
    try:
        return OverridesParser.create().parse_override(word).is_sweep_override() and not in_sweep
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
