"""How much a run may hold, on servers with low limits: __main__.py has them."""

from contextlib import nullcontext

from case_limits import with_number
from case_updates import ACCEPTED, accept, asked, begin, finish, protocol, reject, request, with_start
from harness import Client, Refusal, cases_of, command, done, limited_case, payloads, seconds


def marker(size: int = 1):
    return command("record_marker", marker_name="m", details={"d": payloads("x" * size)})


def last_events(c: Client, count: int = 3, workflow_id: str | None = None) -> None:
    with c.quietly():
        events = c.history(workflow_id).history.events
    c.note("events", len(events))
    c.note("last", [c.plain(it) for it in events[-count:]])


@limited_case
def signals(c: Client) -> None:
    c.start()
    for number in range(5):
        c.signal("s", request_id=str(number))
    c.signal("s", request_id="1")
    c.signal_with_start("s", request_id="one more")
    own = {"namespace": "default", "execution": {"workflow_id": c.id}, "signal_name": "own"}
    c.step(command("signal_external_workflow_execution", **own))
    c.step()
    c.terminate()
    c.history()


@limited_case
def signals_while_a_task_is_started(c: Client) -> None:
    c.start()
    task = c.poll()
    for number in range(5):
        c.signal("s", request_id=str(number))
    c.complete(task)
    c.history()


@limited_case
def signals_of_the_next_run(c: Client) -> None:
    c.start()
    for number in range(4):
        c.signal("s", request_id=str(number))
    c.step(command("continue_as_new_workflow_execution"))
    for number in range(4):
        c.signal("s", request_id=str(number))
    c.history()


@limited_case
def updates_in_flight(c: Client) -> None:
    """Those that were accepted are in flight until they are completed."""
    begin(c)
    accepted = []
    for update_id in ("a", "b"):
        with asked(c, update_id, ACCEPTED, timeout=5):
            with asked(c, "c", timeout=5) if accepted else nullcontext():
                pass
            with c.quietly():
                task = c.poll()
                accepted.append(task.messages[0])
                answer = accept(task.messages[0])
                c.complete(task, *protocol(answer), messages=[answer])
    with asked(c, "d", timeout=5):
        pass
    with asked(c, "b", ACCEPTED, timeout=5):
        pass
    c.signal("go on")
    task = c.poll()
    ended = [finish(it, success=payloads(1)) for it in accepted]
    c.complete(task, *protocol(*ended), messages=ended)
    updated(c, "e")
    c.history()


def updated(c: Client, update_id: str, rejected: bool = False) -> None:
    with asked(c, update_id, timeout=5):
        with c.quietly():
            task = c.poll(timeout=5)
            if not task.messages:
                c.complete(task)
                return
            if rejected:
                c.complete(task, messages=[reject(task.messages[0])])
                return
            answers = [accept(task.messages[0]), finish(task.messages[0], success=payloads(1))]
            c.complete(task, *protocol(*answers), messages=answers)


@limited_case
def updates_of_one_run(c: Client) -> None:
    begin(c)
    updated(c, "rejected", rejected=True)
    for number in range(5):
        updated(c, str(number))
    with asked(c, "too many", timeout=5):
        pass
    with asked(c, "1", timeout=5):
        pass
    c.call("ExecuteMultiOperation", **with_start(c, {"request": request("too many")}), timeout=5)
    with c.quietly():
        c.signal("s")
    c.step(command("continue_as_new_workflow_execution"))
    c.step()
    updated(c, "too many")
    c.history()


@limited_case
def long_histories(c: Client) -> None:
    c.start()
    for count in (2, 4, 6, 8, 10):
        c.step(*(marker() for _ in range(count)), force_create_new_workflow_task=True)
    last_events(c)
    c.describe()


@limited_case
def large_histories(c: Client) -> None:
    c.start()
    for _ in range(6):
        c.step(marker(11_000), force_create_new_workflow_task=True)
    last_events(c)
    c.describe()


@cases_of({"marker": marker(), "end": done(), "continue": command("continue_as_new_workflow_execution")}, limited=True)
def histories_that_are_full_of(c: Client, last) -> None:
    """Whether the command that would be one event too much is still done."""
    for before in range(38, 43):
        workflow_id = f"{c.id} {before}"
        with c.quietly():
            c.start(workflow_id, task_queue={"name": workflow_id})
            task = c.poll(task_queue={"name": workflow_id})
            answer = c.complete(task, *(marker() for _ in range(before - 4)), last)
        c.note("answer", c._refused(answer.error) if isinstance(answer, Refusal) else "taken")
        last_events(c, 2, workflow_id)


@limited_case
def a_signal_too_long(c: Client) -> None:
    """A history that is full does not take what comes from outside."""
    with c.quietly():
        c.start()
        c.step(*(marker() for _ in range(35)))
    c.signal("a")
    c.signal("b")
    c.signal("c")
    last_events(c)


@limited_case
def a_signal_too_large(c: Client) -> None:
    c.start()
    c.signal("a", input=payloads("x" * 40_000))
    c.signal("b", input=payloads("x" * 40_000))
    c.signal("c")
    last_events(c)


@limited_case
def buffered_signals_too_large(c: Client) -> None:
    c.start()
    task = c.poll()
    c.signal("a", input=payloads("x" * 20_000))
    c.signal("b", input=payloads("x" * 20_000))
    c.complete(task)
    last_events(c)


@limited_case
def starts_too_large(c: Client) -> None:
    c.start(input=payloads("x" * 70_000))
    last_events(c)
    c.poll(timeout=3)
    last_events(c)


@limited_case
def activities_too_large(c: Client) -> None:
    c.start()
    c.step(with_number("activity", c, 1))
    task = c.poll_activity()
    c.call("RespondActivityTaskCompleted", task_token=task.task_token, result=payloads("x" * 70_000))
    last_events(c)


@cases_of({it: it for it in ("activity", "child", "signal", "cancel")}, limited=True)
def what_is_pending(c: Client, kind) -> None:
    c.start()
    c.step(*(with_number(kind, c, number) for number in range(2)))
    c.step(with_number(kind, c, 0))
    if kind == "activity":
        task = c.poll_activity()
        c.call("RespondActivityTaskCompleted", task_token=task.task_token)
        c.step(with_number(kind, c, 1))
        c.signal("go on")
        c.step(with_number(kind, c, 2))
    else:
        c.step()
    c.history()


@limited_case
def heartbeats_too_large(c: Client) -> None:
    c.start()
    c.step(command("schedule_activity_task", activity_id="a", activity_type={"name": "Greet"}, task_queue={"name": c.queue}, start_to_close_timeout=seconds(100)))
    task = c.poll_activity()
    c.call("RecordActivityTaskHeartbeat", task_token=task.task_token, details=payloads("x" * 10_000))
    c.call("RecordActivityTaskHeartbeat", task_token=task.task_token, details=payloads("x" * 40_000))
    c.call("RecordActivityTaskHeartbeat", task_token=task.task_token, details=payloads("x"))
    last_events(c)


@limited_case
def transactions_too_large(c: Client) -> None:
    c.start()
    task = c.poll()
    with c.quietly():
        answer = c.complete(task, marker(60_000), marker(60_000))
        events = c.history().history.events
    # The servers need not store events in just as many bytes.
    c.note("answer", [answer.code.name, answer.error.details().partition(" of ")[0]])
    c.note("events", [it.event_type for it in events])
    c.note("reason", events[-1].workflow_execution_terminated_event_attributes.reason)
