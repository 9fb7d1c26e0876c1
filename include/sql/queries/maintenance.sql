-- name: open_batches(abandoned, lost, after_at, after_id, most)
-- Batches that are not closed and of which nothing was heard lately, oldest first, from behind a given one. An upload is
-- validated by its server before a run is asked for, and gets more time until then.
SELECT
    b.batch_id,
    b.run_id,
    b.reruns,
    b.requeues,
    b.requeue_at,
    b.received_at
FROM import_batches AS b
WHERE
    b.finished_at IS NULL
    AND b.received_at < :abandoned
    AND (b.run_asked_at IS NULL OR b.run_asked_at < :abandoned)
    AND (b.run_asked_at IS NOT NULL OR b.source NOT IN ('upload', 'correction') OR b.received_at < :lost)
    AND (
        :after_at IS NULL
        OR b.received_at > :after_at
        OR (b.received_at = :after_at AND b.batch_id > :after_id)
    )
    AND NOT EXISTS (
        SELECT 1
        FROM import_jobs AS j
        WHERE
            j.batch_id = b.batch_id
            AND j.updated_at >= :abandoned
    )
ORDER BY b.received_at, b.batch_id
LIMIT :most;

-- name: requeue_batch(now, requeue_at, batch_id)!
-- Another run takes the batch up; the next one only after a while.
UPDATE import_batches
SET
    reruns = reruns + 1,
    requeues = requeues + 1,
    requeue_at = :requeue_at,
    run_asked_at = :now
WHERE
    batch_id = :batch_id
    AND finished_at IS NULL;

-- name: known_batches(batch_ids)
SELECT batch_id
FROM import_batches
WHERE batch_id IN :batch_ids;

-- name: due_archives(now, most_retries, most)
-- Files of closed batches that wait for the archive and whose turn it is.
SELECT
    j.id,
    j.archive_retries
FROM import_jobs AS j
INNER JOIN import_batches AS b ON j.batch_id = b.batch_id
WHERE
    j.archive_state = 'pending'
    AND b.finished_at IS NOT NULL
    AND j.archive_retries < :most_retries
    AND (j.archive_retry_at IS NULL OR j.archive_retry_at <= :now)
ORDER BY j.archive_retries, j.id
LIMIT :most;

-- name: set_archive_retry(retries, retry_at, job_id)!
UPDATE import_jobs
SET
    archive_retries = :retries,
    archive_retry_at = :retry_at
WHERE id = :job_id;

-- name: retry_archives_now()!
UPDATE import_jobs
SET
    archive_retries = 0,
    archive_retry_at = NULL
WHERE archive_state = 'pending';

-- name: pending_archives(most)
-- Files of closed batches that wait for the archive, those first that are tried no more by themselves.
SELECT
    j.id,
    j.batch_id,
    j.filename,
    b.dist_id,
    j.archive_error,
    j.archive_retries,
    j.archive_retry_at
FROM import_jobs AS j
INNER JOIN import_batches AS b ON j.batch_id = b.batch_id
WHERE
    j.archive_state = 'pending'
    AND b.finished_at IS NOT NULL
ORDER BY j.archive_retries DESC, j.id
LIMIT :most;

-- name: count_pending_archives()$
SELECT COUNT(*)
FROM import_jobs AS j
INNER JOIN import_batches AS b ON j.batch_id = b.batch_id
WHERE
    j.archive_state = 'pending'
    AND b.finished_at IS NOT NULL;

-- name: count_archives_given_up(most_retries)$
SELECT COUNT(*)
FROM import_jobs
WHERE
    archive_state = 'pending'
    AND archive_retries >= :most_retries;

-- name: undelivered_exports(most)
-- Finished exports some of whose files could not be delivered, oldest first.
SELECT
    e.export_id,
    e.delivery_retries,
    e.delivery_retry_at
FROM exports AS e
WHERE
    e.finished_at IS NOT NULL
    AND e.removed_at IS NULL
    AND EXISTS (
        SELECT 1
        FROM export_files AS f
        WHERE
            f.export_id = e.export_id
            AND f.removed_at IS NULL
            AND f.delivery_error IS NOT NULL
    )
ORDER BY e.finished_at
LIMIT :most;

-- name: set_delivery_retry(retries, retry_at, export_id)!
UPDATE exports
SET
    delivery_retries = :retries,
    delivery_retry_at = :retry_at
WHERE export_id = :export_id;

-- name: retry_deliveries_now()!
UPDATE exports
SET
    delivery_retries = 0,
    delivery_retry_at = NULL
WHERE delivery_retries > 0;

-- name: count_old_progress(before)$
SELECT COUNT(*)
FROM import_progress
WHERE updated_at < :before;

-- name: remove_old_progress(before)!
DELETE FROM import_progress
WHERE updated_at < :before;

-- name: free_batches(batch_ids, before)
-- Those of some batches that were closed before then and that nothing waits for any more: each file is at its end and in the
-- archive, or not wanted there, and no rows of theirs are on their way as a correction.
SELECT b.batch_id
FROM import_batches AS b
WHERE
    b.batch_id IN :batch_ids
    AND b.finished_at < :before
    AND NOT EXISTS (
        SELECT 1
        FROM import_jobs AS j
        WHERE
            j.batch_id = b.batch_id
            AND (
                j.archive_state = 'pending'
                OR (j.status NOT IN (0, 2, 6, 9) AND NOT (j.status = 5 AND b.mode = 'quick'))
            )
    )
    AND NOT EXISTS (
        SELECT 1
        FROM import_jobs AS j
        INNER JOIN corrections AS c ON j.id = c.job_id
        INNER JOIN import_batches AS sent ON c.batch_id = sent.batch_id
        WHERE
            j.batch_id = b.batch_id
            AND sent.finished_at IS NULL
    );

-- name: newest_of_tables(most)
-- The batches of the newest files of each table, by which a change of its configuration is tried.
SELECT DISTINCT newest.batch_id
FROM (
    SELECT
        batch_id,
        ROW_NUMBER() OVER (PARTITION BY table_name ORDER BY id DESC) AS place
    FROM import_jobs
    WHERE
        table_name IS NOT NULL
        AND stored_name IS NOT NULL
        AND status IN (2, 6, 9)
) AS newest
WHERE newest.place <= :most;

-- name: old_events(before, after_id, most)
-- Moves of files whose batches were closed before then, from behind a given one; the last one of each file is not among
-- them. In the order of the table, so that each page goes on where the one before ended.
SELECT STRAIGHT_JOIN e.id
FROM import_job_events AS e
INNER JOIN import_jobs AS j ON e.job_id = j.id
INNER JOIN import_batches AS b ON j.batch_id = b.batch_id
WHERE
    e.id > :after_id
    AND e.happened_at < :before
    AND b.finished_at < :before
    AND j.archive_state <> 'pending'
    AND EXISTS (
        SELECT 1
        FROM import_job_events AS later
        WHERE
            later.job_id = e.job_id
            AND later.id > e.id
    )
ORDER BY e.id
LIMIT :most;

-- name: remove_events(ids)!
DELETE FROM import_job_events
WHERE id IN :ids;

-- name: count_old_audit(before)$
SELECT COUNT(*)
FROM audit_log
WHERE happened_at < :before;

-- name: remove_old_audit(before, most)!
DELETE FROM audit_log
WHERE happened_at < :before
ORDER BY happened_at
LIMIT :most;

-- name: old_messages(before, unsent_before, most)
-- Messages that are older, and older than the other moment where they did not go out; but not of an import that is still
-- broken off: without it that would be told again.
SELECT n.id
FROM notifications AS n
WHERE
    n.created_at < :before
    AND (n.sent_at IS NOT NULL OR n.created_at < :unsent_before)
    AND NOT (
        n.kind = 'stuck'
        AND EXISTS (
            SELECT 1
            FROM import_jobs AS j
            WHERE
                j.batch_id = n.subject
                AND j.status = 8
        )
    )
ORDER BY n.id
LIMIT :most;

-- name: count_old_messages(before, unsent_before)$
SELECT COUNT(*)
FROM notifications AS n
WHERE
    n.created_at < :before
    AND (n.sent_at IS NOT NULL OR n.created_at < :unsent_before)
    AND NOT (
        n.kind = 'stuck'
        AND EXISTS (
            SELECT 1
            FROM import_jobs AS j
            WHERE
                j.batch_id = n.subject
                AND j.status = 8
        )
    );

-- name: remove_messages(ids)!
DELETE FROM notifications
WHERE id IN :ids;

-- name: old_batches(before, after_at, after_id, most)
-- Batches that were closed before then and that no other one points to: as what its bytes repeat, or as its correction.
SELECT
    b.batch_id,
    b.finished_at
FROM import_batches AS b
WHERE
    b.finished_at < :before
    AND (
        :after_at IS NULL
        OR b.finished_at > :after_at
        OR (b.finished_at = :after_at AND b.batch_id > :after_id)
    )
    AND NOT EXISTS (
        SELECT 1
        FROM import_jobs AS j
        INNER JOIN import_jobs AS repeats ON j.id = repeats.repeats_job_id
        WHERE
            j.batch_id = b.batch_id
            AND repeats.batch_id <> b.batch_id
    )
    AND NOT EXISTS (
        SELECT 1
        FROM corrections AS c
        WHERE c.batch_id = b.batch_id
    )
    -- An object without its claim would be imported again.
    AND NOT EXISTS (
        SELECT 1
        FROM dropped_objects AS d
        WHERE d.batch_id = b.batch_id
    )
ORDER BY b.finished_at, b.batch_id
LIMIT :most;

-- name: remove_events_of(batch_id)!
DELETE e
FROM import_job_events AS e
INNER JOIN import_jobs AS j ON e.job_id = j.id
WHERE j.batch_id = :batch_id;

-- name: remove_corrections_of(batch_id)!
DELETE c
FROM corrections AS c
INNER JOIN import_jobs AS j ON c.job_id = j.id
WHERE j.batch_id = :batch_id;

-- name: remove_jobs_of(batch_id)!
DELETE FROM import_jobs
WHERE batch_id = :batch_id;

-- name: remove_batch(batch_id)!
DELETE FROM import_batches
WHERE batch_id = :batch_id;

-- name: table_sizes(databases)
-- Data and indexes in bytes, as MySQL estimates them.
SELECT
    table_schema,
    table_name,
    COALESCE(data_length, 0) + COALESCE(index_length, 0) AS size
FROM information_schema.tables
WHERE
    table_schema IN :databases
    AND table_type = 'BASE TABLE'
ORDER BY size DESC;

-- name: put_run(run_id, step, dry_run, started_at, finished_at, counts, warnings, failure)!
INSERT INTO maintenance_runs
(run_id, step, dry_run, started_at, finished_at, counts, warnings, failure)
VALUES (:run_id, :step, :dry_run, :started_at, :finished_at, :counts, :warnings, :failure)
ON DUPLICATE KEY UPDATE
started_at = VALUES(started_at),
finished_at = VALUES(finished_at),
counts = VALUES(counts),
warnings = VALUES(warnings),
failure = VALUES(failure);

-- name: last_done(step)$
-- When a step was last done to its end, and not only as a dry run.
SELECT MAX(finished_at)
FROM maintenance_runs
WHERE
    step = :step
    AND failure IS NULL
    AND NOT dry_run;

-- name: newest_steps(most)
-- The steps of the last runs, newest run first.
SELECT
    m.run_id,
    m.step,
    m.dry_run,
    m.started_at,
    m.finished_at,
    m.counts,
    m.warnings,
    m.failure
FROM maintenance_runs AS m
INNER JOIN (
    SELECT
        run_id,
        MIN(started_at) AS began
    FROM maintenance_runs
    GROUP BY run_id
    ORDER BY began DESC
    LIMIT :most
) AS runs ON m.run_id = runs.run_id
ORDER BY runs.began DESC, m.started_at, m.step;

-- name: last_of_steps()
-- The last time that each step came to its end.
SELECT
    m.run_id,
    m.step,
    m.dry_run,
    m.started_at,
    m.finished_at,
    m.counts,
    m.warnings,
    m.failure
FROM maintenance_runs AS m
INNER JOIN (
    SELECT
        step,
        MAX(finished_at) AS finished_at
    FROM maintenance_runs
    WHERE failure IS NULL
    GROUP BY step
) AS newest ON m.step = newest.step AND m.finished_at = newest.finished_at
WHERE m.failure IS NULL
ORDER BY m.step;

-- name: count_old_runs(before)$
SELECT COUNT(*)
FROM maintenance_runs
WHERE finished_at < :before;

-- name: remove_old_runs(before)!
DELETE FROM maintenance_runs
WHERE finished_at < :before;
