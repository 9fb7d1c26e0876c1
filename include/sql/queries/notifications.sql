-- name: list_addresses()
SELECT
    id,
    dist_id,
    table_name,
    address,
    kinds,
    language
FROM notification_addresses
ORDER BY dist_id, table_name, address;

-- name: put_address(dist_id, table_name, address, kinds, language)!
INSERT INTO notification_addresses (dist_id, table_name, address, kinds, language)
VALUES (:dist_id, :table_name, :address, :kinds, :language)
ON DUPLICATE KEY UPDATE
kinds = VALUES(kinds),
language = VALUES(language);

-- name: remove_address(address_id)!
DELETE FROM notification_addresses
WHERE id = :address_id;

-- name: add_notification(kind, subject, address, language, dist_id, details, now)!
-- One message; harmless when the address was told, or is about to be.
INSERT INTO notifications (kind, subject, address, language, dist_id, details, created_at)
VALUES (:kind, :subject, :address, :language, :dist_id, :details, :now)
ON DUPLICATE KEY UPDATE notifications.id = notifications.id;

-- name: due_notifications(since, about, most)
-- Messages that nobody is handing over and that are young enough to be of use, oldest first.
SELECT
    id,
    kind,
    subject,
    address,
    language,
    dist_id,
    details,
    created_at,
    claimed_at,
    sent_at,
    attempts,
    error
FROM notifications
WHERE
    sent_at IS NULL
    AND claimed_at IS NULL
    AND created_at >= :since
    AND (:about IS NULL OR LEFT(subject, CHAR_LENGTH(:about)) = :about)
ORDER BY id
LIMIT :most;

-- name: claim_notification(now, notification_id)!
UPDATE notifications
SET
    claimed_at = :now,
    attempts = attempts + 1
WHERE
    id = :notification_id
    AND claimed_at IS NULL
    AND sent_at IS NULL;

-- name: set_notification_sent(now, notification_id)!
UPDATE notifications
SET
    sent_at = :now,
    error = NULL
WHERE id = :notification_id;

-- name: set_notification_failed(error, notification_id, claimed_at)!
-- Only by whom had it in hand since that moment; NULL: nobody.
UPDATE notifications
SET
    claimed_at = NULL,
    error = :error
WHERE
    id = :notification_id
    AND sent_at IS NULL
    AND claimed_at <=> :claimed_at;

-- name: send_notification_again(now, notification_id)!
-- A person decides what the program must not: that a message of which nothing is known may go out.
UPDATE notifications
SET
    claimed_at = NULL,
    created_at = :now
WHERE
    id = :notification_id
    AND sent_at IS NULL;

-- name: list_notifications(notification_id, dist_pattern, before, most)
SELECT
    id,
    kind,
    subject,
    address,
    language,
    dist_id,
    details,
    created_at,
    claimed_at,
    sent_at,
    attempts,
    error
FROM notifications
WHERE
    (:notification_id IS NULL OR id = :notification_id)
    AND (:dist_pattern IS NULL OR dist_id REGEXP :dist_pattern)
    AND (:before IS NULL OR id < :before)
ORDER BY id DESC
LIMIT :most;

-- name: list_deadlines()
SELECT
    table_name,
    cron,
    next_at
FROM file_deadlines
ORDER BY table_name;

-- name: put_deadline(table_name, cron, next_at)!
INSERT INTO file_deadlines (table_name, cron, next_at)
VALUES (:table_name, :cron, :next_at)
ON DUPLICATE KEY UPDATE
cron = VALUES(cron),
next_at = VALUES(next_at);

-- name: remove_deadline(table_name)!
DELETE FROM file_deadlines
WHERE table_name = :table_name;

-- name: passed_deadlines(now)
-- Locked: who looks at a deadline does so alone.
SELECT
    table_name,
    cron,
    next_at
FROM file_deadlines
WHERE next_at <= :now
ORDER BY table_name
FOR UPDATE;

-- name: broken_off_since(before)
-- Batches with files whose import broke off, and first did so before that moment: an attempt in between that breaks off
-- again does not make it younger.
SELECT DISTINCT j.batch_id
FROM import_jobs AS j
WHERE
    j.status = 8
    AND (
        SELECT MIN(e.happened_at)
        FROM import_job_events AS e
        WHERE
            e.job_id = j.id
            AND e.new_status = 8
            AND e.id > (
                SELECT MAX(taken.id)
                FROM import_job_events AS taken
                WHERE
                    taken.job_id = j.id
                    AND (taken.old_status IS NULL OR taken.old_status NOT IN (3, 8))
            )
    ) <= :before
    AND NOT EXISTS (
        SELECT 1
        FROM notifications AS n
        WHERE
            n.subject = j.batch_id
            AND n.kind = 'stuck'
    )
ORDER BY j.batch_id
LIMIT 1000;
