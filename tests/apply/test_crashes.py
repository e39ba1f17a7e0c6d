"""The process stops at every point of an apply, and the next run puts it right."""

from __future__ import annotations

import functools
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from convbridge.adapters.ledger import open_ledger
from convbridge.apply import apply_plan, resolve_unknown
from convbridge.model.changes import OutcomeKind
from convbridge.model.resources import ResourceType
from convbridge.plan import make_plan, remember, rollback
from plan_samples import (
    NOW,
    Killed,
    Ticking,
    account,
    google,
    plan,
    shared,
    state_of,
    world,
)

DELIVERED = {"call": None}
CALLS = [pytest.param(False, 6, id="one-call"), pytest.param(True, 12, id="two-calls")]
"""Whether a manager owns the actions, and the points an apply passes then."""
POINTS = [(False, n) for n in range(1, 7)] + [(True, n) for n in range(1, 13)]


class Bomb:
    """Kills the process at the n-th point it passes."""

    def __init__(self, at, kill=None):
        self.at, self.passed = at, 0
        self.kill = kill or self._raise

    def tick(self, *_):
        self.passed += 1
        if self.passed == self.at:
            self.kill()

    @staticmethod
    def _raise():
        raise Killed


class Fused:
    """A ledger that ticks before and after each thing it writes."""

    def __init__(self, ledger, bomb):
        self._ledger, self._bomb = ledger, bomb

    def __getattr__(self, name):
        found = getattr(self._ledger, name)
        return self._ticking(found) if name.startswith("record_") else found

    def _ticking(self, method):
        def call(*args, **kwargs):
            self._bomb.tick()
            result = method(*args, **kwargs)
            self._bomb.tick()
            return result

        return call


def fused(targets, bomb):
    for target in targets.values():
        target.on_call = bomb.tick
    return targets


def planned(targets, ledger):
    actual = state_of(targets)
    resolve_unknown(ledger, "acme", actual, clock=Ticking())
    memory = remember(ledger.read_entries("acme"))
    return plan(actual, delivery_actions=DELIVERED, managed=memory.managed, made_at=NOW)


def apply(targets, ledger, *, is_shared=False):
    found = planned(targets, ledger)
    found = shared(found) if is_shared else found
    return apply_plan(found, targets=targets, ledger=ledger, clock=Ticking())


def plain(targets):
    for target in targets.values():
        target.on_call = None
    return targets


@functools.cache
def wanted():
    """The account after an apply that nothing disturbs."""
    targets = google(world())
    with open_ledger("sqlite://") as ledger:
        apply(targets, ledger)
    return {
        (r.type, r.name): {k: v for k, v in r.fields.items() if not refers(v)}
        for r in state_of(targets)
    }


def refers(value):
    """Numbers of what is created may differ from run to run."""
    return isinstance(value, str) and value.startswith("customers/")


def settled(targets):
    return {
        (r.type, r.name): {k: v for k, v in r.fields.items() if not refers(v)}
        for r in state_of(targets)
    }


@pytest.mark.parametrize(("is_shared", "point"), POINTS)
def test_the_next_run_finishes_what_a_killed_one_began(is_shared, point):
    targets, bomb = google(world()), Bomb(point)
    with open_ledger("sqlite://") as ledger:
        with pytest.raises(Killed):
            apply(fused(targets, bomb), Fused(ledger, bomb), is_shared=is_shared)
        report = apply(plain(targets), ledger, is_shared=is_shared)

        assert report.is_complete
        assert settled(targets) == wanted()
        assert ledger.read_unknown("acme") == ()
        assert planned(targets, ledger).is_empty


@pytest.mark.parametrize(("is_shared", "points"), CALLS)
def test_the_points_are_all_there_are(is_shared, points):
    targets, bomb = google(world()), Bomb(points + 1)
    with open_ledger("sqlite://") as ledger:
        book = Fused(ledger, bomb)
        report = apply(fused(targets, bomb), book, is_shared=is_shared)

    assert report.is_complete
    assert bomb.passed == points


@pytest.mark.parametrize(("is_shared", "point"), POINTS)
def test_what_a_killed_run_did_can_be_rolled_back(is_shared, point):
    targets, bomb = google(world()), Bomb(point)
    with open_ledger("sqlite://") as ledger:
        with pytest.raises(Killed):
            apply(fused(targets, bomb), Fused(ledger, bomb), is_shared=is_shared)
        actual = state_of(plain(targets))
        resolve_unknown(ledger, "acme", actual, clock=Ticking())
        (run,) = ledger.read_runs("acme")
        entries = ledger.read_entries("acme", run=run.id)
        back = make_plan(
            rollback(entries, actual),
            actual=actual,
            client="acme",
            account=account(),
            made_at=NOW,
        )
        clock = Ticking()
        apply_plan(back, targets=targets, ledger=ledger, clock=clock, undoes=run.id)

    before = {r.key: r.fields for r in world()}
    assert {r.key: r.fields for r in state_of(targets)} == before


@pytest.mark.parametrize(("is_shared", "point"), POINTS)
def test_a_rollback_that_was_killed_is_finished_by_another(is_shared, point):
    targets, bomb = google(world()), Bomb(point)
    with open_ledger("sqlite://") as ledger:
        first = apply(targets, ledger, is_shared=is_shared)
        for attempt in (1, 2):
            actual = state_of(targets)
            resolve_unknown(ledger, "acme", actual, clock=Ticking())
            back = make_plan(
                rollback(ledger.read_entries("acme", run=first.run), actual),
                actual=actual,
                client="acme",
                account=account(),
                made_at=NOW,
            )
            book = Fused(ledger, bomb) if attempt == 1 else ledger
            try:
                apply_plan(
                    back,
                    targets=fused(targets, bomb) if attempt == 1 else plain(targets),
                    ledger=book,
                    clock=Ticking(),
                    undoes=first.run,
                )
            except Killed:
                continue

        before = {r.key: r.fields for r in world()}
        assert {r.key: r.fields for r in state_of(targets)} == before
        assert ledger.read_unknown("acme") == ()


CHILD = """
import os, pickle, sys
from pathlib import Path
sys.path[:0] = sys.argv[1:3]
import test_crashes as t
from plan_samples import google, world

folder, point = Path(sys.argv[3]), int(sys.argv[4])
targets = google(world())

def kill():
    states = [target.state for target in targets.values()]
    folder.joinpath("google").write_bytes(pickle.dumps(states))
    os._exit(9)

bomb = t.Bomb(point, kill)
with t.open_ledger(f"sqlite:///{folder / 'ledger.db'}") as ledger:
    t.apply(t.fused(targets, bomb), t.Fused(ledger, bomb), is_shared=True)
"""


GONE = [
    pytest.param(3, 3, id="before-the-first-call"),
    pytest.param(4, 3, id="after-the-first-call"),
    pytest.param(10, 1, id="after-the-second-call"),
]


@pytest.mark.parametrize(("point", "unknown"), GONE)
def test_a_process_that_is_really_gone_leaves_a_ledger_that_knows(
    point, unknown, tmp_path
):
    here = Path(__file__)
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            CHILD,
            str(here.parent),
            str(here.parent.parent),
            str(tmp_path),
            str(point),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 9, done.stderr
    targets = google(world())
    states = pickle.loads(tmp_path.joinpath("google").read_bytes())
    for target, state in zip(targets.values(), states, strict=True):
        target.state = state
        target.created = 50

    with open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        (run,) = ledger.read_runs("acme")
        assert run.ended_at is None
        assert len(ledger.read_unknown("acme")) == unknown
        report = apply(targets, ledger, is_shared=True)
        entries = ledger.read_entries("acme")

    assert report.is_complete
    assert settled(targets) == wanted()
    assert {e.kind for e in entries} <= {OutcomeKind.APPLIED, OutcomeKind.SKIPPED}
    goals = [
        r for r in state_of(targets) if r.type is ResourceType.CUSTOM_CONVERSION_GOAL
    ]
    assert len(goals) == 1
