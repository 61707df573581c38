# $1: name of a project on PyPI, $2: its version or nothing. Leaves the spec file in /work/spec.
rm -rf /work/spec
mkdir -p /work/spec
cd /work/spec || exit 90
run pyp2spec "$1" --fedora-compliant --automode ${2:+-v "$2"}
