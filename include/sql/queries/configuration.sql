-- name: add_table(table_name, database_name, display_name, allowed_filename, distributor_check, has_helpers, duplicates, max_rejects, replaces, delimiter)!
INSERT INTO import_tables
(
    table_name, database_name, display_name, allowed_filename, distributor_check, has_helpers, duplicates,
    max_rejects, replaces, delimiter
)
VALUES (
    :table_name, :database_name, :display_name, :allowed_filename, :distributor_check, :has_helpers, :duplicates,
    :max_rejects, :replaces, :delimiter
);

-- name: last_id()$
-- The id of the row that was added last.
SELECT LAST_INSERT_ID();

-- name: set_table(display_name, allowed_filename, distributor_check, duplicates, max_rejects, replaces, delimiter, table_id)!
UPDATE import_tables
SET
    display_name = :display_name,
    allowed_filename = :allowed_filename,
    distributor_check = :distributor_check,
    duplicates = :duplicates,
    max_rejects = :max_rejects,
    replaces = :replaces,
    delimiter = :delimiter
WHERE id = :table_id;

-- name: set_database(database_name, table_id)!
UPDATE import_tables
SET database_name = :database_name
WHERE id = :table_id;

-- name: remove_table(table_id)!
DELETE FROM import_tables
WHERE id = :table_id;

-- name: add_column(table_id, position, name, data_type, is_mandatory, is_unique, default_value, number_format, date_formats, role, allowed_values, minimum, maximum, pattern, trim_blanks)!
INSERT INTO import_columns
(
    table_id, position, name, data_type, is_mandatory, is_unique, default_value, number_format, date_formats, role,
    allowed_values, minimum, maximum, pattern, trim_blanks
)
VALUES (
    :table_id, :position, :name, :data_type, :is_mandatory, :is_unique, :default_value, :number_format,
    :date_formats, :role, :allowed_values, :minimum, :maximum, :pattern, :trim_blanks
);

-- name: set_column(position, data_type, is_mandatory, is_unique, default_value, number_format, date_formats, role, allowed_values, minimum, maximum, pattern, trim_blanks, column_id)!
UPDATE import_columns
SET
    position = :position,
    data_type = :data_type,
    is_mandatory = :is_mandatory,
    is_unique = :is_unique,
    default_value = :default_value,
    number_format = :number_format,
    date_formats = :date_formats,
    role = :role,
    allowed_values = :allowed_values,
    minimum = :minimum,
    maximum = :maximum,
    pattern = :pattern,
    trim_blanks = :trim_blanks
WHERE id = :column_id;

-- name: remove_column(column_id)!
DELETE FROM import_columns
WHERE id = :column_id;

-- name: add_alias(column_id, alias)!
INSERT INTO column_aliases (column_id, alias)
VALUES (:column_id, :alias);

-- name: remove_alias(alias_id)!
DELETE FROM column_aliases
WHERE id = :alias_id;

-- name: aliases_with_ids()
SELECT
    id,
    column_id,
    alias
FROM column_aliases
ORDER BY id;

-- name: add_version(table_name, config, now, saved_by)!
INSERT INTO table_versions (table_name, version, config, saved_at, saved_by)
SELECT
    :table_name,
    COALESCE(MAX(v.version), 0) + 1,
    :config,
    :now,
    :saved_by
FROM table_versions AS v
WHERE v.table_name = :table_name;

-- name: versions(table_name)
SELECT
    version,
    config,
    saved_at,
    saved_by
FROM table_versions
WHERE table_name = :table_name
ORDER BY version DESC
LIMIT 100;

-- name: add_audit(now, actor, action, subject, old_value, new_value)!
INSERT INTO audit_log (happened_at, actor, action, subject, old_value, new_value)
VALUES (:now, :actor, :action, :subject, :old_value, :new_value);

-- name: list_audit(subject, before, most)
SELECT
    id,
    happened_at,
    actor,
    action,
    subject,
    old_value,
    new_value
FROM audit_log
WHERE
    (:subject IS NULL OR subject = :subject)
    AND (:before IS NULL OR id < :before)
ORDER BY id DESC
LIMIT :most;

-- name: mysql_tables(database_name)
-- Tables of a database (none named: ours) that the product could load into.
SELECT table_name
FROM information_schema.tables
WHERE
    table_schema = COALESCE(:database_name, DATABASE())
    AND table_type = 'BASE TABLE'
ORDER BY table_name;
