"""One search on many machines: keras-tuner's chief chooses the trials, its workers run them.

Chief and workers use keras-tuner's own protocol and client. Added here is what the library lacks: the chief notices
when a worker sends no more heartbeats and gives its trial to another worker, and it ends even if a worker was lost.
"""

import os
import re
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import keras_tuner
from keras_tuner.src import protos
from keras_tuner.src.distribute.oracle_chief import OracleServicer

from common.core.console import say, warn
from common.core.errors import EncoreError, ResumeError, RunError, SpecError
from common.core.files import make_folder
from common.core.interrupts import waiting
from common.runs.progress import ProgressDisplay
from common.search.connection import HEARTBEAT_SECONDS
from common.search.oracle import SearchOracle
from common.search.search import Search
from common.search.space import DIRECTIONS, format_score
from common.search.tuner import TrialTuner, report_progress, run_loop, search_lock, warn_of_end

_WAIT_FOR_CHIEF_SECONDS = 60
_POLL_SECONDS = 0.5


def serve_search(search: Search, address: tuple[str, int], *, lease_seconds: float, fresh: bool = False) -> None:
    """Choose trials for workers until all have ended; this process trains nothing.

    Args:
        address: host name and port to serve.
        lease_seconds: time without a heartbeat after which a worker's trial is given to another worker.
        fresh: delete earlier trials first.

    Raises:
        ResumeError: the folder holds another search, or another command is running it.
        SpecError: the address cannot be served from here.
    """
    make_folder(search.folder.path)
    with search_lock(search.folder):
        # Before `forget`, so that a mistyped address deletes nothing.
        server = _server(address)
        try:
            if fresh:
                search.folder.forget()
            search.folder.claim(search.identity())
            oracle = search.oracle(lease_seconds=lease_seconds)
            report_progress(search, oracle)
            protos.get_service_grpc().add_OracleServicer_to_server(OracleServicer(oracle), server)
            server.start()
            say(f"chief of {search.folder.path} at {address[0]}:{address[1]}: waiting for workers")
            _watch(search, oracle, lease_seconds)
            warn_of_end(search, oracle)
        finally:
            server.stop(grace=1).wait()


def run_worker(search: Search, address: tuple[str, int]) -> None:
    """Run trials of a chief until it has none left.

    Raises:
        ResumeError: the chief's folder is not visible from here, or holds another search.
        RunError: the chief does not answer.
        EncoreError: an error of data, memory or disk.
    """
    _await_chief(address)
    saved = search.folder.identity()
    if saved is None:
        raise ResumeError(
            f"{search.folder.path}: holds no search, though a chief answers at {address[0]}:{address[1]}. Workers need "
            "the chief's --out folder, on a file system that both see, and its --name."
        )
    search.folder.require_same(saved, search.identity())
    name = f"{worker_name()}-{saved['token']}"
    os.environ |= {
        "KERASTUNER_ORACLE_IP": address[0],
        "KERASTUNER_ORACLE_PORT": str(address[1]),
        "KERASTUNER_TUNER_ID": name,
    }
    # A placeholder: the library wraps it in a client of the chief's oracle.
    placeholder = keras_tuner.oracles.RandomSearchOracle(
        objective=keras_tuner.Objective(search.asked.objective, DIRECTIONS[search.asked.objective])
    )
    say(f"{name}: taking trials from {address[0]}:{address[1]}")
    # The number of trials that this worker will get is not known.
    with ProgressDisplay(0, 0, 0, numbered=False) as progress:
        try:
            run_loop(_WorkerTuner(placeholder, search, progress))
        except grpc.RpcError as error:
            raise RunError(
                f"--chief {address[0]}:{address[1]}: no longer answers ({error.code().name}). Finished runs have their "
                "records; start the chief again, then this worker."
            ) from error


def worker_name() -> str:
    """A unique name for this worker; containers may have the same host name and process id.

    The library takes any name that contains `chief` for the chief.
    """
    name = f"worker-{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:4]}"
    return re.sub("chief", "main", name, flags=re.IGNORECASE)


class _WorkerTuner(TrialTuner):
    """Sends heartbeats to the chief while it trains, and waits between requests while there is no trial to run."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._is_idle = False

    def pre_create_trial(self):
        super().pre_create_trial()
        if self._is_idle:
            with waiting():
                time.sleep(1)
        self._is_idle = True

    def on_trial_begin(self, trial):
        self._is_idle = False

    def run_trial(self, trial, *arguments, **more):
        with _heartbeats(self.oracle, trial.trial_id):
            return super().run_trial(trial, *arguments, **more)


@contextmanager
def _heartbeats(oracle, trial_id: str) -> Iterator[None]:
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(HEARTBEAT_SECONDS):
            try:
                oracle.get_trial(trial_id)
            except grpc.RpcError:
                return  # the request at the end of the trial raises the error

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()


def _server(address: tuple[str, int]) -> grpc.Server:
    server = grpc.server(ThreadPoolExecutor(max_workers=1), options=[("grpc.so_reuseport", 0)])
    try:
        bound = server.add_insecure_port(f"{address[0]}:{address[1]}")
    except RuntimeError:
        bound = 0
    if not bound:
        raise SpecError(
            f"--chief {address[0]}:{address[1]}: cannot be served from here. Give a free port at an address of "
            "this machine that the workers can reach."
        )
    return server


def _watch(search: Search, oracle: SearchOracle, lease_seconds: float) -> None:
    """Report trials as they end; return once all have ended and every worker has been notified."""
    state = oracle.files.state
    reported = len(state.ended)
    finished_since = None
    while True:
        for trial_id in list(state.ended)[reported:]:
            reported += 1
            trial = state.trials[trial_id]
            result = "FAILED" if trial.score is None else format_score(trial.score, search.asked.objective)
            say(f"{reported}/{search.asked.trials}: trial {trial_id} by {trial.tuner}: {result}")
        for worker in oracle.take_lost():
            warn(f"{worker} sent no heartbeat for {lease_seconds:g} s: its trial goes to another worker")
        if isinstance(oracle.failure, EncoreError):
            raise oracle.failure
        if oracle.finished and reported == len(oracle.end_order):
            finished_since = finished_since or time.monotonic()
            # A lost worker never asks again, so it cannot be notified.
            if not oracle.tuner_ids or time.monotonic() - finished_since > lease_seconds:
                return
        with waiting():
            time.sleep(_POLL_SECONDS)


def _await_chief(address: tuple[str, int]) -> None:
    channel = grpc.insecure_channel(f"{address[0]}:{address[1]}")
    try:
        with waiting():
            grpc.channel_ready_future(channel).result(timeout=_WAIT_FOR_CHIEF_SECONDS)
    except grpc.FutureTimeoutError as error:
        raise RunError(
            f"--chief {address[0]}:{address[1]}: no chief answered within {_WAIT_FOR_CHIEF_SECONDS} s. Start it first: "
            "the same command with --role chief."
        ) from error
    finally:
        channel.close()
