# SPDX-License-Identifier: Apache-2.0
"""Reads one order and prints what can still be captured."""

import argparse
import sys

import grpc

import klarna_gateway
from klarna.order_management.v1 import order_management_service_pb2 as orders_pb2
from klarna.order_management.v1 import order_management_service_pb2_grpc as orders_grpc


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--target", default="127.0.0.1:50051", help="address of the gateway")
    arguments.add_argument("--order", required=True, help="Klarna's id of the order")
    flags = arguments.parse_args()

    with grpc.insecure_channel(flags.target) as channel:
        orders = orders_grpc.OrderManagementServiceStub(channel)
        request = orders_pb2.SubscribeRequest(get_order=orders_pb2.GetOrder(order_id=flags.order))
        order = klarna_gateway.get(orders.Subscribe, request).order

    print(f"order {order.order_id}: {order.status}")
    print(f"amount {order.order_amount} {order.purchase_currency}, "
          f"captured {order.captured_amount}, refunded {order.refunded_amount}, "
          f"remaining {order.remaining_authorized_amount}")
    for line in order.order_lines:
        print(f"  {line.quantity} x {line.name}: {line.total_amount}")


if __name__ == "__main__":
    try:
        main()
    except klarna_gateway.GatewayError as error:
        sys.exit(str(error))
