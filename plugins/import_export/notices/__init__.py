"""What people are told of batches, files and exports: kinds, who gets which, and the texts; no database, no Airflow."""
