#!/usr/bin/env bash
# Breaks the cores on purpose, one way at a time, and expects the simulation to notice: a test that
# never failed proves nothing. Works on a copy; the tree stays as it is.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
scratch=${MUTANTS_SCRATCH:-$root/.build-mutants}
seeds=${MUTANTS_SEEDS:-64}

# A package of the cores alone: it builds in seconds where the whole takes minutes.
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
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        core("ErgonModel", []),
        core("ErgonManifest", ["ErgonModel", .product(name: "Yams", package: "Yams")]),
        core("ErgonCoordinator", ["ErgonModel"]),
        core("ErgonWorker", ["ErgonModel"]),
        core("ErgonMerge", ["ErgonModel"]),
        core("ErgonProvenance", ["ErgonModel", .product(name: "Crypto", package: "swift-crypto")]),
        core("ErgonAudit", ["ErgonModel", "ErgonManifest", "ErgonMerge", "ErgonProvenance"]),
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

# Prints the first broken promise; nothing if all were kept. A trap is noticed as well.
run() {
    swift build -c release --package-path "$copy" --scratch-path "$scratch" --product mutant \
        > "$copy/build.log" 2>&1 || { cat "$copy/build.log" >&2; exit 2; }
    "$scratch/release/mutant" "$seeds" 2> "$copy/trap.log" \
        || grep -m1 -i 'fatal error' "$copy/trap.log" || echo 'crashed'
}

fresh() {
    rm -rf "$copy/Core"
    cp -rL "$root/Sources/Core" "$copy/Core"
}

fresh
found=$(run)
if [ -n "$found" ]; then
    echo "without any mutation: $found"
    exit 1
fi
echo "kept      all promises, without any mutation"

survivors=0
# mutant NAME FILE PERL-SUBSTITUTION: the substitution must change the file.
mutant() {
    fresh
    perl -0pi -e "$3" "$copy/Core/$2"
    if cmp -s "$copy/Core/$2" "$root/Sources/Core/$2"; then
        echo "stale     $1: the text to change is not in $2 any more"
        survivors=$((survivors + 1))
        return
    fi
    local found
    found=$(run)
    if [ -n "$found" ]; then
        echo "noticed   $1: $found"
    else
        echo "SURVIVED  $1"
        survivors=$((survivors + 1))
    fi
}

mutant 'results under a lease of another worker, or none, are accepted' \
    ErgonCoordinator/Workers.swift \
    's/if let lease = leases\[report\.lease\], lease\.worker == worker,\s+lease\.campaign == report\.campaign, lease\.stage == report\.stage\s+\{/let any = LeaseState(worker: worker, campaign: report.campaign, stage: report.stage, remaining: IntervalSet(0..<1 << 20))\n        if let lease = Optional(leases[report.lease] ?? any) {/'
mutant 'the range of a worker that is lost is not leased again' \
    ErgonCoordinator/Workers.swift \
    's/for lease in leaseIDs\(of: worker\) \{ release\(lease\) \}//'
mutant 'effects are visible before their records are on disk' \
    ErgonProvenance/Log/RecordLog.swift \
    's/(try file\.write\(group, at: durableLength\)\n)\s+try file\.syncContent\(\)/$1/'
mutant 'a second result of a task is accepted' \
    ErgonCoordinator/Workers.swift \
    's/for result in accepted \{ leases\[id\]\?\.remaining\.remove\([^\n]*\n//'
mutant 'a task that is leased again gets its neighbour'"'"'s events' \
    ErgonWorker/TaskPlan.swift \
    's/let shard = shards\[task\]/let shard = shards[lease.tasks.count == 1 ? (task + 1) % shards.count : task]/'
mutant 'workers are served in the order of a dictionary' \
    ErgonCoordinator/Leasing.swift \
    's/\.keys\.sorted\(\)/.map(\\.key)/; s/\}\.sorted \{ \$0 < \$1 \}/}/'
mutant 'a torn tail is left where it is' \
    ErgonProvenance/Log/RecordLog.swift \
    's/if let tornTail \{ try file\.truncate\(to: tornTail\.place\.offset\) \}//'
mutant 'a lease survives its worker'"'"'s process' \
    ErgonCoordinator/Workers.swift \
    's/(for lease in leaseIDs\(of: facts\.worker\)) where [^\n]*\{\s+release\(lease\)\s+\}/$1 where false { release(lease) }/'
mutant 'a task is given up one attempt early' \
    ErgonCoordinator/Workers.swift \
    's/isFinal: failures \+ 1 >= attempts/isFinal: failures + 2 >= attempts/'

[ "$survivors" = 0 ]
