# One build with dnf and rpmbuild alone, in a mount namespace of its own.
# $1: cold (a root is installed, and the package built in it when there is one), base (built in a root that is there),
# dependencies (they are installed for later), builddep (installed, then built), layer (built where they are)
# $2: a directory for all of it; $3: address of the distribution; $4: its release; $5: the source package
mode=$1 place=$2 distribution=$3 release=$4 srpm=$5
mkdir -p "$place/home"
echo '%_dbpath /var/lib/rpm' >"$place/home/.rpmmacros"
export HOME="$place/home"
manager() {
    dnf -y -q --disableplugin='*' --enableplugin=builddep --releasever="$release" --setopt=reposdir=/dev/null \
        --setopt=cachedir="$place/cache" --setopt=install_weak_deps=0 --setopt=keepcache=1 \
        --repofrompath=mini,"$distribution" --repo=mini --setopt=mini.gpgcheck=0 "$@" >/dev/null 2>&1
}
# A writable layer that nobody waits for.
over() {
    rm -rf "$place/upper" "$place/work" "$place/merged"
    mkdir -p "$place/upper" "$place/work" "$place/merged"
    mount -t overlay overlay -o "lowerdir=$1,upperdir=${2:-$place/upper},workdir=$place/work,volatile" "$place/merged"
}
build() {
    mkdir -p "$1/builddir"
    cp "$srpm" "$1/builddir/"
    bwrap --unshare-all --die-with-parent --bind "$1" / --proc /proc --dev /dev --tmpfs /tmp --setenv HOME /builddir --chdir /builddir \
        rpmbuild --rebuild --define '_topdir /builddir/build' "/builddir/$(basename "$srpm")" >/dev/null 2>&1
}
case $mode in
cold)
    rm -rf "$place/root" "$place/cache" "$place/empty"
    mkdir -p "$place/root" "$place/empty"
    over "$place/empty" "$place/root"
    manager --installroot="$place/merged" install @buildsys-build
    if [ -f "$srpm" ]; then build "$place/merged"; rm -rf "$place/merged/builddir"; fi
    ;;
base)
    over "$place/root"
    build "$place/merged"
    ;;
dependencies)
    rm -rf "$place/layer"
    mkdir -p "$place/layer"
    over "$place/root" "$place/layer"
    manager --installroot="$place/merged" builddep "$srpm"
    ;;
builddep)
    over "$place/root"
    manager --installroot="$place/merged" builddep "$srpm"
    build "$place/merged"
    ;;
layer)
    over "$place/layer:$place/root"
    build "$place/merged"
    ;;
esac
