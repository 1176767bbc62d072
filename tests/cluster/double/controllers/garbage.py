"""What goes with another: what all of whose owners are gone, and what is in a namespace that is gone."""

from tests.cluster.double.store import Store, by_name

__all__ = ["reconcile"]

_NAMESPACE, _CLAIM = by_name("Namespace"), by_name("PersistentVolumeClaim")


def reconcile(store: Store) -> None:
    living = {document["metadata"]["uid"] for _, document in store.all()}
    namespaces = {document["metadata"]["name"] for document in store.every(_NAMESPACE)}
    for kind, document in store.all():
        metadata = document["metadata"]
        owners = metadata.get("ownerReferences", [])
        orphaned = owners and not any(each["uid"] in living for each in owners)
        if orphaned or (kind.namespaced and metadata["namespace"] not in namespaces):
            store.delete(kind, metadata.get("namespace", ""), metadata["name"])
    for claim in store.every(_CLAIM):
        if "status" not in claim:
            store.replace(_CLAIM, {**claim, "status": {"phase": "Bound"}})
