-- name: add_batch(batch_id, source, run_id, mode, table_name, dist_id, force_again, names, received_at, created_by, exact_distributor)!
-- Register a batch; a second registration of the same one changes nothing.
INSERT INTO import_batches
(batch_id, source, run_id, mode, table_name, dist_id, force_again, names, warnings, refused, received_at, created_by,
exact_distributor)
VALUES (
    :batch_id, :source, :run_id, :mode, :table_name, :dist_id, :force_again, :names, '[]', FALSE, :received_at,
    :created_by, :exact_distributor
)
ON DUPLICATE KEY UPDATE import_batches.batch_id = import_batches.batch_id;

-- name: get_batch(batch_id)^
SELECT
    batch_id,
    source,
    run_id,
    mode,
    table_name,
    dist_id,
    force_again,
    names,
    warnings,
    refused,
    received_at,
    started_at,
    finished_at,
    created_by,
    cancelled_at,
    cancelled_by,
    reruns,
    exact_distributor
FROM import_batches
WHERE batch_id = :batch_id;

-- name: set_run_asked(now, batch_id)!
UPDATE import_batches
SET run_asked_at = :now
WHERE batch_id = :batch_id;

-- name: start_batch(now, batch_id)!
UPDATE import_batches
SET started_at = :now
WHERE
    batch_id = :batch_id
    AND started_at IS NULL;

-- name: set_batch_warnings(warnings, refused, batch_id)!
UPDATE import_batches
SET
    warnings = :warnings,
    refused = :refused
WHERE batch_id = :batch_id;

-- name: finish_batch(now, batch_id)!
UPDATE import_batches
SET finished_at = :now
WHERE batch_id = :batch_id;

-- name: add_job(batch_id, slot, filename, stored_name, size, sha256, table_name, status, message, now, finished_at)!
-- Register a job; a second registration of the same one changes nothing.
INSERT INTO import_jobs
(batch_id, slot, filename, stored_name, size, sha256, table_name, status, message, created_at, updated_at, finished_at)
VALUES (
    :batch_id, :slot, :filename, :stored_name, :size, :sha256, :table_name, :status, :message, :now, :now, :finished_at
)
ON DUPLICATE KEY UPDATE import_jobs.slot = import_jobs.slot;

-- name: find_jobs(job_id, batch_id)
-- One job by its id, or all jobs of a batch, files first. One of the two parameters is NULL.
SELECT
    id,
    batch_id,
    slot,
    filename,
    stored_name,
    size,
    sha256,
    table_name,
    status,
    message,
    total_rows,
    inserted,
    updated,
    unchanged,
    rejected,
    skipped,
    error_details,
    summary,
    notes,
    ignored_columns,
    attempts,
    worker,
    archive_state,
    archive_file_id,
    archive_url,
    archive_error,
    created_at,
    finished_at,
    config_digest,
    repeats_job_id,
    removed,
    undone_at,
    undone_by
FROM import_jobs
WHERE
    (:job_id IS NULL OR id = :job_id)
    AND (:batch_id IS NULL OR batch_id = :batch_id)
ORDER BY slot;

-- name: lock_job(job_id)
-- The row lock is the fence of the loading protocol: who holds it works on the job, and nobody else.
SELECT
    id,
    batch_id,
    slot,
    filename,
    stored_name,
    size,
    sha256,
    table_name,
    status,
    message,
    total_rows,
    inserted,
    updated,
    unchanged,
    rejected,
    skipped,
    error_details,
    summary,
    notes,
    ignored_columns,
    attempts,
    worker,
    archive_state,
    archive_file_id,
    archive_url,
    archive_error,
    created_at,
    finished_at,
    config_digest,
    repeats_job_id,
    removed,
    undone_at,
    undone_by
FROM import_jobs
WHERE id = :job_id
FOR UPDATE NOWAIT;

-- name: move_job(status, message, now, finished_at, job_id)!
-- previous_status is assigned first and so holds the old one; a foreign key refuses moves that are not allowed.
UPDATE import_jobs
SET
    previous_status = status,
    status = :status,
    message = :message,
    updated_at = :now,
    finished_at = :finished_at
WHERE id = :job_id;

-- name: add_events*!
INSERT INTO import_job_events (job_id, old_status, new_status, actor, reason, happened_at)
VALUES (:job_id, :old_status, :new_status, :actor, :reason, :now);

-- name: job_events(job_id)
SELECT
    old_status,
    new_status,
    actor,
    reason,
    happened_at
FROM import_job_events
WHERE job_id = :job_id
ORDER BY id;

-- name: add_first_events(actor, reason, now, batch_id)!
-- The first event of each job of a batch that has none yet.
INSERT INTO import_job_events (job_id, old_status, new_status, actor, reason, happened_at)
SELECT
    j.id,
    NULL,
    j.status,
    :actor,
    :reason,
    :now
FROM import_jobs AS j
LEFT JOIN import_job_events AS e ON j.id = e.job_id
WHERE
    j.batch_id = :batch_id
    AND e.id IS NULL;

-- name: set_validated(table_name, total_rows, notes, ignored_columns, job_id)!
UPDATE import_jobs
SET
    table_name = :table_name,
    total_rows = :total_rows,
    notes = :notes,
    ignored_columns = :ignored_columns
WHERE id = :job_id;

-- name: set_attempt(worker, now, job_id)!
UPDATE import_jobs
SET
    attempts = attempts + 1,
    worker = :worker,
    updated_at = :now
WHERE id = :job_id;

-- name: set_loaded(total_rows, inserted, updated, unchanged, rejected, skipped, removed, error_details, summary, notes, archive_state, config_digest, repeats_job_id, job_id)!
UPDATE import_jobs
SET
    total_rows = :total_rows,
    inserted = :inserted,
    updated = :updated,
    unchanged = :unchanged,
    rejected = :rejected,
    skipped = :skipped,
    removed = :removed,
    error_details = :error_details,
    summary = :summary,
    notes = :notes,
    archive_state = :archive_state,
    config_digest = :config_digest,
    repeats_job_id = :repeats_job_id
WHERE id = :job_id;

-- name: reserve_archive_id(file_id, job_id)!
UPDATE import_jobs
SET archive_file_id = :file_id
WHERE id = :job_id;

-- name: set_archived(file_id, url, now, job_id)!
UPDATE import_jobs
SET
    archive_state = 'done',
    archive_file_id = :file_id,
    archive_url = :url,
    archive_error = NULL,
    archive_attempts = archive_attempts + 1,
    updated_at = :now
WHERE id = :job_id;

-- name: set_archive_failed(error, now, job_id)!
UPDATE import_jobs
SET
    archive_error = :error,
    archive_attempts = archive_attempts + 1,
    updated_at = :now
WHERE id = :job_id;

-- name: find_same(sha256, table_name, config_digest, job_id)
-- The last import of the same bytes into the same table under the same configuration, all of whose rows were loaded,
-- unless something changed the table after it.
SELECT same.id
FROM import_jobs AS same
WHERE
    same.sha256 = :sha256
    AND same.table_name = :table_name
    AND same.config_digest = :config_digest
    AND same.id <> :job_id
    AND same.status = 9
    AND same.undone_at IS NULL
    AND same.rejected = 0
    AND same.skipped = 0
    AND NOT EXISTS (
        SELECT 1
        FROM import_jobs AS later
        WHERE
            later.table_name = same.table_name
            AND later.id <> same.id
            AND later.status = 9
            AND (
                (later.finished_at >= same.finished_at AND later.inserted + later.updated + later.removed > 0)
                OR later.undone_at >= same.finished_at
            )
    )
ORDER BY same.id DESC
LIMIT 1;

-- name: changed_after(job_id)$
-- Whether a later import of the same table met rows that were there: what it did depends on those of this job.
SELECT COUNT(*)
FROM import_jobs AS later
INNER JOIN import_jobs AS job
    ON
        later.table_name = job.table_name
        AND later.id <> job.id
WHERE
    job.id = :job_id
    AND later.status = 9
    AND later.finished_at >= job.finished_at
    AND later.undone_at IS NULL
    AND later.updated + later.unchanged + later.removed > 0;

-- name: set_undone(now, undone_by, job_id)!
UPDATE import_jobs
SET
    undone_at = :now,
    undone_by = :undone_by,
    updated_at = :now
WHERE id = :job_id;
