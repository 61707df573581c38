# Checks a directory of a Subversion repository out. $1: address, $2: a revision or nothing.
# Ends with: 91 it can not be checked out.
url=$1 revision=${2:-HEAD}
rm -rf repo
printf '$ svn checkout --revision %s %s repo\n' "$revision" "$url"
# svn:// knows no proxies, but tunnels.
case $url in svn://*) url=svn+gate://${url#svn://} ;; esac
set -- --revision "$revision" --non-interactive --no-auth-cache \
    --config-option servers:global:http-proxy-host=127.0.0.1 --config-option "servers:global:http-proxy-port=$relay" \
    --config-option config:tunnels:gate=/tmp/connect
if [ -n "${SVN_USER:-}" ]; then
    set -- "$@" --username "$SVN_USER" --password-from-stdin
fi
printf '%s' "${SVN_PASSWORD:-}" | svn checkout "$@" -- "$url" repo || exit 91
exit 0
