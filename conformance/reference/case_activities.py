"""Activities: how they end, are tried again, time out, are cancelled, and are held back."""

from harness import Client, case, cases_of, command, done, failure, payload, payloads, seconds


def activity(c: Client, **fields: object):
    fields = {
        "activity_id": "1",
        "activity_type": {"name": "Greet"},
        "task_queue": {"name": c.queue},
        "input": payloads("Ada"),
        "start_to_close_timeout": seconds(10),
        **fields,
    }
    return command("schedule_activity_task", **fields)


ONCE = {"maximum_attempts": 1}
QUICKLY = {"initial_interval": seconds(0.1), "backoff_coefficient": 1.0}


def begin(c: Client, **fields: object) -> None:
    """A workflow that waits for an activity."""
    with c.quietly():
        c.start()
        c.step(activity(c, **fields))


def end(c: Client) -> None:
    """Shows the history after the activity, which the workflow sees."""
    with c.quietly():
        c.step(done())
    c.history()


# Options ------------------------------------------------------------------------------------------------------------


@cases_of(
    {
        "schedule_to_close_only": {"start_to_close_timeout": None, "schedule_to_close_timeout": seconds(7)},
        "all": {
            "start_to_close_timeout": seconds(7),
            "schedule_to_close_timeout": seconds(20),
            "schedule_to_start_timeout": seconds(5),
            "heartbeat_timeout": seconds(3),
        },
        "too_much": {
            "start_to_close_timeout": seconds(70),
            "schedule_to_close_timeout": seconds(20),
            "schedule_to_start_timeout": seconds(50),
            "heartbeat_timeout": seconds(100),
        },
        "long_heartbeat": {"heartbeat_timeout": seconds(100)},
        "policy": {"retry_policy": {"initial_interval": seconds(2), "maximum_attempts": 4}},
        "policy_of_nothing": {"retry_policy": {}},
        "one_attempt": {"retry_policy": ONCE},
        "header_and_priority": {
            "header": {"fields": {"h": payload(1)}},
            "priority": {"priority_key": 3, "fairness_key": "f", "fairness_weight": 2.0},
        },
    }
)
def options(c: Client, fields) -> None:
    c.start(workflow_run_timeout=seconds(60), priority={"priority_key": 2})
    c.step(activity(c, **fields))
    c.describe()
    c.poll_activity()
    c.describe()
    c.history()


# Ends ---------------------------------------------------------------------------------------------------------------


@case
def completes(c: Client) -> None:
    begin(c)
    task = c.poll_activity()
    c.describe()
    c.call("RespondActivityTaskCompleted", task_token=task.task_token, result=payloads(1))
    c.call("RespondActivityTaskCompleted", task_token=task.task_token, result=payloads(2))
    c.call("RecordActivityTaskHeartbeat", task_token=task.task_token)
    end(c)


@case
def completes_by_id(c: Client) -> None:
    begin(c)
    by_id = {"workflow_id": c.id, "activity_id": "1"}
    c.call("RespondActivityTaskCompletedById", **by_id, result=payloads(1))
    with c.quietly():
        c.poll_activity()
    c.call("RecordActivityTaskHeartbeatById", **by_id, details=payloads("half"))
    c.describe()
    c.call("RespondActivityTaskCompletedById", **by_id, result=payloads(1))
    c.call("RespondActivityTaskCompletedById", **by_id, result=payloads(1))
    c.call("RecordActivityTaskHeartbeatById", **by_id)
    end(c)


@case
def fails_by_id(c: Client) -> None:
    begin(c, retry_policy=ONCE)
    with c.quietly():
        c.poll_activity()
    c.call(
        "RespondActivityTaskFailedById",
        workflow_id=c.id,
        activity_id="1",
        failure=failure("no"),
        last_heartbeat_details=payloads("last"),
    )
    end(c)


@case
def by_ids_of_nothing(c: Client) -> None:
    begin(c)
    for rpc in (
        "RespondActivityTaskCompletedById",
        "RespondActivityTaskFailedById",
        "RespondActivityTaskCanceledById",
        "RecordActivityTaskHeartbeatById",
    ):
        c.call(rpc)
        c.call(rpc, workflow_id=c.id)
        c.call(rpc, workflow_id=c.id, activity_id="none")
        c.call(rpc, workflow_id="nobody", activity_id="1")
        c.call(rpc, workflow_id=c.id, run_id="no id", activity_id="1")
        c.call(rpc, workflow_id=c.id, activity_id="1")


@case
def tokens_of_nothing(c: Client) -> None:
    for rpc in (
        "RespondActivityTaskCompleted",
        "RespondActivityTaskFailed",
        "RespondActivityTaskCanceled",
        "RecordActivityTaskHeartbeat",
    ):
        c.call(rpc)
        c.call(rpc, task_token=b"no token")


@case
def ends_after_the_workflow(c: Client) -> None:
    begin(c)
    task = c.poll_activity()
    with c.quietly():
        c.terminate()
    c.call("RecordActivityTaskHeartbeat", task_token=task.task_token)
    c.call("RespondActivityTaskCompleted", task_token=task.task_token)
    c.call("RespondActivityTaskFailed", task_token=task.task_token, failure=failure("no"))
    c.call("RespondActivityTaskCanceled", task_token=task.task_token)


FAILURES = {
    "plainly": failure("no", type="Sad"),
    "for_good": failure("no", type="Sad", non_retryable=True),
    "of_a_listed_type": failure("no", type="Bad"),
    "with_a_cause": failure("no", stack_trace="here", cause=failure("because", type="Why"), type="Sad"),
}


@cases_of(FAILURES)
def fails_once(c: Client, why) -> None:
    begin(c, retry_policy={**ONCE, "non_retryable_error_types": ["Bad"]})
    task = c.poll_activity()
    c.call("RespondActivityTaskFailed", task_token=task.task_token, failure=why)
    end(c)


@cases_of(
    {
        "canceled": {"message": "c", "canceled_failure_info": {"details": payloads(1)}},
        "terminated": {"message": "t", "terminated_failure_info": {}},
        "timed_out": {"message": "t", "timeout_failure_info": {"timeout_type": "TIMEOUT_TYPE_START_TO_CLOSE"}},
        "timed_out_by_heartbeat": {"message": "t", "timeout_failure_info": {"timeout_type": "TIMEOUT_TYPE_HEARTBEAT"}},
        "of_the_server": {"message": "s", "server_failure_info": {"non_retryable": True}},
    }
)
def fails_as(c: Client, why) -> None:
    begin(
        c,
        retry_policy={
            **QUICKLY,
            "maximum_attempts": 2,
            "non_retryable_error_types": ["TemporalTimeout:Heartbeat"],
        },
    )
    for _ in range(2):
        task = c.poll_activity(timeout=4)
        if not getattr(task, "task_token", b""):
            break
        c.call("RespondActivityTaskFailed", task_token=task.task_token, failure=why)
    end(c)


@case
def fails_until_it_may_not(c: Client) -> None:
    begin(c, retry_policy={**QUICKLY, "maximum_attempts": 3})
    for n in range(3):
        task = c.poll_activity()
        c.call("RecordActivityTaskHeartbeat", task_token=task.task_token, details=payloads(n))
        c.call("RespondActivityTaskFailed", task_token=task.task_token, failure=failure(f"attempt {n}", type="Sad"))
    end(c)


@case
def fails_and_succeeds(c: Client) -> None:
    begin(c, retry_policy=QUICKLY)
    task = c.poll_activity()
    c.call("RespondActivityTaskFailed", task_token=task.task_token, failure=failure("first", type="Sad"))
    task = c.poll_activity()
    c.describe()
    c.call("RespondActivityTaskCompleted", task_token=task.task_token, result=payloads("at last"))
    end(c)


@case
def waits_between_attempts(c: Client) -> None:
    begin(c, retry_policy={"initial_interval": seconds(100)})
    task = c.poll_activity()
    c.call(
        "RespondActivityTaskFailed",
        task_token=task.task_token,
        failure=failure("first", type="Sad"),
        last_heartbeat_details=payloads("so far"),
    )
    c.describe()
    c.call("RespondActivityTaskCompleted", task_token=task.task_token)
    c.call("RecordActivityTaskHeartbeat", task_token=task.task_token)
    c.history()


@case
def asks_for_another_delay(c: Client) -> None:
    begin(c, retry_policy={"initial_interval": seconds(100), "maximum_attempts": 2})
    task = c.poll_activity()
    c.call("RespondActivityTaskFailed", task_token=task.task_token, failure=failure("no", next_retry_delay=seconds(0.2)))
    task = c.poll_activity()
    c.call("RespondActivityTaskFailed", task_token=task.task_token, failure=failure("no", next_retry_delay=seconds(0.2)))
    end(c)


@case
def has_no_time_for_another_attempt(c: Client) -> None:
    begin(c, schedule_to_close_timeout=seconds(5), retry_policy={"initial_interval": seconds(100)})
    task = c.poll_activity()
    c.call("RespondActivityTaskFailed", task_token=task.task_token, failure=failure("no"))
    end(c)


@case
def failure_is_cut_while_it_waits(c: Client) -> None:
    begin(c, retry_policy={"initial_interval": seconds(100)})
    task = c.poll_activity()
    why = failure("m" * 3000, stack_trace="s" * 3000, cause=failure("c" * 3000), type="Long", details=payloads("d" * 3000))
    c.call("RespondActivityTaskFailed", task_token=task.task_token, failure=why)
    c.describe()


@case
def oversized_result(c: Client) -> None:
    begin(c)
    task = c.poll_activity()
    c.call("RespondActivityTaskCompleted", task_token=task.task_token, result=payloads("x" * (2 * 1024 * 1024 + 10)))
    end(c)


@case
def oversized_failure(c: Client) -> None:
    begin(c, retry_policy=ONCE)
    task = c.poll_activity()
    why = failure("x" * (2 * 1024 * 1024 + 10))
    with c.quietly():
        c.call("RespondActivityTaskFailed", task_token=task.task_token, failure=why)
    task = c.poll()
    last = [it for it in task.history.events if it.HasField("activity_task_failed_event_attributes")]
    c.note("events", [[len(it.activity_task_failed_event_attributes.failure.message), it.activity_task_failed_event_attributes.retry_state] for it in last])


@case
def oversized_heartbeat(c: Client) -> None:
    begin(c, retry_policy=ONCE)
    task = c.poll_activity()
    c.call("RecordActivityTaskHeartbeat", task_token=task.task_token, details=payloads("x" * (2 * 1024 * 1024 + 10)))
    end(c)


# Timeouts -----------------------------------------------------------------------------------------------------------


@case
def nobody_takes_it(c: Client) -> None:
    begin(c, schedule_to_start_timeout=seconds(1))
    end(c)


@case
def takes_too_long(c: Client) -> None:
    begin(c, start_to_close_timeout=seconds(1), retry_policy=ONCE)
    task = c.poll_activity()
    c.call("RecordActivityTaskHeartbeat", task_token=task.task_token, details=payloads("half"))
    end(c)


@case
def takes_too_long_twice(c: Client) -> None:
    begin(c, start_to_close_timeout=seconds(1), retry_policy={**QUICKLY, "maximum_attempts": 2})
    task = c.poll_activity()
    c.call("RecordActivityTaskHeartbeat", task_token=task.task_token, details=payloads("half"))
    c.poll_activity()
    end(c)


@case
def takes_too_long_for_good(c: Client) -> None:
    begin(
        c,
        start_to_close_timeout=seconds(1),
        retry_policy={"non_retryable_error_types": ["TemporalTimeout:StartToClose"]},
    )
    c.poll_activity()
    end(c)


@case
def falls_silent(c: Client) -> None:
    begin(c, heartbeat_timeout=seconds(1), retry_policy=ONCE)
    task = c.poll_activity()
    c.call("RecordActivityTaskHeartbeat", task_token=task.task_token, details=payloads("half"))
    end(c)


@case
def never_says_anything(c: Client) -> None:
    begin(c, heartbeat_timeout=seconds(1), retry_policy=ONCE)
    c.poll_activity()
    end(c)


@case
def is_not_done_in_time(c: Client) -> None:
    begin(c, start_to_close_timeout=None, schedule_to_close_timeout=seconds(1))
    c.poll_activity()
    end(c)


@case
def is_not_even_begun_in_time(c: Client) -> None:
    begin(c, start_to_close_timeout=None, schedule_to_close_timeout=seconds(1))
    end(c)


@case
def is_not_done_in_time_after_a_failure(c: Client) -> None:
    begin(c, schedule_to_close_timeout=seconds(2), retry_policy={"initial_interval": seconds(0.2)})
    task = c.poll_activity()
    c.call("RespondActivityTaskFailed", task_token=task.task_token, failure=failure("first", type="Sad"))
    c.poll_activity()
    end(c)


@case
def silence_with_no_time_left(c: Client) -> None:
    begin(
        c,
        schedule_to_close_timeout=seconds(3),
        heartbeat_timeout=seconds(1),
        retry_policy={"initial_interval": seconds(50)},
    )
    task = c.poll_activity()
    c.call("RecordActivityTaskHeartbeat", task_token=task.task_token, details=payloads("half"))
    end(c)


# Cancellation -------------------------------------------------------------------------------------------------------


def cancel(event_id: int = 5):
    return command("request_cancel_activity_task", scheduled_event_id=event_id)


def cancel_while_it_runs(c: Client) -> None:
    with c.quietly():
        c.signal("wake")
        c.step(cancel())


@case
def is_cancelled_before_it_begins(c: Client) -> None:
    begin(c)
    cancel_while_it_runs(c)
    end(c)


@case
def is_cancelled_between_attempts(c: Client) -> None:
    begin(c, retry_policy={"initial_interval": seconds(100)})
    with c.quietly():
        task = c.poll_activity()
        c.call("RespondActivityTaskFailed", task_token=task.task_token, failure=failure("no"))
    cancel_while_it_runs(c)
    end(c)


@case
def is_cancelled_at_once(c: Client) -> None:
    with c.quietly():
        c.start()
    c.step(activity(c), cancel())
    end(c)


@case
def is_cancelled_while_it_runs(c: Client) -> None:
    begin(c)
    task = c.poll_activity()
    c.call("RespondActivityTaskCanceled", task_token=task.task_token, details=payloads("too early"))
    cancel_while_it_runs(c)
    c.describe()
    c.call("RecordActivityTaskHeartbeat", task_token=task.task_token)
    c.call("RespondActivityTaskCanceled", task_token=task.task_token, details=payloads("bye"))
    end(c)


@case
def is_cancelled_by_id(c: Client) -> None:
    begin(c)
    with c.quietly():
        c.poll_activity()
    by_id = {"workflow_id": c.id, "activity_id": "1"}
    c.call("RespondActivityTaskCanceledById", **by_id)
    cancel_while_it_runs(c)
    c.call("RecordActivityTaskHeartbeatById", **by_id)
    c.call("RespondActivityTaskCanceledById", **by_id, details=payloads("bye"))
    end(c)


@case
def completes_in_spite_of_its_cancellation(c: Client) -> None:
    begin(c)
    task = c.poll_activity()
    cancel_while_it_runs(c)
    c.call("RespondActivityTaskCompleted", task_token=task.task_token, result=payloads(1))
    end(c)


@case
def fails_after_its_cancellation(c: Client) -> None:
    begin(c)
    task = c.poll_activity()
    cancel_while_it_runs(c)
    c.call("RespondActivityTaskFailed", task_token=task.task_token, failure=failure("no"))
    end(c)


@case
def times_out_after_its_cancellation(c: Client) -> None:
    begin(c, start_to_close_timeout=seconds(2))
    c.poll_activity()
    cancel_while_it_runs(c)
    end(c)


@case
def is_cancelled_twice(c: Client) -> None:
    begin(c)
    c.poll_activity()
    cancel_while_it_runs(c)
    with c.quietly():
        # The words of this refusal are our own.
        c.signal("wake")
        refusal = c.complete(c.poll(), cancel())
        cause = c.history().history.events[-2].workflow_task_failed_event_attributes.cause
    c.note("refused", [str(refusal.code), cause])


@case
def is_cancelled_when_its_result_is_on_its_way(c: Client) -> None:
    begin(c)
    work = c.poll_activity()
    with c.quietly():
        c.signal("wake")
        task = c.poll()
        c.call("RespondActivityTaskCompleted", task_token=work.task_token, result=payloads(1))
    c.complete(task, cancel())
    c.history()


@case
def waits_when_the_workflow_ends(c: Client) -> None:
    begin(c)
    with c.quietly():
        # The reference goes on showing the activities of a workflow that has ended.
        c.signal("wake")
        c.step(done())
        task = c.poll_activity(timeout=3)
    c.note("handed out", bool(getattr(task, "task_token", b"")))


# Operations on pending activities ----------------------------------------------------------------------------------------


@case
def is_paused_before_it_begins(c: Client) -> None:
    begin(c)
    c.call("PauseActivity", execution=c.of(), id="1", reason="maintenance")
    c.describe()
    c.call("PauseActivity", execution=c.of(), id="1")
    c.call("UnpauseActivity", execution=c.of(), id="1")
    c.describe()
    task = c.poll_activity()
    c.call("RespondActivityTaskCompleted", task_token=task.task_token)
    end(c)


@case
def is_paused_while_it_runs(c: Client) -> None:
    begin(c, retry_policy=QUICKLY)
    task = c.poll_activity()
    c.call("PauseActivity", execution=c.of(), id="1")
    c.describe()
    c.call("RecordActivityTaskHeartbeat", task_token=task.task_token)
    c.call("RespondActivityTaskFailed", task_token=task.task_token, failure=failure("paused"))
    c.describe()
    c.call("UnpauseActivity", execution=c.of(), id="1", reset_attempts=True, reset_heartbeat=True)
    c.poll_activity()
    c.describe()


@case
def is_reset_while_it_waits(c: Client) -> None:
    begin(c, retry_policy={"initial_interval": seconds(100)})
    task = c.poll_activity()
    c.call("RespondActivityTaskFailed", task_token=task.task_token, failure=failure("no"))
    c.call("ResetActivity", execution=c.of(), id="1")
    c.describe()
    c.poll_activity()
    c.describe()


@case
def is_reset_while_it_runs(c: Client) -> None:
    begin(c, retry_policy=QUICKLY, heartbeat_timeout=seconds(10))
    task = c.poll_activity()
    c.call("RecordActivityTaskHeartbeat", task_token=task.task_token, details=payloads(1))
    c.call("ResetActivity", execution=c.of(), id="1", reset_heartbeat=True)
    c.describe()
    c.call("RecordActivityTaskHeartbeat", task_token=task.task_token, details=payloads(2))
    c.call("RespondActivityTaskFailed", task_token=task.task_token, failure=failure("no"))
    with c.quietly():
        # The attempt is the second here and the first there: we count anew from the attempt that was reset on.
        task = c.poll_activity()
    c.note("progress", c.plain(task.heartbeat_details))


@case
def gets_other_options(c: Client) -> None:
    begin(c)
    with c.quietly():
        # The reference answers with a queue of no kind.
        c.call(
            "UpdateActivityOptions",
            execution=c.of(),
            id="1",
            activity_options={
                "start_to_close_timeout": seconds(20),
                "heartbeat_timeout": seconds(5),
                "retry_policy": {"maximum_attempts": 7},
            },
            update_mask={"paths": ["start_to_close_timeout", "heartbeat_timeout", "retry_policy.maximum_attempts"]},
        )
    c.describe()
    with c.quietly():
        c.call("UpdateActivityOptions", execution=c.of(), id="1", restore_original=True)
    c.describe()


@case
def operations_that_are_refused(c: Client) -> None:
    begin(c)
    for rpc in ("PauseActivity", "UnpauseActivity", "ResetActivity"):
        c.call(rpc, execution=c.of())
        c.call(rpc, execution=c.of(), id="none")
        c.call(rpc, execution=c.of("nobody"), id="1")
    # It takes an update of no option, or of one that it does not know, for done; we say that nothing was.
    c.call("UpdateActivityOptions", execution=c.of())
    c.call(
        "UpdateActivityOptions",
        execution=c.of(),
        id="1",
        update_mask={"paths": ["start_to_close_timeout"]},
        activity_options={"start_to_close_timeout": seconds(-1)},
    )
    c.call("UnpauseActivity", execution=c.of(), id="1")


@case
def all_of_a_type_are_paused(c: Client) -> None:
    begin(c)
    c.call("PauseActivity", execution=c.of(), type="Greet")
    c.describe()
    c.call("UnpauseActivity", execution=c.of(), type="Greet")
    c.call("PauseActivity", execution=c.of(), type="Other")
    c.call("ResetActivity", execution=c.of(), type="Greet")
    c.call("UnpauseActivity", execution=c.of(), unpause_all=True)


@case
def workflow_ends_while_an_activity_is_paused(c: Client) -> None:
    begin(c)
    c.call("PauseActivity", execution=c.of(), id="1")
    with c.quietly():
        c.terminate()
    c.call("UnpauseActivity", execution=c.of(), id="1")
    c.call("PauseActivity", execution=c.of(), id="1")
