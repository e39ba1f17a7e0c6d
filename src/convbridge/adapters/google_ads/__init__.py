"""Google Ads through its own client library: read, check, change."""

from __future__ import annotations

from convbridge.adapters.google_ads.connection import Connection
from convbridge.adapters.google_ads.target import GoogleAdsTarget, open_google_ads

__all__ = ["Connection", "GoogleAdsTarget", "open_google_ads"]
