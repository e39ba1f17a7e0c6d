"""The stock `GoogleAdsClient` over TLS, all of its interceptors included."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# gRPC reads the roots it trusts when it is imported: a process of its own.
SCRIPT = """
import sys
from google.auth.credentials import AnonymousCredentials
from convbridge.adapters.google_ads import open_google_ads
from convbridge.errors import VendorError
from convbridge.model.access import GoogleAccess
from convbridge.model.ids import CustomerId

access = GoogleAccess(google_ads_endpoint=sys.argv[1])
with open_google_ads(
    access,
    AnonymousCredentials(),
    customer_id=CustomerId(sys.argv[2]),
    login_customer_id=CustomerId("9999999999"),
) as target:
    try:
        print(target.fetch_account().name, len(target.fetch_state()) > 5)
    except VendorError as exc:
        print(type(exc).__name__, exc.code)
"""


@pytest.mark.parametrize(
    ("customer", "printed"),
    [
        ("1234567890", "Siam Coffee True"),
        ("5555555555", "AuthError CUSTOMER_NOT_FOUND"),
    ],
)
def test_the_stock_client_reads_the_account_over_tls(google, customer, printed):
    endpoint, roots = google.google_ads_tls_endpoint, google.tls_cert_path

    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, endpoint, customer],
        env={**os.environ, "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(roots)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stdout.strip() == printed, done.stderr
