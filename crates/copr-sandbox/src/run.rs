//! Running a command: the caller's side.

use std::{
    path::{Component, Path},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::AsyncReadExt,
    net::unix::pipe,
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};

use crate::{
    Capabilities, Command, Config, Ended, Error, Exit, Limit, Usage,
    cgroup::group_name,
    command::{Output, Spec},
    host::Stage,
    stage::message::{Job, Reply, Run, STOP, Task},
};

/// A place to run commands in, with what the machine offers. Cheap to clone and to share.
#[derive(Debug, Clone)]
pub struct Sandbox {
    pub(crate) config: Arc<Config>,
    pub(crate) capabilities: Arc<Capabilities>,
}

impl Sandbox {
    /// Looks at the machine once; blocks for some 20 ms.
    ///
    /// # Errors
    /// [`Error::NoIsolation`] when the machine isolates less than the configuration demands.
    pub fn new(config: Config) -> Result<Sandbox, Error> {
        let capabilities = Capabilities::probe(&config)?;
        Ok(Sandbox::with(config, capabilities))
    }

    /// With capabilities chosen by the caller: weaker ones than the machine's, for tests.
    pub fn with(config: Config, capabilities: Capabilities) -> Sandbox {
        Sandbox { config: Arc::new(config), capabilities: Arc::new(capabilities) }
    }

    /// What the machine offers.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Removes control groups that a killed service left behind; call it once at start. Returns how
    /// many there were.
    pub fn sweep(&self) -> usize {
        crate::sweep(&self.capabilities.limiter, &self.config.cgroup_prefix)
    }

    /// Runs a command to its end. Cancelling its token or dropping the future ends all its processes.
    ///
    /// # Errors
    /// When the sandbox could not be made or the program not started.
    pub async fn run(&self, command: Command) -> Result<Ended, Error> {
        let Command { spec, output, cancel } = command;
        check(&spec)?;
        let limits = spec.limits.clone();
        let (write, read) = pipe::pipe().map_err(Error::io("make a pipe"))?;
        let write = write.into_blocking_fd().map_err(Error::io("make a pipe"))?;
        let again = write.try_clone().map_err(Error::io("make a pipe"))?;
        let run = Run {
            spec,
            limiter: self.capabilities.limiter.clone(),
            group: group_name(&self.config.cgroup_prefix),
            overlay: self.capabilities.overlay,
            hostname: self.config.hostname.clone(),
            filter: self.capabilities.filter,
        };
        let isolation = self.capabilities.isolation;
        let job = Job { isolation, task: Task::Run(Box::new(run)) };
        let (out, error) = (Stdio::from(write), Stdio::from(again));
        let mut stage = Stage::start(&self.config.stage, &job, out, error).await?;
        let mut flow = Flow::new(read, output, limits.output);
        let deadline = limits.wall.map(|wall| Instant::now() + wall);
        let mut stopped = None;
        let end = loop {
            let stopping = stopped.is_some();
            tokio::select! {
                reply = stage.reply(isolation) => match reply? {
                    Reply::Started => {}
                    reply => break reply,
                },
                result = flow.step(), if !flow.ended => {
                    if result == Step::Full && !stopping {
                        stopped = Some(Stop::Limit(Limit::Output));
                    }
                }
                () = sleep_until(deadline.unwrap_or_else(Instant::now)),
                    if deadline.is_some() && !stopping => stopped = Some(Stop::Limit(Limit::Wall)),
                () = cancel.cancelled(), if !stopping => stopped = Some(Stop::Cancelled),
            }
            if stopped.is_some() && !stopping {
                stage.say(STOP).await;
            }
        };
        stage.wait().await;
        flow.drain(&cancel).await;
        finish(end, stopped, flow.bytes)
    }

    /// Runs a command and keeps the first `keep` bytes of its output.
    ///
    /// # Errors
    /// As [`run`](Sandbox::run).
    pub async fn output(&self, mut command: Command, keep: usize) -> Result<(Ended, Vec<u8>), Error> {
        let (send, mut receive) = mpsc::unbounded_channel::<Vec<u8>>();
        let mut left = keep;
        command.output = Output::Call(Box::new(move |bytes| {
            let taken = bytes.len().min(left);
            left -= taken;
            let _ = send.send(bytes[..taken].to_vec());
        }));
        let ended = self.run(command).await?;
        let mut kept = Vec::new();
        while let Some(bytes) = receive.recv().await {
            kept.extend(bytes);
        }
        Ok((ended, kept))
    }
}

/// Why the host ended a command.
#[derive(Clone, Copy)]
enum Stop {
    Limit(Limit),
    Cancelled,
}

fn finish(end: Reply, stopped: Option<Stop>, output: u64) -> Result<Ended, Error> {
    let limit_of_host = match stopped {
        Some(Stop::Limit(limit)) => Some(limit),
        _ => None,
    };
    let cancelled = matches!(stopped, Some(Stop::Cancelled));
    match end {
        Reply::Ended { exit, limit, usage } => {
            Ok(Ended { exit, limit_hit: limit_of_host.or(limit), cancelled, usage: Usage { output, ..usage } })
        }
        Reply::NotStarted { program, reason } => Err(Error::Start { program, reason }),
        _ => Err(Error::Lost),
    }
    .or_else(|error| match stopped {
        // Stopped before it began.
        Some(_) => Ok(Ended {
            exit: Exit::Signaled(9),
            limit_hit: limit_of_host,
            cancelled,
            usage: Usage { output, ..Usage::default() },
        }),
        None => Err(error),
    })
}

#[derive(PartialEq, Eq)]
enum Step {
    Went,
    Full,
}

/// Output on its way from the pipe to the caller.
struct Flow {
    pipe: pipe::Receiver,
    output: Output,
    limit: Option<u64>,
    /// What was read and not yet taken by a slow channel.
    waiting: Option<Vec<u8>>,
    buffer: Vec<u8>,
    bytes: u64,
    ended: bool,
}

impl Flow {
    fn new(pipe: pipe::Receiver, output: Output, limit: Option<u64>) -> Flow {
        let buffer = vec![0; 64 << 10];
        Flow { pipe, output, limit, waiting: None, buffer, bytes: 0, ended: false }
    }

    /// Moves one piece. Losing the future loses no bytes: reading and handing over are two steps.
    async fn step(&mut self) -> Step {
        // A clone, so that no reference to a caller's closure lives across the wait: runs are `Send`.
        if self.waiting.is_some()
            && let Some(channel) = self.channel()
        {
            match channel.reserve().await {
                Ok(permit) => permit.send(self.waiting.take().unwrap_or_default()),
                Err(_) => self.waiting = None,
            }
        }
        let length = match self.pipe.read(&mut self.buffer).await {
            Ok(0) | Err(_) => {
                self.ended = true;
                return Step::Went;
            }
            Ok(length) => length,
        };
        let allowed = self.limit.map_or(u64::MAX, |limit| limit.saturating_sub(self.bytes));
        let taken = (length as u64).min(allowed) as usize;
        self.bytes += taken as u64;
        let piece = &self.buffer[..taken];
        match &mut self.output {
            _ if piece.is_empty() => {}
            Output::Nowhere => {}
            Output::Call(call) => call(piece),
            Output::Send(_) => self.waiting = Some(piece.to_vec()),
        }
        if taken < length { Step::Full } else { Step::Went }
    }

    /// All writers are gone; what they wrote is in the pipe. Only a chroot, which isolates nothing,
    /// can leave a writer behind: it is not waited for.
    async fn drain(&mut self, cancel: &tokio_util::sync::CancellationToken) {
        while !self.ended && !cancel.is_cancelled() {
            let slow = self.waiting.is_some();
            let step = async {
                if slow { Some(self.step().await) } else { timeout(Duration::from_secs(1), self.step()).await.ok() }
            };
            tokio::select! {
                done = step => if done.is_none() { return },
                () = cancel.cancelled() => return,
            }
        }
        if let (Some(piece), Some(channel)) = (self.waiting.take(), self.channel()) {
            let _ = channel.send(piece).await;
        }
    }

    fn channel(&self) -> Option<mpsc::Sender<Vec<u8>>> {
        match &self.output {
            Output::Send(channel) => Some(channel.clone()),
            Output::Nowhere | Output::Call(_) => None,
        }
    }
}

/// Paths from callers are absolute and plain; the stages rely on it.
fn check(spec: &Spec) -> Result<(), Error> {
    let targets = spec.binds.iter().map(|bind| bind.target.as_path());
    let inside = spec.writable.iter().chain(&spec.system_at).map(|path| path.as_path());
    for path in targets.chain(inside).chain([spec.directory.as_path()]) {
        let plain = path.is_absolute()
            && path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
        if !plain {
            return Err(Error::Setup {
                doing: format!("use the path `{}`", path.display()),
                reason: "paths inside a sandbox are absolute, without `..`".into(),
            });
        }
    }
    if spec.directory == Path::new("") || spec.program.is_empty() {
        return Err(Error::Setup { doing: "run".into(), reason: "no program is named".into() });
    }
    Ok(())
}
