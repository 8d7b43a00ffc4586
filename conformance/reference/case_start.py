"""Starting workflows: ids, policies, and what the first event says."""

from harness import Client, case, command, done, payload, payloads, seconds


@case
def start_writes_everything_that_was_asked_for(c: Client) -> None:
    c.start(
        input=payloads("Ada", 36),
        workflow_execution_timeout=seconds(300),
        workflow_run_timeout=seconds(200),
        workflow_task_timeout=seconds(20),
        retry_policy={"maximum_attempts": 2},
        memo={"fields": {"note": payload("a memo")}},
        header={"fields": {"trace": payload("a header")}},
        user_metadata={"summary": payload("a summary"), "details": payload("details")},
        priority={"priority_key": 2},
    )
    c.describe()
    c.step(done("done"))
    c.history()
    c.describe()


@case
def start_again_while_one_runs(c: Client) -> None:
    c.start()
    c.start(request_id="another")
    c.start()
    c.start(request_id="using", workflow_id_conflict_policy="WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING")
    c.start(request_id="ending", workflow_id_conflict_policy="WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING")
    c.history()


@case
def one_activity(c: Client) -> None:
    c.start()
    schedule = command(
        "schedule_activity_task",
        activity_id="1",
        activity_type={"name": "Greet"},
        task_queue={"name": c.queue},
        input=payloads("Ada"),
        start_to_close_timeout=seconds(10),
    )
    c.step(schedule)
    c.describe()
    task = c.poll_activity()
    c.call("RespondActivityTaskCompleted", task_token=task.task_token, result=payloads("Hello, Ada!"))
    c.step(done("Hello, Ada!"))
    c.history()
