# Finds and downloads what is needed, and installs nothing. The rest of the line is the package
# manager with its arguments; MODULES holds one command per line.
set -eu
export HOME=/tmp/home
mkdir -p "$HOME" /tmp/log /tmp/persist /out
echo '%_dbpath /var/lib/rpm' >"$HOME/.rpmmacros"
# A copy that belongs to us: keys are imported into it.
mkdir -p /installroot/var/lib/rpm
if [ -d /rpmdb ]; then cp /rpmdb/* /installroot/var/lib/rpm/; fi
if [ -n "${MODULES:-}" ]; then
    echo "$MODULES" | while read -r verb stream; do
        "$MANAGER" --config=/conf/dnf.conf --installroot=/installroot --releasever="$RELEASEVER" \
            --setopt=cachedir=/cache module "$verb" -y "$stream"
    done
fi
exec "$@"
