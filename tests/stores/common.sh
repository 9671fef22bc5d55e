# Shared by the scripts in this folder, which source it.
#
# Each script installs its store into the cache folder, starts it on loopback with an empty data folder, runs the given
# command with the AWS variables set for it, and stops it.

set -euo pipefail

name=$(basename "$0")
cache=${SLIM_S3_CACHE:-${XDG_CACHE_HOME:-${HOME:?is not set: set it, or SLIM_S3_CACHE}/.cache}/slim-s3}/$name
[[ $cache == /* ]] || cache=$PWD/$cache
pids=()

say() { printf 'tests/stores/%s: %s\n' "$name" "$*" >&2; }
die() { say "$*"; exit 1; }

(($# > 0)) || die "usage: tests/stores/$name COMMAND [ARGUMENT...]"
work=$(mktemp -d)

finish() {
    local status=$? pid i
    trap '' INT TERM HUP
    set +e
    # The process that was started last depends on those before it.
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do kill "${pids[i]}" 2>/dev/null; done
    # Less than tests/run waits for this script.
    local deadline=$((SECONDS + 5))
    for pid in "${pids[@]}"; do
        while kill -0 "$pid" 2>/dev/null && ((SECONDS < deadline)); do sleep 0.1; done
        kill -KILL "$pid" 2>/dev/null
        wait "$pid"
    done
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

need() { command -v "$1" >/dev/null || die "$1 is missing: $2"; }

need curl 'install it'
need python3 'install it'

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Starts a command in the background, with its output in a log.
start() {
    local log=$work/$(basename "$1").log
    "$@" >"$log" 2>&1 &
    pids+=($!)
}

# Waits until URL responds, whatever it says.
wait_for() {
    local seconds
    for seconds in {1..60}; do
        curl -s -o /dev/null --max-time 2 "$1" && return
        kill -0 "${pids[-1]}" 2>/dev/null || break
        sleep 1
    done
    tail -n 20 "$work"/*.log >&2
    die "no response from $1: see the end of its log above"
}

# URL ACCESS_KEY_ID SECRET_ACCESS_KEY REGION COMMAND...
run_with() {
    export AWS_ENDPOINT_URL=$1 AWS_ACCESS_KEY_ID=$2 AWS_SECRET_ACCESS_KEY=$3 AWS_REGION=$4
    unset AWS_ENDPOINT_URL_S3 AWS_SESSION_TOKEN
    shift 4
    say "ready at $AWS_ENDPOINT_URL"
    # Waited for: the shell handles signals only then, and not while a command runs in the foreground.
    "$@" &
    pids+=($!)
    wait "${pids[-1]}"
}
