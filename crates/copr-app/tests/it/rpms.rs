//! Real packages, made once by the machine's own rpmbuild.

use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// A source package and what rpmbuild makes of it.
#[derive(Clone, Debug)]
pub struct Made {
    pub srpm: PathBuf,
    /// None for packages that this machine's architecture can not build.
    pub rpms: Vec<PathBuf>,
}

/// A package of `packages/`, kept beside the compiled tests under a name made from its spec.
pub fn made(name: &str) -> Made {
    let spec = fs::read(copr_testkit::spec(name)).unwrap();
    kept(name, &spec, |into| copr_testkit::srpm(name, into))
}

/// A noarch package of version 1.0 without files, with more lines in the preamble of its spec.
pub fn written(name: &str, preamble: &str) -> Made {
    let text = format!(
        "Name: {name}\nVersion: 1.0\nRelease: 1\nSummary: A member of sets\nLicense: MIT\nBuildArch: noarch\n\
         {preamble}\n%description\n%{{summary}}.\n%files\n"
    );
    kept(name, text.as_bytes(), |into| copr_testkit::written_srpm(name, &text, into))
}

/// A noarch package without files, of a version.
pub fn version(name: &str, version: &str) -> Made {
    let text = format!(
        "Name: {name}\nVersion: {version}\nRelease: 1\nSummary: A version\nLicense: MIT\nBuildArch: noarch\n\
         %description\n%{{summary}}.\n%files\n"
    );
    kept(name, text.as_bytes(), |into| copr_testkit::written_srpm(name, &text, into))
}

/// What a spec gives, kept beside the compiled tests under a name made from it.
fn kept(name: &str, spec: &[u8], srpm: impl FnOnce(&Path) -> PathBuf) -> Made {
    let place =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", &hex::encode(Sha256::digest(spec))[..12]));
    let lock = File::create(place.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    if !place.join("done").exists() {
        let _ = fs::remove_dir_all(&place);
        fs::create_dir_all(place.join("srpm")).unwrap();
        let srpm = srpm(&place.join("srpm"));
        if name != "excl-arch" {
            rebuild(&srpm, &place);
        }
        File::create(place.join("done")).unwrap();
    }
    let found = |dir: &str| -> Vec<PathBuf> {
        let entries = fs::read_dir(place.join(dir)).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|word| word == "rpm")).collect()
    };
    Made { srpm: found("srpm").remove(0), rpms: found("rpms/noarch") }
}

fn rebuild(srpm: &Path, place: &Path) {
    let scratch = copr_testkit::temp_dir();
    let define = |name: &str, value: &Path| ["--define".to_owned(), format!("{name} {}", value.display())];
    copr_testkit::output(
        copr_testkit::command("rpmbuild")
            .args(["--rebuild", "--nodeps"])
            .args(define("_topdir", scratch.path()))
            .args(define("_rpmdir", &place.join("rpms")))
            .args(define("_dbpath", &scratch.path().join("rpmdb")))
            .arg(srpm)
            .env("HOME", scratch.path()),
    );
}

/// A source package of a name and version with these sources beside its spec file, its payload not compressed.
pub fn source(name: &str, version: &str, sources: &[(&str, &[u8])], into: &Path) -> PathBuf {
    let scratch = copr_testkit::temp_dir();
    let spec = scratch.path().join(format!("{name}.spec"));
    let listed = (0..).zip(sources).map(|(number, (file, _))| format!("Source{number}: {file}\n"));
    let text = format!(
        "Name: {name}\nVersion: {version}\nRelease: 1\nSummary: Sources\nLicense: MIT\nBuildArch: noarch\n{}\
         %description\n%{{summary}}.\n%files\n",
        listed.collect::<String>()
    );
    fs::write(&spec, text).unwrap();
    for (file, bytes) in sources {
        fs::write(scratch.path().join(file), bytes).unwrap();
    }
    let define = |name: &str, value: &Path| ["--define".to_owned(), format!("{name} {}", value.display())];
    copr_testkit::output(
        copr_testkit::command("rpmbuild")
            .args(["-bs", "--define", "_source_payload w.ufdio"])
            .args(define("_topdir", scratch.path()))
            .args(define("_sourcedir", scratch.path()))
            .args(define("_srcrpmdir", into))
            .args(define("_dbpath", &scratch.path().join("rpmdb")))
            .arg(&spec)
            .env("HOME", scratch.path()),
    );
    into.join(format!("{name}-{version}-1.src.rpm"))
}

/// A binary package that needs nothing and holds one file, for an architecture.
pub fn ready(name: &str, arch: &str, into: &Path) -> PathBuf {
    let scratch = copr_testkit::temp_dir();
    let spec = scratch.path().join(format!("{name}.spec"));
    let text = format!(
        "Name: {name}\nEpoch: 1\nVersion: 2.8\nRelease: 1.fc44\nSummary: Ready\nLicense: MIT\n\
         %description\n%{{summary}}.\n%install\ninstall -d %{{buildroot}}/usr/share/{name}\n\
         echo hello > %{{buildroot}}/usr/share/{name}/hello\n%files\n/usr/share/{name}\n"
    );
    fs::write(&spec, text).unwrap();
    let define = |name: &str, value: &Path| ["--define".to_owned(), format!("{name} {}", value.display())];
    copr_testkit::output(
        copr_testkit::command("rpmbuild")
            .args(["-bb", "--nodeps", "--target", arch])
            .args(define("_topdir", scratch.path()))
            .args(define("_rpmdir", into))
            .args(define("_dbpath", &scratch.path().join("rpmdb")))
            .args(["--define", "debug_package %{nil}"])
            .arg(&spec)
            .env("HOME", scratch.path()),
    );
    into.join(arch).join(format!("{name}-2.8-1.fc44.{arch}.rpm"))
}
