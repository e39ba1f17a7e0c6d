"""
A Dagster job that syncs every client in a step of its own.

Run it with `dagster dev -f dagster_job.py`; set CONVBRIDGE_CONFIG for the workers.
"""

# ruff: noqa: INP001, ANN201 - stands alone; Dagster reads annotations as types
from dagster import (
    Definitions,
    DynamicOut,
    DynamicOutput,
    OpExecutionContext,
    RetryPolicy,
    ScheduleDefinition,
    job,
    op,
)

from convbridge.portfolio import Portfolio


@op(out=DynamicOut(str))
def clients():
    """Yield the clients' names, read when the run begins."""
    for name in Portfolio.from_config().clients:
        key = "".join(c if c.isalnum() else "_" for c in name)
        yield DynamicOutput(name, mapping_key=key)


@op(retry_policy=RetryPolicy(max_retries=2, delay=900))
def sync(context: OpExecutionContext, client: str) -> str:
    """Sync one client; an error of its own fails its own step."""
    results = Portfolio.from_config(clients=[client]).sync(yes=True)
    context.log.info(str(results.digest()))
    if results.exit_code:
        raise results.failed[0].stopped_by
    return str(results.results[0].status)


@job
def convbridge_sync():
    """Sync every client of convbridge.yaml."""
    clients().map(sync)


definitions = Definitions(
    jobs=[convbridge_sync],
    schedules=[ScheduleDefinition(job=convbridge_sync, cron_schedule="0 5 * * *")],
)
