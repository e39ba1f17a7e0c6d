"""The Airflow example, parsed and run by the real Airflow against the sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from convbridge.adapters.ledger import open_ledger
from convbridge.adapters.ledger.syncs import SyncJournal
from convbridge.settings import load

pytest.importorskip("airflow", reason="Airflow is in the engines' own environment")
pytestmark = pytest.mark.engine

SCHEDULES = Path(__file__).parents[2] / "docs" / "how-to" / "schedules"
RUN = """
import sys
sys.path.insert(0, sys.argv[1])
from airflow_dag import convbridge_sync
dag = convbridge_sync()
run = dag.test()
for task in sorted(run.get_task_instances(), key=lambda t: (t.task_id, t.map_index)):
    print("TASK", task.task_id, task.map_index, task.state)
print("RUN", run.state)
"""


def test_the_dag_maps_a_task_over_the_clients(google, config, tmp_path):
    airflow = {
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__DAGS_FOLDER": str(SCHEDULES),
        "CONVBRIDGE_CONFIG": str(config),
    }

    def python(*arguments):
        done = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **airflow},
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    python("-m", "airflow", "db", "migrate")
    parsed = python("-m", "airflow", "dags", "list-import-errors")
    out = python("-c", RUN, str(SCHEDULES))

    assert "No data found" in parsed
    lines = [line for line in out.splitlines() if line.startswith(("TASK", "RUN"))]
    assert lines == [
        "TASK clients -1 success",
        "TASK sync 0 success",
        "TASK sync 1 success",
        "RUN success",
    ]
    with open_ledger(load(config).ledger) as ledger:
        last = SyncJournal(ledger.database).last(but="failed")
    assert sorted(last) == ["krakow-dental", "siam-coffee"]
