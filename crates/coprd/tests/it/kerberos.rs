//! Login by Kerberos with a real KDC and the unmodified copr-cli and python-copr, which have no token.

use copr_testkit::kerberos::{REALM, Realm};
use copr_testkit::run;
use copr_testkit::service::{Launch, Service};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const CHROOT: &str = "fedora-44-x86_64";

/// A realm with ada, eve and the service's key, and the service.
struct Place {
    service: Service,
    realm: Realm,
    directory: TempDir,
}

impl Place {
    fn start(configure: impl FnOnce(Launch) -> Launch) -> Self {
        let directory = copr_testkit::temp_dir();
        let realm = Realm::start(&directory.path().join("realm")).expect("a KDC");
        for person in ["ada", "eve", "copr/robot"] {
            realm.person(person, "secret").expect("a principal");
        }
        let keytab = realm.service("HTTP/localhost").expect("a keytab");
        let launch = Launch::of(env!("CARGO_BIN_EXE_coprd"))
            .argument("--no-builder")
            .setting("signing.key_type", "ed25519")
            .setting("gssapi.keytab", keytab.to_str().expect("a path"))
            .variable("KRB5_CONFIG", realm.configuration().to_str().expect("a path"));
        let home = directory.path().join("service");
        std::fs::create_dir(&home).expect("a directory");
        let service = configure(launch).start(&home).expect("a service");
        service.admin(&["chroot", "enable", CHROOT]).expect("a chroot");
        Self { service, realm, directory }
    }

    /// Somebody with a ticket of their own, and a configuration that names the service alone.
    fn person(&self, principal: &str) -> Person {
        let home = self.directory.path().join(principal.replace('/', "-"));
        std::fs::create_dir(&home).expect("a home");
        let url = format!("http://localhost:{}", self.service.address().port());
        let configuration = format!("[copr-cli]\ncopr_url = {url}\nencrypted = False\ngssapi = True\n");
        std::fs::write(home.join("config"), configuration).expect("a configuration");
        self.realm.log_in(principal, "secret", &home.join("tickets")).expect("a ticket");
        Person { home, realm: self.realm.configuration() }
    }
}

struct Person {
    home: PathBuf,
    realm: PathBuf,
}

impl Person {
    fn command(&self, program: &str) -> Command {
        let mut command = copr_testkit::command(copr_testkit::client(program));
        command.env("HOME", &self.home).env("KRB5_CONFIG", &self.realm).env("KRB5CCNAME", self.home.join("tickets"));
        command.env("no_proxy", "*").env("PYTHONWARNINGS", "ignore");
        command
    }

    fn cli(&self, arguments: &[&str]) -> Output {
        run::tried(self.command("copr-cli").arg("--config").arg(self.home.join("config")).args(arguments))
            .expect("copr-cli")
    }

    /// What copr-cli printed, when it ended well.
    fn ok(&self, arguments: &[&str]) -> String {
        let done = self.cli(arguments);
        assert!(done.status.success(), "{arguments:?}: {}", run::both(&done));
        String::from_utf8(done.stdout).expect("text")
    }

    /// What copr-cli complained of.
    fn refused(&self, arguments: &[&str]) -> String {
        let done = self.cli(arguments);
        assert!(!done.status.success(), "{arguments:?}: {}", run::both(&done));
        String::from_utf8(done.stderr).expect("text")
    }

    /// The session that python-copr keeps.
    fn session(&self) -> String {
        let files = std::fs::read_dir(self.home.join(".cache/copr")).expect("a cache");
        let mut files = files.map(|entry| entry.expect("an entry").path());
        let file = files.find(|path| is_session(path)).expect("a session");
        std::fs::read_to_string(file).expect("a session")
    }
}

fn is_session(path: &Path) -> bool {
    path.to_str().is_some_and(|path| path.ends_with("-session"))
}

#[test]
fn copr_cli_works_by_kerberos_alone() {
    let place = Place::start(|launch| {
        launch
            .setting("gssapi.create_accounts", "true")
            .setting("gssapi.email_domain", "people.example")
            .setting("gssapi.deny", "eve,host/*")
    });
    let ada = place.person("ada");
    assert_eq!(ada.ok(&["whoami"]), "ada\n");
    let users = place.service.admin(&["user", "list"]).expect("users");
    assert!(users.contains("ada@people.example"), "{users}");

    let first = ada.session();
    let made = ada.ok(&["create", "tools", "--chroot", CHROOT]);
    assert!(made.starts_with("New project was successfully created"), "{made}");
    // The ticket is not even looked at while there is a session.
    std::fs::remove_file(ada.home.join("tickets")).expect("tickets");
    ada.ok(&["modify", "tools", "--description", "By session"]);
    assert_eq!(ada.session(), first);

    // python-copr asks once more when its session is not good any more, and needs the ticket again.
    place.service.admin(&["user", "disable", "ada"]).expect("disabled");
    place.service.admin(&["user", "enable", "ada"]).expect("enabled");
    place.realm.log_in("ada", "secret", &ada.home.join("tickets")).expect("a ticket");
    ada.ok(&["modify", "tools", "--description", "By a new session"]);
    assert_ne!(ada.session(), first);

    // A service's principal has a slash, which no account's name has.
    assert_eq!(place.person("copr/robot").ok(&["whoami"]), "copr_robot\n");

    let eve = place.person("eve");
    let complaint = eve.refused(&["create", "mine", "--chroot", CHROOT]);
    let text = format!("Can't log-in using GSSAPI: invalid krb5 username, contact administrators: eve@{REALM}");
    assert!(complaint.contains(&text), "{complaint}");
}

#[test]
fn where_accounts_come_from_elsewhere_a_ticket_alone_makes_none() {
    let place = Place::start(|launch| launch);
    let ada = place.person("ada");
    let complaint = ada.refused(&["create", "tools", "--chroot", CHROOT]);
    assert!(
        complaint.contains("Valid GSSAPI authentication supplied for user 'ada', but this user doesn't exist"),
        "{complaint}"
    );
    place.service.admin(&["user", "create", "ada", "--email", "ada@people.example"]).expect("a user");
    ada.ok(&["create", "tools", "--chroot", CHROOT]);

    // What the service does not accept: a ticket for the same name in a realm that it does not know.
    let elsewhere = Realm::start(&place.directory.path().join("elsewhere")).expect("a KDC");
    elsewhere.person("ada", "other").expect("a principal");
    elsewhere.service("HTTP/localhost").expect("a service");
    let mut stranger = place.person("copr/robot");
    stranger.realm = elsewhere.configuration();
    elsewhere.log_in("ada", "other", &stranger.home.join("tickets")).expect("a ticket");
    let complaint = stranger.refused(&["create", "more", "--chroot", CHROOT]);
    assert!(complaint.contains("Kerberos authentication failed (no credentials provided)"), "{complaint}");
}

#[test]
fn the_service_proves_itself_to_clients_that_want_it() {
    let place = Place::start(|launch| launch.setting("gssapi.create_accounts", "true"));
    let url = format!("http://localhost:{}/api_3/gssapi_login", place.service.address().port());
    let ada = place.person("ada");
    let script = "import requests, requests_gssapi, sys\n\
                  auth = requests_gssapi.HTTPSPNEGOAuth(mutual_authentication=requests_gssapi.REQUIRED)\n\
                  answer = requests.get(sys.argv[1], auth=auth)\n\
                  print(answer.status_code, answer.text, [step.status_code for step in answer.history])\n\
                  print(answer.headers['set-cookie'].split('; ', 1)[1])";
    // Asked first, then in one round trip, with the service's proof checked.
    let said = run::read(ada.command("python").args(["-c", script, &url])).expect("python");
    assert_eq!(said, "200 {\"id\":2,\"name\":\"ada\"} [401]\nHttpOnly; Path=/; SameSite=Lax; Max-Age=2678400\n");
}
