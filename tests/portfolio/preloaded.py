"""What Dask's workers import: once, in the process that they are forked from."""

from __future__ import annotations

import distributed  # noqa: F401
import pandas as pd  # noqa: F401 - Arrow looks for it
from google.ads.googleads.client import GoogleAdsClient  # noqa: F401
from google.ads.googleads.v26.services.services import google_ads_service  # noqa: F401
from google.analytics import (  # noqa: F401
    admin_v1beta,
    data_v1alpha,
    data_v1beta,
)

import convbridge.adapters.ga4
import convbridge.adapters.google_ads
import convbridge.adapters.ledger
import convbridge.portfolio.work
import convbridge.settings  # noqa: F401
