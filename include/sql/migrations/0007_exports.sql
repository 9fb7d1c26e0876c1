-- What was exported: for whom, which files came of it, and where they were delivered.

CREATE TABLE exports (
    export_id CHAR(36) NOT NULL PRIMARY KEY,
    kind VARCHAR(10) NOT NULL,
    request JSON NOT NULL,
    -- Below the setting `exports_folder`.
    folder VARCHAR(100) NOT NULL,
    -- The moment that the files tell as theirs: a night's is the same whenever it is made.
    made_at DATETIME(6) NOT NULL,
    run_id VARCHAR(250) NOT NULL,
    created_by VARCHAR(255) NULL,
    created_at DATETIME(6) NOT NULL,
    planned_at DATETIME(6) NULL,
    finished_at DATETIME(6) NULL,
    -- Why it is no good as a whole; what concerns one account is with that account.
    failure VARCHAR(1000) NULL,
    removed_at DATETIME(6) NULL,
    KEY ix_exports_created (created_at, export_id),
    KEY ix_exports_unfinished (finished_at, created_at),
    CONSTRAINT ck_exports_kind CHECK (kind IN ('nightly', 'on_demand'))
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE export_accounts (
    export_id CHAR(36) NOT NULL,
    account_id VARCHAR(50) NOT NULL,
    username VARCHAR(100) NOT NULL,
    -- Below the export's folder; no two accounts share one.
    folder VARCHAR(191) NOT NULL,
    lane INT NOT NULL,
    state VARCHAR(10) NOT NULL,
    reason VARCHAR(1000) NULL,
    period_start DATE NULL,
    period_end DATE NULL,
    finished_at DATETIME(6) NULL,
    PRIMARY KEY (export_id, account_id),
    KEY ix_export_accounts_lane (export_id, lane, state),
    CONSTRAINT ck_export_accounts_state CHECK (state IN ('waiting', 'done', 'failed')),
    CONSTRAINT fk_export_accounts_export FOREIGN KEY (export_id) REFERENCES exports (export_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE export_files (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    export_id CHAR(36) NOT NULL,
    account_id VARCHAR(50) NOT NULL,
    folder VARCHAR(191) NOT NULL,
    name VARCHAR(255) NOT NULL,
    format VARCHAR(10) NOT NULL,
    content VARCHAR(20) NULL,
    size BIGINT NOT NULL,
    sha256 CHAR(64) NOT NULL,
    written_at DATETIME(6) NOT NULL,
    removed_at DATETIME(6) NULL,
    -- The bytes that were delivered; what differs from `sha256` is still to be.
    delivered_sha256 CHAR(64) NULL,
    delivered_url TEXT NULL,
    -- Set aside before the upload, so that a repetition finds the file.
    delivery_id VARCHAR(255) NULL,
    delivery_error VARCHAR(1000) NULL,
    CONSTRAINT uq_export_files UNIQUE (export_id, folder, name),
    KEY ix_export_files_account (export_id, account_id),
    CONSTRAINT fk_export_files_export FOREIGN KEY (export_id) REFERENCES exports (export_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
