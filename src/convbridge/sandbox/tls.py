"""A certificate for localhost that lives as long as a test."""

from __future__ import annotations

import ipaddress
import shutil
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A self-signed certificate, its private key, and the PEM file to trust."""

    chain: bytes
    key: bytes
    path: Path

    @classmethod
    def make(cls) -> Certificate:
        """Make a key and a certificate for localhost, in a directory of its own."""
        private = ec.generate_private_key(ec.SECP256R1())
        chain = _sign(private).public_bytes(serialization.Encoding.PEM)
        path = Path(tempfile.mkdtemp(prefix="convbridge-tls-")) / "cert.pem"
        path.write_bytes(chain)
        key = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return cls(chain=chain, key=key, path=path)

    def remove(self) -> None:
        """Delete the PEM file and its directory."""
        shutil.rmtree(self.path.parent, ignore_errors=True)


def _sign(private: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    # The machine's clock, not the sandbox's: it is what TLS checks against.
    now = Clock().now()
    names = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.IPv4Address("127.0.0.1")),
    ]
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
