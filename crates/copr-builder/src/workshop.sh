# Begins each script among the builder's tools. Runs as the build user; /work is its own.
cd /work || exit 90
mkdir -p "$HOME" || exit 90
cp /copr/macros "$HOME/.rpmmacros" || exit 90
# Commands are shown as they are run.
run() {
    printf '$ %s\n' "$*"
    "$@"
}
if [ -S /gate/socket ]; then
    mkfifo /tmp/relay || exit 90
    /copr-builder copr-builder-relay >/tmp/relay &
    read -r relay </tmp/relay || exit 90
    # For those who know no proxies: called with a host, and a port beside it or in it.
    printf '#!/bin/sh\nexec /copr-builder copr-builder-connect "$1" "$2"\n' >/tmp/connect
    chmod 755 /tmp/connect
    export http_proxy="http://127.0.0.1:$relay"
    export https_proxy="$http_proxy" ftp_proxy="$http_proxy" HTTP_PROXY="$http_proxy" HTTPS_PROXY="$http_proxy"
fi
