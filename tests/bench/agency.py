"""
Two hundred unchanged clients: side by side against one after the other.

The sandbox waits 150 ms in each call and runs in a process of its own. Every client
is synced twice before anything is measured, so that there is nothing left to do.
Run: `python tests/bench/agency.py [clients] [--write docs/benchmarks.md]`.
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

from sections import document, machine, say, table, write_section

CLIENTS = 200
FEW = 50
"""Clients that the memory of all is compared with."""
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

    names = os.environ["CLIENTS"].split(",")
    portfolio = Portfolio.from_config(path, clients=names)
    for bridge in Portfolio.from_config(path, clients=names[:1]):
        bridge.sync(yes=True)  # imports are paid once, not per client
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
                "start": cpu,
                "seconds": time.perf_counter() - started,
                "cpu": time.process_time() - cpu,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


def run(path: Path, how: str, clients: list[str]) -> dict:
    """Sync in a fresh process; Arrow's memory is set as the command sets it."""
    about = {"CLIENTS": ",".join(clients), "ARROW_DEFAULT_MEMORY_POOL": "system"}
    out = subprocess.check_output(
        [sys.executable, __file__, how, str(path)], text=True, env=os.environ | about
    )
    return json.loads(out)


def measure(clients: int) -> tuple[dict, dict, dict, float]:
    """Return a few side by side, all side by side, the loop; calls a client."""
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(clients)
        path = Path(folder) / "convbridge.yaml"
        path.write_text(config_of(sandbox.found))
        names = [site["key"] for site in sandbox.found["sites"]]
        for _ in range(2):  # the first makes key events, the second imports them
            run(path, "portfolio", names)
        sandbox.ask(f"latency {LATENCY}")
        few = run(path, "portfolio", names[:FEW])
        before = int(sandbox.ask("calls"))
        ours = run(path, "portfolio", names)
        calls = int(sandbox.ask("calls")) - before
        loop = run(path, "loop", names[:LOOP])
        sandbox.close()
    return few, ours, loop, calls / (ours["clients"] + 1)  # one was synced to import


def main(clients: int = CLIENTS) -> None:
    """Measure; print the section, and write it where asked."""
    path, load = document(), os.getloadavg()[0]
    if len(sys.argv) > 1:
        clients = int(sys.argv[1])
    few, ours, loop, calls = measure(clients)
    assert ours["unchanged"] == ours["clients"], ours
    text = section(few, ours, loop, calls, machine(load))
    say(text)
    if path:
        write_section(path, "agency", text)


def section(few: dict, ours: dict, loop: dict, calls: float, about: str) -> str:
    """Return what docs/benchmarks.md says of it."""
    from convbridge.portfolio.portfolio import WORKERS

    sequential = loop["seconds"] / loop["clients"] * ours["clients"]
    rows = [
        [
            name,
            f"{found['clients']}",
            f"{found['seconds']:.1f} s",
            f"{found['cpu'] / found['clients'] * 1000:.0f} ms",
            f"{found['peak_mb']:.0f} MB",
        ]
        for name, found in (
            ("side by side", few),
            ("side by side", ours),
            ("loop", loop),
        )
    ]
    return f"""\
## Many clients

`python tests/bench/agency.py [clients]`

A sync with `--yes` of clients that have nothing to change, {WORKERS} at a time, with \
a sandbox in a process of its own that waits 150 ms in each call, over gRPC.
The usual way is one client after the other in one process, each call after the last, \
timed on {loop["clients"]} of them and multiplied.
Importing the libraries and the first client, {ours["start"]:.1f} s of processor time, \
are in the memory, not in the times.
{about}

{table(["", "clients", "time", "processor per client", "peak memory"], rows)}

The loop would take {sequential:.0f} s for {ours["clients"]} clients, \
{sequential / ours["seconds"]:.1f} times as long; a client takes {calls:.1f} calls.
The aims for 200 clients are 60 s, 10 times, 8 calls and 400 MB.
"""


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", count]:
            serve(int(count))
        case [("portfolio" | "loop") as how, path]:
            sync(path, how)
        case _:
            main()
