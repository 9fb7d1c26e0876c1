-- What a repeated file is known by, what a replaced slice removed, and which imports were undone.

ALTER TABLE import_batches
ADD COLUMN force_again BOOLEAN NOT NULL DEFAULT FALSE;

ALTER TABLE import_jobs
ADD COLUMN config_digest CHAR(64) NULL,
ADD COLUMN repeats_job_id BIGINT NULL,
ADD COLUMN removed BIGINT NOT NULL DEFAULT 0,
ADD COLUMN undone_at DATETIME(6) NULL,
ADD COLUMN undone_by VARCHAR(255) NULL,
ADD KEY ix_import_jobs_same (sha256, table_name),
ADD KEY ix_import_jobs_table (table_name, status);

-- A loaded job that is undone stays complete; its history tells both.
INSERT INTO import_job_moves (old_status, new_status)
VALUES (9, 9);
