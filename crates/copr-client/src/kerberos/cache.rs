//! The file in which a session is kept, as python-copr has it: one for each service.

use serde::Deserialize;
use serde_json::json;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use url::Url;

use crate::Secret;

/// So long it is kept, whatever the service would say.
const GOOD_FOR: Duration = Duration::from_secs(10 * 60 * 60);

/// A session, and whose it is.
#[derive(Debug)]
pub(super) struct Kept {
    pub name: String,
    pub session: Secret,
}

#[derive(Deserialize)]
struct Written {
    name: String,
    session: Secret,
    /// Seconds since 1970, with a fraction.
    expiration: f64,
}

/// Where the session with a service is kept.
pub(super) fn place(service: &Url) -> Option<PathBuf> {
    let host = service.host_str()?;
    let name = service.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    Some(std::env::home_dir()?.join(".cache/copr").join(format!("{name}-session")))
}

/// What is kept, if it is still good.
pub(super) fn read(place: &Path, now: SystemTime) -> Option<Kept> {
    let Written { name, session, expiration } = serde_json::from_slice(&fs::read(place).ok()?).ok()?;
    (expiration > seconds(now)).then_some(Kept { name, session })
}

/// Keeps a session, for our own eyes.
pub(super) fn write(place: &Path, kept: &Kept, now: SystemTime) -> io::Result<()> {
    if let Some(directory) = place.parent() {
        fs::create_dir_all(directory)?;
    }
    let expiration = seconds(now + GOOD_FOR);
    let text = json!({ "name": kept.name, "session": kept.session.reveal(), "expiration": expiration });
    let unfinished = place.with_extension(format!("{}-{}", std::process::id(), seconds(now)));
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&unfinished)?;
    file.write_all(text.to_string().as_bytes())?;
    fs::rename(unfinished, place)
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_session_is_kept_for_ten_hours() {
        let directory = tempfile::tempdir().unwrap();
        let (place, now) = (directory.path().join("copr/h:80-session"), UNIX_EPOCH + GOOD_FOR);
        write(&place, &Kept { name: "ada".to_owned(), session: "s".into() }, now).unwrap();
        let hours = |number: u64| now + Duration::from_secs(number * 60 * 60);
        let kept = read(&place, hours(9)).unwrap();
        assert_eq!((kept.name.as_str(), kept.session.reveal()), ("ada", "s"));
        assert!(read(&place, hours(11)).is_none());
        assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn python_copr_finds_it_there() {
        let of = |url: &str| place(&Url::parse(url).unwrap()).unwrap();
        assert!(of("https://copr.example.org/x").ends_with(".cache/copr/copr.example.org-session"));
        assert!(of("http://localhost:5000").ends_with(".cache/copr/localhost:5000-session"));
    }
}
