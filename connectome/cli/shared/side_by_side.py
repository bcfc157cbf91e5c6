"""Jobs of a sweep side by side in processes that share what the first one has imported."""

import logging
import multiprocessing
import os
import pickle
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pkgutil import resolve_name
from typing import Any

from hydra._internal.core_plugins.basic_launcher import BasicLauncher
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, configure_log, run_job, setup_globals
from omegaconf import DictConfig, open_dict

from connectome.input_error import InputError

log = logging.getLogger(__name__)

IMPORTED = ("connectome.cli.jobs.train", "connectome.analysis.leaderboard")
HYDRA_NAME = "hydra_plugins.connectome"  # where Hydra looks for plugins, and nowhere else


class SideBySideLauncher(BasicLauncher):
    """Hydra launcher: as many jobs at a time as there are cores, each with one thread.

    Libraries are imported and configurations composed before the processes are forked, so neither
    is paid for again. Where processes cannot be forked (no Linux), on GPUs, for runs that start
    processes of their own, and for a search, whose trials follow from one another, jobs run one
    after another as with Hydra's own launcher.

    Args:
        n_jobs: how many at a time; None is one for each core, or for as many threads as
            ``OMP_NUM_THREADS`` says.
    """

    def __init__(self, n_jobs: int | None = None) -> None:
        super().__init__()
        self.n_jobs = n_jobs

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """Run the jobs with these options; returns what each gave, in their order.

        Raises:
            InputError: if a process was killed.
        """
        assert self.hydra_context is not None
        assert self.config is not None
        places = min(_places() if self.n_jobs is None else self.n_jobs, len(job_overrides))
        setup_globals()
        compose = self.hydra_context.config_loader.load_sweep_config
        jobs = [compose(self.config, [*overrides]) for overrides in job_overrides]
        for number, job in enumerate(jobs, initial_job_idx):
            with open_dict(job):
                job.hydra.job.id = job.hydra.job.num = number
        if places <= 1 or not all(map(_stands_alone, jobs)):
            return [self._run(job) for job in jobs]
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        log.info("%d jobs, %d at a time", len(jobs), places)
        for job in jobs:
            with open_dict(job):
                job.callbacks.progress = None  # bars of several would write over each other
        for module in IMPORTED:
            resolve_name(module)
        return side_by_side(self._run, jobs, places)

    def _run(self, job: DictConfig) -> JobReturn:
        assert self.hydra_context is not None
        assert self.config is not None
        assert self.task_function is not None
        done = run_job(
            hydra_context=self.hydra_context,
            task_function=self.task_function,
            config=job,
            job_dir_key="hydra.sweep.dir",
            job_subdir_key="hydra.sweep.subdir",
        )
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        return done


def register_launcher() -> None:
    """Make it known to Hydra as ``hydra/launcher=side_by_side``; safe to call again."""
    SideBySideLauncher.__module__ = HYDRA_NAME
    sys.modules.setdefault(HYDRA_NAME, sys.modules[__name__])
    Plugins.instance().register(SideBySideLauncher)


def _places() -> int:
    """How many jobs at a time fill the cores that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    threads = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, cores // int(threads)) if threads.isdigit() and int(threads) else cores


def _stands_alone(job: DictConfig) -> bool:
    """Whether a job can run beside others, in a forked process."""
    trainer = job.trainer
    alone = trainer.get("accelerator") == "cpu" and trainer.get("devices") == 1
    return alone and job.search is None and sys.platform == "linux"


def side_by_side(run: Callable[[Any], Any], jobs: Sequence[Any], places: int) -> list[Any]:
    """``[run(job) for job in jobs]``, ``places`` at a time in forked processes.

    Raises:
        InputError: if a process was killed.
        BaseException: what ``run`` raised first; the other processes are ended.
    """
    left = iter(range(len(jobs)))
    found: dict[int, Any] = {}
    with _workers(run, jobs, places) as workers:
        busy = dict(zip(workers, left, strict=False))
        for worker, number in busy.items():
            worker.send(number)
        while busy:
            for worker in [one for one in wait([*busy]) if isinstance(one, Connection)]:
                number = busy.pop(worker)
                found[number] = _answer(worker)
                if (following := next(left, None)) is not None:
                    busy[worker] = following
                    worker.send(following)
    return [found[number] for number in range(len(jobs))]


def _answer(worker: Connection) -> Any:
    try:
        value, error = worker.recv()
    except EOFError:
        raise InputError(
            "hydra.launcher: a process with a job of the sweep was killed, perhaps for want of "
            "memory; the same command goes on from there, n_jobs=1 needs the least"
        ) from None
    if error is not None:
        raise error
    return value


@contextmanager
def _workers(
    run: Callable[[Any], Any], jobs: Sequence[Any], places: int
) -> Iterator[list[Connection]]:
    """The ends of pipes to forked processes, which end with the body."""
    forking = multiprocessing.get_context("fork")
    ours: list[Connection] = []
    processes: list[ForkProcess] = []
    try:
        for _ in range(places):
            mine, its = forking.Pipe()
            process = forking.Process(target=_serve, args=(run, jobs, its, [*ours, mine]))
            with warnings.catch_warnings():  # of threads: libraries have some, which are idle
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
            its.close()
            ours.append(mine)
            processes.append(process)
        yield ours
    except BaseException:
        for process in processes:
            process.terminate()
        raise
    finally:
        for end in ours:
            end.close()
        for process in processes:
            process.join()


def _serve(
    run: Callable[[Any], Any], jobs: Sequence[Any], pipe: Connection, others: list[Connection]
) -> None:
    """Run the jobs whose numbers come in, until nobody is there to send more."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # else it would end like a program, with a trace
    for end in others:  # else nobody would notice that the parent has closed its own
        end.close()
    _one_thread()
    while True:
        try:
            number = pipe.recv()
        except EOFError:
            break
        answer: tuple[Any, BaseException | None]
        try:
            answer = run(jobs[number]), None
        except BaseException as error:
            answer = None, error
        with suppress(OSError):  # the parent has ended
            pipe.send_bytes(_portable(answer))
    if "wandb" in sys.modules:  # what a program does at its exit; a forked process has none
        sys.modules["wandb"].teardown()


def _one_thread() -> None:
    if "OMP_NUM_THREADS" not in os.environ:
        import torch  # imported by now, if any job needs it

        torch.set_num_threads(1)


def _portable(answer: tuple[Any, BaseException | None]) -> bytes:
    """``answer`` for another process, or why it cannot go there."""
    try:
        sent = pickle.dumps(answer)
        pickle.loads(sent)
    except Exception as error:
        said = answer[1] if answer[1] is not None else error
        return pickle.dumps((None, RuntimeError(f"{type(said).__name__}: {said}")))
    return sent
