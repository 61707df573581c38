use std::path::Path;
use std::time::Instant;

use copr_rpm::header;
use copr_sign::{KeyType, PublicKey, Signer, Verifier};

use crate::rpmbuild::{Workshop, succeeded};
use crate::samples;
use crate::{USER_ID, name, signer};

/// What `rpmkeys -Kv` says with only these keys imported.
fn check(workshop: &Workshop, keys: &[&PublicKey], package: &Path) -> String {
    let database = tempfile::tempdir_in(workshop.path()).unwrap();
    for key in keys {
        let file = workshop.path().join("import.asc");
        std::fs::write(&file, &key.armored).unwrap();
        let import =
            workshop.command("rpmkeys").arg("--dbpath").arg(database.path()).arg("--import").arg(&file).output();
        succeeded("rpmkeys --import", import.unwrap());
    }
    let mut rpmkeys = workshop.command("rpmkeys");
    let output = rpmkeys.arg("--dbpath").arg(database.path()).arg("-Kv").arg(package).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Tags of the signature header that must outlive a signature.
fn kept(workshop: &Workshop, package: &Path) -> String {
    let format = "%{SIGMD5} %{SHA1HEADER} %{SHA256HEADER} %{SIGSIZE} %{ARCHIVESIZE} %{NEVRA}";
    let output = workshop.command("rpm").args(["-qp", "--nosignature", "--qf", format]).arg(package).output();
    succeeded("rpm -qp", output.unwrap())
}

#[test]
fn rpm_takes_packages_signed_by_every_kind_of_key() {
    for (kind, words) in
        [(KeyType::Rsa4096, "RSA/SHA256"), (KeyType::Rsa3072, "RSA/SHA256"), (KeyType::Ed25519, "EdDSA/SHA256")]
    {
        let workshop = Workshop::new();
        let signer = signer(&workshop, kind);
        let key = name("alice#hello");
        let started = Instant::now();
        let public = signer.ensure_key(&key, USER_ID).unwrap();
        let made = started.elapsed();
        for package in workshop.odd() {
            let before = kept(&workshop, &package);
            let size = package.metadata().unwrap().len();
            let started = Instant::now();
            signer.sign_package(&package, &key).unwrap();
            eprintln!("{kind:?}: key {made:?}, signature {:?}", started.elapsed());

            let said = check(&workshop, &[&public], &package);
            let expected = format!("Header V4 {words} Signature, key ID {}: OK", &public.key_id[8..]);
            assert!(said.contains(&expected), "{said}");
            assert!(said.contains("MD5 digest: OK") && !said.contains("BAD"), "{said}");
            assert_eq!(kept(&workshop, &package), before);
            assert_eq!(package.metadata().unwrap().len(), size, "the reserved space was used");
            let signatures = header::read_package(&package).unwrap().signatures;
            assert_eq!(signatures.len(), 1, "{signatures:?}");
            assert_eq!(signatures[0].key_id.as_deref(), Some(public.key_id.as_str()));
        }
    }
}

#[test]
fn another_key_takes_the_place_of_the_first_as_often_as_wanted() {
    let workshop = Workshop::new();
    let signer = signer(&workshop, KeyType::Ed25519);
    let package = workshop.small("resigned").remove(1);
    let first = signer.ensure_key(&name("first"), USER_ID).unwrap();
    signer.sign_package(&package, &name("first")).unwrap();
    let rsa = crate::signer(&workshop, KeyType::Rsa3072);
    let second = rsa.ensure_key(&name("second"), USER_ID).unwrap();
    for key in ["second", "first", "first", "second", "second"] {
        rsa.sign_package(&package, &name(key)).unwrap();
    }
    assert!(check(&workshop, &[&second], &package).contains("RSA/SHA256 Signature"));
    let said = check(&workshop, &[&first, &second], &package);
    assert!(!said.contains(&first.key_id[8..]), "the first signature is gone: {said}");
    assert!(!said.contains("NOKEY") && !said.contains("BAD"), "{said}");
}

#[test]
fn a_package_without_reserved_space_is_written_anew() {
    let workshop = Workshop::new();
    let signer = signer(&workshop, KeyType::Ed25519);
    let public = signer.ensure_key(&name("key"), USER_ID).unwrap();
    let package = workshop.small("tight").remove(1);
    without_reserve(&package);
    let size = package.metadata().unwrap().len();
    let before = kept(&workshop, &package);
    signer.sign_package(&package, &name("key")).unwrap();
    assert!(package.metadata().unwrap().len() > size);
    let said = check(&workshop, &[&public], &package);
    assert!(said.contains(": OK") && !said.contains("BAD") && said.contains("EdDSA"), "{said}");
    assert_eq!(kept(&workshop, &package), before);
    assert!(!package.with_extension("rpm.signing").exists());
    // The new file has a reserve again.
    let size = package.metadata().unwrap().len();
    signer.sign_package(&package, &name("key")).unwrap();
    assert_eq!(package.metadata().unwrap().len(), size);
}

/// Cuts the last entry, the reserved space, out of a signature header.
fn without_reserve(package: &Path) {
    let bytes = std::fs::read(package).unwrap();
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    let (count, size) = (number(96 + 8), number(96 + 12));
    let last = 96 + 16 * count as usize;
    assert_eq!(number(last), 1008, "rpmbuild reserves space");
    let reserve = number(last + 12);
    let store = last + 16;
    let reserve_at = store + number(last + 8) as usize;
    let end = (store + size as usize).next_multiple_of(8);

    let mut header = bytes[96..last].to_vec();
    header[8..12].copy_from_slice(&(count - 1).to_be_bytes());
    header[12..16].copy_from_slice(&(size - reserve).to_be_bytes());
    // The region's entry gives the place of its trailer, and the trailer the length of the entries.
    header[16 + 8..16 + 12].copy_from_slice(&(size - reserve - 16).to_be_bytes());
    header.extend_from_slice(&bytes[store..reserve_at]);
    header.extend_from_slice(&[62u32, 7, (16 * (count - 1)).wrapping_neg(), 16].map(u32::to_be_bytes).concat());
    header.resize(header.len().next_multiple_of(8), 0);
    std::fs::write(package, [&bytes[..96], &header, &bytes[end..]].concat()).unwrap();
    header::read_package(package).unwrap();
}

#[test]
fn a_changed_package_is_bad_and_a_stranger_has_no_key() {
    let workshop = Workshop::new();
    let signer = signer(&workshop, KeyType::Ed25519);
    let public = signer.ensure_key(&name("key"), USER_ID).unwrap();
    let package = workshop.small("changed").remove(1);
    signer.sign_package(&package, &name("key")).unwrap();
    assert!(check(&workshop, &[], &package).contains("NOKEY"));
    copr_rpm::integrity::check(&package).unwrap();
    assert!(is_signed_by(&public, &package));
    let other = signer.ensure_key(&name("other"), USER_ID).unwrap();
    assert!(!is_signed_by(&other, &package));

    let mut bytes = std::fs::read(&package).unwrap();
    let last = bytes.len() - 10;
    bytes[last] ^= 1;
    std::fs::write(&package, &bytes).unwrap();
    assert!(check(&workshop, &[&public], &package).contains("BAD"));
    // The signature is of the header, which is as it was: what makes it worth something is the digest in there.
    assert!(is_signed_by(&public, &package));
    copr_rpm::integrity::check(&package).unwrap_err();
    bytes[last] ^= 1;
    let in_header = header::read_package(&package).unwrap().header_range.end as usize - 100;
    bytes[in_header] ^= 1;
    std::fs::write(&package, &bytes).unwrap();
    assert!(!is_signed_by(&public, &package));
}

/// What rpm says, told by this crate.
fn is_signed_by(key: &PublicKey, package: &Path) -> bool {
    let verifier = Verifier::read(&key.armored).unwrap();
    let signed = copr_rpm::signature::signed_bytes(package).unwrap();
    let packets = copr_rpm::signature::packets(package).unwrap();
    assert!(!packets.is_empty());
    packets.iter().all(|packet| verifier.accepts(packet, &signed))
}

#[test]
fn rpm_still_installs_what_was_signed() {
    let workshop = Workshop::new();
    let signer = signer(&workshop, KeyType::Rsa3072);
    signer.ensure_key(&name("key"), USER_ID).unwrap();
    let package = workshop.small("installed").remove(1);
    signer.sign_package(&package, &name("key")).unwrap();
    let root = workshop.path().join("root");
    let output = workshop
        .command("rpm")
        .args(["--nosignature", "--root"])
        .arg(&root)
        .args(["--dbpath", "/rpmdb", "-i"])
        .arg(&package)
        .output();
    succeeded("rpm -i", output.unwrap());
    assert!(root.join("usr/share/installed/hello").exists());
}

/// Packages of all ages: signed by others, with and without reserved space, of rpm 3 to rpm 6.
#[test]
fn every_collected_package_can_be_signed() {
    let workshop = Workshop::new();
    let signer = signer(&workshop, KeyType::Rsa3072);
    let public = signer.ensure_key(&name("key"), USER_ID).unwrap();
    let verifier = rpm::signature::pgp::Verifier::from_asc(&public.armored).unwrap();
    let (mut by_rpm, mut by_crate) = (0, 0);
    for original in samples::collected() {
        let label = original.file_name().unwrap().to_string_lossy().into_owned();
        if header::read_package(&original).is_err() || label.contains("corrupted") {
            continue;
        }
        let package = workshop.path().join("copy.rpm");
        std::fs::write(&package, std::fs::read(&original).unwrap()).unwrap();
        signer.sign_package(&package, &name("key")).unwrap_or_else(|error| panic!("{label}: {error}"));

        // The rpm crate reads v6 packages as well; it looks at the OPENPGP tag.
        let parsed = rpm::Package::open(&package).unwrap_or_else(|error| panic!("{label}: {error}"));
        parsed.verify_signature(&verifier).unwrap_or_else(|error| panic!("{label}: {error}"));
        by_crate += 1;

        let said = check(&workshop, &[&public], &package);
        if said.contains("Header V4 RSA/SHA256 Signature") {
            assert!(said.contains(&format!("key ID {}: OK", &public.key_id[8..])), "{label}: {said}");
            assert!(!said.contains("BAD") && !said.contains("NOKEY"), "{label}: {said}");
            by_rpm += 1;
        } else {
            assert!(original.to_string_lossy().contains("rpm-rs-v6"), "{label}: {said}");
        }
    }
    assert!(by_crate == 0 || by_crate > 80 && by_rpm > 60, "{by_crate} and {by_rpm} packages");
}
