"""Lists, counts, and the language of their queries."""

import time

from harness import Client, Refusal, case, command, done, payload

FAILED = {"message": "it failed", "application_failure_info": {"type": "Broken"}}


def several(c: Client) -> None:
    """Two that completed, one that failed, one that was terminated, and one that runs; lists know of all of them."""
    with c.quietly():
        for number in range(2):
            c.start(
                f"{c.id} completed {number}",
                workflow_type={"name": f"{c.name}A"},
                memo={"fields": {"note": payload(1)}},
            )
            c.step(done(number))
        c.start(f"{c.id} failed", workflow_type={"name": f"{c.name}B"})
        c.step(command("fail_workflow_execution", failure=FAILED))
        c.start(f"{c.id} terminated", workflow_type={"name": f"{c.name}B"})
        c.terminate(f"{c.id} terminated")
        c.start(
            f"{c.id} running",
            workflow_type={"name": f"{c.name}A"},
            search_attributes={"indexed_fields": {"BatcherUser": payload("me")}},
        )
        c.step()
        # The dev server's lists lag behind.
        for _ in range(100):
            counted = c.call("CountWorkflowExecutions", query=f"TaskQueue = '{c.queue}' AND BuildIds IS NOT NULL")
            closed = c.call("CountWorkflowExecutions", query=f"TaskQueue = '{c.queue}' AND CloseTime IS NOT NULL")
            if counted.count == 4 and closed.count == 4:
                break
            time.sleep(0.1)


def ids(c: Client, condition: str) -> None:
    """The workflow ids that a condition finds, without the case's own part."""
    query = f"TaskQueue = '{c.queue}' AND ({condition})"
    with c.quietly():
        answer = c.call("ListWorkflowExecutions", query=query)
        counted = c.call("CountWorkflowExecutions", query=query)
    if isinstance(answer, Refusal):
        # Ours says what would be right.
        c.note(condition, answer.code.name)
        return
    found = sorted(it.execution.workflow_id.removeprefix(c.id) for it in answer.executions)
    c.note(condition, [found, counted.count])


@case
def lists(c: Client) -> None:
    several(c)
    for rpc in ("ListWorkflowExecutions", "ScanWorkflowExecutions"):
        c.call(rpc, query=f"TaskQueue = '{c.queue}' AND ExecutionStatus = 'Running'")
        c.call(rpc, query=f"WorkflowId = '{c.id} failed'")
    c.call("ListWorkflowExecutions", query=f"WorkflowId = '{c.id} completed 1'")
    c.call("ListWorkflowExecutions", query="WorkflowId = 'no such workflow'")
    c.call("ListWorkflowExecutions", query="WorkflowId = 'a'", page_size=-1)
    # A token that is none makes the dev server say that something went wrong.
    c.call("ListWorkflowExecutions", query="", namespace="no such namespace")
    c.call("CountWorkflowExecutions", query="", namespace="no such namespace")
    c.call("ListArchivedWorkflowExecutions")


@case
def pages_of_lists(c: Client) -> None:
    several(c)
    token, found = b"", []
    for _ in range(10):
        with c.quietly():
            page = c.call(
                "ListWorkflowExecutions", query=f"TaskQueue = '{c.queue}'", page_size=2, next_page_token=token
            )
        found.append([it.execution.workflow_id for it in page.executions])
        token = page.next_page_token
        if not token:
            break
    c.note("pages", found)


@case
def counts(c: Client) -> None:
    several(c)
    own = f"TaskQueue = '{c.queue}'"
    c.call("CountWorkflowExecutions", query=own)
    c.call("CountWorkflowExecutions", query=f"{own} AND ExecutionStatus = 'Failed'")
    with c.quietly():
        grouped = c.call("CountWorkflowExecutions", query=f"{own} GROUP BY ExecutionStatus")
    c.note("total", grouped.count)
    c.note("groups", sorted((c.plain(it) for it in grouped.groups), key=lambda it: it["group_values"][0]["data"]))
    c.call("CountWorkflowExecutions", query=f"{own} GROUP BY TemporalNamespaceDivision")
    c.call("CountWorkflowExecutions", query="WorkflowId = 'none' GROUP BY ExecutionStatus")
    for wrong in (
        "WorkflowType",
        "WorkflowId",
        "NoSuchAttribute",
        "ExecutionStatus, WorkflowType",
        "BatcherUser",
        "StartTime",
    ):
        with c.quietly():
            answer = c.call("CountWorkflowExecutions", query=f"{own} GROUP BY {wrong}")
        c.note(wrong, answer.code.name)


# Ours also reads days, numbers and truth in quotes, and statuses in any case; it finds times by equality, which the dev
# server does not, and has no use for a whole number that is not whole.
@case
def queries(c: Client) -> None:
    several(c)
    for condition in (
        "ExecutionStatus = 'Completed'",
        'ExecutionStatus = "Completed"',
        "ExecutionStatus = 2",
        "ExecutionStatus != 'Completed'",
        "ExecutionStatus <> 'Completed'",
        "ExecutionStatus IN ('Failed', 'Terminated')",
        "ExecutionStatus NOT IN ('Failed', 'Terminated')",
        "ExecutionStatus IN ('Failed', 4)",
        "ExecutionStatus = 'Nonsense'",
        "ExecutionStatus = 77",
        "WorkflowType = '{type}A'",
        "WorkflowType != '{type}A'",
        "WorkflowType STARTS_WITH '{type}'",
        "WorkflowType NOT STARTS_WITH '{type}A'",
        "WorkflowType starts_with '{type}A'",
        "WorkflowType STARTS_WITH ''",
        "WorkflowType > '{type}A'",
        "WorkflowType BETWEEN '{type}A' AND '{type}B'",
        "WorkflowType IS NULL",
        "WorkflowId STARTS_WITH '{id} comp'",
        "CloseTime IS NULL",
        "CloseTime IS NOT NULL",
        "CloseTime > '2020-01-01T00:00:00Z'",
        "CloseTime > '2020-01-01T00:00:00+01:00'",
        "CloseTime > 'yesterday'",
        "CloseTime > 1577836800000000000",
        "CloseTime > 1.5",
        "CloseTime > 'now'",
        "StartTime < '2020-01-01T00:00:00Z'",
        "StartTime BETWEEN '2020-01-01T00:00:00Z' AND '2120-01-01T00:00:00Z'",
        "StartTime NOT BETWEEN '2020-01-01T00:00:00Z' AND '2120-01-01T00:00:00Z'",
        "StartTime IN ('2020-01-01T00:00:00Z')",
        "ExecutionDuration < '1h'",
        "ExecutionDuration > '1h'",
        "ExecutionDuration < 3600000000000",
        "ExecutionDuration < '10:00:00'",
        "ExecutionDuration < 'long'",
        "ExecutionDuration IS NULL",
        "HistoryLength = 5",
        "HistoryLength > 0",
        "HistoryLength BETWEEN 1 AND 100",
        "HistoryLength = 'five'",
        "HistoryLength IN (4, 5)",
        "HistoryLength = -1",
        "BatcherUser = 'me'",
        "BatcherUser != 'me'",
        "BatcherUser IS NULL",
        "BatcherUser IS NOT NULL",
        "NOT BatcherUser = 'me'",
        "BatcherUser NOT IN ('me')",
        "BatcherUser = 1",
        "BatcherUser = true",
        "BuildIds = 'unversioned'",
        "BuildIds != 'unversioned'",
        "BuildIds IN ('unversioned', 'another')",
        "BuildIds NOT IN ('unversioned')",
        "BuildIds > 'unversioned'",
        "BuildIds STARTS_WITH 'un'",
        "BuildIds BETWEEN 'a' AND 'z'",
        "BuildIds IS NULL",
        "BuildIds = 'nothing'",
        "ParentWorkflowId IS NULL",
        "ParentWorkflowId = 'someone'",
        "RootWorkflowId = '{id} running'",
        "RunId = 'nothing'",
        "RunId IS NULL",
        "TemporalNamespaceDivision IS NULL",
        "TemporalNamespaceDivision IS NOT NULL",
        "ScheduleId = 'nothing'",
        "NoSuchAttribute = 1",
        "`WorkflowType` = '{type}A'",
        "`Custom`WorkflowType = 'a'",
        "CustomWorkflowType = 'a'",
        "workflowtype = 'a'",
        "WorkflowType = '{type}A' AND ExecutionStatus = 'Running'",
        "WorkflowType = '{type}A' OR ExecutionStatus = 'Failed'",
        "WorkflowType = '{type}A' AND NOT ExecutionStatus = 'Running'",
        "NOT (WorkflowType = '{type}A' AND ExecutionStatus = 'Running')",
        "(((WorkflowType = '{type}A')))",
        "WorkflowType = '{type}A' and (ExecutionStatus = 'Running' or ExecutionStatus = 'Failed')",
    ):
        ids(c, condition.replace("{type}", c.name).replace("{id}", c.id))


@case
def queries_that_are_refused(c: Client) -> None:
    for query in (
        "nonsense",
        "WorkflowType",
        "WorkflowType =",
        "= 'a'",
        "'a' = WorkflowType",
        "WorkflowType = 'a' AND",
        "WorkflowType = 'a' XOR WorkflowId = 'b'",
        "WorkflowType == 'a'",
        "WorkflowType LIKE 'a%'",
        "WorkflowType REGEXP 'a'",
        "WorkflowType = a",
        "WorkflowType = NULL",
        "WorkflowType = WorkflowId",
        "WorkflowType = 'a",
        "(WorkflowType = 'a'",
        "WorkflowType = 'a')",
        "WorkflowType IN ()",
        "WorkflowType IN 'a'",
        "WorkflowType IN ('a', WorkflowId)",
        "WorkflowType = 'a' LIMIT 10",
        "WorkflowType = 'a' ORDER BY StartTime",
        "ORDER BY StartTime DESC",
        "SELECT * FROM executions",
        "WorkflowType = 'a'; DROP TABLE executions",
        "WorkflowType = lower('a')",
        "count(*) > 1",
        "1 = 1",
        "true",
        "WorkflowType IS TRUE",
        "StartTime > now()",
        "HistoryLength + 1 = 5",
        "HistoryLength = 1 + 1",
        "-HistoryLength = 5",
        "HistoryLength IN ('a')",
        "WorkflowType STARTS_WITH 5",
        "WorkflowType STARTS_WITH WorkflowId",
        "StartTime STARTS_WITH '2020'",
        "StartTime BETWEEN 'a' AND 'b'",
        "TemporalSchedulePaused > true",
        "TemporalSchedulePaused = 1",
        "Memo = 'a'",
        "VisibilityTaskKey = 'a'",
        "NamespaceId = 'a'",
    ):
        with c.quietly():
            answer = c.call("ListWorkflowExecutions", query=query)
        c.note(query, answer.code.name if isinstance(answer, Refusal) else "taken")


@case
def open_and_closed(c: Client) -> None:
    several(c)
    always = {"earliest_time": {"seconds": 1}, "latest_time": {"seconds": 4_000_000_000}}
    c.call("ListOpenWorkflowExecutions", start_time_filter=always, execution_filter={"workflow_id": f"{c.id} running"})
    c.call("ListOpenWorkflowExecutions", start_time_filter=always, type_filter={"name": f"{c.name}A"})
    c.call("ListOpenWorkflowExecutions", execution_filter={"workflow_id": f"{c.id} running"})
    c.call("ListClosedWorkflowExecutions", start_time_filter=always, execution_filter={"workflow_id": f"{c.id} failed"})
    c.call("ListClosedWorkflowExecutions", start_time_filter=always, type_filter={"name": f"{c.name}B"})
    c.call(
        "ListClosedWorkflowExecutions",
        start_time_filter=always,
        status_filter={"status": "WORKFLOW_EXECUTION_STATUS_RUNNING"},
    )
    c.call("ListClosedWorkflowExecutions", start_time_filter=always, status_filter={})
    backwards = {"earliest_time": {"seconds": 4_000_000_000}, "latest_time": {"seconds": 1}}
    c.call("ListOpenWorkflowExecutions", start_time_filter=backwards)
    c.call("ListClosedWorkflowExecutions", start_time_filter=backwards)


@case
def CustomTypes(c: Client) -> None:
    kinds = {"Text": 1, "Keyword": 2, "Int": 3, "Double": 4, "Bool": 5, "Datetime": 6, "KeywordList": 7}
    values = {
        "Text": "several words here",
        "Keyword": "a keyword",
        "Int": 42,
        "Double": 1.5,
        "Bool": True,
        "Datetime": "2024-01-02T03:04:05Z",
        "KeywordList": ["one", "two"],
    }
    with c.quietly():
        c.operator("AddSearchAttributes", search_attributes={c.name + name: kind for name, kind in kinds.items()})
        for _ in range(100):
            # They become known after a moment there.
            fields = {c.name + name: payload(value) for name, value in values.items()}
            if getattr(c.start(search_attributes={"indexed_fields": fields}), "run_id", ""):
                break
            time.sleep(0.1)
    c.history()
    c.describe()
    with c.quietly():
        c.step(done())
        for _ in range(100):
            if c.call("CountWorkflowExecutions", query=f"TaskQueue = '{c.queue}' AND CloseTime IS NOT NULL").count:
                break
            time.sleep(0.1)
    for condition in (
        "{}Text = 'words'",
        "{}Text = 'several here'",
        "{}Text = 'word'",
        "{}Text = 'Words'",
        "{}Text != 'words'",
        "{}Text IN ('words')",
        "{}Text > 'a'",
        "{}Text STARTS_WITH 'sev'",
        "{}Text IS NULL",
        "{}Text = 5",
        "{}Keyword = 'a keyword'",
        "{}Keyword > 'a'",
        "{}Keyword BETWEEN 'a' AND 'b'",
        "{}Keyword IN ('a keyword', 'b')",
        "{}Keyword STARTS_WITH 'a k'",
        "{}Keyword = 'A KEYWORD'",
        "{}Int = 42",
        "{}Int >= 42",
        "{}Int < 42",
        "{}Int BETWEEN 1 AND 42",
        "{}Int = 'a'",
        "{}Int STARTS_WITH '4'",
        "{}Int = true",
        "{}Double = 1.5",
        "{}Double > 1",
        "{}Double BETWEEN 1 AND 2",
        "{}Bool = true",
        "{}Bool = false",
        "{}Bool != true",
        "{}Bool = 1",
        "{}Bool > false",
        "{}Bool IS NOT NULL",
        "{}Bool IN (true)",
        "{}Datetime > '2024-01-02T00:00:00Z'",
        "{}Datetime < '2024-01-02T00:00:00Z'",
        "{}KeywordList = 'one'",
        "{}KeywordList = 'three'",
        "{}KeywordList != 'one'",
        "{}KeywordList IN ('two', 'three')",
        "{}KeywordList NOT IN ('two')",
        "{}KeywordList IS NULL",
        "{}KeywordList > 'a'",
        "{}KeywordList STARTS_WITH 'o'",
        "`{}Int` = 42",
    ):
        ids(c, condition.replace("{}", c.name))
    wrong = {
        "Text": 5,
        "Keyword": 5,
        "Int": "a",
        "Double": "a",
        "Bool": "a",
        "Datetime": "yesterday",
        "KeywordList": [1],
    }
    for name, value in wrong.items():
        if name == "KeywordList":
            continue  # Values are quoted in the notation of each server's language.
        c.start(f"{c.id} {name}", search_attributes={"indexed_fields": {c.name + name: payload(value)}})
    for name, value in {
        "Int": [1],
        "Keyword": ["a"],
        "KeywordList": "a",
        "Double": 2,
        "Bool": [],
        "Text": None,
        "Datetime": "2024-01-02T03:04:05.123456789+01:00",
    }.items():
        named = f"{c.id} {name} {value}"
        c.start(named, search_attributes={"indexed_fields": {c.name + name: payload(value)}})
        c.describe(named)
        c.terminate(named)
    with c.quietly():
        c.operator("RemoveSearchAttributes", search_attributes=[c.name + name for name in kinds])


@case
def queries_with_odd_texts(c: Client) -> None:
    # Not asked: double quotes and backslashes in texts, which the dev server does not find; prefixes in another case,
    # which it finds; and numbers too large, or written like 1e0, which find nothing there and are refused by ours.
    with c.quietly():
        for name in (
            "it's",
            'a "quote"',
            "back\\slash",
            "naïve ünïcode ✓",
            "a%b",
            "a_b",
            "CamelCase",
            "camelcase",
            "1",
            "true",
        ):
            c.start(f"{c.id} {name}", workflow_type={"name": name})
        for _ in range(100):
            if c.call("CountWorkflowExecutions", query=f"TaskQueue = '{c.queue}'").count == 10:
                break
            time.sleep(0.1)
    for condition in (
        "WorkflowType = 'it''s'",
        "WorkflowType = 'it\\'s'",
        'WorkflowType = "it\'s"',
        "WorkflowType = 'naïve ünïcode ✓'",
        "WorkflowType STARTS_WITH 'naïve'",
        "WorkflowType STARTS_WITH 'a%'",
        "WorkflowType STARTS_WITH 'a_'",
        "WorkflowType STARTS_WITH '%'",
        "WorkflowType = 'camelcase'",
        "WorkflowType = 1",
        "WorkflowType = '1'",
        "WorkflowType = 'true'",
        "WorkflowType   =\n\t'1'",
        "WorkflowType='1'",
        "WorkflowType in('1','true')",
        "workflowType = '1'",
        "WorkflowType not in ('1')",
        "WorkflowType is not null",
        "NOT NOT WorkflowType = '1'",
        "NOT (NOT (WorkflowType = '1'))",
        "WorkflowType = '1' OR WorkflowType = 'true' AND WorkflowType = 'a%b'",
        "(WorkflowType = '1' OR WorkflowType = 'true') AND WorkflowType = 'a%b'",
        "WorkflowType = '1' || WorkflowType = 'true'",
        "WorkflowType = '1' && WorkflowType = 'true'",
        "BatcherUser IS NULL AND WorkflowType = '1'",
        "BatcherUser != 'me' OR WorkflowType = '1'",
        "NOT (BatcherUser = 'me' AND WorkflowType = '1')",
        "HistoryLength = 0x5",
        "HistoryLength BETWEEN 5 AND 1",
        "StartTime > ''",
        "StartTime > '2020-01-01T00:00:00.123456789Z'",
        "StartTime > '1500-01-01T00:00:00Z'",
        "StartTime < '9999-01-01T00:00:00Z'",
        "StartTime > -1",
        "StartTime = 0",
        "StartTime IS NULL",
        "ExecutionTime > '2020-01-01T00:00:00Z'",
        "ExecutionDuration = '1x'",
        "ExecutionDuration > -1",
        "HistorySizeBytes > 0",
        "StateTransitionCount > 0",
        "TaskQueue STARTS_WITH 'queries_with'",
        "RunId != 'a'",
        "RootRunId IS NULL",
        "ParentRunId IS NOT NULL",
    ):
        ids(c, condition)


@case
def what_lists_show_of_changes(c: Client) -> None:
    null = {"metadata": {"encoding": b"binary/null"}}
    # Only ours lists it.
    c.ignored.add("priority")
    with c.quietly():
        c.start(
            memo={"fields": {"old": payload("memo"), "kept": payload(1)}},
            search_attributes={
                "indexed_fields": {"BatcherUser": payload("me"), "TemporalChangeVersion": payload(["a-1", "b-2"])}
            },
            priority={"priority_key": 2},
        )
        c.step(
            command("modify_workflow_properties", upserted_memo={"fields": {"old": null, "new": payload("memo")}}),
            command(
                "upsert_workflow_search_attributes",
                search_attributes={"indexed_fields": {"BatcherUser": payload("you")}},
            ),
        )
        for _ in range(100):
            if c.call("CountWorkflowExecutions", query=f"WorkflowId = '{c.id}' AND BatcherUser = 'you'").count:
                break
            time.sleep(0.1)
    ids(c, "BatcherUser = 'me'")
    ids(c, "TemporalChangeVersion = 'a-1'")
    ids(c, "TemporalChangeVersion IN ('a-1', 'c-3')")
    ids(c, "TemporalChangeVersion = 'a'")
    c.call("ListWorkflowExecutions", query=f"WorkflowId = '{c.id}'")


@case
def lists_of_chains_and_children(c: Client) -> None:
    # Only ours lists it.
    c.ignored.add("parent_namespace_id")
    with c.quietly():
        c.start()
        child = command(
            "start_child_workflow_execution",
            workflow_id=f"{c.id} child",
            workflow_type={"name": "Child"},
            task_queue={"name": c.queue},
            parent_close_policy="PARENT_CLOSE_POLICY_ABANDON",
        )
        c.step(child)
        for _ in range(2):
            task = c.poll()
            if task.workflow_type.name == "Child":
                c.complete(task)
            else:
                again = command(
                    "continue_as_new_workflow_execution",
                    workflow_type={"name": "Workflow"},
                    task_queue={"name": "elsewhere"},
                )
                c.complete(task, again)
        for _ in range(100):
            counted = c.call("CountWorkflowExecutions", query=f"WorkflowId STARTS_WITH '{c.id}'")
            closed = c.call(
                "CountWorkflowExecutions", query=f"WorkflowId STARTS_WITH '{c.id}' AND CloseTime IS NOT NULL"
            )
            if counted.count == 3 and closed.count == 1:
                break
            time.sleep(0.1)
    for condition in (
        "ExecutionStatus = 'ContinuedAsNew'",
        f"ParentWorkflowId = '{c.id}'",
        "ParentWorkflowId IS NOT NULL",
        f"RootWorkflowId = '{c.id}'",
        f"RootWorkflowId = '{c.id}' AND ParentWorkflowId IS NULL",
    ):
        with c.quietly():
            answer = c.call("ListWorkflowExecutions", query=f"WorkflowId STARTS_WITH '{c.id}' AND ({condition})")
        c.note(condition, sorted([it.execution.workflow_id, it.status, it.task_queue] for it in answer.executions))
    c.call("ListWorkflowExecutions", query=f"WorkflowId = '{c.id} child'")
    c.call("ListWorkflowExecutions", query=f"WorkflowId = '{c.id}' AND ExecutionStatus = 'ContinuedAsNew'")


@case
def attributes_that_only_the_server_sets(c: Client) -> None:
    for name in (
        "TemporalWorkerDeployment",
        "TemporalWorkerDeploymentVersion",
        "TemporalWorkflowVersioningBehavior",
        "TemporalUsedWorkerDeploymentVersions",
        "CloseTime",
        "ExecutionStatus",
        "RunId",
        "HistoryLength",
    ):
        c.start(search_attributes={"indexed_fields": {name: payload("a")}})
    for name, value in {
        "TemporalScheduledStartTime": "2024-01-02T03:04:05Z",
        "TemporalScheduledById": "a",
        "TemporalSchedulePaused": True,
        "TemporalNamespaceDivision": "a division",
        "BinaryChecksums": ["a"],
        "BuildIds": ["a"],
    }.items():
        c.start(f"{c.id} {name}", search_attributes={"indexed_fields": {name: payload(value)}})
        c.describe(f"{c.id} {name}")
        c.terminate(f"{c.id} {name}")


@case
def filters_of_open_and_closed(c: Client) -> None:
    several(c)
    always = {"earliest_time": {"seconds": 1}, "latest_time": {"seconds": 4_000_000_000}}
    never = {"earliest_time": {"seconds": 1}, "latest_time": {"seconds": 2}}
    for fields in (
        {"start_time_filter": never, "execution_filter": {"workflow_id": f"{c.id} running"}},
        {"start_time_filter": always, "execution_filter": {}},
        {"start_time_filter": always, "type_filter": {}},
    ):
        with c.quietly():
            answer = c.call("ListOpenWorkflowExecutions", **fields)
        found = (
            answer.code.name
            if isinstance(answer, Refusal)
            else [it.execution.workflow_id for it in answer.executions if c.name in it.execution.workflow_id]
        )
        c.note("open", found)
    for status in ("COMPLETED", "FAILED", "CANCELED", "TERMINATED", "CONTINUED_AS_NEW", "TIMED_OUT", "UNSPECIFIED"):
        with c.quietly():
            answer = c.call(
                "ListClosedWorkflowExecutions",
                start_time_filter=always,
                status_filter={"status": f"WORKFLOW_EXECUTION_STATUS_{status}"},
            )
        found = (
            answer.code.name
            if isinstance(answer, Refusal)
            else sorted(it.execution.workflow_id for it in answer.executions if c.name in it.execution.workflow_id)
        )
        c.note(status, found)


@case
def values_in_other_encodings(c: Client) -> None:
    # Ours takes values without an encoding, too, and puts the type right where a client is wrong about it.
    json_plain = {"encoding": b"json/plain"}
    for number, (name, metadata, data) in enumerate(
        (
            ("BatcherUser", {"encoding": b"binary/plain"}, b"a"),
            ("BatcherUser", {"encoding": b"json/plain", "type": b"Keyword"}, b'"a"'),
            ("BatcherUser", {"encoding": b"json/plain", "more": b"metadata"}, b'"a"'),
            ("BatcherUser", json_plain, b' "a" '),
            ("BatcherUser", json_plain, b"null"),
            ("BatcherUser", json_plain, b"[]"),
            ("BatcherUser", json_plain, b'[ "a" ]'),
            ("BatcherUser", json_plain, b'["a", "b"]'),
            ("BatcherUser", json_plain, b""),
            ("BatcherUser", json_plain, b"a"),
            ("BatcherUser", json_plain, b'""'),
            ("TemporalChangeVersion", json_plain, b"[]"),
            ("TemporalChangeVersion", json_plain, b"null"),
            ("TemporalChangeVersion", json_plain, b'["a", "a"]'),
            ("TemporalScheduledStartTime", json_plain, b'"2024-01-02T03:04:05+02:00"'),
            ("TemporalScheduledStartTime", json_plain, b'"2024-01-02T03:04:05.123456789Z"'),
            ("TemporalScheduledStartTime", json_plain, b'"2024-01-02 03:04:05"'),
            ("TemporalScheduledStartTime", json_plain, b'"2024-01-02"'),
            ("TemporalScheduledStartTime", json_plain, b"1704164645"),
            ("TemporalScheduledStartTime", json_plain, b'["2024-01-02T03:04:05Z"]'),
            ("TemporalSchedulePaused", json_plain, b"true"),
            ("TemporalSchedulePaused", json_plain, b'"true"'),
            ("TemporalSchedulePaused", json_plain, b"1"),
            ("TemporalSchedulePaused", json_plain, b"[true]"),
        )
    ):
        with c.quietly():
            given = {"indexed_fields": {name: {"metadata": metadata, "data": data}}}
            answer = c.start(f"{c.id} {number}", search_attributes=given)
            if not isinstance(answer, Refusal):
                history = c.history(f"{c.id} {number}").history
                answer = history.events[0].workflow_execution_started_event_attributes.search_attributes
                c.terminate(f"{c.id} {number}")
        shown = answer.code.name if isinstance(answer, Refusal) else c.plain(answer)
        c.note(f"{name} {metadata} {data}", shown)


@case
def memos_of_all_kinds(c: Client) -> None:
    fields = {
        "bytes": {"metadata": {"encoding": b"binary/plain"}, "data": b"\x00\x01"},
        "empty": {},
        "null": {"metadata": {"encoding": b"binary/null"}},
        "json null": payload(None),
        "json list": payload([]),
        "text": payload(""),
        "": payload("no name"),
    }
    c.start(memo={"fields": fields})
    c.describe()
    upserted = {"fields": {"text": payload(None), "json list": payload([]), "bytes": {}, "new": {}}}
    c.step(command("modify_workflow_properties", upserted_memo=upserted))
    c.describe()
    c.history()


# None is the very time that a run has, since there it would not be found.
VALUES = ("'words'", "42", "1.5", "true", "'2024-01-02T03:04:06Z'", "''")
SHAPES = (
    "{name} = {value}",
    "{name} != {value}",
    "{name} > {value}",
    "{name} >= {value}",
    "{name} < {value}",
    "{name} <= {value}",
    "{name} IN ({value})",
    "{name} IN ({value}, {value})",
    "{name} NOT IN ({value})",
    "{name} BETWEEN {value} AND {value}",
    "{name} NOT BETWEEN {value} AND {value}",
    "{name} STARTS_WITH {value}",
    "{name} NOT STARTS_WITH {value}",
    "NOT {name} = {value}",
    "NOT ({name} > {value})",
)


@case
def EveryOperatorOnEveryType(c: Client) -> None:
    kinds = {"Text": 1, "Keyword": 2, "Int": 3, "Double": 4, "Bool": 5, "Datetime": 6, "KeywordList": 7}
    held = {
        "Text": "several words here",
        "Keyword": "words",
        "Int": 42,
        "Double": 1.5,
        "Bool": True,
        "Datetime": "2024-01-02T03:04:05Z",
        "KeywordList": ["words", "more"],
    }
    with c.quietly():
        c.operator("AddSearchAttributes", namespace="default", search_attributes={c.name + it: kind for it, kind in kinds.items()})
        for _ in range(100):
            fields = {c.name + it: payload(value) for it, value in held.items()}
            if getattr(c.start(search_attributes={"indexed_fields": fields}), "run_id", ""):
                break
            time.sleep(0.1)
        c.start(f"{c.id} without")
        for _ in range(100):
            if c.call("CountWorkflowExecutions", query=f"TaskQueue = '{c.queue}'").count == 2:
                break
            time.sleep(0.1)
    for kind in kinds:
        for shape in SHAPES:
            for value in VALUES:
                if (kind, value) == ("Int", "1.5"):
                    continue  # Ours has no use for it.
                condition = shape.format(name=c.name + kind, value=value)
                with c.quietly():
                    answer = c.call("CountWorkflowExecutions", query=f"TaskQueue = '{c.queue}' AND {condition}")
                c.note(condition, answer.code.name if isinstance(answer, Refusal) else answer.count)
