"""Core of the import half: what a file, a row, a job and a table are. No database, no Airflow."""
