"""A certificate authority for development and for a village on one machine. On Kubernetes cert-manager does this."""

import ipaddress
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mesh.identity.spiffe import spiffe_id

__all__ = ["Authority", "expiry"]

_AUTHORITY_LIFE, _CERTIFICATE_LIFE = timedelta(days=3650), timedelta(days=30)
_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Authority:
    """Issues a workload's certificate into `<folder>/<workload>/{tls.crt,tls.key,ca.crt}`.

    The authority's own key lies in `<folder>/authority`, which no service needs to read.
    """

    folder: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def open_or_create(cls, folder: Path) -> "Authority":
        """The authority kept in `folder`, which is created with a new one if there is none."""
        certificate, key = folder / "authority" / "ca.crt", folder / "authority" / "ca.key"
        if not certificate.exists():
            made = _new_authority()
            _write(key, _pem(made[1]), 0o600)
            _write(certificate, made[0].public_bytes(serialization.Encoding.PEM), 0o644)
        loaded = serialization.load_pem_private_key(key.read_bytes(), None)
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise TypeError("the authority's key is not an elliptic curve key")
        return cls(folder, x509.load_pem_x509_certificates(certificate.read_bytes())[0], loaded)

    def issue(self, workload: str, trust_domain: str, life: timedelta = _CERTIFICATE_LIFE) -> Path:
        """Writes a new certificate and key, each file replaced at once. Returns the workload's folder."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._certificate(workload, trust_domain, key, life)
        folder = self.folder / workload
        _write(folder / "ca.crt", (self.folder / "authority" / "ca.crt").read_bytes(), 0o644)
        _write(folder / "tls.key", _pem(key), 0o600)
        _write(folder / "tls.crt", certificate.public_bytes(serialization.Encoding.PEM), 0o644)
        return folder

    def rotate(self) -> "Authority":
        """Makes a new authority. The old one stays trusted, so that certificates issued before remain good, and every
        workload is told of the new one before the first certificate of it is shown.
        """
        certificate, key = _new_authority()
        trusted = self.folder / "authority" / "ca.crt"
        bundle = certificate.public_bytes(serialization.Encoding.PEM) + trusted.read_bytes()
        _write(self.folder / "authority" / "ca.key", _pem(key), 0o600)
        _write(trusted, bundle, 0o644)
        for workload in self.folder.glob("*/tls.crt"):
            _write(workload.with_name("ca.crt"), bundle, 0o644)
        return Authority(self.folder, certificate, key)

    def _certificate(
        self, workload: str, trust_domain: str, key: ec.EllipticCurvePrivateKey, life: timedelta
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        names: list[x509.GeneralName] = [
            x509.UniformResourceIdentifier(spiffe_id(trust_domain, workload)),
            x509.DNSName(f"{workload}.{trust_domain}"),
            x509.DNSName(workload),
            x509.DNSName("localhost"),
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        ]
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        return (
            x509.CertificateBuilder()
            .subject_name(_name(workload))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _SKEW)
            .not_valid_after(now + life)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )


def expiry(folder: Path) -> datetime:
    """When the certificate in a workload's folder expires.

    Raises:
        FileNotFoundError: there is none.
    """
    return x509.load_pem_x509_certificate((folder / "tls.crt").read_bytes()).not_valid_after_utc


def _new_authority() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    # Each authority has a name of its own: a verifier picks the issuer by name.
    name = _name(f"Hamlet development authority {x509.random_serial_number():x}"[:60])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + _AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_CERT_SIGN, critical=True)
    )
    return builder.sign(key, hashes.SHA256()), key


_CERT_SIGN = x509.KeyUsage(
    digital_signature=True,
    key_cert_sign=True,
    crl_sign=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, data: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    partial.replace(path)
