//! Rules on connections. Public addresses are those reserved for documentation; all of them exist only in the act's own
//! network namespace.

use super::{HOST, LINGER, PLAIN, capable};
use crate::case::Move::{Connect, ConnectAs, DatagramSocket, PacketSocket};
use crate::case::{CONTAINER, Case, Container, Place, Program, Server, tcp, udp};

const METADATA: Server = tcp([169, 254, 169, 254], 80);
const NEAR_METADATA: Server = tcp([169, 254, 169, 253], 80);
const PUBLIC_WEB: Server = tcp([198, 51, 100, 20], 443);
const PUBLIC_SSH: Server = tcp([198, 51, 100, 20], 22);
const PUBLIC_DNS: Server = udp([198, 51, 100, 20], 53);
const PUBLIC_UDP: Server = udp([198, 51, 100, 20], 9999);
const PRIVATE_WEB: Server = tcp([10, 77, 0, 1], 443);
/// What the test's tuning of the rules calls the API server.
const API_SERVER: Server = tcp([198, 51, 100, 10], 6443);

/// A container of a pod in the namespace that the test's tuning watches.
const WATCHED_POD: Place = Place::Container(Container { pod_namespace: Some("avouch-watched"), ..CONTAINER });
/// A container of a pod in another namespace.
const SYSTEM_POD: Place = Place::Container(Container { pod_namespace: Some("kube-system"), ..CONTAINER });

pub(super) const CASES: &[Case] = &[
    Case::fires(
        "Contact EC2 Instance Metadata Service From Container",
        "metadata address",
        PLAIN,
        "fetcher",
        Program::new("/usr/bin/fetcher", &[Connect(METADATA)]),
    )
    .servers(&[METADATA]),
    Case::silent(
        "Contact EC2 Instance Metadata Service From Container",
        "address next to it",
        PLAIN,
        Program::new("/usr/bin/fetcher", &[Connect(NEAR_METADATA)]),
    )
    .servers(&[NEAR_METADATA]),
    Case::fires(
        "Contact K8S API Server From Container",
        "API server",
        PLAIN,
        "fetcher",
        Program::new("/usr/bin/fetcher", &[Connect(API_SERVER)]),
    )
    .servers(&[API_SERVER]),
    Case::silent(
        "Contact K8S API Server From Container",
        "other server",
        PLAIN,
        Program::new("/usr/bin/fetcher", &[Connect(PUBLIC_WEB)]),
    )
    .servers(&[PUBLIC_WEB]),
    Case::silent(
        "Contact K8S API Server From Container",
        "on the host",
        HOST,
        Program::new("/usr/bin/fetcher", &[Connect(API_SERVER)]),
    )
    .servers(&[API_SERVER]),
    Case::fires(
        "Contact cloud metadata service from container",
        "metadata address",
        PLAIN,
        "fetcher",
        Program::new("/usr/bin/fetcher", &[Connect(METADATA)]),
    )
    .servers(&[METADATA]),
    Case::silent(
        "Contact cloud metadata service from container",
        "system pod",
        SYSTEM_POD,
        Program::new("/usr/bin/fetcher", &[Connect(METADATA), LINGER]),
    )
    .servers(&[METADATA]),
    Case::fires(
        "Disallowed SSH Connection Non Standard Port",
        "port 443",
        HOST,
        "ssh",
        Program::new("/usr/bin/ssh", &[Connect(PUBLIC_WEB)]),
    )
    .servers(&[PUBLIC_WEB]),
    Case::silent(
        "Disallowed SSH Connection Non Standard Port",
        "port 22",
        HOST,
        Program::new("/usr/bin/ssh", &[Connect(PUBLIC_SSH)]),
    )
    .servers(&[PUBLIC_SSH]),
    Case::fires(
        "Network Connection outside Local Subnet",
        "public server",
        WATCHED_POD,
        "fetcher",
        Program::new("/usr/bin/fetcher", &[Connect(PUBLIC_WEB), LINGER]),
    )
    .servers(&[PUBLIC_WEB]),
    Case::silent(
        "Network Connection outside Local Subnet",
        "private server",
        WATCHED_POD,
        Program::new("/usr/bin/fetcher", &[Connect(PRIVATE_WEB), LINGER]),
    )
    .servers(&[PRIVATE_WEB]),
    Case::fires(
        "Packet socket created in container",
        "packet socket",
        capable(&["CAP_NET_RAW"]),
        "sniffer",
        Program::new("/usr/bin/sniffer", &[PacketSocket]),
    ),
    Case::silent(
        "Packet socket created in container",
        "datagram socket",
        PLAIN,
        Program::new("/usr/bin/sniffer", &[DatagramSocket]),
    ),
    Case::fires(
        "Redirect STDOUT/STDIN to Network Connection in Container",
        "as standard input",
        PLAIN,
        "fetcher",
        Program::new("/usr/bin/fetcher", &[ConnectAs(PUBLIC_WEB, 0)]),
    )
    .servers(&[PUBLIC_WEB]),
    Case::silent(
        "Redirect STDOUT/STDIN to Network Connection in Container",
        "as another descriptor",
        PLAIN,
        Program::new("/usr/bin/fetcher", &[ConnectAs(PUBLIC_WEB, 9)]),
    )
    .servers(&[PUBLIC_WEB]),
    Case::fires("System procs network activity", "cat", HOST, "cat", Program::new("/bin/cat", &[Connect(PRIVATE_WEB)]))
        .servers(&[PRIVATE_WEB]),
    Case::silent(
        "System procs network activity",
        "other program",
        HOST,
        Program::new("/usr/bin/fetcher", &[Connect(PRIVATE_WEB)]),
    )
    .servers(&[PRIVATE_WEB]),
    Case::fires(
        "Unexpected UDP Traffic",
        "unknown port",
        HOST,
        "fetcher",
        Program::new("/usr/bin/fetcher", &[Connect(PUBLIC_UDP)]),
    )
    .servers(&[PUBLIC_UDP]),
    Case::silent(
        "Unexpected UDP Traffic",
        "port of names",
        HOST,
        Program::new("/usr/bin/fetcher", &[Connect(PUBLIC_DNS)]),
    )
    .servers(&[PUBLIC_DNS]),
];
