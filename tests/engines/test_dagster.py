"""The Dagster example, run by the real Dagster against the sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("dagster", reason="Dagster is in the engines' own environment")
pytestmark = pytest.mark.engine

SCHEDULES = Path(__file__).parents[2] / "docs" / "how-to" / "schedules"
RUN = """
import sys
sys.path.insert(0, sys.argv[1])
from dagster_job import convbridge_sync, definitions
result = convbridge_sync.execute_in_process()
for name, status in sorted(result.output_for_node("sync").items()):
    print("STEP", name, status)
print("RUN", result.success, [s.cron_schedule for s in definitions.schedules])
"""


def test_the_job_maps_a_step_over_the_clients(google, config, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(SCHEDULES)],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "CONVBRIDGE_CONFIG": str(config),
            "DAGSTER_HOME": str(tmp_path),
        },
    )

    assert done.returncode == 0, done.stderr[-3000:]
    lines = [x for x in done.stdout.splitlines() if x.startswith(("STEP", "RUN"))]
    assert [line.split()[1] for line in lines] == [
        "krakow_dental",
        "siam_coffee",
        "True",
    ]
    assert lines[-1] == "RUN True ['0 5 * * *']"
