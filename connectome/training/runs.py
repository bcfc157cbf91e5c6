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
from omegaconf import OmegaConf
from pytorch_lightning.utilities.exceptions import SIGTERMException
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from connectome.data.storage import (
    AUDIT,
    CALIBRATION,
    CHECKPOINTS,
    CONFIG,
    EMBEDDING,
    METRICS,
    SCORES,
    SPLIT,
    STATUS,
    SWEEP_ID,
    load_json,
    read_status,
    save_json,
    sha256,
)
from connectome.identity import differences
from connectome.types import InputError, NotApplicableError

log = logging.getLogger(__name__)

SIGTERM_EXIT = 143  # 128 + 15, what a shell reports for a terminated process


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
        return self.path / CHECKPOINTS / "best.ckpt"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out of the folder; waits for one that is inside.

        Of several processes that train one run together, the first holds the lock.
        """
        if rank_zero_only.rank != 0:  # type: ignore[attr-defined]
            yield
            return
        self.path.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path / ".lock"):
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
            InputError: if the folder holds a run on other data.
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
        scored = [SCORES, CALIBRATION] if benchmark else []
        details = status.get("details", [])  # what a method knows of links beside presence
        always = (METRICS, CONFIG, EMBEDDING, SPLIT, AUDIT)
        artefacts = (self.path / name for name in (*always, *scored, *details))
        if benchmark and not self._scored(status, benchmark):
            return None
        if status["state"] != "complete" or not all(p.is_file() for p in artefacts):
            return None
        metrics: dict[str, float] = load_json(self.path / METRICS)
        return metrics

    def _scored(self, status: dict[str, Any], benchmark: dict[str, Any]) -> bool:
        sums = status.get("sha256", {})
        intact = all(sums.get(name) == sha256(self.path / name) for name in (SCORES, CALIBRATION))
        return bool(status.get("benchmark") == benchmark and intact)

    def write_complete(self, benchmark: dict[str, Any] | None) -> None:
        """Record that all is there, with checksums of the scores if there are any."""
        if benchmark is None:  # what an earlier benchmark left is still there
            self.write("complete")
            return
        sums = {name: sha256(self.path / name) for name in (SCORES, CALIBRATION)}
        self.write("complete", benchmark=benchmark, sha256=sums)

    @rank_zero_only
    def write(self, state: str, **details: Any) -> None:
        """Record ``state`` with ``details``; keeps what was recorded before.

        A complete run stays complete if it ends before it is taken up again.
        """
        before = read_status(self.path) if (self.path / STATUS).is_file() else {}
        before.pop("error", None)
        made_by = self.identity if state == "running" else before.get("identity", self.identity)
        if before.get("state") == "complete" and state != "running":
            state = "complete"
        if state == "running":
            (self.path / CONFIG).write_text(OmegaConf.to_yaml(OmegaConf.create(self.config)))
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
        """
        try:
            yield
        except SIGTERMException as error:
            self._interrupted()
            raise SystemExit(SIGTERM_EXIT) from error
        except (KeyboardInterrupt, SystemExit):
            self._interrupted()
            raise
        except NotApplicableError as error:
            self.write("not applicable", error=str(error))
            if not in_sweep:
                raise
            log.warning("%s: left out: %s", self.path.name, error)
        except Exception as error:
            self.write("failed", error=f"{type(error).__name__}: {error}")
            if not in_sweep:
                raise
            if isinstance(error, InputError):
                log.error("%s: failed: %s", self.path.name, error)
            else:
                log.error("%s: failed\n%s", self.path.name, traceback.format_exc())

    def _interrupted(self) -> None:
        self.write("interrupted")
        log.warning("%s: interrupted; the same command resumes it", self.path)
