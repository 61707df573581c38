use crate::trial::{Trial, repo};

/// Not a judgement: prints where the time of a warm build goes.
#[tokio::test]
async fn a_warm_noarch_build_phase_by_phase() {
    let trial = Trial::with(|c| if std::path::Path::new("/dev/shm/x").exists() { c.scratch_dir = Some("/dev/shm/x".into()) }).await;
    let empty = trial.repository(&[]);
    trial.server.known().public = Some(empty);
    let url = trial.server.url("files");
    trial.build("hello-noarch", |_| {}).await;
    trial.build("hello-c", |_| {}).await;
    for name in ["hello-noarch", "hello-noarch", "hello-c", "hello-c"] {
        for round in 0..4 {
            let srpm = trial.srpm(name);
            let begun = std::time::Instant::now();
            let task = { let mut t = crate::trial::rpm_task(&srpm); t.repos = vec![repo("copr_base", &url, Some(&format!("r{round}{name}")))]; t };
            let id = trial.server.submit(copr_wire::builder::Task::Rpm(task), Some(srpm));
            let given = trial.server.ended(id).await;
            println!("{name} {:?} {:.3?}", begun.elapsed(), given.finish.unwrap().timings);
        }
    }
    trial.stop().await;
}
