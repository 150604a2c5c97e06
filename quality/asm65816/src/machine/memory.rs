//! A small memory that remembers what was written and what the devices saw.

use std::collections::BTreeMap;

use super::bus::Bus;
use super::run::mix;

const PAGE: u32 = 0x1000;
const PAGES: usize = 0x1000;
/// Device accesses that are kept; a run with more is cut off by its steps first.
const MAX_TRACE: usize = 1 << 16;

/// Which addresses are the same byte and which are devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Map {
    /// 16 MiB of memory and nothing else.
    Flat,
    /// The SNES: the first 8 KiB of work memory in the system banks, device registers at $2000-$5FFF.
    Snes,
}

/// One access of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// The register, without its bank.
    pub register: u16,
    /// What was written; none for a read.
    pub written: Option<u8>,
}

/// Memory whose bytes are pseudo-random until written, so that programs that read what they never wrote differ from
/// seed to seed.
#[derive(Debug, Clone)]
pub struct Memory {
    map: Map,
    seed: u64,
    /// Whether what was never written is often a number at an edge.
    edgy: bool,
    pages: Vec<Option<Box<[u8; PAGE as usize]>>>,
    written: BTreeMap<u32, u8>,
    trace: Vec<Access>,
}

impl Memory {
    /// An empty memory of a seed.
    #[must_use]
    pub fn new(map: Map, seed: u64) -> Self {
        Self { map, seed, edgy: false, pages: vec![None; PAGES], written: BTreeMap::new(), trace: Vec::new() }
    }

    /// The same, with unwritten bytes that are often 0, 1, 128 or 255, where programs take another way.
    #[must_use]
    pub fn with_edges(self) -> Self {
        Self { edgy: true, ..self }
    }

    /// Puts bytes somewhere, without writing them down as written.
    pub fn load(&mut self, address: u32, bytes: &[u8]) {
        for (address, &byte) in (address..).zip(bytes) {
            let address = self.place(address);
            self.set(address, byte);
        }
    }

    /// The bytes that a program wrote, by address.
    #[must_use]
    pub const fn written(&self) -> &BTreeMap<u32, u8> {
        &self.written
    }

    /// What the devices saw, in order.
    #[must_use]
    pub fn trace(&self) -> &[Access] {
        &self.trace
    }

    /// A byte as it is now, without a device noticing.
    #[must_use]
    pub fn peek(&self, address: u32) -> u8 {
        let address = self.place(address);
        match self.page(address) {
            Some(page) => page[offset(address)],
            None => noise(self.seed, address, self.edgy),
        }
    }

    fn place(&self, address: u32) -> u32 {
        let address = address & 0x00ff_ffff;
        let mirrored = self.map == Map::Snes && is_system(address) && address & 0xffff < 0x2000;
        if mirrored { 0x7e_0000 | address & 0x1fff } else { address }
    }

    fn register(&self, address: u32) -> Option<u16> {
        let low = u16::try_from(address & 0xffff).unwrap_or(0);
        let is_device = self.map == Map::Snes && is_system(address) && (0x2000..0x6000).contains(&low);
        is_device.then_some(low)
    }

    fn page(&self, address: u32) -> Option<&[u8; PAGE as usize]> {
        self.pages.get((address / PAGE) as usize)?.as_deref()
    }

    fn set(&mut self, address: u32, value: u8) {
        let (seed, edgy) = (self.seed, self.edgy);
        let Some(page) = self.pages.get_mut((address / PAGE) as usize) else { return };
        let page = page.get_or_insert_with(|| {
            let mut bytes = Box::new([0; PAGE as usize]);
            bytes
                .iter_mut()
                .zip(address / PAGE * PAGE..)
                .for_each(|(byte, address)| *byte = noise(seed, address, edgy));
            bytes
        });
        page[offset(address)] = value;
    }
}

/// The byte that an address holds before it is written, by mixing it with the seed.
fn noise(seed: u64, address: u32, edgy: bool) -> u8 {
    let [noise, kind, ..] = mix(seed ^ u64::from(address).wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_le_bytes();
    match kind % 8 {
        0 | 1 if edgy => 0,
        2 if edgy => 1,
        3 if edgy => 0x80,
        4 if edgy => 0xff,
        _ => noise,
    }
}

impl Bus for Memory {
    fn read(&mut self, address: u32) -> u8 {
        if let Some(register) = self.register(address) {
            if self.trace.len() < MAX_TRACE {
                self.trace.push(Access { register, written: None });
            }
            // What a device answers depends on how often it was asked, never on the program.
            let turn = u64::try_from(self.trace.len()).unwrap_or(0);
            return mix(self.seed ^ turn ^ u64::from(register) << 32).to_le_bytes()[0];
        }
        self.peek(address)
    }

    fn write(&mut self, address: u32, value: u8) {
        if let Some(register) = self.register(address) {
            if self.trace.len() < MAX_TRACE {
                self.trace.push(Access { register, written: Some(value) });
            }
            return;
        }
        let address = self.place(address);
        self.set(address, value);
        self.written.insert(address, value);
    }
}

const fn is_system(address: u32) -> bool {
    (address >> 16) & 0x7f < 0x40
}

const fn offset(address: u32) -> usize {
    (address % PAGE) as usize
}
