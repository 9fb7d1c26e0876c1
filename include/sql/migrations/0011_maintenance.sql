-- When what broke off is tried again by itself, and what each run of the maintenance did.

ALTER TABLE import_batches
ADD COLUMN requeues INT NOT NULL DEFAULT 0,
ADD COLUMN requeue_at DATETIME(6) NULL;

ALTER TABLE import_jobs
ADD COLUMN archive_retries INT NOT NULL DEFAULT 0,
ADD COLUMN archive_retry_at DATETIME(6) NULL;

ALTER TABLE exports
ADD COLUMN delivery_retries INT NOT NULL DEFAULT 0,
ADD COLUMN delivery_retry_at DATETIME(6) NULL;

-- Retention goes by time.
ALTER TABLE audit_log
ADD KEY ix_audit_log_when (happened_at);

-- A row for each step of a run.
CREATE TABLE maintenance_runs (
    run_id VARCHAR(250) NOT NULL,
    step VARCHAR(40) NOT NULL,
    dry_run BOOLEAN NOT NULL,
    started_at DATETIME(6) NOT NULL,
    finished_at DATETIME(6) NOT NULL,
    counts JSON NOT NULL,
    warnings JSON NOT NULL,
    failure VARCHAR(1000) NULL,
    PRIMARY KEY (run_id, step),
    KEY ix_maintenance_runs_step (step, finished_at),
    KEY ix_maintenance_runs_finished (finished_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
