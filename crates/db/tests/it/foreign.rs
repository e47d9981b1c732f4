//! Another database by its URL: over a socket, and over TLS to who can prove its name.

use std::{path::PathBuf, sync::Arc};

use futures_util::TryStreamExt;
use kiavi_db::{ForeignConnection, ForeignUrl};
use kiavi_testkit::TestDatabase;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// What a client sends to ask for TLS (PostgreSQL manual §55.7, SSLRequest).
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// The test server behind TLS, as a server called `name`; its port, and the file of its authority.
struct Front {
    port: u16,
    authority: PathBuf,
}

impl Front {
    async fn of(test: &TestDatabase, name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = CertificateDer::from(params.signed_by(&key, &authority).unwrap());
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, connect) = (listener.local_addr().unwrap().port(), test.connector());
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut request = [0; SSL_REQUEST.len()];
                client.read_exact(&mut request).await.unwrap();
                if request != SSL_REQUEST {
                    continue;
                }
                client.write_all(b"S").await.unwrap();
                let Ok(mut client) = acceptor.accept(client).await else { continue };
                let mut server = connect.connect().await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut server).await;
            }
        });
        let file = std::env::temp_dir().join(format!("{}-{port}.pem", test.name()));
        std::fs::write(&file, authority.pem()).unwrap();
        Self { port, authority: file }
    }

    fn url(&self, test: &TestDatabase, options: &str) -> String {
        format!("postgres://kiavi_super@localhost:{}/{}?{options}", self.port, test.name())
    }

    fn trusting(&self, mode: &str) -> String {
        format!("sslmode={mode}&sslrootcert={}", self.authority.display())
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.authority);
    }
}

async fn answer(url: &str) -> Result<i32, String> {
    let url: ForeignUrl = url.parse().map_err(|error| format!("{error}"))?;
    let connection = ForeignConnection::connect(&url).await.map_err(|error| format!("{error:?}"))?;
    let rows = connection.query("SELECT 42", &[]).await.map_err(|error| error.to_string())?;
    Ok(rows[0].get(0))
}

#[tokio::test]
async fn a_server_is_reached_over_its_socket_and_its_rows_are_copied() {
    let test = TestDatabase::empty().await;
    assert_eq!(answer(&test.url()).await, Ok(42));
    let connection = ForeignConnection::connect(&test.url().parse().unwrap()).await.unwrap();
    let rows =
        connection.copy_out("COPY (SELECT n, NULL FROM generate_series(1, 3) n) TO STDOUT").await.unwrap();
    let rows: Vec<_> = rows.try_collect().await.unwrap();
    assert_eq!(rows.concat(), b"1\t\\N\n2\t\\N\n3\t\\N\n");
}

#[tokio::test]
async fn over_tls_a_server_proves_its_name() {
    let test = TestDatabase::empty().await;
    let (right, other) = (Front::of(&test, "localhost").await, Front::of(&test, "db.example.com").await);
    for mode in ["require", "verify-ca", "verify-full"] {
        assert_eq!(answer(&right.url(&test, &right.trusting(mode))).await, Ok(42), "{mode}");
        assert!(answer(&other.url(&test, &other.trusting(mode))).await.is_err(), "{mode}: another name");
    }
    assert!(answer(&right.url(&test, "sslmode=require")).await.is_err(), "an authority that nobody knows");
    assert!(answer(&right.url(&test, "sslmode=disable")).await.is_err(), "it does not speak in clear");
}
