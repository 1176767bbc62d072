"""An update changes what its mask names, and nothing that cannot be changed."""

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from hamlet.blog.v1.post_pb2 import Post

from mesh.errors import HamletError
from mesh.fieldmask import changed_fields

_ALLOWED = frozenset({"title", "body", "tags"})


@pytest.mark.parametrize("mask", [None, FieldMask()])
def test_without_a_mask_all_fields_that_are_set_change(mask: FieldMask | None) -> None:
    assert changed_fields(mask, Post(id="1", title="t", etag="e"), _ALLOWED) == {"title"}


def test_a_mask_also_empties_what_the_message_leaves_out() -> None:
    assert changed_fields(FieldMask(paths=["body", "title"]), Post(title="t"), _ALLOWED) == {"body", "title"}


@pytest.mark.parametrize("path", ["*", "id", "nonsense", "title.x", "", "Title", "bodyHtml"])
def test_a_path_that_cannot_be_changed_is_refused(path: str) -> None:
    with pytest.raises(HamletError, match="INVALID_UPDATE_MASK"):
        changed_fields(FieldMask(paths=["title", path]), Post(title="t"), _ALLOWED)
