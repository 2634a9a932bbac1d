#!/usr/bin/env bash
# 10,000 x /bin/true: ergon with mutual TLS and the durable log on, and xargs -P2 beside it, in turn.
# Prints the median of five runs of each and their ratio. ERGON names the executable.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

seconds() {
    local start end
    start=$(date +%s.%N)
    "$@" > "$folder/said" 2>&1 || { cat "$folder/said" >&2; exit 1; }
    end=$(date +%s.%N)
    awk "BEGIN { print $end - $start }"
}
by_ergon() { "$ERGON" run manifests/noop.yaml --workers 2 --cpus 2 --runs "$folder/runs"; }
by_xargs() { seq 10000 | xargs -P2 -I{} /bin/true; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

for run in 1 2 3 4 5; do
    seconds by_ergon >> "$folder/ergon"
    seconds by_xargs >> "$folder/xargs"
done
ergon=$(median < "$folder/ergon")
xargs=$(median < "$folder/xargs")
awk "BEGIN {
    printf \"ergon run   %8.2f s  %7.0f tasks/s\n\", $ergon, 10000 / $ergon
    printf \"xargs -P2   %8.2f s  %7.0f tasks/s\n\", $xargs, 10000 / $xargs
    printf \"ratio       %8.2f\n\", $ergon / $xargs
}"
