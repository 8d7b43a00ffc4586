"""Changed options of runs, and requests about what is not there."""

from harness import Client, case, done, seconds

NO_RUN = "01234567-0123-4567-89ab-0123456789ab"


def update(c: Client, paths: list[str], run_id: str = "", **options: object):
    return c.call(
        "UpdateWorkflowExecutionOptions",
        workflow_execution=c.of(run_id=run_id),
        workflow_execution_options=options,
        update_mask={"paths": paths},
    )


@case
def priorities_that_change(c: Client) -> None:
    # Only ours says when.
    c.ignored.add("update_time")
    c.start(priority={"priority_key": 2})
    update(c, ["priority"], priority={"priority_key": 3, "fairness_key": "tenant"})
    update(c, ["priority"], priority={"priority_key": 3, "fairness_key": "tenant"})
    update(c, ["priority.priority_key"], priority={"priority_key": 4})
    update(c, ["priority.fairness_weight"], priority={"fairness_weight": 2})
    # Without a priority the dev server answers that there is none, and keeps it.
    c.history()
    c.describe()
    update(c, ["priority"], priority={"priority_key": -1})
    update(c, [])
    for path in ("nonsense", "priority.nonsense"):
        with c.quietly():
            answer = update(c, [path])
        # Ours says which there are.
        c.note(path, answer.code.name)
    c.step(done())
    update(c, ["priority"], priority={"priority_key": 5})


@case
def options_of_nothing(c: Client) -> None:
    c.call("UpdateWorkflowExecutionOptions", workflow_execution={})
    update(c, ["priority"], priority={"priority_key": 5})
    update(c, ["priority"], run_id=NO_RUN, priority={"priority_key": 5})


@case
def sticky_queues_that_are_reset(c: Client) -> None:
    c.call("ResetStickyTaskQueue")
    c.call("ResetStickyTaskQueue", execution={"workflow_id": "no such workflow"})
    c.start()
    c.step(
        sticky_attributes={
            "worker_task_queue": {"name": f"{c.queue} sticky", "kind": "TASK_QUEUE_KIND_STICKY"},
            "schedule_to_start_timeout": seconds(10),
        }
    )
    c.call("ResetStickyTaskQueue", execution=c.of())
    c.signal("wake")
    c.step(done())
    c.call("ResetStickyTaskQueue", execution=c.of())
