"""What images there are: the names that the chart asks for, what runs in each, and how large it may be."""

from dataclasses import dataclass

__all__ = ["IMAGES", "MOST_COMMON_MEGABYTES", "USER", "Image"]

USER = 10001
"""The uid and gid of every image, which the chart demands."""

MOST_COMMON_MEGABYTES = 50
"""How many 10^6 bytes the layer may have that all images share: what they have of Debian, Python included."""


@dataclass(frozen=True, slots=True)
class Image:
    """One target of the Dockerfile.

    Attributes:
        target: the target's name; the image's is `hamlet-<target>`.
        workloads: the workloads that run in it.
        modules: what `python -m` starts in it.
        most_megabytes: how many 10^6 bytes it may have above the layer that all images share.
        here: whether `make images` builds it; the build for CUDA needs gigabytes of wheels, and a GPU to be tried.
    """

    target: str
    workloads: tuple[str, ...]
    modules: tuple[str, ...]
    most_megabytes: int
    here: bool = True

    @property
    def name(self) -> str:
        return f"hamlet-{self.target}"


_CLI = (
    "services.cli.main",
    "services.cli.cluster.certificates",
    "services.cli.cluster.administrator",
    "services.cli.cluster.walk",
)
IMAGES = (
    Image("services", ("account", "blog", "comment"), ("services.account", "services.blog", "services.comment"), 150),
    Image("cli", ("operator",), _CLI, 150),
    Image("edge", ("edge",), ("services.cli.edge", "services.cli.cache"), 230),
    Image("spam-cpu", ("spam",), ("services.spam",), 1100),
    Image("spam-cuda", ("spam",), ("services.spam",), 8000, here=False),
)
