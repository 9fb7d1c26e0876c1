"""The private stack of `make demo`, `make run` and the tests: PostgreSQL, MariaDB or MySQL, and Airflow."""
