#!/bin/sh
# All that a GPU has to show: run.sh BUILD_DIR OUT_DIR [GPUFIT_LIBRARY]
# BUILD_DIR: cmake --preset release -DWARPFIT_BUILD_BENCH=ON && cmake --build build-release, with nvcc.
# GPUFIT_LIBRARY: libGpufit.so, built of github.com/gpufit/Gpufit for this card; without it Gpufit has no rows.
# Writes OUT_DIR/gpu.json and OUT_DIR/DATE-CARD.md: card, driver, clocks, tests, compute-sanitizer, tables.
# Each step ends after STEP_SECONDS (900): a kernel that hangs costs no more.
# STEPS="tests sanitizer bench" in the environment chooses; WARPFIT_BENCH_ARGUMENTS goes to bench_gpu (--tiny).
set -eu
if [ $# -lt 2 ]; then
    sed -n 's/^# //p' "$0" >&2
    exit 2
fi
build=$1
out=$2
gpufit=${3:-}
steps=${STEPS:-tests sanitizer bench}
if ! command -v nvidia-smi > /dev/null || ! nvidia-smi -L > /dev/null; then
    echo "bench/gpu/run.sh: no GPU here (nvidia-smi lists none)" >&2
    exit 77
fi
mkdir -p "$out"
card=$(nvidia-smi --query-gpu=name --format=csv,noheader | head -n 1)
table=$out/$(date +%F)-$(echo "$card" | tr 'A-Z ' 'a-z-').md
failed=0

# step NAME COMMAND...: runs it, keeps its output, writes a line of the table.
step() {
    name=$1
    shift
    log=$out/$(echo "$name" | tr ' /' '--').log
    if timeout "${STEP_SECONDS:-900}" "$@" > "$log" 2>&1; then
        echo "- $name: passed"
    else
        echo "- $name: FAILED ($(basename "$log"))"
        failed=1
        tail -n 20 "$log" >&2
    fi
    grep -E 'tests passed|ERROR SUMMARY|RACECHECK SUMMARY|\[  PASSED  \]|\[  SKIPPED \] [0-9]' "$log" | sed 's/^/  /' || true
}

has() {
    case " $steps " in *" $1 "*) true ;; *) false ;; esac
}

{
    echo "# $card, $(date +%F)"
    echo
    nvidia-smi --query-gpu=name,driver_version,clocks.max.sm,clocks.max.mem,clocks.sm,power.limit,mig.mode.current \
        --format=csv
    nvidia-smi topo -m 2> /dev/null | sed -n 1,4p || true
    echo
    if has tests; then
        echo "## Tests"
        echo
        step "first light" "$build/tests/fit/test_fit" '--gtest_filter=*IsWhatItsNameSays*cuda*'
        step "all tests" ctest --test-dir "$build" --output-on-failure -j "$(nproc)"
        echo
    fi
    if has sanitizer; then
        echo "## compute-sanitizer"
        echo
        # One small fit of every kind: what the kernels do does not depend on the number of pixels.
        for tool in memcheck racecheck synccheck initcheck; do
            for tests in fit/test_fit oracles/test_oracles; do
                step "$tool $tests" compute-sanitizer --tool "$tool" --error-exitcode 1 "$build/tests/$tests" \
                    '--gtest_filter=*cuda*'
            done
        done
        echo
    fi
    if has bench; then
        echo "## Fits per second"
        # shellcheck disable=SC2086  # several words on purpose
        "$build/bench/gpu/bench_gpu" --json "$out/gpu.json" ${gpufit:+--gpufit "$gpufit"} ${WARPFIT_BENCH_ARGUMENTS:-} ||
            failed=1
    fi
} > "$table.part"
mv "$table.part" "$table"
cat "$table"
exit "$failed"
