"""The same calls to Temporal's dev server and to ours: what both answer is written down, and must be the same.

A case is a function that gets a `Client`. Each call it makes becomes a line of its transcript, with what may differ from
run to run (ids, times, tokens) replaced by names; then the transcripts of the two servers are compared.
"""

import difflib
import json
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.command.v1 import Command
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.errordetails import v1 as details
from temporalio.api.failure.v1 import ApplicationFailureInfo, Failure
from temporalio.api.operatorservice.v1 import request_response_pb2 as operator_messages
from temporalio.api.operatorservice.v1.service_pb2_grpc import OperatorServiceStub
from temporalio.api.workflowservice.v1 import request_response_pb2 as workflow_messages
from temporalio.api.workflowservice.v1.service_pb2_grpc import WorkflowServiceStub
from google.rpc import status_pb2

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

# What says something of the server and nothing of the protocol.
IGNORED = {
    "version",
    "task_id",
    "poller_scaling_decision",
    "backlog_count_hint",
    "state_transition_count",
    "history_size_bytes",
    "shard_id",
    "execution_duration",
}

# What the reference says oddly: the queue of a pending activity is of no kind there.
ODD = {"temporal.api.activity.v1.ActivityOptions.task_queue"}

# Lists that the reference makes of a map, and so in any order.
UNORDERED = {"pending_activities", "pending_children"}

# The reference prints some messages into its texts; its library puts one space or two, at random.
PRINTED_QUEUE = re.compile(r'name:"([^"]*)"\s+kind:TASK_QUEUE_KIND_NORMAL')


@dataclass
class Case:
    name: str
    body: Callable[["Client"], None]
    # Whether it is done by servers with low limits.
    limited: bool = False


@dataclass
class Refusal:
    """What a call got instead of an answer."""

    error: grpc.RpcError

    @property
    def code(self) -> grpc.StatusCode:
        return self.error.code()


CASES: list[Case] = []


def case(body: Callable[["Client"], None]) -> Callable[["Client"], None]:
    """Registers a case. Its name is its prefix of workflow ids and its task queue, so cases do not meet."""
    CASES.append(Case(body.__name__, body))
    return body


def limited_case(body: Callable[["Client"], None]) -> None:
    """Registers a case for servers with low limits."""
    CASES.append(Case(body.__name__, body, limited=True))


def cases_of(inputs: dict[str, object], limited: bool = False) -> Callable[[Callable[["Client", object], None]], None]:
    """Registers a case for each of the inputs, named for it."""

    def register(body: Callable[["Client", object], None]) -> None:
        for name, value in inputs.items():
            CASES.append(Case(f"{body.__name__}_{name}", lambda client, value=value: body(client, value), limited))

    return register


def payload(value: object) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(value, separators=(",", ":")).encode())


def payloads(*values: object) -> Payloads:
    return Payloads(payloads=[payload(value) for value in values])


def seconds(value: float) -> Duration:
    return Duration(seconds=int(value), nanos=int(value % 1 * 1_000_000_000))


def failure(message: str, stack_trace: str = "", cause: Failure | None = None, **application: object) -> Failure:
    """A failure as a worker reports it: of an application, unless nothing is said of that."""
    return Failure(
        message=message, stack_trace=stack_trace, cause=cause, application_failure_info=ApplicationFailureInfo(**application)
    )


def command(kind: str, **attributes: object) -> Command:
    """`command("start_timer", timer_id="t", ...)`: the kind is the name of its attributes without their ending."""
    result = Command(command_type=f"COMMAND_TYPE_{_COMMAND_TYPES.get(kind, kind.upper())}")
    target = getattr(result, f"{kind}_command_attributes")
    target.SetInParent()
    target.MergeFrom(type(target)(**attributes))
    return result


_COMMAND_TYPES = {
    "signal_external_workflow_execution": "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION",
    "request_cancel_external_workflow_execution": "REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION",
    "schedule_activity_task": "SCHEDULE_ACTIVITY_TASK",
    "protocol_message": "PROTOCOL_MESSAGE",
}


def done(*values: object) -> Command:
    """The command that completes the workflow."""
    return command("complete_workflow_execution", result=payloads(*values) if values else None)


@dataclass
class Client:
    """One server, as one case sees it."""

    name: str
    channel: grpc.Channel
    namespace: str = "default"
    transcript: list[str] = field(default_factory=list)
    # Fields that a case does not compare, beside those that none does; its reasons are in the case.
    ignored: set[str] = field(default_factory=set)
    # What goes with each call: like SDKs, nothing that the answers depend on.
    metadata: list[tuple[str, str]] = field(default_factory=list)
    _known: dict[str, str] = field(default_factory=dict)
    _silent: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._workflow = WorkflowServiceStub(self.channel)
        self._operator = OperatorServiceStub(self.channel)

    @property
    def queue(self) -> str:
        return self.name

    @property
    def id(self) -> str:
        """The workflow id of a case that needs only one."""
        return self.name

    # Calls ---------------------------------------------------------------------------------------------------------

    def call(self, rpc: str, timeout: float = 70, **fields: object):
        """Calls an RPC of the workflow service; the namespace and the identity are filled in where a field is."""
        return self._call(self._workflow, workflow_messages, rpc, timeout, fields)

    def operator(self, rpc: str, timeout: float = 30, **fields: object):
        return self._call(self._operator, operator_messages, rpc, timeout, fields)

    def _call(self, stub, messages, rpc: str, timeout: float, fields: dict):
        request_type = getattr(messages, f"{rpc}Request")
        names = request_type.DESCRIPTOR.fields_by_name
        if "namespace" in names:
            fields.setdefault("namespace", self.namespace)
        if "identity" in names:
            fields.setdefault("identity", "differential")
        try:
            answer = _insist(getattr(stub, rpc), request_type(**fields), timeout, self.metadata)
        except grpc.RpcError as error:
            self.note(rpc, self._refused(error))
            return Refusal(error)
        if isinstance(answer, workflow_messages.DescribeWorkflowExecutionResponse):
            _forget_last_task(answer)
        if not self._silent:
            self.note(rpc, self.plain(answer))
        return answer

    def start(self, workflow_id: str | None = None, **fields: object):
        fields.setdefault("workflow_type", {"name": "Workflow"})
        fields.setdefault("task_queue", {"name": self.queue})
        fields.setdefault("request_id", f"start {workflow_id or self.id}")
        return self.call("StartWorkflowExecution", workflow_id=workflow_id or self.id, **fields)

    def signal(self, name: str, workflow_id: str | None = None, **fields: object):
        return self.call("SignalWorkflowExecution", workflow_execution=self.of(workflow_id), signal_name=name, **fields)

    def signal_with_start(self, name: str, workflow_id: str | None = None, **fields: object):
        fields.setdefault("workflow_type", {"name": "Workflow"})
        fields.setdefault("task_queue", {"name": self.queue})
        fields.setdefault("request_id", f"signal {name} with start {workflow_id or self.id}")
        workflow_id = workflow_id or self.id
        return self.call("SignalWithStartWorkflowExecution", workflow_id=workflow_id, signal_name=name, **fields)

    def cancel(self, workflow_id: str | None = None, run_id: str = "", **fields: object):
        execution = self.of(workflow_id, run_id)
        return self.call("RequestCancelWorkflowExecution", workflow_execution=execution, **fields)

    def terminate(self, workflow_id: str | None = None, **fields: object):
        return self.call("TerminateWorkflowExecution", workflow_execution=self.of(workflow_id), **fields)

    def describe(self, workflow_id: str | None = None, run_id: str = ""):
        return self.call("DescribeWorkflowExecution", execution=self.of(workflow_id, run_id))

    def history(self, workflow_id: str | None = None, run_id: str = ""):
        return self.call("GetWorkflowExecutionHistory", execution=self.of(workflow_id, run_id))

    def close_event(self, workflow_id: str | None = None, run_id: str = ""):
        """Waits for the run to close, as a client's `result()` does."""
        return self.call(
            "GetWorkflowExecutionHistory",
            execution=self.of(workflow_id, run_id),
            wait_new_event=True,
            history_event_filter_type="HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT",
        )

    def poll(self, **fields: object):
        """Polls for a workflow task. Where none comes, a case should not take a minute to say so."""
        fields.setdefault("task_queue", {"name": self.queue})
        fields.setdefault("timeout", 20)
        return self.call("PollWorkflowTaskQueue", **fields)

    def poll_activity(self, **fields: object):
        fields.setdefault("task_queue", {"name": self.queue})
        fields.setdefault("timeout", 20)
        return self.call("PollActivityTaskQueue", **fields)

    def complete(self, task, *commands: Command, **fields: object):
        """Answers a workflow task."""
        return self.call("RespondWorkflowTaskCompleted", task_token=task.task_token, commands=commands, **fields)

    def step(self, *commands: Command, task_queue: str | None = None, **fields: object):
        """Polls for the next workflow task and answers it."""
        task = self.poll(task_queue={"name": task_queue or self.queue})
        self.complete(task, *commands, **fields)
        return task

    def idle(self, queue: str | None = None, wait: float = 3) -> None:
        """No workflow task comes within that many seconds."""
        with self.quietly():
            task = self.poll(task_queue={"name": queue or self.queue}, timeout=wait)
        nothing = isinstance(task, Refusal) or not task.task_token
        self.note("idle", "no task" if nothing else self.plain(task))

    @contextmanager
    def background(self, call: Callable, *args: object, **fields: object):
        """A call that waits while the case goes on. Its answer is noted when the case leaves the block."""
        with ThreadPoolExecutor(1) as thread:
            shared = {"ignored": self.ignored, "metadata": self.metadata, "_known": self._known}
            aside = Client(self.name, self.channel, self.namespace, **shared)
            running = thread.submit(getattr(aside, call.__name__), *args, **fields)
            time.sleep(0.3)
            yield running
            running.result()
        if not self._silent:
            self.transcript += aside.transcript

    def sleep(self, seconds: float) -> None:
        """For what takes time on the server."""
        time.sleep(seconds)

    def of(self, workflow_id: str | None = None, run_id: str = "") -> dict:
        return {"workflow_id": workflow_id or self.id, "run_id": run_id}

    # The transcript ------------------------------------------------------------------------------------------------

    @contextmanager
    def quietly(self):
        """Calls whose answers are not compared: preparations, and where servers are free to differ."""
        before, self._silent = self._silent, True
        try:
            yield
        finally:
            self._silent = before

    def note(self, what: str, value: object) -> None:
        """Adds a line of its own to the transcript, such as what a case worked out of several answers."""
        if self._silent:
            return
        text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)
        with self._lock:
            self.transcript += f"{what}: {text}".splitlines()

    def plain(self, message) -> object:
        """A message as data, with names for what differs between runs."""
        return {
            it.name: self._field(it, value)
            for it, value in sorted(message.ListFields(), key=lambda pair: pair[0].number)
            if it.name not in IGNORED | self.ignored and it.full_name not in ODD and not _is_no_time(value)
        }

    def _field(self, it: FieldDescriptor, value) -> object:
        if it.message_type and it.message_type.GetOptions().map_entry:
            of = it.message_type.fields_by_name["value"]
            return {self._text(str(key)): self._one(of, value[key]) for key in value}
        if it.is_repeated:
            items = [self._one(it, item) for item in value]
            return sorted(items, key=json.dumps) if it.name in UNORDERED else items
        return self._one(it, value)

    def _one(self, it: FieldDescriptor, value) -> object:
        if it.type == FieldDescriptor.TYPE_BYTES:
            return "<token>" if it.name.endswith("token") else self._text(value.decode("utf-8", "backslashreplace"))
        if it.type == FieldDescriptor.TYPE_ENUM:
            known = it.enum_type.values_by_number.get(value)
            return known.name if known else value
        if it.type == FieldDescriptor.TYPE_STRING:
            return self._text(value)
        if isinstance(value, Timestamp):
            return "<time>"
        if isinstance(value, Duration):
            return f"{value.seconds + round(value.nanos / 1_000_000_000, 2):g}s"
        if it.message_type:
            return self.plain(value)
        return value

    def _text(self, text: str) -> str:
        text = PRINTED_QUEUE.sub(r"\1", text)
        return UUID.sub(lambda found: self._known.setdefault(found[0], f"<id {len(self._known)}>"), text)

    def _refused(self, error: grpc.RpcError) -> object:
        result = {"code": error.code().name, "message": self._text(error.details() or "")}
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                result["details"] = [self._detail(it) for it in status_pb2.Status.FromString(value).details]
        return result

    def _detail(self, packed) -> object:
        name = packed.type_url.rpartition("/")[2]
        kind = getattr(details, name.rpartition(".")[2], None)
        if kind is None:
            return {"type": name}
        return {"type": name, **self.plain(kind.FromString(packed.value))}


def _insist(method, request, timeout: float, metadata: list[tuple[str, str]]):
    """Asks again what a server was not up to, as SDKs do: the dev server's namespaces change one at a time."""
    for _ in range(20):
        try:
            return method(request, timeout=timeout, metadata=metadata)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            time.sleep(0.05)
    return method(request, timeout=timeout, metadata=metadata)


def _forget_last_task(described) -> None:
    """The dev server still has a workflow task for runs that were ended from outside."""
    if described.workflow_execution_info.HasField("close_time"):
        described.ClearField("pending_workflow_task")


def _is_no_time(value: object) -> bool:
    """Go's zero time is of the year 1, and Temporal's server sends it for some times that it does not have."""
    return isinstance(value, Timestamp) and value.seconds <= 0


def differences(name: str, theirs: list[str], ours: list[str]) -> list[str]:
    """What a reader needs to see of two transcripts that should be the same."""
    if theirs == ours:
        return []  # At once, where looking for differences takes as long as if there were some.
    return list(difflib.unified_diff(theirs, ours, f"{name}: Temporal", f"{name}: Mainspring", lineterm="", n=6))
