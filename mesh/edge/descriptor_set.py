"""The descriptor set that the transcoder reads, built from what is loaded: no second copy of the contracts."""

from collections.abc import Iterable

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.rpc import error_details_pb2
from hamlet.mesh.v1 import key_set_service_pb2

__all__ = ["descriptor_set"]


def descriptor_set(files: Iterable[FileDescriptor]) -> FileDescriptorSet:
    """The files and all that they import, imports first; and the types that stand in an error's details."""
    found: dict[str, FileDescriptor] = {}
    for file in (*files, error_details_pb2.DESCRIPTOR, key_set_service_pb2.DESCRIPTOR):
        _collect(file, found)
    result = FileDescriptorSet()
    for file in found.values():
        proto = FileDescriptorProto()
        file.CopyToProto(proto)
        result.file.append(proto)
    return result


def _collect(file: FileDescriptor, found: dict[str, FileDescriptor]) -> None:
    if file.name in found:
        return
    for dependency in file.dependencies:
        _collect(dependency, found)
    found[file.name] = file
