-- name: list_tables()
-- All import tables, in the order of their making; those of another database last.
SELECT
    id,
    table_name,
    display_name,
    allowed_filename,
    distributor_check,
    has_helpers,
    duplicates,
    max_rejects,
    replaces,
    delimiter,
    database_name
FROM import_tables
ORDER BY database_name IS NOT NULL, id;

-- name: list_columns()
-- All columns of all import tables, in table order.
SELECT
    id,
    table_id,
    name,
    data_type,
    is_mandatory,
    is_unique,
    default_value,
    number_format,
    date_formats,
    role,
    allowed_values,
    minimum,
    maximum,
    pattern,
    trim_blanks
FROM import_columns
ORDER BY table_id, position, id;

-- name: list_aliases()
-- All aliases of all columns.
SELECT
    column_id,
    alias
FROM column_aliases
ORDER BY id;

-- name: mysql_columns(table_name, database_name)
-- The columns that the MySQL table really has, with what they can hold. No database: ours.
SELECT
    column_name,
    data_type,
    column_type,
    character_maximum_length,
    numeric_precision,
    numeric_scale,
    is_nullable,
    column_default,
    extra,
    character_set_name,
    collation_name
FROM information_schema.columns
WHERE
    table_schema = COALESCE(:database_name, DATABASE())
    AND table_name = :table_name
ORDER BY ordinal_position;

-- name: mysql_unique_keys(table_name, database_name)
-- The columns of the MySQL table's unique keys, key by key; only keys over whole columns.
SELECT
    index_name,
    column_name,
    sub_part,
    nullable
FROM information_schema.statistics
WHERE
    table_schema = COALESCE(:database_name, DATABASE())
    AND table_name = :table_name
    AND non_unique = 0
ORDER BY index_name, seq_in_index;

-- name: last_version(table_name)$
-- Which of its saved configurations a table has; 0 when it was never changed.
SELECT COALESCE(MAX(id), 0)
FROM table_versions
WHERE table_name = :table_name;

-- name: last_versions()
SELECT
    table_name,
    MAX(id)
FROM table_versions
GROUP BY table_name;

-- name: share_table(table_name)
-- Held by every load until its end; several loads of a table go on side by side.
SELECT id
FROM import_tables
WHERE table_name = :table_name
LOCK IN SHARE MODE;

-- name: own_table(table_name)
-- Held by who must be alone with the table: what it finds there must still be so when it commits.
SELECT id
FROM import_tables
WHERE table_name = :table_name
FOR UPDATE;
