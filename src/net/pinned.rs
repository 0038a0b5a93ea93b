//! A server whose very certificate was given to us is believed, whoever has signed it. A small server often shows a certificate that is its
//! own authority (`openssl req -x509` makes such ones), which no verifier takes as that of a server.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};

/// A verifier that believes some certificates as they are, and judges all others as another one does.
#[derive(Debug)]
pub struct Pinned<V> {
    others: V,
    believed: Vec<CertificateDer<'static>>,
}

impl<V: ServerCertVerifier> Pinned<V> {
    /// Believes these certificates; `others` judges the rest.
    pub fn new(others: V, believed: Vec<CertificateDer<'static>>) -> Pinned<V> {
        Pinned { others, believed }
    }
}

impl<V: ServerCertVerifier> ServerCertVerifier for Pinned<V> {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        // Who shows it proves in the handshake to have its key: that says more than any name in it.
        if self.believed.iter().any(|known| known == end_entity) {
            return Ok(ServerCertVerified::assertion());
        }
        self.others.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.others.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.others.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.others.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::CertificateError;

    #[derive(Debug)]
    struct Nobody;

    impl ServerCertVerifier for Nobody {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            Err(CertificateError::UnknownIssuer.into())
        }

        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Err(CertificateError::BadSignature.into())
        }

        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Err(CertificateError::BadSignature.into())
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            vec![SignatureScheme::ED25519]
        }
    }

    #[test]
    fn only_the_very_certificate_is_believed() {
        let known = CertificateDer::from(vec![1, 2, 3]);
        let pinned = Pinned::new(Nobody, vec![known.clone()]);
        let name = ServerName::try_from("mail.example.com").unwrap();
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_795_166_100));
        let judge = |certificate: &CertificateDer<'_>, chain: &[CertificateDer<'_>]| {
            pinned.verify_server_cert(certificate, chain, &name, &[], now).is_ok()
        };
        assert!(judge(&known, &[]));
        let other = CertificateDer::from(vec![1, 2, 4]);
        assert!(!judge(&other, &[]));
        assert!(!judge(&other, &[known]), "not what it has signed: that is the verifier's to judge");
    }
}
