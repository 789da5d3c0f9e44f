#!/usr/bin/env bash
# Builds warpfit and fits real data from examples/data: tables on the terminal, pictures and results in demo-output/.
#   bash examples/demo.sh [--compare]
# --compare fits the same models to the same data with HyperSpy too (python3-hyperspy), and prints speeds and agreement.
set -euo pipefail
cd "$(dirname "$0")/.."
. examples/packages.sh

compare=no
for argument in "$@"; do
    case $argument in
    --compare) compare=yes ;;
    *)
        sed -n '2,4s/^# //p' "$0" >&2
        exit 2
        ;;
    esac
done

require_packages build
[ $compare = no ] || require_packages compare

build=build-demo
mkdir -p $build
echo "building (Release), log in $build/build.log"
{ cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DWARPFIT_BUILD_TESTS=OFF -DWARPFIT_BUILD_EXAMPLES=OFF &&
    cmake --build $build --target warpfit_cli; } >$build/build.log 2>&1 || { tail -30 $build/build.log >&2; exit 1; }
warpfit=$PWD/$build/src/cli/warpfit
out=demo-output
mkdir -p $out

# fit NAME DATA CHANNELS PIXEL...: table, result file, pictures. CHANNELS leaves a margin around the model's range.
fit() {
    local name=$1 data=examples/data/$2.hspy channels=$3
    shift 3
    printf '\n== %s: warpfit fit examples/models/%s.toml %s\n' "$name" "$name" "$data"
    "$warpfit" fit examples/models/$name.toml "$data" --isig "$channels" -o $out/$name.hspy
    local pixel
    for pixel in "$@"; do "$warpfit" plot $out/$name.hspy --png $out/$name --pixel "$pixel" >/dev/null; done
    [ $# -gt 0 ] || "$warpfit" plot $out/$name.hspy --png $out/$name >/dev/null
}

"$warpfit" doctor
fit lsmo eels_lsmo_core 428:722 2 21
fit eds eds_core_shell_map 4.5:13 17,45
fit al_plasmon eels_al_lowloss 8:30

if [ $compare = yes ]; then
    printf '\n== HyperSpy on the same data\n'
    /usr/bin/python3 examples/compare.py "$warpfit"
fi

cat <<END

Pictures: $out/lsmo/overview.png, $out/eds/overview.png, $out/al_plasmon/spectrum.png and, beside
them, a map of every parameter with its errors. Results: $out/*.hspy; HyperSpy opens them, model
included. Next: $warpfit init YOUR_DATA -o model.toml
END
