#!/usr/bin/env bash
# Plan, run, kill, resume and undo a change of prices, on a sandbox of its own. Nothing real is touched.
#
# usage: docs/demo/demo.sh          with `whmcsh` on the path
# `tests/cli/recording.rs` runs this on a terminal and draws docs/demo/demo.svg from what it shows.
set -euo pipefail
demo=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d /tmp/whmcsh.XXXXXX)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$folder"' EXIT
cp "$demo/prices.rhai" "$demo/prices.csv" "$folder"
cd "$folder"
export HOME=$folder XDG_STATE_HOME=$folder/state

# The reply to the 21st write is held back, so that the run can be killed in the middle of it.
whmcsh sandbox --listen 127.0.0.1:0 --clients 140 --now 2026-11-24 \
    --fault 'latency-after=3600s@UpdateClientProduct:#21' --fault-log held.jsonl >sandbox.log 2>&1 &
until url=$(grep -o "http://127.0.0.1:[0-9]*" sandbox.log); do kill -0 $! && sleep 0.02; done
export WHMCSH_URL=${url%%$'\n'*} WHMCSH_IDENTIFIER=sandbox WHMCSH_SECRET=sandbox

scene() { printf '\n\e[2m# %s\e[0m\n' "$1"; }
prompt() { printf '\e[1m$ %s\e[0m\n' "$*"; }
run() {
    prompt "$@"
    "$@"
}
run_and_kill() {
    prompt "$@"
    "$@" &
    until [ -s held.jsonl ]; do kill -0 $! && sleep 0.02; done
    kill -9 $!
    wait $! 2>/dev/null || printf '\nKilled\n'
}

scene 'Plan: reads are sent, writes are shown.'
run cat prices.rhai
run whmcsh plan prices.rhai prices.csv

scene 'Run, and lose the process in the middle of a write.'
run_and_kill whmcsh run prices.rhai prices.csv --snapshot
run whmcsh runs show

scene 'Resume: completed writes are not repeated, the uncertain one is checked on the server first.'
run whmcsh run prices.rhai prices.csv --resume last
run whmcsh runs show

scene 'Undo: old values come back where nobody changed them since.'
run whmcsh runs undo last --workers 1
