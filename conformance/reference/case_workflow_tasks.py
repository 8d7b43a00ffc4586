"""Workflow tasks: what ends them, what comes after them, and what may not be answered to them."""

from harness import Client, case, cases_of, command, done, failure, payload, payloads, seconds

QUEUE = {"name": "elsewhere"}


# Commands that are refused ------------------------------------------------------------------------------------------


def activity(**fields: object):
    fields = {
        "activity_id": "1",
        "activity_type": {"name": "Greet"},
        "task_queue": QUEUE,
        "start_to_close_timeout": seconds(10),
        **fields,
    }
    return command("schedule_activity_task", **fields)


def timer(**fields: object):
    return command("start_timer", **{"timer_id": "t", "start_to_fire_timeout": seconds(100), **fields})


def child(**fields: object):
    return command(
        "start_child_workflow_execution",
        **{"workflow_id": "a child of nobody", "workflow_type": {"name": "Child"}, **fields},
    )


def signal_external(**fields: object):
    return command(
        "signal_external_workflow_execution",
        **{"execution": {"workflow_id": "nobody"}, "signal_name": "s", **fields},
    )


def cancel_external(**fields: object):
    return command("request_cancel_external_workflow_execution", **{"workflow_id": "nobody", **fields})


def continue_as_new(**fields: object):
    return command("continue_as_new_workflow_execution", **fields)


def nothing_but_its_type(kind: str):
    result = command(kind)
    result.ClearField(f"{kind}_command_attributes")
    return result


LONG = "x" * 1001

REFUSED = {
    "activity_without_id": [activity(activity_id="")],
    "activity_without_type": [activity(activity_type={})],
    "activity_without_timeouts": [activity(start_to_close_timeout=None)],
    "activity_with_negative_timeout": [activity(start_to_close_timeout=seconds(-1))],
    "activity_with_negative_heartbeat": [activity(heartbeat_timeout=seconds(-1))],
    "activity_with_negative_schedule_to_start": [activity(schedule_to_start_timeout=seconds(-1))],
    "activity_with_negative_schedule_to_close": [activity(schedule_to_close_timeout=seconds(-1))],
    "activity_with_long_id": [activity(activity_id=LONG)],
    "activity_with_long_type": [activity(activity_type={"name": LONG})],
    "activity_with_long_queue": [activity(task_queue={"name": LONG})],
    "activity_with_bad_priority": [activity(priority={"priority_key": -1})],
    "activity_with_reserved_queue": [activity(task_queue={"name": "/_sys/x"})],
    "activity_with_negative_backoff": [activity(retry_policy={"backoff_coefficient": 0.5})],
    "activity_with_negative_interval": [activity(retry_policy={"initial_interval": seconds(-1)})],
    "activity_with_negative_attempts": [activity(retry_policy={"maximum_attempts": -1})],
    "activity_with_small_maximum": [
        activity(retry_policy={"initial_interval": seconds(5), "maximum_interval": seconds(1)})
    ],
    "activity_with_bad_timeout_type": [activity(retry_policy={"non_retryable_error_types": ["TemporalTimeout:What"]})],
    "activity_without_attributes": [nothing_but_its_type("schedule_activity_task")],
    "cancel_of_activity_zero": [command("request_cancel_activity_task")],
    "timer_without_id": [timer(timer_id="")],
    "timer_with_negative_timeout": [timer(start_to_fire_timeout=seconds(-1))],
    "timer_with_long_id": [timer(timer_id=LONG)],
    "cancel_of_timer_without_id": [command("cancel_timer")],
    "cancel_of_timer_with_long_id": [command("cancel_timer", timer_id=LONG)],
    "marker_without_name": [command("record_marker")],
    "marker_with_long_name": [command("record_marker", marker_name=LONG)],
    "child_without_id": [child(workflow_id="")],
    "child_without_type": [child(workflow_type={})],
    "child_with_long_id": [child(workflow_id=LONG)],
    "child_with_long_type": [child(workflow_type={"name": LONG})],
    "child_with_long_queue": [child(task_queue={"name": LONG})],
    "child_with_negative_timeout": [child(workflow_run_timeout=seconds(-1))],
    "child_with_negative_execution_timeout": [child(workflow_execution_timeout=seconds(-1))],
    "child_with_negative_task_timeout": [child(workflow_task_timeout=seconds(-1))],
    "child_with_bad_retry": [child(retry_policy={"backoff_coefficient": 0.5})],
    "child_with_unknown_search_attribute": [
        child(search_attributes={"indexed_fields": {"Nothing": payload("v")}})
    ],
    "signal_without_execution": [signal_external(execution=None)],
    "signal_without_id": [signal_external(execution={"workflow_id": ""})],
    "signal_without_name": [signal_external(signal_name="")],
    "signal_with_bad_run_id": [signal_external(execution={"workflow_id": "nobody", "run_id": "no id"})],
    "signal_with_long_id": [signal_external(execution={"workflow_id": LONG})],
    "cancel_without_id": [cancel_external(workflow_id="")],
    "cancel_with_bad_run_id": [cancel_external(run_id="no id")],
    "cancel_with_long_id": [cancel_external(workflow_id=LONG)],
    "continue_with_long_type": [continue_as_new(workflow_type={"name": LONG})],
    "continue_with_long_queue": [continue_as_new(task_queue={"name": LONG})],
    "continue_with_negative_timeout": [continue_as_new(workflow_run_timeout=seconds(-1))],
    "continue_with_negative_task_timeout": [continue_as_new(workflow_task_timeout=seconds(-1))],
    "continue_with_negative_backoff": [continue_as_new(backoff_start_interval=seconds(-1))],
    "continue_with_bad_retry": [continue_as_new(retry_policy={"maximum_attempts": -1})],
    "continue_with_unknown_search_attribute": [
        continue_as_new(search_attributes={"indexed_fields": {"Nothing": payload("v")}})
    ],
    "upsert_of_unknown_attribute": [
        command(
            "upsert_workflow_search_attributes", search_attributes={"indexed_fields": {"Nothing": payload("v")}}
        )
    ],
    "upsert_of_system_attribute": [
        command(
            "upsert_workflow_search_attributes", search_attributes={"indexed_fields": {"WorkflowId": payload("v")}}
        )
    ],
    "upsert_of_nothing": [command("upsert_workflow_search_attributes")],
    "upsert_of_empty_attributes": [command("upsert_workflow_search_attributes", search_attributes={})],
    "memo_of_nothing": [command("modify_workflow_properties")],
    "memo_of_empty_fields": [command("modify_workflow_properties", upserted_memo={})],
    "failure_without_failure": [command("fail_workflow_execution")],
    "message_without_id": [command("protocol_message")],
    "message_that_is_missing": [command("protocol_message", message_id="missing")],
    "complete_without_attributes": [nothing_but_its_type("complete_workflow_execution")],
    "fail_without_attributes": [nothing_but_its_type("fail_workflow_execution")],
    "cancel_without_attributes": [nothing_but_its_type("cancel_workflow_execution")],
    "continue_without_attributes": [nothing_but_its_type("continue_as_new_workflow_execution")],
    "marker_without_attributes": [nothing_but_its_type("record_marker")],
    "signal_without_attributes": [nothing_but_its_type("signal_external_workflow_execution")],
}

# What the reference says of these names its own insides, so our words are others.
REFUSED_IN_OTHER_WORDS = {
    "activity_twice": [activity(), activity()],
    "cancel_of_unknown_activity": [command("request_cancel_activity_task", scheduled_event_id=77)],
    "timer_twice": [timer(), timer()],
    "cancel_of_unknown_timer": [command("cancel_timer", timer_id="nothing")],
    "good_ones_before_a_bad_one": [timer(), command("record_marker", marker_name="m"), timer()],
}


@cases_of(REFUSED)
def refused(c: Client, commands) -> None:
    with c.quietly():
        c.start()
        task = c.poll()
    c.complete(task, *commands)
    c.history()


@cases_of(REFUSED_IN_OTHER_WORDS)
def refused_in_other_words(c: Client, commands) -> None:
    with c.quietly():
        c.start()
        task = c.poll()
        answer = c.complete(task, *commands)
        events = c.history().history.events
    c.note("refused", str(answer.code))
    c.note("events", [it.event_type for it in events])
    c.note("cause", events[3].workflow_task_failed_event_attributes.cause)


@case
def timer_of_nothing(c: Client) -> None:
    with c.quietly():
        c.start()
        c.step(timer(start_to_fire_timeout=None))
        c.step(done())
    c.history()


@case
def refused_and_then_better(c: Client) -> None:
    c.start()
    c.step(timer(timer_id=""))
    c.describe()
    c.step(done())
    c.history()


@case
def refused_again_and_again(c: Client) -> None:
    c.start()
    for _ in range(2):
        task = c.poll()
        c.complete(task, timer(timer_id=""))
        c.call("RespondWorkflowTaskFailed", task_token=task.task_token, cause="WORKFLOW_TASK_FAILED_CAUSE_UNSPECIFIED")
    c.describe()
    c.history()


CLOSINGS = {
    "complete": [done()],
    "complete_with_result": [done("a", 2)],
    "fail": [command("fail_workflow_execution", failure=failure("it failed", non_retryable=True, type="Bad"))],
    "cancel": [command("cancel_workflow_execution", details=payloads("why"))],
    "twice": [done(1), done(2)],
    "with_a_timer": [timer(), done(1)],
    "before_a_timer": [done(1), timer()],
}


@cases_of(CLOSINGS)
def closes(c: Client, commands) -> None:
    c.start()
    c.step(*commands)
    c.close_event()
    c.history()
    c.describe()
    c.idle()


@cases_of({"complete": [done()], "continue": [continue_as_new()], "fail": [command("fail_workflow_execution", failure=failure("no"))]})
def unhandled(c: Client, commands) -> None:
    """A signal came meanwhile: the workflow has to look at it before it may end."""
    c.start()
    task = c.poll()
    c.signal("news", input=payloads(1))
    c.complete(task, timer(), *commands)
    c.history()
    c.describe()
    c.step(done())
    c.history()


# Failures -----------------------------------------------------------------------------------------------------------

CAUSES = [
    "UNSPECIFIED",
    "WORKFLOW_WORKER_UNHANDLED_FAILURE",
    "NON_DETERMINISTIC_ERROR",
    "UNHANDLED_COMMAND",
    "RESET_STICKY_TASK_QUEUE",
    "FORCE_CLOSE_COMMAND",
    "BAD_BINARY",
    "GRPC_MESSAGE_TOO_LARGE",
    "PAYLOADS_TOO_LARGE",
    "BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE",
]


@cases_of({cause.lower(): cause for cause in CAUSES})
def worker_fails_task(c: Client, cause: str) -> None:
    c.start()
    task = c.poll()
    c.call(
        "RespondWorkflowTaskFailed",
        task_token=task.task_token,
        cause=f"WORKFLOW_TASK_FAILED_CAUSE_{cause}",
        failure=failure("it panicked", stack_trace="here"),
        binary_checksum="abc",
    )
    c.history()
    c.describe()


@case
def task_fails_twice_and_then_completes(c: Client) -> None:
    c.start()
    for message in ("first", "second"):
        task = c.poll()
        c.call("RespondWorkflowTaskFailed", task_token=task.task_token, failure=failure(message))
        c.describe()
    task = c.poll()
    c.history()
    c.describe()
    c.complete(task, timer())
    c.history()


@case
def signal_between_failing_attempts(c: Client) -> None:
    c.start()
    for _ in range(2):
        task = c.poll()
        c.call("RespondWorkflowTaskFailed", task_token=task.task_token, failure=failure("no"))
    c.signal("news")
    c.describe()
    task = c.poll()
    c.history()
    c.complete(task, done())
    c.history()


@case
def signal_while_a_failing_attempt_runs(c: Client) -> None:
    c.start()
    for _ in range(2):
        task = c.poll()
        c.call("RespondWorkflowTaskFailed", task_token=task.task_token, failure=failure("no"))
    task = c.poll()
    c.signal("news")
    c.history()
    c.call("RespondWorkflowTaskFailed", task_token=task.task_token, failure=failure("no"))
    c.history()
    task = c.poll()
    c.signal("more news")
    c.complete(task, timer())
    c.history()
    c.step(done())
    c.history()


@case
def task_times_out(c: Client) -> None:
    c.start(workflow_task_timeout=seconds(1))
    late = c.poll()
    task = c.poll()
    c.complete(late, done())
    c.history()
    c.describe()
    c.complete(task, done())
    c.history()


@case
def transient_task_times_out(c: Client) -> None:
    c.start(workflow_task_timeout=seconds(1))
    task = c.poll()
    c.call("RespondWorkflowTaskFailed", task_token=task.task_token, failure=failure("no"))
    c.poll()
    task = c.poll()
    c.describe()
    c.history()
    c.complete(task, timer())
    c.history()


# Answers that come late, twice, or from nowhere -------------------------------------------------------------------------


@case
def answers_twice(c: Client) -> None:
    c.start()
    task = c.step(timer())
    c.complete(task, done())
    c.call("RespondWorkflowTaskFailed", task_token=task.task_token)
    c.history()


@case
def answers_after_the_end(c: Client) -> None:
    c.start()
    task = c.poll()
    c.terminate()
    c.complete(task, done())
    c.call("RespondWorkflowTaskFailed", task_token=task.task_token)


@case
def answers_after_failing(c: Client) -> None:
    c.start()
    task = c.poll()
    c.call("RespondWorkflowTaskFailed", task_token=task.task_token, failure=failure("no"))
    c.call("RespondWorkflowTaskFailed", task_token=task.task_token, failure=failure("no"))
    c.complete(task, done())


@case
def forged_tokens(c: Client) -> None:
    for rpc in ("RespondWorkflowTaskCompleted", "RespondWorkflowTaskFailed"):
        c.call(rpc)
        c.call(rpc, task_token=b"no token")


# Buffering --------------------------------------------------------------------------------------------------------------


@case
def what_comes_during_a_task_waits_for_its_end(c: Client) -> None:
    c.start()
    c.step(activity(task_queue={"name": c.queue}), timer(start_to_fire_timeout=seconds(3)))
    c.signal("wake")
    task = c.poll()
    work = c.poll_activity()
    c.call("RespondActivityTaskCompleted", task_token=work.task_token, result=payloads(1))
    c.signal("one")
    c.call("RequestCancelWorkflowExecution", workflow_execution=c.of(), reason="enough")
    c.signal("two")
    c.sleep(3.5)
    c.history()
    c.describe()
    c.complete(task, timer(timer_id="u"))
    c.history()
    c.step(done())
    c.history()


@case
def buffered_until_the_task_fails(c: Client) -> None:
    c.start()
    task = c.poll()
    c.signal("one")
    c.call("RespondWorkflowTaskFailed", task_token=task.task_token, failure=failure("no"))
    c.history()
    c.describe()
    c.step(done())
    c.history()


@case
def buffered_until_the_task_times_out(c: Client) -> None:
    c.start(workflow_task_timeout=seconds(1))
    c.poll()
    c.signal("one")
    c.step(done())
    c.history()


@case
def cancel_of_a_timer_that_fired_meanwhile(c: Client) -> None:
    c.start()
    c.step(timer(start_to_fire_timeout=seconds(1)), timer(timer_id="u", start_to_fire_timeout=seconds(1)))
    c.signal("wake")
    task = c.poll()
    c.sleep(1.5)
    c.complete(task, command("cancel_timer", timer_id="t"))
    c.history()
    c.step(done())
    c.history()


@case
def close_when_the_only_news_is_a_timer_that_it_cancels(c: Client) -> None:
    c.start()
    c.step(timer(start_to_fire_timeout=seconds(1)))
    c.signal("wake")
    task = c.poll()
    c.sleep(1.5)
    c.complete(task, command("cancel_timer", timer_id="t"), done())
    c.history()


# Sticky -----------------------------------------------------------------------------------------------------------------


def sticky(c: Client, timeout: float = 5) -> dict:
    return {
        "worker_task_queue": sticky_queue(c),
        "schedule_to_start_timeout": seconds(timeout),
    }


def sticky_queue(c: Client) -> dict:
    return {"name": f"{c.queue} sticky", "kind": "TASK_QUEUE_KIND_STICKY", "normal_name": c.queue}


@case
def sticky_task_carries_only_what_is_new(c: Client) -> None:
    c.start()
    with c.background(c.poll, task_queue=sticky_queue(c)) as polled:
        c.step(timer(), sticky_attributes=sticky(c))
        c.signal("news")
        task = polled.result()
    c.describe()
    c.complete(task, done())
    c.history()


@case
def sticky_task_that_nobody_takes(c: Client) -> None:
    c.start()
    with c.quietly():
        c.poll(task_queue=sticky_queue(c), timeout=2.5)
    c.step(timer(), sticky_attributes=sticky(c, 1))
    c.signal("news")
    c.describe()
    task = c.poll()
    c.describe()
    c.complete(task, done())
    c.history()


@case
def sticky_queue_without_a_poller(c: Client) -> None:
    c.start()
    c.step(timer(), sticky_attributes=sticky(c))
    c.signal("news")
    c.step(done())
    c.history()


@case
def sticky_task_that_fails(c: Client) -> None:
    c.start()
    with c.background(c.poll, task_queue=sticky_queue(c)) as polled:
        c.step(timer(), sticky_attributes=sticky(c))
        c.signal("news")
        task = polled.result()
    c.call("RespondWorkflowTaskFailed", task_token=task.task_token, failure=failure("no"))
    c.describe()
    task = c.poll()
    c.history()
    c.call("RespondWorkflowTaskFailed", task_token=task.task_token, failure=failure("no"))
    c.describe()
    c.step(done())
    c.history()


@case
def sticky_task_that_times_out(c: Client) -> None:
    c.start(workflow_task_timeout=seconds(1))
    with c.background(c.poll, task_queue=sticky_queue(c)) as polled:
        c.step(timer(), sticky_attributes=sticky(c))
        c.signal("news")
        polled.result()
    task = c.poll()
    c.describe()
    c.complete(task, done())
    c.history()


@case
def sticky_until_reset(c: Client) -> None:
    c.start()
    with c.quietly():
        c.poll(task_queue=sticky_queue(c), timeout=2.5)
    c.step(timer(), sticky_attributes=sticky(c, 100))
    c.call("ResetStickyTaskQueue", execution=c.of())
    c.signal("news")
    c.step(done())
    c.history()
    c.call("ResetStickyTaskQueue", execution=c.of())
    c.call("ResetStickyTaskQueue", execution=c.of("nobody"))


@case
def sticky_until_not_said_again(c: Client) -> None:
    c.start()
    with c.background(c.poll, task_queue=sticky_queue(c)) as polled:
        c.step(timer(), sticky_attributes=sticky(c))
        c.signal("news")
        task = polled.result()
    c.complete(task, timer(timer_id="u"))
    c.signal("more")
    c.step(done())
    c.history()


@case
def sticky_attributes_that_are_odd(c: Client) -> None:
    c.start()
    c.step(timer(), sticky_attributes={"worker_task_queue": sticky_queue(c)})
    c.signal("news")
    c.step(timer(timer_id="u"), sticky_attributes={"schedule_to_start_timeout": seconds(1)})
    c.signal("news")
    c.step(done())
    c.history()


# More tasks ---------------------------------------------------------------------------------------------------------------


@case
def heartbeat(c: Client) -> None:
    c.start()
    task = c.poll()
    answer = c.complete(task, force_create_new_workflow_task=True, return_new_workflow_task=True)
    answer = c.complete(answer.workflow_task, force_create_new_workflow_task=True)
    c.describe()
    c.step(done())
    c.history()


@case
def next_task_with_the_answer(c: Client) -> None:
    c.start()
    task = c.poll()
    c.signal("news")
    answer = c.complete(task, timer(), return_new_workflow_task=True, sticky_attributes=sticky(c))
    answer = c.complete(answer.workflow_task, timer(timer_id="u"), return_new_workflow_task=True)
    c.history()
    c.signal("more")
    c.step(done(), return_new_workflow_task=True)
    c.history()


@case
def forced_task_with_commands(c: Client) -> None:
    c.start()
    c.step(timer(), force_create_new_workflow_task=True)
    c.step(done(), force_create_new_workflow_task=True)
    c.history()


@case
def eager_start(c: Client) -> None:
    answer = c.start(request_eager_execution=True, eager_worker_deployment_options={})
    c.start(request_eager_execution=True)
    c.history()
    c.complete(answer.eager_workflow_task, timer())
    c.start(request_eager_execution=True)
    c.history()


@case
def eager_start_that_is_not_used(c: Client) -> None:
    c.start(request_eager_execution=True, workflow_task_timeout=seconds(1))
    c.step(done())
    c.history()


@case
def eager_start_later(c: Client) -> None:
    c.start(request_eager_execution=True, workflow_start_delay=seconds(1))
    c.step(done())
    c.history()


@case
def eager_activity(c: Client) -> None:
    c.start()
    task = c.poll()
    answer = c.complete(
        task,
        activity(task_queue={"name": c.queue}, request_eager_execution=True, input=payloads(1)),
        activity(activity_id="2", request_eager_execution=True),
        activity(activity_id="3"),
    )
    c.describe()
    c.call("RespondActivityTaskCompleted", task_token=answer.activity_tasks[0].task_token, result=payloads(1))
    c.step(done())
    c.history()


# What a task writes ---------------------------------------------------------------------------------------------------------


@case
def marker(c: Client) -> None:
    c.start()
    c.step(
        command(
            "record_marker",
            marker_name="Version",
            details={"a": payloads(1), "b": payloads("two")},
            header={"fields": {"h": payload(1)}},
            failure=failure("a failure"),
        ),
        done(),
    )
    c.history()


@case
def patch(c: Client) -> None:
    c.start()
    version = {"indexed_fields": {"TemporalChangeVersion": payload(["patch-1"])}}
    c.step(command("record_marker", marker_name="core_patch"), command("upsert_workflow_search_attributes", search_attributes=version))
    c.history()
    c.describe()


@case
def memo_changes(c: Client) -> None:
    c.start(memo={"fields": {"a": payload(1), "b": payload(2)}})
    none = {"metadata": {"encoding": b"binary/null"}}
    c.step(command("modify_workflow_properties", upserted_memo={"fields": {"a": payload(3), "b": none, "c": payload(4)}}))
    c.history()
    c.describe()


@case
def search_attribute_is_removed(c: Client) -> None:
    none = {"metadata": {"encoding": b"binary/null"}}
    c.start(search_attributes={"indexed_fields": {"TemporalChangeVersion": payload(["a"])}})
    c.describe()
    c.step(
        command("upsert_workflow_search_attributes", search_attributes={"indexed_fields": {"TemporalChangeVersion": none}})
    )
    c.history()
    c.describe()


@case
def command_with_a_summary(c: Client) -> None:
    c.start()
    said = timer()
    said.user_metadata.summary.MergeFrom(payload("a summary"))
    c.step(said)
    c.history()


@case
def task_with_sdk_metadata(c: Client) -> None:
    c.start()
    c.step(
        timer(),
        sdk_metadata={"core_used_flags": [1, 2], "lang_used_flags": [3], "sdk_name": "rust", "sdk_version": "1"},
        metering_metadata={"nonfirst_local_activity_execution_attempts": 4},
        binary_checksum="abc",
        worker_version_stamp={"build_id": "abc"},
        capabilities={"discard_speculative_workflow_task_with_events": True},
    )
    c.history()
    c.describe()


@case
def many_signals_suggest_nothing(c: Client) -> None:
    c.start()
    with c.quietly():
        for n in range(30):
            c.signal("s", input=payloads(n))
    c.step(done())
    c.history()


@case
def polls_that_are_refused(c: Client) -> None:
    c.poll(task_queue={})
    c.poll(task_queue={"name": LONG})
    c.poll(task_queue={"name": "x", "kind": "TASK_QUEUE_KIND_STICKY"})
    c.poll(timeout=1)
    c.poll(namespace="no-such-namespace")
    c.poll_activity(task_queue={})
    c.poll_activity(task_queue={"name": LONG})
    c.poll_activity(timeout=1)
    c.poll_activity(namespace="no-such-namespace")
    c.poll(identity="x" * 1001)


@case
def oversized_result_ends_the_workflow(c: Client) -> None:
    c.start()
    task = c.poll()
    with c.quietly():
        # The reference gives a cause that is that of activities.
        c.complete(task, done("x" * (2 * 1024 * 1024 + 10)))
    c.describe()


@case
def oversized_activity_input(c: Client) -> None:
    c.start()
    c.step(activity(input=payloads("x" * (2 * 1024 * 1024 + 10))))
    c.history()
