"""
Two hundred unchanged clients: side by side against one after the other.

The sandbox waits 150 ms in each call and runs in a process of its own. Every client
is synced twice before anything is measured, so that there is nothing left to do.
Run: `python tests/bench/agency.py [clients]`.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CLIENTS = 200
LOOP = 10
"""Clients that the sequential loop is timed on; the rest is multiplication."""
LATENCY = 0.15
SERVICES = ("ga4", "ga4_admin", "google_ads")
CONFIG = """\
version: 1
google:
  credentials: anonymous
  ga4_endpoint: {ga4}
  ga4_transport: grpc  # as with Google itself
  google_ads_endpoint: {google_ads}
defaults:
  values: {{window_days: 30, horizon_days: 7}}
  goals: {{mode: custom, campaigns: ["*"]}}
clients:
"""
CLIENT = """\
  {key}:
    template: {template}
    ga4: {{property_id: "{property_id}"}}
    google_ads: {{customer_id: "{customer_id}", login_customer_id: "9999999999"}}
    events:
      {primary}: {{class: primary{value}}}
      {micro}: {{class: micro}}
"""


def say(text: object) -> None:
    """Write a line at once: the other process waits for it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def serve(clients: int) -> None:
    """Be the sandbox: print where it is, then obey what comes in line by line."""
    from convbridge.sandbox import serve as open_sandbox
    from convbridge.sandbox.clock import Clock
    from convbridge.sandbox.sites import agency_world

    with open_sandbox(world=agency_world(clients, clock=Clock(None))) as google:
        sites = [
            {
                "key": site.key,
                "property_id": site.property_id,
                "customer_id": site.customer_id,
                "primary": site.primary,
            }
            for site in google.world.sites.values()
        ]
        say(
            json.dumps(
                {
                    "ga4": f"http://{google.ga4_grpc_target}",
                    "google_ads": google.google_ads_endpoint,
                    "sites": sites,
                }
            )
        )
        for line in sys.stdin:
            if line.startswith("latency"):
                for service in SERVICES:
                    google.faults.set_latency(service, float(line.split()[1]))
                google.calls.clear()
                say("ok")
            else:
                say(len(google.calls))


def config_of(found: dict) -> str:
    """Return the configuration file of the sandbox's clients."""
    text = CONFIG.format(**found)
    for site in found["sites"]:
        is_shop = site["primary"] == "purchase"
        text += CLIENT.format(
            **site,
            template="ecommerce" if is_shop else "lead_gen",
            micro="add_to_cart" if is_shop else "booking_start",
            value="" if is_shop else ", value: 1000",
        )
    return text


class Sandbox:
    """The sandbox in a process of its own."""

    def __init__(self, clients: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, "serve", str(clients)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.found = json.loads(self._line())

    def ask(self, what: str) -> str:
        """Say a line, return the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        return self._line()

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


def sync(path: str, how: str) -> None:
    """Sync in this process and print what it took."""
    from convbridge.portfolio import Portfolio
    from convbridge.portfolio.results import slim

    names = os.environ.get("CLIENTS", "").split(",") if how == "loop" else ()
    portfolio = Portfolio.from_config(path, clients=filter(None, names))
    next(iter(portfolio)).close()  # imports are paid once, not per client
    started, cpu = time.perf_counter(), time.process_time()
    if how == "loop":
        found = [bridge.sync(yes=True) for bridge in portfolio]
        done, unchanged = len(found), sum(r.is_unchanged for r in found)
    else:
        results = portfolio.sync(yes=True, keep=slim)
        done = len(results)
        unchanged = sum(r.status == "unchanged" for r in results)
    say(
        json.dumps(
            {
                "clients": done,
                "unchanged": unchanged,
                "seconds": time.perf_counter() - started,
                "cpu": time.process_time() - cpu,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


def run(path: Path, how: str, clients: str = "") -> dict:
    """Sync in a fresh process."""
    out = subprocess.check_output(
        [sys.executable, __file__, how, str(path)],
        text=True,
        env={**os.environ, "CLIENTS": clients},
    )
    return json.loads(out)


def main(clients: int = CLIENTS) -> None:
    """Print times, their ratio, calls per client and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(clients)
        path = Path(folder) / "convbridge.yaml"
        path.write_text(config_of(sandbox.found))
        for _ in range(2):  # the first makes key events, the second imports them
            run(path, "portfolio")
        sandbox.ask(f"latency {LATENCY}")
        ours = run(path, "portfolio")
        calls = int(sandbox.ask("calls"))
        some = ",".join(site["key"] for site in sandbox.found["sites"][:LOOP])
        loop = run(path, "loop", some)
        sandbox.close()
    sequential = loop["seconds"] / loop["clients"] * ours["clients"]
    say(
        f"portfolio {ours['clients']} clients, {ours['unchanged']} unchanged: "
        f"{ours['seconds']:.1f} s, cpu {ours['cpu']:.1f} s, "
        f"peak {ours['peak_mb']:.0f} MB, {calls / ours['clients']:.1f} calls a client"
    )
    say(
        f"loop      {loop['clients']} clients: {loop['seconds']:.1f} s; all would take "
        f"{sequential:.0f} s; ratio {sequential / ours['seconds']:.1f}"
    )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", count]:
            serve(int(count))
        case [("portfolio" | "loop") as how, path]:
            sync(path, how)
        case arguments:
            main(*(int(text) for text in arguments))
