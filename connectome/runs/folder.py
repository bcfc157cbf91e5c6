"""The folder of one run: what state it is in, whether to skip, resume or start it."""

import logging
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock
from lightning_utilities.core.rank_zero import rank_zero_only
from omegaconf import OmegaConf

from connectome.config import differences
from connectome.runs import artifact_schema
from connectome.runs.artifacts import (
    AUDIT,
    BEST,
    CALIBRATION,
    CHECKPOINTS,
    CONFIG,
    EMBEDDING,
    METRICS,
    REMEDY,
    SCORES,
    SPLIT,
    STATUS,
    SWEEP_ID,
    load_json,
    read_status,
    save_json,
    sha256,
)
from connectome.runtime import clear_parts, save_text
from connectome.types import InputError, NotApplicableError

log = logging.getLogger(__name__)

SCORED = (SCORES, CALIBRATION)
NEEDED = (METRICS, CONFIG, EMBEDDING, SPLIT, AUDIT, BEST)  # what a complete run has
SIGTERM_ERROR = "SIGTERMException"  # of Lightning, a SystemExit; this room does without Lightning
SIGTERM_EXIT = 143  # 128 + 15, what a shell reports for a terminated process


def _rank() -> int:
    """Which of several processes this is; before Lightning is there, there is one."""
    return getattr(rank_zero_only, "rank", 0)


def require_same_options(before: dict[str, Any], now: dict[str, Any], where: str) -> None:
    """Compare the identities of two runs.

    Raises:
        InputError: naming ``where`` and what differs, if anything does.
    """
    if found := differences(before, now):
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        raise InputError(
            f"{where}: holds a run with other options ({'; '.join(found[:3])}{more}); give this "
            "one a folder of its own (leave out run_dir and hydra.run.dir, or name another), or "
            "move that one away"
        )


class RunFolder:
    """Reads and writes the state of a run: ``running``, ``complete``, ``failed``, ``interrupted``,
    ``not applicable``.

    Only the process of rank 0 writes.

    Args:
        path: the folder.
        config: plain values of the resolved configuration.
        identity: the part of it that determines the result.
    """

    def __init__(self, path: Path, config: dict[str, Any], identity: dict[str, Any]) -> None:
        self.path = path
        self.config = config
        self.identity = identity

    @property
    def last_checkpoint(self) -> Path | None:
        """Where to resume from, or None; without the best checkpoint the run starts anew."""
        path = self.path / CHECKPOINTS / "last.ckpt"
        return path if path.is_file() and self.best_checkpoint.is_file() else None

    @property
    def best_checkpoint(self) -> Path:
        """The checkpoint with the best validation AUC."""
        return self.path / BEST

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out of the folder; waits for one that is inside.

        Of several processes that train one run together, the first holds the lock, and removes
        what killed ones left half written.
        """
        if _rank() != 0:
            yield
            return
        self.path.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path / ".lock"):
            clear_parts(self.path)
            yield

    @property
    def finished(self) -> bool:
        """Whether the folder says that it is complete; :meth:`completed` looks at what is there."""
        status = read_status(self.path) if (self.path / STATUS).is_file() else {}
        return status.get("state") == "complete"

    def require_same_options(self) -> None:
        """Refuse a folder that holds what other options made, as ``hydra.run.dir=X`` may give it.

        Raises:
            InputError: naming the options that differ.
        """
        begun = (self.path / METRICS).exists() or (self.path / CHECKPOINTS).exists()
        if begun and (self.path / STATUS).is_file():
            before = read_status(self.path).get("identity") or {}
            require_same_options(before, self.identity, str(self.path))

    def completed(
        self, made_from: dict[str, str], benchmark: dict[str, Any] | None
    ) -> dict[str, float] | None:
        """Metrics of the run if it is complete for this data, else None.

        Args:
            made_from: fingerprints of data and split now, by name.
            benchmark: record of the benchmark whose scores must be there too; None for none.

        Raises:
            InputError: if the folder holds a run on other data, or a file in it is not as it was
                written.
        """
        if not (self.path / STATUS).is_file():
            return None
        status = read_status(self.path)
        for what, now in made_from.items():
            if (before := status.get(what, now)) != now:
                raise InputError(
                    f"{self.path}: holds a run on another version of the data ({what} {before}, "
                    f"now {now}); move the folder away or set another name=..."
                )
        if status["state"] != "complete":
            return None
        for name in self._needed(status):
            if not (self.path / name).is_file():
                log.warning("%s has lost its %s and is made again", self.path, name)
                return None
        if benchmark and not self._scored(status, benchmark):
            return None
        self._require_intact(status)
        metrics: dict[str, float] = load_json(self.path / METRICS, artifact_schema.METRICS)
        return metrics

    @staticmethod
    def _needed(status: dict[str, Any]) -> tuple[str, ...]:
        """Files of a complete run; ``details`` are those of counts and edge types."""
        return (*NEEDED, *status.get("details", []))

    def _require_intact(self, status: dict[str, Any]) -> None:
        """Hold the files against the checksums that were recorded with them."""
        for name in self._needed(status):
            if status.get("sha256", {}).get(name) != sha256(self.path / name):
                raise InputError(
                    f"{self.path / name}: damaged: not what training wrote (another checksum); "
                    f"{REMEDY}, which makes the run again"
                )

    def _scored(self, status: dict[str, Any], benchmark: dict[str, Any]) -> bool:
        sums = status.get("sha256", {})
        intact = all(sums.get(name) == sha256(self.path / name) for name in SCORED)
        return bool(status.get("benchmark") == benchmark and intact)

    def write_complete(self, benchmark: dict[str, Any] | None) -> None:
        """Record that all is there, with checksums of every file, the scores among them."""
        before = read_status(self.path)
        # Without a benchmark, what an earlier one left is still there.
        names = [*self._needed(before), *(SCORED if benchmark else ())]
        sums = before.get("sha256", {}) | {name: sha256(self.path / name) for name in names}
        recorded = {} if benchmark is None else {"benchmark": benchmark}
        self.write("complete", sha256=sums, **recorded)

    def write(self, state: str, **details: Any) -> None:
        """Record ``state`` with ``details``, by the first process; keeps what was recorded before.

        A complete run stays complete if it ends before it is taken up again.
        """
        if _rank() != 0:
            return
        before = read_status(self.path) if (self.path / STATUS).is_file() else {}
        before.pop("error", None)
        made_by = self.identity if state == "running" else before.get("identity", self.identity)
        if before.get("state") == "complete" and state != "running":
            state = "complete"
        if state == "running":  # what is there is about to be replaced, but for the scores
            sums = before.pop("sha256", {})
            before["sha256"] = {name: sums[name] for name in SCORED if name in sums}
            save_text(self.path / CONFIG, OmegaConf.to_yaml(OmegaConf.create(self.config)))
        save_json(
            self.path / STATUS,
            before
            | {"state": state, "updated": datetime.now(UTC).isoformat(timespec="seconds")}
            | {"sweep": os.environ.get(SWEEP_ID), "identity": made_by}
            | details,
        )

    @contextmanager
    def recording(self, in_sweep: bool) -> Iterator[None]:
        """Record how the body ends: complete, failed or interrupted.

        In a sweep a failure is logged with its traceback and swallowed, so that the other jobs go
        on; an interruption always ends the program, with a non-zero exit status.

        Raises:
            InputError: in a sweep, if a failure cannot be recorded: nobody would know of it.
        """
        try:
            yield
        except (KeyboardInterrupt, SystemExit) as error:
            self._interrupted()
            if type(error).__name__ == SIGTERM_ERROR:
                raise SystemExit(SIGTERM_EXIT) from error
            raise
        except NotApplicableError as error:
            self._ended("not applicable", in_sweep, error=str(error))
            if not in_sweep:
                raise
            log.warning("%s: left out: %s", self.path.name, error)
        except Exception as error:
            self._ended("failed", in_sweep, error=f"{type(error).__name__}: {error}")
            if not in_sweep:
                raise
            if isinstance(error, InputError | OSError):
                log.error("%s: failed: %s", self.path.name, error)
            else:
                log.error("%s: failed\n%s", self.path.name, traceback.format_exc())

    def _ended(self, state: str, in_sweep: bool, **details: Any) -> None:
        """Record how the run ended; a full disk may not have room even for that."""
        try:
            self.write(state, **details)
        except OSError as error:
            lost = f"{error.filename}: {error.strerror}, so '{state}' could not be recorded"
            if in_sweep:
                raise InputError(
                    f"{details.get('error', self.path)}; {lost} and the sweep stops here; make "
                    "room and repeat the same command, which skips what is complete"
                ) from error
            log.error("%s", lost)

    def _interrupted(self) -> None:
        self._ended("interrupted", in_sweep=False)
        log.warning("%s: interrupted; the same command resumes it", self.path)
