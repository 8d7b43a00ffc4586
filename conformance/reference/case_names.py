"""Names that are too long, missing or reserved, in each request that has some."""

from harness import Client, case, cases_of, command, done, failure, payload, payloads, seconds

LONG = "x" * 1001
FITS = "x" * 1000
RUN = "11111111-2222-3333-4444-555555555555"

STARTS = {
    "id": {"workflow_id": LONG},
    "id_that_fits": {"workflow_id": FITS},
    "type": {"workflow_type": {"name": LONG}},
    "no_type": {"workflow_type": {}},
    "queue": {"task_queue": {"name": LONG}},
    "no_queue": {"task_queue": {}},
    "reserved_queue": {"task_queue": {"name": "/_sys/q"}},
    "request_id": {"request_id": LONG},
    "identity": {"identity": LONG},
    "namespace": {"namespace": LONG},
    "no_namespace": {"namespace": ""},
    "sticky_queue": {"task_queue": {"name": "q", "kind": "TASK_QUEUE_KIND_STICKY", "normal_name": "n"}},
    "sticky_queue_of_nothing": {"task_queue": {"name": "q", "kind": "TASK_QUEUE_KIND_STICKY"}},
    "summary": {"user_metadata": {"summary": payload("x" * 1000)}},
    "details": {"user_metadata": {"details": payload("x" * 50_000)}},
    "not_a_queue_name": {"task_queue": {"name": "q \t\n"}},
    "type_of_queue": {"task_queue": {"name": "q", "kind": 7}},
    "bad_utf8_free": {"workflow_type": {"name": "Ünïcode ☃"}},
    "priority": {"priority": {"priority_key": -1}},
    "priority_too_high": {"priority": {"priority_key": 6}},
    "fairness_key": {"priority": {"fairness_key": "k" * 65}},
    "fairness_key_that_fits": {"priority": {"fairness_key": "k" * 64}},
    "fairness_weight": {"priority": {"fairness_weight": -1.0}},
}


@cases_of(STARTS)
def long_start(c: Client, fields) -> None:
    fields = {"workflow_id": c.id, **fields}
    c.start(**fields)
    with_start = {"workflow_id": c.id, **fields}
    c.signal_with_start("s", **with_start)
    c.terminate(fields["workflow_id"]) if fields["workflow_id"] != LONG else None


@case
def long_signal_with_start(c: Client) -> None:
    c.signal_with_start(LONG)
    c.signal_with_start("")
    c.signal_with_start("s", control="x" * 1001)


@case
def long_signals(c: Client) -> None:
    with c.quietly():
        c.start()
    c.signal(LONG)
    c.signal("")
    c.signal("s", request_id=LONG)
    c.signal("s", identity=LONG)
    c.signal("s", LONG)
    c.signal("s", namespace=LONG)
    c.signal("s", namespace="")
    c.call("SignalWorkflowExecution", signal_name="s")
    c.call("SignalWorkflowExecution", signal_name="s", workflow_execution={"workflow_id": c.id, "run_id": "x"})
    c.terminate()


@case
def long_cancels(c: Client) -> None:
    with c.quietly():
        c.start()
    c.cancel(LONG)
    c.cancel(request_id=LONG)
    c.cancel(identity=LONG)
    c.cancel(first_execution_run_id="x")
    c.cancel(first_execution_run_id=RUN)
    c.cancel(reason="r" * 100_000)
    c.terminate(LONG)
    c.terminate(identity=LONG)
    with c.quietly():
        # There it has "already completed".
        refused = c.terminate(first_execution_run_id=RUN)
    c.note("of another chain", str(refused.code))
    c.call("RequestCancelWorkflowExecution")
    c.call("TerminateWorkflowExecution")
    c.terminate()


@case
def long_reads(c: Client) -> None:
    with c.quietly():
        c.start()
    c.describe(LONG)
    c.history(LONG)
    c.call("DescribeWorkflowExecution")
    c.call("DescribeWorkflowExecution", execution={"workflow_id": c.id, "run_id": "x"})
    c.call("DescribeWorkflowExecution", execution=c.of(), namespace="")
    c.call("DescribeWorkflowExecution", execution=c.of(), namespace=LONG)
    c.call("GetWorkflowExecutionHistory")
    c.call("GetWorkflowExecutionHistory", execution={"workflow_id": c.id, "run_id": "x"})
    c.call("GetWorkflowExecutionHistory", execution=c.of(), next_page_token=b"x")
    c.call("GetWorkflowExecutionHistory", execution=c.of(), maximum_page_size=-1)
    c.call("GetWorkflowExecutionHistoryReverse")
    c.call("GetWorkflowExecutionHistoryReverse", execution=c.of(), next_page_token=b"x")
    c.call("GetWorkflowExecutionHistoryReverse", execution=c.of(LONG))
    c.call("DeleteWorkflowExecution")
    c.call("DeleteWorkflowExecution", workflow_execution=c.of(LONG))
    c.call("QueryWorkflow", execution=c.of(LONG), query={"query_type": "q"})
    c.call("QueryWorkflow", execution=c.of())
    c.call("QueryWorkflow", execution=c.of(), query={})
    c.call("QueryWorkflow", query={"query_type": "q"})
    c.terminate()


@case
def long_updates(c: Client) -> None:
    with c.quietly():
        c.start()
    update = lambda **it: {"meta": {"update_id": "u"}, "input": {"name": "n"}, **it}
    asked = lambda request, **it: c.call(
        "UpdateWorkflowExecution", **{"workflow_execution": c.of(), "request": request, "timeout": 5, **it}
    )
    asked(update(meta={"update_id": LONG}))
    asked(update(input={}))
    asked({"meta": {"update_id": "u"}})
    asked({"input": {}})
    asked(None)
    asked(update(), workflow_execution=c.of(LONG))
    asked(update(), workflow_execution={})
    asked(update(), first_execution_run_id="x")
    asked(update(), first_execution_run_id=RUN)
    c.call("PollWorkflowExecutionUpdate")
    c.call("PollWorkflowExecutionUpdate", update_ref={"workflow_execution": c.of(), "update_id": LONG})
    c.call("PollWorkflowExecutionUpdate", update_ref={"workflow_execution": c.of()})
    c.call("PollWorkflowExecutionUpdate", update_ref={"update_id": "u"})
    c.terminate()


@case
def long_polls(c: Client) -> None:
    c.poll(identity=LONG, timeout=3)
    c.poll(task_queue={"name": LONG}, timeout=3)
    c.poll(task_queue={"name": "/_sys/x"}, timeout=3)
    c.poll(task_queue={"name": "/_sys/x/0"}, timeout=3)
    c.poll(task_queue={"name": f"{c.queue} odd", "kind": 9}, timeout=3)
    c.poll(binary_checksum=LONG, timeout=3)
    c.poll_activity(identity=LONG, timeout=3)
    c.poll_activity(task_queue={"name": LONG}, timeout=3)
    c.poll_activity(task_queue_metadata={"max_tasks_per_second": {"value": -1}}, timeout=3)


@case
def long_answers(c: Client) -> None:
    activity = command(
        "schedule_activity_task",
        activity_id="1",
        activity_type={"name": "Greet"},
        task_queue={"name": c.queue},
        start_to_close_timeout=seconds(10),
    )
    with c.quietly():
        c.start()
        task = c.poll()
    c.complete(task, identity=LONG)
    c.call("RespondWorkflowTaskFailed", task_token=task.task_token, identity=LONG)
    c.complete(task, activity)
    with c.quietly():
        work = c.poll_activity()
    token = {"task_token": work.task_token, "identity": LONG}
    for rpc in (
        "RecordActivityTaskHeartbeat",
        "RespondActivityTaskCompleted",
        "RespondActivityTaskFailed",
        "RespondActivityTaskCanceled",
    ):
        c.call(rpc, **token)
    for rpc in (
        "RecordActivityTaskHeartbeatById",
        "RespondActivityTaskCompletedById",
        "RespondActivityTaskFailedById",
        "RespondActivityTaskCanceledById",
    ):
        c.call(rpc, workflow_id=c.id, activity_id="1", identity=LONG)
        c.call(rpc, workflow_id=LONG, activity_id="1")
        c.call(rpc, workflow_id=c.id, activity_id=LONG)
        c.call(rpc, workflow_id=c.id, activity_id="1", run_id="x")
        c.call(rpc, workflow_id=c.id)
    c.terminate()


COMMANDS = {
    "timer": command("start_timer", timer_id=LONG, start_to_fire_timeout=seconds(1)),
    "no_timer": command("start_timer", start_to_fire_timeout=seconds(1)),
    "timer_cancel": command("cancel_timer", timer_id=LONG),
    "marker": command("record_marker", marker_name=LONG),
    "no_marker": command("record_marker"),
    "signal": command("signal_external_workflow_execution", namespace="default", execution={"workflow_id": "w"}, signal_name=LONG),
    "no_signal": command("signal_external_workflow_execution", execution={"workflow_id": "w"}),
    "signalled": command("signal_external_workflow_execution", execution={"workflow_id": LONG}, signal_name="s"),
    "signalled_run": command(
        "signal_external_workflow_execution", execution={"workflow_id": "w", "run_id": "x"}, signal_name="s"
    ),
    "signal_control": command(
        "signal_external_workflow_execution",
        namespace="default",
        execution={"workflow_id": "w"},
        signal_name="s",
        control=LONG,
    ),
    "cancelled": command("request_cancel_external_workflow_execution", workflow_id=LONG),
    "cancelled_run": command("request_cancel_external_workflow_execution", workflow_id="w", run_id="x"),
    "no_cancelled": command("request_cancel_external_workflow_execution"),
    "child": command("start_child_workflow_execution", workflow_id=LONG, workflow_type={"name": "Child"}),
    "child_type": command("start_child_workflow_execution", workflow_id="w", workflow_type={"name": LONG}),
    "child_without_type": command("start_child_workflow_execution", workflow_id="w"),
    "child_queue": command(
        "start_child_workflow_execution", workflow_id="w", workflow_type={"name": "C"}, task_queue={"name": LONG}
    ),
    "child_reserved_queue": command(
        "start_child_workflow_execution", workflow_id="w", workflow_type={"name": "C"}, task_queue={"name": "/_sys/q"}
    ),
    "again_type": command("continue_as_new_workflow_execution", workflow_type={"name": LONG}),
    "again_queue": command("continue_as_new_workflow_execution", task_queue={"name": LONG}),
    "again_reserved_queue": command("continue_as_new_workflow_execution", task_queue={"name": "/_sys/q"}),
    "fail_without_failure": command("fail_workflow_execution"),
    "cancel_without_details": command("cancel_workflow_execution"),
}


@cases_of(COMMANDS)
def long_command(c: Client, it) -> None:
    with c.quietly():
        c.start()
        task = c.poll()
    c.complete(task, it)
    with c.quietly():
        # What follows on the event of the command takes its time.
        events = c.history().history.events[:5]
        c.terminate()
    c.note("events", [c.plain(event) for event in events])


ACTIVITIES = {
    "id": {"activity_id": LONG},
    "no_id": {"activity_id": ""},
    "type": {"activity_type": {"name": LONG}},
    "no_type": {"activity_type": {}},
    "queue": {"task_queue": {"name": LONG}},
    "reserved_queue": {"task_queue": {"name": "/_sys/q"}},
    "priority": {"priority": {"priority_key": -1}},
    "fairness_key": {"priority": {"fairness_key": "k" * 65}},
}


@cases_of(ACTIVITIES)
def long_activity(c: Client, fields) -> None:
    fields = {
        "activity_id": "1",
        "activity_type": {"name": "Greet"},
        "task_queue": {"name": c.queue},
        "start_to_close_timeout": seconds(10),
        **fields,
    }
    with c.quietly():
        c.start()
        task = c.poll()
    c.complete(task, command("schedule_activity_task", **fields))
    c.history()
    with c.quietly():
        c.terminate()


@case
def command_with_large_metadata(c: Client) -> None:
    with c.quietly():
        c.start()
        task = c.poll()
    it = command("start_timer", timer_id="t", start_to_fire_timeout=seconds(1))
    it.user_metadata.summary.CopyFrom(payload("x" * 1000))
    it.user_metadata.details.CopyFrom(payload("x" * 30_000))
    c.complete(task, it)
    with c.quietly():
        events = c.history().history.events
        c.terminate()
    c.note("events", [it.event_type for it in events])


@case
def links_that_are_too_many(c: Client) -> None:
    link = {"workflow_event": {"namespace": "default", "workflow_id": "w", "run_id": "r"}}
    large = {"workflow_event": {"namespace": "default", "workflow_id": "w" * 4001, "run_id": "r"}}
    for number, links in enumerate(
        (
            [link] * 11,
            [link] * 10,
            [large],
            [{}],
            [{"workflow_event": {}}],
            [{"workflow_event": {"namespace": "default"}}],
            [{"workflow_event": {"namespace": "default", "workflow_id": "w"}}],
            [{"batch_job": {}}],
            [{"batch_job": {"job_id": "j"}}],
        )
    ):
        c.start(f"{c.id} {number}", links=links)
        c.signal("s", f"{c.id} 1", links=links)
        c.cancel(f"{c.id} 1", links=links, request_id=str(number))
    c.terminate(f"{c.id} 1", links=[link] * 11)
    c.terminate(f"{c.id} 1", links=[large])
    c.terminate(f"{c.id} 1", links=[link] * 2)
    c.history(f"{c.id} 1")


@case
def callbacks_are_refused(c: Client) -> None:
    # The dev server takes them; ours says that it does not.
    with c.quietly():
        refusal = c.start(completion_callbacks=[{"nexus": {"url": "x" * 1001}}])
    c.note("refused", hasattr(refusal, "code"))
