#!/usr/bin/env bash
# Prints the tables of docs/ENERGY.md: ERGON=… Benchmarks/energy.sh FOLDER, where FOLDER has the
# carbon intensities, prices and logs that the page names.
set -euo pipefail
data=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
ergon=${ERGON:-ergon}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

show() { grep -v -E "slots from|constant$|unknown in|  (power |carbon)  |^power from" | sed -e '/^$/d'; }

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
        replay=("$ergon" simulate --grid "$work/$zone.yaml" --signals "$data" --objective carbon)
        local logged
        logged=$(kilograms --workload "$work/nightly.swf" --slack 8h --policy logged)
        echo "$zone, nightly, 8 h to either side: $(saved "$logged" --forecast-error 5 \
            --workload "$work/nightly.swf" --slack 8h --seeds 1..40)"
        local batch=(--workload "$work/batch.swf" --until mon,thu@09:00)
        local wrong=(--forecast-error 5 --seeds 1..4)
        logged=$(kilograms "${batch[@]}" --policy logged)
        echo "$zone, until Monday or Thursday at nine: $(
            saved "$logged" "${batch[@]}" "${wrong[@]}")"
        echo "$zone, the same, interruptible: $(
            saved "$logged" "${batch[@]}" "${wrong[@]}" --interruptible)"
        # The paper's simulator lets every window end half an hour later, also that of the jobs
        # with which it compares: they start at once or half an hour later, knowing which is better.
        logged=$(kilograms --workload "$work/batch.swf" --slack 30min --policy planned)
        echo "$zone, with the half hour of the paper's simulator: $(
            saved "$logged" "${batch[@]}" --slack 30min "${wrong[@]}")"
        echo "$zone, the same, interruptible: $(
            saved "$logged" "${batch[@]}" --slack 30min "${wrong[@]}" --interruptible)"
    done
}

# What a replay of one policy emits.
kilograms() {
    "${replay[@]}" "$@" -o json |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["policies"][0]["kilogramsCO2e"])'
}

saved() {
    local before=$1
    shift
    echo "$before $(kilograms "$@" --policy planned)" |
        awk '{ printf "%.2f %% of %.1f kg\n", 100 * (1 - $2 / $1), $1 }'
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
