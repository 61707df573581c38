//! A database of a test's own, and short words for what tests put into it.

use copr_db::build::NewBuild;
use copr_db::build_chroot::BuiltPackage;
use copr_db::project::{NewProject, Settings};
use copr_db::repo::RepoPackage;
use copr_db::task::NewTask;
use copr_db::{Conn, Db, account, build, build_chroot, builder, chroot, package, project, project_chroot, repo, task};
use copr_types::{
    BuildChrootId, BuildId, BuilderId, ChrootDefinition, ChrootId, DirId, DirName, Isolation, OwnerName, PackageId,
    ProjectId, ProjectName, RepoId, SourceKind, State, TaskId, UserId,
};
use sqlx::{Connection, Row};

/// When everything happens, unless a test says otherwise.
pub const NOW: i64 = 1_700_000_000;

enum Place {
    Directory(tempfile::TempDir),
    Server(copr_testkit::Database),
}

/// A database that goes away with the test.
pub struct Fixture {
    pub db: Db,
    place: Place,
}

impl Fixture {
    pub async fn sqlite() -> Self {
        let place = Place::Directory(copr_testkit::temp_dir());
        Self { db: Db::open(&address(&place)).await.unwrap(), place }
    }

    pub async fn postgres() -> Option<Self> {
        let place = Place::Server(copr_testkit::fresh_database()?);
        Some(Self { db: Db::open(&address(&place)).await.unwrap(), place })
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self.place, Place::Server(_))
    }

    pub fn address(&self) -> String {
        address(&self.place)
    }

    /// The same database, opened once more: another server.
    pub async fn again(&self) -> Db {
        Db::open(&self.address()).await.unwrap()
    }

    /// One statement that the service does not make itself.
    pub async fn run(&self, sql: &'static str) {
        let address = self.address();
        let done = if self.is_postgres() {
            sqlx::raw_sql(sql).execute(&mut sqlx::PgConnection::connect(&address).await.unwrap()).await.map(drop)
        } else {
            sqlx::raw_sql(sql).execute(&mut sqlx::SqliteConnection::connect(&address).await.unwrap()).await.map(drop)
        };
        done.unwrap();
    }

    /// How the engine would run a statement with one number, once it knows what there is: the lines of its plan.
    pub async fn plan(&self, sql: &str, number: i64) -> Vec<String> {
        let address = self.address();
        if self.is_postgres() {
            let mut conn = sqlx::PgConnection::connect(&address).await.unwrap();
            sqlx::raw_sql("ANALYZE").execute(&mut conn).await.unwrap();
            let rows =
                sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN {sql}"))).bind(number).fetch_all(&mut conn).await;
            return rows.unwrap().iter().map(|row| row.get(0)).collect();
        }
        let mut conn = sqlx::SqliteConnection::connect(&address).await.unwrap();
        sqlx::raw_sql("ANALYZE").execute(&mut conn).await.unwrap();
        let explain = format!("EXPLAIN QUERY PLAN {sql}");
        let rows = sqlx::query(sqlx::AssertSqlSafe(explain)).bind(number).fetch_all(&mut conn).await.unwrap();
        rows.iter().map(|row| row.get("detail")).collect()
    }

    pub async fn read(&self) -> Conn {
        self.db.read().await.unwrap()
    }

    pub async fn begin(&self) -> Conn {
        self.db.begin().await.unwrap()
    }

    /// A project `owner/name` with one directory, one chroot and its repository.
    pub async fn home(&self, owner: &str, name: &str) -> Home {
        let mut tx = self.begin().await;
        let home = home(&mut tx, owner, name).await;
        tx.commit().await.unwrap();
        home
    }

    pub async fn builder(&self, name: &str) -> BuilderId {
        let mut tx = self.begin().await;
        let made = builder::create(&mut tx, name, &format!("hash of {name}"), NOW).await.unwrap();
        tx.commit().await.unwrap();
        made.id
    }
}

fn address(place: &Place) -> String {
    match place {
        Place::Directory(dir) => format!("sqlite://{}", dir.path().join("test.sqlite").display()),
        Place::Server(database) => database.url(),
    }
}

/// What most stories begin with.
#[derive(Clone, Debug)]
pub struct Home {
    pub owner: String,
    pub account: UserId,
    pub project: ProjectId,
    pub dir: DirId,
    pub chroot: ChrootId,
    pub repo: RepoId,
}

pub const CHROOT: &str = "fedora-44-x86_64";

pub fn settings() -> Settings {
    Settings::default()
}

pub fn definition(comment: &str) -> ChrootDefinition {
    ChrootDefinition {
        package_manager: "dnf".to_owned(),
        releasever: "44".to_owned(),
        install: vec!["bash".to_owned()],
        comment: comment.to_owned(),
        ..ChrootDefinition::default()
    }
}

/// The number of a chroot that is made when it is not there.
pub async fn chroot(conn: &mut Conn, name: &str) -> ChrootId {
    chroot::put(conn, &name.parse().unwrap(), &definition(""), true, NOW).await.unwrap();
    chroot::by_name(conn, name).await.unwrap().unwrap().id
}

pub async fn person(conn: &mut Conn, name: &str) -> UserId {
    match account::by_name(conn, name).await.unwrap() {
        Some(found) => found.id,
        None => account::create(conn, &name.parse().unwrap(), "", false, NOW).await.unwrap().id,
    }
}

pub async fn project(conn: &mut Conn, owner: &str, name: &str, settings: &Settings) -> ProjectId {
    let account = person(conn, owner).await;
    let (owner, name): (OwnerName, ProjectName) = (owner.parse().unwrap(), name.parse().unwrap());
    let new = NewProject {
        owner: &owner,
        account_id: Some(account.0),
        group_id: None,
        created_by: account,
        name: &name,
        storage: "backend",
    };
    project::create(conn, &new, settings, NOW).await.unwrap()
}

pub async fn home(conn: &mut Conn, owner: &str, name: &str) -> Home {
    let project = project(conn, owner, name, &settings()).await;
    let name: ProjectName = name.parse().unwrap();
    let dir = copr_db::dir::create(conn, project, &DirName::main(&name), true, NOW).await.unwrap();
    let chroot = chroot(conn, CHROOT).await;
    project_chroot::enable(conn, project, chroot).await.unwrap();
    let repo = repo::ensure(conn, dir, chroot).await.unwrap();
    Home { owner: owner.to_owned(), account: person(conn, owner).await, project, dir, chroot, repo }
}

impl Home {
    pub async fn build(&self, conn: &mut Conn) -> BuildId {
        self.build_from(conn, SourceKind::Link, r#"{"url":"http://x.org/a-1-1.src.rpm"}"#).await
    }

    pub async fn build_from(&self, conn: &mut Conn, source_kind: SourceKind, source: &str) -> BuildId {
        let new = NewBuild {
            project: self.project,
            dir: self.dir,
            package: None,
            account: Some(self.account.0),
            submitted_by: None,
            source_kind,
            source,
            source_url: None,
            named: false,
            background: false,
            enable_net: true,
            timeout: 60,
            bootstrap: None,
            isolation: Isolation::Unchanged,
            resubmitted_from: None,
        };
        build::create(conn, &new, NOW).await.unwrap()
    }

    pub async fn package(&self, conn: &mut Conn, name: &str) -> PackageId {
        package::find_or_create(conn, self.project, &name.parse().unwrap(), SourceKind::Link, "{}", NOW)
            .await
            .unwrap()
            .id
    }

    /// A build of a package whose source is in.
    pub async fn build_of(&self, conn: &mut Conn, package: &str) -> BuildId {
        let id = self.build(conn).await;
        let package = self.package(conn, package).await;
        build::imported(conn, id, package, "1-1", "a-1-1.src.rpm", "http://here/a-1-1.src.rpm").await.unwrap();
        build::set_source_state(conn, id, State::Pending, State::Succeeded).await.unwrap();
        id
    }

    pub async fn in_chroot(&self, conn: &mut Conn, build: BuildId, state: State) -> BuildChrootId {
        build_chroot::create(conn, build, self.chroot, state).await.unwrap()
    }

    pub async fn task(&self, conn: &mut Conn, build: BuildId, chroot: Option<BuildChrootId>) -> TaskId {
        let new = NewTask {
            build,
            build_chroot: chroot,
            repo: chroot.map(|_| self.repo),
            owner: &self.owner,
            sandbox: "sandbox",
            line: "line",
            arch: chroot.map(|_| "x86_64"),
            tools: if chroot.is_none() { "git tito" } else { "" },
            tags: if chroot.is_none() { "" } else { "powerful" },
            memory_mib: if chroot.is_none() { 512 } else { 2048 },
            background: false,
            spec: "{}",
        };
        task::create(conn, &new, NOW).await.unwrap()
    }

    /// A build with a task for its source.
    pub async fn source_task(&self, conn: &mut Conn) -> (BuildId, TaskId) {
        let build = self.build(conn).await;
        (build, self.task(conn, build, None).await)
    }
}

pub fn repo_package(href: &str) -> RepoPackage {
    RepoPackage {
        href: href.to_owned(),
        pkgid: "0123".to_owned(),
        nevra: "a-1-1.noarch".to_owned(),
        primary_xml: b"<package>\0\xff</package>".to_vec(),
        filelists_xml: b"<f/>".to_vec(),
        other_xml: Vec::new(),
    }
}

pub fn built_package(build_chroot_id: BuildChrootId, name: &str, arch: &str) -> BuiltPackage {
    BuiltPackage {
        build_chroot_id,
        name: name.to_owned(),
        epoch: None,
        version: "1".to_owned(),
        release: "1".to_owned(),
        arch: arch.to_owned(),
    }
}
