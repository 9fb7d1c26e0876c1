-- Who is told of what went wrong, what was told to whom, and until when files are expected.

-- Empty: any distributor, any table.
CREATE TABLE notification_addresses (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    dist_id VARCHAR(64) NOT NULL DEFAULT '',
    table_name VARCHAR(64) NOT NULL DEFAULT '',
    address VARCHAR(191) NOT NULL,
    kinds VARCHAR(100) NOT NULL,
    language CHAR(2) NOT NULL,
    CONSTRAINT uq_notification_addresses UNIQUE (dist_id, table_name, address),
    CONSTRAINT ck_notification_addresses_language CHECK (language IN ('en', 'id'))
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- An outbox: a row is written in the transaction in which there came to be something to tell, and is one message.
CREATE TABLE notifications (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    kind VARCHAR(20) NOT NULL,
    -- A batch, a table's deadline, an export: of each, an address is told once.
    subject VARCHAR(191) NOT NULL,
    address VARCHAR(191) NOT NULL,
    language CHAR(2) NOT NULL,
    dist_id VARCHAR(64) NULL,
    details JSON NOT NULL,
    created_at DATETIME(6) NOT NULL,
    -- Set before it is handed over. Set without `sent_at`, it is not known whether the message went out.
    claimed_at DATETIME(6) NULL,
    sent_at DATETIME(6) NULL,
    attempts INT NOT NULL DEFAULT 0,
    error VARCHAR(1000) NULL,
    CONSTRAINT uq_notifications UNIQUE (kind, subject, address),
    KEY ix_notifications_due (sent_at, claimed_at, created_at),
    KEY ix_notifications_subject (subject)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE file_deadlines (
    table_name VARCHAR(64) NOT NULL PRIMARY KEY,
    cron VARCHAR(100) NOT NULL,
    -- The next one that nobody looked at yet, UTC.
    next_at DATETIME(6) NOT NULL,
    KEY ix_file_deadlines_next (next_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
