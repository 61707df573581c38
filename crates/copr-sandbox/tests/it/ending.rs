//! Cancelling, dropping and killing.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::PathBuf,
    process::Stdio,
};

use copr_sandbox::{CancellationToken, Command, Exit, User};
use tokio::sync::{mpsc, oneshot};

use crate::place::{Place, fifo, stage};

/// Says when somebody inside opened the fifo, and when the last one is gone.
struct Witness {
    begun: oneshot::Receiver<()>,
    gone: oneshot::Receiver<()>,
}

impl Witness {
    fn new(path: PathBuf) -> Witness {
        let (tell_begun, begun) = oneshot::channel();
        let (tell_gone, gone) = oneshot::channel();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(File::open(path).unwrap());
            reader.read_line(&mut String::new()).unwrap();
            tell_begun.send(()).ok();
            reader.read_to_end(&mut Vec::new()).unwrap();
            tell_gone.send(()).ok();
        });
        Witness { begun, gone }
    }
}

const FOREVER: &str = "exec 3>/mnt/fifo; echo begun >&3; (setsid sleep 1000 &) ; sleep 1000";

fn forever(place: &Place) -> (Command, Witness) {
    let bind = place.directory("bind");
    let witness = Witness::new(fifo(&bind));
    (place.shell("upper", FOREVER).bind_writable(bind, "/mnt").user(User::Build), witness)
}

#[tokio::test]
async fn a_cancelled_command_ends_and_says_so() {
    let place = Place::new();
    let (command, witness) = forever(&place);
    let token = CancellationToken::new();
    let run = place.sandbox.run(command.cancelled_by(token.clone()));
    let cancel = async {
        witness.begun.await.unwrap();
        token.cancel();
    };
    let (ended, ()) = tokio::join!(run, cancel);
    let ended = ended.unwrap();
    assert_eq!((ended.exit, ended.cancelled), (Exit::Signaled(9), true));
    witness.gone.await.unwrap();
}

#[tokio::test]
async fn a_command_that_nobody_wants_by_the_time_it_begins_ends_at_once() {
    let place = Place::new();
    for number in 0..5 {
        let token = CancellationToken::new();
        token.cancel();
        let command = place.shell(&format!("upper-{number}"), "sleep 1000").cancelled_by(token);
        let ended = place.sandbox.run(command).await.unwrap();
        assert!(ended.cancelled && ended.limit_hit.is_none(), "{ended:?}");
    }
}

#[tokio::test]
async fn dropping_the_future_ends_every_process() {
    let place = Place::new();
    let (command, witness) = forever(&place);
    tokio::select! {
        ended = place.sandbox.run(command) => panic!("{ended:?}"),
        begun = witness.begun => begun.unwrap(),
    }
    witness.gone.await.unwrap();
}

#[tokio::test]
async fn killing_the_service_ends_every_process() {
    let place = Place::new();
    // A directory below the tree, since this program binds nothing.
    let path = fifo(&place.tree().join("root"));
    let witness = Witness::new(path);
    let mut host = std::process::Command::new(stage())
        .arg(place.tree())
        .args(["/bin/sh", "-c", &FOREVER.replace("/mnt/", "/root/")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    witness.begun.await.unwrap();
    host.kill().unwrap();
    host.wait().unwrap();
    witness.gone.await.unwrap();
}

#[tokio::test]
async fn a_full_channel_makes_the_command_wait_and_loses_nothing() {
    let place = Place::new();
    let (send, mut receive) = mpsc::channel(1);
    let command = place.shell("upper", "yes | head -c 1000000").send_output(send);
    let read = async {
        let mut bytes = 0;
        while let Some(piece) = receive.recv().await {
            bytes += piece.len();
            tokio::task::yield_now().await;
        }
        bytes
    };
    let (ended, bytes) = tokio::join!(place.sandbox.run(command), read);
    assert!(ended.unwrap().success());
    assert_eq!(bytes, 1_000_000);
}

#[tokio::test]
async fn output_and_errors_come_merged_in_their_order() {
    let place = Place::new();
    let (_, output) = place.run(place.shell("upper", "echo a; echo b >&2; echo c")).await;
    assert_eq!(output, "a\nb\nc\n");
}

#[tokio::test]
async fn ten_commands_run_side_by_side() {
    let place = Place::new();
    let runs = (0..10).map(|number| {
        let name = format!("upper{number}");
        let command = place.shell(&name, &format!("echo {number} >/file; cat /file"));
        let place = &place;
        async move { place.run(command).await.1 }
    });
    let mut all = Vec::new();
    for run in runs.collect::<Vec<_>>() {
        all.push(run);
    }
    let said = join_all(all).await;
    let expected: Vec<String> = (0..10).map(|number| format!("{number}\n")).collect();
    assert_eq!(said, expected);
}

async fn join_all<F: Future<Output = String>>(runs: Vec<F>) -> Vec<String> {
    let mut runs: Vec<_> = runs.into_iter().map(Box::pin).collect();
    let mut said = vec![None; runs.len()];
    std::future::poll_fn(move |context| {
        for (run, slot) in runs.iter_mut().zip(&mut said) {
            if slot.is_none()
                && let std::task::Poll::Ready(text) = run.as_mut().poll(context)
            {
                *slot = Some(text);
            }
        }
        if said.iter().all(Option::is_some) {
            return std::task::Poll::Ready(said.iter_mut().filter_map(Option::take).collect());
        }
        std::task::Poll::Pending
    })
    .await
}
