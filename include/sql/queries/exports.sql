-- name: add_export(export_id, kind, request, folder, made_at, run_id, created_by, created_at)!
-- Register an export; a second registration of the same one changes nothing.
INSERT INTO exports
(export_id, kind, request, folder, made_at, run_id, created_by, created_at)
VALUES (:export_id, :kind, :request, :folder, :made_at, :run_id, :created_by, :created_at)
ON DUPLICATE KEY UPDATE exports.export_id = exports.export_id;

-- name: drop_export(export_id)!
-- Forget an export for which no run could be started.
DELETE FROM exports
WHERE
    export_id = :export_id
    AND planned_at IS NULL;

-- name: find_exports(export_id, before_at, before_id, most)
-- One export by its id, or exports newest first, from behind a given one.
SELECT
    export_id,
    kind,
    request,
    folder,
    made_at,
    run_id,
    created_by,
    created_at,
    planned_at,
    finished_at,
    failure,
    removed_at
FROM exports
WHERE
    (:export_id IS NULL OR export_id = :export_id)
    AND (
        :before_at IS NULL
        OR created_at < :before_at
        OR (created_at = :before_at AND export_id < :before_id)
    )
ORDER BY created_at DESC, export_id DESC
LIMIT :most;

-- name: plan_export(request, made_at, run_id, now, export_id)!
-- A run takes it up, perhaps once more.
UPDATE exports
SET
    request = :request,
    made_at = :made_at,
    run_id = :run_id,
    planned_at = :now,
    finished_at = NULL,
    failure = NULL,
    removed_at = NULL
WHERE export_id = :export_id;

-- name: reopen_export(export_id)!
UPDATE exports
SET finished_at = NULL
WHERE
    export_id = :export_id
    AND failure IS NULL;

-- name: finish_export(now, failure, export_id)!
UPDATE exports
SET
    finished_at = :now,
    failure = :failure
WHERE export_id = :export_id;

-- name: account_counts(export_ids)
-- Beside the counts the first name, and the period's days where they are the same for all accounts that have files.
SELECT
    export_id,
    COUNT(*),
    SUM(state = 'done'),
    SUM(state = 'failed'),
    MIN(username),
    IF(COUNT(DISTINCT period_start) = 1, MIN(period_start), NULL),
    IF(COUNT(DISTINCT period_end) = 1, MIN(period_end), NULL)
FROM export_accounts
WHERE export_id IN :export_ids
GROUP BY export_id;

-- name: file_counts(export_ids)
SELECT
    export_id,
    COUNT(*),
    SUM(size),
    SUM(delivery_error IS NOT NULL)
FROM export_files
WHERE
    export_id IN :export_ids
    AND removed_at IS NULL
GROUP BY export_id;

-- name: put_accounts*!
-- Have accounts wait for their turn; what was made of them earlier stays until then.
INSERT INTO export_accounts
(export_id, account_id, username, folder, lane, state)
VALUES (:export_id, :account_id, :username, :folder, :lane, :state)
ON DUPLICATE KEY UPDATE
username = VALUES(username),
folder = VALUES(folder),
lane = VALUES(lane),
state = VALUES(state),
reason = NULL;

-- name: list_accounts(export_id, lane, undone)
-- The accounts of an export, by username; the last two parameters narrow it where they are not NULL.
SELECT
    account_id,
    username,
    folder,
    lane,
    state,
    reason,
    period_start,
    period_end
FROM export_accounts
WHERE
    export_id = :export_id
    AND (:lane IS NULL OR lane = :lane)
    AND (:undone IS NULL OR state <> 'done')
ORDER BY username, account_id;

-- name: set_account_done(period_start, period_end, now, export_id, account_id)!
UPDATE export_accounts
SET
    state = 'done',
    reason = NULL,
    period_start = :period_start,
    period_end = :period_end,
    finished_at = :now
WHERE
    export_id = :export_id
    AND account_id = :account_id;

-- name: set_account_failed(reason, now, export_id, account_id)!
UPDATE export_accounts
SET
    state = 'failed',
    reason = :reason,
    finished_at = :now
WHERE
    export_id = :export_id
    AND account_id = :account_id;

-- name: set_account_waiting(reason, export_id, account_id)!
-- Not when another worker has made its files meanwhile.
UPDATE export_accounts
SET
    state = 'waiting',
    reason = :reason
WHERE
    export_id = :export_id
    AND account_id = :account_id
    AND state <> 'done';

-- name: fail_waiting(reason, now, export_id)!
UPDATE export_accounts
SET
    state = 'failed',
    reason = COALESCE(reason, :reason),
    finished_at = :now
WHERE
    export_id = :export_id
    AND state = 'waiting';

-- name: find_files(export_id, account_id, file_id, undelivered)
-- Files of an export in the order of its ZIP; the last three parameters narrow it where they are not NULL.
SELECT
    id,
    account_id,
    folder,
    name,
    format,
    content,
    size,
    sha256,
    written_at,
    removed_at,
    delivered_url,
    delivery_id,
    delivery_error
FROM export_files
WHERE
    export_id = :export_id
    AND (:account_id IS NULL OR account_id = :account_id)
    AND (:file_id IS NULL OR id = :file_id)
    AND (
        :undelivered IS NULL
        OR (removed_at IS NULL AND (delivered_sha256 IS NULL OR delivered_sha256 <> sha256))
    )
ORDER BY folder, format, name;

-- name: put_files*!
-- A file that is made again keeps its id, and where it was delivered.
INSERT INTO export_files
(export_id, account_id, folder, name, format, content, size, sha256, written_at)
VALUES (:export_id, :account_id, :folder, :name, :format, :content, :size, :sha256, :now)
ON DUPLICATE KEY UPDATE
account_id = VALUES(account_id),
format = VALUES(format),
content = VALUES(content),
size = VALUES(size),
sha256 = VALUES(sha256),
written_at = VALUES(written_at),
removed_at = NULL,
delivery_error = NULL;

-- name: forget_files(export_id, account_id, folder, names)!
-- What an earlier run made of the account, or in its folder, and this one did not.
DELETE FROM export_files
WHERE
    export_id = :export_id
    AND (account_id = :account_id OR folder = :folder)
    AND NOT (folder = :folder AND name IN :names);

-- name: reserve_delivery_id(delivery_id, file_id)!
UPDATE export_files
SET delivery_id = :delivery_id
WHERE id = :file_id;

-- name: set_delivered(url, delivery_id, sha256, file_id)!
UPDATE export_files
SET
    delivered_url = :url,
    delivery_id = :delivery_id,
    delivered_sha256 = :sha256,
    delivery_error = NULL
WHERE id = :file_id;

-- name: set_delivery_failed(error, file_id)!
UPDATE export_files
SET delivery_error = :error
WHERE id = :file_id;

-- name: finished_before(before, delivering)
-- Finished exports whose files are still there and older than that; with deliveries, those excepted that still wait for one.
SELECT e.export_id
FROM exports AS e
WHERE
    e.finished_at < :before
    AND e.removed_at IS NULL
    AND NOT (
        :delivering
        AND EXISTS (
            SELECT 1
            FROM export_files AS f
            WHERE
                f.export_id = e.export_id
                AND f.removed_at IS NULL
                AND f.delivery_error IS NOT NULL
        )
    )
ORDER BY e.finished_at
LIMIT 1000;

-- name: unheard_since(before)
-- Exports that are not finished, and of which nothing was heard since then.
SELECT e.export_id
FROM exports AS e
WHERE
    e.finished_at IS NULL
    AND COALESCE(e.planned_at, e.created_at) < :before
    AND NOT EXISTS (
        SELECT 1
        FROM export_accounts AS a
        WHERE
            a.export_id = e.export_id
            AND a.finished_at >= :before
    )
LIMIT 1000;

-- name: remove_files(now, export_id)!
UPDATE export_files
SET removed_at = :now
WHERE
    export_id = :export_id
    AND removed_at IS NULL;

-- name: remove_export(now, export_id)!
UPDATE exports
SET removed_at = :now
WHERE export_id = :export_id;
