-- More rules of tables (duplicates, too many rejects, slices) and of columns (allowed values, range, pattern).

ALTER TABLE import_tables
ADD COLUMN duplicates VARCHAR(10) NOT NULL DEFAULT 'last',
ADD COLUMN max_rejects VARCHAR(20) NOT NULL DEFAULT '',
ADD COLUMN replaces VARCHAR(1000) NOT NULL DEFAULT '',
ADD COLUMN delimiter VARCHAR(5) NOT NULL DEFAULT '',
ADD CONSTRAINT ck_import_tables_duplicates CHECK (duplicates IN ('last', 'reject'));

ALTER TABLE import_columns
ADD COLUMN allowed_values JSON NULL,
ADD COLUMN minimum VARCHAR(40) NULL,
ADD COLUMN maximum VARCHAR(40) NULL,
ADD COLUMN pattern VARCHAR(500) NULL,
ADD COLUMN trim_blanks BOOLEAN NOT NULL DEFAULT TRUE;
