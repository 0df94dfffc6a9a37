# SPDX-License-Identifier: Apache-2.0
"""Captures a part of an order. Called again with the same request id, it finds
the capture already made."""

import argparse
import sys

import grpc

import klarna_gateway
from klarna.gateway.v1 import outcome_pb2
from klarna.order_management.v1 import capture_pb2
from klarna.order_management.v1 import order_management_service_pb2 as orders_pb2
from klarna.order_management.v1 import order_management_service_pb2_grpc as orders_grpc


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--target", default="127.0.0.1:50051", help="address of the gateway")
    arguments.add_argument("--order", required=True, help="Klarna's id of the order")
    arguments.add_argument("--amount", type=int, default=1000, help="what to capture, in minor units")
    arguments.add_argument("--request-id", default=klarna_gateway.new_request_id(),
                           help="of this capture; give it again to repeat a call")
    flags = arguments.parse_args()

    # A real caller stores the request id before it calls.
    print(f"request id {flags.request_id}")
    with grpc.insecure_channel(flags.target) as channel:
        orders = orders_grpc.OrderManagementServiceStub(channel)
        request = orders_pb2.PublishRequest(
            request_id=flags.request_id,
            create_capture=orders_pb2.CreateCapture(
                order_id=flags.order,
                capture=capture_pb2.NewCapture(
                    captured_amount=flags.amount,
                    description="First parcel")))
        outcome = klarna_gateway.publish(orders.Publish, request).outcome
    print(f"capture {outcome.created_id}: {outcome_pb2.Verdict.Name(outcome.verdict)}")


if __name__ == "__main__":
    try:
        main()
    except klarna_gateway.GatewayError as error:
        sys.exit(str(error))
