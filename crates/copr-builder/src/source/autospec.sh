# Writes a release and a changelog that are made from commits into a spec file. $1: its path below /work.
# Ends with: 0 done, or not needed; 94 rpmautospec would be needed.
grep -Eq '%[{?!]*auto(release|changelog)' "/work/$1" || exit 0
command -v rpmautospec >/dev/null || exit 94
run rpmautospec process-distgit "/work/$1" "$HOME/written.spec" || exit 91
cat "$HOME/written.spec" >"/work/$1" || exit 90
exit 0
