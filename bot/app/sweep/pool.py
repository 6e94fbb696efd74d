"""Runs the jobs of a sweep on the cores of this machine, or on a Dask cluster; can be resumed."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bot.app.sweep.variant import Job, Result, run_variant
from bot.errors import ConfigError, SourceDown


@contextmanager
def open_executor(scheduler: str | None, *, workers: int | None = None) -> Iterator[Executor]:
    """Yield what runs jobs.

    Args:
        scheduler: Address of a Dask scheduler such as ``tcp://10.0.0.5:8786``; None for processes
            of this machine.
        workers: Processes; None for one a core.

    Raises:
        ConfigError: The extra ``cluster`` is not installed.
        SourceDown: The scheduler does not answer.
    """
    if scheduler is None:
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers or os.cpu_count() or 1, mp_context=spawn) as pool:
            try:
                yield pool
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return
    try:
        from distributed import Client
    except ImportError:
        raise ConfigError(
            "--scheduler needs Dask. Install the extra: pip install 'polyhedge[cluster]'"
        ) from None
    try:
        client = Client(scheduler, timeout=5)
    except (OSError, ValueError, TimeoutError) as error:
        raise SourceDown(f"the Dask scheduler {scheduler} does not answer: {error}") from None
    with client:
        # pure: a job that was asked for before is the same job.
        executor: Executor = client.get_executor(pure=True)
        with executor:
            yield executor


def run_jobs(
    jobs: Sequence[Job], *, executor: Executor, folder: Path, done: Callable[[Job], None]
) -> tuple[Result, ...]:
    """Return the result of each job, in their order; those in the folder are not run again.

    Args:
        jobs: All of the sweep.
        executor: Of `open_executor`.
        folder: Keeps each result as soon as it is there, so that a sweep can be killed.
        done: Called for each job as it ends, or is found.

    Raises:
        ConfigError: The folder cannot be written.
        BotError: Of a job; the others' results stay.
    """
    _make(folder)
    waiting = {}
    for job in jobs:
        if _path(folder, job).exists():
            done(job)
        else:
            waiting[executor.submit(run_variant, job)] = job
    try:
        for future in as_completed(waiting):
            job = waiting[future]
            _keep(_path(folder, job), future.result())
            done(job)
    except BaseException:
        for future in waiting:
            future.cancel()
        raise
    return tuple(msgspec.json.decode(_path(folder, job).read_bytes(), type=Result) for job in jobs)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be made ({error.strerror}). Name another.") from None


def _path(folder: Path, job: Job) -> Path:
    return folder / f"{job.digest}.json"


def _keep(path: Path, result: bytes) -> None:
    """Write a result whole or not at all."""
    part = path.with_suffix(".part")
    part.write_bytes(result)
    part.replace(path)
