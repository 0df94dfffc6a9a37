# SPDX-License-Identifier: Apache-2.0
"""Downloads a payout with its transactions as a CSV file, chunk by chunk."""

import argparse
import os
import sys

import grpc

import klarna_gateway
from klarna.settlements.v1 import settlements_service_pb2 as settlements_pb2
from klarna.settlements.v1 import settlements_service_pb2_grpc as settlements_grpc


def download(settlements, payout, path):
    """Returns the number of bytes. Leaves no file behind when it fails."""
    request = settlements_pb2.SubscribeRequest(
        get_payout_report_with_transactions=settlements_pb2.GetPayoutReportWithTransactions(
            payment_reference=payout))
    try:
        with open(path, "wb") as file:
            for response in klarna_gateway.subscribe(settlements.Subscribe, request):
                file.write(response.report.data)
            return file.tell()
    except klarna_gateway.GatewayError:
        os.remove(path)
        raise


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--target", default="127.0.0.1:50051", help="address of the gateway")
    arguments.add_argument("--payout", default="PAYOUT00001", help="payment reference of the payout")
    arguments.add_argument("--file", default="payout.csv", help="file to write")
    flags = arguments.parse_args()

    with grpc.insecure_channel(flags.target) as channel:
        settlements = settlements_grpc.SettlementsServiceStub(channel)
        size = download(settlements, flags.payout, flags.file)
    print(f"{flags.file}: {size} bytes")


if __name__ == "__main__":
    try:
        main()
    except klarna_gateway.GatewayError as error:
        sys.exit(str(error))
