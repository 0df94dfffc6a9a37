# SPDX-License-Identifier: Apache-2.0
"""Run: build/python/bin/python -m unittest klarna_gateway.klarna_gateway_test"""

import concurrent.futures
import unittest
import uuid
from unittest import mock

import grpc
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

import klarna_gateway
from klarna.gateway.v1 import batch_pb2, klarna_error_pb2, outcome_pb2
from klarna.settlements.v1 import settlements_service_pb2 as settlements_pb2
from klarna.settlements.v1 import settlements_service_pb2_grpc as settlements_grpc

LIST = settlements_pb2.SubscribeRequest(list_payouts=settlements_pb2.ListPayouts())


class BrokenGateway(settlements_grpc.SettlementsServiceServicer):
    """Streams payouts 0, 1, 2... one by one and breaks each call after
    `per_call` of them. A token is the number of payouts before it."""

    def __init__(self, payouts=5, per_call=2, tokens=True):
        self.payouts, self.per_call, self.tokens = payouts, per_call, tokens
        self.calls = 0

    def Subscribe(self, request, context):
        self.calls += 1
        first = int(request.paging.resume_token or 0)
        for i in range(first, self.payouts):
            if i == first + self.per_call:
                context.abort(grpc.StatusCode.UNAVAILABLE, "broken on purpose")
            response = settlements_pb2.SubscribeResponse(
                batch=batch_pb2.Batch(last=i == self.payouts - 1))
            if self.tokens:
                response.batch.resume_token = str(i + 1)
            response.payouts.payouts.add(payment_reference=str(i))
            yield response

    def Publish(self, request, context):
        status = status_pb2.Status(code=code_pb2.FAILED_PRECONDITION, message="refused")
        for detail in (
                error_details_pb2.ErrorInfo(reason="CAPTURE_NOT_ALLOWED", domain="klarna.com"),
                klarna_error_pb2.KlarnaError(error_code="CAPTURE_NOT_ALLOWED"),
                outcome_pb2.Outcome(verdict=outcome_pb2.VERDICT_REJECTED, attempts=1)):
            status.details.add().Pack(detail)
        context.abort_with_status(rpc_status.to_status(status))


class KlarnaGatewayTest(unittest.TestCase):

    def setUp(self):
        pause = mock.patch("time.sleep")
        pause.start()
        self.addCleanup(pause.stop)

    def serve(self, gateway):
        server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
        settlements_grpc.add_SettlementsServiceServicer_to_server(gateway, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self.addCleanup(server.stop, None)
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.addCleanup(channel.close)
        return settlements_grpc.SettlementsServiceStub(channel)

    def test_goes_on_after_the_last_message(self):
        gateway = BrokenGateway()
        stub = self.serve(gateway)
        payouts = klarna_gateway.entities(stub.Subscribe, LIST)
        self.assertEqual([p.payment_reference for p in payouts], ["0", "1", "2", "3", "4"])
        self.assertEqual(gateway.calls, 3)

    def test_does_not_repeat_what_has_no_token(self):
        stub = self.serve(BrokenGateway(tokens=False))
        received = []
        with self.assertRaises(klarna_gateway.GatewayError) as raised:
            for response in klarna_gateway.subscribe(stub.Subscribe, LIST):
                received.append(response)
        self.assertEqual(raised.exception.code, grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(len(received), 2)

    def test_gives_up_without_progress(self):
        gateway = BrokenGateway(per_call=0)
        stub = self.serve(gateway)
        with self.assertRaises(klarna_gateway.GatewayError):
            list(klarna_gateway.subscribe(stub.Subscribe, LIST))
        self.assertEqual(gateway.calls, klarna_gateway.ATTEMPTS)

    def test_leaves_the_callers_request_alone(self):
        request = settlements_pb2.SubscribeRequest(list_payouts=settlements_pb2.ListPayouts())
        stub = self.serve(BrokenGateway())
        list(klarna_gateway.subscribe(stub.Subscribe, request))
        self.assertEqual(request, LIST)

    def test_entities_refuses_what_is_no_list(self):
        request = settlements_pb2.SubscribeRequest(
            get_payout=settlements_pb2.GetPayout(payment_reference="A"))
        with self.assertRaises(ValueError):
            list(klarna_gateway.entities(mock.Mock(), request))

    def test_an_error_holds_the_details(self):
        stub = self.serve(BrokenGateway())
        with self.assertRaises(klarna_gateway.GatewayError) as raised:
            klarna_gateway.publish(stub.Publish, settlements_pb2.PublishRequest())
        error = raised.exception
        self.assertEqual(error.code, grpc.StatusCode.FAILED_PRECONDITION)
        self.assertEqual(error.reason, "CAPTURE_NOT_ALLOWED")
        self.assertEqual(error.klarna.error_code, "CAPTURE_NOT_ALLOWED")
        self.assertEqual(error.outcome.verdict, outcome_pb2.VERDICT_REJECTED)
        self.assertIsNone(error.retry)

    def test_a_request_id_is_a_uuid_of_version_7(self):
        first, second = (uuid.UUID(klarna_gateway.new_request_id()) for _ in range(2))
        self.assertEqual((first.version, first.variant), (7, uuid.RFC_4122))
        self.assertNotEqual(first, second)


if __name__ == "__main__":
    unittest.main()
