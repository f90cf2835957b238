//! Limits of failed logins, kept for the next process: whoever makes a server start again wins no attempts back.

use std::net::IpAddr;

use avouch_finding::Time;
use rusqlite::{Connection, Transaction};

use super::{Account, Accounts, Client, ns, time};
use crate::error::{Refusal, Result, Step};
use crate::limit::{Bucket, Limiter, Of};

impl Accounts {
    /// Takes an attempt at a name from an address.
    pub(super) fn attempt(&self, name: &str, client: &Client, now: Time) -> Result<()> {
        let taken = self.limiter().take(name, client.address, now);
        taken.map_err(|retry_after_s| Refusal::Limited { retry_after_s })?;
        self.keep_buckets(name, client.address, now)
    }

    /// Gives the attempt back: it was no failed one.
    pub(super) fn give_back(&self, name: &str, client: &Client, now: Time) -> Result<()> {
        self.limiter().give_back(name, client.address);
        self.keep_buckets(name, client.address, now)
    }

    fn keep_buckets(&self, name: &str, address: IpAddr, now: Time) -> Result<()> {
        let (buckets, most) = {
            let limiter = self.limiter();
            (limiter.buckets(name, address), limiter.remembered())
        };
        let kept = self.write("keep the limits of logins", |tx, _| {
            // What people type into the wrong box is often a password: only names of users are written.
            let known = Account::named(tx, name)?.is_some();
            tx.prepare_cached("DELETE FROM attempt WHERE full_at <= ?1")?.execute([ns(now)])?;
            for bucket in buckets.iter().filter(|bucket| bucket.of == Of::Address || known) {
                keep(tx, bucket, now)?;
            }
            let over = "DELETE FROM attempt WHERE (kind, key) IN
                        (SELECT kind, key FROM attempt ORDER BY full_at DESC LIMIT -1 OFFSET ?1)";
            tx.prepare_cached(over)?.execute([i64::try_from(2 * most).unwrap_or(i64::MAX)])?;
            Ok(())
        });
        kept.map(|changed| changed.value)
    }
}

fn keep(tx: &Transaction<'_>, bucket: &Bucket, now: Time) -> Result<(), Step> {
    if bucket.full_at <= now.0 {
        tx.prepare_cached("DELETE FROM attempt WHERE kind = ?1 AND key = ?2")?
            .execute((bucket.of.word(), &bucket.key))?;
    } else {
        let put = "INSERT INTO attempt (kind, key, full_at) VALUES (?1, ?2, ?3)
                   ON CONFLICT (kind, key) DO UPDATE SET full_at = excluded.full_at";
        tx.prepare_cached(put)?.execute((bucket.of.word(), &bucket.key, ns(Time(bucket.full_at))))?;
    }
    Ok(())
}

/// Goes on with what an earlier process has kept.
pub(super) fn restore(conn: &Connection, limiter: &mut Limiter) -> rusqlite::Result<()> {
    let mut statement = conn.prepare("SELECT kind, key, full_at FROM attempt ORDER BY full_at DESC")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let kind: String = row.get(0)?;
        let of = if kind == Of::Name.word() { Of::Name } else { Of::Address };
        limiter.put(Bucket { of, key: row.get(1)?, full_at: time(row.get(2)?).0 });
    }
    Ok(())
}
