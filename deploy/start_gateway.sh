# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by scripts that need a running gateway.

gateway_pid=
gateway_port=
sandbox_url=

# start_gateway LOG PROGRAM ARGUMENT...: starts PROGRAM, whose log goes to LOG,
# and returns once it serves. Sets gateway_pid, gateway_port and, with --sandbox
# among the arguments, sandbox_url. When it does not serve it prints the log and
# returns 1.
start_gateway() {
  local log=$1 line
  shift
  : > "$log"
  "$@" 2>> "$log" &
  gateway_pid=$!
  # tail ends when the gateway does, so read always comes back.
  if ! read -r line < <(
      tail --pid="$gateway_pid" --lines=+1 --follow "$log" 2> /dev/null |
        grep --line-buffered --max-count=1 '"msg":"listening"'); then
    echo "The gateway did not start:" >&2
    cat "$log" >&2
    return 1
  fi
  gateway_port=$(sed -E 's/.*"port":"?([0-9]+).*/\1/' <<< "$line")
  # shellcheck disable=SC2034  # For whoever sources this file.
  sandbox_url=$(sed -nE '/"sandbox listening"/s/.*"url":"([^"]+).*/\1/p' "$log")
}

# stop_gateway: lets it finish its calls and waits until it has ended.
stop_gateway() {
  if [[ -z $gateway_pid ]]; then return; fi
  kill -TERM "$gateway_pid" 2> /dev/null || true
  wait "$gateway_pid" 2> /dev/null || true
}
