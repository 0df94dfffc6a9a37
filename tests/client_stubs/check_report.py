#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that a CSV report and the stream of the same payout have the same sums
by type, and prints the id of an order in it.

    check_report.py REPORT.csv PRINT-OUT-OF-SUM_PAYOUT
"""

import collections
import csv
import sys


def main():
    report, printed = sys.argv[1:]
    with open(report, newline="") as file:
        rows = list(csv.DictReader(file))
    sums = collections.Counter()
    for row in rows:
        sums[row["type"]] += int(row["amount"])
    with open(printed) as file:
        count, *lines = file.read().splitlines()
    streamed = {kind: int(amount) for kind, amount in map(str.split, lines)}
    if dict(sums) != streamed or int(count.split()[0]) != len(rows):
        sys.exit(f"the report has {len(rows)} rows, {dict(sums)};\n"
                 f"streamed were {count}, {streamed}")
    print(next(row["order_id"] for row in rows if row["type"] == "SALE"))


if __name__ == "__main__":
    main()
