"""
Prove the values on simulated shops: `python tests/proof/run.py [--quick]`.

Prints every line with its target, and writes docs/proof.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import scipy

from proof import bidding, breakage, measures, pace, publisher

DOCS = Path(__file__).resolve().parents[2] / "docs" / "proof.md"
HEAD = """# Proof

What the values must do, measured on simulated shops whose true values are known.
`make proof` draws them again (fixed seeds) and rewrites this page.
The simulator is `tests/proof/worlds.py`; the rivals are in `tests/proof/rivals.py`.
A line that is not met says so.
The weights' few constants were chosen on a simulator of the same kind with other
seeds, so the regret lines flatter them a little.
The half-way blend is shown beside the rivals that the line names; it was better in
one world (`no differences`).

"""


def main() -> int:
    """Measure everything, print it, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few seeds, no page")
    quick = parser.parse_args().quick
    start = time.perf_counter()
    lines = []
    for measure, seeds in _plan(quick=quick):
        for line in measure(seeds):
            lines.append(line)
            _say(line)
    took = time.perf_counter() - start
    missed = [line for line in lines if not line.is_met]
    sys.stdout.write(
        f"{len(lines) - len(missed)} of {len(lines)} lines met, {took:.0f} s\n"
    )
    if not quick:
        DOCS.parent.mkdir(exist_ok=True)
        DOCS.write_text(_page(lines, took) + _others(), encoding="utf-8")
    return 0


def _plan(*, quick: bool):
    full = {
        measures.conservation: 20,
        measures.held_out: 20,
        measures.calibration: 60,
        measures.coverage: 250,
        measures.segment_coverage: 60,
        measures.lag_bias: 30,
        bidding.regret: 100,
        publisher.publishing: 100,
        breakage.faults: 40,
        pace.speed: 100,
    }
    return [(n, max(3, s // 20) if quick else s) for n, s in full.items()]


def _say(line):
    mark = "met " if line.is_met else "MISS"
    sys.stdout.write(f"{mark} {line.test}: {line.measured} (target {line.target})\n")
    sys.stdout.flush()


def _others():
    """Return the sections that other scripts wrote, each under its heading."""
    written = DOCS.read_text(encoding="utf-8") if DOCS.exists() else ""
    _, heading, rest = written.partition("\n## ")
    return heading + rest


def _page(lines, took):
    rows = "\n".join(
        f"| {x.test} | {x.target} | {x.measured} | {'yes' if x.is_met else '**no**'} |"
        for x in lines
    )
    machine = (
        f"Measured in {took:.0f} s on {os.cpu_count()} cores ({platform.machine()}), "
        f"Python {platform.python_version()}, numpy {np.__version__}, "
        f"scipy {scipy.__version__}."
    )
    return (
        f"{HEAD}{machine}\n\n| test | target | measured | met |\n|---|---|---|---|\n"
        f"{rows}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
