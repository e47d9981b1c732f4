//! Sockets: new ones of every family, and the ones that the process was given.

use std::{
    net::{TcpListener, TcpStream, UdpSocket},
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixStream},
    },
};

use super::{Attempt, Outcome, Targets, address, call, outcome, room};

const STREAM: i32 = libc::SOCK_STREAM;
const DATAGRAM: i32 = libc::SOCK_DGRAM;
const RAW: i32 = libc::SOCK_RAW;
const CONTROL_CHANNEL: usize = 0;

pub(super) const ATTEMPTS: &[Attempt] = &[
    Attempt::new("socket.inet-stream", |_| socket(libc::AF_INET, STREAM, 0)),
    Attempt::new("socket.inet-datagram", |_| socket(libc::AF_INET, DATAGRAM, 0)),
    Attempt::new("socket.inet6-stream", |_| socket(libc::AF_INET6, STREAM, 0)),
    Attempt::new("socket.inet6-datagram", |_| socket(libc::AF_INET6, DATAGRAM, 0)),
    Attempt::new("socket.inet-raw", |_| socket(libc::AF_INET, RAW, libc::IPPROTO_ICMP)),
    Attempt::new("socket.inet-ping", |_| socket(libc::AF_INET, DATAGRAM, libc::IPPROTO_ICMP)),
    Attempt::new("socket.inet-multipath", |_| socket(libc::AF_INET, STREAM, libc::IPPROTO_MPTCP)),
    Attempt::new("socket.inet-sctp", |_| socket(libc::AF_INET, STREAM, libc::IPPROTO_SCTP)),
    Attempt::new("socket.unix", |_| socket(libc::AF_UNIX, STREAM, 0)),
    Attempt::new("socket.netlink", |_| socket(libc::AF_NETLINK, RAW, 0)),
    Attempt::new("socket.packet", |_| socket(libc::AF_PACKET, RAW, 0x0300)),
    Attempt::new("socket.vsock", |_| socket(libc::AF_VSOCK, STREAM, 0)),
    Attempt::new("socket.kernel-crypto", |_| socket(libc::AF_ALG, libc::SOCK_SEQPACKET, 0)),
    Attempt::new("socket.express-data-path", |_| socket(libc::AF_XDP, RAW, 0)),
    Attempt::new("socket.bluetooth", |_| socket(libc::AF_BLUETOOTH, RAW, 1)),
    Attempt::new("socket.can", |_| socket(libc::AF_CAN, RAW, 1)),
    Attempt::new("socket.tipc", |_| socket(libc::AF_TIPC, STREAM, 0)),
    Attempt::new("socket.every-other-family", |_| every_other_family()),
    Attempt::new("socket.pair", |_| {
        call(libc::SYS_socketpair, [libc::AF_UNIX as usize, STREAM as usize, 0, room(8)])
    }),
    Attempt::new("socket.connect-tcp", |t| outcome(TcpStream::connect(("127.0.0.1", t.tcp_port)))),
    Attempt::new("socket.listen-tcp", |_| outcome(TcpListener::bind(("127.0.0.1", 0)))),
    Attempt::new("socket.send-udp", |t| {
        outcome(UdpSocket::bind(("0.0.0.0", 0)).and_then(|s| s.send_to(b"x", ("127.0.0.1", t.tcp_port))))
    }),
    Attempt::new("socket.connect-unix", |t| outcome(UnixStream::connect(&t.unix_socket))),
    Attempt::new("socket.connect-abstract", |t| {
        let there = SocketAddr::from_abstract_name(&t.abstract_socket);
        outcome(there.and_then(|there| UnixStream::connect_addr(&there)))
    }),
    Attempt::new("connection.reconnect", |t| {
        call(libc::SYS_connect, [t.connection as usize, address(&inet(t)), size_of::<libc::sockaddr_in>()])
    }),
    Attempt::new("connection.disconnect", |t| {
        // AF_UNSPEC dissolves the connection, after which the socket could be used anew.
        call(libc::SYS_connect, [t.connection as usize, address(&[0u8; 16]), 16])
    }),
    Attempt::new("connection.bind", |t| {
        call(libc::SYS_bind, [t.connection as usize, address(&inet(t)), size_of::<libc::sockaddr_in>()])
    }),
    Attempt::new("connection.listen", |t| call(libc::SYS_listen, [t.connection as usize, 1])),
    Attempt::new("connection.accept", |t| call(libc::SYS_accept4, [t.connection as usize, 0, 0, 0])),
    Attempt::new("connection.send-elsewhere", |t| {
        let (data, size) = (b"x", size_of::<libc::sockaddr_in>());
        call(libc::SYS_sendto, [t.connection as usize, address(data), 1, 0, address(&inet(t)), size])
    }),
    Attempt::new("connection.fast-open", |t| {
        let (data, size, flags) = (b"x", size_of::<libc::sockaddr_in>(), libc::MSG_FASTOPEN as usize);
        call(libc::SYS_sendto, [t.connection as usize, address(data), 1, flags, address(&inet(t)), size])
    }),
    Attempt::new("connection.fast-open-by-message", |t| {
        // SAFETY: all-zero is a valid msghdr: no name, no data.
        let message: libc::msghdr = unsafe { std::mem::zeroed() };
        let flags = libc::MSG_FASTOPEN as usize;
        call(libc::SYS_sendmsg, [t.connection as usize, address(&message), flags])
    }),
    Attempt::new("connection.attach-filter", |t| {
        // One instruction: return everything.
        let program = [0x0000_0006u64 | (0xffff << 32)];
        let descriptor = (1u64, address(&program));
        set_option(t.connection as usize, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &descriptor)
    }),
    Attempt::new("connection.kernel-tls", |t| {
        set_option(t.connection as usize, libc::IPPROTO_TCP, libc::TCP_ULP, b"tls\0")
    }),
    Attempt::new("channel.process-handle-of-peer", |_| {
        let (value, size) = (room(4), room(4));
        // SAFETY: room for a number, owned by nothing else.
        unsafe { (size as *mut u32).write(4) };
        let (level, name) = (libc::SOL_SOCKET as usize, libc::SO_PEERPIDFD as usize);
        call(libc::SYS_getsockopt, [CONTROL_CHANNEL, level, name, value, size])
    }),
    Attempt::new("channel.process-handles-in-messages", |_| {
        set_option(CONTROL_CHANNEL, libc::SOL_SOCKET, libc::SO_PASSPIDFD, &1i32)
    }),
    Attempt::new("channel.owner-by-signal", |t| {
        call(libc::SYS_fcntl, [CONTROL_CHANNEL, libc::F_SETOWN as usize, t.victim as usize])
    }),
    Attempt::new("channel.signal-when-readable", |_| {
        call(libc::SYS_fcntl, [CONTROL_CHANNEL, libc::F_SETFL as usize, libc::O_ASYNC as usize])
    }),
];

fn socket(family: i32, kind: i32, protocol: i32) -> Outcome {
    call(libc::SYS_socket, [family as usize, kind as usize, protocol as usize])
}

fn every_other_family() -> Outcome {
    let mut refusal = libc::EAFNOSUPPORT;
    // From 3: unspecified, unix and IPv4 have attempts of their own.
    for family in 3..64 {
        for kind in [STREAM, DATAGRAM, RAW] {
            match socket(family, kind, 0) {
                Outcome::Refused(errno) => refusal = errno,
                escaped => return escaped,
            }
        }
    }
    Outcome::Refused(refusal)
}

fn inet(targets: &Targets) -> libc::sockaddr_in {
    libc::sockaddr_in {
        sin_family: libc::AF_INET as u16,
        sin_port: targets.tcp_port.to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes([127, 0, 0, 1]) },
        sin_zero: [0; 8],
    }
}

fn set_option<T>(socket: usize, level: i32, name: i32, value: &T) -> Outcome {
    call(libc::SYS_setsockopt, [socket, level as usize, name as usize, address(value), size_of::<T>()])
}
