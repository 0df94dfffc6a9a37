#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that rows.txt has every attack once, that each row names tests, and that
they are in the tree.

    rows_test.py ROOT
"""

import pathlib
import re
import sys

# A10, A14, A17, A19 and A20 are of what is not there yet (authentication of callers,
# TLS on the gateway's port) or have no test of their own; A18 is tested by
# tests/service/transform, A25 is of packages.
REQUIRED = [f"A{n}" for n in (*range(1, 10), 11, 12, 13, 15, 16, 21, 22, 23, 24)]
TEST = re.compile(r"\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)")


def tests_of(root):
    """Suite.Name of every test of the tree, and the fuzz targets."""
    for path in (root / "tests").rglob("*.cc"):
        for suite, name in TEST.findall(path.read_text()):
            yield f"{suite}.{name}"
    targets = re.search(r"set\(targets([^)]*)\)",
                        (root / "tests/fuzz/CMakeLists.txt").read_text())
    for target in targets[1].split():
        yield f"fuzz_{target}"


def faults(root):
    known = set(tests_of(root))
    seen = []
    for line in (root / "tests/attacks/rows.txt").read_text().splitlines():
        if line.startswith("#"):
            continue
        attack, names = line.split(":")
        seen.append(attack.split()[0])
        if not names.split():
            yield f"{attack}: no test"
        for name in names.split():
            if name not in known:
                yield f"{attack}: there is no {name}"
    for attack in REQUIRED:
        if seen.count(attack) != 1:
            yield f"{attack}: {seen.count(attack)} rows instead of one"


def main():
    found = list(faults(pathlib.Path(sys.argv[1])))
    print("\n".join(found) or "every row has its tests")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
