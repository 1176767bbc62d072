"""The protoc plugin: `python -m protos.tools.openapi`, with `document` or `errors` as its option."""

import json
import sys

from google.protobuf.compiler import plugin_pb2

from protos.tools.openapi.descriptors import read
from protos.tools.openapi.document import document
from protos.tools.openapi.error_pages import error_pages
from protos.tools.openapi.page.page import page
from protos.tools.openapi.records import ContractError, Contracts


def generate(request: plugin_pb2.CodeGeneratorRequest) -> plugin_pb2.CodeGeneratorResponse:
    response = plugin_pb2.CodeGeneratorResponse(
        supported_features=plugin_pb2.CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
    )
    try:
        for name, content in _files(read(request), request.parameter):
            response.file.add(name=name, content=content)
    except ContractError as error:
        response.error = str(error)
    return response


def _files(contracts: Contracts, what: str) -> list[tuple[str, str]]:
    match what:
        case "document":
            made = document(contracts)
            text = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
            return [("hamlet/openapi.json", text), ("hamlet/docs.html", page(contracts, made))]
        case "errors":
            return list(error_pages(contracts))
        case _:
            raise ContractError(f"the option {what!r} is neither `document` nor `errors`")


if __name__ == "__main__":
    answer = generate(plugin_pb2.CodeGeneratorRequest.FromString(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(answer.SerializeToString())
