//! Pseudonyms: names that stand for others, for a stream that is shown to strangers.
//!
//! A pseudonym is a keyed hash: the same key gives the same name the same pseudonym, and without
//! the key nobody can tell whose it is, not even by trying names. Filters further down must still
//! open the files that the records name, and count the names of tools as they were sent. So the
//! names go with the stream, concealed: enciphered with a secret of the machine (the id that its
//! system has been given, or that of its present run), which no other machine has. Elsewhere they
//! stay unreadable.
//!
//! The cipher is the synthetic-IV construction of RFC 5297 with keyed BLAKE3 as its one primitive:
//! the keyed hash of the text is its nonce and its proof, and the keyed hash of the nonce, as long
//! as the text, is the key stream.

use std::collections::BTreeMap;
use std::io::{self, Read};

use base64_simd::URL_SAFE_NO_PAD as BASE64;

/// Real names by their pseudonyms.
pub type Names = BTreeMap<String, String>;

/// Hex digits of a pseudonym: 48 bits tell a hundred thousand names apart.
const DIGITS: usize = 12;
/// Bytes of a nonce.
const NONCE: usize = 16;

/// What makes pseudonyms.
#[derive(Clone)]
pub struct Pseudonyms {
    key: [u8; 32],
}

impl Pseudonyms {
    /// With the key that a secret gives: its bytes, whatever they are.
    pub fn keyed(secret: &[u8]) -> Pseudonyms {
        Pseudonyms {
            key: blake3::derive_key("tok 2026-11 pseudonyms", secret),
        }
    }

    /// With a key that nobody has.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn random() -> io::Result<Pseudonyms> {
        let mut secret = [0; 32];
        std::fs::File::open("/dev/urandom")?.read_exact(&mut secret)?;
        Ok(Pseudonyms::keyed(&secret))
    }

    /// The pseudonym of a name of that kind: `project-1f0c3a5b7d9e`.
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

/// Conceals names, so that [`reveal`] on the same machine gives them back; `None` where the machine
/// has no secret.
pub fn conceal(names: &Names) -> Option<String> {
    let text = serde_json::to_vec(names).ok()?;
    let [seal, stream] = secrets()?;
    let nonce = nonce(&seal, &text);
    let mut bytes = nonce.to_vec();
    bytes.extend(enciphered(&stream, &nonce, &text));
    Some(BASE64.encode_to_string(&bytes))
}

/// Gives concealed names back; `None` where they were concealed on another machine, or are damaged.
pub fn reveal(concealed: &str) -> Option<Names> {
    let bytes = BASE64.decode_to_vec(concealed).ok()?;
    let (told, text) = bytes.split_at_checked(NONCE)?;
    let [seal, stream] = secrets()?;
    let text = enciphered(&stream, told, text);
    if nonce(&seal, &text) != told {
        return None;
    }
    serde_json::from_slice(&text).ok()
}

fn nonce(seal: &[u8; 32], text: &[u8]) -> [u8; NONCE] {
    let mut nonce = [0; NONCE];
    blake3::Hasher::new_keyed(seal)
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

/// The keys of the seal and of the stream. A system without an id has one for as long as it runs.
fn secrets() -> Option<[[u8; 32]; 2]> {
    let files = [
        "/etc/machine-id",
        "/var/lib/dbus/machine-id",
        "/proc/sys/kernel/random/boot_id",
    ];
    let ids = files.iter().filter_map(|file| std::fs::read(file).ok());
    let id = ids
        .map(|id| id.trim_ascii().to_vec())
        .find(|id| id.len() >= 32)?;
    Some(
        ["tok 2026-11 names, seal", "tok 2026-11 names, stream"]
            .map(|use_| blake3::derive_key(use_, &id)),
    )
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
        let names = Names::from([("path-1".to_owned(), "/home/ana/geheim".to_owned())]);
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
