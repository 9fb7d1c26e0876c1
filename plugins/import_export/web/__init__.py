"""The pages inside the Airflow UI: server-rendered HTML, and a little JavaScript."""
