#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""deploy/configuration.md is what the program says, and its examples load.

    configuration_page_test.py ROOT PROGRAM
    configuration_page_test.py ROOT PROGRAM --write   brings the page up to date

Everything from "## Every key" on is made by `klarna-gateway config-page`. The
YAML examples are loaded with secrets of their own, and their keys must together
be all kinds of credentials that there are; the example of environment variables
is loaded, too.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

GENERATED = "## Every key"
SECRETS = ("klarna", "nordics", "oceania", "kustom", "shipping", "partner",
           "resume", "resume-before", "ca.pem")


def run(program, *arguments, environment=()):
    return subprocess.run([program, *arguments], capture_output=True, text=True,
                          env=dict(environment), timeout=60, check=False)


def validate(program, folder, text, environment):
    """Loads one example; what is wrong with it, or nothing."""
    path = folder / "gateway.yaml"
    path.write_text(text)
    result = run(program, "validate", "--config", path, environment=environment)
    return result.stderr if result.returncode else ""


def main():
    root, program = pathlib.Path(sys.argv[1]), sys.argv[2]
    page = root / "deploy/configuration.md"
    text = page.read_text()
    written, _, generated = text.partition(GENERATED)
    expected = run(program, "config-page").stdout
    if "--write" in sys.argv:
        page.write_text(written + expected)
        return 0

    faults = []
    if GENERATED + generated != expected:
        faults.append(f"{page} is not up to date. Run {sys.argv[0]} {root} "
                      f"{program} --write")
    examples = re.findall(r"```yaml\n(.*?)```", written, re.DOTALL)
    variables = re.findall(r"^    (KLARNA_GATEWAY_\w+)=(.*)$", written, re.MULTILINE)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for secret in SECRETS:
            (folder / secret).write_text("0123456789abcdef0123456789abcdef\n")

        def moved(value):
            return value.replace("/run/secrets", name)

        environment = {"KLARNA_API_KEY": "key"}
        for example in examples:
            if fault := validate(program, folder, moved(example), environment):
                faults.append(f"{fault}in the example\n{example}")
        result = run(program, "validate", environment=[
            (variable, moved(value)) for variable, value in variables])
        if result.returncode:
            faults.append(f"{result.stderr}in the example of variables")

    kinds = re.search(r"### Credentials\n.*?\n\n(?=###)", expected, re.DOTALL)[0]
    for kind in re.findall(r"^\| `(\w+)` \|", kinds, re.MULTILINE):
        if not any(re.search(rf"\b{kind}:", example) for example in examples):
            faults.append(f"no example has credentials of the kind {kind}")
    for fault in faults:
        print(fault)
    print(f"{len(examples)} examples loaded, {len(faults)} faults")
    return 1 if faults or not examples else 0


if __name__ == "__main__":
    sys.exit(main())
