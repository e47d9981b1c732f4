//! What the roles do all day, after the seal.
#![allow(unsafe_code, reason = "inherited descriptors have numbers only")]

use std::{
    collections::HashMap,
    fs,
    io::{IoSliceMut, Write},
    mem::MaybeUninit,
    net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs},
    os::{
        fd::{AsFd, FromRawFd, OwnedFd},
        unix::net::UnixStream,
    },
    time::{Duration, Instant},
};

use kiavi_base::Rng;
use kiavi_crypto::SystemRng;
use kiavi_sandbox::{Layer, LockedDown};
use rustix::{
    fs::SealFlags,
    net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::inmate::say;

/// Small draws per message, so that a few hundred messages see the generator reseed itself.
const DRAWS: usize = 32;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(4).build().unwrap()
}

/// An engine's life: settings in a sealed memory file, a channel on descriptor 0, a passed connection, tasks, timers,
/// randomness, memory.
pub(crate) fn echo(connection: TcpStream, locked: LockedDown) {
    let runtime = runtime();
    SystemRng.fill(&mut [0; 32]);
    let layers = locked.seal().unwrap();
    assert!(layers.is_active(Layer::Seccomp));
    // SAFETY: descriptor 0 is the channel, owned by nothing else.
    let channel = unsafe { UnixStream::from_raw_fd(0) };
    let settings = read_sealed(&received(&channel));
    let draws = runtime.block_on(serve(channel, connection, &settings));
    eprintln!("{draws} different draws");
}

fn received(channel: &UnixStream) -> OwnedFd {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let flags = RecvFlags::CMSG_CLOEXEC;
    recvmsg(channel, &mut [IoSliceMut::new(&mut byte)], &mut ancillary, flags).unwrap();
    let message = ancillary.drain().next().unwrap();
    let RecvAncillaryMessage::ScmRights(mut fds) = message else { panic!("no descriptor came") };
    fds.next().unwrap()
}

fn read_sealed(file: &impl AsFd) -> Vec<u8> {
    assert!(rustix::fs::fcntl_get_seals(file).unwrap().contains(SealFlags::WRITE | SealFlags::SHRINK));
    let mut content = vec![0; usize::try_from(rustix::fs::fstat(file).unwrap().st_size).unwrap()];
    rustix::io::pread(file, &mut content, 0).unwrap();
    content
}

async fn serve(channel: UnixStream, connection: TcpStream, settings: &[u8]) -> usize {
    channel.set_nonblocking(true).unwrap();
    let mut channel = tokio::net::UnixStream::from_std(channel).unwrap();
    connection.set_nonblocking(true).unwrap();
    connection.set_nodelay(true).unwrap();
    let mut connection = tokio::net::TcpStream::from_std(connection).unwrap();
    connection.write_all(settings).await.unwrap();
    let mut seen = HashMap::new();
    let mut message = [0u8; 64];
    loop {
        let length = channel.read(&mut message).await.unwrap();
        if length == 0 {
            return seen.len();
        }
        let draw = tokio::spawn(async {
            let mut random = vec![0u8; 200 << 10];
            random.chunks_mut(200 * 1024 / DRAWS).for_each(|chunk| SystemRng.fill(chunk));
            tokio::task::yield_now().await;
            random
        });
        // Not to wait for anything: an engine has timers, whose system calls the seal must let through.
        if seen.len() % 16 == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        seen.insert(draw.await.unwrap()[..16].to_vec(), Instant::now());
        connection.write_all(&message[..length]).await.unwrap();
        channel.write_all(&message[..length]).await.unwrap();
    }
}

/// A gateway's life: accept on a passed listener, peek, and close.
pub(crate) fn accept(listener: OwnedFd, locked: LockedDown) {
    let runtime = runtime();
    let _sealed = locked.seal().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::from(listener);
        listener.set_nonblocking(true).unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        let mut peeked = [0u8; 5];
        assert_eq!(accepted.peek(&mut peeked).await.unwrap(), 5);
        say(std::str::from_utf8(&peeked).unwrap());
    });
}

/// The control plane's life: a secret is written beside, synchronised, renamed over, listed, read back; another is
/// deleted; a socket pair is made.
pub(crate) fn keep_files(locked: LockedDown) {
    let data = locked.data_dir().unwrap().to_owned();
    let _sealed = locked.seal().unwrap();
    let (draft, kept) = (data.join("secret.new"), data.join("secret"));
    let mut file = fs::File::create(&draft).unwrap();
    file.write_all(b"sealed").unwrap();
    file.sync_all().unwrap();
    fs::rename(&draft, &kept).unwrap();
    fs::File::open(&data).unwrap().sync_all().unwrap();
    fs::create_dir_all(data.join("tenants")).unwrap();
    let names = fs::read_dir(&data).unwrap().count();
    let text = fs::read_to_string(&kept).unwrap();
    fs::remove_file(&kept).unwrap();
    fs::remove_dir(data.join("tenants")).unwrap();
    let _pair = UnixStream::pair().unwrap();
    say(&format!("{names} names, {text}"));
}

/// The outbound role's life: resolve names in threads of the runtime's pool, connect.
pub(crate) fn reach_out(port: u16, locked: LockedDown) {
    let runtime = runtime();
    let _sealed = locked.seal().unwrap();
    runtime.block_on(async {
        // A name for the name servers, whose answer does not matter; then one from the hosts file.
        let _ = tokio::net::lookup_host(("kiavi.invalid", port)).await;
        let mut found = tokio::net::lookup_host(("localhost", port)).await.unwrap();
        let address = found.find(SocketAddr::is_ipv4).unwrap();
        tokio::net::TcpStream::connect(address).await.unwrap();
    });
    assert!(("localhost", port).to_socket_addrs().is_ok());
    fs::read("/etc/hosts").unwrap();
    fs::metadata("/etc/ssl/certs").unwrap();
    say("reached");
}
