"""Import of distributors' files into MySQL and export of account statistics, as an Apache Airflow plugin."""
