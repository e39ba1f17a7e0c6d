"""Desired state, difference, plan, limits: pure, and readable before it is applied."""

from __future__ import annotations

__all__ = [
    "LIMITS",
    "Baseline",
    "Breach",
    "Drift",
    "Memory",
    "Plan",
    "Wish",
    "Wishes",
    "apply_to",
    "blamed",
    "breaches",
    "build_desired",
    "change_from_dict",
    "check_limits",
    "dependents",
    "diff",
    "drift",
    "make_plan",
    "moved_since",
    "not_imported",
    "plan_from_dict",
    "plan_from_json",
    "read_back",
    "remember",
    "render_html",
    "render_markdown",
    "render_text",
    "rollback",
    "settle_drift",
    "state_digest",
]

from convbridge.plan.build import build_desired
from convbridge.plan.context import not_imported
from convbridge.plan.diff import apply_to, diff, moved_since
from convbridge.plan.digest import state_digest
from convbridge.plan.drift import Drift, drift, settle_drift
from convbridge.plan.limits import LIMITS, breaches, check_limits
from convbridge.plan.memory import Baseline, Memory, blamed, remember
from convbridge.plan.order import dependents
from convbridge.plan.plan import Plan, make_plan
from convbridge.plan.readback import read_back
from convbridge.plan.render import render_html, render_markdown, render_text
from convbridge.plan.rollback import rollback
from convbridge.plan.saved import change_from_dict, plan_from_dict, plan_from_json
from convbridge.plan.wishes import Breach, Wish, Wishes
