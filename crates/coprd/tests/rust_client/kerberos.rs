//! Login by Kerberos, by people who have no token. A ticket is something of a whole process: each test plays its people
//! by running itself once more, with their environment.

use copr_client::v3::{Client, Config, Error, FullName, ProjectOptions};
use copr_testkit::kerberos::Realm;
use copr_testkit::run;
use copr_testkit::service::{Launch, Service};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const CHROOT: &str = "fedora-44-x86_64";
/// Says to a copy of this program where the service is.
const URL: &str = "COPR_TEST_URL";

/// A realm with ada, and the service.
struct Place {
    service: Service,
    realm: Realm,
    directory: TempDir,
}

impl Place {
    fn start() -> Self {
        let directory = copr_testkit::temp_dir();
        let realm = Realm::start(&directory.path().join("realm")).expect("a KDC");
        realm.person("ada", "secret").expect("a principal");
        let keytab = realm.service("HTTP/localhost").expect("a keytab");
        let launch = Launch::of(env!("CARGO_BIN_EXE_coprd"))
            .argument("--no-builder")
            .setting("signing.key_type", "ed25519")
            .setting("gssapi.keytab", keytab.to_str().expect("a path"))
            .setting("gssapi.create_accounts", "true")
            .setting("gssapi.email_domain", "people.example")
            .variable("KRB5_CONFIG", realm.configuration().to_str().expect("a path"));
        let home = directory.path().join("service");
        std::fs::create_dir(&home).expect("a directory");
        let service = launch.start(&home).expect("a service");
        service.admin(&["chroot", "enable", CHROOT]).expect("a chroot");
        Self { service, realm, directory }
    }

    fn tickets(&self) -> PathBuf {
        self.directory.path().join("tickets")
    }

    fn log_in(&self) {
        self.realm.log_in("ada", "secret", &self.tickets()).expect("a ticket");
    }

    /// Runs a test of this program as ada.
    fn as_ada(&self, test: &str) {
        let mut program = Command::new(std::env::current_exe().expect("this program"));
        program.args(["--exact", test, "--nocapture"]);
        program.env(URL, format!("http://localhost:{}", self.service.address().port()));
        program.env("HOME", self.directory.path()).env("KRB5_CONFIG", self.realm.configuration());
        program.env("KRB5CCNAME", self.tickets()).env("no_proxy", "*");
        let done = run::tried(&mut program).expect("this program");
        let said = run::both(&done);
        assert!(done.status.success() && said.contains("1 passed"), "{said}");
    }

    /// The session that is kept.
    fn session(&self) -> String {
        let name = format!("localhost:{}-session", self.service.address().port());
        std::fs::read_to_string(self.directory.path().join(".cache/copr").join(name)).expect("a session")
    }
}

/// Where the service is, in a copy of this program.
fn service() -> Option<Config> {
    let url = std::env::var(URL).ok()?;
    Some(Config::new(&url).unwrap().gssapi(true))
}

#[tokio::test]
async fn a_ticket_is_enough() {
    if let Some(config) = service() {
        let client = Client::new(config).unwrap();
        assert_eq!(client.general().username().await.unwrap(), "ada");
        let options = ProjectOptions::new().chroots([CHROOT]);
        client.projects().add_or_get(&FullName::new("ada", "tools"), &options).await.unwrap();
        return;
    }
    let place = Place::start();
    place.log_in();
    place.as_ada("kerberos::a_ticket_is_enough");
    let first = place.session();
    // The ticket is not even looked at while there is a session.
    std::fs::remove_file(place.tickets()).expect("tickets");
    place.as_ada("kerberos::a_ticket_is_enough");
    assert_eq!(place.session(), first);
    // Sessions of a disabled account are gone: there is another one.
    place.service.admin(&["user", "disable", "ada"]).expect("disabled");
    place.service.admin(&["user", "enable", "ada"]).expect("enabled");
    place.log_in();
    place.as_ada("kerberos::a_ticket_is_enough");
    assert_ne!(place.session(), first);
    assert!(place.service.admin(&["user", "list"]).expect("users").contains("ada@people.example"));
}

#[tokio::test]
async fn without_a_ticket_there_is_no_login() {
    if let Some(config) = service() {
        let error = Client::new(config).unwrap().general().auth_check().await.unwrap_err();
        assert!(matches!(error, Error::Kerberos(_)), "{error:?}");
        let text = error.to_string();
        assert!(text.starts_with("can't log in by Kerberos: ") && text.len() > 40, "{text}");
        return;
    }
    let place = Place::start();
    place.as_ada("kerberos::without_a_ticket_there_is_no_login");
    assert!(!Path::new(&place.directory.path().join(".cache")).exists());
}
