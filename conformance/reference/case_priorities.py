"""Priority and fairness, links, summaries: what is carried from where to where."""

from harness import Client, case, cases_of, command, done, failure, payload, payloads, seconds

FULL = {"priority_key": 2, "fairness_key": "f", "fairness_weight": 2.0}


def activity(c: Client, **fields: object):
    fields = {
        "activity_id": "1",
        "activity_type": {"name": "Greet"},
        "task_queue": {"name": c.queue},
        "start_to_close_timeout": seconds(10),
        **fields,
    }
    return command("schedule_activity_task", **fields)


def child(c: Client, **fields: object):
    fields = {"workflow_id": f"{c.id} child", "workflow_type": {"name": "Child"}, "task_queue": {"name": f"{c.queue} child"}, **fields}
    return command("start_child_workflow_execution", **fields)


PRIORITIES = {
    "none": None,
    "empty": {},
    "key": {"priority_key": 1},
    "fairness": {"fairness_key": "tenant", "fairness_weight": 3.5},
    "weight_only": {"fairness_weight": 0.5},
    "full": FULL,
}


@cases_of(PRIORITIES)
def priority_is_handed_down(c: Client, priority) -> None:
    """To activities and children, which may have another, in part or in whole."""
    with c.quietly():
        c.start(priority=priority)
    task = c.poll()
    c.complete(
        task,
        activity(c),
        activity(c, activity_id="2", priority={"priority_key": 4}),
        activity(c, activity_id="3", priority={"fairness_key": "other"}),
        activity(c, activity_id="4", priority={}),
        child(c),
        child(c, workflow_id=f"{c.id} other", priority={"fairness_weight": 5.0}),
    )
    with c.quietly():
        taken = [c.poll_activity() for _ in range(4)]
        described = c.describe()
        for _ in range(50):
            if all(it.run_id for it in described.pending_children):
                break
            c.sleep(0.1)
            described = c.describe()
    c.note("taken", {it.activity_id: c.plain(it.priority) for it in taken})
    c.note("pending", {it.activity_id: c.plain(it.priority) for it in described.pending_activities})
    c.note("run", c.plain(described.workflow_execution_info.priority))
    for name in ("child", "other"):
        c.history(f"{c.id} {name}")
    with c.quietly():
        c.terminate()


@cases_of(PRIORITIES)
def priority_goes_on(c: Client, priority) -> None:
    with c.quietly():
        c.start(priority=priority)
    c.step(command("continue_as_new_workflow_execution"))
    c.history()
    with c.quietly():
        listed = c.describe().workflow_execution_info
        c.terminate()
    c.note("run", c.plain(listed.priority))


WRONG = {
    "negative": {"priority_key": -1},
    "too_low": {"priority_key": 6},
    "long": {"fairness_key": "k" * 65},
    "long_letters": {"fairness_key": "é" * 33},
    "weight": {"fairness_weight": -0.5},
    "small_weight": {"fairness_weight": 0.0001},
    "large_weight": {"fairness_weight": 1e9},
}


@cases_of(WRONG)
def priority_is_wrong(c: Client, priority) -> None:
    c.start(priority=priority)
    c.signal_with_start("s", f"{c.id} signalled", priority=priority)
    with c.quietly():
        c.start(f"{c.id} right")
        task = c.poll()
        while task.workflow_execution.workflow_id != f"{c.id} right":
            c.complete(task, done())
            task = c.poll()
    c.complete(task, activity(c, priority=priority))
    with c.quietly():
        events = c.history(f"{c.id} right").history.events
    c.note("events", [it.event_type for it in events])
    if events[-1].event_type != 5:
        return
    with c.quietly():
        task = c.poll()
    c.complete(task, child(c, priority=priority))
    with c.quietly():
        c.terminate(f"{c.id} right")


@case
def summaries(c: Client) -> None:
    """Each command may have a summary and details, which are on its event."""
    both = {"summary": payload("summary"), "details": payload("details")}
    commands = [
        activity(c),
        child(c),
        command("start_timer", timer_id="t", start_to_fire_timeout=seconds(100)),
        command("record_marker", marker_name="m"),
        command("signal_external_workflow_execution", namespace="default", execution={"workflow_id": "w"}, signal_name="s"),
        command("request_cancel_external_workflow_execution", namespace="default", workflow_id="w"),
        command("upsert_workflow_search_attributes", search_attributes={"indexed_fields": {"BatcherUser": payload("me")}}),
        command("modify_workflow_properties", upserted_memo={"fields": {"m": payload(1)}}),
        command("cancel_timer", timer_id="t"),
        command("request_cancel_activity_task", scheduled_event_id=5),
    ]
    for it in commands:
        it.user_metadata.summary.CopyFrom(both["summary"])
        it.user_metadata.details.CopyFrom(both["details"])
    with c.quietly():
        c.start(user_metadata=both)
        task = c.poll()
    c.complete(task, *commands)
    with c.quietly():
        events = c.history().history.events
        described = c.describe()
        c.terminate()
    c.note("events", [[it.event_type, c.plain(it.user_metadata)] for it in events[:15]])
    c.note("config", c.plain(described.execution_config))


@cases_of(
    {
        "complete": done(1),
        "fail": command("fail_workflow_execution", failure=failure("no")),
        "cancel": command("cancel_workflow_execution"),
        "again": command("continue_as_new_workflow_execution"),
    }
)
def summary_of_an_end(c: Client, it) -> None:
    it.user_metadata.summary.CopyFrom(payload("summary"))
    with c.quietly():
        started = c.start()
        c.step(it)
    c.history(run_id=started.run_id)
    with c.quietly():
        c.terminate()


LINK = {"workflow_event": {"namespace": "default", "workflow_id": "w", "run_id": "11111111-2222-3333-4444-555555555555"}}
OF_EVENT = {
    "workflow_event": {
        **LINK["workflow_event"],
        "event_ref": {"event_id": 5, "event_type": "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED"},
    }
}
OF_REQUEST = {
    "workflow_event": {
        **LINK["workflow_event"],
        "request_id_ref": {"request_id": "r", "event_type": "EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED"},
    }
}
OF_BATCH = {"batch_job": {"job_id": "j"}}


@cases_of({"plain": [LINK], "event": [OF_EVENT], "request": [OF_REQUEST], "batch": [OF_BATCH], "many": [LINK, OF_EVENT, OF_BATCH]})
def links_are_kept(c: Client, links) -> None:
    c.start(links=links)
    c.signal("s", links=links)
    c.signal_with_start("t", links=links)
    c.cancel(links=links)
    c.start(
        links=links,
        request_id="another",
        workflow_id_conflict_policy="WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING",
        on_conflict_options={"attach_request_id": True, "attach_links": True},
    )
    c.terminate(links=links)
    c.history()


@cases_of({"plain": [LINK], "event": [OF_EVENT], "batch": [OF_BATCH]})
def links_while_a_task_is_started(c: Client, links) -> None:
    with c.quietly():
        c.start()
        task = c.poll()
    c.signal("s", links=links)
    c.cancel(links=links)
    c.start(
        links=links,
        request_id="another",
        workflow_id_conflict_policy="WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING",
        on_conflict_options={"attach_request_id": True, "attach_links": True},
    )
    c.describe()
    c.complete(task)
    c.history()
    c.describe()


@case
def links_of_commands(c: Client) -> None:
    """Commands cannot have any."""
    with c.quietly():
        c.start(f"{c.id} target")
        c.start(links=[LINK])
        task = c.poll()
        while task.workflow_execution.workflow_id != c.id:
            task = c.poll()
    target = {"workflow_id": f"{c.id} target"}
    c.complete(
        task,
        child(c),
        command("signal_external_workflow_execution", namespace="default", execution=target, signal_name="s"),
        command("request_cancel_external_workflow_execution", namespace="default", **target),
    )
    c.sleep(1.5)
    for workflow_id in (f"{c.id} target", f"{c.id} child"):
        with c.quietly():
            events = c.history(workflow_id).history.events
        c.note("links", [[it.event_type, [c.plain(link) for link in it.links]] for it in events])


@case
def urgent_tasks_come_first(c: Client) -> None:
    """Of one queue, where the tasks wait: by their keys, from the lowest, and those without in the middle."""
    keys = [5, 1, 0, 3, 2, 4]
    with c.quietly():
        for key in keys:
            c.start(f"{c.id} {key}", priority={"priority_key": key})
        c.sleep(2)
        taken = [c.poll().workflow_execution.workflow_id.removeprefix(f"{c.id} ") for _ in keys]
    c.note("first", taken[:2])
    c.note("last", taken[-2:])
    c.note("middle", sorted(taken[2:4]))
