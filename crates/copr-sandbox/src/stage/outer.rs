//! The stage between host and sandbox: holds the limits, watches, and ends everything when told,
//! when a limit is reached, or when the host is gone.

use std::{
    fs,
    os::{
        fd::{AsFd, OwnedFd},
        unix::{net::UnixStream, process::CommandExt},
    },
    process::{self, Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sched::{CloneFlags, unshare},
    sys::{
        prctl,
        resource::{UsageWho, getrusage},
        time::TimeVal,
    },
    unistd::setsid,
};

use super::{
    INNER, STAGE_NAME, copies,
    ids::Ids,
    inner, kill,
    message::{Failure, GO, Job, Line, Reply, Run, Task},
    privileges,
    watch::{TICK, Watch},
};
use crate::{Exit, Isolation, Limit, Usage, UserMap, cgroup::Group, out, remove};

/// Never returns.
pub(crate) fn main(mut host: Line) -> ! {
    let reply = match host.receive::<Job>() {
        Ok(Some(job)) => work(&mut host, job).unwrap_or_else(Reply::from),
        _ => process::exit(70),
    };
    let _ = host.send(&reply);
    process::exit(0)
}

fn work(host: &mut Line, job: Job) -> Result<Reply, Failure> {
    let _ = setsid();
    match job.isolation {
        Isolation::Namespaces(UserMap::Own) => privileges::enter_own(0)?,
        Isolation::Namespaces(UserMap::Subordinate { .. }) => {
            unshare(CloneFlags::CLONE_NEWUSER).map_err(Failure::of("make a user namespace"))?;
            host.ask(&Reply::MapMe)?;
            privileges::become_inner_root()?;
        }
        Isolation::Namespaces(UserMap::Range(_) | UserMap::None) => {}
        Isolation::Chroot => {
            prctl::set_child_subreaper(true).map_err(Failure::of("adopt orphans"))?;
        }
    }
    match &job.task {
        Task::Run(run) => {
            let group =
                Group::make(&run.limiter, &run.group, &run.spec.limits).map_err(Failure::of("make a control group"))?;
            let reply = below(host, &job, Some((run, &group)));
            group.remove();
            reply
        }
        Task::Probe { .. } => below(host, &job, None),
        Task::CopyOut { tree, inside, most } => Ok(out::reply_to_copy(tree, inside, *most)),
        Task::ReadDir { tree, inside, most } => Ok(out::reply_to_list(tree, inside, *most)),
        Task::Remove { tree } => match remove::tree(tree) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Failure::of(format!("remove `{}`", tree.display()))(error))
            }
            _ => Ok(Reply::Removed),
        },
    }
}

/// Starts the inner stage and follows it to its end.
fn below(host: &mut Line, job: &Job, run: Option<(&Run, &Group)>) -> Result<Reply, Failure> {
    if let Isolation::Namespaces(_) = job.isolation {
        unshare(CloneFlags::CLONE_NEWPID).map_err(Failure::of("make a pid namespace"))?;
    }
    let (mut child, mut line) = spawn()?;
    let none = Group::none();
    let group = run.map_or(&none, |(_, group)| group);
    let result = group
        .add(child.id())
        .map_err(Failure::of("enter the control group"))
        .and_then(|()| line.send(job).map_err(Failure::of("speak to the inner stage")))
        .and_then(|()| follow(host, &mut line, &child, job, run));
    // Whatever happened: the end of process 1 is the end of all, and `wait` returns after it.
    let _ = child.kill();
    let status = child.wait().map_err(Failure::of("wait for the inner stage"))?;
    if job.isolation == Isolation::Chroot {
        kill::descendants(process::id());
    }
    let Followed { started, watch, limit, left, other, stopped } = result?;
    if let Some(reply) = other {
        return Ok(reply);
    }
    let (Some(started), Some(mut watch)) = (started, watch) else {
        if stopped {
            // The host was faster than the word that the command runs.
            let (exit, usage) = (Exit::Signaled(9), usage(Duration::ZERO, None, None));
            return Ok(Reply::Ended { exit, limit: None, usage });
        }
        if group.limit_hit() == Some(Limit::Memory) {
            return Err(Failure::of("make the sandbox")("the memory limit is too low for it"));
        }
        return Err(Failure::of("make the sandbox")(inner::exit_of(status)));
    };
    let wall = started.elapsed();
    if let (Isolation::Chroot, Some((run, _))) = (job.isolation, run) {
        copies::bring_out(&run.spec, Ids::new(job.isolation))?;
    }
    let limit = limit.or_else(|| watch.last_look());
    let exit = left.unwrap_or(Exit::Signaled(9));
    // A file that grew to the limit exactly: the kernel speaks before the watcher.
    let limit = limit.or((exit == Exit::Signaled(nix::libc::SIGXFSZ)).then_some(Limit::Disk));
    let memory_peak = watch.memory_peak();
    Ok(Reply::Ended { exit, limit, usage: usage(wall, memory_peak, watch.grown) })
}

/// What was seen until the end.
struct Followed<'a> {
    started: Option<Instant>,
    watch: Option<Watch<'a>>,
    limit: Option<Limit>,
    left: Option<Exit>,
    /// A reply of the inner stage that goes to the host as it is.
    other: Option<Reply>,
    /// The host wants the end, or is gone.
    stopped: bool,
}

fn follow<'a>(
    host: &mut Line,
    line: &mut Line,
    child: &Child,
    job: &Job,
    run: Option<(&'a Run, &'a Group)>,
) -> Result<Followed<'a>, Failure> {
    let mut watch = run.map(|(run, group)| Watch::new(run, group, child.id()));
    let mut seen = Followed { started: None, watch: None, limit: None, left: None, other: None, stopped: false };
    loop {
        let watching = seen.started.is_some() && watch.as_ref().is_some_and(Watch::needed);
        match wait(host, line, watching)? {
            Event::Host => {
                seen.stopped = true;
                break;
            }
            Event::Tick => {
                seen.limit = watch.as_mut().and_then(Watch::look);
                if seen.limit.is_some() {
                    break;
                }
            }
            Event::Inner => match line.receive::<Reply>() {
                Ok(Some(Reply::MapMe)) => {
                    map_ids(child.id(), job.isolation)?;
                    line.send(&GO).map_err(Failure::of("speak to the inner stage"))?;
                }
                Ok(Some(Reply::Started)) => {
                    seen.started = Some(Instant::now());
                    host.send(&Reply::Started).map_err(Failure::of("speak to the host"))?;
                }
                Ok(Some(Reply::Left(exit))) => {
                    seen.left = Some(exit);
                    seen.limit = watch.as_mut().filter(|watch| watch.needed()).and_then(Watch::look);
                    break;
                }
                Ok(Some(reply)) => {
                    seen.other = Some(reply);
                    break;
                }
                // It was killed, or speaks nonsense: both are its end.
                Ok(None) | Err(_) => break,
            },
        }
    }
    seen.watch = watch.take();
    Ok(seen)
}

enum Event {
    Host,
    Inner,
    Tick,
}

fn wait(host: &Line, line: &Line, watching: bool) -> Result<Event, Failure> {
    // A host that wants the end at once says so right behind the job, and both may have been read together.
    if host.buffered() {
        return Ok(Event::Host);
    }
    if line.buffered() {
        return Ok(Event::Inner);
    }
    let timeout = if watching { PollTimeout::try_from(TICK).unwrap_or(PollTimeout::MAX) } else { PollTimeout::NONE };
    let mut sockets = [PollFd::new(host.as_fd(), PollFlags::POLLIN), PollFd::new(line.as_fd(), PollFlags::POLLIN)];
    poll(&mut sockets, timeout).map_err(Failure::of("wait"))?;
    // The host says nothing but "stop" from here on, and hanging up means the same.
    if sockets[0].any().unwrap_or(true) {
        return Ok(Event::Host);
    }
    Ok(if sockets[1].any().unwrap_or(true) { Event::Inner } else { Event::Tick })
}

fn spawn() -> Result<(Child, Line), Failure> {
    let doing = "start the inner stage";
    let (ours, theirs) = UnixStream::pair().map_err(Failure::of(doing))?;
    let child = Command::new("/proc/self/exe")
        .arg0(STAGE_NAME)
        .arg(INNER)
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .spawn()
        .map_err(Failure::of(doing))?;
    Ok((child, Line::new(ours)))
}

/// Only root of the parent namespace may write a range (user_namespaces(7)).
fn map_ids(pid: u32, isolation: Isolation) -> Result<(), Failure> {
    let Isolation::Namespaces(UserMap::Range(range)) = isolation else {
        return Err(Failure::of("map ids")("there is no range"));
    };
    for file in ["uid_map", "gid_map"] {
        let path = format!("/proc/{pid}/{file}");
        fs::write(&path, format!("0 {} {}", range.first, range.count))
            .map_err(Failure::of(format!("write `{path}`")))?;
    }
    Ok(())
}

fn usage(wall: Duration, memory_peak: Option<u64>, disk: Option<u64>) -> Usage {
    let children = getrusage(UsageWho::RUSAGE_CHILDREN).ok();
    let cpu = children.map_or(Duration::ZERO, |used| duration(used.user_time()) + duration(used.system_time()));
    let largest = children.map(|used| used.max_rss() as u64 * 1024);
    Usage { wall, cpu, memory_peak: memory_peak.or(largest), disk, output: 0 }
}

fn duration(time: TimeVal) -> Duration {
    Duration::new(time.tv_sec() as u64, time.tv_usec() as u32 * 1000)
}
