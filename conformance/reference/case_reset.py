"""Reset."""

from harness import Client, case, command, done, payload, payloads, seconds

NO_RUN = "01234567-0123-4567-89ab-0123456789ab"


def reset(c: Client, event_id: int, run_id: str = "", **fields: object):
    fields.setdefault("request_id", f"reset to {event_id}")
    return c.call(
        "ResetWorkflowExecution",
        workflow_execution=c.of(run_id=run_id),
        workflow_task_finish_event_id=event_id,
        reason="to try again",
        **fields,
    )


def three_tasks(c: Client) -> str:
    # The dev server does not say who asked for a reset.
    c.ignored.add("identity")
    run = c.start(
        input=payloads("in"),
        memo={"fields": {"note": payload("a memo")}},
        search_attributes={"indexed_fields": {"BatcherUser": payload("me")}},
        workflow_run_timeout=seconds(100),
        workflow_execution_timeout=seconds(300),
        user_metadata={"summary": payload("a summary")},
    ).run_id
    c.step(
        command("start_timer", timer_id="t", start_to_fire_timeout=seconds(1000)), force_create_new_workflow_task=True
    )
    c.signal("one", input=payloads(1))
    c.step(force_create_new_workflow_task=True)
    return run


@case
def reset_of_what_runs(c: Client) -> None:
    run = three_tasks(c)
    reset(c, 4)
    c.history(run_id=run)
    c.describe(run_id=run)
    c.history()
    c.describe()
    c.step(done())
    c.history()
    c.describe()


@case
def reset_of_what_is_over(c: Client) -> None:
    run = three_tasks(c)
    c.step(done("over"))
    c.signal("too late")
    # Only ours knows a repeated request again.
    reset(c, 4, request_id="r")
    c.history(run_id=run)
    c.describe(run_id=run)
    c.history()
    c.describe()


@case
def reset_to_a_started_task(c: Client) -> None:
    three_tasks(c)
    # The dev server's has the text "emptyUuid".
    c.ignored.add("request_id")
    reset(c, 3)
    c.history()


@case
def reset_to_the_last_task(c: Client) -> None:
    three_tasks(c)
    c.ignored.add("request_id")
    task = c.poll()
    c.history()
    c.signal("buffered")
    c.cancel()
    reset(c, 7)
    c.complete(task, done())
    c.history()


def in_the_middle(c: Client, event_id: int) -> None:
    """The dev server's words are about how it stores histories."""
    with c.quietly():
        answer = reset(c, event_id)
    c.note("in the middle", answer.code.name)


@case
def resets_that_are_refused(c: Client) -> None:
    c.call("ResetWorkflowExecution")
    c.call("ResetWorkflowExecution", workflow_execution={"workflow_id": "w"})
    c.call("ResetWorkflowExecution", workflow_execution={"workflow_id": "w"}, request_id="r")
    c.call("ResetWorkflowExecution", workflow_execution={"workflow_id": "w", "run_id": "bad"}, request_id="r")
    c.call("ResetWorkflowExecution", request_id="r")
    reset(c, 4)
    c.start()
    reset(c, 0)
    reset(c, 1)
    in_the_middle(c, 2)
    reset(c, 3)
    reset(c, 100)
    reset(c, -1)
    reset(c, 3, run_id=NO_RUN)
    reset(c, 3, request_id="x" * 1001)
    c.step()
    in_the_middle(c, 2)
    reset(c, 5)
    c.history()


@case
def reset_without_signals(c: Client) -> None:
    three_tasks(c)
    reset(c, 4, reset_reapply_exclude_types=["RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL"])
    c.history()


@case
def reset_with_the_old_way_to_exclude(c: Client) -> None:
    three_tasks(c)
    reset(c, 4, reset_reapply_type="RESET_REAPPLY_TYPE_NONE")
    c.history()


@case
def reset_of_an_old_run(c: Client) -> None:
    run = three_tasks(c)
    c.step(
        command("continue_as_new_workflow_execution", workflow_type={"name": "Workflow"}, task_queue={"name": c.queue})
    )
    c.signal("to the new run")
    reset(c, 4, run_id=run)
    c.history()
    c.describe()


@case
def reset_twice(c: Client) -> None:
    three_tasks(c)
    second = reset(c, 4)
    c.step()
    c.signal("between")
    third = reset(c, 4, request_id="again")
    c.history(run_id=second.run_id)
    c.history(run_id=third.run_id)
    c.describe(run_id=second.run_id)


@case
def reset_point_after_build_ids(c: Client) -> None:
    c.ignored.add("identity")
    c.start()
    c.step(worker_version_stamp={"build_id": "one"}, force_create_new_workflow_task=True)
    c.step(worker_version_stamp={"build_id": "two"}, force_create_new_workflow_task=True)
    reset(c, 7)
    c.describe()
    c.step(done(), worker_version_stamp={"build_id": "three"})
    c.describe()


def activity(c: Client):
    return command(
        "schedule_activity_task",
        activity_id="1",
        activity_type={"name": "Greet"},
        task_queue={"name": c.queue},
        start_to_close_timeout=seconds(1000),
    )


@case
def reset_with_a_pending_activity(c: Client) -> None:
    # The dev server's request id of the task that fails is "emptyUuid", and it forgets who was at an activity.
    c.ignored |= {"identity", "request_id", "last_worker_identity"}
    c.start()
    c.step(activity(c), force_create_new_workflow_task=True)
    task = c.poll_activity()
    c.step(force_create_new_workflow_task=True)
    reset(c, 7)
    c.history()
    c.describe()
    with c.quietly():
        answer = c.call("RespondActivityTaskCompleted", task_token=task.task_token)
    c.note("answer of the old run", answer.code.name)
    again = c.poll_activity()
    c.call("RespondActivityTaskCompleted", task_token=again.task_token)
    c.step(done())
    c.history()


@case
def reset_of_a_failed_task(c: Client) -> None:
    c.ignored.add("identity")
    c.start()
    task = c.poll()
    c.call(
        "RespondWorkflowTaskFailed",
        task_token=task.task_token,
        cause="WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE",
    )
    c.step(done())
    reset(c, 4)
    c.step(done())
    c.history()


@case
def reset_of_a_failed_workflow(c: Client) -> None:
    c.ignored.add("identity")
    c.start(retry_policy={"maximum_attempts": 1})
    c.step(command("fail_workflow_execution", failure={"message": "no", "application_failure_info": {}}))
    reset(c, 4)
    c.describe()
    c.step(done())
    c.history()


@case
def reset_of_a_cancelled_workflow(c: Client) -> None:
    c.ignored.add("identity")
    c.start()
    c.step()
    c.cancel()
    c.step(command("cancel_workflow_execution"))
    reset(c, 4)
    c.history()
    c.describe()


@case
def reset_and_then_more(c: Client) -> None:
    run = three_tasks(c)
    # The dev server does not take signals here.
    options = {
        "update_workflow_options": {
            "workflow_execution_options": {"priority": {"priority_key": 4}},
            "update_mask": {"paths": ["priority"]},
        }
    }
    reset(c, 4, run_id=run, request_id="only options", post_reset_operations=[options])
    c.history()


@case
def reset_of_a_run_with_a_signal_from_the_start(c: Client) -> None:
    c.ignored.add("identity")
    c.signal_with_start("hello")
    c.step(done())
    reset(c, 5)
    c.history()


@case
def reset_of_a_cron_run(c: Client) -> None:
    c.ignored.add("identity")
    first = c.start(cron_schedule="@every 1s")
    c.step(done())
    reset(c, 4, run_id=first.run_id)
    c.history()
    c.describe()
    c.terminate()
