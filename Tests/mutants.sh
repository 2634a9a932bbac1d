#!/usr/bin/env bash
# Breaks the cores on purpose, one way at a time, and expects the simulation to notice: a test that
# never failed proves nothing. Works on a copy; the tree stays as it is.
#
# usage: mutants.sh [WORDS]...   only those whose names have one of these words
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
scratch=${MUTANTS_SCRATCH:-$root/.build-mutants}
seeds=${MUTANTS_SEEDS:-64}
words=("$@")
# Always in the same place, so that what has not changed need not be built again.
copy=$scratch/package
rm -rf "$copy"
mkdir -p "$copy"

# A package of the cores alone, built for debugging: one file at a time is built anew, in seconds.
mkdir "$copy/Main"
cat > "$copy/Package.swift" <<'SWIFT'
// swift-tools-version: 6.2
import PackageDescription

func core(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Core/\(name)",
        swiftSettings: [
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("ExistentialAny"),
        ])
}
let package = Package(
    name: "ergon",
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2")
    ],
    targets: [
        core("ErgonModel", []),
        core("ErgonCoordinator", ["ErgonModel"]),
        core("ErgonWorker", ["ErgonModel"]),
        core("ErgonProvenance", ["ErgonModel", .product(name: "Crypto", package: "swift-crypto")]),
        core("ErgonAudit", ["ErgonModel", "ErgonProvenance"]),
        core(
            "ErgonSimulation",
            ["ErgonModel", "ErgonCoordinator", "ErgonWorker", "ErgonProvenance", "ErgonAudit"]),
        .executableTarget(name: "mutant", dependencies: ["ErgonSimulation"], path: "Main"),
    ])
SWIFT
cat > "$copy/Main/main.swift" <<'SWIFT'
import ErgonSimulation

for seed in 1...(UInt64(CommandLine.arguments[1]) ?? 0) {
    if let violation = Simulation.checked(seed: seed).violation {
        print(violation)
        break
    }
}
SWIFT
mkdir "$copy/Core"
for target in ErgonModel ErgonCoordinator ErgonWorker ErgonProvenance ErgonAudit ErgonSimulation; do
    cp -rL "$root/Sources/Core/$target" "$copy/Core/$target"
done
cp -r "$copy/Core" "$copy/Whole"

# Prints the first broken promise; nothing if all were kept. A trap, or a world that does not come
# to its end, is noticed as well.
run() {
    swift build --package-path "$copy" --scratch-path "$scratch" --product mutant \
        > "$copy/build.log" 2>&1 || { cat "$copy/build.log" >&2; exit 2; }
    SWIFT_BACKTRACE=enable=no timeout 600 "$scratch/debug/mutant" "$seeds" 2> "$copy/trap.log" \
        || { local status=$?
            grep -m1 -i 'fatal error' "$copy/trap.log" || echo "ended with status $status"; }
}

found=$(run)
if [ -n "$found" ]; then
    echo "without any mutation: $found"
    exit 1
fi
echo "kept      all promises, without any mutation"

# change FILE OLD NEW: OLD must be there once; how it is laid out does not matter.
change() {
    OLD=$2 NEW=$3 perl -0pi -e '
        my $old = join q(\s*), map { quotemeta } grep { length } split /\s+|(?<=\W)|(?=\W)/, $ENV{OLD};
        my $count = s/$old/$ENV{NEW}/g;
        exit 3 unless $count == 1;
    ' "$1"
}

isAsked() {
    local word
    for word in "${words[@]}"; do [[ $1 == *"$word"* ]] && return 0; done
    [ ${#words[@]} = 0 ]
}

survivors=0
# mutant NAME FILE OLD NEW
mutant() {
    isAsked "$1" || return 0
    local found
    if change "$copy/Core/$2" "$3" "$4"; then
        found=$(run)
        if [ -n "$found" ]; then
            echo "noticed   $1: $found"
        else
            echo "SURVIVED  $1"
            survivors=$((survivors + 1))
        fi
    else
        echo "STALE     $1: the text to change is not in $2 once"
        survivors=$((survivors + 1))
    fi
    cp "$copy/Whole/$2" "$copy/Core/$2"
}

# Leases

mutant 'results under a lease of another worker, or none, are accepted' \
    ErgonCoordinator/Results.swift \
    'var counted: [TaskResult] = []' \
    'if leases[report.lease]?.worker != worker {
        begin(report.lease, LeaseState(
            worker: worker, campaign: report.campaign, stage: report.stage,
            remaining: IntervalSet(
                0..<(campaigns[report.campaign]?.stages[report.stage]?.count ?? 0)),
            heard: now))
    }
    var counted: [TaskResult] = []'
mutant 'the range of a worker that is lost is not leased again' \
    ErgonCoordinator/Workers.swift \
    'for lease in leaseIDs(of: worker) { release(lease) }' ''
mutant 'a lease survives its worker'"'"'s process' \
    ErgonCoordinator/Workers.swift \
    'where remaining[id]?.isEmpty ?? true { release(id) }' 'where false { release(id) }'
mutant 'who was slower goes on with what another has done' \
    ErgonCoordinator/Copies.swift \
    'effects.append(.send(lease.worker, .withdrawTasks(id, common)))' ''
mutant 'a start waits for nobody' \
    ErgonCoordinator/Coordinator.swift \
    'if !mayComeBack(now).isEmpty { settlingUntil = now + grace }' ''
mutant 'workers are served in the order of a dictionary' \
    ErgonCoordinator/Leasing.swift \
    'candidates.workers.map { (load(of: $0), $0) }.sorted { $0 < $1 }' \
    'Dictionary(uniqueKeysWithValues: candidates.workers.map { ($0, load(of: $0)) })
        .map { ($0.value, $0.key) }'

# Results

mutant 'a second result of a task is accepted' \
    ErgonCoordinator/Results.swift \
    'leases[id]?.remaining.subtract(accepted.tasks)' ''
mutant 'a report that is heard again counts again' \
    ErgonCoordinator/WorkerState.swift \
    'let tasks = report.results.tasks' \
    'let tasks = IntervalSet()'
mutant 'what nobody wanted is accounted for twice' \
    ErgonCoordinator/CampaignState.swift \
    'account.superseded.add(result)' \
    'account.superseded.add(result); account.superseded.add(result)'
mutant 'what nobody wanted is not accounted for' \
    ErgonCoordinator/Results.swift \
    'commit(.superseded(batch), now, &effects)' '_ = batch'
mutant 'a worker forgets what its last process had kept' \
    ErgonWorker/Worker.swift \
    'for report in spooled { inherit(report) }' ''
mutant 'a worker forgets a report when it has sent it' \
    ErgonWorker/WorkerReports.swift \
    'effects.append(.send(next.report))' \
    'effects.append(.send(next.report)); effects.append(.forget(.report(id)))'
mutant 'a task that is leased again gets its neighbour'"'"'s events' \
    ErgonWorker/LeasePlan.swift \
    'let shard = shards[task]' \
    'let shard = shards[lease.tasks.count == 1 ? (task + 1) % shards.count : task]'

# Further attempts

mutant 'a task is given up one attempt early' \
    ErgonModel/Retry.swift \
    'setbacks.failures >= attempts' 'setbacks.failures + 1 >= attempts'
mutant 'after a start nothing waits for its next attempt' \
    ErgonCoordinator/Coordinator.swift \
    'return } try apply(record) }' \
    'return }
        try apply(Record(time: Instant(microseconds: 0), event: record.event)) }'
mutant 'a reopening forgets who read what' \
    ErgonCoordinator/Reopening.swift \
    'return merges + wholeReaders(of: stage) + pieceReaders(of: stage.step, range)' \
    'return wholeReaders(of: stage) + pieceReaders(of: stage.step, range)'
mutant 'a held campaign goes on' \
    ErgonCoordinator/Leasing.swift \
    'where campaigns[id]?.held == nil && !isSettling(id)' 'where !isSettling(id)'

# The log

mutant 'effects are visible before their records are on disk' \
    ErgonProvenance/Log/RecordLog.swift \
    'do throws(SystemFault) { try file.syncContent() }' 'do throws(SystemFault) {}'
mutant 'what a full disk did not take counts as written' \
    ErgonProvenance/Log/RecordLog.swift \
    'if cutBack(), error.isFull { throw .system(error) }' \
    'if cutBack(), error.isFull { return }'
mutant 'a torn tail is left where it is' \
    ErgonProvenance/Log/LogOpening.swift \
    'if let tornTail = opening.tornTail { try file.truncate(to: tornTail.place.offset) }' ''
mutant 'a snapshot forgets what went wrong' \
    ErgonCoordinator/Snapshot/StageSnapshot.swift \
    'state.setbacks[try count(last)] = try setbacks()' \
    '_ = try count(last); _ = try setbacks()'
mutant 'a snapshot forgets why a task was given up' \
    ErgonCoordinator/Snapshot/StageSnapshot.swift \
    'state.reasons[try count(last)] = try failure()' '_ = try count(last); _ = try failure()'
mutant 'a snapshot forgets that a campaign is held' \
    ErgonCoordinator/Snapshot/CampaignSnapshot.swift \
    'state.held = try optional' '_ = try optional'

[ "$survivors" = 0 ]
