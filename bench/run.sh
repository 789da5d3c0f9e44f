#!/bin/sh
# Runs every bench and writes one JSON a bench and the table: run.sh BUILD_DIR OUT_DIR [CPUFIT_LIBRARY]
# BUILD_DIR: cmake --preset bench && cmake --build build-bench. Quick look: WARPFIT_BENCH_ARGUMENTS=--tiny.
set -eu
if [ $# -lt 2 ]; then
    sed -n 's/^# //p' "$0" >&2
    exit 2
fi
build=$1
out=$2
cpufit=${3:-}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out"
table=$out/table.md
arguments=${WARPFIT_BENCH_ARGUMENTS:-}

{
    echo "## solvers"
    # shellcheck disable=SC2086  # several words on purpose
    "$build/bench/solvers/bench_solvers" --json "$out/solvers.json" ${cpufit:+--cpufit "$cpufit"} $arguments
    if /usr/bin/python3 -c 'import hyperspy' 2>/dev/null; then
        echo; echo "## hyperspy"
        /usr/bin/python3 "$here/hyperspy/compare.py" --warpfit "$build/src/cli/warpfit" --json "$out/hyperspy.json" $arguments
        echo; echo "## real_data"
        /usr/bin/python3 "$here/real_data/compare.py" --warpfit "$build/src/cli/warpfit" --json "$out/real_data.json" \
            --plots "$out/real_data" $arguments
        echo; echo "## estimates"
        /usr/bin/python3 "$here/estimates/compare.py" --estimates "$build/bench/estimates/bench_estimates" \
            --json "$out/estimates.json" $arguments
    else
        echo; echo "## hyperspy, real_data and estimates: HyperSpy is not installed for /usr/bin/python3"
    fi
    echo; echo "## lowloss"
    "$build/bench/lowloss/bench_lowloss" --json "$out/lowloss.json" $arguments
    echo; echo "## own"
    "$build/bench/own/bench_own" --json "$out/own.json" $arguments
    echo; echo "## scaling"
    "$build/bench/scaling/bench_scaling" --json "$out/scaling.json" $arguments
    if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
        echo; echo "## reading"
        /usr/bin/python3 "$here/reading/compare.py" --read-map "$build/bench/reading/bench_read_map" --json "$out/reading.json" $arguments
    else
        echo; echo "## reading: h5py is not installed for /usr/bin/python3"
    fi
} > "$table.part"
mv "$table.part" "$table"
cat "$table"
