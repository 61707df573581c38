# Builds a source package in the root it runs in. Runs as the build user.
# Arguments: options of every rpmbuild call, `--target ARCH` first. MARK: begins lines that tell the builder where we are.
# EXPECTED: a file with what is installed because the package was thought to need it, sorted, if that was done.
# Ends with: 91 unpacking failed, 92 no source package, 94 it needs something else than expected, 11 dependencies are missing,
# else rpmbuild's.
mark() { printf '\037%s %s\n' "$MARK" "$1"; }
# A 32-bit chroot on a 64-bit machine: uname has to say what the package is built for.
case $2 in
i?86) if [ "$(uname -m)" = x86_64 ] && command -v setarch >/dev/null; then exec setarch i686 /bin/bash "$0" "$@"; fi ;;
esac
export -n MARK SOURCE EXPECTED
cd /builddir || exit 90
cp /copr/macros .rpmmacros
top=/builddir/build
mkdir -p $top/BUILD $top/BUILDROOT $top/RPMS $top/SOURCES $top/SPECS $top/SRPMS

mark 'unpack sources'
rpm -i --nosignature --nodeps --define "_dbpath /tmp/rpmdb" "/copr/$SOURCE" || exit 91
set -- "$@" $top/SPECS/*.spec

mark 'rpmbuild -bs'
echo "\$ rpmbuild -bs --nodeps $*"
rpmbuild -bs --nodeps "$@" || exit 92
cp $top/SRPMS/*.src.rpm /results/
if [ -n "$EXPECTED" ]; then
    rpm -qp --nosignature --requires $top/SRPMS/*.src.rpm >/results/needs.list 2>/dev/null
    needs=$(while read -r one; do case $one in rpmlib*|'') ;; *) echo "$one" ;; esac; done </results/needs.list | LC_ALL=C sort -u)
    if [ "$needs" != "$(<"$EXPECTED")" ]; then
        cp $top/SRPMS/*.src.rpm /results/needs
        exit 94
    fi
fi

# Only a spec that finds out more on the way has to write its source package again at the end.
what=-bb
if grep -q '^[[:space:]]*%generate_buildrequires' $top/SPECS/*.spec; then what=-ba; fi
mark "rpmbuild $what"
echo "\$ rpmbuild $what $*"
rpmbuild $what "$@"
code=$?
if [ $code != 0 ]; then
    for asked in $top/SRPMS/*.buildreqs.nosrc.rpm $top/SRPMS/*.src.rpm; do
        [ -f "$asked" ] || continue
        cp "$asked" /results/needs
        rpm -qp --nosignature --requires "$asked" >/results/needs.list 2>/dev/null
        break
    done
    exit $code
fi
mark 'collect results'
rm -f /results/*
cp $top/SRPMS/*.src.rpm $top/RPMS/*.rpm /results/ || exit 93
