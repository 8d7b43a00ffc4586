"""Workflow ids: policies, deduplication by request ids, and what a workflow that runs is told of another start."""

from harness import Client, case, cases_of, command, done, payload, payloads, seconds

REUSE = "WORKFLOW_ID_REUSE_POLICY_"
CONFLICT = "WORKFLOW_ID_CONFLICT_POLICY_"
FAILED = {"message": "it failed", "application_failure_info": {"type": "Broken"}}
LINK = {"workflow_event": {"namespace": "default", "workflow_id": "another", "run_id": "its run"}}


def fail(c: Client) -> None:
    c.step(command("fail_workflow_execution", failure=FAILED))


@case
def reuse_after_completion(c: Client) -> None:
    c.start()
    c.step(done())
    c.start(request_id="only failed", workflow_id_reuse_policy=REUSE + "ALLOW_DUPLICATE_FAILED_ONLY")
    c.start(request_id="never", workflow_id_reuse_policy=REUSE + "REJECT_DUPLICATE")
    c.start(
        request_id="never, but existing",
        workflow_id_reuse_policy=REUSE + "REJECT_DUPLICATE",
        workflow_id_conflict_policy=CONFLICT + "USE_EXISTING",
    )
    c.start()
    c.start(request_id="again")
    c.history()


@case
def reuse_after_failure(c: Client) -> None:
    c.start()
    fail(c)
    c.start(request_id="never", workflow_id_reuse_policy=REUSE + "REJECT_DUPLICATE")
    c.start(request_id="again", workflow_id_reuse_policy=REUSE + "ALLOW_DUPLICATE_FAILED_ONLY")
    c.terminate()
    c.start(request_id="third", workflow_id_reuse_policy=REUSE + "ALLOW_DUPLICATE_FAILED_ONLY")
    c.cancel()
    c.step(command("cancel_workflow_execution", details=payloads("bye")))
    c.start(request_id="fourth", workflow_id_reuse_policy=REUSE + "ALLOW_DUPLICATE_FAILED_ONLY")
    c.history()


@case
def reuse_terminates_if_running(c: Client) -> None:
    first = c.start()
    c.start(request_id="two", workflow_id_reuse_policy=REUSE + "TERMINATE_IF_RUNNING")
    c.history()
    c.history(run_id=first.run_id)
    c.start(
        request_id="three",
        workflow_id_reuse_policy=REUSE + "TERMINATE_IF_RUNNING",
        workflow_id_conflict_policy=CONFLICT + "FAIL",
    )
    c.start(
        request_id="three",
        workflow_id_reuse_policy=REUSE + "TERMINATE_IF_RUNNING",
        workflow_id_conflict_policy=CONFLICT + "TERMINATE_EXISTING",
    )
    c.step(done())
    c.start(request_id="four", workflow_id_reuse_policy=REUSE + "TERMINATE_IF_RUNNING")


@case
def conflict_terminates_existing(c: Client) -> None:
    first = c.start()
    c.start(
        request_id="refused",
        workflow_id_reuse_policy=REUSE + "REJECT_DUPLICATE",
        workflow_id_conflict_policy=CONFLICT + "TERMINATE_EXISTING",
    )
    c.start(request_id="two", workflow_id_conflict_policy=CONFLICT + "TERMINATE_EXISTING")
    c.start(request_id="two", workflow_id_conflict_policy=CONFLICT + "TERMINATE_EXISTING")
    c.history()
    c.history(run_id=first.run_id)
    c.describe(run_id=first.run_id)


@case
def conflict_with_failed_only(c: Client) -> None:
    c.start()
    only = {"workflow_id_reuse_policy": REUSE + "ALLOW_DUPLICATE_FAILED_ONLY"}
    c.start(request_id="a", **only)
    c.start(request_id="b", workflow_id_conflict_policy=CONFLICT + "USE_EXISTING", **only)
    c.start(request_id="c", workflow_id_conflict_policy=CONFLICT + "TERMINATE_EXISTING", **only)


@case
def conflict_uses_existing_and_attaches(c: Client) -> None:
    c.start()
    using = {"workflow_id_conflict_policy": CONFLICT + "USE_EXISTING"}
    c.start(request_id="plain", **using)
    c.start(request_id="id", on_conflict_options={"attach_request_id": True}, **using)
    c.start(request_id="id", on_conflict_options={"attach_request_id": True}, **using)
    c.start(
        request_id="links", on_conflict_options={"attach_request_id": True, "attach_links": True}, links=[LINK], **using
    )
    c.start(request_id="unlinked", on_conflict_options={"attach_request_id": True}, links=[LINK], **using)
    c.start(request_id="only links", on_conflict_options={"attach_links": True}, links=[LINK], **using)
    c.start(request_id="only callbacks", on_conflict_options={"attach_completion_callbacks": True}, **using)
    c.start(request_id="nothing", on_conflict_options={}, **using)
    c.start(request_id="failing", on_conflict_options={"attach_request_id": True})
    c.history()
    c.describe()
    c.step(done())
    c.start(request_id="id", **using)
    c.start(request_id="id", on_conflict_options={"attach_request_id": True}, **using)
    c.start(request_id="fresh", on_conflict_options={"attach_request_id": True}, **using)
    c.describe()


@case
def attached_while_a_task_is_started(c: Client) -> None:
    c.start()
    task = c.poll()
    c.start(
        request_id="id",
        on_conflict_options={"attach_request_id": True},
        workflow_id_conflict_policy=CONFLICT + "USE_EXISTING",
    )
    c.describe()
    c.complete(task)
    c.describe()
    c.history()


@case
def start_is_the_same_by_its_request_id(c: Client) -> None:
    c.start(input=payloads(1))
    c.start(input=payloads(2))
    c.start(workflow_id_conflict_policy=CONFLICT + "TERMINATE_EXISTING")
    c.start(workflow_id_conflict_policy=CONFLICT + "USE_EXISTING")
    c.step(done())
    c.start()
    c.start(workflow_id_reuse_policy=REUSE + "REJECT_DUPLICATE")
    c.history()


@case
def start_that_follows_a_chain(c: Client) -> None:
    c.start()
    c.step(
        command("continue_as_new_workflow_execution", workflow_type={"name": "Workflow"}, task_queue={"name": c.queue})
    )
    c.start(request_id="another")
    c.start(request_id="using", workflow_id_conflict_policy=CONFLICT + "USE_EXISTING")
    c.start()


@case
def start_without_a_request_id(c: Client) -> None:
    c.start(request_id="")
    c.start(request_id="")
    c.describe()


@case
def two_namespaces_ids(c: Client) -> None:
    c.start(namespace="no such namespace")
    c.start(namespace="")
    c.signal("hello", namespace="no such namespace")
    c.call("DescribeWorkflowExecution", namespace="", execution=c.of())


@case
def eager_start(c: Client) -> None:
    answer = c.start(request_eager_execution=True)
    c.start(request_eager_execution=True)
    c.history()
    c.describe()
    c.complete(answer.eager_workflow_task, done())
    c.start(request_eager_execution=True)
    c.history()


@case
def eager_start_is_denied(c: Client) -> None:
    c.start(request_eager_execution=True, workflow_start_delay=seconds(100))
    c.history()


@case
def signal_with_start_starts(c: Client) -> None:
    c.signal_with_start(
        "hello",
        input=payloads("in"),
        signal_input=payloads("signalled"),
        header={"fields": {"trace": payload("a header")}},
        memo={"fields": {"note": payload("a memo")}},
        user_metadata={"summary": payload("a summary")},
        priority={"priority_key": 3},
        links=[LINK],
        retry_policy={"maximum_attempts": 2},
        workflow_execution_timeout=seconds(100),
    )
    c.history()
    # The dev server mixes up the two events of the one request id.
    c.ignored.add("request_id_infos")
    c.describe()
    c.step(done())
    c.describe()


@case
def signal_with_start_signals(c: Client) -> None:
    c.start()
    c.signal_with_start("hello", signal_input=payloads(1), header={"fields": {"trace": payload("h")}}, links=[LINK])
    c.signal_with_start("hello", signal_input=payloads(1))
    c.signal_with_start("hello", request_id="another", memo={"fields": {"note": payload("ignored")}})
    c.history()
    c.describe()
    c.step(done())
    c.signal_with_start("hello")
    c.history()


@case
def signal_with_start_policies(c: Client) -> None:
    c.signal_with_start("one", workflow_id_conflict_policy=CONFLICT + "FAIL")
    first = c.signal_with_start("one")
    c.signal_with_start("two", workflow_id_conflict_policy=CONFLICT + "TERMINATE_EXISTING")
    c.history(run_id=first.run_id)
    c.signal_with_start("three", workflow_id_reuse_policy=REUSE + "TERMINATE_IF_RUNNING")
    c.signal_with_start("four", workflow_id_reuse_policy=REUSE + "REJECT_DUPLICATE")
    c.step(done())
    c.signal_with_start("five", workflow_id_reuse_policy=REUSE + "REJECT_DUPLICATE")
    c.signal_with_start("six", workflow_id_reuse_policy=REUSE + "ALLOW_DUPLICATE_FAILED_ONLY")
    c.signal_with_start("seven")
    c.history()


@case
def signal_with_start_ends_a_delay(c: Client) -> None:
    c.start(workflow_start_delay=seconds(1000))
    c.signal("plain")
    c.describe()
    c.signal_with_start("hello")
    c.history()
    c.describe()


@case
def start_with_links(c: Client) -> None:
    c.start(links=[LINK, LINK])
    c.history()
    c.start(f"{c.id} too many", links=[LINK] * 11)
    long = {"workflow_event": {"namespace": "default", "workflow_id": "x" * 5000, "run_id": "its run"}}
    c.start(f"{c.id} too long", links=[long])
    c.start(f"{c.id} bad", links=[{"workflow_event": {"workflow_id": "w"}}])
    c.start(f"{c.id} empty", links=[{}])


@case
def taken_while_a_task_is_started(c: Client) -> None:
    first = c.start()
    task = c.poll()
    c.signal("buffered", request_id="r")
    c.start(request_id="two", workflow_id_conflict_policy=CONFLICT + "TERMINATE_EXISTING")
    c.complete(task, done())
    c.history(run_id=first.run_id)
    c.describe(run_id=first.run_id)


@case
def signal_with_a_delayed_start(c: Client) -> None:
    c.signal_with_start("one", workflow_start_delay=seconds(1000))
    c.history()
    c.signal_with_start("two", request_id="two")
    c.history()


@case
def signal_with_start_while_a_task_is_started(c: Client) -> None:
    c.start()
    task = c.poll()
    c.signal_with_start("one")
    c.describe()
    c.complete(task, done())
    c.history()
    c.step(done())


@case
def signal_with_start_that_is_sent_again(c: Client) -> None:
    c.signal_with_start("one")
    c.signal_with_start("one")
    c.start(request_id="another")
    c.history()


@case
def odd_ids(c: Client) -> None:
    for name in (" leading", "trailing ", "new\nline", "ünïcode ✓", "slash/and\\back", "a" * 900, "'quotes\"", "%s"):
        c.start(f"{c.id} {name}", request_id=f"request {name}")
        c.describe(f"{c.id} {name}")
        c.start(f"{c.id} {name}", request_id="another")
        c.terminate(f"{c.id} {name}")
    c.start("x" * 1000)
    c.terminate("x" * 1000)


@case
def request_ids_of_other_kinds(c: Client) -> None:
    c.start(request_id="the same")
    c.signal("one", request_id="the same")
    c.signal_with_start("two", request_id="the same")
    c.start(
        request_id="the same",
        workflow_id_conflict_policy=CONFLICT + "USE_EXISTING",
        on_conflict_options={"attach_request_id": True},
    )
    c.history()
    c.ignored.add("request_id_infos")
    c.describe()


@cases_of(
    {
        "nothing": {},
        "type": {"workflow_type": {}},
        "queue": {"task_queue": {}},
        "retry": {"retry_policy": {"backoff_coefficient": 0.5}},
        "policies": {
            "workflow_id_reuse_policy": REUSE + "TERMINATE_IF_RUNNING",
            "workflow_id_conflict_policy": CONFLICT + "FAIL",
        },
        "attribute": {"search_attributes": {"indexed_fields": {"NoSuch": payload(1)}}},
        "links": {"links": [{}]},
        "request_id": {"request_id": "x" * 1001},
    }
)
def attaches_callbacks_only_and_has_bad(c: Client, fields) -> None:
    """Which of two mistakes is told."""
    c.start(on_conflict_options={"attach_completion_callbacks": True}, **fields)
