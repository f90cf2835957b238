//! Who we are to the cluster's API and how we know that it is the API: a kubeconfig, or a pod's service account.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Uri;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;

use super::AccessConfig;
use crate::errors::RuntimeError;
use crate::files::read;

/// Bytes of a file with access data.
const FILE: usize = 1 << 20;

/// How to reach the API.
pub(super) struct Access {
    pub(super) host: String,
    pub(super) port: u16,
    /// `None` without encryption.
    pub(super) tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    token: Token,
}

enum Token {
    None,
    Given(String),
    /// Read anew for each call: the kubelet replaces it.
    File(PathBuf),
}

#[derive(Deserialize)]
struct Kubeconfig {
    #[serde(rename = "current-context", default)]
    current_context: String,
    #[serde(default)]
    contexts: Vec<NamedContext>,
    #[serde(default)]
    clusters: Vec<NamedCluster>,
    #[serde(default)]
    users: Vec<NamedUser>,
}

#[derive(Deserialize)]
struct NamedContext {
    name: String,
    context: ContextNames,
}

#[derive(Deserialize)]
struct ContextNames {
    cluster: String,
    #[serde(default)]
    user: String,
}

#[derive(Deserialize)]
struct NamedCluster {
    name: String,
    cluster: Cluster,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Cluster {
    server: String,
    certificate_authority: Option<PathBuf>,
    certificate_authority_data: Option<String>,
    tls_server_name: Option<String>,
    #[serde(default)]
    insecure_skip_tls_verify: bool,
}

#[derive(Deserialize)]
struct NamedUser {
    name: String,
    user: User,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
struct User {
    token: Option<String>,
    #[serde(rename = "tokenFile")]
    token_file: Option<PathBuf>,
    client_certificate: Option<PathBuf>,
    client_certificate_data: Option<String>,
    client_key: Option<PathBuf>,
    client_key_data: Option<String>,
    exec: Option<serde_json::Value>,
}

impl Access {
    /// Reads the access data.
    pub(super) fn load(config: &AccessConfig) -> Result<Self, RuntimeError> {
        match config {
            AccessConfig::Kubeconfig(path) => of_kubeconfig(path),
            AccessConfig::InCluster { host, port, account } => {
                let authority = required(&account.join("ca.crt"))?;
                let client = client_config(account, &authority, None)?;
                let name = server_name(account, host)?;
                let token = Token::File(account.join("token"));
                Ok(Self { host: host.clone(), port: *port, tls: Some((client, name)), token })
            }
        }
    }

    /// The value of the header `authorization`.
    pub(super) fn authorization(&self) -> Result<Option<String>, RuntimeError> {
        let token = match &self.token {
            Token::None => return Ok(None),
            Token::Given(token) => token.clone(),
            Token::File(path) => String::from_utf8_lossy(&required(path)?).trim().to_owned(),
        };
        Ok(Some(format!("Bearer {token}")))
    }
}

fn wrong(place: &Path, problem: impl Into<String>) -> RuntimeError {
    RuntimeError::Access { place: place.display().to_string(), problem: problem.into() }
}

fn required(path: &Path) -> Result<Vec<u8>, RuntimeError> {
    read(path, FILE)?.ok_or_else(|| wrong(path, "no such file"))
}

fn of_kubeconfig(path: &Path) -> Result<Access, RuntimeError> {
    let text = String::from_utf8_lossy(&required(path)?).into_owned();
    let config: Kubeconfig = serde_saphyr::from_str(&text).map_err(|e| wrong(path, e.to_string()))?;
    let missing = |what: &str| wrong(path, format!("no {what} of the current context"));
    let context = config.contexts.iter().find(|c| c.name == config.current_context).ok_or_else(|| missing("entry"))?;
    let cluster = config.clusters.iter().find(|c| c.name == context.context.cluster);
    let cluster = &cluster.ok_or_else(|| missing("cluster"))?.cluster;
    let no_user = User::default();
    let user = config.users.iter().find(|u| u.name == context.context.user).map_or(&no_user, |u| &u.user);
    if cluster.insecure_skip_tls_verify {
        return Err(wrong(path, "it turns off the check of the server's certificate; anyone could name pods"));
    }
    if user.exec.is_some() {
        return Err(wrong(path, "it runs a program for a token; use a token file or a client certificate"));
    }
    let server: Uri = cluster.server.parse().map_err(|_| wrong(path, "`server` is not a URL"))?;
    let host = server.host().ok_or_else(|| wrong(path, "`server` names no host"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let encrypted = server.scheme_str() != Some("http");
    let tls = if encrypted {
        let authority =
            bytes(path, cluster.certificate_authority_data.as_deref(), cluster.certificate_authority.as_deref())?;
        let authority = authority.ok_or_else(|| wrong(path, "no certificate authority of the cluster"))?;
        let certificate = bytes(path, user.client_certificate_data.as_deref(), user.client_certificate.as_deref())?;
        let key = bytes(path, user.client_key_data.as_deref(), user.client_key.as_deref())?;
        let client = client_config(path, &authority, certificate.zip(key))?;
        Some((client, server_name(path, cluster.tls_server_name.as_deref().unwrap_or(&host))?))
    } else {
        None
    };
    let token = match (&user.token, &user.token_file) {
        (_, Some(file)) => Token::File(beside(path, file)),
        (Some(token), None) => Token::Given(token.clone()),
        (None, None) => Token::None,
    };
    Ok(Access { host, port: server.port_u16().unwrap_or(if encrypted { 443 } else { 80 }), tls, token })
}

/// Relative names count from the kubeconfig's folder.
fn beside(config: &Path, file: &Path) -> PathBuf {
    config.parent().map_or_else(|| file.to_owned(), |folder| folder.join(file))
}

/// Bytes given in the file itself, or in another one.
fn bytes(config: &Path, data: Option<&str>, file: Option<&Path>) -> Result<Option<Vec<u8>>, RuntimeError> {
    match (data, file) {
        (Some(data), _) => STANDARD.decode(data.trim()).map(Some).map_err(|e| wrong(config, format!("base64: {e}"))),
        (None, Some(file)) => required(&beside(config, file)).map(Some),
        (None, None) => Ok(None),
    }
}

fn server_name(place: &Path, host: &str) -> Result<ServerName<'static>, RuntimeError> {
    ServerName::try_from(host.to_owned()).map_err(|e| wrong(place, e.to_string()))
}

fn client_config(
    place: &Path,
    authority: &[u8],
    identity: Option<(Vec<u8>, Vec<u8>)>,
) -> Result<Arc<ClientConfig>, RuntimeError> {
    let certificates = |pem: &[u8]| {
        CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>().map_err(|e| wrong(place, e.to_string()))
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(authority)? {
        roots.add(certificate).map_err(|e| wrong(place, e.to_string()))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| wrong(place, e.to_string()))?
        .with_root_certificates(roots);
    let config = match identity {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let key = PrivateKeyDer::from_pem_slice(&key).map_err(|e| wrong(place, e.to_string()))?;
            builder.with_client_auth_cert(certificates(&certificate)?, key).map_err(|e| wrong(place, e.to_string()))?
        }
    };
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Access, RuntimeError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config");
        std::fs::write(&path, text).unwrap();
        std::fs::write(dir.path().join("t"), "secret\n").unwrap();
        let access = Access::load(&AccessConfig::Kubeconfig(path))?;
        access.authorization()?;
        Ok(access)
    }

    fn config(cluster: &str, user: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n\
             clusters: [{{name: k, cluster: {{{cluster}}}}}]\nusers: [{{name: u, user: {{{user}}}}}]\n"
        )
    }

    #[test]
    fn the_current_context_counts() {
        let a = load(&config("server: 'http://127.0.0.1:81'", "token: abc")).unwrap();
        assert_eq!((a.host.as_str(), a.port, a.tls.is_none()), ("127.0.0.1", 81, true));
        assert_eq!(a.authorization().unwrap().unwrap(), "Bearer abc");
        load(&config("server: 'http://[::1]'", "tokenFile: t")).unwrap();
    }

    #[test]
    fn what_is_not_safe_or_not_supported_is_refused() {
        for (cluster, user, why) in [
            ("server: 'https://h', insecure-skip-tls-verify: true", "token: a", "check"),
            ("server: 'https://h'", "token: a", "authority"),
            ("server: 'https://h', certificate-authority-data: '!'", "token: a", "base64"),
            ("server: 'http://h'", "exec: {command: aws}", "program"),
            ("server: 'http://h'", "tokenFile: none", "no such file"),
        ] {
            let error = load(&config(cluster, user)).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        assert!(load("current-context: x").is_err() && load(": [").is_err());
    }
}
