"""Task queues and the workers at them."""

from harness import Client, case, command, done, seconds

WORKFLOW, ACTIVITY = "TASK_QUEUE_TYPE_WORKFLOW", "TASK_QUEUE_TYPE_ACTIVITY"


def timer(name: str = "t"):
    return command("start_timer", timer_id=name, start_to_fire_timeout=seconds(100))


def heartbeat(c: Client, key: str, **fields: object) -> dict:
    return {
        "worker_instance_key": key,
        "worker_identity": f"worker {key}",
        "task_queue": c.queue,
        "sdk_name": "temporal-rust",
        "sdk_version": "1.2.3",
        "status": "WORKER_STATUS_RUNNING",
        "host_info": {"host_name": "host", "process_id": "7"},
        **fields,
    }


# What it lets through by itself, without anybody asking, says something of that server.
OWN_LIMIT = {"effective_rate_limit"}


@case
def queue_without_pollers(c: Client) -> None:
    c.ignored |= OWN_LIMIT
    c.call("DescribeTaskQueue", task_queue={"name": c.queue})
    c.call("DescribeTaskQueue", task_queue={"name": c.queue}, task_queue_type=ACTIVITY)


@case
def queue_with_pollers(c: Client) -> None:
    c.ignored |= OWN_LIMIT
    with c.quietly():
        c.start()
        c.step(timer())
        c.poll_activity(timeout=3)
    for kind in (WORKFLOW, ACTIVITY):
        found = c.call("DescribeTaskQueue", task_queue={"name": c.queue}, task_queue_type=kind)
        c.note("pollers", [it.identity for it in found.pollers])


@case
def queue_with_a_limited_poller(c: Client) -> None:
    with c.quietly():
        c.poll_activity(timeout=3, task_queue_metadata={"max_tasks_per_second": {"value": 5}})
    c.call("DescribeTaskQueue", task_queue={"name": c.queue}, task_queue_type=ACTIVITY)


@case
def queue_with_a_backlog(c: Client) -> None:
    with c.quietly():
        for n in range(3):
            c.start(f"{c.id} {n}")
        c.sleep(1.5)
        found = c.call("DescribeTaskQueue", task_queue={"name": c.queue}, task_queue_type=WORKFLOW, report_stats=True)
    c.note("backlog", found.stats.approximate_backlog_count)


@case
def queues_that_are_refused(c: Client) -> None:
    c.call("DescribeTaskQueue")
    c.call("DescribeTaskQueue", task_queue={})
    c.call("DescribeTaskQueue", task_queue={"name": "x" * 1001})
    c.call("DescribeTaskQueue", task_queue={"name": "q"}, namespace="no-such-namespace")


@case
def sticky_queue_is_described(c: Client) -> None:
    c.ignored |= OWN_LIMIT
    sticky = {"name": f"{c.queue} sticky", "kind": "TASK_QUEUE_KIND_STICKY", "normal_name": c.queue}
    with c.quietly():
        c.poll(task_queue=sticky, timeout=3)
    c.call("DescribeTaskQueue", task_queue=sticky, task_queue_type=WORKFLOW)


@case
def worker_shuts_down(c: Client) -> None:
    sticky = {"name": f"{c.queue} sticky", "kind": "TASK_QUEUE_KIND_STICKY", "normal_name": c.queue}
    attributes = {"worker_task_queue": sticky, "schedule_to_start_timeout": seconds(100)}
    with c.quietly():
        c.start()
        c.poll(task_queue=sticky, timeout=2.5)
        c.step(timer(), sticky_attributes=attributes)
    c.call("ShutdownWorker", sticky_task_queue=sticky["name"], reason="enough")
    with c.quietly():
        c.signal("news")
        c.step(done())
    c.history()


@case
def shutdowns_that_are_odd(c: Client) -> None:
    c.call("ShutdownWorker")
    c.call("ShutdownWorker", sticky_task_queue="nobody polls this", worker_instance_key="unknown")
    c.call("ShutdownWorker", namespace="no-such-namespace")


@case
def workers_say_that_they_are_there(c: Client) -> None:
    c.call("RecordWorkerHeartbeat", worker_heartbeat=[heartbeat(c, f"{c.name}-1"), heartbeat(c, f"{c.name}-2", sdk_version="2")])
    listed = c.call("ListWorkers", query=f"TaskQueue = '{c.queue}' AND SdkVersion = '2'")
    c.note("listed", [it.worker_instance_key for it in listed.workers])
    c.call("ListWorkers", query=f"WorkerInstanceKey = '{c.name}-1'")
    c.call("DescribeWorker", worker_instance_key=f"{c.name}-1")
    with c.quietly():
        # We say what is wrong in other words, and that there is no such attribute.
        refused = c.call("ListWorkers", query="no query")
    c.note("refused", str(refused.code))
    c.call("DescribeWorker", worker_instance_key="unknown")
    c.call("DescribeWorker")
    c.call("RecordWorkerHeartbeat")
    c.call(
        "ShutdownWorker",
        worker_instance_key=f"{c.name}-1",
        worker_heartbeat=heartbeat(c, f"{c.name}-1", status="WORKER_STATUS_SHUTTING_DOWN"),
    )
    c.call("DescribeWorker", worker_instance_key=f"{c.name}-1")


@case
def worker_that_stops_ends_its_polls(c: Client) -> None:
    with c.background(c.poll, worker_instance_key="one", timeout=20):
        c.call("ShutdownWorker", worker_instance_key="one", task_queue=c.queue, task_queue_types=[1, 2])


@case
def activities_come_in_their_order(c: Client) -> None:
    with c.quietly():
        c.start()
        c.step(
            *(
                command(
                    "schedule_activity_task",
                    activity_id=str(n),
                    activity_type={"name": "Greet"},
                    task_queue={"name": c.queue},
                    start_to_close_timeout=seconds(10),
                    priority={"priority_key": key},
                )
                for n, key in enumerate((5, 3, 1, 4, 2))
            )
        )
        c.sleep(1)
        taken = [c.poll_activity().activity_id for _ in range(5)]
    c.note("taken", sorted(taken))
