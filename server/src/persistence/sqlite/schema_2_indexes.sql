-- After the columns are filled. The order of lists, with what counts need.
CREATE INDEX runs_in_lists ON runs (namespace_id, close_order, start_order, run_id, status, attributed);
CREATE INDEX runs_of_type ON runs (namespace_id, type);
-- Those that neither run nor have completed: few, and often asked for.
CREATE INDEX runs_of_status ON runs (namespace_id, status) WHERE status NOT IN (1, 2);
