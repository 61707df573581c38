//! Fills a database with as many projects and builds as a busy service has: what `cargo xtask bench api` measures on.
//!
//! `population ADDRESS [BUILDS]`: into a database that a service has made (it may run meanwhile). The project `owner0/big` has
//! 20,000 builds, or as many as are asked for, of 2,000 packages; 4,999 others share nine times as many. Each build has three chroots. Repositories are
//! in the database as published, without files: nothing here is for dnf.

mod engine;

use copr_db::{Db, chroot};
use copr_types::ChrootDefinition;
use engine::Engine;

const CHROOTS: [&str; 3] = ["epel-9-x86_64", "fedora-43-x86_64", "fedora-44-x86_64"];
const NOW: i64 = 1_780_000_000;

const OWNERS: i64 = 500;
const PROJECTS: i64 = 5_000;
/// Of the big project, unless told.
const BIG_BUILDS: i64 = 20_000;
/// All others have so many times as many together.
const OTHERS: i64 = 9;
const BIG_PACKAGES: i64 = 2_000;
const PACKAGES_OF_OTHERS: i64 = 6;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("usage: population ADDRESS [BUILDS]")?;
    let big = std::env::args().nth(2).map_or(Ok(BIG_BUILDS), |count| count.parse())?;
    let db = Db::open(&address).await?;
    let mut tx = db.begin().await?;
    for name in CHROOTS {
        chroot::put(&mut tx, &name.parse()?, &definition(), true, NOW).await?;
    }
    tx.commit().await?;
    db.close().await;

    let mut engine = Engine::connect(&address).await?;
    let chroots = CHROOTS.map(|name| format!("'{name}'")).join(", ");
    let others = OTHERS * big;
    // Projects of names that sort before all that the service has by itself; numbers are given, so that rows can
    // name each other without looking.
    engine.run("BEGIN").await?;
    let statements = [
        format!(
            "INSERT INTO account (id, name, email, admin, disabled, created_on)
             SELECT 100000 + i, 'owner' || i, '', {false_}, {false_}, {NOW} FROM series({OWNERS})",
            false_ = engine.no()
        ),
        format!(
            "INSERT INTO project (id, owner, account_id, created_by, name, description, instructions, unlisted_on_hp,
                 enable_net, devel_mode, persistent, auto_prune, follow_fedora_branching, multilib, module_hotfixes,
                 fedora_review, appstream, bootstrap, isolation, storage, created_on)
             SELECT 100000 + i, 'owner' || (i / 10), 100000 + i / 10, 100000 + i / 10,
                 CASE WHEN i = 0 THEN 'big' ELSE 'project' || i END,
                 'Packages of kind ' || (i % 97) || ' for people who need tool number ' || i || ' on their machines.',
                 'Enable it, then install what you like of set ' || (i % 13) || '.',
                 {no}, {no}, {no}, {no}, {yes}, {yes}, {no}, {no}, {no}, {no}, 'default', 'default', 'backend', {NOW} + i
             FROM series({PROJECTS})",
            no = engine.no(),
            yes = engine.yes()
        ),
        format!(
            "INSERT INTO project_dir (id, project_id, name, main, created_on)
             SELECT id, id, name, {yes}, created_on FROM project WHERE id >= 100000",
            yes = engine.yes()
        ),
        format!(
            "INSERT INTO project_chroot (project_id, chroot_id, enabled)
             SELECT p.id, c.id, {yes} FROM project p CROSS JOIN chroot c WHERE p.id >= 100000 AND c.name IN ({chroots})",
            yes = engine.yes()
        ),
        format!(
            "INSERT INTO repo (dir_id, chroot_id, generation, wanted, published_on)
             SELECT d.id, c.id, 1, 1, {NOW} FROM project_dir d CROSS JOIN chroot c
             WHERE d.id >= 100000 AND c.name IN ({chroots})"
        ),
        format!(
            "INSERT INTO package (id, project_id, name, source_kind, source, auto_rebuild, created_on)
             SELECT 1000000 + i, 100000, 'package-' || i, 'link', '{{\"url\":\"https://x.example/p.src.rpm\"}}', {no}, {NOW}
             FROM series({BIG_PACKAGES})",
            no = engine.no()
        ),
        format!(
            "INSERT INTO package (id, project_id, name, source_kind, source, auto_rebuild, created_on)
             SELECT 2000000 + i, 100001 + i / {PACKAGES_OF_OTHERS}, 'tool-' || (i % 5003), 'link',
                 '{{\"url\":\"https://x.example/t.src.rpm\"}}', {no}, {NOW}
             FROM series({count})",
            no = engine.no(),
            count = (PROJECTS - 1) * PACKAGES_OF_OTHERS
        ),
        // One build in ten of the others lies between two of the big project, as on a service with neighbours.
        builds(&engine, 1_000_000, big, &format!("100000, 100000, 1000000 + (i % {BIG_PACKAGES}), 100000")),
        builds(
            &engine,
            2_000_000,
            others,
            &format!(
                "100001 + (i % {n}), 100001 + (i % {n}), 2000000 + (i % {n}) * {PACKAGES_OF_OTHERS}
                 + (i / {n}) % {PACKAGES_OF_OTHERS}, 100000 + (1 + i % {n}) / 10",
                n = PROJECTS - 1
            ),
        ),
        format!(
            "INSERT INTO build_chroot (build_id, chroot_id, state, started_on, ended_on, result_dir, generation)
             SELECT b.id, c.id,
                 CASE WHEN b.id % 10 = 0 AND c.name = 'epel-9-x86_64' THEN 'failed'
                      WHEN b.canceled = {yes} THEN 'canceled' ELSE 'succeeded' END,
                 b.submitted_on + 20, b.submitted_on + 90, '0' || b.id || '-package', 1
             FROM build b CROSS JOIN chroot c WHERE b.id >= 1000000 AND c.name IN ({chroots})",
            yes = engine.yes()
        ),
    ];
    for statement in statements {
        engine.run(&statement).await?;
    }
    engine.run("COMMIT").await?;
    Ok(engine.settle(&["account", "project", "project_dir", "package", "build"]).await?)
}

/// Builds from a number on; `columns` are the project, the directory, the package and the account of build `i`.
fn builds(engine: &Engine, first: i64, count: i64, columns: &str) -> String {
    format!(
        "INSERT INTO build (id, project_id, dir_id, package_id, account_id, source_kind, source, source_state, canceled,
             selection, version, srpm_name, source_url, background, enable_net, timeout, isolation, submitted_on,
             source_started_on, source_ended_on, result_dir)
         SELECT {first} + i, {columns}, 'link', '{{\"url\":\"https://x.example/p.src.rpm\"}}', 'succeeded',
             CASE WHEN i % 50 = 7 THEN {yes} ELSE {no} END, 'all', '1.' || i || '-1', 'p.src.rpm',
             'https://x.example/p.src.rpm', {no}, {no}, 18000, 'unchanged', {NOW} + i, {NOW} + i, {NOW} + i + 10,
             '0' || ({first} + i)
         FROM series({count})",
        yes = engine.yes(),
        no = engine.no()
    )
}

fn definition() -> ChrootDefinition {
    ChrootDefinition {
        package_manager: "dnf".to_owned(),
        releasever: "44".to_owned(),
        install: vec!["bash".to_owned()],
        ..ChrootDefinition::default()
    }
}
