"""Options of starts: timeouts, retries, cron, delays; and the runs that follow.

Of what follows a run, ours keeps the summary and the details for people, and the dev server the links.
"""

from harness import Client, case, command, done, payload, payloads, seconds

FAILED = {"message": "it failed", "application_failure_info": {"type": "Broken"}}


def continue_as_new(c: Client, **fields: object):
    fields.setdefault("workflow_type", {"name": "Workflow"})
    fields.setdefault("task_queue", {"name": c.queue})
    return command("continue_as_new_workflow_execution", **fields)


@case
def timeouts_of_starts(c: Client) -> None:
    for name, fields in {
        "none": {},
        "zero": {"workflow_execution_timeout": seconds(0), "workflow_run_timeout": seconds(0), "workflow_task_timeout": seconds(0)},
        "execution": {"workflow_execution_timeout": seconds(100)},
        "run": {"workflow_run_timeout": seconds(100)},
        "run above execution": {"workflow_run_timeout": seconds(200), "workflow_execution_timeout": seconds(100)},
        "task": {"workflow_task_timeout": seconds(1000)},
        "task above run": {"workflow_task_timeout": seconds(50), "workflow_run_timeout": seconds(5)},
        "default task above run": {"workflow_run_timeout": seconds(5)},
        "delay": {"workflow_start_delay": seconds(500), "workflow_run_timeout": seconds(5)},
        "delayed execution": {"workflow_start_delay": seconds(500), "workflow_execution_timeout": seconds(5)},
        "zero delay": {"workflow_start_delay": seconds(0)},
        "cron": {"cron_schedule": "@every 1h", "workflow_run_timeout": seconds(50)},
        "empty retry policy": {"retry_policy": {}},
        "retry policy": {"retry_policy": {"initial_interval": seconds(2), "backoff_coefficient": 3, "maximum_interval": seconds(50), "maximum_attempts": 5, "non_retryable_error_types": ["Fatal"]}},
        "empty memo": {"memo": {}},
        "empty attributes": {"search_attributes": {}},
        "empty header": {"header": {}},
        "empty metadata": {"user_metadata": {}},
        "empty priority": {"priority": {}},
        "fairness": {"priority": {"fairness_key": "tenant", "fairness_weight": 2.5}},
        "input": {"input": {}},
    }.items():
        name = f"{c.id} {name}"
        c.start(name, **fields)
        c.history(name)
        c.describe(name)
        c.terminate(name)


def bad_cron(c: Client, start, **fields: object) -> None:
    with c.quietly():
        answer = start(**fields)
    # Ours says what is wrong.
    c.note("cron schedule", [answer.code.name, answer.error.details()[:20]])


@case
def starts_that_are_refused(c: Client) -> None:
    def start(**fields: object) -> None:
        c.start(**fields)

    negative = {"seconds": -1}
    long = "x" * 1001
    c.call("StartWorkflowExecution")
    c.call("StartWorkflowExecution", workflow_id="w")
    c.call("StartWorkflowExecution", workflow_id="w", workflow_type={"name": "T"})
    c.start(long)
    start(workflow_type={})
    start(workflow_type={"name": long})
    start(task_queue={})
    start(task_queue={"name": long})
    start(task_queue={"name": "/_sys/queue"})
    start(task_queue={"name": "/_sys/queue/2"})
    start(request_id=long)
    start(identity=long)
    start(workflow_execution_timeout=negative)
    start(workflow_run_timeout=negative)
    start(workflow_task_timeout=negative)
    start(workflow_start_delay=negative)
    start(workflow_run_timeout={"seconds": 1, "nanos": -1})
    start(cron_schedule="@every 1h", workflow_start_delay=seconds(1))
    start(cron_schedule="@every 1h", workflow_start_delay=seconds(0))
    for schedule in ("nonsense", "* * * *", "99 * * * *"):
        bad_cron(c, c.start, cron_schedule=schedule)
    start(retry_policy={"initial_interval": negative})
    start(retry_policy={"backoff_coefficient": 0.5})
    start(retry_policy={"maximum_interval": negative})
    start(retry_policy={"initial_interval": seconds(10), "maximum_interval": seconds(5)})
    start(retry_policy={"maximum_attempts": -1})
    start(priority={"priority_key": -1})
    start(priority={"priority_key": 6})
    start(priority={"fairness_key": "x" * 65})
    start(priority={"fairness_weight": -1})
    start(search_attributes={"indexed_fields": {"NoSuchAttribute": payload(1)}})
    start(search_attributes={"indexed_fields": {"WorkflowId": payload("w")}})
    start(search_attributes={"indexed_fields": {"BatcherUser": payload(1)}})
    start(versioning_override={})
    start(versioning_override={"auto_upgrade": False})
    start(versioning_override={"pinned": {"behavior": "PINNED_OVERRIDE_BEHAVIOR_PINNED"}})
    start(versioning_override={"pinned": {"version": {"deployment_name": "d", "build_id": "b"}}})
    start(versioning_override={"one_time": {}})
    start(versioning_override={"behavior": "VERSIONING_BEHAVIOR_PINNED"})
    start(workflow_id_reuse_policy=77)
    start(workflow_id_conflict_policy=77)
    c.terminate()


@case
def signal_with_starts_that_are_refused(c: Client) -> None:
    negative = {"seconds": -1}
    long = "x" * 1001
    c.call("SignalWithStartWorkflowExecution")
    c.call("SignalWithStartWorkflowExecution", workflow_id="w")
    c.call("SignalWithStartWorkflowExecution", workflow_id="w", signal_name="s")
    c.call("SignalWithStartWorkflowExecution", workflow_id="w", signal_name="s", workflow_type={"name": "T"})
    c.signal_with_start("s", long)
    c.signal_with_start(long)
    c.signal_with_start("s", workflow_type={"name": long})
    c.signal_with_start("s", task_queue={"name": long})
    c.signal_with_start("s", task_queue={"name": "/_sys/queue"})
    c.signal_with_start("s", request_id=long)
    c.signal_with_start("s", workflow_execution_timeout=negative)
    c.signal_with_start("s", workflow_run_timeout=negative)
    c.signal_with_start("s", workflow_task_timeout=negative)
    c.signal_with_start("s", workflow_start_delay=negative)
    c.signal_with_start("s", cron_schedule="@every 1h", workflow_start_delay=seconds(1))
    bad_cron(c, c.signal_with_start, name="s", cron_schedule="nonsense")
    c.signal_with_start("s", retry_policy={"maximum_attempts": -1})
    c.signal_with_start("s", priority={"priority_key": -1})
    c.signal_with_start("s", search_attributes={"indexed_fields": {"NoSuchAttribute": payload(1)}})
    c.signal_with_start("s", links=[{"workflow_event": {}}] * 11)


@case
def retried_workflow(c: Client) -> None:
    # The dev server gives the run before the times that belong to the one that follows.
    c.ignored.add("expire_time")
    first = c.start(
        input=payloads("in"),
        retry_policy={"initial_interval": seconds(3), "maximum_attempts": 2, "non_retryable_error_types": ["Fatal"]},
        memo={"fields": {"note": payload("a memo")}},
        header={"fields": {"trace": payload("a header")}},
        priority={"priority_key": 2},
        workflow_run_timeout=seconds(100),
        workflow_execution_timeout=seconds(300),
    )
    c.step(command("fail_workflow_execution", failure=FAILED))
    c.history(run_id=first.run_id)
    c.describe(run_id=first.run_id)
    c.describe()
    c.step(command("fail_workflow_execution", failure=FAILED))
    c.history()
    c.describe()


@case
def retry_that_is_not_due(c: Client) -> None:
    policy = {"initial_interval": seconds(1), "maximum_attempts": 3, "non_retryable_error_types": ["Broken"]}
    c.start(f"{c.id} listed type", retry_policy=policy)
    c.step(command("fail_workflow_execution", failure=FAILED))
    c.history(f"{c.id} listed type")
    fatal = {"message": "fatal", "application_failure_info": {"type": "Other", "non_retryable": True}}
    c.start(f"{c.id} not retryable", retry_policy={"maximum_attempts": 3})
    c.step(command("fail_workflow_execution", failure=fatal))
    c.history(f"{c.id} not retryable")
    c.start(f"{c.id} no time left", retry_policy={"initial_interval": seconds(100)}, workflow_execution_timeout=seconds(20))
    c.step(command("fail_workflow_execution", failure=FAILED))
    c.history(f"{c.id} no time left")
    c.start(f"{c.id} no policy")
    c.step(command("fail_workflow_execution", failure=FAILED))
    c.history(f"{c.id} no policy")
    c.start(f"{c.id} one attempt", retry_policy={"maximum_attempts": 1})
    c.step(command("fail_workflow_execution", failure=FAILED))
    c.history(f"{c.id} one attempt")


@case
def retry_with_a_delay_of_its_own(c: Client) -> None:
    # The dev server cuts it to the policy's longest interval, which the protocol does not say.
    c.start(retry_policy={"initial_interval": seconds(1), "maximum_attempts": 3})
    failure = {"message": "later", "application_failure_info": {"type": "Broken", "next_retry_delay": seconds(50)}}
    c.step(command("fail_workflow_execution", failure=failure))
    c.history()
    c.describe()


@case
def run_timeout(c: Client) -> None:
    first = c.start(workflow_run_timeout=seconds(1), retry_policy={"initial_interval": seconds(1), "maximum_attempts": 2})
    c.close_event(run_id=first.run_id)
    c.history()


@case
def execution_timeout(c: Client) -> None:
    first = c.start(workflow_execution_timeout=seconds(1), retry_policy={"initial_interval": seconds(1), "maximum_attempts": 2})
    c.close_event(run_id=first.run_id)
    c.history()
    c.describe()


@case
def cron_runs(c: Client) -> None:
    # The dev server gives the run before the times that belong to the one that follows.
    c.ignored.add("expire_time")
    first = c.start(cron_schedule="@every 1s", input=payloads("in"), memo={"fields": {"note": payload("a memo")}})
    c.step(done("first"))
    c.history(run_id=first.run_id)
    c.describe(run_id=first.run_id)
    second = c.step(command("fail_workflow_execution", failure=FAILED))
    third = c.step(done("third"))
    c.history(run_id=second.workflow_execution.run_id)
    c.history(run_id=third.workflow_execution.run_id)
    c.terminate()


@case
def cron_that_continues_as_new(c: Client) -> None:
    c.start(cron_schedule="@every 1s")
    c.step(continue_as_new(c))
    c.history()
    c.terminate()


@case
def cron_and_cancellation(c: Client) -> None:
    c.start(cron_schedule="@every 1h")
    c.cancel()
    c.history()
    c.step(command("cancel_workflow_execution"))
    c.history()


@case
def continued_as_new_plainly(c: Client) -> None:
    # The dev server gives the run before the times that belong to the one that follows.
    c.ignored.add("expire_time")
    first = c.start(
        input=payloads("in"),
        retry_policy={"initial_interval": seconds(1), "maximum_attempts": 2},
        memo={"fields": {"note": payload("a memo")}},
        header={"fields": {"trace": payload("a header")}},
        search_attributes={"indexed_fields": {"BatcherUser": payload("me")}},
        priority={"priority_key": 2},
        workflow_run_timeout=seconds(100),
        workflow_execution_timeout=seconds(300),
        workflow_task_timeout=seconds(20),
    )
    c.step(continue_as_new(c))
    c.history(run_id=first.run_id)
    c.describe(run_id=first.run_id)
    c.step(done())
    c.history()
    c.describe()


@case
def continued_as_new_with_everything(c: Client) -> None:
    first = c.start(memo={"fields": {"old": payload("memo")}})
    c.step(
        continue_as_new(
            c,
            workflow_type={"name": "Another"},
            input=payloads("next"),
            workflow_run_timeout=seconds(50),
            workflow_task_timeout=seconds(5),
            backoff_start_interval=seconds(2),
            retry_policy={"maximum_attempts": 4},
            header={"fields": {"trace": payload("new")}},
            memo={"fields": {"note": payload("new")}},
            search_attributes={"indexed_fields": {"BatcherUser": payload("me")}},
            last_completion_result=payloads("last"),
            failure=FAILED,
            initiator="CONTINUE_AS_NEW_INITIATOR_WORKFLOW",
        )
    )
    c.history(run_id=first.run_id)
    c.history()
    c.describe()
    c.terminate()


@case
def continued_as_new_after_upserts(c: Client) -> None:
    first = c.start(memo={"fields": {"old": payload("memo")}})
    c.step(
        command("modify_workflow_properties", upserted_memo={"fields": {"note": payload("new")}}),
        command("upsert_workflow_search_attributes", search_attributes={"indexed_fields": {"BatcherUser": payload("me")}}),
        continue_as_new(c),
    )
    c.history(run_id=first.run_id)
    c.step(done())
    c.history()
    c.describe()


@case
def continue_as_new_that_is_refused(c: Client) -> None:
    # The dev server adds the task queue in a notation of its language.
    for number, wrong in enumerate([{"workflow_run_timeout": {"seconds": -1}}, {"workflow_task_timeout": {"seconds": -1}}, {"backoff_start_interval": {"seconds": -1}}]):
        c.start(f"{c.id} {number}")
        task = c.poll()
        with c.quietly():
            answer = c.complete(task, continue_as_new(c, **wrong))
            events = c.history(f"{c.id} {number}").history.events
        c.note("refused", [answer.code.name, answer.error.details().partition(". W")[0]])
        c.note("cause", events[3].workflow_task_failed_event_attributes.cause)
        c.terminate(f"{c.id} {number}")


@case
def upserts(c: Client) -> None:
    c.start(
        memo={"fields": {"old": payload("memo")}},
        search_attributes={"indexed_fields": {"BatcherUser": payload("me"), "BatcherNamespace": payload("default")}},
    )
    null = {"metadata": {"encoding": b"binary/null"}}
    c.step(
        command("modify_workflow_properties", upserted_memo={"fields": {"note": payload("new"), "old": null}}),
        command(
            "upsert_workflow_search_attributes",
            search_attributes={"indexed_fields": {"BatcherUser": payload("you"), "BatcherNamespace": null}},
        ),
        force_create_new_workflow_task=True,
    )
    c.describe()
    c.step(done(), sdk_metadata={"sdk_name": "differential", "sdk_version": "1.0"})
    c.history()
    c.describe()


@case
def memo_with_null(c: Client) -> None:
    null = {"metadata": {"encoding": b"binary/null"}}
    c.start(
        memo={"fields": {"note": null, "real": payload(1)}},
        search_attributes={"indexed_fields": {"BatcherUser": null, "BatcherNamespace": payload("default")}},
    )
    c.history()
    c.describe()


@case
def build_ids(c: Client) -> None:
    c.start()
    c.step(worker_version_stamp={"build_id": "one"}, force_create_new_workflow_task=True)
    c.describe()
    c.step(worker_version_stamp={"build_id": "two"}, force_create_new_workflow_task=True)
    c.step(worker_version_stamp={"build_id": "one"}, force_create_new_workflow_task=True)
    c.describe()
    c.step(done(), binary_checksum="checksum")
    c.describe()
    c.history()


@case
def build_ids_of_the_next_run(c: Client) -> None:
    c.start()
    c.step(continue_as_new(c), worker_version_stamp={"build_id": "one"})
    c.describe()
    c.step(done(), worker_version_stamp={"build_id": "two"})
    c.describe()
    c.history()


@case
def no_build_ids_before_the_first_task(c: Client) -> None:
    c.start()
    c.describe()
    c.poll()
    c.describe()


def fail(c: Client) -> None:
    c.step(command("fail_workflow_execution", failure=FAILED))


@case
def waiting_for_a_retry(c: Client) -> None:
    c.start(retry_policy={"initial_interval": seconds(1000)})
    fail(c)
    c.describe()
    c.signal("early")
    c.describe()
    c.start(request_id="another")
    c.signal_with_start("also early")
    c.history()
    c.cancel()
    c.history()
    c.step(command("cancel_workflow_execution"))
    c.history()
    c.describe()


@case
def ended_while_it_waits(c: Client) -> None:
    c.start(retry_policy={"initial_interval": seconds(1000)})
    fail(c)
    c.terminate()
    c.history()
    c.describe()


@case
def cron_after_retries(c: Client) -> None:
    c.start(cron_schedule="@every 1h", workflow_id_reuse_policy="WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE", retry_policy={"maximum_attempts": 2, "initial_interval": seconds(1)})
    c.signal_with_start("start at once")
    c.history()
    c.describe()


@case
def cron_that_fails(c: Client) -> None:
    first = c.start(cron_schedule="@every 1s", retry_policy={"maximum_attempts": 2, "initial_interval": seconds(1)})
    fail(c)
    c.history(run_id=first.run_id)
    second = c.step(command("fail_workflow_execution", failure=FAILED))
    c.history(run_id=second.workflow_execution.run_id)
    c.terminate()


@case
def cron_within_a_timeout(c: Client) -> None:
    c.start(cron_schedule="@every 10s", workflow_execution_timeout=seconds(15), workflow_run_timeout=seconds(5))
    c.describe()
    c.terminate()
    c.start(f"{c.id} short", cron_schedule="@every 5s", workflow_execution_timeout=seconds(1))
    c.close_event(f"{c.id} short")
    c.history(f"{c.id} short")
    c.start(f"{c.id} delayed", workflow_start_delay=seconds(5), workflow_execution_timeout=seconds(1))
    c.close_event(f"{c.id} delayed")
    c.history(f"{c.id} delayed")


@case
def cron_by_signal(c: Client) -> None:
    c.signal_with_start("hello", cron_schedule="@every 1h")
    c.history()
    # The dev server mixes up the two events of the one request id.
    c.ignored.add("request_id_infos")
    c.describe()


@case
def run_timeouts_of_crons(c: Client) -> None:
    first = c.start(cron_schedule="@every 1s", workflow_run_timeout=seconds(1))
    c.poll()
    c.close_event(run_id=first.run_id)
    c.history(run_id=first.run_id)
    c.terminate()


@case
def run_timeout_with_a_started_task(c: Client) -> None:
    c.start(workflow_run_timeout=seconds(1))
    c.poll()
    c.signal("buffered")
    c.close_event()
    c.history()
    c.describe()


@case
def continued_with_a_backoff(c: Client) -> None:
    c.start()
    c.step(continue_as_new(c, backoff_start_interval=seconds(1000)))
    c.describe()
    c.signal("early")
    c.history()
    c.signal_with_start("also early")
    c.history()
    c.terminate()


@case
def continued_for_other_reasons(c: Client) -> None:
    for initiator in ("WORKFLOW", "RETRY", "CRON_SCHEDULE"):
        c.start(f"{c.id} {initiator}", cron_schedule="@every 1s", retry_policy={"maximum_attempts": 5})
        c.step(continue_as_new(c, initiator=f"CONTINUE_AS_NEW_INITIATOR_{initiator}", cron_schedule="@every 1h", backoff_start_interval=seconds(1000)))
        c.history(f"{c.id} {initiator}")
        c.describe(f"{c.id} {initiator}")
        c.terminate(f"{c.id} {initiator}")


@case
def continued_with_other_timeouts(c: Client) -> None:
    c.start(workflow_execution_timeout=seconds(100), workflow_run_timeout=seconds(50), workflow_task_timeout=seconds(20))
    c.step(continue_as_new(c, workflow_run_timeout=seconds(500), workflow_task_timeout=seconds(500)))
    c.describe()
    c.step(continue_as_new(c, workflow_run_timeout=seconds(5)))
    c.describe()
    c.terminate()


@case
def continued_on_another_queue(c: Client) -> None:
    c.start()
    c.step(continue_as_new(c, task_queue={"name": f"{c.queue} 2"}, workflow_type={"name": "Another"}))
    c.step(continue_as_new(c, task_queue=None, workflow_type=None), task_queue=f"{c.queue} 2")
    c.describe()
    c.terminate()


@case
def results_that_go_on(c: Client) -> None:
    c.start(last_completion_result=payloads("given"), continued_failure=FAILED, cron_schedule="@every 1s")
    first = c.step(done("first"))
    c.step(command("fail_workflow_execution", failure=FAILED))
    third = c.step(done())
    c.history(run_id=first.workflow_execution.run_id)
    c.history(run_id=third.workflow_execution.run_id)
    c.terminate()


@case
def long_texts(c: Client) -> None:
    c.start(identity="x" * 2000, user_metadata={"summary": payload("x" * 20000), "details": payload("x" * 200000)})
    c.signal("s", identity="x" * 2000)
    c.cancel(reason="x" * 5000, identity="x" * 2000)
    with c.quietly():
        history = c.history().history
    c.note("sizes", [it.ByteSize() // 1000 for it in history.events])
    c.terminate(reason="x" * 5000, identity="x" * 2000)
    with c.quietly():
        history = c.history().history
    c.note("sizes", [it.ByteSize() // 1000 for it in history.events])
