//! Making keys and signing with them. Nothing outside this module touches secret parameters.

use std::fmt;
use std::time::Duration;

use pgp::composed::{
    ArmorOptions, Deserializable, DetachedSignature, KeyType as PgpKeyType, SignedKeyDetails, SignedPublicKey,
    SignedSecretKey,
};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{
    KeyFlags, Packet, PacketParser, PacketTrait, PubKeyInner, PublicKey as PublicKeyPacket,
    SecretKey as SecretKeyPacket, SignatureConfig, SignatureType, Subpacket, SubpacketData, UserId,
};
use pgp::ser::Serialize as _;
use pgp::types::{KeyDetails, KeyVersion, Password, SignedUser, Tag, Timestamp};
use rand_08::rngs::OsRng;
use secrecy::{ExposeSecret, SecretSlice};
use serde::{Deserialize, Serialize};

type Result<T> = std::result::Result<T, pgp::errors::Error>;

/// The kinds of keys that every rpm in use understands; ECDSA fails to import in rpm 4.18.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyType {
    /// Works everywhere.
    #[default]
    Rsa4096,
    /// Works everywhere; signs twice as fast.
    Rsa3072,
    /// Small and fast; rpm 4.16 and later (not EL 8 and older).
    Ed25519,
}

impl KeyType {
    /// `rsa4096`, `rsa3072`, `ed25519`
    pub fn name(self) -> &'static str {
        match self {
            KeyType::Rsa4096 => "rsa4096",
            KeyType::Rsa3072 => "rsa3072",
            KeyType::Ed25519 => "ed25519",
        }
    }

    fn parameters(self) -> PgpKeyType {
        match self {
            KeyType::Rsa4096 => PgpKeyType::Rsa(4096),
            KeyType::Rsa3072 => PgpKeyType::Rsa(3072),
            // The packet format of GnuPG and rpm 4; RFC 9580's own is unknown to both.
            KeyType::Ed25519 => PgpKeyType::Ed25519Legacy,
        }
    }
}

/// How long a key is valid. Clients keep the copy they once imported, so a key that expires breaks
/// them until they fetch it again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expiry {
    /// For good.
    #[default]
    Never,
    /// For so long from its creation.
    After(Duration),
}

/// The public half of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    /// For `pubkey.gpg` and `rpm --import`.
    pub armored: String,
    /// 40 lower-case hexadecimal digits.
    pub fingerprint: String,
    /// The last 16 of them: what rpm shows, and `copr_rpm::SignatureFacts::key_id`.
    pub key_id: String,
    /// The user id.
    pub user_id: String,
    /// When it ends, seconds UTC; never when there is none.
    #[serde(default)]
    pub expires_on: Option<i64>,
}

/// Key material without a user id: the slow part of making a key.
pub(crate) struct Material(SecretKeyPacket);

impl Material {
    pub(crate) fn generate(kind: KeyType) -> Result<Material> {
        let (public, secret) = kind.parameters().generate(OsRng)?;
        let algorithm = kind.parameters().to_alg();
        let inner = PubKeyInner::new(KeyVersion::V4, algorithm, Timestamp::now(), None, public)?;
        let packet = SecretKeyPacket::new(PublicKeyPacket::from_inner(inner)?, secret)?;
        Ok(Material(packet))
    }

    pub(crate) fn to_bytes(&self) -> Result<SecretSlice<u8>> {
        let mut bytes = Vec::new();
        self.0.to_writer_with_header(&mut bytes)?;
        Ok(bytes.into())
    }

    /// None when the bytes are not what [`Material::to_bytes`] gave.
    pub(crate) fn from_bytes(bytes: &SecretSlice<u8>) -> Option<Material> {
        match PacketParser::new(bytes.expose_secret()).next()?.ok()? {
            Packet::SecretKey(packet) => Some(Material(packet)),
            _ => None,
        }
    }

    /// Binds a user id: one primary key that certifies and signs, no subkeys (old rpm ignores them),
    /// SHA-256 (rpm-sequoia refuses SHA-1 and keys without the sign flag).
    pub(crate) fn bind(self, user_id: &str, expiry: Expiry) -> Result<SecretKey> {
        let user_id = UserId::from_str(Default::default(), user_id)?;
        bound(self.0, user_id, expiry)
    }
}

/// The key with one user id, which it certifies now.
fn bound(key: SecretKeyPacket, user_id: UserId, expiry: Expiry) -> Result<SecretKey> {
    let mut flags = KeyFlags::default();
    flags.set_certify(true);
    flags.set_sign(true);

    let mut config = SignatureConfig::v4(SignatureType::CertPositive, key.algorithm(), HashAlgorithm::Sha256);
    let mut hashed = issued_now(&key)?;
    hashed.push(Subpacket::critical(SubpacketData::KeyFlags(flags))?);
    hashed.push(Subpacket::regular(SubpacketData::IsPrimary(true))?);
    let hashes = [HashAlgorithm::Sha256, HashAlgorithm::Sha512];
    hashed.push(Subpacket::regular(SubpacketData::PreferredHashAlgorithms(hashes.into_iter().collect()))?);
    if let Expiry::After(time) = expiry {
        let seconds = u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
        let time = pgp::types::Duration::from_secs(seconds);
        hashed.push(Subpacket::critical(SubpacketData::KeyExpirationTime(time))?);
    }
    config.hashed_subpackets = hashed;

    let none = Password::empty();
    let signature = config.sign_certification(&key, key.public_key(), &none, Tag::UserId, &user_id)?;
    let user = SignedUser::new(user_id, vec![signature]);
    let details = SignedKeyDetails::new(Vec::new(), Vec::new(), vec![user], Vec::new());
    Ok(SecretKey(SignedSecretKey::new(key, details, Vec::new(), Vec::new())))
}

/// A whole key. It has no `Clone` and says nothing in `Debug`.
pub(crate) struct SecretKey(SignedSecretKey);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey")
    }
}

impl SecretKey {
    /// Binary, not armored: only this crate reads it.
    pub(crate) fn to_bytes(&self) -> Result<SecretSlice<u8>> {
        let mut bytes = Vec::new();
        self.0.to_writer(&mut bytes)?;
        Ok(bytes.into())
    }

    /// None when the bytes are not a key that signed its user id itself.
    pub(crate) fn from_bytes(bytes: &SecretSlice<u8>) -> Option<SecretKey> {
        let key = SignedSecretKey::from_bytes(bytes.expose_secret()).ok()?;
        let usable = !key.details.users.is_empty() && key.verify_bindings().is_ok();
        usable.then_some(SecretKey(key))
    }

    pub(crate) fn public(&self) -> Result<PublicKey> {
        let public: SignedPublicKey = self.0.to_public_key();
        let users = &self.0.details.users;
        let user_id = users.first().map(|user| String::from_utf8_lossy(user.id.id()).into_owned());
        Ok(PublicKey {
            armored: public.to_armored_string(ArmorOptions::default())?,
            fingerprint: hex::encode(public.fingerprint().as_bytes()),
            key_id: hex::encode(public.legacy_key_id().as_ref()),
            user_id: user_id.unwrap_or_default(),
            expires_on: self.expires_on(),
        })
    }

    fn created_on(&self) -> i64 {
        self.0.primary_key.created_at().as_secs().into()
    }

    fn expires_on(&self) -> Option<i64> {
        let life = self.0.details.users.first()?.signatures.first()?.key_expiration_time()?.as_secs();
        (life > 0).then(|| self.created_on() + i64::from(life))
    }

    /// The same key with another end: its user id is certified anew, its fingerprint stays.
    pub(crate) fn extended(self, until: Option<i64>) -> Option<SecretKey> {
        let expiry = match until {
            None => Expiry::Never,
            Some(until) => Expiry::After(Duration::from_secs(u64::try_from(until - self.created_on()).unwrap_or(1))),
        };
        let SignedSecretKey { primary_key, details, .. } = self.0;
        let user = details.users.into_iter().next()?;
        bound(primary_key, user.id, expiry).ok()
    }

    /// A v4 signature of binary data with SHA-256.
    pub(crate) fn sign(&self, data: &[u8]) -> Result<DetachedSignature> {
        let key = &self.0.primary_key;
        let mut config = SignatureConfig::v4(SignatureType::Binary, key.algorithm(), HashAlgorithm::Sha256);
        config.hashed_subpackets = issued_now(key)?;
        Ok(DetachedSignature::new(config.sign(key, &Password::empty(), data)?))
    }
}

/// Whether a packet is a signature of some data by a key.
pub(crate) fn is_signature_of(packet: &[u8], data: &[u8], armored: &str) -> bool {
    let Ok((key, _)) = SignedPublicKey::from_string(armored) else { return false };
    let Ok(signature) = DetachedSignature::from_bytes(packet) else { return false };
    signature.verify(&key, data).is_ok()
}

/// When and by whom. The key id stands in the hashed part as well: rpm looks there.
fn issued_now(key: &SecretKeyPacket) -> Result<Vec<Subpacket>> {
    Ok(vec![
        Subpacket::regular(SubpacketData::SignatureCreationTime(Timestamp::now()))?,
        Subpacket::regular(SubpacketData::IssuerFingerprint(key.fingerprint()))?,
        Subpacket::regular(SubpacketData::IssuerKeyId(key.legacy_key_id()))?,
    ])
}
