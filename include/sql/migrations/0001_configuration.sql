-- What staff configure: import tables, their columns, and the headers under which a column may appear.

CREATE TABLE import_tables (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    table_name VARCHAR(64) NOT NULL,
    display_name VARCHAR(255) NOT NULL,
    allowed_filename VARCHAR(2000) NOT NULL DEFAULT '',
    distributor_check VARCHAR(10) NOT NULL DEFAULT 'prefix',
    has_helpers BOOLEAN NOT NULL DEFAULT TRUE,
    created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
    CONSTRAINT uq_import_tables_name UNIQUE (table_name),
    CONSTRAINT ck_import_tables_check CHECK (distributor_check IN ('prefix', 'exact'))
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE import_columns (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    table_id BIGINT NOT NULL,
    position INT NOT NULL,
    name VARCHAR(64) NOT NULL,
    data_type VARCHAR(40) NOT NULL,
    is_mandatory BOOLEAN NOT NULL DEFAULT FALSE,
    is_unique BOOLEAN NOT NULL DEFAULT FALSE,
    default_value VARCHAR(255) NULL,
    number_format VARCHAR(10) NOT NULL DEFAULT 'plain',
    date_formats VARCHAR(255) NOT NULL DEFAULT '',
    role VARCHAR(20) NULL,
    CONSTRAINT uq_import_columns_name UNIQUE (table_id, name),
    CONSTRAINT fk_import_columns_table FOREIGN KEY (table_id) REFERENCES import_tables (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE column_aliases (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    column_id BIGINT NOT NULL,
    alias VARCHAR(255) NOT NULL,
    CONSTRAINT uq_column_aliases UNIQUE (column_id, alias),
    CONSTRAINT fk_column_aliases_column FOREIGN KEY (column_id) REFERENCES import_columns (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
