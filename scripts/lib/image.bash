# For scripts that make container images out of what is on this machine. They name themselves in `self`.

refuse() {
    printf "${self##*/}: %s\n" "$@" >&2
    exit 1
}

# The folder of a Debian package's programs may not be in the PATH of everybody.
program() {
    PATH=$PATH:/usr/sbin:/sbin command -v "$1" || refuse "there is no $1 here." 'do: scripts/prepare'
}

# Copies programs to /usr/bin of a root, with the libraries that they want.
add_programs() {
    local root=$1
    shift
    mkdir -p "$root/usr/bin"
    for file; do cp -L "$file" "$root/usr/bin/"; done
    add_libraries "$root" "$@"
}

# What programs load; nothing for one that is linked statically.
loaded() { ldd "$@" 2>/dev/null || true; }

# The loader goes where programs look for it, all libraries to where it looks for them.
add_libraries() {
    local root=$1 place loader
    shift
    place=$(loaded "$@" | sed -n 's/.*=> \(.*\)\/libc\.so\.6 .*/\1/p' | head -n 1)
    loader=$(loaded "$@" | sed -n 's/^[[:space:]]*\(\/[^ ]*\/ld-linux[^ ]*\) .*/\1/p' | head -n 1)
    mkdir -p "$root$place" "$root${loader%/*}"
    cp -Lu "$loader" "$root$loader"
    loaded "$@" | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p' | sort -u | xargs -r cp -Lut "$root$place"
}

# A root with busybox for everything that a shell wants.
start_root() {
    mkdir -p "$1"/{bin,etc,root,run,tmp,var/tmp,usr/bin}
    ln -s ../run "$1/var/run"
    chmod 1777 "$1/tmp" "$1/var/tmp"
    cp "$(program busybox)" "$1/bin/busybox"
    "$1/bin/busybox" --list | sed '/^busybox$/d' | (cd "$1/bin" && xargs -n 1 ln -sf busybox)
    printf 'root:x:0:0:root:/root:/bin/sh\nserver:x:999:999:server:/tmp:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n' \
        >"$1/etc/passwd"
    printf 'root:x:0:\nserver:x:999:\nnogroup:x:65534:\n' >"$1/etc/group"
}
