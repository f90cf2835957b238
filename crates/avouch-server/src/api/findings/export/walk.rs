//! Through the store, and into the file.

use std::io;
use std::ops::ControlFlow;
use std::time::Duration;

use avouch_finding::Export;
use avouch_store::Filter;
use axum::body::Bytes;
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::{Format, csv};
use crate::App;
use crate::answer::Answer;
use crate::centre::Entry;
use crate::error::{ApiResult, chain};
use crate::row::Row;

/// Bytes of a piece, about.
const PIECE: usize = 64 * 1024;
/// How long a caller may take nothing: a state of the store is held for him.
const PATIENCE: Duration = Duration::from_secs(30);

type Piece = Result<Bytes, io::Error>;

/// A file that is written.
pub(super) struct Walk {
    app: App,
    by: String,
    filter: Filter,
    format: Format,
    /// The canonical question.
    query: String,
    /// The last record that may be of it.
    as_of: u64,
    out: mpsc::Sender<Piece>,
    runtime: Handle,
    piece: Vec<u8>,
    digest: Sha256,
    rows: u64,
}

/// Why a file is not whole.
enum Broken {
    /// Nobody takes it any more, or the server ends.
    Off,
    /// The store or the ledger failed.
    Failed(String),
}

impl Walk {
    pub(super) fn new(
        app: &App,
        by: &str,
        filter: &Filter,
        answer: &Answer,
        format: Format,
        out: mpsc::Sender<Piece>,
    ) -> Self {
        Self {
            app: app.clone(),
            by: by.to_owned(),
            filter: filter.clone(),
            format,
            query: answer.query.clone(),
            as_of: answer.as_of_seq,
            out,
            runtime: Handle::current(),
            piece: Vec::with_capacity(PIECE + PIECE / 8),
            digest: Sha256::new(),
            rows: 0,
        }
    }

    /// Writes it, and records that.
    pub(super) fn run(mut self) {
        let written = self.write();
        let whole = written.is_ok();
        let recorded = self.record(whole);
        let end = match (written, recorded) {
            (Ok(last), Ok(())) => self.send(Ok(last)),
            (Ok(_), Err(error)) | (Err(Broken::Failed(error)), _) => {
                crate::log::complain(&format!("a file of findings broke off: {error}"));
                self.send(Err(io::Error::other("the file broke off")))
            }
            (Err(Broken::Off), _) => self.send(Err(io::Error::other("the file broke off"))),
        };
        // He who left needs no end.
        end.unwrap_or(());
    }

    /// Writes all pieces but the last one, which it returns.
    fn write(&mut self) -> Result<Bytes, Broken> {
        let failed = |error: &dyn std::error::Error| Broken::Failed(chain(error));
        let mut reader = self.app.readers.own().map_err(|e| failed(&e))?;
        if self.format == Format::Csv {
            self.piece.extend_from_slice(csv::HEADER.as_bytes());
        }
        let (filter, own) = (self.filter.clone(), self.app.centre.ledger().to_owned());
        let mut broken = None;
        let walked = reader.for_each_finding(&filter, &mut |found| {
            // What came since the question is not of its answer.
            if found.record.seq > self.as_of && *found.record.ledger == *own {
                return ControlFlow::Continue(());
            }
            match self.row(&found.into()) {
                Ok(()) => ControlFlow::Continue(()),
                Err(why) => {
                    broken = Some(why);
                    ControlFlow::Break(())
                }
            }
        });
        walked.map_err(|e| failed(&e))?;
        match broken {
            Some(why) => Err(why),
            None => Ok(self.take()),
        }
    }

    fn row(&mut self, row: &Row) -> Result<(), Broken> {
        match self.format {
            Format::Csv => csv::line(row, &mut self.piece),
            Format::JsonLines => {
                serde_json::to_writer(&mut self.piece, row).map_err(|e| Broken::Failed(e.to_string()))?;
                self.piece.push(b'\n');
            }
        }
        self.rows += 1;
        if self.piece.len() >= PIECE {
            let piece = self.take();
            self.send(Ok(piece))?;
        }
        Ok(())
    }

    fn take(&mut self) -> Bytes {
        self.digest.update(&self.piece);
        let piece = Bytes::copy_from_slice(&self.piece);
        self.piece.clear();
        piece
    }

    fn send(&self, piece: Piece) -> Result<(), Broken> {
        let sent = async {
            tokio::select! {
                () = self.app.stopping.cancelled() => Err(Broken::Off),
                sent = tokio::time::timeout(PATIENCE, self.out.send(piece)) => match sent {
                    Ok(Ok(())) => Ok(()),
                    _ => Err(Broken::Off),
                },
            }
        };
        self.runtime.block_on(sent)
    }

    fn record(&self, whole: bool) -> Result<(), String> {
        let format = match self.format {
            Format::Csv => "CSV",
            Format::JsonLines => "JSON lines",
        };
        let how = if whole { "" } else { ", broken off" };
        let digest = self.digest.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let export = Export {
            time: self.app.now(),
            what: format!("{} findings as {format}{how}", self.rows),
            query: self.query.clone(),
            by: self.by.clone(),
            digest,
        };
        let entry = Entry { fact: export.into(), source: self.app.centre.own(), source_seq: None };
        let recorded: ApiResult<_> = self.app.centre.record_blocking(vec![entry]).map_err(Into::into);
        recorded.map(drop).map_err(|e| e.to_string())
    }
}
