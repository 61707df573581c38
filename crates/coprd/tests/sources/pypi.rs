//! PyPI: the real generators, against an index on this machine that serves real archives.

use crate::stage::{PROJECT, Stage, launch};
use copr_testkit::forge::Forge;
use copr_testkit::{ARCHIVED, GENERATORS, archives, command, output};
use md5::Digest;
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Has both programs ask the forge where they know no address but PyPI's own, and that of Fedora's list of licenses.
const PYP2SPEC: &str = "import requests
real = requests.Session.request
def elsewhere(self, method, url, *rest, **named):
    for known in ('https://pypi.org', 'https://gitlab.com'):
        url = url.replace(known, INDEX)
    return real(self, method, url, *rest, **named)
requests.Session.request = elsewhere
from pyp2spec.pyp2spec import main
";
const LICENSES: &str = "fedora/legal/fedora-license-data/-/jobs/artifacts/main/raw/fedora-licenses.json";
const PYP2RPM: &str =
    "from pyp2rpm import settings\nsettings.PYPI_URL = INDEX + '/pypi'\nfrom pyp2rpm.bin import main\n";

/// What Fedora's packages `python3-devel` and `pyproject-rpm-macros` do, as far as a module of one file needs it.
const PYTHON_MACROS: &str = "%python3_sitelib /usr/lib/python3/site-packages\n\
    %pyproject_buildrequires(-) true\n%pyproject_wheel() true\n\
    %pyproject_install() install -D -m 644 -t %{buildroot}%{python3_sitelib} *.py\n\
    %pyproject_save_files(-) find %{buildroot} -type f -printf '/%%P\\\\n' >%{pyproject_files}\n\
    %pyproject_files %{_builddir}/pyproject-files\n\
    %_pyproject_check_import_allow_no_modules(-) true\n\
    %py3_build() true\n%py3_install() %pyproject_install\n";

/// A directory with the generators, pointed at the forge.
fn tools(forge: &Forge, place: &Path) -> PathBuf {
    let lib = place.join("lib");
    fs::create_dir_all(place.join("bin")).expect("a directory");
    let venv = GENERATORS.place().join("lib");
    let python = fs::read_dir(&venv).expect("the environment").flatten().next().expect("a Python").path();
    output(command("cp").args(["--recursive", "--no-target-directory"]).arg(python.join("site-packages")).arg(&lib));
    for (name, start) in [("pyp2spec", PYP2SPEC), ("pyp2rpm", PYP2RPM)] {
        let index = forge.plain("");
        let text = format!(
            "#!/usr/bin/python3\nimport sys\nsys.path.insert(0, '{}')\nINDEX = '{}'\n{start}sys.exit(main())\n",
            lib.display(),
            index.trim_end_matches('/')
        );
        let path = place.join("bin").join(name);
        fs::write(&path, text).expect("the program can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("and started");
    }
    place.to_owned()
}

/// Puts the archives on the forge, and what PyPI says of them.
fn index(forge: &Forge) {
    let (name, version) = ARCHIVED;
    assert!(archives().join("complete").exists(), "no archives\nhint: `cargo xtask setup` fetches them");
    let mut urls = Vec::new();
    for entry in fs::read_dir(archives()).expect("the archives").flatten() {
        let file = entry.file_name().into_string().expect("a name");
        let bytes = fs::read(entry.path()).expect("an archive");
        let kind = match file.rsplit('.').next() {
            Some("whl") => "bdist_wheel",
            Some("gz") => "sdist",
            _ => continue,
        };
        let path = format!("archives/{file}");
        if kind == "bdist_wheel" {
            let metadata = format!("{name}-{version}.dist-info/METADATA");
            forge.put(&format!("{path}.metadata"), output(command("unzip").arg("-p").arg(entry.path()).arg(metadata)));
        }
        urls.push(json!({
            "packagetype": kind, "filename": file, "url": forge.plain(&path),
            "md5_digest": hex::encode(md5::Md5::digest(&bytes)), "python_version": "source",
        }));
        forge.put(&path, bytes);
    }
    let info = json!({
        "name": name, "version": version, "summary": "Python 2 and 3 compatibility utilities", "license": "MIT",
        "classifiers": ["License :: OSI Approved :: MIT License", "Programming Language :: Python :: 3"],
        "home_page": "https://github.com/benjaminp/six", "description": "", "project_urls": {},
        "requires_dist": null, "provides_extra": null, "author": "Benjamin Peterson",
    });
    let told = json!({ "info": info, "urls": urls, "releases": { version: [] } }).to_string();
    let licenses = json!({ "0": { "license": { "expression": "MIT", "status": ["allowed"] } } });
    forge.put(LICENSES, licenses.to_string());
    forge.put(&format!("pypi/{name}/json"), &told);
    forge.put(&format!("pypi/{name}/{version}/json"), &told);
}

/// Switches the chroot on with macros that spec files for Fedora expect.
fn enable(stage: &Stage) {
    let (name, version) = ARCHIVED;
    let source = stage.forge.plain(&format!("archives/{name}-{version}.tar.gz"));
    let text = format!(
        "[[chroot]]\nname = \"debian-12\"\narches = [\"x86_64\"]\nreleasever = \"12\"\ninstall = [\"@buildsys-build\"]\n\
         repos = [{{ id = \"mini\", baseurl = \"{}\" }}]\n\
         macros = {{ pypi_source = \"{source}\", autorelease = \"1\", autochangelog = \"%{{nil}}\", python3_pkgversion = \"3\" }}\n",
        stage.distribution.address
    );
    let file = stage.path("chroots.toml");
    fs::write(&file, text).expect("the file can be written");
    stage.service.admin(&["chroot", "import", file.to_str().expect("a path")]).expect("the chroot is there");
    stage.service.admin(&["chroot", "enable", &stage.distribution.chroot]).expect("the chroot is enabled");
}

/// Builds the package that the generated spec files need.
fn build_python_macros(stage: &Stage) {
    let spec = format!(
        "Name: python3-devel\nVersion: 1\nRelease: 1\nSummary: Macros\nLicense: MIT\nBuildArch: noarch\n\
         Provides: python3dist(setuptools)\n%description\nx\n%install\nmkdir -p %{{buildroot}}/usr/lib/rpm/macros.d\n\
         cat >%{{buildroot}}/usr/lib/rpm/macros.d/macros.python <<'END'\n{}END\n%files\n/usr/lib/rpm/macros.d/macros.python\n",
        PYTHON_MACROS.replace('%', "%%")
    );
    let path = stage.path("python3-devel.spec");
    fs::write(&path, spec).expect("the spec file can be written");
    stage.cli().build(&path).expect("the macros are built");
}

#[test]
fn a_project_of_pypi_becomes_a_package() {
    let tools_dir = copr_testkit::temp_dir();
    let launch = launch().setting("builder.tools_dir", tools_dir.path().to_str().expect("a path"));
    // The programs have to be there when the builder begins; where the index is they learn from its address.
    let stage = Stage::prepared(launch, |forge| {
        tools(forge, tools_dir.path());
        index(forge);
    });
    enable(&stage);
    stage.cli().create(&stage.distribution.chroot).expect("the project is made");
    build_python_macros(&stage);
    let (name, version) = ARCHIVED;
    let build = stage.makes("buildpypi", &["--packagename", name]);
    assert_eq!(stage.version_of(build), format!("python-{name} {version}-1"));
    let arguments =
        ["--packagename", name, "--packageversion", version, "--spec-generator", "pyp2rpm", "--template", "fedora"];
    let build = stage.cli().submit_by("buildpypi", &arguments).expect("it is taken");
    stage.source_succeeds(build);
    assert_eq!(stage.version_of(build), format!("python-{name} {version}-1"));
    let root = stage.installs(&["python3-six"]);
    assert!(root.join("usr/lib/python3/site-packages/six.py").exists());

    let gone = stage.cli().submit_by("buildpypi", &["--packagename", "no-such-project-here"]).expect("it is taken");
    stage.ends(gone, "failed");
    assert!(stage.cli().all_logs(gone).contains("was not found on PyPI"), "{}", stage.cli().all_logs(gone));
    assert!(stage.forge.asked().iter().any(|path| path.ends_with(".tar.gz")), "{PROJECT} was made of the archive");
}
