"""The core of the exports: periods, metrics, reports and the files' writers. No database, no Airflow."""
