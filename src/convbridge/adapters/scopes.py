"""OAuth scopes that convbridge asks for, and the login that has all of them."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """OAuth scopes that convbridge asks for."""

    GOOGLE_ADS = "https://www.googleapis.com/auth/adwords"
    GA4_READ = "https://www.googleapis.com/auth/analytics.readonly"
    GA4_EDIT = "https://www.googleapis.com/auth/analytics.edit"
    DATA_MANAGER = "https://www.googleapis.com/auth/datamanager"


_LOGIN = ("openid", "https://www.googleapis.com/auth/cloud-platform", *Scope)
# gcloud refuses a login without cloud-platform, and a login replaces the one before:
# a scope that is left out is lost.
LOGIN_COMMAND = f"gcloud auth application-default login --scopes={','.join(_LOGIN)}"
"""Logs a person in with every scope that convbridge can ask for."""
