# Makes a base tree in /tree out of /packages with the host's rpm.
# $1: where the database shall be for now; $2: what is told of each package
set -eu
database=$1 format=$2
mkdir -p "/tree$database"
# rpm must not touch the places where the sandbox has mounted something.
rpm --root /tree --define "_dbpath $database" --define '_netsharedpath /dev:/proc:/sys:/tmp' \
    --nosignature -U /packages/*.rpm

# The root's own rpm may keep its database elsewhere; then it moves there.
wanted=$(chroot /tree rpm --eval '%{_dbpath}' 2>/dev/null || true)
case $wanted in
/*) ;;
*) wanted=$database ;;
esac
mkdir -p "/tree$wanted"
if ! [ "/tree$wanted" -ef "/tree$database" ]; then
    cp -a "/tree$database/." "/tree$wanted/"
    rm -rf "/tree$database"
fi

grep -q '^mockbuild:' /tree/etc/passwd 2>/dev/null ||
    echo 'mockbuild:x:1000:1000:build user:/builddir:/bin/bash' >>/tree/etc/passwd
grep -q '^mock:' /tree/etc/group 2>/dev/null || echo 'mock:x:1000:mockbuild' >>/tree/etc/group
[ -s /tree/etc/hosts ] || printf '127.0.0.1 localhost\n::1 localhost\n' >/tree/etc/hosts
mkdir -p /tree/builddir /tree/copr

chroot /tree rpm -qa --qf "$format" >/out/list
mkdir -p /out/rpmdb
cp -a "/tree$wanted/." /out/rpmdb/
