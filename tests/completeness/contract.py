# SPDX-License-Identifier: Apache-2.0
"""Reads the .proto files into operations, messages and fields.

    contract = Contract.compile("proto")
    for operation in contract.services["settlements"].operations:
        print(operation.rpc, operation.name, operation.method, operation.path)
"""

import dataclasses
import importlib
import pathlib
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2

_JSON_NAME = descriptor_pb2.FieldDescriptorProto.JSON_NAME_FIELD_NUMBER
_MESSAGE_TYPE = descriptor_pb2.FileDescriptorProto.MESSAGE_TYPE_FIELD_NUMBER
_NESTED_TYPE = descriptor_pb2.DescriptorProto.NESTED_TYPE_FIELD_NUMBER
_FIELD = descriptor_pb2.DescriptorProto.FIELD_FIELD_NUMBER


@dataclasses.dataclass
class Field:
    name: str
    json_name: str  # the explicit one, else the field's own name
    kind: str  # string, int32, ..., message
    type_name: str  # of a message or enumeration
    repeated: bool
    presence: bool  # absent and zero differ
    number: int
    oneof: str
    header: str
    number_text: bool
    read_only: bool


@dataclasses.dataclass
class Message:
    name: str  # full name
    fields: list

    def field(self, name):
        return next((f for f in self.fields if f.name == name), None)

    def json_field(self, name):
        return next((f for f in self.fields if f.json_name == name), None)


@dataclasses.dataclass
class Operation:
    name: str  # in the oneof
    rpc: str  # Subscribe or Publish
    message: Message
    rule: object  # klarna.rest.v1.RestRule
    response: Message  # of the rpc

    @property
    def method(self):
        return self.rule.WhichOneof("pattern")

    @property
    def path(self):
        return getattr(self.rule, self.method)


@dataclasses.dataclass
class Service:
    name: str  # full name
    operations: list


class Contract:
    """All messages, and one service for each domain that has one."""

    def __init__(self, files, rest):
        self._rest = rest
        self.messages = {}
        self.rules = {}  # message name -> rule
        self.services = {}  # domain -> Service
        for file in files:
            self._add_messages(file)
        for file in files:
            for service in file.service:
                domain = file.package.split(".")[1]
                self.services[domain] = self._service(file.package, service)

    @staticmethod
    def compile(root, protoc="protoc"):
        """Compiles every .proto below `root`."""
        root = pathlib.Path(root)
        protos = sorted(str(p.relative_to(root)) for p in root.glob("klarna/**/*.proto"))
        with tempfile.TemporaryDirectory() as out:
            descriptors = pathlib.Path(out) / "descriptors.binpb"
            subprocess.run(
                [protoc, "-I.", "--include_imports", "--include_source_info",
                 f"--descriptor_set_out={descriptors}", *protos], cwd=root, check=True)
            subprocess.run([protoc, "-I.", f"--python_out={out}", "klarna/rest/v1/rest.proto"],
                           cwd=root, check=True)
            # The rules can be read only once their extension is known.
            sys.path.insert(0, out)
            rest = importlib.import_module("klarna.rest.v1.rest_pb2")
            sys.path.remove(out)
            files = descriptor_pb2.FileDescriptorSet.FromString(descriptors.read_bytes())
        return Contract([f for f in files.file if f.package.startswith("klarna.")], rest)

    def message(self, field):
        """The message that a field holds; None for a scalar."""
        return self.messages.get(field.type_name)

    def _service(self, package, service):
        operations = []
        for method in service.method:
            request = self.messages[method.input_type.removeprefix(".")]
            response = self.messages[method.output_type.removeprefix(".")]
            for field in sorted(request.fields, key=lambda f: f.number):
                if field.oneof == "operation" and field.type_name in self.rules:
                    operations.append(Operation(
                        field.name, method.name, self.message(field),
                        self.rules[field.type_name], response))
        return Service(f"{package}.{service.name}", operations)

    def _add_messages(self, file):
        # A descriptor set fills json_name everywhere; only the source locations
        # tell where the .proto gave one.
        given = {tuple(location.path) for location in file.source_code_info.location}
        for index, message in enumerate(file.message_type):
            self._add_message(message, file.package, (_MESSAGE_TYPE, index), given)

    def _add_message(self, message, scope, path, given):
        name = f"{scope}.{message.name}"
        fields = []
        for index, field in enumerate(message.field):
            explicit = path + (_FIELD, index, _JSON_NAME) in given
            fields.append(self._field(message, field, explicit))
        self.messages[name] = Message(name, fields)
        if message.options.HasExtension(self._rest.rest):
            self.rules[name] = message.options.Extensions[self._rest.rest]
        for index, nested in enumerate(message.nested_type):
            self._add_message(nested, name, path + (_NESTED_TYPE, index), given)

    def _field(self, message, field, explicit_json_name):
        kind = descriptor_pb2.FieldDescriptorProto.Type.Name(field.type)
        in_oneof = field.HasField("oneof_index")
        repeated = field.label == field.LABEL_REPEATED
        is_message = field.type == field.TYPE_MESSAGE
        return Field(
            name=field.name,
            json_name=field.json_name if explicit_json_name else field.name,
            kind=kind.removeprefix("TYPE_").lower(),
            type_name=field.type_name.removeprefix("."),
            repeated=repeated,
            presence=not repeated and (in_oneof or is_message),
            number=field.number,
            oneof=message.oneof_decl[field.oneof_index].name
            if in_oneof and not field.proto3_optional else "",
            header=field.options.Extensions[self._rest.header],
            number_text=field.options.Extensions[self._rest.number_text],
            read_only=field.options.Extensions[self._rest.read_only])
