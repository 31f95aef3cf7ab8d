-- name: insert_logs
-- The validated body goes to PostgreSQL as it came: reading it there costs a fraction of binding its rows here.
-- The batch's prefix (80 bits of a UUIDv7) and the place in the batch make a line's id, so equal times keep their order.
INSERT INTO log (workspace_id, id, created, "timestamp", level, name, message, flow_run_id, task_run_id, worker_id)
SELECT %(workspace)s::uuid, (%(prefix)s::text || lpad(to_hex(line.place), 12, '0'))::uuid, %(now)s::timestamptz,
    line."timestamp", line.level, line.name, line.message, line.flow_run_id, line.task_run_id, line.worker_id
FROM ROWS FROM (jsonb_to_recordset(%(lines)s::jsonb) AS (
    name text, level int, message text, "timestamp" timestamptz, flow_run_id uuid, task_run_id uuid, worker_id uuid)
) WITH ORDINALITY AS line(name, level, message, "timestamp", flow_run_id, task_run_id, worker_id, place);

-- name: read_logs
SELECT log.id, log.created, log.created AS updated, log.name, log.level, log.message, log."timestamp", log.flow_run_id,
    log.task_run_id, log.worker_id
FROM log
WHERE /*where*/
ORDER BY /*order*/
LIMIT %(limit)s::int OFFSET %(offset)s::bigint;

-- name: read_log_lines
-- All lines of a flow run in order, for a download.
SELECT log.id, log.created, log.created AS updated, log.name, log.level, log.message, log."timestamp", log.flow_run_id,
    log.task_run_id, log.worker_id
FROM log
WHERE log.workspace_id = %(workspace)s::uuid AND log.flow_run_id = %(run)s::uuid
ORDER BY log."timestamp", log.id
LIMIT %(limit)s::int;
