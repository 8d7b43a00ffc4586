-- Version 2: lists and counts are answered from the file, rather than from a copy in memory.

-- What lists show (was `visibility`), and what of it they are ordered and mostly asked by. All are
-- NULL until there is something to show.
ALTER TABLE runs RENAME COLUMN visibility TO info;
-- Minus the time of the close, in nanoseconds since the epoch; minus the largest number while open.
ALTER TABLE runs ADD COLUMN close_order INTEGER;
-- Minus the time of the start.
ALTER TABLE runs ADD COLUMN start_order INTEGER;
ALTER TABLE runs ADD COLUMN status INTEGER;
ALTER TABLE runs ADD COLUMN type TEXT;
-- 0 without search attributes, 1 with some, 2 if a namespace division is among them, which hides it
-- from most queries.
ALTER TABLE runs ADD COLUMN attributed INTEGER;

-- One row per value of a search attribute; of a list, one per item.
CREATE TABLE attributes (
    namespace_id TEXT NOT NULL,
    name TEXT NOT NULL,
    value NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (namespace_id, name, value, run)
) WITHOUT ROWID;
CREATE INDEX attributes_of_run ON attributes (run);
