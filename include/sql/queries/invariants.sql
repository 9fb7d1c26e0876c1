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
