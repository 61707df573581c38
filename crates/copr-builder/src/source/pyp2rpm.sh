# Arguments: those of pyp2rpm, the project's name first. Leaves the spec file and the archive in /work/spec.
rm -rf /work/spec
mkdir -p /work/spec
# It asks rpmdevtools who packages, and writes a broken change log when it hears nothing.
if ! command -v rpmdev-packager >/dev/null; then
    mkdir -p /tmp/bin
    printf '#!/bin/sh\necho "Copr <copr@localhost>"\n' >/tmp/bin/rpmdev-packager
    chmod 755 /tmp/bin/rpmdev-packager
    PATH=$PATH:/tmp/bin
fi
run pyp2rpm "$@" -s -d /work/spec
