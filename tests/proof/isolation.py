"""
Thousands of interleaved syncs and deliveries of clients that look alike.

Prints what was seen at the sandbox: `python tests/proof/isolation.py [--syncs N]`.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from convbridge.adapters.google_ads.connection import Connection
from convbridge.model.ids import CustomerId
from convbridge.portfolio import Portfolio
from convbridge.sandbox import serve
from convbridge.sandbox.clock import Clock
from convbridge.sandbox.sites import agency_world
from convbridge.sandbox.world import World
from proof.logins import TokenServer, write_keys
from proof.witness import Witness

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
MANAGERS = ("9999999999", "9999999998", "9999999989")
HEAD = """\
version: 1
google:
  credentials: service_account
  ga4_endpoint: {google.ga4_endpoint}
  google_ads_endpoint: {google.google_ads_endpoint}
  data_manager_endpoint: {google.data_manager_endpoint}
defaults:
  values: {{window_days: 14, horizon_days: 3}}
  goals: {{mode: custom, campaigns: ["*"]}}
clients:
"""
CLIENT = """\
  {site.key}:
    template: {template}
    google:
      service_account_file: keys/{site.key}.json
      developer_token: {{file: keys/{site.key}.token}}
    ga4: {{property_id: "{site.property_id}"}}
    google_ads:
      customer_id: "{site.customer_id}"
      login_customer_id: "{site.manager_customer_id}"
    events:
      {site.primary}: {{class: primary, value: {value}}}
      {micro}: {{class: micro}}
    delivery:
      {{actions: {{crm_sale: "{action}"}}, consent: {{ad_user_data: granted}}}}
"""
DOCS = Path(__file__).resolve().parents[2] / "docs" / "proof.md"
TITLE = "## Isolation of clients\n"
ABOUT = """\
Clients with look-alike ids and names sync and deliver at once, in random order.
Each has a service account and a developer token of its own, and one of three managers
that look alike too.
A tenth of their turns fail midway: the property closed, the account closed, the secret
gone, a crash; and in each round Google puts off a delivery, whose rows wait in the
ledger for their own client.
The sandbox reads every request as Google gets it, and names the client of each login,
id, value and conversion in it: all must be one client's.
Afterwards each client is given the same values in a process of its own, where there is
nobody else, and must come out the same.
`tests/proof/isolation.py` does it again.
"""
TROUBLES = ("unreadable", "refused", "no secret", "crash")


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What one client does in one round."""

    value: float
    delivers: bool
    trouble: str | None


class Agency:
    """Clients with look-alike ids, names and events; each with a login of its own."""

    def __init__(self, folder, count):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        clock = Clock(NOW)
        sites = agency_world(count, clock=clock).sites.values()
        world = World(
            (
                replace(site, manager_customer_id=MANAGERS[n % len(MANAGERS)])
                for n, site in enumerate(sites)
            ),
            clock=clock,
        )
        self.google = serve(world=world)
        self.sites = dict(world.sites)
        self.actions = {key: self._action(site) for key, site in self.sites.items()}
        clock.advance(hours=7)  # Google's wait before an action takes uploads
        self.tokens = TokenServer()
        write_keys(folder / "keys", self.sites, token_uri=self.tokens.uri)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.google.close()
        self.tokens.close()

    def _action(self, site):
        micro = "add_to_cart" if site.primary == "purchase" else "booking_start"
        self.google.world.mark_key_event(site.key, micro)
        connection = Connection(
            credentials=None,
            endpoint=self.google.google_ads_endpoint,
            login_customer_id=CustomerId(site.manager_customer_id),
        )
        request = connection.new("MutateConversionActionsRequest")
        request.customer_id = site.customer_id
        wish = request.operations.add().create
        wish.name = "CRM sale"
        wish.type_ = 7  # UPLOAD_CLICKS
        wish.category = 3  # PURCHASE
        wish.status = 2  # ENABLED
        answer = connection("ConversionActionService.MutateConversionActions", request)
        connection.close()
        return answer.results[0].resource_name.rpartition("/")[2]

    def config(self, values):
        """Write the configuration with each client's value, and return its path."""
        text = HEAD.format(google=self.google)
        for key, site in self.sites.items():
            is_shop = site.primary == "purchase"
            text += CLIENT.format(
                site=site,
                template="ecommerce" if is_shop else "lead_gen",
                micro="add_to_cart" if is_shop else "booking_start",
                value=values[key],
                action=self.actions[key],
            )
        path = self.folder / "convbridge.yaml"
        path.write_text(text)
        return path

    def marks(self, bases):
        """Return whose each id, name and value is."""
        found = {}
        for key, site in self.sites.items():
            own = [site.property_id, site.customer_id, key]
            own += [str(campaign.id) for campaign in site.campaigns]
            own += [str(base) for base in bases[key]]
            found |= dict.fromkeys(own, key)
        return found


class Storm:
    """Rounds over all clients at once; what each does is drawn from the seed."""

    def __init__(self, agency, *, rounds, seed):
        self.agency = agency
        chance = random.Random(seed)
        self.bases = {
            key: [round(base * 10 + n + 0.37, 2) for base in (100, 130, 180, 260)]
            for n, key in enumerate(agency.sites)
        }
        self.rounds = []
        for left in reversed(range(rounds)):
            before = self.rounds[-1] if self.rounds else None
            self.rounds.append(self._round(chance, before, is_last=not left))
        self.order = chance
        self.witness = Witness(
            owners=agency.marks(self.bases),
            managers={k: s.manager_customer_id for k, s in agency.sites.items()},
        )
        self.done, self.failed, self.postponed = Counter(), Counter(), []
        self.sent = {key: set() for key in agency.sites}
        self.path = {key: [] for key in agency.sites}
        """The values that each client's accounts were given, one after the other."""

    def _round(self, chance, before, *, is_last):
        """Draw what each client does; a fifth get another value than before."""
        turns = {}
        for key, bases in self.bases.items():
            value = before[key].value if before else bases[0]
            if chance.random() < 0.2 or is_last:
                value = bases[3] if is_last else chance.choice(bases[:3])
            has_trouble = chance.random() < 0.1 and not is_last
            turns[key] = Turn(
                value=value,
                delivers=chance.random() < 0.5 or is_last,
                trouble=chance.choice(TROUBLES) if has_trouble else None,
            )
        return turns

    def run(self, workers=8):
        """Do every round, the witness listening."""
        google = self.agency.google
        google.calls.listener = self.witness
        for number, turns in enumerate(self.rounds):
            clients = list(turns)
            self.order.shuffle(clients)
            path = self.agency.config({k: t.value for k, t in turns.items()})
            with_trouble = {k: t.trouble for k, t in turns.items() if t.trouble}
            self._begin(with_trouble)
            if number < len(self.rounds) - 1:
                google.faults.add(service="data_manager", status=429, delay=60)
            portfolio = Portfolio.from_config(
                path, clients=clients, workers=workers, clock=google.clock
            )
            results = portfolio.run(lambda b, n=number, t=turns: self._job(b, n, t))
            self._end(with_trouble)
            self._check(results, turns)
            google.calls.clear()
            google.clock.advance(seconds=61)
        google.calls.listener = None

    def _job(self, bridge, number, turns):
        turn, key = turns[bridge.client], bridge.client
        if turn.trouble == "crash":
            bridge.fetch_counts()
            raise ZeroDivisionError
        bridge.sync(yes=True)
        if turn.delivers:
            file = self.agency.folder / f"{key}.csv"
            ids = [f"{key}.{number}.{n}" for n in range(2)]
            rows = "".join(
                f"crm_sale,2026-11-20 10:00:00,gclid.{each},{turn.value},{each}\n"
                for each in ids
            )
            file.write_text(f"event,time,gclid,value,order_id\n{rows}")
            report = bridge.deliver(file)
            # What is put off goes out with the client's next delivery.
            assert report.sent >= len(ids) or report.stopped, report
            assert report.accepted == len(ids), report
            if report.stopped:
                self.postponed.append(key)
            self.sent[key].update(ids)
        return turn.value

    def _begin(self, troubles):
        for key, trouble in troubles.items():
            site = self.agency.sites[key]
            if trouble == "unreadable":
                site.ga4.switches.unreadable = True
            if trouble == "refused":
                self.agency.google.faults.add(
                    service="google_ads",
                    status="PERMISSION_DENIED",
                    times=1_000,
                    customer_id=site.customer_id,
                )
            if trouble == "no secret":
                self._token(key).rename(self._token(key).with_suffix(".away"))

    def _end(self, troubles):
        self.agency.google.faults.clear()
        for key, trouble in troubles.items():
            self.agency.sites[key].ga4.switches.unreadable = False
            if trouble == "no secret":
                self._token(key).with_suffix(".away").rename(self._token(key))

    def _token(self, key):
        return self.agency.folder / "keys" / f"{key}.token"

    def _check(self, results, turns):
        for result in results:
            trouble = turns[result.client].trouble
            assert bool(result.error) == bool(trouble), (result.client, result.error)
            if trouble:
                self.failed[trouble] += 1
                continue
            self.done[result.client] += 1
            path = self.path[result.client]
            if path[-1:] != [result.value]:
                path.append(result.value)

    def received(self):
        """Return the order ids that reached each client's own action, sorted."""
        owner = {
            (site.customer_id, self.agency.actions[key]): key
            for key, site in self.agency.sites.items()
        }
        found = {key: [] for key in self.agency.sites}
        for account, action, order in sorted(self.witness.delivered):
            found[owner[account, action]].append(order)
        return found


def values_of(agency):
    """Return each client's values as Google Ads and GA4 have them."""
    found = {}
    for key, site in agency.sites.items():
        actions = agency.google.ads.resources("conversion_action", site.customer_id)
        found[key] = {
            a.name: a.value_settings.default_value
            for a in actions
            if a.name != "CRM sale"
        }
    return found


def alone(folder, count, path, *, clients):
    """
    Return the values that clients get when nobody else is there, nor ever was.

    Each gets a process: what one left behind in this one cannot reach another.
    """
    spawned = get_context("spawn")
    work = partial(_alone, folder, count, path)
    with ProcessPoolExecutor(2, mp_context=spawned, max_tasks_per_child=1) as pool:
        return dict(zip(clients, pool.map(work, clients), strict=True))


def _alone(folder, count, path, key):
    with Agency(folder / key, count) as agency:
        for value in path[key]:
            config = agency.config(dict.fromkeys(agency.sites, value))
            portfolio = Portfolio.from_config(
                config, clients=[key], workers=1, clock=agency.google.clock
            )
            assert portfolio.run(_sync).exit_code == 0
        return values_of(agency)[key]


def _sync(bridge):
    return bridge.sync(yes=True)


def main():
    """Let the storm blow, and write down what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=115)
    parser.add_argument("--seed", type=int, default=7)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text = measured(Path(folder), said)
    sys.stdout.write(text)
    if said == parser.parse_args([]):
        written = DOCS.read_text(encoding="utf-8")
        first, _, _ = written.partition(f"\n{TITLE}")
        DOCS.write_text(f"{first}\n{TITLE}{text}", encoding="utf-8")


def measured(folder, said):
    """Return what was seen, as the page's section."""
    started = time.perf_counter()
    with Agency(folder / "together", said.clients) as agency:
        storm = Storm(agency, rounds=said.rounds, seed=said.seed)
        storm.run()
        values = values_of(agency)
    took = time.perf_counter() - started
    names = list(agency.sites)
    expected = alone(folder / "alone", said.clients, storm.path, clients=names)
    sent = {key: sorted(ids) for key, ids in storm.sent.items()}
    heard, seen = Counter(), storm.witness
    for (_, service), calls in seen.heard.items():
        heard[service] += calls
    rows = {
        "clients": len(agency.sites),
        "syncs that went through": sum(storm.done.values()),
        "turns with a failure in their midst": sum(storm.failed.values()),
        "deliveries that Google put off": len(storm.postponed),
        "values given to clients, one after the other": sum(
            len(path) for path in storm.path.values()
        ),
        "calls heard": f"{sum(heard.values()):,}"
        f" ({', '.join(f'{s} {n:,}' for s, n in sorted(heard.items()))})",
        "calls with another client's login, id, value or conversion": len(seen.leaks),
        "conversions delivered": len(seen.delivered),
        "of them not in their own client's action, or twice": "none"
        if storm.received() == sent
        else "**some**",
        "clients whose values differ from what they get alone": sum(
            values[key] != expected[key] for key in values
        ),
    }
    lines = "".join(f"| {name} | {found} |\n" for name, found in rows.items())
    machine = f"Seed {said.seed}, 8 clients at a time, {took:.0f} s."
    return f"\n{ABOUT}\n{machine}\n\n| | |\n|---|---|\n{lines}"


if __name__ == "__main__":
    main()
