"""Compares two servers by every case of this folder.

`python conformance/reference [--temporal PATH] [--cases PATTERN]`, with $MAINSPRING the path of our binary. Temporal's
dev server is the one of the `temporal` command that requirements.txt installs beside this interpreter.
"""

import argparse
import importlib
import os
import re
import socket
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from harness import CASES, Case, Client, differences

FOLDER = Path(__file__).parent
# The line of a transcript where a case could not go on. Also where both servers stopped it: it compares nothing after it.
BROKEN = "The case ends here:"
# What the dev server throttles to protect itself would only make both servers' transcripts depend on time, and some of
# its limits do not exist in ours.
LIFTED = [
    "frontend.rps=100000",
    "frontend.namespaceRPS=100000",
    "frontend.namespaceRPS.visibility=100000",
    "history.rps=100000",
    "matching.rps=100000",
    "matching.numTaskqueueReadPartitions=1",
    "matching.numTaskqueueWritePartitions=1",
    "history.maxBufferedQueryCount=1000",
    'history.workflowIdReuseMinimalInterval="0s"',
]
# For cases of what there is too much of, which would take long with the limits that both servers have.
LOW = [
    "history.maximumSignalsPerExecution=3",
    "history.maxTotalUpdates=5",
    "history.maxInFlightUpdates=2",
    "limit.historyCount.suggestContinueAsNew=12",
    "limit.historyCount.error=40",
    "limit.historySize.suggestContinueAsNew=20000",
    "limit.historySize.error=60000",
    "limit.mutableStateSize.error=30000",
    "system.transactionSizeLimit=100000",
    "limit.numPendingActivities.error=1",
    "limit.numPendingChildExecutions.error=1",
    "limit.numPendingSignals.error=1",
    "limit.numPendingCancelRequests.error=1",
]


class Server:
    def __init__(self, binary: str, settings: list[str]) -> None:
        port = free_port()
        command = [binary, "server", "start-dev", "--ip", "127.0.0.1", "--port", str(port), "--headless"]
        for setting in settings:
            command += ["--dynamic-config-value", setting]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        grpc.channel_ready_future(self.channel).result(timeout=30)
        self._await_namespace()

    def _await_namespace(self) -> None:
        """The dev server accepts calls before it knows its own namespace."""
        client = Client("ready", self.channel)
        with client.quietly():
            for _ in range(100):
                if getattr(client.start("ready"), "run_id", ""):
                    client.terminate("ready")
                    return
                time.sleep(0.1)
        raise SystemExit("the server has no namespace `default`")

    def transcript(self, case: Case, name: str) -> list[str]:
        client = Client(name, self.channel)
        try:
            case.body(client)
        except Exception:
            client.transcript += [BROKEN, *traceback.format_exc().splitlines()[-3:]]
        return client.transcript

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)


def compare(case: Case, name: str, servers: tuple[Server, Server], show: bool) -> bool:
    """Has both servers do a case, prints what differs, and returns whether anything does."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        theirs, ours = pool.map(lambda server: server.transcript(case, name), servers)
    diff = differences(name, theirs, ours)
    if not diff and BROKEN in theirs:
        diff = [f"both servers: {name}", *theirs[theirs.index(BROKEN) :]]
    shown = diff or [f"same: {name}"]
    print("\n".join(shown + theirs if show else shown), flush=True)
    return bool(diff)


def differing(cases: list[Case], servers: tuple[Server, Server], show: bool) -> list[str]:
    """The names of the cases that the servers do not do alike. They are stopped then."""
    try:
        with ThreadPoolExecutor(max_workers=32) as pool:
            compared = list(pool.map(lambda it: compare(it, it.name, servers, show), cases))
        # Where both servers have to be as fast as each other a case may differ because the machine is busy. By itself it
        # is not, and what differs differs again.
        again = [it for it, differs in zip(cases, compared) if differs]
        return [it.name for it in again if compare(it, f"{it.name}_again", servers, show)]
    finally:
        for server in servers:
            server.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main() -> int:
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--temporal", default=str(Path(sys.executable).parent / "temporal"))
    args.add_argument("--cases", default="", help="a regular expression: only cases whose names it finds")
    args.add_argument("--show", action="store_true", help="print what the reference answers, too")
    options = args.parse_args()

    for module in sorted(FOLDER.glob("case_*.py")):
        importlib.import_module(module.stem)
    chosen = [case for case in CASES if re.search(options.cases, case.name)]
    failed = []
    for limited, settings in ((False, LIFTED), (True, LIFTED + LOW)):
        cases = [case for case in chosen if case.limited == limited]
        if cases:
            servers = Server(options.temporal, settings), Server(os.environ["MAINSPRING"], settings)
            failed += differing(cases, servers, options.show)
    print(f"{len(chosen)} cases, {len(failed)} differ", *failed)
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
