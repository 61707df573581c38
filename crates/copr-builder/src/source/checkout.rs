//! A git or Subversion repository becomes a tree in the workshop.

use copr_sandbox::Exit;
use copr_types::source::{Scm, ScmType, without_passwords};
use copr_types::{FailureClass, Phase};
use url::Url;

use crate::end::{self, End, Step};
use crate::gate::{Gate, Seen};
use crate::workshop::{Job, Ran, Workshop};

const GIT: &str = include_str!("git.sh");
const SVN: &str = include_str!("svn.sh");
/// The tree below the workshop's directory.
pub(super) const TREE: &str = "repo";

/// What git is told besides: nothing that comes with a repository may start a program, and only these protocols are spoken.
const SETTINGS: [(&str, &str); 9] = [
    ("safe.directory", "*"),
    ("core.hooksPath", "/dev/null"),
    ("core.gitProxy", "/tmp/connect"),
    ("core.askPass", "/bin/false"),
    ("protocol.allow", "never"),
    ("protocol.http.allow", "always"),
    ("protocol.https.allow", "always"),
    ("protocol.git.allow", "always"),
    ("advice.detachedHead", "false"),
];

/// How many of a git repository's commits are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum History {
    /// The last ones.
    Recent,
    /// All of them where a spec file beside the top has a release or a changelog that is made from commits.
    Counted,
}

/// Brings the tree there, with several tries when the network is at fault.
pub(super) async fn bring(shop: &mut Workshop<'_>, scm: &Scm, history: History) -> Step<()> {
    let address = address(scm)?;
    let committish = scm.committish.as_deref().map(str::trim).unwrap_or_default();
    if committish.starts_with('-') || committish.chars().any(char::is_control) {
        return Err(end::user(Phase::Fetch, format!("`{committish}` is no branch, tag or commit")));
    }
    let gate = Gate::open(shop.work).await?;
    let done = patiently(
        shop,
        &gate,
        || job(scm.scm_type, &address, committish, history),
        |ran, seen| failure(ran, seen, committish, &address),
    )
    .await;
    gate.close().await;
    done
}

/// An address apart from the name and password in it.
struct Address {
    plain: String,
    secret: Option<Secret>,
}

struct Secret {
    /// The beginning of every address of this server.
    server: String,
    /// The same with name and password.
    with_password: String,
    user: String,
    password: String,
}

fn address(scm: &Scm) -> Step<Address> {
    let bad = |why: String| end::user(Phase::Fetch, format!("`{}` {why}", without_passwords(&scm.clone_url)));
    let mut url = Url::parse(scm.clone_url.trim()).map_err(|error| bad(format!("is not a URL: {error}")))?;
    let allowed: &[&str] = match scm.scm_type {
        ScmType::Git => &["http", "https", "git"],
        ScmType::Svn => &["http", "https", "svn"],
    };
    if !allowed.contains(&url.scheme()) || url.host_str().is_none_or(str::is_empty) {
        return Err(bad(format!(
            "can not be fetched: {} addresses are fetched from {}",
            scm.scm_type,
            allowed.join(", ")
        )));
    }
    let (user, password) = (url.username().to_owned(), url.password().unwrap_or_default().to_owned());
    if user.is_empty() && password.is_empty() {
        return Ok(Address { plain: url.to_string(), secret: None });
    }
    let with_password = url[..url::Position::BeforePath].to_owned() + "/";
    let cut = url.set_username("").and_then(|()| url.set_password(None));
    cut.map_err(|()| bad("can not be used with a name and a password".to_owned()))?;
    let server = url[..url::Position::BeforePath].to_owned() + "/";
    let decode = |text: &str| percent_decoded(text);
    let secret = Secret { server, with_password, user: decode(&user), password: decode(&password) };
    Ok(Address { plain: url.to_string(), secret: Some(secret) })
}

fn percent_decoded(text: &str) -> String {
    url::form_urlencoded::parse(format!("x={}", text.replace('+', "%2B")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

async fn patiently<'a>(
    shop: &mut Workshop<'_>,
    gate: &Gate,
    job: impl Fn() -> Job<'a>,
    failure: impl Fn(&Ran, &Seen) -> End,
) -> Step<()> {
    let (attempts, mut pause) = (shop.work.place.config.attempts, shop.work.place.config.retry_pause);
    let mut tried = 1;
    loop {
        gate.take_seen();
        let ran = shop.run(job(), Some(gate)).await?;
        if ran.exit == Exit::Exited(0) {
            return Ok(());
        }
        let failed = failure(&ran, &gate.take_seen());
        let transient = matches!(&failed, End::Failed(failure) if failure.class == FailureClass::Infrastructure);
        if !transient || tried >= attempts {
            return Err(failed);
        }
        tried += 1;
        shop.pause(pause).await?;
        pause *= 2;
    }
}

fn job<'a>(kind: ScmType, from: &Address, committish: &str, history: History) -> Job<'a> {
    let (script, step, env) = match kind {
        ScmType::Git => (GIT, "git clone", git_settings(from)),
        ScmType::Svn => (SVN, "svn checkout", svn_settings(from)),
    };
    let history = if history == History::Counted { "counted" } else { "" };
    let args = vec![from.plain.clone(), committish.to_owned(), history.to_owned()];
    Job { step, script, args, env, phase: Phase::Fetch }
}

/// git's settings as variables, so that a password is in no file that the next step can read.
fn git_settings(from: &Address) -> Vec<(String, String)> {
    let mut settings: Vec<(String, String)> =
        SETTINGS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    if let Some(secret) = &from.secret {
        settings.push((format!("url.{}.insteadOf", secret.with_password), secret.server.clone()));
    }
    let mut env = vec![("GIT_CONFIG_COUNT".to_owned(), settings.len().to_string())];
    for (number, (name, value)) in settings.into_iter().enumerate() {
        env.push((format!("GIT_CONFIG_KEY_{number}"), name));
        env.push((format!("GIT_CONFIG_VALUE_{number}"), value));
    }
    env.push(("GIT_CONFIG_NOSYSTEM".to_owned(), "1".to_owned()));
    env.push(("GIT_TERMINAL_PROMPT".to_owned(), "0".to_owned()));
    env
}

fn svn_settings(from: &Address) -> Vec<(String, String)> {
    from.secret
        .iter()
        .flat_map(|secret| {
            [("SVN_USER".to_owned(), secret.user.clone()), ("SVN_PASSWORD".to_owned(), secret.password.clone())]
        })
        .collect()
}

/// Words of git and Subversion for faults of the network or of the server, which pass.
///
/// Not among them: "Unable to connect to a repository", which Subversion says of everything, a wrong password included.
const PASSING: [&str; 20] = [
    "could not resolve",
    "couldn't resolve",
    "failed to connect",
    "couldn't connect",
    "connection refused",
    "connection reset",
    "connection timed out",
    "operation timed out",
    "early eof",
    "unexpected disconnect",
    "rpc failed",
    "remote end hung up",
    "returned error: 5",
    "returned error: 429",
    "error: 408",
    "empty reply from server",
    "network connection closed",
    "closed the connection",
    "unexpected http status 5",
    "unexpected http status 429",
];

/// Whose fault it is, and what is said of it.
fn failure(ran: &Ran, seen: &Seen, committish: &str, from: &Address) -> End {
    let phase = Phase::Fetch;
    let said = telling(&ran.words);
    if let Some(why) = seen.refused.first() {
        return end::user(phase, format!("`{}` can not be fetched: {why}", from.plain));
    }
    let small = ran.words.to_lowercase();
    if let Some(why) = seen.failed.first() {
        return end::infrastructure(phase, format!("`{}` can not be fetched: {why}\n{said}", from.plain));
    }
    if PASSING.iter().any(|words| small.contains(words)) {
        return end::infrastructure(phase, format!("`{}` can not be fetched:\n{said}", from.plain));
    }
    match ran.exit {
        Exit::Exited(92) => {
            end::user(phase, format!("`{committish}` can not be checked out of `{}`:\n{said}", from.plain))
        }
        Exit::Exited(93) => end::user(phase, format!("the submodules of `{}` can not be fetched:\n{said}", from.plain)),
        Exit::Exited(90) => end::infrastructure(phase, format!("the builder's tools could not be started:\n{said}")),
        _ => end::user(phase, format!("`{}` can not be fetched:\n{said}", from.plain)),
    }
}

/// The lines that say what is wrong.
fn telling(words: &str) -> String {
    let errors = |line: &&str| {
        ["fatal:", "error:", "svn: ", "remote:"].iter().any(|beginning| line.trim_start().starts_with(beginning))
    };
    let mut lines: Vec<&str> = words.lines().filter(errors).map(str::trim).collect();
    if lines.is_empty() {
        lines = words.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("$ ")).collect();
    }
    lines.dedup();
    let first = lines.len().saturating_sub(6);
    lines[first..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use copr_types::source::SrpmMethod;

    fn scm(scm_type: ScmType, clone_url: &str) -> Scm {
        let srpm_build_method = SrpmMethod::Rpkg;
        Scm {
            scm_type,
            clone_url: clone_url.to_owned(),
            committish: None,
            subdirectory: None,
            spec: None,
            srpm_build_method,
        }
    }

    #[test]
    fn passwords_are_kept_apart_from_addresses() {
        let address = address(&scm(ScmType::Git, "https://ada:l%40ve+@host.org:81/a/b.git")).unwrap();
        assert_eq!(address.plain, "https://host.org:81/a/b.git");
        let secret = address.secret.unwrap();
        assert_eq!((secret.server.as_str(), secret.password.as_str()), ("https://host.org:81/", "l@ve+"));
        assert_eq!(secret.with_password, "https://ada:l%40ve+@host.org:81/");
    }

    #[test]
    fn only_what_can_be_watched_is_fetched_from() {
        for (kind, url) in [
            (ScmType::Git, "ssh://git@host/x"),
            (ScmType::Git, "file:///etc"),
            (ScmType::Git, "ext::sh -c id"),
            (ScmType::Svn, "svn+ssh://host/x"),
            (ScmType::Svn, "git://host/x"),
        ] {
            assert!(address(&scm(kind, url)).is_err(), "{url}");
        }
    }

    #[test]
    fn faults_of_the_network_are_told_from_those_of_the_address() {
        let from = address(&scm(ScmType::Git, "http://host/x")).unwrap();
        let class = |words: &str, exit: i32| {
            let ran = Ran { exit: Exit::Exited(exit), words: words.to_owned() };
            match failure(&ran, &Seen::default(), "v1", &from) {
                End::Failed(failure) => failure.class,
                other => panic!("{other:?}"),
            }
        };
        let (user, infrastructure) = (FailureClass::User, FailureClass::Infrastructure);
        for (words, exit, expected) in [
            ("fatal: repository 'http://host/x/' not found", 91, user),
            ("fatal: Authentication failed for 'http://host/x/'", 91, user),
            ("fatal: unable to access 'http://host/x/': The requested URL returned error: 503", 91, infrastructure),
            ("fatal: unable to access 'x': Could not resolve host: host", 91, infrastructure),
            ("error: pathspec 'v1' did not match any file(s) known to git", 92, user),
            ("fatal: transport 'ext' not allowed", 93, user),
            ("svn: E170013: Unable to connect to a repository\nsvn: E215004: No more credentials", 91, user),
            (
                "svn: E170013: Unable to connect to a repository\nsvn: E175002: Unexpected HTTP status 503",
                91,
                infrastructure,
            ),
            ("sh: mkfifo: not found", 90, infrastructure),
        ] {
            assert_eq!(class(words, exit), expected, "{words}");
        }
    }
}
