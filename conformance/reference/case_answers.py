"""Answers of workers that leave out what they should say, or come when nobody waits for them."""

from harness import Client, case, cases_of, command, done, failure, payload, payloads, seconds


def activity(c: Client, **fields: object):
    fields = {
        "activity_id": "1",
        "activity_type": {"name": "Greet"},
        "task_queue": {"name": c.queue},
        "start_to_close_timeout": seconds(10),
        **fields,
    }
    return command("schedule_activity_task", **fields)


ONCE = {"retry_policy": {"maximum_attempts": 1}}


def begin(c: Client, **fields: object) -> None:
    with c.quietly():
        c.start()
        c.step(activity(c, **fields))


def end(c: Client) -> None:
    with c.quietly():
        c.step(done())
    c.history()


@case
def failed_without_a_failure(c: Client) -> None:
    begin(c, **ONCE)
    with c.quietly():
        work = c.poll_activity()
    c.call("RespondActivityTaskFailed", task_token=work.task_token)
    end(c)


@case
def failed_without_a_failure_and_retried(c: Client) -> None:
    begin(c, retry_policy={"initial_interval": seconds(0.2), "maximum_attempts": 2})
    with c.quietly():
        work = c.poll_activity()
    c.call("RespondActivityTaskFailed", task_token=work.task_token)
    c.describe()
    with c.quietly():
        work = c.poll_activity()
    c.call("RespondActivityTaskFailed", task_token=work.task_token, failure={})
    end(c)


@case
def failed_with_an_empty_failure(c: Client) -> None:
    begin(c, **ONCE)
    with c.quietly():
        work = c.poll_activity()
    c.call("RespondActivityTaskFailed", task_token=work.task_token, failure={})
    end(c)


@case
def failed_by_id_without_a_failure(c: Client) -> None:
    begin(c, **ONCE)
    with c.quietly():
        c.poll_activity()
    c.call("RespondActivityTaskFailedById", workflow_id=c.id, activity_id="1")
    end(c)


@case
def completed_with_nothing(c: Client) -> None:
    begin(c)
    with c.quietly():
        work = c.poll_activity()
    c.call("RespondActivityTaskCompleted", task_token=work.task_token, identity="")
    end(c)


@case
def completed_with_empty_payloads(c: Client) -> None:
    begin(c)
    with c.quietly():
        work = c.poll_activity()
    c.call("RespondActivityTaskCompleted", task_token=work.task_token, result={})
    end(c)


@case
def heartbeats_with_nothing(c: Client) -> None:
    begin(c)
    with c.quietly():
        work = c.poll_activity()
    c.call("RecordActivityTaskHeartbeat", task_token=work.task_token, details=payloads(1))
    c.describe()
    c.call("RecordActivityTaskHeartbeat", task_token=work.task_token)
    c.describe()
    c.call("RecordActivityTaskHeartbeat", task_token=work.task_token, details={})
    c.describe()
    c.call("RespondActivityTaskFailed", task_token=work.task_token, failure=failure("no"), last_heartbeat_details={})
    c.describe()


TASK_FAILURES = {
    "nothing": {},
    "empty": {"failure": {}},
    "only_cause": {"cause": "WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR"},
    "checksum": {"binary_checksum": "sum", "failure": failure("no")},
    "other_failure": {"failure": {"message": "m", "server_failure_info": {"non_retryable": True}}},
    "no_identity": {"identity": "", "failure": failure("no")},
    "messages": {"failure": failure("no"), "messages": [{"id": "m", "protocol_instance_id": "x"}]},
}


@cases_of(TASK_FAILURES)
def task_failed_with(c: Client, fields) -> None:
    with c.quietly():
        c.start()
        task = c.poll()
    c.call("RespondWorkflowTaskFailed", task_token=task.task_token, **fields)
    with c.quietly():
        events = c.history().history.events
    c.note("events", [c.plain(it) for it in events])
    c.describe()


TASK_ANSWERS = {
    "nothing": {},
    "no_identity": {"identity": ""},
    "odd_query": {"query_results": {"no such query": {"result_type": "QUERY_RESULT_TYPE_ANSWERED"}}},
    "empty_sticky": {"sticky_attributes": {}},
    "empty_capabilities": {"capabilities": {}},
    "metering": {"metering_metadata": {"nonfirst_local_activity_execution_attempts": 3}},
    "sdk": {"sdk_metadata": {"core_used_flags": [1, 2], "sdk_name": "s", "sdk_version": "1"}},
}


@cases_of(TASK_ANSWERS)
def task_completed_with(c: Client, fields) -> None:
    with c.quietly():
        c.start()
        task = c.poll()
    c.complete(task, **fields)
    c.history()
    c.describe()


EMPTY = {
    "complete": command("complete_workflow_execution"),
    "complete_with_empty": command("complete_workflow_execution", result={}),
    "fail": command("fail_workflow_execution"),
    "fail_with_empty": command("fail_workflow_execution", failure={}),
    "cancel": command("cancel_workflow_execution"),
    "marker": command("record_marker", marker_name="m"),
    "again": command("continue_as_new_workflow_execution"),
    "signal": command("signal_external_workflow_execution"),
    "upsert_nothing": command("modify_workflow_properties", upserted_memo={}),
}


@cases_of(EMPTY)
def empty_command(c: Client, it) -> None:
    with c.quietly():
        c.start()
        task = c.poll()
    c.complete(task, it)
    c.history()
    with c.quietly():
        c.terminate()


BY_TOKEN = (
    "RecordActivityTaskHeartbeat",
    "RespondActivityTaskCompleted",
    "RespondActivityTaskFailed",
    "RespondActivityTaskCanceled",
)
BY_ID = tuple(f"{it}ById" for it in BY_TOKEN)


def before(c: Client):
    """Scheduled, and no worker has it."""


def waits(c: Client):
    """Between attempts."""
    task = c.poll_activity()
    c.call("RespondActivityTaskFailed", task_token=task.task_token, failure=failure("no"))
    return task


def paused(c: Client):
    c.call("PauseActivity", execution=c.of(), id="1")


def paused_at_work(c: Client):
    task = c.poll_activity()
    c.call("PauseActivity", execution=c.of(), id="1")
    return task


def over(c: Client):
    task = c.poll_activity()
    c.call("RespondActivityTaskCompleted", task_token=task.task_token)
    return task


def timed_out(c: Client):
    task = c.poll_activity()
    c.sleep(2)
    return task


def terminated(c: Client):
    task = c.poll_activity()
    c.terminate()
    return task


def cancelled(c: Client):
    task = c.poll_activity()
    c.signal("wake")
    c.step(command("request_cancel_activity_task", scheduled_event_id=5))
    return task


def next_run(c: Client):
    task = c.poll_activity()
    c.signal("wake")
    c.step(command("continue_as_new_workflow_execution"))
    return task


STATES = (before, waits, paused, paused_at_work, over, timed_out, terminated, cancelled, next_run)


def in_state(c: Client, state):
    with c.quietly():
        c.start()
        retries = {"initial_interval": seconds(100)} if state is waits else {"maximum_attempts": 1}
        timeout = seconds(1 if state is timed_out else 10)
        c.step(activity(c, retry_policy=retries, start_to_close_timeout=timeout))
        return state(c)


def left_of(c: Client, state) -> None:
    with c.quietly():
        history = c.history()
        described = c.describe()
    c.note("events", [it.event_type for it in history.history.events])
    # There a workflow that was ended still shows what it left.
    if state is not terminated:
        c.note("pending", [c.plain(it) for it in described.pending_activities])


@cases_of({f"{state.__name__}_{rpc}": (state, rpc) for state in STATES for rpc in BY_ID})
def answered_by_id(c: Client, it) -> None:
    state, rpc = it
    in_state(c, state)
    c.call(rpc, workflow_id=c.id, activity_id="1")
    left_of(c, state)


@cases_of({f"{state.__name__}_{rpc}": (state, rpc) for state in STATES[1:] for rpc in BY_TOKEN if state is not paused})
def answered_by_token(c: Client, it) -> None:
    state, rpc = it
    task = in_state(c, state)
    c.call(rpc, task_token=task.task_token)
    left_of(c, state)
