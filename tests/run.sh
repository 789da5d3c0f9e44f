#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test: Release, then under ASan and UBSan, then the team tests under TSan.
#   bash tests/run.sh [--quick]       --quick: Release only
set -euo pipefail
cd "$(dirname "$0")/.."
. examples/packages.sh

# Clones in other places share what is compiled.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

quick=no
for argument in "$@"; do
    case $argument in
    --quick) quick=yes ;;
    *)
        sed -n '2,3s/^# //p' "$0" >&2
        exit 2
        ;;
    esac
done

step() { printf '\n== %s (after %d s)\n' "$*" $SECONDS; }

step packages
require_packages build tests

step format
git ls-files '*.cpp' '*.hpp' '*.cu' '*.cuh' | xargs clang-format --dry-run -Werror

step release
cmake --preset release
cmake --build build-release
ctest --preset release

if [ $quick = no ]; then
    # What compiles other projects or CUDA says nothing more here; the team tests bring their own sanitizer.
    elsewhere='nvrtc|link'
    step "address and undefined behaviour"
    cmake --preset asan -DWARPFIT_BUILD_EXAMPLES=OFF
    # Test programs alone: race_program has -fsanitize=thread, which excludes this one.
    programs=$(ninja -C build-asan -t targets all | sed -n 's/^\(test_[a-z0-9_]*\|check_cuda_text\): phony.*/\1/p' |
        grep -Evx "test_($elsewhere)")
    cmake --build build-asan --target warpfit_cli $programs
    ctest --preset asan -E "^(install|nvcc)\.|^test_($elsewhere)_NOT_BUILT" -LE team

    # Compiled with -fsanitize=thread in the release build; run again alone, as races depend on who else runs.
    step threads
    ctest --preset release -L team --parallel 1
fi
step done
