# Runs the target `srpm` of a repository's .copr/Makefile in the root it runs in. Runs as the root of the sandbox.
# $1: the working directory, $2: the spec file, or the directory to find it in.
mark() { printf '\037%s %s\n' "$MARK" "$1"; }
export -n MARK
cp /copr/macros /root/.rpmmacros
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
mkdir -p /etc/dnf/vars
mark 'make srpm'
cd "$1" || exit 90
echo "\$ make -f /mnt/workdir/repo/.copr/Makefile srpm outdir=/mnt/resultdir spec=$2"
exec make -f /mnt/workdir/repo/.copr/Makefile srpm outdir=/mnt/resultdir spec="$2"
