"""How a program ends badly: one line for people, and an exit status for machines."""

import gc
import os
import re
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hydra.errors import HydraException, MissingConfigException
from omegaconf import OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from connectome.config import (
    HYDRA_PROGRAMS,
    config_folder,
    load_config,
    open_groups,
    option_name,
    quiet_libraries,
    register,
    suggest,
    text_is_needed,
    unquoted,
)
from connectome.input_error import InputError

USAGE_EXIT = 2
NO_CHOICE = "Config group override must be"  # what Hydra says of model=null and model=5
INTERRUPTED_EXIT = 130  # 128 + SIGINT
TERMINATED_EXIT = 143  # 128 + SIGTERM
PIPE_EXIT = 141  # 128 + SIGPIPE


def run_program(main: Callable[[], None]) -> None:
    """Run a program that reads its configuration with Hydra."""
    gc.disable()  # while libraries are imported: they make much that stays, and a job enables it
    register()
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # errors reach us instead of Hydra's printer
    quiet_libraries()
    sys.argv[1:] = open_groups(sys.argv[1:])
    # Ends like any other exit, so that the workers of a parallel launcher are ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED_EXIT))
    with clear_errors():
        try:
            main()
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED_EXIT)


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn what the user can mend into one line on stderr and exit status 2.

    Anything else keeps its traceback, since it is a defect of the program.
    """
    try:
        yield
    except InputError as error:
        raise SystemExit(_fail(text_is_needed(str(error), sys.argv[1:]))) from error
    except (HydraException, OmegaConfBaseException) as error:
        raise SystemExit(_fail(_config_error(error))) from error
    except (ValueError, TypeError) as error:
        if not _of_a_group(error):
            raise
        raise SystemExit(_fail(_group_error(sys.argv))) from error
    except BrokenPipeError:  # who reads what is printed, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is still to come
        raise SystemExit(PIPE_EXIT) from None
    except OSError as error:
        where = error.filename or "output"
        raise SystemExit(
            _fail(f"{where}: {error.strerror or error}; check path and space{_in_sweep()}")
        ) from error


def _in_sweep() -> str:
    """What an error outside any job means for those that have not begun."""
    if not {"-m", "--multirun"} & {*sys.argv}:
        return ""
    return ", then repeat the same command: the sweep stops here"


def _fail(message: str) -> int:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return USAGE_EXIT


def _of_a_group(error: Exception) -> bool:
    """Whether Hydra, in its own code, could not take a choice for a name, or a list of them."""
    if str(error).startswith(NO_CHOICE):
        return True
    where = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
    return where.name == "defaults_list.py" and "hydra" in where.parts


def _group_error(words: Sequence[str]) -> str:
    """What stands for no file of its group, and the files that there are."""
    for word in words:
        group, _, value = word.lstrip("+").partition("=")
        files = sorted(path.stem for path in (config_folder() / group).glob("*.yaml"))
        if value and files and value not in files:
            return f"{word}: choose one of {', '.join(files)}, or leave it out"
    return "a group of options is set to no name: write GROUP=NAME; --help lists both"


def _input_error(error: BaseException) -> InputError | None:
    """Ours, if it was raised while a name was made of other options."""
    cause = error.__cause__ or error.__context__
    return cause if cause is None or isinstance(cause, InputError) else _input_error(cause)


def _config_error(error: Exception) -> str:
    """One line out of an error of Hydra or OmegaConf, with its remedy."""
    if (ours := _input_error(error)) is not None:
        return str(ours)
    text = f"{error} {error.__cause__ or ''}"
    key = re.search(r"full_key: (\S+)", text)
    full = option_name(key.group(1)) if key else ""
    if isinstance(error, MissingMandatoryValue):
        return f"{full}: has no default; set {full}=VALUE"
    if unknown := re.search(r"Key '([^']+)' is not in struct|Key '([^']+)' not in '\w+'", text):
        full = _as_typed(full or unknown.group(1) or unknown.group(2), sys.argv)
        known = _known_keys()
        if full in known and key and key.group(1) != full:
            return f"{key.group(1)}: stands for {full}; set {full}=VALUE"
        if full in known:
            return f"{full}: is needed, and was taken out; leave ~{full.split('.')[0]} off"
        return f"{full}: unknown option{_meant(full, known)}; {_remedy(full, sys.argv, known)}"
    unread = isinstance(error, HydraException) and not isinstance(error, MissingConfigException)
    if unread and (hint := unquoted(sys.argv[1:], not _is_command(sys.argv))):
        return hint
    if isinstance(error, MissingConfigException):
        return text.split("Config search path")[0].replace("Available", "- available")
    return f"{full}: {_reason(error)}" if full else text


def _as_typed(option: str, words: Sequence[str]) -> str:
    """The whole option, where OmegaConf names the first part of it that there is not."""
    names = [word.lstrip("+~").partition("=")[0] for word in words]
    return next((name for name in names if name.startswith(f"{option}.")), option)


def _remedy(option: str, words: Sequence[str], known: Sequence[str]) -> str:
    """Where to look an option up; or how to set one that only some choices of a sweep have."""
    group = option.split(".")[0]
    if _command(words):
        chosen = next((word for word in words if word.startswith("data=")), None)
        if group == "data" and chosen:
            names = dict.fromkeys(key.split(".")[1] for key in known if key.startswith("data."))
            return f"{chosen} has {', '.join(names)}"
        remedies = {"data": "choose data=NAME too"} | dict.fromkeys(
            ("split", "home", "rename"), f"write +{option}=VALUE"
        )
        if not any(word.startswith("home=") for word in words):
            remedies["home"] = "choose home=NAME too"
        return remedies.get(group, "--help prints them all")
    if any(re.match(rf"{group}=.*,", word) for word in words):
        return f"if the choices of {group} have it, set ++{option}=VALUE"
    return "--cfg job prints them all"


def _reason(error: Exception) -> str:
    """What OmegaConf says in its first line."""
    line = f"{error.__cause__ or error} ".splitlines()[0].strip()
    return line.replace("is not a ListConfig, list or tuple", "is no list; write '[a,b]'")


def _meant(option: str, known: Sequence[str]) -> str:
    """An option like this one: a neighbour of it, or one of the same name elsewhere."""
    name = option.rpartition(".")[2]
    elsewhere = [key for key in known if key.rpartition(".")[2] == name]
    return suggest(option, known) or (f" (did you mean {elsewhere[0]}?)" if elsewhere else "")


def _known_keys() -> list[str]:
    """Options of the configuration that the command line chose."""
    command = _command(sys.argv)
    choices = [
        word
        for word in sys.argv
        if (found := re.fullmatch(r"(\w+)=\w+", word))
        and (config_folder() / found.group(1)).is_dir()
        and (command is None or found.group(1) == "data")
    ]
    config = load_config(choices, command or "train")
    keys = _keys(OmegaConf.to_container(config, resolve=False))
    return [key for key in keys if not key.rpartition(".")[2].startswith("_")]


def _command(words: Sequence[str]) -> str | None:
    """The command of ``python -m connectome`` that has a configuration of its own, if it is one.

    Those whose words Hydra reads are none: of them it says what it says of ``train.py``.
    """
    named = _is_command(words) and (config_folder() / f"{words[1]}.yaml").is_file()
    return words[1] if named else None


def _is_command(words: Sequence[str]) -> bool:
    """Whether they are of a command of ``python -m connectome`` whose words Hydra does not read."""
    return words[1:2] != [] and words[1].isidentifier() and words[1] not in HYDRA_PROGRAMS


def _keys(values: Any, prefix: str = "") -> list[str]:
    if not isinstance(values, dict):
        return []
    return [
        key
        for name, value in values.items()
        for key in (f"{prefix}{name}", *_keys(value, f"{prefix}{name}."))
    ]
