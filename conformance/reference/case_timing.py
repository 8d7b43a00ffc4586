"""What is due at odd times, and what comes twice."""

from harness import Client, case, cases_of, command, done, failure, payload, payloads, seconds


def timer(name: str, after: float):
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


@case
def cancellations_with_their_ids(c: Client) -> None:
    """The same request again changes nothing; another one neither, and is refused or not as it is."""
    with c.quietly():
        c.start()
        c.step(timer("t", 100))
    for request_id in ("one", "one", "two", ""):
        c.cancel(request_id=request_id)
    c.describe()
    with c.quietly():
        task = c.poll()
    c.cancel(request_id="three")
    c.complete(task)
    c.cancel(request_id="four")
    c.history()


@case
def cancellation_while_the_task_ends_the_workflow(c: Client) -> None:
    with c.quietly():
        c.start()
        task = c.poll()
        c.cancel()
    c.complete(task, done())
    c.step(command("cancel_workflow_execution"))
    c.history()


@case
def cancellation_of_what_continues(c: Client) -> None:
    """The request is the old run's alone."""
    with c.quietly():
        c.start()
        c.cancel()
    c.step(command("continue_as_new_workflow_execution"))
    c.describe()
    c.history()
    with c.quietly():
        c.terminate()


@case
def cancellation_of_a_retry(c: Client) -> None:
    with c.quietly():
        c.start(retry_policy={"initial_interval": seconds(1)})
        c.cancel()
    c.step(command("fail_workflow_execution", failure=failure("no")))
    c.describe()
    c.history()
    with c.quietly():
        c.terminate()


@case
def signals_in_their_order(c: Client) -> None:
    with c.quietly():
        c.start()
        task = c.poll()
        for n in range(5):
            c.signal("s", input=payloads(n))
    c.complete(task, timer("t", 100))
    with c.quietly():
        for n in range(5, 8):
            c.signal("s", input=payloads(n))
    task = c.poll()
    c.complete(task)
    c.history()


@case
def signal_with_the_same_id_after_the_next_run(c: Client) -> None:
    with c.quietly():
        c.start()
    c.signal("s", request_id="same")
    c.signal("s", request_id="same")
    c.step(command("continue_as_new_workflow_execution"))
    c.signal("s", request_id="same")
    c.history()
    with c.quietly():
        c.terminate()


@case
def timers_of_no_time(c: Client) -> None:
    with c.quietly():
        c.start()
    c.step(timer("none", 0), timer("t", 100))
    c.sleep(1.5)
    c.step(done())
    c.history()


@case
def start_delay_ends_with_a_signal(c: Client) -> None:
    with c.quietly():
        c.start(workflow_start_delay=seconds(100))
    c.describe()
    c.signal("wake")
    c.describe()
    c.step(done())
    c.history()


@case
def start_delay_and_update(c: Client) -> None:
    with c.quietly():
        c.start(workflow_start_delay=seconds(100))
    c.cancel()
    c.describe()
    c.history()
    c.terminate()


@case
def delays_that_are_refused(c: Client) -> None:
    c.start(workflow_start_delay=seconds(-1))
    c.start(workflow_start_delay=seconds(1), cron_schedule="* * * * *")
    c.start(workflow_start_delay={"seconds": 10**12})
    c.start(workflow_run_timeout={"seconds": 10**12})
    c.start(workflow_execution_timeout={"seconds": -1})
    c.start(workflow_task_timeout={"seconds": 10**9})
    c.start(workflow_task_timeout={"nanos": -1})


@cases_of(
    {
        "schedule_to_start": {"schedule_to_start_timeout": seconds(1)},
        "schedule_to_close": {"schedule_to_close_timeout": seconds(1), "start_to_close_timeout": None},
    }
)
def activity_times_out_in_describe(c: Client, fields) -> None:
    with c.quietly():
        c.start()
        c.step(activity(c, retry_policy={"initial_interval": seconds(100)}, **fields))
        c.sleep(2.5)
    c.describe()
    with c.quietly():
        events = c.history().history.events
    c.note("events", [c.plain(it) for it in events[4:]])


@case
def tasks_that_time_out_again(c: Client) -> None:
    with c.quietly():
        c.start(workflow_task_timeout=seconds(1))
        c.poll()
        c.sleep(2.2)
        c.poll()
        c.sleep(2.2)
    c.describe()
    task = c.poll()
    c.complete(task, done())
    c.history()


@case
def terminated_with_everything(c: Client) -> None:
    with c.quietly():
        c.start()
        c.step(
            timer("t", 100),
            activity(c),
            command("start_child_workflow_execution", workflow_id=f"{c.id} child", workflow_type={"name": "C"}, task_queue={"name": f"{c.queue} child"}),
        )
        c.sleep(1)
        c.signal("s")
        task = c.poll()
        c.signal("t")
    c.terminate(reason="", details={}, identity="")
    c.complete(task)
    c.history()
    with c.quietly():
        c.sleep(1)
        child = c.describe(f"{c.id} child").workflow_execution_info
    c.note("child", child.status)


@case
def run_that_is_too_old(c: Client) -> None:
    """Requests that name a run that another one followed."""
    c.ignored.add("expire_time")
    with c.quietly():
        started = c.start()
        c.step(command("continue_as_new_workflow_execution"))
    execution = {"workflow_execution": c.of(run_id=started.run_id)}
    c.call("SignalWorkflowExecution", signal_name="s", **execution)
    c.call("RequestCancelWorkflowExecution", **execution)
    c.call("TerminateWorkflowExecution", **execution)
    c.call("RequestCancelWorkflowExecution", workflow_execution=c.of(), first_execution_run_id=started.run_id)
    c.call("TerminateWorkflowExecution", workflow_execution=c.of(), first_execution_run_id=started.run_id)
    c.describe(run_id=started.run_id)
    c.history()


@case
def nobody_says_who(c: Client) -> None:
    c.start(identity="")
    c.signal("s", identity="")
    c.signal_with_start("t", identity="")
    c.cancel(identity="")
    task = c.poll(identity="")
    c.complete(task, activity(c), identity="")
    work = c.poll_activity(identity="")
    c.call("PauseActivity", execution=c.of(), id="1", identity="")
    c.describe()
    c.call("UnpauseActivity", execution=c.of(), id="1", identity="")
    c.call("RespondActivityTaskCompleted", task_token=work.task_token, identity="")
    task = c.poll(identity="")
    c.call("RespondWorkflowTaskFailed", task_token=task.task_token, identity="")
    c.terminate(identity="")
    c.history()
