"""Where the three descriptions of a village differ, and why. An entry that is no difference any more is a fault too."""

__all__ = ["COMMANDS", "COMPONENTS", "MEMORY", "VALUES", "VARIABLES"]

_ITSELF = "`hamlet up` does it itself before, or after, it starts the processes"
_PERSON = "one person's processes on the loopback, which need no container's folders, probes or patience"
_DEFAULT = "`hamlet up` leaves it at its default"
_SECRET = "compose has secrets as files, the chart as variables from Secrets"

COMPONENTS: dict[tuple[str, str], str] = {
    ("chart", "volumes"): "a pod's fsGroup gives it its volumes",
    ("chart", "postgres"): "databases come by URL, from an operator such as CloudNativePG",
    ("chart", "prometheus"): "a cluster has its own; the chart brings monitors and rules for it",
    ("chart", "grafana"): "a cluster has its own; the chart brings dashboards for it",
    ("chart", "traces"): "the receiver of `hamlet up` is for machines without Jaeger",
    ("compose", "traces"): "the receiver of `hamlet up` is for machines without Jaeger",
    ("up", "volumes"): _PERSON,
    ("up", "postgres"): "SQLite, unless a URL is given",
    ("up", "prometheus"): "the addresses of the metrics are printed",
    ("up", "grafana"): "the addresses of the metrics are printed",
    ("up", "collector"): "spans go to the receiver, which passes them on",
    ("up", "jaeger"): "started where its binary is on the PATH",
    ("up", "certificates"): _ITSELF,
    ("up", "certificates-renewal"): "issued at each start; `hamlet check` says when they end",
    ("up", "migrate-account"): "the service migrates at its start",
    ("up", "migrate-blog"): "the service migrates at its start",
    ("up", "migrate-comment"): "the service migrates at its start",
    ("up", "administrator"): _ITSELF,
    ("up", "walk"): "`hamlet check`, and the demo of the first start",
}
"""By the description that lacks a component, and the component."""

COMMANDS: dict[tuple[str, str], str] = {
    ("chart", "certificates"): "certificates are Secrets there, and files everywhere else",
    ("chart", "certificates-renewal"): "a CronJob there, a process that waits where there is no clock",
}
"""By the description whose command differs from compose's, and the component."""

VARIABLES: dict[tuple[str, str], str] = {
    ("chart", "HAMLET_*_DATABASE_PASSWORD_FILE"): _SECRET,
    ("chart", "HAMLET_ACCOUNT_KEY_SECRET_FILE"): _SECRET,
    ("chart", "HAMLET_ADMIN_PASSWORD_FILE"): _SECRET,
    ("chart", "certificates*:HAMLET_CERTS_DIR"): "the Job keeps nothing: it reads and writes Secrets",
    ("compose", "HAMLET_ACCOUNT_KEY_SECRET"): _SECRET,
    ("compose", "HAMLET_ADMIN_PASSWORD"): _SECRET,
    ("compose", "HAMLET_CLUSTER_*"): "where the Secrets are",
    ("up", "HOME"): _PERSON,
    ("up", "PYTHONDONTWRITEBYTECODE"): _PERSON,
    ("up", "HAMLET_CERTS_DIR"): "in the home folder",
    ("up", "HAMLET_TRUST_DOMAIN"): _DEFAULT,
    ("up", "HAMLET_*_HEALTH_LISTEN"): _PERSON,
    ("up", "HAMLET_DRAIN_SECONDS"): _PERSON,
    ("up", "HAMLET_GRACE_SECONDS"): _PERSON,
    ("up", "HAMLET_EDGE_*_SECONDS"): _PERSON,
    ("up", "HAMLET_EDGE_STATUS_LISTEN"): _PERSON,
    ("up", "HAMLET_EDGE_CACHE_FOLDER"): "in the home folder",
    ("up", "HAMLET_EDGE_TRUSTED_HOPS"): _DEFAULT,
    ("up", "HAMLET_EDGE_SAMPLING_PERCENT"): _DEFAULT,
    ("up", "HAMLET_EDGE_ALLOWED_ORIGINS"): _DEFAULT,
    ("up", "HAMLET_*_DATABASE_URL"): "SQLite, unless a URL is given",
    ("up", "HAMLET_*_DATABASE_PASSWORD_FILE"): "SQLite, unless a URL is given",
    ("up", "HAMLET_*_MIGRATE"): "the service migrates at its start",
    ("up", "HAMLET_ACCOUNT_KEY_SECRET_FILE"): _DEFAULT,
    ("up", "HAMLET_COMMENT_GUESTS"): _DEFAULT,
    ("up", "HAMLET_COMMENT_UNJUDGED"): _DEFAULT,
    ("up", "HAMLET_SPAM_DEVICE"): "auto: whatever the machine has",
}
"""By the description that lacks a variable, and a pattern of its name, after the component where only one is meant."""

VALUES: dict[str, str] = {
    "HAMLET_URL": "a Service of the edge there, the cache's own port here",
}
"""Of the chart and compose; the addresses of `hamlet up` are one machine's and are not compared."""

MEMORY: dict[str, str] = {
    "certificates-renewal": "it stays, so it may take less than a Job that ends",
}
