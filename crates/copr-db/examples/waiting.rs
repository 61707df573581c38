//! Fills a database with a queue as long as a busy service has after a mass rebuild: what `cargo xtask bench queue` measures on.
//!
//! `waiting ADDRESS [TASKS]`: into a database that a service has made. 500 owners have four projects each; their packages, 200,000
//! unless told, wait to be built, one in four of them for aarch64 and the others for x86_64: that makes 4,000 lanes. The project
//! `new/new` has nothing. Repositories are in the database as published, without files.

mod engine;

use copr_db::{Db, chroot};
use copr_types::{ChrootDefinition, ChrootName, DistroRepo, RepoAddress};
use copr_wire::builder::{BuildFacts, BuildRepo, ChrootSpec, FileRef, MockOptions, RpmTask, Task, TaskLimits};
use engine::Engine;
use std::collections::BTreeMap;

const X86: &str = "fedora-44-x86_64";
const ARM: &str = "fedora-44-aarch64";
const NOW: i64 = 1_780_000_000;

const OWNERS: i64 = 500;
const PROJECTS: i64 = 2_000;
const TASKS: i64 = 200_000;
/// Numbers from here on are given by us.
const FIRST: i64 = 1_000_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("usage: waiting ADDRESS [TASKS]")?;
    let tasks = std::env::args().nth(2).map_or(Ok(TASKS), |count| count.parse())?;
    let db = Db::open(&address).await?;
    let mut tx = db.begin().await?;
    for name in [X86, ARM] {
        chroot::put(&mut tx, &name.parse()?, &definition(), true, NOW).await?;
    }
    tx.commit().await?;
    db.close().await;

    let mut engine = Engine::connect(&address).await?;
    let (yes, no) = (engine.yes(), engine.no());
    engine.run("BEGIN").await?;
    for statement in rows(tasks, yes, no)? {
        engine.run(&statement).await?;
    }
    engine.run("COMMIT").await?;
    let numbered = ["account", "project", "project_dir", "repo", "package", "build", "build_chroot", "task"];
    Ok(engine.settle(&numbered).await?)
}

fn rows(tasks: i64, yes: &str, no: &str) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let (all, owners, projects) =
        (format!("series({tasks})"), format!("series({OWNERS})"), format!("series({PROJECTS})"));
    // The task `i` is of the project `i % PROJECTS`; of four in a row of a project the last is for the other architecture.
    let for_arm = format!("(i / {PROJECTS}) % 4 = 3");
    let chroot = format!("(SELECT id FROM chroot WHERE name = CASE WHEN {for_arm} THEN '{ARM}' ELSE '{X86}' END)");
    let arch = format!("CASE WHEN {for_arm} THEN 'aarch64' ELSE 'x86_64' END");
    let spec = |chroot| -> Result<String, Box<dyn std::error::Error>> {
        let text = serde_json::to_string(&spec(chroot)?)?.replace('\'', "''");
        Ok(format!(
            "replace(replace(replace('{text}', '4242424242', '' || ({FIRST} + i)), '@owner@', 'owner' || (i % {OWNERS})),
                 '@project@', 'project' || (i % {PROJECTS}))"
        ))
    };
    let (x86, arm) = (spec(X86)?, spec(ARM)?);
    Ok(vec![
        format!(
            "INSERT INTO account (id, name, email, admin, disabled, created_on)
             SELECT {FIRST} + i, 'owner' || i, '', {no}, {no}, {NOW} FROM {owners}"
        ),
        format!(
            "INSERT INTO account (id, name, email, admin, disabled, created_on)
             SELECT {FIRST} - 1, 'new', '', {no}, {no}, {NOW}"
        ),
        project(&format!("{FIRST} + i, 'owner' || (i % {OWNERS}), {FIRST} + i % {OWNERS}, {FIRST} + i % {OWNERS},
             'project' || i"), &format!("FROM {projects}"), yes, no),
        project(&format!("{FIRST} - 1, 'new', {FIRST} - 1, {FIRST} - 1, 'new'"), "", yes, no),
        format!(
            "INSERT INTO project_dir (id, project_id, name, main, created_on)
             SELECT id, id, name, {yes}, created_on FROM project WHERE id >= {FIRST} - 1"
        ),
        format!(
            "INSERT INTO project_chroot (project_id, chroot_id, enabled)
             SELECT p.id, c.id, {yes} FROM project p CROSS JOIN chroot c
             WHERE p.id >= {FIRST} - 1 AND c.name IN ('{X86}', '{ARM}')"
        ),
        // Two for each project: the even ones are for x86_64.
        format!(
            "INSERT INTO repo (id, dir_id, chroot_id, generation, wanted, published_on)
             SELECT 2 * d.id + CASE WHEN c.name = '{ARM}' THEN 1 ELSE 0 END, d.id, c.id, 1, 1, {NOW}
             FROM project_dir d CROSS JOIN chroot c WHERE d.id >= {FIRST} - 1 AND c.name IN ('{X86}', '{ARM}')"
        ),
        format!(
            "INSERT INTO package (id, project_id, name, source_kind, source, auto_rebuild, created_on)
             SELECT {FIRST} + i, {FIRST} + i, 'tool', 'link', '{{\"url\":\"https://x.example/t.src.rpm\"}}', {no}, {NOW}
             FROM {projects}"
        ),
        format!(
            "INSERT INTO build (id, project_id, dir_id, package_id, account_id, source_kind, source, source_state, canceled,
                 selection, version, srpm_name, source_url, background, enable_net, timeout, isolation, submitted_on,
                 source_started_on, source_ended_on, result_dir)
             SELECT {FIRST} + i, {FIRST} + i % {PROJECTS}, {FIRST} + i % {PROJECTS}, {FIRST} + i % {PROJECTS},
                 {FIRST} + i % {OWNERS}, 'link', '{{\"url\":\"https://x.example/t.src.rpm\"}}', 'succeeded', {no}, 'all',
                 '1.' || i || '-1', 't.src.rpm', 'https://x.example/t.src.rpm', {no}, {no}, 18000, 'unchanged', {NOW}, {NOW},
                 {NOW}, '0' || ({FIRST} + i)
             FROM {all}"
        ),
        format!(
            "INSERT INTO build_chroot (id, build_id, chroot_id, state)
             SELECT {FIRST} + i, {FIRST} + i, {chroot}, 'pending' FROM {all}"
        ),
        format!(
            "INSERT INTO task (id, build_id, build_chroot_id, repo_id, owner, sandbox, arch, background, leased, cancel, spec,
                 created_on, lane_number, memory_mib)
             SELECT {FIRST} + i, {FIRST} + i, {FIRST} + i,
                 2 * ({FIRST} + i % {PROJECTS}) + CASE WHEN {for_arm} THEN 1 ELSE 0 END, 'owner' || (i % {OWNERS}),
                 'owner' || (i % {OWNERS}) || '/project' || (i % {PROJECTS}) || '--owner' || (i % {OWNERS}), {arch},
                 {no}, {no}, {no}, CASE WHEN {for_arm} THEN {arm} ELSE {x86} END, {NOW},
                 2 * (i % {PROJECTS}) + CASE WHEN {for_arm} THEN 2 ELSE 1 END, 2048
             FROM {all}"
        ),
    ])
}

fn project(columns: &str, from: &str, yes: &str, no: &str) -> String {
    format!(
        "INSERT INTO project (id, owner, account_id, created_by, name, description, instructions, unlisted_on_hp, enable_net,
             devel_mode, persistent, auto_prune, follow_fedora_branching, multilib, module_hotfixes, fedora_review,
             appstream, bootstrap, isolation, storage, created_on) SELECT {columns}, 'Many packages.', '', {no}, {no}, {no}, {no},
             {yes}, {yes}, {no}, {no}, {no}, {no}, 'default', 'default', 'backend', {NOW} {from}"
    )
}

fn definition() -> ChrootDefinition {
    let repo = |id: &str| DistroRepo {
        id: id.to_owned(),
        kind: RepoAddress::Metalink,
        url: format!("https://mirrors.example.org/metalink?repo={id}-$releasever&arch=$basearch"),
        gpgcheck: true,
        gpgkey: Some("https://mirrors.example.org/keys/RPM-GPG-KEY-fedora-$releasever-primary".to_owned()),
        priority: None,
        options: BTreeMap::new(),
    };
    ChrootDefinition {
        package_manager: "dnf".to_owned(),
        releasever: "44".to_owned(),
        install: "bash bzip2 coreutils cpio diffutils fedora-release findutils gawk grep gzip info make patch redhat-rpm-config
            rpm-build sed tar unzip util-linux which xz"
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        repos: ["fedora", "updates"].map(repo).to_vec(),
        ..ChrootDefinition::default()
    }
}

fn spec(chroot: &str) -> Result<Task, Box<dyn std::error::Error>> {
    let name: ChrootName = chroot.parse()?;
    let limits = TaskLimits {
        timeout: 18_000,
        memory_mib: 4096,
        processes: 4096,
        disk_mib: 16_384,
        log_mib: 64,
        file_mib: 4096,
    };
    Ok(Task::Rpm(RpmTask {
        build: BuildFacts {
            build_id: 4_242_424_242,
            owner: "@owner@".to_owned(),
            project: "@project@".to_owned(),
            dir: "@project@".to_owned(),
            submitter: Some("@owner@".to_owned()),
            limits,
            macros: [("copr_username", "@owner@"), ("vendor", "Copr - user @owner@")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
        },
        package: "tool".to_owned(),
        version: "1.0-1".to_owned(),
        srpm: FileRef { name: "t.src.rpm".to_owned(), size: 12_345, sha256: "0".repeat(64) },
        chroot: ChrootSpec { name, definition: definition() },
        repos: vec![BuildRepo {
            id: "copr_base".to_owned(),
            name: "Copr repository".to_owned(),
            baseurl: format!("http://127.0.0.1:5000/results/@owner@/@project@/{chroot}/"),
            priority: None,
            module_hotfixes: None,
            gpgkey: Some("http://127.0.0.1:5000/results/@owner@/@project@/pubkey.gpg".to_owned()),
            revision: None,
        }],
        additional_packages: Vec::new(),
        with_opts: Vec::new(),
        without_opts: Vec::new(),
        enable_net: false,
        modules: Vec::new(),
        mock: MockOptions::default(),
    }))
}
