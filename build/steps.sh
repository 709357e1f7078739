# For scripts that run several make targets: `step NAME COMMAND...` runs one
# and keeps its closing line "N passed, N failed"; `total` prints the sum as
# the last line and tells whether all passed.
#
# `lane COMMAND` runs a function that consists of steps in a copy of the tree,
# while the caller goes on with other steps: tests wait more than they compute.
# What it printed comes when `total` waits for it.

results=$(mktemp)
lane_pid=
lane_dir=

step() {
    local name=$1 start=$SECONDS status line p f out
    shift
    out=$(mktemp)
    printf '\n==== %s\n' "$name"
    "$@" 2>&1 | tee "$out"
    status=${PIPESTATUS[0]}
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$out" | tail -n 1)
    rm -f "$out"
    p=${line%% *}
    f=${line##*, }
    f=${f%% *}
    p=${p:-0}
    f=${f:-0}
    # It failed before or beside its tests, or it did not say what it did.
    if { [ "$status" != 0 ] && [ "$f" = 0 ]; } || [ -z "$line" ]; then
        f=$((f + 1))
    fi
    echo "$name $p $f $((SECONDS - start))" >>"$results"
}

lane() {
    lane_dir=$(mktemp -d "${TMPDIR:-/tmp}/luaco-lane.XXXXXX")
    chmod 755 "$lane_dir"
    mkdir "$lane_dir/tree"
    tar -c --exclude=./.git --exclude=./build/out --exclude='./t/logs*' . |
        tar -x -C "$lane_dir/tree"
    set -m
    (
        cd "$lane_dir/tree" || exit 1
        "$@"
        # The caller counts lines: this one says that all steps had their turn.
        echo "$1 done" >>"$results"
    ) >"$lane_dir/out" 2>&1 </dev/null &
    lane_pid=$!
    lane_name=$1
    set +m
}

end_lane() {
    [ -n "$lane_dir" ] || return 0
    cat "$lane_dir/out"
    rm -rf "$lane_dir"
    lane_dir=
    lane_pid=
}

# For a trap: what runs beside ends as well.
stop_steps() {
    if [ -n "$lane_pid" ]; then
        kill -TERM -- "-$lane_pid" 2>/dev/null
        wait "$lane_pid"
        end_lane
    fi
    rm -f "$results"
}

total() {
    local name p f s passed=0 failed=0
    if [ -n "$lane_pid" ]; then
        wait "$lane_pid"
        grep -qx "$lane_name done" "$results" || echo "$lane_name 0 1 0" >>"$results"
        end_lane
    fi
    echo
    while read -r name p f s; do
        [ "$p" != done ] || continue
        printf '%-12s %5d passed %3d failed %5d s\n' "$name" "$p" "$f" "$s"
        passed=$((passed + p))
        failed=$((failed + f))
    done <"$results"
    rm -f "$results"
    printf '\n%s\n' "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}
