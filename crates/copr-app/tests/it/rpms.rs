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
    let place =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", &hex::encode(Sha256::digest(spec))[..12]));
    let lock = File::create(place.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    if !place.join("done").exists() {
        let _ = fs::remove_dir_all(&place);
        let srpm = copr_testkit::srpm(name, &place.join("srpm"));
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
