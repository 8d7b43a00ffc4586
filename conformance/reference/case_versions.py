"""What workers say of their version, and where it is seen again. No call asks that tasks be routed by it."""

from harness import Client, case, command, done, failure, payloads, seconds

STAMP = {"build_id": "build-1"}
CAPABILITIES = {"build_id": "build-1", "use_versioning": False}
DEPLOYED = {"deployment_name": "depl", "build_id": "build-1", "worker_versioning_mode": "WORKER_VERSIONING_MODE_UNVERSIONED"}
OWN_LIMIT = {"effective_rate_limit"}


def activity(c: Client, **fields: object):
    fields = {
        "activity_id": "1",
        "activity_type": {"name": "Greet"},
        "task_queue": {"name": c.queue},
        "start_to_close_timeout": seconds(60),
        **fields,
    }
    return command("schedule_activity_task", **fields)


def runs(c: Client, polled: dict, answered: dict, acted: dict) -> None:
    """A workflow with an activity that fails once, by workers that say so in polls and answers."""
    c.ignored |= OWN_LIMIT
    with c.quietly():
        c.start()
        task = c.poll(**polled)
    c.complete(task, activity(c, retry_policy={"initial_interval": seconds(2)}), **answered)
    c.describe()
    with c.quietly():
        work = c.poll_activity(**polled)
    c.describe()
    c.call("RespondActivityTaskFailed", task_token=work.task_token, failure=failure("once"), **acted)
    c.describe()
    with c.quietly():
        work = c.poll_activity(**polled)
    c.call("RespondActivityTaskCompleted", task_token=work.task_token, **acted)
    with c.quietly():
        task = c.poll(**polled)
    refused = {"worker_version" if it == "worker_version_stamp" else it: value for it, value in answered.items()}
    c.call("RespondWorkflowTaskFailed", task_token=task.task_token, failure=failure("no"), **refused)
    with c.quietly():
        task = c.poll(**polled)
    c.complete(task, done(), **answered)
    c.history()
    c.describe()
    for kind in ("TASK_QUEUE_TYPE_WORKFLOW", "TASK_QUEUE_TYPE_ACTIVITY"):
        c.call("DescribeTaskQueue", task_queue={"name": c.queue}, task_queue_type=kind)


@case
def version_is_not_said(c: Client) -> None:
    runs(c, {}, {}, {})


@case
def version_as_checksum(c: Client) -> None:
    runs(c, {}, {"binary_checksum": "sum"}, {})


@case
def version_as_stamp(c: Client) -> None:
    runs(c, {"worker_version_capabilities": CAPABILITIES}, {"worker_version_stamp": STAMP}, {"worker_version": STAMP})


@case
def version_as_stamp_without_capabilities(c: Client) -> None:
    runs(c, {}, {"worker_version_stamp": STAMP}, {"worker_version": STAMP})


@case
def version_as_capabilities_only(c: Client) -> None:
    runs(c, {"worker_version_capabilities": CAPABILITIES}, {}, {})


@case
def version_as_deployment(c: Client) -> None:
    runs(
        c,
        {"deployment_options": DEPLOYED},
        {"deployment_options": DEPLOYED},
        {"deployment_options": DEPLOYED},
    )


@case
def version_in_every_way(c: Client) -> None:
    """As the SDKs with a core do it."""
    runs(
        c,
        {"deployment_options": DEPLOYED, "worker_version_capabilities": CAPABILITIES},
        {"deployment_options": DEPLOYED, "worker_version_stamp": STAMP},
        {"deployment_options": DEPLOYED, "worker_version": STAMP},
    )


@case
def version_as_checksum_and_stamp(c: Client) -> None:
    runs(c, {}, {"binary_checksum": "sum", "worker_version_stamp": STAMP}, {})


@case
def versions_in_the_way_of_each_other(c: Client) -> None:
    """Three workers of three builds at one run."""
    with c.quietly():
        c.start()
        c.step(command("start_timer", timer_id="t", start_to_fire_timeout=seconds(100)), worker_version_stamp=STAMP)
        c.signal("one")
        c.step(worker_version_stamp={"build_id": "build-2"})
        c.signal("two")
        c.step(binary_checksum="sum")
        c.signal("three")
        task = c.poll(worker_version_capabilities=CAPABILITIES)
    again = {"return_new_workflow_task": True, "force_create_new_workflow_task": True}
    c.complete(task, worker_version_stamp={"build_id": "build-3"}, **again)
    c.history()
    c.describe()


@case
def version_of_an_eager_start(c: Client) -> None:
    started = c.start(
        request_eager_execution=True,
        eager_worker_deployment_options=DEPLOYED,
    )
    eager = activity(c, request_eager_execution=True)
    answer = c.complete(started.eager_workflow_task, eager, worker_version_stamp=STAMP, deployment_options=DEPLOYED)
    c.call("RespondActivityTaskCompleted", task_token=answer.activity_tasks[0].task_token, worker_version=STAMP)
    c.history()


@case
def version_of_an_activity_that_ends_otherwise(c: Client) -> None:
    with c.quietly():
        c.start()
        c.step(
            *(activity(c, activity_id=it, retry_policy={"maximum_attempts": 1}) for it in ("fail", "cancel", "by id", "late")),
            activity(c, activity_id="time out", retry_policy={"maximum_attempts": 1}, start_to_close_timeout=seconds(0.3)),
        )
        tasks = [c.poll_activity(worker_version_capabilities=CAPABILITIES) for _ in range(5)]
        tokens = {it.activity_id: it.task_token for it in tasks}
    c.call("RespondActivityTaskFailed", task_token=tokens["fail"], failure=failure("no"), worker_version=STAMP)
    c.call("RespondActivityTaskCompletedById", workflow_id=c.id, activity_id="by id")
    c.sleep(1.5)
    task = c.poll()
    c.complete(task, command("request_cancel_activity_task", scheduled_event_id=6))
    c.call("RespondActivityTaskCanceled", task_token=tokens["cancel"], worker_version=STAMP, deployment_options=DEPLOYED)
    c.history()


@case
def version_of_an_update(c: Client) -> None:
    """Its task is written once it is answered, or once something else has to be."""
    request = {"meta": {"update_id": "u"}, "input": {"name": "Update"}}
    with c.quietly():
        c.start()
        c.step(command("start_timer", timer_id="t", start_to_fire_timeout=seconds(100)))
    with c.background(c.call, "UpdateWorkflowExecution", workflow_execution=c.of(), request=request):
        with c.quietly():
            task = c.poll(worker_version_capabilities=CAPABILITIES)
        c.call("RespondWorkflowTaskFailed", task_token=task.task_token, failure=failure("no"), worker_version=STAMP)
        with c.quietly():
            c.terminate()
    c.history()


@case
def versions_that_are_refused(c: Client) -> None:
    # What asks to be routed by version is not here: ours refuses the older kind, and has no versions to set for the other.
    versioned = "WORKER_VERSIONING_MODE_VERSIONED"
    sticky = {"name": f"{c.queue} sticky", "kind": "TASK_QUEUE_KIND_STICKY"}
    polls = {
        "without build": {"worker_version_capabilities": {"use_versioning": True}},
        "long build": {"worker_version_capabilities": {"build_id": "x" * 256}},
        "nothing": {"deployment_options": {"worker_versioning_mode": versioned}},
        "half": {"deployment_options": {"worker_versioning_mode": versioned, "deployment_name": "d"}},
        "other half": {"deployment_options": {"worker_versioning_mode": versioned, "build_id": "b"}},
        "dotted": {"deployment_options": {"worker_versioning_mode": versioned, "deployment_name": "d.e", "build_id": "b"}},
        "colon": {"deployment_options": {"worker_versioning_mode": versioned, "deployment_name": "d:e", "build_id": "b"}},
        "reserved": {"deployment_options": {"worker_versioning_mode": versioned, "deployment_name": "__d", "build_id": "b"}},
        "long name": {"deployment_options": {"worker_versioning_mode": versioned, "deployment_name": "d" * 500, "build_id": "b"}},
        "sticky": {"deployment_options": DEPLOYED, "task_queue": sticky},
    }
    for fields in polls.values():
        c.poll(timeout=3, **fields)
        if "task_queue" not in fields:
            c.poll_activity(timeout=3, **fields)
    with c.quietly():
        c.start()
        task = c.poll()
    for fields in (
        {"worker_version_stamp": {"use_versioning": True}},
        {"worker_version_stamp": {"build_id": "x" * 256}},
        {"deployment_options": {"worker_versioning_mode": versioned}},
        {"versioning_behavior": "VERSIONING_BEHAVIOR_PINNED"},
        {"versioning_behavior": "VERSIONING_BEHAVIOR_PINNED", "deployment_options": DEPLOYED},
        {"sticky_attributes": {"worker_task_queue": sticky}, "deployment_options": DEPLOYED},
    ):
        c.complete(task, **fields)
    c.complete(task, done())
