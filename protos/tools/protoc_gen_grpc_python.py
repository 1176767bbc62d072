"""A protoc plugin around grpcio-tools' built-in grpc_python generator.

buf offers protoc's own generators by name but does not know grpc_python, which is compiled into grpcio-tools.
"""

import sys
import tempfile
from pathlib import Path

from google.protobuf import descriptor_pb2
from google.protobuf.compiler import plugin_pb2
from grpc_tools import protoc


def generate(request: plugin_pb2.CodeGeneratorRequest) -> plugin_pb2.CodeGeneratorResponse:
    response = plugin_pb2.CodeGeneratorResponse(
        supported_features=plugin_pb2.CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
    )
    wanted = set(request.file_to_generate)
    with_services = [file.name for file in request.proto_file if file.service and file.name in wanted]
    if not with_services:
        return response
    with tempfile.TemporaryDirectory() as folder:
        descriptors, out = Path(folder) / "in.binpb", Path(folder) / "out"
        out.mkdir()
        files = descriptor_pb2.FileDescriptorSet(file=request.proto_file)
        descriptors.write_bytes(files.SerializeToString())
        options = [f"--descriptor_set_in={descriptors}", f"--grpc_python_out={out}"]
        if code := protoc.main(["protoc", *options, *with_services]):
            response.error = f"grpc_python exited with {code}"
        for path in sorted(out.rglob("*.py")):
            response.file.add(name=path.relative_to(out).as_posix(), content=path.read_text())
    return response


if __name__ == "__main__":
    answer = generate(plugin_pb2.CodeGeneratorRequest.FromString(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(answer.SerializeToString())
