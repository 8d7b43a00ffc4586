"""Queries with workflow tasks of all kinds, and what becomes of them when those come to nothing."""

from harness import Client, case, cases_of, command, done, failure, payload, payloads, seconds


def timer():
    return command("start_timer", timer_id="t", start_to_fire_timeout=seconds(100))


def asked(c: Client, **fields: object):
    fields = {"execution": c.of(), "query": {"query_type": "q", "query_args": payloads(1)}, "timeout": 20, **fields}
    return c.background(c.call, "QueryWorkflow", **fields)


def begin(c: Client, *commands) -> None:
    with c.quietly():
        c.start()
        c.step(*commands)


def answered(**fields: object) -> dict:
    return {"result_type": "QUERY_RESULT_TYPE_ANSWERED", "answer": payloads("state"), **fields}


def direct(c: Client, **fields: object) -> None:
    with c.quietly():
        task = c.poll()
    c.note("query", c.plain(task.query))
    fields = {"completed_type": "QUERY_RESULT_TYPE_ANSWERED", "query_result": payloads("state"), **fields}
    c.call("RespondQueryTaskCompleted", task_token=task.task_token, **fields)


def begin_with_news(c: Client) -> None:
    """A task waits that a query can ride on."""
    begin(c, timer())
    with c.quietly():
        c.signal("news")


@case
def task_with_a_query_fails(c: Client) -> None:
    """Its query is asked again with the next attempt."""
    begin_with_news(c)
    with asked(c):
        with c.quietly():
            task = c.poll()
            c.note("queries", len(task.queries))
            c.call("RespondWorkflowTaskFailed", task_token=task.task_token, failure=failure("no"))
            task = c.poll()
            c.note("queries", len(task.queries))
            for key in task.queries:
                c.complete(task, query_results={key: answered()})
            if not task.queries:
                c.complete(task)
                direct(c)


@case
def task_with_a_query_ends_the_workflow(c: Client) -> None:
    begin_with_news(c)
    with asked(c):
        with c.quietly():
            task = c.poll()
            c.complete(task, done(), query_results={key: answered() for key in task.queries})


@case
def task_with_a_query_ends_the_workflow_without_an_answer(c: Client) -> None:
    begin_with_news(c)
    with asked(c):
        with c.quietly():
            task = c.poll()
            c.complete(task, done())
        direct(c)


@case
def query_is_not_answered_by_the_task(c: Client) -> None:
    begin_with_news(c)
    with asked(c):
        with c.quietly():
            c.step()
        direct(c)


@case
def query_on_a_sticky_queue(c: Client) -> None:
    sticky = {"name": f"{c.queue} sticky", "kind": "TASK_QUEUE_KIND_STICKY", "normal_name": c.queue}
    attributes = {"worker_task_queue": sticky, "schedule_to_start_timeout": seconds(10)}
    with c.quietly():
        c.start()
        c.poll(task_queue=sticky, timeout=2.5)
        c.step(timer(), sticky_attributes=attributes)
    with asked(c):
        with c.quietly():
            task = c.poll(task_queue=sticky)
        c.note("history", [it.event_id for it in task.history.events])
        c.note("started", [task.started_event_id, task.previous_started_event_id, task.attempt])
        c.call(
            "RespondQueryTaskCompleted",
            task_token=task.task_token,
            completed_type="QUERY_RESULT_TYPE_ANSWERED",
            query_result=payloads("state"),
        )


@case
def query_on_a_sticky_queue_without_a_worker(c: Client) -> None:
    """It goes to the normal queue, with the whole history."""
    sticky = {"name": f"{c.queue} sticky", "kind": "TASK_QUEUE_KIND_STICKY", "normal_name": c.queue}
    attributes = {"worker_task_queue": sticky, "schedule_to_start_timeout": seconds(1)}
    begin_with_news(c)
    with c.quietly():
        c.step(sticky_attributes=attributes)
    with asked(c):
        with c.quietly():
            task = c.poll()
        c.note("history", [it.event_id for it in task.history.events])
        c.call(
            "RespondQueryTaskCompleted",
            task_token=task.task_token,
            completed_type="QUERY_RESULT_TYPE_ANSWERED",
            query_result=payloads("state"),
        )


# Answers of no kind, or without one, are refused or passed on by ours; there whoever asked waits in vain.
ANSWERS = {
    "failed": {"completed_type": "QUERY_RESULT_TYPE_FAILED", "error_message": "no such query"},
    "failed_with_failure": {
        "completed_type": "QUERY_RESULT_TYPE_FAILED",
        "error_message": "no such query",
        "failure": failure("why", type="Unknown"),
    },
    "failed_with_only_failure": {"completed_type": "QUERY_RESULT_TYPE_FAILED", "failure": failure("why")},
    "nothing": {"query_result": None},
    "failed_with_cause": {
        "completed_type": "QUERY_RESULT_TYPE_FAILED",
        "error_message": "no",
        "cause": "WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR",
    },
}


@cases_of(ANSWERS)
def query_is_answered_with(c: Client, fields) -> None:
    begin(c, timer())
    with asked(c, timeout=6):
        direct(c, **fields)


RIDING = {
    "failed": {"result_type": "QUERY_RESULT_TYPE_FAILED", "error_message": "no such query"},
    "failed_with_failure": {
        "result_type": "QUERY_RESULT_TYPE_FAILED",
        "error_message": "no such query",
        "failure": failure("why", type="Unknown"),
    },
}


@cases_of(RIDING)
def query_that_rides_is_answered_with(c: Client, result) -> None:
    begin_with_news(c)
    with asked(c, timeout=6):
        with c.quietly():
            task = c.poll()
        c.complete(task, query_results={key: result for key in task.queries})


@case
def answers_of_queries_that_are_late(c: Client) -> None:
    begin(c, timer())
    with c.quietly():
        with asked(c, timeout=3):
            task = c.poll()
            c.sleep(3.5)
    c.call(
        "RespondQueryTaskCompleted",
        task_token=task.task_token,
        completed_type="QUERY_RESULT_TYPE_ANSWERED",
        query_result=payloads("state"),
    )
    with c.quietly():
        # Ours says that there is no such task.
        refusals = [c.call("RespondWorkflowTaskFailed", task_token=task.task_token), c.complete(task)]
    c.note("refused", [str(it.code) for it in refusals])


@case
def query_of_an_older_run(c: Client) -> None:
    with c.quietly():
        started = c.start()
        c.step(command("continue_as_new_workflow_execution"))
        c.step(timer())
    with asked(c, execution=c.of(run_id=started.run_id)):
        direct(c)
    with asked(c):
        direct(c)


@case
def many_queries_at_once(c: Client) -> None:
    begin_with_news(c)
    with asked(c), asked(c), asked(c, query={"query_type": "other", "header": {"fields": {"h": payload(1)}}}):
        with c.quietly():
            task = c.poll()
        c.note("queries", sorted(it.query_type for it in task.queries.values()))
        with c.quietly():
            c.complete(task, query_results={key: answered() for key in task.queries})


@case
def query_while_the_first_task_fails(c: Client) -> None:
    with c.quietly():
        c.start()
        task = c.poll()
        c.call("RespondWorkflowTaskFailed", task_token=task.task_token, failure=failure("no"))
    with asked(c):
        with c.quietly():
            task = c.poll()
            keys = list(task.queries)
            c.complete(task, timer(), query_results={key: answered() for key in keys})
            if not keys:
                direct(c)


@case
def query_after_a_reset(c: Client) -> None:
    with c.quietly():
        c.start()
        c.step(timer())
        c.call("ResetWorkflowExecution", workflow_execution=c.of(), workflow_task_finish_event_id=4, request_id="reset")
    with asked(c):
        with c.quietly():
            task = c.poll()
            keys = list(task.queries)
            c.complete(task, timer(), query_results={key: answered() for key in keys})
            if not keys:
                direct(c)


CONDITIONS = ("NONE", "NOT_OPEN", "NOT_COMPLETED_CLEANLY")
ENDS = {
    "completed": done(),
    "failed": command("fail_workflow_execution", failure=failure("no")),
    "cancelled": command("cancel_workflow_execution"),
    "continued": command("continue_as_new_workflow_execution"),
}


@cases_of({f"{how}_{condition}": (end, condition) for how, end in ENDS.items() for condition in CONDITIONS})
def query_of_what_ended(c: Client, it) -> None:
    end, condition = it
    with c.quietly():
        started = c.start()
        c.step(end)
    execution = c.of(run_id=started.run_id)
    with c.background(
        c.call,
        "QueryWorkflow",
        execution=execution,
        query={"query_type": "q"},
        query_reject_condition=f"QUERY_REJECT_CONDITION_{condition}",
        timeout=15,
    ) as running:
        c.sleep(0.5)
        if not running.done():
            with c.quietly():
                task = c.poll()
                while not task.HasField("query"):
                    c.complete(task)
                    task = c.poll()
            c.note("history", [it.event_id for it in task.history.events])
            c.call(
                "RespondQueryTaskCompleted",
                task_token=task.task_token,
                completed_type="QUERY_RESULT_TYPE_ANSWERED",
                query_result=payloads("state"),
            )
    with c.quietly():
        c.terminate()
