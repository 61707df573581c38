use copr_sign::{Error, KeyType, LocalSigner, PublicKey, Signer, Verifier, combine};

use crate::rpmbuild::Workshop;
use crate::{USER_ID, name, signer};

const NEW: &[u8] = b"<repomd>new</repomd>\n";
const OLD: &[u8] = b"<repomd>old</repomd>\n";

struct Bench {
    workshop: Workshop,
    signer: LocalSigner,
    public: PublicKey,
}

impl Bench {
    fn new(kind: KeyType) -> Bench {
        let workshop = Workshop::new();
        let signer = signer(&workshop, kind);
        let public = signer.ensure_key(&name("key"), USER_ID).unwrap();
        Bench { workshop, signer, public }
    }

    fn sign(&self, data: &[u8]) -> String {
        self.signer.sign_detached(data, &name("key")).unwrap()
    }

    /// gpg's status lines about `asc` as a signature of `data`.
    fn verify(&self, asc: &str, data: &[u8]) -> Vec<String> {
        let write = |file: &str, bytes: &[u8]| {
            let path = self.workshop.path().join(file);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let (key, asc, data) =
            (write("key.asc", self.public.armored.as_bytes()), write("data.asc", asc.as_bytes()), write("data", data));
        let home = tempfile::tempdir_in(self.workshop.path()).unwrap();
        let gpg = || {
            let mut gpg = self.workshop.command("gpg");
            gpg.arg("--homedir").arg(home.path()).args(["--batch", "--no-autostart", "--status-fd", "1"]);
            gpg
        };
        assert!(gpg().arg("--import").arg(key).output().unwrap().status.success());
        let output = gpg().arg("--verify").args([&asc, &data]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let wanted = ["GOODSIG", "BADSIG", "ERRSIG", "VALIDSIG"];
        let words = said.lines().filter_map(|line| line.split(' ').nth(1));
        let words: Vec<String> = words.filter(|word| wanted.contains(word)).map(str::to_owned).collect();
        // Our own judge says what gpg says of the first signature that it has the key of.
        let accepted = words.iter().find(|word| ["GOODSIG", "BADSIG"].contains(&word.as_str()));
        let verifier = Verifier::read(&self.public.armored).unwrap();
        let text = std::fs::read_to_string(&asc).unwrap();
        let accepts = verifier.accepts_armored(&text, &std::fs::read(&data).unwrap());
        assert_eq!(accepts, accepted.is_some_and(|word| word == "GOODSIG"), "{words:?}");
        words
    }
}

#[test]
fn what_was_signed_a_moment_ago_is_signed_by_the_key_that_has_the_name_now() {
    let bench = Bench::new(KeyType::Ed25519);
    let first = bench.sign(NEW);
    assert_eq!(bench.sign(NEW), first, "signed twice");
    assert_ne!(bench.sign(OLD), first);
    bench.signer.store().delete(&name("key")).unwrap();
    assert!(matches!(bench.signer.sign_detached(NEW, &name("key")), Err(Error::NoSuchKey { .. })));
    let public = bench.signer.ensure_key(&name("key"), USER_ID).unwrap();
    let bench = Bench { public, ..bench };
    let second = bench.sign(NEW);
    assert_ne!(second, first);
    assert!(bench.verify(&second, NEW).iter().any(|line| line.contains("GOODSIG")), "not by the new key");
}

#[test]
fn gpg_takes_the_signature_and_no_other_data() {
    for kind in [KeyType::Rsa3072, KeyType::Ed25519] {
        let bench = Bench::new(kind);
        let asc = bench.sign(NEW);
        assert!(asc.starts_with("-----BEGIN PGP SIGNATURE-----\n"), "{asc}");
        assert_eq!(bench.verify(&asc, NEW), ["GOODSIG", "VALIDSIG"]);
        assert_eq!(bench.verify(&asc, OLD), ["BADSIG"]);
    }
}

#[test]
fn gpg_stops_at_the_first_signature_of_other_data() {
    let bench = Bench::new(KeyType::Ed25519);
    let (new, old) = (bench.sign(NEW), bench.sign(OLD));
    let block = combine([new.as_str(), old.as_str()], 4).unwrap();
    assert_eq!(block.matches("BEGIN PGP SIGNATURE").count(), 1);
    assert_eq!(bench.verify(&block, NEW), ["GOODSIG", "VALIDSIG", "BADSIG"]);
    assert_eq!(bench.verify(&block, OLD), ["BADSIG"], "combine's words must change if this does");
}

#[test]
fn a_signature_of_an_unknown_key_does_no_harm() {
    let bench = Bench::new(KeyType::Ed25519);
    bench.signer.ensure_key(&name("stranger"), USER_ID).unwrap();
    let known = bench.sign(NEW);
    let unknown = bench.signer.sign_detached(NEW, &name("stranger")).unwrap();
    let first = combine([known.as_str(), unknown.as_str()], 4).unwrap();
    assert_eq!(bench.verify(&first, NEW), ["GOODSIG", "VALIDSIG", "ERRSIG"]);
    let second = combine([unknown.as_str(), known.as_str()], 4).unwrap();
    assert_eq!(bench.verify(&second, NEW), ["ERRSIG", "GOODSIG", "VALIDSIG"]);
}

#[test]
fn blocks_are_joined_in_order_and_cut_at_the_end() {
    let bench = Bench::new(KeyType::Ed25519);
    let mut block = bench.sign(b"0");
    for number in 1..6u8 {
        let new = bench.sign(&[b'0' + number]);
        block = combine([new.as_str(), block.as_str()], 3).unwrap();
    }
    assert_eq!(bench.verify(&block, b"5"), ["GOODSIG", "VALIDSIG", "BADSIG"]);
    let again = combine([block.as_str()], 1).unwrap();
    assert_eq!(bench.verify(&again, b"5"), ["GOODSIG", "VALIDSIG"]);
    // The same one twice counts once.
    assert_eq!(combine([block.as_str(), block.as_str()], 9).unwrap(), block);
}

#[test]
fn what_is_no_signature_is_refused() {
    let bench = Bench::new(KeyType::Ed25519);
    let sound = bench.sign(NEW);
    for bad in ["", "text", bench.public.armored.as_str(), &sound[..60]] {
        assert!(matches!(combine([bad], 3), Err(Error::BadSignature)), "{bad}");
        assert!(combine([sound.as_str(), bad], 3).is_err(), "{bad}");
    }
    assert!(combine([], 3).is_err());
    assert!(combine([sound.as_str()], 0).is_err());
}

#[test]
fn keys_are_read_from_one_block_or_several() {
    let bench = Bench::new(KeyType::Ed25519);
    let other = bench.signer.ensure_key(&name("other"), USER_ID).unwrap();
    let both = format!("{}{}", other.armored, bench.public.armored);
    let verifier = Verifier::read(&both).unwrap();
    assert_eq!(verifier.fingerprints(), [other.fingerprint.clone(), bench.public.fingerprint.clone()]);
    assert!(verifier.accepts_armored(&bench.sign(NEW), NEW));
    assert!(!Verifier::read(&other.armored).unwrap().accepts_armored(&bench.sign(NEW), NEW));
    for bad in ["", "text", &both[..both.len() / 3], &bench.sign(NEW)] {
        assert!(matches!(Verifier::read(bad), Err(Error::BadKey)), "{bad}");
    }
}
