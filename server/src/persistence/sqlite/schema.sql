-- Version 1. A file that was made with it is migrated by `schema.rs`, never by a change here.

-- One row per run. `id` stands for the run in the other tables.
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    namespace_id TEXT NOT NULL,
    workflow_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    -- Whether the run has anything to do after a restart.
    active INTEGER NOT NULL,
    -- The encoded WorkflowExecutionInfo that lists show.
    visibility BLOB,
    UNIQUE (namespace_id, workflow_id, run_id)
);
CREATE INDEX active_runs ON runs (id) WHERE active;

-- One row per transition. New rows go to the end, whatever their run, so a group of commits
-- touches few pages.
CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    -- The events in the record: from the first, to before the next.
    first_event INTEGER NOT NULL,
    next_event INTEGER NOT NULL,
    record BLOB NOT NULL
);
CREATE UNIQUE INDEX records_of_run ON records (run, seq);

-- The run that has a workflow id.
CREATE TABLE current_runs (
    namespace_id TEXT NOT NULL,
    workflow_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    PRIMARY KEY (namespace_id, workflow_id)
) WITHOUT ROWID;

-- The encoded namespaces, with their search attributes.
CREATE TABLE namespaces (
    id TEXT PRIMARY KEY,
    namespace BLOB NOT NULL
) WITHOUT ROWID;
