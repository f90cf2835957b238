//! Sockets: made, connected, accepted, and the traffic on them.

use avouch_event::types;

use super::Param::{
    Absent, Accepted, Data, Fd, File, FirstFd, I32, Inbound, InboundFrom, InboundMsg, MsgData, Outbound, OutboundMsg,
    OutboundTo, QueueLen, QueueMax, QueuePct, Ret, SecondFd, Send, SockType, Sockaddr, U8, U32,
};
use super::{Row, row};

/// See [`super::rows`].
pub(super) const ROWS: &[Row] = &[
    row("socket", types::SOCKET_X, &[Ret, U32(0), SockType(1), U32(2), File(1, 4)]),
    row("bind", types::BIND_X, &[Ret, Sockaddr(1, 2), Fd(0)]),
    row("connect", types::CONNECT_X, &[Ret, Outbound(0), Fd(0), Sockaddr(1, 2)]),
    row("listen", types::LISTEN_X, &[Ret, Fd(0), I32(1)]),
    row("accept", types::ACCEPT_5_X, &[Ret, Accepted, QueuePct(0), QueueLen(0), QueueMax(0)]),
    row("accept4", types::ACCEPT4_6_X, &[Ret, Accepted, QueuePct(0), QueueLen(0), QueueMax(0), I32(3)]),
    row("shutdown", types::SHUTDOWN_X, &[Ret, Fd(0), U8(1)]),
    row("sendto", types::SENDTO_X, &[Ret, Send(1, 2), Fd(0), U32(2), OutboundTo(0, 4, 5)]),
    row("recvfrom", types::RECVFROM_X, &[Ret, Data(1), InboundFrom(0, 4), Fd(0), U32(2)]),
    row("sendmsg", types::SENDMSG_X, &[Ret, MsgData(1), Fd(0), Absent, OutboundMsg(0, 1)]),
    row("recvmsg", types::RECVMSG_X, &[Ret, Absent, MsgData(1), InboundMsg(0, 1), Absent, Fd(0)]),
    row("sendmmsg", types::SENDMMSG_X, &[Ret, Fd(0), Absent, MsgData(1), OutboundMsg(0, 1)]),
    row("recvmmsg", types::RECVMMSG_X, &[Ret, Fd(0), Absent, MsgData(1), Inbound(0), Absent]),
    row(
        "socketpair",
        types::SOCKETPAIR_X,
        &[Ret, FirstFd(3), SecondFd(3), Absent, Absent, U32(0), SockType(1), U32(2)],
    ),
    row("getsockname", types::GETSOCKNAME_X, &[]),
    row("getpeername", types::GETPEERNAME_X, &[]),
    row("setsockopt", types::SETSOCKOPT_X, &[Ret, Fd(0), U8(1), U8(2), Absent, U32(4)]),
    row("getsockopt", types::GETSOCKOPT_X, &[Ret, Fd(0), U8(1), U8(2), Absent, Absent]),
];
