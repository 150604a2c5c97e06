//! What the processor is connected to.

/// Memory and devices at 24-bit addresses.
pub trait Bus {
    /// Reads a byte.
    fn read(&mut self, address: u32) -> u8;
    /// Writes a byte.
    fn write(&mut self, address: u32, value: u8);
}
