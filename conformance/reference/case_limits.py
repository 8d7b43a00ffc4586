"""What is too large, and what there is too much of."""

from harness import Client, Refusal, case, command, done, payload, payloads, seconds

LARGE = "x" * 3_000_000


def refused(c: Client, what: str, answer) -> None:
    """Compares the code and the first sentence: ours goes on to say how large it is, and how large it may be."""
    if not isinstance(answer, Refusal):
        c.note(what, "accepted")
        return
    c.note(what, [answer.code.name, answer.error.details().partition(".")[0]])


@case
def large_starts(c: Client) -> None:
    with c.quietly():
        answers = {
            "input": c.start(input=payloads(LARGE)),
            "memo": c.start(memo={"fields": {"note": payload(LARGE)}}),
            "attribute": c.start(search_attributes={"indexed_fields": {"BatcherUser": payload("x" * 3000)}}),
            "signal input": c.signal_with_start("s", signal_input=payloads(LARGE)),
            "start input": c.signal_with_start("s", input=payloads(LARGE)),
            "start memo": c.signal_with_start("s", memo={"fields": {"note": payload(LARGE)}}),
            "changes": c.start(search_attributes={"indexed_fields": {"TemporalChangeVersion": payload(["x" * 500] * 5)}}),
        }
    for what, answer in answers.items():
        refused(c, what, answer)


@case
def large_signals_and_ends(c: Client) -> None:
    c.start()
    with c.quietly():
        answers = {
            "signal": c.signal("s", input=payloads(LARGE)),
            "termination": c.terminate(details=payloads("x" * 1000), reason="r" * 2000),
        }
    for what, answer in answers.items():
        refused(c, what, answer)


@case
def attributes_that_grow_too_large(c: Client) -> None:
    c.start()
    upsert = lambda name, value: command("upsert_workflow_search_attributes", search_attributes={"indexed_fields": {name: payload(value)}})
    task = c.poll()
    with c.quietly():
        answer = c.complete(task, upsert("BatcherUser", "x" * 3000))
        history = c.history()
    refused(c, "upsert", answer)
    c.note("events", [it.event_type for it in history.history.events])


@case
def memo_that_grows_too_large(c: Client) -> None:
    c.start(memo={"fields": {"note": payload("x" * 1_500_000)}})
    task = c.poll()
    with c.quietly():
        upsert = command("modify_workflow_properties", upserted_memo={"fields": {"more": payload("x" * 1_500_000)}})
        answer = c.complete(task, upsert)
        history = c.history()
    refused(c, "upsert", answer)
    c.note("events", [it.event_type for it in history.history.events])
    if history.history.events[-1].HasField("workflow_task_failed_event_attributes"):
        c.note("cause", history.history.events[-1].workflow_task_failed_event_attributes.cause)


@case
def empty_upserts(c: Client) -> None:
    c.start()
    task = c.poll()
    c.complete(task, command("upsert_workflow_search_attributes"))
    task = c.poll()
    c.complete(task, command("upsert_workflow_search_attributes", search_attributes={"indexed_fields": {"NoSuchAttribute": payload(1)}}))
    task = c.poll()
    c.complete(task, command("modify_workflow_properties"))
    c.history()
    c.terminate()


@case
def messages_that_are_too_large(c: Client) -> None:
    c.start()
    huge = "x" * 5_000_000
    with c.quietly():
        answers = {
            "signal": c.signal("s", input=payloads(huge)),
            "start": c.start(f"{c.id} again", input=payloads(huge)),
        }
    for what, answer in answers.items():
        c.note(what, [answer.code.name, answer.error.details().partition("(")[0]])


@case
def headers_and_metadata(c: Client) -> None:
    big = {"fields": {"trace": payload("x" * 1_000_000)}}
    c.start()
    with c.quietly():
        c.signal("s", header=big)
        started = c.start(f"{c.id} header", header=big)
        events = c.history().history.events
    c.note("started", hasattr(started, "run_id"))
    c.note("events", [it.event_type for it in events])
    c.terminate()
    c.terminate(f"{c.id} header")


@case
def memo_of_a_continued_run_that_is_too_large(c: Client) -> None:
    c.start()
    task = c.poll()
    again = command(
        "continue_as_new_workflow_execution",
        workflow_type={"name": "Workflow"},
        task_queue={"name": c.queue},
        memo={"fields": {"note": payload("x" * 3_000_000)}},
    )
    with c.quietly():
        answer = c.complete(task, again)
        events = c.history().history.events
    c.note("answer", answer.code.name if isinstance(answer, Refusal) else "taken")
    c.note("events", [it.event_type for it in events])
