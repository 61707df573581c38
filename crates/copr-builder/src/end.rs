//! How a task can end before its result is there.

use copr_sandbox::Limit;
use copr_types::{Failure, FailureClass, Phase};

/// Why the work stops although nothing failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The server asked for it.
    Canceled,
    /// The lease is gone: nobody wants the result.
    Lost,
    /// This builder is shutting down.
    Returned,
}

/// The end of a task without a result.
#[derive(Debug)]
pub(crate) enum End {
    /// It failed.
    Failed(Failure),
    /// Builders can not do it, however often they try.
    Unable(Failure),
    /// Somebody stopped it.
    Stopped(Stop),
}

/// What one step of the work brings.
pub(crate) type Step<T> = Result<T, End>;

impl From<Failure> for End {
    fn from(failure: Failure) -> End {
        End::Failed(failure)
    }
}

/// The package's own fault.
pub(crate) fn user(phase: Phase, message: impl Into<String>) -> End {
    Failure::new(FailureClass::User, phase, message).into()
}

/// Ours, or of something that we depend on.
pub(crate) fn infrastructure(phase: Phase, message: impl Into<String>) -> End {
    Failure::new(FailureClass::Infrastructure, phase, message).into()
}

/// Ours: this is beyond what builders can do, and another try would be as well.
pub(crate) fn unable(phase: Phase, message: impl Into<String>) -> End {
    End::Unable(Failure::new(FailureClass::Infrastructure, phase, message))
}

/// A limit was reached.
pub(crate) fn resource(phase: Phase, message: impl Into<String>) -> End {
    Failure::new(FailureClass::Resource, phase, message).into()
}

/// Ours: something ordinary failed on this machine.
pub(crate) fn local(phase: Phase, doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> End {
    let doing = doing.into();
    move |error| infrastructure(phase, format!("the builder could not {doing}: {error}"))
}

/// Ours: the sandbox could not be made.
pub(crate) fn sandbox(phase: Phase) -> impl FnOnce(copr_sandbox::Error) -> End {
    move |error| {
        infrastructure(phase, format!("the builder could not use its sandbox: {}", crate::client::causes(&error)))
    }
}

/// The sentence for a limit that a build reached.
pub(crate) fn limit(phase: Phase, limit: Limit, limits: &copr_wire::builder::TaskLimits) -> End {
    let sentence = match limit {
        Limit::Wall => format!("the build ran longer than its limit of {} seconds", limits.timeout),
        Limit::Memory => format!("the build needed more memory than its limit of {} MiB", limits.memory_mib),
        Limit::Processes => format!("the build started more processes than its limit of {}", limits.processes),
        Limit::Disk => format!("the build wrote more than its limit of {} MiB to disk", limits.disk_mib),
        Limit::Output => format!("the build log grew past its limit of {} MiB", limits.log_mib),
    };
    resource(phase, sentence)
}
