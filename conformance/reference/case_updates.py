"""Updates: what they wait for, how they are answered, and what is left of them in the history."""

from google.protobuf.any_pb2 import Any
from harness import Client, case, cases_of, command, done, failure, payloads, seconds
from temporalio.api.protocol.v1 import Message
from temporalio.api.update.v1 import Acceptance, Outcome, Rejection, Request, Response

ACCEPTED = "UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ACCEPTED"
COMPLETED = "UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED"


def timer(name: str = "t"):
    return command("start_timer", timer_id=name, start_to_fire_timeout=seconds(100))


def request(update_id: str = "u", name: str = "change") -> dict:
    return {"meta": {"update_id": update_id, "identity": "asker"}, "input": {"name": name, "args": payloads(1)}}


def asked(c: Client, update_id: str = "u", stage: str = COMPLETED, **fields: object):
    """An update that waits while the case goes on."""
    return c.background(
        c.call,
        "UpdateWorkflowExecution",
        workflow_execution=c.of(),
        request=request(update_id),
        wait_policy={"lifecycle_stage": stage},
        **fields,
    )


def poll_update(c: Client, update_id: str = "u", stage: str | None = COMPLETED, **fields: object):
    return c.call(
        "PollWorkflowExecutionUpdate",
        update_ref={"workflow_execution": c.of(), "update_id": update_id},
        wait_policy={"lifecycle_stage": stage} if stage else None,
        **fields,
    )


def begin(c: Client, *commands) -> None:
    with c.quietly():
        c.start()
        c.step(*commands)


def packed(message) -> Any:
    result = Any()
    result.Pack(message)
    return result


def reply(delivered: Message, body, name: str) -> Message:
    return Message(id=f"{delivered.protocol_instance_id}/{name}", protocol_instance_id=delivered.protocol_instance_id, body=packed(body))


def accept(delivered: Message) -> Message:
    asked = Request.FromString(delivered.body.value)
    return reply(
        delivered,
        Acceptance(
            accepted_request_message_id=delivered.id,
            accepted_request_sequencing_event_id=delivered.event_id,
            accepted_request=asked,
        ),
        "accept",
    )


def finish(delivered: Message, **outcome: object) -> Message:
    asked = Request.FromString(delivered.body.value)
    return reply(delivered, Response(meta=asked.meta, outcome=Outcome(**outcome)), "complete")


def reject(delivered: Message) -> Message:
    asked = Request.FromString(delivered.body.value)
    return reply(
        delivered,
        Rejection(
            rejected_request_message_id=delivered.id,
            rejected_request_sequencing_event_id=delivered.event_id,
            rejected_request=asked,
            failure=failure("not now", type="Busy"),
        ),
        "reject",
    )


def protocol(*messages: Message):
    return [command("protocol_message", message_id=it.id) for it in messages]


@case
def update_is_accepted_and_completed(c: Client) -> None:
    begin(c, timer())
    with asked(c):
        task = c.poll()
        accepted, completed = accept(task.messages[0]), finish(task.messages[0], success=payloads("done"))
        c.complete(task, *protocol(accepted, completed), messages=[accepted, completed])
    poll_update(c)
    poll_update(c, stage=ACCEPTED)
    poll_update(c, stage=None)
    c.history()
    c.describe()
    c.call("UpdateWorkflowExecution", workflow_execution=c.of(), request=request(), wait_policy={"lifecycle_stage": COMPLETED})


@case
def update_is_completed_later(c: Client) -> None:
    begin(c, timer())
    with asked(c, stage=ACCEPTED):
        task = c.poll()
        accepted = accept(task.messages[0])
        c.complete(task, *protocol(accepted), messages=[accepted])
    poll_update(c, stage=ACCEPTED)
    with c.quietly():
        c.signal("news")
        later = c.poll()
    with c.background(c.call, "PollWorkflowExecutionUpdate", update_ref={"workflow_execution": c.of(), "update_id": "u"}, wait_policy={"lifecycle_stage": COMPLETED}):
        completed = finish(task.messages[0], failure=failure("no", type="Bad"))
        c.complete(later, *protocol(completed), messages=[completed])
    c.history()


@case
def update_without_commands_for_its_messages(c: Client) -> None:
    begin(c, timer())
    with asked(c):
        task = c.poll()
        c.complete(task, messages=[accept(task.messages[0]), finish(task.messages[0], success=payloads(1))])
    c.history()


@case
def update_is_rejected(c: Client) -> None:
    begin(c, timer())
    with asked(c):
        task = c.poll()
        c.complete(task, messages=[reject(task.messages[0])], capabilities={"discard_speculative_workflow_task_with_events": True})
    poll_update(c)
    c.history()
    c.describe()


@case
def update_is_rejected_with_other_news(c: Client) -> None:
    begin(c, timer())
    with asked(c):
        with c.quietly():
            c.signal("news")
        task = c.poll()
        c.complete(task, messages=[reject(task.messages[0])])
    c.history()


@case
def update_is_not_answered(c: Client) -> None:
    begin(c, timer())
    with asked(c):
        c.complete(c.poll())
    c.history()


@case
def update_before_the_first_task(c: Client) -> None:
    with c.quietly():
        c.start()
    with asked(c):
        task = c.poll()
        accepted, completed = accept(task.messages[0]), finish(task.messages[0], success=payloads(1))
        c.complete(task, *protocol(accepted, completed), messages=[accepted, completed])
    c.history()


@case
def update_while_a_task_runs(c: Client) -> None:
    begin(c, timer())
    with c.quietly():
        c.signal("news")
        task = c.poll()
    with asked(c):
        c.complete(task, timer("u"))
        task = c.poll()
        accepted, completed = accept(task.messages[0]), finish(task.messages[0], success=payloads(1))
        c.complete(task, *protocol(accepted, completed), messages=[accepted, completed])
    c.history()


@case
def update_and_the_end(c: Client) -> None:
    begin(c, timer())
    with asked(c):
        task = c.poll()
        c.complete(task, done())
    c.history()


@case
def accepted_update_and_the_end(c: Client) -> None:
    begin(c, timer())
    with asked(c):
        task = c.poll()
        accepted = accept(task.messages[0])
        c.complete(task, *protocol(accepted), done(), messages=[accepted])
    poll_update(c)
    c.history()


@case
def update_and_termination(c: Client) -> None:
    begin(c, timer())
    with asked(c):
        with c.quietly():
            # It writes the task down for this end, as one that itself had started; we forget it.
            c.poll()
            c.terminate()


@case
def task_of_an_update_fails(c: Client) -> None:
    begin(c, timer())
    with asked(c):
        task = c.poll()
        c.call("RespondWorkflowTaskFailed", task_token=task.task_token, failure=failure("no"))
        c.describe()
        task = c.poll()
        accepted, completed = accept(task.messages[0]), finish(task.messages[0], success=payloads(1))
        c.complete(task, *protocol(accepted, completed), messages=[accepted, completed])
    c.history()


@case
def task_of_an_update_times_out(c: Client) -> None:
    with c.quietly():
        c.start(workflow_task_timeout=seconds(1))
        c.step(timer())
    # It forgets who had a task that was written down only because it timed out.
    c.ignored.add("identity")
    with asked(c):
        c.poll()
        task = c.poll()
        accepted, completed = accept(task.messages[0]), finish(task.messages[0], success=payloads(1))
        c.complete(task, *protocol(accepted, completed), messages=[accepted, completed])
    c.history()


@case
def two_updates(c: Client) -> None:
    begin(c, timer())
    with asked(c, "one"):
        with asked(c, "two"):
            task = c.poll()
            answers = []
            for it in sorted(task.messages, key=lambda it: it.protocol_instance_id):
                answers += [accept(it), finish(it, success=payloads(it.protocol_instance_id))]
            c.complete(task, *protocol(*answers), messages=answers)
    c.history()


@case
def same_update_twice(c: Client) -> None:
    begin(c, timer())
    with asked(c):
        with asked(c, stage=ACCEPTED):
            task = c.poll()
            accepted, completed = accept(task.messages[0]), finish(task.messages[0], success=payloads(1))
            c.complete(task, *protocol(accepted, completed), messages=[accepted, completed])
    c.history()


@cases_of(
    {
        "of_no_update": lambda it: Message(id="m", protocol_instance_id="unknown", body=packed(Acceptance())),
        "of_no_kind": lambda it: Message(id="m", protocol_instance_id=it.protocol_instance_id, body=packed(Request())),
        "completed_first": lambda it: finish(it, success=payloads(1)),
        "without_an_outcome": lambda it: reply(it, Response(), "complete"),
        "acceptance_of_nothing": lambda it: reply(it, Acceptance(), "accept"),
    }
)
def bad_message(c: Client, message) -> None:
    begin(c, timer())
    with asked(c, timeout=8):
        task = c.poll()
        made = message(task.messages[0])
        with c.quietly():
            refusal = c.complete(task, *protocol(made), messages=[made])
            c.describe()
            events = c.history().history.events
        c.note("refused", str(getattr(refusal, "code", "")))
        c.note("events", [it.event_type for it in events])
        c.note("causes", [it.workflow_task_failed_event_attributes.cause for it in events])
        with c.quietly():
            c.terminate()


@case
def updates_that_are_refused(c: Client) -> None:
    begin(c, timer())
    c.call("UpdateWorkflowExecution")
    c.call("UpdateWorkflowExecution", workflow_execution=c.of())
    c.call("UpdateWorkflowExecution", workflow_execution=c.of(), request={})
    c.call("UpdateWorkflowExecution", workflow_execution=c.of(), request={"input": {}})
    c.call("UpdateWorkflowExecution", workflow_execution=c.of("nobody"), request=request(), wait_policy={"lifecycle_stage": COMPLETED})
    c.call("UpdateWorkflowExecution", workflow_execution=c.of(run_id="no id"), request=request(), wait_policy={"lifecycle_stage": COMPLETED})
    c.call("UpdateWorkflowExecution", workflow_execution=c.of(), request=request("x" * 1001), wait_policy={"lifecycle_stage": COMPLETED})
    c.call(
        "UpdateWorkflowExecution",
        workflow_execution=c.of(),
        request=request(),
        wait_policy={"lifecycle_stage": "UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ADMITTED"},
    )
    c.call("PollWorkflowExecutionUpdate")
    c.call("PollWorkflowExecutionUpdate", update_ref={"workflow_execution": c.of()})
    poll_update(c, "unknown")
    with c.quietly():
        c.terminate()
    c.call("UpdateWorkflowExecution", workflow_execution=c.of(), request=request(), wait_policy={"lifecycle_stage": COMPLETED})
    poll_update(c, "unknown")


@case
def update_of_a_failing_workflow(c: Client) -> None:
    with c.quietly():
        c.start()
        for _ in range(3):
            task = c.poll()
            c.call("RespondWorkflowTaskFailed", task_token=task.task_token, failure=failure("no"))
    c.call("UpdateWorkflowExecution", workflow_execution=c.of(), request=request(), wait_policy={"lifecycle_stage": COMPLETED})


@case
def more_updates_than_may_be_under_way(c: Client) -> None:
    begin(c, timer())
    with c.quietly():
        for n in range(10):
            c.call(
                "UpdateWorkflowExecution",
                workflow_execution=c.of(),
                request=request(f"u{n}"),
                wait_policy={"lifecycle_stage": COMPLETED},
                timeout=0.5,
            )
    c.call("UpdateWorkflowExecution", workflow_execution=c.of(), request=request("more"), wait_policy={"lifecycle_stage": COMPLETED}, timeout=3)


# With a start ---------------------------------------------------------------------------------------------------------


def with_start(c: Client, update: dict | None = None, **fields: object) -> dict:
    start = {
        "namespace": "default",
        "workflow_id": c.id,
        "workflow_type": {"name": "Workflow"},
        "task_queue": {"name": c.queue},
        "request_id": "start",
        "identity": "differential",
        "workflow_id_conflict_policy": "WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING",
        **fields,
    }
    update = {
        "namespace": "default",
        "workflow_execution": {"workflow_id": c.id},
        "request": request(),
        "wait_policy": {"lifecycle_stage": COMPLETED},
        **(update or {}),
    }
    return {"operations": [{"start_workflow": start}, {"update_workflow": update}]}


def take_update(c: Client) -> None:
    task = c.poll()
    accepted, completed = accept(task.messages[0]), finish(task.messages[0], success=payloads(1))
    c.complete(task, *protocol(accepted, completed), messages=[accepted, completed])


@case
def update_with_start(c: Client) -> None:
    with c.background(c.call, "ExecuteMultiOperation", **with_start(c)):
        take_update(c)
    c.history()
    with c.quietly():
        # It says less of a run that it finds.
        found = c.call("ExecuteMultiOperation", **with_start(c))
    c.note("found", c.plain(found.responses[1].update_workflow.outcome))


@case
def update_with_start_of_one_that_runs(c: Client) -> None:
    begin(c, timer())
    c.call("ExecuteMultiOperation", **with_start(c, workflow_id_conflict_policy="WORKFLOW_ID_CONFLICT_POLICY_FAIL"))
    with c.quietly():
        with c.background(c.call, "ExecuteMultiOperation", **with_start(c)) as running:
            take_update(c)
    c.note("update", c.plain(running.result().responses[1].update_workflow))
    c.history()


@cases_of(
    {
        "cron": {"cron_schedule": "* * * * *"},
        "eager": {"request_eager_execution": True},
        "delay": {"workflow_start_delay": seconds(1)},
        "no_type": {"workflow_type": {}},
    }
)
def update_with_start_is_refused_for(c: Client, fields) -> None:
    with c.background(c.call, "ExecuteMultiOperation", **with_start(c, **fields), timeout=3):
        pass


@cases_of(
    {
        "other_id": {"workflow_execution": {"workflow_id": "another"}},
        "run_id": {"workflow_execution": {"workflow_id": "x", "run_id": "no id"}},
        "first_run_id": {"first_execution_run_id": "00000000-0000-0000-0000-000000000000"},
        "no_request": {"request": None},
    }
)
def update_with_start_is_refused_with(c: Client, update) -> None:
    c.call("ExecuteMultiOperation", **with_start(c, update), timeout=3)


@case
def operations_in_odd_numbers(c: Client) -> None:
    start, update = with_start(c)["operations"]
    c.call("ExecuteMultiOperation")
    c.call("ExecuteMultiOperation", operations=[start])
    c.call("ExecuteMultiOperation", operations=[update, start])
    c.call("ExecuteMultiOperation", operations=[start, start])
    c.call("ExecuteMultiOperation", operations=[start, update, update])
    c.call("ExecuteMultiOperation", operations=[{}, update])
