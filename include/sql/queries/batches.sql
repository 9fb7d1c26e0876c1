-- name: list_batches(dist_pattern, dist_id, since, until, before_at, before_id, by_name, name, statuses, table_name, filename, by_state, most)
-- Batches newest first, from behind a given one; the conditions on files hold for one and the same file of the batch. Those
-- without a name are apart, because all of them is in an index. What has no file has status 0. MariaDB looks at the files
-- once by itself; MySQL would look for each batch again, which takes seconds when few fit, and is told not to.
SELECT
    b.batch_id,
    b.source,
    b.run_id,
    b.mode,
    b.table_name,
    b.dist_id,
    b.force_again,
    b.names,
    b.warnings,
    b.refused,
    b.received_at,
    b.started_at,
    b.finished_at,
    b.created_by,
    b.cancelled_at,
    b.cancelled_by,
    b.reruns,
    b.exact_distributor
FROM import_batches AS b
WHERE
    (:dist_pattern IS NULL OR b.dist_id REGEXP :dist_pattern)
    AND (:dist_id IS NULL OR b.dist_id = :dist_id)
    AND (:since IS NULL OR b.received_at >= :since)
    AND (:until IS NULL OR b.received_at < :until)
    AND (
        :before_at IS NULL
        OR b.received_at < :before_at
        OR (b.received_at = :before_at AND b.batch_id < :before_id)
    )
    AND (
        NOT :by_name
        OR (:name IS NOT NULL AND CONVERT(b.names USING utf8mb4) COLLATE utf8mb4_general_ci LIKE :name)
        OR b.batch_id IN (
            SELECT /*+ SUBQUERY(MATERIALIZATION) */ j.batch_id
            FROM import_jobs AS j
            WHERE
                j.status IN :statuses
                AND j.status <> 0
                AND (:table_name IS NULL OR j.table_name = :table_name)
                AND j.filename COLLATE utf8mb4_general_ci LIKE :filename
        )
    )
    AND (
        NOT :by_state
        OR b.batch_id IN (
            SELECT /*+ SUBQUERY(MATERIALIZATION) */ j.batch_id
            FROM import_jobs AS j
            WHERE
                j.status IN :statuses
                AND j.status <> 0
                AND (:table_name IS NULL OR j.table_name = :table_name)
        )
    )
ORDER BY b.received_at DESC, b.batch_id DESC
LIMIT :most;

-- name: outcomes(batch_ids)
-- What became of the files of some batches, counted by status.
SELECT
    batch_id,
    status,
    COUNT(*) AS files,
    SUM(rejected > 0) AS with_rejects,
    SUM(total_rows) AS total_rows,
    SUM(inserted + updated) AS success,
    SUM(unchanged) AS unchanged_rows,
    SUM(rejected) AS rejected_rows
FROM import_jobs
WHERE batch_id IN :batch_ids
GROUP BY batch_id, status;

-- name: days(since, dist_pattern)
-- Files and rows of each day, by status. Batches are looked at for the distributor only.
SELECT
    DATE(j.created_at) AS day,
    j.status,
    COUNT(*) AS files,
    SUM(j.inserted + j.updated + j.unchanged) AS good_rows,
    SUM(j.rejected) AS rejected_rows
FROM import_jobs AS j
WHERE
    j.created_at >= :since
    AND j.status <> 0
    AND (
        :dist_pattern IS NULL
        OR j.batch_id IN (
            SELECT /*+ SUBQUERY(MATERIALIZATION) */ b.batch_id
            FROM import_batches AS b
            WHERE b.dist_id REGEXP :dist_pattern
        )
    )
GROUP BY DATE(j.created_at), j.status
ORDER BY day;

-- name: open_counts(dist_pattern)
-- Jobs of batches that are not closed, by status.
SELECT
    j.status,
    COUNT(*) AS files
FROM import_batches AS b
INNER JOIN import_jobs AS j ON b.batch_id = j.batch_id
WHERE
    b.finished_at IS NULL
    AND j.status <> 0
    AND (:dist_pattern IS NULL OR b.dist_id REGEXP :dist_pattern)
GROUP BY j.status;

-- name: changed_since(since, dist_pattern)
-- Batches that came or were closed, or some of whose jobs changed.
SELECT j.batch_id
FROM import_jobs AS j
INNER JOIN import_batches AS b ON j.batch_id = b.batch_id
WHERE
    j.updated_at > :since
    AND (:dist_pattern IS NULL OR b.dist_id REGEXP :dist_pattern)
UNION
SELECT batch_id
FROM import_batches
WHERE
    (received_at > :since OR finished_at > :since)
    AND (:dist_pattern IS NULL OR dist_id REGEXP :dist_pattern)
LIMIT 200;

-- name: distributors(dist_pattern)
-- All distributors that ever sent something, or are expected to.
SELECT dist_id
FROM import_batches
WHERE
    dist_id IS NOT NULL
    AND (:dist_pattern IS NULL OR dist_id REGEXP :dist_pattern)
UNION
SELECT dist_id
FROM expected_files
WHERE (:dist_pattern IS NULL OR dist_id REGEXP :dist_pattern)
ORDER BY dist_id;

-- name: cancel_batch(now, cancelled_by, batch_id)!
UPDATE import_batches
SET
    cancelled_at = :now,
    cancelled_by = :cancelled_by
WHERE
    batch_id = :batch_id
    AND cancelled_at IS NULL;

-- name: reopen_batch(now, batch_id)!
UPDATE import_batches
SET
    finished_at = NULL,
    cancelled_at = NULL,
    cancelled_by = NULL,
    reruns = reruns + 1,
    run_asked_at = :now,
    requeues = 0,
    requeue_at = NULL
WHERE batch_id = :batch_id;

-- name: last_jobs(table_name, dist_pattern, most)
-- The newest files of a table that were read to their end.
SELECT j.id
FROM import_jobs AS j
INNER JOIN import_batches AS b ON j.batch_id = b.batch_id
WHERE
    j.table_name = :table_name
    AND j.status IN (2, 6, 9)
    AND j.stored_name IS NOT NULL
    AND (:dist_pattern IS NULL OR b.dist_id REGEXP :dist_pattern)
ORDER BY j.id DESC
LIMIT :most;

-- name: set_progress(job_id, rows_done, now)!
INSERT INTO import_progress (job_id, rows_done, updated_at)
VALUES (:job_id, :rows_done, :now)
ON DUPLICATE KEY UPDATE
rows_done = VALUES(rows_done),
updated_at = VALUES(updated_at);

-- name: clear_progress(job_id)!
DELETE FROM import_progress
WHERE job_id = :job_id;

-- name: progress_of(batch_id)
SELECT
    p.job_id,
    p.rows_done
FROM import_progress AS p
INNER JOIN import_jobs AS j ON p.job_id = j.id
WHERE j.batch_id = :batch_id;

-- name: events_of_batch(batch_id)
-- The moves of all jobs of a batch, oldest first.
SELECT
    e.job_id,
    e.old_status,
    e.new_status,
    e.actor,
    e.reason,
    e.happened_at
FROM import_jobs AS j
INNER JOIN import_job_events AS e ON j.id = e.job_id
WHERE j.batch_id = :batch_id
ORDER BY e.id;

-- name: is_cancelled(batch_id)$
SELECT COUNT(*)
FROM import_batches
WHERE
    batch_id = :batch_id
    AND cancelled_at IS NOT NULL;

-- name: add_corrections*!
INSERT INTO corrections (job_id, line, header, old_value, new_value, batch_id, corrected_by, corrected_at)
VALUES (:job_id, :line, :header, :old_value, :new_value, :batch_id, :corrected_by, :corrected_at);

-- name: corrections_of(job_id)
SELECT
    line,
    header,
    old_value,
    new_value,
    batch_id,
    corrected_by,
    corrected_at
FROM corrections
WHERE job_id = :job_id
ORDER BY id;

-- name: find_key(owner, idempotency_key)^
SELECT
    fingerprint,
    batch_id,
    status,
    answer,
    created_at
FROM idempotency_keys
WHERE
    owner = :owner
    AND idempotency_key = :idempotency_key;

-- name: reserve_key(owner, idempotency_key, fingerprint, batch_id, now)!
INSERT IGNORE INTO idempotency_keys (owner, idempotency_key, fingerprint, batch_id, created_at)
VALUES (:owner, :idempotency_key, :fingerprint, :batch_id, :now);

-- name: answer_key(status, answer, owner, idempotency_key)!
UPDATE idempotency_keys
SET
    status = :status,
    answer = :answer
WHERE
    owner = :owner
    AND idempotency_key = :idempotency_key;

-- name: drop_key(owner, idempotency_key)!
DELETE FROM idempotency_keys
WHERE
    owner = :owner
    AND idempotency_key = :idempotency_key
    AND answer IS NULL;

-- name: count_old_keys(before)$
SELECT COUNT(*)
FROM idempotency_keys
WHERE created_at < :before;

-- name: forget_keys(before, most)!
DELETE FROM idempotency_keys
WHERE created_at < :before
LIMIT :most;

-- name: arrivals(since, until, dist_pattern)
-- The last file of each distributor and table in a period, and whether any was loaded. All of it is in an index, where
-- the slot is not; what has no file has status 0.
SELECT
    b.dist_id,
    j.table_name,
    MAX(j.status = 9) AS loaded,
    MAX(j.status IN (2, 6)) AS refused,
    MAX(j.id) AS last_job,
    COUNT(*) AS files
FROM import_batches AS b
INNER JOIN import_jobs AS j FORCE INDEX (ix_import_jobs_arrivals) ON b.batch_id = j.batch_id
WHERE
    b.received_at >= :since
    AND b.received_at < :until
    AND b.dist_id IS NOT NULL
    AND j.status <> 0
    AND j.table_name IS NOT NULL
    AND j.undone_at IS NULL
    AND b.mode <> 'quick'
    AND (:dist_pattern IS NULL OR b.dist_id REGEXP :dist_pattern)
GROUP BY b.dist_id, j.table_name;

-- name: list_expected(dist_pattern)
SELECT
    id,
    dist_id,
    table_name,
    frequency,
    days
FROM expected_files
WHERE (:dist_pattern IS NULL OR dist_id REGEXP :dist_pattern)
ORDER BY dist_id, table_name;

-- name: put_expected(dist_id, table_name, frequency, days)!
INSERT INTO expected_files (dist_id, table_name, frequency, days)
VALUES (:dist_id, :table_name, :frequency, :days)
ON DUPLICATE KEY UPDATE
frequency = VALUES(frequency),
days = VALUES(days);

-- name: remove_expected(dist_id, table_name)!
DELETE FROM expected_files
WHERE
    dist_id = :dist_id
    AND table_name = :table_name;
