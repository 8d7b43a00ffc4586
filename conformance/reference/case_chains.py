"""Runs that follow each other: what is carried along, and how a client that waits is sent on."""

from harness import Client, case, cases_of, command, done, failure, payload, payloads, seconds

ONCE = {"initial_interval": seconds(1), "maximum_attempts": 2}


def again(**fields: object):
    return command("continue_as_new_workflow_execution", **fields)


def fail(message: str = "no", **application: object):
    return command("fail_workflow_execution", failure=failure(message, **application))


def runs(c: Client, count: int) -> list[str]:
    """The ids of the chain's runs, from the first."""
    with c.quietly():
        found: list = [c.describe().workflow_execution_info.first_run_id]
        for _ in range(count - 1):
            events = c.history(run_id=found[-1]).history.events
            last = events[-1]
            which = last.WhichOneof("attributes")
            found.append(getattr(getattr(last, which), "new_execution_run_id"))
    return found


def whole(c: Client, count: int) -> None:
    """Compares each run of the chain, and what it is said to be."""
    # There the points of a run get the time when they expire once another one follows it, here in the one that does.
    c.ignored.add("expire_time")
    for run_id in runs(c, count):
        c.history(run_id=run_id)
        c.describe(run_id=run_id)


# Our runs keep their summary and details when another one follows them; there the next has none.
CARRIED = {
    "memo": {"fields": {"note": payload(1)}},
    "search_attributes": {"indexed_fields": {"BatcherUser": payload("me")}},
    "header": {"fields": {"trace": payload("t")}},
    "priority": {"priority_key": 2, "fairness_key": "f", "fairness_weight": 2.0},
    "input": payloads("in"),
    "workflow_execution_timeout": seconds(100),
    "workflow_run_timeout": seconds(50),
    "workflow_task_timeout": seconds(5),
    "links": [{"workflow_event": {"namespace": "default", "workflow_id": "w", "run_id": "r"}}],
}


@case
def chain_by_continue_as_new(c: Client) -> None:
    with c.quietly():
        c.start(**CARRIED)
    c.step(again(workflow_type={"name": "Other"}, task_queue={"name": c.queue}, input=payloads("next")))
    c.step(again())
    c.step(done("out"))
    whole(c, 3)


@case
def chain_by_retry(c: Client) -> None:
    with c.quietly():
        c.start(**CARRIED, retry_policy=ONCE)
    c.step(fail("first"))
    c.step(fail("second"))
    whole(c, 2)


@case
def chain_by_retry_of_a_timeout(c: Client) -> None:
    with c.quietly():
        c.start(retry_policy=ONCE, workflow_run_timeout=seconds(1))
        c.sleep(2.5)
    c.step(done())
    whole(c, 2)


@case
def chain_by_cron(c: Client) -> None:
    with c.quietly():
        c.start(**{**CARRIED, "cron_schedule": "@every 1s", "workflow_execution_timeout": None})
    c.step(done("one"))
    c.step(fail("two"))
    c.step(command("cancel_workflow_execution"))
    whole(c, 3)


@case
def chain_by_cron_and_retry(c: Client) -> None:
    """A failure is retried first."""
    # Ours still has the result of the last success when it retries; there that is lost, unless the run timed out.
    c.ignored.add("last_completion_result")
    with c.quietly():
        c.start(cron_schedule="@every 1s", retry_policy=ONCE)
    c.step(done("one"))
    c.step(fail("two"))
    c.step(fail("three"))
    c.step(done("four"))
    with c.quietly():
        c.terminate()
    whole(c, 4)


@case
def chain_by_cron_that_times_out(c: Client) -> None:
    with c.quietly():
        c.start(cron_schedule="@every 1s", workflow_run_timeout=seconds(1))
        c.sleep(2.5)
        c.poll()
        c.terminate()
    whole(c, 2)


@case
def chain_of_continue_and_retry(c: Client) -> None:
    """A run that another continued in retries by its own policy, from its own first attempt."""
    with c.quietly():
        c.start(retry_policy=ONCE)
    c.step(again(input=payloads("next")))
    c.step(fail("second"))
    c.step(again())
    c.step(done())
    whole(c, 4)


@case
def chain_of_continue_with_everything(c: Client) -> None:
    c.ignored.add("last_completion_result")
    with c.quietly():
        c.start(memo={"fields": {"old": payload(1)}})
    everything = again(
        workflow_type={"name": "Other"},
        task_queue={"name": c.queue},
        input=payloads("next"),
        workflow_run_timeout=seconds(30),
        workflow_task_timeout=seconds(4),
        backoff_start_interval=seconds(1),
        retry_policy={"maximum_attempts": 3},
        header={"fields": {"trace": payload("t")}},
        memo={"fields": {"new": payload(2)}},
        search_attributes={"indexed_fields": {"BatcherUser": payload("me")}},
        last_completion_result=payloads("result"),
        failure=failure("before"),
        initiator="CONTINUE_AS_NEW_INITIATOR_WORKFLOW",
    )
    c.step(everything)
    c.step(fail())
    c.step(done())
    whole(c, 3)


@case
def chain_with_a_failure_that_is_not_retried(c: Client) -> None:
    with c.quietly():
        c.start(retry_policy={"maximum_attempts": 5, "non_retryable_error_types": ["Bad"]})
    c.step(fail(type="Bad"))
    whole(c, 1)


@case
def chain_with_a_failure_for_good(c: Client) -> None:
    with c.quietly():
        c.start(retry_policy={"maximum_attempts": 5}, cron_schedule="@every 1s")
    c.step(fail(non_retryable=True))
    c.step(done())
    with c.quietly():
        c.terminate()
    whole(c, 2)


@case
def chain_with_a_delay_of_the_failure(c: Client) -> None:
    with c.quietly():
        c.start(retry_policy={"maximum_attempts": 5})
    it = fail()
    it.fail_workflow_execution_command_attributes.failure.application_failure_info.next_retry_delay.FromMilliseconds(1500)
    c.step(it)
    c.step(done())
    whole(c, 2)


@case
def client_follows_a_chain(c: Client) -> None:
    """As `result()` does: it waits for the end of the run, and then for that of the next."""
    with c.quietly():
        started = c.start(retry_policy=ONCE)
    with c.background(c.close_event):
        with c.quietly():
            c.step(again())
    first = c.close_event(run_id=started.run_id)
    event = first.history.events[0]
    following = event.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    with c.background(c.close_event, run_id=following):
        with c.quietly():
            c.step(fail())
    c.close_event(run_id=following)
    with c.quietly():
        c.step(done())
    c.close_event()
    c.note("follows", bool(following))


OLD = {
    "nothing": [],
    "follows": [("supported-features", "follows-next-run-id")],
    "others": [("supported-features", "something-else")],
}


@cases_of(OLD)
def client_without_features(c: Client, metadata) -> None:
    """To a client that does not say that it follows retries, they look like runs that continued as new."""
    with c.quietly():
        started = c.start(retry_policy=ONCE)
        c.step(fail())
        c.step(done())
    c.metadata = metadata
    c.close_event(run_id=started.run_id)
    c.history(run_id=started.run_id)
    c.call("GetWorkflowExecutionHistoryReverse", execution=c.of(run_id=started.run_id))
    c.close_event()


@cases_of(OLD)
def client_without_features_and_cron(c: Client, metadata) -> None:
    with c.quietly():
        started = c.start(cron_schedule="@every 1s")
        c.step(done("one"))
        c.poll()
        c.terminate()
    c.metadata = metadata
    c.close_event(run_id=started.run_id)
    c.history(run_id=started.run_id)


@cases_of(OLD)
def client_without_features_and_timeout(c: Client, metadata) -> None:
    with c.quietly():
        started = c.start(retry_policy=ONCE, workflow_run_timeout=seconds(1))
        c.sleep(2.5)
        c.terminate()
    c.metadata = metadata
    c.close_event(run_id=started.run_id)
