//! Loads and attaches the programs, drains the ring, counts what was lost.

use std::cell::RefCell;
use std::fmt;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::time::Duration;

use avouch_event::{Interest, Item, LossCause, Losses};
use libbpf_rs::{Link, MapCore, MapFlags, RingBuffer, RingBufferBuilder};
use zerocopy::IntoBytes;

use crate::abi::{LOSSES, loss};
use crate::clock;
use crate::decode::Decoder;
use crate::error::SensorError;
use crate::hooks::{self, Calls, Hooks, Told};
use crate::numbers;
use crate::object::{self, Config, Maps};
use crate::plan::{self, Settings};

/// Programs of process life, which are attached whatever is wanted.
const LIFE: [&str; 3] = ["process_exec", "process_fork", "process_exit"];

/// Records taken from the ring before they are handed out: bounds memory, and the time until others get their turn.
const BATCH: usize = 8192;

/// Time between two looks at the ring while events come.
const PAUSE: Duration = Duration::from_millis(5);

/// Time between two looks while hardly any come: waking up is what an idle agent costs. A million records of 200 bytes a second
/// that begin just after a look fill half of the usual ring until the next.
const IDLE_PAUSE: Duration = Duration::from_millis(20);
/// Fewer records than this in one look is hardly any.
const FEW: usize = 16;
/// Smallest ring that may be left alone for so long.
const IDLE_RING: usize = 8 << 20;

/// How the sensor runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// Size of the ring in bytes: a power of two and a multiple of the page size; others are rounded up.
    pub ring_bytes: u32,
    /// Bytes of reads and writes that are kept, at most 4,095; Falco's default is 80.
    pub snaplen: u32,
    /// Where system calls are told.
    pub calls: Calls,
    /// What is collected at first.
    pub interest: Interest,
}

impl Default for Options {
    /// 8 MiB, 80 bytes, wherever is best, nothing yet.
    fn default() -> Self {
        Self { ring_bytes: 8 << 20, snaplen: 80, calls: Calls::Auto, interest: Interest::default() }
    }
}

/// Records of one look at the ring.
#[derive(Debug, Default)]
struct Batch {
    bytes: Vec<u8>,
    /// Time, start, end.
    index: Vec<(u64, usize, usize)>,
}

impl Batch {
    fn push(&mut self, record: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(record);
        // The time stands behind length, kind and number; a record without one fails to decode later, and is counted there.
        let time = record.get(8..16).and_then(|b| b.first_chunk::<8>()).map_or(0, |b| u64::from_ne_bytes(*b));
        self.index.push((time, start, self.bytes.len()));
    }
}

/// The attached programs. Dropping it detaches them.
pub struct Sensor {
    ring: RingBuffer<'static>,
    batch: Rc<RefCell<Batch>>,
    maps: Maps,
    hooks: Hooks,
    decoder: Decoder,
    clock: clock::Offset,
    number: u64,
    bad_records: u64,
    /// Share of the ring that the last look found used, in 1/256.
    fill: usize,
    /// Records that the last look found.
    taken: usize,
    ring_bytes: usize,
    interest: Interest,
    life: Vec<(OwnedFd, Link)>,
}

impl fmt::Debug for Sensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sensor")
            .field("events", &self.number)
            .field("ring_bytes", &self.ring_bytes)
            .finish_non_exhaustive()
    }
}

impl Sensor {
    /// Loads and attaches the programs; events are buffered from now on, so that a snapshot taken afterwards misses nothing.
    ///
    /// # Errors
    /// When the kernel or our capabilities do not allow it; the message says what is missing.
    pub fn open(options: &Options) -> Result<Self, SensorError> {
        numbers::are_the_machines()?;
        let ring_bytes = options.ring_bytes.clamp(1 << 16, 1 << 30).next_power_of_two();
        let config = Config { snaplen: options.snaplen };
        let mut open = object::open(object::SENSOR, config)?;
        for mut map in open.maps_mut().filter(|m| m.name() == "ring") {
            map.set_max_entries(ring_bytes).map_err(|e| SensorError::new("size the ring", &e))?;
        }
        for name in LIFE {
            object::choose(&mut open, name, None)?;
        }
        let object = object::load(open)?;
        let maps = Maps::of(&object)?;
        let plans = maps.get("plans")?;
        for (number, plan) in plan::plans() {
            plans
                .update(&number.to_ne_bytes(), plan.as_bytes(), MapFlags::ANY)
                .map_err(|e| SensorError::new("hand the calls' plans to the kernel", &e))?;
        }
        let batch = Rc::new(RefCell::new(Batch::default()));
        let into = Rc::clone(&batch);
        let mut builder = RingBufferBuilder::new();
        builder
            .add(maps.get("ring")?, move |record| {
                into.borrow_mut().push(record);
                0
            })
            .map_err(|e| SensorError::new("map the ring", &e))?;
        let ring = builder.build().map_err(|e| SensorError::new("map the ring", &e))?;
        let life = LIFE.iter().map(|name| hooks::attach(&object, name)).collect::<Result<_, _>>()?;
        let mut sensor = Self {
            ring,
            batch,
            maps,
            hooks: Hooks::new(options.calls, config),
            decoder: Decoder::default(),
            clock: clock::Offset::now(),
            number: 0,
            bad_records: 0,
            fill: 0,
            taken: 0,
            ring_bytes: usize::try_from(ring_bytes).unwrap_or(usize::MAX),
            interest: Interest::default(),
            life,
        };
        sensor.set_interest(&options.interest)?;
        Ok(sensor)
    }

    /// Collects what `interest` says from now on.
    ///
    /// # Errors
    /// When the kernel refuses the new settings; the old ones stay.
    pub fn set_interest(&mut self, interest: &Interest) -> Result<(), SensorError> {
        let mut settings = Settings::of(interest);
        let calls = settings.calls();
        let what = "tell the kernel programs which paths to tell";
        let read_paths = self.maps.get("read_paths")?;
        // New programs and paths first, then the settings, then without the old ones: at no time is less let through than either
        // asks for.
        self.hooks.attach(&self.maps, &calls)?;
        if self.hooks.are_each() {
            settings = settings.on_functions();
        }
        let wanted: Vec<Vec<u8>> = plan::prefixes(interest).iter().map(|p| p.as_bytes().to_vec()).collect();
        for key in &wanted {
            read_paths.update(key, &[1], MapFlags::ANY).map_err(|e| SensorError::new(what, &e))?;
        }
        self.tell(&settings)?;
        let old: Vec<Vec<u8>> = read_paths.keys().filter(|k| !wanted.contains(k)).collect();
        for key in old {
            read_paths.delete(&key).map_err(|e| SensorError::new(what, &e))?;
        }
        self.hooks.settle(&calls);
        self.interest = interest.clone();
        Ok(())
    }

    fn tell(&self, settings: &Settings) -> Result<(), SensorError> {
        let map = self.maps.get(".bss")?;
        let mut value = vec![0; usize::try_from(map.value_size()).unwrap_or(0)];
        if let Some(start) = value.get_mut(..settings.as_bytes().len()) {
            start.copy_from_slice(settings.as_bytes());
        }
        map.update(&0u32.to_ne_bytes(), &value, MapFlags::ANY)
            .map_err(|e| SensorError::new("tell the kernel programs what to collect", &e))
    }

    /// Where system calls are told.
    #[must_use]
    pub fn calls(&self) -> Told {
        self.hooks.told()
    }

    /// Hands out what arrived since the last call, by time within one look at the ring; returns how many items. Does not block.
    ///
    /// # Errors
    /// When the ring cannot be read.
    pub fn poll(&mut self, emit: &mut dyn FnMut(&Item<'_>)) -> Result<u64, SensorError> {
        let taken = self.ring.consume_raw_n(BATCH);
        if taken < 0 {
            return Err(SensorError::ring(taken));
        }
        let mut batch = self.batch.borrow_mut();
        let Batch { bytes, index } = &mut *batch;
        self.taken = index.len();
        self.fill = bytes.len().saturating_mul(256) / self.ring_bytes.max(1);
        self.clock.follow();
        // Stable: what happened at one time on one CPU keeps its order.
        index.sort_by_key(|(time, ..)| *time);
        let before = self.number;
        for (time, start, end) in index.iter() {
            let record = bytes.get(*start..*end).unwrap_or_default();
            let (number, clock) = (&mut self.number, &self.clock);
            let decoded = self.decoder.decode(record, |event| {
                *number += 1;
                (event.num, event.timestamp) = (*number, clock.epoch(*time));
                emit(&Item::Event(event.event()));
            });
            self.bad_records += u64::from(decoded.is_err());
        }
        bytes.clear();
        index.clear();
        Ok(self.number - before)
    }

    /// How long to wait before the next poll: not at all while the ring fills quickly.
    #[must_use]
    pub fn pause(&self) -> Duration {
        match self.fill {
            _ if self.taken < FEW && self.ring_bytes >= IDLE_RING => IDLE_PAUSE,
            0..16 => PAUSE,
            16..48 => PAUSE / 5,
            _ => Duration::ZERO,
        }
    }

    /// Counts since the sensor was opened.
    #[must_use]
    pub fn losses(&self) -> Losses {
        let rows = self.counts();
        let mut losses = Losses { per_cpu: vec![[0; LossCause::ALL.len()]; rows.len().max(1)] };
        for (to, from) in losses.per_cpu.iter_mut().zip(&rows) {
            to[LossCause::RingFull as usize] = from[loss::RING_FULL];
            to[LossCause::ScratchBusy as usize] = from[loss::BUSY];
            to[LossCause::UnreadableMemory as usize] = from[loss::UNREADABLE];
            to[LossCause::Truncated as usize] = from[loss::TRUNCATED];
        }
        // What is not told by CPU.
        if let Some(first) = losses.per_cpu.first_mut() {
            first[LossCause::BadRecord as usize] = self.bad_records;
            first[LossCause::ScratchBusy as usize] += self.missed_runs();
        }
        losses
    }

    /// What of the kernel is missing here, or is not read.
    #[must_use]
    pub fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        let sum = |column: usize| self.counts().iter().map(|row| row[column]).sum::<u64>();
        let (calls, programs) = (sum(loss::COMPAT), sum(loss::COMPAT_EXEC));
        if calls > 0 || programs > 0 {
            gaps.push(format!(
                "32-bit system calls are not read: {calls} or more so far; 32-bit programs started: {programs}"
            ));
        }
        let rings = sum(loss::URING);
        if rings > 0 {
            gaps.push(format!(
                "files and connections opened through io_uring are not seen: {rings} of its rings set up so far"
            ));
        }
        let failing = plan::failing(&self.interest);
        if self.hooks.are_each() && !failing.is_empty() {
            gaps.push(plan::refused_are(&failing));
        }
        let uncollected = plan::uncollected(&self.interest);
        if !uncollected.is_empty() {
            let names: Vec<&str> = uncollected.iter().map(|t| t.name()).collect();
            gaps.push(format!("the sensor does not collect {}", names.join(", ")));
        }
        gaps
    }

    fn counts(&self) -> Vec<[u64; LOSSES]> {
        let rows = self.maps.get("losses").ok().and_then(|m| m.lookup_percpu(&0u32.to_ne_bytes(), MapFlags::ANY).ok());
        let rows = rows.flatten().unwrap_or_default();
        let number = |bytes: &[u8], i: usize| {
            bytes.get(i * 8..i * 8 + 8).and_then(|b| b.first_chunk::<8>()).map_or(0, |b| u64::from_ne_bytes(*b))
        };
        rows.iter().map(|row| std::array::from_fn(|i| number(row, i))).collect()
    }

    /// Runs that the kernel left out because the program was running already on that CPU.
    fn missed_runs(&self) -> u64 {
        self.hooks.missed() + self.life.iter().map(|(program, _)| hooks::missed(program.as_fd())).sum::<u64>()
    }
}
