-- name: open_jobs_of_closed_batches()
-- I1: files that are not at their end although their batch is closed.
SELECT
    j.id,
    j.status
FROM import_jobs AS j
INNER JOIN import_batches AS b ON j.batch_id = b.batch_id
WHERE
    b.finished_at IS NOT NULL
    AND j.status NOT IN (0, 2, 6, 9)
    AND NOT (j.status = 5 AND b.mode = 'quick')
ORDER BY j.id
LIMIT 1000;

-- name: batches_without_jobs()
-- I1: batches that were extracted without telling that nothing was in them.
SELECT b.batch_id
FROM import_batches AS b
WHERE
    b.started_at IS NOT NULL
    AND NOT b.refused
    AND NOT EXISTS (
        SELECT 1
        FROM import_jobs AS j
        WHERE
            j.batch_id = b.batch_id
            AND j.stored_name IS NOT NULL
    )
ORDER BY b.received_at
LIMIT 1000;

-- name: untrue_histories(since)
-- I1: files whose status is not the one that their history ends with.
SELECT
    j.id,
    j.status,
    e.new_status
FROM import_jobs AS j
LEFT JOIN import_job_events AS e
    ON
        e.id = (
            SELECT MAX(last.id)
            FROM import_job_events AS last
            WHERE last.job_id = j.id
        )
WHERE
    j.updated_at >= :since
    AND (e.new_status IS NULL OR e.new_status <> j.status)
ORDER BY j.id
LIMIT 1000;

-- name: ended_jobs(since, after_id, most)
-- Files that came to an end since then, from behind a given one.
SELECT
    j.id,
    j.batch_id
FROM import_jobs AS j
WHERE
    j.finished_at >= :since
    AND j.updated_at >= :since
    AND j.status IN (2, 6, 9)
    AND j.id > :after_id
ORDER BY j.id
LIMIT :most;

-- name: same_bytes(job_id)
-- I3: files with the same bytes for the same table and distributor that were loaded and not undone.
SELECT same.id
FROM import_jobs AS j
INNER JOIN import_batches AS b ON j.batch_id = b.batch_id
INNER JOIN import_jobs AS same
    ON
        j.sha256 = same.sha256
        AND j.table_name = same.table_name
INNER JOIN import_batches AS of_same ON same.batch_id = of_same.batch_id
WHERE
    j.id = :job_id
    AND same.status = 9
    AND same.undone_at IS NULL
    AND b.dist_id <=> of_same.dist_id
ORDER BY same.id;

-- name: unarchived()
-- I6: files that were loaded and neither lie in the archive nor wait for it.
SELECT id
FROM import_jobs
WHERE
    status = 9
    AND (archive_state = 'none' OR (archive_state = 'done' AND archive_url IS NULL))
ORDER BY id
LIMIT 1000;

-- name: waiting_archives(after_id, most)
-- I6: files of closed batches that wait for the archive.
SELECT j.id
FROM import_jobs AS j
INNER JOIN import_batches AS b ON j.batch_id = b.batch_id
WHERE
    j.archive_state = 'pending'
    AND b.finished_at IS NOT NULL
    AND j.id > :after_id
ORDER BY j.id
LIMIT :most;

-- name: wrong_counts()
-- I7: files whose lines did not each end in exactly one way.
SELECT id
FROM import_jobs
WHERE
    status = 9
    AND total_rows <> inserted + updated + unchanged + rejected + skipped
ORDER BY id
LIMIT 1000;

-- name: unaudited(since)
-- I8: what people changed since then without an entry in the audit log, in the same transaction and so at the same time.
SELECT
    changed.subject,
    changed.changed_at
FROM (
    SELECT
        'import undone' AS action,
        CONCAT('job ', id) AS subject,
        undone_at AS changed_at
    FROM import_jobs
    WHERE undone_at >= :since AND updated_at >= :since
    UNION ALL
    SELECT
        'batch cancelled',
        CONCAT('batch ', batch_id),
        cancelled_at
    FROM import_batches
    WHERE cancelled_at >= :since
    UNION ALL
    SELECT
        'file tried again',
        CONCAT('job ', j.id),
        e.happened_at
    FROM import_jobs AS j
    INNER JOIN import_job_events AS e ON j.id = e.job_id
    WHERE
        j.updated_at >= :since
        AND e.happened_at >= :since
        AND ((e.old_status = 6 AND e.new_status = 4) OR (e.old_status = 2 AND e.new_status = 3))
    UNION ALL
    SELECT DISTINCT
        'rejects corrected',
        CONCAT('job ', job_id),
        corrected_at
    FROM corrections
    WHERE corrected_at >= :since
    UNION ALL
    SELECT
        NULL,
        table_name,
        saved_at
    FROM table_versions
    WHERE saved_at >= :since
) AS changed
WHERE NOT EXISTS (
    SELECT 1
    FROM audit_log AS a
    WHERE
        a.subject = changed.subject
        AND (changed.action IS NULL OR a.action = changed.action)
        AND a.happened_at BETWEEN changed.changed_at - INTERVAL 1 MINUTE AND changed.changed_at + INTERVAL 1 MINUTE
)
ORDER BY changed.changed_at
LIMIT 1000;

-- name: broken_histories(since)
-- I8: files whose history leaves out a move: an entry does not begin with the status with which the one before it ends.
SELECT DISTINCT moves.job_id
FROM (
    SELECT
        e.job_id,
        e.old_status,
        LAG(e.new_status) OVER (PARTITION BY e.job_id ORDER BY e.id) AS earlier
    FROM import_jobs AS j
    INNER JOIN import_job_events AS e ON j.id = e.job_id
    WHERE j.updated_at >= :since
) AS moves
WHERE
    moves.earlier IS NOT NULL
    AND NOT moves.earlier <=> moves.old_status
ORDER BY moves.job_id
LIMIT 1000;
