"""
A DAG for Airflow 3 that syncs every client in a task of its own.

Put it into the DAG folder; set CONVBRIDGE_CONFIG for the workers. Airflow retries,
limits and shows the clients one by one; a PostgreSQL ledger lets the workers stand
on several machines.
"""

# ruff: noqa: INP001, PLC0415 - a DAG file stands alone and imports in its tasks
from __future__ import annotations

import json
from datetime import datetime, timedelta

from airflow.sdk import dag, task


@dag(
    schedule="0 5 * * *",
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow reads it as UTC
    catchup=False,
    max_active_runs=1,
    max_active_tasks=16,
    tags=["convbridge"],
)
def convbridge_sync() -> None:
    """Sync every client of convbridge.yaml each morning."""

    @task
    def clients() -> list[str]:
        """Return the clients' names, read when the run begins."""
        from convbridge.portfolio import Portfolio

        return list(Portfolio.from_config().clients)

    @task(retries=2, retry_delay=timedelta(minutes=15), max_active_tis_per_dag=16)
    def sync(client: str) -> dict:
        """Sync one client; an error of its own fails its own task."""
        from convbridge.portfolio import Portfolio

        results = Portfolio.from_config(clients=[client]).sync(yes=True)
        print(results.digest())  # noqa: T201 - the task's log
        if results.exit_code:
            raise results.failed[0].stopped_by
        return json.loads(results.digest().render("json"))["clients"][0]

    sync.expand(client=clients())


convbridge_sync()
