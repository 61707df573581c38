//! A walk along every address of the service as everybody: `table` says what each may do, the code says which
//! addresses there are.

mod table;
mod walk;

use crate::server::Server;
use copr_web::Route;
use reqwest::Method;
use table::ROWS;
use walk::Walk;

/// What those of [`ROLES`] get: [`YES`], or the status that says no.
pub type May = [u16; 6];
/// Any answer that is no refusal.
pub const YES: u16 = 0;

/// Who walks. Roles are those in alice's projects.
const ROLES: [&str; 6] = ["nobody", "a stranger", "a builder", "an admin", "the owner", "a service administrator"];

/// How an address is asked, and what each gets.
#[derive(Debug)]
pub struct Row {
    /// `METHOD[|METHOD…] /address` as the code has it, without a trailing slash; `*` is every method.
    pub route: &'static str,
    pub may: May,
    pub query: &'static str,
    pub body: Body,
    pub needs: Needs,
}

#[derive(Clone, Copy, Debug)]
pub enum Body {
    None,
    Json(&'static str),
    /// A form with a file of this name and this JSON.
    Upload(&'static str, &'static str),
    /// A file with its digest.
    Bytes(&'static str),
}

/// What has to be made anew for each request, for it is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    Nothing,
    /// A project of alice's with the same roles.
    Project,
    /// A package of alice's.
    Package,
    /// A build that waits.
    Waiting,
    /// A build that has ended.
    Ended,
    /// An open chain with a build.
    Chain,
    /// A package with imported sources.
    Sources,
    /// A task that the builder holds.
    Lease,
    /// Whoever asks needs a new token afterwards.
    NewToken,
}

impl Row {
    fn path(&self) -> &'static str {
        self.route.split_once(' ').expect("a method and an address").1
    }

    fn is_for(&self, method: &Method, path: &str) -> bool {
        let (methods, row) = self.route.split_once(' ').expect("a method and an address");
        row.trim_end_matches('/') == path.trim_end_matches('/')
            && methods.split('|').any(|word| word == "*" || word == method.as_str())
    }
}

/// The row for each method of each route; what has none, and what nothing has.
fn rows(routes: &[Route]) -> Result<Vec<(&Route, &Method, &'static Row)>, Vec<String>> {
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    for route in routes {
        for method in &route.methods {
            match ROWS.iter().find(|row| row.is_for(method, &route.path)) {
                Some(row) => found.push((route, method, row)),
                None => wrong.push(format!("no row says who may `{method} {}`", route.path)),
            }
        }
    }
    for row in ROWS {
        if !found.iter().any(|(.., used)| std::ptr::eq(*used, row)) {
            wrong.push(format!("nothing answers `{}`, which has a row", row.route));
        }
    }
    if wrong.is_empty() { Ok(found) } else { Err(wrong) }
}

#[test]
fn a_route_without_a_row_and_a_row_without_a_route_are_noticed() {
    let mut routes = copr_web::routes();
    assert!(routes.len() > 60, "{routes:?}");
    let gone = routes.iter().position(|route| route.path == "/assets/style.css").expect("a style sheet");
    routes[gone] = Route { path: "/api_3/project/new".to_owned(), methods: vec![Method::POST] };
    let wrong = rows(&routes).expect_err("nothing was noticed");
    let expected =
        ["no row says who may `POST /api_3/project/new`", "nothing answers `GET /assets/style.css`, which has a row"];
    assert_eq!(wrong, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_may_what_the_table_says_and_nothing_else() {
    let routes = copr_web::routes();
    let rows = rows(&routes).unwrap_or_else(|wrong| panic!("{}", wrong.join("\n")));
    let mut walk = Walk::begin(Server::start().await).await;
    let mut wrong = Vec::new();
    for (route, method, row) in rows {
        for (role, expected) in row.may.into_iter().enumerate() {
            let (status, text) = walk.ask(role, method, &route.path, row).await;
            let fits = if expected == YES { status < 400 } else { status == expected };
            if !fits {
                wrong.push(format!("{method} {} as {}: {status} {text}", route.path, ROLES[role]));
            }
        }
        if row.path().starts_with("/builder/v1/") {
            let (status, text) = walk.ask_as_builder(method, &route.path, row).await;
            if status >= 400 {
                wrong.push(format!("{method} {} as a machine that builds: {status} {text}", route.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
