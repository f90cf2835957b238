//! Passwords: what they have to be, and how they are hashed.
//!
//! Argon2id with 19 MiB, 2 passes, 1 lane: the least that the OWASP Password Storage Cheat Sheet advises (read in 2026). Length by NIST
//! SP 800-63B-4, section 3.1.1.2: 15 characters where the password is all that is asked for, no rules of composition. A list of leaked
//! passwords, which that section wants too, is not shipped.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, PoisonError};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::error::{Error, Refusal, Result};
use crate::secret::random;

/// KiB of memory that a hash takes.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over the memory.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;

/// Characters that a password has at least.
const LEAST: usize = 15;
/// Bytes that a password has at most, so that nobody has megabytes hashed.
const MOST: usize = 1024;
/// Different characters that a password has at least.
const DIFFERENT: usize = 5;

/// Hashes that are computed at once: 4 take 76 MiB.
const AT_ONCE: usize = 4;
/// Callers that wait for one of them; more are refused.
const WAITING: usize = 32;

/// Says why a new password is refused.
pub(crate) fn check(password: &str, name: &str) -> Result<(), Refusal> {
    let refuse = |reason| Err(Refusal::BadPassword { reason });
    if password.chars().count() < LEAST {
        return refuse("a password has at least 15 characters; a sentence will do");
    }
    if password.len() > MOST {
        return refuse("a password has at most 1024 bytes");
    }
    if password.chars().collect::<BTreeSet<_>>().len() < DIFFERENT {
        return refuse("a password has at least 5 different characters");
    }
    // A name of one or two letters is part of many a sentence.
    if name.len() > 2 && password.to_lowercase().contains(&name.to_lowercase()) {
        return refuse("a password does not contain the name");
    }
    Ok(())
}

/// What comparing a password with a hash gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) matches: bool,
    /// The hash was made with other parameters than those of today.
    pub(crate) outdated: bool,
}

/// Computes hashes, a few at a time.
#[derive(Debug)]
pub(crate) struct Hasher {
    /// Hashes under way, and callers that wait.
    load: Mutex<(usize, usize)>,
    freed: Condvar,
    /// Hash of a password that nobody knows: who asks for an unknown user has it compared, so that time tells nothing.
    nobody: String,
}

/// The right to compute one hash.
struct Turn<'a>(&'a Hasher);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.load.lock().unwrap_or_else(PoisonError::into_inner).0 -= 1;
        self.0.freed.notify_one();
    }
}

impl Hasher {
    pub(crate) fn new() -> Result<Self> {
        let nobody = compute(&random::<32>()?)?;
        Ok(Self { load: Mutex::default(), freed: Condvar::new(), nobody })
    }

    fn turn(&self) -> Result<Turn<'_>> {
        let mut load = self.load.lock().unwrap_or_else(PoisonError::into_inner);
        if load.0 >= AT_ONCE {
            if load.1 >= WAITING {
                return Err(Refusal::Busy.into());
            }
            load.1 += 1;
            load = self.freed.wait_while(load, |load| load.0 >= AT_ONCE).unwrap_or_else(PoisonError::into_inner);
            load.1 -= 1;
        }
        load.0 += 1;
        Ok(Turn(self))
    }

    /// The hash of a password in PHC form, with its parameters and a salt of its own.
    pub(crate) fn hash(&self, password: &str) -> Result<String> {
        let _turn = self.turn()?;
        compute(password.as_bytes())
    }

    /// Compares; with no hash it works as long and says no.
    pub(crate) fn verify(&self, password: &str, hash: Option<&str>) -> Result<Verified> {
        // No password is longer, whoever the user is.
        if password.len() > MOST {
            return Ok(Verified { matches: false, outdated: false });
        }
        let parsed = PasswordHash::new(hash.unwrap_or(&self.nobody))
            .map_err(|_| Error::Damaged { what: "a password's hash" })?;
        let _turn = self.turn()?;
        let matches = argon2()?.verify_password(password.as_bytes(), &parsed).is_ok() && hash.is_some();
        let params = Params::try_from(&parsed).map_err(|_| Error::Damaged { what: "a password's hash" })?;
        let today = (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES);
        Ok(Verified { matches, outdated: !today })
    }
}

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|e| Error::Hash { message: e.to_string() })?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn compute(password: &[u8]) -> Result<String> {
    let hash = argon2()?
        .hash_password_with_salt(password, &random::<16>()?)
        .map_err(|e| Error::Hash { message: e.to_string() })?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::{Hasher, check};

    #[test]
    fn what_a_password_has_to_be() {
        let refused = |password: &str, name: &str| check(password, name).is_err();
        assert!(refused("short", "ada"));
        assert!(refused("fourteen chars", "ada"));
        assert!(!refused("fifteen chars..", "ada"));
        assert!(refused("aaaaaaaaaaaaaaaabbbb", "ada"));
        assert!(refused("the ADA of this house", "ada"));
        assert!(!refused("the ADA of this house", "a"));
        // Characters are counted, not bytes.
        assert!(refused("äöüäöüßäöüäöüß", "ada"));
        assert!(!refused("äöüäöüßäöüäöüßé", "ada"));
        assert!(refused(&"correct horse ".repeat(74), "ada"));
    }

    #[test]
    fn hashes_are_salted_say_their_parameters_and_match_only_their_password() {
        let hasher = Hasher::new().unwrap();
        let one = hasher.hash("correct horse battery").unwrap();
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, hasher.hash("correct horse battery").unwrap());
        let verified = hasher.verify("correct horse battery", Some(&one)).unwrap();
        assert!(verified.matches && !verified.outdated);
        assert!(!hasher.verify("correct horse batterz", Some(&one)).unwrap().matches);
        assert!(!hasher.verify("correct horse battery", None).unwrap().matches);
        assert!(hasher.verify("x", Some("$argon2id$nonsense")).is_err());
    }

    #[test]
    fn a_hash_with_other_parameters_is_accepted_and_said_to_be_outdated() {
        // Made by the reference implementation: `printf 'correct horse battery' | argon2 saltsaltsalt -id -t 1 -k 64 -p 1 -l 32 -e`.
        let old = include_str!("../tests/samples/old-hash.txt").trim();
        let verified = Hasher::new().unwrap().verify("correct horse battery", Some(old)).unwrap();
        assert!(verified.matches && verified.outdated);
    }
}
