# SPDX-License-Identifier: Apache-2.0
"""Kills the gateway, then the client, in the middle of 100,000 transactions:
each arrives exactly once all the same.

    resume_test.py GATEWAY SANDBOX
"""

import pathlib
import re
import signal
import subprocess
import sys
import tempfile

import grpc

import klarna_gateway
from klarna.settlements.v1 import settlements_service_pb2 as settlements_pb2
from klarna.settlements.v1 import settlements_service_pb2_grpc as settlements_grpc

TRANSACTIONS = 100_000
PAYOUT = "PAYOUT00001"

CONFIG = """
accounts:
  - name: shop
    base_uri: {url}
    credentials:
      basic:
        user: sandbox
        password: {{file: password}}
resume_tokens:
  secrets:
    - {{file: token_secret}}
"""


class Gateway:
    """The gateway as a process that can be killed and started again on its port."""

    def __init__(self, program, folder):
        self.command = [program, f"--config={folder}/gateway.yaml"]
        self.port = 0
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            self.command + [f"--listen=127.0.0.1:{self.port}"],
            stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if '"msg":"listening"' in line:
                self.port = int(re.search(r'"port":"?(\d+)', line)[1])
                return
        sys.exit("the gateway did not start")

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait()

    def peak_memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return re.search(r"VmHWM:\s*(.*)", status)[1]


def list_transactions():
    return settlements_pb2.SubscribeRequest(
        list_transactions=settlements_pb2.ListTransactions(payment_reference=PAYOUT))


def rows(response):
    return [row.SerializeToString(deterministic=True)
            for row in response.transactions.transactions]


def read(settlements, request, after_half=None):
    """All rows. Calls after_half once, when half of them have come."""
    read = []
    for response in klarna_gateway.subscribe(settlements.Subscribe, request):
        read += rows(response)
        if after_half and len(read) >= TRANSACTIONS / 2:
            after_half()
            after_half = None
    return read


def check(what, read, expected):
    if read != expected:
        sys.exit(f"{what}: {len(read)} rows instead of the {len(expected)} expected, "
                 "or others than those")
    print(f"{what}: {len(read)} rows, each once and in order")


def restart(gateway):
    gateway.stop(signal.SIGKILL)
    gateway.start()


def test(gateway):
    with grpc.insecure_channel(f"127.0.0.1:{gateway.port}") as channel:
        settlements = settlements_grpc.SettlementsServiceStub(channel)
        undisturbed = read(settlements, list_transactions())
        if len(undisturbed) != TRANSACTIONS:
            sys.exit(f"undisturbed: {len(undisturbed)} rows")
        killed = read(settlements, list_transactions(), lambda: restart(gateway))
        check("gateway killed in the middle", killed, undisturbed)

    # A client that stores the token with what it made of the batch, and dies.
    first_half = []
    with grpc.insecure_channel(f"127.0.0.1:{gateway.port}") as channel:
        settlements = settlements_grpc.SettlementsServiceStub(channel)
        for response in klarna_gateway.subscribe(settlements.Subscribe, list_transactions()):
            first_half += rows(response)
            token = response.batch.resume_token
            if len(first_half) >= TRANSACTIONS / 2:
                break
    with grpc.insecure_channel(f"127.0.0.1:{gateway.port}") as channel:
        settlements = settlements_grpc.SettlementsServiceStub(channel)
        request = list_transactions()
        request.paging.resume_token = token
        check("client gone in the middle", first_half + read(settlements, request), undisturbed)
    print(f"peak memory of the gateway: {gateway.peak_memory()}")


def main():
    gateway_program, sandbox_program = sys.argv[1:]
    sandbox = subprocess.Popen(
        [sandbox_program, "--port=0", f"--transactions={TRANSACTIONS}"],
        stdout=subprocess.PIPE, text=True)
    try:
        url = re.search(r"http://\S+", sandbox.stdout.readline())[0]
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "gateway.yaml").write_text(CONFIG.format(url=url))
            (folder / "password").write_text("sandbox")
            (folder / "token_secret").write_text("0123456789abcdef" * 4)
            gateway = Gateway(gateway_program, folder)
            try:
                test(gateway)
            finally:
                died = gateway.process.poll()
                gateway.stop()
            if died is not None:
                sys.exit(f"the gateway ended with {died}")
    finally:
        sandbox.terminate()
        sandbox.wait()


if __name__ == "__main__":
    main()
