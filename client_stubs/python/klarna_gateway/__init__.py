# SPDX-License-Identifier: Apache-2.0
"""Reads whole streams of klarna-gateway across broken connections and decodes
its errors. The stubs themselves are generated: see ../generate.

    channel = grpc.insecure_channel("127.0.0.1:50051")
    settlements = SettlementsServiceStub(channel)
    for transaction in klarna_gateway.entities(settlements.Subscribe, request):
        ...
"""

import os
import random
import time
import uuid

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from klarna.gateway.v1 import klarna_error_pb2, outcome_pb2
from klarna.rest.v1 import rest_pb2

# How often in a row a stream is opened without getting anything.
ATTEMPTS = 6


class GatewayError(Exception):
    """A status of the gateway with its details decoded. A detail that the
    status does not carry is None.

    code        grpc.StatusCode
    info        google.rpc.ErrorInfo: reason; http_status, correlation_id,
                operation and account as metadata
    klarna      KlarnaError: what Klarna itself said
    outcome     Outcome: on a Publish, whether the change took effect
    bad_request google.rpc.BadRequest: the fields that are at fault
    retry       google.rpc.RetryInfo: how long to wait before the next try
    """

    def __init__(self, error):
        self.code = error.code()
        self.message = error.details()
        status = rpc_status.from_call(error)
        details = status.details if status else []
        self.info = _unpack(details, error_details_pb2.ErrorInfo)
        self.klarna = _unpack(details, klarna_error_pb2.KlarnaError)
        self.outcome = _unpack(details, outcome_pb2.Outcome)
        self.bad_request = _unpack(details, error_details_pb2.BadRequest)
        self.retry = _unpack(details, error_details_pb2.RetryInfo)
        super().__init__(self._text())

    @property
    def reason(self):
        """Klarna's error code or the gateway's own; "" when there is none."""
        return self.info.reason if self.info else ""

    def _text(self):
        lines = [f"{self.code.name}: {self.message}"]
        if self.info:
            metadata = dict(self.info.metadata)
            lines.append(f"reason: {self.reason} ({self.info.domain}) {metadata}")
        if self.bad_request:
            for violation in self.bad_request.field_violations:
                lines.append(f"field {violation.field}: {violation.description}")
        if self.klarna and self.klarna.error_code:
            messages = list(self.klarna.error_messages)
            lines.append(f"Klarna: {self.klarna.error_code} {messages}")
        if self.retry:
            lines.append(f"retry after: {self.retry.retry_delay.ToTimedelta()}")
        if self.outcome:
            verdict = outcome_pb2.Verdict.Name(self.outcome.verdict)
            lines.append(f"outcome: {verdict}, attempts: {self.outcome.attempts}")
        return "\n  ".join(lines)


def subscribe(method, request):
    """Opens the stream and yields its messages. When the gateway becomes
    unavailable it goes on after the last message, so that none is missing and
    none comes twice. To go on in another process, store batch.resume_token with
    what was made of the batch and put it into request.paging.

    Raises GatewayError.
    """
    request = type(request).FromString(request.SerializeToString())
    failures = 0
    while True:
        batch = None
        call = method(request)
        try:
            for response in call:
                batch = response.batch
                failures = 0
                yield response
            return
        except grpc.RpcError as error:
            if batch is not None and batch.last:
                return
            failures += 1
            # Single entities and files have no token: once a part of one has
            # come, it cannot be gone on with.
            resumable = batch is None or batch.resume_token
            if (error.code() != grpc.StatusCode.UNAVAILABLE or not resumable
                    or failures >= ATTEMPTS):
                raise GatewayError(error) from error
        finally:
            # Ends the call when the caller leaves the loop early.
            call.cancel()
        time.sleep(0.1 * 2**failures * random.uniform(0.5, 1))
        if batch is not None:
            request.paging.resume_token = batch.resume_token


def get(method, request):
    """Reads a single entity: a stream of one message."""
    return next(subscribe(method, request))


def entities(method, request):
    """Like subscribe, but yields the entities of a list one by one."""
    operation = request.WhichOneof("operation")
    descriptor = request.DESCRIPTOR.fields_by_name[operation].message_type
    rule = descriptor.GetOptions().Extensions[rest_pb2.rest]
    if not rule.HasField("paging"):
        raise ValueError(f"{operation} does not read a list: use subscribe")
    for response in subscribe(method, request):
        yield from getattr(getattr(response, rule.result), rule.paging.items)


def publish(method, request, timeout=90):
    """Sends a change. Raises GatewayError; its outcome tells what is known."""
    try:
        return method(request, timeout=timeout)
    except grpc.RpcError as error:
        raise GatewayError(error) from error


def new_request_id():
    """The request_id of a Publish: a UUID version 7. Make it when you decide on
    the change, store it, then call; after a crash, call again with the stored
    one.
    """
    milliseconds = time.time_ns() // 1_000_000
    bits = milliseconds << 80 | int.from_bytes(os.urandom(10), "big")
    bits = bits & ~(0xF << 76) | 7 << 76  # Version 7.
    bits = bits & ~(0x3 << 62) | 2 << 62  # Variant of RFC 9562.
    return str(uuid.UUID(int=bits))


def _unpack(details, message_type):
    for detail in details:
        if detail.Is(message_type.DESCRIPTOR):
            return message_type.FromString(detail.value)
    return None
