"""Numbers that no enum has, as newer clients may send them."""

from case_updates import request
from harness import Client, Refusal, case, cases_of, command, done, seconds
from temporalio.api.command.v1 import Command

NEW = 99


@cases_of(
    {
        "filter": ("GetWorkflowExecutionHistory", {"history_event_filter_type": NEW}),
        "reapply": ("ResetWorkflowExecution", {"reset_reapply_type": NEW, "workflow_task_finish_event_id": 4}),
        "exclude": (
            "ResetWorkflowExecution",
            {"reset_reapply_exclude_types": [NEW], "workflow_task_finish_event_id": 4, "request_id": "r"},
        ),
        "stage": ("UpdateWorkflowExecution", {"request": request(), "wait_policy": {"lifecycle_stage": NEW}}),
    }
)
def unknown_of_a_run(c: Client, what) -> None:
    rpc, fields = what
    with c.quietly():
        c.start()
        c.step(done())
    of = "workflow_execution" if rpc in ("ResetWorkflowExecution", "UpdateWorkflowExecution") else "execution"
    c.ignored |= {"identity", "request_id"}
    c.call(rpc, **{of: c.of()}, **fields, timeout=5)


def _of_type(number: int, like: Command | None) -> Command:
    result = Command()
    if like is not None:
        result.CopyFrom(like)
    result.command_type = number
    return result


@cases_of(
    {
        "command": lambda: _of_type(NEW, done()),
        "policy": lambda: command(
            "start_child_workflow_execution", workflow_id="unknown child", workflow_type={"name": "C"}, parent_close_policy=NEW
        ),
        "reuse": lambda: command(
            "start_child_workflow_execution", workflow_id="unknown reuse", workflow_type={"name": "C"}, workflow_id_reuse_policy=NEW
        ),
        "initiator": lambda: command("continue_as_new_workflow_execution", initiator=NEW),
        "mismatch": lambda: _of_type(3, done()),
        "nothing": lambda: _of_type(1, None),
        "no_type": lambda: _of_type(0, done()),
        "no_type_and_nothing": lambda: _of_type(0, None),
        "new_and_nothing": lambda: _of_type(NEW, None),
        "end_as_timer": lambda: (_of_type(3, done()), done()),
        "timer_as_end": lambda: (_of_type(5, command("start_timer", timer_id="t", start_to_fire_timeout=seconds(9))), done()),
        "unknown_then_bad": lambda: (_of_type(NEW, done()), command("start_timer")),
        "bad_then_unknown": lambda: (command("start_timer"), _of_type(NEW, done())),
        "unknown_then_done": lambda: (_of_type(NEW, None), done()),
        "done_then_unknown": lambda: (done(), _of_type(NEW, None)),
        "done_then_no_type": lambda: (done(), _of_type(0, done())),
    }
)
def unknown_of_a_command(c: Client, made) -> None:
    c.start()
    task = c.poll()
    commands = made()
    c.complete(task, *(commands if isinstance(commands, tuple) else (commands,)))
    # Whether a child has started by then is a matter of time.
    with c.quietly():
        events = c.history().history.events
    c.note("history", [c.plain(it) for it in events[:5]])


@case
def unknown_cause_of_a_failed_task(c: Client) -> None:
    c.start()
    for _ in range(2):
        task = c.poll()
        c.call("RespondWorkflowTaskFailed", task_token=task.task_token, cause=NEW)
    c.history()


@case
def unknown_type_of_an_attribute(c: Client) -> None:
    answer = c.operator("AddSearchAttributes", namespace="default", search_attributes={"Unknown": NEW})
    c.note("refused", isinstance(answer, Refusal))
