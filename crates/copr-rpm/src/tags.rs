//! The tag numbers of RPM headers that this crate reads (rpm's `rpmtag.h`).

pub(crate) const NAME: u32 = 1000;
pub(crate) const VERSION: u32 = 1001;
pub(crate) const RELEASE: u32 = 1002;
pub(crate) const EPOCH: u32 = 1003;
pub(crate) const SUMMARY: u32 = 1004;
pub(crate) const BUILD_TIME: u32 = 1006;
pub(crate) const VENDOR: u32 = 1011;
pub(crate) const LICENSE: u32 = 1014;
pub(crate) const ARCH: u32 = 1022;
pub(crate) const FILE_SIZES: u32 = 1028;
pub(crate) const FILE_MODES: u32 = 1030;
pub(crate) const FILE_FLAGS: u32 = 1037;
pub(crate) const SOURCE_RPM: u32 = 1044;
pub(crate) const PROVIDE_NAME: u32 = 1047;
pub(crate) const REQUIRE_FLAGS: u32 = 1048;
pub(crate) const REQUIRE_NAME: u32 = 1049;
pub(crate) const REQUIRE_VERSION: u32 = 1050;
pub(crate) const NO_SOURCE: u32 = 1051;
pub(crate) const NO_PATCH: u32 = 1052;
pub(crate) const EXCLUDE_ARCH: u32 = 1059;
pub(crate) const EXCLUDE_OS: u32 = 1060;
pub(crate) const EXCLUSIVE_ARCH: u32 = 1061;
pub(crate) const EXCLUSIVE_OS: u32 = 1062;
pub(crate) const BUILD_ARCHS: u32 = 1089;
pub(crate) const FILE_INODES: u32 = 1096;
pub(crate) const SOURCE_PACKAGE: u32 = 1106;
pub(crate) const PROVIDE_FLAGS: u32 = 1112;
pub(crate) const PROVIDE_VERSION: u32 = 1113;
pub(crate) const DIR_INDEXES: u32 = 1116;
pub(crate) const BASE_NAMES: u32 = 1117;
pub(crate) const DIR_NAMES: u32 = 1118;
pub(crate) const LONG_FILE_SIZES: u32 = 5008;
pub(crate) const PAYLOAD_DIGEST: u32 = 5092;
pub(crate) const PAYLOAD_DIGEST_ALGORITHM: u32 = 5093;

/// Tags of the signature header; the numbers overlap with those of the main header.
pub(crate) mod signature {
    /// The region that every signature header begins with.
    pub const REGION: u32 = 62;
    /// Signature of the main header by a DSA, ECDSA or EdDSA key.
    pub const DSA: u32 = 267;
    /// Signature of the main header by an RSA key.
    pub const RSA: u32 = 268;
    /// Bytes of main header and payload, where they are many.
    pub const LONG_SIZE: u32 = 270;
    /// SHA-256 of the main header, in hexadecimal.
    pub const SHA256: u32 = 273;
    /// All signatures of the main header, in base64 (rpm 6; ignored before).
    pub const OPENPGP: u32 = 278;
    /// Reserved space of the v6 format.
    pub const RESERVED_V6: u32 = 999;
    /// Bytes of main header and payload.
    pub const SIZE: u32 = 1000;
    /// Signature of main header and payload by an RSA key.
    pub const PGP: u32 = 1002;
    /// MD5 of main header and payload.
    pub const MD5: u32 = 1004;
    /// Signature of main header and payload by another key.
    pub const GPG: u32 = 1005;
    /// Reserved space of the v4 format.
    pub const RESERVED_V4: u32 = 1008;
}
