# $1: the package's directory below /work. $2: an option of tito, or nothing.
mkdir -p /work/results
cd "/work/$1" || exit 90
export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' \
    GIT_CONFIG_KEY_1=core.hooksPath GIT_CONFIG_VALUE_1=/dev/null
# The tags are there; a password that it would take to ask for more is not.
run tito build ${2:+"$2"} --srpm --offline --output /work/results
