# Installs /packages into the root it runs in, with the root's own rpm.
# $1: what a line about a package looks like
set -eu
rpm -U --nosignature /packages/*.rpm
rpm -qa --qf "$1" >/out/packages
mkdir -p /out/rpmdb
cp -a "$(rpm --eval '%{_dbpath}')/." /out/rpmdb/
rpm -qa --qf '[%{REQUIRENAME}\n]' | sort -u >/out/requires
