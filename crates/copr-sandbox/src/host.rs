//! The host's side of a stage: starting it and speaking with it.

use std::{
    os::{fd::OwnedFd, unix::net::UnixStream as StdStream},
    path::Path,
    process::Stdio,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    process::{Child, Command},
};

use crate::{
    Error, Isolation, UserMap,
    stage::{
        OUTER, STAGE_NAME,
        message::{GO, Job, Reply},
    },
};

/// A running outer stage. Dropping it hangs up, and the stage then ends everything below.
pub(crate) struct Stage {
    child: Child,
    replies: Lines<BufReader<OwnedReadHalf>>,
    words: OwnedWriteHalf,
}

impl Stage {
    /// Starts the stage program with this standard output and error, and gives it a job.
    pub async fn start(program: &Path, job: &Job, output: Stdio, error: Stdio) -> Result<Stage, Error> {
        let refused = |source| Error::Stage { path: program.to_path_buf(), source };
        let (ours, theirs) = StdStream::pair().map_err(refused)?;
        ours.set_nonblocking(true).map_err(refused)?;
        let ours = UnixStream::from_std(ours).map_err(refused)?;
        let child = Command::new(program)
            .arg0(STAGE_NAME)
            .arg(OUTER)
            .env_clear()
            .env("PATH", "/usr/bin:/usr/sbin:/bin:/sbin")
            .current_dir("/")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(output)
            .stderr(error)
            .spawn()
            .map_err(refused)?;
        let (read, words) = ours.into_split();
        let mut stage = Stage { child, replies: BufReader::new(read).lines(), words };
        let mut line = serde_json::to_string(job).map_err(|error| refused(error.into()))?;
        line.push('\n');
        stage.words.write_all(line.as_bytes()).await.map_err(refused)?;
        Ok(stage)
    }

    /// The next reply; maps ids when asked to. Losing the future loses no reply.
    pub async fn reply(&mut self, isolation: Isolation) -> Result<Reply, Error> {
        loop {
            let line = match self.replies.next_line().await {
                Ok(Some(line)) => line,
                Ok(None) | Err(_) => return Err(Error::Lost),
            };
            match serde_json::from_str(&line).map_err(|_| Error::Lost)? {
                Reply::MapMe => {
                    map_subordinate(self.child.id().unwrap_or(0), isolation).await?;
                    self.say(GO).await;
                }
                Reply::Failed { doing, reason } => return Err(Error::Setup { doing, reason }),
                reply => return Ok(reply),
            }
        }
    }

    /// A stage that is gone does not hear it; its replies tell.
    pub async fn say(&mut self, word: &str) {
        let _ = self.words.write_all(format!("\"{word}\"\n").as_bytes()).await;
    }

    /// Waits for the stage's end; it ends by itself after its last reply.
    pub async fn wait(&mut self) {
        let _ = self.child.wait().await;
    }
}

/// An unprivileged process gets a range by two programs that know `/etc/subuid` (newuidmap(1)).
async fn map_subordinate(pid: u32, isolation: Isolation) -> Result<(), Error> {
    let Isolation::Namespaces(UserMap::Subordinate { uids, gids }) = isolation else {
        return Err(Error::Lost);
    };
    let user = nix::unistd::Uid::effective().as_raw();
    let group = nix::unistd::Gid::effective().as_raw();
    for (program, own, range) in [("newuidmap", user, uids), ("newgidmap", group, gids)] {
        let words = [pid, 0, own, 1, 1, range.first, range.count].map(|word| word.to_string());
        let output = Command::new(program)
            .args(words)
            .stdin(Stdio::null())
            .output()
            .await
            .map_err(Error::io(format!("run `{program}`")))?;
        if !output.status.success() {
            let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(Error::Setup { doing: format!("map ids with `{program}`"), reason });
        }
    }
    Ok(())
}
