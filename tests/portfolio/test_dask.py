"""Workers in other processes: Dask's own, one of them killed midway."""

from __future__ import annotations

from collections import Counter

import pytest

from convbridge.adapters.ledger import open_ledger
from convbridge.portfolio import Portfolio
from portfolio import jobs

distributed = pytest.importorskip("distributed")
pytestmark = [
    # Dask's own threads and sockets outlive what made them by a moment.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


def test_a_worker_killed_midway_costs_nothing_and_doubles_nothing(
    agency, tmp_path, monkeypatch
):
    google, path = agency(3)
    for site in google.world.sites.values():
        micro = "add_to_cart" if site.primary == "purchase" else "booking_start"
        google.world.mark_key_event(site.key, micro)
    monkeypatch.setenv("KILL_MARK", str(tmp_path / "killed"))
    portfolio = Portfolio.from_config(path)

    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        results = portfolio.run(
            jobs.sync_or_die, executor=client.get_executor(retries=2)
        )

    assert (tmp_path / "killed").exists()
    assert [(r.client, r.error) for r in results] == [
        (f"client-000{n}", None) for n in range(3)
    ]
    for site in google.world.sites.values():
        names = Counter(
            a.name for a in google.ads.resources("conversion_action", site.customer_id)
        )
        assert max(names.values()) == 1
    with open_ledger(portfolio.settings.ledger) as ledger:
        for name in portfolio.clients:
            entries = ledger.read_entries(name)
            keys = Counter((e.change.type, e.change.key) for e in entries)
            assert entries
            assert max(keys.values()) == 1
            assert ledger.read_unknown(name) == ()
