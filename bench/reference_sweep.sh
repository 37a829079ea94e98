#!/usr/bin/env bash
# The reference sweep: 16 windows x 9 censoring shares x 64 seeds x 1,000 tasks, 10 tasks a block,
# of safe_window in the economic fidelity. The target on two cores: 60 s with metrics alone, 120 s
# with all rows recorded. Prints the time and the rates of the whole command.
#
#   bench/reference_sweep.sh [PROGRAM] [SEEDS]    (build/release/bin/aivmsim, 1..64)
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
program=${1:-$root/build/release/bin/aivmsim}
seeds=${2:-1..64}
windows=1,2,3,5,7,10,15,20,30,50,70,100,200,300,500,1000
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

declare -A targets=([metrics]=60 [outcomes]=120)
for record in metrics outcomes; do
    "$program" sweep "$root/scenarios/catalog/safe_window.toml" \
        --over vm.challenge_window_blocks=$windows --over chain.censoring_share=10%..90%:10% \
        --seeds "$seeds" --record $record --progress --json --out "$folder/$record.db" \
        >"$folder/$record.json"
    python3 - "$folder/$record.json" "$folder/$record.db" $record "${targets[$record]}" <<'PYTHON'
import json, os, sys

found = json.load(open(sys.argv[1]))


def tasks_per_run(point):
    means = (e for e in point["estimates"] if e["name"] == "tasks" and e["method"].startswith("t "))
    return next(means)["mean"]


tasks = sum(tasks_per_run(point) * point["runs"] for point in found["points"])
seconds = found["wall_seconds"]
print(f"{sys.argv[3]:<9} {found['runs']} runs, {tasks:.0f} tasks in {seconds:.1f} s: "
      f"{found['runs'] / seconds:.0f} runs/s, {tasks / seconds:.0f} tasks/s, "
      f"{os.path.getsize(sys.argv[2]) / 1e6:.0f} MB   target {sys.argv[4]} s")
PYTHON
done
