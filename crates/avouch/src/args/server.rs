//! Arguments of the server.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

/// Where a server listens, and what it stands on.
#[derive(Debug, Clone, Args)]
pub(crate) struct ListenArgs {
    /// Address and port to listen on. Other machines can reach it only when this is changed, and then it should speak TLS.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8470")]
    pub(crate) listen: SocketAddr,
    /// Certificate with those that lead to its root (PEM): the server speaks TLS.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key of the certificate (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Agents may show a client certificate that leads to one of these (PEM), in place of a token.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) client_ca: Option<PathBuf>,
    /// Listen in the clear on an address that other machines can reach: a proxy in front speaks TLS.
    #[arg(long)]
    pub(crate) behind_proxy: bool,
    /// Address of the console for links in messages and for logins through a provider: https://avouch.example.org
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
}

/// `avouch server`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServerArgs {
    #[command(flatten)]
    pub(crate) listen: ListenArgs,
    /// Folder of the evidence: ledger, store, and in `server/` the accounts.
    #[arg(long, value_name = "DIR", default_value = "avouch-data")]
    pub(crate) data: PathBuf,
}
