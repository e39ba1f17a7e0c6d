"""Classes for events: taxonomy, the user's rules, suggestions and lint."""

from __future__ import annotations

from convbridge.classify.classes import classify
from convbridge.classify.lint import Finding, lint
from convbridge.classify.suggestions import Suggestion, suggest

__all__ = ["Finding", "Suggestion", "classify", "lint", "suggest"]
