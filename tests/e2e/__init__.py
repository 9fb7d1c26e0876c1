"""A real Airflow, seen by its users: pages in a browser, the API, the drop folder."""
