"""Signals, cancellation, termination, deletion, and histories."""

import time

from harness import Client, Refusal, case, command, done, payload, payloads, seconds

LINK = {"workflow_event": {"namespace": "default", "workflow_id": "another", "run_id": "its run"}}
NO_RUN = "01234567-0123-4567-89ab-0123456789ab"


@case
def signals(c: Client) -> None:
    c.start()
    c.signal("one", input=payloads("in"), header={"fields": {"trace": payload("h")}}, request_id="r1", links=[LINK])
    c.signal("one", request_id="r1")
    c.signal("two")
    c.signal("three", control="a control")
    c.step()
    c.history()
    c.signal("four")
    c.step(done())
    c.history()
    c.describe()
    c.signal("too late")
    c.signal("one", request_id="r1")


@case
def signals_while_a_task_is_started(c: Client) -> None:
    c.start()
    task = c.poll()
    c.signal("one", request_id="r1")
    c.signal("one", request_id="r1")
    c.describe()
    c.history()
    c.complete(task, done())
    c.history()
    c.step(done())
    c.history()


@case
def signals_that_are_refused(c: Client) -> None:
    c.start()
    long = "x" * 1001
    c.call("SignalWorkflowExecution")
    c.call("SignalWorkflowExecution", workflow_execution={})
    c.call("SignalWorkflowExecution", workflow_execution={"workflow_id": "w"})
    c.call("SignalWorkflowExecution", workflow_execution={"workflow_id": "w", "run_id": "bad"}, signal_name="s")
    c.call("SignalWorkflowExecution", workflow_execution={"workflow_id": long}, signal_name="s")
    c.call("SignalWorkflowExecution", workflow_execution={"workflow_id": c.id, "run_id": NO_RUN}, signal_name="s")
    c.signal("")
    c.signal(long)
    c.signal("s", request_id=long)
    c.signal("s", "no such workflow")
    c.signal("s", links=[LINK] * 11)
    c.terminate()
    c.signal("s")


@case
def cancellation(c: Client) -> None:
    first = c.start()
    c.cancel(reason="because", links=[LINK], request_id="r1")
    c.cancel(reason="again", request_id="r2")
    c.cancel(reason="because", request_id="r1")
    c.describe()
    c.step(command("cancel_workflow_execution", details=payloads("details")))
    c.history()
    c.describe()
    c.cancel()
    c.cancel(run_id=first.run_id)
    c.cancel(first_execution_run_id=first.run_id)


@case
def cancellation_while_a_task_is_started(c: Client) -> None:
    c.start()
    task = c.poll()
    c.cancel(reason="because")
    c.cancel(reason="because")
    c.describe()
    c.complete(task, done())
    c.history()


@case
def cancellation_before_the_first_task(c: Client) -> None:
    c.start(workflow_start_delay=seconds(1000))
    c.cancel()
    c.history()
    c.describe()


@case
def cancellations_that_are_refused(c: Client) -> None:
    long = "x" * 1001
    c.call("RequestCancelWorkflowExecution")
    c.call("RequestCancelWorkflowExecution", workflow_execution={})
    c.cancel(long)
    c.cancel(run_id="bad")
    c.cancel("no such workflow")
    c.start()
    c.cancel(run_id=NO_RUN)
    c.cancel(first_execution_run_id=NO_RUN)
    c.cancel(first_execution_run_id="bad")
    c.cancel(request_id=long)
    c.cancel(links=[LINK] * 11)
    c.history()


@case
def termination(c: Client) -> None:
    first = c.start()
    c.terminate(reason="because", details=payloads("details"), links=[LINK])
    c.history()
    c.describe()
    c.terminate()
    c.terminate(first_execution_run_id=first.run_id)


@case
def termination_while_a_task_is_started(c: Client) -> None:
    c.start()
    task = c.poll()
    c.signal("buffered")
    c.terminate(identity="the end")
    c.complete(task, done())
    c.history()
    c.describe()


@case
def terminations_that_are_refused(c: Client) -> None:
    c.call("TerminateWorkflowExecution")
    c.call("TerminateWorkflowExecution", workflow_execution={})
    c.terminate("x" * 1001)
    c.terminate("no such workflow")
    c.call("TerminateWorkflowExecution", workflow_execution=c.of(run_id="bad"))
    c.start()
    c.terminate(first_execution_run_id=NO_RUN)
    c.terminate(first_execution_run_id="bad")
    c.terminate(links=[LINK] * 11)
    c.call("TerminateWorkflowExecution", workflow_execution=c.of(run_id=NO_RUN))


@case
def termination_of_a_chain(c: Client) -> None:
    first = c.start()
    c.step(command("continue_as_new_workflow_execution", workflow_type={"name": "Workflow"}, task_queue={"name": c.queue}))
    c.call("TerminateWorkflowExecution", workflow_execution=c.of(run_id=first.run_id))
    c.cancel(run_id=first.run_id)
    c.cancel(first_execution_run_id=first.run_id)
    c.terminate(first_execution_run_id=first.run_id)
    c.history()
    c.history(run_id=first.run_id)


@case
def deletion(c: Client) -> None:
    delete = lambda **fields: c.call("DeleteWorkflowExecution", workflow_execution=c.of(**fields))
    c.call("DeleteWorkflowExecution")
    c.call("DeleteWorkflowExecution", workflow_execution={})
    delete(run_id="bad")
    delete()
    c.start()
    delete(run_id=NO_RUN)
    c.step(done())
    # The dev server takes more than ten seconds for what ours has done when it answers.
    delete()


@case
def descriptions_that_are_refused(c: Client) -> None:
    c.call("DescribeWorkflowExecution")
    c.call("DescribeWorkflowExecution", execution={})
    c.describe("x" * 1001)
    c.describe("no such workflow")
    c.describe("no such workflow", run_id=NO_RUN)
    c.describe(run_id="bad")
    c.start()
    c.describe(run_id=NO_RUN)


@case
def descriptions_in_all_states(c: Client) -> None:
    c.start(f"{c.id} delayed", workflow_start_delay=seconds(1000), memo={"fields": {"note": payload(1)}})
    c.describe(f"{c.id} delayed")
    c.terminate(f"{c.id} delayed")
    c.start(f"{c.id} failed")
    c.step(command("fail_workflow_execution", failure={"message": "no", "application_failure_info": {}}))
    c.describe(f"{c.id} failed")
    c.start(f"{c.id} timer")
    c.step(command("start_timer", timer_id="t", start_to_fire_timeout=seconds(1000)))
    c.describe(f"{c.id} timer")
    c.signal("wake", f"{c.id} timer")
    c.describe(f"{c.id} timer")
    task = c.poll()
    c.describe(f"{c.id} timer")
    c.call("RespondWorkflowTaskFailed", task_token=task.task_token, cause="WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE")
    c.describe(f"{c.id} timer")
    c.terminate(f"{c.id} timer")


@case
def histories(c: Client) -> None:
    c.start()
    c.step(force_create_new_workflow_task=True)
    c.step(force_create_new_workflow_task=True)
    c.step(done())
    history = lambda **fields: c.call("GetWorkflowExecutionHistory", execution=c.of(), **fields)
    history(maximum_page_size=-1)
    pages(c, history)
    history(history_event_filter_type="HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT")
    history(wait_new_event=True)
    history(wait_new_event=True, history_event_filter_type="HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT")
    history(next_page_token=b"nonsense")
    history(skip_archival=True)


def pages(c: Client, history) -> None:
    """What several pages have, together: the dev server's are of whole batches, however many events that is."""
    events, token = [], b""
    with c.quietly():
        while not events or token:
            page = history(maximum_page_size=3, next_page_token=token)
            events += page.history.events
            token = page.next_page_token
    c.note("pages", [c.plain(event) for event in events])


@case
def histories_in_reverse(c: Client) -> None:
    c.start()
    c.step(force_create_new_workflow_task=True)
    c.step(force_create_new_workflow_task=True)
    c.step(done())
    reverse = lambda **fields: c.call("GetWorkflowExecutionHistoryReverse", execution=c.of(), **fields)
    reverse()
    pages(c, reverse)
    reverse(next_page_token=b"nonsense")
    c.call("GetWorkflowExecutionHistoryReverse")
    c.call("GetWorkflowExecutionHistoryReverse", execution={"workflow_id": "no such workflow"})
    c.call("GetWorkflowExecutionHistoryReverse", execution={"workflow_id": c.id, "run_id": "bad"})
    c.call("GetWorkflowExecutionHistoryReverse", execution={"workflow_id": c.id, "run_id": NO_RUN})


@case
def histories_that_are_refused(c: Client) -> None:
    c.call("GetWorkflowExecutionHistory")
    c.call("GetWorkflowExecutionHistory", execution={})
    c.history("x" * 1001)
    c.history("no such workflow")
    c.history(run_id="bad")
    c.history(run_id=NO_RUN)
    c.close_event("no such workflow")


@case
def history_of_what_runs(c: Client) -> None:
    c.start()
    history = lambda **fields: c.call("GetWorkflowExecutionHistory", execution=c.of(), **fields)
    history(history_event_filter_type="HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT")
    page = history(wait_new_event=True)
    c.note("has a token", bool(page.next_page_token))
    c.step(force_create_new_workflow_task=True)
    page = history(wait_new_event=True, next_page_token=page.next_page_token)
    c.note("has a token", bool(page.next_page_token))
    c.step(done())
    page = history(wait_new_event=True, next_page_token=page.next_page_token)
    c.note("has a token", bool(page.next_page_token))


@case
def history_of_a_chain(c: Client) -> None:
    first = c.start()
    c.step(command("continue_as_new_workflow_execution", workflow_type={"name": "Workflow"}, task_queue={"name": c.queue}))
    c.close_event(run_id=first.run_id)
    c.terminate()
    c.close_event()


@case
def history_while_a_task_is_started(c: Client) -> None:
    c.start()
    c.poll()
    c.history()
    c.describe()
    c.terminate()


@case
def tokens_of_other_histories(c: Client) -> None:
    first = c.start()
    c.step(command("continue_as_new_workflow_execution", workflow_type={"name": "Workflow"}, task_queue={"name": c.queue}))
    with c.quietly():
        page = c.call("GetWorkflowExecutionHistory", execution=c.of(run_id=first.run_id), maximum_page_size=1)
        current = c.describe().workflow_execution_info.execution.run_id
    for run_id in ("", current):
        with c.quietly():
            answer = c.call("GetWorkflowExecutionHistory", execution=c.of(run_id=run_id), next_page_token=page.next_page_token)
        c.note("answer", answer.code.name if isinstance(answer, Refusal) else answer.history.events[-1].event_id)


@case
def deleted_while_it_runs(c: Client) -> None:
    c.start()
    c.call("DeleteWorkflowExecution", workflow_execution=c.of())
    c.call("DeleteWorkflowExecution", workflow_execution=c.of(run_id=NO_RUN))


@case
def namespaces_that_take_nothing_new(c: Client) -> None:
    name = f"{c.name}-namespace"
    with c.quietly():
        c.call("RegisterNamespace", namespace=name, workflow_execution_retention_period={"seconds": 24 * 3600})
        for _ in range(200):
            if getattr(c.start(namespace=name), "run_id", ""):
                break
            time.sleep(0.1)
        c.call("DeprecateNamespace", namespace=name)
        for _ in range(200):
            if not hasattr(c.start(f"{c.id} again", namespace=name), "run_id"):
                break
            c.terminate(f"{c.id} again", namespace=name)
            time.sleep(0.1)
    c.start("new", namespace=name)
    c.signal("still", namespace=name)
    c.call("TerminateWorkflowExecution", namespace=name, workflow_execution=c.of())
    c.call("GetWorkflowExecutionHistory", namespace=name, execution=c.of())


@case
def cancelled_in_other_ways(c: Client) -> None:
    c.start(f"{c.id} completes", retry_policy={"maximum_attempts": 3})
    c.cancel(f"{c.id} completes")
    c.step(done("nevertheless"))
    c.describe(f"{c.id} completes")
    c.start(f"{c.id} cancels unasked")
    c.step(command("cancel_workflow_execution", details=payloads(1)))
    c.history(f"{c.id} cancels unasked")
    c.start(f"{c.id} fails", retry_policy={"maximum_attempts": 3})
    c.cancel(f"{c.id} fails")
    c.step(command("fail_workflow_execution", failure={"message": "cancelled", "canceled_failure_info": {}}))
    c.history(f"{c.id} fails")
    c.start(f"{c.id} terminates", retry_policy={"maximum_attempts": 3})
    c.step(command("fail_workflow_execution", failure={"message": "terminated", "terminated_failure_info": {}}))
    c.history(f"{c.id} terminates")


@case
def cancelled_across_a_chain(c: Client) -> None:
    again = command("continue_as_new_workflow_execution", workflow_type={"name": "Workflow"}, task_queue={"name": c.queue})
    first = c.start()
    c.step(again)
    c.cancel(first_execution_run_id=first.run_id)
    c.step(again)
    c.step(done())
    c.history()


@case
def signals_of_a_chain(c: Client) -> None:
    again = command("continue_as_new_workflow_execution", workflow_type={"name": "Workflow"}, task_queue={"name": c.queue})
    first = c.start()
    c.step(again)
    c.call("SignalWorkflowExecution", workflow_execution=c.of(run_id=first.run_id), signal_name="to the first")
    c.signal("to the chain", request_id="r")
    c.step(again)
    c.signal("to the chain", request_id="r")
    c.history()
    c.terminate()


@case
def failures_of_all_kinds(c: Client) -> None:
    cause = {"message": "the cause", "application_failure_info": {"type": "Inner"}}
    for name, failure in {
        "application": {"message": "m", "source": "s", "stack_trace": "t", "application_failure_info": {"type": "T", "details": payloads(1), "non_retryable": True}, "cause": cause},
        "timeout": {"message": "m", "timeout_failure_info": {"timeout_type": "TIMEOUT_TYPE_HEARTBEAT", "last_heartbeat_details": payloads(1)}},
        "server": {"message": "m", "server_failure_info": {"non_retryable": True}},
        "activity": {"message": "m", "activity_failure_info": {"activity_id": "1", "activity_type": {"name": "A"}, "retry_state": "RETRY_STATE_TIMEOUT"}, "cause": cause},
        "child": {"message": "m", "child_workflow_execution_failure_info": {"workflow_execution": {"workflow_id": "w", "run_id": "r"}}, "cause": cause},
        "nothing": {"message": "m"},
        "encoded": {"encoded_attributes": payload("secret"), "application_failure_info": {}},
    }.items():
        c.start(f"{c.id} {name}", retry_policy={"maximum_attempts": 2, "initial_interval": seconds(1000)})
        c.step(command("fail_workflow_execution", failure=failure))
        c.close_event(f"{c.id} {name}") if name == "application" else c.history(f"{c.id} {name}")
        c.terminate(f"{c.id} {name}")


@case
def results_of_all_kinds(c: Client) -> None:
    for name, result in {"none": [], "null": [None], "two": [1, 2], "text": ["ünïcode ✓"]}.items():
        c.start(f"{c.id} {name}")
        c.step(command("complete_workflow_execution", result=payloads(*result)))
        c.close_event(f"{c.id} {name}")
    c.start(f"{c.id} absent")
    c.step(done())
    c.close_event(f"{c.id} absent")


@case
def ends_that_are_too_large(c: Client) -> None:
    c.start()
    task = c.poll()
    with c.quietly():
        answer = c.complete(task, done("x" * 3_000_000))
        events = c.history().history.events
    c.note("answer", answer.code.name if isinstance(answer, Refusal) else "taken")
    c.note("events", [it.event_type for it in events])
