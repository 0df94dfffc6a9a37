#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Fails when the contract has no home for something that Klarna documents.

    completeness_test.py            compares, prints a table of every domain
    completeness_test.py --routes   prints every operation as a Markdown table

Compared are the OpenAPI documents in $KLARNA_FACTS/openapi (default:
../shared/klarna beside the checkout) and the .proto files: every operation,
parameter, request field, response field and error field, at every depth, by its
JSON name and its kind, and which request fields are read-only; and that the
contract has no operation or parameter beyond the documents. Without the documents the comparison is skipped (exit code
77). What is allowed to differ stands in the tables below, with the reason.
"""

import argparse
import collections
import os
import pathlib
import re
import sys

sys.dont_write_bytecode = True
try:
    import openapi
    from contract import Contract
except ModuleNotFoundError as error:
    sys.exit(f"{error}. Run: apt-get install python3-yaml python3-protobuf")

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77

# Operations that are no operations of the gateway: (domain, operationId).
NOT_CALLED = {
    ("checkout_callbacks", "updateAddress"): "Klarna calls the merchant",
    ("checkout_callbacks", "countryChange"): "Klarna calls the merchant",
    ("checkout_callbacks", "updateShippingOption"): "Klarna calls the merchant",
    ("checkout_callbacks", "validate"): "Klarna calls the merchant",
    ("shipping_service_callback", "auth"): "the account's credentials make this call",
}
# Reads that are no GET.
READ_BY_POST = {
    ("shipping_service_callback", "shippingoptions"): "prices a basket and changes nothing",
}
# Made by the gateway from PublishRequest.request_id.
KEY_HEADER = "Klarna-Idempotency-Key"
# Success headers that have a home in the envelope.
ENVELOPE_HEADERS = {
    "Klarna-Correlation-Id": "Outcome.correlation_id",
    "Location": "Outcome.location",
    "Content-Disposition": "Content.filename",
}
# Members of error bodies that KlarnaError holds as JSON text.
JSON_TEXT_IN_ERRORS = {"authorized_payment_method"}

CONTENT = "klarna.gateway.v1.Content"
KLARNA_ERROR = "klarna.gateway.v1.KlarnaError"
SCALARS = {"string": "string", "number": "string", "boolean": "bool",
           "integer32": "int32", "integer64": "int64"}
COLUMNS = ("operations", "parameters", "request fields", "response fields",
           "error fields", "missing")


class Domain:
    """Compares one document with its service; counts and notes what is missing."""

    def __init__(self, name, contract):
        self.name = name
        self.counts = collections.Counter()
        self.problems = []
        self.read_only = set()  # (message, field) of every mark that a document has, too
        self._contract = contract
        service = contract.services.get(name)
        self._operations = {(o.method, o.path): o for o in service.operations} if service else {}

    def check(self, documented):
        for wanted in documented:
            if (self.name, wanted.name) in NOT_CALLED:
                continue
            self.counts["operations"] += 1
            operation = self._operations.pop((wanted.method, template(wanted.path)), None)
            if operation is None:
                self._miss(wanted.name, f"{wanted.method.upper()} {wanted.path} has no operation")
            else:
                self._check_operation(wanted, operation)
        for operation in self._operations.values():
            self._miss(operation.name, "is in no document")

    def _check_operation(self, wanted, operation):
        self._check_idempotency(wanted, operation)
        homes = {operation.rule.body}
        for parameter in wanted.parameters:
            self.counts["parameters"] += 1
            homes.add(self._check_parameter(wanted, operation, parameter))
        homes |= self._check_request(wanted, operation)
        for field in operation.message.fields:
            if field.name not in homes:
                self._miss(wanted.name, f"{operation.message.name}.{field.name} is not documented")
        self._check_results(wanted, operation)
        self._check_errors(wanted)

    def _check_idempotency(self, wanted, operation):
        read = wanted.method == "get" or (self.name, wanted.name) in READ_BY_POST
        if (operation.rpc == "Subscribe") != read:
            self._miss(wanted.name, f"is an operation of {operation.rpc}")
        # 0: IDEMPOTENCY_UNSPECIFIED, 1: IDEMPOTENCY_KEYED.
        idempotency = operation.rule.idempotency
        if (idempotency == 0) != read:
            self._miss(wanted.name, "idempotency must be given for writes and for no read")
        if (idempotency == 1) != any(p.name == KEY_HEADER for p in wanted.parameters):
            self._miss(wanted.name, f"is IDEMPOTENCY_KEYED, or takes {KEY_HEADER}, but not both")

    def _check_parameter(self, wanted, operation, parameter):
        """Returns the name of the field that is the parameter's home."""
        message, paging = operation.message, operation.rule.paging
        if parameter.place == "path":
            field = message.field(snake_case(parameter.name))
        elif parameter.place == "header":
            if parameter.name == KEY_HEADER:
                return None
            field = next((f for f in message.fields if f.header == parameter.name), None)
        else:
            if parameter.name in (paging.size, paging.offset, paging.cursor):
                return None  # PageOptions.
            field = message.json_field(parameter.name)
            field = None if field and field.header else field
        where = f"{wanted.name} {parameter.place} {parameter.name}"
        if field is None:
            self._miss(where, f"has no field in {message.name}")
            return None
        self._check_field(where, parameter.shape, field, presence=parameter.place != "path")
        self._walk("request fields", where, parameter.shape, field)
        return field.name

    def _check_request(self, wanted, operation):
        """Returns the names of the fields that are parts of a multipart body."""
        rule, message, where = operation.rule, operation.message, f"{wanted.name} request"
        if wanted.request is None:
            if rule.body or rule.multipart:
                self._miss(where, "no body is documented")
            return set()
        if rule.multipart:
            media_type = "multipart/form-data"
        else:
            media_type = rule.content_type or "application/json"
        if media_type != wanted.request.media_type:
            self._miss(where, f"is {media_type}, documented is {wanted.request.media_type}")
        if rule.multipart:
            self._check_members("request fields", where, wanted.request.shape, message)
            return {f.name for f in message.fields
                    if not f.header and f.json_name in wanted.request.shape.members}
        body = message.field(rule.body)
        if body is None:
            self._miss(where, f"has no body field in {message.name}")
        else:
            self._check_field(where, wanted.request.shape, body)
            self._walk("request fields", where, wanted.request.shape, body)
        return set()

    def _check_results(self, wanted, operation):
        rule = operation.rule
        by_status = {s.status: s.result for s in rule.status_results}
        for status, body in wanted.results.items():
            where = f"{wanted.name} {status}"
            result = by_status.pop(status, rule.result)
            field = operation.response.field(result)
            if body is None:
                continue
            if field is None or field.oneof != "result":
                self._miss(where, f"has no result in {operation.response.name}")
                continue
            self._check_accept(where, rule, body, field)
            self._check_result(where, rule, body.shape, field)
        if by_status or rule.result and not any(wanted.results.values()):
            self._miss(wanted.name, "no answer is documented for a result of its rule")
        for header in wanted.result_headers - set(ENVELOPE_HEADERS):
            if rule.created_id_header != header:
                self._miss(wanted.name, f"header {header} has no home")

    def _check_accept(self, where, rule, body, field):
        accept = rule.accept or ("*/*" if field.type_name == CONTENT else "application/json")
        if body.media_type not in accept.split(", "):
            self._miss(where, f"accepts {accept}, documented is {body.media_type}")

    def _check_result(self, where, rule, shape, field):
        if field.type_name == CONTENT:
            self.counts["response fields"] += 1
            if not shape.kinds <= {"string", "binary"}:
                self._miss(where, "is JSON, not a file")
        elif "array" in shape.kinds:
            wrapper = self._contract.message(field)
            items = wrapper.field(rule.paging.items) if wrapper else None
            if items is None or not rule.paging.top_level_array:
                self._miss(where, "is an array, but its rule says no top_level_array")
            else:
                self._check_field(where, shape, items)
                self._walk("response fields", where, shape, items)
        else:
            self._check_field(where, shape, field)
            self._walk("response fields", where, shape, field)

    def _check_errors(self, wanted):
        every = openapi.Shape(kinds=set(), members={})
        for shape in wanted.errors.values():
            openapi.merge(every, shape)
        for name in JSON_TEXT_IN_ERRORS & set(every.members):
            every.members[name] = openapi.Shape(kinds={"string"}, members={})
        self._check_members("error fields", f"{wanted.name} error", every,
                            self._contract.messages[KLARNA_ERROR], presence=False)

    def _check_members(self, column, where, shape, message, presence=True):
        for name, member in shape.members.items():
            self.counts[column] += 1
            inner = f"{where} {name}" if " " not in where else f"{where}.{name}"
            field = message.json_field(name)
            if field is None:
                self._miss(inner, f"has no field in {message.name}")
            else:
                self._check_field(inner, member, field, presence)
                if column == "request fields":
                    self._check_read_only(inner, member, message, field)
                self._walk(column, inner, member, field, presence)

    def _check_read_only(self, where, shape, message, field):
        if field.read_only != shape.read_only:
            self._miss(where, f"{field.name} is{'' if field.read_only else ' not'} marked "
                              "read_only, and the document says otherwise")
        elif field.read_only:
            self.read_only.add((message.name, field.name))

    def _walk(self, column, where, shape, field, presence=True):
        """Goes on below a field that holds an object or a list of objects."""
        message = self._contract.message(field)
        if message is None or message.name == CONTENT:
            return
        if shape.items is not None:
            where, shape = f"{where}[]", shape.items
        self._check_members(column, where, shape, message, presence)

    def _check_field(self, where, shape, field, presence=True):
        if field.repeated != ("array" in shape.kinds):
            self._miss(where, f"{field.name} is{'' if field.repeated else ' not'} repeated")
            return
        if presence and not field.repeated and not field.presence:
            self._miss(where, f"{field.name} must be optional: absent and zero differ")
        element = shape.items if field.repeated else shape
        if element.kinds and not any(fits(kind, field) for kind in element.kinds):
            self._miss(where, f"{field.name} is {field.type_name or field.kind}, "
                              f"documented is {' or '.join(sorted(element.kinds))}")

    def _miss(self, where, what):
        self.counts["missing"] += 1
        self.problems.append(f"{self.name}: {where}: {what}")


def fits(kind, field):
    """Whether JSON values of the kind belong into the field."""
    if kind == "object":
        return field.kind == "message" and field.type_name != CONTENT
    if kind == "binary":
        return field.type_name == CONTENT
    return field.kind == SCALARS.get(kind) and field.number_text == (kind == "number")


def snake_case(name):
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def template(path):
    """The path as a rule writes it: /orders/{orderId} is /orders/{order_id}."""
    return re.sub(r"\{(\w+)\}", lambda match: "{" + snake_case(match[1]) + "}", path)


def compare(contract, documents):
    """Prints the table and what is missing. Returns the exit code."""
    domains, seen = [], set()
    for path in sorted(documents.glob("*.yaml")):
        documented = list(openapi.Document(path.stem, path).operations())
        seen |= {(path.stem, operation.name) for operation in documented}
        domain = Domain(path.stem, contract)
        domain.check(documented)
        domains.append(domain)
    problems = [problem for domain in domains for problem in domain.problems]
    problems += unknown_marks(contract, set().union(*(d.read_only for d in domains)))
    for domain in sorted(set(contract.services) - {d.name for d in domains}):
        problems.append(f"{domain}: has a service but no document")
    for entry in sorted((set(NOT_CALLED) | set(READ_BY_POST)) - seen):
        problems.append(f"{'.'.join(entry)}: is allowed to differ, but in no document")
    print_table([d for d in domains if d.counts["operations"]])
    for problem in problems:
        print("missing:", problem)
    return 1 if problems else 0


def unknown_marks(contract, documented):
    """Marks of fields that are in no request body where a document marks them."""
    marked = {(message.name, field.name) for message in contract.messages.values()
              for field in message.fields if field.read_only}
    return [f"{'.'.join(mark)}: is marked read_only, but so in no documented request body"
            for mark in sorted(marked - documented)]


def print_table(domains):
    total = collections.Counter()
    for domain in domains:
        total.update(domain.counts)
    print(f"{'domain':<26}" + "".join(f"{column:>17}" for column in COLUMNS))
    for name, counts in [(d.name, d.counts) for d in domains] + [("total", total)]:
        print(f"{name:<26}" + "".join(f"{counts[column]:>17}" for column in COLUMNS))


def print_routes(contract):
    print("| service | RPC | operation | REST call |")
    print("|---|---|---|---|")
    for _, service in sorted(contract.services.items()):
        for o in service.operations:
            call = f"{o.method.upper()} {o.path}"
            print(f"| `{service.name}` | {o.rpc} | `{o.name}` | `{call}` |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--routes", action="store_true",
                        help="print every operation and its REST call")
    parser.add_argument("--proto", type=pathlib.Path, default=ROOT / "proto",
                        help="folder of the contract")
    parser.add_argument("--protoc", default="protoc", help="the compiler to use")
    arguments = parser.parse_args()
    if arguments.routes:
        print_routes(Contract.compile(arguments.proto, arguments.protoc))
        return 0
    facts = pathlib.Path(os.environ.get("KLARNA_FACTS") or ROOT.parent / "shared/klarna")
    documents = facts / "openapi"
    if not documents.is_dir():
        print(f"SKIPPED: {documents} is missing, so completeness was not compared. "
              "Set KLARNA_FACTS to the folder that holds openapi/.")
        return SKIPPED
    return compare(Contract.compile(arguments.proto, arguments.protoc), documents)


if __name__ == "__main__":
    sys.exit(main())
