-- Batches, their jobs, and who or what moved a job from which status to which, when and why.

CREATE TABLE import_batches (
    batch_id CHAR(36) NOT NULL PRIMARY KEY,
    source VARCHAR(20) NOT NULL,
    run_id VARCHAR(250) NOT NULL,
    mode VARCHAR(10) NOT NULL,
    table_name VARCHAR(64) NOT NULL DEFAULT 'auto',
    dist_id VARCHAR(64) NULL,
    names JSON NOT NULL,
    warnings JSON NOT NULL,
    refused BOOLEAN NOT NULL DEFAULT FALSE,
    received_at DATETIME(6) NOT NULL,
    started_at DATETIME(6) NULL,
    finished_at DATETIME(6) NULL,
    KEY ix_import_batches_received (received_at),
    KEY ix_import_batches_run (run_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Every allowed move of a job. The foreign keys below make the database itself refuse any other.
CREATE TABLE import_job_moves (
    old_status TINYINT NOT NULL,
    new_status TINYINT NOT NULL,
    PRIMARY KEY (old_status, new_status)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

INSERT INTO import_job_moves (old_status, new_status)
VALUES (1, 4), (4, 5), (4, 6), (5, 3), (3, 9), (3, 2), (3, 8), (8, 3), (2, 3);

CREATE TABLE import_jobs (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    batch_id CHAR(36) NOT NULL,
    slot VARCHAR(80) NOT NULL,
    filename VARCHAR(1024) NOT NULL,
    stored_name VARCHAR(255) NULL,
    size BIGINT NOT NULL DEFAULT 0,
    sha256 CHAR(64) NULL,
    table_name VARCHAR(64) NULL,
    status TINYINT NOT NULL,
    previous_status TINYINT NULL,
    message JSON NULL,
    total_rows BIGINT NOT NULL DEFAULT 0,
    inserted BIGINT NOT NULL DEFAULT 0,
    updated BIGINT NOT NULL DEFAULT 0,
    unchanged BIGINT NOT NULL DEFAULT 0,
    rejected BIGINT NOT NULL DEFAULT 0,
    skipped BIGINT NOT NULL DEFAULT 0,
    error_details JSON NULL,
    summary JSON NULL,
    notes JSON NULL,
    ignored_columns JSON NULL,
    attempts INT NOT NULL DEFAULT 0,
    worker VARCHAR(255) NULL,
    archive_state VARCHAR(10) NOT NULL DEFAULT 'none',
    archive_file_id VARCHAR(255) NULL,
    archive_url VARCHAR(2000) NULL,
    archive_error VARCHAR(1000) NULL,
    archive_attempts INT NOT NULL DEFAULT 0,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    finished_at DATETIME(6) NULL,
    CONSTRAINT uq_import_jobs_slot UNIQUE (batch_id, slot),
    CONSTRAINT fk_import_jobs_batch FOREIGN KEY (batch_id) REFERENCES import_batches (batch_id),
    CONSTRAINT fk_import_jobs_move FOREIGN KEY (previous_status, status)
    REFERENCES import_job_moves (old_status, new_status),
    KEY ix_import_jobs_status (status, updated_at),
    KEY ix_import_jobs_archive (archive_state, updated_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE import_job_events (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    job_id BIGINT NOT NULL,
    old_status TINYINT NULL,
    new_status TINYINT NOT NULL,
    actor VARCHAR(255) NOT NULL,
    reason VARCHAR(1000) NOT NULL,
    happened_at DATETIME(6) NOT NULL,
    CONSTRAINT fk_import_job_events_job FOREIGN KEY (job_id) REFERENCES import_jobs (id),
    CONSTRAINT fk_import_job_events_move FOREIGN KEY (old_status, new_status)
    REFERENCES import_job_moves (old_status, new_status),
    KEY ix_import_job_events_job (job_id, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
