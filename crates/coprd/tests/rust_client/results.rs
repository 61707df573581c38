//! What builds leave behind: packages and logs as files, and logs while they grow.

use crate::cast::{alices, client, made};
use crate::stage::{OWN, Stage};
use copr_client::v3::{BuildOptions, Checked, Download, Error, FetchedFile, Follow, LogEvent, State, Step, Upload};
use futures::{StreamExt, TryStreamExt};
use std::path::Path;
use std::sync::{Arc, Mutex};

fn checked(there: &[FetchedFile], name: &str) -> Option<Checked> {
    there.iter().find(|file| file.file.name() == name).map(|file| file.checked)
}

#[tokio::test]
async fn a_build_is_watched_and_what_it_made_is_fetched() {
    let stage = Stage::building();
    let alice = client(&stage, "alice");
    let project = alices("fetched");
    made(&alice, &project, &[OWN]).await;
    let srpm = Upload::new(stage.srpm("hello-noarch"));
    let build = alice.builds().create_from_file(&project, &srpm, &BuildOptions::new()).await.unwrap();

    // From before there is anything.
    let source = alice.builds().follow_source_log(build.id, &Follow::new()).try_collect::<Vec<_>>().await.unwrap();
    assert!(matches!(source.last(), Some(LogEvent::Ended { .. })), "{source:?}");
    let chroots = alice.build_chroots();
    let mut followed = chroots.follow_log(build.id, OWN, &Follow::new());
    let (mut text, mut end, mut how) = (String::new(), 0, None);
    while let Some(event) = followed.next().await {
        match event.unwrap() {
            LogEvent::Text { text: piece, end: behind } => {
                text += &piece;
                end = behind;
            }
            LogEvent::Ended { state } => how = Some(state),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(how, Some(State::Succeeded), "{text}\n{}", stage.service.log_tail());
    assert!(text.contains("rpmbuild") && end == text.len() as u64, "{end} {text}");
    let rest = chroots.follow_log(build.id, OWN, &Follow::new().from(end - 5)).try_collect::<Vec<_>>().await.unwrap();
    let last = LogEvent::Text { text: text[text.len() - 5..].to_owned(), end };
    assert_eq!(rest, [last, LogEvent::Ended { state: State::Succeeded }]);

    let chroot = chroots.get(build.id, OWN).await.unwrap();
    let files = alice.results().list(chroot.result_url.as_deref().unwrap()).await.unwrap();
    let place = stage.home("alice").join("results");
    let steps = Arc::new(Mutex::new(Vec::new()));
    let teller = Arc::clone(&steps);
    let download = Download::to(&place).on_progress(move |file| teller.lock().unwrap().push(file.step));
    let there = alice.results().fetch(files.clone(), &download).await.unwrap().complete().unwrap();
    assert_eq!(checked(&there, "hello-noarch-1.0-1.deb12.noarch.rpm"), Some(Checked::Digest), "{there:?}");
    assert_eq!(checked(&there, "builder-live.log.gz"), Some(Checked::Length), "{there:?}");
    assert!(there.iter().all(|file| is_whole(&file.path, file.size)), "{there:?}");
    let again = alice.results().fetch(files, &download).await.unwrap().complete().unwrap();
    assert!(again.iter().all(|file| file.kept), "{again:?}");
    assert!(steps.lock().unwrap().ends_with(&[Step::Kept]));
}

fn is_whole(path: &Path, size: u64) -> bool {
    std::fs::metadata(path).unwrap().len() == size
}

#[tokio::test]
async fn there_is_no_log_of_no_build() {
    let stage = Stage::idle();
    let alice = client(&stage, "alice");
    let mut log = alice.build_chroots().follow_log(999, OWN, &Follow::new());
    assert!(matches!(log.next().await, Some(Err(Error::NoResult { .. }))));
    assert!(matches!(alice.results().list(&stage.url()).await, Ok(files) if files.is_empty()));
    let error = alice.results().list(&format!("{}/results/alice/nope/", stage.url())).await.unwrap_err();
    assert!(matches!(error, Error::NoResult { .. }), "{error:?}");
}
