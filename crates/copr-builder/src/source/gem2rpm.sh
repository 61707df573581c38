# $1: name of a gem. Leaves the source package in /work/results.
rm -rf /work/results
mkdir -p /work/results
cd /work/results || exit 90
run gem2rpm "$1" --srpm -C /work/results --fetch
