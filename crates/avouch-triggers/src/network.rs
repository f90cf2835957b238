//! The act's own network namespace: a loopback that also has the addresses of the case's servers.

use std::net::{SocketAddrV4, TcpListener, UdpSocket};
use std::process::Command;

use crate::case::{Protocol, Server};
use crate::error::Error;
use crate::image::BUSYBOX;

/// Servers that only listen; the kernel accepts what fits into their queues.
#[derive(Debug, Default)]
pub(crate) struct Servers {
    streams: Vec<TcpListener>,
    datagrams: Vec<UdpSocket>,
}

/// Brings the loopback up in a new namespace and lets `servers` listen there.
pub(crate) fn set_up(servers: &[Server]) -> Result<Servers, Error> {
    ip(&["link", "set", "lo", "up"])?;
    let mut listening = Servers::default();
    for server in servers {
        let address = server.address;
        ip(&["addr", "add", &format!("{}/32", address.ip()), "dev", "lo"])?;
        match server.protocol {
            Protocol::Tcp => listening.streams.push(TcpListener::bind(address).map_err(refused(address))?),
            Protocol::Udp => listening.datagrams.push(UdpSocket::bind(address).map_err(refused(address))?),
        }
    }
    Ok(listening)
}

fn refused(address: SocketAddrV4) -> impl FnOnce(std::io::Error) -> Error {
    move |source| Error::Listen { address, source }
}

fn ip(args: &[&str]) -> Result<(), Error> {
    let out = Command::new(BUSYBOX).arg("ip").args(args).output().map_err(Error::call("run `ip`"))?;
    if out.status.success() {
        return Ok(());
    }
    let output = String::from_utf8_lossy(&out.stderr).trim().to_owned();
    Err(Error::Tool { program: format!("ip {}", args.join(" ")), output })
}
