"""Credentials of each client, and the server that gives tokens for them."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def issuer(token):
    """Return the client whose service account signed a JWT: header.claims.signature."""
    claims = base64.urlsafe_b64decode(token.split(".")[1] + "==")
    return json.loads(claims)["iss"].partition("@")[0]


class TokenServer(ThreadingHTTPServer):
    """Google's token endpoint: a JWT in, an access token of the same client out."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.uri = f"http://127.0.0.1:{self.server_port}/token"
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        """Stop listening."""
        self.shutdown()
        self.server_close()


class _Exchange(BaseHTTPRequestHandler):
    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        token = f"token-{issuer(form['assertion'][0])}"
        answer = {"access_token": token, "expires_in": 3600, "token_type": "Bearer"}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


def write_keys(folder, clients, *, token_uri):
    """Write both files of each client; the private key itself may be the same."""
    folder.mkdir()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    for client in clients:
        login = {
            "type": "service_account",
            "client_email": f"{client}@agency.iam.gserviceaccount.com",
            "private_key": text,
            "private_key_id": client,
            "token_uri": token_uri,
        }
        (folder / f"{client}.json").write_text(json.dumps(login))
        (folder / f"{client}.token").write_text(f"developer-{client}")
