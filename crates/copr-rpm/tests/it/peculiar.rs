//! Packages with what is rare: names and texts in old encodings, very many files, sizes from nothing to gigabytes,
//! dependencies of every kind.

use std::path::PathBuf;

use crate::rpmbuild::Workshop;

/// All of them, source packages included.
pub fn all(workshop: &Workshop) -> Vec<PathBuf> {
    std::fs::write(workshop.path().join("peculiar.tar"), b"not really").unwrap();
    std::fs::write(workshop.path().join("peculiar.patch"), b"").unwrap();
    let mut packages = workshop.build("peculiar", &peculiar(), &["-ba"]);
    packages.extend(workshop.build("needy", NEEDY, &["-ba"]));
    packages.extend(workshop.build("hollow", HOLLOW, &["-ba"]));
    packages
}

fn peculiar() -> String {
    let entries =
        (0..40).map(|n| format!("* Sat Jan 0{} 2022 A <a@example.org>\n- {}\n\n", 8 - n / 40, "x".repeat(n * 97)));
    let changes: String = entries.collect();
    format!(
        r#"%define _invalid_encoding_terminates_build 0
%define _unpackaged_files_terminate_build 0
Name: peculiar
Version: 0
Release: 0.0.1
Epoch: 0
Summary: Peculiar
License: MIT
Source0: peculiar.tar
Source1: https://example.org/a%20b/peculiar.tar
Patch0: peculiar.patch
ExclusiveArch: x86_64 aarch64 %{{ix86}}
ExcludeArch: sparc
BuildRequires: (gcc or clang)
BuildRequires: perl(Test::More) >= 0.96
BuildConflicts: bad-compiler < 3
%description

Spaces before and after.   

%package many
Summary: Thousands of files
BuildArch: noarch
%description many
%package old
Summary: Old encoding
BuildArch: noarch
%description old
Names in Latin-1.
%package sizes
Summary: Sizes
BuildArch: noarch
%description sizes

%install
top=%{{buildroot}}/usr/share/peculiar
mkdir -p $top/names $top/old $top/empty/deep/deeper %{{buildroot}}/usr/lib/.hidden %{{buildroot}}/bin %{{buildroot}}/etc/peculiar.d
for d in $(seq 60); do mkdir -p $top/many/$d; for f in $(seq 60); do : > $top/many/$d/file-$f; done; done
for name in '100% sure' 'back\slash' ' leading' 'trailing ' 'semi;colon' 'a[1]{{2}}' 'dollar$x' "quo'te" 'dou"ble' '&amp;' '<tag>' '日本語' '%{{name}}' '#' 'a:b' '~' '*'; do
  echo x > "$top/names/$name"; done
ln -s /nowhere "$top/names/dangling"
ln -s ../.. "$top/names/up"
echo x > $top/names/one; ln $top/names/one $top/names/two
echo y > "$top/old/$(printf 'caf\351')"
: > $top/nothing
truncate -s 5G $top/ghost
truncate -s 3000000 $top/large
echo s > %{{buildroot}}/usr/lib/.hidden/sendmail
ln -s ../usr/share %{{buildroot}}/bin/peculiar
echo c > %{{buildroot}}/etc/peculiar.d/a.conf

%files
%dir %attr(1777, root, root) /usr/share/peculiar
/usr/share/peculiar/names
/usr/share/peculiar/empty
/usr/lib/.hidden
/bin/peculiar
%config(noreplace) %attr(0600, nobody, nogroup) /etc/peculiar.d/a.conf
%ghost %dir /etc/peculiar.d
%files many
/usr/share/peculiar/many
%files old
/usr/share/peculiar/old
%files sizes
/usr/share/peculiar/nothing
/usr/share/peculiar/large
%ghost /usr/share/peculiar/ghost

%changelog
{changes}"#
    )
}

const NEEDY: &str = "\
Name: needy
Version: 1.0^20260101gitabc
Release: 1~beta
Epoch: 4294967295
Summary: Needs everything
License: MIT
BuildArch: noarch
Requires(pre): a = 1
Requires(post): b
Requires(preun): c < 2
Requires(postun): d > 3-1
Requires(pretrans): e
Requires(posttrans): f
Requires(verify): g
Requires(meta): h
Requires: a = 1
Requires: a = 1
Requires: a
Requires: x < 2^git
Requires: x >= 1:2~rc1
Requires: x <= 0:3-4.el9
Requires: /usr/bin/env
Requires: (a with b)
Requires: (a without b)
Requires: ((a or b) and (c if d else e))
Recommends: (a if b)
Recommends: a >= 1
Suggests: (a and b)
Supplements: (a and b)
Supplements: c
Enhances: (a or b)
Conflicts: (a and b)
Conflicts: (pkgconfig(x) >= 1 unless y)
Conflicts: a < 1:2-3
Obsoletes: old < 1:3-4
Obsoletes: older
Provides: needy(a) = 0:1
Provides: needy(b) = 1-2
Provides: needy(c)
Provides: needy(d e)
Provides: config(needy) = 1
Provides: libneedy.so.1()(64bit)
Provides: libneedy.so.1(NEEDY_1.0)(64bit)
Provides: /usr/sbin/needy
OrderWithRequires: z
%description
%pretrans -p <lua>
print(1)
%pre
true
%post
true
%preun
true
%postun
true
%filetriggerin -- /usr/lib
true
%transfiletriggerin -- /usr/share
true
%verifyscript
true
%files
";

/// No files, no changes, no source; and one whose sources are not in it.
const HOLLOW: &str = "\
Name: hollow
Version: 1
Release: 1
Summary: Nothing
License: MIT
BuildArch: noarch
Source0: peculiar.tar
NoSource: 0
%description
%package -n hollow+plus.dot_under
Summary: Names
Version: 2
Obsoletes: hollow < 2
%description -n hollow+plus.dot_under
%files
%files -n hollow+plus.dot_under
";
