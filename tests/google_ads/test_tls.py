"""The stock `GoogleAdsClient` over TLS, all of its interceptors included."""

from __future__ import annotations

import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

# gRPC reads the roots it trusts when it is imported: a process of its own.
SCRIPT = """
import sys
from google.auth.credentials import AnonymousCredentials
from google.oauth2.credentials import Credentials
from convbridge.adapters.calls import RetryPolicy
from convbridge.adapters.google_ads import open_google_ads
from convbridge.errors import VendorError
from convbridge.model.access import GoogleAccess
from convbridge.model.ids import CustomerId

endpoint, customer, token_uri = sys.argv[1:]
login = AnonymousCredentials()
if token_uri:
    login = Credentials(
        None,
        refresh_token="s3cret",
        client_id="id",
        client_secret="s3cret",
        token_uri=token_uri,
    )
with open_google_ads(
    GoogleAccess(google_ads_endpoint=endpoint),
    login,
    customer_id=CustomerId(customer),
    login_customer_id=CustomerId("9999999999"),
    policy=RetryPolicy(attempts=1),
) as target:
    try:
        print(target.fetch_account().name, len(target.fetch_state()) > 5)
    except VendorError as exc:
        print(type(exc).__name__, exc.message)
"""


def read_over_tls(google, customer, token_uri=""):
    roots = {"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(google.tls_cert_path)}
    endpoint = google.google_ads_tls_endpoint
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, endpoint, customer, token_uri],
        env={**os.environ, **roots},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout.strip(), done.stderr


class RefusedLogin(BaseHTTPRequestHandler):
    """A token server that knows of no such login."""

    def do_POST(self):
        body = b'{"error": "invalid_grant", "error_description": "Revoked."}'
        self.send_response(400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def token_server():
    with HTTPServer(("127.0.0.1", 0), RefusedLogin) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/token"
        server.shutdown()


@pytest.mark.parametrize(
    ("customer", "printed"),
    [
        ("1234567890", "Siam Coffee True"),
        (
            "5555555555",
            (
                "AuthError account 555-555-5555: CUSTOMER_NOT_FOUND: No customer found "
                "for the provided customer id."
            ),
        ),
    ],
)
def test_the_stock_client_reads_the_account_over_tls(google, customer, printed):
    assert read_over_tls(google, customer) == (printed, "")


def test_a_revoked_login_is_an_auth_error_without_its_secret(google, token_server):
    printed, warned = read_over_tls(google, "1234567890", token_server)

    assert (printed, warned) == (
        (
            "AuthError account 123-456-7890: the login could not be refreshed "
            "(invalid_grant)"
        ),
        "",
    )


def test_a_token_server_out_of_reach_is_no_fault_of_the_login(google):
    printed, warned = read_over_tls(google, "1234567890", "http://127.0.0.1:9/token")

    assert (printed, warned) == (
        "UnavailableError the login's token server could not be reached",
        "",
    )
