# Clones a repository and checks out what is asked for. $1: address, $2: branch, tag, commit, `refs/…` or nothing,
# $3: `counted` where a spec file may be counted from commits: all of them are needed then.
# Ends with: 91 it can not be cloned, 92 not be checked out, 93 its submodules can not be had.
url=$1 committish=$2
rm -rf repo
# Servers of plain files know no depth.
run git clone --no-checkout --depth 500 --no-single-branch -- "$url" repo || {
    rm -rf repo
    run git clone --no-checkout -- "$url" repo || exit 91
}
cd repo || exit 91
case $committish in
'') run git checkout HEAD -- || exit 92 ;;
refs/*)
    run git fetch --depth 500 origin "$committish" || run git fetch origin "$committish" || exit 92
    run git checkout FETCH_HEAD -- || exit 92
    ;;
*)
    run git checkout "$committish" -- || {
        # Older than what was cloned, or on no branch.
        if [ -e .git/shallow ]; then run git fetch --unshallow origin; fi
        run git checkout "$committish" -- || {
            run git fetch origin "$committish" || exit 92
            run git checkout FETCH_HEAD -- || exit 92
        }
    }
    ;;
esac
if [ -e .gitmodules ]; then
    run git submodule update --init --recursive --depth 500 || run git submodule update --init --recursive || exit 93
fi
if [ "$3" = counted ] && [ -e .git/shallow ] && grep -Eqs '%[{?!]*auto(release|changelog)' ./*.spec; then
    run git fetch --unshallow origin || exit 91
fi
run git log -1 --format='%H %s'
exit 0
