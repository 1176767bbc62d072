"""Who asks, by the bearer token, and whether a ServiceAccount may: Roles and RoleBindings of its namespace."""

from dataclasses import dataclass, field
from http import HTTPStatus

from tests.cluster.double.kinds import Kind
from tests.cluster.double.status import Refused, forbidden
from tests.cluster.double.store import Store, by_name

__all__ = ["Access", "Account"]


@dataclass(frozen=True, slots=True)
class Account:
    """A ServiceAccount, as its pods' token names it."""

    namespace: str
    name: str


@dataclass(slots=True)
class Access:
    """Who brings no token is the administrator: clients send none over plain HTTP. A ServiceAccount may do what its
    Roles say, an unknown token nothing.
    """

    store: Store
    accounts: dict[str, Account] = field(default_factory=dict)
    """By token."""

    def check(self, token: str, verb: str, kind: Kind, namespace: str, name: str) -> None:
        """
        Raises:
            Refused: 401 or 403.
        """
        if not token:
            return
        account = self.accounts.get(token)
        if account is None:
            raise Refused(HTTPStatus.UNAUTHORIZED, "Unauthorized")
        allowed = account.namespace == namespace and self._may(account, verb, kind, name)
        if not allowed:
            who = f"system:serviceaccount:{account.namespace}:{account.name}"
            raise forbidden(who, verb, f"{kind.plural} {name}")

    def _may(self, account: Account, verb: str, kind: Kind, name: str) -> bool:
        subject = {"kind": "ServiceAccount", "name": account.name, "namespace": account.namespace}
        for binding in self.store.every(by_name("RoleBinding"), account.namespace):
            if subject not in binding.get("subjects", []):
                continue
            role = self.store.find(by_name("Role"), account.namespace, binding["roleRef"]["name"])
            for rule in (role or {}).get("rules", []):
                names = rule.get("resourceNames", [])
                if (
                    kind.group in rule["apiGroups"]
                    and kind.plural in rule["resources"]
                    and verb in rule["verbs"]
                    and (not names or name in names)
                ):
                    return True
        return False
