"""Where the parts of a workflow meet: what happens at once, twice, or too late."""

from harness import Client, case, command, done, failure, payloads, seconds


def timer(name: str = "t", after: float = 100):
    return command("start_timer", timer_id=name, start_to_fire_timeout=seconds(after))


def activity(c: Client, **fields: object):
    fields = {
        "activity_id": "1",
        "activity_type": {"name": "Greet"},
        "task_queue": {"name": c.queue},
        "start_to_close_timeout": seconds(10),
        **fields,
    }
    return command("schedule_activity_task", **fields)


def begin(c: Client, *commands, **fields: object) -> None:
    with c.quietly():
        c.start(**fields)
        c.step(*commands)


@case
def timers_fire(c: Client) -> None:
    begin(c, timer("a", 0.2), timer("b", 1.5))
    c.step()
    c.step(done())
    c.history()


@case
def timer_is_started_again_once_it_fired(c: Client) -> None:
    begin(c, timer("a", 0.2))
    c.step(timer("a", 0.2))
    c.step(done())
    c.history()


@case
def timer_is_cancelled_and_started_again(c: Client) -> None:
    begin(c, timer("a"))
    with c.quietly():
        c.signal("wake")
    c.step(command("cancel_timer", timer_id="a"), timer("a", 0.2))
    c.step(done())
    c.history()


@case
def activity_id_is_used_again(c: Client) -> None:
    begin(c, activity(c))
    with c.quietly():
        task = c.poll_activity()
        c.call("RespondActivityTaskCompleted", task_token=task.task_token)
    c.step(activity(c))
    task = c.poll_activity()
    c.call("RespondActivityTaskCompleted", task_token=task.task_token)
    c.step(done())
    c.history()


@case
def results_of_two_activities_in_one_task(c: Client) -> None:
    begin(c, activity(c), activity(c, activity_id="2"))
    with c.quietly():
        c.signal("wake")
        task = c.poll()
        for _ in range(2):
            work = c.poll_activity()
            c.call("RespondActivityTaskCompleted", task_token=work.task_token, result=payloads(work.activity_id))
        c.signal("more")
    c.complete(task)
    with c.quietly():
        kinds = [it.event_type for it in c.history().history.events]
    c.note("events", kinds)


@case
def cancel_request_reaches_the_workflow(c: Client) -> None:
    begin(c, timer(), activity(c))
    c.call("RequestCancelWorkflowExecution", workflow_execution=c.of(), reason="enough")
    c.call("RequestCancelWorkflowExecution", workflow_execution=c.of(), reason="enough")
    c.describe()
    c.step(
        command("cancel_timer", timer_id="t"),
        command("cancel_workflow_execution", details=payloads("bye")),
    )
    c.history()


@case
def workflow_ends_with_everything_pending(c: Client) -> None:
    begin(c, timer(), activity(c))
    work = c.poll_activity()
    with c.quietly():
        c.signal("wake")
    c.step(done())
    c.call("RespondActivityTaskCompleted", task_token=work.task_token)
    c.history()


@case
def workflow_is_terminated_during_a_task(c: Client) -> None:
    begin(c, timer())
    with c.quietly():
        c.signal("wake")
        c.poll()
        c.signal("more")
        c.terminate(reason="enough", details=payloads("details"))
    c.history()


@case
def signal_comes_during_the_last_task(c: Client) -> None:
    begin(c, timer())
    with c.quietly():
        c.signal("one")
        task = c.poll()
        c.signal("two")
    c.complete(task, done())
    with c.quietly():
        task = c.poll()
    c.note("attempt", task.attempt)
    c.complete(task, done())
    c.history()


@case
def worker_asks_for_a_task_and_fails_it(c: Client) -> None:
    begin(c, timer())
    with c.quietly():
        c.signal("wake")
        answer = c.complete(c.poll(), force_create_new_workflow_task=True, return_new_workflow_task=True)
    c.call("RespondWorkflowTaskFailed", task_token=answer.workflow_task.task_token, failure=failure("no"))
    c.history()
    c.step(done())
    c.history()


@case
def task_keeps_failing_and_says_so(c: Client) -> None:
    with c.quietly():
        c.start()
        for n in range(5):
            task = c.poll()
            c.call(
                "RespondWorkflowTaskFailed",
                task_token=task.task_token,
                cause="WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR",
                failure=failure(f"attempt {n}"),
            )
        described = c.describe()
    c.note("problems", c.plain(described.workflow_execution_info.search_attributes))
    with c.quietly():
        c.step(timer())
        described = c.describe()
    c.note("problems", c.plain(described.workflow_execution_info.search_attributes))


@case
def too_much_for_the_buffer(c: Client) -> None:
    """More than a hundred events that wait end the worker's task."""
    begin(c, timer(), workflow_task_timeout=seconds(60))
    with c.quietly():
        c.signal("wake")
        task = c.poll()
        for n in range(101):
            c.signal("s", input=payloads(n))
        refusal = c.complete(task)
        events = c.history().history.events
    c.note("refused", str(getattr(refusal, "code", "")))
    c.note("failed", [c.plain(it.workflow_task_failed_event_attributes) for it in events if it.event_type == 9])
    c.note("signals", sum(it.event_type == 26 for it in events))


@case
def local_activities_as_markers(c: Client) -> None:
    begin(
        c,
        command("record_marker", marker_name="core_local_activity", details={"data": payloads(1), "result": payloads(2)}),
        command("record_marker", marker_name="core_local_activity", details={"data": payloads(1)}, failure=failure("no")),
        timer(),
    )
    c.history()
