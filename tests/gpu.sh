#!/usr/bin/env bash
# Everything that only an NVIDIA GPU can show: is it right, is it clean, how fast, beside what.
#
#   tests/gpu.sh [FOLDER]      result files and logs go there (default: results)
#
# STAGES chooses among: verify sanitize latency suite headline.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-results}
stages=${STAGES:-verify sanitize latency suite headline}
name=$(date -u +%F)-$(nvidia-smi --query-gpu=name --format=csv,noheader | head -1 |
    tr '[:upper:] ' '[:lower:]-')
export PYTHONPATH=kernels:. PYTHONUNBUFFERED=1
lstmbench() { python3 -m lstmbench.cli "$@"; }
mkdir -p "$out"
lstmbench doctor | tee "$out/$name-doctor.txt"

for stage in $stages; do
    echo "== $stage"
    case $stage in
    verify) # compiling takes most of the time, so each rung and precision is a process of its own
        jobs=()
        for rung in step graph persistent; do
            for dtype in float32 float64 tf32 float16 bfloat16; do
                lstmbench verify -b "numba-cuda-$rung" --dtype $dtype --random 24 --quiet \
                    > "$out/verify-$rung-$dtype.log" 2>&1 &
                jobs+=($!)
            done
        done
        failed=0
        for job in "${jobs[@]}"; do wait "$job" || failed=$((failed + 1)); done
        tail -n 3 "$out"/verify-*.log
        echo "verify: $failed of ${#jobs[@]} failed"
        ;;
    sanitize)
        for tool in memcheck racecheck; do
            compute-sanitizer --tool $tool --error-exitcode 1 python3 tests/gpu_small.py \
                > "$out/sanitize-$tool.log" 2>&1 && echo "$tool: clean" || echo "$tool: see the log"
        done
        ;;
    latency) python3 tests/gpu_latency.py | tee "$out/$name-latency.json" ;;
    suite)
        lstmbench run --suite gpu --budget 0.2 -o "$out/$name-gpu.json" || true
        lstmbench report "$out/$name-gpu.json" -o "$out/$name-gpu.md"
        ;;
    headline) # GPU against CPU, for both own backends and PyTorch
        lstmbench run --suite headline --budget 0.2 -o "$out/$name-headline.json" || true
        lstmbench report "$out/$name-headline.json" -o "$out/$name-headline.md"
        ;;
    esac
done
