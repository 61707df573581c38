# Finds and downloads what is needed, and installs nothing. The rest of the line is the package
# manager with its arguments; MODULES holds one command per line,
# ASK_AGAIN the repositories whose kept metadata do not count.
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
# dnf takes metadata of age 0 for fresh even with metadata_expire=0 (libdnf: expired when older than that, in whole
# seconds), and so would not see what was published within the second. Old files it asks about.
for repo in ${ASK_AGAIN:-}; do
    for kept in /cache/"$repo"-*; do
        if [ -d "$kept" ]; then find "$kept" -type f -exec touch -d @1 {} + || true; fi
    done
done
exec "$@"
