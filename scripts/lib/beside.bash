# For scripts that run a command beside something that ends with it. They define `guardian`, which reads its standard
# input to the end and then ends and removes that thing.

# Starts the guardian. Its input ends with this script, however that ends; `guard` is this script's end of the pipe.
watch_over() {
    exec {guard}> >(
        trap '' INT TERM HUP
        guardian
    )
    guardian=$!
    trap finish EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
}

finish() {
    exec {guard}>&-
    while kill -0 "$guardian" 2>/dev/null; do wait "$guardian" || true; done
}

# On a terminal Ctrl-C reaches the command by itself.
interrupt() {
    [ -t 0 ] || kill -INT "$child" 2>/dev/null || true
}

# Runs the command, passes on signals, and ends with its exit code.
run_beside() {
    # Bash starts a job in the background with SIGINT ignored; the command is to have it as anybody else.
    (
        trap - INT TERM HUP EXIT
        exec {guard}>&-
        exec "$@"
    ) <&0 &
    child=$!
    trap interrupt INT
    trap 'kill -TERM "$child" 2>/dev/null || true' TERM
    trap 'kill -HUP "$child" 2>/dev/null || true' HUP

    local code=0
    wait "$child" || code=$?
    while kill -0 "$child" 2>/dev/null; do
        code=0
        wait "$child" || code=$?
    done
    exit "$code"
}
