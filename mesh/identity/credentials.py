"""mTLS from files that may be replaced at any time, as cert-manager and `hamlet certs` do."""

import time
from dataclasses import dataclass
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

__all__ = ["CertificateFiles", "MismatchError", "channel_credentials", "server_credentials", "server_name"]


_TRIES, _PAUSE = 50, 0.002


class MismatchError(ValueError):
    """A private key that does not belong to the certificate beside it."""


@dataclass(frozen=True, slots=True)
class Material:
    """A trust bundle, and a certificate with its key; all PEM."""

    authority: bytes
    key: bytes
    certificate: bytes

    def belongs_together(self) -> bool:
        certified = x509.load_pem_x509_certificate(self.certificate).public_key()
        held = load_pem_private_key(self.key, None).public_key()
        form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return certified.public_bytes(*form) == held.public_bytes(*form)


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """A workload's folder with `tls.crt`, `tls.key` and `ca.crt`, named as in a Kubernetes TLS secret."""

    folder: Path

    def load(self) -> "Material":
        """The files as they are now. Two files cannot be replaced at once, so a key that does not belong to its
        certificate is read again.

        Raises:
            OSError: a file is missing.
            MismatchError: the key and the certificate stay apart.
        """
        for _ in range(_TRIES):
            material = Material(*((self.folder / name).read_bytes() for name in ("ca.crt", "tls.key", "tls.crt")))
            if material.belongs_together():
                return material
            time.sleep(_PAUSE)
        raise MismatchError(f"the key in {self.folder} is not the one of the certificate")

    def fingerprint(self) -> tuple[int, ...]:
        """Changes when one of the files is replaced."""
        names = ("tls.crt", "tls.key", "ca.crt")
        return tuple(stamp for name in names for stamp in _stamps(self.folder / name))


def server_credentials(files: CertificateFiles) -> grpc.ServerCredentials:
    """Asks for a certificate of our authority, and serves with the files as they are at each handshake."""
    seen = files.fingerprint()

    def renewed() -> grpc.ServerCertificateConfiguration | None:
        nonlocal seen
        try:
            now = files.fingerprint()
            if now == seen:
                return None
            configuration = _server_configuration(files)
        except (OSError, ValueError):
            # Between two renames; the certificate before still serves.
            return None
        seen = now
        return configuration

    return grpc.dynamic_ssl_server_credentials(
        _server_configuration(files),
        renewed,  # type: ignore[arg-type] # None means no change, which the stubs leave out
        require_client_authentication=True,
    )


def channel_credentials(files: CertificateFiles) -> grpc.ChannelCredentials:
    """The credentials as the files are now."""
    material = files.load()
    return grpc.ssl_channel_credentials(material.authority, material.key, material.certificate)


def server_name(workload: str, trust_domain: str) -> str:
    """The DNS name that a workload's certificate carries, so that one service cannot pose as another."""
    return f"{workload}.{trust_domain}"


def _server_configuration(files: CertificateFiles) -> grpc.ServerCertificateConfiguration:
    material = files.load()
    return grpc.ssl_server_certificate_configuration([(material.key, material.certificate)], material.authority)


def _stamps(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_ino
