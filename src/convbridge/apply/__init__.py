"""Applying a plan: re-read, check, intent, call, outcome."""

from __future__ import annotations

__all__ = ["Report", "apply_plan", "resolve_unknown"]

from convbridge.apply.applying import apply_plan
from convbridge.apply.report import Report
from convbridge.apply.unknowns import resolve_unknown
