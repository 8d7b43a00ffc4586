//! Everything that a workflow says is encrypted before it leaves the process: a server keeps what it cannot read.
//!
//! `cargo run -p mainspring-examples --bin encryption` runs it on a server in this process, or on the one that
//! `TEMPORAL_ADDRESS` names.

use std::collections::BTreeMap;
use std::future::ready;

use mainspring::Payload;
use mainspring::client::ConnectOptions;
use mainspring::converter::{CodecError, CodecFuture, DataConverter, PayloadCodec};
use mainspring::prelude::*;
use mainspring::testing::TestEnv;
use prost::Message;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};

/// Encrypts whole payloads, metadata included, by AES-256 in Galois/Counter Mode. What it writes is what the encryption
/// samples of the other SDKs write: the nonce, then the text with its tag; and beside it the name of the key.
pub struct Encryption {
    keys: BTreeMap<String, LessSafeKey>,
    /// The key to encrypt with. The others are there to decrypt what is older.
    current: String,
    random: SystemRandom,
}

const ENCODING: &str = "binary/encrypted";
const KEY_ID: &str = "encryption-key-id";

impl Encryption {
    pub fn new(current: impl Into<String>) -> Self {
        Self {
            keys: BTreeMap::new(),
            current: current.into(),
            random: SystemRandom::new(),
        }
    }

    /// Adds a key. A program gets its keys from where secrets are kept, never from its own source.
    #[must_use]
    pub fn key(mut self, id: impl Into<String>, key: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("it is as long as such keys are");
        self.keys.insert(id.into(), LessSafeKey::new(key));
        self
    }

    fn encrypt(&self, payload: &Payload) -> Result<Payload, CodecError> {
        let key = self.key_of(&self.current)?;
        // Never the same twice for one key: that would give the key away.
        let mut nonce = [0; NONCE_LEN];
        let failed = |_| CodecError::new("a payload cannot be encrypted");
        self.random.fill(&mut nonce).map_err(failed)?;
        let mut text = payload.encode_to_vec();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut text)
            .map_err(failed)?;
        let metadata = [
            ("encoding".to_owned(), ENCODING.into()),
            (KEY_ID.to_owned(), self.current.clone().into()),
        ];
        Ok(Payload {
            metadata: metadata.into(),
            data: [nonce.as_slice(), &text].concat().into(),
            ..Payload::default()
        })
    }

    fn decrypt(&self, payload: Payload) -> Result<Payload, CodecError> {
        // From before there was encryption.
        if payload
            .metadata
            .get("encoding")
            .is_none_or(|it| it != ENCODING)
        {
            return Ok(payload);
        }
        let id = payload.metadata.get(KEY_ID).cloned().unwrap_or_default();
        let key = self.key_of(&String::from_utf8_lossy(&id))?;
        let Some((nonce, text)) = payload.data.split_first_chunk::<NONCE_LEN>() else {
            return Err(CodecError::new("an encrypted payload is cut short"));
        };
        let mut text = text.to_vec();
        let text = key
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::empty(),
                &mut text,
            )
            .map_err(|_| CodecError::new("a payload was encrypted with another key, or changed"))?;
        Payload::decode(&*text).map_err(|error| CodecError::new(error.to_string()))
    }

    fn key_of(&self, id: &str) -> Result<&LessSafeKey, CodecError> {
        let key = self.keys.get(id);
        key.ok_or_else(|| CodecError::new(format!("there is no key {id:?}")))
    }
}

impl PayloadCodec for Encryption {
    fn encode(&self, payloads: Vec<Payload>) -> CodecFuture<'_> {
        let encrypted = payloads.iter().map(|it| self.encrypt(it)).collect();
        Box::pin(ready(encrypted))
    }

    fn decode(&self, payloads: Vec<Payload>) -> CodecFuture<'_> {
        let decrypted = payloads.into_iter().map(|it| self.decrypt(it)).collect();
        Box::pin(ready(decrypted))
    }
}

#[activity(start_to_close = "10s", retry(maximum_attempts = 1))]
async fn examine(patient: String) -> Result<String, ActivityError> {
    if patient.is_empty() {
        return Err(ActivityError::new(
            "NoPatient",
            "nobody to look at in room 12",
        ));
    }
    Ok(format!("{patient} is well"))
}

/// Workflows and activities know nothing of encryption.
#[workflow]
async fn check_up(patient: String) -> Result<String> {
    Ok(examine(patient).await?)
}

/// A client that encrypts, as its workers do then.
async fn client_with(env: &TestEnv, encryption: Encryption) -> Result<Client> {
    let options = match env.url() {
        Some(url) => ConnectOptions::new(url),
        None => ConnectOptions::from_env()?,
    };
    // Messages of errors are encrypted, too: they tend to quote what they are about.
    let converter = DataConverter::default()
        .with_codec(encryption)
        .with_encoded_failures();
    let client = options.data_converter(converter).connect().await?;
    Ok(client.with_task_queue("encryption"))
}

#[tokio::main]
async fn main() -> Result<()> {
    let env = TestEnv::from_env().await?;
    let encryption = Encryption::new("example").key("example", b"the key of an example: no secret");
    let client = client_with(&env, encryption).await?;
    let worker = Worker::new(&client, "encryption").start()?;

    let run = client.workflow(check_up, format!("check-up-{}", std::process::id()));
    let run = run.start("Ada").await?;
    println!("with the key:    {}", run.result().await?);
    let seen = env.client().untyped_workflow("check_up", run.id());
    let seen = seen.raw_handle().result().await?.0;
    println!("without the key: {:?}", String::from_utf8_lossy(&seen.data));

    worker.shutdown().await?;
    env.shutdown().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &[u8; 32] = &[7; 32];
    const NEW: &[u8; 32] = &[8; 32];

    fn old() -> Encryption {
        Encryption::new("old").key("old", OLD)
    }

    #[tokio::test]
    async fn the_server_cannot_read_what_it_keeps() -> Result<()> {
        let env = TestEnv::start().await?;
        let client = client_with(&env, old()).await?;
        let worker = Worker::new(&client, "encryption").start()?;
        let run = client.workflow(check_up, "w").start("Ada").await?;
        assert_eq!(run.result().await?, "Ada is well");
        let failed = client.workflow(check_up, "failed").start("").await?;
        let error = failed.result().await.expect_err("there is nobody");
        assert!(error.to_string().contains("room 12"), "{error}");
        for id in [run.id(), failed.id()] {
            let kept = env.client().untyped_workflow("", id).raw_handle();
            let kept = kept.history().await?.into_proto().encode_to_vec();
            let kept = String::from_utf8_lossy(&kept).into_owned();
            for text in ["Ada", "is well", "room 12"] {
                assert!(!kept.contains(text), "{text}");
            }
        }
        worker.shutdown().await?;
        env.shutdown().await;
        Ok(())
    }

    #[test]
    fn keys_can_be_changed() {
        let payload = DataConverter::default().to_payload(&"Ada".to_owned());
        let payload = payload.expect("a text is JSON");
        let kept = old().encrypt(&payload).expect("there is a key");
        assert_ne!(kept, old().encrypt(&payload).expect("and again, otherwise"));
        let rotated = Encryption::new("new").key("old", OLD).key("new", NEW);
        assert_eq!(rotated.decrypt(kept.clone()), Ok(payload.clone()));
        // What is written from now on, those who have the old key only cannot read.
        let later = rotated.encrypt(&payload).expect("there is a key");
        let refused = old().decrypt(later).expect_err("it is of the new key");
        assert!(refused.to_string().contains("there is no key \"new\""));
        let swapped = Encryption::new("old").key("old", NEW);
        let refused = swapped.decrypt(kept.clone()).expect_err("it is another");
        assert!(refused.to_string().contains("with another key, or changed"));
        let mut changed = kept;
        changed.data = changed.data.slice(..changed.data.len() - 1);
        assert!(old().decrypt(changed).is_err());
    }
}
