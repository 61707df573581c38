//! Brings up the loopback interface of a new network namespace.
//!
//! One rtnetlink message (rtnetlink(7)); the alternative, an ioctl, has no safe wrapper.

use std::os::fd::AsRawFd;

use nix::sys::socket::{AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket};

use super::message::Failure;

const RTM_NEWLINK: u16 = 16;
const NLM_F_REQUEST_ACK: u16 = 0x1 | 0x4;
const NLMSG_ERROR: u16 = 2;
const IFF_UP: u32 = 1;
/// The loopback interface is the first of every network namespace.
const LOOPBACK: i32 = 1;

pub(crate) fn bring_up() -> Result<(), Failure> {
    let doing = "bring up the loopback interface";
    let socket = socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkRoute)
        .map_err(Failure::of(doing))?;
    sendto(socket.as_raw_fd(), &request(), &NetlinkAddr::new(0, 0), MsgFlags::empty()).map_err(Failure::of(doing))?;
    let mut answer = [0; 512];
    let length = recv(socket.as_raw_fd(), &mut answer, MsgFlags::empty()).map_err(Failure::of(doing))?;
    match error_of(&answer[..length]) {
        Some(0) => Ok(()),
        Some(number) => Err(Failure::of(doing)(nix::errno::Errno::from_raw(-number))),
        None => Err(Failure::of(doing)("the kernel's answer is no acknowledgement")),
    }
}

/// struct nlmsghdr, then struct ifinfomsg.
fn request() -> Vec<u8> {
    let mut message = Vec::with_capacity(32);
    message.extend(32_u32.to_ne_bytes());
    message.extend(RTM_NEWLINK.to_ne_bytes());
    message.extend(NLM_F_REQUEST_ACK.to_ne_bytes());
    message.extend(1_u32.to_ne_bytes()); // sequence
    message.extend(0_u32.to_ne_bytes()); // port: the kernel chooses
    message.extend([0, 0, 0, 0]); // family, padding, type
    message.extend(LOOPBACK.to_ne_bytes());
    message.extend(IFF_UP.to_ne_bytes()); // flags
    message.extend(IFF_UP.to_ne_bytes()); // change mask
    message
}

/// The number in an NLMSG_ERROR message; 0 is an acknowledgement.
fn error_of(answer: &[u8]) -> Option<i32> {
    let kind = u16::from_ne_bytes(answer.get(4..6)?.try_into().ok()?);
    (kind == NLMSG_ERROR).then_some(())?;
    Some(i32::from_ne_bytes(answer.get(16..20)?.try_into().ok()?))
}
