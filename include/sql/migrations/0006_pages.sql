-- What the pages and the REST API need: who handed over, progress, who changed what, versions, expected files, corrections.

ALTER TABLE import_batches
ADD COLUMN created_by VARCHAR(255) NULL,
ADD COLUMN exact_distributor BOOLEAN NOT NULL DEFAULT FALSE,
ADD COLUMN cancelled_at DATETIME(6) NULL,
ADD COLUMN cancelled_by VARCHAR(255) NULL,
ADD COLUMN reruns INT NOT NULL DEFAULT 0,
ADD COLUMN run_asked_at DATETIME(6) NULL,
ADD KEY ix_import_batches_open (finished_at, received_at),
ADD KEY ix_import_batches_distributor (dist_id, received_at);

ALTER TABLE import_jobs
ADD KEY ix_import_jobs_created (created_at),
ADD KEY ix_import_jobs_arrivals (batch_id, table_name, status, undone_at),
ADD KEY ix_import_jobs_updated (updated_at);

-- A person may have a refused file validated again, after its table's configuration was changed.
INSERT INTO import_job_moves (old_status, new_status)
VALUES (6, 4);

-- How far a load is; written on a connection of its own, because the load itself is one transaction.
CREATE TABLE import_progress (
    job_id BIGINT NOT NULL PRIMARY KEY,
    rows_done BIGINT NOT NULL,
    updated_at DATETIME(6) NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE audit_log (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    happened_at DATETIME(6) NOT NULL,
    actor VARCHAR(255) NOT NULL,
    action VARCHAR(40) NOT NULL,
    subject VARCHAR(255) NOT NULL,
    old_value JSON NULL,
    new_value JSON NULL,
    KEY ix_audit_log_subject (subject, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Each state of a table's configuration, as it was saved.
CREATE TABLE table_versions (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    table_name VARCHAR(64) NOT NULL,
    version INT NOT NULL,
    config JSON NOT NULL,
    saved_at DATETIME(6) NOT NULL,
    saved_by VARCHAR(255) NOT NULL,
    CONSTRAINT uq_table_versions UNIQUE (table_name, version)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- The answer to a request that its sender may repeat.
CREATE TABLE idempotency_keys (
    owner VARCHAR(191) NOT NULL,
    idempotency_key VARCHAR(191) NOT NULL,
    fingerprint CHAR(64) NOT NULL,
    batch_id CHAR(36) NOT NULL,
    status SMALLINT NULL,
    answer JSON NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (owner, idempotency_key)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Which distributor sends a file for which table, and how often.
CREATE TABLE expected_files (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    dist_id VARCHAR(64) NOT NULL,
    table_name VARCHAR(64) NOT NULL,
    frequency VARCHAR(10) NOT NULL,
    days VARCHAR(100) NOT NULL DEFAULT '',
    CONSTRAINT uq_expected_files UNIQUE (dist_id, table_name),
    CONSTRAINT ck_expected_files_frequency CHECK (frequency IN ('daily', 'weekly', 'monthly'))
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Cells of rejected rows that a person corrected, and the batch by which the rows were sent again.
CREATE TABLE corrections (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    job_id BIGINT NOT NULL,
    line BIGINT NOT NULL,
    header VARCHAR(1000) NOT NULL,
    old_value TEXT NOT NULL,
    new_value TEXT NOT NULL,
    batch_id CHAR(36) NOT NULL,
    corrected_by VARCHAR(255) NOT NULL,
    corrected_at DATETIME(6) NOT NULL,
    KEY ix_corrections_job (job_id, line),
    CONSTRAINT fk_corrections_job FOREIGN KEY (job_id) REFERENCES import_jobs (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
