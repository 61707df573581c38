//! dnf with `gpgcheck=1` and `repo_gpgcheck=1`, from metadata to the installed package.

use std::path::PathBuf;
use std::process::Output;
use std::time::UNIX_EPOCH;

use copr_rpm::repodata::{Compression, Fragments, Layout, Location, Metadata, Options};
use copr_sign::{KeyType, LocalSigner, Signer, combine};
use sha2::{Digest, Sha256};

use crate::rpmbuild::{Workshop, succeeded};
use crate::{USER_ID, name, signer};

struct Repository {
    workshop: Workshop,
    signer: LocalSigner,
    directory: PathBuf,
    repomd: Vec<u8>,
}

impl Repository {
    /// One signed package and metadata, whose signature is still missing.
    fn new(kind: KeyType) -> Repository {
        let workshop = Workshop::new();
        let signer = signer(&workshop, kind);
        let public = signer.ensure_key(&name("key"), USER_ID).unwrap();
        let directory = workshop.path().join("repository");
        std::fs::create_dir_all(directory.join("repodata")).unwrap();
        std::fs::write(directory.join("pubkey.gpg"), public.armored).unwrap();

        let package = directory.join("greeting.rpm");
        std::fs::rename(workshop.small("greeting").remove(1), &package).unwrap();
        signer.sign_package(&package, &name("key")).unwrap();
        let file = package.metadata().unwrap();
        let location = Location {
            href: "greeting.rpm",
            base: None,
            sha256: &hex::encode(Sha256::digest(std::fs::read(&package).unwrap())),
            size: file.len(),
            modified: file.modified().unwrap().duration_since(UNIX_EPOCH).unwrap().as_secs(),
        };
        let options = Options {
            compression: Compression::Zstd,
            revision: 1,
            timestamp: 1_700_000_000,
            layout: Layout::Frames,
            extras: Vec::new(),
        };
        let metadata = Metadata::assemble([Fragments::of(&package, &location).unwrap()], &options).unwrap();
        for (file, bytes) in &metadata.files {
            std::fs::write(directory.join("repodata").join(file), bytes).unwrap();
        }
        std::fs::write(directory.join("repodata/repomd.xml"), &metadata.repomd).unwrap();
        Repository { workshop, signer, directory, repomd: metadata.repomd }
    }

    fn signature_of(&self, data: &[u8]) -> String {
        self.signer.sign_detached(data, &name("key")).unwrap()
    }

    fn publish(&self, asc: &str) {
        std::fs::write(self.directory.join("repodata/repomd.xml.asc"), asc).unwrap();
    }

    /// dnf with nothing remembered from before.
    fn dnf(&self, arguments: &[&str]) -> Output {
        let home = self.workshop.path();
        let fresh = tempfile::tempdir_in(home).unwrap();
        let configuration = fresh.path().join("repos");
        std::fs::create_dir(&configuration).unwrap();
        let text = format!(
            "[ours]\nname=ours\nbaseurl=file://{0}\ngpgkey=file://{0}/pubkey.gpg\ngpgcheck=1\nrepo_gpgcheck=1\n",
            self.directory.display()
        );
        std::fs::write(configuration.join("ours.repo"), text).unwrap();
        self.workshop
            .command("dnf")
            .args(["--noplugins", "-y", "--releasever=1", "--setopt=skip_if_unavailable=False"])
            .arg(format!("--setopt=reposdir={}", configuration.display()))
            .arg(format!("--setopt=cachedir={}/cache", fresh.path().display()))
            .arg(format!("--setopt=logdir={}", fresh.path().display()))
            .arg(format!("--installroot={}/root", home.display()))
            .args(arguments)
            .output()
            .unwrap()
    }

    fn accepted(&self) -> bool {
        let output = self.dnf(&["makecache"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() || said.contains("GPG"), "refused for another reason: {said}");
        output.status.success()
    }
}

#[test]
fn dnf_takes_the_first_signature_that_it_can_judge() {
    let repository = Repository::new(KeyType::Rsa3072);
    repository.signer.ensure_key(&name("stranger"), USER_ID).unwrap();
    let fits = repository.signature_of(&repository.repomd);
    let other = repository.signature_of(b"<repomd>of another generation</repomd>");
    let unknown = repository.signer.sign_detached(&repository.repomd, &name("stranger")).unwrap();
    for (block, expected, words) in [
        (vec![&fits], true, "the one that fits"),
        (vec![&other], false, "one of other data"),
        (vec![&unknown], false, "one of a key that dnf does not know"),
        (vec![&fits, &other], true, "the one that fits, one of other data"),
        // The order that a client with the repomd.xml of the generation before would meet.
        (vec![&other, &fits], false, "one of other data, the one that fits"),
        // Both orders of a change of keys.
        (vec![&unknown, &fits], true, "one of an unknown key, the one that fits"),
        (vec![&fits, &unknown], true, "the one that fits, one of an unknown key"),
    ] {
        repository.publish(&combine(block.into_iter().map(String::as_str), 4).unwrap());
        assert_eq!(repository.accepted(), expected, "{words}");
    }
}

#[test]
fn dnf_installs_a_signed_package_from_a_signed_repository() {
    for kind in [KeyType::Rsa3072, KeyType::Ed25519] {
        let repository = Repository::new(kind);
        repository.publish(&repository.signature_of(&repository.repomd));
        succeeded("dnf install", repository.dnf(&["install", "greeting"]));
        assert!(repository.workshop.path().join("root/usr/share/greeting/hello").exists());
    }
}

#[test]
fn dnf_refuses_a_package_of_another_key() {
    let repository = Repository::new(KeyType::Ed25519);
    repository.publish(&repository.signature_of(&repository.repomd));
    let stranger = name("stranger");
    let public = repository.signer.ensure_key(&stranger, USER_ID).unwrap();
    repository.publish(&repository.signer.sign_detached(&repository.repomd, &stranger).unwrap());
    assert!(!repository.accepted());
    // Metadata by the stranger, whose key is trusted; the package is still by the first key.
    std::fs::write(repository.directory.join("pubkey.gpg"), public.armored).unwrap();
    assert!(repository.accepted());
    let output = repository.dnf(&["install", "greeting"]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("GPG"), "{said}");
}
