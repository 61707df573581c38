# $1: the package's directory below /work, $2: the path of the spec file there, $3: address of the look-aside cache.
# Ends with: 0 it is a plain spec file, 10 rpkg made the source package, 94 rpkg would be needed.
grep -q '{{{' "/work/$2" || exit 0
if ! command -v rpkg >/dev/null || ! [ -d /usr/lib/rpkg.macros.d ]; then exit 94; fi
mkdir -p /work/results "$HOME/.config"
cd "/work/$1" || exit 90
export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' \
    GIT_CONFIG_KEY_1=core.hooksPath GIT_CONFIG_VALUE_1=/dev/null
{
    printf '[rpkg]\npreprocess_spec = True\n\n[git]\nanon_clone_url = %s\n' "$(git config --get remote.origin.url)"
    if [ -n "$3" ]; then
        pattern=$(printf %s "$3" | sed -e 's/{\([a-z]*\)}/%(\1)s/g')
        printf '\n[lookaside]\ndownload_url = %s\n' "$pattern"
    fi
} >"$HOME/.config/rpkg.conf"
run rpkg srpm --outdir /work/results --spec "/work/$2" || exit 91
exit 10
