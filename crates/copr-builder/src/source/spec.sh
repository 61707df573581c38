# Makes a source package from a spec file in the root it runs in. Runs as the build user.
# $1: the spec file's name. MODE: `read` expands it, and goes on when it names no sources; `make`.
# FROM: the directory with the spec file and what lies beside it. What was fetched is in /copr/sources.
# Ends with: 91 the spec file can not be read, 92 no source package could be made, 93 the files can not be copied.
mark() { printf '\037%s %s\n' "$MARK" "$1"; }
export -n MARK MODE FROM
cd /builddir || exit 90
cp /copr/macros .rpmmacros
top=/builddir/build
mkdir -p $top/BUILD $top/SOURCES $top/SPECS $top/SRPMS
find -L "$FROM" -maxdepth 1 -type f -exec cp -t $top/SOURCES -- {} + || exit 93
find /copr/sources -maxdepth 1 -type f -exec cp -t $top/SOURCES -- {} + || exit 93
cp -- "$FROM/$1" $top/SPECS/ || exit 93
spec=$top/SPECS/$1

if [ "$MODE" = read ]; then
    mark 'read spec file'
    rpmspec -P "$spec" >/results/expanded || exit 91
    if grep -Eiq '^[[:space:]]*(source|patch)[0-9]*[[:space:]]*:|^%(source|patch)list' /results/expanded; then
        exit 0
    fi
fi
mark 'rpmbuild -bs'
echo "\$ rpmbuild -bs --nodeps $spec"
rpmbuild -bs --nodeps "$spec" || exit 92
cp $top/SRPMS/*.src.rpm /results/ || exit 92
