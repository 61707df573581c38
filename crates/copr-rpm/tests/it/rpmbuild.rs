//! Packages made on the spot by the host's rpmbuild, and the tools that judge our work.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A workshop: a home of its own for rpmbuild, thrown away with the value.
pub struct Workshop {
    home: TempDir,
}

impl Workshop {
    pub fn new() -> Workshop {
        let home = tempfile::Builder::new().prefix("copr-rpm-").tempdir().unwrap();
        let macros = format!(
            "%_topdir {0}\n%_tmppath {0}\n%_dbpath {0}/rpmdb\n%_buildhost builder.example\n%_sourcedir {0}\n%dist .test\n",
            home.path().display()
        );
        fs::write(home.path().join(".rpmmacros"), macros).unwrap();
        Workshop { home }
    }

    pub fn path(&self) -> &Path {
        self.home.path()
    }

    /// A command that sees the workshop as its home and speaks English.
    pub fn command(&self, program: &str) -> Command {
        let mut command = tool(program);
        command.env("HOME", self.path()).env("LC_ALL", "C.UTF-8").current_dir(self.path());
        command
    }

    /// Builds `name.spec` with further rpmbuild arguments and returns the packages it wrote, sorted.
    pub fn build(&self, name: &str, spec: &str, arguments: &[&str]) -> Vec<PathBuf> {
        let file = self.path().join(format!("{name}.spec"));
        fs::write(&file, spec).unwrap();
        let output = self.command("rpmbuild").arg("--nodeps").args(arguments).arg(&file).output().unwrap();
        let output = succeeded("rpmbuild", output);
        let mut packages: Vec<PathBuf> =
            output.lines().filter_map(|line| line.strip_prefix("Wrote: ")).map(PathBuf::from).collect();
        packages.sort();
        packages
    }

    /// One small package for every architecture, and its source package (the first of the two).
    pub fn small(&self, name: &str) -> Vec<PathBuf> {
        let spec = SMALL.replace("NAME", name);
        let mut packages = self.build(name, &spec, &["-ba"]);
        packages.sort_by_key(|path| !path.to_string_lossy().ends_with(".src.rpm"));
        packages
    }

    /// A source package and two packages with everything that is hard to describe.
    pub fn odd(&self) -> Vec<PathBuf> {
        self.build("odd", &odd_spec(), &["-ba"])
    }
}

/// A program of the host, or a failure that says what to install.
#[expect(clippy::disallowed_methods, reason = "the tools that judge what this crate writes")]
pub fn tool(program: &str) -> Command {
    let package = match program {
        "rpmbuild" | "rpm" | "rpmkeys" => "rpm",
        "createrepo_c" => "createrepo-c",
        "dnf" => "dnf",
        "gpg" => "gnupg",
        other => other,
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|directory| directory.join(program).is_file());
    assert!(found, "this test needs `{program}`: apt-get install {package}");
    Command::new(program)
}

/// The standard output of a command that must have succeeded.
pub fn succeeded(what: &str, output: Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{what} failed: {}\n{out}\n{err}", output.status);
    out.into_owned()
}

const SMALL: &str = "\
Name: NAME
Version: 1.0
Release: 1%{?dist}
Summary: A small package
License: MIT
BuildArch: noarch
%description
Small.
%install
mkdir -p %{buildroot}/usr/share/NAME
echo hello > %{buildroot}/usr/share/NAME/hello
%files
/usr/share/NAME
";

fn odd_spec() -> String {
    let provides: String = (0..300).map(|n| format!("Provides: capability({n}) = 1:{n}.0-1\n")).collect();
    let days = "Mar 22 2023,Mar 15 2023,Mar 15 2023,Mar 15 2023,Feb 22 2023,Feb 15 2023,Feb 08 2023,Feb 01 2023,\
                Jan 25 2023,Jan 18 2023,Jan 11 2023,Jan 04 2023,Dec 28 2022,Dec 21 2022,Dec 14 2022";
    let changes: String = days
        .split(',')
        .enumerate()
        .map(|(n, day)| format!("* Wed {day} Zoë <zoe@example.org> - 3:1.{n}-1\n- change & <{n}>\n\n"))
        .collect();
    format!(
        r#"Name: odd
Epoch: 3
Version: 1.0~rc1^git5
Release: 2%{{?dist}}
Summary: Überraschend <odd> & "quoted"
License: MIT AND (Apache-2.0 OR GPL-2.0-only)
Vendor: Örtliche Vertretung
URL: https://example.org/?a=1&b=2
Group: System/Odd
Packager: Somebody <somebody@example.org>
BuildArch: noarch
ExclusiveArch: x86_64 aarch64 noarch
ExcludeArch: s390x
BuildRequires: bash
Requires: bash >= 4
Requires(pre): coreutils
Requires(post): /bin/sh
Requires: (foo >= 1:2.0 if bar else (baz or qux))
Requires: libc.so.6(GLIBC_2.3)(64bit)
Requires: libc.so.6(GLIBC_2.34)(64bit)
Requires: capability(7)
Recommends: nice-to-have
Suggests: perhaps = 2:1.0
Supplements: (odd-base and langpack-de)
Enhances: something > 5
Conflicts: enemy < 2
Obsoletes: very-odd <= 0.9-3
{provides}
%description
First line with <tags> & ampersands.

Second paragraph, "quotes" and 'apostrophes'.

%package libs
Summary: Libraries
Requires: %{{name}} = %{{epoch}}:%{{version}}-%{{release}}
%description libs
Libraries.

%prep
%build
%install
mkdir -p "%{{buildroot}}/usr/share/odd/with space" %{{buildroot}}/etc/odd %{{buildroot}}/usr/bin %{{buildroot}}/var/lib/odd
echo 1 > "%{{buildroot}}/usr/share/odd/with space/a & b <c>.txt"
echo 2 > "%{{buildroot}}/usr/share/odd/ünïcödé"
echo 3 > "%{{buildroot}}/usr/share/odd/it's"
echo '#!/bin/sh' > %{{buildroot}}/usr/bin/odd
chmod 755 %{{buildroot}}/usr/bin/odd
ln -s odd %{{buildroot}}/usr/bin/odder
echo x=1 > %{{buildroot}}/etc/odd/odd.conf
touch %{{buildroot}}/var/lib/odd/ghost
mkdir -p %{{buildroot}}/usr/lib/odd
echo lib > %{{buildroot}}/usr/lib/odd/lib

%pre
echo pre
%post -p /sbin/ldconfig
%preun
exit 0
%posttrans
true
%triggerin -- kernel
echo kernel

%files
%dir /usr/share/odd
"/usr/share/odd/with space"
/usr/share/odd/ünïcödé
/usr/share/odd/it's
/usr/bin/odd
/usr/bin/odder
%dir /etc/odd
%config(noreplace) /etc/odd/odd.conf
%ghost /var/lib/odd/ghost

%files libs
/usr/lib/odd

%changelog
{changes}"#
    )
}
