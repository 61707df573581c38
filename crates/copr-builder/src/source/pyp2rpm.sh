# Arguments: those of pyp2rpm, the project's name first. Leaves the source package in /work/results.
rm -rf /work/results
mkdir -p /work/results
run pyp2rpm "$@" --srpm -d /work/results
