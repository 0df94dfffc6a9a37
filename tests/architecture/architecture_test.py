#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what no compiler checks: that each foreign library is used in one
place, that a folder of service/ includes only folders whose libraries its
CMakeLists.txt names, and that time and chance come in through service/runtime.

    architecture_test.py ROOT
"""

import pathlib
import re
import sys

# A foreign library and the only paths below service/ that may include it. A
# path that ends in "/" is a folder, any other a prefix of a file's name.
DOORS = {
    "gRPC": (r"<grpc(pp)?/", ["rpc/", "main.cc"]),
    "libcurl": (r"<curl/", ["http/curl_"]),
    "libevent": (r"<event2?[/.]", ["sandbox/"]),
    "OpenSSL": (r"<openssl/", ["auth/", "runtime/", "http/curl_", "sandbox/"]),
    "zlib": (r"<zlib\.h>", ["http/gzip_decoder"]),
    "yaml-cpp": (r"<yaml-cpp/", ["config/"]),
    "CLI11": (r"<CLI/", ["cli/"]),
    "jq": (r"<jq\.h>|<jv\.h>", ["transform/"]),
    "nlohmann_json": (r"<nlohmann/", ["cli/", "sandbox/"]),
    "simdjson": (r"<simdjson", []),
    "GoogleTest": (r"<g(test|mock)/", []),
}

# What only service/runtime may call: everything else gets a Clock, a Random or
# an Executor.
TIME_AND_CHANCE = re.compile(
    r"\b(system_clock|steady_clock|high_resolution_clock)::now\b"
    r"|\babsl::(Now|GetCurrentTimeNanos|SleepFor|BitGen|InsecureBitGen)\b"
    r"|\b(gettimeofday|clock_gettime|getrandom|usleep|nanosleep|arc4random)\s*\("
    r"|\bsleep_(for|until)\b"
    r"|\bstd::random_device\b"
    r"|(?<![\w.>:])(std::|::)?(time|rand|srand|random)\s*\("
    r"|\bRAND_bytes\b")

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"][^>"]+[>"])', re.MULTILINE)
COMMENT_OR_STRING = re.compile(r'//[^\n]*|"(?:[^"\\\n]|\\.)*"')
LICENSE = "SPDX-License-Identifier: Apache-2.0"


def sources(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in (".cc", ".h"))


def check_doors(service):
    for path in sources(service):
        name = path.relative_to(service).as_posix()
        for include in INCLUDE.findall(path.read_text()):
            for library, (pattern, doors) in DOORS.items():
                if re.match(pattern, include) and not name.startswith(tuple(doors)):
                    allowed = ", ".join(f"service/{d}*" for d in doors) or "nothing"
                    yield (f"service/{name} includes {include}: {library} may be used "
                           f"by {allowed} of service/")


def dependencies(service):
    """For each folder of service/ the folders whose libraries it links, those
    that come with them included."""
    direct = {}
    for lists in sorted(service.glob("*/CMakeLists.txt")):
        text = re.sub(r"#[^\n]*", "", lists.read_text())
        libraries = set(re.findall(r"\bklarna_([a-z]+)\b", text))
        direct[lists.parent.name] = libraries & {p.name for p in service.iterdir()}

    def closure(folder, seen):
        for other in direct.get(folder, ()):
            if other not in seen:
                seen.add(other)
                closure(other, seen)
        return seen

    return {folder: closure(folder, {folder}) for folder in direct}


def check_layers(service):
    allowed = dependencies(service)
    for folder, linked in allowed.items():
        for path in sources(service / folder):
            for include in INCLUDE.findall(path.read_text()):
                used = re.match(r'"service/(\w+)/', include)
                if used and used[1] not in linked:
                    yield (f"{path.relative_to(service.parent)} includes {include}: "
                           f"service/{folder}/CMakeLists.txt does not name klarna_{used[1]}")
    for folder, linked in allowed.items():
        for other in sorted(linked - {folder}):
            if folder in allowed.get(other, ()):
                yield f"service/{folder} and service/{other} depend on each other"


def check_time_and_chance(service):
    for path in sources(service):
        if path.is_relative_to(service / "runtime"):
            continue
        text = COMMENT_OR_STRING.sub("", path.read_text())
        for number, line in enumerate(text.splitlines(), 1):
            if found := TIME_AND_CHANCE.search(line):
                yield (f"{path.relative_to(service.parent)}:{number} uses {found[0].strip()}: "
                       "take a Clock, a Random or an Executor of service/runtime")


def check_licenses(root):
    for folder in ("service", "tests", "client_stubs/cpp"):
        for path in sources(root / folder):
            if LICENSE not in path.read_text().split("\n", 1)[0]:
                yield f"{path.relative_to(root)}: the first line must be // {LICENSE}"


def main():
    root = pathlib.Path(sys.argv[1])
    service = root / "service"
    faults = [*check_doors(service), *check_layers(service),
              *check_time_and_chance(service), *check_licenses(root)]
    for fault in faults:
        print(fault)
    print(f"{len(sources(service))} files of service/ checked, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
