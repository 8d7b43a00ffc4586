"""Queries: when they are answered, by whom, and when not."""

from harness import Client, case, cases_of, command, done, failure, payloads, seconds


def timer():
    return command("start_timer", timer_id="t", start_to_fire_timeout=seconds(100))


def query(c: Client, name: str = "q", **fields: object):
    return c.call("QueryWorkflow", execution=c.of(), query={"query_type": name, **fields}, timeout=10)


def asked(c: Client, **fields: object):
    """A query that waits while the case goes on."""
    return c.background(
        c.call, "QueryWorkflow", execution=c.of(), query={"query_type": "q", "query_args": payloads(1)}, **fields
    )


def begin(c: Client, *commands) -> None:
    with c.quietly():
        c.start()
        c.step(*commands)


def answer(c: Client, task, **fields: object):
    fields.setdefault("completed_type", "QUERY_RESULT_TYPE_ANSWERED")
    return c.call("RespondQueryTaskCompleted", task_token=task.task_token, **fields)


@case
def query_is_answered(c: Client) -> None:
    begin(c, timer())
    with asked(c):
        task = c.poll()
        answer(c, task, query_result=payloads("state"))
        answer(c, task, query_result=payloads("again"))


@case
def query_fails(c: Client) -> None:
    begin(c, timer())
    with asked(c):
        task = c.poll()
        answer(
            c,
            task,
            completed_type="QUERY_RESULT_TYPE_FAILED",
            error_message="no such query",
            failure=failure("no such query", type="Unknown"),
        )


@case
def query_fails_without_a_failure(c: Client) -> None:
    begin(c, timer())
    with asked(c):
        answer(c, c.poll(), completed_type="QUERY_RESULT_TYPE_FAILED", error_message="no such query")


@case
def query_of_a_workflow_that_ended(c: Client) -> None:
    begin(c, done("result"))
    with asked(c):
        answer(c, c.poll(), query_result=payloads("state"))


@cases_of({"completed": done(), "failed": command("fail_workflow_execution", failure=failure("no"))})
def query_may_be_rejected(c: Client, how) -> None:
    begin(c, how)
    execution = c.of()
    asked = {"execution": execution, "query": {"query_type": "q"}, "timeout": 10}
    c.call("QueryWorkflow", **asked, query_reject_condition="QUERY_REJECT_CONDITION_NOT_OPEN")
    if how.command_type != done().command_type:
        c.call("QueryWorkflow", **asked, query_reject_condition="QUERY_REJECT_CONDITION_NOT_COMPLETED_CLEANLY")
        return
    with c.background(
        c.call, "QueryWorkflow", **asked, query_reject_condition="QUERY_REJECT_CONDITION_NOT_COMPLETED_CLEANLY"
    ):
        answer(c, c.poll(), query_result=payloads("state"))


def answered_with_a_task(c: Client, **result: object) -> None:
    """Asks while a workflow task waits, and answers with that task."""
    begin(c, timer())
    with c.quietly():
        c.signal("news")
    with asked(c):
        with c.quietly():
            task = c.poll()
            key = next(iter(task.queries))
            c.complete(task, query_results={key: result})


@case
def query_rides_on_the_next_task(c: Client) -> None:
    answered_with_a_task(c, result_type="QUERY_RESULT_TYPE_ANSWERED", answer=payloads("state"))
    c.history()


@case
def query_that_rides_fails(c: Client) -> None:
    answered_with_a_task(c, result_type="QUERY_RESULT_TYPE_FAILED", error_message="no such query")


@case
def query_while_a_task_runs(c: Client) -> None:
    begin(c, timer())
    with c.quietly():
        c.signal("news")
        task = c.poll()
    with asked(c):
        c.complete(task)
        answer(c, c.poll(), query_result=payloads("state"))


@case
def query_before_the_first_task(c: Client) -> None:
    with c.quietly():
        c.start()
    with asked(c):
        with c.quietly():
            task = c.poll()
            keys = list(task.queries)
            result = {"result_type": "QUERY_RESULT_TYPE_ANSWERED", "answer": payloads("state")}
            c.complete(task, timer(), query_results={key: result for key in keys})
            if not keys:
                answer(c, c.poll(), query_result=payloads("state"))


@case
def query_when_the_workflow_ended_before_its_first_task(c: Client) -> None:
    with c.quietly():
        c.start()
        c.terminate()
    query(c)


@case
def query_of_a_failing_workflow(c: Client) -> None:
    with c.quietly():
        c.start()
        for _ in range(3):
            task = c.poll()
            c.call("RespondWorkflowTaskFailed", task_token=task.task_token, failure=failure("no"))
    query(c)


@case
def query_before_a_delayed_start(c: Client) -> None:
    with c.quietly():
        c.start(workflow_start_delay=seconds(100))
    c.call("QueryWorkflow", execution=c.of(), query={"query_type": "q"}, timeout=3)


@case
def queries_that_are_refused(c: Client) -> None:
    begin(c, timer())
    c.call("QueryWorkflow")
    c.call("QueryWorkflow", execution=c.of())
    c.call("QueryWorkflow", execution=c.of(), query={})
    c.call("QueryWorkflow", execution=c.of("nobody"), query={"query_type": "q"})
    c.call("QueryWorkflow", execution={}, query={"query_type": "q"})
    c.call("QueryWorkflow", execution=c.of(run_id="no id"), query={"query_type": "q"})
    c.call("RespondQueryTaskCompleted")
    c.call("RespondQueryTaskCompleted", task_token=b"no token")
