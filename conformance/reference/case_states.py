"""What can be asked of a workflow, in each of the states that it can be in."""

from harness import Client, case, cases_of, command, done, failure, payload, payloads, seconds

RUN = "11111111-2222-3333-4444-555555555555"


def timer(c: Client):
    return command("start_timer", timer_id="t", start_to_fire_timeout=seconds(100))


def fresh(c: Client) -> None:
    c.start()


def delayed(c: Client) -> None:
    c.start(workflow_start_delay=seconds(100))


def at_work(c: Client) -> None:
    c.start()
    c.poll()


def waiting(c: Client) -> None:
    c.start()
    c.step(timer(c))


def failing(c: Client) -> None:
    c.start()
    for _ in range(3):
        task = c.poll()
        c.call("RespondWorkflowTaskFailed", task_token=task.task_token, failure=failure("no"))


def asked_to_cancel(c: Client) -> None:
    c.start()
    c.step(timer(c))
    c.cancel()


def completed(c: Client) -> None:
    c.start()
    c.step(done("result"))


def failed(c: Client) -> None:
    c.start()
    c.step(command("fail_workflow_execution", failure=failure("no")))


def cancelled(c: Client) -> None:
    c.start()
    c.step(command("cancel_workflow_execution", details=payloads("bye")))


def terminated(c: Client) -> None:
    c.start()
    c.terminate()


def timed_out(c: Client) -> None:
    c.start(workflow_run_timeout=seconds(1))
    c.sleep(2.5)


def continued(c: Client) -> None:
    c.start()
    c.step(command("continue_as_new_workflow_execution"))


def between_attempts(c: Client) -> None:
    c.start(retry_policy={"initial_interval": seconds(100)})
    c.step(command("fail_workflow_execution", failure=failure("no")))


def between_crons(c: Client) -> None:
    c.start(cron_schedule="@every 100s")


def reset(c: Client) -> None:
    c.start()
    c.step(timer(c))
    c.call("ResetWorkflowExecution", workflow_execution=c.of(), workflow_task_finish_event_id=4, request_id="reset")


STATES = (
    fresh,
    delayed,
    at_work,
    waiting,
    failing,
    asked_to_cancel,
    completed,
    failed,
    cancelled,
    terminated,
    timed_out,
    continued,
    between_attempts,
    between_crons,
    reset,
)
OPEN_TOO_LONG = (fresh, delayed, at_work, waiting, asked_to_cancel, continued, between_attempts, between_crons, reset)


def signal(c: Client) -> None:
    c.signal("s", input=payloads(1), request_id="signal")
    c.signal("s", input=payloads(2), request_id="signal")


def cancel(c: Client) -> None:
    c.cancel(request_id="cancel", reason="one")
    c.cancel(request_id="cancel", reason="two")
    c.cancel(request_id="another", reason="three")


def terminate(c: Client) -> None:
    c.terminate(reason="enough", details=payloads("details"))
    c.terminate(reason="again")


def update(c: Client) -> None:
    request = {"meta": {"update_id": "u"}, "input": {"name": "n"}}
    c.call("UpdateWorkflowExecution", workflow_execution=c.of(), request=request, timeout=5)


def query(c: Client) -> None:
    for condition in ("NONE", "NOT_OPEN", "NOT_COMPLETED_CLEANLY"):
        c.call(
            "QueryWorkflow",
            execution=c.of(),
            query={"query_type": "q"},
            query_reject_condition=f"QUERY_REJECT_CONDITION_{condition}",
            timeout=3,
        )


def set_options(c: Client) -> None:
    c.call(
        "UpdateWorkflowExecutionOptions",
        workflow_execution=c.of(),
        workflow_execution_options={"priority": {"priority_key": 2}},
        update_mask={"paths": ["priority"]},
    )


def unstick(c: Client) -> None:
    c.call("ResetStickyTaskQueue", execution=c.of())


def go_back(c: Client) -> None:
    c.call("ResetWorkflowExecution", workflow_execution=c.of(), workflow_task_finish_event_id=3, request_id="back")


def pause(c: Client) -> None:
    c.call("PauseActivity", execution=c.of(), id="1")
    c.call("UnpauseActivity", execution=c.of(), id="1")
    c.call("ResetActivity", execution=c.of(), id="1")
    c.call("UpdateActivityOptions", execution=c.of(), id="1", update_mask={"paths": ["start_to_close_timeout"]}, activity_options={})


ACTIONS = (signal, cancel, terminate, update, query, set_options, unstick, go_back, pause)


def ignore(c: Client, state, action=None) -> None:
    # Who asked for a reset is written there as the server itself, and nowhere when options changed.
    if state is reset or action is go_back:
        c.ignored |= {"identity", "request_id"}
    c.ignored.add("update_time")
    # How far an attempt is slowed down is known there before it begins, and random.
    if state is failing:
        c.ignored.add("start_to_close_timeout")


def shown(c: Client) -> None:
    with c.quietly():
        described = c.describe()
        history = c.history()
    c.note("events", [c.plain(it) for it in history.history.events])
    c.note("described", c.plain(described))


@cases_of({f"{action.__name__}_when_{state.__name__}": (action, state) for action in ACTIONS for state in STATES})
def state(c: Client, it) -> None:
    action, state = it
    # Nobody answers: what is let through takes as long as its caller waits, and that is not compared.
    if action in (update, query) and state in OPEN_TOO_LONG:
        return
    if action is query and state not in (failing, terminated):
        return
    ignore(c, state, action)
    with c.quietly():
        state(c)
    action(c)
    shown(c)


@cases_of({it.__name__: it for it in STATES})
def described_when(c: Client, state) -> None:
    ignore(c, state)
    with c.quietly():
        state(c)
    c.describe()
    c.call("GetWorkflowExecutionHistoryReverse", execution=c.of())
    with c.quietly():
        listed = c.call("ListWorkflowExecutions", query=f"WorkflowId = '{c.id}'")
        for _ in range(20):
            if len(listed.executions) > (state in (continued, between_attempts, reset)):
                break
            c.sleep(0.2)
            listed = c.call("ListWorkflowExecutions", query=f"WorkflowId = '{c.id}'")
    c.note("listed", sorted(it.status for it in listed.executions))
