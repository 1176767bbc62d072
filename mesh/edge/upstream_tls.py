"""mTLS to the services: the edge shows its certificate and believes the SPIFFE id of the service it means to reach.

Certificates come through SDS from files beside the configuration, and Envoy reads them again when the folder changes:
rotation needs no restart.
"""

from pathlib import Path

from mesh.edge.typed import Config, any_of, extension
from mesh.edge.village import Identity

__all__ = ["AUTHORITY", "CERTIFICATE", "authority_secret", "certificate_secret", "transport_socket"]

CERTIFICATE = "certificate"
AUTHORITY = "authority"


def transport_socket(upstream: str, identity: Identity, folder: Path) -> Config:
    """TLS 1.3 to `spiffe://<trust domain>/<upstream>` and nobody else.

    Args:
        folder: where the two secrets are written.
    """
    spiffe_id = f"spiffe://{identity.trust_domain}/{upstream}"
    return extension(
        "envoy.transport_sockets.tls",
        "extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        sni=upstream,
        common_tls_context={
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_3", "tls_maximum_protocol_version": "TLSv1_3"},
            "alpn_protocols": ["h2"],
            "tls_certificate_sds_secret_configs": [_sds(CERTIFICATE, folder)],
            "combined_validation_context": {
                "default_validation_context": {
                    "match_typed_subject_alt_names": [{"san_type": "URI", "matcher": {"exact": spiffe_id}}]
                },
                "validation_context_sds_secret_config": _sds(AUTHORITY, folder),
            },
        },
    )


def certificate_secret(identity: Identity) -> Config:
    """The SDS resource of the edge's own certificate."""
    certificate = {
        "certificate_chain": {"filename": str(identity.folder / "tls.crt")},
        "private_key": {"filename": str(identity.folder / "tls.key")},
        "watched_directory": {"path": str(identity.folder)},
    }
    return _resource(CERTIFICATE, tls_certificate=certificate)


def authority_secret(identity: Identity) -> Config:
    """The SDS resource of the authority that signs the services' certificates."""
    context = {
        "trusted_ca": {"filename": str(identity.folder / "ca.crt")},
        "watched_directory": {"path": str(identity.folder)},
    }
    return _resource(AUTHORITY, validation_context=context)


def _resource(name: str, **fields: Config) -> Config:
    return {"resources": [any_of("extensions.transport_sockets.tls.v3.Secret", name=name, **fields)]}


def _sds(name: str, folder: Path) -> Config:
    path = str(folder / f"{name}.json")
    return {"name": name, "sds_config": {"path_config_source": {"path": path}, "resource_api_version": "V3"}}
