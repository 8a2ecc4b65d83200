"""A self-signed certificate, for clients that require https and can be configured to trust it."""

from __future__ import annotations

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from symbolicate.service.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.x509 import Certificate, GeneralName

__all__ = ["self_signed"]

_DAYS = 397  # the most that browsers accept
_RENEW_DAYS = 30


def self_signed(folder: str, names: Sequence[str]) -> tuple[str, str]:
    """The paths of certificate and key in a folder; they are created if missing or about to expire.

    Clients trust it by its file, for example `NODE_EXTRA_CA_CERTS=<folder>/self-signed.pem` for appcenter-cli.

    Raises:
        ConfigError: the folder cannot be written.
    """
    from cryptography import x509

    cert, key = os.path.join(folder, "self-signed.pem"), os.path.join(folder, "self-signed.key")
    try:
        with open(cert, "rb") as stream:
            found = x509.load_pem_x509_certificate(stream.read())
        ends = found.not_valid_after_utc - timedelta(days=_RENEW_DAYS)
        if ends > datetime.now(UTC) and os.path.exists(key) and _names(found) == {str(name) for name in names}:
            return cert, key
    except (OSError, ValueError, x509.ExtensionNotFound):
        pass
    try:
        os.makedirs(folder, exist_ok=True)
        _make(cert, key, names)
    except OSError as error:
        raise ConfigError(f"{folder}: a certificate cannot be made: {error.strerror}") from None
    return cert, key


def _names(cert: Certificate) -> set[str]:
    from cryptography import x509

    found = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name) for name in found.get_values_for_type(x509.DNSName)} | {
        str(address) for address in found.get_values_for_type(x509.IPAddress)
    }


def _make(cert_path: str, key_path: str, names: Sequence[str]) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "symbolicate")])
    now = datetime.now(UTC)
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general(one) for one in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with open(os.open(key_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(private)
    with open(cert_path, "wb") as stream:
        stream.write(cert.public_bytes(serialization.Encoding.PEM))


def _general(name: str) -> GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
