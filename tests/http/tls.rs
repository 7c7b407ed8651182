//! TLS: whom the client trusts, and what it says when it does not.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::json;

use super::support::{Folder, Then, Web, answer, lua, lua_with, send};

/// A certificate authority of our own.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: String,
    folder: Folder,
}

impl Authority {
    pub fn new() -> Self {
        let folder = Folder::new();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        // Two of one name would be one authority with a wrong signature.
        let name = format!("Authority {}", folder.path().display());
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        let file = folder.file("ca.pem", certificate.pem());
        Self {
            issuer: Issuer::new(params, key),
            file: file.to_str().unwrap().to_owned(),
            folder,
        }
    }

    /// Its certificate in PEM.
    pub fn file(&self) -> &str {
        &self.file
    }

    fn server(&self, names: &[&str], expired: bool) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        if expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            );
        Arc::new(config.unwrap())
    }
}

/// A server for these names that gives every request the same body.
pub fn secure(authority: &Authority, names: &[&str], body: &'static str) -> Web {
    Web::tls(authority.server(names, false), move |_, out| {
        send(out, answer("200 OK", &[], body));
        Then::Keep
    })
}

fn fault(env: &[(&str, &str)], url: &str) -> (String, String) {
    let got = lua_with(
        env,
        &format!("local _, err = http.get('{url}') return {{err.kind, err.message}}"),
    );
    let text = |nth: usize| got[nth].as_str().unwrap().to_owned();
    (text(0), text(1))
}

#[test]
fn an_extra_authority_is_trusted_and_the_connection_is_kept() {
    let authority = Authority::new();
    let web = secure(&authority, &["127.0.0.1"], "private");
    let code = format!(
        "local got = {{}}
         for n = 1, 3 do got[n] = assert(http.post('{}', {{body = ('x'):rep(50000)}})).body end
         return got",
        web.url("/")
    );
    let env = [("MOONLAYER_EXTRA_CA_CERTS", authority.file())];
    assert_eq!(
        lua_with(&env, &code),
        json!(["private", "private", "private"])
    );
    assert_eq!(web.connections(), 1);
    assert_eq!(web.asked()[2].body.len(), 50_000);
}

#[test]
fn the_file_and_the_folder_of_openssl_replace_the_roots() {
    let authority = Authority::new();
    let web = secure(&authority, &["localhost"], "private");
    let code = format!(
        "return assert(http.get('https://localhost:{}/')).body",
        web.address().port()
    );
    assert_eq!(
        lua_with(&[("SSL_CERT_FILE", authority.file())], &code),
        "private"
    );
    let folder = authority.folder.path().to_str().unwrap();
    assert_eq!(lua_with(&[("SSL_CERT_DIR", folder)], &code), "private");
}

#[test]
fn an_unknown_authority_is_tls_and_the_remedy_is_told() {
    let (authority, other) = (Authority::new(), Authority::new());
    let web = secure(&authority, &["127.0.0.1"], "");
    for env in [&[][..], &[("MOONLAYER_EXTRA_CA_CERTS", other.file())]] {
        let (kind, message) = fault(env, &web.url("/?secret"));
        assert_eq!(kind, "tls");
        assert_eq!(
            message,
            "the TLS handshake with 127.0.0.1 failed: its certificate is of an authority that is \
             not trusted here; name the authority's PEM file in MOONLAYER_EXTRA_CA_CERTS if it is \
             your own"
        );
    }
}

#[test]
fn a_certificate_for_other_names_is_tls() {
    let authority = Authority::new();
    let web = secure(&authority, &["a.example", "b.example"], "");
    let (kind, message) = fault(&[("SSL_CERT_FILE", authority.file())], &web.url("/"));
    assert_eq!(kind, "tls");
    assert!(
        message.contains("a.example") && message.contains("b.example"),
        "{message}"
    );
}

#[test]
fn an_expired_certificate_is_tls() {
    let authority = Authority::new();
    let web = Web::tls(authority.server(&["127.0.0.1"], true), |_, _| Then::Close);
    let (kind, message) = fault(&[("SSL_CERT_FILE", authority.file())], &web.url("/"));
    assert_eq!(kind, "tls");
    assert!(
        message.ends_with("its certificate has expired"),
        "{message}"
    );
}

#[test]
fn a_server_without_tls_is_tls() {
    let web = Web::raw(|mut stream, _| {
        use std::io::{Read, Write};
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let (kind, message) = fault(&[], &web.url("/").replace("http:", "https:"));
    assert_eq!(kind, "tls");
    assert!(message.contains("does not speak TLS there"), "{message}");
}

#[test]
fn a_handshake_that_stalls_is_timeout_and_one_that_is_cut_is_closed() {
    let stall = Web::raw(|mut stream, _| {
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    let cut = Web::raw(|mut stream, _| {
        let _ = std::io::Read::read(&mut stream, &mut [0; 1024]);
    });
    let code = format!(
        "local _, stall = http.get('{}', {{connect_timeout = 0.2}})
         local _, cut = http.get('{}')
         return {{stall.kind, cut.kind}}",
        stall.url("/").replace("http:", "https:"),
        cut.url("/").replace("http:", "https:")
    );
    assert_eq!(lua(&code), json!(["timeout", "closed"]));
}

#[test]
fn a_file_without_certificates_is_thrown_with_its_variable_and_path() {
    let folder = Folder::new();
    let empty = folder.file("empty.pem", "nothing");
    let empty = empty.to_str().unwrap();
    let nowhere = folder.path().join("none.pem");
    let nowhere = nowhere.to_str().unwrap();
    for variable in ["MOONLAYER_EXTRA_CA_CERTS", "SSL_CERT_FILE"] {
        for (path, says) in [
            (
                empty,
                format!("{variable}: {empty} holds no certificate in PEM"),
            ),
            (
                nowhere,
                format!("{variable}: cannot read {nowhere}: No such file"),
            ),
        ] {
            let code = "return select(2, pcall(function() local x = http.get('https://h.invalid/') return x end))";
            let error = lua_with(&[(variable, path)], code);
            let error = error.as_str().unwrap();
            assert!(error.contains(&says) && error.contains(":3: "), "{error}");
        }
    }
    // Nothing of it is needed here.
    let web = Web::fixed(answer("200 OK", &[], "plain"));
    let code = format!("return http.get('{}').body", web.url("/"));
    assert_eq!(lua_with(&[("SSL_CERT_FILE", nowhere)], &code), "plain");
}

#[test]
fn https_is_not_left_for_http() {
    let plain = Web::fixed(answer("200 OK", &[], "in the clear"));
    let authority = Authority::new();
    let line = format!("Location: {}", plain.url("/"));
    let web = Web::tls(authority.server(&["127.0.0.1"], false), move |_, out| {
        send(out, answer("302 Found", &[&line], ""));
        Then::Keep
    });
    let code = format!("return http.get('{}').status", web.url("/"));
    assert_eq!(lua_with(&[("SSL_CERT_FILE", authority.file())], &code), 302);
    assert!(plain.asked().is_empty());
}
