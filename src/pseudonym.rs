//! Pseudonyms: names that replace the real ones in a stream that is shown to strangers.
//!
//! A pseudonym is a keyed hash: the same key gives the same name the same pseudonym, and without
//! the key the name cannot be found, not even by trying names. Later filters must still open the
//! files that the records name, and count the names of tools as they were sent. So the real names
//! go with the stream, concealed: enciphered with a secret of the machine (the id of its system, or
//! that of its current boot), which no other machine has. On other machines they stay unreadable.
//!
//! The cipher is the synthetic-IV construction of RFC 5297 with keyed BLAKE3 as its one primitive:
//! the keyed hash of the text is its nonce and its proof, and the keyed hash of the nonce, as long
//! as the text, is the key stream.

use std::collections::BTreeMap;
use std::io::{self, Read};

use base64_simd::URL_SAFE_NO_PAD as BASE64;

/// Real names by their pseudonyms.
pub type RealNames = BTreeMap<String, String>;

/// Hex digits of a pseudonym: 48 bits are enough for a hundred thousand different names.
const DIGITS: usize = 12;
/// Bytes of a nonce.
const NONCE: usize = 16;

/// Makes pseudonyms with one key.
#[derive(Clone)]
pub struct Pseudonyms {
    key: [u8; 32],
}

impl Pseudonyms {
    /// Derives the key from a secret, which may be any bytes.
    pub fn keyed(secret: &[u8]) -> Pseudonyms {
        Pseudonyms {
            key: blake3::derive_key("tok 2026-11 pseudonyms", secret),
        }
    }

    /// Takes a random key, which is kept nowhere.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn random() -> io::Result<Pseudonyms> {
        let mut secret = [0; 32];
        std::fs::File::open("/dev/urandom")?.read_exact(&mut secret)?;
        Ok(Pseudonyms::keyed(&secret))
    }

    /// Returns the pseudonym of a name of that kind: `project-1f0c3a5b7d9e`.
    pub fn of(&self, kind: &str, name: &str) -> String {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher
            .update(kind.as_bytes())
            .update(b"\0")
            .update(name.as_bytes());
        let hex = hasher.finalize().to_hex();
        format!("{kind}-{}", &hex[..DIGITS])
    }
}

/// Enciphers names, so that [`reveal`] on the same machine returns them. `None` where the machine
/// has no secret.
pub fn conceal(names: &RealNames) -> Option<String> {
    let text = serde_json::to_vec(names).ok()?;
    let [nonce_key, stream_key] = secrets()?;
    let nonce = nonce(&nonce_key, &text);
    let mut bytes = nonce.to_vec();
    bytes.extend(enciphered(&stream_key, &nonce, &text));
    Some(BASE64.encode_to_string(&bytes))
}

/// Deciphers names. `None` where they were concealed on another machine, or are damaged.
pub fn reveal(concealed: &str) -> Option<RealNames> {
    let bytes = BASE64.decode_to_vec(concealed).ok()?;
    let (expected, text) = bytes.split_at_checked(NONCE)?;
    let [nonce_key, stream_key] = secrets()?;
    let text = enciphered(&stream_key, expected, text);
    if nonce(&nonce_key, &text) != expected {
        return None;
    }
    serde_json::from_slice(&text).ok()
}

fn nonce(key: &[u8; 32], text: &[u8]) -> [u8; NONCE] {
    let mut nonce = [0; NONCE];
    blake3::Hasher::new_keyed(key)
        .update(text)
        .finalize_xof()
        .fill(&mut nonce);
    nonce
}

/// Enciphers a text, or deciphers it: both are the same.
fn enciphered(key: &[u8; 32], nonce: &[u8], text: &[u8]) -> Vec<u8> {
    let mut stream = vec![0; text.len()];
    blake3::Hasher::new_keyed(key)
        .update(nonce)
        .finalize_xof()
        .fill(&mut stream);
    stream.iter().zip(text).map(|(a, b)| a ^ b).collect()
}

/// Returns the keys of the nonce and of the key stream, from the id of the system; where it has
/// none, from the id of its current boot.
fn secrets() -> Option<[[u8; 32]; 2]> {
    let files = [
        "/etc/machine-id",
        "/var/lib/dbus/machine-id",
        "/proc/sys/kernel/random/boot_id",
    ];
    for file in files {
        let Ok(id) = std::fs::read(file) else {
            continue;
        };
        let id = id.trim_ascii();
        if id.len() >= 32 {
            return Some([
                blake3::derive_key("tok 2026-11 names, seal", id),
                blake3::derive_key("tok 2026-11 names, stream", id),
            ]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_key_gives_the_same_name_the_same_pseudonym() {
        let [one, again, other] = ["k", "k", "l"].map(|key| Pseudonyms::keyed(key.as_bytes()));
        assert_eq!(one.of("path", "/home/ana"), again.of("path", "/home/ana"));
        assert_ne!(one.of("path", "/home/ana"), other.of("path", "/home/ana"));
        assert_ne!(
            one.of("path", "shop"),
            one.of("project", "shop").replace("project", "path")
        );
        assert_ne!(
            Pseudonyms::random().unwrap().of("a", "b"),
            Pseudonyms::random().unwrap().of("a", "b")
        );
    }

    #[test]
    fn concealed_names_come_back_whole_or_not_at_all() {
        let names = RealNames::from([("path-1".to_owned(), "/home/ana/geheim".to_owned())]);
        let concealed = conceal(&names).unwrap();
        assert_eq!(reveal(&concealed), Some(names));
        assert!(!concealed.contains("geheim"));
        for at in 0..concealed.len() {
            let mut damaged = concealed.clone().into_bytes();
            damaged[at] = if damaged[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(reveal(&String::from_utf8(damaged).unwrap()), None, "{at}");
        }
        assert_eq!(reveal(""), None);
    }
}
