"""Search attributes, namespaces, and what a server says of itself."""

import time

from harness import Client, Refusal, case, cases_of, payload, seconds


def listed(c: Client, namespace: str = "default") -> None:
    """The custom search attributes that a namespace has."""
    with c.quietly():
        answer = c.operator("ListSearchAttributes", namespace=namespace)
    c.note(
        "custom attributes", {name: kind for name, kind in sorted(answer.custom_attributes.items()) if c.name in name}
    )


@case
def attributes_of_every_namespace(c: Client) -> None:
    with c.quietly():
        answer = c.operator("ListSearchAttributes")
        legacy = c.call("GetSearchAttributes")
    # The dev server has attributes of schedules and nexus operations, and others of features that ours has not.
    ours = {
        "BatcherUser",
        "BuildIds",
        "CloseTime",
        "ExecutionDuration",
        "ExecutionStatus",
        "ExecutionTime",
        "HistoryLength",
        "HistorySizeBytes",
        "ParentRunId",
        "ParentWorkflowId",
        "RootRunId",
        "RootWorkflowId",
        "RunId",
        "StartTime",
        "StateTransitionCount",
        "TaskQueue",
        "TemporalChangeVersion",
        "WorkflowId",
        "WorkflowType",
    }
    c.note("system attributes", {name: kind for name, kind in sorted(answer.system_attributes.items()) if name in ours})
    c.note("keys", {name: kind for name, kind in sorted(legacy.keys.items()) if name in ours})


@case
def AttributesAreAdded(c: Client) -> None:
    c.operator("AddSearchAttributes", search_attributes={f"{c.name}Int": 3, f"{c.name}Text": 1})
    listed(c)
    c.operator("AddSearchAttributes", search_attributes={f"{c.name}Int": 3})
    # Another type for the same name is refused by ours, and silently not taken there.
    listed(c)
    c.operator("RemoveSearchAttributes", search_attributes=[f"{c.name}Int"])
    c.operator("RemoveSearchAttributes", search_attributes=[f"{c.name}Int"])
    listed(c)
    c.operator("RemoveSearchAttributes", search_attributes=[f"{c.name}Text"])
    listed(c)


@case
def attributes_that_are_refused(c: Client) -> None:
    c.operator("AddSearchAttributes")
    c.operator("AddSearchAttributes", search_attributes={"WorkflowId": 2})
    c.operator("AddSearchAttributes", search_attributes={"BuildIds": 2})
    c.operator("AddSearchAttributes", search_attributes={"TemporalMine": 2})
    c.operator("AddSearchAttributes", search_attributes={"Unknown": 77})
    c.operator("AddSearchAttributes", search_attributes={"Elsewhere": 2}, namespace="no such namespace")
    c.operator("RemoveSearchAttributes")
    c.operator("RemoveSearchAttributes", search_attributes=["NoSuchAttribute"])
    c.operator("RemoveSearchAttributes", search_attributes=["WorkflowId"])
    c.operator("RemoveSearchAttributes", search_attributes=["BuildIds"])
    c.operator("RemoveSearchAttributes", search_attributes=["Elsewhere"], namespace="no such namespace")
    c.operator("ListSearchAttributes", namespace="no such namespace")


@case
def namespace_that_is_registered(c: Client) -> None:
    day = {"seconds": 24 * 3600}
    c.call(
        "RegisterNamespace",
        namespace=c.name,
        description="a description",
        owner_email="me@example.com",
        workflow_execution_retention_period=day,
        data={"key": "value"},
    )
    c.call("RegisterNamespace", namespace=c.name, workflow_execution_retention_period=day)
    described(c)
    update(c, update_info={"description": "another", "data": {"more": "data"}})
    described(c)
    update(c, config={"workflow_execution_retention_ttl": {"seconds": 48 * 3600}})
    described(c)
    update(c, config={"workflow_execution_retention_ttl": seconds(10)})
    update(c, update_info={"owner_email": "you@example.com"})
    # The dev server forgets bad binaries at once.
    update(c, delete_bad_binary="never")
    described(c)
    c.call("DeprecateNamespace", namespace=c.name)
    described(c)


# What the dev server has to do with clusters, archival and features that ours has not.
CLUSTERS = ("replication_config", "is_global_namespace", "failover_version", "failover_history")
ARCHIVAL = ("history_archival_state", "history_archival_uri", "visibility_archival_state", "visibility_archival_uri")
SAME_CAPABILITIES = (
    "eager_workflow_start",
    "sync_update",
    "async_update",
    "worker_heartbeats",
    "reported_problems_search_attribute",
)


def described(c: Client, name: str | None = None) -> None:
    with c.quietly():
        answer = c.call("DescribeNamespace", namespace=name or c.name)
    c.note("described", without_clusters(c, answer))


@cases_of(
    {
        "active": {"active_cluster_name": "active"},
        "another_active": {"active_cluster_name": "another"},
        "own": {"clusters": [{"cluster_name": "active"}]},
        "another": {"clusters": [{"cluster_name": "another"}]},
        "two": {"clusters": [{"cluster_name": "active"}, {"cluster_name": "another"}]},
        "archive": {"history_archival_state": "ARCHIVAL_STATE_ENABLED", "history_archival_uri": "file:///archive"},
    }
)
def namespace_of_clusters(c: Client, fields) -> None:
    c.call("RegisterNamespace", namespace=c.name, workflow_execution_retention_period=seconds(86400), **fields)
    with c.quietly():
        answer = c.call("DescribeNamespace", namespace=c.name)
    c.note("described", "no" if isinstance(answer, Refusal) else without_clusters(c, answer))


def update(c: Client, **fields: object) -> None:
    with c.quietly():
        answer = c.call("UpdateNamespace", namespace=c.name, **fields)
    if isinstance(answer, Refusal):
        # Ours says more.
        c.note("update", [answer.code.name, answer.error.details().partition(".")[0]])
        return
    c.note("update", without_clusters(c, answer))


def without_clusters(c: Client, answer) -> object:
    plain = c.plain(answer)
    for left_out in CLUSTERS:
        plain.pop(left_out, None)
    for left_out in ARCHIVAL + ("custom_search_attribute_aliases",):
        plain.get("config", {}).pop(left_out, None)
    info = plain.get("namespace_info", {})
    capabilities = info.pop("capabilities", {})
    for left_out in ("limits", "supports_schedules"):
        info.pop(left_out, None)
    plain["capabilities"] = {it: capabilities.get(it) for it in SAME_CAPABILITIES}
    return plain


@case
def namespaces_that_are_refused(c: Client) -> None:
    day = {"seconds": 24 * 3600}
    c.call("RegisterNamespace", namespace="")
    for retention in (None, seconds(10), {"seconds": -1}):
        with c.quietly():
            answer = c.call("RegisterNamespace", namespace="short", workflow_execution_retention_period=retention)
        # Ours says how long it must be.
        c.note("retention", [answer.code.name, answer.error.details().partition(".")[0]])
    c.call("RegisterNamespace", namespace="x" * 1001, workflow_execution_retention_period=day)
    c.call("RegisterNamespace", namespace="default", workflow_execution_retention_period=day)
    c.call("DescribeNamespace", namespace="")
    c.call("DescribeNamespace", namespace="no such namespace")
    c.call("DescribeNamespace", namespace="", id="01234567-0123-4567-89ab-0123456789ab")
    c.call("UpdateNamespace", namespace="")
    c.call("UpdateNamespace", namespace="no such namespace")
    c.call("DeprecateNamespace", namespace="")
    c.call("DeprecateNamespace", namespace="no such namespace")
    c.operator("DeleteNamespace", namespace="")
    c.operator("DeleteNamespace", namespace="no such namespace")


@case
def default_namespace(c: Client) -> None:
    described(c, "default")
    with c.quietly():
        answer = c.call("ListNamespaces")
    for it in answer.namespaces:
        if it.namespace_info.name == "default":
            c.note("listed", without_clusters(c, it))


@case
def system_info(c: Client) -> None:
    with c.quietly():
        answer = c.call("GetSystemInfo")
    c.note(
        "capabilities",
        {
            it: getattr(answer.capabilities, it)
            for it in (
                "signal_and_query_header",
                "internal_error_differentiation",
                "activity_failure_include_heartbeat",
                "encoded_failure_attributes",
                "upsert_memo",
                "eager_workflow_start",
                "sdk_metadata",
                "count_group_by_execution_status",
                "build_id_based_versioning",
            )
        },
    )


@case
def cluster_info(c: Client) -> None:
    with c.quietly():
        answer = c.call("GetClusterInfo")
    c.note(
        "cluster",
        {
            "name": answer.cluster_name,
            "shards": answer.history_shard_count,
            "has an id": bool(answer.cluster_id),
            "has a version": bool(answer.server_version),
        },
    )


@case
def namespace_that_is_deleted(c: Client) -> None:
    name = f"{c.name}-namespace"
    with c.quietly():
        c.call("RegisterNamespace", namespace=name, workflow_execution_retention_period={"seconds": 24 * 3600})
        answer = None
        for _ in range(100):
            answer = c.operator("DeleteNamespace", namespace=name)
            if not isinstance(answer, Refusal):
                break
            time.sleep(0.1)
        # The dev server calls it by another name at once, and forgets it later.
        c.ignored.add("deleted_namespace")
    c.note("new name", answer.deleted_namespace.rpartition("-")[0])
    with c.quietly():
        for _ in range(100):
            if isinstance(c.call("DescribeNamespace", namespace=name), Refusal):
                break
            time.sleep(0.1)
    c.call("DescribeNamespace", namespace=name)


@case
def namespace_that_changes_its_state(c: Client) -> None:
    with c.quietly():
        c.call("RegisterNamespace", namespace=c.name, workflow_execution_retention_period={"seconds": 24 * 3600})
    update(c, update_info={"state": "NAMESPACE_STATE_REGISTERED"})
    update(c, update_info={"state": "NAMESPACE_STATE_DEPRECATED"})
    update(c, update_info={"state": "NAMESPACE_STATE_REGISTERED"})
    update(c)


@case
def pages_of_namespaces(c: Client) -> None:
    names = [f"{c.name}-{number}" for number in range(3)]
    with c.quietly():
        for name in names:
            c.call("RegisterNamespace", namespace=name, workflow_execution_retention_period={"seconds": 24 * 3600})
        found, token = [], b""
        while True:
            page = c.call("ListNamespaces", page_size=2, next_page_token=token)
            found += [it.namespace_info.name for it in page.namespaces]
            token = page.next_page_token
            if not token:
                break
    c.note("found", sorted(name for name in found if name in names))


DAY = {"seconds": 24 * 3600}
ODD_NAMES = ("a b", "Ünïcode", "UPPER", "a/b", "a.b", "-", "_", "1", "'", '"', "a\tb", "%20")


@case
def namespaces_with_odd_names(c: Client) -> None:
    for name in ODD_NAMES:
        name = f"{c.name} {name}"
        with c.quietly():
            answer = c.call("RegisterNamespace", namespace=name, workflow_execution_retention_period=DAY)
            known = c.call("DescribeNamespace", namespace=name)
        c.note(name, [str(getattr(answer, "code", "taken")), getattr(known, "namespace_info", None) and known.namespace_info.name])


@case
def AttributesWithOddNames(c: Client) -> None:
    for name in ODD_NAMES:
        name = f"{c.name}{name}"
        with c.quietly():
            answer = c.operator("AddSearchAttributes", namespace="default", search_attributes={name: 2})
            known = c.operator("ListSearchAttributes", namespace="default").custom_attributes
        c.note(name, [str(getattr(answer, "code", "taken")), name in known])
        if name in known:
            c.operator("RemoveSearchAttributes", namespace="default", search_attributes=[name])


@case
def AttributesOfNoType(c: Client) -> None:
    for kind in (8, -1):
        c.operator("AddSearchAttributes", namespace="default", search_attributes={f"{c.name}{kind}": kind})
    # Some that are right, and one that is not.
    c.operator("AddSearchAttributes", namespace="default", search_attributes={f"{c.name}Good": 2, "WorkflowId": 2})
    with c.quietly():
        known = c.operator("ListSearchAttributes", namespace="default").custom_attributes
    c.note("known", sorted(name for name in known if name.startswith(c.name)))
    c.operator("AddSearchAttributes", namespace="default", search_attributes={f"{c.name}Good": 2})
    c.operator("RemoveSearchAttributes", namespace="default", search_attributes=[f"{c.name}Good", "NoSuchAttribute"])
    with c.quietly():
        known = c.operator("ListSearchAttributes", namespace="default").custom_attributes
    c.note("known", sorted(name for name in known if name.startswith(c.name)))
    c.operator("RemoveSearchAttributes", namespace="default", search_attributes=[f"{c.name}Good"])


@case
def attributes_of_no_namespace(c: Client) -> None:
    for rpc in ("AddSearchAttributes", "RemoveSearchAttributes", "ListSearchAttributes"):
        c.operator(rpc, namespace="x" * 1001)


@case
def AttributeGoesWhileItIsInUse(c: Client) -> None:
    name = f"{c.name}Keyword"
    with c.quietly():
        c.operator("AddSearchAttributes", namespace="default", search_attributes={name: 2})
        for _ in range(100):
            fields = {"indexed_fields": {name: payload("value")}}
            if getattr(c.start(search_attributes=fields), "run_id", ""):
                break
            time.sleep(0.1)
        c.operator("RemoveSearchAttributes", namespace="default", search_attributes=[name])
        for _ in range(100):
            if isinstance(c.call("CountWorkflowExecutions", query=f"{name} = 'value'"), Refusal):
                break
            time.sleep(0.1)
        # There the history has it by the name of a column.
        refused = c.start(f"{c.id} again", search_attributes=fields)
    c.note("refused", str(refused.code))


@case
def pages_of_odd_sizes(c: Client) -> None:
    # Tokens that are none are not here: there they are errors of an unknown kind.
    lists = ("ListWorkflowExecutions", "ScanWorkflowExecutions", "ListArchivedWorkflowExecutions")
    filtered = ("ListOpenWorkflowExecutions", "ListClosedWorkflowExecutions")
    for size in (-1, 100_000):
        for rpc in lists + filtered:
            fields = {"page_size": size} if rpc in lists else {"maximum_page_size": size, "start_time_filter": {}}
            with c.quietly():
                answer = c.call(rpc, **fields)
            c.note(f"{rpc} {size}", answer.code.name if isinstance(answer, Refusal) else "answered")
