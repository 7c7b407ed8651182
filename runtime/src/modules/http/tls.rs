//! `Tls`: whom to trust, and TLS over a connection.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::{env, fmt};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, LazyBuffers, NextTimeout, Transport, TransportAdapter,
};

use super::fault::{Fault, Kind};

/// Certificate authorities to add to those built in: a PEM file.
const EXTRA_CA_CERTS: &str = "MOONLAYER_EXTRA_CA_CERTS";
/// A PEM file of the only ones to trust, as OpenSSL reads it.
const CERT_FILE: &str = "SSL_CERT_FILE";
/// A folder of such files.
const CERT_DIR: &str = "SSL_CERT_DIR";

/// TLS as the environment wants it, made when it is first needed.
#[derive(Debug, Default)]
pub struct Tls {
    config: OnceLock<Result<Arc<ClientConfig>, String>>,
}

impl Tls {
    /// The configuration of every connection.
    ///
    /// # Errors
    /// The variable and the file that hold no certificates.
    pub fn config(&self) -> Result<&Arc<ClientConfig>, String> {
        let made = self.config.get_or_init(|| config().map(Arc::new));
        made.as_ref().map_err(String::clone)
    }

    /// Speaks TLS with `host` over `transport`.
    ///
    /// # Errors
    /// A [`Fault`] of kind `tls` or `closed`, or ureq's time-out.
    pub fn wrap(
        &self,
        transport: Box<dyn Transport>,
        host: &str,
        details: &ConnectionDetails,
    ) -> Result<Box<dyn Transport>, Error> {
        let tls = |why: String| Error::from(Fault::new(Kind::Tls, why));
        let config = self.config().map_err(tls)?;
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| tls(format!("{host} is no name that a certificate can be for")))?;
        let mut connection = ClientConnection::new(Arc::clone(config), name)
            .map_err(|error| tls(format!("TLS with {host} failed: {error}")))?;
        let mut adapter = TransportAdapter::new(transport, Arc::clone(&details.current_time));
        adapter.set_timeout(details.timeout);
        connection
            .complete_io(&mut adapter)
            .map_err(|error| Fault::of_handshake(error, host))?;
        Ok(Box::new(Encrypted {
            buffers: LazyBuffers::new(
                details.config.input_buffer_size(),
                details.config.output_buffer_size(),
            ),
            stream: StreamOwned::new(connection, adapter),
        }))
    }
}

/// A connection under TLS.
struct Encrypted {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl Transport for Encrypted {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.sock.set_timeout(timeout);
        self.stream.write_all(&self.buffers.output()[..amount])?;
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.sock.set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encrypted")
            .field("over", self.stream.sock.inner())
            .finish()
    }
}

fn config() -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?;
    Ok(config
        .with_root_certificates(roots()?)
        .with_no_client_auth())
}

/// Mozilla's list as it was when this program was built, unless the environment has one.
fn roots() -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    let given = |name| env::var_os(name).filter(|value| !value.is_empty());
    let (file, folder) = (given(CERT_FILE), given(CERT_DIR));
    if file.is_none() && folder.is_none() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    if let Some(file) = file {
        add_file(&mut roots, CERT_FILE, Path::new(&file))?;
    }
    if let Some(folders) = folder {
        let mut added = 0;
        for folder in env::split_paths(&folders) {
            let shown = folder.display();
            let entries = fs::read_dir(&folder)
                .map_err(|error| format!("{CERT_DIR}: cannot read the folder {shown}: {error}"))?;
            // OpenSSL's folders hold other files too.
            for entry in entries.flatten() {
                added += add(&mut roots, &fs::read(entry.path()).unwrap_or_default());
            }
        }
        if added == 0 && roots.is_empty() {
            let shown = Path::new(&folders).display();
            return Err(format!(
                "{CERT_DIR}: no file in {shown} holds a certificate in PEM"
            ));
        }
    }
    if let Some(file) = given(EXTRA_CA_CERTS) {
        add_file(&mut roots, EXTRA_CA_CERTS, Path::new(&file))?;
    }
    Ok(roots)
}

fn add_file(roots: &mut RootCertStore, variable: &str, path: &Path) -> Result<(), String> {
    let shown = path.display();
    let pem =
        fs::read(path).map_err(|error| format!("{variable}: cannot read {shown}: {error}"))?;
    if add(roots, &pem) == 0 {
        return Err(format!("{variable}: {shown} holds no certificate in PEM"));
    }
    Ok(())
}

/// Adds the certificates of a PEM text that can be authorities; gives their count.
fn add(roots: &mut RootCertStore, pem: &[u8]) -> usize {
    let certificates = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok);
    roots.add_parsable_certificates(certificates).0
}
