# SPDX-License-Identifier: Apache-2.0
"""Streams all transactions of a payout and sums them by type. It goes on where
it was when the gateway restarts in between."""

import argparse
import collections
import sys

import grpc

import klarna_gateway
from klarna.settlements.v1 import settlements_service_pb2 as settlements_pb2
from klarna.settlements.v1 import settlements_service_pb2_grpc as settlements_grpc


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--target", default="127.0.0.1:50051", help="address of the gateway")
    arguments.add_argument("--payout", default="PAYOUT00001", help="payment reference of the payout")
    flags = arguments.parse_args()

    with grpc.insecure_channel(flags.target) as channel:
        settlements = settlements_grpc.SettlementsServiceStub(channel)
        request = settlements_pb2.SubscribeRequest(
            list_transactions=settlements_pb2.ListTransactions(payment_reference=flags.payout))
        sums = collections.Counter()
        count = 0
        for transaction in klarna_gateway.entities(settlements.Subscribe, request):
            sums[transaction.type] += transaction.amount
            count += 1

    print(f"{count} transactions in {flags.payout}")
    for kind, amount in sorted(sums.items()):
        print(f"{kind:<12} {amount:14}")


if __name__ == "__main__":
    try:
        main()
    except klarna_gateway.GatewayError as error:
        sys.exit(str(error))
