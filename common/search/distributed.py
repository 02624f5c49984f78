"""One search, many machines: keras-tuner's chief chooses the trials, its workers run them.

The chief serves keras-tuner's own protocol, and workers use its own client. Added is what the library leaves out: a
chief that notices a worker's silence and gives its trial to another, and that ends although a worker was lost.
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
from common.runs.progress import ProgressDisplay
from common.search.oracle import SearchOracle
from common.search.search import Search
from common.search.space import DIRECTIONS, format_score
from common.search.tuner import TrialTuner, report_progress, run_loop, search_lock, warn_of_end

# A worker asks for its trial so often while it runs it; that is how the chief hears of it.
HEARTBEAT_SECONDS = 5
# Silence of a worker after which its trial is given to another.
LEASE_SECONDS = 60
_WAIT_FOR_CHIEF_SECONDS = 60
_LOOK_SECONDS = 0.5
_ADDRESS = re.compile(r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]):(?P<port>\d{1,5})")


def parse_address(text: str) -> tuple[str, int]:
    """`HOST:PORT` into both.

    Raises:
        SpecError: it is no such thing.
    """
    found = _ADDRESS.fullmatch(text)
    if not found or not 0 < int(found["port"]) < 65536:
        raise SpecError(f"--chief {text}: expected HOST:PORT, e.g. node7:9000.")
    return found["host"], int(found["port"])


def serve_search(search: Search, address: tuple[str, int], *, lease_seconds: float, fresh: bool = False) -> None:
    """Choose trials for workers until all have ended; train nothing.

    Args:
        fresh: forget the trials so far.

    Raises:
        ResumeError: the folder holds another search, or another command is at it.
        SpecError: the address cannot be served from here.
    """
    make_folder(search.folder.path)
    with search_lock(search.folder):
        # First of all: a mistyped address shall forget nothing.
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
    """Run the trials that a chief gives out, until it has none left.

    Raises:
        ResumeError: the chief's folder is not seen from here, or its search is another one.
        RunError: the chief does not answer.
        EncoreError: data, memory or disk failed.
    """
    _await_chief(address)
    saved = search.folder.identity()
    if saved is None:
        raise ResumeError(
            f"{search.folder.path}: holds no search, though a chief answers at {address[0]}:{address[1]}. Workers need "
            "the chief's --out folder, on a file system that both see, and its --name."
        )
    search.folder.require_same(saved, search.identity())
    me = f"{worker_name()}-{saved['token']}"
    os.environ |= {
        "KERASTUNER_ORACLE_IP": address[0],
        "KERASTUNER_ORACLE_PORT": str(address[1]),
        "KERASTUNER_TUNER_ID": me,
    }
    # Stands for the chief's, which the library wraps around it.
    here = keras_tuner.oracles.RandomSearchOracle(
        objective=keras_tuner.Objective(search.asked.objective, DIRECTIONS[search.asked.objective])
    )
    say(f"{me}: taking trials from {address[0]}:{address[1]}")
    # How many trials come this way is not known.
    with ProgressDisplay(0, 0, 0) as board:
        try:
            run_loop(_WorkerTuner(here, search, board))
        except grpc.RpcError as error:
            raise RunError(
                f"--chief {address[0]}:{address[1]}: no longer answers ({error.code().name}). Finished runs have their "
                "records; start the chief again, then this worker."
            ) from error


def worker_name() -> str:
    """Names this process among the workers; containers may share host name and number of the process.

    The library takes any name with `chief` in it for the chief's.
    """
    name = f"worker-{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:4]}"
    return re.sub("chief", "main", name, flags=re.IGNORECASE)


class _WorkerTuner(TrialTuner):
    """Lets the chief hear of it while it trains, and asks again slowly where there is nothing to do yet."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._was_told_to_wait = False

    def pre_create_trial(self):
        super().pre_create_trial()
        if self._was_told_to_wait:
            time.sleep(1)
        self._was_told_to_wait = True

    def on_trial_begin(self, trial):
        self._was_told_to_wait = False

    def run_trial(self, trial, *arguments, **more):
        with _heard_of(self.oracle, trial.trial_id):
            return super().run_trial(trial, *arguments, **more)


@contextmanager
def _heard_of(oracle, trial_id: str) -> Iterator[None]:
    over = threading.Event()

    def beat() -> None:
        while not over.wait(HEARTBEAT_SECONDS):
            try:
                oracle.get_trial(trial_id)
            except grpc.RpcError:
                return  # the end of the trial will tell

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()


def _server(address: tuple[str, int]) -> grpc.Server:
    server = grpc.server(ThreadPoolExecutor(max_workers=1), options=[("grpc.so_reuseport", 0)])
    try:
        bound = server.add_insecure_port(f"{address[0]}:{address[1]}")
    except RuntimeError:
        bound = 0
    if not bound:
        raise SpecError(
            f"--chief {address[0]}:{address[1]}: cannot be served from here. It must be a free port at an address of "
            "this machine that the workers reach."
        )
    return server


def _watch(search: Search, oracle: SearchOracle, lease_seconds: float) -> None:
    """Tell of trials as they end; return once all have and every worker has been told."""
    known = oracle.files.state
    told = len(known.ended)
    over_since = None
    while True:
        for trial_id in known.ended[told:]:
            told += 1
            state = known.trials[trial_id]
            result = "FAILED" if state.score is None else format_score(state.score, search.asked.objective)
            say(f"[{told}/{search.asked.trials}] trial {trial_id} by {state.tuner}: {result}")
        for worker in oracle.take_lost():
            warn(f"{worker} was not heard of for {lease_seconds:g} s: its trial goes to another worker")
        if isinstance(oracle.failure, EncoreError):
            raise oracle.failure
        if oracle.finished and told == len(oracle.end_order):
            over_since = over_since or time.monotonic()
            # A lost worker will never ask again, and so never be told.
            if not oracle.tuner_ids or time.monotonic() - over_since > lease_seconds:
                return
        time.sleep(_LOOK_SECONDS)


def _await_chief(address: tuple[str, int]) -> None:
    channel = grpc.insecure_channel(f"{address[0]}:{address[1]}")
    try:
        grpc.channel_ready_future(channel).result(timeout=_WAIT_FOR_CHIEF_SECONDS)
    except grpc.FutureTimeoutError as error:
        raise RunError(
            f"--chief {address[0]}:{address[1]}: no chief answered within {_WAIT_FOR_CHIEF_SECONDS} s. Start it first: "
            "the same command with --role chief."
        ) from error
    finally:
        channel.close()
