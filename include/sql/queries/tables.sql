-- name: list_tables()
-- All import tables, in the order of their making.
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
    delimiter
FROM import_tables
ORDER BY id;

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

-- name: mysql_columns(table_name)
-- The columns that the MySQL table really has.
SELECT column_name
FROM information_schema.columns
WHERE
    table_schema = DATABASE()
    AND table_name = :table_name;
