-- Import tables in another database of the same server: those of the accounts' statistics. NULL: in this one.

ALTER TABLE import_tables
ADD COLUMN database_name VARCHAR(64) NULL AFTER table_name;
