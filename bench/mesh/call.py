"""The call that is measured: `UpdateComment` with a comment of half a kilobyte, as one service calls another."""

import json
import random
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.field_mask_pb2 import FieldMask
from hamlet.comment.v1.comment_pb2 import Comment
from hamlet.comment.v1.comment_service_pb2 import DESCRIPTOR, UpdateCommentRequest

from mesh.policy import Role
from mesh.testing.service import TestMesh, person

__all__ = ["CALLER", "KEYS", "PATH", "SERVER", "SERVICE", "Paperwork", "body", "traceparents"]

KEYS = "keys.json"
SERVER, CALLER = "comment", "blog"
SERVICE = DESCRIPTOR.services_by_name["CommentService"]
PATH = f"/{SERVICE.full_name}/UpdateComment"
AUTHOR = "0198c5d0-7c1e-7a3b-9d5e-3f2a1b4c5d6e"
_TEXT = "I have seen this play three times now, and each time the ghost was somebody else's fault. " * 4


@dataclass(frozen=True, slots=True)
class Paperwork:
    """Certificates and a signing key of a benchmark's own."""

    mesh: TestMesh

    @classmethod
    def create(cls, folder: Path) -> "Paperwork":
        made = cls(TestMesh.create(folder))
        for workload in (SERVER, CALLER):
            made.mesh.certificates(workload)
        (folder / KEYS).write_text(json.dumps(made.mesh.key_set()))
        return made

    def token(self) -> str:
        return self.mesh.token(person(AUTHOR, Role.ROLE_READER, "Horatio"))


def body() -> bytes:
    """The request, serialised: about 500 bytes."""
    comment = Comment(
        id="0198c5d0-7c1e-7a3b-9d5e-000000000001",
        post_id="0198c5d0-7c1e-7a3b-9d5e-000000000002",
        author_id=AUTHOR,
        author_name="Horatio",
        text=_TEXT,
        etag="W3b1c9f0a7d2e4c5",
    )
    return UpdateCommentRequest(comment=comment, update_mask=FieldMask(paths=["text"])).SerializeToString()


def traceparents(sampled_percent: int, number: int = 1000) -> list[str]:
    """Trace contexts (W3C) of callers, `sampled_percent` of a hundred with the flag that asks to be sampled."""
    chance = random.Random(5)
    flags = [index % 100 < sampled_percent for index in range(number)]
    chance.shuffle(flags)
    return [f"00-{chance.getrandbits(128):032x}-{chance.getrandbits(64):016x}-{flag:02x}" for flag in flags]
