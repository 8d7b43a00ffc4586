"""What is too large, and what there is too much of."""

from harness import Client, Refusal, case, cases_of, command, failure, payload, payloads, seconds

LARGE = "x" * 3_000_000


def refused(c: Client, what: str, answer) -> None:
    """Compares the code and the first sentence: ours goes on to say how large it is, and how large it may be."""
    if not isinstance(answer, Refusal):
        c.note(what, "accepted")
        return
    c.note(what, [answer.code.name, answer.error.details().partition(".")[0]])


@case
def large_starts(c: Client) -> None:
    with c.quietly():
        answers = {
            "input": c.start(input=payloads(LARGE)),
            "memo": c.start(memo={"fields": {"note": payload(LARGE)}}),
            "attribute": c.start(search_attributes={"indexed_fields": {"BatcherUser": payload("x" * 3000)}}),
            "signal input": c.signal_with_start("s", signal_input=payloads(LARGE)),
            "start input": c.signal_with_start("s", input=payloads(LARGE)),
            "start memo": c.signal_with_start("s", memo={"fields": {"note": payload(LARGE)}}),
            "changes": c.start(
                search_attributes={"indexed_fields": {"TemporalChangeVersion": payload(["x" * 500] * 5)}}
            ),
        }
    for what, answer in answers.items():
        refused(c, what, answer)


@case
def large_signals_and_ends(c: Client) -> None:
    c.start()
    with c.quietly():
        answers = {
            "signal": c.signal("s", input=payloads(LARGE)),
            "termination": c.terminate(details=payloads("x" * 1000), reason="r" * 2000),
        }
    for what, answer in answers.items():
        refused(c, what, answer)


@case
def attributes_that_grow_too_large(c: Client) -> None:
    c.start()
    upsert = lambda name, value: command(
        "upsert_workflow_search_attributes", search_attributes={"indexed_fields": {name: payload(value)}}
    )
    task = c.poll()
    with c.quietly():
        answer = c.complete(task, upsert("BatcherUser", "x" * 3000))
        history = c.history()
    refused(c, "upsert", answer)
    c.note("events", [it.event_type for it in history.history.events])


@case
def memo_that_grows_too_large(c: Client) -> None:
    c.start(memo={"fields": {"note": payload("x" * 1_500_000)}})
    task = c.poll()
    with c.quietly():
        upsert = command("modify_workflow_properties", upserted_memo={"fields": {"more": payload("x" * 1_500_000)}})
        answer = c.complete(task, upsert)
        history = c.history()
    refused(c, "upsert", answer)
    c.note("events", [it.event_type for it in history.history.events])
    if history.history.events[-1].HasField("workflow_task_failed_event_attributes"):
        c.note("cause", history.history.events[-1].workflow_task_failed_event_attributes.cause)


@case
def empty_upserts(c: Client) -> None:
    c.start()
    task = c.poll()
    c.complete(task, command("upsert_workflow_search_attributes"))
    task = c.poll()
    c.complete(
        task,
        command(
            "upsert_workflow_search_attributes", search_attributes={"indexed_fields": {"NoSuchAttribute": payload(1)}}
        ),
    )
    task = c.poll()
    c.complete(task, command("modify_workflow_properties"))
    c.history()
    c.terminate()


@case
def messages_that_are_too_large(c: Client) -> None:
    c.start()
    huge = "x" * 5_000_000
    with c.quietly():
        answers = {
            "signal": c.signal("s", input=payloads(huge)),
            "start": c.start(f"{c.id} again", input=payloads(huge)),
        }
    for what, answer in answers.items():
        c.note(what, [answer.code.name, answer.error.details().partition("(")[0]])


@case
def headers_and_metadata(c: Client) -> None:
    big = {"fields": {"trace": payload("x" * 1_000_000)}}
    c.start()
    with c.quietly():
        c.signal("s", header=big)
        started = c.start(f"{c.id} header", header=big)
        events = c.history().history.events
    c.note("started", hasattr(started, "run_id"))
    c.note("events", [it.event_type for it in events])
    c.terminate()
    c.terminate(f"{c.id} header")


@case
def memo_of_a_continued_run_that_is_too_large(c: Client) -> None:
    c.start()
    task = c.poll()
    again = command(
        "continue_as_new_workflow_execution",
        workflow_type={"name": "Workflow"},
        task_queue={"name": c.queue},
        memo={"fields": {"note": payload("x" * 3_000_000)}},
    )
    with c.quietly():
        answer = c.complete(task, again)
        events = c.history().history.events
    c.note("answer", answer.code.name if isinstance(answer, Refusal) else "taken")
    c.note("events", [it.event_type for it in events])


def with_number(kind: str, c: Client, number: int):
    """A command that leaves something pending. What it is for does not exist, or is never done."""
    if kind == "activity":
        fields = {"task_queue": {"name": c.queue}, "start_to_close_timeout": seconds(100)}
        return command("schedule_activity_task", activity_id=str(number), activity_type={"name": "Greet"}, **fields)
    if kind == "child":
        fields = {"workflow_type": {"name": "Child"}, "task_queue": {"name": f"{c.queue} child"}}
        return command("start_child_workflow_execution", workflow_id=f"{c.id} {number}", **fields)
    if kind == "signal":
        execution = {"workflow_id": f"{c.id} nobody"}
        return command("signal_external_workflow_execution", namespace="default", execution=execution, signal_name="s")
    return command("request_cancel_external_workflow_execution", namespace="default", workflow_id=f"{c.id} nobody")


@cases_of({it: it for it in ("activity", "child", "signal", "cancel")})
def more_than_may_be_pending(c: Client, kind) -> None:
    with c.quietly():
        c.start()
        task = c.poll()
    c.complete(task, *(with_number(kind, c, number) for number in range(2001)))
    with c.quietly():
        events = c.history().history.events
        c.terminate()
    c.note("events", [it.event_type for it in events])
    c.note("failed", [c.plain(it.workflow_task_failed_event_attributes) for it in events if it.event_type == 9])


@case
def large_commands(c: Client) -> None:
    large = payloads("x" * 2_200_000)
    target = {"workflow_id": "w"}
    child = {"workflow_id": "w", "workflow_type": {"name": "C"}}
    fail = command("fail_workflow_execution", failure=failure("x" * 2_200_000))
    commands = {
        "activity": command(
            "schedule_activity_task",
            activity_id="1",
            activity_type={"name": "A"},
            task_queue={"name": c.queue},
            start_to_close_timeout=seconds(10),
            input=large,
        ),
        "child": command("start_child_workflow_execution", **child, input=large),
        "child memo": command("start_child_workflow_execution", **child, memo={"fields": {"m": large.payloads[0]}}),
        "signal": command("signal_external_workflow_execution", execution=target, signal_name="s", input=large),
        "marker": command("record_marker", marker_name="m", details={"d": large}),
        "again": command("continue_as_new_workflow_execution", input=large),
        "failure": fail,
        "memo": command("modify_workflow_properties", upserted_memo={"fields": {"m": large.payloads[0]}}),
        "attribute": command(
            "upsert_workflow_search_attributes", search_attributes={"indexed_fields": {"BatcherUser": large.payloads[0]}}
        ),
    }
    for what, it in commands.items():
        workflow_id = f"{c.id} {what}"
        with c.quietly():
            c.start(workflow_id)
            answer = c.complete(c.poll(), it)
            events = c.history(workflow_id).history.events
            c.terminate(workflow_id)
        refused(c, what, answer)
        c.note("events", [it.event_type for it in events])
        last = events[-1]
        if last.HasField("workflow_execution_terminated_event_attributes"):
            c.note("reason", c.plain(last.workflow_execution_terminated_event_attributes).get("reason"))


@case
def large_queries(c: Client) -> None:
    with c.quietly():
        c.start()
        c.step(command("start_timer", timer_id="t", start_to_fire_timeout=seconds(100)))
        query = {"query_type": "q", "query_args": payloads("x" * 2_200_000)}
        answer = c.call("QueryWorkflow", execution=c.of(), query=query, timeout=5)
        c.terminate()
    refused(c, "query", answer)


@case
def updates_that_are_large_together(c: Client) -> None:
    with c.quietly():
        c.start()
        c.step(command("start_timer", timer_id="t", start_to_fire_timeout=seconds(100)))
    for number in range(6):
        update = {"meta": {"update_id": str(number)}, "input": {"name": "n", "args": payloads("x" * 3_900_000)}}
        with c.quietly():
            answer = c.call("UpdateWorkflowExecution", workflow_execution=c.of(), request=update, timeout=2)
        # What is let through waits for a worker.
        if number == 5:
            c.note("refused", c._refused(answer.error))
    with c.quietly():
        c.terminate()
