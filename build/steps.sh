# For scripts that run several make targets: `step NAME COMMAND...` runs one
# and adds up its closing line "N passed, N failed"; `total` prints the sum as
# the last line and tells whether all passed.

passed=0
failed=0
summary=

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
    passed=$((passed + p))
    failed=$((failed + f))
    summary+=$(printf '%-12s %5d passed %3d failed %5d s' "$name" "$p" "$f" \
        $((SECONDS - start)))$'\n'
}

total() {
    printf '\n%s\n' "$summary"
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}
