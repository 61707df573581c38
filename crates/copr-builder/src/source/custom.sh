# Runs the script of a custom source in the root it runs in. Runs as the build user.
mark() { printf '\037%s %s\n' "$MARK" "$1"; }
export -n MARK
cd /workdir || exit 90
mkdir -p -- "$COPR_RESULTDIR"
mark 'script'
echo '$ /script'
exec /script
