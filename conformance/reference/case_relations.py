"""What workflows do to each other: children, signals and cancel requests to others, and runs that follow runs."""

from harness import Client, case, cases_of, command, done, failure, payload, payloads, seconds


# A signal of a workflow has an id that is random there; here it tells which command it is of, so that it is known again.
SIGNAL_IDS = {"request_id"}


def child(c: Client, **fields: object):
    fields = {
        "namespace": "default",
        "workflow_id": f"{c.name} child",
        "workflow_type": {"name": "Child"},
        "task_queue": {"name": f"{c.queue} child"},
        **fields,
    }
    return command("start_child_workflow_execution", **fields)


def child_queue(c: Client) -> dict:
    return {"name": f"{c.queue} child"}


def begin(c: Client, *commands, **fields: object) -> None:
    with c.quietly():
        c.start(**fields)
        c.step(*commands)


def child_step(c: Client, *commands):
    """Answers the child's next task, once the parent knows of it."""
    with c.quietly():
        task = c.poll(task_queue=child_queue(c))
        c.complete(task, *commands)
    return task


def seen(c: Client, *commands) -> None:
    """The parent's next task, and then its history."""
    with c.quietly():
        c.step(*commands)
    c.history()


# Children -----------------------------------------------------------------------------------------------------------


@case
def child_completes(c: Client) -> None:
    begin(
        c,
        child(
            c,
            input=payloads(1),
            memo={"fields": {"m": payload(1)}},
            header={"fields": {"h": payload(1)}},
            workflow_run_timeout=seconds(100),
            workflow_task_timeout=seconds(5),
            priority={"priority_key": 4},
        ),
    )
    with c.quietly():
        c.step()
    c.describe()
    c.describe(f"{c.name} child")
    c.history(f"{c.name} child")
    child_step(c, done("result"))
    seen(c, done())


CHILD_ENDS = {
    "fails": command("fail_workflow_execution", failure=failure("no", type="Bad")),
    "cancels_itself": command("cancel_workflow_execution", details=payloads("why")),
}


@cases_of(CHILD_ENDS)
def child_ends(c: Client, how) -> None:
    begin(c, child(c))
    with c.quietly():
        c.step()
    child_step(c, how)
    seen(c, done())


@case
def child_is_terminated(c: Client) -> None:
    begin(c, child(c))
    with c.quietly():
        c.step()
        c.terminate(f"{c.name} child", reason="enough")
    seen(c, done())


@case
def child_times_out(c: Client) -> None:
    begin(c, child(c, workflow_run_timeout=seconds(1)))
    with c.quietly():
        c.step()
    seen(c, done())


@case
def child_id_is_in_use(c: Client) -> None:
    with c.quietly():
        c.start(f"{c.name} child", task_queue=child_queue(c))
    begin(c, child(c, control="c"))
    seen(c, done())


@cases_of({"allowed": None, "refused": "WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE"})
def child_id_was_in_use(c: Client, policy) -> None:
    with c.quietly():
        c.start(f"{c.name} child", task_queue=child_queue(c))
        c.terminate(f"{c.name} child")
    begin(c, child(c, workflow_id_reuse_policy=policy))
    seen(c)


@cases_of(
    {
        "terminate": "PARENT_CLOSE_POLICY_TERMINATE",
        "abandon": "PARENT_CLOSE_POLICY_ABANDON",
        "request_cancel": "PARENT_CLOSE_POLICY_REQUEST_CANCEL",
    }
)
def parent_ends_first(c: Client, policy) -> None:
    begin(c, child(c, parent_close_policy=policy))
    seen(c, done())
    c.sleep(1)
    c.history(f"{c.name} child")


@case
def parent_ends_with_the_start_of_its_child(c: Client) -> None:
    begin(c, child(c, parent_close_policy="PARENT_CLOSE_POLICY_ABANDON"), child(c, workflow_id=f"{c.name} other"), done())
    c.history()
    c.sleep(1)
    c.history(f"{c.name} other")


@case
def child_retries(c: Client) -> None:
    begin(c, child(c, retry_policy={"initial_interval": seconds(1), "maximum_attempts": 2}))
    with c.quietly():
        c.step()
    for _ in range(2):
        child_step(c, command("fail_workflow_execution", failure=failure("no")))
    seen(c, done())
    c.history(f"{c.name} child")


@case
def child_continues_as_new(c: Client) -> None:
    begin(c, child(c))
    with c.quietly():
        c.step()
    child_step(c, command("continue_as_new_workflow_execution", input=payloads(2)))
    child_step(c, done(3))
    seen(c, done())


@case
def child_is_signalled_and_cancelled_by_its_parent(c: Client) -> None:
    begin(c, child(c))
    to_child = {"workflow_id": f"{c.name} child"}
    with c.quietly():
        c.step(
            command(
                "signal_external_workflow_execution",
                namespace="default",
                execution=to_child,
                signal_name="s",
                input=payloads(1),
                header={"fields": {"h": payload(1)}},
                child_workflow_only=True,
                control="c",
            ),
        )
        c.step(
            command(
                "request_cancel_external_workflow_execution",
                namespace="default",
                **to_child,
                child_workflow_only=True,
                reason="enough",
            )
        )
    c.ignored |= SIGNAL_IDS
    seen(c, done())
    c.sleep(1)
    c.history(f"{c.name} child")


# Others -------------------------------------------------------------------------------------------------------------


def signal(c: Client, workflow_id: str, **fields: object):
    execution = {"workflow_id": workflow_id}
    return command(
        "signal_external_workflow_execution", namespace="default", execution=execution, signal_name="s", **fields
    )


def cancel(workflow_id: str, **fields: object):
    return command(
        "request_cancel_external_workflow_execution", namespace="default", workflow_id=workflow_id, **fields
    )


@case
def others_that_are_not_there(c: Client) -> None:
    begin(c, signal(c, "nobody at all", control="1"))
    with c.quietly():
        c.step(cancel("nobody at all", control="2"))
    seen(c, done())


@case
def others_that_run(c: Client) -> None:
    other = f"{c.name} other"
    with c.quietly():
        c.start(other, task_queue={"name": "elsewhere"})
    begin(c, signal(c, other, input=payloads(1)))
    with c.quietly():
        c.step(cancel(other, reason="why"))
        c.step(cancel(other))
    c.ignored |= SIGNAL_IDS
    seen(c, done())
    c.history(other)


@case
def others_that_have_ended(c: Client) -> None:
    other = f"{c.name} other"
    with c.quietly():
        c.start(other, task_queue={"name": "elsewhere"})
        c.terminate(other)
    begin(c, signal(c, other))
    with c.quietly():
        c.step(cancel(other))
    seen(c, done())


@case
def others_that_are_no_children(c: Client) -> None:
    other = f"{c.name} other"
    with c.quietly():
        c.start(other, task_queue={"name": "elsewhere"})
    begin(c, signal(c, other, child_workflow_only=True))
    with c.quietly():
        c.step(cancel(other, child_workflow_only=True))
    seen(c, done())


@case
def signals_and_cancels_itself(c: Client) -> None:
    begin(c, signal(c, c.id))
    with c.quietly():
        c.step(cancel(c.id))
    seen(c, done())


# Runs after runs ------------------------------------------------------------------------------------------------------


@case
def continues_as_new(c: Client) -> None:
    with c.quietly():
        started = c.start(
            input=payloads(1),
            memo={"fields": {"m": payload(1)}},
            header={"fields": {"h": payload(1)}},
            workflow_execution_timeout=seconds(300),
            workflow_run_timeout=seconds(200),
            user_metadata={"summary": payload("a summary")},
            priority={"priority_key": 4},
        )
        c.step(command("continue_as_new_workflow_execution", input=payloads(2)))
    c.history(run_id=started.run_id)
    with c.quietly():
        # It has a second between runs; we have none.
        c.step(done())
        events = c.history().history.events
    c.note("next", c.plain(events[0].workflow_execution_started_event_attributes))


@case
def continues_as_new_in_another_way(c: Client) -> None:
    with c.quietly():
        started = c.start(retry_policy={"maximum_attempts": 3}, memo={"fields": {"m": payload(1)}})
        c.step(
            command(
                "continue_as_new_workflow_execution",
                workflow_type={"name": "Other"},
                task_queue={"name": f"{c.queue} other"},
                input=payloads(2),
                workflow_run_timeout=seconds(100),
                workflow_task_timeout=seconds(7),
                backoff_start_interval=seconds(1),
                memo={"fields": {"n": payload(1)}},
                header={"fields": {"h": payload(2)}},
                retry_policy={"maximum_attempts": 2},
            )
        )
    c.history(run_id=started.run_id)
    with c.quietly():
        c.poll(task_queue={"name": f"{c.queue} other"})
        events = c.history().history.events
    c.note("next", c.plain(events[0].workflow_execution_started_event_attributes))


@case
def workflow_is_retried(c: Client) -> None:
    with c.quietly():
        started = c.start(retry_policy={"initial_interval": seconds(1), "maximum_attempts": 2}, input=payloads(1))
        c.step(command("fail_workflow_execution", failure=failure("first", type="Sad")))
    c.history(run_id=started.run_id)
    c.history()
    c.describe()
    with c.quietly():
        c.step(command("fail_workflow_execution", failure=failure("second", type="Sad")))
    c.history()


@case
def workflow_is_not_retried(c: Client) -> None:
    with c.quietly():
        c.start(retry_policy={"non_retryable_error_types": ["Bad"]})
        c.step(command("fail_workflow_execution", failure=failure("first", type="Bad")))
    c.history()


@case
def run_times_out_and_is_retried(c: Client) -> None:
    with c.quietly():
        started = c.start(
            retry_policy={"initial_interval": seconds(1), "maximum_attempts": 2}, workflow_run_timeout=seconds(1)
        )
    with c.quietly():
        # To clients that do not say that they follow runs, it shows another event at the end of this one.
        c.close_event(run_id=started.run_id)
    c.history(run_id=started.run_id)
    c.close_event()


@case
def workflow_times_out(c: Client) -> None:
    with c.quietly():
        c.start(retry_policy={"maximum_attempts": 2}, workflow_execution_timeout=seconds(1))
    c.close_event()
    c.history()


@case
def cron_goes_on(c: Client) -> None:
    with c.quietly():
        started = c.start(cron_schedule="@every 1s", input=payloads(1))
        c.step(done("first"))
    c.history(run_id=started.run_id)
    with c.quietly():
        c.step(command("fail_workflow_execution", failure=failure("second")))
        c.step(done("third"))
        task = c.poll()
    c.note("next", c.plain(task.history.events[0].workflow_execution_started_event_attributes))
