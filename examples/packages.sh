# The Debian packages of each purpose, the only list. Sourced by examples/demo.sh and tests/run.sh.
warpfit_packages_build="g++ cmake ninja-build ccache pkg-config libxsimd-dev libtbb-dev libhdf5-dev zlib1g-dev libdeflate-dev
    liblz4-dev libtomlplusplus-dev nlohmann-json3-dev libcli11-dev libfmt-dev libcairo2-dev fonts-dejavu-core"
warpfit_packages_compare="python3-hyperspy"
warpfit_packages_tests="libgtest-dev libgmock-dev python3-h5py python3-hyperspy clang-format git"

# require_packages build tests ...: installs what is missing, saying which.
require_packages() {
    local purpose name list missing=""
    command -v dpkg-query >/dev/null || { echo "not a Debian system: skipping the packages" >&2; return 0; }
    for purpose in "$@"; do
        list=warpfit_packages_$purpose
        for name in ${!list}; do
            dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $name"
        done
    done
    [ -n "$missing" ] || return 0
    local as_root=""
    if [ "$(id -u)" -ne 0 ]; then
        as_root=sudo
        command -v sudo >/dev/null || { echo "missing packages (neither root nor sudo here); install:$missing" >&2; return 1; }
    fi
    echo "installing missing packages:$missing"
    local log
    log=$(mktemp)
    if ! { $as_root apt-get update -q && $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends $missing; } >"$log" 2>&1; then
        tail -20 "$log" >&2
        echo "apt-get failed (log above)" >&2
        return 1
    fi
    rm -f "$log"
}
