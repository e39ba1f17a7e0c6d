"""The stock `GoogleAdsClient` over TLS, all of its interceptors included."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

# gRPC reads the roots it trusts when it is imported: a process of its own, one for
# all cases since its imports take seconds.
SCRIPT = """
import json, sys
from google.auth.credentials import AnonymousCredentials
from google.oauth2.credentials import Credentials
from convbridge.adapters.calls import RetryPolicy
from convbridge.adapters.google_ads import open_google_ads
from convbridge.errors import VendorError
from convbridge.model.access import GoogleAccess
from convbridge.model.changes import Action, Change, FieldChange
from convbridge.model.ids import CustomerId
from convbridge.model.resources import ResourceType

def login(token_uri):
    if not token_uri:
        return AnonymousCredentials()
    return Credentials(
        None,
        refresh_token="s3cret",
        client_id="id",
        client_secret="s3cret",
        token_uri=token_uri,
    )

def action(owner):
    fields = {"name": "tls", "type": "UPLOAD_CLICKS", "category": "CONTACT"}
    return Change(
        action=Action.CREATE,
        type=ResourceType.CONVERSION_ACTION,
        key="new:tls",
        owner=owner,
        name="tls",
        fields=tuple(
            FieldChange(name=n, before=None, after=v) for n, v in fields.items()
        ),
        reason="",
    )

def answer(target, customer):
    try:
        name, size = target.fetch_account().name, len(target.fetch_state())
        (made,) = target.apply([action(customer)], names={})
        return f"{name} {size > 5} {made.kind} {made.request_id.startswith('sandbox-')}"
    except VendorError as exc:
        return f"{type(exc).__name__} {exc.message}"

endpoint, cases = sys.argv[1], json.loads(sys.argv[2])
for customer, token_uri in cases:
    with open_google_ads(
        GoogleAccess(google_ads_endpoint=endpoint),
        login(token_uri),
        customer_id=CustomerId(customer),
        login_customer_id=CustomerId("9999999999"),
        policy=RetryPolicy(attempts=1),
    ) as target:
        print(answer(target, customer))
"""


def answers_over_tls(google, *cases):
    roots = {"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(google.tls_cert_path)}
    endpoint = google.google_ads_tls_endpoint
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, endpoint, json.dumps(cases)],
        env={**os.environ, **roots},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout.splitlines(), done.stderr


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


def test_the_stock_client_speaks_over_tls_and_says_what_went_wrong(
    google, token_server
):
    printed, warned = answers_over_tls(
        google,
        ("1234567890", ""),
        ("5555555555", ""),
        ("1234567890", token_server),
        ("1234567890", "http://127.0.0.1:9/token"),
    )

    missing = "CUSTOMER_NOT_FOUND: No customer found for the provided customer id."
    revoked = "the login could not be refreshed (invalid_grant)"
    assert printed == [
        "Siam Coffee True applied True",
        f"AuthError account 555-555-5555: {missing}",
        f"AuthError account 123-456-7890: {revoked}",
        "UnavailableError the login's token server could not be reached",
    ]
    assert warned == ""  # no secret, and nothing else
