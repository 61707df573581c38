//! System calls that no build needs, refused by a filter of the kernel's (seccomp(2)).
//!
//! Namespaces keep a command away from what is not its own; this keeps it away from parts of the kernel that are not divided
//! by namespaces, or that are new and large: keys, BPF, performance counters, io_uring, sockets to the hypervisor. Calls that
//! wait for the disk do nothing: what is written in a sandbox is thrown away or copied after a crash, never repaired.

use seccompiler::sock_filter;

use super::message::Failure;
use crate::User;

/// Can this architecture's calls be filtered?
pub(crate) const KNOWN: bool = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));

/// Who is filtered, and how closely.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject {
    pub user: User,
    /// Programs of half the word size may make sockets by `socketcall`, whose arguments no filter can read.
    pub old_sockets: bool,
}

/// Applies the filter to this process and all that it starts. Set-user-id programs give nothing from here on.
pub(crate) fn apply(subject: Subject) -> Result<(), Failure> {
    if !KNOWN {
        return Ok(());
    }
    seccompiler::apply_filter(&program(subject)).map_err(Failure::of("filter system calls"))
}

/// Numbers of one call: on x86_64, in 32-bit programs there, and on aarch64.
type Call = [u32; 3];
/// There is no such call.
const NONE: u32 = u32::MAX;

/// Nobody needs these.
const REFUSED: [Call; 21] = [
    [248, 286, 217],  // add_key
    [249, 287, 218],  // request_key
    [250, 288, 219],  // keyctl
    [321, 357, 280],  // bpf
    [323, 374, 282],  // userfaultfd
    [298, 336, 241],  // perf_event_open
    [304, 342, 265],  // open_by_handle_at
    [175, 128, 105],  // init_module
    [313, 350, 273],  // finit_module
    [176, 129, 106],  // delete_module
    [246, 283, 104],  // kexec_load
    [320, NONE, 294], // kexec_file_load
    [169, 88, 142],   // reboot
    [167, 87, 224],   // swapon
    [168, 115, 225],  // swapoff
    [163, 51, 89],    // acct
    [179, 131, 60],   // quotactl
    [443, 443, 443],  // quotactl_fd
    [172, 110, NONE], // iopl
    [173, 101, NONE], // ioperm
    [103, 103, 116],  // syslog
];

/// As if the kernel did not have them; libraries that know them do without.
const UNKNOWN: [Call; 3] = [
    [425, 425, 425], // io_uring_setup
    [426, 426, 426], // io_uring_enter
    [427, 427, 427], // io_uring_register
];

/// The build user mounts nothing and enters no namespace.
const REFUSED_TO_BUILDS: [Call; 13] = [
    [165, 21, 40],    // mount
    [166, 52, 39],    // umount2
    [NONE, 22, NONE], // umount
    [155, 217, 41],   // pivot_root
    [308, 346, 268],  // setns
    [428, 428, 428],  // open_tree
    [429, 429, 429],  // move_mount
    [430, 430, 430],  // fsopen
    [431, 431, 431],  // fsconfig
    [432, 432, 432],  // fsmount
    [433, 433, 433],  // fspick
    [442, 442, 442],  // mount_setattr
    [467, 467, 467],  // open_tree_attr
];

/// They succeed and do nothing.
const SKIPPED: [Call; 5] = [
    [74, 118, 82],   // fsync
    [75, 148, 83],   // fdatasync
    [162, 36, 81],   // sync
    [306, 344, 267], // syncfs
    [277, 314, 84],  // sync_file_range
];

const UNSHARE: Call = [272, 310, 97];
const CLONE: Call = [56, 120, 220];
/// Its flags lie in memory, where no filter looks; the C library takes `clone` then.
const CLONE3: Call = [435, 435, 435];
const SOCKET: Call = [41, 359, 198];
const SOCKETCALL: Call = [NONE, 102, NONE];

/// `CLONE_NEW…` of all kinds but time, whose bit means something else in `clone`.
const NEW_NAMESPACES: u32 =
    0x0002_0000 | 0x0200_0000 | 0x0400_0000 | 0x0800_0000 | 0x1000_0000 | 0x2000_0000 | 0x4000_0000;
const NEW_TIME: u32 = 0x80;

/// Families of sockets that namespaces divide, or that are no way out: none, unix, IPv4, IPv6, netlink.
const FAMILIES: [u32; 5] = [0, 1, 2, 10, 16];

const EPERM: u32 = 1;
const ENOSYS: u32 = 38;
const EAFNOSUPPORT: u32 = 97;

// linux/seccomp.h, linux/filter.h, linux/audit.h.
const ALLOW: u32 = 0x7fff_0000;
const ERRNO: u32 = 0x0005_0000;
const LOAD: u16 = 0x20;
const JUMP: u16 = 0x05;
const IF_EQUAL: u16 = 0x15;
const IF_AT_LEAST: u16 = 0x35;
const IF_ANY_BIT: u16 = 0x45;
const RETURN: u16 = 0x06;
const AT_NUMBER: u32 = 0;
const AT_ARCHITECTURE: u32 = 4;
/// The lower half of the first argument.
const AT_FIRST: u32 = 16;
const X86_64: u32 = 0xc000_003e;
const I386: u32 = 0x4000_0003;
const AARCH64: u32 = 0xc000_00b7;
/// Calls of x86_64 with 32-bit pointers have this bit.
const X32: u32 = 0x4000_0000;

/// Instructions, one after the other.
#[derive(Default)]
struct Program(Vec<sock_filter>);

impl Program {
    fn step(&mut self, code: u16, yes: u8, no: u8, k: u32) {
        self.0.push(sock_filter { code, jt: yes, jf: no, k });
    }

    fn load(&mut self, offset: u32) {
        self.step(LOAD, 0, 0, offset);
    }

    fn answer(&mut self, errno: u32) {
        self.step(RETURN, 0, 0, ERRNO | errno);
    }

    fn allow(&mut self) {
        self.step(RETURN, 0, 0, ALLOW);
    }

    /// All calls of this number get this errno.
    fn refuse(&mut self, number: u32, errno: u32) {
        if number != NONE {
            self.step(IF_EQUAL, 0, 1, number);
            self.answer(errno);
        }
    }

    /// A call of this number is decided by `rest`, which has to end in an answer.
    fn decide(&mut self, number: u32, rest: impl FnOnce(&mut Program)) {
        if number == NONE {
            return;
        }
        let mut inner = Program::default();
        rest(&mut inner);
        let over = u8::try_from(inner.0.len()).unwrap_or(u8::MAX);
        self.step(IF_EQUAL, 0, over, number);
        self.0.append(&mut inner.0);
    }

    /// Refused with any of these bits in the first argument.
    fn refuse_bits(&mut self, number: u32, bits: u32) {
        self.decide(number, |inner| {
            inner.load(AT_FIRST);
            inner.step(IF_ANY_BIT, 0, 1, bits);
            inner.answer(EPERM);
            inner.allow();
        });
    }
}

/// The whole filter.
fn program(subject: Subject) -> Vec<sock_filter> {
    let mut whole = Program::default();
    whole.load(AT_ARCHITECTURE);
    let architectures: &[(u32, usize)] =
        if cfg!(target_arch = "aarch64") { &[(AARCH64, 2)] } else { &[(X86_64, 0), (I386, 1)] };
    for (architecture, column) in architectures {
        let mut calls = calls(subject, *column);
        whole.step(IF_EQUAL, 1, 0, *architecture);
        whole.step(JUMP, 0, 0, u32::try_from(calls.0.len()).unwrap_or(u32::MAX));
        whole.0.append(&mut calls.0);
    }
    // Another machine's calls.
    whole.answer(ENOSYS);
    whole.0
}

/// The rules for one architecture; ends in an answer.
fn calls(subject: Subject, column: usize) -> Program {
    let mut rules = Program::default();
    rules.load(AT_NUMBER);
    if column == 0 {
        rules.step(IF_AT_LEAST, 0, 1, X32);
        rules.answer(ENOSYS);
    }
    for (calls, errno) in [(&REFUSED[..], EPERM), (&UNKNOWN, ENOSYS), (&SKIPPED, 0)] {
        calls.iter().for_each(|call| rules.refuse(call[column], errno));
    }
    if subject.user == User::Build {
        REFUSED_TO_BUILDS.iter().for_each(|call| rules.refuse(call[column], EPERM));
        rules.refuse(CLONE3[column], ENOSYS);
        rules.refuse_bits(CLONE[column], NEW_NAMESPACES);
        rules.refuse_bits(UNSHARE[column], NEW_NAMESPACES | NEW_TIME);
    }
    if !subject.old_sockets {
        rules.refuse(SOCKETCALL[column], ENOSYS);
    }
    rules.decide(SOCKET[column], |inner| {
        inner.load(AT_FIRST);
        for (index, family) in FAMILIES.iter().enumerate() {
            // To the answer behind the refusal.
            let over = u8::try_from(FAMILIES.len() - index).unwrap_or(u8::MAX);
            inner.step(IF_EQUAL, over, 0, *family);
        }
        inner.answer(EAFNOSUPPORT);
        inner.allow();
    });
    rules.allow();
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel would answer: this small machine knows the instructions above.
    fn answer(program: &[sock_filter], architecture: u32, number: u32, first: u32) -> u32 {
        let (mut at, mut value) = (0, 0);
        loop {
            let sock_filter { code, jt, jf, k } = &program[at];
            at += 1;
            let mut branch = |yes: bool| at += usize::from(if yes { *jt } else { *jf });
            match *code {
                LOAD => {
                    value = match *k {
                        AT_NUMBER => number,
                        AT_ARCHITECTURE => architecture,
                        AT_FIRST => first,
                        other => panic!("nothing is at {other}"),
                    }
                }
                JUMP => at += *k as usize,
                IF_EQUAL => branch(value == *k),
                IF_AT_LEAST => branch(value >= *k),
                IF_ANY_BIT => branch(value & *k != 0),
                RETURN => return *k,
                other => panic!("{other} is no instruction of ours"),
            }
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn calls_are_told_apart_by_architecture_user_and_argument() {
        let build = program(Subject { user: User::Build, old_sockets: false });
        let root = program(Subject { user: User::Root, old_sockets: true });
        let no = |errno| ERRNO | errno;
        for (program, architecture, number, first, expected) in [
            (&build, X86_64, 321, 0, no(EPERM)),
            (&root, X86_64, 321, 0, no(EPERM)),
            (&build, I386, 357, 0, no(EPERM)),
            // 321 is another call there.
            (&build, I386, 321, 0, ALLOW),
            (&build, X86_64, X32 | 321, 0, no(ENOSYS)),
            (&build, AARCH64, 280, 0, no(ENOSYS)),
            (&build, X86_64, 0, 0, ALLOW),
            (&build, X86_64, 74, 0, no(0)),
            (&root, X86_64, 425, 0, no(ENOSYS)),
            (&build, X86_64, 165, 0, no(EPERM)),
            (&root, X86_64, 165, 0, ALLOW),
            (&build, X86_64, 272, 0x1000_0000, no(EPERM)),
            (&build, X86_64, 272, 0x80, no(EPERM)),
            (&build, X86_64, 272, 0x200, ALLOW),
            (&root, X86_64, 272, 0x1000_0000, ALLOW),
            // A new thread, and a new process whose end is told by a signal with a number of its own.
            (&build, X86_64, 56, 0x003d_0f00, ALLOW),
            (&build, X86_64, 56, 0x91, ALLOW),
            (&build, X86_64, 56, 0x2000_0011, no(EPERM)),
            (&build, X86_64, 435, 0, no(ENOSYS)),
            (&root, X86_64, 435, 0, ALLOW),
            (&build, X86_64, 41, 40, no(EAFNOSUPPORT)),
            (&root, X86_64, 41, 40, no(EAFNOSUPPORT)),
            (&build, X86_64, 41, 2, ALLOW),
            (&build, X86_64, 41, 16, ALLOW),
            (&build, I386, 359, 38, no(EAFNOSUPPORT)),
            (&build, I386, 102, 1, no(ENOSYS)),
            (&root, I386, 102, 1, ALLOW),
        ] {
            let found = answer(program, architecture, number, first);
            assert_eq!(found, expected, "{architecture:x} {number} {first:x}");
        }
    }

    #[test]
    fn every_jump_stays_inside() {
        for user in [User::Root, User::Build] {
            let program = program(Subject { user, old_sockets: false });
            for (at, step) in program.iter().enumerate() {
                let far = usize::from(step.jt.max(step.jf)).max(if step.code == JUMP { step.k as usize } else { 0 });
                assert!(at + 1 + far < program.len() || step.code == RETURN, "{at}: {step:?}");
            }
        }
    }
}
