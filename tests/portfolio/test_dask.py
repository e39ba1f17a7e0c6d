"""Workers in other processes: Dask's own, one of them killed midway."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from multiprocessing import forkserver, get_context

import pytest
import sqlalchemy as sa

from convbridge.adapters.ledger import open_ledger
from convbridge.adapters.ledger.tables import leases
from convbridge.model.changes import OutcomeKind
from convbridge.portfolio import Portfolio
from convbridge.portfolio.terms import lock_name
from postgres import empty_schema

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.external_service,
    pytest.mark.xdist_group("postgres"),
    # Dask's own threads and sockets outlive what made them by a moment.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
VICTIM = "client-0001"


@pytest.fixture
def cluster(monkeypatch):
    """Start two worker processes, forked from one that has imported everything."""
    # Dask would have it import whatever Dask might want, and none of ours.
    monkeypatch.setattr(distributed.utils, "_forkserver_preload_set", True)
    get_context("forkserver").set_forkserver_preload(["portfolio.preloaded"])
    with (
        dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as running,
    ):
        yield running
    forkserver._forkserver._stop()


@pytest.fixture
def team(agency, postgres_url):
    """Return an agency of three whose ledger is in PostgreSQL."""
    google, path = agency(3)
    for site in google.world.sites.values():
        micro = "add_to_cart" if site.primary == "purchase" else "booking_start"
        google.world.mark_key_event(site.key, micro)
    url = empty_schema(postgres_url)
    path.write_text(f"ledger: {url}\n{path.read_text()}")
    open_ledger(url).close()
    return google, path


class Killer(threading.Thread):
    """Kills the worker that has the client, once Google has done its first change."""

    def __init__(self, google, ledger):
        super().__init__()
        self.google, self.ledger = google, ledger
        self.killed = None

    def run(self):
        done = threading.Event()
        customer = self.google.world.site(VICTIM).customer_id
        while not self.google.ads.resources("custom_conversion_goal", customer):
            done.wait(0.01)
        query = sa.select(leases.c.process).where(leases.c.client == lock_name(VICTIM))
        with self.ledger.database.reading() as connection:
            self.killed = connection.execute(query).scalar_one()
        os.kill(self.killed, signal.SIGKILL)


def test_a_worker_killed_midway_costs_nothing_and_doubles_nothing(team, cluster):
    google, path = team
    portfolio = Portfolio.from_config(path)
    # Google makes the changes and is slow to say so: the worker dies without knowing.
    google.faults.add(
        service="google_ads",
        method="Mutate",
        kind="slow",
        delay=9.0,
        after=1,  # the check
        customer_id=google.world.site(VICTIM).customer_id,
    )

    with (
        open_ledger(portfolio.settings.ledger) as ledger,
        distributed.Client(cluster) as client,
    ):
        killer = Killer(google, ledger)
        killer.start()
        results = portfolio.sync(yes=True, executor=client.get_executor(retries=2))
        killer.join()

        assert killer.killed not in {None, os.getpid()}
        # All were made in one call, so the next worker finds them there.
        ends = {VICTIM: "unchanged"}
        assert [(r.client, r.status, r.error) for r in results] == [
            (name, ends.get(name, "changed"), None) for name in portfolio.clients
        ]
        for site in google.world.sites.values():
            check_once(google, site)
        for name in portfolio.clients:
            check_ledger(ledger, name)


def check_once(google, site):
    for kind in ("conversion_action", "custom_conversion_goal"):
        found = google.ads.resources(kind, site.customer_id)
        assert found
        assert max(Counter(each.name for each in found).values()) == 1


def check_ledger(ledger, name):
    entries = ledger.read_entries(name)
    done = Counter(e.key for e in entries if e.kind is OutcomeKind.APPLIED)
    assert done
    assert max(done.values()) == 1
    assert ledger.read_unknown(name) == ()
