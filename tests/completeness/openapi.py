# SPDX-License-Identifier: Apache-2.0
"""Reads OpenAPI 3.0 documents into what a contract has to cover.

    for operation in Document("settlements", "settlements.yaml").operations():
        print(operation.method, operation.path, operation.parameters)

A schema becomes a Shape: references resolved, allOf merged, and the members of
a union's alternatives laid side by side.
"""

import dataclasses
import yaml

METHODS = ("get", "put", "post", "delete", "patch")


@dataclasses.dataclass
class Shape:
    """The JSON values that a schema allows.

    kinds: any of string, integer32, integer64, number, boolean, binary, array,
    object. Empty when the schema says nothing.
    """

    kinds: set
    members: dict  # of an object: name -> Shape
    items: "Shape" = None  # of an array
    read_only: bool = False  # Klarna's to set


@dataclasses.dataclass
class Parameter:
    name: str
    place: str  # path, query or header
    shape: Shape


@dataclasses.dataclass
class Body:
    media_type: str
    shape: Shape


@dataclasses.dataclass
class Operation:
    name: str  # operationId
    method: str  # lower case
    path: str
    parameters: list
    request: Body  # None when the operation takes no body
    results: dict  # 2xx status -> Body, None when that status has no body
    result_headers: set
    errors: dict  # 4xx and 5xx status -> Shape


class Document:
    """One OpenAPI document."""

    def __init__(self, domain, path):
        self.domain = domain
        with open(path, encoding="utf-8") as file:
            self._root = yaml.load(file, Loader=yaml.CSafeLoader)

    def operations(self):
        for path, item in self._root["paths"].items():
            for method in METHODS:
                if method in item:
                    shared = item.get("parameters", [])
                    yield self._operation(method, path, item[method], shared)

    def _operation(self, method, path, node, shared):
        parameters = [self._parameter(p) for p in shared + node.get("parameters", [])]
        request = None
        if "requestBody" in node:
            request = self._body(self._resolve(node["requestBody"])["content"])
        results, headers, errors = {}, set(), {}
        for status, response in node["responses"].items():
            response = self._resolve(response)
            content = response.get("content")
            body = self._body(content) if content else None
            if status.startswith("2"):
                results[int(status)] = body
                headers |= set(response.get("headers", {}))
            elif status.startswith(("4", "5")) and body:
                errors[int(status)] = body.shape
        return Operation(node["operationId"], method, path, parameters, request,
                         results, headers, errors)

    def _parameter(self, node):
        node = self._resolve(node)
        schema = node.get("schema")
        if schema is None:
            schema = self._only(node["content"])[1]["schema"]
        return Parameter(node["name"], node["in"], self._shape(schema))

    def _body(self, content):
        media_type, node = self._only(content)
        return Body(media_type, self._shape(node["schema"]))

    def _only(self, content):
        if len(content) != 1:
            raise ValueError(f"{self.domain}: expected one media type, got {list(content)}")
        return next(iter(content.items()))

    def _resolve(self, node):
        while "$ref" in node:
            target = self._root
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def _shape(self, schema, outer=()):
        schema = self._resolve(schema)
        if any(schema is other for other in outer):
            raise ValueError(f"{self.domain}: a schema contains itself; the walk would not end")
        outer += (schema,)
        shape = Shape(kinds=set(self._kinds(schema)), members={},
                      read_only=schema.get("readOnly", False))
        for name, member in schema.get("properties", {}).items():
            shape.members[name] = self._shape(member, outer)
        if "items" in schema:
            shape.items = self._shape(schema["items"], outer)
        for word in ("allOf", "oneOf", "anyOf"):
            for part in schema.get(word, []):
                merge(shape, self._shape(part, outer))
        return shape

    def _kinds(self, schema):
        kind, form = schema.get("type"), schema.get("format")
        if kind == "integer":
            yield "integer32" if form == "int32" else "integer64"
        elif kind == "string" and form == "binary":
            yield "binary"
        elif kind:
            yield kind
        elif "properties" in schema:
            yield "object"


def merge(into, other):
    """Adds what `other` allows to `into`."""
    into.kinds |= other.kinds
    into.read_only |= other.read_only
    for name, shape in other.members.items():
        if name in into.members:
            merge(into.members[name], shape)
        else:
            into.members[name] = shape
    if into.items and other.items:
        merge(into.items, other.items)
    else:
        into.items = into.items or other.items
