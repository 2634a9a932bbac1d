#!/usr/bin/env bash
# Prints the tables of docs/ENERGY.md: ERGON=… Benchmarks/energy.sh FOLDER, where FOLDER has the
# carbon intensities, prices and logs that the page names.
set -euo pipefail
data=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
ergon=${ERGON:-ergon}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

show() { grep -v -E "slots from|constant$|unknown in" | sed -e '/^$/d'; }

three_sites() {
    echo "## Five days of the LHC Computing Grid at three sites"
    local replay=("$ergon" simulate --grid "$here/../examples/energy/three-sites.yaml"
        --signals "$data" --workload "$data/workload_LCG-2005_days0-4.swf.gz" --start 2020-06-01)
    for rules in "--objective carbon --slack 24h --policy even --policy greedy --policy threshold
            --policy planned --policy whole" "--objective energy --slack 24h --policy planned
            --policy whole" "--objective carbon --slack 24h --fixed-shares --policy planned
            --policy whole" "--objective carbon --buckets --policy whole"; do
        # The rules are words.
        # shellcheck disable=SC2086
        echo "$ $(echo $rules)" && "${replay[@]}" $rules | show
    done
}

waits() {
    echo "## Let's Wait Awhile"
    {
        echo "; UnixStartTime: 1577836800"
        seq 0 364 | awk '{ planned = $1 * 86400 + 3600; from = planned - 28800
            if (from < 0) from = 0
            print $1 + 1, from, planned - from, 1800, 1, "-1 -1 -1 -1 -1 1 1 1 1 1 1 -1 -1" }'
    } >"$work/nightly.swf"
    {
        echo "; UnixStartTime: 1577836800"
        awk -F, '{ print NR, $1 * 1800, 0, $2 * 1800, 1, "-1 -1 -1 -1 -1 1 1 1 1 1 1 -1 -1" }' \
            "$here/../Tests/ErgonPlannerTests/Fixtures/batch-jobs.csv"
    } >"$work/batch.swf"
    for zone in DE GB FR; do
        cat >"$work/$zone.yaml" <<EOF
apiVersion: ergon/v1
kind: Grid
slot: 30 min
sites:
  grid:
    carbon: {file: carbon_${zone}_2020_30min.csv}
    nodes: {node: {count: 4000, cores: 1, memory: 4 GiB, idle: 0 W, core: 1 kW}}
EOF
        local replay=("$ergon" simulate --grid "$work/$zone.yaml" --signals "$data"
            --objective carbon --forecast-error 5 --policy logged --policy planned)
        echo "$ $zone, nightly, 8 h to either side"
        "${replay[@]}" --workload "$work/nightly.swf" --slack 8h --seeds 1..40 | show
        echo "$ $zone, until Monday or Thursday at nine"
        "${replay[@]}" --workload "$work/batch.swf" --until mon,thu@09:00 --seeds 1..2 | show
        echo "$ $zone, the same, interruptible"
        "${replay[@]}" --workload "$work/batch.swf" --until mon,thu@09:00 --seeds 1..2 \
            --interruptible | show
    done
}

prices() {
    echo "## Day-ahead prices, as they were and as they were forecast"
    for column in real_eur_per_mwh forecast_dnn forecast_lear; do
        cat >"$work/$column.yaml" <<EOF
apiVersion: ergon/v1
kind: Grid
slot: 1 h
sites:
  germany:
    pue: 1.3
    price: {file: price_forecast_DE_hourly.csv, column: $column}
    nodes: {node: {count: 100, cores: 32, memory: 128 GiB, idle: 80 W, core: 4 W}}
EOF
    done
    for month in 2016-02 2016-05 2016-08 2016-11 2017-02 2017-05 2017-08 2017-11; do
        for column in real_eur_per_mwh forecast_dnn forecast_lear; do
            echo "$ $month, known beforehand: $column"
            "$ergon" simulate --grid "$work/real_eur_per_mwh.yaml" --signals "$data" \
                --forecast "$work/$column.yaml" --objective money --slack 24h \
                --workload "$data/workload_LCG-2005_days0-4.swf.gz" --start "$month-06" \
                --policy even --policy threshold --policy planned --policy whole | show
        done
    done
}

case ${2:-all} in
all) three_sites && waits && prices ;;
three_sites | waits | prices) "$2" ;;
esac
