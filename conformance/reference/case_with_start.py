"""Starts of workflows that may be there already: each policy with each state, of plain starts, signals and updates."""

from case_updates import accept, finish, protocol, reject, request, with_start
from harness import Client, case, cases_of, command, done, failure, payloads, seconds

CONFLICTS = ("UNSPECIFIED", "FAIL", "USE_EXISTING", "TERMINATE_EXISTING")
REUSES = ("UNSPECIFIED", "ALLOW_DUPLICATE", "ALLOW_DUPLICATE_FAILED_ONLY", "REJECT_DUPLICATE", "TERMINATE_IF_RUNNING")


def nothing(c: Client) -> None:
    """No such workflow."""


def running(c: Client) -> None:
    c.start(request_id="first")


def at_work(c: Client) -> None:
    c.start(request_id="first")
    c.poll()


def completed(c: Client) -> None:
    c.start(request_id="first")
    c.step(done())


def failed(c: Client) -> None:
    c.start(request_id="first")
    c.step(command("fail_workflow_execution", failure=failure("no")))


def terminated(c: Client) -> None:
    c.start(request_id="first")
    c.terminate()


def cancelled(c: Client) -> None:
    c.start(request_id="first")
    c.step(command("cancel_workflow_execution"))


STATES = (nothing, running, at_work, completed, failed, terminated, cancelled)
TABLE = {
    f"{state.__name__}_{conflict}_{reuse}": (
        state,
        {
            "workflow_id_conflict_policy": f"WORKFLOW_ID_CONFLICT_POLICY_{conflict}",
            "workflow_id_reuse_policy": f"WORKFLOW_ID_REUSE_POLICY_{reuse}",
        },
    )
    for state in STATES
    for conflict in CONFLICTS
    for reuse in REUSES
}


def in_state(c: Client, state) -> None:
    with c.quietly():
        state(c)


def left(c: Client) -> None:
    with c.quietly():
        described = c.describe()
        events = c.history().history.events
    c.note("status", described.workflow_execution_info.status)
    c.note("events", [it.event_type for it in events])
    c.note("requests", len(described.workflow_extended_info.request_id_infos))


@case
def policies_of_starts(c: Client) -> None:
    """Many in one case: each is quick."""
    for name, (state, policies) in TABLE.items():
        one = Client(f"{c.name} {name}", c.channel)
        in_state(one, state)
        one.start(request_id="second", **policies)
        with one.quietly():
            one.terminate()
        c.transcript += [name, *one.transcript]


@case
def policies_of_signals(c: Client) -> None:
    for name, (state, policies) in TABLE.items():
        one = Client(f"{c.name} {name}", c.channel)
        in_state(one, state)
        one.signal_with_start("s", request_id="second", **policies)
        with one.quietly():
            one.terminate()
        c.transcript += [name, *one.transcript]


@case
def policies_of_updates_of_what_is_open(c: Client) -> None:
    """What is let through would wait for a worker, so only what is refused is here."""
    for name, (state, policies) in TABLE.items():
        if not name.startswith(("running_FAIL", "running_UNSPECIFIED", "at_work_FAIL")) or name.endswith("D_TERMINATE_IF_RUNNING"):
            continue
        one = Client(f"{c.name} {name}", c.channel)
        in_state(one, state)
        one.call("ExecuteMultiOperation", **with_start(one, None, request_id="second", **policies), timeout=5)
        c.transcript += [name, *one.transcript]


@case
def policies_of_updates_of_what_ended(c: Client) -> None:
    """What is let through would wait for a worker, so only what is refused is here."""
    for name, (state, policies) in TABLE.items():
        if state in (nothing, running, at_work) or "UNSPECIFIED" in name:
            continue
        if "REJECT" not in name and not ("FAILED_ONLY" in name and state is completed):
            continue
        one = Client(f"{c.name} {name}", c.channel)
        in_state(one, state)
        one.call("ExecuteMultiOperation", **with_start(one, None, request_id="second", **policies), timeout=5)
        c.transcript += [name, *one.transcript]


def taken(c: Client) -> None:
    """A worker takes the update, on the next task that has one."""
    for _ in range(3):
        with c.quietly():
            task = c.poll()
            if not task.messages:
                c.complete(task)
                continue
            accepted, completed = accept(task.messages[0]), finish(task.messages[0], success=payloads(1))
            c.complete(task, *protocol(accepted, completed), messages=[accepted, completed])
            return


@cases_of({state.__name__: state for state in (completed, failed, terminated, cancelled)})
def update_with_start_again(c: Client, state) -> None:
    in_state(c, state)
    with c.background(c.call, "ExecuteMultiOperation", **with_start(c, request_id="second")):
        taken(c)
    left(c)


@cases_of({state.__name__: state for state in (running, at_work)})
def update_with_start_in_place_of(c: Client, state) -> None:
    in_state(c, state)
    policy = "WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING"
    with c.background(
        c.call, "ExecuteMultiOperation", **with_start(c, request_id="second", workflow_id_conflict_policy=policy)
    ):
        taken(c)
    left(c)


INSIDE = {
    "long_type": ({"workflow_type": {"name": "x" * 1001}}, {}),
    "no_queue": ({"task_queue": {}}, {}),
    "reserved_queue": ({"task_queue": {"name": "/_sys/q"}}, {}),
    "negative_timeout": ({"workflow_run_timeout": seconds(-1)}, {}),
    "bad_retry": ({"retry_policy": {"backoff_coefficient": 0.5}}, {}),
    "bad_attribute": ({"search_attributes": {"indexed_fields": {"NoSuch": payloads(1).payloads[0]}}}, {}),
    "contradiction": ({"workflow_id_reuse_policy": "WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING"}, {}),
    "callbacks": ({"links": [{}]}, {}),
    "long_request_id": ({"request_id": "x" * 1001}, {}),
    "other_namespace": ({}, {"namespace": "another"}),
    "namespace_of_start": ({"namespace": "another"}, {}),
    "no_execution": ({}, {"workflow_execution": None}),
    "no_name": ({}, {"request": {"meta": {"update_id": "u"}, "input": {}}}),
    "no_input": ({}, {"request": {"meta": {"update_id": "u"}}}),
    "no_meta": ({}, {"request": {"input": {"name": "n"}}}),
    "long_update_id": ({}, {"request": {"meta": {"update_id": "x" * 1001}, "input": {"name": "n"}}}),
    "admitted": ({}, {"wait_policy": {"lifecycle_stage": "UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ADMITTED"}}),
    "no_policy": ({}, {"wait_policy": {}, "request": {"meta": {}, "input": {}}}),
    "empty_execution": ({}, {"workflow_execution": {}}),
}


@cases_of(INSIDE)
def update_with_start_and(c: Client, fields) -> None:
    start, update = fields
    c.call("ExecuteMultiOperation", **with_start(c, update, **start), timeout=3)
    c.describe()


@case
def operations_of_other_namespaces(c: Client) -> None:
    operations = with_start(c)
    c.call("ExecuteMultiOperation", **operations, namespace="no-such-namespace", timeout=3)
    c.call("ExecuteMultiOperation", **operations, namespace="", timeout=3)


# What the reference leaves out of the answer of a start that found its workflow, though not of a plain start's.
LEFT_OUT = {"first_execution_run_id"}
LINK = {"workflow_event": {"namespace": "default", "workflow_id": "caller", "run_id": "run"}}
ATTACHED = {
    "nothing": {},
    "id": {"attach_request_id": True},
    "links": {"attach_links": True},
    "id_and_links": {"attach_request_id": True, "attach_links": True},
    "all": {"attach_request_id": True, "attach_links": True, "attach_completion_callbacks": True},
}


def idle(c: Client) -> None:
    c.start(request_id="first")
    c.step()


def attaching(c: Client, options: dict, request_id: str = "second", update_id: str = "u", **fields: object) -> dict:
    """An update with a start that has something for the run it finds."""
    c.ignored |= LEFT_OUT
    start = {"request_id": request_id, "on_conflict_options": options, "links": [LINK], **fields}
    return with_start(c, {"request": request(update_id)}, **start)


@cases_of(
    {
        **{f"{name}_to_running": (running, options) for name, options in ATTACHED.items()},
        **{f"all_to_{state.__name__}": (state, ATTACHED["all"]) for state in (nothing, idle, completed)},
    }
)
def update_with_start_attaches(c: Client, what) -> None:
    """No run is told of it, though a plain start would tell it."""
    state, options = what
    in_state(c, state)
    with c.background(c.call, "ExecuteMultiOperation", **attaching(c, options), timeout=4):
        taken(c)
    c.history()
    c.describe()


@case
def update_with_start_attaches_callbacks_without_id(c: Client) -> None:
    options = {"attach_completion_callbacks": True}
    c.call("ExecuteMultiOperation", **attaching(c, options), timeout=3)
    c.describe()


@case
def update_with_start_attaches_while_a_task_is_started(c: Client) -> None:
    with c.quietly():
        c.start(request_id="first")
        task = c.poll()
    with c.background(c.call, "ExecuteMultiOperation", **attaching(c, ATTACHED["all"]), timeout=5):
        c.describe()
        with c.quietly():
            c.complete(task)
        taken(c)
    c.history()
    c.describe()


@case
def update_with_start_attaches_once(c: Client) -> None:
    """The second time its update is known, and the third time, of another start, too."""
    in_state(c, running)
    c.ignored.add("link")  # The reference has none for an update that is known, though for a plain update that is.
    with c.background(c.call, "ExecuteMultiOperation", **attaching(c, ATTACHED["all"]), timeout=4):
        taken(c)
    c.call("ExecuteMultiOperation", **attaching(c, ATTACHED["all"]), timeout=4)
    c.call("ExecuteMultiOperation", **attaching(c, ATTACHED["all"], request_id="third"), timeout=4)
    with c.background(c.call, "ExecuteMultiOperation", **attaching(c, ATTACHED["all"], update_id="v"), timeout=4):
        taken(c)
    using = {"workflow_id_conflict_policy": "WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING"}
    c.start(request_id="second", on_conflict_options=ATTACHED["id"], **using)
    c.history()
    c.describe()


@case
def update_with_start_attaches_and_is_rejected(c: Client) -> None:
    in_state(c, idle)
    with c.background(c.call, "ExecuteMultiOperation", **attaching(c, ATTACHED["all"]), timeout=4):
        with c.quietly():
            task = c.poll()
            c.complete(task, messages=[reject(task.messages[0])])
    c.history()
    c.describe()
