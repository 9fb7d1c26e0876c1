"""The REST API: a FastAPI app inside Airflow's API server."""
