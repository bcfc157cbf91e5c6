"""Settings by Optuna: what a trial tries and what came of it, in a file that jobs share."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from filelock import FileLock
from omegaconf import DictConfig, OmegaConf

from connectome.types import InputError

RANGE = {"low", "high", "log", "step"}
CHOICES = {"choices"}
JOB = "trial"  # Optuna numbers trials in the order in which they start, so jobs keep their own
SETTINGS = "settings"
NAME = "search"
CHOOSING_SEEDS = 100  # split seeds from here on choose settings, those below are reported


class Search:
    """A study (Akiba et al. 2019) that is filled by any number of jobs, each with one trial.

    Trial 0 tries the settings as they stand, as far as the space has them; the first ``startup``
    are random, the others are proposed by a tree-structured Parzen estimator (Bergstra et al.
    2011). The study is a journal file, to which jobs append.

    Args:
        study: the file.
        space: options to vary, nested as in the configuration; each a range ``{low, high}``, with
            ``log: true`` or ``step: N``, or ``{choices: [...]}``.
        trials: how many in all.
        startup: random ones among them.
        seed: of the proposals.

    Raises:
        InputError: if the space is empty or one of its entries is no range or list of choices, a
            number is out of range, or Optuna is not installed; from its methods, if the file
            cannot be read as a study.
    """

    def __init__(
        self, study: str, space: dict[str, Any], trials: int, startup: int = 10, seed: int = 0
    ) -> None:
        for name, value, least in (("trials", trials, 1), ("startup", startup, 1)):
            if value < least:
                raise InputError(f"search.{name}={value}: must be at least {least}")
        if seed < 0:
            raise InputError(f"search.seed={seed}: must be 0 or more")
        self.path = Path(study)
        self.options = dict(_options(space))
        if not self.options:
            raise InputError("search.space: is empty; name options to vary")
        self.distributions = {key: _distribution(key, how) for key, how in self.options.items()}
        self.startup = startup
        self.seed = seed

    def propose(
        self, job: int, settings: dict[str, Any], now: Callable[[str], Any]
    ) -> dict[str, Any] | None:
        """Values for the options of ``job``; the same again if it was interrupted.

        Args:
            job: number of the trial.
            settings: everything that determines the result of a trial besides ``space``.
            now: value of an option as it stands.

        Returns:
            By option; None if the trial has ended.

        Raises:
            InputError: if the study is of other settings or another space.
        """
        with self._study(job) as study:
            self._require_same(study, settings)
            trial = self._find(study, job)
            if trial is None:
                if job == 0:
                    study.enqueue_trial(self._standing(now))
                asked = study.ask(self.distributions)
                asked.set_user_attr(JOB, job)
                trial = self._find(study, job)
        if trial.state.is_finished():
            return None
        return {key: _decoded(self.options[key], value) for key, value in trial.params.items()}

    def tell(self, job: int, value: float) -> None:
        """Record how ``job`` ended: with ``value``, to be maximised; it failed if that is NaN or
        infinite."""
        optuna = _optuna()
        with self._study(job) as study:
            trial = self._find(study, job)
            if trial.state.is_finished():  # by the same command, started twice
                return
            failed = not math.isfinite(value)
            state = optuna.trial.TrialState.FAIL if failed else optuna.trial.TrialState.COMPLETE
            study.tell(trial.number, None if failed else value, state=state)

    def trials(self) -> list[Any]:
        """Optuna's trials in the order of their jobs."""
        with self._study(0) as study:
            known = [trial for trial in study.trials if JOB in trial.user_attrs]
        return sorted(known, key=lambda trial: trial.user_attrs[JOB])

    def importances(self) -> dict[str, float]:
        """Share of each option in the variance of the objective (Hutter et al. 2014).

        Empty with fewer than four complete trials or without any variance.
        """
        optuna = _optuna()
        with self._study(0) as study:
            values = [t.value for t in study.trials if t.value is not None]
            if len(values) < 4 or len(set(values)) == 1:
                return {}
            evaluator = optuna.importance.FanovaImportanceEvaluator(seed=self.seed)
            found = optuna.importance.get_param_importances(study, evaluator=evaluator)
        return {str(key): float(share) for key, share in found.items()}

    @contextmanager
    def _study(self, job: int) -> Iterator[Any]:
        """The study, with no other job inside."""
        optuna = _optuna()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        journal = optuna.storages.journal
        # Each job has a sampler of its own, which must not repeat the draws of another.
        sampler = optuna.samplers.TPESampler(
            n_startup_trials=self.startup, seed=self.seed * 100_003 + job, constant_liar=True
        )
        with FileLock(self.path.with_suffix(".turn")):  # Optuna's own lock is for single lines
            _drop_half_line(self.path)
            try:
                storage = optuna.storages.JournalStorage(journal.JournalFileBackend(str(self.path)))
                study = optuna.create_study(
                    storage=storage,
                    sampler=sampler,
                    study_name=NAME,
                    direction="maximize",
                    load_if_exists=True,
                )
            except (ValueError, KeyError) as error:
                raise InputError(
                    f"{self.path}: is no study ({error}); move it away and repeat train.py"
                ) from error
            yield study

    def _require_same(self, study: Any, settings: dict[str, Any]) -> None:
        """A study knows one space and one set of other settings."""
        now = json.loads(json.dumps({"space": self.options} | settings, default=str))
        before = study.user_attrs.get(SETTINGS)
        if before is None:
            study.set_user_attr(SETTINGS, now)
            return
        for key in sorted({*before, *now}):
            if before.get(key) != now.get(key):
                raise InputError(
                    f"{self.path}: holds a search with {_difference(key, before, now)}; set "
                    "another name=..., or move it away"
                )

    def _standing(self, now: Callable[[str], Any]) -> dict[str, Any]:
        values = {key: _encoded(now(key)) for key in self.options}
        return {key: v for key, v in values.items() if _inside(self.options[key], v)}

    @staticmethod
    def _find(study: Any, job: int) -> Any:
        found = [t for t in study.get_trials(deepcopy=False) if t.user_attrs.get(JOB) == job]
        return found[0] if found else None


def check_parts(config: DictConfig) -> None:
    """Keep what settings are chosen on apart from what is reported.

    Raises:
        InputError: unless a search goes without tests, and what goes without tests has a split seed
            of :data:`CHOOSING_SEEDS` or more and no benchmark.
    """
    if config.search is not None and config.test:
        raise InputError("test=true: a search chooses on validation links alone; use test=false")
    if config.test:
        return
    if config.benchmark.negatives:
        raise InputError("test=false: a benchmark scores the test links; use benchmark=none")
    if (seed := config.split.seed) < CHOOSING_SEEDS:
        raise InputError(
            f"split.seed={seed}: splits below {CHOOSING_SEEDS} are reported, so nothing may be "
            f"chosen on them with test=false; use split.seed={CHOOSING_SEEDS} or more"
        )


def choose(config: DictConfig, values: dict[str, Any]) -> None:
    """Set options by dotted name."""
    for key, value in values.items():
        OmegaConf.update(config, key, value)


def check_space(options: Mapping[str, Any], config: DictConfig) -> None:
    """Every option to vary is one of the configuration.

    Raises:
        InputError: naming one that is not, and one that is like it.
    """
    for key in options:
        node: Any = config
        for place, word in enumerate(words := key.split(".")):
            if not isinstance(node, DictConfig) or word not in node:
                known = [str(name) for name in node] if isinstance(node, DictConfig) else []
                close = get_close_matches(word, known, n=1)
                meant = f" (did you mean {'.'.join([*words[:place], *close])}?)" if close else ""
                raise InputError(f"search.space.{key}: no such option{meant}")
            node = node[word]


def _options(space: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Options by dotted name."""
    for name, how in space.items():
        key = f"{prefix}{name}"
        if how is None:  # taken out
            continue
        if not isinstance(how, Mapping):
            raise InputError(
                f"search.space.{key}={how}: give {{low: A, high: B}} or {{choices: [A, B]}}"
            )
        if {*how} & (RANGE | CHOICES):
            yield key, dict(how)
        else:
            yield from _options(how, f"{key}.")


def _distribution(key: str, how: dict[str, Any]) -> Any:
    """Optuna's name for a range or list of choices."""
    kinds = _optuna().distributions
    try:
        if "choices" in how and {*how} == CHOICES:
            return kinds.CategoricalDistribution([_encoded(value) for value in how["choices"]])
        whole = all(isinstance(how[end], int) for end in ("low", "high"))
        if not math.isfinite(how["low"]) or not math.isfinite(how["high"]):
            raise ValueError("both ends must be numbers")  # Optuna would draw NaN
        kind = kinds.IntDistribution if whole else kinds.FloatDistribution
        return kind(**how)
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(
            f"search.space.{key}={how}: no range {{low, high}}, with log or step, and no list "
            f"{{choices}} ({error})"
        ) from error


def _encoded(value: Any) -> Any:
    """Optuna stores scalars; lists become JSON."""
    return json.dumps(value) if isinstance(value, list) else value


def _decoded(how: dict[str, Any], value: Any) -> Any:
    """The choice that ``value`` stands for."""
    choices = how.get("choices", ())
    return next((choice for choice in choices if _encoded(choice) == value), value)


def _inside(how: dict[str, Any], value: Any) -> bool:
    if "choices" in how:
        return value in [_encoded(choice) for choice in how["choices"]]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and how["low"] <= value <= how["high"]


def _difference(key: str, before: dict[str, Any], now: dict[str, Any]) -> str:
    """The first value in which two nested settings differ."""
    old, new = before.get(key), now.get(key)
    if isinstance(old, dict) and isinstance(new, dict):
        inner = next(k for k in sorted({*old, *new}) if old.get(k) != new.get(k))
        return f"{key}.{_difference(inner, old, new)}"
    return f"{key}={old}, not {new}"


def _drop_half_line(journal: Path) -> None:
    """Remove what a killed job, or a full disk, left of the last line of a journal.

    Optuna passes over it, but would append to it, and then read the study no more.
    """
    if not journal.is_file():
        return
    with journal.open("rb+") as file:
        content = file.read()
        if content and not content.endswith(b"\n"):
            file.truncate(content.rfind(b"\n") + 1)


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        remedy = "pip install -c constraints.txt -e '.[search]'"
        raise InputError(f"search: needs Optuna; {remedy}") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
