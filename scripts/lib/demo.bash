# What the demos have in common: the programs, the databases behind the deployment, the upgrade, and what has to be true
# when it is over. For scripts that run through scripts/with-postgres; they leave only the folder demo/.
bin=$(swift build --show-bin-path)
tool=$bin/owui-upgrade
stand_in=$bin/open-webui-stand-in
psql=$OWUI_TEST_POSTGRES_BIN/psql
base=${OWUI_TEST_POSTGRES%/*}
readonly head=0bd252b206fb

say() { printf '\n\033[1m%s\033[0m\n' "$1"; }

fail() {
    echo "$1" >&2
    exit 1
}

# An empty folder, and the databases of application and witness.
make_ground() {
    rm -rf demo
    mkdir -p demo
    "$psql" -q "$OWUI_TEST_POSTGRES" -c 'CREATE DATABASE openwebui' -c 'CREATE DATABASE witness'
    "$stand_in" witness "$base/witness" init
}

# The settings of every instance, which reaches PostgreSQL at this address.
write_settings() {
    (
        umask 077
        cat >"$2" <<SETTINGS
DATABASE_URL=$1/openwebui
WEBUI_SECRET_KEY=$(head -c 24 /dev/urandom | base64)
STAND_IN_WITNESS=$1/witness
SETTINGS
    )
}

# The plan and the run, of the deployment that these words name.
upgrade() {
    say "What the upgrade will do: owui-upgrade plan --to v0.12.4"
    "$tool" plan --to v0.12.4 "$@"
    say "owui-upgrade --to v0.12.4 --yes"
    "$tool" --to v0.12.4 --yes "$@"
}

# Whether three serve 0.12.4. `versions` tells what each of them answers, a line each; $1 is what they are called.
check_serving() {
    local answers
    answers=$(versions)
    sed 's/^/  /' <<<"$answers"
    [ "$(grep -c '"version":"0.12.4"' <<<"$answers")" = 3 ] || fail "Not all three $1 serve 0.12.4."
}

check_database() {
    local revision
    revision=$("$psql" -qtA "$base/openwebui" -c 'SELECT version_num FROM alembic_version')
    echo "  the database is at $revision"
    [ "$revision" = "$head" ] || fail "The revision is $revision."
}

check_witness() {
    say "What the witness saw"
    "$stand_in" witness "$base/witness" report
    "$stand_in" witness "$base/witness" check
}

conclude() {
    echo
    echo "Three $1 serve 0.12.4, the database is at $head, and no two versions and no two migrators met."
}
