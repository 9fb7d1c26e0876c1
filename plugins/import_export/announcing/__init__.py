"""How others learn of what happened, through Airflow: notifiers and metrics."""
