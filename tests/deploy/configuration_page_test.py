#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""deploy/configuration.md is what the program says, and its examples load.

    configuration_page_test.py ROOT PROGRAM
    configuration_page_test.py ROOT PROGRAM --write   brings the page up to date

Everything from "## Every key" on is made by `klarna-gateway config-page`. The
YAML examples are loaded with secrets of their own, and there must be one of each
kind of credentials; the example of environment variables is loaded, too. The JSON
Schema of `klarna-gateway config-schema` takes the examples and what --print-config
makes of them, and refuses what the program refuses.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

try:
    import jsonschema
    import yaml
except ModuleNotFoundError as error:
    sys.exit(f"{error}. Run: apt-get install python3-jsonschema python3-yaml")

GENERATED = "## Every key"
SECRETS = ("klarna", "nordics", "oceania", "kustom", "shipping", "partner",
           "resume", "resume-before", "ca.pem")


def run(program, *arguments, environment=()):
    return subprocess.run([program, *arguments], capture_output=True, text=True,
                          env=dict(environment), timeout=60, check=False)


# Changes of the first example that neither the program nor the schema takes.
BAD = [("accounts:", "lisen: x\naccounts:"), ("region: eu", "region: mars"),
       ("name: shop", "nam: shop"), ("accounts:", "event_loops: 65\naccounts:"),
       ("password: {", "password: {env: X, "),
       ("accounts:", "limits: {stall_end: 5}\naccounts:")]


def check(program, schema, folder, text, environment):
    """Loads one example; what is wrong with it, or nothing."""
    path = folder / "gateway.yaml"
    path.write_text(text)
    result = run(program, "validate", "--config", path, environment=environment)
    if result.returncode:
        return result.stderr
    printed = run(program, "--print-config", "--config", path,
                  environment=environment).stdout
    for document in (text, printed):
        for error in schema.iter_errors(yaml.safe_load(document)):
            return f"schema: {error.json_path}: {error.message}\n"
    return ""


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
    schema = jsonschema.Draft202012Validator(
        json.loads(run(program, "config-schema").stdout))
    jsonschema.Draft202012Validator.check_schema(schema.schema)
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
            if fault := check(program, schema, folder, moved(example), environment):
                faults.append(f"{fault}in the example\n{example}")
        for good, bad in BAD:
            changed = examples[0].replace(good, bad)
            fault = check(program, schema, folder, moved(changed), environment)
            if not fault or fault.startswith("schema:"):
                faults.append(f"the program takes {bad}")
            if schema.is_valid(yaml.safe_load(changed)):
                faults.append(f"the schema takes {bad}")
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
