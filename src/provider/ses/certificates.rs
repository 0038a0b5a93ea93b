//! The certificates with which SNS signs: fetched once each, and what they prove. SNS changes its certificate once a year or so, and
//! gives the new one another address; so what was fetched stays right.

use super::sns::{Claim, Hash};
use crate::provider::Reject;
use ring::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use url::Url;
use webpki::EndEntityCert;
use webpki::ring::RSA_PKCS1_2048_8192_SHA256;

/// Certificates that are kept: one for each region, and the next ones.
const MOST: usize = 16;

/// Those that are known.
#[derive(Debug, Default)]
pub struct Certificates(Mutex<BTreeMap<Url, CertificateDer<'static>>>);

impl Certificates {
    /// Keeps one in PEM, by its address.
    ///
    /// # Errors
    /// In words, where it is none that could sign for SNS.
    pub fn keep(&self, url: &Url, pem: &[u8]) -> Result<(), String> {
        let der =
            CertificateDer::from_pem_slice(pem).map_err(|e| format!("not a certificate in PEM: {e}"))?;
        EndEntityCert::try_from(&der).map_err(|e| format!("not a certificate: {e}"))?;
        let mut known = self.known();
        if known.len() >= MOST && !known.contains_key(url) {
            known.pop_first();
        }
        known.insert(url.clone(), der.into_owned());
        Ok(())
    }

    /// Whether a claim is proved.
    ///
    /// # Errors
    /// [`Reject::Later`] where its certificate is not there yet, [`Reject::Signature`] where it proves nothing.
    pub fn prove(&self, claim: &Claim) -> Result<(), Reject> {
        let known = self.known();
        let der = known.get(&claim.certificate);
        let der = der.ok_or_else(|| Reject::Later("the certificate of SNS is fetched".into()))?;
        let certificate = EndEntityCert::try_from(der)
            .map_err(|e| Reject::Signature(format!("its certificate is none: {e}")))?;
        let way: &dyn SignatureVerificationAlgorithm = match claim.hash {
            Hash::Sha1 => &Sha1,
            Hash::Sha256 => RSA_PKCS1_2048_8192_SHA256,
        };
        certificate
            .verify_signature(way, claim.envelope.to_sign().as_bytes(), &claim.signature)
            .map_err(|_| Reject::Signature("it was made with another key or over other words".into()))
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Url, CertificateDer<'static>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// RSA with SHA-1, in which SNS signs unless a topic is told otherwise. Nobody else may use it here.
#[derive(Debug)]
struct Sha1;

impl SignatureVerificationAlgorithm for Sha1 {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, key)
            .verify(message, signature)
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        // sha1WithRSAEncryption (RFC 8017, appendix A.2.4), with its empty parameters.
        AlgorithmIdentifier::from_slice(&[
            0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05, 0x05, 0x00,
        ])
    }
}
